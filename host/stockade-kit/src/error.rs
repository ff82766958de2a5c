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
    /// A source of plugins is written wrongly. The user's fault.
    #[error("is no source of plugins: {reason}")]
    #[diagnostic(
        code(stockade::kit::source),
        help(
            "Name a file, an https URL, or `oci://host/repository:tag` (or `@sha256:` and a digest instead of the tag)."
        )
    )]
    Source {
        /// What is wrong with it.
        reason: String,
    },
    /// An address is not reached over TLS. The user's fault, or that of a server that redirects.
    #[error("leads to `{url}`, which is not https")]
    #[diagnostic(
        code(stockade::kit::insecure),
        help("Use an https address; plain http is for servers on this machine only.")
    )]
    Insecure {
        /// Where.
        url: String,
    },
    /// The network or the server does not answer. The system's fault.
    #[error("cannot be reached: {reason} (`{url}`)")]
    #[diagnostic(code(stockade::kit::network), help("Check the address and the connection, then try again."))]
    Network {
        /// Where.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The server shows a certificate that nobody trusted has signed for it. Somebody is in between, the server is set up
    /// wrongly, or it has an authority of its own.
    #[error("does not prove who it is: {reason} (`{url}`)")]
    #[diagnostic(
        code(stockade::kit::untrusted),
        help(
            "Check the address. If the server has an authority of your own, set STOCKADE_CA_FILE to its certificate (PEM)."
        )
    )]
    Untrusted {
        /// Where.
        url: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// A file of certificates is none. The user's fault.
    #[error("holds no certificates of authorities: {reason}")]
    #[diagnostic(
        code(stockade::kit::authorities),
        help("Give a file in PEM, with one or more `BEGIN CERTIFICATE` blocks.")
    )]
    Authorities {
        /// What is wrong with it.
        reason: String,
    },
    /// The server says no. The user's fault, or the server's.
    #[error("is answered with status {status} (`{url}`)")]
    #[diagnostic(
        code(stockade::kit::status),
        help(
            "404: check the address. 401 or 403: this needs a login; set STOCKADE_REGISTRY_AUTH to `host=user:password`. 500 and \
             above: the server is in trouble, or no registry; try again later."
        )
    )]
    Status {
        /// Where.
        url: String,
        /// HTTP's number.
        status: u16,
    },
    /// The server sends more than anything honest has. The server's fault.
    #[error("sends more than {limit} bytes (`{url}`)")]
    #[diagnostic(
        code(stockade::kit::too_large),
        help("A plugin is one component; see the limits in the book.")
    )]
    TooLarge {
        /// Where.
        url: String,
        /// How many are read at most.
        limit: usize,
    },
    /// The server's answer is not what the protocol says. The server's fault.
    #[error("answers with something else than a plugin: {reason}")]
    #[diagnostic(
        code(stockade::kit::answer),
        help(
            "Check that a plugin was published there, with `stockade plugin publish` or a tool for Wasm artifacts."
        )
    )]
    Answer {
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes are others than those that were asked for. Somebody changed them on the way, or the server is broken.
    #[error("gives other bytes than asked for: the {what} has sha256:{found}, not sha256:{expected}")]
    #[diagnostic(code(stockade::kit::digest), help("Do not use it; tell whoever runs the server."))]
    Digest {
        /// `manifest`, `layer`, `file`.
        what: &'static str,
        /// As asked for.
        expected: String,
        /// As received.
        found: String,
    },
    /// There is no good signature. The publisher's fault, or somebody is trying something.
    #[error("is not signed with this key: {reason}")]
    #[diagnostic(
        code(stockade::kit::signature),
        help("Check the key with the publisher; `cosign sign --key` makes such signatures.")
    )]
    Signature {
        /// What was there instead.
        reason: String,
    },
    /// The key file is none. The user's fault.
    #[error("is no public key: {reason}")]
    #[diagnostic(
        code(stockade::kit::key),
        help("Give an ECDSA P-256 public key in PEM, as `cosign generate-key-pair` writes it.")
    )]
    Key {
        /// What is wrong with it.
        reason: String,
    },
}
