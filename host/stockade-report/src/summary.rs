//! The numbers and lists that every summary has.

use crate::text::{clean, count, leading_path, number};
use std::collections::BTreeMap;
use stockade_model::{FileStatus, Finding, RESERVED_PACKS, Report, Severity, State};

/// Places in other files that a line about a finding names.
const ELSEWHERE: usize = 2;

/// What a summary says about the findings and files of a report.
pub(crate) struct Summary<'a> {
    /// Open findings for each severity, mildest first.
    by_severity: [usize; Severity::ALL.len()],
    /// Findings that somebody accepted.
    pub(crate) suppressed: usize,
    /// Findings that are in the baseline.
    pub(crate) baselined: usize,
    /// Entries of the baseline whose finding is gone.
    pub(crate) stale: usize,
    /// Why files were not analysed, with their paths; the most frequent reason first.
    pub(crate) not_analysed: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Summary<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        let stale = report.stale_baseline;
        let mut summary =
            Self { by_severity: [0; 5], suppressed: 0, baselined: 0, stale, not_analysed: Vec::new() };
        for finding in &report.findings {
            match finding.state {
                State::Open => {
                    if let Some(n) = summary.by_severity.get_mut(finding.severity as usize) {
                        *n += 1;
                    }
                }
                State::Suppressed { .. } => summary.suppressed += 1,
                State::Baselined => summary.baselined += 1,
            }
        }
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for file in &report.files {
            if let FileStatus::NotAnalysed(reason) = &file.status {
                reasons.entry(reason).or_default().push(&file.path);
            }
        }
        summary.not_analysed.extend(reasons);
        // Stable, so reasons with as many files stay in the order of their names.
        summary.not_analysed.sort_by_key(|(_, paths)| std::cmp::Reverse(paths.len()));
        summary
    }

    /// Open findings of this severity.
    pub(crate) fn of(&self, severity: Severity) -> usize {
        self.by_severity.get(severity as usize).copied().unwrap_or(0)
    }

    /// All open findings.
    pub(crate) fn open(&self) -> usize {
        self.by_severity.iter().sum()
    }

    /// `3 findings (1 critical, 2 medium), 1 suppressed, 2 in the baseline`.
    pub(crate) fn findings(&self) -> String {
        let mut text = match self.open() {
            0 => "no findings".to_owned(),
            n => {
                let parts: Vec<String> = Severity::ALL
                    .into_iter()
                    .rev()
                    .filter(|s| self.of(*s) > 0)
                    .map(|s| format!("{} {s}", number(self.of(s))))
                    .collect();
                format!("{} ({})", count(n, "finding"), parts.join(", "))
            }
        };
        if self.suppressed > 0 {
            text += &format!(", {} suppressed", number(self.suppressed));
        }
        if self.baselined > 0 {
            text += &format!(", {} in the baseline", number(self.baselined));
        }
        if self.stale > 0 {
            text += &format!(", {}", count_entries(self.stale));
        }
        text
    }
}

/// `2 entries of the baseline are stale`.
fn count_entries(stale: usize) -> String {
    match stale {
        1 => "1 entry of the baseline is stale".to_owned(),
        n => format!("{} entries of the baseline are stale", number(n)),
    }
}

/// `364 rules`: those that were selected. The host's own remarks are always on, and nobody has selected them.
pub(crate) fn rules(report: &Report) -> String {
    let own = report.rules.rules.iter().zip(&report.enabled);
    let own = own.filter(|(rule, enabled)| **enabled && RESERVED_PACKS.contains(&rule.pack())).count();
    count(report.stats.rules.saturating_sub(own), "rule")
}

/// What a finding says about other files, for formats that have one line for it:
/// `values.yaml:3: the chart's default`.
pub(crate) fn elsewhere(finding: &Finding) -> Option<String> {
    let mut places = finding.labels.iter().filter(|label| label.path != finding.path);
    let named: Vec<String> = places
        .by_ref()
        .take(ELSEWHERE)
        .map(|label| {
            let place = format!("{}:{}", leading_path(&label.path), label.region.line);
            if label.message.is_empty() { place } else { format!("{place}: {}", clean(&label.message)) }
        })
        .collect();
    let more = places.count();
    let more = (more > 0).then(|| format!("and {}", count(more, "further place")));
    (!named.is_empty()).then(|| named.into_iter().chain(more).collect::<Vec<_>>().join("; "))
}

/// `12 files seen: 9 analysed, 2 of no known kind, 1 not analysed`.
pub(crate) fn files(report: &Report) -> String {
    let stats = &report.stats;
    let mut text = format!("{} seen: {} analysed", count(stats.seen, "file"), number(stats.analysed));
    if stats.no_kind > 0 {
        text += &format!(", {} of no known kind", number(stats.no_kind));
    }
    if stats.not_analysed > 0 {
        text += &format!(", {} not analysed", number(stats.not_analysed));
    }
    text
}

/// `2 faults of plugins, 1 note`, or nothing.
pub(crate) fn troubles(report: &Report) -> Option<String> {
    let mut parts = Vec::new();
    match report.faults.len() {
        0 => {}
        1 => parts.push("1 plugin fault".to_owned()),
        n => parts.push(format!("{} plugin faults", number(n))),
    }
    if !report.notes.is_empty() {
        parts.push(count(report.notes.len(), "note"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Up to three of `paths`, cleaned, and how many more there are.
pub(crate) fn some_paths(paths: &[&str]) -> String {
    const SHOWN: usize = 3;
    let mut text = paths.iter().take(SHOWN).map(|p| clean(p)).collect::<Vec<_>>().join(", ");
    if paths.len() > SHOWN {
        text += &format!(" and {} more", number(paths.len() - SHOWN));
    }
    text
}

/// What is to be said of a finding that is not open: `suppressed by …: reason`.
pub(crate) fn state(finding: &Finding) -> Option<String> {
    match &finding.state {
        State::Open => None,
        State::Suppressed { reason, by } => Some(match reason {
            Some(reason) => format!("suppressed by {}: {}", clean(by), clean(reason)),
            None => format!("suppressed by {}", clean(by)),
        }),
        State::Baselined => Some("in the baseline".to_owned()),
    }
}
