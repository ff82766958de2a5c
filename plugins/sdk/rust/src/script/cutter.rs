//! Cuts text into commands.

use super::expansion::{Close, Ends};
use super::{Command, MAX_DEPTH, MAX_WORDS, Word, push};

/// What a text around commands does to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Shell,
    /// Line breaks are spaces.
    Folded,
    /// `$(X)` is a variable, `$$` a dollar.
    Make,
    /// Lines may begin with a prompt.
    Console,
}

/// Cuts a text into commands.
pub(super) struct Cutter<'t> {
    text: &'t str,
    base: u32,
    notation: Notation,
    node: u32,
    at: usize,
    /// The command around the substitution that is being read, outermost first.
    outer: Vec<(Vec<Word>, Option<Word>)>,
    words: Vec<Word>,
    word: Option<Word>,
    /// Words that end the bodies that follow the line.
    heredocs: Vec<String>,
    /// How many of them were looked for in vain.
    unended: usize,
    ends: Ends,
}

/// Most here-documents without an end that are looked for: each costs a look at all that follows.
const MAX_UNENDED: usize = 64;
impl<'t> Cutter<'t> {
    pub(super) fn new(text: &'t str, base: u32, notation: Notation, node: u32) -> Self {
        Self {
            text,
            base,
            notation,
            node,
            at: 0,
            outer: Vec::new(),
            words: Vec::new(),
            word: None,
            heredocs: Vec::new(),
            unended: 0,
            ends: Ends::default(),
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The word being read, begun here where there is none.
    fn word(&mut self) -> &mut Word {
        let start = self.base + self.at as u32;
        self.word.get_or_insert_with(|| Word { text: String::new(), start, end: start, known: true })
    }

    fn take(&mut self, length: usize) {
        let text = self.rest().get(..length).unwrap_or_default();
        let end = self.base + (self.at + length) as u32;
        let word = self.word();
        word.text.push_str(text);
        word.end = end;
        self.at += length;
    }

    /// Passes over `length` bytes that belong to the word without being part of its text.
    fn pass(&mut self, length: usize) {
        let end = self.base + (self.at + length) as u32;
        self.word().end = end;
        self.at += length;
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if let Some(delimiter) = self
            .words
            .last_mut()
            .and_then(|last| (last.text == "<<" || last.text == "<<-").then(|| word.text.clone()))
        {
            self.heredocs.push(delimiter);
        } else if let Some(delimiter) =
            word.text.strip_prefix("<<").filter(|d| !d.is_empty() && *d != "-" && !d.starts_with('<'))
        {
            self.heredocs.push(delimiter.trim_start_matches('-').to_owned());
        }
        if self.words.len() < MAX_WORDS {
            self.words.push(word);
        }
    }

    fn end_command(&mut self, found: &mut Vec<Command>) {
        self.end_word();
        push(std::mem::take(&mut self.words), self.node, found);
    }

    pub(super) fn cut(mut self, found: &mut Vec<Command>) {
        self.prompt();
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            match byte {
                b' ' | b'\t' | b'\r' => {
                    self.end_word();
                    self.at += 1;
                }
                b'\n' if self.notation == Notation::Folded => {
                    self.end_word();
                    self.at += 1;
                }
                b'\n' => {
                    self.end_command(found);
                    self.at += 1;
                    self.skip_heredocs();
                    self.prompt();
                }
                b'#' if self.word.is_none() => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                b'\\' => self.escape(),
                b'\'' => self.single(),
                b'"' => self.double(),
                b'$' => self.dollar(),
                b'{' if self.rest().starts_with("{{") => self.template(0),
                b'`' => {
                    // Backticks do not nest: the next one ends it.
                    self.word().known = false;
                    let inner = self.rest().get(1..).unwrap_or_default();
                    let length = inner.find('`').map_or(self.rest().len(), |end| end + 2);
                    self.take(length);
                }
                b'(' => {
                    self.end_command(found);
                    self.at += 1;
                }
                b')' => self.close(found),
                b'&' if self.is_redirection() => self.take(1),
                b';' | b'&' | b'|' => {
                    self.end_command(found);
                    self.at += 1;
                }
                _ => {
                    let special = |c: char| " \t\r\n#\\'\"${`();&|".contains(c);
                    let length = self.rest().char_indices().skip(1).find(|(_, c)| special(*c));
                    let length = length.map_or(self.rest().len(), |(at, _)| at);
                    self.take(length);
                }
            }
        }
        while self.words.len() + self.outer.len() > 0 || self.word.is_some() {
            self.close(found);
        }
    }

    /// `2>&1`, `&>file`.
    fn is_redirection(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        matches!(before, Some(b'>' | b'<')) || self.rest().starts_with("&>")
    }

    fn prompt(&mut self) {
        if self.notation == Notation::Console {
            let rest = self.rest();
            let indent = rest.len() - rest.trim_start_matches([' ', '\t', '>']).len();
            let line = rest.get(indent..).unwrap_or_default();
            self.at +=
                ["$ ", "% ", "❯ "].iter().find(|p| line.starts_with(**p)).map_or(0, |p| indent + p.len());
        }
    }

    fn escape(&mut self) {
        let behind = self.rest().get(1..).unwrap_or_default();
        if behind.starts_with('\n') || behind.starts_with("\r\n") {
            self.end_word();
            self.at += if behind.starts_with('\n') { 2 } else { 3 };
            return;
        }
        self.pass(1);
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        self.take(length);
    }

    fn single(&mut self) {
        self.pass(1);
        let length = self.rest().find('\'').unwrap_or(self.rest().len());
        self.take(length);
        if !self.rest().is_empty() {
            self.pass(1);
        }
    }

    /// Up to the closing quote. A substitution in it makes the word unknown and is not looked into.
    fn double(&mut self) {
        self.pass(1);
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            match byte {
                b'"' => {
                    self.pass(1);
                    return;
                }
                b'\\' if self.rest().len() > 1 => {
                    self.pass(1);
                    let length = self.rest().chars().next().map_or(0, char::len_utf8);
                    self.take(length);
                }
                b'$' | b'`' => {
                    self.word().known = false;
                    self.take(1);
                }
                _ => {
                    let rest = self.rest();
                    let length = rest.char_indices().skip(1).find(|(_, c)| "\"\\$`".contains(*c));
                    self.take(length.map_or(rest.len(), |(at, _)| at));
                }
            }
        }
    }

