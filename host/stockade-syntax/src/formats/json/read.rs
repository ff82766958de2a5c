//! The reader: one pass, no recursion, goes on after every fault.

use super::{Dialect, scalar};
use crate::limits;
use crate::table::{Key, Parts, TableBuilder, head, shorten};
use stockade_model::{NodeKind, ProblemLevel, ScalarType, Span, Style, flag};

/// An open `{` or `[`.
#[derive(Clone, Copy, Debug)]
struct Frame {
    object: bool,
    opened: usize,
    /// The key whose value comes next.
    key: Option<Key>,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A value, or `]` directly behind `[` or a comma.
    Value,
    /// A key, or `}` directly behind `{` or a comma.
    Key,
    Colon,
    /// `,` or a closing bracket.
    Comma,
    /// Nothing: the value of the document is complete.
    Done,
}

/// Puts template expressions back into a decoded value that stands at a span.
pub(super) type Restore<'r> = &'r dyn Fn(Span, &str) -> Option<String>;

pub(super) struct Reader<'t, 'r> {
    table: TableBuilder<'t>,
    restore: Restore<'r>,
    dialect: Dialect,
    frames: Vec<Frame>,
    at: usize,
    end: usize,
    /// End of the last comma, while nothing stood behind it.
    comma: Option<usize>,
    stop_at_problem: bool,
    scratch: String,
}

impl<'t, 'r> Reader<'t, 'r> {
    pub(super) fn new(text: &'t str, dialect: Dialect, restore: Restore<'r>) -> Self {
        Self {
            table: TableBuilder::new(text),
            restore,
            dialect,
            frames: Vec::new(),
            at: 0,
            end: text.len(),
            comma: None,
            stop_at_problem: false,
            scratch: String::new(),
        }
    }

    pub(super) fn stop_at_problem(&mut self) {
        self.stop_at_problem = true;
    }

    /// Reads the text as one value; what follows it is a problem, but read as well.
    pub(super) fn whole(&mut self) {
        self.skip_mark();
        self.document();
        if self.table.next_id() == 1 && !self.table.stopped() {
            self.fault(Span::new(0, 0), "there is no value");
        }
        let mut reported = false;
        while self.at < self.end && !self.table.stopped() {
            if !reported {
                reported = true;
                let rest = self.line_rest(self.at);
                self.fault(rest, "text behind the end of the value");
            }
            self.document();
        }
        self.judge_comments();
    }

    fn judge_comments(&mut self) {
        if let Some(comment) = self.table.first_comment()
            && !self.dialect.comments
        {
            self.warn(comment, "comments are not allowed in JSON");
        }
    }

    /// Reads each line as a value.
    pub(super) fn lines(&mut self) {
        self.skip_mark();
        let bytes = self.table.text().as_bytes();
        while self.at < bytes.len() && !self.table.stopped() {
            let rest = bytes.get(self.at..).unwrap_or_default();
            self.end = self.at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.document();
            if self.at < self.end && !self.table.stopped() {
                let rest = self.line_rest(self.at);
                self.fault(rest, "text behind the value of this line");
            }
            self.at = self.end + 1;
        }
        self.judge_comments();
    }

    pub(super) fn finish(self) -> Parts {
        self.table.finish()
    }

    fn skip_mark(&mut self) {
        if self.table.text().starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end { self.table.text().as_bytes().get(at).copied() } else { None }
    }

    fn fault(&mut self, span: Span, message: impl Into<String>) {
        self.report(ProblemLevel::Error, span, message);
    }

    fn warn(&mut self, span: Span, message: impl Into<String>) {
        self.report(ProblemLevel::Warning, span, message);
    }

    fn report(&mut self, level: ProblemLevel, span: Span, message: impl Into<String>) {
        self.table.problem("invalid", level, span, message);
        if self.stop_at_problem {
            self.table.stop();
        }
    }

    fn byte_span(&self, at: usize) -> Span {
        let text = self.table.text();
        let len = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span::new(at as u32, (at + len) as u32)
    }

