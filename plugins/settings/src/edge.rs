//! What a match begins or ends with: up to three bytes, which an index can look up.
//!
//! For the patterns of the built-in rules the build does so (`known`); for those of others, each instance of the plugin: an
//! edge is one number, and nothing here makes a string.

use crate::pattern::{Repeat, Tree, branches};
use std::borrow::Cow;

/// Bytes of an edge that are looked at.
const LENGTH: usize = 3;
/// More edges than this are not worth an index.
const MAX_EDGES: usize = 1_000;

/// The outermost bytes of a name or match, the outermost one lowest; their number; and whether that is all there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge(u32);

/// An edge that the name may go on behind.
const OPEN: u32 = 0;
/// An edge that is the whole name.
const CLOSED: u32 = 1 << 30;
/// While a set is worked out: nothing more is known of what follows.
const STUCK: u32 = 1 << 29;

impl Edge {
    /// A number of its own.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The edge of this number.
    #[must_use]
    pub const fn of_number(number: u32) -> Self {
        Self(number)
    }

    fn bytes(self) -> usize {
        (self.0 >> 24 & 3) as usize
    }

    fn is_full(self) -> bool {
        self.0 & (CLOSED | STUCK) != 0 || self.bytes() == LENGTH
    }

    fn with(self, byte: u8) -> Self {
        let number = self.bytes() as u32;
        Self((self.0 | u32::from(byte) << (8 * number)) + (1 << 24))
    }

    fn of(bytes: impl Iterator<Item = u8>, flags: u32) -> Self {
        let edge = bytes.take(LENGTH).fold(Self(OPEN), Self::with);
        Self(edge.0 | flags)
    }

    /// Those that a text of these bytes, outermost first, may be listed under.
    fn of_text(bytes: impl ExactSizeIterator<Item = u8> + Clone) -> TextEdges {
        let length = bytes.len();
        let edge = |bytes_of_it: usize| {
            (bytes_of_it <= length).then(|| Self::of(bytes.clone().take(bytes_of_it), OPEN))
        };
        let whole = (length < LENGTH).then(|| Self::of(bytes.clone(), CLOSED));
        TextEdges { long: edge(LENGTH).or(whole), short: [edge(1), edge(2)] }
    }

    /// Those of the beginning of `text`.
    #[must_use]
    pub fn of_start(text: &[u8]) -> TextEdges {
        Self::of_text(text.iter().copied())
    }

    /// Those of the end of `text`.
    #[must_use]
    pub fn of_end(text: &[u8]) -> TextEdges {
        Self::of_text(text.iter().rev().copied())
    }
}

/// The edges under which a text may be listed.
#[derive(Clone, Copy, Debug)]
pub struct TextEdges {
    /// Three bytes, or the whole text.
    long: Option<Edge>,
    /// One and two bytes, behind which anything may stand.
    short: [Option<Edge>; 2],
}

impl TextEdges {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Edge> {
        self.long.into_iter().chain(self.short.into_iter().flatten())
    }
}

/// The edges of which every match has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edges {
    list: Cow<'static, [Edge]>,
    /// Whether edges of one or two bytes are among them, behind which anything may stand.
    short: bool,
    any: bool,
    /// Of heads: they stand in the first two words of the name.
    near: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Start,
    End,
}

impl Edges {
    /// Edges that were worked out before.
    #[must_use]
    pub const fn known(list: &'static [Edge], short: bool, any: bool, near: bool) -> Self {
        Self { list: Cow::Borrowed(list), short, any, near }
    }

    /// What stands behind `^` or `(^|_)`.
    pub(crate) fn heads(tree: &Tree) -> Self {
        let edges = Self::of(tree, Side::Start, |parts| match parts {
            // `^([a-z]+_)?`: what follows is the second word, if not the first.
            [Tree::Start, Tree::Repeat(word, Repeat::Optional), rest @ ..] if is_one_word(word) => Some(rest),
            [Tree::Start, rest @ ..] => Some(rest),
            [Tree::Alternate(either), rest @ ..] => {
                matches!(either.as_slice(), [Tree::Start, Tree::Byte(b'_')]).then_some(rest)
            }
            _ => None,
        });
        let from_start = |branch: &Tree| match branch {
            Tree::Concat(parts) => matches!(parts.first(), Some(Tree::Start)),
            other => matches!(other, Tree::Start),
        };
        Self { near: branches(tree).iter().all(from_start), ..edges }
    }

