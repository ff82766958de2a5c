//! Runs rule plugins: WebAssembly components that can reach nothing but their answer.
//!
//! The only crate that knows the WebAssembly engine. [`Sandbox`] is the one implementation of
//! [`stockade_model::Checker`] outside tests: it opens plugins ([`inspect`], [`precompile`]), lends them documents,
//! bounds what they may use up ([`Limits`]), and lets nothing through that it has not checked.
//! Severities, suppressions and reports are the engine crate's.

mod abi;
mod admit;
mod cache;
mod clean;
mod cost;
mod engine;
mod error;
mod fault;
mod in_place;
mod limits;
mod meter;
mod open;
mod plugin;
pub mod private;
mod sandbox;
mod wasi;

pub use cache::CodeCache;
pub use clean::{clean, clean_lines};
pub use engine::{TARGET, precompile};
pub use error::OpenError;
pub use in_place::ALIGNMENT;
pub use limits::Limits;
pub use open::{Import, Inspection, Survey, inspect, survey};
pub use sandbox::{Builder, Reuse, Sandbox, Usage};
