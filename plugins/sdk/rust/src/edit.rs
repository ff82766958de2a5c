//! Edits made from nodes rather than from text.

use crate::{Edit, Node, Span};

/// How a new value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As given.
    Plain,
    /// In double quotes, with `"` and `\` escaped.
    DoubleQuoted,
}

impl Edit {
    /// Replaces the value of `node` by `text`.
    #[must_use]
    pub fn replace_value(node: Node<'_>, text: impl Into<String>) -> Self {
        Self { span: node.span(), replacement: text.into() }
    }

    /// Replaces the bytes of `span`.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, replacement: text.into() }
    }

    /// Inserts `text` before the byte at `offset`.
    #[must_use]
    pub fn insert(offset: u32, text: impl Into<String>) -> Self {
        Self { span: Span { start: offset, end: offset }, replacement: text.into() }
    }

    /// Removes the bytes of `span`.
    #[must_use]
    pub fn remove(span: Span) -> Self {
        Self { span, replacement: String::new() }
    }
}

/// Removes the whole lines of a block entry (key and value) or of an instruction, with its line break.
#[must_use]
pub fn remove_entry(node: Node<'_>) -> Edit {
    let source = node.source();
    let start = node.key_span().map_or(node.span().start, |key| key.start);
    let first = source.line_at(start);
    let last = source.line_at(node.span().end.max(start));
    let rest = source.text().get(last.end as usize..).unwrap_or_default();
    let newline = if rest.starts_with("\r\n") { 2 } else { u32::from(rest.starts_with('\n')) };
    Edit::remove(Span { start: first.start, end: last.end + newline })
}
