//! Files inside files, asked about like any other, with what is found in them put where it stands in the outer file.

use crate::suppress::{Directives, Tool};
use std::collections::HashSet;
use stockade_model::{
    Document, Fault, Fix, NodeId, NodeKind, Note, Paths, RawFinding, RawLabel, Span, Style,
};
use stockade_syntax::{Embedded, FileKind, SourceMap};

/// What was found in a file inside another one, about the outer one.
#[derive(Default)]
pub(crate) struct FoundInside {
    pub(crate) directives: Directives,
    /// With the number of the plugin.
    pub(crate) raw: Vec<(usize, RawFinding)>,
    pub(crate) syntax: Vec<RawFinding>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<Note>,
    pub(crate) looked: Vec<u32>,
}

impl FoundInside {
    /// Leaves out what the same rules have found at the same places in the outer file.
    pub(crate) fn leave_out(&mut self, outer: &[(usize, RawFinding)], document: &Document) {
        let place = |finding: &RawFinding| {
            let node = finding.node.filter(|node| (*node as usize) < document.len());
            let span = finding.span.or_else(|| node.map(|node| document.span(node)))?;
            Some((finding.rule, span.start))
        };
        let told: HashSet<(u32, u32)> = outer.iter().filter_map(|(_, finding)| place(finding)).collect();
        self.raw.retain(|(_, finding)| place(finding).is_none_or(|place| !told.contains(&place)));
    }
}

/// A file inside a document.
pub(crate) struct Nested<'d> {
    outer: &'d Document,
    embedded: &'d Embedded,
    map: SourceMap,
    pub(crate) kind: FileKind,
    pub(crate) document: Document,
    /// Where it stands in the outer document, in words.
    outer_path: String,
    paths: Paths,
    /// Whether its faults of syntax are worth reporting.
    pub(crate) is_named: bool,
}

/// The files inside a document, parsed.
pub(crate) fn nested<'d>(embedded: &'d [Embedded], outer: &'d Document) -> impl Iterator<Item = Nested<'d>> {
    embedded.iter().filter_map(move |embedded| {
        let is_template = outer.marks.iter().any(|mark| mark.contains("template"));
        let (map, text) = if outer.kind(embedded.node) == NodeKind::Scalar {
            (SourceMap::new(outer, embedded.node)?, outer.value(embedded.node))
        } else {
            let region = whole_lines(outer, embedded.node).filter(|_| !is_template)?;
            (SourceMap::of_region(region), region.slice(outer.text())?)
        };
        let mut document =
            stockade_syntax::parse_at(embedded.kind, outer.name(embedded.node), text.to_owned());
        document.marks.extend(outer.marks.iter().filter(|mark| **mark != "helm-template"));
        document.marks.sort_unstable();
        document.marks.dedup();
        let is_named = embedded.is_named && !is_template;
        let outer_path = outer.path(embedded.node);
        let (kind, paths) = (embedded.kind, Paths::default());
        Some(Nested { outer, embedded, map, kind, document, outer_path, paths, is_named })
    })
}

/// The lines that a mapping in the block style takes, with the indentation of the first. `None` where it begins behind
/// something else.
fn whole_lines(document: &Document, node: NodeId) -> Option<Span> {
    let span = document.span(node);
    let start = line_start(document.text(), span.start)?;
    let before = document.text().get(start..span.start as usize)?;
    before.bytes().all(|byte| byte == b' ').then(|| Span::new(start as u32, span.end))
}

impl Nested<'_> {
    /// Whether it is a mapping of the outer file, which the outer file's rules have looked at as well.
    pub(crate) fn is_region(&self) -> bool {
        self.outer.kind(self.embedded.node) != NodeKind::Scalar
    }

    /// The place in the outer file; that of the whole scalar where the source has none for it.
    fn place(&self, span: Span) -> Span {
        self.map.source(span).unwrap_or_else(|| self.outer.span(self.embedded.node))
    }

    /// A finding about this file as one about the outer file. `sensitive`: no report may show what it points at.
    pub(crate) fn lift(&self, mut finding: RawFinding, sensitive: bool) -> RawFinding {
        let inner = finding.node.filter(|node| (*node as usize) < self.document.len());
        // What the sandbox let through lies inside; anything else would be a fault that admission can't see any more.
        let span = finding.span.or_else(|| inner.map(|node| self.document.span(node))).unwrap_or_default();
        finding.span = Some(self.place(span));
        if finding.key.is_none() {
            finding.key =
                inner.map(|node| format!("{}: {}", self.outer_path, self.paths.of(&self.document, node)));
        }
        for label in finding.labels.iter_mut().filter(|label| label.path.is_none()) {
            label.span = self.place(label.span);
        }
        if sensitive {
            // As a node, the outer scalar would be hidden as a whole; the inner one is what is secret.
            let scalar = inner.filter(|node| self.document.kind(*node) == NodeKind::Scalar);
            finding.labels.extend(scalar.map(|node| RawLabel {
                path: None,
                span: self.place(self.document.span(node)),
                message: String::new(),
            }));
            finding.node = None;
        } else {
            finding.node = Some(self.embedded.node);
        }
        finding.fixes = finding.fixes.into_iter().filter_map(|fix| self.lift_fix(fix)).collect();
        finding
    }

    /// The directives in this file, as ones of the outer file.
    pub(crate) fn directives(&self, tools: &[Tool]) -> Directives {
        let own = Directives::read(self.kind, &self.document, tools);
        if own.is_empty() {
            return own;
        }
        let is_literal = self.outer.style(self.embedded.node) == Style::Literal as u8;
        let verbatim = |span: Span| self.map.verbatim(span).filter(|_| is_literal);
        own.lift(self.document.text(), self.outer.text(), &|span| self.place(span), &verbatim)
    }

    /// A fault of syntax, as one of the outer file. Its message may name a line.
    pub(crate) fn lift_problem(&self, mut finding: RawFinding) -> RawFinding {
        const LINE: &str = " line ";
        if let Some((before, rest)) = finding.message.rsplit_once(LINE) {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (line, behind) = rest.split_at(digits);
            if let Some(line) = line.parse().ok().and_then(|line| self.outer_line(line)) {
                finding.message = format!("{before}{LINE}{line}{behind}");
            }
        }
        self.lift(finding, false)
    }

    /// The line of the outer file that the line with this number (from 1) stands on.
    fn outer_line(&self, line: usize) -> Option<usize> {
        let start: usize =
            self.document.text().split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let place = self.map.source(Span::new(start as u32, start as u32))?;
        let before = self.outer.text().get(..place.start as usize)?;
        Some(1 + before.matches('\n').count())
    }

    /// A fix for the outer file, if its edits can be made there as they are: in a literal block scalar, inside lines.
    fn lift_fix(&self, mut fix: Fix) -> Option<Fix> {
        if self.outer.style(self.embedded.node) != Style::Literal as u8 {
            return None;
        }
        for edit in &mut fix.edits {
            let column = edit.span.start as usize - line_start(self.document.text(), edit.span.start)?;
            edit.span = self.map.verbatim(edit.span)?;
            if edit.replacement.contains('\n') {
                let text = self.outer.text();
                let line = line_start(text, edit.span.start)?;
                let indent = text.get(line..(edit.span.start as usize).checked_sub(column)?)?;
                edit.replacement = edit.replacement.replace('\n', &format!("\n{indent}"));
            }
        }
        Some(fix)
    }
}

/// Where the line begins in which the byte at `at` stands.
fn line_start(text: &str, at: u32) -> Option<usize> {
    Some(text.get(..at as usize)?.rfind('\n').map_or(0, |at| at + 1))
}
