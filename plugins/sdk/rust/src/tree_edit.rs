//! Edits that keep the layout of a YAML or JSON tree: setting a key at a path, adding to a list, taking an entry out.

use crate::{Edit, Kind, Node, Span, flag};

/// Longest list or mapping in flow style whose last entry is taken out: what stands before it is found by going through all.
const MAX_SIBLINGS: usize = 1000;

/// The column of the byte at `offset`, in bytes from the start of its line.
fn column(node: Node<'_>, offset: u32) -> usize {
    (offset - node.source().line_at(offset).start.min(offset)) as usize
}

fn spaces(count: usize) -> String {
    " ".repeat(count)
}

fn is_flow(node: Node<'_>) -> bool {
    node.resolve().style() == 5
}

/// JSON needs quotes around keys and words; a YAML file whose root is `{` may have them.
fn is_json(node: Node<'_>) -> bool {
    node.source().root().children().next().is_some_and(|document| {
        is_flow(document) && node.source().text().trim_start().starts_with(['{', '['])
    })
}

fn key_text(node: Node<'_>, key: &str) -> String {
    if is_json(node) { format!("\"{key}\"") } else { key.to_owned() }
}

/// A mapping or list that may be edited in place: not shared through an anchor, not made by a template.
fn is_own(node: Node<'_>) -> bool {
    !matches!(node.kind(), Kind::Alias | Kind::Merge)
        && !node.has(flag::ANCHOR | flag::UNKNOWN | flag::PARTIAL)
}

/// The edit that makes the value at `path` below `map` read `value` (already in the file's notation: `true`, `10001`,
/// or a plain word), with the mappings on the way made where they are missing. `None` where the place is shared
/// by an anchor or made by a template.
#[must_use]
pub fn set(map: Node<'_>, path: &[&str], value: &str) -> Option<Vec<Edit>> {
    if !is_own(map) || map.kind() != Kind::Mapping {
        return None;
    }
    let mut edits = set_below(map, path, value)?;
    edits.iter_mut().for_each(|edit| with_line_ends(map, edit));
    Some(edits)
}

/// Gives the new lines of an edit the line ends of the line it stands on.
fn with_line_ends(node: Node<'_>, edit: &mut Edit) {
    if !edit.replacement.contains('\n') {
        return;
    }
    let line = node.source().line_at(edit.span.start);
    let rest = node.source().text().get(line.end as usize..).unwrap_or_default();
    if rest.starts_with("\r\n") {
        // An edit further in has been given them already.
        edit.replacement = edit.replacement.replace("\r\n", "\n").replace('\n', "\r\n");
    }
}

fn set_below(map: Node<'_>, path: &[&str], value: &str) -> Option<Vec<Edit>> {
    let (key, rest) = path.split_first()?;
    let Some(child) = map.get(key) else { return insert_entry(map, path, value).map(|edit| vec![edit]) };
    if child.parent() != Some(map) || child.has(flag::ANCHOR) {
        return None;
    }
    let implicit = child.has(flag::IMPLICIT);
    if rest.is_empty() {
        if implicit {
            return Some(vec![Edit::insert(behind_colon(child)?, format!(" {value}"))]);
        }
        return (child.kind() == Kind::Scalar).then(|| vec![Edit::replace_value(child, value)]);
    }
    if child.is_null() {
        // `securityContext:` with nothing behind it, or with a null, which then goes.
        let start = behind_colon(child)?;
        let text = if is_flow(map) {
            format!(" {}", flow(map, rest, value))
        } else {
            let indent = column(child, child.key_span()?.start) + 2;
            format!("\n{}{}", spaces(indent), block(rest, value, indent))
        };
        let end = if implicit { start } else { child.span().end.max(start) };
        return Some(vec![Edit::replace(Span { start, end }, text)]);
    }
    set(child, rest, value)
}

/// Where the value of a key may begin: right behind its colon.
fn behind_colon(child: Node<'_>) -> Option<u32> {
    let end = child.key_span()?.end;
    // A few blanks may stand in front of it; what is further away is no layout that an edit should touch.
    let near = Span { start: end, end: child.span().start.max(end) + 1 };
    let colon = child.source().slice(near).find(':').filter(|at| *at < 16)?;
    Some(end + colon as u32 + 1)
}

fn insert_entry(map: Node<'_>, path: &[&str], value: &str) -> Option<Edit> {
    if is_flow(map) {
        let more = if map.children().next().is_some() { ", " } else { "" };
        let (key, rest) = path.split_first()?;
        let nested = if rest.is_empty() { value.to_owned() } else { flow(map, rest, value) };
        let text = format!("{}: {nested}{more}", key_text(map, key));
        return Some(Edit::insert(map.span().start + 1, text));
    }
    let first = map.children().next()?;
    let first_key = first.key_span()?;
    let indent = column(map, first_key.start);
    // Behind an entry that ends on its own line nothing can be torn apart.
    let known = ["image", "name"].iter().filter_map(|key| map.get(key).filter(|n| n.parent() == Some(map)));
    let anchor = known
        .into_iter()
        .find(|n| is_one_line(*n))
        .or_else(|| map.children().filter(|n| is_one_line(*n)).last());
    let entry = block(path, value, indent);
    Some(match anchor {
        Some(node) => {
            let line = map.source().line_at(node.span().end);
            Edit::insert(line.end, format!("\n{}{entry}", spaces(indent)))
        }
        None => Edit::insert(first_key.start, format!("{entry}\n{}", spaces(indent))),
    })
}

