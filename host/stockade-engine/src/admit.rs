//! What a plugin said, turned into findings that everything after can trust.
//!
//! The sandbox has already refused answers with spans outside the file, unknown rules or too much text. What is
//! checked here again costs nothing and keeps the engine safe with any [`stockade_model::Checker`].

use crate::dispatch::Plan;
use crate::fingerprint::{self, Subject};
use crate::{identity, yielding};
use memchr::memmem::Finder;
use std::sync::Arc;
use stockade_model::{
    Applicability, Cut, Document, Finding, Label, LineIndex, NodeKind, Note, Paths, Problem, ProblemLevel,
    RawFinding, RawReport, RuleTable, Severity, Span, State, line_hashes,
};

/// Keys of facts and of findings' data that begin like this are for the host.
pub(crate) const RESERVED: &str = "stockade:";
/// The data of a finding that names its severity, where the rule declares more than one.
const SEVERITY: &str = "stockade:severity";

/// Bytes that are looked through for the secrets of one file, at most: files that people write have a few fixes and a few
/// secrets.
const SEARCHED: usize = 256 << 20;

/// What admission needs to know of a file.
pub(crate) struct Admission<'a> {
    pub(crate) rules: &'a RuleTable,
    pub(crate) plan: &'a Plan,
    pub(crate) path: &'a Arc<str>,
    pub(crate) document: &'a Document,
    /// The places of its nodes in words.
    pub(crate) paths: Paths,
    /// Whether findings get the hash of their line.
    pub(crate) line_hashes: bool,
}

/// A finding with what only the fingerprint needs.
pub(crate) struct Admitted {
    finding: Finding,
    subject: Subject,
}

impl Admitted {
    /// What of the file may not be shown because of it.
    pub(crate) fn into_secret(self) -> Vec<Span> {
        self.finding.secret
    }
}

