//! Checks that an answer can be meant: known rules and files, spans inside the text on character boundaries, counts
//! and lengths within the limits; and cleans what will be shown.
//!
//! Spans in files other than the one checked are only checked for order: their text is not at hand here. The engine
//! crate checks them when it admits the finding.

use crate::{Limits, clean};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use stockade_model::{Applicability, Edit, Fact, Fix, RawFinding, RawReport, RuleSetup, Span};

/// What an answer may be about.
pub(crate) struct Scope<'a> {
    /// Rules that the call asked for.
    pub(crate) rules: &'a [u32],
    /// Rules that the plugin knows, for messages.
    pub(crate) setups: &'a [RuleSetup],
    /// Where findings may lie.
    pub(crate) place: Place<'a>,
    /// Findings, at most.
    pub(crate) findings: usize,
}

/// Where findings may lie.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// In one file.
    File {
        /// Its text.
        text: &'a str,
        /// Number of its document's nodes.
        nodes: usize,
    },
    /// In files of a list.
    Project {
        /// Their number.
        files: usize,
    },
}

/// Checks and cleans an answer in place.
///
/// # Errors
/// A sentence that says which finding and which value is wrong.
pub(crate) fn admit(report: &mut RawReport, scope: &Scope<'_>, limits: &Limits) -> Result<(), String> {
    within("findings", report.findings.len(), scope.findings)?;
    let hidden = OnceCell::new();
    for (index, finding) in report.findings.iter_mut().enumerate() {
        let admitter = Admitter { scope, limits, rule: finding.rule, hidden: &hidden };
        admitter.finding(finding).map_err(|why| format!("finding {index}{}: {why}", admitter.rule_name()))?;
    }
    within("facts", report.facts.len(), limits.facts)?;
    let mut bytes = 0usize;
    for (index, fact) in report.facts.iter().enumerate() {
        check_fact(fact, scope.place, limits).map_err(|why| format!("fact {index}: {why}"))?;
        bytes = bytes.saturating_add(fact.key.len()).saturating_add(fact.value.len());
    }
    within("bytes of facts", bytes, limits.facts_bytes)
}

fn within(what: &str, found: usize, limit: usize) -> Result<(), String> {
    if found > limit { Err(format!("{found} {what}, more than {limit}")) } else { Ok(()) }
}

fn check_fact(fact: &Fact, place: Place<'_>, limits: &Limits) -> Result<(), String> {
    within("bytes of key", fact.key.len(), limits.text_bytes)?;
    within("bytes of value", fact.value.len(), limits.text_bytes)?;
    fact.span.map_or(Ok(()), |span| check_span(span, place))
}

fn check_span(span: Span, place: Place<'_>) -> Result<(), String> {
    let Span { start, end } = span;
    if start > end {
        return Err(format!("span {start}..{end} ends before it starts"));
    }
    let Place::File { text, .. } = place else { return Ok(()) };
    if end as usize > text.len() {
        return Err(format!("span {start}..{end} lies outside the file of {} bytes", text.len()));
    }
    if span.slice(text).is_none() {
        return Err(format!("span {start}..{end} cuts a character in two"));
    }
    Ok(())
}

struct Admitter<'a> {
    scope: &'a Scope<'a>,
    limits: &'a Limits,
    rule: u32,
    /// Characters of the file that hide something, sorted; collected when first asked for.
    hidden: &'a OnceCell<Vec<char>>,
}

