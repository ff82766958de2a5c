//! Env files: `KEY=value` a line, with shell-like quotes, as Docker Compose and the dotenv libraries read them.
//!
//! The libraries disagree in corners. Where they do, the reading that keeps a value visible to rules is taken:
//! quotes may span lines, `#` starts a comment behind white space, `export` and white space around `=` are
//! allowed. Values are not expanded: `${X:-y}` stays as written and is flagged. A line that is not understood
//! is a problem, and reading goes on with the next line.

use super::lines::{
    Line, Scalar, expression_flags, is_action, key, line_at, open_root, repeats_are_wrong, scalar, span,
    start_of,
};
use crate::table::{Key, TableBuilder};
use stockade_model::{Document, ProblemLevel, Style};

/// Parses an env file.
pub(crate) fn parse(text: String) -> Document {
    let parts = {
        let mut parser = Parser { table: TableBuilder::new(&text), text: &text, unclosed: [usize::MAX; 3] };
        parser.run();
        parser.table.finish()
    };
    parts.into_document(text, repeats_are_wrong)
}

struct Parser<'t> {
    table: TableBuilder<'t>,
    text: &'t str,
    /// Per kind of quote: from here on no closing one follows. Keeps a file of unclosed quotes linear.
    unclosed: [usize; 3],
}

/// A quoted value: where its quotes end, and what it says.
struct Quoted {
    end: usize,
    decoded: String,
    style: Style,
    flags: u8,
}

impl<'t> Parser<'t> {
    fn run(&mut self) {
        let mut at = start_of(self.text);
        while let Some(line) = line_at(self.text, at)
            && !self.table.stopped()
        {
            at = self.line(line).max(line.next);
        }
    }

    /// Reads the entry that starts on `line` and gives where the next one may start.
    fn line(&mut self, line: Line<'t>) -> usize {
        let trimmed = line.text.trim_start();
        let indent = line.text.len() - trimmed.len();
        let start = line.start + indent;
        if trimmed.is_empty() {
            return line.next;
        }
        if trimmed.starts_with('#') {
            self.table.comment(span(start, line.start + line.text.trim_end().len()));
            return line.next;
        }
        if is_action(trimmed) {
            // What the template adds is not known.
            open_root(&mut self.table, start);
            self.table.mark_open_partial();
            return line.next;
        }
        let (name_start, entry) =
            strip_export(trimmed).map_or((start, trimmed), |(skipped, rest)| (start + skipped, rest));
        let name_len = entry
            .find(|c: char| c == '=' || c == ':' || c == '#' || c.is_whitespace())
            .unwrap_or(entry.len());
        let name = entry.get(..name_len).unwrap_or_default();
        let name_span = span(name_start, name_start + name_len);
        let behind = entry.get(name_len..).unwrap_or_default();
        let separator = behind.trim_start();
        let value_at = name_start + entry.len() - separator.len() + 1;
        if name.is_empty() || !is_name(name) {
            self.invalid(name_start, line, "expected `KEY=value`");
            return line.next;
        }
        match separator.chars().next() {
            Some('=') => {}
            Some(':') => self.table.problem(
                "invalid",
                ProblemLevel::Warning,
                span(value_at - 1, value_at),
                format!("`{name}` is followed by `:` where most readers want `=`"),
            ),
            None | Some('#') => {
                self.absent(start, name_span, name, separator, line);
                return line.next;
            }
            Some(_) => {
                self.invalid(name_start, line, "expected `=` behind the name");
                return line.next;
            }
        }
        open_root(&mut self.table, start);
        let key = key(&mut self.table, name_span, name);
        self.table.note_key(key.name);
        self.value(line, value_at, key)
    }

    fn invalid(&mut self, start: usize, line: Line<'t>, message: &str) {
        let end = line.start + line.text.trim_end().len();
        self.table.problem("invalid", ProblemLevel::Error, span(start, end.max(start)), message);
    }

    /// `KEY` alone: the value comes from the environment of whoever reads the file.
    fn absent(&mut self, start: usize, at: stockade_model::Span, name: &str, behind: &str, line: Line<'t>) {
        open_root(&mut self.table, start);
        let key = key(&mut self.table, at, name);
        self.table.note_key(key.name);
        scalar(&mut self.table, key, span(at.end as usize, at.end as usize), "", Scalar::absent());
        if behind.starts_with('#') {
            self.comment_at(line.end() - behind.len(), line.end());
        }
    }

    fn comment_at(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default().trim_end();
        self.table.comment(span(start, start + text.len()));
    }

