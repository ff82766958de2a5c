//! The parts of a run put together in one order that does not depend on threads.

use crate::admit::order;
use crate::suppress::Directives;
use std::collections::HashMap;
use stockade_model::{Fault, FileEntry, FileStatus, Finding, LineIndex, Note, Report, Span, Stats};

/// What became of one file.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) entry: Option<FileEntry>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<Note>,
    pub(crate) directives: Directives,
    /// Where the file has secrets that nothing is reported about.
    pub(crate) hidden: Vec<Span>,
    pub(crate) bytes: u64,
    /// Whether the file is no part of the scan, and only takes something from one that is.
    pub(crate) is_taker: bool,
}

/// Adds everything to `report` and sorts it.
pub(crate) fn collect(mut report: Report, outcomes: Vec<Outcome>) -> Report {
    for mut outcome in outcomes {
        if !outcome.hidden.is_empty() {
            if let Some(entry) = &mut outcome.entry {
                entry.hidden.clone_from(&outcome.hidden);
            }
            for finding in &mut outcome.findings {
                finding.secret.extend(&outcome.hidden);
                finding.secret.sort_unstable();
                finding.secret.dedup();
            }
        }
        if outcome.is_taker {
            report.beside.extend(outcome.entry);
        } else {
            report.stats.bytes += outcome.bytes;
            report.files.extend(outcome.entry);
        }
        report.findings.extend(outcome.findings);
        report.faults.extend(outcome.faults);
        report.notes.extend(outcome.notes);
    }
    report.files.sort_by(|a, b| a.path.cmp(&b.path));
    report.beside.sort_by(|a, b| a.path.cmp(&b.path));
    resolve_labels(&mut report);
    hide_sources(&mut report);
    report.findings.sort_by(order);
    report.faults.sort();
    report.notes.sort();
    let count = |f: fn(&FileStatus) -> bool| report.files.iter().filter(|e| f(&e.status)).count();
    report.stats = Stats {
        seen: report.files.len(),
        analysed: count(|s| matches!(s, FileStatus::Analysed)),
        no_kind: count(|s| matches!(s, FileStatus::NoKind(_))),
        not_analysed: count(|s| matches!(s, FileStatus::NotAnalysed(_))),
        rules: report.enabled.iter().filter(|e| **e).count(),
        ..report.stats
    };
    report
}

/// Hides what is secret where it is put to use in the file that it comes from: a chart's values, the variables of a Compose file.
fn hide_sources(report: &mut Report) {
    let Report { findings, files, beside, rules, .. } = report;
    for finding in findings.iter() {
        if !rules.rules.get(finding.rule).is_some_and(|rule| rule.sensitive) {
            continue;
        }
        for label in finding.labels.iter().filter(|label| label.path != finding.path) {
            let at = |files: &[FileEntry]| files.binary_search_by(|file| file.path.cmp(&label.path)).ok();
            let file = match at(files) {
                Some(at) => files.get_mut(at),
                None => at(beside).and_then(|at| beside.get_mut(at)),
            };
            let Some(file) = file else { continue };
            let text = file.text.as_deref().and_then(|text| label.span.slice(text)).unwrap_or_default();
            // What switches a part of a template on or off is no secret.
            if !matches!(text, "true" | "false" | "{}" | "[]" | "") {
                file.hidden.push(label.span);
            }
        }
    }
    for file in files.iter_mut().chain(beside).filter(|file| !file.hidden.is_empty()) {
        file.hidden.sort_unstable();
        file.hidden.dedup();
    }
}

/// Fills in lines and columns of labels that lie in other files; drops labels that do not fit their file.
fn resolve_labels(report: &mut Report) {
    let (files, beside) = (&report.files, &report.beside);
    let entry = |path: &str| {
        let find = |files: &'_ [FileEntry]| files.binary_search_by(|file| (*file.path).cmp(path)).ok();
        find(files).and_then(|at| files.get(at)).or_else(|| find(beside).and_then(|at| beside.get(at)))
    };
    // Many templates of a chart point into one file of values.
    let mut lines: HashMap<&str, LineIndex> = HashMap::new();
    for finding in &mut report.findings {
        let own = std::sync::Arc::clone(&finding.path);
        finding.labels.retain_mut(|label| {
            if label.path == own {
                return true;
            }
            let Some(file) = entry(&label.path) else { return false };
            let Some(text) = file.text.as_deref() else { return false };
            if label.span.slice(text).is_none() {
                return false;
            }
            label.region =
                lines.entry(&file.path).or_insert_with(|| LineIndex::new(text)).region(text, label.span);
            true
        });
    }
}
