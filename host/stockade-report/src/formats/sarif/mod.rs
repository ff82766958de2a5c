//! SARIF 2.1.0, built to GitHub code scanning's contract (which asks for more than the schema, and ignores
//! much of it) and to what other readers of SARIF use.
//!
//! In contrast to most writers, every switched-on rule is described whether or not it found anything, `results` is there
//! on a clean run, and no text of a rule depends on a finding. [`crate::check`] is the other half: it
//! knows the same contract as a judge.

mod place;
mod results;
mod rules;

use crate::limits::RESULTS_KEPT;
use crate::text::{number, sentence};
use crate::uri::path_to_uri;
use crate::{Input, SarifProfile};
use place::{file_location, message};
use serde_sarif::sarif::{
    Invocation, Notification, NotificationLevel, ReportingDescriptorReference, ResultColumnKind, Run,
    RunAutomationDetails, Sarif, Tool, ToolComponent, Version,
};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::io;
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

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let sarif =
        Sarif::builder().schema(SCHEMA).version(Version::V2_1_0.to_string()).runs(vec![run(input)]).build();
    serde_json::to_writer_pretty(&mut *out, &sarif)?;
    writeln!(out)
}

fn run(input: &Input<'_>) -> Run {
    let report = input.report;
    let github = input.options.sarif_profile == SarifProfile::Github;
    let full = input.options.sarif_profile == SarifProfile::Full;

    let mut kept: Vec<usize> = (0..report.findings.len())
        .filter(|i| full || report.findings.get(*i).is_some_and(|f| f.state == State::Open))
        .collect();
    let mut left_out = 0;
    if github && kept.len() > RESULTS_KEPT {
        left_out = kept.len() - RESULTS_KEPT;
        // Stable, so that of equally severe findings the first ones stay.
        kept.sort_by_key(|i| Reverse(report.findings.get(*i).map(|f| f.severity)));
        kept.truncate(RESULTS_KEPT);
        kept.sort_unstable();
    }

    let rules = rules::Rules::new(input, &kept);
    let mut driver = ToolComponent::builder().name("stockade").build();
    driver.full_name = Some(format!("stockade {}", report.version));
    driver.version = Some(report.version.clone());
    driver.semantic_version = Some(report.version.clone());
    driver.information_uri = Some(env!("CARGO_PKG_REPOSITORY").to_owned());
    driver.language = Some("en-US".to_owned());
    driver.rules = Some(rules.descriptors(input));

    let mut invocation = Invocation::builder().execution_successful(!report.is_incomplete()).build();
    invocation.tool_execution_notifications = Some(notifications(input, left_out));

    let mut run = Run::builder().tool(Tool::builder().driver(driver).build()).build();
    run.column_kind = Some(ResultColumnKind::Utf16CodeUnits.to_string().into());
    run.invocations = Some(vec![invocation]);
    run.results = Some(results::results(input, &kept, &rules));
    run.automation_details = input.options.category.as_deref().and_then(category);
    if full {
        place::name_base(&mut run);
    }
    run
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
