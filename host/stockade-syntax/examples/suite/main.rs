//! Runs public parser suites over a folder and prints the score: `cargo run -p stockade-syntax --example suite --
//! toml DIR`. Every case that does not come out as the suite expects is listed with the reason it is known for, if
//! it is; an unknown one makes the exit code 1.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

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

fn main() -> anyhow::Result<ExitCode> {
    let mut args = std::env::args().skip(1);
    let (name, dir) = (args.next().context("name a suite")?, args.next().context("name the suite's folder")?);
    let dir = PathBuf::from(dir);
    let (score, exceptions): (Score, &[Exception]) = match name.as_str() {
        "dockerfile" => (dockerfile::run(&dir)?, dockerfile::EXCEPTIONS),
        "toml" => (toml::run(&dir)?, toml::EXCEPTIONS),
        "json" => (json::run(&dir)?, json::EXCEPTIONS),
        "yaml" => (yaml::run(&dir)?, yaml::EXCEPTIONS),
        "nginx" => (nginx::run(&dir)?, nginx::EXCEPTIONS),
        _ => bail!("no suite is called `{name}`"),
    };
    let mut unknown = 0;
    for (case, why) in &score.failed {
        let reason = exceptions.iter().find(|(known, _)| known == case).map(|(_, reason)| *reason);
        unknown += usize::from(reason.is_none());
        println!("{case}: {why}\n    {}", reason.unwrap_or("NOT EXPECTED"));
    }
    let total = score.passed + score.failed.len();
    println!(
        "{name}: {} of {total} pass, {} known exceptions, {unknown} unexpected",
        score.passed,
        score.failed.len() - unknown
    );
    Ok(if unknown == 0 && total > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