fn is_one_line(node: Node<'_>) -> bool {
    let Some(key) = node.key_span() else { return false };
    let scalar = node.kind() == Kind::Scalar && !matches!(node.style(), 3 | 4);
    scalar
        && !node.source().slice(Span { start: key.start, end: node.span().end.max(key.end) }).contains('\n')
}

/// `a:\n  b: value`, the lines below the first indented from `indent`.
fn block(path: &[&str], value: &str, indent: usize) -> String {
    let mut text = String::new();
    for (depth, key) in path.iter().enumerate() {
        if depth > 0 {
            text.push('\n');
            text.push_str(&spaces(indent + 2 * depth));
        }
        text.push_str(key);
        text.push(':');
    }
    text.push(' ');
    text.push_str(value);
    text
}

/// `{a: {b: value}}`, with quotes where the file is JSON.
fn flow(map: Node<'_>, path: &[&str], value: &str) -> String {
    path.iter().rev().fold(value.to_owned(), |inner, key| format!("{{{}: {inner}}}", key_text(map, key)))
}

/// A word in the notation of the node's file.
#[must_use]
pub fn word(node: Node<'_>, word: &str) -> String {
    if is_json(node) { format!("\"{word}\"") } else { word.to_owned() }
}

/// Adds `item` in front of a list.
#[must_use]
pub fn push_front(list: Node<'_>, item: &str) -> Option<Vec<Edit>> {
    if !is_own(list) || list.kind() != Kind::Sequence {
        return None;
    }
    let first = list.children().next();
    if is_flow(list) {
        let more = if first.is_some() { ", " } else { "" };
        return Some(vec![Edit::insert(list.span().start + 1, format!("{}{more}", like(first, list, item)))]);
    }
    let start = dash_before(first?)?;
    let indent = column(list, start);
    let mut edit = Edit::insert(start, format!("- {}\n{}", like(first, list, item), spaces(indent)));
    with_line_ends(list, &mut edit);
    Some(vec![edit])
}

/// `item` in the quotes that the list's first item has.
fn like(first: Option<Node<'_>>, list: Node<'_>, item: &str) -> String {
    match first.map(Node::style) {
        Some(1) => format!("'{item}'"),
        Some(2) => format!("\"{item}\""),
        _ => word(list, item),
    }
}

/// Offset of the dash of a list item in block style, where it stands on the item's line.
fn dash_before(item: Node<'_>) -> Option<u32> {
    let start = start_of(item);
    let line = item.source().line_at(start);
    let before = item.source().slice(Span { start: line.start, end: start });
    let dash = before.trim_end_matches(' ');
    dash.ends_with('-').then(|| line.start + dash.len() as u32 - 1)
}

/// Where an entry or item starts in the text.
fn start_of(node: Node<'_>) -> u32 {
    let start = node.key_span().map_or(node.span().start, |key| key.start);
    if node.kind() == Kind::Mapping && node.key_span().is_none() && !is_flow(node) {
        return node.children().next().and_then(Node::key_span).map_or(start, |key| key.start.min(start));
    }
    start
}

/// Takes an entry of a mapping or an item of a list out, and with it every mapping up to `top` (kept) that would be
/// left empty. `None` where the place is shared by an anchor or made by a template.
#[must_use]
pub fn remove(node: Node<'_>, top: Node<'_>) -> Option<Vec<Edit>> {
    let mut at = node;
    while let Some(parent) = at.parent().filter(|p| *p != top) {
        if parent.children().nth(1).is_some() {
            break;
        }
        at = parent;
    }
    let parent = at.parent()?;
    if !is_own(parent) || at.has(flag::ANCHOR) || (at.key_span().is_none() && parent.kind() != Kind::Sequence)
    {
        return None;
    }
    let next = at.next_sibling();
    if is_flow(parent) {
        let span = match next {
            Some(next) => Span { start: start_of(at), end: start_of(next) },
            None if parent.children().nth(MAX_SIBLINGS).is_some() => return None,
            None => {
                let previous = parent.children().take_while(|sibling| *sibling != at).last();
                let start = previous.map_or(start_of(at), |previous| previous.span().end);
                Span { start, end: at.span().end }
            }
        };
        return Some(vec![Edit::remove(span)]);
    }
    remove_block(at, parent, next)
}

fn remove_block(at: Node<'_>, parent: Node<'_>, next: Option<Node<'_>>) -> Option<Vec<Edit>> {
    let source = at.source();
    let start = if parent.kind() == Kind::Sequence { dash_before(at)? } else { start_of(at) };
    let line = source.line_at(start);
    let before = source.slice(Span { start: line.start, end: start });
    let last = source.line_at(at.span().end.max(start));
    if before.trim().is_empty() {
        if parent.children().nth(1).is_none() && parent.kind() == Kind::Sequence {
            // The list stays, without items: `drop: []` is not what was there, so say nothing at all.
            return None;
        }
        let rest = source.text().get(last.end as usize..).unwrap_or_default();
        let newline = if rest.starts_with("\r\n") { 2 } else { u32::from(rest.starts_with('\n')) };
        return Some(vec![Edit::remove(Span { start: line.start, end: last.end + newline })]);
    }
    // The first entry behind a dash: what follows moves up to the dash.
    let next = next?;
    Some(vec![Edit::remove(Span { start, end: start_of(next) })])
}
