//! Why a plugin cannot be opened.

use miette::Diagnostic;
use thiserror::Error;

/// Why a component cannot be opened as a plugin. The caller knows which file it was and names it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum OpenError {
    /// The file is larger than [`crate::Limits::component_bytes`]. The plugin's fault.
    #[error("has {bytes} bytes, more than the {limit} a plugin may have")]
    #[diagnostic(
        code(stockade::sandbox::too_large),
        help("Strip debug information from the plugin, or raise the limit.")
    )]
    TooLarge {
        /// Size of the file.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The file is something else. The user's fault, or the build's.
    #[error("is {found}, not a WebAssembly component")]
    #[diagnostic(
        code(stockade::sandbox::no_component),
        help(
            "Name a plugin's `.wasm` file; `stockade plugin pack FOLDER` makes one of what a compiler wrote."
        )
    )]
    NoComponent {
        /// What it is, with its article.
        found: &'static str,
    },
    /// The component is damaged, or uses features that are not offered. The plugin's fault.
    #[error("is no valid component: {reason}")]
    #[diagnostic(
        code(stockade::sandbox::invalid),
        help("Rebuild the plugin with the tools its language's guide names.")
    )]
    Invalid {
        /// What the engine found wrong, cleaned.
        reason: String,
    },
    /// The component asks for something that plugins do not get. The plugin's fault.
    #[error("imports `{name}`, which plugins do not get")]
    #[diagnostic(code(stockade::sandbox::import), help("{help}"))]
    Import {
        /// The import.
        name: String,
        /// Which build option to change.
        help: &'static str,
    },
    /// The component exports no interface of ours. The user's fault, or the plugin's.
    #[error("exports no `stockade:plugin/rules`, so it is no plugin of stockade")]
    #[diagnostic(
        code(stockade::sandbox::no_interface),
        help("Build the component for the world `plugin` of the package `stockade:plugin`.")
    )]
    NoInterface,
    /// The plugin was built for a newer interface. Stockade is too old.
    #[error("is built for interface {found}, this stockade knows {known}: update stockade")]
    #[diagnostic(
        code(stockade::sandbox::too_new),
        help("Install a stockade that knows the plugin's interface, or an older version of the plugin.")
    )]
    TooNew {
        /// The version the plugin was built for.
        found: String,
        /// The versions known, comma-separated.
        known: String,
    },
    /// The plugin was built for an interface that is gone. The plugin is too old.
    #[error(
        "is built for interface {found}, which is no longer supported (this stockade knows {known}): rebuild the plugin"
    )]
    #[diagnostic(
        code(stockade::sandbox::too_old),
        help("Rebuild the plugin with a current SDK, or install a newer version of it.")
    )]
    TooOld {
        /// The version the plugin was built for.
        found: String,
        /// The versions known, comma-separated.
        known: String,
    },
    /// The component would cost too much to compile. The plugin's fault.
    #[error("{what} is {found}, more than the {limit} a plugin may have")]
    #[diagnostic(
        code(stockade::sandbox::too_costly),
        help("Compiling such a component could take hours; split what is too large, or raise the limit.")
    )]
    TooCostly {
        /// What is too large: `the size of a function in bytes`.
        what: &'static str,
        /// How large it is.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Compiling took longer than [`crate::Limits::compile_time`]. The plugin's fault, or a very slow machine's.
    #[error("was not compiled within {seconds} seconds")]
    #[diagnostic(
        code(stockade::sandbox::compile_time),
        help("Make the plugin smaller, or raise the limit if this machine is slow.")
    )]
    CompileTime {
        /// The limit.
        seconds: u64,
    },
    /// The exported functions do not have the types of the interface they claim. The plugin's fault.
    #[error("does not fit interface {interface} that it claims to export: {reason}")]
    #[diagnostic(
        code(stockade::sandbox::types),
        help("Build the plugin from the released WIT of that version, unchanged.")
    )]
    Types {
        /// The version it claims.
        interface: String,
        /// What differs, cleaned.
        reason: String,
    },
    /// Rules were given to a plugin number that does not exist. Stockade's fault.
    #[error("rules are meant for plugin number {index}, but there are only {count}")]
    #[diagnostic(code(stockade::sandbox::no_plugin), help("This is a bug of stockade: please report it."))]
    NoPlugin {
        /// The number asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The engine cannot run here. The system's fault, or stockade's.
    #[error("the WebAssembly engine cannot run here: {reason}")]
    #[diagnostic(
        code(stockade::sandbox::engine),
        help("Stockade needs a 64-bit machine with virtual memory; please report this if you have one.")
    )]
    Engine {
        /// What the engine said, cleaned.
        reason: String,
    },
}

impl OpenError {
    pub(crate) fn engine(error: &wasmtime::Error) -> Self {
        Self::Engine { reason: reason(error) }
    }

    pub(crate) fn invalid(error: &wasmtime::Error) -> Self {
        Self::Invalid { reason: reason(error) }
    }
}

/// The innermost message of an error, cleaned: the outer ones only say that something did not work.
pub(crate) fn reason(error: &wasmtime::Error) -> String {
    crate::clean(&error.root_cause().to_string(), 300).into_owned()
}
