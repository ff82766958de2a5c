//! Findings that are known and not to be reported again: a file of fingerprints.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use stockade_model::{Finding, Report, State};

/// The version of the file's format.
const VERSION: u32 = 1;
/// Entries of a baseline. A repository with more has nothing to gain from one, and the file comes from the
/// repository that is scanned.
const MAX_ENTRIES: usize = 200_000;

/// A finding that was there when the baseline was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BaselineEntry {
    /// Path of its file then, relative to the root.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// Its fingerprint: 32 hex digits.
    pub fingerprint: String,
}

/// Known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sorted; one entry for each finding, so that two alike findings are two entries.
    pub entries: Vec<BaselineEntry>,
}

/// What a comparison with a baseline gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Entries whose finding is still there.
    pub kept: Vec<BaselineEntry>,
    /// Entries whose finding is gone, though their file was looked at or does not exist any more.
    pub stale: Vec<BaselineEntry>,
    /// Entries of files or rules that this run did not look at.
    pub elsewhere: Vec<BaselineEntry>,
}

/// The text is no baseline: the user's, or somebody's who merged it wrongly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON of the form that we write.
    #[error("it is not what `stockade baseline write` writes: {0}")]
    Malformed(String),
    /// A newer stockade wrote it.
    #[error("it is of version {0}, and this stockade knows version {VERSION}")]
    Version(u32),
    /// It is too long.
    #[error("it has more than {MAX_ENTRIES} entries")]
    TooLong,
}

#[derive(Deserialize)]
struct File {
    version: u32,
    #[serde(default)]
    findings: Vec<BaselineEntry>,
}

impl Baseline {
    /// Reads what [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let file: File =
            serde_json::from_str(text).map_err(|error| BaselineError::Malformed(error.to_string()))?;
        if file.version != VERSION {
            return Err(BaselineError::Version(file.version));
        }
        if file.findings.len() > MAX_ENTRIES {
            return Err(BaselineError::TooLong);
        }
        let mut entries = file.findings;
        entries.sort();
        Ok(Self { entries })
    }

    /// As JSON with one entry on each line, sorted, so that changes of different people rarely clash.
    #[must_use]
    pub fn to_json(&self) -> String {
        let lines: Vec<String> = self
            .entries
            .iter()
            .filter_map(|entry| serde_json::to_string(entry).ok())
            .map(|line| format!("    {line}"))
            .collect();
        let list = if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": {list}\n}}\n")
    }

    /// The findings of a report that `keep` wants, as a baseline.
    #[must_use]
    pub fn of(report: &Report, keep: &dyn Fn(&Finding) -> bool) -> Self {
        let mut entries: Vec<BaselineEntry> =
            report.findings.iter().filter(|f| keep(f)).map(|f| entry(report, f)).collect();
        entries.sort();
        Self { entries }
    }

    /// Marks the open findings that are known, where `may` allows it. `covers` says of an entry that this run would
    /// have found it again.
    ///
    /// A finding is known if an entry has its rule and fingerprint: first one of the same path is taken, then one of
    /// a path without such a finding, which is how a renamed file keeps its entries. Each entry speaks for one finding.
    pub fn apply(
        &self,
        report: &mut Report,
        may: &dyn Fn(&Finding) -> bool,
        covers: &dyn Fn(&BaselineEntry) -> bool,
    ) -> Compared {
        let mut by_place: HashMap<(&str, &str, &str), Vec<usize>> = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate().rev() {
            let key = (entry.path.as_str(), entry.rule.as_str(), entry.fingerprint.as_str());
            by_place.entry(key).or_default().push(at);
        }
        let mut used = vec![false; self.entries.len()];
        let mut known = Vec::new();
        let mut take = |entry: usize, finding: usize, used: &mut Vec<bool>| {
            if let Some(used) = used.get_mut(entry) {
                *used = true;
            }
            known.push(finding);
        };
        let rule_of =
            |finding: &Finding| report.rules.rules.get(finding.rule).map_or("", |rule| rule.id.as_str());
        let mut left = Vec::new();
        for (at, finding) in report.findings.iter().enumerate() {
            if finding.state != State::Open || !may(finding) {
                continue;
            }
            let key = (&*finding.path, rule_of(finding), finding.fingerprint.as_str());
            match by_place.get_mut(&key).and_then(Vec::pop) {
                Some(entry) => take(entry, at, &mut used),
                None => left.push((at, finding)),
            }
        }
        let mut moved: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate().rev() {
            // The file that the entry speaks of must be gone: else it is a copy, and what is copied is new.
            let gone = || {
                covers(entry) && report.files.binary_search_by(|file| (*file.path).cmp(&entry.path)).is_err()
            };
            if !used.get(at).copied().unwrap_or(true) && gone() {
                moved.entry((entry.rule.as_str(), entry.fingerprint.as_str())).or_default().push(at);
            }
        }
        for (at, finding) in left {
            let key = (rule_of(finding), finding.fingerprint.as_str());
            if let Some(entry) = moved.get_mut(&key).and_then(Vec::pop) {
                take(entry, at, &mut used);
            }
        }
        for at in known {
            if let Some(finding) = report.findings.get_mut(at) {
                finding.state = State::Baselined;
            }
        }
        let mut compared = Compared::default();
        for (entry, used) in self.entries.iter().zip(used) {
            let list = if used {
                &mut compared.kept
            } else if covers(entry) {
                &mut compared.stale
            } else {
                &mut compared.elsewhere
            };
            list.push(entry.clone());
        }
        compared
    }
}