    /// What stands before `$`.
    pub(crate) fn tails(tree: &Tree) -> Self {
        Self::of(tree, Side::End, |parts| match parts {
            [rest @ .., Tree::End] => Some(rest),
            _ => None,
        })
    }

    fn of(tree: &Tree, side: Side, inner: fn(&[Tree]) -> Option<&[Tree]>) -> Self {
        let mut list = Vec::new();
        for branch in branches(tree) {
            let parts = match branch {
                Tree::Concat(parts) => parts.as_slice(),
                other => std::slice::from_ref(other),
            };
            let mut edges = vec![Edge(OPEN)];
            match inner(parts).and_then(|rest| sequence(rest, &mut edges, side)) {
                Some(()) => list.append(&mut edges),
                None => return Self { any: true, ..Self::default() },
            }
        }
        for edge in &mut list {
            edge.0 &= !STUCK;
            // Three bytes are looked up alike, whether more follow or not.
            if edge.bytes() == LENGTH {
                edge.0 &= !CLOSED;
            }
        }
        // An edge of no byte is listed under nothing.
        let any = list.iter().any(|edge| edge.0 == OPEN);
        tidy(&mut list);
        let short = list.iter().any(|edge| edge.bytes() < LENGTH && edge.0 & CLOSED == 0);
        Self { list: Cow::Owned(list), short, any, near: false }
    }

    /// Whether they cannot be listed: every name may match.
    #[must_use]
    pub fn any(&self) -> bool {
        self.any
    }

    /// Whether matches begin with one of the first two words of the name.
    #[must_use]
    pub fn near(&self) -> bool {
        self.near
    }

    /// The list, sorted.
    #[must_use]
    pub fn list(&self) -> &[Edge] {
        &self.list
    }

    /// Whether edges of one or two bytes are among them, behind which anything may stand.
    #[must_use]
    pub fn short(&self) -> bool {
        self.short
    }

    /// Whether a match may begin (or end) at a place with these edges.
    #[must_use]
    pub fn fit(&self, text: &TextEdges) -> bool {
        let has = |edge: &Edge| self.list.binary_search(edge).is_ok();
        self.any
            || text.long.as_ref().is_some_and(has)
            || (self.short && text.short.iter().flatten().any(has))
    }
}

/// Whether whatever matches is one word with the `_` behind it.
fn is_one_word(tree: &Tree) -> bool {
    let Tree::Concat(parts) = tree else { return false };
    let [Tree::Repeat(letters, _), Tree::Byte(b'_')] = parts.as_slice() else { return false };
    let Tree::Class(ranges, false) = letters.as_ref() else { return false };
    !ranges.iter().any(|(low, high)| (low..=high).contains(&&b'_'))
}

fn tidy(edges: &mut Vec<Edge>) {
    edges.sort_unstable();
    edges.dedup();
}

/// Puts what follows inwards through all parts behind `edges`; `None` where there is too much of it.
fn sequence(parts: &[Tree], edges: &mut Vec<Edge>, side: Side) -> Option<()> {
    let mut outermost_first = parts.iter();
    while let Some(part) = match side {
        Side::Start => outermost_first.next(),
        Side::End => outermost_first.next_back(),
    } {
        extend(part, edges, side)?;
        if edges.iter().all(|edge| edge.is_full()) {
            break;
        }
    }
    Some(())
}

