//! Lists of cipher suites, expanded: what a list admits, and which of its words admits it.
//!
//! OpenSSL's strings are a small language (the manual page `ciphers(1)`): words are names of suites or of groups of
//! them, `+` inside a word intersects groups, `!` in front removes for ever, `-` removes, `+` moves to the end, `@`
//! gives commands. GnuTLS' priority strings and lists of IANA names are read here, too.

use super::suite::{Encryption, Exchange, Mac, Suite};

/// A suite that a list admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// What it is made of.
    pub suite: Suite,
    /// Number of the word that admits it.
    pub word: usize,
    /// Its name where the word is the name of a group.
    pub member: Option<&'static str>,
}

/// What a list comes to.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The suites it admits, in the order of the list.
    pub admitted: Vec<Admitted>,
    /// A word has a meaning that depends on the system (`DEFAULT`, `PROFILE=SYSTEM`) or is not known.
    pub open: bool,
    /// How many words are names of suites or groups of them.
    pub understood: usize,
    /// Words that name a group of finite-field Diffie-Hellman.
    pub asks_for_dhe: Option<usize>,
}

/// Exchange and authentication with the ciphers that OpenSSL has for it: the names of what groups stand for. Taken
/// together over its versions 1.0.2 to 3, so that a list is judged for any of them.
const UNIVERSE: [&str; 110] = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-CCM",
    "ECDHE-ECDSA-AES128-CCM",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-CAMELLIA256-SHA384",
    "ECDHE-RSA-CAMELLIA256-SHA384",
    "ECDHE-ECDSA-CAMELLIA128-SHA256",
    "ECDHE-RSA-CAMELLIA128-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-DSS-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-DSS-AES128-GCM-SHA256",
    "DHE-RSA-AES256-CCM",
    "DHE-RSA-AES128-CCM",
    "DHE-RSA-AES256-SHA256",
    "DHE-DSS-AES256-SHA256",
    "DHE-RSA-AES128-SHA256",
    "DHE-DSS-AES128-SHA256",
    "DHE-RSA-CAMELLIA256-SHA256",
    "DHE-RSA-CAMELLIA128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "DHE-RSA-AES256-SHA",
    "DHE-DSS-AES256-SHA",
    "DHE-RSA-AES128-SHA",
    "DHE-DSS-AES128-SHA",
    "DHE-RSA-CAMELLIA256-SHA",
    "DHE-RSA-CAMELLIA128-SHA",
    "ECDH-ECDSA-AES256-GCM-SHA384",
    "ECDH-RSA-AES256-GCM-SHA384",
    "ECDH-ECDSA-AES128-GCM-SHA256",
    "ECDH-RSA-AES128-GCM-SHA256",
    "ECDH-ECDSA-AES256-SHA",
    "ECDH-RSA-AES256-SHA",
    "ECDH-ECDSA-AES128-SHA",
    "ECDH-RSA-AES128-SHA",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-CCM",
    "AES128-CCM",
    "AES256-SHA256",
    "AES128-SHA256",
    "AES256-SHA",
    "AES128-SHA",
    "CAMELLIA256-SHA256",
    "CAMELLIA128-SHA256",
    "CAMELLIA256-SHA",
    "CAMELLIA128-SHA",
    "RSA-PSK-AES256-GCM-SHA384",
    "RSA-PSK-AES128-GCM-SHA256",
    "RSA-PSK-AES256-CBC-SHA",
    "RSA-PSK-AES128-CBC-SHA",
    "DHE-PSK-AES256-GCM-SHA384",
    "DHE-PSK-AES128-GCM-SHA256",
    "DHE-PSK-AES128-CBC-SHA",
    "ECDHE-PSK-CHACHA20-POLY1305",
    "ECDHE-PSK-AES128-CBC-SHA256",
    "ECDHE-PSK-AES128-CBC-SHA",
    "PSK-AES256-GCM-SHA384",
    "PSK-AES128-GCM-SHA256",
    "PSK-AES256-CBC-SHA",
    "PSK-AES128-CBC-SHA",
    "SRP-RSA-AES-256-CBC-SHA",
    "SRP-RSA-AES-128-CBC-SHA",
    "SRP-AES-256-CBC-SHA",
    "SRP-AES-128-CBC-SHA",
    "ADH-AES256-GCM-SHA384",
    "ADH-AES128-GCM-SHA256",
    "ADH-AES256-SHA",
    "ADH-AES128-SHA",
    "ADH-DES-CBC3-SHA",
    "ADH-RC4-MD5",
    "AECDH-AES256-SHA",
    "AECDH-AES128-SHA",
    "AECDH-DES-CBC3-SHA",
    "AECDH-RC4-SHA",
    "ECDHE-ECDSA-DES-CBC3-SHA",
    "ECDHE-RSA-DES-CBC3-SHA",
    "EDH-RSA-DES-CBC3-SHA",
    "EDH-DSS-DES-CBC3-SHA",
    "ECDH-RSA-DES-CBC3-SHA",
    "DES-CBC3-SHA",
    "PSK-3DES-EDE-CBC-SHA",
    "DHE-RSA-SEED-SHA",
    "SEED-SHA",
    "IDEA-CBC-SHA",
    "ECDHE-ECDSA-RC4-SHA",
    "ECDHE-RSA-RC4-SHA",
    "ECDH-RSA-RC4-SHA",
    "RC4-SHA",
    "RC4-MD5",
    "PSK-RC4-SHA",
    "EDH-RSA-DES-CBC-SHA",
    "DES-CBC-SHA",
    "EXP-EDH-RSA-DES-CBC-SHA",
    "EXP-DES-CBC-SHA",
    "EXP-RC2-CBC-MD5",
    "EXP-RC4-MD5",
    "NULL-SHA256",
];

