//! The second front-door command: every check that CI makes.

use crate::run::{run, step, succeeds};
use crate::{arrows, generate, search, setup};
use anyhow::Result;
use std::process::Command;

/// Sets up and runs everything.
pub(crate) fn all() -> Result<()> {
    setup::wasm()?;
    let multitool = setup::multitool()?;
    run("cargo", &["fmt", "--all", "--check"])?;
    arrows::check()?;
    search::check()?;
    run("cargo", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"])?;
    step("cargo test --workspace");
    let status = Command::new("cargo")
        .args(["test", "--workspace"])
        .env("STOCKADE_SARIF_MULTITOOL", multitool)
        .status()?;
    anyhow::ensure!(status.success(), "`cargo test --workspace` failed: {status}");
    // The tests have built the program.
    generate::by_binary(true)?;
    deny()?;
    step("everything passed");
    Ok(())
}

/// cargo-deny takes minutes to install, so it runs where it is there, and says so where it is not.
fn deny() -> Result<()> {
    if succeeds("cargo", &["deny", "--version"]) {
        run("cargo", &["deny", "--all-features", "check", "bans", "licenses", "sources"])
    } else {
        step(
            "cargo-deny is not installed: licences and duplicates were not checked (`cargo install cargo-deny`)",
        );
        Ok(())
    }
}

/// Runs the examples of some rules' pages.
pub(crate) fn rule(arguments: &[String]) -> Result<()> {
    setup::wasm()?;
    let mut command = vec!["run", "--quiet", "--package", "stockade", "--", "test"];
    for argument in arguments {
        match argument.as_str() {
            "--bless" => command.extend(["--bless", "rules"]),
            rule => command.push(rule),
        }
    }
    run("cargo", &command)
}

/// Runs the public parser suites that are unpacked below the folder named by the one argument: one folder a suite.
pub(crate) fn suites(arguments: &[String]) -> Result<()> {
    let [folder] = arguments else { anyhow::bail!("name one folder: `cargo xtask suites DIR`") };
    let command =
        ["run", "--quiet", "--package", "stockade-syntax", "--example", "suite", "--", "all", folder];
    run("cargo", &command)
}
