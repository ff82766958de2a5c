//! Options on the command lines of programs that say what settings of a file say: `--cors-origins=*`.
//!
//! Only those whose names mean the same in every program are taken; and only where a program is told how to serve: in images,
//! containers and units, and of scripts, whose commands are as often those of a moment, in what takes a script's place and in
//! what a cloud is told by its own client.

use super::Piece;
use crate::FileKind;
use stockade_model::{Document, NodeId, NodeKind, Span};

/// Names of options, each with that of the setting that it is.
const OPTIONS: &[(&str, &str)] = &[
    ("allow-anonymous", "allow_anonymous"),
    ("api-cors-header", "cors_allowed_origins"),
    ("auth", "auth_mode"),
    ("auth-mode", "auth_mode"),
    ("auth-type", "auth_type"),
    ("disable-auth", "disable_auth"),
    ("disable-authentication", "disable_authentication"),
    ("http.corsdomain", "cors_allowed_origins"),
    ("min-tls-version", "min_tls_version"),
    ("minimal-tls-version", "min_tls_version"),
    ("minimum-tls-version", "min_tls_version"),
    ("no-auth", "no_auth"),
    ("no-authentication", "disable_authentication"),
    ("rpc-cors-domain", "cors_allowed_origins"),
    ("rpc-http-cors-origins", "cors_allowed_origins"),
    ("rpccorsdomain", "cors_allowed_origins"),
    ("skip-auth", "skip_auth"),
    ("tls-min-version", "tls_min_version"),
    ("tls-minimum-version", "tls_min_version"),
    ("tls.min-version", "tls_min_version"),
];
/// Further ones: `--cors-allow-origins`.
const ORIGINS: [&str; 9] = [
    "cors",
    "cors-allow-origin",
    "cors-allow-origins",
    "cors-allowed-origin",
    "cors-allowed-origins",
    "cors-domain",
    "cors-domains",
    "cors-origin",
    "cors-origins",
];

/// Bytes of a name, with one more.
const LONGEST: usize = 32;

/// An option that is a setting.
pub(super) struct Setting {
    pub(super) node: NodeId,
    /// The setting's name.
    pub(super) name: &'static str,
    pub(super) key: Piece,
    /// `None` where the option alone switches something on.
    pub(super) value: Option<Piece>,
}

/// Those of a document.
pub(super) fn collect(kind: FileKind, document: &Document) -> Vec<Setting> {
    let mut found = Vec::new();
    if !matches!(
        kind,
        FileKind::Kubernetes
            | FileKind::KustomizePatch
            | FileKind::Compose
            | FileKind::Dockerfile
            | FileKind::Systemd
            | FileKind::HelmValues
            | FileKind::Shell
    ) || !is_spoken_of(document.text())
    {
        return found;
    }
    for node in 1..document.len() as NodeId {
        let name = document.name(node);
        match (kind, document.kind(node)) {
            (FileKind::Dockerfile, NodeKind::Element) if matches!(name, "CMD" | "ENTRYPOINT") => {
                instruction(document, node, &mut found);
            }
            (FileKind::Shell, NodeKind::Element) if name == "command" => {
                command(document, node, &mut found);
            }
            (FileKind::Dockerfile | FileKind::Shell, _) => {}
            (FileKind::Systemd, NodeKind::Scalar) if name == "ExecStart" => line(document, node, &mut found),
            (FileKind::Compose, NodeKind::Scalar) if matches!(name, "command" | "entrypoint") => {
                line(document, node, &mut found);
            }
            (_, NodeKind::Sequence) if matches!(name, "command" | "entrypoint" | "args" | "extraArgs") => {
                let words = document.children(node).filter(|word| document.kind(*word) == NodeKind::Scalar);
                let words = words.map(|word| (word, Piece::value(document, word)));
                options(document, &words.collect::<Vec<_>>(), &mut found);
            }
            _ => {}
        }
    }
    // An object of Kubernetes is asked for its versions of TLS as a whole.
    if matches!(kind, FileKind::Kubernetes | FileKind::KustomizePatch) {
        found.retain(|setting| !setting.name.contains("tls"));
    }
    found
}

/// Whether a text may hold such an option: in almost every file this is all.
fn is_spoken_of(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, b"--").any(|at| {
        let rest = bytes.get(at + 2..).unwrap_or_default();
        let rest = rest.get(..LONGEST).unwrap_or(rest);
        let end = rest.iter().position(|b| !is_of_name(*b)).unwrap_or(rest.len());
        std::str::from_utf8(rest.get(..end).unwrap_or_default()).is_ok_and(|name| setting(name).is_some())
    })
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

