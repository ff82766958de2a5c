//! Lists and pipelines, comments, and what happens where a statement is not understood.
//!
//! The grammar is POSIX's (XCU 2.10) with the additions of bash. The parser goes over the text once, by recursive
//! descent; [`MAX_DEPTH`] bounds the recursion.

use super::tree::{Event, Text, Tree, What};
use crate::formats::spliced::Spliced;
use crate::limits::MAX_NODES;
use stockade_model::Style;

/// Levels of nested lists, quotes, substitutions and expansions. Deeper text becomes one error node: without a limit,
/// a file of `((((` would overflow the stack. A level has at most five nodes (script, pipeline, command, redirect,
/// word), so trees stay below `limits::MAX_DEPTH`. People write up to about ten levels.
pub(super) const MAX_DEPTH: u32 = 36;

/// Why a statement was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Something stands where it must not: the next statement may be fine.
    Unexpected,
    /// The text ended inside a quote or a substitution, or is nested too deep: all of it is read.
    Ended,
}

pub(super) type Outcome<T = ()> = Result<T, Failure>;

/// What ends the list that is being read, as a set of bits.
pub(super) mod closer {
    pub(in super::super) const THEN: u16 = 1;
    pub(in super::super) const ELIF: u16 = 1 << 1;
    pub(in super::super) const ELSE: u16 = 1 << 2;
    pub(in super::super) const FI: u16 = 1 << 3;
    pub(in super::super) const DO: u16 = 1 << 4;
    pub(in super::super) const DONE: u16 = 1 << 5;
    pub(in super::super) const ESAC: u16 = 1 << 6;
    pub(in super::super) const BRACE: u16 = 1 << 7;
    pub(in super::super) const PAREN: u16 = 1 << 8;
    pub(in super::super) const ARM: u16 = 1 << 9;
}

/// A heredoc whose body has not been reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// Its event, which is another one by now if its statement was given up: see `serial`.
    pub(super) event: usize,
    /// Its number in the text from 1, also in its event's key.
    pub(super) serial: u32,
    pub(super) delimiter: Text,
    pub(super) strip_tabs: bool,
    pub(super) quoted: bool,
    /// A shell reads it.
    pub(super) script: bool,
}

pub(super) struct Parser<'t> {
    pub(super) source: Spliced<'t>,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    /// Where the text to read ends: its length, or the closing backtick.
    pub(super) end: usize,
    /// End of the last token.
    pub(super) last_end: usize,
    /// End of the last heredoc body.
    pub(super) body_end: usize,
    pub(super) depth: u32,
    /// Something is nested too deep, or there is too much of it.
    pub(super) over_limit: bool,
    /// What ends the lists that are open, up to the innermost substitution.
    pub(super) closers: u16,
    pub(super) tree: Tree,
    /// Decoded text of the words that are being read, the innermost one last.
    pub(super) scratch: String,
    pub(super) pending: Vec<Pending>,
    /// How many heredocs were mentioned.
    pub(super) heredocs: u32,
    /// How deep the list of the whole text stands.
    outermost: u32,
    /// An `exit` that nothing goes around has been read.
    exited: bool,
}

impl<'t> Parser<'t> {
    pub(super) fn new(source: Spliced<'t>, depth: u32) -> Self {
        let bytes = source.text().as_bytes();
        Self {
            source,
            bytes,
            at: 0,
            end: bytes.len(),
            last_end: 0,
            body_end: 0,
            depth,
            over_limit: false,
            closers: 0,
            tree: Tree { events: Vec::with_capacity(bytes.len() / 8), ..Tree::default() },
            scratch: String::new(),
            pending: Vec::new(),
            heredocs: 0,
            outermost: depth + 1,
            exited: false,
        }
    }

    // --- the text ----------------------------------------------------------------------------------

