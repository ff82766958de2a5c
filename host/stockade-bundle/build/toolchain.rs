//! Which toolchain compiles the plugins. Shared by the build script and by `xtask`.
//!
//! Two ways, in this order: the workspace's own toolchain if it has the target `wasm32-unknown-unknown`; else Debian's
//! Rust, whose sources of the standard library are compiled along. Nothing is installed here: that is
//! `cargo xtask setup`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of all plugins.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Set to `rustup` or `debian` to insist on one of the two ways.
pub(crate) const CHOICE: &str = "STOCKADE_WASM_TOOLCHAIN";

/// A toolchain that can compile plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The toolchain that builds the host.
    Own {
        /// `rustc --version`.
        version: String,
    },
    /// Debian's, with the standard library built from source.
    Debian {
        /// `rustc --version`.
        version: String,
        /// The WebAssembly linker.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Finds a toolchain, or says what is missing and how to get it.
    pub(crate) fn find() -> Result<Self, String> {
        let choice = std::env::var(CHOICE).unwrap_or_default();
        let own = || own().ok_or_else(|| format!("the toolchain has no target {TARGET}"));
        let found = match choice.as_str() {
            "rustup" => own(),
            "debian" => debian(),
            _ => own().or_else(|first| debian().map_err(|second| format!("{first}, and {second}"))),
        };
        found.map_err(|why| {
            format!(
                "the plugins are compiled for {TARGET}, and there is no toolchain for it: {why}. Run `rustup target \
                 add {TARGET}`; or `cargo xtask setup`, which sets up all that is missing, also where rustup cannot \
                 or is not there."
            )
        })
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Own { version } => format!("{version} with its own target {TARGET}"),
            Self::Debian { version, .. } => {
                format!("{version} of Debian, {TARGET} with the standard library built from source")
            }
        }
    }

    /// A `cargo build` for plugins, without arguments that name packages.
    pub(crate) fn cargo_build(&self) -> Command {
        let mut command = match self {
            Toolchain::Own { .. } => {
                Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            }
            Toolchain::Debian { .. } => Command::new("/usr/bin/cargo"),
        };
        // What the outer cargo says about its own build must not reach the inner one.
        for (name, _) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            let setting = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_"];
            let own = (name.starts_with("CARGO") && !setting.iter().any(|s| name.starts_with(s)))
                || matches!(
                    name,
                    "RUSTFLAGS" | "RUSTC" | "RUSTDOC" | "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER"
                );
            if own {
                command.env_remove(name);
            }
        }
        command.args(["build", "--profile", "guest", "--target", TARGET]);
        // Fixed-width vectors are deterministic, and searches in texts are several times as fast with them.
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Ctarget-feature=+simd128");
        if let Toolchain::Debian { linker, .. } = self {
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                // The only way to `-Z build-std` on a stable compiler.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", "/usr/bin/rustc")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .args(["-Z", "build-std=std,panic_abort"]);
        }
        command
    }
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn own() -> Option<Toolchain> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libraries = output(Command::new(&rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    if !Path::new(&libraries).is_dir() {
        return None;
    }
    Some(Toolchain::Own { version: output(Command::new(&rustc).arg("--version"))? })
}

fn debian() -> Result<Toolchain, String> {
    let rustc = "/usr/bin/rustc";
    let missing = |what: &str| format!("Debian's Rust is not there ({what} is missing)");
    let version = output(Command::new(rustc).arg("--version").env_remove("RUSTUP_TOOLCHAIN"))
        .ok_or_else(|| missing("/usr/bin/rustc"))?;
    if !Path::new("/usr/bin/cargo").is_file() {
        return Err(missing("/usr/bin/cargo"));
    }
    let sysroot = output(Command::new(rustc).args(["--print", "sysroot"])).unwrap_or_default();
    if !Path::new(&sysroot).join("lib/rustlib/src/rust/library").is_dir() {
        return Err(missing("the source of the standard library"));
    }
    let linker = std::fs::read_dir("/usr/bin")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("wasm-ld")))
        // Sorted by the number behind the name, so that the newest linker wins.
        .max_by_key(|path| {
            let name = path.to_string_lossy();
            name.rsplit('-').next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0)
        })
        .ok_or_else(|| missing("a linker /usr/bin/wasm-ld-*"))?;
    Ok(Toolchain::Debian { version, linker })
}
