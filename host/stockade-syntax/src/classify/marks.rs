//! What path and content say about a file as a whole: is it meant for production, for development, for
//! tests, or is it an example? Rules about production stay silent on the others.

use super::contains;
use super::pipeline::{is_pipeline, own_names};
use super::structured::in_templates;
use crate::FileKind;

/// Bytes of content that are searched. A mode is set near the top or not at all; what is longer is a bundle or data.
const SEARCHED: usize = 128 << 10;

const PRODUCTION: [&str; 4] = ["prod", "production", "live", "prd"];
const DEVELOPMENT: [&str; 8] =
    ["dev", "devel", "develop", "development", "local", "localhost", "devcontainer", "sandbox"];
const TEST: [&str; 10] =
    ["test", "tests", "testing", "testdata", "e2e", "ci", "fixture", "fixtures", "mock", "mocks"];
// Not `template`: `nginx.conf.template` and a chart's `templates/` are what runs in the end.
const EXAMPLE: [&str; 9] =
    ["example", "examples", "sample", "samples", "demo", "demos", "tutorial", "tutorials", "quickstart"];

/// All marks that a file can have: those of [`marks`], `template` of what a document was read as, and `executable` of how
/// it is kept on disk.
pub const MARKS: [&str; 8] =
    ["development", "example", "executable", "helm-template", "pipeline", "production", "template", "test"];

/// The marks of a file: `production`, `development`, `test`, `example`, `helm-template` and `pipeline`, sorted, each at
/// most once. `kind` is what the file was classified as, `path` is relative to the repository; `text` is the content or
/// its beginning.
///
/// The first four come from words of the path; `production` also from content that sets an environment, mode
/// or namespace to production. Content that sets it to development or test gives those marks where
/// nothing says production; not in a pipeline, where it is so for one job or container among others. `pipeline`
/// is what tells a service of continuous integration what to do.
#[must_use]
pub fn marks(kind: FileKind, path: &str, text: &str) -> Vec<&'static str> {
    let (mut production, mut development, mut test, mut example) = (false, false, false, false);
    let lower = path.to_ascii_lowercase();
    let pipeline = is_pipeline(kind, &lower);
    let own = own_names(pipeline, &lower);
    for word in lower.split(|c: char| !c.is_ascii_alphanumeric()) {
        production |= PRODUCTION.contains(&word);
        development |= DEVELOPMENT.contains(&word);
        // A pipeline's own file is named `ci` or `test` for what it does, not because it is a test.
        let at = word.as_ptr().addr() - lower.as_ptr().addr();
        test |= TEST.contains(&word) && own.is_none_or(|own| at < own && word != "ci");
        example |= EXAMPLE.contains(&word);
    }
    // An env file of that name is there to be copied.
    example |= lower.ends_with(".dist") || kind == FileKind::Dotenv && lower.ends_with(".template");
    let text = text.get(..text.floor_char_boundary(SEARCHED)).unwrap_or(text);
    let mode = mode(kind, text);
    production |= mode.production;
    if !production && !pipeline {
        development |= mode.development;
        test |= mode.test;
    }
    let helm = contains(text, "{{") && (in_templates(path) || contains(text, ".Values."));
    [
        (development, "development"),
        (example, "example"),
        (helm, "helm-template"),
        (pipeline, "pipeline"),
        (production, "production"),
        (test, "test"),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect()
}

#[derive(Default)]
struct Mode {
    production: bool,
    development: bool,
    test: bool,
}

/// Looks at each line that assigns something to one of the telling keys.
///
/// One search for `:` and `=` and a look at the letters before each tells nearly all lines apart, so that what is done
/// to a line hardly matters: this runs on every file.
fn mode(kind: FileKind, text: &str) -> Mode {
    let mut mode = Mode::default();
    let bytes = text.as_bytes();
    let mut done = 0;
    for at in memchr::memchr2_iter(b':', b'=', bytes) {
        // `value:` stands below the line that has the name.
        if at >= done && may_be_telling(bytes, at) {
            done = mode.line_at(text, at);
        }
    }
    // The others have a `=` or `:` there.
    let keywords: &[&str] = match kind {
        FileKind::Dockerfile => &["ENV ", "ARG "],
        FileKind::Apache => &["SetEnv "],
        _ => &[],
    };
    for keyword in keywords {
        let mut done = 0;
        for at in memchr::memmem::find_iter(bytes, keyword) {
            if at >= done {
                done = mode.line_at(text, at);
            }
        }
    }
    mode
}

