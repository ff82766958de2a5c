//! Lists that hold what they must not, or lack what they must have.

use super::missing::absent;
use super::{SEVERITY, fits, shown};
use crate::index::{Role, row_for, rows_of};
use crate::known;
use crate::pattern::Pattern;
use crate::sections::Sections;
use crate::view::{View, is_value, written};
use std::cell::OnceCell;
use stockade_sdk::tree_edit::{push_front, remove};
use stockade_sdk::{Edit, Kind, Node, Out, Params, Place, Setting, Span, ValueKind, row_flag};

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
        if node.source().kind() == "sshd" && !followed {
            let place = setting.place();
            let words = algorithms(setting.value()).map(|word| (word, place));
            lists.push(List { whole: setting, elements: words.collect() });
        } else if setting.has(row_flag::ELEMENT) {
            let element = (setting.value().trim(), setting.place());
            let parent = node.parent();
            match lists.last_mut().filter(|list| parent == sequence(list.whole)) {
                Some(list) => list.elements.push(element),
                None => lists.push(List { whole: setting, elements: vec![element] }),
            }
        } else if followed || setting.kind() == ValueKind::Empty || node.resolve().kind() == Kind::Sequence {
            lists.push(List { whole: setting, elements: Vec::new() });
        } else {
            let value = setting.value();
            // The braces of `${name}` are a variable's.
            let braces = if value.contains("${") { &[][..] } else { &['[', ']', '(', ')', '{', '}'][..] };
            let text = value.trim_matches(braces);
            let words = text.split(|c: char| c == ',' || c.is_whitespace());
            let words = words.map(|word| word.trim_matches(['"', '\''])).filter(|word| !word.is_empty());
            // Once for all words: it looks at the whole text.
            let place = setting.place();
            lists.push(List { whole: setting, elements: words.map(|word| (word, place)).collect() });
        }
    }
    lists
}

