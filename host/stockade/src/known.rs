//! Findings that are not new: those of the baseline file, and those that were there before a change.

use crate::args::KnownArguments;
use crate::error::ProgramError;
use crate::git::Git;
use crate::own;
use crate::prepare::Prepared;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use stockade_engine::{Baseline, Compared, Options, Walked};
use stockade_model::{Finding, Report, State};

/// The baseline's name where none is given; it lies at the root.
pub(crate) const FILE: &str = "stockade-baseline.json";
/// Largest baseline that is read, in bytes: twice what the most entries take.
const MAX_BYTES: u64 = 64 << 20;

/// What is known.
#[derive(Default)]
pub(crate) struct Known {
    /// From the file.
    baseline: Option<Baseline>,
    /// From the commit that the current one and `--since` have in common.
    before: Option<Baseline>,
}

impl Known {
    /// Reads the baseline, and scans what was there before, as far as the arguments want it.
    pub(crate) fn new(
        arguments: &KnownArguments,
        no_config: bool,
        ready: &Prepared,
        options: &Options<'_>,
    ) -> Result<Self, ProgramError> {
        let baseline = match file(arguments, no_config, ready)? {
            Some(file) => Some(read(&file)?),
            None => None,
        };
        let before = match &arguments.since {
            Some(reference) => {
                let files = Git::new(&ready.root)?.since(reference, options.max_file_bytes)?;
                // What rules say of a whole repository was there before only if it was one then.
                let files = Walked { whole: ready.walked.whole, ..files };
                let report = ready.scan_files(files, &Options { progress: None, ..*options })?;
                Some(Baseline::of(&report, &|finding| finding.state == State::Open))
            }
            None => None,
        };
        Ok(Self { baseline, before })
    }

    /// Marks what is known in a report.
    pub(crate) fn mark(&self, ready: &Prepared, report: &mut Report) -> Compared {
        let may = |finding: &Finding| !is_locked(ready, finding);
        let mut compared = Compared::default();
        if let Some(baseline) = &self.baseline {
            compared = baseline.apply(report, &may, &|entry| ready.covers_entry(entry));
            report.stale_baseline = compared.stale.len();
        }
        if let Some(before) = &self.before {
            // Made by a run like this one: what that one found, this one would find.
            before.apply(report, &|_| true, &|entry| ready.covers(&entry.path));
        }
        compared
    }
}

/// Whether nobody below may accept findings of this rule here.
fn is_locked(ready: &Prepared, finding: &Finding) -> bool {
    ready.policy.settings().selection(&finding.path).is_locked(finding.rule)
}

/// The baseline that is to be used: the one named, or the one at the root.
fn file(
    arguments: &KnownArguments,
    no_config: bool,
    ready: &Prepared,
) -> Result<Option<PathBuf>, ProgramError> {
    match &arguments.baseline {
        _ if arguments.no_baseline => Ok(None),
        Some(file) => Ok(Some(file.clone())),
        None if no_config => Ok(None),
        None => own::file(&ready.root.base, FILE, &ready.root.base),
    }
}

/// Reads a baseline.
pub(crate) fn read(file: &Path) -> Result<Baseline, ProgramError> {
    let failed = |error: std::io::Error| ProgramError::file("read", file, &error);
    let mut text = String::new();
    std::fs::File::open(file).map_err(failed)?.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    Baseline::parse(&text)
        .map_err(|error| ProgramError::Baseline { path: file.to_path_buf(), reason: error.to_string() })
}
