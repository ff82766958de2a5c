//! Values that fit the schema of their field and are refused all the same, as they do not fit each other or the format that
//! the API asks for. What a template or a patch may still change is not judged.

mod containers;
mod isolation;
mod objects;
mod pods;
mod quantity;
mod ranges;
mod schedule;
mod services;

use crate::view::{Answer, Manifests, Object, ask, is_complete, is_patch, known_text};
use stockade_sdk::{Kind, Node, Out, Params};

/// `refused-value`: a value is one that the API server refuses in every version of Kubernetes.
pub(crate) fn refused_value(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    if is_patch(view.source.root()) {
        return;
    }
    for object in &view.objects {
        if let Some(pod) = object.pod.as_ref().filter(|_| is_built_in(object)) {
            pods::judge(object, pod, out);
        }
        objects::judge(object, out);
    }
}

/// The names of what is in a mapping, or all names where something else may add to it.
struct Fields<'a>(Option<Vec<&'a str>>);

impl<'a> Fields<'a> {
    fn all() -> Self {
        Self(None)
    }

    fn of(map: Node<'a>) -> Self {
        let is_open = map.may_have_more() || map.children().any(|child| child.kind() == Kind::Merge);
        Self((!is_open).then(|| map.children().map(Node::name).collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(&name))
    }
}

/// Whether the API server itself validates what is in the object's pods.
fn is_built_in(object: &Object<'_>) -> bool {
    matches!(object.group(), "" | "apps" | "batch" | "extensions")
}

/// A text that no tool or person is going to replace: `<name>`, `YOUR_NAME` and their like are blanks.
fn final_text(node: Node<'_>) -> Option<&str> {
    known_text(node).filter(|text| !is_blank(text))
}

/// One look at each byte: this is asked of nearly every name and amount.
fn is_blank(text: &str) -> bool {
    let (mut before, mut is_joined, mut has_small) = (0, false, false);
    for byte in text.bytes() {
        if matches!(byte, b'$' | b'{' | b'<' | b'%') || (byte == b'_' && before == b'_') {
            return true;
        }
        is_joined |= byte == b'_';
        has_small |= byte.is_ascii_lowercase();
        before = byte;
    }
    is_joined && !has_small
}

/// Whether all entries of a list are there to be seen, which is also so where there is none.
fn is_closed(answer: Answer<'_>) -> bool {
    match answer {
        Answer::Missing => true,
        Answer::Unknown => false,
        Answer::Is(list) => is_complete(list),
    }
}

/// Reports a name that has other characters than small letters and digits with `-`, and where `dots` is set `.`, between.
fn name(node: Node<'_>, dots: bool, out: &mut Out) {
    // `RELEASE-NAME` is what Helm prints where nobody gave it a name.
    let shouts =
        |text: &str| text.as_bytes().windows(3).any(|three| three.iter().all(u8::is_ascii_uppercase));
    let Some(text) = final_text(node).filter(|text| !shouts(text)) else { return };
    let word = |part: &str| {
        let edge = |c: Option<char>| c.is_some_and(|c| c != '-');
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        edge(part.chars().next()) && edge(part.chars().next_back()) && part.bytes().all(good)
    };
    if !(if dots { text.split('.').all(word) } else { word(text) }) {
        let between = if dots { "`-` or `.`" } else { "`-`" };
        let message =
            format!("the name {text} is not made of small letters and digits with {between} between");
        out.finding(node.place(), message);
    }
}

/// Reports each text of a list (at `key` of its entries) that was there before. Nothing is said of a list that may be
/// made of several branches of a template.
fn twice<'a>(
    entries: impl Iterator<Item = Node<'a>>,
    key: &str,
    message: impl Fn(&str) -> String,
    out: &mut Out,
) {
    let texts = entries.filter_map(|entry| ask(entry, key).node());
    let mut texts: Vec<(&str, Node<'a>)> = texts.filter_map(|node| Some((final_text(node)?, node))).collect();
    // Stable: of those that are the same the first in the file comes first.
    texts.sort_by_key(|(text, _)| *text);
    for same in texts.chunk_by(|(one, _), (other, _)| one == other) {
        let [(text, first), others @ ..] = same else { continue };
        for (_, node) in others {
            out.finding(node.place(), message(text)).label(first.place(), "the first one");
        }
    }
}

/// Reports an amount that the API does not read; `what` says whose it is.
fn amount(node: Node<'_>, what: &str, out: &mut Out) {
    if let Some(text) = final_text(node).map(str::trim).filter(|text| quantity::value(text).is_none()) {
        out.finding(node.place(), format!("the {what} {text} is no amount"));
    }
}

/// Reports such amounts in a map from resources to amounts.
fn amounts(map: Option<Node<'_>>, whose: &str, out: &mut Out) {
    for node in map.into_iter().flat_map(Node::children).filter(|node| node.is_scalar()) {
        amount(node, &format!("{} of {whose}", node.name()), out);
    }
}

#[cfg(test)]
mod tests {
    use super::is_blank;

    #[test]
    fn what_somebody_fills_in_is_blank() {
        for text in ["<name>", "${NAME}", "YOUR_NAME", "__name__", "_", "%s"] {
            assert!(is_blank(text), "{text}");
        }
        for text in ["", "web", "my_app", "WEB", "0.5"] {
            assert!(!is_blank(text), "{text}");
        }
    }
}
