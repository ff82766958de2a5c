//! The checks, by topic.

pub mod access;
pub mod access_rules;
pub mod apache;
pub mod headers;
pub mod injection;
pub mod listen;
pub mod origin;
pub mod proxy;
pub mod server;
pub mod upstream_tls;
