//! INI and what grew from it: `.ini` and `.cnf` files, Python's `setup.cfg`, systemd units.
//!
//! There is no standard. The differences that matter are a [`Dialect`]; for the rest the reading is the one
//! under which nothing a program would see stays hidden from rules. A section is a mapping under the root
//! mapping; keys before the first section lie in the root mapping. A value of several lines is one scalar
//! whose children are its lines.

use super::inventory;
use super::lines::{
    Line, Scalar, expression_flags, is_action, key, line_at, open_root, repeats_are_fine, repeats_are_wrong,
    scalar, set_value, span, start_of,
};
use crate::FileKind;
use crate::table::{Key, TableBuilder, head};
use stockade_model::{Document, NodeKind, ProblemLevel, ScalarType, Span, Style};

/// How a value goes on over further lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Continuation {
    /// On lines indented further than the key, as Python's `configparser` has it.
    Indent,
    /// Behind a backslash at the end of the line; lines are joined with a space.
    Backslash,
}

/// What distinguishes the members of the family.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    continuation: Continuation,
    /// ` #` and ` ;` start a comment behind a value.
    inline_comments: bool,
    /// `:` separates key and value, too.
    colon: bool,
    /// A value that is one quoted string is unquoted.
    quotes: bool,
    /// A key may stand alone (`skip-networking`).
    lone_keys: bool,
    /// Only one entry of a name makes sense.
    unique: bool,
}

impl Dialect {
    const fn of(kind: FileKind) -> Self {
        match kind {
            FileKind::Systemd => Self {
                continuation: Continuation::Backslash,
                inline_comments: false,
                colon: false,
                quotes: false,
                lone_keys: false,
                unique: false,
            },
            FileKind::SetupCfg => Self {
                continuation: Continuation::Indent,
                inline_comments: false,
                colon: true,
                quotes: false,
                lone_keys: false,
                unique: true,
            },
            _ => Self {
                continuation: Continuation::Indent,
                inline_comments: true,
                colon: true,
                quotes: true,
                lone_keys: true,
                unique: false,
            },
        }
    }
}

/// Parses `text` as `kind`, which is `Ini`, `SetupCfg` or `Systemd`.
pub(crate) fn parse(kind: FileKind, text: String) -> Document {
    let dialect = Dialect::of(kind);
    let parts = {
        let mut parser = Parser {
            table: TableBuilder::new(&text),
            text: &text,
            dialect,
            end: 0,
            indent: 0,
            sections: 0,
            inventory: inventory::is_inventory(&text),
        };
        parser.run();
        parser.finish();
        parser.table.finish()
    };
    parts.into_document(text, if dialect.unique { repeats_are_wrong } else { repeats_are_fine })
}

struct Parser<'t> {
    table: TableBuilder<'t>,
    text: &'t str,
    dialect: Dialect,
    /// End of the last thing that belongs to the open section.
    end: usize,
    /// Indent of the last key.
    indent: usize,
    sections: usize,
    /// Whether names may stand alone before the first section: hosts of no group.
    inventory: bool,
}

/// A value as it is read: its decoded text, and its lines if there are several.
struct Value {
    start: usize,
    end: usize,
    decoded: String,
    style: Style,
    lines: Vec<Span>,
}

impl<'t> Parser<'t> {
    fn run(&mut self) {
        let mut at = start_of(self.text);
        while let Some(line) = line_at(self.text, at)
            && !self.table.stopped()
        {
            at = self.line(line);
        }
    }

    /// Lets the table look for repeated keys where they are wrong.
    fn note(&mut self, key: Key) {
        if self.dialect.unique {
            self.table.note_key(key.name);
        }
    }

    fn finish(&mut self) {
        while self.table.depth() > 1 {
            self.table.close(Some(self.end as u32));
        }
    }

    fn line(&mut self, line: Line<'t>) -> usize {
        let trimmed = line.text.trim();
        let start = line.start + (line.text.len() - line.text.trim_start().len());
        if trimmed.is_empty() {
            return line.next;
        }
        if trimmed.starts_with(['#', ';']) {
            self.table.comment(span(start, start + trimmed.len()));
            return line.next;
        }
        if is_action(trimmed) {
            open_root(&mut self.table, start);
            self.table.mark_open_partial();
            return line.next;
        }
        if trimmed.starts_with('[') {
            self.section(trimmed, start);
            return line.next;
        }
        self.entry(line, trimmed, start)
    }

