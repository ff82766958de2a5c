//! Volumes and scratch directories of a service, in the short and the long form.

use crate::view::{Service, ask, switch, text};
use stockade_sdk::{Kind, Node};

/// A mount.
#[derive(Debug)]
pub(crate) struct Mount<'a> {
    /// The entry.
    pub(crate) node: Node<'a>,
    /// What is mounted: a host path, a volume's name, or none.
    pub(crate) source: Option<String>,
    /// The node that says so.
    pub(crate) source_node: Node<'a>,
    pub(crate) target: String,
    /// Comma-separated options of the short form.
    pub(crate) options: String,
    /// `type` of the long form; empty for the short one.
    pub(crate) kind: String,
}

impl Mount<'_> {
    /// Whether the service can only read what is mounted.
    pub(crate) fn is_read_only(&self) -> bool {
        self.options.split(',').any(|option| option == "ro" || option == "readonly")
            || ask(self.node, "read_only").node().and_then(switch) == Some(true)
    }
}

/// The entries of `volumes`.
pub(crate) fn mounts<'a>(service: &Service<'a>) -> Vec<Mount<'a>> {
    service.list("volumes").into_iter().filter_map(mount).collect()
}

fn mount(node: Node<'_>) -> Option<Mount<'_>> {
    if node.resolve().kind() == Kind::Mapping {
        let get = |key: &str| ask(node, key).node().and_then(text);
        return Some(Mount {
            node,
            source: get("source").or_else(|| get("src")),
            source_node: ask(node, "source").node().or_else(|| ask(node, "src").node()).unwrap_or(node),
            target: get("target").or_else(|| get("dst")).unwrap_or_default(),
            options: String::new(),
            kind: get("type").unwrap_or_default(),
        });
    }
    let text = text(node)?;
    let whole = text.as_str();
    // `C:\data:/data`: the first colon belongs to the drive.
    let drive =
        whole.as_bytes().get(1) == Some(&b':') && matches!(whole.as_bytes().get(2), Some(b'\\' | b'/'));
    let skip = if drive && whole.starts_with(|c: char| c.is_ascii_alphabetic()) { 2 } else { 0 };
    let (source, rest) = match whole[skip..].find(':') {
        Some(at) => (Some(whole[..skip + at].to_owned()), &whole[skip + at + 1..]),
        None => (None, whole),
    };
    let (target, options) = rest.split_once(':').unwrap_or((rest, ""));
    Some(Mount {
        node,
        source,
        source_node: node,
        target: target.to_owned(),
        options: options.to_owned(),
        kind: String::new(),
    })
}

/// A host path without doubled and closing slashes; `None` for what is no absolute path.
pub(crate) fn host_path(source: &str) -> Option<String> {
    if !source.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}
