//! Names of versions of SSL and TLS.

/// A version of the protocol, older ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// SSL 2.0.
    Ssl2,
    /// SSL 3.0.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// As a message calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl2 => "SSL 2.0",
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    /// Reads `TLSv1.2`, `TLS12`, `VersionTLS12` (Go), `TLSv1_2` (Envoy), `1.2` and `771` (its number on the wire), and
    /// the same of the others.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        let lower = word.to_ascii_lowercase();
        let plain = lower.strip_prefix("version").unwrap_or(&lower);
        if let Some(rest) = plain.strip_prefix("ssl") {
            return match digits(rest).as_str() {
                "2" | "20" => Some(Self::Ssl2),
                "3" | "30" => Some(Self::Ssl3),
                _ => None,
            };
        }
        if let Some(rest) = plain.strip_prefix("tls") {
            return match digits(rest).as_str() {
                "1" | "10" => Some(Self::Tls10),
                "11" => Some(Self::Tls11),
                "12" => Some(Self::Tls12),
                "13" => Some(Self::Tls13),
                _ => None,
            };
        }
        Some(match plain {
            "768" | "0x0300" => Self::Ssl3,
            "1.0" | "769" | "0x0301" => Self::Tls10,
            "1.1" | "770" | "0x0302" => Self::Tls11,
            "1.2" | "771" | "0x0303" => Self::Tls12,
            "1.3" | "772" | "0x0304" => Self::Tls13,
            _ => return None,
        })
    }

    /// Whether the word says by itself that it is a version of TLS or SSL, as `TLSv1` does and `1.0` does not.
    #[must_use]
    pub fn is_unmistakable(word: &str) -> bool {
        let lower = word.to_ascii_lowercase();
        (lower.contains("tls") || lower.contains("ssl")) && Self::read(word).is_some()
    }
}

/// What stands behind `tls` or `ssl`, without what may stand between: `v1_0` is `10`.
fn digits(rest: &str) -> String {
    let rest = rest.trim_start_matches(['_', '-', ' ']);
    let rest = rest.strip_prefix('v').unwrap_or(rest).trim_start_matches(['_', '-', ' ']);
    rest.chars().filter(|c| !matches!(c, '.' | '_')).collect()
}

/// `TLSv1.2` in the spelling of an older version: `1.0` becomes `1.2`, `VersionTLS10` becomes `VersionTLS12`.
#[must_use]
pub fn as_tls12(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if lower.contains("ssl") {
        return if lower.starts_with("version") { "VersionTLS12" } else { "TLSv1.2" }.to_owned();
    }
    match lower.as_str() {
        "768" | "769" | "770" => return "771".to_owned(),
        _ => {}
    }
    // `TLSv1` has no second number yet, `TLS10` and `TLSv1.0` have.
    let mut ends = lower.chars().rev();
    match (ends.next(), ends.next()) {
        (Some('0' | '1'), Some('.' | '_' | '1' | '0')) => {
            let mut new = word.to_owned();
            new.pop();
            new.push('2');
            new
        }
        _ => format!("{word}.2"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Version, as_tls12};

    #[test]
    fn versions_are_read_in_every_spelling() {
        for (word, version) in [
            ("SSLv2", Version::Ssl2),
            ("VersionSSL30", Version::Ssl3),
            ("TLSv1", Version::Tls10),
            ("1.0", Version::Tls10),
            ("tls1_0", Version::Tls10),
            ("TLSv1_1", Version::Tls11),
            ("VersionTLS11", Version::Tls11),
            ("TLS_1_1", Version::Tls11),
            ("770", Version::Tls11),
            ("TLSv1.2", Version::Tls12),
            ("tls-v1.3", Version::Tls13),
            ("TLS13", Version::Tls13),
        ] {
            assert_eq!(Version::read(word), Some(version), "{word}");
        }
        for word in ["1", "10", "11", "tls", "ssl", "TLS_AES_128_GCM_SHA256", "v1.1", "all", ""] {
            assert_eq!(Version::read(word), None, "{word}");
        }
    }

    #[test]
    fn the_new_version_is_written_as_the_old_one() {
        for (old, new) in [
            ("1.0", "1.2"),
            ("TLSv1", "TLSv1.2"),
            ("TLSv1.1", "TLSv1.2"),
            ("TLS10", "TLS12"),
            ("tls11", "tls12"),
            ("VersionTLS10", "VersionTLS12"),
            ("TLSv1_0", "TLSv1_2"),
            ("769", "771"),
            ("SSLv3", "TLSv1.2"),
            ("VersionSSL30", "VersionTLS12"),
        ] {
            assert_eq!(as_tls12(old), new);
            assert_eq!(Version::read(new), Some(Version::Tls12));
        }
    }
}
