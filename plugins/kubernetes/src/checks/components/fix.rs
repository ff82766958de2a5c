//! Edits that set a flag of a component right: in the element it stands in, or in a new one behind the others.

use super::wish::Wish;
use crate::edit::{remove, set, word};
use crate::view::{CommandLine, Flag, Form};
use stockade_sdk::{Edit, Kind, Node, Span, flag as bit};

type Titled = Option<(String, Vec<Edit>)>;

/// Adds the flag that is missing, where its value is certain.
pub(super) fn add(line: &CommandLine<'_>, wish: &Wish<'_>) -> Titled {
    let name = wish.names.first().filter(|_| wish.also.is_empty())?;
    let text = format!("--{name}={}", wish.fix?);
    let edit = behind(line.last?, &text)?;
    Some((format!("add {text}"), vec![edit]))
}

/// Changes the value of a flag, or takes the flag away.
pub(super) fn change(line: &CommandLine<'_>, flag: &Flag<'_>, wish: &Wish<'_>) -> Titled {
    let value = if wish.set && wish.remove { None } else { value(flag, wish)? };
    match (value, flag.form) {
        (_, Form::Part) => None,
        (Some(value), Form::Entry) => {
            let node = flag.value_node.filter(|n| is_own(*n))?;
            let edit = Edit::replace_value(node, quoted(if node.style() == 1 { 1 } else { 2 }, &value));
            Some((format!("set {} to {value}", flag.shown), vec![edit]))
        }
        (Some(value), Form::Element) => {
            let edit = replace(flag, &value)?;
            Some((format!("set {} to {value}", flag.shown), vec![edit]))
        }
        (None, Form::Entry) if flag.node.parent() != Some(line.list) => None,
        (None, _) => {
            let mut edits = remove(flag.node, line.list)?;
            if let Some(node) = flag.value_node.filter(|node| *node != flag.node) {
                edits.extend(remove(node, line.list)?);
            }
            Some((format!("remove {}", flag.shown), edits))
        }
    }
}

/// Sets a field of the kubelet's own file.
pub(super) fn field(object: Node<'_>, path: &str, wish: &Wish<'_>) -> Titled {
    let lists = [&wish.list_has, &wish.list_lacks, &wish.list_only];
    if !wish.also.is_empty() || lists.iter().any(|list| !list.is_empty()) {
        return None;
    }
    let value = wish.fix?;
    let keys: Vec<&str> = path.split('.').collect();
    let plain = matches!(value, "true" | "false") || value.parse::<i64>().is_ok();
    let written = if plain { value.to_owned() } else { word(object, value) };
    Some((format!("set {path} to {value}"), set(object, &keys, &written)?))
}

/// The value that the flag is to have: `Some(None)` where it has to go, `None` where that is not certain.
#[expect(clippy::option_option, reason = "the outer one is for `?`")]
fn value(flag: &Flag<'_>, wish: &Wish<'_>) -> Option<Option<String>> {
    if wish.list_has.is_empty() && wish.list_lacks.is_empty() && wish.list_only.is_empty() {
        return wish.fix.map(|value| Some(value.to_owned()));
    }
    let given = flag.value.filter(|_| wish.fix.is_some() || wish.remove)?;
    let kept = given.split(',').map(str::trim).filter(|element| {
        !element.is_empty()
            && !wish.list_has.contains(element)
            && (wish.list_only.is_empty() || wish.list_only.contains(element))
    });
    let kept: Vec<&str> = kept.chain(wish.list_lacks.first().copied()).collect();
    match kept.as_slice() {
        [] if !wish.list_only.is_empty() => None,
        // Without a list of its own the component takes its default, which the rule may refuse as well.
        [] => Some(wish.fix.map(str::to_owned)),
        kept => Some(Some(kept.join(","))),
    }
}

/// Replaces the value in the element it stands in, and nothing around it.
fn replace(flag: &Flag<'_>, value: &str) -> Option<Edit> {
    if let Some(node) = flag.value_node {
        return is_own(node).then(|| Edit::replace_value(node, quoted(node.style(), value)));
    }
    let node = flag.node;
    if !is_own(node) {
        return None;
    }
    let slice = node.source().slice(node.span());
    let inner = match node.style() {
        1 => slice.strip_prefix('\'')?.strip_suffix('\'')?,
        2 => slice.strip_prefix('"')?.strip_suffix('"')?,
        _ => slice,
    };
    // With escapes in it, the text and its value differ.
    if inner.trim() != node.text().trim() {
        return None;
    }
    let quote = u32::from(node.style() != 0);
    let end = node.span().end - quote - (inner.len() - inner.trim_end().len()) as u32;
    let comma = value.contains(',') && node.style() == 0 && node.parent().is_some_and(|p| p.style() == 5);
    match inner.split_once('=') {
        _ if comma => None,
        Some((name, _)) => {
            let start = node.span().start + quote + name.len() as u32 + 1;
            (start <= end).then(|| Edit::replace(Span { start, end }, value))
        }
        None => Some(Edit::insert(end, format!("={value}"))),
    }
}

/// Puts an element behind another one, in its layout and its quotes.
fn behind(node: Node<'_>, text: &str) -> Option<Edit> {
    let parent = node.parent().filter(|p| p.kind() == Kind::Sequence)?;
    if parent.has(bit::ANCHOR | bit::UNKNOWN | bit::PARTIAL) || node.style() > 2 {
        return None;
    }
    let source = node.source();
    if parent.style() == 5 {
        let style = if node.style() == 0 && text.contains(',') { 2 } else { node.style() };
        return Some(Edit::insert(node.span().end, format!(", {}", quoted(style, text))));
    }
    let line = source.line_at(node.span().start);
    let before = source.slice(Span { start: line.start, end: node.span().start });
    if before.trim() != "-" || node.span().end > line.end {
        return None;
    }
    let rest = source.text().get(line.end as usize..).unwrap_or_default();
    let newline = if rest.starts_with("\r\n") { "\r\n" } else { "\n" };
    Some(Edit::insert(line.end, format!("{newline}{before}{}", quoted(node.style(), text))))
}

/// Whether the scalar is written here, and whole.
fn is_own(node: Node<'_>) -> bool {
    node.kind() == Kind::Scalar && node.style() <= 2 && !node.has(bit::ANCHOR | bit::UNKNOWN | bit::PARTIAL)
}

fn quoted(style: u8, text: &str) -> String {
    match style {
        1 => format!("'{text}'"),
        2 => format!("\"{text}\""),
        _ => text.to_owned(),
    }
}
