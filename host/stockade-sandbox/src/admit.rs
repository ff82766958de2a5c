//! Checks that an answer can be meant: known rules and files, spans inside the text on character boundaries, counts
//! and lengths within the limits; and cleans what will be shown.
//!
//! Spans in files other than the one checked are only checked for order: their text is not at hand here. The engine
//! crate checks them when it admits the finding.

use crate::{Limits, clean};
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use stockade_model::{Applicability, Document, Edit, Fact, Fix, RawFinding, RawReport, RuleSetup, Span};

/// Keys of facts that are for the host begin like this.
const RESERVED: &str = "stockade:";

/// What an answer may be about.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// Rules that the call asked for.
    pub(crate) rules: &'a [u32],
    /// Rules that the plugin knows, for messages.
    pub(crate) setups: &'a [RuleSetup],
    /// Where findings may lie.
    pub(crate) place: Place<'a>,
    /// Findings that are kept, at most.
    pub(crate) findings: usize,
}

/// Where findings may lie.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// In one file.
    File(&'a Document),
    /// In files of a list.
    Project {
        /// Their number.
        files: usize,
    },
}

/// Checks and cleans an answer in place, and cuts it where it has too many findings or facts: in a generated file a rule
/// may well be broken on every line, and the first of them tell as much as all. What is cut is checked as well: an answer
/// is not more credible for being long.
///
/// # Errors
/// A sentence that says which finding and which value is wrong.
pub(crate) fn admit(report: &mut RawReport, scope: &Scope<'_>, limits: &Limits) -> Result<(), String> {
    let hidden = OnceCell::new();
    for (index, finding) in report.findings.iter_mut().enumerate() {
        let admitter = Admitter { scope, limits, rule: finding.rule, hidden: &hidden };
        admitter.finding(finding).map_err(|why| format!("finding {index}{}: {why}", admitter.rule_name()))?;
    }
    let mut bytes = 0usize;
    for (index, fact) in report.facts.iter().enumerate() {
        check_fact(fact, scope.place, limits).map_err(|why| format!("fact {index}: {why}"))?;
        bytes = bytes.saturating_add(fact.key.len()).saturating_add(fact.value.len());
    }
    if report.facts.len() > limits.facts || bytes > limits.facts_bytes {
        cut_facts(report);
    }
    cut(report, scope);
    Ok(())
}

/// Drops all facts but the first that is for the host.
fn cut_facts(report: &mut RawReport) {
    report.cut.facts = report.facts.len();
    report.facts.retain(|fact| fact.key.starts_with(RESERVED));
    report.facts.truncate(1);
}

/// Puts the answers to parts of the rules together as if all had been asked for at once: without facts that several parts
/// have recorded, and within the limits of one answer. `parts` are in the order of the rules.
pub(crate) fn join(parts: Vec<RawReport>, scope: &Scope<'_>, limits: &Limits) -> RawReport {
    let mut whole = RawReport::default();
    for part in parts {
        whole.findings.extend(part.findings);
        whole.facts.extend(part.facts);
        whole.cut.findings += part.cut.findings;
        whole.cut.facts = whole.cut.facts.max(part.cut.facts);
        whole.cut.rules.extend(part.cut.rules);
        // Not only at the end: so that the memory of two answers is enough.
        cut(&mut whole, scope);
    }
    let mut seen = HashSet::new();
    whole.facts.retain(|fact| seen.insert((fact.key.clone(), fact.value.clone(), fact.span)));
    let bytes: usize = whole.facts.iter().map(|fact| fact.key.len() + fact.value.len()).sum();
    let is_for_host = |fact: &&Fact| fact.key.starts_with(RESERVED);
    let own = whole.facts.iter().filter(is_for_host).count();
    if whole.cut.facts > 0 || whole.facts.len() - own > limits.facts || bytes > limits.facts_bytes {
        let all = whole.cut.facts.max(whole.facts.len() - own);
        whole.facts.retain(|fact| fact.key.starts_with(RESERVED));
        whole.cut.facts = all;
    }
    whole
}