fn setting(name: &str) -> Option<&'static str> {
    if ORIGINS.contains(&name) {
        return Some("cors_allowed_origins");
    }
    let at = OPTIONS.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    OPTIONS.get(at).map(|(_, setting)| *setting)
}

/// A `CMD` or `ENTRYPOINT`, of words or of a command line.
fn instruction(document: &Document, node: NodeId, found: &mut Vec<Setting>) {
    let words = document.children(node).filter(|word| document.kind(*word) == NodeKind::Scalar);
    let words = words.map(|word| (word, Piece::value(document, word)));
    options(document, &words.collect::<Vec<_>>(), found);
    for script in document.children(node).filter(|child| document.name(*child) == "script") {
        for command in document.children(script) {
            let words = document.children(command).filter(|word| document.kind(*word) == NodeKind::Scalar);
            let words = words.map(|word| (word, Piece::value(document, word)));
            options(document, &words.collect::<Vec<_>>(), found);
        }
    }
}

/// A command of a script: what `exec` puts in the script's place, and of the clients of clouds what they say of TLS.
fn command(document: &Document, node: NodeId, found: &mut Vec<Setting>) {
    let words = document
        .children(node)
        .filter(|word| document.kind(*word) == NodeKind::Scalar && document.key_span(*word).is_none());
    let words: Vec<_> = words.map(|word| (word, Piece::value(document, word))).collect();
    let before = found.len();
    match words.first().map(|(_, first)| first.text(document)) {
        Some("exec") => options(document, words.get(1..).unwrap_or_default(), found),
        Some("az" | "gcloud") => {
            options(document, &words, found);
            let told = found.split_off(before);
            found.extend(told.into_iter().filter(|setting| setting.name.contains("tls")));
        }
        _ => {}
    }
}

/// A command line in one text.
fn line(document: &Document, node: NodeId, found: &mut Vec<Setting>) {
    let whole = Piece::value(document, node);
    let text = whole.text(document);
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split_ascii_whitespace() {
        let Some(start) = text.get(at..).and_then(|rest| rest.find(word)).map(|start| at + start) else {
            return;
        };
        at = start + word.len();
        let inner = word.trim_matches(['"', '\'']);
        let start = start + word.find(inner).unwrap_or(0);
        words.push((node, whole.part(document, start, start + inner.len())));
    }
    options(document, &words, found);
}

/// The options among the words of a command.
fn options(document: &Document, words: &[(NodeId, Piece)], found: &mut Vec<Setting>) {
    // A part of what is built, not how it serves.
    if words.first().is_some_and(|(_, first)| first.text(document).ends_with("configure")) {
        return;
    }
    for (nth, (node, word)) in words.iter().enumerate() {
        let text = word.text(document);
        let Some(option) = text.strip_prefix("--") else { continue };
        let (name, value) = match option.split_once('=') {
            Some((name, _)) => (name, Some((*node, 2 + name.len() + 1..text.len()))),
            None => (option, None),
        };
        let Some(setting) = setting(name) else { continue };
        let mut key = word.part(document, 2, 2 + name.len());
        // Of `--name='x'` the word stands elsewhere without its quotes.
        let written = word.at.slice(&document.data).unwrap_or_default();
        if key.at == word.at && written.starts_with(text.get(..2 + name.len()).unwrap_or_default()) {
            key.at = Span::new(word.at.start + 2, word.at.start + 2 + name.len() as u32);
        }
        let (node, value) = match value {
            Some((node, range)) => {
                let value = word.part(document, range.start, range.end);
                let inner = value.text(document).trim_matches(['"', '\'']);
                let from = range.start + value.text(document).find(inner).unwrap_or(0);
                (node, Some(word.part(document, from, from + inner.len())))
            }
            // `--name value`, or the option alone.
            None => match words.get(nth + 1) {
                Some((node, next)) if is_value_of(setting, next.text(document)) => (*node, Some(*next)),
                _ => (*node, None),
            },
        };
        found.push(Setting { node, name: setting, key, value });
    }
}

/// Whether the word behind an option is its value. Behind a switch only a switch's word is one.
fn is_value_of(setting: &str, next: &str) -> bool {
    let is_switch = ["no_", "disable_", "skip_", "allow_"].iter().any(|verb| setting.starts_with(verb));
    match is_switch {
        true => matches!(next.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "1" | "0"),
        false => !next.starts_with('-'),
    }
}

#[cfg(test)]
mod tests {
    use super::{OPTIONS, setting};

    #[test]
    fn names_are_in_order() {
        assert!(OPTIONS.is_sorted());
        assert_eq!(setting("tls-min-version"), Some("tls_min_version"));
        assert_eq!(setting("cors"), Some("cors_allowed_origins"));
        assert_eq!(setting("anonymous-auth"), None);
    }
}
