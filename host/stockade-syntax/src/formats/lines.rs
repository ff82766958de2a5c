//! What formats made of lines have in common: cutting the text, rows of the table, template expressions.

use crate::table::{Key, TableBuilder, head};
use stockade_model::{Document, NodeId, NodeKind, ScalarType, Span, Style, column, flag};

/// A span from offsets of a text that the loader keeps far below 4 GiB.
pub(crate) const fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}

/// One line without its line break. Offsets in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) start: usize,
    /// Where the next line starts.
    pub(crate) next: usize,
}

impl Line<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The line that starts at `start`, or `None` at the end of the text. Lines end with `\n`, `\r\n` or a lone `\r`,
/// as in the line index that positions are shown with.
pub(crate) fn line_at(text: &str, start: usize) -> Option<Line<'_>> {
    let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
    let bytes = rest.as_bytes();
    let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
        return Some(Line { text: rest, start, next: text.len() });
    };
    let both = bytes.get(end) == Some(&b'\r') && bytes.get(end + 1) == Some(&b'\n');
    let line = rest.get(..end).unwrap_or_default();
    Some(Line { text: line, start, next: start + end + 1 + usize::from(both) })
}

/// Where the text starts behind a byte order mark.
pub(crate) fn start_of(text: &str) -> usize {
    if text.starts_with('\u{feff}') { 3 } else { 0 }
}

/// How a scalar is written and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar {
    pub(crate) ty: ScalarType,
    pub(crate) style: Style,
    pub(crate) flags: u8,
}

impl Scalar {
    /// A string in this style.
    pub(crate) const fn string(style: Style, flags: u8) -> Self {
        Self { ty: ScalarType::String, style, flags }
    }

    /// What a key without a value has.
    pub(crate) const fn absent() -> Self {
        Self { ty: ScalarType::Null, style: Style::Plain, flags: flag::IMPLICIT }
    }
}

/// A key at `at` with its decoded text.
pub(crate) fn key(table: &mut TableBuilder<'_>, at: Span, name: &str) -> Key {
    Key { span: at, name: table.place(name) }
}

/// Adds a scalar.
pub(crate) fn scalar(table: &mut TableBuilder<'_>, key: Key, at: Span, decoded: &str, how: Scalar) -> NodeId {
    let value = table.place(decoded);
    table.leaf(head(NodeKind::Scalar, how.ty, how.style, how.flags), at, key, value)
}

/// Opens the mapping that is the only document of a file of keys and values, unless it is open.
pub(crate) fn open_root(table: &mut TableBuilder<'_>, start: usize) {
    if table.depth() == 1 {
        let head = head(NodeKind::Mapping, ScalarType::String, Style::Plain, 0);
        table.open(head, span(start, start), Key::default());
    }
}

/// Opens an element; its end and value are set when it is closed.
pub(crate) fn open_element(table: &mut TableBuilder<'_>, name_at: Span, name: &str, start: usize) -> NodeId {
    let key = key(table, name_at, name);
    table.open(head(NodeKind::Element, ScalarType::String, Style::Plain, 0), span(start, start), key)
}

/// Sets an element's value.
pub(crate) fn set_value(table: &mut TableBuilder<'_>, node: NodeId, value: &str) {
    let at = table.place(value);
    table.set(node, column::TEXT_START, at.start);
    table.set(node, column::TEXT_END, at.end);
}

/// Sets the style of an element that turns out to be a block.
pub(crate) fn set_block(table: &mut TableBuilder<'_>, node: NodeId) {
    let cell = table.cell(node, column::HEAD) & 0xff00_ffff;
    table.set(node, column::HEAD, cell | (Style::Flow as u32) << 16);
}

/// Words joined by one space: a slice of the text where they stand like that in it, else a copy.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    slice: Option<(usize, usize)>,
    copy: String,
}

impl Joined {
    /// Adds the word under `start..end` of `source`.
    pub(crate) fn push(&mut self, source: &str, start: usize, end: usize, decoded: &str) {
        let verbatim = source.get(start..end) == Some(decoded);
        match self.slice {
            None if verbatim && self.copy.is_empty() => self.slice = Some((start, end)),
            Some((first, last)) if verbatim && source.get(last..start) == Some(" ") => {
                self.slice = Some((first, end))
            }
            slice => {
                if let Some((first, last)) = slice {
                    self.copy.push_str(source.get(first..last).unwrap_or_default());
                    self.slice = None;
                }
                if !self.copy.is_empty() {
                    self.copy.push(' ');
                }
                self.copy.push_str(decoded);
            }
        }
    }

    /// The words so far.
    pub(crate) fn text<'a>(&'a self, source: &'a str) -> &'a str {
        self.slice.map_or(self.copy.as_str(), |(start, end)| source.get(start..end).unwrap_or_default())
    }
}

/// Lets comments that were attached to an argument speak about the directive it belongs to.
pub(crate) fn comments_to_elements(document: &mut Document) {
    for index in 0..document.comments.len() {
        let Some(node) = document.comments.get(index).map(|comment| comment.node) else { continue };
        let mut at = node;
        while document.kind(at) != NodeKind::Element
            && let Some(parent) = document.parent(at)
        {
            at = parent;
        }
        if at != 0
            && let Some(comment) = document.comments.get_mut(index)
        {
            comment.node = at;
        }
    }
}

