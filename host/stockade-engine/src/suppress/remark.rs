//! What is said about suppressions, as findings of the reserved pack `meta`.

use super::edit::Lines;
use crate::dispatch::Plan;
use crate::fingerprint;
use std::sync::Arc;
use stockade_model::{Applicability, Edit, Finding, Fix, Region, RuleTable, Severity, Span, State, mask};

/// Secrets shorter than this many bytes are not looked for in reasons: they are words like any other.
const SHORTEST_SECRET: usize = 4;

/// Something to say about a suppression.
pub(super) struct Remark {
    pub(super) rule: &'static str,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// What to replace, by what, so that the remark is settled.
    pub(super) removal: Option<(Span, String)>,
}

/// The remarks about one file.
pub(super) struct Remarks<'a> {
    rules: &'a RuleTable,
    plan: &'a Plan,
    path: &'a Arc<str>,
    lines: Lines<'a>,
    secrets: Vec<Span>,
    findings: Vec<Finding>,
}

impl<'a> Remarks<'a> {
    /// For the file of this text, in which these findings were made; `hidden` are further places that may not be shown.
    pub(super) fn new(
        rules: &'a RuleTable,
        plan: &'a Plan,
        path: &'a Arc<str>,
        text: &'a str,
        findings: &[Finding],
        hidden: &[Span],
    ) -> Self {
        let secrets = findings.iter().flat_map(|f| &f.secret).chain(hidden).copied().collect();
        Self { rules, plan, path, lines: Lines::new(text), secrets, findings: Vec::new() }
    }

    pub(super) fn line(&self, at: u32) -> usize {
        self.lines.number(at)
    }

    pub(super) fn region(&self, span: Span) -> Region {
        self.lines.region(span)
    }

    /// A text of a directive without the secrets that were found in its file.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in self.secrets.iter().filter_map(|span| span.slice(self.lines.text)) {
            let secret = secret.trim_matches(['"', '\'', ' ', '\n', '\r', '\t']);
            if secret.len() >= SHORTEST_SECRET && out.contains(secret) {
                out = out.replace(secret, "***");
            }
        }
        out
    }

    /// Adds a remark, unless its rule is switched off for the file.
    pub(super) fn add(&mut self, remark: Remark) {
        let Some((rule, _)) = self.rules.find(remark.rule) else { return };
        if !self.plan.enabled.get(rule).copied().unwrap_or(false) {
            return;
        }
        let fixes = remark.removal.map(|(span, replacement)| Fix {
            title: if replacement.is_empty() {
                "remove the suppression"
            } else {
                "remove the rule from the suppression"
            }
            .to_owned(),
            applicability: Applicability::Safe,
            edits: vec![Edit { span, replacement }],
        });
        self.findings.push(Finding {
            rule,
            severity: self.plan.severity.get(rule).copied().unwrap_or(Severity::Medium),
            path: Arc::clone(self.path),
            span: remark.span,
            region: self.lines.region(remark.span),
            message: self.hide(&remark.message),
            help: remark.help.map(|help| self.hide(&help)),
            labels: Vec::new(),
            fixes: fixes.into_iter().collect(),
            node_path: String::new(),
            data: Vec::new(),
            fingerprint: String::new(),
            line_hash: String::new(),
            secret: Vec::new(),
            state: State::Open,
        });
    }

    /// The remarks in the order of a report, with the hashes of their lines if `line_hashes` says so.
    pub(super) fn finish(mut self, line_hashes: bool) -> Vec<Finding> {
        self.findings.sort_by(crate::admit::order);
        // As for any finding, hashes are made without what nobody may see.
        let masked = (!self.secrets.is_empty()).then(|| mask(self.lines.text, &self.secrets));
        let text = masked.as_deref().unwrap_or(self.lines.text);
        fingerprint::assign(self.rules, text, &mut self.findings, &[]);
        if !line_hashes {
            return self.findings;
        }
        let lines: Vec<u32> = self.findings.iter().map(|f| f.region.line).collect();
        for (finding, hash) in self.findings.iter_mut().zip(stockade_model::line_hashes(text, &lines)) {
            finding.line_hash = hash;
        }
        self.findings
    }
}
