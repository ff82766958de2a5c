//! The checks, by topic.

pub mod access;
pub mod apache;
pub mod headers;
pub mod listen;
pub mod proxy;
pub mod server;
pub mod upstream_tls;
