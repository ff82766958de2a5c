//! Where a check puts what it found.

use crate::{Applicability, Edit, Fact, FileFacts, Finding, Fix, Label, Place, Report, Span};

/// The name under which the host reads a finding's own severity.
const SEVERITY: &str = "stockade:severity";
/// The key of the fact by which a plugin says how many facts it has left out.
const LEFT_OUT: &str = "stockade:left-out";
/// The key of the fact by which the host says that the others of a file are about parts which are off by default.
const OFF_BY_DEFAULT: &str = "stockade:off-by-default";

impl FileFacts {
    /// Whether these are of the parts of a chart's template that its values leave out. Of the rest of the template others
    /// tell, under the same path. What is off by default is offered, so that nobody can say that it is missing; with what is
    /// on it need not go together.
    #[must_use]
    pub fn is_off_by_default(&self) -> bool {
        self.facts.iter().any(|fact| fact.key == OFF_BY_DEFAULT)
    }
}

// What a host takes of one finding: more makes it refuse the whole answer. A file decides how long a name is or how many
// places an edit has, so that one absurd line must not cost all that a plugin has to say of it.

/// Bytes of a text that people read; hosts show less and end it in `…`.
const SHOWN_BYTES: usize = 4 << 10;
/// Bytes of a key.
const KEY_BYTES: usize = 2 << 10;
/// Bytes of what an edit writes.
const REPLACEMENT_BYTES: usize = 64 << 10;
/// Edits of one fix.
const EDITS: usize = 1_000;
/// Labels of one finding.
const LABELS: usize = 32;
/// Findings that hosts keep of one file, the first by place.
const KEPT: usize = 10_000;

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
    /// Findings that begin behind this byte stand behind [`KEPT`] others.
    last_kept: u32,
    /// Findings at which `last_kept` is looked for again.
    next_cut: usize,
}

impl Default for Out {
    fn default() -> Self {
        let report = Report { findings: Vec::new(), facts: Vec::new() };
        Self { rule: 0, report, last_kept: u32::MAX, next_cut: 2 * KEPT }
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
        if self.report.findings.len() >= self.next_cut {
            self.cut();
        }
        let kept = place.span.start <= self.last_kept;
        add(&mut self.report.findings, self.rule, 0, Some(place.span), place.node, message.into()).kept(kept)
    }

    /// Whether a finding at `place` may be among those that a host keeps of the file: all are counted, but what takes time
    /// to put together for one, such as a fix, need not be made for the others.
    #[must_use]
    pub fn keeps(&self, place: Place) -> bool {
        place.span.start <= self.last_kept
    }

    /// Looks up where the last finding begins that hosts keep, and takes from those behind it what only a finding that is
    /// shown needs.
    fn cut(&mut self) {
        let start = |finding: &Finding| finding.span.map_or(0, |span| span.start);
        let mut starts: Vec<u32> = self.report.findings.iter().map(start).collect();
        let (_, last, _) = starts.select_nth_unstable(KEPT - 1);
        self.last_kept = *last;
        for finding in &mut self.report.findings {
            if start(finding) > self.last_kept {
                finding.help = None;
                finding.labels = Vec::new();
                finding.fixes = Vec::new();
            }
        }
        // Twice as many each time, so that all the looking up takes no longer than in proportion to the findings.
        self.next_cut = self.report.findings.len().saturating_mul(2);
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
    mut message: String,
) -> FindingBuilder<'_> {
    shorten(&mut message, SHOWN_BYTES);
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
    FindingBuilder { finding: list.push_mut(finding), kept: true }
}

/// Cuts a text to so many bytes, between two characters.
fn shorten(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
}

/// Adds to a finding.
#[derive(Debug)]
pub struct FindingBuilder<'a> {
    finding: &'a mut Finding,
    /// Whether a host may show it: labels and fixes of others are for nobody.
    kept: bool,
}

