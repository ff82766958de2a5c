//! From the decoded text of a scalar back to the bytes it was written as.
//!
//! The readers keep no map: hardly any value needs one. It is found again here by walking the decoded text and the source
//! side by side, each telling what the other must be. Where they do not fit together there is no map, never a wrong one.

mod block;
mod flow;

use stockade_model::{Document, NodeId, NodeKind, Span, Style};

/// Where each piece of a scalar's decoded text stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceMap {
    /// Ascending in both texts, without a gap in the decoded one.
    pieces: Vec<Piece>,
}

/// A stretch of decoded text and the source it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    decoded: Span,
    source: Span,
    /// Byte by byte the same text; otherwise an escape or a line break.
    same: bool,
}

impl SourceMap {
    /// The map of a scalar's value, or `None` for what is no scalar and for a value that the source does not spell out (one
    /// that was filled in).
    #[must_use]
    pub fn new(document: &Document, node: NodeId) -> Option<Self> {
        if document.kind(node) != NodeKind::Scalar {
            return None;
        }
        let span = document.span(node);
        let walk = Walk {
            source: span.slice(document.text())?,
            base: span.start,
            at: 0,
            decoded: document.value(node),
            done: 0,
            pieces: Vec::new(),
        };
        let style = document.style(node);
        let pieces = match style {
            _ if style == Style::Literal as u8 => walk.block(false),
            _ if style == Style::Folded as u8 => walk.block(true),
            _ if style == Style::Single as u8 => walk.quoted('\''),
            _ if style == Style::Double as u8 => walk.quoted('"'),
            _ => walk.plain(),
        }?;
        Some(Self { pieces })
    }

    /// The map of a stretch of the file that is read as it stands.
    #[must_use]
    pub fn of_region(source: Span) -> Self {
        Self { pieces: vec![Piece { decoded: Span::new(0, source.len()), source, same: true }] }
    }

    /// The source of a stretch of the decoded text, in bytes of the file. An empty stretch gives an empty one. What
    /// goes over several lines takes their indentation with it; an escape is taken as a whole.
    #[must_use]
    pub fn source(&self, decoded: Span) -> Option<Span> {
        let start = self.start(decoded.start)?;
        let end = if decoded.is_empty() { start } else { self.end(decoded.end)? };
        (start <= end).then(|| Span::new(start, end))
    }

    /// The source of a stretch of the decoded text that is written there as it is, without a line break or an escape in it:
    /// what may be replaced in the file as it would be in the decoded text.
    #[must_use]
    pub fn verbatim(&self, decoded: Span) -> Option<Span> {
        let piece = self
            .pieces
            .iter()
            .find(|p| p.same && p.decoded.start <= decoded.start && decoded.end <= p.decoded.end)?;
        let start = piece.source.start + (decoded.start - piece.decoded.start);
        Some(Span::new(start, start + decoded.len()))
    }

    /// Where the byte at this offset begins; for the end of the text, where its source ends.
    fn start(&self, offset: u32) -> Option<u32> {
        let at = self.pieces.partition_point(|piece| piece.decoded.end <= offset);
        match self.pieces.get(at) {
            Some(piece) if piece.same => {
                Some(piece.source.start + offset.saturating_sub(piece.decoded.start))
            }
            Some(piece) => Some(piece.source.start),
            None => self.pieces.last().filter(|last| last.decoded.end == offset).map(|last| last.source.end),
        }
    }

    /// Where the byte before this offset ends.
    fn end(&self, offset: u32) -> Option<u32> {
        let at = self.pieces.partition_point(|piece| piece.decoded.end < offset);
        let piece = self.pieces.get(at)?;
        Some(if piece.same {
            piece.source.start + offset.checked_sub(piece.decoded.start)?
        } else {
            piece.source.end
        })
    }
}

/// Both texts, and how far each has been walked.
struct Walk<'t> {
    /// From the first byte of the scalar to its last.
    source: &'t str,
    /// Where the source starts in the file.
    base: u32,
    at: usize,
    decoded: &'t str,
    done: usize,
    pieces: Vec<Piece>,
}

impl<'t> Walk<'t> {
    /// What of the source is left.
    fn rest(&self) -> &'t str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// What of the decoded text is left.
    fn left(&self) -> &'t str {
        self.decoded.get(self.done..).unwrap_or_default()
    }

    /// The next bytes are the same in both texts.
    fn same(&mut self, len: usize) -> Option<()> {
        if len == 0 {
            return Some(());
        }
        let text = self.rest().get(..len)?;
        if !self.left().starts_with(text) {
            return None;
        }
        self.push(len, len, true);
        Some(())
    }

    /// The next bytes of the source stand for other ones.
    fn other(&mut self, source: usize, decoded: usize) -> Option<()> {
        (self.rest().is_char_boundary(source) && self.left().is_char_boundary(decoded)).then_some(())?;
        self.push(source, decoded, false);
        Some(())
    }

    /// A line break that stays one, of `len` bytes.
    fn line_break(&mut self, len: usize) -> Option<()> {
        self.left().starts_with('\n').then_some(())?;
        self.other(len, 1)
    }

    /// A line break that becomes a space.
    fn space(&mut self, len: usize) -> Option<()> {
        self.left().starts_with(' ').then_some(())?;
        self.other(len, 1)
    }

    fn push(&mut self, source: usize, decoded: usize, same: bool) {
        let start = self.base + self.at as u32;
        let piece = Piece {
            decoded: Span::new(self.done as u32, (self.done + decoded) as u32),
            source: Span::new(start, start + source as u32),
            same,
        };
        self.at += source;
        self.done += decoded;
        match self.pieces.last_mut() {
            Some(last) if last.same && same && last.source.end == piece.source.start => {
                last.decoded.end = piece.decoded.end;
                last.source.end = piece.source.end;
            }
            _ if decoded > 0 => self.pieces.push(piece),
            _ => {}
        }
    }

    /// The pieces, if all of the decoded text was walked.
    fn finish(self) -> Option<Vec<Piece>> {
        (self.done == self.decoded.len()).then_some(self.pieces)
    }
}

/// Bytes of the line break that a text begins with: 0 where there is none.
fn break_len(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
