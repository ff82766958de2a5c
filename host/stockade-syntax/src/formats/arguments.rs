//! Arguments of a directive on one logical line, with quotes, for Apache httpd and sshd.
//!
//! A backslash before the line break joins lines: it is passed over in place, so that offsets stay those of the
//! file.

use super::lines::expression_len;
use std::borrow::Cow;
use stockade_model::Style;

/// What the two servers do differently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Characters that a backslash takes the meaning of; before others it stands for itself.
    pub(crate) escapable: &'static [char],
    /// `#` at the start of a word starts a comment.
    pub(crate) comments: bool,
}

/// One argument.
#[derive(Debug)]
pub(crate) struct Argument<'t> {
    pub(crate) start: usize,
    /// Behind the closing quote.
    pub(crate) end: usize,
    pub(crate) decoded: Cow<'t, str>,
    pub(crate) style: Style,
    /// Whether a quote was closed; true without quotes.
    pub(crate) closed: bool,
}

/// The end of the logical line that starts at `start` (without the line break), and the start of the next one.
pub(crate) fn logical_line(text: &str, start: usize) -> (usize, usize) {
    let (mut end, mut next) = (start, start);
    while let Some(line) = super::lines::line_at(text, next) {
        (end, next) = (line.end(), line.next);
        if line.text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0 {
            break;
        }
    }
    (end, next)
}

/// Skips white space and joined line ends from `at`, up to `end`.
pub(crate) fn skip_space(text: &str, mut at: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    while at < end {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'\x0c') => at += 1,
            Some(b'\\') if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 1,
            _ => break,
        }
    }
    at.min(end)
}

/// The argument at or behind `at`, or `None` if only white space or a comment is left before `end`.
pub(crate) fn next_argument<'t>(text: &'t str, at: usize, end: usize, rules: Rules) -> Option<Argument<'t>> {
    let start = skip_space(text, at, end);
    let rest = text.get(start..end).filter(|rest| !rest.is_empty())?;
    if rules.comments && rest.starts_with('#') {
        return None;
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let body_at = start + usize::from(quote.is_some());
    let body = text.get(body_at..end).unwrap_or_default();
    let mut chars = body.char_indices().peekable();
    // Copied only from the first character on that is not taken as it stands.
    let mut copy: Option<String> = None;
    let mut len = body.len();
    let mut closed = quote.is_none();
    // Up to here a template expression goes: white space and quotes in it are its own.
    let mut skip = 0;
    while let Some((offset, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if Some(c) == quote {
            (len, closed) = (offset, true);
            break;
        }
        if skip > offset {
            if let Some(copy) = &mut copy {
                copy.push(c);
            }
            continue;
        }
        if matches!(c, '{' | '<' | '$') {
            skip = offset + expression_len(body.get(offset..).unwrap_or_default());
        }
        if quote.is_none() && c.is_ascii_whitespace() {
            len = offset;
            break;
        }
        if c == '\\'
            && let Some(next) = next
        {
            let copied = || body.get(..offset).unwrap_or_default().to_owned();
            if matches!(next, '\n' | '\r') {
                copy.get_or_insert_with(copied);
                while chars.next_if(|(_, c)| matches!(c, '\n' | '\r')).is_some() {}
                continue;
            }
            if rules.escapable.contains(&next) {
                copy.get_or_insert_with(copied).push(next);
                chars.next();
                continue;
            }
        }
        if let Some(copy) = &mut copy {
            copy.push(c);
        }
    }
    let style = match quote {
        Some('"') => Style::Double,
        Some(_) => Style::Single,
        None => Style::Plain,
    };
    let decoded = copy.map_or_else(|| Cow::Borrowed(body.get(..len).unwrap_or_default()), Cow::Owned);
    let end = body_at + len + usize::from(quote.is_some() && closed);
    Some(Argument { start, end, decoded, style, closed })
}
