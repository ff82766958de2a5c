//! Text put together from pieces of a file, with the way back to the file's offsets.
//!
//! A Dockerfile instruction that goes on over several lines is read as one line; so is the text between
//! backticks in a shell script, once its backslashes are taken away. Parsers work on the joined text and ask
//! here where something stands in the file.

use std::ops::Range;
use stockade_model::Span;

/// The joined text from `at` up to the next piece is the file's text from `source` on. Both in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) at: u32,
    pub(crate) source: u32,
}

/// Joined text with its pieces, which are sorted by `at`, the first one at 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spliced<'a> {
    text: &'a str,
    pieces: &'a [Piece],
}

impl<'a> Spliced<'a> {
    /// Views `text` through `pieces`; no piece at all means that the text is the start of the file.
    pub(crate) const fn new(text: &'a str, pieces: &'a [Piece]) -> Self {
        Self { text, pieces }
    }

    /// The joined text.
    pub(crate) const fn text(&self) -> &'a str {
        self.text
    }

    /// Where the byte at `at` of the joined text stands in the file.
    pub(crate) fn offset(&self, at: usize) -> u32 {
        let at = at as u32;
        let behind = match self.pieces {
            [] => return at,
            [only] => return only.source + at.saturating_sub(only.at),
            pieces => pieces.partition_point(|piece| piece.at <= at),
        };
        self.pieces
            .get(behind.saturating_sub(1))
            .map_or(at, |piece| piece.source + at.saturating_sub(piece.at))
    }

    /// Where a range of the joined text stands in the file, from its first byte to behind its last one: text
    /// that was left out between two pieces lies inside, but not at either end.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.offset(range.start);
        if range.end <= range.start {
            return Span::new(start, start);
        }
        Span::new(start, self.offset(range.end - 1) + 1)
    }

    /// The joined text under `range`; empty where the range is none of the text's.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// Appends the pieces of `range` to `into`, for a text that begins `shift` bytes into the new one.
    pub(crate) fn pieces_of(&self, range: Range<usize>, shift: usize, into: &mut Vec<Piece>) {
        into.push(Piece { at: shift as u32, source: self.offset(range.start) });
        let inside = |piece: &&Piece| (piece.at as usize) > range.start && (piece.at as usize) < range.end;
        let first = self.pieces.partition_point(|piece| piece.at as usize <= range.start);
        for piece in self.pieces.iter().skip(first).take_while(inside) {
            into.push(Piece { at: piece.at - range.start as u32 + shift as u32, source: piece.source });
        }
    }
}

/// Builds a [`Spliced`] text; keeps its memory from one text to the next.
#[derive(Debug, Default)]
pub(crate) struct Splicer {
    text: String,
    pieces: Vec<Piece>,
}

impl Splicer {
    /// Starts a new text.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }

    /// Appends `text`, which stands at `source` in the file.
    pub(crate) fn push(&mut self, text: &str, source: usize) {
        if !text.is_empty() {
            self.pieces.push(Piece { at: self.text.len() as u32, source: source as u32 });
            self.text.push_str(text);
        }
    }

    /// The text so far.
    pub(crate) fn view(&self) -> Spliced<'_> {
        Spliced::new(&self.text, &self.pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lead_back_over_what_was_left_out() {
        // File: `ab\<newline>cd`, joined `abcd`.
        let mut splicer = Splicer::default();
        splicer.push("ab", 0);
        splicer.push("cd", 4);
        let joined = splicer.view();
        assert_eq!(joined.text(), "abcd");
        assert_eq!(joined.span(0..2), Span::new(0, 2));
        assert_eq!(joined.span(2..4), Span::new(4, 6));
        assert_eq!(joined.span(1..3), Span::new(1, 5));
        assert_eq!(joined.span(4..4), Span::new(6, 6));
        let mut pieces = Vec::new();
        joined.pieces_of(1..4, 0, &mut pieces);
        assert_eq!(Spliced::new("bcd", &pieces).span(1..3), Span::new(4, 6));
    }
}