    fn section(&mut self, trimmed: &str, start: usize) {
        open_root(&mut self.table, start);
        while self.table.depth() > 2 {
            self.table.close(Some(self.end as u32));
        }
        self.sections += 1;
        // `[remote "a]b"]` is not worth a grammar: names end at the last bracket before a comment.
        let code_len = inline_comment(trimmed);
        let code = trimmed.get(..code_len).unwrap_or(trimmed).trim_end();
        let closed = code.ends_with(']') && code.len() > 1;
        // Telegraf's files are lists of tables in TOML's spelling: `[[outputs.influxdb]]`.
        let brackets = if closed && code.starts_with("[[") && code.ends_with("]]") { 2 } else { 1 };
        let name_end = if closed { code.len() - brackets } else { code.find(']').unwrap_or(code.len()) };
        let name = code.get(brackets..name_end).unwrap_or_default();
        let name_start = start + brackets + (name.len() - name.trim_start().len());
        let name = name.trim();
        if !closed {
            let behind = name_end < code.len();
            let at = span(if behind { start + name_end + 1 } else { start }, start + code.len());
            let message =
                if behind { "text behind the `]` of a section" } else { "section header has no closing `]`" };
            self.table.problem("invalid", ProblemLevel::Error, at, message);
        } else if name.is_empty() {
            let at = span(start, start + code.len());
            self.table.problem("invalid", ProblemLevel::Warning, at, "section has no name");
        }
        let name_span = span(name_start, name_start + name.len());
        let key = key(&mut self.table, name_span, name);
        self.note(key);
        self.table.open(
            head(NodeKind::Mapping, ScalarType::String, Style::Plain, expression_flags(name, false)),
            span(start, start + code.len()),
            key,
        );
        self.end = start + code.len();
        if code_len < trimmed.len() {
            self.table.comment(span(start + code_len, start + trimmed.len()));
        }
    }

    /// A host of an Ansible inventory, as a mapping of its variables.
    fn host(&mut self, line: Line<'t>, trimmed: &'t str, start: usize) -> usize {
        open_root(&mut self.table, start);
        let name = trimmed.split([' ', '\t']).next().unwrap_or_default();
        let key = key(&mut self.table, span(start, start + name.len()), name);
        let node = head(NodeKind::Mapping, ScalarType::String, Style::Plain, 0);
        self.table.open(node, span(start, start + trimmed.len()), key);
        for variable in inventory::variables(trimmed, start) {
            let (text, at) = variable.value;
            let key = super::lines::key(&mut self.table, variable.name.1, variable.name.0);
            let style = match self.text.as_bytes().get(at.start as usize) {
                Some(b'"') => Style::Double,
                Some(b'\'') => Style::Single,
                _ => Style::Plain,
            };
            scalar(&mut self.table, key, at, text, Scalar::string(style, expression_flags(text, false)));
        }
        self.end = start + trimmed.len();
        self.indent = start - line.start;
        self.table.close(Some(self.end as u32));
        line.next
    }

    fn entry(&mut self, line: Line<'t>, trimmed: &'t str, start: usize) -> usize {
        if self.dialect.lone_keys && inventory::is_host(trimmed) {
            return self.host(line, trimmed, start);
        }
        let (key_len, value_at) = self.separator(trimmed);
        let name = trimmed.get(..key_len).unwrap_or(trimmed).trim_end();
        open_root(&mut self.table, start);
        if name.is_empty() {
            let at = span(start, start + trimmed.len());
            self.table.problem("invalid", ProblemLevel::Error, at, "value without a key");
            return line.next;
        }
        self.indent = start - line.start;
        let name_span = span(start, start + name.len());
        let Some(value_at) = value_at else { return self.lone_key(line, trimmed, start) };
        if self.dialect.continuation == Continuation::Backslash && self.sections == 0 {
            let message = format!("`{name}` stands before the first section and is ignored");
            self.table.problem("invalid", ProblemLevel::Warning, name_span, message);
        }
        let key = key(&mut self.table, name_span, name);
        self.note(key);
        let (value, comment, next) = self.value(line, start + value_at);
        self.end = value.end;
        self.emit(key, &value);
        if let Some(comment) = comment {
            self.table.comment(comment);
        }
        next
    }

    /// Where the key ends, and where the value starts if there is a separator.
    fn separator(&self, entry: &str) -> (usize, Option<usize>) {
        let equals = entry.find('=');
        let colon = if self.dialect.colon {
            // `a:b = c` has a colon in its key; `a: b` and `a:` have one behind it.
            let spaced = |at: &usize| {
                entry.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
            };
            entry
                .match_indices(':')
                .map(|(at, _)| at)
                .take(8)
                .find(spaced)
                .or_else(|| if equals.is_none() { entry.find(':') } else { None })
        } else {
            None
        };
        let at = match (equals, colon) {
            (Some(equals), Some(colon)) => Some(equals.min(colon)),
            (found, None) | (None, found) => found,
        };
        match at.or_else(|| included(entry)) {
            Some(at) => (at, Some(at + 1)),
            None => (entry.len(), None),
        }
    }

