//! Secrets written into programs and scripts.

use super::dsn::in_pairs;
use super::is_fixture;
use super::named::{assigned, handed, words};
use crate::literal::{is_hash, is_literal_secret};
use crate::names::ends_in;
use crate::token::is_token;
use stockade_sdk::secrecy::{flat, is_secret_name};
use stockade_sdk::{Out, Params, Place, Source, Span};

/// Longest line that is looked at, bytes: longer ones were written by a tool.
const LONGEST_LINE: usize = 1_000;
/// Longest literal that is a secret, and not a document.
const LONGEST: usize = 200;

/// A quoted literal on a line: offsets of its content.
struct Literal {
    start: usize,
    end: usize,
}

/// The quoted literals of a line, without those behind the beginning of a comment.
fn literals(line: &str, hash: bool) -> Vec<Literal> {
    let bytes = line.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => {
                let start = at + 1;
                let mut end = start;
                while let Some(inside) = bytes.get(end).filter(|inside| *inside != byte) {
                    end += if *inside == b'\\' { 2 } else { 1 };
                }
                // A lifetime of Rust, an apostrophe: no literal begins here.
                if end >= bytes.len() {
                    at = start;
                    continue;
                }
                found.push(Literal { start, end });
                at = end + 1;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') && bytes.get(at.wrapping_sub(1)) != Some(&b':') => break,
            b'#' if hash && (at == 0 || bytes.get(at - 1).is_some_and(u8::is_ascii_whitespace)) => break,
            _ => at += 1,
        }
    }
    found
}

/// Words of a name by which it is no secret itself, but says something about one.
const ABOUT: [&str; 38] = [
    "label",
    "placeholder",
    "message",
    "error",
    "header",
    "field",
    "param",
    "parameter",
    "column",
    "selector",
    "xpath",
    "css",
    "class",
    "title",
    "text",
    "hint",
    "help",
    "url",
    "uri",
    "path",
    "file",
    "dir",
    "env",
    "prefix",
    "suffix",
    "name",
    "type",
    "regex",
    "pattern",
    "format",
    "test",
    "fake",
    "mock",
    "dummy",
    "example",
    "public",
    "default",
    "invalid",
];

/// Whether a name in a program is that of a secret.
pub(super) fn names_secret(name: &str) -> bool {
    (is_secret_name(name) || names_cipher_key(name))
        && !flat(name).split('_').any(|word| ABOUT.contains(&word))
}

/// Whether a name in a program is that of a key which encrypts or signs: `encryption_key`. Other keys are as often those of
/// a table or a map.
fn names_cipher_key(name: &str) -> bool {
    const KEYS: [&str; 7] =
        ["encryption_key", "encrypt_key", "signing_key", "master_key", "fernet_key", "audit_key", "hmac_key"];
    let end = name.len().saturating_sub("key".len());
    name.get(end..).is_some_and(|last| last.eq_ignore_ascii_case("key")) && ends_in(&flat(name), &KEYS)
}

/// Whether a value repeats the last word of its name, as names of types and parameters do: `V1SecretVolumeSource`.
fn speaks_of_itself(name: &str, value: &str) -> bool {
    let name = flat(name);
    let last = name.rsplit('_').next().unwrap_or_default();
    last.len() >= 3 && value.to_ascii_lowercase().contains(last)
}

/// Whether a literal looks like a secret rather than like a word of the program.
fn looks_secret(name: &str, value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    let plain = value.bytes().all(|b| b.is_ascii_graphic());
    // Formats, escapes, paths of keys and interpolations.
    let made = value.contains(['{', '}', '<', '>', '%', '$', '\\', '(', ')', ' ', '[', ']', ',', ';', '|']);
    // Words, with a number behind some: `X-Auth-Token2`, `projects/shop/db1`.
    let dotted = value.split(['.', '_', '-', ':', '/']).all(|part| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        word.bytes().all(|b| b.is_ascii_lowercase())
            || word.bytes().all(|b| b.is_ascii_uppercase())
            || word.chars().next().is_some_and(|c| c.is_ascii_uppercase())
                && word.bytes().skip(1).all(|b| b.is_ascii_lowercase())
    });
    (8..=LONGEST).contains(&value.len())
        && plain
        && !made
        && !dotted
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !value.contains("://")
        && !value.starts_with(['.', '/', '#', '@'])
        && !speaks_of_itself(name, value)
        && is_literal_secret(&flat(name), value)
        && !is_hash(value)
        && !is_token(value)
}