impl FindingBuilder<'_> {
    fn kept(mut self, kept: bool) -> Self {
        self.kept = kept;
        self
    }

    /// How to fix it here, where the rule's own help is not exact enough.
    pub fn help(self, help: impl Into<String>) -> Self {
        if self.kept {
            let mut help = help.into();
            shorten(&mut help, SHOWN_BYTES);
            self.finding.help = Some(help);
        }
        self
    }

    /// A further place in the same file. A finding has as many as people read, the first ones.
    pub fn label(self, place: Place, message: impl Into<String>) -> Self {
        self.labelled(None, place.span, message.into())
    }

    /// A further place in another file of the scan, which counts as those of [`FindingBuilder::label`] do.
    pub fn label_in(self, path: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        self.labelled(Some(path.into()), span, message.into())
    }

    fn labelled(self, path: Option<String>, span: Span, mut message: String) -> Self {
        if self.kept && self.finding.labels.len() < LABELS {
            shorten(&mut message, SHOWN_BYTES);
            self.finding.labels.push(Label { path, span, message });
        }
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

    /// A fix. One of more edits than a host takes, or of longer ones, is left out: half a fix is none.
    pub fn fix(self, title: impl Into<String>, applicability: Applicability, edits: Vec<Edit>) -> Self {
        let too_long = |edit: &Edit| edit.replacement.len() > REPLACEMENT_BYTES;
        if self.kept && edits.len() <= EDITS && !edits.iter().any(too_long) {
            let mut title = title.into();
            shorten(&mut title, SHOWN_BYTES);
            self.finding.fixes.push(Fix { title, applicability, edits });
        }
        self
    }

    /// A stable name of what the finding is about (`container=web`), for the fingerprint.
    pub fn key(self, key: impl Into<String>) -> Self {
        let mut key = key.into();
        shorten(&mut key, KEY_BYTES);
        self.finding.key = Some(key);
        self
    }

    /// How bad this finding is, where that is not as bad as the rule says: one of the severities that the rule declares
    /// with `also-severity`. Any other one makes the host refuse the finding.
    pub fn severity(self, severity: Severity) -> Self {
        self.data(SEVERITY, severity.as_str())
    }

    /// A value that the message mentions, by name. Names that begin with `stockade:` are for the host.
    pub fn data(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let mut value = value.into();
        shorten(&mut value, SHOWN_BYTES);
        self.finding.data.push((name.into(), value));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(start: u32) -> Place {
        Place { span: Span { start, end: start + 1 }, node: None }
    }

    #[test]
    fn an_absurd_file_makes_no_finding_that_a_host_refuses() {
        let mut out = Out::new();
        let long = "ä".repeat(100_000);
        let edits = vec![Edit::insert(0, "x"); EDITS + 1];
        let mut finding = out.finding(place(0), long.as_str()).key(long.as_str()).data("name", long.as_str());
        for at in 0..100 {
            finding = finding.label(place(at), long.as_str());
        }
        finding
            .help(long.as_str())
            .unsafe_fix("all", edits)
            .safe_fix(long.as_str(), vec![Edit::insert(0, "x")]);
        let [finding] = out.findings() else { panic!("one finding") };
        assert_eq!((finding.message.len(), finding.labels.len()), (SHOWN_BYTES, LABELS));
        assert_eq!(finding.key.as_ref().map(String::len), Some(KEY_BYTES));
        assert_eq!(finding.fixes.len(), 1);
    }

    #[test]
    fn only_findings_that_hosts_keep_have_fixes() {
        let mut out = Out::new();
        // From the file's end to its beginning: what is kept is known by place, not by when it was found.
        let all = 5 * KEPT as u32;
        for at in (0..all).rev() {
            out.finding(place(at), "found").key("k").unsafe_fix("mend", vec![Edit::insert(at, "x")]);
        }
        assert_eq!(out.findings().len(), all as usize);
        let fixed = |f: &&Finding| !f.fixes.is_empty();
        let first = out.findings().iter().filter(|f| f.span.is_some_and(|s| s.start < KEPT as u32));
        assert_eq!(first.filter(fixed).count(), KEPT);
        assert!(out.findings().iter().filter(fixed).count() < 4 * KEPT);
        assert!(out.keeps(place(0)) && !out.keeps(place(all - 1)));
    }
}
