//! Byte offsets to lines and columns.

use crate::Span;
use serde::{Deserialize, Serialize};

/// Lines and columns of a span. All numbers start at 1; an end column is behind the last character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Region {
    /// First line.
    pub line: u32,
    /// First column in characters (Unicode scalar values), for people.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column behind the last character, in characters.
    pub end_column: u32,
    /// First column in UTF-16 code units, for SARIF and editors.
    pub utf16_column: u32,
    /// Column behind the last character, in UTF-16 code units.
    pub utf16_end_column: u32,
}

/// Where each line of a text starts. Lines end with `\n`, `\r\n` or a lone `\r`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// The index of `text`; linear in its length.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        let mut i = 0;
        while i < bytes.len() {
            match bytes[i] {
                b'\n' => starts.push(i as u32 + 1),
                b'\r' if bytes.get(i + 1) != Some(&b'\n') => starts.push(i as u32 + 1),
                _ => {}
            }
            i += 1;
        }
        Self { starts }
    }

    /// Number of lines; a text that ends with a line break has an empty last line.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: even an empty text has a line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The line (from 0) that holds the byte at `offset`.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|s| *s <= offset).saturating_sub(1)
    }

    /// Offset of the first byte of a line (from 0); the last line's for numbers beyond the end.
    #[must_use]
    pub fn start_of(&self, line: usize) -> u32 {
        self.starts.get(line).or(self.starts.last()).copied().unwrap_or(0)
    }

    /// Lines and columns of `span`, which must lie inside `text` on character boundaries; otherwise
    /// the nearest boundary before is used.
    #[must_use]
    pub fn region(&self, text: &str, span: Span) -> Region {
        let (line, column, utf16_column) = self.position(text, span.start);
        let (end_line, end_column, utf16_end_column) = self.position(text, span.end);
        Region { line, column, end_line, end_column, utf16_column, utf16_end_column }
    }

    fn position(&self, text: &str, offset: u32) -> (u32, u32, u32) {
        let line = self.line_of(offset);
        let start = self.start_of(line) as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start..end).unwrap_or_default();
        // Almost every line is ASCII, where bytes, characters and UTF-16 units are the same.
        if before.is_ascii() {
            let column = before.len() as u32 + 1;
            return (line as u32 + 1, column, column);
        }
        let chars = before.chars().count() as u32 + 1;
        let utf16 = before.chars().map(|c| c.len_utf16() as u32).sum::<u32>() + 1;
        (line as u32 + 1, chars, utf16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_utf16_units() {
        let text = "a\r\nü𝄞x\ry\n";
        let index = LineIndex::new(text);
        assert_eq!(index.len(), 4);
        let x = text.find('x').unwrap() as u32;
        let region = index.region(text, Span::new(x, x + 1));
        assert_eq!((region.line, region.column, region.utf16_column), (2, 3, 4));
        assert_eq!((region.end_line, region.end_column, region.utf16_end_column), (2, 4, 5));
    }

    #[test]
    fn a_position_at_the_end_is_on_the_last_line() {
        let index = LineIndex::new("a\n");
        let region = index.region("a\n", Span::new(2, 2));
        assert_eq!((region.line, region.column), (2, 1));
    }
}