    /// From `at` to the end of its line, without trailing blanks.
    fn line_rest(&self, at: usize) -> Span {
        let rest = self.table.text().get(at..self.end).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        Span::new(at as u32, (at + line.trim_end().len()) as u32)
    }

    /// Reads one value with everything in it.
    fn document(&mut self) {
        let mut next = Next::Value;
        self.comma = None;
        while !self.table.stopped() {
            self.skip_blank();
            let Some(byte) = self.byte(self.at) else { break };
            next = match next {
                Next::Done => return,
                Next::Value => self.value(byte),
                Next::Key => self.key(byte),
                Next::Colon => self.colon(byte),
                Next::Comma => self.separator(byte),
            };
        }
        self.unclosed();
    }

    /// Closes what the end of the text left open.
    fn unclosed(&mut self) {
        if let Some(frame) = self.frames.last().copied() {
            self.table.mark_open_partial();
            if !self.table.stopped() {
                let bracket = if frame.object { '{' } else { '[' };
                let span = Span::new(frame.opened as u32, frame.opened as u32 + 1);
                self.fault(span, format!("`{bracket}` is never closed"));
            }
        }
        while self.frames.pop().is_some() {
            self.table.close(None);
        }
    }

    fn skip_blank(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                // The lenient readers of Java and Perl take the comments of a shell, too.
                b'/' | b'#' => {
                    let start = self.at;
                    let bytes = self.table.text().as_bytes().get(start..self.end).unwrap_or_default();
                    let span = match (byte, bytes.get(1)) {
                        (b'#', _) | (_, Some(b'/')) => self.line_rest(start),
                        (_, Some(b'*')) => {
                            match memchr::memmem::find(bytes.get(2..).unwrap_or_default(), b"*/") {
                                Some(len) => Span::new(start as u32, (start + len + 4) as u32),
                                None => {
                                    let span = self.line_rest(start);
                                    self.fault(span, "the comment is never closed");
                                    Span::new(start as u32, self.end as u32)
                                }
                            }
                        }
                        _ => return,
                    };
                    self.table.comment(span);
                    self.at = span.end as usize;
                    if byte == b'#' && self.dialect.comments && !self.dialect.hashes {
                        self.warn(span, "a comment begins with `//` here");
                    }
                    if self.stop_at_problem {
                        self.warn(span, "comment");
                    }
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, byte: u8) -> Next {
        match byte {
            b'{' | b'[' => self.open(byte == b'{'),
            b'"' | b'\'' => {
                let (span, value, style) = self.string(byte);
                self.leaf(ScalarType::String, style, 0, span, value)
            }
            b']' | b'}' => {
                if self.frames.last().is_some_and(|frame| frame.key.is_some()) {
                    self.missing_value();
                    return Next::Comma;
                }
                self.close(byte)
            }
            b',' => {
                if self.frames.last().is_some_and(|frame| frame.key.is_some()) {
                    self.missing_value();
                    return Next::Comma;
                }
                if self.dialect.template.is_none() {
                    let span = self.byte_span(self.at);
                    self.fault(span, "expected a value before this comma");
                }
                self.at += 1;
                self.comma = None;
                Next::Value
            }
            b':' => {
                let span = self.byte_span(self.at);
                self.fault(span, "`:` is only possible behind a key");
                self.at += 1;
                Next::Value
            }
            _ => self.bareword(),
        }
    }

    fn key(&mut self, byte: u8) -> Next {
        let (span, name) = match byte {
            b'"' | b'\'' => {
                let (span, value, _) = self.string(byte);
                (span, value)
            }
            b'}' | b']' => return self.close(byte),
            b',' => {
                if self.dialect.template.is_none() {
                    let span = self.byte_span(self.at);
                    self.fault(span, "expected a key before this comma");
                }
                self.at += 1;
                self.comma = None;
                return Next::Key;
            }
            b':' | b'{' | b'[' => {
                let span = self.byte_span(self.at);
                self.fault(span, "expected a key in double quotes");
                let span = Span::new(span.start, span.start);
                if byte == b':' {
                    self.at += 1;
                }
                (span, span)
            }
            _ => {
                let span = self.word();
                if !self.dialect.json5 && !self.is_expression(span) {
                    self.fault(span, "a key must stand in double quotes");
                }
                (span, span)
            }
        };
        self.comma = None;
        self.table.note_key(name);
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some(Key { span, name });
        }
        if matches!(byte, b':' | b'{' | b'[') { Next::Value } else { Next::Colon }
    }

