//! Plugins against the sandbox: well-behaved ones, hostile ones, and the host around them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in tests a panic is the report")]

mod common;
mod hostile;
mod reuse;
mod sandbox;
mod wasi;
