//! A readable form of a document, for expected output beside the fixtures.

use std::fmt::Write as _;
use stockade_model::{Document, LineIndex, NodeId, NodeKind, Span, flag};

const TYPES: [&str; 6] = ["string", "null", "bool", "int", "float", "timestamp"];
const STYLES: [&str; 6] = ["plain", "single", "double", "literal", "folded", "flow"];
const FLAGS: [(u8, &str); 7] = [
    (flag::UNKNOWN, "unknown"),
    (flag::PARTIAL, "partial"),
    (flag::IMPLICIT, "implicit"),
    (flag::DEFAULTED, "defaulted"),
    (flag::ANCHOR, "anchored"),
    (flag::DUPLICATE, "duplicate"),
    (flag::YAML11_BOOL, "yaml-1.1-bool"),
];

/// Every node on a line (`key@place: kind "value" type style flags @place`), then marks, comments and problems.
/// Places are `line:column-line:column`, or shorter where the line is the same.
pub(crate) fn dump(document: &Document) -> String {
    let mut dump = Dump { document, lines: LineIndex::new(document.text()), out: String::new() };
    dump.node(0, 0);
    for mark in &document.marks {
        let _ = writeln!(dump.out, "mark {mark}");
    }
    for comment in &document.comments {
        let text = comment.span.slice(document.text()).unwrap_or("?");
        let place = dump.place(comment.span);
        let _ = writeln!(dump.out, "comment {text:?} @{place} -> node {}", comment.node);
    }
    for problem in &document.problems {
        let place = dump.place(problem.span);
        let _ = writeln!(dump.out, "{:?} {}: {} @{place}", problem.level, problem.code, problem.message);
    }
    dump.out
}

struct Dump<'d> {
    document: &'d Document,
    lines: LineIndex,
    out: String,
}

impl Dump<'_> {
    fn place(&self, span: Span) -> String {
        let region = self.lines.region(self.document.text(), span);
        if region.line == region.end_line {
            if region.column == region.end_column {
                return format!("{}:{}", region.line, region.column);
            }
            return format!("{}:{}-{}", region.line, region.column, region.end_column);
        }
        format!("{}:{}-{}:{}", region.line, region.column, region.end_line, region.end_column)
    }

    fn node(&mut self, node: NodeId, depth: usize) {
        let document = self.document;
        let kind = document.kind(node);
        let mut line = format!("{node:>3} {:indent$}", "", indent = depth * 2);
        if let Some(key) = document.key_span(node) {
            let _ = write!(line, "{:?}@{}: ", document.name(node), self.place(key));
        } else if !document.name(node).is_empty() {
            let _ = write!(line, "{:?}: ", document.name(node));
        }
        let _ = write!(line, "{}", format!("{kind:?}").to_lowercase());
        let style = STYLES[document.style(node) as usize];
        match kind {
            NodeKind::Scalar => {
                let ty = TYPES[document.scalar_type(node) as usize];
                let _ = write!(line, " {:?} {ty} {style}", document.value(node));
            }
            _ if style != "plain" => {
                let _ = write!(line, " {style}");
            }
            _ => {}
        }
        if kind != NodeKind::Scalar && !document.value(node).is_empty() {
            let _ = write!(line, " {:?}", document.value(node));
        }
        for (bit, name) in FLAGS {
            if document.flags(node) & bit != 0 {
                let _ = write!(line, " {name}");
            }
        }
        if let Some(target) = document.target(node) {
            let _ = write!(line, " -> {target}");
        }
        let _ = writeln!(self.out, "{line} @{}", self.place(document.span(node)));
        for child in document.children(node) {
            self.node(child, depth + 1);
        }
    }
}
