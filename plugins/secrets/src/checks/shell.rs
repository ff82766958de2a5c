//! Secrets on command lines, and the modes that scripts give to files.

use super::is_fixture;
use stockade_sdk::secrecy::{is_secret_name, may_be_secret};
use stockade_sdk::{Edit, Kind, Node, Out, Params, Source};

/// The commands of a file: their words.
fn commands(source: &Source) -> impl Iterator<Item = Vec<Node<'_>>> {
    let nodes = if source.is_empty() { None } else { Some(source.root().descendants()) };
    let commands = nodes.into_iter().flatten().filter(|n| n.is("command"));
    commands.map(|c| c.children().filter(|n| n.kind() == Kind::Scalar && n.key_span().is_none()).collect())
}

/// `command-line`: a literal secret is an argument of a command.
pub(crate) fn command_line(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_fixture(source) {
        return;
    }
    for words in commands(source) {
        let mut previous: Option<&str> = None;
        for word in words.iter().skip(1) {
            if !word.is_known() {
                previous = None;
                continue;
            }
            let text = word.text();
            let flag = text
                .strip_prefix("--from-literal=")
                .or_else(|| text.strip_prefix("--"))
                .and_then(|t| t.split_once('='));
            let before = previous
                .filter(|p| p.starts_with("--") && !p.contains('='))
                .map(|p| (p.trim_start_matches('-'), text));
            let hit = flag.or(before).filter(|(name, value)| is_secret_name(name) && may_be_secret(value));
            let header = text.split_once("Authorization: ").and_then(|(_, rest)| rest.split_once(' '));
            let bearer = header.filter(|(kind, value)| {
                matches!(*kind, "Bearer" | "Basic" | "token") && may_be_secret(value) && value.len() >= 8
            });
            if let Some((name, _)) = hit {
                out.finding(word.place(), format!("the secret {name} is given on a command line"));
            } else if bearer.is_some() {
                out.finding(word.place(), "an authorization header is given on a command line");
            }
            previous = Some(text);
        }
    }
}

/// Words of a path that name what others should not read.
const PRIVATE: [&str; 12] = [
    "key",
    "keys",
    "secret",
    "secrets",
    "private",
    "credentials",
    "audit",
    "backup",
    "backups",
    "id_rsa",
    "ssh",
    "id_ed25519",
];

fn is_private(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let public = [".crt", ".pub", ".cer", ".sh", ".py", ".gpg", ".asc", ".list"]
        .iter()
        .any(|end| lower.ends_with(end));
    !public
        && !lower.contains("public")
        && !lower.contains("keyring")
        && lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| PRIVATE.contains(&word))
}

/// `chmod`: group or others get rights on what names keys, secrets, audit data or backups.
pub(crate) fn chmod(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    for words in commands(source) {
        if words.first().is_none_or(|w| w.text().rsplit('/').next() != Some("chmod")) {
            continue;
        }
        let mut rest = words.iter().skip(1).filter(|w| !w.text().starts_with('-'));
        let Some(mode) = rest.next().filter(|m| m.is_known()) else { continue };
        let Some(bits) = u32::from_str_radix(mode.text(), 8).ok().filter(|bits| bits & 0o077 != 0) else {
            continue;
        };
        let Some(path) = rest.find(|p| is_private(p.text())) else { continue };
        let message = format!("chmod {} lets group or others at {}", mode.text(), path.text());
        let zeros = if mode.text().len() > 3 { "0" } else { "" };
        let tight = format!("{zeros}{:o}00", bits >> 6 & 7);
        out.finding(mode.place(), message)
            .unsafe_fix(format!("set mode {tight}"), vec![Edit::replace_value(*mode, tight)]);
    }
}
