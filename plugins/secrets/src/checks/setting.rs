//! Secrets in settings, by the names of the settings.

use super::neighbours::Neighbours;
use super::{is_fixture, logins};
use crate::literal::{is_default, is_hash, is_label, is_literal_secret};
use crate::names::{ends_in, is_for_visitors, is_key_name, is_password_name, is_pin_name, is_signing_name};
use crate::parameter::{is_kept_elsewhere, judged_name, written_name};
use crate::part::Trial;
use crate::pipeline::{Throwaway, is_pipeline};
use crate::token::is_token;
use stockade_sdk::secrecy::{base64, flat, may_be_secret};
use stockade_sdk::{Kind, Out, Params, Setting, Source, ValueKind, contains, row_flag};

/// Fewest characters of a secret to sign with: as many bytes as the output of SHA-256 has (RFC 7518, section 3.2).
const SIGNING_LENGTH: usize = 32;

/// Last words of names whose value is or holds a secret only in some forms.
const OTHERS: [&str; 10] = [
    "app_key",
    "jaas_config",
    "authorization",
    "authorization_header",
    "http_header_value",
    "auth",
    "auth_ident",
    "pass",
    "stats",
    "user",
];

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

/// A secret inside a longer value, and what it is: the password in the line by which Java's programs log in at a broker
/// (`... required username="a" password="b";`), or what follows `Bearer` in a header.
fn inside<'v>(name: &str, value: &'v str) -> Option<(&'static str, &'v str)> {
    if ends_in(name, &["jaas_config"]) {
        let rest = value.split_once("LoginModule")?.1.split_once("password=")?.1;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        return Some(("a password", rest.get(1..)?.split(quote).next()?));
    }
    if name == "stats" {
        return Some(("a password", login_of_stats(value)?.1));
    }
    if name == "user" {
        // A user of HAProxy's list: the other word, `password`, is followed by a hash.
        let (_, password) = value.split_once(" insecure-password ")?;
        return Some(("a password", password.split_ascii_whitespace().next()?));
    }
    if ends_in(name, &["authorization", "authorization_header", "http_header_value"]) {
        let (kind, token) = value.split_once(' ')?;
        let known = ["bearer", "basic", "token", "apikey", "api-key"];
        return known.iter().any(|word| kind.eq_ignore_ascii_case(word)).then(|| ("a token", token.trim()));
    }
    None
}

/// User and password of HAProxy's `stats auth user:password`.
fn login_of_stats(value: &str) -> Option<(&str, &str)> {
    value.strip_prefix("auth ")?.trim().split_once(':')
}

/// Whether a value is a user with his password in base 64, as Docker and npm keep the login at a registry.
fn is_login(value: &str) -> bool {
    (value.len() >= 8).then(|| base64(value)).flatten().is_some_and(|login| is_plain_login(&login))
}

/// Whether a value is a user with his password.
fn is_plain_login(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic())
        && !value.contains("://")
        && value.split_once(':').is_some_and(|(user, secret)| !user.is_empty() && may_be_secret(secret))
}

/// Whether a setting is a list of the sixteen bytes by which a network of Zigbee is encrypted.
fn is_key_in_bytes(setting: Setting<'_>) -> bool {
    setting.kind() == ValueKind::List
        && setting.number() == 16
        && setting.node().children().all(|byte| byte.text().parse::<u8>().is_ok())
}

/// Whether a setting is what Drone signed a pipeline with.
fn is_signature(setting: Setting<'_>) -> bool {
    let kind = setting.node().parent().and_then(|document| document.get("kind"));
    kind.is_some_and(|kind| kind.text() == "signature")
}

/// `literal`: the value of a secret stands in a configuration file.
pub(crate) fn literal(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) || source.text().starts_with("$ANSIBLE_VAULT") {
        return;
    }
    if source.kind() == "source" {
        return logins::logins(source, out);
    }
    // SOPS keeps its own block beside the values that it encrypts.
    let is_encrypted = || ["sops:", "\"sops\":"].iter().any(|block| contains(source.text(), block));
    // Looked for once, and only where there is something to report.
    let mut encrypted = None;
    let (mut neighbours, mut throwaway, mut trial) =
        (Neighbours::default(), Throwaway::new(source), Trial::default());
    for setting in source.settings() {
        let name = judged_name(setting);
        let name = name.as_ref();
        if ends_in(name, &["network_key"]) && is_key_in_bytes(setting) && !trial.has(setting) {
            out.finding(setting.key_place(), format!("{} holds a key", setting.written()));
        }
        if !is_password_name(name) && !is_key_name(name) && !ends_in(name, &OTHERS) {
            continue;
        }
        let Some(value) = literal_of(setting).filter(|_| !is_kept_elsewhere(setting)) else { continue };
        if setting.has(row_flag::VARIABLE) && is_for_visitors(&setting.written())
            || name == "hmac" && is_signature(setting)
        {
            continue;
        }
        if let Some((what, secret)) = inside(name, value) {
            if (is_literal_secret("secret", secret)
                || what == "a password" && is_literal_secret("password", secret))
                && !trial.has(setting)
            {
                out.finding(setting.place(), format!("{} holds {what}", setting.written()));
            }
            continue;
        }
        if ends_in(name, &["auth", "auth_ident"]) {
            let plain = ends_in(name, &["auth_ident"]) && is_plain_login(value);
            if (plain || is_login(value)) && !trial.has(setting) {
                out.finding(setting.place(), format!("{} holds a login", setting.written()));
            }
            continue;
        }
        // The short word is a password where its user stands beside it: `queue_pass` and `queue_user`.
        let alone = ends_in(name, &["pass"]) && !is_password_name(name);
        if alone && neighbours.user(source, name).is_none() {
            continue;
        }
        let judged = if alone { "password" } else { name };
        let short = is_signing_name(name) && value.len() < SIGNING_LENGTH;
        // WireGuard's keys have a rule of their own.
        let tunnel = source.kind() == "ini" && name == "interface_private_key";
        // A number may be the least length of a password; beside a user's name it is the password.
        let number = value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit());
        let numeric = || number && !is_default(value) && is_password_name(judged);
        if !short
            && !tunnel
            && !value.contains("://")
            && (is_literal_secret(judged, value)
                || numeric() && (is_pin_name(name) || neighbours.user(source, name).is_some()))
            && !is_hash(value)
            && !is_token(value)
            && !throwaway.has(value)
            && !trial.has(setting)
            && !neighbours.is_in_memory(source, name)
            && !*encrypted.get_or_insert_with(is_encrypted)
        {
            let what = if setting.has(row_flag::DEFAULT) { "the default of" } else { "the value of" };
            out.finding(setting.place(), format!("{what} {} stands in the file", written_name(setting)));
        }
    }
    if source.kind() == "github-workflow" {
        inputs(source, &mut throwaway, out);
    }
}

