//! Physical lines, and the joining of those that make up one instruction.

use crate::formats::spliced::Splicer;
use std::collections::HashMap;
use std::ops::Range;
use stockade_model::Span;

/// Walks the lines of a Dockerfile.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    /// The character that escapes, also a line break.
    pub(super) escape: char,
    /// For each line of the file where it stands last; built once a heredoc is not ended.
    last_lines: Option<LastLines<'t>>,
}

/// Where each distinct line stands last: as it is, and without leading tabs.
type LastLines<'t> = (HashMap<&'t str, usize>, HashMap<&'t str, usize>);

impl<'t> Lines<'t> {
    /// Starts behind a byte order mark, if there is one.
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, escape: '\\', last_lines: None }
    }

    /// The file's text under a range.
    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// The next line without its line break.
    pub(super) fn next_line(&mut self) -> Option<Range<usize>> {
        let (line, next) = self.line_at(self.at)?;
        self.at = next;
        Some(line)
    }

    /// The line that begins at `at`, and where the one behind it does.
    fn line_at(&self, at: usize) -> Option<(Range<usize>, usize)> {
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes());
        let next = length.map_or(self.text.len(), |length| at + length + 1);
        let content = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        Some((at..at + content.trim_end_matches('\r').len(), next))
    }

    /// The length of `line` without the escape character that makes the next line part of it, or `None` where
    /// there is none. Two escape characters are an escaped one.
    fn continued(&self, line: &str) -> Option<usize> {
        let before = line.trim_end_matches([' ', '\t']).strip_suffix(self.escape)?;
        (!before.ends_with(self.escape)).then_some(before.len())
    }

    /// Joins the instruction that begins with `first`, a line without leading blanks, with the lines that go on
    /// with it. `comments` gets the comments between them.
    ///
    /// Gives the instruction's text if it is this one line alone; else the text is in `splicer`.
    pub(super) fn join(
        &mut self,
        first: Range<usize>,
        splicer: &mut Splicer,
        comments: &mut Vec<Span>,
    ) -> Option<Range<usize>> {
        let Some(mut length) = self.continued(self.slice(first.clone())) else { return Some(first) };
        splicer.clear();
        let mut line = first;
        loop {
            splicer.push(self.slice(line.start..line.start + length), line.start);
            // Comments and blank lines inside are skipped.
            let next = loop {
                let next = self.next_line()?;
                let content = self.slice(next.clone()).trim();
                let lead = self.slice(next.clone());
                let lead = lead.len() - lead.trim_start().len();
                if content.starts_with('#') {
                    let start = next.start + lead;
                    comments.push(Span::new(start as u32, (start + content.len()) as u32));
                } else if !content.is_empty() {
                    break next;
                }
            };
            line = next;
            match self.continued(self.slice(line.clone())) {
                Some(continued) => length = continued,
                None => {
                    splicer.push(self.slice(line.clone()), line.start);
                    return None;
                }
            }
        }
    }

    /// Reads a heredoc's body from the next line on: the body, and the line with the delimiter. `None`, with
    /// nothing read, where the delimiter does not come.
    pub(super) fn heredoc(
        &mut self,
        delimiter: &str,
        strip_tabs: bool,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let start = self.at;
        // Looking for the same text again and again would take quadratic time.
        if let Some((whole, stripped)) = &self.last_lines {
            let last = if strip_tabs { stripped } else { whole };
            if last.get(delimiter).is_none_or(|at| *at < start) {
                return None;
            }
        }
        while let Some(line) = self.next_line() {
            let content = self.slice(line.clone());
            let content = if strip_tabs { content.trim_start_matches('\t') } else { content };
            if content == delimiter {
                return Some((start..line.start, line));
            }
        }
        self.at = start;
        self.last_lines.get_or_insert_with(|| last_lines(self.text));
        None
    }

    /// Goes over the lines up to one that looks like the start of an instruction: what is done about a heredoc
    /// that is not ended. Gives the lines gone over.
    pub(super) fn skip_to_instruction(&mut self) -> Range<usize> {
        let start = self.at;
        let mut end = start;
        while let Some((line, next)) = self.line_at(self.at) {
            let word = self.slice(line.clone()).split([' ', '\t']).next().unwrap_or_default();
            if super::Keyword::from_upper(word).is_some() {
                break;
            }
            (self.at, end) = (next, line.end);
        }
        start..end.max(start)
    }
}

fn last_lines(text: &str) -> LastLines<'_> {
    let (mut whole, mut stripped) = (HashMap::new(), HashMap::new());
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        whole.insert(content, at);
        stripped.insert(content.trim_start_matches('\t'), at);
        at += line.len();
    }
    (whole, stripped)
}
