//! `stockade baseline`: accept what is there, so that only what is new fails.

use super::scan::write_whole;
use crate::args::{BaselineAction, BaselineArguments, KnownArguments};
use crate::catalog;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::known::{self, Known};
use crate::prepare::Prepared;
use std::io::{self, Write as _};
use std::path::PathBuf;
use stockade_engine::{Baseline, BaselineEntry, Options};
use stockade_model::{Finding, State};

/// Writes, updates or prunes the baseline.
pub(crate) fn run(arguments: &BaselineArguments) -> Result<Exit, ProgramError> {
    let choice = catalog::choice(&arguments.selection);
    let outside = arguments.run.outside();
    let input = arguments.run.input(&arguments.paths);
    let ready = Prepared::new(input, outside, &choice, arguments.run.no_config, arguments.run.threads, None)?;
    let ready = ready.remembering(&arguments.run);
    let file = arguments.baseline.clone().unwrap_or_else(|| ready.root.base.join(known::FILE));
    let exists = file.exists();
    match arguments.action {
        BaselineAction::Write if exists => return Err(ProgramError::BaselineExists { path: file }),
        BaselineAction::Update | BaselineAction::Prune if !exists => {
            return Err(ProgramError::NoBaseline { path: file });
        }
        _ => {}
    }
    let options = Options {
        threads: arguments.run.threads,
        version: env!("CARGO_PKG_VERSION"),
        max_file_bytes: ready.max_file_bytes(),
        without_project: ready.single_files,
        line_hashes: false,
        suppressions: ready.suppressions,
        ..Options::default()
    };
    let mut report = ready.scan(&options)?;
    ready.save();
    if report.is_incomplete() {
        return Err(ProgramError::BaselineIncomplete);
    }
    let known = KnownArguments { baseline: exists.then(|| file.clone()), no_baseline: !exists, since: None };
    let compared = Known::new(&known, false, &ready, &options)?.mark(&ready, &mut report);
    let is_locked =
        |finding: &Finding| ready.policy.settings().selection(&finding.path).is_locked(finding.rule);
    let open = |wanted: bool| {
        Baseline::of(&report, &|finding| {
            let accepted = finding.state == State::Baselined || (wanted && finding.state == State::Open);
            accepted && !is_locked(finding)
        })
    };
    let now = match arguments.action {
        BaselineAction::Write | BaselineAction::Update => open(true),
        BaselineAction::Prune => open(false),
    };
    // Of files that this run did not look at nothing is known: their entries stay.
    let mut entries: Vec<BaselineEntry> = now.entries;
    let (added, gone) = (entries.len().saturating_sub(compared.kept.len()), compared.stale.len());
    entries.extend(compared.elsewhere);
    entries.sort();
    let count = entries.len();
    let text = Baseline { entries }.to_json();
    write_whole(&file, text.as_bytes()).map_err(|error| ProgramError::file("write", &file, &error))?;
    let shown = shown(&file);
    let known = if count == 1 { "1 known finding".to_owned() } else { format!("{count} known findings") };
    let mut text =
        format!("{shown}: {known} ({added} added, {gone} gone); `stockade scan` now reports only others");
    let is_open = |finding: &&Finding| finding.state == State::Open;
    let locked = report.findings.iter().filter(is_open).filter(|finding| is_locked(finding)).count();
    if locked > 0 {
        text += &format!(
            "\nleft out: {} of locked rules, which nothing accepts",
            super::counted(locked, "finding")
        );
    }
    let _ = writeln!(io::stderr().lock(), "{text}");
    Ok(Exit::Clean)
}

/// The path as the user would type it from here.
fn shown(file: &std::path::Path) -> String {
    let here: PathBuf = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    file.strip_prefix(&here).unwrap_or(file).display().to_string()
}