/// Where a workflow hands something to an action, another workflow or a registry.
const INPUTS: [&str; 6] = [
    "[*].jobs[*].steps[*].with[*]",
    "[*].jobs[*].with[*]",
    "[*].jobs[*].secrets[*]",
    "[*].jobs[*].container.credentials[*]",
    "[*].jobs[*].services[*].credentials[*]",
    "[*].runs.steps[*].with[*]",
];

/// Secrets among the inputs of a workflow's steps, which are no settings of anything in the repository.
fn inputs(source: &Source, throwaway: &mut Throwaway<'_>, out: &mut Out) {
    for input in INPUTS.iter().flat_map(|path| source.root().at(path)) {
        let (name, value) = (flat(input.name()), input.text());
        if input.is_scalar()
            && input.is_known()
            && (is_password_name(&name) || is_key_name(&name))
            && is_literal_secret(&name, value)
            && !is_hash(value)
            && !is_token(value)
            && !throwaway.has(value)
        {
            out.finding(input.place(), format!("the value of {} stands in the file", input.name()));
        }
    }
}

/// `default-credentials`: the password that everyone tries first, or the user's own name.
pub(crate) fn default_credentials(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    let (mut neighbours, mut throwaway, mut trial) =
        (Neighbours::default(), Throwaway::new(source), Trial::default());
    for setting in source.settings().map(|s| (s, judged_name(s))).filter(|(_, name)| {
        is_password_name(name)
            || *name == "stats"
            || ends_in(name, &["secret", "secret_key", "master_key", "pass", "auth_token", "common_token"])
    }) {
        let (setting, name) = (setting.0, setting.1.as_ref());
        let Some(value) = literal_of(setting).filter(|v| !v.is_empty() && !is_label(name, v)) else {
            continue;
        };
        let login = (name == "stats").then(|| login_of_stats(value));
        let value = match login {
            Some(login) => login.map_or("", |(_, password)| password),
            None => value,
        };
        let default = is_default(value);
        let short = ends_in(name, &["pass"]) && !is_password_name(name);
        if short && neighbours.user(source, name).is_none() {
            continue;
        }
        let same = login.flatten().is_some_and(|(user, password)| user == password && !default)
            || !default
                && setting.kind() != ValueKind::Placeholder
                && (short || is_password_name(name))
                && neighbours.user(source, name) == Some(value);
        if (default || same)
            && !trial.has(setting)
            && !throwaway.has(value)
            && !neighbours.is_in_memory(source, name)
        {
            let what = if same { "is the name of the user" } else { "is one of the first that anyone tries" };
            out.finding(setting.place(), format!("the value of {} {what}", written_name(setting)));
        }
    }
}

/// `password-empty`: a password is set to nothing.
pub(crate) fn password_empty(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    // An env file lists what is set elsewhere or not needed as well; a passphrase of a key is needed where the key is used.
    let is_env = source.kind() == "dotenv";
    if is_env && (!source.is_marked("production") || source.is_marked("example")) {
        return;
    }
    let (all, of_keys) =
        (["password", "passwd", "pwd"], ["key_password", "key_passphrase", "keystore_password"]);
    let names: &[&str] = if is_env { &of_keys } else { &all };
    for setting in source.settings().filter(|s| ends_in(s.name(), names)) {
        let written = source.slice(setting.value_span());
        let quoted = matches!(written, "\"\"" | "''");
        let bare = written.is_empty()
            && matches!(source.kind(), "properties" | "ini" | "dotenv")
            && !setting.node().is_null();
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
    let mut trial = Trial::default();
    for setting in source.settings().filter(|s| is_signing_name(s.name())) {
        // A number is no secret elsewhere; what tokens are signed with is one whatever it is.
        let is_number = |v: &str| !v.is_empty() && v.bytes().all(|byte| byte.is_ascii_digit());
        let signs = |v: &str| may_be_secret(v) || is_number(v) && ends_in(setting.name(), &["jwt_secret"]);
        let Some(value) = literal_of(setting).filter(|v| signs(v) && !v.contains("://")) else {
            continue;
        };
        let length = value.chars().count();
        if setting.kind() != ValueKind::Placeholder
            && length < SIGNING_LENGTH
            && !trial.has(setting)
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
