//! Where a check puts what it found.

use crate::{Applicability, Edit, Fact, Finding, Fix, Label, Place, Report, Span};

/// The name under which the host reads a finding's own severity.
const SEVERITY: &str = "stockade:severity";
/// The key of the fact by which a plugin says how many facts it has left out.
const LEFT_OUT: &str = "stockade:left-out";

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the five usual names")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The name that rules' files use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Collects the findings and facts of one file.
#[derive(Debug)]
pub struct Out {
    pub(crate) rule: u32,
    pub(crate) report: Report,
}

impl Default for Out {
    fn default() -> Self {
        Self { rule: 0, report: Report { findings: Vec::new(), facts: Vec::new() } }
    }
}

impl Out {
    /// For tests: an empty collector whose findings name rule 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The index of the rule that runs.
    #[must_use]
    pub fn rule(&self) -> u32 {
        self.rule
    }

    /// For tests: a collector whose findings name this rule.
    #[must_use]
    pub fn for_rule(rule: u32) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Adds a finding at `place`. `message` is one sentence that names what was found, lower case, without a
    /// final period. Returns a builder for what else is known; the finding counts without further ado.
    pub fn finding(&mut self, place: Place, message: impl Into<String>) -> FindingBuilder<'_> {
        add(&mut self.report.findings, self.rule, 0, Some(place.span), place.node, message.into())
    }

    /// Records a fact about the file, for `check-project`.
    pub fn fact(&mut self, key: impl Into<String>, value: impl Into<String>, span: Option<Span>) {
        self.report.facts.push(Fact { key: key.into(), value: value.into(), span });
    }

    /// Says that so many facts were not recorded, because a file may not have more: a host drops all facts of a file that
    /// has too many. Whoever runs the program is told that rules across files do not see all of this one.
    pub fn left_out(&mut self, facts: usize) {
        self.fact(LEFT_OUT, facts.to_string(), None);
    }

    /// The findings so far, for tests.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.report.findings
    }

    /// The facts so far, for tests.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.report.facts
    }
}

/// Collects findings over the facts of all files.
#[derive(Debug, Default)]
pub struct ProjectOut {
    pub(crate) rule: u32,
    pub(crate) findings: Vec<Finding>,
}

impl ProjectOut {
    /// The index of the rule that runs.
    #[must_use]
    pub fn rule(&self) -> u32 {
        self.rule
    }

    /// Adds a finding in the file with this index, at `span` (or at its beginning).
    pub fn finding(
        &mut self,
        file: usize,
        span: Option<Span>,
        message: impl Into<String>,
    ) -> FindingBuilder<'_> {
        let span = span.or(Some(Span { start: 0, end: 0 }));
        add(&mut self.findings, self.rule, file as u32, span, None, message.into())
    }

    /// The findings so far, for tests.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

fn add(
    list: &mut Vec<Finding>,
    rule: u32,
    file: u32,
    span: Option<Span>,
    node: Option<u32>,
    message: String,
) -> FindingBuilder<'_> {
    let finding = Finding {
        rule,
        file,
        span,
        node,
        message,
        help: None,
        labels: Vec::new(),
        fixes: Vec::new(),
        key: None,
        data: Vec::new(),
    };
    FindingBuilder { finding: list.push_mut(finding) }
}

/// Adds to a finding.
#[derive(Debug)]
pub struct FindingBuilder<'a> {
    finding: &'a mut Finding,
}

impl FindingBuilder<'_> {
    /// How to fix it here, where the rule's own help is not exact enough.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(help.into());
        self
    }

    /// A further place in the same file.
    pub fn label(self, place: Place, message: impl Into<String>) -> Self {
        self.finding.labels.push(Label { path: None, span: place.span, message: message.into() });
        self
    }

    /// A further place in another file of the scan.
    pub fn label_in(self, path: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        self.finding.labels.push(Label { path: Some(path.into()), span, message: message.into() });
        self
    }

    /// A fix to apply with `--fix`: it does not change what a working deployment does.
    pub fn safe_fix(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix(title, Applicability::Safe, edits)
    }

    /// A fix to apply only with `--unsafe-fixes`.
    pub fn unsafe_fix(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix(title, Applicability::Unsafe, edits)
    }

    /// A fix.
    pub fn fix(self, title: impl Into<String>, applicability: Applicability, edits: Vec<Edit>) -> Self {
        self.finding.fixes.push(Fix { title: title.into(), applicability, edits });
        self
    }

    /// A stable name of what the finding is about (`container=web`), for the fingerprint.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.finding.key = Some(key.into());
        self
    }

    /// How bad this finding is, where that is not as bad as the rule says: one of the severities that the rule declares
    /// with `also-severity`. Any other one makes the host refuse the finding.
    pub fn severity(self, severity: Severity) -> Self {
        self.data(SEVERITY, severity.as_str())
    }

    /// A value that the message mentions, by name. Names that begin with `stockade:` are for the host.
    pub fn data(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.finding.data.push((name.into(), value.into()));
        self
    }
}
