//! What may be meant by a name or a word that the API does not have.

use crate::schema::{Field, Shape, Type};
use stockade_sdk::{Kind, Node};

/// Longer names are no misspelt ones.
const MAX_NAME: usize = 64;

/// The field that is meant, where one is close enough.
pub(super) fn field<'t>(name: &str, of: &'t Type) -> Option<&'t Field> {
    let far = far(name);
    let of_like_length = of.fields.iter().filter(|field| field.name.len().abs_diff(name.len()) < far);
    let near = of_like_length
        .map(|field| (distance(name, field.name), field))
        .min_by_key(|(far, field)| (*far, field.name))?;
    (near.0 < far && name.len() <= MAX_NAME).then_some(near.1)
}

/// The name out of several that is meant, where one is close enough.
pub(super) fn name<'n>(name: &str, of: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let far = far(name);
    let of_like_length = of.filter(|other| other.len().abs_diff(name.len()) < far);
    let near = of_like_length.map(|other| (distance(name, other), other)).min()?;
    (near.0 < far && name.len() <= MAX_NAME).then_some(near.1)
}

/// The one word that differs from a text in nothing but small and capital letters, out of words that `|` parts.
pub(super) fn but_for_case<'w>(text: &str, words: &'w str) -> Option<&'w str> {
    let mut same = words.split('|').filter(|word| word.eq_ignore_ascii_case(text));
    same.next().filter(|_| same.next().is_none())
}

/// The word that is meant by a text, where exactly one is closest to it and close enough.
pub(super) fn word<'w>(text: &str, words: &'w str) -> Option<&'w str> {
    if text.len() > MAX_NAME {
        return None;
    }
    let distances = || words.split('|').map(|word| (distance(text, word), word));
    let (nearest, word) = distances().min()?;
    let is_only = distances().filter(|(far, _)| *far == nearest).count() == 1;
    (is_only && nearest < far(text)).then_some(word)
}

/// Words that `|` parts, for a message: `A, B or C`.
pub(super) fn any_of(words: &str) -> String {
    match words.rsplit_once('|') {
        Some((all, last)) => format!("{} or {last}", all.replace('|', ", ")),
        None => words.to_owned(),
    }
}

/// Whether a field of this shape may hold what a node is, as far as that shows from outside.
pub(super) fn may_hold(shape: Shape, node: Node<'_>) -> bool {
    match node.resolve().kind() {
        Kind::Mapping => matches!(shape, Shape::Any | Shape::Map(_) | Shape::Object(_)),
        Kind::Sequence => matches!(shape, Shape::Any | Shape::List(_)),
        _ => !matches!(shape, Shape::List(_) | Shape::Map(_) | Shape::Object(_)),
    }
}

/// A name in the quotes that another one is written in.
pub(super) fn written_like(name: &str, other: &str) -> String {
    match other.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        Some(quote) => format!("{quote}{name}{quote}"),
        None => name.to_owned(),
    }
}

/// From how many changes on a name is another one.
fn far(name: &str) -> usize {
    name.len() / 3 + 1
}

fn distance(name: &str, other: &str) -> usize {
    if name.eq_ignore_ascii_case(other) { 0 } else { strsim::damerau_levenshtein(name, other) }
}

#[cfg(test)]
mod tests {
    use super::{any_of, but_for_case, word};

    #[test]
    fn words_are_near_or_not() {
        let policies = "Always|IfNotPresent|Never";
        assert_eq!(but_for_case("ifnotpresent", policies), Some("IfNotPresent"));
        assert_eq!(but_for_case("IfNotPresents", policies), None);
        assert_eq!(word("allways", policies), Some("Always"));
        assert_eq!(word("ifNotPresents", policies), Some("IfNotPresent"));
        assert_eq!(word("no", policies), None);
        assert_eq!(word("unless-stopped", policies), None);
        // Both are one letter away.
        assert_eq!(word("TP", "TCP|UDP|SCTP"), None);
        assert_eq!(any_of(policies), "Always, IfNotPresent or Never");
        assert_eq!(any_of("Only"), "Only");
    }
}
