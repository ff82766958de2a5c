//! Errors that keep a scan from starting.

use miette::Diagnostic;
use std::path::{Path, PathBuf};

/// A scan could not be started. Always the caller's or the system's doing.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum EngineError {
    /// A path that was asked for does not exist or cannot be looked at.
    #[error("cannot scan `{}`: {reason}", path.display())]
    #[diagnostic(code(stockade::engine::no_such_path), help("{}", path_advice(path)))]
    NoSuchPath {
        /// The path as given.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The worker threads could not be started.
    #[error("cannot start {threads} worker threads: {reason}")]
    #[diagnostic(
        code(stockade::engine::threads),
        help("Ask for fewer with `--threads`, or raise the limit of processes for this user.")
    )]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// The system's words.
        reason: String,
    },
}

fn path_advice(path: &Path) -> &'static str {
    if path == Path::new("-") {
        "Standard input is checked with `--stdin-path PATH`, where PATH says what file it stands for."
    } else {
        "Name a file or folder that exists; without any path the current folder is scanned."
    }
}
