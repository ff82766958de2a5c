//! The pipeline: which files, what they are, what plugins say of them, and what of that counts.
//!
//! No Wasm and no terminal here: plugins are asked through [`stockade_model::Checker`], and the result is a
//! [`stockade_model::Report`]. Start reading at [`run`].

mod admit;
mod analyse;
mod asked;
mod baseline;
mod beside;
mod cache;
mod charts;
mod collect;
mod dispatch;
mod entries;
mod error;
#[cfg(test)]
mod example;
mod fingerprint;
mod fix;
mod hidden;
mod identity;
mod kustomize;
mod literals;
mod load;
mod lone;
mod named;
mod nested;
mod outside;
mod project;
mod rendered;
mod root;
mod run;
mod suppress;
mod timing;
mod versions;
mod walk;
mod yielding;

pub use baseline::{Baseline, BaselineEntry, BaselineError, Compared};
pub use beside::{Beside, Takers};
pub use cache::{CACHE_KEY_BYTES, Cache, Identity, MAX_CACHE_BYTES};
pub use dispatch::{Plan, Policy};
pub use error::EngineError;
pub use fix::{Fixed, applicable, apply};
pub use load::{LoadProblem, Loaded, MAX_FILE_BYTES, load};
pub use root::{Root, io_words};
pub use run::{Options, Progress, Stage, run, run_files, threads};
pub use suppress::{Acceptance, Suppressions, Tool, Tools};
pub use timing::{Spent, Timing, Work};
pub use walk::{Found, Origin, Walked, walk, walk_everything};