impl Admitter<'_> {
    fn rule_name(&self) -> String {
        let setup = self.scope.setups.iter().find(|s| s.rule == self.rule);
        setup.map_or_else(String::new, |s| format!(" of `{}`", s.id))
    }

    fn finding(&self, finding: &mut RawFinding) -> Result<(), String> {
        if !self.scope.rules.contains(&finding.rule) {
            return Err(format!("rule {} was not asked for", finding.rule));
        }
        match self.scope.place {
            Place::File { nodes, .. } => {
                if let Some(node) = finding.node
                    && node as usize >= nodes
                {
                    return Err(format!("node {node} does not exist, the document has {nodes}"));
                }
            }
            Place::Project { files } => {
                if finding.file as usize >= files {
                    return Err(format!("file {} does not exist, there are {files}", finding.file));
                }
            }
        }
        if let Some(span) = finding.span {
            check_span(span, self.scope.place)?;
        }
        self.show(&mut finding.message, "message")?;
        if finding.message.is_empty() {
            return Err("the message is empty".to_owned());
        }
        if let Some(help) = &mut finding.help {
            self.show(help, "help")?;
        }
        finding.help.take_if(|help| help.is_empty());
        if let Some(key) = &finding.key {
            within("bytes of key", key.len(), self.limits.shown_bytes)?;
        }
        self.labels(finding)?;
        self.data(finding)?;
        within("fixes", finding.fixes.len(), self.limits.fixes)?;
        for (index, fix) in finding.fixes.iter_mut().enumerate() {
            self.fix(fix).map_err(|why| format!("fix {index}: {why}"))?;
        }
        Ok(())
    }

    fn show(&self, text: &mut String, what: &str) -> Result<(), String> {
        within(&format!("bytes of {what}"), text.len(), self.limits.text_bytes)?;
        if let std::borrow::Cow::Owned(cleaned) = clean(text, self.limits.shown_bytes) {
            *text = cleaned;
        }
        Ok(())
    }

    fn labels(&self, finding: &mut RawFinding) -> Result<(), String> {
        within("labels", finding.labels.len(), self.limits.labels)?;
        for (index, label) in finding.labels.iter_mut().enumerate() {
            // Without a path it is about the finding's own file; with one, that file's text is not at hand.
            let place = if label.path.is_some() { Place::Project { files: 0 } } else { self.scope.place };
            check_span(label.span, place).map_err(|why| format!("label {index}: {why}"))?;
            self.show(&mut label.message, "label")?;
            if let Some(path) = &label.path {
                within("bytes of path", path.len(), self.limits.shown_bytes)?;
            }
        }
        Ok(())
    }

    fn data(&self, finding: &mut RawFinding) -> Result<(), String> {
        within("entries of data", finding.data.len(), self.limits.data)?;
        for (name, value) in &mut finding.data {
            self.show(name, "data")?;
            self.show(value, "data")?;
        }
        Ok(())
    }

    fn fix(&self, fix: &mut Fix) -> Result<(), String> {
        self.show(&mut fix.title, "title")?;
        within("edits", fix.edits.len(), self.limits.edits)?;
        if fix.edits.is_empty() && fix.applicability != Applicability::Manual {
            return Err("has no edit".to_owned());
        }
        for edit in &fix.edits {
            check_span(edit.span, self.scope.place)?;
            within("bytes of replacement", edit.replacement.len(), self.limits.text_bytes)?;
            self.check_replacement(&edit.replacement)?;
        }
        check_overlap(&fix.edits)
    }

    fn hidden_of_file(&self) -> &[char] {
        self.hidden.get_or_init(|| match self.scope.place {
            Place::File { text, .. } => {
                let hidden: BTreeSet<char> = text.chars().filter(|c| !is_visible(*c)).collect();
                hidden.into_iter().collect()
            }
            Place::Project { .. } => Vec::new(),
        })
    }

    /// A fix must not smuggle in what a reviewer cannot see: characters that hide or reorder text, or control a
    /// terminal, are let through only where the file has them already.
    fn check_replacement(&self, replacement: &str) -> Result<(), String> {
        let visible = |c: char| is_visible(c) || self.hidden_of_file().binary_search(&c).is_ok();
        match replacement.chars().find(|c| !visible(*c)) {
            Some(c) => {
                Err(format!("the replacement brings in the invisible character U+{:04X}", u32::from(c)))
            }
            None => Ok(()),
        }
    }
}

fn is_visible(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t') || crate::is_harmless(c)
}