    fn dollar(&mut self) {
        let rest = self.rest();
        if rest.starts_with("${{") {
            self.template(1);
        } else if self.notation == Notation::Make && rest.starts_with("$$") {
            self.pass(1);
            self.word().known = false;
            self.take(1);
        } else if rest.starts_with("${") || self.notation == Notation::Make && rest.starts_with("$(") {
            let close = if rest.starts_with("${") { Close::Brace } else { Close::Bracket };
            self.word().known = false;
            let length = self.ends.length(self.text, self.at, close).unwrap_or(2);
            self.take(length);
        } else if rest.starts_with("$(") && self.outer.len() < MAX_DEPTH {
            self.word().known = false;
            self.take(2);
            let outer = (std::mem::take(&mut self.words), self.word.take());
            self.outer.push(outer);
        } else {
            self.word().known = false;
            self.take(1);
        }
    }

    fn close(&mut self, found: &mut Vec<Command>) {
        self.end_command(found);
        if let Some((words, word)) = self.outer.pop() {
            self.words = words;
            self.word = word;
            if self.rest().starts_with(')') {
                self.take(1);
            }
        } else if !self.rest().is_empty() {
            self.at += 1;
        }
    }

    /// `{{ … }}` with `before` bytes in front of it is one piece, spaces and all.
    fn template(&mut self, before: usize) {
        self.word().known = false;
        let length = self.ends.length(self.text, self.at, Close::Braces).unwrap_or(before + 2);
        self.take(length);
    }

    fn skip_heredocs(&mut self) {
        for delimiter in std::mem::take(&mut self.heredocs) {
            if self.unended >= MAX_UNENDED {
                return;
            }
            let mut skipped = 0;
            let mut ended = false;
            for line in self.rest().split_inclusive('\n') {
                skipped += line.len();
                if line.trim() == delimiter {
                    ended = true;
                    break;
                }
            }
            // Without its end it was none.
            if ended {
                self.at += skipped;
            } else {
                self.unended += 1;
            }
        }
    }
}
