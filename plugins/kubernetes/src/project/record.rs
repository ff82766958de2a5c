//! One-line records: how facts about a file are written and read.

use crate::view::{Answer, ask, escape_into, known_text, symbol, unescape};
use std::str::Split;
use stockade_sdk::{Edit, Node, Span};

/// A text that may be missing, or known to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Is(String),
    /// Open, but in the same way at each place of its chart ([`symbol`]).
    Open(String),
    Missing,
    Unknown,
}

impl Known {
    /// What an answer says.
    pub(crate) fn of(answer: Answer<'_>) -> Self {
        match answer {
            Answer::Missing => Self::Missing,
            Answer::Unknown => Self::Unknown,
            Answer::Is(node) => match known_text(node) {
                Some(text) => Self::Is(text.to_owned()),
                None => symbol(node).map_or(Self::Unknown, Self::Open),
            },
        }
    }

    /// What stands at `path` below `map`.
    pub(crate) fn at(map: Node<'_>, path: &str) -> Self {
        match ask(map, path) {
            Answer::Unknown => {
                let mut at = Some(map);
                for key in stockade_sdk::keys(path) {
                    at = at.and_then(|node| node.get(key));
                }
                at.and_then(symbol).map_or(Self::Unknown, Self::Open)
            }
            other => Self::of(other),
        }
    }

    /// The first of both that is there.
    pub(crate) fn or_else(self, further: impl FnOnce() -> Self) -> Self {
        if self == Self::Missing { further() } else { self }
    }

    /// The text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Is(text) => Some(text),
            Self::Open(_) | Self::Missing | Self::Unknown => None,
        }
    }

    /// Whether both are open in the same way. They have the same value where they stand in one chart.
    pub(crate) fn is_same_symbol(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Open(a), Self::Open(b)) if a == b)
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
    pub(super) fn text(mut self, text: &str) -> Self {
        self.separate();
        self.0.push('=');
        escape_into(&mut self.0, text);
        self
    }

    /// As [`Line::text`] writes one, of a symbol.
    fn symbol(mut self, text: &str) -> Self {
        self.separate();
        self.0.push('~');
        escape_into(&mut self.0, text);
        self
    }

    pub(super) fn known(self, known: &Known) -> Self {
        match known {
            Known::Is(text) => self.text(text),
            Known::Open(text) => self.symbol(text),
            Known::Missing => self.word("-"),
            Known::Unknown => self.word("?"),
        }
    }

    pub(super) fn answer(self, answer: Answer<'_>) -> Self {
        match answer {
            Answer::Missing => self.word("-"),
            Answer::Unknown => self.word("?"),
            Answer::Is(node) => match known_text(node) {
                Some(text) => self.text(text),
                None => match symbol(node) {
                    Some(text) => self.symbol(&text),
                    None => self.word("?"),
                },
            },
        }
    }

    pub(super) fn flag(self, flag: bool) -> Self {
        self.word(if flag { "1" } else { "0" })
    }

    pub(super) fn span(mut self, span: Option<Span>) -> Self {
        let Some(span) = span else { return self.word("-") };
        self.separate();
        self.push_span(span);
        self
    }

    fn push_span(&mut self, span: Span) {
        push_number(&mut self.0, span.start);
        self.0.push('-');
        push_number(&mut self.0, span.end);
    }

    /// Where the entry of an answer stands.
    pub(super) fn entry(self, answer: Answer<'_>) -> Self {
        self.span(answer.node().map(|node: Node<'_>| node.entry_place().span))
    }

    /// A fix of one edit; others are dropped.
    pub(super) fn edit(mut self, edits: Option<Vec<Edit>>) -> Self {
        let Some([edit]) = edits.as_deref() else { return self.word("-") };
        self.separate();
        self.push_span(edit.span);
        self.0.push(':');
        escape_into(&mut self.0, &edit.replacement);
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Appends a number. As `write!` does, which costs several times as much, and a file may have hundreds.
fn push_number(text: &mut String, mut number: u32) {
    let mut digits = [b'0'; 10];
    let mut first = digits.len();
    loop {
        first -= 1;
        if let Some(digit) = digits.get_mut(first) {
            *digit = b'0' + (number % 10) as u8;
        }
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend(digits.iter().skip(first).map(|digit| char::from(*digit)));
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
            word => match (word.strip_prefix('='), word.strip_prefix('~')) {
                (Some(text), _) => Known::Is(unescape(text)),
                (_, Some(text)) => Known::Open(unescape(text)),
                _ => Known::Unknown,
            },
        }
    }

    pub(super) fn text(&mut self) -> String {
        match self.known() {
            Known::Is(text) => text,
            Known::Open(_) | Known::Missing | Known::Unknown => String::new(),
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
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 4_096, 1_000_000_000, u32::MAX] {
            let mut text = String::new();
            super::push_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }

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
