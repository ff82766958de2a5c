//! The first front-door command: from a fresh clone to findings.

use crate::run::{run, step};
use crate::setup;
use anyhow::{Context, Result, bail};
use std::process::Command;

/// The demonstration project.
const PROJECT: &str = "testdata/projects/demo";

/// Sets up, builds and scans. Findings are what the demonstration is for, so exit code 1 is success.
pub(crate) fn scan() -> Result<()> {
    setup::wasm()?;
    run("cargo", &["build", "--release", "--package", "stockade"])?;
    step(&format!("target/release/stockade scan {PROJECT}"));
    let status = Command::new("target/release/stockade")
        .args(["scan", PROJECT])
        .status()
        .context("cannot run target/release/stockade")?;
    match status.code() {
        Some(1) => {
            println!("\nThe demonstration project has honest mistakes, so the scan ended with exit code 1.");
            println!("Try it on your own: target/release/stockade scan PATH");
            Ok(())
        }
        _ => bail!("the scan should have found something (exit code 1), but ended with {status}"),
    }
}
