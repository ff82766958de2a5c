//! The flags of `stockade suppressions` and `stockade config`.

use super::{ListFormat, parse_day};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use stockade_pack::config::Date;

/// The arguments of `suppressions`.
#[derive(Debug, Args)]
pub(crate) struct SuppressionsArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: SuppressionsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SuppressionsCommand {
    /// List all suppressions: rules, place, last day, what they do, and why they are there.
    List {
        /// Files and folders to look at.
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// How to list.
        #[arg(long, short, value_enum, default_value_t = LedgerFormat::Text)]
        format: LedgerFormat,
        /// The day that they are held against, as `2026-11-21`.
        #[arg(long, value_name = "DAY", value_parser = parse_day)]
        today: Option<Date>,
        /// Start from this configuration file, as `scan --config` does.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// The arguments of `nodes`.
#[derive(Debug, Args)]
pub(crate) struct NodesArguments {
    /// The file. Values are shown as they are, secrets among them.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Show its settings instead, by the names that `declare:setting` takes.
    #[arg(long)]
    pub(crate) settings: bool,
    /// Show the environment variables that it sets instead, by the names that `declare:variable` takes.
    #[arg(long, conflicts_with = "settings")]
    pub(crate) variables: bool,
}

/// How to print the list of suppressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LedgerFormat {
    /// A line each.
    Text,
    /// An array of objects.
    Json,
    /// A table for a page or a pull request.
    Markdown,
}

/// The arguments of `config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings that are in force, and where each comes from.
    Show {
        /// A file, for what holds there; without it, what holds for the whole run.
        #[arg(value_name = "PATH")]
        path: Option<PathBuf>,
        /// Start from this configuration file, as `scan --config` does.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// How to print them.
        #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Print what a `stockade.kdl` may hold, in the KDL schema language, for editors.
    Schema,
}
