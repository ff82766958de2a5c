//! One-line records: how facts about a file are written and read.

use crate::view::{Answer, escape, known_text, unescape};
use std::str::Split;
use stockade_sdk::{Edit, Node, Span};

/// A text that may be missing, or known to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Is(String),
    Missing,
    Unknown,
}

impl Known {
    /// What an answer says.
    pub(crate) fn of(answer: Answer<'_>) -> Self {
        match answer {
            Answer::Missing => Self::Missing,
            Answer::Unknown => Self::Unknown,
            Answer::Is(node) => known_text(node).map_or(Self::Unknown, |text| Self::Is(text.to_owned())),
        }
    }

    /// The text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Is(text) => Some(text),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// The text as a number.
    pub(crate) fn number(&self) -> Option<i64> {
        self.text().and_then(|text| text.parse().ok())
    }

    /// Whether both may be the same namespace. What names none may be put into any, by kustomize or `kubectl -n`.
    pub(crate) fn may_equal(&self, other: &Self) -> bool {
        match (self.text(), other.text()) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }
}

/// Writes a record.
#[derive(Debug, Default)]
pub(super) struct Line(String);

impl Line {
    fn separate(&mut self) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
    }

    /// A field without characters that separate fields.
    pub(super) fn word(mut self, word: &str) -> Self {
        self.separate();
        self.0.push_str(word);
        self
    }

    /// Any text; a mark in front keeps an empty one visible.
    pub(super) fn text(self, text: &str) -> Self {
        self.word(&format!("={}", escape(text)))
    }

    pub(super) fn known(self, known: &Known) -> Self {
        match known {
            Known::Is(text) => self.text(text),
            Known::Missing => self.word("-"),
            Known::Unknown => self.word("?"),
        }
    }

    pub(super) fn answer(self, answer: Answer<'_>) -> Self {
        self.known(&Known::of(answer))
    }

    pub(super) fn flag(self, flag: bool) -> Self {
        self.word(if flag { "1" } else { "0" })
    }

    pub(super) fn span(self, span: Option<Span>) -> Self {
        match span {
            Some(span) => self.word(&format!("{}-{}", span.start, span.end)),
            None => self.word("-"),
        }
    }

    /// Where the entry of an answer stands.
    pub(super) fn entry(self, answer: Answer<'_>) -> Self {
        self.span(answer.node().map(|node: Node<'_>| node.entry_place().span))
    }

    /// A fix of one edit; others are dropped.
    pub(super) fn edit(self, edits: Option<Vec<Edit>>) -> Self {
        match edits.as_deref() {
            Some([edit]) => {
                self.word(&format!("{}-{}:{}", edit.span.start, edit.span.end, escape(&edit.replacement)))
            }
            _ => self.word("-"),
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Reads a record. A field that is not there reads as unknown, empty or none.
#[derive(Debug)]
pub(super) struct Fields<'a>(Split<'a, char>);

impl<'a> Fields<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self(line.split(' '))
    }

    pub(super) fn word(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }

    pub(super) fn known(&mut self) -> Known {
        match self.word() {
            "-" => Known::Missing,
            word => word.strip_prefix('=').map_or(Known::Unknown, |text| Known::Is(unescape(text))),
        }
    }

    pub(super) fn text(&mut self) -> String {
        match self.known() {
            Known::Is(text) => text,
            Known::Missing | Known::Unknown => String::new(),
        }
    }

    pub(super) fn flag(&mut self) -> bool {
        self.word() == "1"
    }

    pub(super) fn span(&mut self) -> Option<Span> {
        span(self.word())
    }

    pub(super) fn edit(&mut self) -> Option<Edit> {
        let (place, text) = self.word().split_once(':')?;
        Some(Edit { span: span(place)?, replacement: unescape(text) })
    }

    /// The fields that are left.
    pub(super) fn rest(self) -> impl Iterator<Item = &'a str> {
        self.0
    }
}

fn span(text: &str) -> Option<Span> {
    let (start, end) = text.split_once('-')?;
    Some(Span { start: start.parse().ok()?, end: end.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::{Fields, Known, Line};
    use stockade_sdk::{Edit, Span};

    #[test]
    fn fields_come_back_as_they_were_written() {
        let edit = Edit { span: Span { start: 3, end: 3 }, replacement: "\n  a: b".to_owned() };
        let line =
            Line::default().text("a b").known(&Known::Missing).flag(true).edit(Some(vec![edit.clone()]));
        let line = line.span(None).text("").finish();
        let mut fields = Fields::new(&line);
        assert_eq!(fields.text(), "a b");
        assert_eq!(fields.known(), Known::Missing);
        assert!(fields.flag());
        let read = fields.edit().unwrap();
        assert_eq!((read.span.start, read.span.end, read.replacement), (3, 3, edit.replacement));
        assert!(fields.span().is_none());
        assert_eq!(fields.known(), Known::Is(String::new()));
        assert_eq!(fields.known(), Known::Unknown);
    }
}
