//! Secrets written into programs and scripts.

use super::is_fixture;
use crate::literal::{is_hash, is_literal_secret};
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

/// The name that a literal is assigned to: what stands before the `=`, `:`, `:=` or `=>` in front of it.
fn assigned(before: &str) -> Option<&str> {
    let before = before.strip_suffix(['"', '\'', '`']).unwrap_or(before).trim_end();
    let stem = before
        .strip_suffix("=>")
        .or_else(|| before.strip_suffix(":="))
        .or_else(|| before.strip_suffix(['=', ':']))?;
    // A comparison, or a part of a ternary.
    if stem.ends_with(['=', '!', '<', '>', '?', ':', '+', '~']) {
        return None;
    }
    let mut stem = stem.trim_end();
    // `password: &str = `, `const key: string = `, `var key string = `.
    for ty in ["&'static str", "&str", "string", "String", "str", "Optional[str]", "SecretStr"] {
        if let Some(front) = stem.strip_suffix(ty) {
            let front = front.trim_end();
            let front = front.strip_suffix(':').unwrap_or(front).trim_end();
            if !front.is_empty() && front.len() < stem.len() - ty.len() {
                stem = front;
            }
            break;
        }
    }
    let stem = stem.strip_suffix(']').unwrap_or(stem);
    let quoted = stem.ends_with(['"', '\'']);
    let stem = stem.strip_suffix(['"', '\'']).unwrap_or(stem);
    let from = stem
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || quoted && c == '-'))
        .map_or(0, |at| at + 1);
    stem.get(from..).filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
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
fn names_secret(name: &str) -> bool {
    is_secret_name(name) && !flat(name).split('_').any(|word| ABOUT.contains(&word))
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
    let hash = source.kind() == "shell"
        || matches!(ending, "py" | "pyw" | "rb" | "pl" | "ps1" | "ex" | "exs" | "php");
    let text = source.text();
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
            let Some(name) = assigned(before).filter(|name| whole && names_secret(name)) else { continue };
            if looks_secret(name, value) {
                let span = Span { start: (start + literal.start) as u32, end: (start + literal.end) as u32 };
                out.finding(Place { span, node: None }, format!("the value of {name} stands in the file"))
                    .key(format!("name={name}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{assigned, literals, looks_secret, names_secret};

    #[test]
    fn names_stand_in_front_of_literals() {
        for (before, name) in [
            ("DB_PASSWORD = \"", "DB_PASSWORD"),
            ("  api_key: \"", "api_key"),
            ("\tapiKey := \"", "apiKey"),
            ("const TOKEN: &str = \"", "TOKEN"),
            ("  private static final String SECRET_KEY = \"", "SECRET_KEY"),
            ("  'password' => '", "password"),
            ("os.environ[\"API_TOKEN\"] = \"", "API_TOKEN"),
            ("connect(password=\"", "password"),
            ("var token string = \"", "token"),
        ] {
            assert_eq!(assigned(before), Some(name), "{before}");
        }
        for before in ["if password == \"", "f(\"", "return \"", "x != \"", "a ? b : \""] {
            assert!(assigned(before).is_none_or(|name| !names_secret(name)), "{before}");
        }
    }

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
        for name in ["password_field", "TOKEN_URL", "tokenizer", "test_password", "default_secret"] {
            assert!(!names_secret(name), "{name}");
        }
    }
}
