//! Tests of the crate through its public face.
#![expect(unreachable_pub, reason = "a test program has no public face of its own")]

mod compile;
mod config;
mod golden;
mod page;
mod selection;
mod support;
