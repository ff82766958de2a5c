//! White space and comments: what stands between entries and between nodes.

use super::{Gate, MAX_DEPTH, Scan, is_forbidden, is_newline, is_space, is_word};

impl Scan<'_> {
    /// Steps over spaces, block comments and escaped line ends; says whether there was any.
    pub(super) fn node_space(&mut self) -> Gate<bool> {
        let from = self.at;
        loop {
            match self.peek() {
                Some(c) if is_space(c) => self.bump(),
                // A pattern without its quotes would take all up to the next `*/` with it.
                Some('/') if self.starts("/*") && self.at == from && self.is_behind_word() => {
                    let advice = "Put the text in quotes, as in `ignore \"dockerfile/*\"`.";
                    return self.violation(from, from + 2, "`/*` begins a comment", advice);
                }
                Some('/') if self.starts("/*") => self.block_comment()?,
                Some('\\') => self.continuation()?,
                _ => return Ok(self.at > from),
            }
        }
    }

    fn is_behind_word(&self) -> bool {
        self.text.get(..self.at).and_then(|before| before.chars().next_back()).is_some_and(is_word)
    }

    /// Steps over what may stand between nodes.
    pub(super) fn line_space(&mut self) -> Gate<()> {
        loop {
            match self.peek() {
                Some(c) if is_newline(c) => self.bump(),
                Some('/') if self.starts("//") => self.line_comment()?,
                _ => {
                    if !self.node_space()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// A backslash, which must be the last on its line but for a comment.
    fn continuation(&mut self) -> Gate<()> {
        let from = self.at;
        self.bump();
        loop {
            match self.peek() {
                Some(c) if is_space(c) => self.bump(),
                Some('/') if self.starts("/*") => self.block_comment()?,
                Some('/') if self.starts("//") => self.line_comment()?,
                Some('\r') if self.starts("\r\n") => {
                    self.at += 2;
                    return Ok(());
                }
                Some(c) if is_newline(c) => {
                    self.bump();
                    return Ok(());
                }
                None => return Ok(()),
                Some(_) => {
                    let advice = "A backslash joins a line to the next one; inside text, quote it.";
                    return self.violation(from, from + 1, "text behind a `\\`", advice);
                }
            }
        }
    }

    fn line_comment(&mut self) -> Gate<()> {
        while let Some(c) = self.peek().filter(|c| !is_newline(*c)) {
            self.comment_character(c)?;
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Gate<()> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            if self.starts("/*") {
                depth += 1;
                self.at += 2;
                if depth > MAX_DEPTH {
                    let problem = format!("comments are nested more than {MAX_DEPTH} deep");
                    return self.violation(from, from + 2, problem, "Nest less.");
                }
            } else if self.starts("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            } else if let Some(c) = self.peek() {
                self.comment_character(c)?;
            } else {
                return self.violation(
                    from,
                    from + 2,
                    "this comment is never closed",
                    "Write the closing `*/`.",
                );
            }
        }
    }

    fn comment_character(&mut self, c: char) -> Gate<()> {
        if is_forbidden(c) {
            let (from, to) = (self.at, self.at + c.len_utf8());
            let problem = format!("the character U+{:04X} may not stand in a comment", c as u32);
            return self.violation(from, to, problem, "Remove it.");
        }
        self.bump();
        Ok(())
    }
}