    fn colon(&mut self, byte: u8) -> Next {
        if byte == b':' {
            self.at += 1;
            return Next::Value;
        }
        // A key at the end of its entry has no value either, which says more.
        if !matches!(byte, b',' | b'}' | b']') {
            let span = self.byte_span(self.at);
            self.fault(span, "expected `:` behind the key");
        }
        Next::Value
    }

    fn separator(&mut self, byte: u8) -> Next {
        let object = self.frames.last().is_some_and(|frame| frame.object);
        let next = if object { Next::Key } else { Next::Value };
        match byte {
            b',' => {
                self.at += 1;
                self.comma = Some(self.at);
                next
            }
            b'}' | b']' => self.close(byte),
            b':' => {
                let span = self.byte_span(self.at);
                self.fault(span, "expected `,` or a closing bracket");
                self.at += 1;
                next
            }
            _ => {
                if self.dialect.template.is_none() {
                    let span = self.byte_span(self.at);
                    self.fault(span, "expected `,` or a closing bracket");
                }
                next
            }
        }
    }

    fn open(&mut self, object: bool) -> Next {
        let span = Span::new(self.at as u32, self.at as u32);
        if self.table.too_deep() {
            let message = format!("collections are nested deeper than {}", limits::MAX_DEPTH);
            self.table.problem("limit", ProblemLevel::Error, self.byte_span(self.at), message);
            self.table.stop();
            return Next::Done;
        }
        let key = self.take_key();
        let kind = if object { NodeKind::Mapping } else { NodeKind::Sequence };
        self.table.open(head(kind, ScalarType::String, Style::Flow, 0), span, key);
        self.frames.push(Frame { object, opened: self.at, key: None });
        self.at += 1;
        self.comma = None;
        if object { Next::Key } else { Next::Value }
    }

    fn close(&mut self, byte: u8) -> Next {
        let object = byte == b'}';
        let span = self.byte_span(self.at);
        self.at += 1;
        let Some(frame) = self.frames.last().copied() else {
            self.fault(span, format!("`{}` closes nothing", char::from(byte)));
            return Next::Value;
        };
        if frame.object != object {
            let open = if frame.object { '{' } else { '[' };
            if !self.frames.iter().any(|frame| frame.object == object) {
                self.fault(span, format!("`{}` closes nothing: `{open}` is open", char::from(byte)));
                return if frame.key.is_some() { Next::Value } else { Next::Comma };
            }
            self.fault(span, format!("`{open}` is closed by `{}`", char::from(byte)));
            while self.frames.last().is_some_and(|frame| frame.object != object) {
                self.frames.pop();
                self.table.add_flags(self.table.current(), flag::PARTIAL);
                self.table.close(None);
            }
        } else if let Some(comma) = self.comma.take()
            && !self.dialect.comments
            && self.dialect.template.is_none()
        {
            self.warn(Span::new(comma as u32 - 1, comma as u32), "comma behind the last entry");
        }
        self.comma = None;
        self.frames.pop();
        self.table.close(Some(span.end));
        self.after_value()
    }

    fn after_value(&self) -> Next {
        if self.frames.is_empty() { Next::Done } else { Next::Comma }
    }

    fn take_key(&mut self) -> Key {
        self.frames.last_mut().and_then(|frame| frame.key.take()).unwrap_or_default()
    }

    fn leaf(&mut self, ty: ScalarType, style: Style, flags: u8, span: Span, value: Span) -> Next {
        let key = self.take_key();
        self.comma = None;
        self.table.leaf(head(NodeKind::Scalar, ty, style, flags), span, key, value);
        self.after_value()
    }

