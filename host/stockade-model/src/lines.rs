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
    /// Sorted by place; none but in lines longer than [`STEP`].
    checkpoints: Vec<Checkpoint>,
}

/// Bytes between the places of a long line whose columns are known: a line of a megabyte may have thousands of findings,
/// and each would count from the line's start.
const STEP: usize = 1024;

/// A place inside a long line, with what stands before it in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checkpoint {
    at: u32,
    chars: u32,
    utf16: u32,
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
        let ends = starts.iter().skip(1).map(|end| *end as usize).chain([text.len()]);
        let lines = starts.iter().map(|start| *start as usize).zip(ends);
        let long = lines.filter(|(start, end)| end - start > STEP);
        let checkpoints = long.flat_map(|(start, end)| checkpoints(text, start, end)).collect();
        Self { starts, checkpoints }
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
        let passed = self.checkpoints.partition_point(|checkpoint| checkpoint.at as usize <= end);
        let last = passed.checked_sub(1).and_then(|last| self.checkpoints.get(last));
        let before = last.copied().filter(|checkpoint| checkpoint.at as usize >= start);
        let before = before.unwrap_or(Checkpoint { at: start as u32, chars: 0, utf16: 0 });
        let (chars, utf16) = count(text.get(before.at as usize..end).unwrap_or_default());
        (line as u32 + 1, before.chars + chars + 1, before.utf16 + utf16 + 1)
    }
}

/// Characters and UTF-16 code units of a text.
fn count(text: &str) -> (u32, u32) {
    // Nearly all texts are ASCII, where bytes, characters and UTF-16 units are the same.
    if text.is_ascii() {
        return (text.len() as u32, text.len() as u32);
    }
    (text.chars().count() as u32, text.chars().map(|c| c.len_utf16() as u32).sum())
}

/// Places inside the line from `start` to `end`, a step apart.
fn checkpoints(text: &str, start: usize, end: usize) -> impl Iterator<Item = Checkpoint> + '_ {
    let mut last = Checkpoint { at: start as u32, chars: 0, utf16: 0 };
    std::iter::from_fn(move || {
        let mut next = last.at as usize + STEP;
        if next >= end {
            return None;
        }
        while !text.is_char_boundary(next) {
            next -= 1;
        }
        let (chars, utf16) = count(text.get(last.at as usize..next)?);
        last = Checkpoint { at: next as u32, chars: last.chars + chars, utf16: last.utf16 + utf16 };
        Some(last)
    })
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

    #[test]
    fn columns_in_long_lines_are_those_of_counting_from_the_start() {
        let long: String = "a\u{fc}\u{1d11e}bc".chars().cycle().take(9 * STEP).collect();
        let text = format!("{long}\r\n{}\n{long}", "x".repeat(5 * STEP));
        let index = LineIndex::new(&text);
        assert!(index.checkpoints.len() > 30);
        for (at, _) in text.char_indices().step_by(97) {
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let before = &text[line..at];
            let (chars, utf16) =
                (before.chars().count() as u32 + 1, before.encode_utf16().count() as u32 + 1);
            let region = index.region(&text, Span::new(at as u32, at as u32));
            assert_eq!((region.column, region.utf16_column), (chars, utf16), "{at}");
        }
    }
}