    /// The byte `ahead` of the current one; 0 behind the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end { self.bytes.get(at).copied().unwrap_or(0) } else { 0 }
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.bytes.get(self.at..self.end).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    /// Length of a line continuation (a backslash before a line break) at the current place, or 0.
    pub(super) fn continuation(&self) -> usize {
        match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'\\', b'\n', _) => 2,
            (b'\\', b'\r', b'\n') => 3,
            _ => 0,
        }
    }

    /// Goes over blanks and line continuations.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.byte(0) {
                b' ' | b'\t' => self.at += 1,
                b'\r' if self.byte(1) == b'\n' || self.at + 1 == self.end => self.at += 1,
                b'\\' => match self.continuation() {
                    0 => return,
                    length => self.at += length,
                },
                _ => return,
            }
        }
    }

    /// Goes over blanks, line breaks (with the heredocs behind them) and comments.
    pub(super) fn linebreaks(&mut self) {
        loop {
            self.blanks();
            match self.byte(0) {
                b'\n' => self.newline(),
                b'#' => self.comment(Style::Plain),
                _ => return,
            }
        }
    }

    /// Goes over a line break and the heredocs that begin behind it.
    pub(super) fn newline(&mut self) {
        self.at += 1;
        if !self.pending.is_empty() {
            self.heredoc_bodies();
        }
    }

    /// Reads a comment. `place` is plain for one that stands before what it speaks about.
    fn comment(&mut self, place: Style) {
        let start = self.at;
        let rest = self.bytes.get(start..self.end).unwrap_or_default();
        self.at = memchr::memchr(b'\n', rest).map_or(self.end, |length| start + length);
        let text = self.source.slice(start..self.at);
        let end = start + text.trim_end().len();
        let event = self.event(What::Comment, start, end);
        if let Some(event) = self.tree.events.get_mut(event) {
            event.style = place;
        }
    }

    /// The word at the current place if it is short and has nothing special in it, else an empty text: a
    /// reserved word stands for itself only then.
    pub(super) fn plain_word(&self) -> &'t str {
        const LONGEST: usize = 8;
        let mut length = 0;
        loop {
            match self.byte(length) {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                b'\'' | b'"' | b'\\' | b'$' | b'`' => return "",
                0 if self.at + length >= self.end => break,
                _ if length > LONGEST => return "",
                _ => length += 1,
            }
        }
        self.source.slice(self.at..self.at + length)
    }

    /// Which of the closers stands at the current place; 0 for none.
    pub(super) fn closer(&self) -> u16 {
        match self.byte(0) {
            b')' => closer::PAREN,
            b';' if matches!(self.byte(1), b';' | b'&') => closer::ARM,
            b't' | b'e' | b'f' | b'd' | b'}' => match self.plain_word() {
                "then" => closer::THEN,
                "elif" => closer::ELIF,
                "else" => closer::ELSE,
                "fi" => closer::FI,
                "do" => closer::DO,
                "done" => closer::DONE,
                "esac" => closer::ESAC,
                "}" => closer::BRACE,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// Goes `length` bytes on, over a token.
    pub(super) fn take(&mut self, length: usize) {
        self.at += length;
        self.last_end = self.at;
    }

    // --- events ------------------------------------------------------------------------------------

    /// Adds an event and gives its number.
    pub(super) fn event(&mut self, what: What, start: usize, end: usize) -> usize {
        self.tree.events.push(Event::leaf(what, start, end));
        self.tree.events.len() - 1
    }

    /// Adds an event that stays open, starting at the current place.
    pub(super) fn open(&mut self, what: What) -> usize {
        let number = self.event(what, self.at, self.at);
        self.change(number, |event| event.open = true);
        number
    }

    /// Closes an open event at the end of the last token.
    pub(super) fn close(&mut self, number: usize) {
        let end = self.last_end as u32;
        self.change(number, |event| event.end = end.max(event.start));
        self.event(What::Close, 0, 0);
    }

    pub(super) fn change(&mut self, number: usize, change: impl FnOnce(&mut Event)) {
        if let Some(event) = self.tree.events.get_mut(number) {
            change(event);
        }
    }

    // --- statements --------------------------------------------------------------------------------

    /// Reads no further: a limit is reached.
    pub(super) fn stop(&mut self) -> Failure {
        self.over_limit = true;
        self.at = self.end;
        Failure::Ended
    }

    /// Goes one level down. Fails, with all text read, at the deepest one.
    pub(super) fn enter(&mut self) -> Outcome {
        if self.depth >= MAX_DEPTH {
            return Err(self.stop());
        }
        self.depth += 1;
        Ok(())
    }

    /// Reads a list up to one of `own` or of the closers of the lists around it, as an element `script`.
    pub(super) fn list(&mut self, own: u16) -> Outcome {
        self.enter()?;
        let outer = self.closers;
        self.closers |= own;
        let script = self.open(What::Script);
        self.statements(script);
        self.closers = outer;
        self.depth -= 1;
        Ok(())
    }

    /// Reads a list inside parentheses or backticks: the closers outside do not count there.
    pub(super) fn inner_list(&mut self, own: u16) -> Outcome {
        let outer = std::mem::take(&mut self.closers);
        let outcome = self.list(own);
        self.closers = outer;
        outcome
    }

    fn statements(&mut self, script: usize) {
        let mut first = None;
        let mut end = self.at;
        let mut op = None;
        loop {
            self.linebreaks();
            if self.at_end() || self.closer() & self.closers != 0 {
                break;
            }
            if self.tree.events.len() > MAX_NODES {
                self.stop();
                break;
            }
            // Behind a statement on a line before, or behind none.
            let always = matches!(op, None | Some((_, _, Text::Fixed(";" | "&"))));
            if let Some((start, end, text)) = op.take() {
                self.op(start, end, text);
            }
            let (start, mark) = (self.at, self.tree.events.len());
            let (depth, scratch) = (self.depth, self.scratch.len());
            first.get_or_insert(start);
            if let Err(failure) = self.pipeline() {
                // What was being read has not put these back.
                self.depth = depth;
                self.scratch.truncate(scratch);
                self.give_up(start, mark, failure);
            }
            self.exited |= always && self.depth == self.outermost && self.is_exit(start);
            self.blanks();
            if self.byte(0) == b'#' {
                self.comment(Style::Literal);
            }
            end = self.last_end;
            op = self.separator();
            if op.is_none() && !self.at_end() && self.closer() & self.closers == 0 {
                self.give_up(self.at, self.tree.events.len(), Failure::Unexpected);
                end = self.last_end;
            }
        }
        match op {
            Some((start, stop, text @ Text::Fixed("&"))) => {
                self.op(start, stop, text);
                end = stop;
            }
            Some((start, stop, Text::Fixed("&&" | "||"))) => {
                self.event(What::Error, start, stop);
                end = stop;
            }
            _ => {}
        }
        self.last_end = end;
        let start = first.unwrap_or(end);
        let end = if self.body_end > start { end.max(self.body_end) } else { end };
        self.change(script, |event| (event.start, event.end) = (start as u32, end.max(start) as u32));
        self.event(What::Close, 0, 0);
    }

    fn op(&mut self, start: usize, end: usize, text: Text) {
        let number = self.event(What::Op, start, end);
        self.change(number, |event| event.text = text);
    }

    /// Reads what separates two statements: where it stands, and its value.
    fn separator(&mut self) -> Option<(usize, usize, Text)> {
        let start = self.at;
        let (length, text) = match (self.byte(0), self.byte(1)) {
            (b'\n', _) => {
                self.newline();
                return Some((start, start + 1, Text::Fixed(";")));
            }
            (b';', b';' | b'&') => return None,
            (b';', _) => (1, ";"),
            (b'&', b'&') => (2, "&&"),
            (b'&', _) => (1, "&"),
            (b'|', b'|') => (2, "||"),
            _ => return None,
        };
        self.take(length);
        Some((start, self.at, Text::Fixed(text)))
    }

    /// Whether the statement from `start` ends the script: `exit` or `exit 1` on the rest of its line.
    fn is_exit(&self, start: usize) -> bool {
        let statement = self.source.slice(start..self.last_end);
        let status = statement.strip_prefix("exit").map(|rest| rest.trim_start_matches([' ', '\t']));
        let rest = self.bytes.get(self.at..self.end).unwrap_or_default().trim_ascii_start();
        let ends = self.at_end() || matches!(self.byte(0), b'\n' | b'\r' | b';') || rest.starts_with(b"#");
        let is_status = |status: &str| status == "$?" || status.bytes().all(|byte| byte.is_ascii_digit());
        ends && status.is_some_and(is_status)
    }

    /// Puts one error node in place of the statement that began at `start` with the event `mark`, and goes on to
    /// where the next one may begin.
    fn give_up(&mut self, start: usize, mark: usize, failure: Failure) {
        self.tree.events.truncate(mark);
        if self.exited {
            // A shell reads its script line by line: what stands behind its end is whatever it likes, such as an archive.
            self.at = self.end;
            return;
        }
        if failure == Failure::Ended {
            self.at = self.end;
        }
        while !self.at_end() {
            match self.byte(0) {
                b'\n' => break,
                b')' if self.closers & closer::PAREN != 0 => break,
                b';' | b'&' | b'|' if self.at > start => break,
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.end);
        // An operator of two characters goes as one.
        let operator = |byte: Option<&u8>| matches!(byte, Some(b';' | b'&' | b'|'));
        if self.at == start + 1
            && operator(self.bytes.get(start))
            && operator(self.bytes.get(self.at))
            && !self.at_end()
        {
            self.at += 1;
        }
        let text = self.source.slice(start..self.at);
        self.last_end = start + text.trim_end().len();
        self.event(What::Error, start, self.last_end);
    }

    fn pipeline(&mut self) -> Outcome {
        let start = self.at;
        let mark = self.event(What::Nothing, start, start);
        let mut is_pipeline = false;
        loop {
            let (what, length) = match self.plain_word() {
                "!" => (What::Not, 1),
                "time" if self.is_timing_compound() => (What::Time, 4),
                _ => break,
            };
            let number = self.event(what, self.at, self.at + length);
            self.change(number, |event| event.text = Text::Source(event.start, event.end));
            self.take(length);
            self.blanks();
            is_pipeline = true;
        }
        self.command()?;
        loop {
            self.blanks();
            if self.byte(0) != b'|' || self.byte(1) == b'|' {
                break;
            }
            self.take(if self.byte(1) == b'&' { 2 } else { 1 });
            self.linebreaks();
            self.command()?;
            is_pipeline = true;
        }
        if is_pipeline {
            let end = self.last_end as u32;
            self.change(mark, |event| (event.what, event.end, event.open) = (What::Pipeline, end, true));
            self.event(What::Close, 0, 0);
        }
        Ok(())
    }

    /// Whether `time` stands before a compound command. Before a simple one it is read as that one's name: the
    /// program `time` takes options, and looking through it is up to the rules as for `sudo`.
    fn is_timing_compound(&self) -> bool {
        let rest = self.source.slice(self.at + 4..self.end).trim_start_matches([' ', '\t']);
        let word = rest.split([' ', '\t', '\n', ';']).next().unwrap_or_default();
        rest.starts_with('(') || matches!(word, "{" | "if" | "for" | "while" | "until" | "case" | "[[" | "!")
    }
}
