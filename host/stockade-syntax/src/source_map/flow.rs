//! Plain and quoted scalars, which fold their lines, and the escapes of double quotes.

use super::{Piece, Walk, break_len};

impl Walk<'_> {
    pub(super) fn plain(mut self) -> Option<Vec<Piece>> {
        self.text(None)?;
        self.finish()
    }

    pub(super) fn quoted(mut self, quote: char) -> Option<Vec<Piece>> {
        let inner = self.source.strip_prefix(quote)?.strip_suffix(quote)?;
        self.source = self.source.get(..1 + inner.len())?;
        self.at = 1;
        self.text(Some(quote))?;
        self.finish()
    }

    fn text(&mut self, quote: Option<char>) -> Option<()> {
        while self.at < self.source.len() {
            let rest = self.rest();
            let special = |c: char| {
                matches!(c, ' ' | '\t' | '\r' | '\n')
                    || c == '\\' && quote.is_some()
                    || c == '\'' && quote == Some('\'')
            };
            let plain = rest.find(special).unwrap_or(rest.len());
            self.same(plain)?;
            let rest = self.rest();
            match rest.as_bytes() {
                [] => {}
                // In YAML's single quotes a backslash is one; in those of JSON5 it escapes.
                [b'\\', ..] if quote == Some('\'') && self.left().starts_with('\\') => self.same(1)?,
                [b'\\', ..] => self.escape()?,
                [b'\'', b'\'', ..] => self.other(2, 1)?,
                [b'\'', ..] => return None,
                _ => {
                    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                    if break_len(rest.get(blanks..)?) > 0 {
                        self.fold(blanks)?;
                    } else {
                        self.same(blanks)?;
                    }
                }
            }
        }
        Some(())
    }

    /// Line breaks with the blanks around them: one is a space, of several the first is dropped.
    fn fold(&mut self, blanks: usize) -> Option<()> {
        // A template expression over several lines is kept as it is written.
        let rest = self.rest();
        let raw = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if self.left().starts_with(rest.get(..raw)?) && self.source.contains("{{") {
            return self.same(raw);
        }
        let mut at = self.at + blanks;
        let mut breaks = Vec::new();
        loop {
            let rest = self.source.get(at..)?;
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let len = break_len(rest.get(blanks..)?);
            if len == 0 {
                at += blanks;
                break;
            }
            breaks.push((at + blanks, len));
            at += blanks + len;
        }
        let lone = breaks.len() == 1;
        for (nth, (place, len)) in breaks.into_iter().enumerate() {
            self.at = place;
            if lone {
                self.space(len)?;
            } else if nth > 0 {
                self.line_break(len)?;
            }
        }
        self.at = at;
        Some(())
    }

    /// A backslash and what belongs to it.
    fn escape(&mut self) -> Option<()> {
        let rest = self.rest();
        let next = rest.chars().nth(1)?;
        if matches!(next, '\r' | '\n') {
            // The line goes on without anything between but the empty lines that follow.
            self.at += 1 + break_len(rest.get(1..)?);
            loop {
                let rest = self.rest();
                self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
                match break_len(self.rest()) {
                    0 => return Some(()),
                    len => self.line_break(len)?,
                }
            }
        }
        let decoded = self.left().chars().next()?.len_utf8();
        let len = match next {
            'x' => 4,
            'u' if self.left().starts_with(|c: char| c as u32 > 0xffff) => 12,
            'u' => 6,
            'U' => 10,
            _ => 1 + next.len_utf8(),
        };
        self.other(len, decoded)
    }
}
