//! Cipher suites by their names: OpenSSL's (`ECDHE-RSA-AES128-GCM-SHA256`), IANA's as Go and Java use them
//! (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`, `SSL_RSA_WITH_RC4_128_MD5`).
//!
//! Both spell out what a suite is made of, so names are read, not looked up: a suite that nobody listed here is judged
//! as well. What is no name of a suite (ciphers of SSH, OpenVPN or disks) is refused.

/// How the two sides agree on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Encrypted with the server's long-lived RSA key: whoever gets that key later reads all of the past.
    Rsa,
    /// Ephemeral Diffie-Hellman over a finite field.
    Dhe,
    /// Ephemeral Diffie-Hellman over an elliptic curve.
    Ecdhe,
    /// Diffie-Hellman with a key from the certificate, or a shared key alone.
    Static,
    /// TLS 1.3, where the exchange is not part of the suite and always ephemeral.
    Separate,
}

/// The cipher of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// None.
    Null,
    /// RC2.
    Rc2,
    /// RC4.
    Rc4,
    /// DES with its 56 bits.
    Des,
    /// DES three times over.
    TripleDes,
    /// AES, with its bits.
    Aes(u16),
    /// Camellia, with its bits.
    Camellia(u16),
    /// ARIA, with its bits.
    Aria(u16),
    /// ChaCha20.
    ChaCha20,
    /// IDEA, SEED, GOST and others that no list should hold, but that nobody broke in practice.
    Other,
}

/// The hash that authenticates records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mac {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// The cipher does it itself: GCM, CCM, Poly1305.
    Aead,
}

/// What a suite is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Key exchange.
    pub exchange: Exchange,
    /// Without a certificate or key of the other side.
    pub anonymous: bool,
    /// Weakened for the export rules of the nineties.
    pub export: bool,
    /// Cipher.
    pub encryption: Encryption,
    /// GCM.
    pub gcm: bool,
    /// CCM.
    pub ccm: bool,
    /// Hash.
    pub mac: Mac,
    /// `ECDSA` in its name.
    pub ecdsa: bool,
    /// `DSS` in its name.
    pub dss: bool,
    /// Elliptic curves in the exchange.
    pub curves: bool,
    /// A shared key or a password takes part.
    pub shared: bool,
}

