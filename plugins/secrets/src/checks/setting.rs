//! Secrets in settings, by the names of the settings.

use super::is_fixture;
use crate::literal::{is_default, is_hash, is_label, is_literal_secret};
use crate::names::{ends_in, is_for_visitors, is_key_name, is_password_name, is_signing_name};
use crate::pipeline::{Throwaway, is_pipeline};
use crate::token::is_token;
use std::collections::HashMap;
use stockade_sdk::secrecy::{base64, may_be_secret};
use stockade_sdk::{Kind, Out, Params, Setting, Source, ValueKind, contains, row_flag};

/// Fewest characters of a secret to sign with: as many bytes as the output of SHA-256 has (RFC 7518, section 3.2).
const SIGNING_LENGTH: usize = 32;

/// Last words of names whose value is or holds a secret only in some forms.
const OTHERS: [&str; 4] = ["app_key", "jaas_config", "authorization", "authorization_header"];

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

/// Whether a setting stands in the part of a file that is for tests: `test:` beside `production:`.
fn is_of_tests(setting: Setting<'_>) -> bool {
    let part = setting.node().ancestors().filter(|node| node.key_span().is_some()).last();
    part.is_some_and(|part| part.name() == "test")
}

/// The users of a file, by what stands in front of the name: looked up once, and only where a password asks.
#[derive(Default)]
struct Users<'a>(Option<HashMap<&'a str, &'a str>>);

impl<'a> Users<'a> {
    /// The user to whom a password of this name belongs.
    fn beside(&mut self, source: &'a Source, name: &str) -> Option<&'a str> {
        let all = self.0.get_or_insert_with(|| source.settings().map(|s| (s.name(), s.value())).collect());
        let front = name.rsplit_once('_').map_or("", |(front, _)| front);
        ["user", "username", "login"].iter().find_map(|word| {
            if front.is_empty() { all.get(word) } else { all.get(format!("{front}_{word}").as_str()) }
                .copied()
        })
    }
}

/// A secret inside a longer value, and what it is: the password in the line by which Java's programs log in at a broker
/// (`... required username="a" password="b";`), or what follows `Bearer` in a header.
fn inside<'v>(name: &str, value: &'v str) -> Option<(&'static str, &'v str)> {
    if ends_in(name, &["jaas_config"]) {
        let rest = value.split_once("LoginModule")?.1.split_once("password=")?.1;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        return Some(("a password", rest.get(1..)?.split(quote).next()?));
    }
    if ends_in(name, &["authorization", "authorization_header"]) {
        let (kind, token) = value.split_once(' ')?;
        let known = ["bearer", "basic", "token", "apikey", "api-key"];
        return known.iter().any(|word| kind.eq_ignore_ascii_case(word)).then(|| ("a token", token.trim()));
    }
    None
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
    let (mut users, mut throwaway) = (Users::default(), Throwaway::new(source));
    for setting in source.settings() {
        let name = setting.name();
        if !is_password_name(name) && !is_key_name(name) && !ends_in(name, &OTHERS) {
            continue;
        }
        let Some(value) = literal_of(setting).filter(|_| !is_of_tests(setting)) else { continue };
        if setting.has(row_flag::VARIABLE) && is_for_visitors(&setting.written()) {
            continue;
        }
        if let Some((what, secret)) = inside(name, value) {
            if is_literal_secret("secret", secret)
                || what == "a password" && is_literal_secret("password", secret)
            {
                out.finding(setting.place(), format!("{} holds {what}", setting.written()));
            }
            continue;
        }
        let short = is_signing_name(name) && value.len() < SIGNING_LENGTH;
        // WireGuard's keys have a rule of their own.
        let tunnel = source.kind() == "ini" && name == "interface_private_key";
        // A number may be the least length of a password; beside a user's name it is the password.
        let number = value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit());
        let numeric = || number && !is_default(value) && is_password_name(name);
        if !short
            && !tunnel
            && !value.contains("://")
            && (is_literal_secret(name, value) || numeric() && users.beside(source, name).is_some())
            && !is_hash(value)
            && !is_token(value)
            && !throwaway.has(value)
            && !*encrypted.get_or_insert_with(is_encrypted)
        {
            let what = if setting.has(row_flag::DEFAULT) { "the default of" } else { "the value of" };
            out.finding(setting.place(), format!("{what} {} stands in the file", setting.written()));
        }
    }
}

/// `default-credentials`: the password that everyone tries first, or the user's own name.
pub(crate) fn default_credentials(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    let (mut users, mut throwaway) = (Users::default(), Throwaway::new(source));
    for setting in source
        .settings()
        .filter(|s| is_password_name(s.name()) || ends_in(s.name(), &["secret", "secret_key"]))
    {
        let name = setting.name();
        let Some(value) = literal_of(setting).filter(|v| !v.is_empty() && !is_label(name, v)) else {
            continue;
        };
        let default = is_default(value);
        let same = !default && is_password_name(name) && users.beside(source, name) == Some(value);
        if (default || same) && !is_of_tests(setting) && !throwaway.has(value) {
            let what = if same { "is the name of the user" } else { "is one of the first that anyone tries" };
            out.finding(setting.place(), format!("the value of {} {what}", setting.written()));
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
            out.finding(setting.key_place(), format!("{} is empty", setting.written()));
        }
    }
}

/// `hmac-short`: a secret to sign with that can be guessed.
pub(crate) fn hmac_short(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    // The jobs of a pipeline sign for tests.
    if is_fixture(source) || is_pipeline(source) {
        return;
    }
    for setting in source.settings().filter(|s| is_signing_name(s.name())) {
        let Some(value) = literal_of(setting).filter(|v| may_be_secret(v) && !v.contains("://")) else {
            continue;
        };
        let length = value.chars().count();
        if setting.kind() != ValueKind::Placeholder
            && length < SIGNING_LENGTH
            && !is_of_tests(setting)
            && !value.contains(char::is_whitespace)
        {
            out.finding(
                setting.place(),
                format!("{} has {length} characters, fewer than {SIGNING_LENGTH}", setting.written()),
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
            out.finding(setting.place(), format!("{} is a JWK, not raw text", setting.written()));
        }
    }
}
