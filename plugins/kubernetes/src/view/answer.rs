//! Questions to a manifest with three possible answers: the value, that there is none, or that nobody can know.

use stockade_sdk::{Node, flag};

/// What a manifest says at a path of keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer<'a> {
    /// This value is there; it may still hold unknown parts.
    Is(Node<'a>),
    /// Nothing is there, and nothing can be added from outside the file.
    Missing,
    /// A template, a patched base or a broken anchor decides.
    Unknown,
}

impl<'a> Answer<'a> {
    /// The value, where there is one.
    #[must_use]
    pub fn node(self) -> Option<Node<'a>> {
        match self {
            Self::Is(node) => Some(node),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// Whether there is certainly nothing.
    #[must_use]
    pub fn is_missing(self) -> bool {
        self == Self::Missing
    }

    /// This answer, or that to a further question where this one is "nothing there".
    #[must_use]
    pub fn or_else(self, further: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Missing => further(),
            other => other,
        }
    }
}

/// Asks for the value at `path` (keys separated by dots) below `map`. A null counts as nothing, as it does for the
/// API server. In a patch nothing is ever missing: the base may have it.
#[must_use]
pub fn ask<'a>(map: Node<'a>, path: &str) -> Answer<'a> {
    let mut at = map;
    for key in stockade_sdk::keys(path) {
        match ask_key(at, key) {
            Answer::Is(node) => at = node,
            other => return other,
        }
    }
    Answer::Is(at)
}

/// Like [`ask`] for one key, which may hold dots (an annotation's name).
#[must_use]
pub fn ask_key<'a>(map: Node<'a>, key: &str) -> Answer<'a> {
    match map.get(key).map_or(Answer::Missing, answer) {
        Answer::Missing if map.may_have_more() || is_patch(map) => Answer::Unknown,
        found => found,
    }
}

/// What a value says that is there.
pub(super) fn answer(node: Node<'_>) -> Answer<'_> {
    if node.is_unknown() || is_substituted(node) {
        Answer::Unknown
    } else if node.is_null() {
        Answer::Missing
    } else {
        Answer::Is(node)
    }
}

/// Whether a value is nothing but a variable that some tool puts in before the API server reads it: `${USER_ID}` of
/// envsubst, Flux and the Templates of OpenShift.
fn is_substituted(node: Node<'_>) -> bool {
    let variable = |text: &str| {
        text.strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .is_some_and(|name| !name.contains('}'))
    };
    node.is_scalar() && variable(node.text())
}

/// Whether the node's file is merged into objects that are somewhere else.
#[must_use]
pub fn is_patch(node: Node<'_>) -> bool {
    node.source().kind() == "kustomize-patch"
}

/// Whether every entry of a list is there to be seen.
#[must_use]
pub fn is_complete(list: Node<'_>) -> bool {
    !list.may_have_more() && !is_patch(list) && !list.children().any(Node::is_unknown)
}

/// A boolean as the API server reads it: YAML 1.1's `yes` and `on` are true.
#[must_use]
pub fn truth(node: Node<'_>) -> Option<bool> {
    let target = node.resolve();
    if target.has(flag::YAML11_BOOL) {
        return Some(matches!(target.text().to_ascii_lowercase().as_str(), "yes" | "on" | "y"));
    }
    target.as_bool()
}

/// The value of a scalar that is completely known and not null.
#[must_use]
pub fn known_text(node: Node<'_>) -> Option<&str> {
    (node.is_scalar() && node.is_known() && !node.is_null()).then(|| node.text())
}

/// The known text at a path, or `None` where it is missing or unknown.
#[must_use]
pub fn text_at<'a>(map: Node<'a>, path: &str) -> Option<&'a str> {
    ask(map, path).node().and_then(known_text)
}
