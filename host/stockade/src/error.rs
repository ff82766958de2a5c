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
    /// A plugin from outside cannot be opened: the plugin's author's.
    #[error("`{origin}` {error}")]
    #[diagnostic(forward(error))]
    Plugin {
        /// Which: a path or a source.
        origin: String,
        /// Why.
        error: stockade_sandbox::OpenError,
    },
    /// A component carries no pack: it was not packed yet.
    #[error("`{origin}` says nothing about itself: it has no section `stockade:pack`")]
    #[diagnostic(
        code(stockade::plugin::no_pack),
        help("Put its description and rules in with `stockade plugin pack FOLDER`.")
    )]
    NoPack {
        /// Which.
        origin: String,
    },
    /// What a component carries cannot be read: damaged, or from another stockade.
    #[error("`{origin}` cannot be used: {reason}")]
    #[diagnostic(
        code(stockade::plugin::bad_pack),
        help("Pack it again with `stockade plugin pack FOLDER`, or update stockade.")
    )]
    BadPack {
        /// Which.
        origin: String,
        /// Why.
        reason: String,
    },
    /// What a plugin says about itself is wrong: its author's.
    #[error("{} in what the plugin `{origin}` says about itself", count(errors.len()))]
    #[diagnostic(code(stockade::plugin::rules))]
    PluginRules {
        /// Which.
        origin: String,
        #[related]
        errors: Vec<stockade_pack::Error>,
    },
    /// It is not clear which file is to be packed: the user's.
    #[error("`{}` holds {found}", folder.display())]
    #[diagnostic(
        code(stockade::plugin::which_wasm),
        help(
            "Name what the compiler wrote with `--component FILE`; `stockade plugin build` compiles and packs in one step."
        )
    )]
    WhichWasm {
        /// The plugin's folder.
        folder: PathBuf,
        /// How many there are.
        found: &'static str,
    },
    /// Two plugins of one name: the user's.
    #[error("`{first}` and `{second}` are both the plugin `{name}`")]
    #[diagnostic(code(stockade::plugin::two), help("Name one of the two."))]
    TwoPlugins {
        /// The name.
        name: String,
        /// Where one is.
        first: String,
        /// Where the other is.
        second: String,
    },
    /// A pinned plugin is not on this machine: nobody fetched it yet.
    #[error("plugin `{name}` is pinned, but not on this machine (its source is `{source_of}`)")]
    #[diagnostic(
        code(stockade::plugin::not_fetched),
        help("Run `stockade plugin fetch`: a scan itself fetches nothing.")
    )]
    NotFetched {
        /// Which.
        name: String,
        /// Where it would come from.
        source_of: String,
    },
    /// A plugin's file is not what the lock file pins: somebody changed one of the two.
    #[error(
        "`{path}` is not the plugin `{name}` that `stockade.lock` pins: it has sha256:{found}, not sha256:{expected}"
    )]
    #[diagnostic(
        code(stockade::plugin::not_pinned),
        help(
            "If the change is wanted, look at what `stockade plugin update {name}` shows; otherwise restore the file."
        )
    )]
    NotPinned {
        /// Which.
        name: String,
        /// The file.
        path: String,
        /// Its digest.
        found: String,
        /// The pinned one.
        expected: String,
    },
    /// The lock file says something of a plugin that is not so: it was edited by hand.
    #[error("`stockade.lock` says that the {what} of plugin `{name}` is `{lock}`, but it is `{plugin}`")]
    #[diagnostic(code(stockade::plugin::lock_differs), help("Let `stockade plugin add` write the entry."))]
    LockDiffers {
        /// Which plugin.
        name: String,
        /// Which of its properties.
        what: &'static str,
        /// As the lock file has it.
        lock: String,
        /// As the plugin has it.
        plugin: String,
    },
    /// With `--locked`: the lock file has more than the configuration asks for.
    #[error("`stockade.lock` pins the plugin `{name}`, which the configuration does not ask for")]
    #[diagnostic(
        code(stockade::plugin::lock_unused),
        help("Remove it with `stockade plugin remove {name}`, or name it in `stockade.kdl`.")
    )]
    LockUnused {
        /// Which.
        name: String,
    },
    /// A project was not built yet: the user's.
    #[error("the plugin in `{}` is not built", folder.display())]
    #[diagnostic(code(stockade::plugin::not_built), help("Run `stockade plugin build` there first."))]
    NotBuilt {
        /// Its folder.
        folder: PathBuf,
    },
    /// A source that cannot be written down for people to read: the user's.
    #[error("`{origin}` cannot be pinned: a source in `stockade.lock` must read as what it is")]
    #[diagnostic(
        code(stockade::plugin::source_name),
        help(
            "Rename the file (and its folders) without control characters, invisible ones and bytes that are no UTF-8."
        )
    )]
    SourceName {
        /// Which.
        origin: String,
    },
    /// A new project cannot be written: the user's.
    #[error("cannot make a project `{name}`: {reason}")]
    #[diagnostic(
        code(stockade::plugin::new),
        help("Choose a name of lower-case letters, digits and single dashes that is not taken.")
    )]
    NewProject {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The tools of a language are missing or fail: the user's.
    #[error("{what}")]
    #[diagnostic(code(stockade::plugin::build), help("{advice}"))]
    Build {
        /// What went wrong.
        what: String,
        /// What to do.
        advice: String,
    },
    /// No plugin of that name is pinned: the user's.
    #[error("`stockade.lock` pins no plugin `{name}`")]
    #[diagnostic(
        code(stockade::plugin::no_such_plugin),
        help("{known}. `stockade plugin add SOURCE` pins a plugin.")
    )]
    NoSuchPlugin {
        /// The name.
        name: String,
        /// Those that there are, as the start of a sentence.
        known: String,
    },
    /// A signed plugin is to be updated without its key: the user's.
    #[error("plugin `{name}` was added with a signature by the key sha256:{key}")]
    #[diagnostic(
        code(stockade::plugin::key_needed),
        help("Update it with `--key FILE` and that key; to trust another one, add it again with that.")
    )]
    KeyNeeded {
        /// Which.
        name: String,
        /// SHA-256 of the key.
        key: String,
    },
    /// There is no place to keep fetched plugins: the system's.
    #[error("there is no folder of this user to keep plugins in")]
    #[diagnostic(code(stockade::plugin::no_home), help("Set HOME, or STOCKADE_HOME to an absolute path."))]
    NoHome,
    /// A plugin cannot be made, fetched or published.
    #[error("`{origin}` {error}")]
    #[diagnostic(forward(error))]
    Kit {
        /// Which file or source.
        origin: String,
        /// Why.
        error: stockade_kit::KitError,
    },
    /// The environment names no day as today: the user's.
    #[error("STOCKADE_TODAY is `{day}`, which is no day")]
    #[diagnostic(code(stockade::today), help("Set it to a day such as 2026-11-21, or unset it."))]
    Today {
        /// Its value.
        day: String,
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
    #[diagnostic(code(stockade::file), help("{}", file_help(verb, reason)))]
    File {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A file or folder is there, but not as it should be: the user's.
    #[error("cannot use `{}`: {reason}", path.display())]
    #[diagnostic(code(stockade::file), help("{advice}"))]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// A file of another tool is not what it should be: the user's.
    #[error("`{}` cannot be imported: {reason}", path.display())]
    #[diagnostic(
        code(stockade::import),
        help("Name the configuration file of that tool, and mend it if the tool itself refuses it.")
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Reports that cannot be written side by side: the user's.
    #[error("two reports go to {place}")]
    #[diagnostic(
        code(stockade::reports),
        help("Give each report a file of its own: `--report FORMAT=FILE`.")
    )]
    Reports {
        /// Where.
        place: String,
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
    /// git could not say what was asked: the user's, or the system's.
    #[error("{what}")]
    #[diagnostic(code(stockade::git), help("{advice}"))]
    Git {
        /// What it did.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// The baseline cannot be used: the user's.
    #[error("`{}` cannot be used as a baseline: {reason}", path.display())]
    #[diagnostic(
        code(stockade::baseline),
        help("Restore it from version control, or remove it and run `stockade baseline write`.")
    )]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is a baseline where a new one was to be written: the user's.
    #[error("`{}` exists already", path.display())]
    #[diagnostic(
        code(stockade::baseline_exists),
        help(
            "`stockade baseline update` accepts what is new; `stockade baseline prune` only drops what is gone."
        )
    )]
    BaselineExists {
        /// The file.
        path: PathBuf,
    },
    /// There is no baseline to change: the user's.
    #[error("there is no baseline `{}`", path.display())]
    #[diagnostic(code(stockade::no_baseline), help("`stockade baseline write` writes one."))]
    NoBaseline {
        /// The file.
        path: PathBuf,
    },
    /// A scan that did not see everything is no ground for a baseline.
    #[error("not everything could be looked at, so what is known cannot be written down")]
    #[diagnostic(
        code(stockade::baseline_incomplete),
        help("`stockade scan` says what; mend or exclude it first.")
    )]
    BaselineIncomplete,
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
        Self::File { verb, path: path.into(), reason: stockade_engine::io_words(error) }
    }
}

/// What to do about a file that cannot be read or written, from the system's words.
fn file_help(verb: &str, reason: &str) -> String {
    if reason.starts_with("no space left") || reason.contains("quota exceeded") {
        "Make room there, or name another place; what was written so far is not whole.".to_owned()
    } else if reason.starts_with("read-only file system") {
        "Nothing can be written there: name another place.".to_owned()
    } else {
        format!("Check that the path exists and that this user may {verb} it.")
    }
}

fn count(n: usize) -> String {
    if n == 1 { "an error".to_owned() } else { format!("{n} errors") }
}
