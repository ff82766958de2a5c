//! The flags of `stockade cache`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The arguments of `cache`.
#[derive(Debug, Args)]
pub(crate) struct CacheArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
    /// The folder, if it is not the usual one; also `STOCKADE_CACHE_DIR`.
    #[arg(long, value_name = "FOLDER", global = true)]
    pub(crate) cache_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Print the folder.
    Path,
    /// Say how much is kept.
    Info,
    /// Remove all results; the next scan of each repository looks at every file.
    Clear,
}
