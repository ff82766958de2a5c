//! Simple commands: assignments, words, redirections, heredocs; `[[ ]]` and `(( ))`, which look like commands
//! to whoever reads the tree.

use super::argument::Handing;
use super::parser::{Failure, Outcome, Parser, Pending};
use super::tree::{Event, Part, Text, What};
use super::word::{Ending, is_name_byte, is_name_start};
use crate::formats::spliced::{Piece, Spliced};
use std::ops::Range;
use stockade_model::{Style, flag};

/// Programs that read a script from a heredoc.
pub(super) const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "zsh"];

impl Parser<'_> {
    /// Reads one command of a pipeline, compound or simple.
    pub(super) fn command(&mut self) -> Outcome {
        match self.byte(0) {
            b'(' => return self.parenthesis(),
            b'{' | b'i' | b'w' | b'u' | b'f' | b's' | b'c' | b'[' => {
                let word = self.plain_word();
                if let Some(outcome) = self.compound(word) {
                    return outcome;
                }
                if word == "[[" {
                    return self.test_command();
                }
            }
            b'!' if self.plain_word() == "!" => return Err(Failure::Unexpected),
            _ => {}
        }
        if self.closer() != 0 {
            return Err(Failure::Unexpected);
        }
        self.simple()
    }

    fn simple(&mut self) -> Outcome {
        let start = self.at;
        let command = self.open(What::Command);
        let (mut env, mut words, mut first_word, mut any) = (None, 0_u32, None, false);
        let mut handing = Handing::default();
        loop {
            self.blanks();
            match self.byte(0) {
                b'\n' | b';' | b'|' | b')' | b'#' => break,
                0 if self.at_end() => break,
                b'&' if self.byte(1) != b'>' => break,
                b'(' => {
                    if words == 1 && env.is_none() && self.is_function_name(start) {
                        self.tree.events.truncate(command);
                        return self.function_by_name(start);
                    }
                    return Err(Failure::Unexpected);
                }
                _ if self.is_redirect() => {
                    self.close_env(&mut env);
                    self.redirect()?;
                }
                _ if words == 0 && self.assignment_key().is_some() => {
                    if env.is_none() {
                        env = Some(self.open(What::Env));
                    }
                    self.assignment()?;
                }
                _ => {
                    self.close_env(&mut env);
                    let number = self.word(What::Word, Ending::Command)?;
                    first_word.get_or_insert(number);
                    words += 1;
                    if handing != Handing::Never {
                        let word = self.tree.events.get(number).map_or(Text::Empty, |event| event.text);
                        handing = handing.next(self.text(word), number);
                    }
                }
            }
            any = true;
        }
        self.close_env(&mut env);
        if !any {
            return Err(Failure::Unexpected);
        }
        if let Handing::Found(number) = handing
            && let Some(part) = self.argument_script(number)
        {
            self.event(What::Part, part as usize, 0);
        }
        self.close(command);
        if !self.pending.is_empty() {
            self.mark_scripts(command, first_word);
        }
        Ok(())
    }

    fn close_env(&mut self, env: &mut Option<usize>) {
        if let Some(number) = env.take() {
            self.close(number);
        }
    }

    /// Whether the text from `start` to here is the name of a function that is being defined.
    fn is_function_name(&self, start: usize) -> bool {
        let name = self.source.slice(start..self.at).trim_end_matches([' ', '\t']);
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "'\"\\$`=/*?".contains(c))
    }

    /// The key of an assignment at the current place: where the name ends, and where the value begins.
    fn assignment_key(&self) -> Option<(usize, usize)> {
        if !is_name_start(self.byte(0)) {
            return None;
        }
        let mut length = 1;
        while is_name_byte(self.byte(length)) {
            length += 1;
        }
        let name_end = self.at + length;
        if self.byte(length) == b'[' {
            // An element of an array. A subscript with blanks is so rare that it may be read as a word.
            while !matches!(self.byte(length), b']' | b' ' | b'\t' | b'\n' | b'=' | 0) {
                length += 1;
            }
            if self.byte(length) != b']' {
                return None;
            }
            length += 1;
        }
        match (self.byte(length), self.byte(length + 1)) {
            (b'=', _) => Some((name_end, self.at + length + 1)),
            (b'+', b'=') => Some((name_end, self.at + length + 2)),
            _ => None,
        }
    }

    fn assignment(&mut self) -> Outcome {
        let Some((name_end, value)) = self.assignment_key() else { return Err(Failure::Unexpected) };
        let name_start = self.at;
        self.take(value - name_start);
        let number = if self.byte(0) == b'(' {
            let number = self.open(What::Assignment);
            self.array()?;
            self.close(number);
            self.change(number, |event| event.text = Text::Source(event.start, event.end));
            number
        } else {
            self.word(What::Assignment, Ending::Command)?
        };
        self.change(number, |event| event.key = (name_start as u32, name_end as u32));
        Ok(())
    }

    /// Reads the words of an array between parentheses.
    pub(super) fn array(&mut self) -> Outcome {
        self.enter()?;
        self.take(1);
        loop {
            self.linebreaks();
            match self.byte(0) {
                b')' => break,
                0 if self.at_end() => return Err(Failure::Ended),
                b'(' | b';' | b'&' | b'|' | b'<' | b'>' => return Err(Failure::Unexpected),
                _ => {
                    self.word(What::Word, Ending::Command)?;
                }
            }
        }
        self.take(1);
        self.depth -= 1;
        Ok(())
    }

    // --- redirections ------------------------------------------------------------------------------

    /// Whether a redirection stands here, with or without a number or `{name}` before its operator.
    pub(super) fn is_redirect(&self) -> bool {
        self.redirect_operator().is_some()
    }

    /// The operator of the redirection at the current place: where it begins behind its number, and its length.
    fn redirect_operator(&self) -> Option<(usize, usize)> {
        let mut skip = 0;
        match self.byte(0) {
            b'0'..=b'9' => {
                while self.byte(skip).is_ascii_digit() {
                    skip += 1;
                }
            }
            b'{' if is_name_start(self.byte(1)) => {
                skip = 1;
                while is_name_byte(self.byte(skip)) {
                    skip += 1;
                }
                if self.byte(skip) != b'}' {
                    return None;
                }
                skip += 1;
            }
            b'&' if self.byte(1) == b'>' => {
                return Some((0, if self.byte(2) == b'>' { 3 } else { 2 }));
            }
            _ => {}
        }
        let length = match (self.byte(skip), self.byte(skip + 1), self.byte(skip + 2)) {
            (b'<' | b'>', b'(', _) => return None,
            (b'<', b'<', b'<' | b'-') => 3,
            (b'<', b'<' | b'&' | b'>', _) | (b'>', b'>' | b'&' | b'|', _) => 2,
            (b'<' | b'>', _, _) => 1,
            _ => return None,
        };
        Some((skip, length))
    }

    /// Reads the redirections behind a compound command.
    pub(super) fn redirects(&mut self) -> Outcome {
        loop {
            self.blanks();
            if !self.is_redirect() {
                return Ok(());
            }
            self.redirect()?;
        }
    }

    fn redirect(&mut self) -> Outcome {
        let Some((skip, length)) = self.redirect_operator() else { return Err(Failure::Unexpected) };
        let redirect = self.open(What::Redirect);
        let operator = self.source.slice(self.at + skip..self.at + skip + length);
        self.take(skip + length);
        let end = self.at as u32;
        self.change(redirect, |event| event.text = Text::Source(event.start, end));
        self.blanks();
        if matches!(operator, "<<" | "<<-") {
            self.heredoc_start(operator == "<<-")?;
        } else {
            self.word(What::Word, Ending::Command)?;
        }
        self.close(redirect);
        Ok(())
    }

    fn heredoc_start(&mut self, strip_tabs: bool) -> Outcome {
        let body = self.event(What::Heredoc, self.at, self.at);
        let start = self.at;
        let number = self.word(What::Delimiter, Ending::Command)?;
        // A substitution is no more than its text here.
        self.tree.events.truncate(number + 1);
        let plain = Text::Source(start as u32, self.at as u32);
        let mut delimiter = plain;
        self.change(number, |event| {
            event.open = false;
            event.flags = 0;
            delimiter = event.text;
        });
        let quoted = delimiter != plain;
        self.heredocs += 1;
        let serial = self.heredocs;
        self.change(body, |event| event.key.0 = serial);
        self.pending.push(Pending { event: body, serial, delimiter, strip_tabs, quoted, script: false });
        Ok(())
    }

    /// Marks the heredocs of a command that is a shell.
    fn mark_scripts(&mut self, command: usize, first_word: Option<usize>) {
        let name = first_word.and_then(|number| self.tree.events.get(number)).map(|event| event.text);
        let Some(name) = name else { return };
        let is_shell = SHELLS.contains(&self.text(name).rsplit('/').next().unwrap_or_default());
        for heredoc in self.pending.iter_mut().rev().take_while(|heredoc| heredoc.event > command) {
            heredoc.script = is_shell;
        }
    }

    /// The decoded text that an event has.
    pub(super) fn text(&self, text: Text) -> &str {
        match text {
            Text::Source(start, end) => self.source.slice(start as usize..end as usize),
            Text::Decoded(start, end) => {
                self.tree.decoded.get(start as usize..end as usize).unwrap_or_default()
            }
            Text::Fixed(text) => text,
            Text::Empty => "",
        }
    }

    /// Reads the bodies of all pending heredocs; the current place is the start of a line.
    pub(super) fn heredoc_bodies(&mut self) {
        for heredoc in std::mem::take(&mut self.pending) {
            let start = self.at;
            let delimiter = self.text(heredoc.delimiter).to_owned();
            // The body without leading tabs, where they are taken away.
            let (mut text, mut pieces) = (String::new(), Vec::new());
            let mut end = start;
            while !self.at_end() {
                let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
                let next = memchr::memchr(b'\n', rest).map_or(self.end, |length| self.at + length + 1);
                let line = self.source.slice(self.at..next);
                let tabs =
                    if heredoc.strip_tabs { line.len() - line.trim_start_matches('\t').len() } else { 0 };
                let (begin, content) = (self.at + tabs, line.get(tabs..).unwrap_or_default());
                self.at = next;
                if content.trim_end_matches(['\n', '\r']) == delimiter {
                    break;
                }
                if heredoc.strip_tabs {
                    self.source.pieces_of(begin..next, text.len(), &mut pieces);
                    text.push_str(content);
                }
                end = next;
            }
            if !heredoc.strip_tabs && heredoc.script {
                text.push_str(self.source.slice(start..end));
                self.source.pieces_of(start..end, 0, &mut pieces);
            }
            self.body_end = end;
            self.heredoc_body(heredoc, start..end, text, pieces);
        }
    }

    fn heredoc_body(&mut self, heredoc: Pending, body: Range<usize>, text: String, pieces: Vec<Piece>) {
        let is_mine = |event: &Event| event.what == What::Heredoc && event.key == (heredoc.serial, 0);
        if !self.tree.events.get(heredoc.event).is_some_and(is_mine) {
            return;
        }
        let raw = self.source.slice(body.clone());
        let value = if heredoc.strip_tabs && text.len() != raw.len() {
            let start = self.tree.decoded.len() as u32;
            self.tree.decoded.push_str(&text);
            Text::Decoded(start, self.tree.decoded.len() as u32)
        } else {
            Text::Source(body.start as u32, body.end as u32)
        };
        let has_expansion = !heredoc.quoted && memchr::memchr2(b'$', b'`', raw.as_bytes()).is_some();
        let part = if heredoc.script { self.part(text, pieces) + 1 } else { 0 };
        self.change(heredoc.event, |event| {
            (event.start, event.end) = (body.start as u32, body.end as u32);
            event.text = value;
            event.style = Style::Literal;
            event.flags = if has_expansion { flag::PARTIAL } else { 0 };
            // A body has no name: the cell holds the number of its script from 1.
            event.key = (0, part);
        });
    }

    /// Parses a text of its own and gives its number.
    pub(super) fn part(&mut self, text: String, pieces: Vec<Piece>) -> u32 {
        let tree = super::parse_text(Spliced::new(&text, &pieces), self.depth + 1);
        self.over_limit |= tree.over_limit;
        self.tree.parts.push(Part { text, pieces, tree });
        (self.tree.parts.len() - 1) as u32
    }

    // --- commands that are expressions ---------------------------------------------------------------

    /// Reads `[[ … ]]`: a command whose operators are words.
    fn test_command(&mut self) -> Outcome {
        let command = self.open(What::Command);
        self.leaf(2);
        let mut is_pattern = false;
        loop {
            self.linebreaks();
            let two = |a, b| self.byte(0) == a && self.byte(1) == b;
            match self.byte(0) {
                0 if self.at_end() => return Err(Failure::Ended),
                _ if is_pattern => {
                    self.word(What::Word, Ending::Pattern)?;
                    is_pattern = false;
                    continue;
                }
                b'(' | b')' => self.leaf(1),
                b'<' | b'>' if self.byte(1) != b'(' => self.leaf(1),
                b'&' | b'|' if two(b'&', b'&') || two(b'|', b'|') => self.leaf(2),
                b'&' | b'|' | b';' => return Err(Failure::Unexpected),
                b']' if self.plain_word() == "]]" => break,
                _ => {
                    let is_match = self.plain_word() == "=~";
                    self.word(What::Word, Ending::Command)?;
                    is_pattern = is_match;
                }
            }
        }
        self.leaf(2);
        self.close(command);
        self.redirects()
    }

    /// Adds the next `length` bytes as a word that stands for itself.
    fn leaf(&mut self, length: usize) {
        let number = self.event(What::Word, self.at, self.at + length);
        self.change(number, |event| event.text = Text::Source(event.start, event.end));
        self.take(length);
    }

    /// Reads `(( … ))`, which ends at `close`: a command of the words `((`, expression and `))`.
    pub(super) fn arithmetic_command(&mut self, close: usize) -> Outcome {
        let command = self.open(What::Command);
        self.leaf(2);
        self.expression(close)?;
        self.leaf(2);
        self.close(command);
        self.redirects()
    }

    /// Adds the arithmetic expression up to `close` as one word.
    pub(super) fn expression(&mut self, close: usize) -> Outcome {
        let word = self.open(What::Word);
        let has_expansion = self.arithmetic(close)?;
        self.last_end = close;
        self.close(word);
        self.change(word, |event| {
            event.text = Text::Source(event.start, event.end);
            event.flags = if has_expansion { flag::PARTIAL } else { 0 };
        });
        Ok(())
    }
}
