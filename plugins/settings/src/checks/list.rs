//! Lists that hold what they must not, or lack what they must have.

use super::{fits, shown};
use crate::view::{View, section, written};
use stockade_sdk::{Kind, Node, Out, Params, Place, Setting, ValueKind, row_flag};

/// A list: its elements with their places, and where it is as a whole.
struct List<'a> {
    whole: Setting<'a>,
    elements: Vec<(&'a str, Place)>,
}

/// The lists among these settings: sequences, whose elements are rows of their own, and texts of elements.
fn lists<'a>(settings: impl Iterator<Item = Setting<'a>>) -> Vec<List<'a>> {
    let mut lists: Vec<List<'a>> = Vec::new();
    let mut settings = settings.peekable();
    while let Some(setting) = settings.next() {
        let node = setting.node();
        // A directive whose arguments follow as elements is a sequence, too: its text would count them twice.
        let followed = settings
            .peek()
            .is_some_and(|next| next.has(row_flag::ELEMENT) && next.node().parent() == Some(node));
        if setting.has(row_flag::ELEMENT) {
            let element = (setting.value().trim(), setting.place());
            let parent = node.parent();
            match lists.last_mut().filter(|list| parent == sequence(list.whole)) {
                Some(list) => list.elements.push(element),
                None => lists.push(List { whole: setting, elements: vec![element] }),
            }
        } else if followed || setting.kind() == ValueKind::Empty || node.resolve().kind() == Kind::Sequence {
            lists.push(List { whole: setting, elements: Vec::new() });
        } else {
            let text = setting.value().trim_matches(['[', ']', '(', ')', '{', '}']);
            let words = text.split(|c: char| c == ',' || c.is_whitespace());
            let words = words.map(|word| word.trim_matches(['"', '\''])).filter(|word| !word.is_empty());
            lists
                .push(List { whole: setting, elements: words.map(|word| (word, setting.place())).collect() });
        }
    }
    lists
}

/// The sequence that a setting is, or is an element of.
fn sequence(setting: Setting<'_>) -> Option<Node<'_>> {
    if setting.has(row_flag::ELEMENT) { setting.node().parent() } else { Some(setting.node().resolve()) }
}

/// `list`: a list named by `key` has an element that fits `forbid`, is `empty`, or has no element that fits any of the
/// words of a `require` (words with `|` between them; each `require` must be met).
pub fn list(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let beside = view.hits(out.rule(), crate::index::Role::Beside);
    for list in lists(view.judged(out.rule()).map(|(setting, _)| setting)) {
        // Where the rule asks for company, the list counts only beside it.
        let on = params.string("beside-is") == Some("on");
        let company =
            beside.iter().any(|other| section(*other) == section(list.whole) && (!on || other.is_on()));
        if params.has("beside-key") && company == params.bool_or("beside-not", false) {
            continue;
        }
        let name = written(list.whole);
        for (element, place) in &list.elements {
            if params.strings("forbid").any(|word| fits(word, element))
                && !params.strings("allow").any(|word| fits(word, element))
            {
                let message = match params.string("what") {
                    Some(what) => format!("{what}: {name} has {element}"),
                    None => format!("{name} has {element}"),
                };
                out.finding(*place, message).key(format!("{name}={element}"));
            }
        }
        if list.elements.is_empty() {
            if params.bool_or("empty", false) {
                out.finding(list.whole.key_place(), format!("{name} is {}", shown(list.whole, params)))
                    .key(name);
            }
            continue;
        }
        for group in params.strings("require") {
            let met = list.elements.iter().any(|(e, _)| group.split('|').any(|word| fits(word, e)));
            if !met {
                let first = group.split('|').next().unwrap_or_default().trim_matches('*');
                let message = format!("{name} lacks {first}");
                let place = sequence(list.whole).map_or(list.whole.key_place(), Node::key_place);
                let place = if list.whole.has(row_flag::ELEMENT) { place } else { list.whole.key_place() };
                out.finding(place, message).key(format!("{name}-{first}"));
            }
        }
    }
}
