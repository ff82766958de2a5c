//! Cuts an nginx configuration into words, with its rules for quotes and backslashes.

use crate::formats::lines::expression_len;
use std::borrow::Cow;
use stockade_model::Style;

/// A word as written and as nginx sees it.
#[derive(Debug)]
pub(super) struct Word<'t> {
    pub(super) start: usize,
    /// Behind the closing quote.
    pub(super) end: usize,
    pub(super) decoded: Cow<'t, str>,
    pub(super) style: Style,
    /// What is wrong with it, and the offset of the character that shows it.
    pub(super) problem: Option<(usize, &'static str)>,
}

/// Reads words from a text.
#[derive(Debug)]
pub(super) struct Words<'t> {
    text: &'t str,
    /// End of the last word.
    end: usize,
    /// From here on no closing double, single quote follows: a file of unclosed quotes stays linear.
    unclosed: [usize; 2],
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, end: 0, unclosed: [usize::MAX; 2] }
    }

    /// Where the last word ended.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// The word that starts at `at`, which is no white space, `;`, brace or comment.
    pub(super) fn read(&mut self, at: usize) -> Word<'t> {
        let word = match self.text.as_bytes().get(at) {
            Some(b'"') => self.quoted(at, b'"'),
            Some(b'\'') => self.quoted(at, b'\''),
            _ => self.plain(at),
        };
        self.end = word.end;
        word
    }

    fn quoted(&mut self, start: usize, quote: u8) -> Word<'t> {
        let style = if quote == b'"' { Style::Double } else { Style::Single };
        let body = self.text.get(start + 1..).unwrap_or_default();
        let [double, single] = &mut self.unclosed;
        let memo = if quote == b'"' { double } else { single };
        let closed = if start >= *memo { None } else { closing(body.as_bytes(), quote) };
        let Some(len) = closed else {
            *memo = start.min(*memo);
            // Reading goes on behind the line, so that one forgotten quote does not cost the rest of the file.
            let line = body.split(['\n', '\r']).next().unwrap_or_default().trim_end();
            let inner = line.strip_suffix(';').unwrap_or(line);
            return Word {
                start,
                end: start + 1 + inner.len(),
                decoded: unescape(inner),
                style,
                problem: Some((start, "quote is not closed")),
            };
        };
        let end = start + len + 2;
        let fine = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b'}' | b')');
        let glued = self.text.as_bytes().get(end).is_some_and(|byte| !fine(byte));
        let problem = glued.then_some((end - 1, "closing quote must be followed by white space, `;` or `{`"));
        Word { start, end, decoded: unescape(body.get(..len).unwrap_or_default()), style, problem }
    }

    fn plain(&self, start: usize) -> Word<'t> {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' => break,
                // Whatever follows the backslash is part of the word.
                b'\\' => at += 2,
                b'$' if bytes.get(at + 1) == Some(&b'{') => at += 2,
                b'{' | b'<' => match expression_len(self.text.get(at..).unwrap_or_default()) {
                    0 if *byte == b'{' => break,
                    len => at += len.max(1),
                },
                _ => at += 1,
            }
        }
        let mut end = at.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        // A brace at the start is an expression that has no end; it must not be read again and again.
        let end = if end == start { start + 1 } else { end };
        let raw = self.text.get(start..end).unwrap_or_default();
        Word { start, end, decoded: unescape(raw), style: Style::Plain, problem: None }
    }
}

fn closing(body: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(quote, b'\\', body.get(at..)?)?;
        if body.get(at) == Some(&quote) {
            return Some(at);
        }
        at += 2;
    }
}

/// nginx knows `\"`, `\'`, `\\`, `\t`, `\r` and `\n`; other backslashes stay (regular expressions need them).
fn unescape(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(c @ ('"' | '\'' | '\\')) => out.push(c),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('n') => out.push('\n'),
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}