    fn lone_key(&mut self, line: Line<'t>, trimmed: &'t str, start: usize) -> usize {
        let len = if self.dialect.inline_comments { inline_comment(trimmed) } else { trimmed.len() };
        let name = trimmed.get(..len).unwrap_or(trimmed).trim_end();
        let at = span(start, start + name.len());
        if !self.dialect.lone_keys || self.sections == 0 && !self.inventory {
            self.table.problem(
                "invalid",
                ProblemLevel::Error,
                at,
                "neither a section, a comment nor `key = value`",
            );
            if !self.dialect.lone_keys {
                return line.next;
            }
        }
        self.end = start + name.len();
        let key = key(&mut self.table, at, name);
        scalar(&mut self.table, key, span(self.end, self.end), "", Scalar::absent());
        if len < trimmed.len() {
            self.table.comment(span(start + len, start + trimmed.len()));
        }
        line.next
    }

    fn emit(&mut self, key: Key, value: &Value) {
        let raw = self.text.get(value.start..value.end).unwrap_or_default();
        let decoded = if raw == value.decoded { raw } else { &value.decoded };
        let how = Scalar::string(value.style, expression_flags(decoded, false));
        let at = span(value.start, value.end);
        if value.lines.len() < 2 {
            scalar(&mut self.table, key, at, decoded, how);
            return;
        }
        let node = self.table.open(head(NodeKind::Scalar, how.ty, how.style, how.flags), at, key);
        set_value(&mut self.table, node, decoded);
        for line in &value.lines {
            let text = line.slice(self.text).unwrap_or_default();
            let how = Scalar::string(Style::Plain, expression_flags(text, false));
            scalar(&mut self.table, Key::default(), *line, text, how);
        }
        self.table.close(Some(value.end as u32));
    }