fn entry(report: &Report, finding: &Finding) -> BaselineEntry {
    BaselineEntry {
        path: finding.path.to_string(),
        rule: report.rules.rules.get(finding.rule).map(|rule| rule.id.clone()).unwrap_or_default(),
        fingerprint: finding.fingerprint.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use stockade_model::{FileEntry, FileStatus, RuleTable, reserved_rules};

    fn report(findings: &[(&str, &str)]) -> Report {
        let rules = RuleTable::new(reserved_rules());
        let rule = rules.find("syntax/invalid").unwrap().0;
        let finding = |(path, fingerprint): &(&str, &str)| Finding {
            rule,
            fingerprint: (*fingerprint).to_owned(),
            ..crate::example::finding(path)
        };
        let mut paths: Vec<&str> = findings.iter().map(|(path, _)| *path).collect();
        paths.dedup();
        let file = |path: &&str| FileEntry {
            path: Arc::from(*path),
            kind: "yaml",
            reason: "".into(),
            status: FileStatus::Analysed,
            text: None,
            hidden: Vec::new(),
        };
        Report {
            rules,
            findings: findings.iter().map(finding).collect(),
            files: paths.iter().map(file).collect(),
            ..Report::default()
        }
    }

    fn open(report: &Report) -> Vec<usize> {
        let all = report.findings.iter().enumerate();
        all.filter(|(_, finding)| finding.state == State::Open).map(|(at, _)| at).collect()
    }

    #[test]
    fn what_is_known_is_not_new_and_each_entry_counts_once() {
        let known = Baseline::of(&report(&[("a", "1"), ("a", "2")]), &|_| true);
        let mut now = report(&[("a", "1"), ("a", "1"), ("a", "3")]);
        let compared = known.apply(&mut now, &|_| true, &|_| true);
        assert_eq!(open(&now), [1, 2]);
        assert_eq!((compared.kept.len(), compared.stale.len()), (1, 1));
    }

    #[test]
    fn a_renamed_file_keeps_its_entries_and_a_copy_gets_none() {
        let known = Baseline::of(&report(&[("a", "1")]), &|_| true);
        let mut renamed = report(&[("b", "1")]);
        assert!(known.apply(&mut renamed, &|_| true, &|_| true).stale.is_empty());
        assert!(open(&renamed).is_empty());
        let mut copied = report(&[("a", "1"), ("b", "1")]);
        known.apply(&mut copied, &|_| true, &|_| true);
        assert_eq!(open(&copied), [1]);
    }

    #[test]
    fn a_partial_run_makes_nothing_stale_elsewhere_and_locks_hold() {
        let known = Baseline::of(&report(&[("a", "1"), ("b", "1")]), &|_| true);
        let mut part = report(&[("b", "1")]);
        let compared = known.apply(&mut part, &|_| false, &|entry| entry.path == "b");
        assert_eq!(open(&part), [0]);
        assert_eq!((compared.stale.len(), compared.elsewhere.len()), (1, 1));
    }

    #[test]
    fn the_file_reads_back_and_bad_ones_are_refused() {
        let known = Baseline::of(&report(&[("a", "1"), ("b\"x", "2")]), &|_| true);
        assert_eq!(Baseline::parse(&known.to_json()), Ok(known));
        assert_eq!(Baseline::parse(&Baseline::default().to_json()), Ok(Baseline::default()));
        assert_eq!(Baseline::parse("{\"version\": 9}"), Err(BaselineError::Version(9)));
        assert!(matches!(Baseline::parse("<<<<<<< HEAD"), Err(BaselineError::Malformed(_))));
    }
}
