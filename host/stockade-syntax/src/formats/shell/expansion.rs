//! What `$` and backticks begin: variables, parameter expansions, substitutions, arithmetic, `$'…'`.

use super::parser::{Failure, Outcome, Parser, closer};
use super::tree::What;
use super::word::{Making, is_name_byte, is_name_start};
use stockade_model::Style;

impl Parser<'_> {
    /// Reads what begins with the `$` at the current place.
    pub(super) fn dollar(&mut self, word: &mut Making, quoted: bool) -> Outcome {
        let start = self.at;
        match self.byte(1) {
            b'(' if self.byte(2) == b'(' => match self.arithmetic_end(start + 3) {
                Some(close) => {
                    self.at = start + 3;
                    self.enter()?;
                    self.arithmetic(close)?;
                    self.depth -= 1;
                    self.at = close + 2;
                    self.unknown(word, start, self.at, false);
                }
                None => self.substitution(word, 2)?,
            },
            b'(' => self.substitution(word, 2)?,
            b'{' => self.parameter(word, quoted)?,
            b'\'' if !quoted => self.ansi_quoted(word)?,
            // `$"…"` is translated, which nobody does.
            b'"' if !quoted => {
                self.at += 1;
                self.double_quoted(word)?;
            }
            byte if is_name_start(byte) => {
                self.at += 2;
                while is_name_byte(self.byte(0)) {
                    self.at += 1;
                }
                self.unknown(word, start, self.at, false);
            }
            b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => {
                self.at += 2;
                self.unknown(word, start, self.at, false);
            }
            _ => {
                self.at += 1;
                self.literal(word, start, start + 1);
            }
        }
        Ok(())
    }

    /// Reads `$(…)`, `<(…)` or `>(…)`, whose opening is `length` bytes long, as a script.
    pub(super) fn substitution(&mut self, word: &mut Making, length: usize) -> Outcome {
        let start = self.at;
        self.at += length;
        self.inner_list(closer::PAREN)?;
        if self.byte(0) != b')' || self.at_end() {
            return Err(Failure::Ended);
        }
        self.at += 1;
        self.unknown(word, start, self.at, false);
        Ok(())
    }

    /// Reads `${…}`. Scripts inside become children of the word; the rest is not looked into.
    fn parameter(&mut self, word: &mut Making, quoted: bool) -> Outcome {
        let start = self.at;
        self.enter()?;
        let mut inside = self.making();
        self.at += 2;
        // `${#name}` and `${'x'}`: no comment and no quote can begin before the operator.
        loop {
            match self.byte(0) {
                0 if self.at_end() => return Err(Failure::Ended),
                b'}' => break,
                b'\\' => self.at = (self.at + 2).min(self.end),
                b'\'' if !quoted => self.single_quoted(&mut inside)?,
                b'"' => self.double_quoted(&mut inside)?,
                b'$' => self.dollar(&mut inside, quoted)?,
                b'`' => self.backticks(&mut inside, quoted)?,
                _ => self.at += 1,
            }
        }
        self.discard(&inside);
        self.at += 1;
        self.depth -= 1;
        self.unknown(word, start, self.at, false);
        Ok(())
    }

    /// Reads a substitution between backticks.
    pub(super) fn backticks(&mut self, word: &mut Making, quoted: bool) -> Outcome {
        let start = self.at;
        let (close, has_escapes) = self.backtick_end(quoted).ok_or(Failure::Ended)?;
        if has_escapes {
            self.enter()?;
            let (text, pieces) = self.unescaped(start + 1, close, quoted);
            let part = self.part(text, pieces);
            self.event(What::Part, part as usize, 0);
            self.depth -= 1;
        } else {
            let end = std::mem::replace(&mut self.end, close);
            self.at = start + 1;
            let outcome = self.inner_list(0);
            self.end = end;
            outcome?;
        }
        self.at = close + 1;
        self.unknown(word, start, self.at, false);
        Ok(())
    }

    /// The closing backtick of the one at the current place, and whether a backslash between them is to be taken away.
    fn backtick_end(&self, quoted: bool) -> Option<(usize, bool)> {
        let mut at = self.at + 1;
        let mut has_escapes = false;
        loop {
            let rest = self.bytes.get(at..self.end)?;
            at += memchr::memchr2(b'`', b'\\', rest)?;
            if self.bytes.get(at) == Some(&b'`') {
                return Some((at, has_escapes));
            }
            has_escapes |= self.is_escaped_in_backticks(at, quoted);
            at += 2;
        }
    }

    /// Whether the backslash at `at` goes away before the text between backticks is read.
    fn is_escaped_in_backticks(&self, at: usize, quoted: bool) -> bool {
        match self.bytes.get(at + 1) {
            Some(b'`' | b'\\' | b'$') => true,
            Some(b'"') => quoted,
            _ => false,
        }
    }

    fn unescaped(
        &self,
        start: usize,
        end: usize,
        quoted: bool,
    ) -> (String, Vec<crate::formats::spliced::Piece>) {
        let (mut text, mut pieces) = (String::new(), Vec::new());
        let mut run = start;
        let mut at = start;
        while at <= end {
            let escaped = at < end && self.bytes.get(at) == Some(&b'\\');
            if at == end || (escaped && self.is_escaped_in_backticks(at, quoted)) {
                if run < at {
                    self.source.pieces_of(run..at, text.len(), &mut pieces);
                    text.push_str(self.source.slice(run..at));
                }
                run = at + 1;
            }
            at += if escaped { 2 } else { 1 };
        }
        (text, pieces)
    }

    // --- arithmetic --------------------------------------------------------------------------------

    /// Where the `))` of an arithmetic expression whose first byte is at `from` stands. `None` if it is none:
    /// the two parentheses are closed at different places.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let mut open = 0_u32;
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..self.end)?;
            let length = rest.iter().position(|b| matches!(b, b'(' | b')' | b'\\' | b'"'))?;
            at += length;
            match rest.get(length) {
                Some(b'(') => open += 1,
                Some(b')') if open > 0 => open -= 1,
                Some(b')') => return (rest.get(length + 1) == Some(&b')')).then_some(at),
                Some(b'\\') => at += 1,
                _ => {}
            }
            at += 1;
        }
    }

    /// Goes over an arithmetic expression up to `close`, adding the scripts in it. Tells whether it has any expansion.
    pub(super) fn arithmetic(&mut self, close: usize) -> Outcome<bool> {
        let end = std::mem::replace(&mut self.end, close);
        let mut inside = self.making();
        let mut outcome = Ok(());
        while outcome.is_ok() && !self.at_end() {
            match self.byte(0) {
                b'$' => outcome = self.dollar(&mut inside, true),
                b'`' => outcome = self.backticks(&mut inside, true),
                _ => self.at += 1,
            }
        }
        self.discard(&inside);
        self.end = end;
        outcome?;
        self.at = close;
        Ok(inside.unknown)
    }

    // --- $'…' ----------------------------------------------------------------------------------------

    fn ansi_quoted(&mut self, word: &mut Making) -> Outcome {
        word.style_of(Style::Single);
        self.at += 2;
        loop {
            let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
            let length = memchr::memchr2(b'\'', b'\\', rest).ok_or(Failure::Ended)?;
            self.literal(word, self.at, self.at + length);
            self.at += length;
            if self.byte(0) == b'\'' {
                break;
            }
            self.ansi_escape(word);
        }
        self.at += 1;
        Ok(())
    }

    /// Reads one escape of `$'…'` (bash's manual, section 3.1.2.4).
    fn ansi_escape(&mut self, word: &mut Making) {
        let simple = match self.byte(1) {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'a' => '\x07',
            b'b' => '\x08',
            b'e' | b'E' => '\x1b',
            b'f' => '\x0c',
            b'v' => '\x0b',
            b'x' => return self.ansi_number(word, 2, 16, 2),
            b'u' => return self.ansi_number(word, 2, 16, 4),
            b'U' => return self.ansi_number(word, 2, 16, 8),
            b'0'..=b'7' => return self.ansi_number(word, 1, 8, 3),
            b'\\' | b'\'' | b'"' | b'?' => {
                self.literal(word, self.at + 1, self.at + 2);
                self.at += 2;
                return;
            }
            _ => {
                self.literal(word, self.at, self.at + 1);
                self.at += 1;
                return;
            }
        };
        self.character(word, simple);
        self.at += 2;
    }

    /// Reads up to `most` digits behind `skip` bytes. Bytes of no character come out as U+FFFD.
    fn ansi_number(&mut self, word: &mut Making, skip: usize, radix: u32, most: usize) {
        let (mut value, mut count) = (0_u32, 0);
        while count < most
            && let Some(digit) = char::from(self.byte(skip + count)).to_digit(radix)
        {
            value = value.wrapping_mul(radix).wrapping_add(digit);
            count += 1;
        }
        if count == 0 {
            self.literal(word, self.at, self.at + skip);
        } else {
            let is_byte = most < 4 && value > 0x7f;
            let c = if is_byte { None } else { char::from_u32(value) };
            self.character(word, c.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at += skip + count;
    }
}
