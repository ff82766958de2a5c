//! Alphabets of tokens, checksums over them, and how random a text looks.

use stockade_sdk::secrecy::holds_any;

/// Which bytes a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `_` and `-`.
    Url,
    /// `a` to `f` and digits, in lower case.
    Hex,
    /// `A` to `Z` and `2` to `7`.
    Base32,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
    /// Letters, digits, `_`, `-` and `=`.
    Base64Url,
    /// Digits.
    Digits,
    /// Upper-case letters and digits.
    Upper,
    /// Letters, digits, `_`, `~`, `.` and `-`: of Azure's secrets.
    Secret,
}

impl Alphabet {
    /// Whether a byte belongs to it.
    pub(crate) fn has(self, byte: u8) -> bool {
        match self {
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Base32 => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Base64Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'='),
            Self::Digits => byte.is_ascii_digit(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Secret => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'.' | b'-'),
        }
    }
}

/// CRC-32 as in zlib and PNG (polynomial 0xEDB88320, reflected), bit by bit: tokens are short.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// Whether the last six characters are the base-62 form of the CRC-32 of what stands before them: the tail that GitHub
/// and npm give their tokens ("Behind GitHub's new authentication token formats", GitHub blog, 2021).
pub(crate) fn has_checksum(body: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((front, tail)) = body.len().checked_sub(6).map(|at| body.split_at(at)) else { return false };
    let mut rest = crc32(front);
    tail.iter().rev().all(|byte| {
        let digit = DIGITS.get((rest % 62) as usize);
        rest /= 62;
        digit == Some(byte)
    })
}

/// Shannon entropy in bits per byte. A random text of `n` letters comes near `log2(n)`, bounded by its alphabet.
pub(crate) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = bytes.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n) / all).map(|p| -p * p.log2()).sum()
}

/// Whether a text looks drawn at random: no runs, not the same few letters, no words that examples are made of.
pub(crate) fn looks_random(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let made_up = [
        "example",
        "xxxx",
        "your",
        "placeholder",
        "dummy",
        "fake",
        "redacted",
        "changeme",
        "0000000",
        "1234567890",
        "abcdef",
        "deadbeef",
        "insert",
    ];
    if holds_any(&lower, &made_up) {
        return false;
    }
    // Three quarters of what so many different letters could give at most, and never more than four bits.
    let most = (bytes.len() as f64).log2().min(5.2);
    entropy(bytes) >= (most * 0.68).min(3.5)
}

#[cfg(test)]
mod tests {
    use super::{crc32, entropy, has_checksum, looks_random};

    #[test]
    fn checksums_are_those_of_the_formats() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // A made-up body with the tail that belongs to it, and the same with one letter changed.
        let body = b"zQw7RkT2mVb9XcN4hLp8JsD5fGy3Ae";
        let mut tail = [0_u8; 6];
        let mut rest = crc32(body);
        for slot in tail.iter_mut().rev() {
            *slot = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(rest % 62) as usize];
            rest /= 62;
        }
        let mut token = [body.as_slice(), &tail].concat();
        assert!(has_checksum(&token));
        token[3] ^= 1;
        assert!(!has_checksum(&token));
        assert!(!has_checksum(b"abc"));
    }

    #[test]
    fn repetition_and_words_are_not_random() {
        assert!(entropy(b"aaaa") < 0.01);
        assert!(looks_random("k7Pq2vXw9LmZ4tRb"));
        for text in ["aaaaaaaaaaaaaaaa", "xxxxxxxxxxxxxxxxxxxx", "AKIAIOSFODNN7EXAMPLE", "short"] {
            assert!(!looks_random(text), "{text}");
        }
    }
}