/// Keeps the first findings by file and position; of those at the same place, those that were named first. An answer is
/// bounded in bytes before it gets here, so that sorting it is too.
fn cut(report: &mut RawReport, scope: &Scope<'_>) {
    if report.findings.len() <= scope.findings {
        return;
    }
    let place = |finding: &RawFinding| match scope.place {
        Place::File(document) => {
            (0, finding.span.or_else(|| finding.node.map(|n| document.span(n))).unwrap_or_default())
        }
        Place::Project { .. } => (finding.file, finding.span.unwrap_or_default()),
    };
    let findings = &mut report.findings;
    // Thousands of services that are merged from one part of a file have its findings, which then are one each.
    let mut seen = HashSet::new();
    let is_first: Vec<bool> = findings
        .iter()
        .map(|finding| seen.insert((finding.rule, place(finding), &finding.message)))
        .collect();
    let mut is_first = is_first.into_iter();
    findings.retain(|_| is_first.next().unwrap_or(true));
    let Some(over) = findings.len().checked_sub(scope.findings).filter(|over| *over > 0) else { return };
    findings.sort_by_cached_key(place);
    findings.truncate(scope.findings);
    report.cut.findings += over;
}

fn within(what: &str, found: usize, limit: usize) -> Result<(), String> {
    if found > limit { Err(format!("{found} {what}, more than {limit}")) } else { Ok(()) }
}

fn check_fact(fact: &Fact, place: Place<'_>, limits: &Limits) -> Result<(), String> {
    within("bytes of key", fact.key.len(), limits.text_bytes)?;
    within("bytes of value", fact.value.len(), limits.text_bytes)?;
    fact.span.map_or(Ok(()), |span| check_span(span, place))
}

/// What the tables have for "none", and SDKs without exceptions for a node that is not there and for its offsets.
const NONE: u32 = u32::MAX;
const ABSENT: &str = "was not found in the file: ask whether it is there before you report at it";

