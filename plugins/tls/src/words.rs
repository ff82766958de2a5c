//! Lists of words as settings have them: sequences, arguments of a directive, texts with separators.

use stockade_sdk::{Kind, Node, Place, Setting, Source, Span, ValueKind, row_flag};

/// A word of a list.
#[derive(Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) place: Place,
    /// The element, where the list is a sequence.
    pub(crate) element: Option<Node<'a>>,
}

/// A list as a file has it.
#[derive(Debug)]
pub(crate) struct WordList<'a> {
    /// The file.
    pub(crate) source: &'a Source,
    /// What it is called there.
    pub(crate) name: String,
    pub(crate) words: Vec<Word<'a>>,
    /// Whether the spans of the words are exact, so that edits can be made from them.
    pub(crate) exact: bool,
    /// Whether the values are the settings' own: no defaults of variables, no parts of addresses.
    pub(crate) own: bool,
}

/// The words of a text, with their offsets.
fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let separator =
        |c: char| matches!(c, ':' | ',' | ';' | '|' | '[' | ']' | '"' | '\'') || c.is_whitespace();
    text.split(separator)
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

impl<'a> WordList<'a> {
    pub(crate) fn new(source: &'a Source, name: String) -> Self {
        Self { source, name, words: Vec::new(), exact: true, own: true }
    }

    /// Adds the words of `text`, the decoded form of what stands at `place`.
    pub(crate) fn add(&mut self, text: &'a str, place: Place, node: Node<'a>, element: bool) {
        let written = node.source().slice(place.span);
        let base = written.find(text).filter(|_| !text.is_empty());
        self.exact &= base.is_some();
        for (offset, word) in split(text) {
            let span = base.map_or(place.span, |base| {
                let start = place.span.start + (base + offset) as u32;
                Span { start, end: start + word.len() as u32 }
            });
            let place = Place { span, node: place.node };
            self.words.push(Word { text: word, place, element: element.then_some(node) });
        }
    }

    /// Where the words stand: all of them where that is one stretch of text.
    pub(crate) fn place(&self) -> Option<Place> {
        let (first, last) = (self.words.first()?, self.words.last()?);
        let span = Span { start: first.place.span.start, end: last.place.span.end };
        let one_line =
            first.place.node.is_some_and(|_| first.element.is_none() && span.start < span.end && self.exact);
        Some(if one_line { Place { span, node: first.place.node } } else { first.place })
    }
}

/// The lists among settings, which come in the order of the file. Of a sequence and of a directive the elements
/// count, which follow it; values that are not known are left out.
pub(crate) fn gather<'a>(source: &'a Source, hits: &[Setting<'a>]) -> Vec<WordList<'a>> {
    let mut lists: Vec<WordList<'a>> = Vec::new();
    let mut sequence: Option<Node<'a>> = None;
    for (at, setting) in hits.iter().enumerate() {
        let node = setting.node();
        let is_element = setting.has(row_flag::ELEMENT);
        let followed = hits
            .get(at + 1)
            .is_some_and(|next| next.has(row_flag::ELEMENT) && next.node().parent() == Some(node));
        let whole = node.resolve().kind() == Kind::Sequence && !is_element;
        if followed || whole || !setting.is_value() || setting.kind() == ValueKind::Empty {
            continue;
        }
        let parent = node.parent().filter(|_| is_element);
        if parent.is_none() || parent != sequence {
            lists.push(WordList::new(source, setting.written()));
        }
        sequence = parent;
        if let Some(list) = lists.last_mut() {
            list.own &= !setting.has(row_flag::DEFAULT | row_flag::PART);
            // The arguments of a directive are elements of it, but no entries that can be taken out alone.
            let entry = parent.is_some_and(|p| p.kind() == Kind::Sequence);
            list.add(setting.value().trim(), setting.place(), node, entry);
        }
    }
    lists
}
