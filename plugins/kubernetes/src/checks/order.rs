//! The order of keys.

use crate::checks::describe;
use crate::view::Manifests;
use stockade_sdk::{Edit, Kind, Node, Out, Params, Source, Span, flag};

/// Longest mapping that a fix writes anew, and most text of all fixes of a file: mappings lie in one another, so that
/// a line may be written once for each.
const MAX_FIX: usize = 16 * 1024;
const MAX_FIXES: usize = 256 * 1024;

/// `sorted-keys`: the keys of a mapping do not stand in the order of their bytes.
pub(crate) fn sorted_keys(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    let mut room = MAX_FIXES;
    for object in &view.objects {
        for map in std::iter::once(object.node).chain(object.node.descendants()) {
            // What a template leaves out may stand between the keys that are there, or instead of them.
            if map.kind() != Kind::Mapping || map.may_have_more() {
                continue;
            }
            let Some((first, second)) = out_of_order(map) else { continue };
            let message =
                format!("the key {} of {} stands behind {}", second.name(), describe(object), first.name());
            let finding = out.finding(second.key_place(), message);
            if let Some(edit) = sorted(map).filter(|edit| edit.replacement.len() <= room) {
                room -= edit.replacement.len();
                finding.safe_fix("sort the keys", vec![edit]);
            }
        }
    }
}

/// The keys of a mapping; a merge key may stand anywhere.
fn keys<'a>(map: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    map.children().filter(|entry| entry.kind() != Kind::Merge)
}

/// The first two neighbours that stand the wrong way round.
fn out_of_order<'a>(map: Node<'a>) -> Option<(Node<'a>, Node<'a>)> {
    keys(map).zip(keys(map).skip(1)).find(|(first, second)| first.name() > second.name())
}

/// The mapping with its keys in order, whole lines moved as they are. `None` where that could change more than the
/// order: where an entry shares a line with another or with the end of the file, where a comment on a line of its own
/// may belong to either neighbour, or where an alias might come to stand in front of its anchor.
fn sorted(map: Node<'_>) -> Option<Edit> {
    const FLOW: u8 = 5;
    let source = map.source();
    if map.style() == FLOW {
        return None;
    }
    let entries: Vec<Node<'_>> = map.children().collect();
    let starts: Vec<u32> = entries.iter().map(|e| e.key_span().map(|k| k.start)).collect::<Option<_>>()?;
    let (first, end) = (*starts.first()?, end_of_lines(*entries.last()?)?);
    let whole = Span { start: first, end };
    let text = source.slice(whole);
    if text.len() > MAX_FIX
        || text.contains('\t')
        || text.contains("{{")
        || text.contains("{%")
        || map.descendants().any(is_tied)
    {
        return None;
    }
    let line = source.line_at(first);
    let lead = source.slice(Span { start: line.start, end: first });
    // In front of the first key stand blanks, or the dash of an item.
    let commented = follows_comment(source, line.start) || is_followed_by_comment(source, end, lead.len());
    if commented || !lead.chars().all(|c| matches!(c, ' ' | '-')) {
        return None;
    }
    let indent = " ".repeat(lead.len());
    let (mut parts, mut gaps) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
    for (at, entry) in entries.iter().enumerate() {
        let start = *starts.get(at)?;
        let last = end_of_lines(*entry)?;
        let next = match starts.get(at + 1) {
            Some(next) => source.line_at(*next).start,
            None => end,
        };
        let own = source.line_at(start).start;
        if at > 0 && source.slice(Span { start: own, end: start }) != indent {
            return None;
        }
        // Only empty lines may stand behind an entry; they stay where they are.
        let gap = source.slice(Span { start: last, end: next });
        if last > next || !gap.chars().all(|c| matches!(c, '\n' | '\r')) {
            return None;
        }
        parts.push((entry.name(), source.slice(Span { start, end: last })));
        gaps.push(gap);
    }
    parts.sort_by_key(|(name, _)| *name);
    let mut sorted = String::with_capacity(text.len());
    for (at, ((_, part), gap)) in parts.into_iter().zip(gaps).enumerate() {
        if at > 0 {
            sorted.push_str(&indent);
        }
        sorted.push_str(part);
        sorted.push_str(gap);
    }
    Some(Edit::replace(whole, sorted))
}

/// Whether a node's meaning may hang on its place: anchors, aliases, merges, repeated keys, and block scalars that keep
/// the empty lines behind them.
fn is_tied(node: Node<'_>) -> bool {
    let keeps = || {
        matches!(node.style(), 3 | 4)
            && node.source().slice(node.span()).lines().next().is_some_and(|header| header.contains('+'))
    };
    matches!(node.kind(), Kind::Alias | Kind::Merge | Kind::Error)
        || node.has(flag::ANCHOR | flag::DUPLICATE)
        || keeps()
}

/// The end of the last line of an entry with its line break; `None` at the end of a file without one.
fn end_of_lines(entry: Node<'_>) -> Option<u32> {
    let source = entry.source();
    let span = entry.span();
    let key = entry.key_span()?;
    // The span of a block scalar may end behind its last line break.
    let end = span.end.max(key.end);
    let text = source.slice(Span { start: key.start, end });
    let last = key.start + text.trim_end_matches(['\n', '\r']).len() as u32;
    let line = source.line_at(last);
    let rest = source.text().get(line.end as usize..)?;
    let newline = if rest.starts_with("\r\n") { 2 } else { u32::from(rest.starts_with('\n')) };
    (newline > 0).then_some(line.end + newline)
}

/// Whether the line above the first key is a comment, which may be about that key alone.
fn follows_comment(source: &Source, line: u32) -> bool {
    let Some(above) = line.checked_sub(1) else { return false };
    source.slice(source.line_at(above)).trim_start().starts_with('#')
}

/// Whether the next line with something on it is a comment that is indented like the mapping's own lines: it may belong
/// to the last entry.
fn is_followed_by_comment(source: &Source, end: u32, indent: usize) -> bool {
    let rest = source.text().get(end as usize..).unwrap_or_default();
    let next = rest.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let column = next.len() - next.trim_start().len();
    next.trim_start().starts_with('#') && column >= indent && column > 0
}
