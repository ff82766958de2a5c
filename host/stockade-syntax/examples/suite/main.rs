//! Runs public parser suites over a folder and prints the score: `cargo run -p stockade-syntax --example suite --
//! toml DIR`, or `all DIR` for a folder that has one folder a suite (`cargo xtask suites DIR`). Every case that does not come out as the suite expects is listed with the reason it is known for, if
//! it is; an unknown one makes the exit code 1.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

mod compose;
mod dockerfile;
mod json;
mod nginx;
mod toml;
mod yaml;

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a suite gave.
#[derive(Default)]
struct Score {
    passed: usize,
    /// Name of the case, and what was different.
    failed: Vec<(String, String)>,
}

impl Score {
    fn add(&mut self, case: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => self.failed.push((case.to_owned(), why)),
        }
    }
}

/// A case that is known not to come out as the suite expects, and why that is right.
type Exception = (&'static str, &'static str);

/// A suite: its name here, the folder it is unpacked to, how it is run, and its known exceptions.
struct Suite {
    name: &'static str,
    folder: &'static str,
    run: fn(&Path) -> anyhow::Result<Score>,
    exceptions: &'static [Exception],
}

const SUITES: [Suite; 6] = [
    Suite { name: "yaml", folder: "yaml-test-suite/src", run: yaml::run, exceptions: yaml::EXCEPTIONS },
    Suite {
        name: "json",
        folder: "json-test-suite/test_parsing",
        run: json::run,
        exceptions: json::EXCEPTIONS,
    },
    Suite { name: "toml", folder: "toml-test", run: toml::run, exceptions: toml::EXCEPTIONS },
    Suite {
        name: "dockerfile",
        folder: "buildkit-dockerfile-parser",
        run: dockerfile::run,
        exceptions: dockerfile::EXCEPTIONS,
    },
    Suite { name: "nginx", folder: "crossplane-nginx", run: nginx::run, exceptions: nginx::EXCEPTIONS },
    Suite { name: "compose", folder: "compose-go", run: compose::run, exceptions: compose::EXCEPTIONS },
];

fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args().skip(1);
    let (name, dir) = (args.next().context("name a suite")?, args.next().context("name the suite's folder")?);
    let dir = PathBuf::from(dir);
    if name != "all" {
        let suite = SUITES.iter().find(|suite| suite.name == name);
        let suite = suite.with_context(|| format!("no suite is called `{name}`"))?;
        let fine = judge(suite, &dir)?;
        return Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let (mut ran, mut fine) = (0, true);
    for suite in &SUITES {
        let folder = dir.join(suite.folder);
        if folder.is_dir() {
            ran += 1;
            fine &= judge(suite, &folder)?;
        } else {
            println!("{}: not there: `{}` is missing", suite.name, suite.folder);
        }
    }
    if ran == 0 {
        bail!("there is none of the suites in `{}`", dir.display());
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a suite and prints its score; whether all cases came out as they should, or as they are known to.
fn judge(suite: &Suite, dir: &Path) -> anyhow::Result<bool> {
    let score = (suite.run)(dir)?;
    let mut unknown = 0;
    for (case, why) in &score.failed {
        let reason = suite.exceptions.iter().find(|(known, _)| known == case).map(|(_, reason)| *reason);
        unknown += usize::from(reason.is_none());
        println!("  {case}: {why}\n      {}", reason.unwrap_or("NOT EXPECTED"));
    }
    let total = score.passed + score.failed.len();
    println!(
        "{}: {} of {total} pass, {} known exceptions, {unknown} unexpected",
        suite.name,
        score.passed,
        score.failed.len() - unknown
    );
    Ok(unknown == 0 && total > 0)
}

/// All files below `dir` with this ending, sorted.
fn files(dir: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path's name below `dir`.
fn name_in(dir: &Path, path: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).to_string_lossy().into_owned()
}
