//! Numbers, barewords and the escapes of strings.

use stockade_model::ScalarType;

/// The type of a number, or none where it breaks the grammar of RFC 8259, section 6.
pub(super) fn number(bytes: &[u8]) -> Option<ScalarType> {
    let unsigned = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let (whole, rest) = digits(unsigned);
    if whole == 0 || (whole > 1 && unsigned.first() == Some(&b'0')) {
        return None;
    }
    let (rest, mut ty) = match rest {
        [b'.', rest @ ..] => match digits(rest) {
            (0, _) => return None,
            (_, rest) => (rest, ScalarType::Float),
        },
        _ => (rest, ScalarType::Int),
    };
    let rest = match rest {
        [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => match digits(rest) {
            (0, _) => return None,
            (_, rest) => {
                ty = ScalarType::Float;
                rest
            }
        },
        _ => rest,
    };
    rest.is_empty().then_some(ty)
}

/// The type of a number that only JSON5 allows.
pub(super) fn json5_number(bytes: &[u8]) -> Option<ScalarType> {
    let unsigned = match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        _ => bytes,
    };
    match unsigned {
        b"Infinity" | b"NaN" => return Some(ScalarType::Float),
        [b'0', b'x' | b'X', rest @ ..] => {
            return (!rest.is_empty() && rest.iter().all(u8::is_ascii_hexdigit)).then_some(ScalarType::Int);
        }
        _ => {}
    }
    if let Some(ty) = number(unsigned) {
        return Some(ty);
    }
    // `.5` and `5.`, with or without an exponent.
    let (whole, rest) = digits(unsigned);
    let (fraction, rest) = digits(rest.strip_prefix(b".")?);
    if whole + fraction == 0 {
        return None;
    }
    let ok = match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => matches!(digits(rest), (1.., [])),
        _ => false,
    };
    ok.then_some(ScalarType::Float)
}

/// The number of leading digits and what follows them.
fn digits(bytes: &[u8]) -> (usize, &[u8]) {
    let count = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    (count, bytes.get(count..).unwrap_or_default())
}

/// A fault of an escape sequence: byte offsets into the string's body and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EscapeFault {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) message: &'static str,
}

/// Decodes the body of a string (between its quotes) into `out`. A bad escape stands for its own text.
pub(super) fn unescape(body: &str, json5: bool, out: &mut String) -> Option<EscapeFault> {
    let mut fault = None;
    let mut rest = body;
    while let Some(slash) = memchr::memchr(b'\\', rest.as_bytes()) {
        let at = body.len() - rest.len() + slash;
        out.push_str(rest.get(..slash).unwrap_or_default());
        let escape = rest.get(slash + 1..).unwrap_or_default();
        let mut blame = |len: usize, message| {
            fault.get_or_insert(EscapeFault { start: at, end: at + len, message });
        };
        let Some(character) = escape.chars().next() else {
            rest = "";
            break;
        };
        let mut taken = character.len_utf8();
        match character {
            '"' | '\\' | '/' => out.push(character),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => match unit(escape.get(1..)) {
                None => {
                    out.push_str("\\u");
                    blame(2, "`\\u` must be followed by four hexadecimal digits");
                }
                Some(first) => {
                    taken = 5;
                    let second = escape.get(5..).and_then(|next| unit(next.strip_prefix("\\u")));
                    if let Some(character) = char::from_u32(u32::from(first)) {
                        out.push(character);
                    } else if let (0xd800..0xdc00, Some(second @ 0xdc00..0xe000)) = (first, second) {
                        let pair =
                            0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
                        out.push(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
                        taken = 11;
                    } else {
                        out.push(char::REPLACEMENT_CHARACTER);
                        blame(6, "half of a surrogate pair");
                    }
                }
            },
            // A line continuation gives nothing.
            '\n' if json5 => {}
            _ if json5 => out.push(character),
            _ => {
                out.push('\\');
                out.push(character);
                blame(1 + taken, "unknown escape sequence");
            }
        }
        rest = escape.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    fault
}

fn unit(digits: Option<&str>) -> Option<u16> {
    let digits = digits?.get(..4)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for text in ["0", "-0", "10", "-12"] {
            assert_eq!(number(text.as_bytes()), Some(ScalarType::Int), "{text}");
        }
        for text in ["0.5", "-0.0", "1e5", "1E-5", "12.5e+10"] {
            assert_eq!(number(text.as_bytes()), Some(ScalarType::Float), "{text}");
        }
        for text in ["", "-", "01", "+1", ".5", "5.", "1e", "1e+", "0x1", "1.e1", "--1", "1a", "NaN"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        for text in ["+1", "0xfF", "-0x1", "12"] {
            assert_eq!(json5_number(text.as_bytes()), Some(ScalarType::Int), "{text}");
        }
        for text in [".5", "5.", "+.5e3", "Infinity", "-NaN"] {
            assert_eq!(json5_number(text.as_bytes()), Some(ScalarType::Float), "{text}");
        }
        for text in [".", "", "0x", "abc", "1.e", "+"] {
            assert_eq!(json5_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn escapes() {
        let decode = |body: &str| {
            let mut out = String::new();
            let fault = unescape(body, false, &mut out);
            (out, fault.map(|f| (f.start, f.end)))
        };
        assert_eq!(decode(r#"a\n\"\\\/\u0041é"#), ("a\n\"\\/Aé".into(), None));
        assert_eq!(decode(r"\ud83d\ude00!"), ("\u{1f600}!".into(), None));
        assert_eq!(decode(r"x\ud83d!"), ("x\u{fffd}!".into(), Some((1, 7))));
        assert_eq!(decode(r"\ude00\ud83d"), ("\u{fffd}\u{fffd}".into(), Some((0, 6))));
        assert_eq!(decode(r"\u00zz"), (r"\u00zz".into(), Some((0, 2))));
        assert_eq!(decode(r"\é\q"), (r"\é\q".into(), Some((0, 3))));
        assert_eq!(decode(r"\u+123"), (r"\u+123".into(), Some((0, 2))));
    }
}
