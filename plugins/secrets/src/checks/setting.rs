//! Secrets in settings, by the names of the settings.

use super::is_fixture;
use crate::alphabet::looks_random;
use crate::token::is_token;
use std::collections::HashMap;
use stockade_sdk::secrecy::{base64, may_be_secret};
use stockade_sdk::{Kind, Out, Params, Setting, Source, ValueKind, contains, row_flag};

/// Last words of a name whose value is typed by people or made for them.
const PASSWORDS: [&str; 7] = ["password", "passwd", "passphrase", "pwd", "hsm_pin", "pin", "hmac_secret"];
/// Last words of a name whose value is drawn at random, but which is often a name or reference as well.
const KEYS: [&str; 15] = [
    "secret",
    "secret_key",
    "secret_key_base",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "client_secret",
    "encryption_key",
    "signing_key",
    "master_key",
    "hmac",
    "hmac_key",
    "credentials",
];
/// Passwords that are tried first.
const DEFAULTS: [&str; 22] = [
    "admin",
    "administrator",
    "password",
    "passw0rd",
    "password1",
    "password123",
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "root",
    "toor",
    "postgres",
    "mysql",
    "guest",
    "test",
    "123456",
    "12345678",
    "admin123",
    "letmein",
    "secret",
    "qwerty",
];
/// First words of a name that speak of a secret to sign with, and the last ones.
const SIGNING: [&str; 6] = ["hmac", "jwt", "session", "cookie", "signing", "macaroon"];
const SIGNING_ENDS: [&str; 4] = ["secret", "key", "current", "secret_key"];
/// Words in front of `key` that make it the name of an entry: of a page, a table, a cache.
const ENTRIES: [&str; 18] = [
    "limit",
    "result",
    "results",
    "input",
    "output",
    "primary",
    "foreign",
    "partition",
    "sort",
    "cache",
    "lookup",
    "header",
    "claim",
    "name",
    "id",
    "object",
    "group",
    "index",
];
/// Words in front of `token` that make it a place in a list or in a text: of pages, of a language model.
const MARKS: [&str; 20] = [
    "input",
    "output",
    "next",
    "page",
    "continuation",
    "continue",
    "start",
    "end",
    "stop",
    "pad",
    "eos",
    "bos",
    "unk",
    "mask",
    "sep",
    "cls",
    "special",
    "prompt",
    "completion",
    "reserved",
];

/// Fewest characters of a secret to sign with: as many bytes as the output of SHA-256 has (RFC 7518, section 3.2).
const SIGNING_LENGTH: usize = 32;

fn ends_in(name: &str, words: &[&str]) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    words
        .iter()
        .any(|word| stem.strip_suffix(word).is_some_and(|front| front.is_empty() || front.ends_with('_')))
}

/// The literal value of a setting: known, or the default of a variable.
fn literal_of<'a>(setting: Setting<'a>) -> Option<&'a str> {
    let open = setting.has(row_flag::UNKNOWN) && !setting.has(row_flag::DEFAULT);
    let other = row_flag::SECRET_REFERENCE | row_flag::INHERITED | row_flag::PART;
    if open
        || setting.has(other)
        || setting.node().resolve().kind() != Kind::Scalar && !setting.has(row_flag::VARIABLE)
    {
        return None;
    }
    if matches!(
        setting.kind(),
        ValueKind::Reference | ValueKind::Template | ValueKind::Empty | ValueKind::Bool
    ) {
        return None;
    }
    Some(setting.value().trim())
}

fn is_default(value: &str) -> bool {
    DEFAULTS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

fn is_signing_name(name: &str) -> bool {
    let mut words = name.split('_');
    words.any(|word| SIGNING.contains(&word))
        && ends_in(name, &SIGNING_ENDS)
        && !name.contains("public")
        && !is_behind(name, "key", &ENTRIES)
}

/// Whether the name ends in `last` with one of these words in front of it.
fn is_behind(name: &str, last: &str, words: &[&str]) -> bool {
    let mut parts = name.rsplit('_');
    parts.next() == Some(last) && parts.next().is_some_and(|word| words.contains(&word))
}

/// Whether a value that may be a secret looks like one rather than like a name, a type or a sentence.
pub(crate) fn is_literal_secret(name: &str, value: &str) -> bool {
    if !may_be_secret(value) || value.contains(char::is_whitespace) || value.len() < 4 {
        return false;
    }
    let folded: String =
        value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let own = name.replace('_', "");
    if own.ends_with(&folded) || is_default(value) {
        return false;
    }
    let words =
        value.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':'));
    if ends_in(name, &PASSWORDS) {
        // A lone word is a type or a label more often than a password.
        return !words
            || (value.len() >= 8 && looks_random(value) && value.bytes().any(|b| b.is_ascii_uppercase()));
    }
    ends_in(name, &KEYS)
        && !is_behind(name, "token", &MARKS)
        && !words
        && value.len() >= 8
        && looks_random(value)
}

