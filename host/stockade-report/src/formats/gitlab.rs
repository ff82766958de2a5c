//! GitLab's Code Quality report: an array of what Code Climate called issues, in the part that GitLab reads.

use crate::text::sentence;
use crate::{Input, last_line};
use serde::Serialize;
use std::collections::HashMap;
use std::io;
use stockade_model::{Finding, Severity};

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    body: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    // GitLab compares branches by fingerprints and drops an entry whose fingerprint it has seen in the file.
    let mut seen: HashMap<String, u32> = HashMap::new();
    let entries: Vec<Entry<'_>> = input.shown().map(|f| entry(input, f, &mut seen)).collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

fn entry<'a>(input: &Input<'a>, finding: &'a Finding, seen: &mut HashMap<String, u32>) -> Entry<'a> {
    let rule = input.rule(finding);
    let security = rule.is_some_and(|r| !r.about.cwe.is_empty() || r.about.security_severity.is_some());
    let help = input.help(finding);
    let fingerprint = if finding.fingerprint.is_empty() {
        format!("{}:{}:{}", input.rule_id(finding), finding.path, finding.line_hash)
    } else {
        finding.fingerprint.clone()
    };
    let occurrence = seen.entry(fingerprint.clone()).and_modify(|n| *n += 1).or_insert(1);
    Entry {
        kind: "issue",
        check_name: input.rule_id(finding),
        description: sentence(&finding.message),
        content: (!help.is_empty()).then_some(Content { body: help }),
        categories: [if security { "Security" } else { "Bug Risk" }],
        severity: match finding.severity {
            Severity::Info => "info",
            Severity::Low => "minor",
            Severity::Medium => "major",
            Severity::High => "critical",
            Severity::Critical => "blocker",
        },
        fingerprint: if *occurrence == 1 { fingerprint } else { format!("{fingerprint}:{occurrence}") },
        location: Location {
            path: &finding.path,
            lines: Lines { begin: finding.region.line, end: last_line(&finding.region) },
        },
    }
}
