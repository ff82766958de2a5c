//! A typed view of one row of the node table.

use crate::source::COLUMNS;
use crate::{Source, Span};

/// "No node".
const NONE: u32 = u32::MAX;

/// Bits of [`Node::flags`].
pub mod flag {
    /// Nothing is known about the value: it comes from a template or variable.
    pub const UNKNOWN: u8 = 1;
    /// Part of the value is unknown; a collection may have further entries.
    pub const PARTIAL: u8 = 2;
    /// The node has no source text of its own.
    pub const IMPLICIT: u8 = 4;
    /// The value was filled in from a default.
    pub const DEFAULTED: u8 = 8;
    /// The node carries an anchor.
    pub const ANCHOR: u8 = 16;
    /// The key repeats an earlier one.
    pub const DUPLICATE: u8 = 32;
    /// A boolean in YAML 1.1 only: `yes`, `on`, ...
    pub const YAML11_BOOL: u8 = 64;
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The root.
    Stream,
    /// Keyed children.
    Mapping,
    /// Unkeyed children.
    Sequence,
    /// A value.
    Scalar,
    /// A YAML alias; the accessors below follow it.
    Alias,
    /// A named construct: an instruction, a directive, a command.
    Element,
    /// Source that could not be understood.
    Error,
    /// The value of a YAML merge key.
    Merge,
}

/// Where a finding is: a span, and the node it is about.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Bytes of the text.
    pub span: Span,
    /// Row number of the node, or `None`.
    pub node: Option<u32>,
}

/// From how many rows on a merged mapping or list is searched once for each key: thousands of others may merge it, and
/// each would walk through it again. Smaller ones are walked through faster than a note about them is found.
const SHARED_ROWS: u32 = 32;

/// A node. Copying it is free.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    source: &'a Source,
    id: u32,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}#{} {}={:?}", self.kind(), self.id, self.name(), self.raw_text())
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.source, other.source)
    }
}

impl<'a> Node<'a> {
    pub(crate) fn new(source: &'a Source, id: u32) -> Self {
        Self { source, id }
    }

    fn cell(self, column: usize) -> u32 {
        self.source.cells.get(self.id as usize * self.source.stride + column).copied().unwrap_or(NONE)
    }

