//! Scalars without and with quotes.

use super::messages as say;
use super::node::Scalar;
use super::read::{Broken, Reader, Step};
use stockade_model::{Span, Style};

/// Bytes at which a scalar without quotes may end, outside of brackets.
const ENDS_PLAIN: [bool; 256] = table(b":#");
/// The same inside of brackets.
const ENDS_FLOW_PLAIN: [bool; 256] = table(b":#,[]{}");
/// Bytes that end a run of ordinary characters in double quotes, and in single quotes.
const SPECIAL_DOUBLE: [bool; 256] = table(b"\"\\");
const SPECIAL_SINGLE: [bool; 256] = table(b"'");

/// The given bytes, line breaks and the control characters that YAML forbids.
const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 32 {
        table[i] = i != b'\t' as usize;
        i += 1;
    }
    table[127] = true;
    i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
}

/// The line behind a line break inside a scalar, blank lines skipped.
struct NextLine {
    /// Offsets of its start and of its first character that is no blank.
    line: usize,
    text: usize,
    /// Spaces it starts with.
    indent: i32,
    /// Whether tabs stand before its text.
    tab: bool,
    /// Line breaks before it.
    breaks: usize,
}

impl Reader<'_, '_> {
    /// Whether a scalar without quotes can start with `byte`, which is at `pos`.
    pub(super) fn starts_plain(&mut self, byte: u8) -> Step {
        let at = self.pos;
        match byte {
            b'@' | b'%' | b'|' | b'>' | b'&' | b'!' | 0..=0x1f | 0x7f => {
                let message = say::character(char::from(byte));
                Err(self.fail(at, message))
            }
            b'`' => Err(self.fail(at, say::BACKTICK)),
            b',' => Err(self.fail(at, say::COMMA)),
            b']' | b'}' => Err(self.fail(at, say::CLOSING)),
            b'#' => Err(self.fail(at, say::COMMENT)),
            b'?' if self.is_white(at + 1) => Err(self.fail(at, say::KEY)),
            _ => Ok(()),
        }
    }

