//! Words: quotes, escapes and what they come to.

use super::parser::{Failure, Outcome, Parser};
use super::tree::{Text, What};
use crate::limits::MAX_NODES;
use stockade_model::{Style, flag};

/// What ends a word besides blanks and line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Any operator.
    Command,
    /// Nothing: the pattern behind `=~`, where parentheses and bars are ordinary.
    Pattern,
}

/// A word in the making: its decoded text, and what is known about it.
///
/// While all of the text is one stretch of the source nothing is copied; from the second stretch on it grows at
/// the end of the parser's scratch text, from `base` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making {
    base: usize,
    stretch: Option<(usize, usize)>,
    style: Style,
    literal: bool,
    pub(super) unknown: bool,
}

/// Whether a name (of a variable or a function) may begin with this byte.
pub(super) const fn is_name_start(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

/// Whether this byte may stand inside a name.
pub(super) const fn is_name_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// Bytes that mean nothing in an unquoted word.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let special = b"\0 \t\r\n;&|<>()'\"\\$`";
    let mut i = 0;
    while i < special.len() {
        plain[special[i] as usize] = false;
        i += 1;
    }
    plain
};

impl Parser<'_> {
    /// Reads a word as a scalar event and gives its number. Fails where no word begins.
    pub(super) fn word(&mut self, what: What, ending: Ending) -> Outcome<usize> {
        if self.tree.events.len() > MAX_NODES {
            return Err(self.stop());
        }
        let start = self.at;
        let number = self.event(what, start, start);
        let mut word = self.making();
        self.word_text(&mut word, ending)?;
        if self.at == start && what != What::Assignment {
            return Err(Failure::Unexpected);
        }
        let text = self.made(&word);
        self.last_end = self.at;
        let end = self.at as u32;
        let flags = match (word.unknown, word.literal) {
            (true, false) => flag::UNKNOWN,
            (true, true) => flag::PARTIAL,
            (false, _) => 0,
        };
        let has_children = self.tree.events.len() > number + 1;
        self.change(number, |event| {
            (event.end, event.text, event.style, event.flags) = (end, text, word.style, flags);
            event.open = has_children;
        });
        if has_children {
            self.event(What::Close, 0, 0);
        }
        Ok(number)
    }

    fn word_text(&mut self, word: &mut Making, ending: Ending) -> Outcome {
        let mut parentheses = 0_u32;
        let start = self.at;
        loop {
            let run = self.at;
            while self.at < self.end && self.bytes.get(self.at).is_some_and(|b| PLAIN[*b as usize]) {
                self.at += 1;
            }
            self.literal(word, run, self.at);
            match self.byte(0) {
                0 if self.at_end() => return Ok(()),
                0 => self.one(word),
                b' ' | b'\t' | b'\n' => return Ok(()),
                b'\r' if self.byte(1) == b'\n' || self.at + 1 == self.end => return Ok(()),
                b'\r' => self.one(word),
                b'\'' => self.single_quoted(word)?,
                b'"' => self.double_quoted(word)?,
                b'\\' => self.escape(word),
                b'$' => self.dollar(word, false)?,
                b'`' => self.backticks(word, false)?,
                b'<' | b'>' if self.byte(1) == b'(' && ending == Ending::Command => {
                    self.substitution(word, 2)?;
                }
                b'(' if ending == Ending::Pattern => {
                    parentheses += 1;
                    self.one(word);
                }
                b')' if ending == Ending::Pattern && parentheses > 0 => {
                    parentheses -= 1;
                    self.one(word);
                }
                b'|' | b'<' | b'>' | b'&' | b';' if ending == Ending::Pattern && parentheses > 0 => {
                    self.one(word);
                }
                b'|' if ending == Ending::Pattern && self.byte(1) != b'|' => self.one(word),
                b'(' if self.at > start && self.is_extended_pattern() => self.extended_pattern(word)?,
                b'(' if self.is_array(start) => {
                    let begin = self.at;
                    self.array()?;
                    self.unknown(word, begin, self.at, false);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Adds the current byte, which is ASCII, as it is.
    fn one(&mut self, word: &mut Making) {
        self.literal(word, self.at, self.at + 1);
        self.at += 1;
    }

    /// Whether the parenthesis here belongs to a pattern such as `@(a|b)`.
    fn is_extended_pattern(&self) -> bool {
        matches!(
            self.at.checked_sub(1).and_then(|at| self.bytes.get(at)),
            Some(b'?' | b'*' | b'+' | b'@' | b'!')
        )
    }

    /// Reads a parenthesised pattern, which may contain others.
    fn extended_pattern(&mut self, word: &mut Making) -> Outcome {
        let mut open = 0_u32;
        loop {
            match self.byte(0) {
                0 if self.at_end() => return Err(Failure::Ended),
                b'\n' => return Err(Failure::Unexpected),
                b'\'' => self.single_quoted(word)?,
                b'"' => self.double_quoted(word)?,
                b'\\' => self.escape(word),
                b'$' => self.dollar(word, false)?,
                b'`' => self.backticks(word, false)?,
                byte => {
                    let run = self.at;
                    match byte {
                        b'(' => open += 1,
                        b')' => open = open.saturating_sub(1),
                        _ => {}
                    }
                    self.at += 1;
                    // Up to the next ASCII byte, so that no character is cut.
                    while self.byte(0) >= 0x80 {
                        self.at += 1;
                    }
                    self.literal(word, run, self.at);
                    if open == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Whether `name=` stands between `start` and the parenthesis here: an array behind `declare` or `local`.
    fn is_array(&self, start: usize) -> bool {
        let text = self.source.slice(start..self.at);
        text.strip_suffix('=').map(|name| name.trim_end_matches('+')).is_some_and(|name| {
            name.bytes().next().is_some_and(is_name_start) && name.bytes().all(is_name_byte)
        })
    }

    fn escape(&mut self, word: &mut Making) {
        let length = self.continuation();
        if length > 0 {
            self.at += length;
            return;
        }
        let next = self.source.slice(self.at + 1..self.end).chars().next();
        let (skip, length) = next.map_or((0, 1), |c| (1, c.len_utf8()));
        self.literal(word, self.at + skip, self.at + skip + length);
        self.at += skip + length;
    }

    pub(super) fn single_quoted(&mut self, word: &mut Making) -> Outcome {
        word.style_of(Style::Single);
        let start = self.at + 1;
        let rest = self.bytes.get(start..self.end).unwrap_or_default();
        let length = memchr::memchr(b'\'', rest).ok_or(Failure::Ended)?;
        self.literal(word, start, start + length);
        word.literal = true;
        self.at = start + length + 1;
        Ok(())
    }

    pub(super) fn double_quoted(&mut self, word: &mut Making) -> Outcome {
        word.style_of(Style::Double);
        self.enter()?;
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
            let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | b'$' | b'`'));
            let run = self.at;
            self.at += plain.ok_or(Failure::Ended)?;
            self.literal(word, run, self.at);
            match self.byte(0) {
                b'"' => break,
                b'$' => self.dollar(word, true)?,
                b'`' => self.backticks(word, true)?,
                _ => match (self.continuation(), self.byte(1)) {
                    (0, b'$' | b'`' | b'"' | b'\\') => {
                        self.literal(word, self.at + 1, self.at + 2);
                        self.at += 2;
                    }
                    (0, _) => self.one(word),
                    (length, _) => self.at += length,
                },
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    // --- the text in the making --------------------------------------------------------------------

    pub(super) fn making(&self) -> Making {
        Making {
            base: self.scratch.len(),
            stretch: None,
            style: Style::Plain,
            literal: false,
            unknown: false,
        }
    }

    /// Adds source text that stands for itself.
    pub(super) fn literal(&mut self, word: &mut Making, start: usize, end: usize) {
        if start < end {
            word.literal = true;
            self.stretch(word, start, end);
        }
    }

    /// Adds the source text of an expansion: `known` where its value is what stands there.
    pub(super) fn unknown(&mut self, word: &mut Making, start: usize, end: usize, known: bool) {
        word.unknown |= !known;
        self.stretch(word, start, end);
    }

    fn stretch(&mut self, word: &mut Making, start: usize, end: usize) {
        match &mut word.stretch {
            None if self.scratch.len() == word.base => word.stretch = Some((start, end)),
            Some((_, last)) if *last == start => *last = end,
            Some((first, last)) => {
                let (first, last) = (*first, *last);
                word.stretch = None;
                self.scratch.push_str(self.source.slice(first..last));
                self.scratch.push_str(self.source.slice(start..end));
            }
            None => self.scratch.push_str(self.source.slice(start..end)),
        }
    }

    /// Adds a character that is written otherwise in the source.
    pub(super) fn character(&mut self, word: &mut Making, c: char) {
        if let Some((first, last)) = word.stretch.take() {
            self.scratch.push_str(self.source.slice(first..last));
        }
        word.literal = true;
        self.scratch.push(c);
    }

    /// The decoded text. Nothing of the word is left in the scratch text.
    fn made(&mut self, word: &Making) -> Text {
        if let Some((start, end)) = word.stretch {
            return Text::Source(start as u32, end as u32);
        }
        let text = self.scratch.get(word.base..).unwrap_or_default();
        if text.is_empty() {
            return Text::Empty;
        }
        let start = self.tree.decoded.len() as u32;
        self.tree.decoded.push_str(text);
        self.scratch.truncate(word.base);
        Text::Decoded(start, self.tree.decoded.len() as u32)
    }

    /// Forgets the decoded text of a word that is no node of its own.
    pub(super) fn discard(&mut self, word: &Making) {
        self.scratch.truncate(word.base);
    }
}

impl Making {
    pub(super) fn style_of(&mut self, style: Style) {
        if self.style == Style::Plain {
            self.style = style;
        }
    }
}