    /// The cells that this SDK reads.
    fn row(self) -> Option<&'a [u32; COLUMNS]> {
        self.source.cells.get(self.id as usize * self.source.stride..)?.first_chunk()
    }

    fn link(self, column: usize) -> Option<Self> {
        let id = self.cell(column);
        (id != NONE).then(|| Self::new(self.source, id))
    }

    /// Row number.
    #[must_use]
    pub fn id(self) -> u32 {
        self.id
    }

    /// The file it belongs to.
    #[must_use]
    pub fn source(self) -> &'a Source {
        self.source
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        kind_of(self.cell(0))
    }

    /// Its [`flag`] bits.
    #[must_use]
    pub fn flags(self) -> u8 {
        (self.cell(0) >> 24) as u8
    }

    /// Whether any of these [`flag`] bits is set.
    #[must_use]
    pub fn has(self, flags: u8) -> bool {
        self.flags() & flags != 0
    }

    /// How it is written: 0 plain, 1 single quotes, 2 double quotes, 3 literal, 4 folded, 5 flow.
    #[must_use]
    pub fn style(self) -> u8 {
        (self.cell(0) >> 16) as u8
    }

    /// The number of its scalar type: 0 string, 1 null, 2 bool, 3 int, 4 float, 5 timestamp.
    #[must_use]
    pub fn scalar_type(self) -> u8 {
        (self.cell(0) >> 8) as u8
    }

    /// Its parent.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.link(1)
    }

    /// Its parents, innermost first.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |n| n.parent())
    }

    /// The next node of the same parent.
    #[must_use]
    pub fn next_sibling(self) -> Option<Self> {
        self.link(2)
    }

    /// The node behind an alias or merge (followed through chains, at most 16 of them), or itself.
    #[must_use]
    #[inline]
    pub fn resolve(self) -> Self {
        if matches!(self.kind(), Kind::Alias | Kind::Merge) { self.follow() } else { self }
    }

    #[cold]
    fn follow(self) -> Self {
        let mut at = self;
        for _ in 0..16 {
            match (at.kind(), at.link(12)) {
                (Kind::Alias | Kind::Merge, Some(target)) => at = target,
                _ => break,
            }
        }
        at
    }

    /// Its children as written: aliases and merges are not followed. An alias has the children of its target.
    #[must_use]
    pub fn children(self) -> Children<'a> {
        let at = self.resolve();
        Children { next: at.link(3) }
    }

    /// Every node below this one, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        // Rows are in document order, so a subtree is a run of rows that ends at the next node that is not below.
        let end = std::iter::once(self)
            .chain(self.ancestors())
            .find_map(|n| n.next_sibling())
            .map_or(self.source.len() as u32, |n| n.id);
        let source = self.source;
        (self.id + 1..end).map(move |id| Self::new(source, id))
    }

    /// The child with this key: the last where keys repeat, then whatever a merge key brings in.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.get_at_depth(key, 0)
    }

    fn get_at_depth(self, key: &str, depth: u8) -> Option<Self> {
        let (mut found, mut merged) = (None, None);
        let node = self.resolve();
        // The items of a list have no keys, and there may be thousands of them.
        if node.kind() == Kind::Sequence {
            return None;
        }
        let mut next = node.link(3);
        while let Some(child) = next {
            let Some(row) = child.row() else { break };
            next = (row[2] != NONE).then(|| Self::new(self.source, row[2]));
            if kind_of(row[0]) == Kind::Merge && depth < 8 {
                merged = merged.or_else(|| child.resolve().get_merged(key, depth + 1));
            } else if self.source.data_is(row[10], row[11], key) {
                found = Some(child);
            }
        }
        found.or(merged)
    }

    /// What a merge of this node brings in under a key: a mapping's entry, or that of the first mapping of a list.
    fn get_merged(self, key: &str, depth: u8) -> Option<Self> {
        let look = || match self.kind() {
            Kind::Sequence | Kind::Merge => self.children().find_map(|c| c.get_at_depth(key, depth)),
            _ => self.get_at_depth(key, depth),
        };
        if self.rows() < SHARED_ROWS { look() } else { self.source.shared(self, depth, key, look) }
    }

    /// How many rows there are from this one to its next sibling; as many as can be where it has none.
    fn rows(self) -> u32 {
        self.next_sibling().map_or(u32::MAX, |next| next.id.saturating_sub(self.id))
    }

    /// The nodes under a path: keys separated by dots, `[*]` for every element of a sequence
    /// (`spec.template.spec.containers[*].image`).
    #[must_use]
    pub fn at(self, path: &str) -> Vec<Self> {
        let mut nodes = vec![self];
        for part in keys(path).filter(|p| !p.is_empty()) {
            let (key, every) = part.strip_suffix("[*]").map_or((part, false), |key| (key, true));
            nodes = nodes
                .into_iter()
                .filter_map(|n| if key.is_empty() { Some(n) } else { n.get(key) })
                .flat_map(|n| if every { n.children().collect() } else { vec![n] })
                .collect();
        }
        nodes
    }

    /// The one node under a path of keys separated by dots.
    #[must_use]
    pub fn find(self, path: &str) -> Option<Self> {
        keys(path).try_fold(self, Node::get)
    }

    /// Its decoded key or name; empty where it has none.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.source.data_slice(self.cell(10), self.cell(11))
    }

    /// Whether its decoded key or name is this one. Cheaper than comparing with [`Node::name`].
    #[must_use]
    pub fn has_name(self, name: &str) -> bool {
        self.row().is_some_and(|row| self.source.data_is(row[10], row[11], name))
    }

    /// Decoded value of a scalar, an alias to one, or an element.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.resolve().raw_text()
    }

    fn raw_text(self) -> &'a str {
        self.source.data_slice(self.cell(8), self.cell(9))
    }

    /// Where the value stands.
    #[must_use]
    pub fn span(self) -> Span {
        Span { start: self.cell(4), end: self.cell(5) }
    }

    /// Where the key or name stands, or `None`.
    #[must_use]
    pub fn key_span(self) -> Option<Span> {
        let span = Span { start: self.cell(6), end: self.cell(7) };
        (span.start < span.end && span.end != NONE).then_some(span)
    }

    /// Whether the node is an element with this name.
    #[must_use]
    pub fn is(self, element: &str) -> bool {
        self.row().is_some_and(|row| {
            kind_of(row[0]) == Kind::Element && self.source.data_is(row[10], row[11], element)
        })
    }

    /// Children that are elements with this name.
    pub fn elements(self, name: &'a str) -> impl Iterator<Item = Self> {
        self.children().filter(move |c| c.is(name))
    }

    /// Whether nothing is known about the value.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        self.resolve().has(flag::UNKNOWN)
    }

    /// Whether all of the value is known.
    #[must_use]
    pub fn is_known(self) -> bool {
        !self.resolve().has(flag::UNKNOWN | flag::PARTIAL)
    }

    /// Whether a collection may have entries that are not there to be seen.
    #[must_use]
    pub fn may_have_more(self) -> bool {
        let node = self.resolve();
        node.has(flag::UNKNOWN | flag::PARTIAL)
            || self.children().any(|c| c.kind() == Kind::Merge && !c.merges_what_is_known())
    }

    /// Whether a merge key names mappings only, one or a list of them.
    fn merges_what_is_known(self) -> bool {
        let value = self.resolve();
        let is_mapping = |node: Self| node.resolve().kind() == Kind::Mapping;
        is_mapping(value) || value.kind() == Kind::Sequence && value.children().all(is_mapping)
    }

    /// Whether it is a scalar (or an alias to one).
    #[must_use]
    pub fn is_scalar(self) -> bool {
        self.resolve().kind() == Kind::Scalar
    }

    /// Whether it is null, written or implicit.
    #[must_use]
    pub fn is_null(self) -> bool {
        let node = self.resolve();
        node.kind() == Kind::Scalar && node.scalar_type() == 1 && !node.has(flag::UNKNOWN)
    }

    /// Its value if it is a boolean of the format itself.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        let node = self.resolve();
        (node.kind() == Kind::Scalar && node.scalar_type() == 2)
            .then(|| node.raw_text().eq_ignore_ascii_case("true"))
    }

    /// Its value if it is a decimal integer, quoted or not.
    #[must_use]
    pub fn as_int(self) -> Option<i64> {
        let node = self.resolve();
        if node.kind() != Kind::Scalar || !node.is_known() {
            return None;
        }
        node.raw_text().parse().ok()
    }

    /// The span of the value, cut to its first line: tight enough for a pull request's diff.
    #[must_use]
    pub fn place(self) -> Place {
        let span = match self.kind() {
            Kind::Mapping | Kind::Sequence => match self.key_span() {
                Some(key) => key,
                None => self
                    .children()
                    .next()
                    .filter(|_| self.style() != 5)
                    .map_or(self.span(), |first| first.place().span),
            },
            _ if self.span().start == self.span().end => self.key_span().unwrap_or(self.span()),
            _ => self.span(),
        };
        Place { span: first_line(self.source, span), node: Some(self.id) }
    }

    /// The span of the key or name (else as [`Node::place`]).
    #[must_use]
    pub fn key_place(self) -> Place {
        match self.key_span() {
            Some(span) => Place { span, node: Some(self.id) },
            None => self.place(),
        }
    }

    /// Key and value together where they stand on one line, else the key alone.
    #[must_use]
    pub fn entry_place(self) -> Place {
        let (Some(key), value) = (self.key_span(), self.span()) else { return self.place() };
        let whole = Span { start: key.start, end: value.end.max(key.end) };
        let one_line = !self.source.slice(whole).contains('\n');
        Place { span: if one_line { whole } else { key }, node: Some(self.id) }
    }
}

