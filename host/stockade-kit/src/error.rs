//! What can go wrong around plugins.

use miette::Diagnostic;
use thiserror::Error;

/// Why a plugin could not be made, fetched or published. The caller knows which file or source it was and names it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum KitError {
    /// The file is no WebAssembly at all, or damaged. The author's fault.
    #[error("is no WebAssembly file, or a damaged one (at byte {at})")]
    #[diagnostic(code(stockade::kit::no_wasm), help("Name the `.wasm` file that the compiler wrote."))]
    NoWasm {
        /// Where it stops making sense. Bytes.
        at: usize,
    },
    /// A core module cannot be made a component. The author's fault.
    #[error("does not become a component: {reason}")]
    #[diagnostic(
        code(stockade::kit::component),
        help(
            "A plugin exports the functions of the world `plugin` in `stockade:plugin`, and imports nothing but WASI."
        )
    )]
    Component {
        /// What the encoder says.
        reason: String,
    },
}