/// Suites without encryption: only `eNULL` and its like name them.
const UNENCRYPTED: [&str; 5] =
    ["NULL-SHA", "NULL-MD5", "ECDHE-RSA-NULL-SHA", "ECDHE-ECDSA-NULL-SHA", "AECDH-NULL-SHA"];

fn bits(suite: &Suite) -> u16 {
    match suite.encryption {
        Encryption::Aes(bits) | Encryption::Camellia(bits) | Encryption::Aria(bits) => bits,
        Encryption::ChaCha20 => 256,
        _ => 0,
    }
}

/// Whether a suite belongs to a group.
type Group = fn(&Suite) -> bool;

/// Which suites a group stands for; `None` for what is no group.
fn group(word: &str) -> Option<Group> {
    use Encryption::*;
    Some(match word {
        "ALL" => |s| s.encryption != Null,
        "COMPLEMENTOFALL" | "eNULL" | "NULL" => |s| s.encryption == Null,
        "HIGH" => |s| bits(s) > 0 && !s.export,
        "MEDIUM" => |s| matches!(s.encryption, Rc4 | TripleDes | Other) && !s.export,
        "LOW" => |s| s.encryption == Des && !s.export,
        "EXP" | "EXPORT" | "EXPORT40" | "EXPORT56" => |s| s.export,
        "COMPLEMENTOFDEFAULT" | "aNULL" => |s| s.anonymous,
        "ADH" => |s| s.anonymous && !s.curves,
        "AECDH" => |s| s.anonymous && s.curves,
        "kRSA" | "RSA" => |s| s.exchange == Exchange::Rsa,
        "aRSA" => |s| !(s.ecdsa || s.dss || s.anonymous || s.shared && s.exchange == Exchange::Static),
        "ECDSA" | "aECDSA" => |s| s.ecdsa,
        "DSS" | "aDSS" => |s| s.dss,
        "kDHE" | "kEDH" | "DH" => |s| s.exchange == Exchange::Dhe,
        "DHE" | "EDH" => |s| s.exchange == Exchange::Dhe && !s.anonymous,
        "kECDHE" | "kEECDH" => |s| s.exchange == Exchange::Ecdhe,
        "ECDHE" | "EECDH" => |s| s.exchange == Exchange::Ecdhe && !s.anonymous,
        "ECDH" => |s| s.curves,
        "kECDH" | "kECDHr" | "kECDHe" | "aECDH" => |s| s.curves && s.exchange == Exchange::Static,
        "kDHr" | "kDHd" | "kDH" | "aDH" => |s| !s.curves && !s.shared && s.exchange == Exchange::Static,
        "PSK" | "kPSK" | "aPSK" | "SRP" | "kSRP" | "aSRP" => |s| s.shared,
        "AES" => |s| matches!(s.encryption, Aes(_)),
        "AES128" => |s| s.encryption == Aes(128),
        "AES256" => |s| s.encryption == Aes(256),
        "AESGCM" => |s| s.gcm && matches!(s.encryption, Aes(_)),
        "AESCCM" | "AESCCM8" => |s| s.ccm,
        "ARIA" | "ARIAGCM" => |s| matches!(s.encryption, Aria(_)),
        "ARIA128" => |s| s.encryption == Aria(128),
        "ARIA256" => |s| s.encryption == Aria(256),
        "CAMELLIA" => |s| matches!(s.encryption, Camellia(_)),
        "CAMELLIA128" => |s| s.encryption == Camellia(128),
        "CAMELLIA256" => |s| s.encryption == Camellia(256),
        "CHACHA20" => |s| s.encryption == ChaCha20,
        "3DES" => |s| s.encryption == TripleDes,
        "DES" => |s| s.encryption == Des,
        "RC4" => |s| s.encryption == Rc4,
        "RC2" => |s| s.encryption == Rc2,
        "IDEA" | "SEED" => |s| s.encryption == Other,
        "MD5" => |s| s.mac == Mac::Md5,
        "SHA1" | "SHA" => |s| s.mac == Mac::Sha1,
        "SHA256" => |s| s.mac == Mac::Sha256,
        "SHA384" => |s| s.mac == Mac::Sha384,
        "TLSv1.2" => |s| matches!(s.mac, Mac::Aead | Mac::Sha256 | Mac::Sha384),
        "TLSv1" | "TLSv1.0" | "SSLv3" => |s| matches!(s.mac, Mac::Sha1 | Mac::Md5),
        "CBC" => |s| s.mac != Mac::Aead && !matches!(s.encryption, Rc4 | Null),
        "SUITEB128" | "SUITEB128ONLY" | "SUITEB192" => |s| s.gcm && s.ecdsa,
        // Nothing in the universe, but nothing unknown either.
        "GOST" | "GOST94" | "GOST89MAC" | "kGOST" | "aGOST" | "aGOST01" | "SSLv2" | "KRB5" | "kKRB5"
        | "FZA" | "kFZA" | "aKRB5" | "TLSv1.3" | "SSL" => |_| false,
        _ => return None,
    })
}

