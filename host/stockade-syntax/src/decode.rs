//! Bytes of a file to text.

use std::fmt;

/// How a file's text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 behind a byte order mark, which stays the first character of the text.
    Utf8Bom,
    /// UTF-16, low byte first, behind a byte order mark.
    Utf16Le,
    /// UTF-16, high byte first, behind a byte order mark.
    Utf16Be,
}

/// A file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text. For UTF-8 its offsets are those of the file, byte order mark included; for UTF-16 they are those
    /// of the text written in UTF-8, without the mark.
    pub text: String,
    /// How it was encoded.
    pub encoding: Encoding,
}

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeProblem {
    /// There is a zero byte: this is no text file.
    Binary {
        /// Offset of the first zero byte.
        at: usize,
    },
    /// The bytes are neither UTF-8 nor marked as UTF-16.
    NotUtf8 {
        /// Offset of the first byte that does not fit.
        at: usize,
    },
    /// UTF-16 with an unpaired surrogate or half a unit.
    NotUtf16 {
        /// Offset of the first byte that does not fit.
        at: usize,
    },
}

impl fmt::Display for DecodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary { at } => write!(f, "binary: zero at byte {at}"),
            Self::NotUtf8 { at } => write!(f, "not UTF-8 at byte {at}"),
            Self::NotUtf16 { at } => write!(f, "not UTF-16 at byte {at}"),
        }
    }
}

impl std::error::Error for DecodeProblem {}

/// Reads the bytes of a file as text.
///
/// UTF-8 costs one pass and no copy. UTF-16 is recognised by its byte order mark alone: guessing by the
/// distribution of zeros would read some binary files as text.
///
/// # Errors
/// [`DecodeProblem`] where the bytes are no text; each names the first offending byte.
pub fn decode(bytes: Vec<u8>) -> Result<Decoded, DecodeProblem> {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes, Encoding::Utf16Le),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes, Encoding::Utf16Be),
        _ => {}
    }
    if let Some(at) = memchr::memchr(0, &bytes) {
        return Err(DecodeProblem::Binary { at });
    }
    let encoding = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { Encoding::Utf8Bom } else { Encoding::Utf8 };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text, encoding }),
        Err(error) => Err(DecodeProblem::NotUtf8 { at: error.utf8_error().valid_up_to() }),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: Encoding) -> Result<Decoded, DecodeProblem> {
    const MARK: usize = 2;
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut at = MARK;
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok('\0') => return Err(DecodeProblem::Binary { at }),
            Ok(character) => {
                text.push(character);
                at += character.len_utf16() * 2;
            }
            Err(_) => return Err(DecodeProblem::NotUtf16 { at }),
        }
    }
    if rest.is_empty() { Ok(Decoded { text, encoding }) } else { Err(DecodeProblem::NotUtf16 { at }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<(String, Encoding), DecodeProblem> {
        decode(bytes.to_vec()).map(|decoded| (decoded.text, decoded.encoding))
    }

    #[test]
    fn utf8_keeps_its_mark() {
        assert_eq!(text("grün".as_bytes()), Ok(("grün".into(), Encoding::Utf8)));
        assert_eq!(text("\u{feff}a".as_bytes()), Ok(("\u{feff}a".into(), Encoding::Utf8Bom)));
        assert_eq!(text(b""), Ok((String::new(), Encoding::Utf8)));
    }

    #[test]
    fn utf16_of_both_orders() {
        let wanted = "a\u{1f600}ü\n";
        for (encoding, mark) in [(Encoding::Utf16Le, [0xff, 0xfe]), (Encoding::Utf16Be, [0xfe, 0xff])] {
            let mut bytes = mark.to_vec();
            for unit in wanted.encode_utf16() {
                bytes.extend(if encoding == Encoding::Utf16Le {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                });
            }
            assert_eq!(text(&bytes), Ok((wanted.into(), encoding)));
        }
    }

    #[test]
    fn broken_bytes_are_named() {
        assert_eq!(text(b"ab\xffc"), Err(DecodeProblem::NotUtf8 { at: 2 }));
        assert_eq!(text(b"ab\0"), Err(DecodeProblem::Binary { at: 2 }));
        assert_eq!(text(b"\xff\xfea\0\0\xd8b\0"), Err(DecodeProblem::NotUtf16 { at: 4 }));
        assert_eq!(text(b"\xff\xfea\0b"), Err(DecodeProblem::NotUtf16 { at: 4 }));
        assert_eq!(text(b"\xff\xfea\0\0\0"), Err(DecodeProblem::Binary { at: 4 }));
        assert_eq!(DecodeProblem::NotUtf8 { at: 7 }.to_string(), "not UTF-8 at byte 7");
    }
}
