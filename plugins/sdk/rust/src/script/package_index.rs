//! Indexes that packages come from, where they are asked over plain HTTP.

use super::{Command, Word};
use crate::{Out, Place, Source, Span};

const HTTP: &str = "http://";

/// Programs, and their options that take the address of an index.
const INDEX_OPTIONS: [(&str, &[&str]); 13] = [
    ("pip", &["-i", "--index-url", "--extra-index-url", "-f", "--find-links"]),
    ("uv", &["-i", "--index-url", "--extra-index-url", "--default-index", "--index", "-f", "--find-links"]),
    ("pipx", &["-i", "--index-url"]),
    ("npm", &["--registry"]),
    ("yarn", &["--registry"]),
    ("pnpm", &["--registry"]),
    ("cnpm", &["--registry"]),
    ("bun", &["--registry"]),
    ("gem", &["-s", "--source", "-a", "--add"]),
    ("bundle", &[]),
    ("go", &[]),
    ("composer", &[]),
    ("cpanm", &["--mirror"]),
];

/// Words behind which the programs above take an address as a setting.
const SETTING_WORDS: [&str; 4] = ["config", "set", "env", "sources"];

/// Reports each index of a command that is asked over plain HTTP. Addresses of the machine itself are left out.
pub fn report_command(source: &Source, command: &Command, out: &mut Out) {
    if !command.args().iter().any(|word| word.text.contains(HTTP)) {
        return;
    }
    let mut told = |name: &str, word: &Word| report(source, command.node, word.span(), name, out);
    if matches!(command.name(), "R" | "Rscript" | "r") {
        command.args().iter().filter(|word| word.text.contains("repos")).for_each(|word| told("R", word));
    } else if let Some((name, options)) = options_of(command) {
        addresses(command, options).for_each(|word| told(name, word));
    }
}

/// Reports the first address over plain HTTP in a part of a file, unless it leads to the machine itself, as the index that the
/// program `name` asks. `node` is the one that the part belongs to.
pub fn report(source: &Source, node: u32, span: Span, name: &str, out: &mut Out) {
    if let Some((span, address)) = plain_address(source, span) {
        let place = Place { span, node: Some(node) };
        out.finding(place, format!("{name} has the index {address}, which is asked without TLS"))
            .data("address", address);
    }
}

/// What a program is called in the table, and its options.
fn options_of(command: &Command) -> Option<(&'static str, &'static [&'static str])> {
    let name = command.name();
    let is_pip = name.starts_with("pip") && name != "pipx"
        || name.starts_with("python") && command.args().iter().any(|word| word.text == "pip");
    let name = if is_pip { "pip" } else { name };
    INDEX_OPTIONS.iter().find(|(known, _)| *known == name).copied()
}

/// The words of a command that hold the address of an index.
fn addresses<'c>(command: &'c Command, options: &'c [&str]) -> impl Iterator<Item = &'c Word> {
    let sets = command.args().iter().any(|word| SETTING_WORDS.contains(&word.text.as_str()));
    let before = std::iter::once("").chain(command.args().iter().map(|word| word.text.as_str()));
    command.args().iter().zip(before).filter_map(move |(word, before)| {
        let (name, address) = match word.text.split_once('=') {
            Some((name, address)) if !name.contains("://") => (name, address),
            _ => (before, word.text.as_str()),
        };
        let takes = (sets && !is_proxy(name)) || options.contains(&name);
        (takes && address.starts_with(HTTP)).then_some(word)
    })
}

/// Whether a setting names a proxy on the way: what goes by it may be encrypted all the same.
fn is_proxy(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("proxy") && lower != "goproxy"
}

/// The first address over plain HTTP in a part of a file, as it is written, unless it leads to the machine itself.
#[must_use]
pub fn plain_address(source: &Source, span: Span) -> Option<(Span, &str)> {
    let raw = source.slice(span);
    let mut places = raw.match_indices(HTTP).map(|(at, _)| at);
    let at = places.find(|at| !is_this_machine(raw.get(at + HTTP.len()..).unwrap_or_default()))?;
    let rest = raw.get(at..)?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`\\,;|)>".contains(c)).unwrap_or(rest.len());
    let start = span.start + at as u32;
    Some((Span { start, end: start + end as u32 }, rest.get(..end)?))
}

fn is_this_machine(host: &str) -> bool {
    ["localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal"]
        .iter()
        .any(|name| host.starts_with(name))
}