    /// Reads a scalar without quotes from `start` to the end of its line at most. Gives its end, without trailing blanks;
    /// `pos` is where it stopped: at a line break, a `:`, a comment, a bracket or comma.
    pub(super) fn plain_line(&mut self, start: usize, in_flow: bool) -> usize {
        let bytes = self.bytes;
        let ends = if in_flow { &ENDS_FLOW_PLAIN } else { &ENDS_PLAIN };
        let mut at = start;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(len) = rest.iter().position(|byte| ends[*byte as usize]) else {
                at = bytes.len();
                break;
            };
            at += len;
            let stops = match self.byte(at) {
                b':' => self.is_white(at + 1) || in_flow && self.ends_plain(at + 1),
                b'#' => at > start && matches!(self.byte(at - 1), b' ' | b'\t'),
                _ => true,
            };
            if stops {
                break;
            }
            at += 1;
        }
        self.pos = at;
        while at > start && matches!(self.byte(at - 1), b' ' | b'\t') {
            at -= 1;
        }
        at
    }

    /// Goes on with a scalar without quotes whose first line is `start..end`, onto the lines that belong to it. They are
    /// indented deeper than `parent`.
    pub(super) fn plain(&mut self, parent: i32, start: usize, end: usize, in_flow: bool) -> Step<Scalar> {
        let mut span = Span::new(start as u32, end as u32);
        let mut one_line = true;
        while matches!(self.byte(self.pos), b'\n' | b'\r') {
            let next = self.next_line(self.pos);
            (self.pos, self.line, self.tab) = (next.text, next.line, next.tab);
            let byte = self.byte(next.text);
            let goes_on = self.pos < self.bytes.len()
                && (next.indent > parent || in_flow)
                && byte != b'#'
                && !(next.text == next.line && self.is_marker(next.line))
                && !(in_flow && matches!(byte, b',' | b'[' | b']' | b'{' | b'}'))
                && !(byte == b':'
                    && if in_flow { self.ends_plain(next.text + 1) } else { self.is_white(next.text + 1) });
            if !goes_on {
                break;
            }
            if one_line {
                one_line = false;
                self.scratch.clear();
                self.scratch.push_str(self.text.get(start..end).unwrap_or_default());
            }
            self.fold(next.breaks);
            let end = self.plain_line(next.text, in_flow);
            self.scratch.push_str(self.text.get(next.text..end).unwrap_or_default());
            span.end = end as u32;
        }
        if self.byte(self.pos).is_ascii_control()
            && !matches!(self.byte(self.pos), b'\n' | b'\r' | b'\t')
            && !self.at_end()
        {
            return Err(self.forbidden(self.pos));
        }
        let value = if one_line { span } else { self.place_scratch(span) };
        Ok(Scalar { span, value, style: Style::Plain })
    }

    /// A control character inside a scalar.
    fn forbidden(&mut self, at: usize) -> Broken {
        let character = char::from(self.byte(at)).escape_default();
        self.fail(
            at,
            format!("control character `{character}`: write it as an escape sequence in double quotes"),
        )
    }

    /// One line break becomes a space, more become one less.
    fn fold(&mut self, breaks: usize) {
        if breaks <= 1 {
            self.scratch.push(' ');
        }
        for _ in 1..breaks {
            self.scratch.push('\n');
        }
    }

    /// The first line with text behind the line break at `at`, or the end of the text.
    fn next_line(&self, at: usize) -> NextLine {
        let mut next = NextLine { line: at, text: at, indent: 0, tab: false, breaks: 0 };
        while matches!(self.byte(next.text), b'\n' | b'\r') {
            next.breaks += 1;
            next.line = self.behind_break(next.text);
            next.text = next.line;
            while self.byte(next.text) == b' ' {
                next.text += 1;
            }
            next.indent = (next.text - next.line) as i32;
            next.tab = false;
            while matches!(self.byte(next.text), b' ' | b'\t') {
                next.tab = true;
                next.text += 1;
            }
        }
        next
    }

    /// The scalar whose opening quote is at `pos`. Its lines are indented deeper than `parent`, but for those in
    /// brackets, where nobody insists, and where it is closed all the same.
    pub(super) fn quoted(&mut self, parent: i32, in_flow: bool) -> Step<Scalar> {
        let start = self.pos;
        let quote = self.byte(start);
        let is_double = quote == b'"';
        let (special, style) =
            if is_double { (&SPECIAL_DOUBLE, Style::Double) } else { (&SPECIAL_SINGLE, Style::Single) };
        let bytes = self.bytes;
        let mut at = start + 1;
        // Copied up to here; nothing is as long as the value is a slice of the text.
        let mut from = at;
        let mut copied = false;
        // Blanks before this place in `scratch` were written as escapes: folding leaves them alone.
        let mut kept = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(len) = rest.iter().position(|byte| special[*byte as usize]) else {
                return Err(self.fail(start, say::OPEN_QUOTE));
            };
            at += len;
            let byte = self.byte(at);
            if byte == quote && (is_double || self.byte(at + 1) != b'\'') {
                break;
            }
            if !copied {
                copied = true;
                self.scratch.clear();
            }
            self.scratch.push_str(self.text.get(from..at).unwrap_or_default());
            match byte {
                b'\'' => {
                    self.scratch.push('\'');
                    at += 2;
                }
                b'\n' | b'\r' => {
                    let text = self.scratch.get(kept..).unwrap_or_default();
                    let trimmed = kept + text.trim_end_matches([' ', '\t']).len();
                    self.scratch.truncate(trimmed);
                    at = self.quoted_break(at, parent, in_flow, false)?;
                    kept = self.scratch.len();
                }
                b'\\' if matches!(self.byte(at + 1), b'\n' | b'\r') => {
                    at = self.quoted_break(at + 1, parent, in_flow, true)?;
                    kept = self.scratch.len();
                }
                b'\\' => {
                    at = self.escape(at)?;
                    kept = self.scratch.len();
                }
                _ => return Err(self.forbidden(at)),
            }
            from = at;
        }
        self.pos = at + 1;
        let span = Span::new(start as u32, self.pos as u32);
        let value = if copied {
            self.scratch.push_str(self.text.get(from..at).unwrap_or_default());
            self.place_scratch(span)
        } else {
            Span::new(from as u32, at as u32)
        };
        Ok(Scalar { span, value, style })
    }

    /// The line break at `at` inside quotes; gives where the text goes on. `escaped`: a backslash stands before it.
    fn quoted_break(&mut self, at: usize, parent: i32, in_flow: bool, escaped: bool) -> Step<usize> {
        let next = self.next_line(at);
        if next.text >= self.bytes.len() {
            return Err(self.fail(self.pos, say::OPEN_QUOTE));
        }
        let marker = next.text == next.line && self.is_marker(next.line);
        if marker || !in_flow && next.indent <= parent && !self.is_closed_loosely(next.text) {
            return Err(self.fail(next.text, say::QUOTE_INDENTATION));
        }
        self.line = next.line;
        if escaped {
            for _ in 1..next.breaks {
                self.scratch.push('\n');
            }
        } else {
            self.fold(next.breaks);
        }
        Ok(next.text)
    }

    /// The escape sequence whose backslash is at `at`; gives the offset behind it.
    fn escape(&mut self, at: usize) -> Step<usize> {
        let character = match self.byte(at + 1) {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0b',
            b'f' => '\x0c',
            b'r' => '\r',
            b'e' => '\x1b',
            b' ' => ' ',
            b'"' => '"',
            b'/' => '/',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.hex_escape(at, 2),
            b'u' => return self.hex_escape(at, 4),
            b'U' => return self.hex_escape(at, 8),
            _ => return Err(self.fail(at, say::ESCAPE)),
        };
        self.scratch.push(character);
        Ok(at + 2)
    }

    fn hex_escape(&mut self, at: usize, digits: usize) -> Step<usize> {
        let number = |at: usize| {
            let digits = self.text.get(at..at + digits)?;
            let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            valid.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
        };
        let Some(first) = number(at + 2) else { return Err(self.fail(at, say::HEX_ESCAPE)) };
        let mut end = at + 2 + digits;
        let mut code = first;
        // JSON writes characters beyond 16 bits as two halves.
        if digits == 4
            && (0xd800..0xdc00).contains(&first)
            && self.bytes.get(end..end + 2) == Some(b"\\u")
            && let Some(second @ 0xdc00..0xe000) = number(end + 2)
        {
            code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            end += 2 + digits;
        }
        let Some(character) = char::from_u32(code) else { return Err(self.fail(at, say::HEX_ESCAPE)) };
        self.scratch.push(character);
        Ok(end)
    }
}