/// Whether the key in front of the byte at `end` ends in a telling word, in any case.
fn may_be_telling(bytes: &[u8], end: usize) -> bool {
    let Some(mut key) = bytes.get(..end) else { return false };
    while let [rest @ .., b' ' | b'\t' | b'"' | b'\''] = key {
        key = rest;
    }
    let [.., before, last] = key else { return false };
    // The last two letters tell which word it can be, and few keys have them.
    let word: &[u8] = match (before | 0x20, last | 0x20) {
        (b'n', b'v') => b"env",
        (b'n', b't') => b"environment",
        (b'd', b'e') => b"mode",
        (b'c', b'e') => b"namespace",
        (b'g', b'e') => b"stage",
        (b'v', b'e') => b"active",
        (b'u', b'e') => b"value",
        _ => return false,
    };
    let start = key.len().checked_sub(word.len());
    start.and_then(|at| key.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

impl Mode {
    /// Takes in the line that holds the byte at `at`; gives where the next one begins.
    fn line_at(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        let before = bytes.get(..at).and_then(|before| memchr::memrchr(b'\n', before));
        let start = before.map_or(0, |at| at + 1);
        let end =
            bytes.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(bytes.len(), |n| at + n);
        let line = text.get(start..end).unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        for (key, value) in assignments(line) {
            let key = if key == "value" { entry_name(previous_line(text, start)) } else { key };
            let value = value.trim_matches(['"', '\'', ',', ';']).to_ascii_lowercase();
            let word = value.as_str();
            let production = PRODUCTION.contains(&word) || key == "namespace" && has_word(word, &PRODUCTION);
            let development = DEVELOPMENT.contains(&word);
            let test = matches!(word, "test" | "testing" | "ci");
            if (production || development || test) && is_mode(key) {
                self.production |= production;
                self.development |= development;
                self.test |= test;
            }
        }
        end + 1
    }
}

/// The line that ends before the line that begins at `start`.
fn previous_line(text: &str, start: usize) -> &str {
    let before = start.checked_sub(1).and_then(|end| text.get(..end)).unwrap_or_default();
    let line =
        memchr::memrchr(b'\n', before.as_bytes()).and_then(|at| before.get(at + 1..)).unwrap_or(before);
    line.strip_suffix('\r').unwrap_or(line)
}

fn has_word(value: &str, words: &[&str]) -> bool {
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

/// `- name: NODE_ENV` gives `NODE_ENV`.
fn entry_name(line: &str) -> &str {
    let line = line.trim_start_matches([' ', '\t', '-', '{']);
    let value = line.strip_prefix("name:").or_else(|| line.strip_prefix("\"name\":")).unwrap_or_default();
    value.trim().trim_matches(['"', '\'', ','])
}

/// Pairs of key and value on a line: `KEY=value` words, or one `key: value`, `key = value`, `ENV KEY value`.
fn assignments(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let trimmed = line.trim_start_matches([' ', '\t', '-', '{']);
    let relevant = !trimmed.is_empty() && !trimmed.starts_with('#');
    let whole = relevant
        .then(|| trimmed.split_once(": ").or_else(|| trimmed.split_once(" = ")))
        .flatten()
        .map(|(key, value)| (key, value.split_once(" #").map_or(value, |(value, _)| value)));
    let mut rest = trimmed.split_ascii_whitespace();
    let old_form = match (rest.next(), rest.next(), rest.next()) {
        (Some("ENV" | "ARG" | "SetEnv"), Some(key), Some(value)) if !key.contains('=') => Some((key, value)),
        _ => None,
    };
    let words = trimmed.split_ascii_whitespace().filter_map(|word| word.split_once('='));
    whole
        .into_iter()
        .chain(old_form)
        .chain(words.take(if relevant { 64 } else { 0 }))
        .map(|(key, value)| (key.trim().trim_matches(['"', '\'']), value.trim()))
}

/// Whether a key names the environment or mode that a program runs in, or a namespace.
fn is_mode(key: &str) -> bool {
    let key = key.rsplit(['.', '/']).next().unwrap_or(key);
    let lower = key.to_ascii_lowercase();
    let last = lower.rsplit(['_', '-']).next().unwrap_or_default();
    matches!(last, "env" | "environment" | "mode" | "namespace" | "stage" | "active")
        || matches!(lower.as_str(), "nodeenv" | "appenv")
}
