//! Tests of the crate through its public face.
#![expect(unreachable_pub, reason = "a test program has no public face of its own")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at whatever it did not expect")]

mod compile;
mod config;
mod errors;
mod golden;
mod hostile;
mod page;
mod schema;
mod selection;
mod support;