/// `literal`: the value of a secret stands in a configuration file.
pub(crate) fn literal(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) || source.text().starts_with("$ANSIBLE_VAULT") {
        return;
    }
    // SOPS keeps its own block beside the values that it encrypts.
    let is_encrypted = || ["sops:", "\"sops\":"].iter().any(|block| contains(source.text(), block));
    // Looked for once, and only where there is something to report.
    let mut encrypted = None;
    for setting in source.settings().filter(|s| ends_in(s.name(), &PASSWORDS) || ends_in(s.name(), &KEYS)) {
        let Some(value) = literal_of(setting) else { continue };
        let name = setting.name();
        let short = is_signing_name(name) && value.len() < SIGNING_LENGTH;
        // WireGuard's keys have a rule of their own.
        let tunnel = source.kind() == "ini" && name == "interface_private_key";
        if !short
            && !tunnel
            && !value.contains("://")
            && is_literal_secret(name, value)
            && !is_hash(value)
            && !is_token(value)
            && !*encrypted.get_or_insert_with(is_encrypted)
        {
            let what = if setting.has(row_flag::DEFAULT) { "the default of" } else { "the value of" };
            out.finding(setting.place(), format!("{what} {name} stands in the file"));
        }
    }
}

/// Whether a value is a hash of a password, which is made to be stored.
pub(crate) fn is_hash(value: &str) -> bool {
    [
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2",
        "$6$",
        "$5$",
        "$1$",
        "$apr1$",
        "$pbkdf2",
        "pbkdf2_",
        "{SSHA}",
        "{SHA}",
        "{bcrypt}",
        "SCRAM-SHA-256$",
        "$scrypt$",
    ]
    .iter()
    .any(|start| value.starts_with(start))
}

/// `default-credentials`: the password that everyone tries first, or the user's own name.
pub(crate) fn default_credentials(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    let mut users: Option<HashMap<&str, &str>> = None;
    for setting in source
        .settings()
        .filter(|s| ends_in(s.name(), &PASSWORDS) || ends_in(s.name(), &["secret", "secret_key"]))
    {
        let Some(value) = literal_of(setting).filter(|v| !v.is_empty()) else { continue };
        let name = setting.name();
        let default = is_default(value);
        let same = !default && ends_in(name, &PASSWORDS) && {
            let users =
                users.get_or_insert_with(|| source.settings().map(|s| (s.name(), s.value())).collect());
            let front = name.rsplit_once('_').map_or("", |(front, _)| front);
            ["user", "username", "login"].iter().any(|word| {
                let user = if front.is_empty() { (*word).to_owned() } else { format!("{front}_{word}") };
                users.get(user.as_str()) == Some(&value)
            })
        };
        if default || same {
            let what = if same { "is the name of the user" } else { "is one of the first that anyone tries" };
            out.finding(setting.place(), format!("the value of {name} {what}"));
        }
    }
}

/// `password-empty`: a password is set to nothing.
pub(crate) fn password_empty(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    for setting in source.settings().filter(|s| ends_in(s.name(), &["password", "passwd", "pwd"])) {
        let written = source.slice(setting.value_span());
        let quoted = matches!(written, "\"\"" | "''");
        let bare =
            written.is_empty() && matches!(source.kind(), "properties" | "ini") && !setting.node().is_null();
        if setting.kind() == ValueKind::Empty
            && (quoted || bare)
            && !setting.has(row_flag::UNKNOWN | row_flag::INHERITED)
        {
            out.finding(setting.key_place(), format!("{} is empty", setting.name()));
        }
    }
}

/// `hmac-short`: a secret to sign with that can be guessed.
pub(crate) fn hmac_short(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    for setting in source.settings().filter(|s| is_signing_name(s.name())) {
        let Some(value) = literal_of(setting).filter(|v| may_be_secret(v) && !v.contains("://")) else {
            continue;
        };
        let length = value.chars().count();
        if setting.kind() != ValueKind::Placeholder
            && length < SIGNING_LENGTH
            && !value.contains(char::is_whitespace)
        {
            out.finding(
                setting.place(),
                format!("{} has {length} characters, fewer than {SIGNING_LENGTH}", setting.name()),
            );
        }
    }
}

/// `hmac-jwk`: a secret to sign with that is a key in JSON form.
pub(crate) fn hmac_jwk(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    let is_jwk = |text: &str| text.trim_start().starts_with('{') && text.contains("\"kty\"");
    let ends = ["hmac", "hmac_current", "hmac_secret", "hmac_key", "hmac_previous"];
    for setting in source.settings().filter(|s| ends_in(s.name(), &ends)) {
        let value = setting.value();
        let encoded = value.strip_prefix("base64://").unwrap_or(value);
        if is_jwk(value) || encoded.starts_with("eyJ") && base64(encoded).is_some_and(|plain| is_jwk(&plain))
        {
            out.finding(setting.place(), format!("{} is a JWK, not raw text", setting.name()));
        }
    }
}
