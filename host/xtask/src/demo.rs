//! The first front-door command: from a fresh clone to findings.

use crate::run::{copy_tree, run, step};
use crate::setup;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// The demonstration project.
const PROJECT: &str = "testdata/projects/demo";

/// Sets up, builds, and scans a copy outside this repository: inside it `testdata/` and `demo/` say that the files are
/// tests and examples, as they do for every scan of this repository, and rules about production are silent on those.
/// Findings are what the demonstration is for, so exit code 1 is success.
pub(crate) fn scan() -> Result<()> {
    setup::wasm()?;
    run("cargo", &["build", "--release", "--package", "stockade"])?;
    let copy = std::env::temp_dir().join(format!("stockade-{}", std::process::id()));
    copy_tree(Path::new(PROJECT), &copy)?;
    step(&format!("target/release/stockade scan {} (a copy of {PROJECT})", copy.display()));
    let status = Command::new("target/release/stockade").arg("scan").arg(&copy).status();
    std::fs::remove_dir_all(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
    let status = status.context("cannot run target/release/stockade")?;
    match status.code() {
        Some(1) => {
            println!("\nThe demonstration project has honest mistakes, so the scan ended with exit code 1.");
            println!("Try it on your own: target/release/stockade scan PATH");
            Ok(())
        }
        _ => bail!("the scan should have found something (exit code 1), but ended with {status}"),
    }
}