/// Edits may touch, but not share a byte, and no two may insert at the same place: their order would be open.
fn check_overlap(edits: &[Edit]) -> Result<(), String> {
    let mut spans: Vec<Span> = edits.iter().map(|e| e.span).collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        let [a, b] = pair else { continue };
        if b.start < a.end || a == b {
            return Err(format!("edits of {}..{} and {}..{} overlap", a.start, a.end, b.start, b.end));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_model::RawLabel;

    const TEXT: &str = "a\u{200b}ü b\n";

    fn admitted(finding: RawFinding) -> Result<RawFinding, String> {
        let mut report = RawReport { findings: vec![finding], facts: vec![] };
        let place = Place::File { text: TEXT, nodes: 3 };
        let scope = Scope { rules: &[1, 2], setups: &[], place, findings: 10 };
        admit(&mut report, &scope, &Limits::default()).map(|()| report.findings.remove(0))
    }

    fn finding() -> RawFinding {
        RawFinding { rule: 1, message: "text".to_owned(), ..RawFinding::default() }
    }

    fn with_edits(edits: &[(u32, u32, &str)]) -> RawFinding {
        let edits = edits
            .iter()
            .map(|(a, b, text)| Edit { span: Span::new(*a, *b), replacement: (*text).to_owned() })
            .collect();
        let fix = Fix { title: "do".to_owned(), applicability: Applicability::Safe, edits };
        RawFinding { fixes: vec![fix], ..finding() }
    }

    #[test]
    fn spans_lie_on_character_boundaries_inside_the_text() {
        let len = TEXT.len() as u32;
        for (start, end) in [(0, 0), (0, 1), (1, 4), (4, 6), (0, len), (len, len)] {
            assert!(admitted(RawFinding { span: Some(Span::new(start, end)), ..finding() }).is_ok());
        }
        for (start, end) in [(0, 2), (2, 4), (5, 6), (1, 0), (0, len + 1), (len + 1, len + 1), (0, u32::MAX)]
        {
            assert!(admitted(RawFinding { span: Some(Span::new(start, end)), ..finding() }).is_err());
        }
    }

    #[test]
    fn edits_may_touch_but_not_overlap() {
        for edits in [
            &[(0, 1, "x"), (1, 4, "y")][..],
            &[(1, 4, "y"), (0, 1, "x")],
            &[(1, 1, "x"), (1, 4, "y")],
            &[(0, 0, "x"), (1, 1, "y")],
        ] {
            assert!(admitted(with_edits(edits)).is_ok(), "{edits:?}");
        }
        for edits in
            [&[(0, 4, "x"), (1, 6, "y")][..], &[(1, 1, "x"), (1, 1, "y")], &[(0, 6, "x"), (1, 1, "y")], &[]]
        {
            assert!(admitted(with_edits(edits)).is_err(), "{edits:?}");
        }
    }

    #[test]
    fn a_fix_may_keep_but_not_bring_in_hidden_characters() {
        assert!(admitted(with_edits(&[(0, 1, "a\u{200b}\r\n\tb")])).is_ok());
        let error = admitted(with_edits(&[(0, 1, "a\u{202e}")])).unwrap_err();
        assert_eq!(error, "finding 0: fix 0: the replacement brings in the invisible character U+202E");
        assert!(admitted(with_edits(&[(0, 1, "\u{1b}")])).is_err());
    }

    #[test]
    fn shown_text_is_cleaned_and_cut_and_huge_text_refused() {
        let long = RawFinding { message: "x".repeat(5_000), ..finding() };
        let message = admitted(long).unwrap().message;
        assert_eq!(message.len(), Limits::default().shown_bytes);
        assert!(message.ends_with('…'));
        let blank = RawFinding { message: " \n ".to_owned(), ..finding() };
        assert_eq!(admitted(blank).unwrap_err(), "finding 0: the message is empty");
        let huge = RawFinding { help: Some("x".repeat(70_000)), ..finding() };
        assert_eq!(admitted(huge).unwrap_err(), "finding 0: 70000 bytes of help, more than 65536");
        let blank_help = RawFinding { help: Some("\t".to_owned()), ..finding() };
        assert_eq!(admitted(blank_help).unwrap().help, None);
    }

    #[test]
    fn labels_in_other_files_are_checked_for_order_only() {
        let label = |path: Option<&str>, start, end| {
            let path = path.map(str::to_owned);
            let label = RawLabel { path, span: Span::new(start, end), message: "here".to_owned() };
            admitted(RawFinding { labels: vec![label], ..finding() })
        };
        assert!(label(Some("other"), 1_000, 1_001).is_ok());
        assert!(label(Some("other"), 2, 1).is_err());
        assert!(label(None, 1_000, 1_001).is_err());
    }
}