impl Admission<'_> {
    /// Admits one finding, or says what is wrong with it: one sentence.
    pub(crate) fn admit(&self, mut raw: RawFinding, lines: &LineIndex) -> Result<Admitted, String> {
        let rule = raw.rule as usize;
        if !self.plan.enabled.get(rule).copied().unwrap_or(false) {
            return Err(format!("a finding names rule {rule}, which was not asked for"));
        }
        let severity = self.severity(rule, &raw.data)?;
        raw.data.retain(|(key, _)| !key.starts_with(RESERVED));
        let text = self.document.text();
        let node = raw.node.filter(|n| (*n as usize) < self.document.len());
        if raw.node != node {
            return Err(format!("a finding names node {:?}, which does not exist", raw.node));
        }
        let span = raw.span.or_else(|| node.map(|n| self.document.span(n))).unwrap_or_default();
        check_span(span, text)?;
        for edit in raw.fixes.iter().flat_map(|f| &f.edits) {
            check_span(edit.span, text)?;
        }
        let sensitive = self.rules.rules.get(rule).is_some_and(|r| r.sensitive);
        let secret = if sensitive { self.secret(&raw, span, node) } else { Vec::new() };
        let mut labels = Vec::with_capacity(raw.labels.len());
        for label in raw.labels {
            // On a sensitive finding such a label says what else is secret, and nothing to people.
            if sensitive && label.message.is_empty() {
                continue;
            }
            // A label in another file has no lines here; collect resolves it once that file is known.
            let path = label.path.map_or_else(|| Arc::clone(self.path), Arc::from);
            let region = if path == *self.path {
                check_span(label.span, text)?;
                lines.region(text, label.span)
            } else {
                stockade_model::Region::default()
            };
            labels.push(Label { path, span: label.span, region, message: label.message });
        }
        let finding = Finding {
            rule,
            severity,
            path: Arc::clone(self.path),
            span,
            region: lines.region(text, span),
            message: raw.message,
            help: raw.help,
            labels,
            fixes: raw.fixes,
            node_path: node.map(|n| self.paths.of(self.document, n)).unwrap_or_default(),
            data: raw.data,
            fingerprint: String::new(),
            line_hash: String::new(),
            secret,
            state: State::Open,
        };
        let place = node.map(|n| identity::of(self.document, n, !sensitive)).unwrap_or_default();
        Ok(Admitted { finding, subject: Subject { place, key: raw.key } })
    }

    /// The severity of a finding: what the configuration says of the rule, else what the plugin says of the finding, as
    /// far as the rule allows it, else the rule's.
    fn severity(&self, rule: usize, data: &[(String, String)]) -> Result<Severity, String> {
        let own = self.plan.severity.get(rule).copied().unwrap_or(Severity::Medium);
        let mut named = data.iter().filter(|(key, _)| key == SEVERITY).map(|(_, value)| value.as_str());
        let Some(name) = named.next() else { return Ok(own) };
        if named.next().is_some() {
            return Err("a finding names two severities".to_owned());
        }
        let declared = self.rules.rules.get(rule).and_then(|r| r.severities().find(|s| s.as_str() == name));
        let Some(declared) = declared else {
            return Err(format!(
                "a finding has the severity `{}`, which its rule does not declare",
                shown(name)
            ));
        };
        let is_rated = self.plan.rated.get(rule).copied().unwrap_or(false);
        Ok(if is_rated { own } else { declared })
    }

    /// What of a sensitive finding's file may not be shown: its place, its node's value and its labels.
    fn secret(&self, raw: &RawFinding, span: Span, node: Option<u32>) -> Vec<Span> {
        let value = node.map(|n| self.document.span(n));
        let labels = raw.labels.iter().filter(|l| l.path.is_none()).map(|l| l.span);
        // The value of a scalar may run over lines that the place leaves out; a collection as a whole is no secret.
        let value = value.filter(|_| node.is_some_and(|n| self.document.kind(n) == NodeKind::Scalar));
        // Where the place is the node's name, the name tells what is wrong and may be read.
        let name = node.and_then(|n| self.document.key_span(n));
        let mut all: Vec<Span> = Some(span)
            .filter(|span| name != Some(*span))
            .into_iter()
            .chain(value)
            .chain(labels)
            .filter(|s| !s.is_empty())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Sorts a file's findings, drops repetitions and fills in the fingerprints. `hidden` are places of the file that may not
    /// be shown, beyond those that its findings name.
    pub(crate) fn finish(&self, mut admitted: Vec<Admitted>, hidden: &[Span]) -> Vec<Finding> {
        admitted.sort_by(|a, b| order(&a.finding, &b.finding));
        admitted.dedup_by(|a, b| {
            let (a, b) = (&a.finding, &b.finding);
            (a.rule, a.span, &a.message) == (b.rule, b.span, &b.message)
        });
        yielding::drop_yielding(self.rules, &mut admitted, |admitted| &mut admitted.finding);
        let (mut findings, subjects): (Vec<_>, Vec<_>) =
            admitted.into_iter().map(|a| (a.finding, a.subject)).unzip();
        let text = self.document.text();
        let secrets: Vec<Span> = findings.iter().flat_map(|f| &f.secret).chain(hidden).copied().collect();
        drop_telling_fixes(&mut findings, text, &secrets);
        let is_fault = |problem: &Problem| problem.code == "invalid" && problem.level == ProblemLevel::Error;
        if self.document.problems.iter().any(is_fault) {
            doubt_fixes(&mut findings);
        }
        // A hash of a password is as good as the password to whoever guesses: the hashes are made without it.
        let masked = (!secrets.is_empty()).then(|| stockade_model::mask(text, &secrets));
        let text = masked.as_deref().unwrap_or(text);
        fingerprint::assign(self.rules, text, &mut findings, &subjects);
        if !self.line_hashes {
            return findings;
        }
        let lines: Vec<u32> = findings.iter().map(|f| f.region.line).collect();
        for (finding, hash) in findings.iter_mut().zip(line_hashes(text, &lines)) {
            finding.line_hash = hash;
        }
        findings
    }
}

