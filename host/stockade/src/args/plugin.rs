//! The flags of `stockade plugin`.

use super::ListFormat;
use clap::{Args, Subcommand, ValueEnum};
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
    /// Write a project for a new plugin, or for rules without code, that works at once.
    New(NewArguments),
    /// Compile a project with its language's tools, and pack it.
    Build(FolderArguments),
    /// Say whether a project, once built, would be opened, and whether its rules are right.
    Check(FolderArguments),
    /// Run the examples of a project's pages in the sandbox.
    Test(PluginTestArguments),
    /// Say what a plugin costs on files, beside the built-in ones.
    Bench(BenchArguments),
    /// Make one `.wasm` file of a compiled plugin, its description and its rules.
    Pack(PackArguments),
    /// Show what a plugin says about itself, without running it.
    Inspect(InspectArguments),
    /// Pin a plugin in `stockade.lock`, after showing what it is, and let `stockade.kdl` run it.
    Add(AddArguments),
    /// Get what `stockade.lock` pins and this machine does not have yet.
    Fetch(FetchArguments),
    /// Look for newer plugins, show what changes, and pin them.
    Update(UpdateArguments),
    /// Forget a plugin.
    Remove(NameArguments),
    /// List what is pinned.
    List,
    /// Copy what is pinned into `.stockade/plugins`, for machines without a network.
    Vendor,
    /// Put a plugin into an OCI registry.
    Publish(PublishArguments),
}

/// The arguments of `plugin pack`.
#[derive(Debug, Args)]
pub(crate) struct PackArguments {
    /// The folder with `plugin.kdl`, `pack.kdl`, `rules/` and perhaps `guide.kdl`.
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

/// The arguments of `plugin add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// A file, an https URL, or `oci://host/repository:tag` (or `@sha256:...`).
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Demand a signature by this public key (PEM), as `cosign sign --key` makes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

/// The arguments of `plugin fetch`.
#[derive(Debug, Args)]
pub(crate) struct FetchArguments {
    /// Only these.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Fail unless `stockade.lock` pins just the plugins that `stockade.kdl` names.
    #[arg(long)]
    pub(crate) locked: bool,
}

/// The arguments of `plugin update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArguments {
    /// Only these.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The public key of those that were added with one.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Write nothing; exit with 1 where something would change.
    #[arg(long)]
    pub(crate) locked: bool,
}

/// A plugin's name.
#[derive(Debug, Args)]
pub(crate) struct NameArguments {
    /// The plugin.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// The arguments of `plugin publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    /// A plugin's `.wasm` file, as `plugin pack` writes it.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where to: `oci://host/repository:tag`. STOCKADE_REGISTRY_AUTH may hold `host=user:password`.
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,
}

/// The arguments of `plugin new`.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// The plugin's name, which is also that of its rules: lower case, with dashes. Its folder is made here.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What it is written in.
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) lang: Lang,
}

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// Rules without code.
    Kdl,
    /// Rust.
    Rust,
    /// C.
    C,
    /// Zig.
    Zig,
    /// AssemblyScript.
    Assemblyscript,
    /// Python.
    Python,
    /// JavaScript or TypeScript.
    Javascript,
    /// Go.
    Go,
}

/// A project's folder.
#[derive(Debug, Args)]
pub(crate) struct FolderArguments {
    /// The project's folder.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
}

/// The arguments of `plugin test`.
#[derive(Debug, Args)]
pub(crate) struct PluginTestArguments {
    /// The project's folder.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Write what really comes out into the project's pages, to be read by a person.
    #[arg(long)]
    pub(crate) bless: bool,
}

/// The arguments of `plugin bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// A plugin's `.wasm` file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Files and folders to check (the current folder if none is named).
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}
