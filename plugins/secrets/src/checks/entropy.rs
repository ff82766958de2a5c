//! Literals that look drawn at random, whatever they are called.

use super::is_fixture;
use crate::alphabet::{Alphabet, entropy, looks_random};
use crate::token::is_token;
use stockade_sdk::secrecy::{is_secret_name, may_be_secret};
use stockade_sdk::{Out, Params, Source, row_flag};

/// Words of a name that say what a random text is, other than a secret.
const KNOWN: [&str; 52] = [
    "hash",
    "hashes",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "digest",
    "digests",
    "checksum",
    "checksums",
    "sum",
    "integrity",
    "fingerprint",
    "thumbprint",
    "commit",
    "revision",
    "rev",
    "ref",
    "sri",
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "public",
    "pub",
    "pubkey",
    "cert",
    "certificate",
    "crt",
    "ca",
    "signature",
    "sig",
    "etag",
    "image",
    "tag",
    "version",
    "url",
    "uri",
    "path",
    "file",
    "name",
    "data",
    "content",
    "icon",
    "logo",
    "color",
    "regex",
    "pattern",
    "kid",
    "bundle",
];

/// The key under which Travis CI and AppVeyor keep what only they can decrypt.
const ENCRYPTED: &str = "secure";

/// `high-entropy`: a quoted literal of base 64 or hex that looks random, and nothing says what it is.
pub(crate) fn high_entropy(view: &&Source, params: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    let least = usize::try_from(params.int_or("length", 20)).unwrap_or(20);
    // Hundredths of a bit: parameters are whole numbers.
    let threshold = |name: &str, default: i64| params.int_or(name, default) as f64 / 100.0;
    let (base64, hex) = (threshold("base64", 425), threshold("hex", 325));
    let skip = row_flag::UNKNOWN | row_flag::INHERITED | row_flag::SECRET_REFERENCE | row_flag::PART;
    for setting in source.settings().filter(|s| !s.has(skip)) {
        let value = setting.value();
        let bytes = value.as_bytes();
        let quoted = source.slice(setting.value_span()).starts_with(['"', '\'']);
        if !quoted || bytes.len() < least || bytes.len() > 512 {
            continue;
        }
        let enough = if bytes.iter().all(u8::is_ascii_hexdigit) {
            entropy(bytes) >= hex
        } else {
            let letters = bytes.iter().all(|b| Alphabet::Base64.has(*b) || Alphabet::Url.has(*b));
            let mixed = bytes.iter().any(u8::is_ascii_digit)
                && bytes.iter().any(u8::is_ascii_lowercase)
                && bytes.iter().any(u8::is_ascii_uppercase);
            letters && mixed && entropy(bytes) >= base64
        };
        let name = setting.name();
        // A name of a secret has its own rule, which asks for less.
        let known = name.split('_').any(|word| KNOWN.contains(&word)) || is_secret_name(name);
        let known = known || setting.node().name() == ENCRYPTED;
        if enough && !known && looks_random(value) && may_be_secret(value) && !is_token(value) {
            let message = format!("{name} is a random text of {} characters", bytes.len());
            out.finding(setting.place(), message).key(format!("name={name}"));
        }
    }
}
