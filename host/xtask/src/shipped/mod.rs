//! What leaves this repository, tried in the programs that take it: reports in validators and a browser, workflows in
//! their linters, the action's steps in a job that is made up, hooks in pre-commit, archives in an empty root folder.
//!
//! A check whose tools are not there says which are missing and counts as not done; with `--complete` that is a failure,
//! and with `--install` they are installed first. Tools of npm and PyPI go to `target/tools`.

mod action;
mod archive;
mod formats;
mod hooks;
mod shells;
mod tools;
mod windows;
mod workflows;

use crate::run::{root, run, step};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use tools::{Missing, Tools};

/// Where a check works.
pub(crate) struct Bench {
    /// The program that is tried: `STOCKADE_PROGRAM`, or a debug build.
    pub(crate) program: PathBuf,
    /// An empty folder, outside this repository so that nothing here counts for it.
    pub(crate) scratch: PathBuf,
    pub(crate) tools: Tools,
}

impl Bench {
    /// The workspace's folder, absolute.
    pub(crate) fn root(&self) -> PathBuf {
        root().canonicalize().unwrap_or_else(|_| root())
    }

    /// An empty folder of this name in the scratch folder.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}

type Check = fn(&Bench) -> Result<String>;

/// Name, whether it is left out where no check is named because it takes many minutes, and what it does.
const CHECKS: [(&str, bool, Check); 7] = [
    ("formats", false, formats::check),
    ("shells", false, shells::check),
    ("workflows", false, workflows::check),
    ("action", false, action::check),
    ("hooks", true, hooks::check),
    ("archive", true, archive::check),
    ("windows", true, windows::check),
];

/// `shipped [CHECK...] [--install] [--complete]`.
pub(crate) fn check(arguments: &[String]) -> Result<()> {
    let (flags, named): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|a| a.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|f| !["--install", "--complete"].contains(f)) {
        bail!("there is no flag {unknown}: use --install or --complete");
    }
    let names: Vec<&str> = CHECKS.iter().map(|(name, ..)| *name).collect();
    if let Some(unknown) = named.iter().find(|n| !names.contains(n)) {
        bail!("there is no check `{unknown}`: use {}", names.join(", "));
    }
    let scratch = std::env::temp_dir().join(format!("stockade-shipped-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let tools = Tools { install: flags.contains(&"--install") };
    let bench = Bench { program: program()?, scratch, tools };
    let mut lines = Vec::new();
    let (mut failed, mut missing) = (0, 0);
    for (name, slow, check) in CHECKS {
        if if named.is_empty() { slow } else { !named.contains(&name) } {
            continue;
        }
        step(&format!("shipped: {name}"));
        lines.push(match check(&bench) {
            Ok(done) => format!("{name:<10} passed: {done}"),
            Err(error) if error.is::<Missing>() => {
                missing += 1;
                format!("{name:<10} not done: {error}")
            }
            Err(error) => {
                failed += 1;
                format!("{name:<10} FAILED: {error:#}")
            }
        });
    }
    println!("\n{}", lines.join("\n"));
    if failed > 0 {
        bail!("{failed} of the checks failed; what they made is in {}", bench.scratch.display());
    }
    std::fs::remove_dir_all(&bench.scratch)?;
    if missing > 0 && flags.contains(&"--complete") {
        bail!("{missing} of the checks were not done");
    }
    Ok(())
}

fn program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("STOCKADE_PROGRAM") {
        return Path::new(&program).canonicalize().context("STOCKADE_PROGRAM names no program");
    }
    run("cargo", &["build", "--package", "stockade"])?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(folder.join("debug/stockade").canonicalize()?)
}
