//! Our own format for programs. What it holds is described by `testdata/schemas/stockade-report.schema.json`;
//! `version` changes only when something that is there changes its meaning or goes away.

use super::Out;
use crate::Input;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use stockade_model::{
    Applicability, Fault, FileEntry, FileStatus, Finding, Label, Note, Precision, Region, Rule, Severity,
    Span, State,
};

/// The version of this format.
const VERSION: u32 = 1;

pub(super) fn render(input: &Input<'_>, out: &mut Out<'_>) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Root::new(input))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Root<'a> {
    version: u32,
    tool: Tool<'a>,
    complete: bool,
    summary: Counts,
    findings: Vec<JsonFinding<'a>>,
    /// The rules of the findings.
    rules: Vec<JsonRule<'a>>,
    faults: &'a [Fault],
    notes: Vec<JsonNote<'a>>,
    files: Vec<JsonFile<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Counts {
    /// Open findings.
    open: usize,
    suppressed: usize,
    baselined: usize,
    /// Entries of the baseline whose finding is gone.
    baseline_stale: usize,
    /// Open findings for each severity; every severity is there.
    by_severity: BTreeMap<&'static str, usize>,
    files_seen: usize,
    files_analysed: usize,
    files_no_kind: usize,
    files_not_analysed: usize,
    bytes_analysed: u64,
    rules_enabled: usize,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: Severity,
    state: JsonState<'a>,
    message: &'a str,
    help: &'a str,
    path: &'a str,
    span: Span,
    region: Region,
    /// Path of the node in the document, or empty.
    node: &'a str,
    labels: Vec<JsonLabel<'a>>,
    fixes: Vec<JsonFix<'a>>,
    data: BTreeMap<&'a str, &'a str>,
    fingerprint: &'a str,
    line_hash: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum JsonState<'a> {
    Open,
    Suppressed { by: &'a str, reason: Option<&'a str> },
    Baselined,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    path: &'a str,
    span: Span,
    region: Region,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    applicability: Applicability,
    edits: &'a [stockade_model::Edit],
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    title: &'a str,
    /// Before any configuration.
    severity: Severity,
    severities: Vec<Severity>,
    security_severity: &'a str,
    precision: Precision,
    plugin: &'a str,
    description: &'a str,
    help: &'a str,
    url: Option<String>,
    fixable: &'a str,
    tags: &'a [String],
    cwe: &'a [String],
    aliases: &'a [String],
    refs: &'a [String],
    deprecated: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonNote<'a> {
    path: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
    incomplete: bool,
}

#[derive(Serialize)]
struct JsonFile<'a> {
    path: &'a str,
    /// `null` for a file of no known kind.
    kind: Option<&'a str>,
    status: &'static str,
    /// Why it was or was not analysed.
    reason: &'a str,
}

impl<'a> Root<'a> {
    fn new(input: &Input<'a>) -> Self {
        let report = input.report;
        let summary = crate::summary::Summary::new(report);
        let stats = &report.stats;
        let used: BTreeSet<usize> = report.findings.iter().map(|f| f.rule).collect();
        Self {
            version: VERSION,
            tool: Tool { name: "stockade", version: &report.version },
            complete: !report.is_incomplete(),
            summary: Counts {
                open: summary.open(),
                suppressed: summary.suppressed,
                baselined: summary.baselined,
                baseline_stale: summary.stale,
                by_severity: Severity::ALL.into_iter().map(|s| (s.as_str(), summary.of(s))).collect(),
                files_seen: stats.seen,
                files_analysed: stats.analysed,
                files_no_kind: stats.no_kind,
                files_not_analysed: stats.not_analysed,
                bytes_analysed: stats.bytes,
                rules_enabled: stats.rules,
            },
            findings: report.findings.iter().map(|f| finding(input, f)).collect(),
            rules: used.iter().filter_map(|i| report.rules.rules.get(*i)).map(|r| rule(input, r)).collect(),
            faults: &report.faults,
            notes: report.notes.iter().map(note).collect(),
            files: report.files.iter().map(file).collect(),
        }
    }
}

fn finding<'a>(input: &Input<'a>, f: &'a Finding) -> JsonFinding<'a> {
    JsonFinding {
        rule: input.rule_id(f),
        severity: f.severity,
        state: match &f.state {
            State::Open => JsonState::Open,
            State::Suppressed { reason, by } => JsonState::Suppressed { by, reason: reason.as_deref() },
            State::Baselined => JsonState::Baselined,
        },
        message: &f.message,
        help: input.help(f),
        path: &f.path,
        span: f.span,
        region: f.region,
        node: &f.node_path,
        labels: f.labels.iter().map(label).collect(),
        fixes: f
            .fixes
            .iter()
            .map(|x| JsonFix { title: &x.title, applicability: x.applicability, edits: &x.edits })
            .collect(),
        data: f.data.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
        fingerprint: &f.fingerprint,
        line_hash: &f.line_hash,
    }
}

fn label(l: &Label) -> JsonLabel<'_> {
    JsonLabel { path: &l.path, span: l.span, region: l.region, message: &l.message }
}

fn rule<'a>(input: &Input<'a>, r: &'a Rule) -> JsonRule<'a> {
    JsonRule {
        id: &r.id,
        title: &r.about.title,
        severity: r.severity,
        severities: r.severities().collect(),
        security_severity: r.security_severity(),
        precision: r.precision,
        plugin: &r.plugin,
        description: &r.about.description,
        help: &r.about.help,
        url: input.url(r),
        fixable: &r.fixable,
        tags: &r.about.tags,
        cwe: &r.about.cwe,
        aliases: &r.about.aliases,
        refs: &r.about.refs,
        deprecated: r.deprecated.as_deref(),
    }
}

fn note(n: &Note) -> JsonNote<'_> {
    JsonNote {
        path: n.path.as_deref(),
        message: &n.message,
        help: n.help.as_deref(),
        incomplete: n.incomplete,
    }
}

fn file(f: &FileEntry) -> JsonFile<'_> {
    let (status, reason) = match &f.status {
        FileStatus::Analysed => ("analysed", &*f.reason),
        FileStatus::NoKind(reason) => ("no-kind", &**reason),
        FileStatus::NotAnalysed(reason) => ("not-analysed", reason.as_str()),
    };
    JsonFile { path: &f.path, kind: Some(f.kind).filter(|k| !k.is_empty()), status, reason }
}