fn report(name: &str, value: std::ops::Range<usize>, out: &mut Out) {
    let span = Span { start: value.start as u32, end: value.end as u32 };
    out.finding(Place { span, node: None }, format!("the value of {name} stands in the file"))
        .key(format!("name={name}"));
}

/// `literal-in-source`: a program or script assigns a literal to a name of a secret.
pub(crate) fn literal(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    let file = source.file_name().to_ascii_lowercase();
    let tests = [".spec.", "_spec.", "test.", "tests.", "conftest", "fixture", "mock", "fake", "stub"];
    // What Terraform made has names and values only, which `literal` reads.
    if is_fixture(source) || file.ends_with(".tfstate") || tests.iter().any(|word| file.contains(word)) {
        return;
    }
    let ending = file.rsplit('.').next().unwrap_or_default();
    let shell = source.kind() == "shell";
    // Files of logins are no programs: `literal` reads them.
    if matches!(ending, "xml" | "config") {
        return;
    }
    let hash = shell || matches!(ending, "py" | "pyw" | "rb" | "pl" | "ps1" | "ex" | "exs" | "php");
    let text = source.text();
    if source.kind() == "source" {
        for (start, end) in in_pairs(text) {
            let span = Span { start: start as u32, end: end as u32 };
            out.finding(Place { span, node: None }, "a connection string holds a password".to_owned());
        }
    }
    // By custom the tests of a Rust module end its file.
    let text = if ending == "rs" { text.split("#[cfg(test)]").next().unwrap_or(text) } else { text };
    let python = matches!(ending, "py" | "pyw");
    let (mut at, mut documentation) = (0, false);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // Texts in three quotes are documentation, examples and all.
        let quotes = if python { line.matches("\"\"\"").count() + line.matches("'''").count() } else { 0 };
        let inside = documentation || quotes > 0;
        documentation ^= quotes % 2 == 1;
        if inside {
            continue;
        }
        let trimmed = line.trim_start();
        let comment = trimmed.starts_with("//") || trimmed.starts_with('*') || trimmed.starts_with("/*");
        if line.len() > LONGEST_LINE
            || comment
            || hash && trimmed.starts_with('#')
            || trimmed.starts_with(">>>")
        {
            continue;
        }
        for literal in literals(line.trim_end(), hash) {
            let before = line.get(..literal.start).unwrap_or_default();
            let value = line.get(literal.start..literal.end).unwrap_or_default();
            // What is joined to something, or called upon, is a part of a value.
            let behind = line.get(literal.end + 1..).unwrap_or_default().trim_start();
            let whole = !behind.starts_with(['+', '.', '%']);
            let name = assigned(before).or_else(|| handed(before)).filter(|_| whole);
            if let Some(name) = name.filter(|name| names_secret(name) && looks_secret(name, value)) {
                report(name, start + literal.start..start + literal.end, out);
            }
        }
        // In a shell, quotes are there only where they have to be.
        for (name, value) in words(line).filter(|_| shell) {
            let text = line.get(value.clone()).unwrap_or_default();
            if names_secret(name) && looks_secret(name, text) {
                report(name, start + value.start..start + value.end, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{literals, looks_secret, names_secret};

    #[test]
    fn comments_and_apostrophes_are_no_literals() {
        assert_eq!(literals("x = 'a' # it's 'b'", true).len(), 1);
        assert_eq!(literals("x: \"http://a\" // \"b\"", false).len(), 1);
        assert_eq!(literals("fn f<'a>(x: &'a str)", false).len(), 1);
    }

    #[test]
    fn words_of_the_program_are_no_secrets() {
        for value in ["hunter2Xk9!", "k7Pq2vXw9LmZ4tRb8NcY", "S3cure-Pa55word"] {
            assert!(looks_secret("db_password", value), "{value}");
        }
        for value in [
            "password",
            "password_reset",
            "user.password",
            "X-Api-Key",
            "DB_PASSWORD",
            "{password}",
            "%s",
            "changeme123",
            "short1",
            "https://x/1",
            "ENV_VAR_1",
            "sha256",
            "$2b$12$abcdefghijklmnopqrstuv",
        ] {
            assert!(!looks_secret("db_password", value), "{value}");
        }
        for name in ["encryption_key", "ENCRYPTION_KEY", "auditKey", "SIGNING_KEY"] {
            assert!(names_secret(name) && looks_secret(name, "8fKq2Lx0ZpR7vTn4Ws9Yb3Hd6Jm1Cg5E"), "{name}");
        }
        for name in [
            "encryption_key_name",
            "cache_key",
            "master_key_path",
            "monkey",
            "password_field",
            "TOKEN_URL",
            "tokenizer",
            "test_password",
            "default_secret",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }
}
