//! Marks in a document what depends on the expressions of a template.

use super::actions::Role;
use super::mask::{Mask, OwnLine};
use crate::table::{add_flags, begin, rows_before};
use stockade_model::{Document, NodeId, NodeKind, STRIDE, ScalarType, Span, Style, column, flag};

/// Marks values, collections and blocks. `document` is over the original text.
pub(crate) fn apply(document: &mut Document, mask: &Mask) {
    flag_expressions(document, |span| mask.holes_in(span));
    for line in mask.own_lines.iter().filter(|line| line.role == Role::Value) {
        own_line(document, mask, line);
    }
    blocks(document, mask);
}

/// Sets *unknown* on scalars that are nothing but expressions, *partly unknown* on those that hold one, and *partly
/// unknown* on mappings with a key that holds one. `holes_in` gives the expressions that overlap a span, in order.
pub(crate) fn flag_expressions<'m>(document: &mut Document, holes_in: impl Fn(Span) -> &'m [Span]) {
    for node in 1..document.len() as NodeId {
        if let Some(key) = document.key_span(node)
            && !holes_in(key).is_empty()
            && let Some(parent) = document.parent(node)
        {
            add_flags(document, parent, flag::PARTIAL);
        }
        if document.kind(node) != NodeKind::Scalar {
            continue;
        }
        let inner = inner(document, node);
        let holes = holes_in(inner);
        if holes.is_empty() {
            continue;
        }
        let mut at = inner.start;
        let mut only = true;
        let end = Span::new(inner.end, inner.end);
        for hole in holes.iter().chain(std::iter::once(&end)) {
            let between = Span::new(at, hole.start.max(at)).slice(document.text()).unwrap_or_default();
            only &= between.trim().is_empty();
            at = hole.end.max(at);
        }
        add_flags(document, node, if only { flag::UNKNOWN } else { flag::PARTIAL });
        // An item that is nothing but an expression may as well be none or several.
        if only
            && let Some(parent) = document.parent(node)
            && document.kind(parent) == NodeKind::Sequence
        {
            add_flags(document, parent, flag::PARTIAL);
        }
    }
}

/// The source of a scalar without its quotes or the header of its block.
fn inner(document: &Document, node: NodeId) -> Span {
    let span = document.span(node);
    let style = document.style(node);
    if style == Style::Single as u8 || style == Style::Double as u8 {
        return Span::new(span.start + 1, span.end.saturating_sub(1).max(span.start + 1));
    }
    if style == Style::Literal as u8 || style == Style::Folded as u8 {
        let source = span.slice(document.text()).unwrap_or_default();
        let header = memchr::memchr(b'\n', source.as_bytes()).unwrap_or(source.len());
        return Span::new(span.start + header as u32, span.end);
    }
    span
}

/// A line that puts text of its own: the value of the key above it, or further entries of a collection.
fn own_line(document: &mut Document, mask: &Mask, line: &OwnLine) {
    let at = line.span.start;
    let last = rows_before(document, at) - 1;
    if last == 0 {
        add_flags(document, 0, flag::PARTIAL);
        return;
    }
    let span = document.span(last);
    if document.kind(last) == NodeKind::Scalar {
        if at < span.end {
            add_flags(document, last, flag::PARTIAL);
            return;
        }
        let implicit = document.flags(last) & flag::IMPLICIT != 0;
        let is_block =
            matches!(document.style(last), s if s == Style::Literal as u8 || s == Style::Folded as u8);
        let key = document.key_span(last);
        let owner = match (key, document.parent(last)) {
            (Some(key), _) => key.start,
            (None, Some(parent)) => document.span(parent).start,
            (None, None) => 0,
        };
        let owner_column = column_of(mask, owner);
        // A sequence may be indented no deeper than its key.
        let below = line.column > owner_column || (implicit && key.is_some() && line.column == owner_column);
        if below && implicit {
            becomes_unknown(document, last, line.span);
            if line.column > owner_column {
                return;
            }
        } else if below && is_block {
            let empty = document.value(last).trim().is_empty();
            if empty {
                set_value(document, last, line.span);
            }
            add_flags(document, last, if empty { flag::UNKNOWN } else { flag::PARTIAL });
            return;
        }
    }
    let mut ancestors = Vec::new();
    let mut node = Some(last);
    while let Some(at) = node.filter(|node| *node != 0) {
        if matches!(document.kind(at), NodeKind::Mapping | NodeKind::Sequence) {
            ancestors.push((at, column_of(mask, document.span(at).start)));
        }
        node = document.parent(at);
    }
    let exact = ancestors.iter().any(|(_, column)| *column == line.column);
    if ancestors.is_empty() {
        add_flags(document, 0, flag::PARTIAL);
    }
    for (node, column) in ancestors {
        // Where the indentation fits no collection, nobody can tell which one gets more entries.
        let is_deeper = line.may_be_deeper && column > line.column;
        if !exact || column == line.column || is_deeper {
            add_flags(document, node, flag::PARTIAL);
        }
    }
}

/// The column of an offset, in bytes from 0. The masked text is what the parser saw: its line breaks count.
fn column_of(mask: &Mask, offset: u32) -> u32 {
    let before = mask.text.as_bytes().get(..offset as usize).unwrap_or_default();
    (before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)) as u32
}

/// A missing value turns out to be what the template puts there.
fn becomes_unknown(document: &mut Document, node: NodeId, source: Span) {
    set(document, node, column::START, source.start);
    set(document, node, column::END, source.end);
    set_value(document, node, source);
    let mut above = document.parent(node);
    while let Some(ancestor) = above.filter(|ancestor| document.span(*ancestor).end < source.end) {
        set(document, ancestor, column::END, source.end);
        above = document.parent(ancestor);
    }
    let flags = (document.flags(node) & !flag::IMPLICIT) | flag::UNKNOWN;
    let head = document.cell(node, column::HEAD) & 0x00ff_00ff;
    set(document, node, column::HEAD, head | (ScalarType::String as u32) << 8 | u32::from(flags) << 24);
}

fn set_value(document: &mut Document, node: NodeId, source: Span) {
    set(document, node, column::TEXT_START, source.start);
    set(document, node, column::TEXT_END, source.end);
}

fn set(document: &mut Document, node: NodeId, column: usize, value: u32) {
    if let Some(cell) = document.nodes.get_mut(node as usize * STRIDE + column) {
        *cell = value;
    }
}

/// What stands in a block may be there or not, once or often: the collection around the block is incomplete.
fn blocks(document: &mut Document, mask: &Mask) {
    for node in 1..document.len() as NodeId {
        let Some(region) = mask.region_at(begin(document, node)).and_then(|i| mask.regions.get(i)) else {
            continue;
        };
        let Some(parent) = document.parent(node) else { continue };
        if begin(document, parent) < region.span.start || document.span(parent).end > region.span.end {
            add_flags(document, parent, flag::PARTIAL);
        }
    }
}