fn check_span(span: Span, place: Place<'_>) -> Result<(), String> {
    let Span { start, end } = span;
    if start == NONE {
        return Err(format!("its place is that of a node that {ABSENT}"));
    }
    if start > end {
        return Err(format!("span {start}..{end} ends before it starts"));
    }
    let Place::File(document) = place else { return Ok(()) };
    let text = document.text();
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
            Place::File(document) => {
                let nodes = document.len();
                if let Some(node) = finding.node
                    && node as usize >= nodes
                {
                    return Err(match node {
                        NONE => format!("its node {ABSENT}"),
                        _ => format!("node {node} does not exist, the document has {nodes}"),
                    });
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
            Place::File(document) => {
                let hidden: BTreeSet<char> = document.text().chars().filter(|c| !is_visible(*c)).collect();
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
    matches!(c, '\n' | '\r' | '\t') || stockade_model::is_harmless(c)
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
        let mut report = RawReport { findings: vec![finding], ..RawReport::default() };
        let document = Document::of_text(TEXT.to_owned());
        let place = Place::File(&document);
        let scope = Scope { rules: &[1, 2], setups: &[], place, findings: 10 };
        admit(&mut report, &scope, &Limits::default()).map(|()| report.findings.remove(0))
    }

    fn finding() -> RawFinding {
        RawFinding { rule: 1, message: "text".to_owned(), ..RawFinding::default() }
    }

    #[test]
    fn of_too_many_findings_the_first_by_position_are_kept_and_the_rest_counted() {
        let document = Document::of_text(TEXT.to_owned());
        let place = Place::File(&document);
        let scope = Scope { rules: &[1, 2], setups: &[], place, findings: 3 };
        let at = |(start, message): &(u32, &str)| RawFinding {
            span: Some(Span::new(*start, TEXT.len() as u32)),
            message: (*message).to_owned(),
            ..finding()
        };
        let places = [(6, "e"), (4, "c"), (0, "a"), (7, "f"), (4, "d"), (1, "b")];
        let whole: Vec<RawFinding> = places.iter().map(at).collect();
        let messages = |report: &RawReport| -> String {
            report.findings.iter().map(|finding| finding.message.as_str()).collect()
        };
        let mut report = RawReport { findings: whole.clone(), ..RawReport::default() };
        admit(&mut report, &scope, &Limits::default()).unwrap();
        assert_eq!((messages(&report).as_str(), report.cut.findings), ("abc", 3));
        // As many as there may be stay as they are.
        let mut report = RawReport { findings: whole[..3].to_vec(), ..RawReport::default() };
        admit(&mut report, &scope, &Limits::default()).unwrap();
        assert_eq!((messages(&report).as_str(), report.cut.findings), ("eca", 0));
        // What is said twice of one place counts once.
        let again = [places[2], places[0], places[2], places[1], places[2]];
        let mut report = RawReport { findings: again.iter().map(at).collect(), ..RawReport::default() };
        admit(&mut report, &scope, &Limits::default()).unwrap();
        assert_eq!((messages(&report).as_str(), report.cut.findings), ("aec", 0));
        // One that cannot be meant is a fault, also among those that would be cut.
        let mut findings = whole;
        findings.push(at(&(9, "")));
        let mut report = RawReport { findings, ..RawReport::default() };
        let error = admit(&mut report, &scope, &Limits::default()).unwrap_err();
        assert_eq!(error, "finding 6: the message is empty");
    }

    #[test]
    fn of_too_many_facts_none_is_kept_but_the_hosts() {
        let document = Document::of_text(TEXT.to_owned());
        let place = Place::File(&document);
        let scope = Scope { rules: &[1], setups: &[], place, findings: 2 };
        let fact = |key: &str, n: usize| Fact { key: key.to_owned(), value: n.to_string(), span: None };
        let facts: Vec<Fact> =
            (0..12_000).map(|n| fact("name", n)).chain([fact("stockade:subjects", 1)]).collect();
        let mut report = RawReport { facts, ..RawReport::default() };
        admit(&mut report, &scope, &Limits::default()).unwrap();
        assert_eq!((&report.facts[..], report.cut.facts), (&[fact("stockade:subjects", 1)][..], 12_001));
    }

    #[test]
    fn parts_of_an_answer_join_to_the_whole() {
        let document = Document::of_text(TEXT.to_owned());
        let place = Place::File(&document);
        let scope = Scope { rules: &[1, 2], setups: &[], place, findings: 2 };
        let at = |start| RawFinding { span: Some(Span::new(start, TEXT.len() as u32)), ..finding() };
        let fact = |key: &str, n: usize| Fact { key: key.to_owned(), value: n.to_string(), span: None };
        let part = |starts: &[u32], facts: &[Fact]| RawReport {
            findings: starts.iter().map(|start| at(*start)).collect(),
            facts: facts.to_vec(),
            ..RawReport::default()
        };
        let (a, own, other) = (fact("a", 1), fact("stockade:subjects", 1), fact("stockade:subjects", 2));
        let mut last = part(&[], &[]);
        last.cut.rules = vec![2];
        let parts = vec![
            part(&[6, 1], &[a.clone(), own.clone()]),
            part(&[0, 4], &[a.clone(), other.clone()]),
            last.clone(),
        ];
        let whole = join(parts, &scope, &Limits::default());
        assert_eq!(whole.findings, [at(0), at(1)]);
        assert_eq!((whole.cut.findings, whole.cut.facts, &whole.cut.rules[..]), (2, 0, &[2][..]));
        assert_eq!(whole.facts, [a, own.clone(), other]);
        // Facts that were too many in one part are missing as a whole.
        last.cut.facts = 3_000;
        let whole = join(vec![part(&[], &[fact("b", 1), own.clone()]), last], &scope, &Limits::default());
        assert_eq!((&whole.facts[..], whole.cut.facts), (&[own][..], 3_000));
    }

    #[test]
    fn in_a_project_the_first_files_are_kept() {
        let scope = Scope { rules: &[1], setups: &[], place: Place::Project { files: 9 }, findings: 2 };
        let at = |file, start| RawFinding { file, span: Some(Span::new(start, 90)), ..finding() };
        let mut report =
            RawReport { findings: vec![at(8, 0), at(2, 7), at(2, 3), at(5, 1)], ..RawReport::default() };
        admit(&mut report, &scope, &Limits::default()).unwrap();
        let kept: Vec<_> = report.findings.iter().map(|f| (f.file, f.span.unwrap().start)).collect();
        assert_eq!((kept, report.cut.findings), (vec![(2, 3), (2, 7)], 2));
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
