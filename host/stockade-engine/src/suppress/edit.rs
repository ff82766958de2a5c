//! What to delete so that a comment, or a part of one, is gone and nothing else.

use stockade_model::{LineIndex, Region, Span};

/// A text with its lines.
pub(super) struct Lines<'a> {
    pub(super) text: &'a str,
    index: LineIndex,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, index: LineIndex::new(text) }
    }

    /// The number of the line, from 1, that holds the byte at `at`.
    pub(super) fn number(&self, at: u32) -> usize {
        self.index.line_of(at) + 1
    }

    /// Where the line that holds the byte at `at` begins.
    pub(super) fn start(&self, at: u32) -> u32 {
        self.index.start_of(self.index.line_of(at))
    }

    /// Where the next line begins, or the text ends.
    pub(super) fn next(&self, at: u32) -> u32 {
        let line = self.index.line_of(at) + 1;
        if line < self.index.len() { self.index.start_of(line) } else { self.text.len() as u32 }
    }

    /// Where the line ends before its line break.
    pub(super) fn end(&self, at: u32) -> u32 {
        let next = self.next(at);
        let line = Span::new(self.start(at), next).slice(self.text).unwrap_or_default();
        next - (line.len() - line.trim_end_matches(['\r', '\n']).len()) as u32
    }

    /// Lines and columns of a span.
    pub(super) fn region(&self, span: Span) -> Region {
        self.index.region(self.text, span)
    }

    /// Whether there is nothing but white space between two places.
    pub(super) fn blank(&self, from: u32, to: u32) -> bool {
        Span::new(from, to).slice(self.text).is_some_and(|part| part.trim().is_empty())
    }
}

/// What goes when the comment goes: its lines where nothing else is on them, else the comment with the space that
/// sets it off.
pub(super) fn removal(lines: &Lines<'_>, comment: Span) -> Option<Span> {
    let body = comment.slice(lines.text)?;
    // Both marks eat the white space around them, so taking the comment away would join or part two lines.
    if body.starts_with("{{-") && body.ends_with("-}}") {
        return None;
    }
    let last = comment.end.saturating_sub(1).max(comment.start);
    let (start, end) = (lines.start(comment.start), lines.end(last));
    let end = end.max(comment.end);
    if lines.blank(comment.end, end) {
        if lines.blank(start, comment.start) {
            return Some(Span::new(start, lines.next(last).max(end)));
        }
        let before = Span::new(start, comment.start).slice(lines.text)?;
        return Some(Span::new(start + before.trim_end().len() as u32, end));
    }
    let behind = Span::new(comment.end, end).slice(lines.text)?;
    let spaces = behind.len() - behind.trim_start().len();
    Some(Span::new(comment.start, comment.end + spaces as u32))
}

/// The lines of something that stands on them alone.
pub(super) fn removal_of_lines(lines: &Lines<'_>, span: Span) -> Option<Span> {
    let last = span.end.saturating_sub(1).max(span.start);
    let start = lines.start(span.start);
    let alone = lines.blank(start, span.start) && lines.blank(span.end, lines.end(last).max(span.end));
    alone.then(|| Span::new(start, lines.next(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, comment: &str) -> String {
        let at = text.find(comment).unwrap();
        let span = removal(&Lines::new(text), Span::new(at as u32, (at + comment.len()) as u32)).unwrap();
        let (a, b) = (span.start as usize, span.end as usize);
        format!("{}{}", &text[..a], &text[b..])
    }

    #[test]
    fn a_comment_goes_with_its_line_only_where_it_is_alone() {
        assert_eq!(without("a: 1\n  # x\nb: 2\n", "# x"), "a: 1\nb: 2\n");
        assert_eq!(without("a: 1\r\n# x\r\nb: 2\r\n", "# x"), "a: 1\r\nb: 2\r\n");
        assert_eq!(without("a: 1 # x\nb: 2\n", "# x"), "a: 1\nb: 2\n");
        assert_eq!(without("a: 1\t# x", "# x"), "a: 1");
        assert_eq!(without("# x", "# x"), "");
        assert_eq!(without("{ /* x */ \"a\": 1 }", "/* x */"), "{ \"a\": 1 }");
        assert_eq!(without("a\n/* x\n y */\nb\n", "/* x\n y */"), "a\nb\n");
        assert_eq!(removal(&Lines::new("{{- /* x */ -}}"), Span::new(0, 15)), None);
    }
}