    /// A key without a value.
    fn missing_value(&mut self) {
        let span = self.byte_span(self.at);
        self.fault(span, "the key before this has no value");
        let key_end = self.frames.last().and_then(|frame| frame.key).map_or(span.start, |key| key.span.end);
        let span = Span::new(key_end, key_end);
        self.leaf(ScalarType::Null, Style::Plain, flag::IMPLICIT, span, span);
    }

    /// Reads a string; `at` is at its quote. Gives its span with quotes, its decoded value and style.
    fn string(&mut self, quote: u8) -> (Span, Span, Style) {
        let text = self.table.text();
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = false;
        let mut closed = false;
        let mut control = None;
        while let Some(byte) = self.byte(at) {
            if byte == quote {
                closed = true;
                break;
            }
            match byte {
                b'\\' => {
                    escaped = true;
                    // The escaped character may be the quote; a line break ends the string all the same.
                    at += if matches!(self.byte(at + 1), Some(b'\n' | b'\r') | None) && !self.dialect.json5 {
                        1
                    } else {
                        2
                    };
                }
                b'\n' | b'\r' => break,
                0..0x20 => {
                    control.get_or_insert(at);
                    at += 1;
                }
                _ => at += 1,
            }
        }
        let body_end = text.floor_char_boundary(at.min(self.end));
        self.at = if closed { body_end + 1 } else { body_end };
        let span = Span::new(start as u32, self.at as u32);
        if !closed {
            self.fault(span, "the string is never closed");
        } else if let Some(control) = control {
            let span = self.byte_span(control);
            self.fault(span, "control character in a string: write it as an escape sequence");
        }
        if quote == b'\'' && !self.dialect.json5 {
            self.fault(span, "strings must stand in double quotes");
        }
        let body = text.get(start + 1..body_end).unwrap_or_default();
        let value = if escaped {
            let mut decoded = std::mem::take(&mut self.scratch);
            decoded.clear();
            if let Some(fault) = scalar::unescape(body, self.dialect.json5, &mut decoded) {
                let base = start as u32 + 1;
                let span = Span::new(base + fault.start as u32, base + fault.end as u32);
                self.fault(span, fault.message);
            }
            let value = match (self.restore)(span, &decoded) {
                Some(restored) => self.table.place(&restored),
                None => self.table.place(&decoded),
            };
            self.scratch = decoded;
            value
        } else {
            Span::new(start as u32 + 1, body_end as u32)
        };
        (span, value, if quote == b'"' { Style::Double } else { Style::Single })
    }

    /// Takes everything up to the next delimiter, at least one character.
    fn word(&mut self) -> Span {
        let start = self.at;
        self.at = self.byte_span(start).end as usize;
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"' => break,
                b'/' if matches!(self.byte(self.at + 1), Some(b'/' | b'*')) => break,
                _ => self.at += 1,
            }
        }
        Span::new(start as u32, self.at as u32)
    }

    fn bareword(&mut self) -> Next {
        let span = self.word();
        let word = span.slice(self.table.text()).unwrap_or_default();
        let ty = match word {
            "null" => Some(ScalarType::Null),
            "true" | "false" => Some(ScalarType::Bool),
            _ => scalar::number(word.as_bytes()),
        };
        let ty = match ty {
            Some(ty) => ty,
            None if self.is_expression(span) => ScalarType::String,
            None => match scalar::json5_number(word.as_bytes()) {
                Some(ty) => {
                    if !self.dialect.json5 {
                        self.fault(span, format!("`{}` is not a number in JSON", shorten(word)));
                    }
                    ty
                }
                None => {
                    let message =
                        format!("`{}` is no value: strings must stand in double quotes", shorten(word));
                    self.fault(span, message);
                    ScalarType::String
                }
            },
        };
        self.leaf(ty, Style::Plain, 0, span, span)
    }

    /// Whether a word holds a template expression.
    fn is_expression(&self, span: Span) -> bool {
        let Some(fill) = self.dialect.template else { return false };
        let word = span.slice(self.table.text()).unwrap_or_default();
        memchr::memmem::find(word.as_bytes(), &[fill; 4]).is_some()
    }
}
