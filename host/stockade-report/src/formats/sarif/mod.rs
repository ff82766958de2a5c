//! SARIF 2.1.0, built to GitHub code scanning's contract (which asks for more than the schema, and ignores
//! much of it) and to what other readers of SARIF use.
//!
//! In contrast to most writers, every switched-on rule is described whether or not it found anything, `results` is there
//! on a clean run, and no text of a rule depends on a finding. [`crate::check`] is the other half: it
//! knows the same contract as a judge.

mod log;
mod place;
mod results;
mod rules;

use super::Out;
use crate::limits::RESULTS_KEPT;
use crate::text::{number, sentence};
use crate::uri::path_to_uri;
use crate::{Input, SarifProfile};
use log::{Driver, Each, Log, Run, Tool};
use place::{file_location, message};
use serde::Serialize;
use serde_sarif::sarif::{
    Invocation, Notification, NotificationLevel, ReportingDescriptorReference, ResultColumnKind,
    RunAutomationDetails, Version,
};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::io::{self, Write as _};
use stockade_model::{FileStatus, State};

/// The schema's address that SARIF's own tools expect.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Ids of our notifications. They are not described in `driver.notifications`, because validators for GitHub ask of such
/// a description all that they ask of a rule's.
mod notice {
    /// A plugin did something wrong, so its rules did not judge a file.
    pub(super) const FAULT: &str = "plugin-fault";
    /// A file that should have been analysed was not.
    pub(super) const NOT_ANALYSED: &str = "not-analysed";
    /// Something about the run that is neither.
    pub(super) const NOTE: &str = "note";
    /// Results beyond the number that GitHub keeps were left out.
    pub(super) const LEFT_OUT: &str = "results-left-out";
}

pub(super) fn render(input: &Input<'_>, out: &mut Out<'_>) -> io::Result<()> {
    let kept = Kept::of(input);
    let rules = rules::Rules::new(input, &kept.findings);
    let log = Log { schema: SCHEMA, runs: [run(input, &kept, &rules)], version: Version::V2_1_0.to_string() };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// Which findings become results.
struct Kept {
    /// Their indices, ascending.
    findings: Vec<usize>,
    /// How many were left out.
    left_out: usize,
}

impl Kept {
    fn of(input: &Input<'_>) -> Self {
        let report = input.report;
        let full = input.options.sarif_profile == SarifProfile::Full;
        let mut findings: Vec<usize> = (0..report.findings.len())
            .filter(|i| full || report.findings.get(*i).is_some_and(|f| f.state == State::Open))
            .collect();
        let mut left_out = 0;
        if input.options.sarif_profile == SarifProfile::Github && findings.len() > RESULTS_KEPT {
            left_out = findings.len() - RESULTS_KEPT;
            // Stable, so that of equally severe findings the first ones stay.
            findings.sort_by_key(|i| Reverse(report.findings.get(*i).map(|f| f.severity)));
            findings.truncate(RESULTS_KEPT);
            findings.sort_unstable();
        }
        Self { findings, left_out }
    }
}

fn run<'a>(input: &'a Input<'a>, kept: &'a Kept, rules: &'a rules::Rules) -> impl Serialize + 'a {
    let report = input.report;
    let full = input.options.sarif_profile == SarifProfile::Full;
    let mut notifications = notifications(input, kept.left_out);
    if full {
        place::name_base_of(notifications.iter_mut().flat_map(|n| n.locations.iter_mut().flatten()));
    }
    let mut invocation = Invocation::builder().execution_successful(!report.is_incomplete()).build();
    invocation.tool_execution_notifications = Some(notifications);
    Run {
        automation_details: input.options.category.as_deref().and_then(category),
        column_kind: ResultColumnKind::Utf16CodeUnits.to_string(),
        invocations: [invocation],
        original_uri_base_ids: full.then(place::bases),
        results: Each::of(results::results(input, &kept.findings, rules)),
        tool: Tool {
            driver: Driver {
                full_name: format!("stockade {}", report.version),
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                language: "en-US",
                name: "stockade",
                rules: Each::of(rules.descriptors(input)),
                semantic_version: &report.version,
                version: &report.version,
            },
        },
    }
}

/// The category of an upload. Readers split the id at its last slash, and what follows names the run.
fn category(category: &str) -> Option<RunAutomationDetails> {
    let category = category.trim();
    if category.is_empty() {
        return None;
    }
    let id = if category.ends_with('/') { category.to_owned() } else { format!("{category}/") };
    Some(RunAutomationDetails { id: Some(id), ..RunAutomationDetails::default() })
}

/// What the run could not look at, and why.
fn notifications(input: &Input<'_>, left_out: usize) -> Vec<Notification> {
    let report = input.report;
    let mut all = Vec::new();
    for fault in &report.faults {
        let text = format!("Plugin `{}`: {} ({})", fault.plugin, fault.message, fault.kind.as_str());
        all.push(notification(notice::FAULT, NotificationLevel::Error, &text, fault.path.as_deref()));
    }
    let mut said: HashSet<&str> = HashSet::new();
    for note in &report.notes {
        let level = if note.incomplete { NotificationLevel::Warning } else { NotificationLevel::Note };
        let mut text = sentence(&note.message);
        if let Some(help) = &note.help {
            text = format!("{text} {help}");
        }
        if note.incomplete {
            said.extend(note.path.as_deref());
        }
        let id = if note.incomplete && note.path.is_some() { notice::NOT_ANALYSED } else { notice::NOTE };
        all.push(notification(id, level, &text, note.path.as_deref()));
    }
    for file in &report.files {
        if let FileStatus::NotAnalysed(reason) = &file.status
            && !said.contains(&*file.path)
        {
            let text = format!("Not analysed: {reason}");
            all.push(notification(notice::NOT_ANALYSED, NotificationLevel::Warning, &text, Some(&file.path)));
        }
    }
    if left_out > 0 {
        let text = format!(
            "{} results of the lowest severities were left out, because GitHub keeps {} of a run; the full profile \
             and other formats have them all",
            number(left_out),
            number(RESULTS_KEPT)
        );
        all.push(notification(notice::LEFT_OUT, NotificationLevel::Warning, &text, None));
    }
    all
}

fn notification(id: &str, level: NotificationLevel, text: &str, path: Option<&str>) -> Notification {
    let descriptor =
        ReportingDescriptorReference { id: Some(id.to_owned()), ..ReportingDescriptorReference::default() };
    let mut notification = Notification::builder().message(message(&sentence(text))).build();
    notification.descriptor = Some(descriptor);
    notification.level = Some(level.to_string().into());
    notification.locations = path.map(|path| vec![file_location(&path_to_uri(path), None)]);
    notification
}
