//! The flags of `stockade plugin`.

use super::ListFormat;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The arguments of `plugin`.
#[derive(Debug, Args)]
pub(crate) struct PluginArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Make one `.wasm` file of a compiled plugin, its description and its rules.
    Pack(PackArguments),
    /// Show what a plugin says about itself, without running it.
    Inspect(InspectArguments),
}

/// The arguments of `plugin pack`.
#[derive(Debug, Args)]
pub(crate) struct PackArguments {
    /// The folder with `plugin.kdl`, `pack.kdl` and `rules/`.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// What the compiler wrote, a component or a core module; the only `.wasm` file of the folder unless named.
    #[arg(long, value_name = "FILE")]
    pub(crate) component: Option<PathBuf>,
    /// The file to write; `dist/NAME.wasm` in the folder unless named.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// The arguments of `plugin inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A plugin's `.wasm` file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How to show it.
    #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}
