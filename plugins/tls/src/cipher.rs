//! Cipher suites of TLS: names and lists of them.

pub mod list;
pub mod suite;
