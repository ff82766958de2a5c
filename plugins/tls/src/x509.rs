//! As much of X.509 (RFC 5280) as it takes to judge a certificate: key, signature, validity, subject.
//!
//! A reader of its own: the crates for this bring ten times the code, and nothing here verifies anything. It takes
//! DER and refuses what it does not understand; no length is believed before it is checked.

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Bits of the modulus, if the key is RSA.
    pub rsa_bits: Option<usize>,
    /// The weak hash of its signature, by name, where the hash matters: nobody checks that of a root.
    pub weak_hash: Option<&'static str>,
    /// End of its validity as `YYYYMMDDhhmmss`.
    pub not_after: String,
    /// The common name of the subject, if it has a printable one.
    pub common_name: Option<String>,
    /// Whether it is an authority that signed itself.
    pub is_root: bool,
}

/// Reads one element after the other of a DER text.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Tag and content of the next element.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            // Up to four bytes of length: longer ones belong to no certificate.
            let count = usize::from(*first & 0x7F);
            if !(1..=4).contains(&count) || count > rest.len() {
                return None;
            }
            let (bytes, rest) = rest.split_at(count);
            (bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte)), rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// The content of the next element, which must have this tag.
    fn take(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let (tag, content) = self.next()?;
        (tag == wanted).then_some(content)
    }
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;

const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];

/// Signatures over a hash that collisions are known for.
const WEAK: [(&[u8], &str); 5] = [
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x02], "MD2"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x04], "MD5"),
    (&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05], "SHA-1"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01], "SHA-1"),
    (&[0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x03], "SHA-1"),
];

/// Bits of the prime of parameters for Diffie-Hellman in DER (PKCS #3, section 9); `None` for anything else.
#[must_use]
pub fn dh_bits(der: &[u8]) -> Option<usize> {
    let prime = Der(Der(der).take(SEQUENCE)?).take(INTEGER)?;
    let digits = prime.iter().position(|byte| *byte != 0)?;
    let first = prime.get(digits)?;
    Some((prime.len() - digits) * 8 - first.leading_zeros() as usize)
}

impl Certificate {
    /// Reads a certificate in DER; `None` for anything else.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let mut outer = Der(Der(der).take(SEQUENCE)?);
        let mut tbs = Der(outer.take(SEQUENCE)?);
        let algorithm = Der(outer.take(SEQUENCE)?).take(OID)?;
        outer.take(BIT_STRING)?;
        let (tag, mut first) = tbs.next()?;
        if tag == 0xA0 {
            first = tbs.take(INTEGER)?;
        } else if tag != INTEGER {
            return None;
        }
        let _serial = first;
        tbs.take(SEQUENCE)?;
        let issuer = tbs.take(SEQUENCE)?;
        let mut validity = Der(tbs.take(SEQUENCE)?);
        time(validity.next()?)?;
        let not_after = time(validity.next()?)?;
        let subject = tbs.take(SEQUENCE)?;
        let mut key = Der(tbs.take(SEQUENCE)?);
        let is_rsa = Der(key.take(SEQUENCE)?).take(OID)? == RSA;
        let bits = key.take(BIT_STRING)?;
        // Those of version 1 have no extensions to say so.
        let is_root = issuer == subject && (tbs.0.is_empty() || is_authority(tbs));
        let hash = WEAK.iter().find(|(oid, _)| *oid == algorithm).map(|(_, name)| *name);
        Some(Self {
            rsa_bits: if is_rsa { rsa_bits(bits) } else { None },
            weak_hash: hash.filter(|_| !is_root),
            not_after,
            common_name: common_name(subject),
            is_root,
        })
    }
}

/// Bits of the modulus in an RSA key.
fn rsa_bits(key: &[u8]) -> Option<usize> {
    // The first byte counts unused bits.
    let modulus = Der(Der(key.get(1..)?).take(SEQUENCE)?).take(INTEGER)?;
    let start = modulus.iter().position(|byte| *byte != 0)?;
    let top = modulus.get(start)?.leading_zeros() as usize;
    Some((modulus.len() - start) * 8 - top)
}

/// A time of either form (RFC 5280, section 4.1.2.5) as `YYYYMMDDhhmmss`.
fn time((tag, content): (u8, &[u8])) -> Option<String> {
    let text = str::from_utf8(content).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match (tag, text.len()) {
        (0x17, 12) => {
            let century = if text.as_bytes().first()? >= &b'5' { "19" } else { "20" };
            Some(format!("{century}{text}"))
        }
        (0x18, 14) => Some(text.to_owned()),
        _ => None,
    }
}

/// Whether the extensions behind the key make the certificate one that signs others.
fn is_authority(mut rest: Der<'_>) -> bool {
    // Unique identifiers may stand in front.
    for _ in 0..3 {
        let Some((tag, content)) = rest.next() else { return false };
        if tag != 0xA3 {
            continue;
        }
        let Some(list) = Der(content).take(SEQUENCE) else { return false };
        let mut list = Der(list);
        while let Some(extension) = list.take(SEQUENCE) {
            let mut extension = Der(extension);
            if extension.take(OID) == Some(BASIC_CONSTRAINTS) {
                // Critical or not, the value is the last element.
                let mut value = &[][..];
                while let Some((_, content)) = extension.next() {
                    value = content;
                }
                return Der(value)
                    .take(SEQUENCE)
                    .is_some_and(|inside| inside.starts_with(&[0x01, 0x01, 0xFF]));
            }
        }
        return false;
    }
    false
}

fn common_name(subject: &[u8]) -> Option<String> {
    let mut names = Der(subject);
    while let Some(set) = names.take(SET) {
        let mut pair = Der(Der(set).take(SEQUENCE)?);
        if pair.take(OID)? == COMMON_NAME {
            let (_, value) = pair.next()?;
            let text = str::from_utf8(value).ok()?;
            let fits = text.len() <= 80 && text.chars().all(|c| !c.is_control());
            return fits.then(|| text.to_owned());
        }
    }
    None
}

/// Decodes base 64 with white space between; `None` for anything else.
#[must_use]
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0_u32);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xFF_FFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    Some(out)
}