/// The parts of a path of keys separated by dots. As `str::split`, which costs several times as much on texts this short.
pub fn keys(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let all = rest?;
        match all.bytes().position(|b| b == b'.').and_then(|dot| all.split_at_checked(dot)) {
            Some((key, behind)) => {
                rest = behind.get(1..);
                Some(key)
            }
            None => rest.take(),
        }
    })
}

/// What a node is, by its first cell.
fn kind_of(cell: u32) -> Kind {
    match cell as u8 {
        0 => Kind::Stream,
        1 => Kind::Mapping,
        2 => Kind::Sequence,
        3 => Kind::Scalar,
        4 => Kind::Alias,
        5 => Kind::Element,
        7 => Kind::Merge,
        _ => Kind::Error,
    }
}

fn first_line(source: &Source, span: Span) -> Span {
    let text = source.slice(span);
    let line = text.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    Span { start: span.start, end: span.start + line.len() as u32 }
}

/// Children of a node, in source order.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    next: Option<Node<'a>>,
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;
    fn next(&mut self) -> Option<Node<'a>> {
        let this = self.next?;
        self.next = this.next_sibling();
        Some(this)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_what_split_gives() {
        for path in ["", ".", "a", "a.b", "a..b", ".a.", "spec.template.spec.containers[*].image", "ä.ö"] {
            assert!(super::keys(path).eq(path.split('.')), "{path}");
        }
    }
}