/// Expands a list, given as its words without separators.
#[must_use]
pub fn expand(words: &[&str]) -> Expanded {
    if is_gnutls(words) {
        return gnutls(words);
    }
    let mut out = Expanded::default();
    let mut banned: Vec<Vec<Group>> = Vec::new();
    let mut banned_names: Vec<&str> = Vec::new();
    // What is removed for ever may be removed before it is added.
    for word in words.iter().filter_map(|word| word.strip_prefix('!')) {
        match groups(word) {
            Some(groups) => banned.push(groups),
            None => banned_names.push(word),
        }
    }
    let is_banned = |suite: &Suite, name: &str| {
        banned.iter().any(|groups| groups.iter().all(|group| group(suite))) || banned_names.contains(&name)
    };
    for (number, word) in words.iter().enumerate() {
        if word.starts_with(['!', '@', '+', '%']) || word.is_empty() {
            out.understood += usize::from(word.len() > 1);
            continue;
        }
        if let Some(gone) = word.strip_prefix('-') {
            if let Some(groups) = groups(gone) {
                out.admitted.retain(|a| !groups.iter().all(|group| group(&a.suite)));
                out.understood += 1;
            }
            continue;
        }
        let plain = word.split('@').next().unwrap_or(word);
        if let Some(suite) = Suite::read(plain) {
            out.understood += 1;
            if !is_banned(&suite, plain) {
                if suite.exchange == Exchange::Dhe && !suite.anonymous {
                    out.asks_for_dhe.get_or_insert(number);
                }
                out.admitted.push(Admitted { suite, word: number, member: None });
            }
        } else if let Some(groups) = groups(plain) {
            out.understood += 1;
            let mut any_dhe = false;
            for name in UNIVERSE.iter().chain(&UNENCRYPTED) {
                let Some(suite) = Suite::read(name) else { continue };
                let fits = groups.iter().all(|group| group(&suite));
                let known = out.admitted.iter().any(|a| a.member == Some(name));
                if fits && !known && !is_banned(&suite, name) {
                    any_dhe |= suite.exchange == Exchange::Dhe && !suite.anonymous;
                    out.admitted.push(Admitted { suite, word: number, member: Some(name) });
                }
            }
            if any_dhe && plain.split('+').any(|part| matches!(part, "DHE" | "EDH" | "kDHE" | "kEDH" | "DH"))
            {
                out.asks_for_dhe.get_or_insert(number);
            }
        } else {
            // `DEFAULT`, `PROFILE=SYSTEM`, and what a later OpenSSL may know.
            out.open = true;
        }
    }
    out
}

