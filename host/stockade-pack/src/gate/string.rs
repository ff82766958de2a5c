//! Quoted strings: of one line, of several, and raw.

use super::{Gate, Scan, is_forbidden, is_newline, is_space};

impl Scan<'_> {
    /// A quoted string at its opening quote; raw if `hashes` is not 0.
    pub(super) fn string(&mut self, hashes: usize) -> Gate<()> {
        let from = self.at;
        let many = self.starts("\"\"\"");
        let close = format!("{}{}", if many { "\"\"\"" } else { "\"" }, "#".repeat(hashes));
        self.at += if many { 3 } else { 1 };
        let body = self.at;
        if many && !self.peek().is_some_and(is_newline) {
            let advice = "Start the text on the next line, or use a single `\"`.";
            return self.violation(from, from + 3, "text behind the opening `\"\"\"`", advice);
        }
        loop {
            if self.starts(&close) {
                let end = self.at;
                self.at += close.len();
                return if many { self.margin(body, end) } else { Ok(()) };
            }
            let here = self.at;
            match self.peek() {
                None => {
                    let advice = "Write the closing quote.";
                    return self.violation(from, from + 1, "this string is never closed", advice);
                }
                Some(c) if is_forbidden(c) => {
                    let problem =
                        format!("the character U+{:04X} may not stand in a string as it is", c as u32);
                    return self.violation(here, here + c.len_utf8(), problem, "Write it as `\\u{...}`.");
                }
                Some(c) if is_newline(c) && !many => {
                    let advice = "Close the quote on its line, or use `\"\"\"` for text of several lines.";
                    return self.violation(from, here, "this string is not closed on its line", advice);
                }
                Some('\\') if hashes == 0 => self.escape()?,
                Some(_) => self.bump(),
            }
        }
    }

    fn escape(&mut self) -> Gate<()> {
        let from = self.at;
        let advice = "Known are \\n \\r \\t \\\\ \\\" \\b \\f \\s and \\u{hexadecimal}; a raw string `#\"...\"#` has none.";
        self.bump();
        match self.peek() {
            Some('n' | 'r' | 't' | '\\' | '"' | 'b' | 'f' | 's') => {
                self.bump();
                Ok(())
            }
            Some('u') => {
                let digits =
                    self.rest().strip_prefix("u{").and_then(|rest| rest.split_once('}')).map(|(hex, _)| hex);
                let hex = digits
                    .filter(|hex| (1..=6).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit()));
                let code = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
                match (hex.map(str::len), code) {
                    (Some(len), Some(_)) => {
                        self.at += len + 3;
                        Ok(())
                    }
                    _ => self.violation(from, from + 2, "this escape names no character", advice),
                }
            }
            _ => self.violation(from, from + 1, "no such escape", advice),
        }
    }

    /// Every line of a string of several lines must start with the white space before its closing quotes.
    fn margin(&self, body: usize, end: usize) -> Gate<()> {
        let text = self.text.get(body..end).unwrap_or_default();
        let last = text.char_indices().rfind(|(_, c)| is_newline(*c)).map_or(0, |(at, c)| at + c.len_utf8());
        let margin = text.get(last..).unwrap_or_default();
        if !margin.chars().all(is_space) {
            let advice = "Put the closing `\"\"\"` on a line of its own.";
            return self.violation(body + last, end, "text before the closing `\"\"\"`", advice);
        }
        let mut at = body;
        for line in text.get(..last).unwrap_or_default().split_inclusive(is_newline) {
            let content = line.trim_end_matches(is_newline);
            if !content.chars().all(is_space) && !content.starts_with(margin) {
                let advice =
                    "Indent every line at least as far as the closing `\"\"\"`, with the same white space.";
                return self.violation(
                    at,
                    at + content.len(),
                    "this line starts left of the closing `\"\"\"`",
                    advice,
                );
            }
            at += line.len();
        }
        Ok(())
    }
}
