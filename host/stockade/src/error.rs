//! What can keep a command from being done, as it is shown.

use miette::Diagnostic;
use std::path::PathBuf;

/// Several errors of the same kind, shown together.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum ProgramError {
    /// The selection of rules or the configuration is wrong: the user's.
    #[error("{} in the selection of rules", count(errors.len()))]
    #[diagnostic(code(stockade::selection))]
    Selection {
        #[related]
        errors: Vec<stockade_pack::Error>,
    },
    /// A configuration file is wrong: the user's.
    #[error("{} in the configuration", count(errors.len()))]
    #[diagnostic(code(stockade::configuration))]
    Configuration {
        #[related]
        errors: Vec<stockade_pack::Error>,
    },
    /// A pack of the user's own is wrong: the user's.
    #[error("{} in the repository's own rules", count(errors.len()))]
    #[diagnostic(code(stockade::packs))]
    Packs {
        #[related]
        errors: Vec<stockade_pack::Error>,
    },
    /// A pack that a configuration file names cannot be read: the user's.
    #[error("{place} names the pack `{pack}`, which cannot be read: {reason}")]
    #[diagnostic(
        code(stockade::pack),
        help(
            "Name a folder of this repository, relative to the file that names it, that holds a `pack.kdl`."
        )
    )]
    Pack {
        /// As written.
        pack: String,
        /// Where: file and line.
        place: String,
        /// Why.
        reason: String,
    },
    /// A configuration file asks for something that this version does not do.
    #[error("{place} asks for {what}, which this version of stockade cannot do")]
    #[diagnostic(
        code(stockade::unsupported),
        help("Remove the entry, or scan with `--no-config`; a newer version may know it.")
    )]
    Unsupported {
        /// What.
        what: &'static str,
        /// Where: file and line.
        place: String,
    },
    /// The built-in rules or plugins cannot be opened: ours.
    #[error("the built-in rules cannot be opened: {reason}")]
    #[diagnostic(
        code(stockade::bundle),
        help("This copy of stockade is damaged or was built wrongly: install it again.")
    )]
    Bundle {
        /// What went wrong.
        reason: String,
    },
    /// The report or a file could not be written or read: the system's.
    #[error("cannot {verb} `{}`: {reason}", path.display())]
    #[diagnostic(code(stockade::file), help("Check that the path exists and that this user may {verb} it."))]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// No rule has the name that was asked for: the user's.
    #[error("no rule is called `{name}`")]
    #[diagnostic(code(stockade::no_such_rule))]
    NoSuchRule {
        /// The name.
        name: String,
        /// What to do.
        #[help]
        help: String,
    },
    /// No pack with a guide has the name that was asked for: the user's.
    #[error("no guide is called `{name}`")]
    #[diagnostic(code(stockade::no_such_guide))]
    NoSuchGuide {
        /// The name.
        name: String,
        /// What to do.
        #[help]
        help: String,
    },
    /// A scan could not start.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] stockade_engine::EngineError),
    /// The sandbox could not start.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sandbox(#[from] stockade_sandbox::OpenError),
}

impl ProgramError {
    /// A file that could not be read or written.
    pub(crate) fn file(verb: &'static str, path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::File { verb, path: path.into(), reason: error.to_string() }
    }
}

fn count(n: usize) -> String {
    if n == 1 { "an error".to_owned() } else { format!("{n} errors") }
}
