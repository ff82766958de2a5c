//! Cuts an expression into tokens.

use super::{Fault, Stop};

/// A piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// A name, which may hold `:` and `.`-less letters and digits.
    Name(&'t str),
    Number,
    /// `5m`, `1h30m`.
    Duration,
    /// Its text with the quotes.
    Text(&'t str),
    /// An operator or bracket.
    Sign(&'static str),
}

/// The sign that a text begins with, the longer one where two fit.
fn sign(rest: &[u8]) -> Option<&'static str> {
    Some(match (rest.first()?, rest.get(1)) {
        (b'=', Some(b'=')) => "==",
        (b'!', Some(b'=')) => "!=",
        (b'<', Some(b'=')) => "<=",
        (b'>', Some(b'=')) => ">=",
        (b'=', Some(b'~')) => "=~",
        (b'!', Some(b'~')) => "!~",
        (b'(', _) => "(",
        (b')', _) => ")",
        (b'{', _) => "{",
        (b'}', _) => "}",
        (b'[', _) => "[",
        (b']', _) => "]",
        (b',', _) => ",",
        (b':', _) => ":",
        (b'@', _) => "@",
        (b'+', _) => "+",
        (b'-', _) => "-",
        (b'*', _) => "*",
        (b'/', _) => "/",
        (b'%', _) => "%",
        (b'^', _) => "^",
        (b'<', _) => "<",
        (b'>', _) => ">",
        (b'=', _) => "=",
        _ => return None,
    })
}

/// Bytes of the name that a text begins with.
fn name_length(rest: &str, with_colons: bool) -> usize {
    let is_of_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || (*b == b':' && with_colons);
    rest.as_bytes().iter().position(|b| !is_of_name(b)).unwrap_or(rest.len())
}

/// The tokens with their offsets.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, usize)>, Stop> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    // Inside brackets a colon parts range and step; elsewhere it belongs to names.
    let mut brackets = 0_usize;
    while let Some(byte) = bytes.get(at).copied() {
        let rest = text.get(at..).unwrap_or_default();
        let (token, length) = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            // Log queries filter with a bar, and templates begin with a dollar.
            b'|' | b'$' | b'~' | b'\\' | b'?' => return Err(Stop::Other),
            b'"' | b'\'' | b'`' => {
                let length = string(rest, at)?;
                (Token::Text(rest.get(..length).unwrap_or_default()), length)
            }
            b'0'..=b'9' | b'.' => number(rest, at)?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = name_length(rest, brackets == 0);
                (Token::Name(rest.get(..length).unwrap_or_default()), length)
            }
            b':' if brackets == 0 => {
                let length = name_length(rest, true);
                (Token::Name(rest.get(..length).unwrap_or_default()), length)
            }
            _ => match sign(rest.as_bytes()) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => {
                    let c = rest.chars().next().unwrap_or_default();
                    return Err(fault(at, format!("`{c}` stands for nothing")));
                }
            },
        };
        match token {
            Token::Sign("[") => brackets += 1,
            Token::Sign("]") => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        found.push((token, at));
        at += length;
    }
    Ok(found)
}

pub(super) fn fault(at: usize, why: String) -> Stop {
    Stop::Fault(Fault { at, why })
}

/// Length of a quoted text. Its escapes are those of Go.
fn string(rest: &str, at: usize) -> Result<usize, Stop> {
    let quote = rest.chars().next().unwrap_or_default();
    let mut chars = rest.char_indices().skip(1);
    while let Some((offset, c)) = chars.next() {
        if c == quote {
            return Ok(offset + 1);
        }
        if c == '\n' && quote != '`' {
            break;
        }
        if c == '\\' && quote != '`' {
            match chars.next() {
                Some((_, 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | 'x' | 'u' | 'U' | '0'..='7')) => {}
                Some((_, escaped)) if escaped == quote => {}
                Some((_, escaped)) => {
                    let why = format!("`\\{escaped}` is no escape; write `\\\\{escaped}`");
                    return Err(fault(at + offset, why));
                }
                None => break,
            }
        }
    }
    Err(fault(at, format!("the text that begins with {quote} has no end")))
}

/// A number or a duration.
fn number(rest: &str, at: usize) -> Result<(Token<'static>, usize), Stop> {
    let end = |text: &str, test: &dyn Fn(char) -> bool| text.find(|c| !test(c)).unwrap_or(text.len());
    if rest.starts_with("0x") || rest.starts_with("0X") {
        let digits = end(rest.get(2..).unwrap_or_default(), &|c| c.is_ascii_hexdigit() || c == '_');
        return Ok((Token::Number, 2 + digits));
    }
    let mut length = end(rest, &|c| c.is_ascii_digit() || c == '.' || c == '_');
    let tail = rest.get(length..).unwrap_or_default();
    let mut duration = false;
    if tail.starts_with(['e', 'E']) {
        let signed = tail.get(1..).unwrap_or_default();
        let sign = usize::from(signed.starts_with(['+', '-']));
        let digits = end(signed.get(sign..).unwrap_or_default(), &|c| c.is_ascii_digit());
        if digits == 0 {
            return Err(fault(at, "a number has no digits behind its e".to_owned()));
        }
        length += 1 + sign + digits;
    } else {
        loop {
            let tail = rest.get(length..).unwrap_or_default();
            let unit = ["ms", "s", "m", "h", "d", "w", "y"].iter().find(|unit| tail.starts_with(**unit));
            let Some(unit) = unit else { break };
            duration = true;
            length += unit.len();
            let digits = end(rest.get(length..).unwrap_or_default(), &|c| c.is_ascii_digit());
            if digits == 0 {
                break;
            }
            length += digits;
        }
    }
    let text = rest.get(..length).unwrap_or_default();
    let tail = rest.get(length..).unwrap_or_default();
    // `5i`, `1Ki`: other languages have further units.
    if tail.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return if tail.starts_with(['i', 'K', 'M', 'G', 'T', 'k', 'g', 't']) {
            Err(Stop::Other)
        } else {
            Err(fault(at, format!("{text}{} is no number", tail.chars().next().unwrap_or_default())))
        };
    }
    if text == "." || text.matches('.').count() > 1 {
        return Err(fault(at, format!("{text} is no number")));
    }
    Ok((if duration { Token::Duration } else { Token::Number }, length))
}