/// Reports keys that repeat, except where a template may choose between them.
pub(crate) fn repeats_are_wrong(_: &Document, _: NodeId, _: NodeId) -> bool {
    false
}

/// Reports no repeated key: the format gives every one of them a meaning.
pub(crate) fn repeats_are_fine(_: &Document, _: NodeId, _: NodeId) -> bool {
    true
}

/// Whether a whole line is a template's action: `{{ if }}`, `{% for %}`, `<% end %>`.
pub(crate) fn is_action(line: &str) -> bool {
    let line = line.trim();
    (line.starts_with("{{") && line.ends_with("}}"))
        || (line.starts_with("{%") && line.ends_with("%}"))
        || (line.starts_with("<%") && line.ends_with("%>"))
        || (line.starts_with("{#") && line.ends_with("#}"))
}

/// Template expressions longer than this are taken for text: bounds what an opening without an end costs.
const MAX_EXPRESSION: usize = 1024;

/// After this many openings without an end, the rest of a value is taken for text: bounds what a value of
/// nothing but openings costs.
const MAX_UNCLOSED: usize = 16;

/// Length of the template expression or `${…}` that `text` starts with, else 0. Bytes.
pub(crate) fn expression_len(text: &str) -> usize {
    let text = text.get(..text.floor_char_boundary(MAX_EXPRESSION)).unwrap_or_default();
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("<%", "%>"), ("{#", "#}")] {
        if text.starts_with(open) {
            // `{#` also opens a block with a comment behind it; a template's comment ends on its line.
            let text = if open == "{#" { text.lines().next().unwrap_or_default() } else { text };
            return text.find(close).map_or(0, |at| at + close.len());
        }
    }
    if text.starts_with("${") { braces_len(text) } else { 0 }
}

/// Length of a `${…}` with nested ones inside, to the end of its line at most; 0 if it is not closed.
fn braces_len(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b'\n' => return 0,
            _ => {}
        }
    }
    0
}

/// Flags of a value by the expressions in it: *unknown* if it is nothing but one, *partly unknown* if it
/// contains one, and *defaulted* if one has a default (`${X:-y}`, `${X:y}`). `names` says whether `$NAME`
/// counts too.
pub(crate) fn expression_flags(value: &str, names: bool) -> u8 {
    let mut flags = 0;
    let mut at = 0;
    let mut unclosed = 0;
    while let Some(found) =
        value.get(at..).and_then(|rest| memchr::memchr3(b'$', b'{', b'<', rest.as_bytes()))
    {
        at += found;
        let rest = value.get(at..).unwrap_or_default();
        let mut len = expression_len(rest);
        if len == 0 && names && rest.starts_with('$') {
            let name = rest.bytes().skip(1).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            len = if name == 0 { 0 } else { name + 1 };
        }
        if len == 0 {
            at += 1;
            unclosed += usize::from(!rest.starts_with('$') || rest.starts_with("${"));
            if unclosed > MAX_UNCLOSED {
                break;
            }
            continue;
        }
        if at == 0 && len == value.len() {
            flags |= flag::UNKNOWN;
        }
        flags |= flag::PARTIAL;
        if rest.starts_with("${") && rest.get(..len).is_some_and(has_default) {
            flags |= flag::DEFAULTED;
        }
        at += len;
    }
    if flags & flag::UNKNOWN != 0 { flags & !flag::PARTIAL } else { flags }
}

/// Whether `${X…}` carries a default: `:-`, `-` or Spring's `:`. `:?` and `:+` are none.
fn has_default(expression: &str) -> bool {
    let inner = expression.trim_start_matches("${");
    let behind = inner.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    behind.starts_with('-')
        || behind.starts_with(':') && !behind.starts_with(":?") && !behind.starts_with(":+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_any_line_break() {
        let text = "a\r\nb\rc\n\nd";
        let mut at = 0;
        let mut lines = Vec::new();
        while let Some(line) = line_at(text, at) {
            lines.push((line.text, line.start));
            at = line.next;
        }
        assert_eq!(lines, [("a", 0), ("b", 3), ("c", 5), ("", 7), ("d", 8)]);
    }

    #[test]
    fn expressions_make_values_unknown_in_whole_or_in_part() {
        for (value, flags) in [
            ("a", 0),
            ("$5", 0),
            ("{a}", 0),
            ("${X}", flag::UNKNOWN),
            ("a${X}", flag::PARTIAL),
            ("${X:-y}", flag::UNKNOWN | flag::DEFAULTED),
            ("${X:y}", flag::UNKNOWN | flag::DEFAULTED),
            ("${X:?y}", flag::UNKNOWN),
            ("${A:-${B}}", flag::UNKNOWN | flag::DEFAULTED),
            ("{{ a }}", flag::UNKNOWN),
            ("{{ a }}{{ b }}", flag::PARTIAL),
            ("<%= a %>", flag::UNKNOWN),
            ("${X", 0),
        ] {
            assert_eq!(expression_flags(value, false), flags, "{value}");
        }
        assert_eq!(expression_flags("$X", true), flag::UNKNOWN);
        assert_eq!(expression_flags("$X", false), 0);
    }
}