/// What is said where a plugin's answer was too long; `path` is that of the file, or none for the project.
pub(crate) fn notes_of_cut(
    rules: &RuleTable,
    report: &RawReport,
    plugin: &str,
    path: Option<&str>,
) -> Vec<Note> {
    let Cut { findings, facts, unrecorded, rules: silent } = &report.cut;
    let kept = report.findings.len();
    let mut notes = Vec::new();
    let mut note = |message: String| {
        let help =
            "Settle or switch off what is found most often, split the file, or `exclude` it in stockade.kdl.";
        let path = path.map(str::to_owned);
        notes.push(Note { path, message, help: Some(help.to_owned()), incomplete: true });
    };
    if *findings > 0 {
        let all = kept.saturating_add(*findings);
        note(format!(
            "plugin `{plugin}` found {all} places; the first {kept} are reported, {findings} are left out"
        ));
    }
    if *facts > 0 {
        note(format!(
            "plugin `{plugin}` has {facts} facts for rules across files, which is too many: they do without this file"
        ));
    }
    if *unrecorded > 0 {
        note(format!(
            "plugin `{plugin}` did not record {unrecorded} facts for rules across files, which would be too many: they do \
             not see all of this file"
        ));
    }
    if !silent.is_empty() {
        let ids = silent.iter().filter_map(|rule| rules.rules.get(*rule as usize));
        let ids: Vec<String> = ids.map(|rule| format!("`{}`", rule.id)).collect();
        note(format!(
            "plugin `{plugin}` had more to say of {} than an answer may hold: nothing of it is reported",
            ids.join(", ")
        ));
    }
    notes
}

/// The beginning of a text that a plugin wrote, fit for one line of a message.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(20).collect()
}

/// Takes away fixes that write a secret of the file once more: reports show what a fix writes. Whoever reports such a file
/// has to move the secret first.
fn drop_telling_fixes(findings: &mut [Finding], text: &str, secrets: &[Span]) {
    let mut secrets: Vec<&str> = secrets.iter().filter_map(|span| span.slice(text)).map(str::trim).collect();
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_unstable();
    secrets.dedup();
    let mut left = SEARCHED;
    let finders: Vec<Finder<'_>> = secrets.into_iter().map(Finder::new).collect();
    let mut tells = |written: &str| {
        finders.iter().any(|secret| {
            // Where that is too much to look through, no fix is better than one that tells.
            let Some(rest) = left.checked_sub(written.len()) else { return true };
            left = rest;
            secret.find(written.as_bytes()).is_some()
        })
    };
    for finding in findings {
        finding.fixes.retain(|fix| !fix.edits.iter().any(|edit| tells(&edit.replacement)));
    }
}

/// Makes safe fixes unsafe: in a file with a fault of syntax, what is missing may stand where nothing could be read, and what is
/// added there may be missing still, so that it is added each time.
fn doubt_fixes(findings: &mut [Finding]) {
    for fix in findings.iter_mut().flat_map(|finding| &mut finding.fixes) {
        if fix.applicability == Applicability::Safe {
            fix.applicability = Applicability::Unsafe;
        }
    }
}

fn check_span(span: Span, text: &str) -> Result<(), String> {
    if span.start > span.end || span.end as usize > text.len() {
        return Err(format!("the span {}..{} lies outside the file", span.start, span.end));
    }
    if span.slice(text).is_none() {
        return Err(format!("the span {}..{} cuts a character in two", span.start, span.end));
    }
    Ok(())
}

/// The order of findings in a report.
pub(crate) fn order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    // Rule indices are in the order of rule ids.
    (&a.path, a.span, a.rule, &a.message).cmp(&(&b.path, b.span, b.rule, &b.message))
}
