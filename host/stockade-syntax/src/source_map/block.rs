//! Block scalars.

use super::{Piece, Walk, break_len};

impl Walk<'_> {
    pub(super) fn block(mut self, folded: bool) -> Option<Vec<Piece>> {
        // The header: `|` or `>`, its marks, a comment.
        self.at = line_len(self.rest());
        // A line break whose place is known and whose meaning is not yet: folding decides with the next line.
        let mut breaks: Vec<(usize, usize)> = Vec::new();
        let (mut any, mut was_more) = (false, false);
        // The break behind the header belongs to it.
        self.at += break_len(self.rest());
        let indent = self.indent()?;
        while self.at < self.source.len() {
            let line = line_len(self.rest());
            let text = self.rest().get(..line)?;
            let skipped = spaces_at_start(text).min(indent);
            if skipped < line {
                let is_more = matches!(text.as_bytes().get(skipped), Some(b' ' | b'\t'));
                let fold = folded && any && !was_more && !is_more;
                self.breaks(&mut breaks, fold)?;
                // A template expression over several lines keeps their indentation.
                let whole = self.left().starts_with(text) && !self.left().starts_with(text.get(skipped..)?);
                let skipped = if whole { 0 } else { skipped };
                self.at += skipped;
                self.same(line - skipped)?;
                (any, was_more) = (true, is_more);
            } else {
                self.at += line;
            }
            let len = break_len(self.rest());
            if len > 0 {
                breaks.push((self.at, len));
            }
            self.at += len;
        }
        // What chomping has left of the breaks at the end; the last one may lie behind the scalar's source.
        self.at = breaks.first().map_or(self.source.len(), |(at, _)| *at);
        for (at, len) in breaks {
            if self.left().is_empty() {
                break;
            }
            self.at = at;
            self.line_break(len)?;
        }
        if self.left() == "\n" {
            self.at = self.source.len();
            self.other(0, 1)?;
        }
        self.finish()
    }

    /// The spaces in front of each line that are none of its text, to be asked for at the start of the first line. As many as
    /// the first letter has more of in front of it in the source than in the decoded text.
    fn indent(&self) -> Option<usize> {
        let first = |text: &str| {
            let letter = text.find(|c: char| !matches!(c, ' ' | '\r' | '\n'))?;
            let before = text.get(..letter)?;
            Some(before.len() - before.trim_end_matches(' ').len())
        };
        // Nothing but spaces: then the longest line tells.
        let widest = |text: &str| text.split(['\r', '\n']).map(str::len).max().unwrap_or_default();
        match (first(self.rest()), first(self.decoded)) {
            (Some(source), Some(decoded)) => source.checked_sub(decoded),
            _ if self.decoded.contains(' ') => widest(self.rest()).checked_sub(widest(self.decoded)),
            _ => Some(usize::MAX),
        }
    }

    /// The breaks between two lines with text: with folding one is a space, and of several the first is dropped.
    fn breaks(&mut self, breaks: &mut Vec<(usize, usize)>, fold: bool) -> Option<()> {
        let next = self.at;
        let lone = breaks.len() == 1;
        for (nth, (at, len)) in breaks.drain(..).enumerate() {
            self.at = at;
            if !fold {
                self.line_break(len)?;
            } else if lone {
                self.space(len)?;
            } else if nth > 0 {
                self.line_break(len)?;
            }
        }
        self.at = next;
        Some(())
    }
}

fn spaces_at_start(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Bytes before the next line break.
fn line_len(text: &str) -> usize {
    memchr::memchr2(b'\n', b'\r', text.as_bytes()).unwrap_or(text.len())
}