/// The groups that a word such as `ECDHE+AESGCM` intersects.
fn groups(word: &str) -> Option<Vec<Group>> {
    word.split('+').take(8).map(group).collect()
}

/// A priority string of GnuTLS begins with one of its keywords.
fn is_gnutls(words: &[&str]) -> bool {
    let keywords =
        ["NORMAL", "PERFORMANCE", "SECURE128", "SECURE192", "SECURE256", "PFS", "LEGACY", "NONE", "SECURE"];
    words.first().is_some_and(|first| keywords.contains(first))
}

/// Algorithms of a priority string: there are no suites to expand to, so each word stands for one it makes possible.
fn gnutls(words: &[&str]) -> Expanded {
    let mut out = Expanded { open: true, understood: words.len(), ..Expanded::default() };
    for (number, word) in words.iter().enumerate() {
        let name = match word.strip_prefix('+') {
            Some("ARCFOUR-128") => "RC4-SHA",
            Some("ARCFOUR-40") => "EXP-RC4-MD5",
            Some("3DES-CBC") => "DES-CBC3-SHA",
            Some("DES-CBC") => "DES-CBC-SHA",
            Some("NULL") => "NULL-SHA",
            Some("MD5") => "RC4-MD5",
            Some("ANON-DH") => "ADH-AES128-SHA",
            Some("ANON-ECDH") => "AECDH-AES128-SHA",
            _ => continue,
        };
        // Written, and taken back later.
        let back = ["-", "!"].iter().any(|sign| {
            words.iter().any(|other| {
                other.strip_prefix(sign).is_some_and(|gone| Some(gone) == word.strip_prefix('+'))
            })
        });
        if let Some(suite) = Suite::read(name).filter(|_| !back) {
            out.admitted.push(Admitted { suite, word: number, member: Some(name) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Expanded, UNENCRYPTED, UNIVERSE, expand};
    use crate::cipher::suite::{Exchange, Suite};

    fn list(text: &str) -> Expanded {
        expand(&text.split(':').collect::<Vec<_>>())
    }

    fn first_broken(text: &str) -> Option<&'static str> {
        list(text).admitted.iter().find_map(|a| a.suite.broken())
    }

    #[test]
    fn every_name_of_the_universe_is_one() {
        for name in UNIVERSE.iter().chain(&UNENCRYPTED) {
            assert!(Suite::read(name).is_some(), "{name}");
        }
    }

    #[test]
    fn exclusions_hold_wherever_they_stand() {
        assert_eq!(first_broken("ALL:!aNULL:!eNULL:!EXPORT:!LOW:!MEDIUM:!MD5"), None);
        assert_eq!(first_broken("!RC4:!aNULL:RC4-SHA:HIGH"), None);
        assert_eq!(first_broken("HIGH:!aNULL:!MD5"), None);
        assert_eq!(first_broken("ALL:!EXP:!LOW:!MD5:!ADH:!3DES:!AECDH"), Some("RC4"));
        assert_eq!(first_broken("HIGH"), Some("no authentication"));
        assert_eq!(first_broken("ALL:!aNULL:-RC4:-3DES:-LOW:-EXP:-MEDIUM"), None);
    }

    #[test]
    fn words_with_a_plus_intersect() {
        let modern = list("ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL");
        assert!(!modern.admitted.is_empty() && modern.asks_for_dhe.is_none());
        assert!(
            modern.admitted.iter().all(|a| a.suite.exchange == Exchange::Ecdhe && a.suite.dated().is_none())
        );
        assert_eq!(list("ECDHE+AESGCM:EDH+AESGCM").asks_for_dhe, Some(1));
    }

    #[test]
    fn what_the_system_decides_stays_open() {
        for text in ["DEFAULT", "DEFAULT@SECLEVEL=2", "PROFILE=SYSTEM", "DEFAULT:!RC4"] {
            let list = list(text);
            assert!(list.open && list.admitted.is_empty(), "{text}");
        }
        assert!(!list("HIGH:@STRENGTH").open);
    }

    #[test]
    fn priority_strings_of_gnutls_are_read() {
        assert_eq!(first_broken("NORMAL:+ARCFOUR-128:%COMPAT"), Some("RC4"));
        assert_eq!(first_broken("NORMAL:-VERS-ALL:+VERS-TLS1.2:-3DES-CBC"), None);
        assert_eq!(first_broken("SECURE256:+3DES-CBC:-3DES-CBC"), None);
    }
}