    /// Reads the value that starts behind the separator at `at`; gives where the next entry may start.
    fn value(&mut self, line: Line<'t>, at: usize, key: Key) -> usize {
        let rest = self.text.get(at..line.end()).unwrap_or_default();
        let value = rest.trim_start();
        let start = at + rest.len() - value.len();
        let quote = value.bytes().next().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        if let Some(quote) = quote {
            if let Some(quoted) = self.quoted(start, quote) {
                let how = Scalar::string(quoted.style, quoted.flags);
                scalar(&mut self.table, key, span(start, quoted.end), &quoted.decoded, how);
                return self.behind_quote(quoted.end);
            }
            self.table.problem(
                "invalid",
                ProblemLevel::Error,
                span(start, line.start + line.text.trim_end().len()),
                "quote is not closed",
            );
        }
        let comment = comment_start(value, rest.len() > value.len());
        let plain = value.get(..comment).unwrap_or(value).trim_end();
        let how = Scalar::string(Style::Plain, expression_flags(plain, true));
        scalar(&mut self.table, key, span(start, start + plain.len()), plain, how);
        if comment < value.len() {
            self.comment_at(start + comment, line.end());
        }
        line.next
    }

    /// What may follow a closing quote on its line: a comment.
    fn behind_quote(&mut self, end: usize) -> usize {
        let Some(line) = line_at(self.text, end) else { return end };
        let behind = line.text.trim_start();
        let start = line.end() - behind.len();
        if behind.starts_with('#') {
            self.comment_at(start, line.end());
        } else if !behind.is_empty() {
            let message = "text behind the closing quote: readers disagree about what the value is";
            let end = start + behind.trim_end().len();
            self.table.problem("invalid", ProblemLevel::Warning, span(start, end), message);
        }
        line.next
    }

    /// The quoted text that starts at `start`, or `None` if it has no end.
    fn quoted(&mut self, start: usize, quote: u8) -> Option<Quoted> {
        let memo = self.unclosed.get_mut(match quote {
            b'"' => 0,
            b'\'' => 1,
            _ => 2,
        })?;
        if start >= *memo {
            return None;
        }
        let body = self.text.get(start + 1..)?;
        let Some(len) = closing(body.as_bytes(), quote) else {
            *memo = start;
            return None;
        };
        let inner = body.get(..len)?;
        // `A="x` above `B="y"`: the quote that closes A opens B. A forgotten quote, not a value of two lines.
        if let Some((_, last)) = inner.rsplit_once('\n') {
            let last = last.trim();
            let last = strip_export(last).map_or(last, |(_, rest)| rest);
            if last.strip_suffix('=').is_some_and(|name| is_name(name.trim_end())) {
                return None;
            }
        }
        let end = start + len + 2;
        Some(match quote {
            // An escaped dollar starts no expansion.
            b'"' => Quoted {
                end,
                decoded: unescape(inner),
                style: Style::Double,
                flags: expression_flags(&inner.replace(r"\\", "").replace(r"\$", ""), true),
            },
            quote => Quoted {
                end,
                decoded: inner.to_owned(),
                style: if quote == b'`' { Style::Literal } else { Style::Single },
                flags: template_flags(inner),
            },
        })
    }
}

/// Offset of the quote that closes; only a double quote can be escaped.
fn closing(body: &[u8], quote: u8) -> Option<usize> {
    if quote != b'"' {
        return memchr::memchr(quote, body);
    }
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', body.get(at..)?)?;
        if body.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// The escapes of a double-quoted value. Others keep their backslash.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let mut behind = rest.get(at + 1..).unwrap_or_default().chars();
        match behind.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(c @ ('"' | '\\' | '$' | '`')) => out.push(c),
            Some('\n') => {}
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
        rest = behind.as_str();
    }
    out.push_str(rest);
    out
}

/// A single-quoted value is not expanded by readers, but a template renders it all the same.
fn template_flags(value: &str) -> u8 {
    if value.contains("{{") || value.contains("<%") { expression_flags(value, false) } else { 0 }
}

/// Where the comment of an unquoted value starts: at a `#` at its start or behind white space.
fn comment_start(value: &str, spaced: bool) -> usize {
    let mut space = spaced;
    for (at, byte) in value.bytes().enumerate() {
        if byte == b'#' && space {
            return at;
        }
        space = byte == b' ' || byte == b'\t';
    }
    value.len()
}

/// The number of bytes of a leading `export` with the white space behind it, and the rest.
fn strip_export(entry: &str) -> Option<(usize, &str)> {
    let rest = entry.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']))?.trim_start();
    // `export = x` assigns to a variable of that name.
    (!rest.starts_with(['=', ':'])).then_some((entry.len() - rest.len(), rest))
}

/// Letters, digits and `_`, and what the libraries let through besides; a template expression is fine too.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '[' | ']');
    !name.is_empty() && (name.chars().all(plain) || name.contains("{{") || name.contains("${"))
}