impl Suite {
    /// Reads a name; `None` for what is no name of a suite.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let name = name.rsplit('.').next().unwrap_or(name);
        // Names of suites are in capitals but for IANA's `anon`; those of SSH and of disks are not.
        if name.len() > 80 || name.bytes().any(|b| b.is_ascii_lowercase()) && !name.contains("_anon_") {
            return None;
        }
        match name.strip_prefix("TLS_").or_else(|| name.strip_prefix("SSL_")) {
            Some(rest) => match rest.split_once("_WITH_") {
                Some((exchange, cipher)) => Self::from_words(exchange.split('_'), cipher.split('_'), true),
                None => Self::from_words([].into_iter(), rest.split('_'), false),
            },
            None if name.contains('_') => None,
            None => Self::from_words([].into_iter(), name.split('-'), true),
        }
    }

    /// From the words of a name. `old`: of TLS 1.2 or before, where no exchange means RSA.
    fn from_words<'a>(
        exchange: impl Iterator<Item = &'a str>,
        cipher: impl Iterator<Item = &'a str>,
        old: bool,
    ) -> Option<Self> {
        let mut suite = Self {
            exchange: if old { Exchange::Rsa } else { Exchange::Separate },
            anonymous: false,
            export: false,
            encryption: Encryption::Other,
            gcm: false,
            ccm: false,
            mac: Mac::Aead,
            ecdsa: false,
            dss: false,
            curves: false,
            shared: false,
        };
        let (mut encrypted, mut poly, mut mac, mut fused) = (false, false, None, false);
        for (number, word) in exchange.chain(cipher).enumerate() {
            if number > 10 {
                return None;
            }
            match word {
                "ECDHE" | "EECDH" => (suite.exchange, suite.curves) = (Exchange::Ecdhe, true),
                "DHE" | "EDH" => suite.exchange = Exchange::Dhe,
                "ADH" => (suite.exchange, suite.anonymous) = (Exchange::Dhe, true),
                "AECDH" => (suite.exchange, suite.anonymous, suite.curves) = (Exchange::Ecdhe, true, true),
                "ECDH" => (suite.exchange, suite.curves) = (Exchange::Static, true),
                "DH" | "KRB5" | "GOST94" | "GOST2001" | "GOST2012" => suite.exchange = Exchange::Static,
                "ANON" | "anon" => suite.anonymous = true,
                "PSK" | "SRP" => {
                    suite.shared = true;
                    if suite.exchange == Exchange::Rsa && number == 0 {
                        suite.exchange = Exchange::Static;
                    }
                }
                "RSA" | "MIT" => {}
                "ECDSA" => suite.ecdsa = true,
                "DSS" => suite.dss = true,
                "EXP" | "EXP1024" | "EXPORT" | "EXPORT1024" => suite.export = true,
                "NULL" => (suite.encryption, encrypted) = (Encryption::Null, true),
                "RC2" => (suite.encryption, encrypted) = (Encryption::Rc2, true),
                "RC4" => (suite.encryption, encrypted) = (Encryption::Rc4, true),
                "DES" | "DES40" => (suite.encryption, encrypted) = (Encryption::Des, true),
                "3DES" | "CBC3" | "EDE3" => (suite.encryption, encrypted) = (Encryption::TripleDes, true),
                "AES" => (suite.encryption, encrypted) = (Encryption::Aes(0), true),
                "AES128" => (suite.encryption, encrypted, fused) = (Encryption::Aes(128), true, true),
                "AES256" => (suite.encryption, encrypted, fused) = (Encryption::Aes(256), true, true),
                "CAMELLIA" => (suite.encryption, encrypted) = (Encryption::Camellia(0), true),
                "CAMELLIA128" => (suite.encryption, encrypted) = (Encryption::Camellia(128), true),
                "CAMELLIA256" => (suite.encryption, encrypted) = (Encryption::Camellia(256), true),
                "ARIA" => (suite.encryption, encrypted) = (Encryption::Aria(0), true),
                "ARIA128" => (suite.encryption, encrypted) = (Encryption::Aria(128), true),
                "ARIA256" => (suite.encryption, encrypted) = (Encryption::Aria(256), true),
                "CHACHA20" => (suite.encryption, encrypted) = (Encryption::ChaCha20, true),
                "IDEA" | "SEED" | "GOST89" => encrypted = true,
                "128" | "256" => {
                    let bits = if word == "128" { 128 } else { 256 };
                    suite.encryption = match suite.encryption {
                        Encryption::Aes(_) => Encryption::Aes(bits),
                        Encryption::Camellia(_) => Encryption::Camellia(bits),
                        Encryption::Aria(_) => Encryption::Aria(bits),
                        other => other,
                    };
                }
                "40" | "56" | "64" | "EDE" | "CBC" | "8" => {}
                "GCM" => suite.gcm = true,
                "CCM" | "CCM8" => suite.ccm = true,
                "POLY1305" => poly = true,
                "MD5" => mac = Some(Mac::Md5),
                "SHA" | "SHA1" => mac = Some(Mac::Sha1),
                "SHA256" => mac = Some(Mac::Sha256),
                "SHA384" => mac = Some(Mac::Sha384),
                _ => return None,
            }
        }
        // Without a hash a name may as well be that of a cipher for something else (`AES-256-GCM` of OpenVPN).
        let whole = mac.is_some() || poly || suite.ccm && fused;
        if suite.exchange == Exchange::Static && suite.anonymous {
            // `TLS_DH_anon_WITH_…` is ephemeral, and as useless.
            suite.exchange = if suite.curves { Exchange::Ecdhe } else { Exchange::Dhe };
        }
        suite.mac = if suite.gcm || suite.ccm || poly { Mac::Aead } else { mac? };
        (encrypted && whole).then_some(suite)
    }

    /// Whether past connections stay secret when the server's key gets out.
    #[must_use]
    pub fn has_forward_secrecy(&self) -> bool {
        matches!(self.exchange, Exchange::Dhe | Exchange::Ecdhe | Exchange::Separate)
    }

    /// What makes the suite worthless: a word or two.
    #[must_use]
    pub fn broken(&self) -> Option<&'static str> {
        Some(match self.encryption {
            Encryption::Null => "no encryption",
            _ if self.anonymous => "no authentication",
            _ if self.export => "an export cipher",
            Encryption::Rc2 => "RC2",
            Encryption::Rc4 => "RC4",
            Encryption::Des => "DES",
            Encryption::TripleDes => "3DES",
            _ if self.mac == Mac::Md5 => "MD5",
            _ => return None,
        })
    }

    /// What keeps the suite out of Mozilla's intermediate set for anything that is not broken.
    #[must_use]
    pub fn dated(&self) -> Option<&'static str> {
        if self.exchange == Exchange::Rsa {
            Some("RSA key exchange")
        } else if self.mac == Mac::Sha1 {
            Some("CBC with SHA-1")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exchange, Suite};

    fn read(name: &str) -> Suite {
        Suite::read(name).unwrap_or_else(|| panic!("{name}"))
    }

    #[test]
    fn names_of_all_three_kinds_are_read() {
        for (name, broken) in [
            ("RC4-SHA", Some("RC4")),
            ("NULL-SHA256", Some("no encryption")),
            ("DES-CBC3-SHA", Some("3DES")),
            ("EDH-RSA-DES-CBC-SHA", Some("DES")),
            ("EXP-RC2-CBC-MD5", Some("an export cipher")),
            ("ADH-AES256-GCM-SHA384", Some("no authentication")),
            ("TLS_DH_anon_WITH_AES_128_CBC_SHA", Some("no authentication")),
            ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", Some("3DES")),
            ("SSL_RSA_WITH_RC4_128_MD5", Some("RC4")),
            ("tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA", Some("RC4")),
            ("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", Some("an export cipher")),
            ("TLS_AES_128_GCM_SHA256", None),
            ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", None),
            ("ECDHE-RSA-AES128-GCM-SHA256", None),
            ("AES256-CCM8", None),
        ] {
            assert_eq!(read(name).broken(), broken, "{name}");
        }
    }

    #[test]
    fn key_exchange_decides_on_forward_secrecy() {
        assert_eq!(read("AES128-GCM-SHA256").exchange, Exchange::Rsa);
        assert_eq!(read("TLS_RSA_WITH_AES_128_GCM_SHA256").dated(), Some("RSA key exchange"));
        assert_eq!(read("ECDHE-RSA-AES128-SHA").dated(), Some("CBC with SHA-1"));
        assert_eq!(read("ECDHE-RSA-AES128-SHA256").dated(), None);
        assert!(read("TLS_AES_256_GCM_SHA384").has_forward_secrecy());
        assert!(!read("PSK-AES128-CBC-SHA256").has_forward_secrecy());
        assert!(!read("ECDH-RSA-AES128-SHA256").has_forward_secrecy());
        assert!(read("DHE-PSK-AES128-GCM-SHA256").has_forward_secrecy());
    }

    #[test]
    fn ciphers_of_other_protocols_are_no_suites() {
        for name in [
            "AES-256-GCM",
            "AES-128-CBC",
            "aes128-ctr",
            "3des-cbc",
            "aes256-gcm@openssh.com",
            "aes-xts-plain64",
            "DES-EDE3-CBC",
            "HIGH",
            "DES",
            "TLS_FALLBACK_SCSV",
            "TLS_1_2",
            "",
        ] {
            assert_eq!(Suite::read(name), None, "{name}");
        }
    }
}