/// The algorithms that a line of the SSH daemon asks for. A list that begins with `-` takes away from its own one; with `+`
/// or `^` it adds to that.
fn algorithms(value: &str) -> impl Iterator<Item = &str> {
    let value = value.trim().trim_matches('"');
    let asked = if value.starts_with('-') { "" } else { value.trim_start_matches(['+', '^']) };
    asked.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// The sequence that a setting is, or is an element of.
fn sequence(setting: Setting<'_>) -> Option<Node<'_>> {
    if setting.has(row_flag::ELEMENT) { setting.node().parent() } else { Some(setting.node().resolve()) }
}

/// `list`: a list named by `key` has an element that fits `forbid`, is `empty`, or has no element that fits any of the
/// words of a `require` (words with `|` between them; each `require` must be met). A list named by `also-key` has one
/// that fits `also-forbid`.
pub fn list(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let rule = out.rule();
    // Where the rule asks for company, a list counts only beside it.
    let on = params.string("beside-is") == Some("on");
    let beside = view.hits(rule, Role::Beside).iter().filter(|other| !on || other.is_on());
    let company: Sections = beside.copied().collect();
    let removed: Vec<&str> = lists(view.of(rule, Role::Removed))
        .iter()
        .flat_map(|list| list.elements.iter().map(|(element, _)| *element))
        .collect();
    let matches = patterns(params);
    let groups = OnceCell::new();
    let unknown = params.bool_or("unknown", false);
    let judged = view.named(rule).map(|(setting, _)| setting);
    for list in lists(judged.filter(|setting| unknown || is_value(*setting))) {
        if has_mixture(&list, params, out) {
            continue;
        }
        if params.has("beside-key") && company.has_that_of(list.whole) == params.bool_or("beside-not", false)
        {
            continue;
        }
        let name = written(list.whole);
        for at in 0..list.elements.len() {
            let Some((element, _)) = list.elements.get(at) else { continue };
            let forbidden = params.strings("forbid").any(|word| fits(word, element))
                || matches.iter().any(|pattern| pattern.matches(&element.to_ascii_lowercase()));
            if forbidden
                && !params.strings("allow").any(|word| fits(word, element))
                && !removed.iter().any(|word| fits(&word.to_ascii_lowercase(), element))
            {
                report(&list, at, params, out);
            }
        }
        if list.elements.is_empty() {
            if params.bool_or("empty", false) {
                out.finding(list.whole.key_place(), format!("{name} is {}", shown(list.whole, params)))
                    .key(name);
            }
            continue;
        }
        if !params.has("require-key") || view.has_role(rule, Role::Require, list.whole) {
            require(groups.get_or_init(|| required(view, params)), &list, params, out);
        }
    }
    for list in lists(view.of(rule, Role::Also)) {
        for at in 0..list.elements.len() {
            let element = list.elements.get(at).map_or("", |(element, _)| *element);
            if params.strings("also-forbid").any(|word| fits(word, element)) {
                report(&list, at, params, out);
            }
        }
    }
    absent(view, params, out);
}

/// The patterns of `forbid-pattern`, which elements are tried against in lower case.
fn patterns(params: &Params) -> Vec<Pattern> {
    // They were compiled once when the plugin was configured, so none fails.
    params.strings("forbid-pattern").filter_map(|text| known::pattern(text).ok()).collect()
}

fn report(list: &List<'_>, at: usize, params: &Params, out: &mut Out) {
    let Some((element, place)) = list.elements.get(at) else { return };
    let name = written(list.whole);
    let message = match params.string("what") {
        Some(what) => format!("{what}: {name} has {element}"),
        None => format!("{name} has {element}"),
    };
    // A class of names may weigh more or less than others.
    let severity = row_for(params, "severity-for", list.whole.name());
    let finding = out.finding(*place, message).key(format!("{name}={element}"));
    let finding = match severity {
        Some(severity) => finding.data(SEVERITY, severity),
        None => finding,
    };
    let node = list.whole.node();
    if let Some(new) = params.string("fix-element") {
        // One element is the whole text, or a node of its own.
        let own = Span { start: place.span.start, end: place.span.end };
        let source = node.source().slice(own);
        let inner = source.trim_matches(['"', '\'']);
        if inner == *element && !inner.is_empty() {
            let quote = (source.len() - inner.len()) as u32 / 2;
            let span = Span { start: own.start + quote, end: own.end - quote };
            finding.unsafe_fix(format!("Set it to {new}"), vec![Edit::replace(span, new)]);
        }
    } else if params.bool_or("fix-remove", false)
        && list.elements.len() > 1
        && let Some(item) = place.node.map(|id| node.source().node(id))
        && let Some(parent) = item.parent().filter(|parent| parent.kind() == Kind::Sequence)
        && let Some(edits) = remove(item, parent)
    {
        finding.unsafe_fix(format!("Take {element} out"), edits);
    }
}

/// Whether a list has elements of both groups of `mix`; those of the first are reported.
fn has_mixture(list: &List<'_>, params: &Params, out: &mut Out) -> bool {
    let mut groups = params.strings("mix");
    let Some((first, second)) = groups.next().zip(groups.next()) else { return false };
    let fits_one = |group: &str, element: &str| group.split('|').any(|word| fits(word, element));
    if !list.elements.iter().any(|(element, _)| fits_one(second, element)) {
        return false;
    }
    let bad: Vec<usize> = list
        .elements
        .iter()
        .enumerate()
        .filter(|(_, (element, _))| fits_one(first, element))
        .map(|(at, _)| at)
        .collect();
    bad.iter().for_each(|at| report(list, *at, params, out));
    !bad.is_empty()
}

/// The groups of `require`, and the rows of `require-unless` that no setting of the file makes needless.
fn required<'p>(view: &View<'_>, params: &'p Params) -> Vec<&'p str> {
    let elsewhere = |patterns: &[String]| {
        let patterns: Vec<Pattern> = patterns.iter().filter_map(|text| Pattern::new(text).ok()).collect();
        view.source.settings().any(|other| {
            other.kind() != ValueKind::Empty && patterns.iter().any(|pattern| pattern.matches(other.name()))
        })
    };
    let further = rows_of(params, "require-unless").filter(|(_, patterns)| !elsewhere(patterns));
    params.strings("require").chain(further.map(|(group, _)| group)).collect()
}

/// Reports the groups of which a list has no element.
fn require(groups: &[&str], list: &List<'_>, params: &Params, out: &mut Out) {
    let name = written(list.whole);
    for group in groups {
        if list.elements.iter().any(|(e, _)| group.split('|').any(|word| fits(word, e))) {
            continue;
        }
        let first = group.split('|').next().unwrap_or_default().trim_matches('*');
        let message = format!("{name} lacks {first}");
        let place = sequence(list.whole).map_or(list.whole.key_place(), Node::key_place);
        let place = if list.whole.has(row_flag::ELEMENT) { place } else { list.whole.key_place() };
        let finding = out.finding(place, message).key(format!("{name}-{first}"));
        let target = sequence(list.whole).filter(|_| params.bool_or("fix-add", false));
        if let Some(edits) = target.and_then(|list| push_front(list, first)) {
            finding.unsafe_fix(format!("Add {first}"), edits);
        }
    }
}