    /// Reads the value that starts at `at` on `line`. Gives it, the comment beside it and the next line's start.
    fn value(&mut self, line: Line<'t>, at: usize) -> (Value, Option<Span>, usize) {
        let rest = self.text.get(at..line.end()).unwrap_or_default();
        let start = at + (rest.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        if self.dialect.continuation == Continuation::Backslash {
            return self.joined(line, start, rest);
        }
        let quoted = self.dialect.quotes.then(|| whole_quotes(rest)).flatten();
        if let Some((len, inner, style)) = quoted {
            let decoded = inner.to_owned();
            let value = Value { start, end: start + len, decoded, style, lines: Vec::new() };
            let behind = rest.get(len..).unwrap_or_default();
            let comment_at = start + rest.len() - behind.trim_start().len();
            let comment =
                (!behind.trim().is_empty()).then(|| span(comment_at, comment_at + behind.trim().len()));
            return (value, comment, line.next);
        }
        let len = if self.dialect.inline_comments { comment_behind(rest) } else { rest.len() };
        let first = rest.get(..len).unwrap_or(rest).trim_end();
        let comment = (len < rest.len())
            .then(|| span(start + len, start + len + rest.get(len..).unwrap_or_default().trim_end().len()));
        let mut value = Value {
            start,
            end: start + first.len(),
            decoded: first.to_owned(),
            style: Style::Plain,
            lines: if first.is_empty() { Vec::new() } else { vec![span(start, start + first.len())] },
        };
        let next = self.indented(line.next, &mut value);
        (value, comment, next)
    }

    /// Adds the lines that are indented further than the key. Comments on lines of their own are left out.
    fn indented(&mut self, mut at: usize, value: &mut Value) -> usize {
        let mut next = at;
        // Without sections nothing but a value is indented, whatever stands in it: Postfix' lists.
        let folded = self.sections == 0 && value.decoded.is_empty();
        while let Some(line) = line_at(self.text, at) {
            at = line.next;
            let text = line.text.trim();
            let indent = line.text.len() - line.text.trim_start().len();
            if text.is_empty() {
                // An empty line belongs to the value only if more of the value follows.
                continue;
            }
            if text.starts_with(['#', ';']) {
                if indent > self.indent {
                    continue;
                }
                break;
            }
            // The colon of an address parts no key from a value: `https://…` in a list of them.
            let scheme = text.find("://").and_then(|at| text.get(..at)).unwrap_or_default();
            let is_address =
                !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+');
            let looks_like_entry = self.dialect.lone_keys
                && !folded
                && !is_address
                && (self.separator(text).1.is_some() || text.starts_with('['));
            if indent <= self.indent || looks_like_entry {
                break;
            }
            let between = span(next, line.start);
            self.comments_in(between);
            if value.lines.is_empty() {
                value.start = line.start + indent;
            }
            value.lines.push(span(line.start + indent, line.start + indent + text.len()));
            value.end = line.start + indent + text.len();
            if !value.decoded.is_empty() {
                value.decoded.push('\n');
            }
            value.decoded.push_str(text);
            next = line.next;
        }
        next
    }

    fn comments_in(&mut self, lines: Span) {
        let mut at = lines.start as usize;
        while let Some(line) = line_at(self.text, at).filter(|line| line.start < lines.end as usize) {
            at = line.next;
            let text = line.text.trim();
            if text.starts_with(['#', ';']) {
                let start = line.start + (line.text.len() - line.text.trim_start().len());
                self.table.comment(span(start, start + text.len()));
            }
        }
    }

    /// A value that goes on behind backslashes; comment lines in between are left out, as systemd does.
    fn joined(&mut self, line: Line<'t>, start: usize, rest: &'t str) -> (Value, Option<Span>, usize) {
        let mut value =
            Value { start, end: start, decoded: String::new(), style: Style::Plain, lines: Vec::new() };
        let (mut text, mut text_start, mut next) = (rest, start, line.next);
        loop {
            // An action between lines that go on leaves no line behind.
            let goes_on = text.ends_with('\\') || !value.decoded.is_empty() && is_action(text);
            let piece = text.strip_suffix('\\').unwrap_or(text).trim_end();
            if !value.decoded.is_empty() && !piece.is_empty() {
                value.decoded.push(' ');
            }
            value.decoded.push_str(piece);
            if !piece.is_empty() {
                value.end = text_start + piece.len();
                value.lines.push(span(text_start, value.end));
            }
            if !goes_on {
                return (value, None, next);
            }
            loop {
                let Some(line) = line_at(self.text, next) else { return (value, None, next) };
                next = line.next;
                text = line.text.trim();
                text_start = line.start + (line.text.len() - line.text.trim_start().len());
                if !text.starts_with(['#', ';']) {
                    break;
                }
                self.table.comment(span(text_start, text_start + text.len()));
            }
        }
    }
}

/// Where a comment behind white space starts, else the length.
fn inline_comment(text: &str) -> usize {
    let mut space = false;
    for (at, byte) in text.bytes().enumerate() {
        if space && matches!(byte, b'#' | b';') {
            return at;
        }
        space = matches!(byte, b' ' | b'\t');
    }
    text.len()
}

/// The same for a value, which may also be nothing but a comment.
fn comment_behind(value: &str) -> usize {
    if value.starts_with(['#', ';'])
        && value.get(1..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    {
        return 0;
    }
    inline_comment(value)
}

/// A value that is one quoted string, maybe with a comment behind it: its length with quotes, its inside, its style.
fn whole_quotes(value: &str) -> Option<(usize, &str, Style)> {
    for (quote, style) in [("\"\"\"", Style::Double), ("\"", Style::Double), ("'", Style::Single)] {
        let Some(inner) = value.strip_prefix(quote) else { continue };
        let len = inner.find(quote)?;
        let behind = inner.get(len + quote.len()..)?.trim_start();
        let whole = behind.is_empty() || behind.starts_with(['#', ';']);
        return whole.then_some((len + 2 * quote.len(), inner.get(..len)?, style));
    }
    None
}

/// Where the key of PostgreSQL's `include_dir 'conf.d'` ends: its files may leave the `=` out, and do so for what they include.
fn included(entry: &str) -> Option<usize> {
    let (key, value) = entry.split_once([' ', '\t'])?;
    let value = value.trim_start();
    (key.starts_with("include") && value.len() > 1 && value.starts_with('\'')).then_some(key.len())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::FileKind;

    #[test]
    fn a_value_below_its_name_is_one_value() {
        let text = "debugger_command =\n\t PATH=/bin\n\t ddd $process_id\nrelayhost =\n  a = 1\n";
        let document = parse(FileKind::Ini, text.to_owned());
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let sections = parse(FileKind::Ini, "[mysqld]\nuser =\n  port = 1\n  x\n".to_owned());
        assert!(sections.problems.is_empty(), "{:?}", sections.problems);
    }
}
