//! Installs what a fresh machine lacks.
//!
//! The wasm toolchain: rustup's target if rustup can add it, else Debian's Rust with the sources of its standard
//! library. The tools of the tests: Microsoft's SARIF multitool from npm.

use crate::run::{output, run, step, succeeds};
use crate::toolchain::{self, TARGET, Toolchain};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Debian's packages for the second way.
const DEBIAN: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// Where tools are installed: inside the build folder, so that `cargo clean` takes them along.
const TOOLS: &str = "target/tools";
/// The multitool's npm package.
const MULTITOOL: &str = "@microsoft/sarif-multitool-linux@5.7.0";

/// Installs a wasm toolchain if there is none.
pub(crate) fn wasm() -> Result<()> {
    if let Ok(found) = Toolchain::find() {
        step(&format!("plugins are built by {}", found.describe()));
        return Ok(());
    }
    let choice = std::env::var(toolchain::CHOICE).unwrap_or_default();
    if choice != "debian" {
        step(&format!("rustup target add {TARGET}"));
        if !succeeds("rustup", &["target", "add", TARGET]) {
            println!("rustup cannot add the target here; trying Debian's Rust");
        }
    }
    if Toolchain::find().is_err() && choice != "rustup" {
        debian()?;
    }
    let found = Toolchain::find().map_err(anyhow::Error::msg)?;
    step(&format!("plugins are built by {}", found.describe()));
    Ok(())
}

fn debian() -> Result<()> {
    if !succeeds("apt-get", &["--version"]) {
        bail!(
            "this machine has neither rustup with a network nor apt-get: install the target {TARGET} for the \
             toolchain in use by hand, or Debian's packages {}",
            DEBIAN.join(" ")
        );
    }
    apt(&["update", "-qq"])?;
    let linker = newest_linker()?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(DEBIAN);
    install.push(&linker);
    apt(&install)
}

/// Installs packages of Debian, or says which the machine lacks.
pub(crate) fn debian_packages(packages: &[&str]) -> Result<()> {
    if !succeeds("apt-get", &["--version"]) {
        bail!("this machine has no apt-get: install by hand what Debian calls {}", packages.join(" "));
    }
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}

/// Runs apt-get, as root.
fn apt(arguments: &[&str]) -> Result<()> {
    let root = output("id", &["-u"])?.trim() == "0";
    if root { run("apt-get", arguments) } else { run("sudo", &[&["apt-get"], arguments].concat()) }
}

/// The newest `lld-N` that the package index offers.
fn newest_linker() -> Result<String> {
    let names = output("apt-cache", &["pkgnames", "lld-"])?;
    names
        .lines()
        .filter_map(|name| name.strip_prefix("lld-")?.parse::<u32>().ok())
        .max()
        .map(|n| format!("lld-{n}"))
        .context("the package index offers no lld")
}

/// Installs the SARIF multitool if it is not there; gives its path.
pub(crate) fn multitool() -> Result<PathBuf> {
    let folder = std::env::current_dir()?.join(TOOLS);
    let program = folder.join("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
    if !program.is_file() {
        std::fs::create_dir_all(&folder)?;
        if !succeeds("npm", &["--version"]) {
            debian_packages(&["npm"])
                .context("the tests of SARIF reports need npm, to install Microsoft's multitool")?;
        }
        let prefix = folder.to_string_lossy().into_owned();
        run("npm", &["install", "--no-audit", "--no-fund", "--silent", "--prefix", &prefix, MULTITOOL])?;
        // npm may be told not to run the script that does this.
        run("chmod", &["u+x", &program.to_string_lossy()])?;
    }
    Ok(program)
}

/// The task: everything.
pub(crate) fn all() -> Result<()> {
    wasm()?;
    multitool()?;
    Ok(())
}
