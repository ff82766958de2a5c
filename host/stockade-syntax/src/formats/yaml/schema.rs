//! The type of a plain scalar under the core schema of YAML 1.2.2 (section 10.3.2), and the words that were
//! booleans in YAML 1.1 (<https://yaml.org/type/bool.html>) only.

use stockade_model::{ScalarType, flag};

/// Type and flags of a plain (unquoted, untagged) scalar.
pub(crate) fn resolve(text: &str) -> (ScalarType, u8) {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return (ScalarType::Null, 0) };
    // Most scalars are words: their first letter or length rules every other type out.
    let ty = match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(bytes),
        b'~' if bytes.len() == 1 => Some(ScalarType::Null),
        b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' if bytes.len() <= 5 => {
            return word(text);
        }
        _ => None,
    };
    (ty.unwrap_or(ScalarType::String), 0)
}

fn word(text: &str) -> (ScalarType, u8) {
    match text {
        "null" | "Null" | "NULL" => (ScalarType::Null, 0),
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => (ScalarType::Bool, 0),
        "y" | "Y" | "yes" | "Yes" | "YES" | "n" | "N" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off"
        | "Off" | "OFF" => (ScalarType::String, flag::YAML11_BOOL),
        _ => (ScalarType::String, 0),
    }
}

/// `[-+]? [0-9]+`, `0o[0-7]+`, `0x[0-9a-fA-F]+`, floats, infinities and not-a-number.
fn number(bytes: &[u8]) -> Option<ScalarType> {
    match bytes {
        [b'0', b'o', rest @ ..] => {
            return (!rest.is_empty() && rest.iter().all(|b| matches!(b, b'0'..=b'7')))
                .then_some(ScalarType::Int);
        }
        [b'0', b'x', rest @ ..] => {
            return (!rest.is_empty() && rest.iter().all(u8::is_ascii_hexdigit)).then_some(ScalarType::Int);
        }
        b".nan" | b".NaN" | b".NAN" => return Some(ScalarType::Float),
        _ => {}
    }
    let unsigned = match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        _ => bytes,
    };
    if matches!(unsigned, b".inf" | b".Inf" | b".INF") {
        return Some(ScalarType::Float);
    }
    let (whole, rest) = digits(unsigned);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => {
            let (count, rest) = digits(rest);
            (Some(count), rest)
        }
        _ => (None, rest),
    };
    if whole == 0 && fraction.unwrap_or(0) == 0 {
        return None;
    }
    match rest {
        [] if fraction.is_none() => Some(ScalarType::Int),
        [] => Some(ScalarType::Float),
        [b'e' | b'E', exponent @ ..] => {
            let unsigned = match exponent {
                [b'+' | b'-', rest @ ..] => rest,
                _ => exponent,
            };
            matches!(digits(unsigned), (1.., [])).then_some(ScalarType::Float)
        }
        _ => None,
    }
}

/// The number of leading digits and what follows them.
fn digits(bytes: &[u8]) -> (usize, &[u8]) {
    let count = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    (count, bytes.get(count..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema_types() {
        let cases = [
            (ScalarType::Null, "~ null Null NULL"),
            (ScalarType::Bool, "true True TRUE false False FALSE"),
            (ScalarType::Int, "0 12 -3 +4 0o17 0xFf 007 1234567890123456789012"),
            (ScalarType::Float, "1.5 -1. .5 1e3 1.5E-7 .inf -.Inf +.INF .nan .NaN 0.0"),
            (
                ScalarType::String,
                "nUll tRue 0o8 0x 0xg 1_000 1:30 -- - + . .e1 1e 1e+ 12ab +-1 -0x1 -0o7 .Nan 2001-01-01 1.2.3 e3 \
                 yEs oN",
            ),
        ];
        for (ty, words) in cases {
            for word in words.split_whitespace() {
                assert_eq!(resolve(word), (ty, 0), "{word}");
            }
        }
        assert_eq!(resolve(""), (ScalarType::Null, 0));
    }

    #[test]
    fn yaml_1_1_booleans_are_flagged_strings() {
        for word in "y Y yes Yes YES n N no No NO on On ON off Off OFF".split(' ') {
            assert_eq!(resolve(word), (ScalarType::String, flag::YAML11_BOOL), "{word}");
        }
    }
}