/// Puts `part` behind each edge that is not full yet; `None` where there are too many.
fn extend(part: &Tree, edges: &mut Vec<Edge>, side: Side) -> Option<()> {
    let flag = |edges: &mut Vec<Edge>, flag: u32| {
        edges.iter_mut().filter(|edge| !edge.is_full()).for_each(|edge| edge.0 |= flag);
    };
    match part {
        Tree::Start if side == Side::End => flag(edges, CLOSED),
        Tree::End if side == Side::Start => flag(edges, CLOSED),
        // Nothing can match what stands on the other side of either; to let it pass hides no match.
        Tree::Empty | Tree::Start | Tree::End => {}
        Tree::Byte(byte) => {
            edges.iter_mut().filter(|edge| !edge.is_full()).for_each(|edge| *edge = edge.with(*byte));
        }
        Tree::Text(text) => {
            for edge in edges.iter_mut().filter(|edge| !edge.is_full()) {
                let missing = LENGTH - edge.bytes();
                *edge = match side {
                    Side::Start => text.iter().take(missing).copied().fold(*edge, Edge::with),
                    Side::End => text.iter().rev().take(missing).copied().fold(*edge, Edge::with),
                };
            }
        }
        Tree::Class(ranges, false) if ranges.iter().all(|(low, high)| high.saturating_sub(*low) < 12) => {
            for edge in take_open(edges) {
                let bytes = ranges.iter().flat_map(|(low, high)| *low..=*high);
                edges.extend(bytes.map(|byte| edge.with(byte)));
            }
        }
        Tree::Class(..) => flag(edges, STUCK),
        Tree::Concat(parts) => return sequence(parts, edges, side),
        Tree::Alternate(branches) => {
            let open = take_open(edges);
            let mut more = Vec::with_capacity(open.len());
            for branch in branches {
                more.extend_from_slice(&open);
                extend(branch, &mut more, side)?;
                edges.append(&mut more);
            }
        }
        Tree::Repeat(inner, repeat) => {
            let open = take_open(edges);
            let mut once = open.clone();
            extend(inner, &mut once, side)?;
            // Behind the first time may come a second, or what follows.
            let again = if *repeat == Repeat::Optional { OPEN } else { STUCK };
            let grown = once.iter().filter(|edge| !open.contains(edge));
            edges.extend(grown.map(|edge| if edge.is_full() { *edge } else { Edge(edge.0 | again) }));
            // None at all, or the inside took no byte.
            if *repeat != Repeat::Some || once.iter().any(|edge| open.contains(edge)) {
                edges.extend(&open);
            }
        }
    }
    if edges.len() > MAX_EDGES {
        tidy(edges);
    }
    (edges.len() <= MAX_EDGES).then_some(())
}

/// Takes out the edges that are not full.
fn take_open(edges: &mut Vec<Edge>) -> Vec<Edge> {
    let open = edges.iter().filter(|edge| !edge.is_full()).copied().collect();
    edges.retain(|edge| edge.is_full());
    open
}

#[cfg(test)]
mod tests {
    use super::{Edge, Edges};
    use crate::pattern::Pattern;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    fn shown(edges: &Edges, reversed: bool) -> Vec<String> {
        let show = |edge: &Edge| {
            let bytes = edge.0.to_le_bytes();
            let mut text: Vec<char> = bytes.iter().take(edge.bytes()).map(|b| char::from(*b)).collect();
            if reversed {
                text.reverse();
            }
            let text: String = text.into_iter().collect();
            if edge.0 & super::CLOSED == 0 { text } else { format!("={text}") }
        };
        let mut list: Vec<String> = edges.list().iter().map(show).collect();
        list.sort();
        if edges.any() { vec!["any".to_owned()] } else { list }
    }

    #[test]
    fn heads_are_what_matches_begin_with() {
        let heads = |text: &str| shown(&pattern(text).edges().heads, false);
        assert_eq!(heads("(^|_)(mfa|two_?factor)(_on)?$"), ["mfa", "two"]);
        assert_eq!(heads("(^|_)(ai|llm)(_[a-z]+)*_?out$"), ["ai_", "aio", "llm"]);
        assert_eq!(heads("^on$|(^|_)x_y"), ["=on", "x_y"]);
        assert_eq!(heads("(^|_)ab"), ["ab"]);
        assert_eq!(heads("(^|_)(ab)*c$"), ["=c", "ab"]);
        assert_eq!(heads("(^|_)a[a-z]+_mode$"), ["a"]);
        assert_eq!(heads("^([a-z0-9]+_)?security_[a-z]+$"), ["sec"]);
        for unlisted in ["(^|_)[a-z]+_mode$", "audit", "(^|_)(x?)*"] {
            assert_eq!(heads(unlisted), ["any"], "{unlisted}");
        }
    }

    #[test]
    fn tails_are_what_names_end_with() {
        let tails = |text: &str| shown(&pattern(text).edges().tails, true);
        assert_eq!(tails("(^|_)audit(_[a-z0-9]+)*_(path|sink)$"), ["ath", "ink"]);
        assert_eq!(tails("(^|_)id$"), ["=id", "_id"]);
        assert_eq!(tails("(^|_)ttl(_(s|ms))?$"), ["_ms", "l_s", "ttl"]);
        assert_eq!(tails("(^|_)x[a-z]+_s$"), ["_s"]);
        assert_eq!(tails("^a$|(^|_)b$"), ["=a", "=b", "_b"]);
        for unlisted in ["(^|_)audit(_|$)", "audit", "(^|_)audit(_[a-z0-9]+)*$"] {
            assert_eq!(tails(unlisted), ["any"], "{unlisted}");
        }
    }
}
