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
    /// A path that was asked for is a pipe, a socket or a device.
    #[error("cannot scan `{}`: it is neither a file nor a folder", path.display())]
    #[diagnostic(code(stockade::engine::no_file), help("{STANDARD_INPUT}"))]
    NoFile {
        /// The path as given.
        path: PathBuf,
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

const STANDARD_INPUT: &str =
    "Standard input is checked with `--stdin-path PATH`, where PATH says what file it stands for.";

fn path_advice(path: &Path) -> &'static str {
    // What a shell makes of `<(…)` cannot be told from a file that is not there.
    if path == Path::new("-") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") {
        STANDARD_INPUT
    } else {
        "Name a file or folder that exists; without any path the current folder is scanned."
    }
}
