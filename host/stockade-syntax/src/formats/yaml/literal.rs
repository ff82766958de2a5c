//! Block scalars: `|` and `>`.

use super::messages as say;
use super::node::Scalar;
use super::read::{Reader, Step};
use stockade_model::{Span, Style};

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl Reader<'_, '_> {
    /// The block scalar whose `|` or `>` is at `pos`. `parent` is the indentation of the collection around it.
    pub(super) fn block_scalar(&mut self, parent: i32) -> Step<Scalar> {
        let start = self.pos;
        let is_folded = self.byte(start) == b'>';
        let (explicit, chomp) = self.header()?;
        let header_end = self.pos;
        self.header_line_end()?;
        let indent = match explicit {
            Some(more) => (parent.max(0) + more) as usize,
            None => self.detect(parent)?,
        };
        self.scratch.clear();
        // End of the last line with content, and of the last line at all, both without the break.
        let (mut content_end, mut last_end) = (header_end, header_end);
        // Line breaks that wait for the next line with content.
        let mut breaks = 0_usize;
        // For folding: whether there was a line, and whether it started with a blank.
        let (mut any, mut was_more) = (false, false);
        let mut at = self.pos;
        while at < self.bytes.len() {
            let line = at;
            let mut text = line;
            while text - line < indent && self.byte(text) == b' ' {
                text += 1;
            }
            let end = self.end_of_line(text);
            if text < end {
                if text - line < indent || text == line && self.is_marker(line) {
                    break;
                }
                let is_more = matches!(self.byte(text), b' ' | b'\t');
                if is_folded && any && !was_more && !is_more {
                    if breaks == 1 {
                        self.scratch.push(' ');
                    }
                    self.line_breaks(breaks.saturating_sub(1));
                } else {
                    self.line_breaks(breaks);
                }
                self.scratch.push_str(self.text.get(text..end).unwrap_or_default());
                (any, was_more, breaks, content_end) = (true, is_more, 0, end);
            }
            last_end = end;
            // The end of the text counts as the end of its last line.
            breaks += 1;
            if end >= self.bytes.len() {
                at = end;
                self.line = end;
                break;
            }
            at = self.behind_break(end);
            self.line = at;
        }
        self.pos = at;
        self.tab = false;
        match chomp {
            Chomp::Strip => {}
            Chomp::Clip if any => self.line_breaks(breaks.min(1)),
            Chomp::Clip => {}
            Chomp::Keep => self.line_breaks(breaks),
        }
        let end = if chomp == Chomp::Keep { last_end } else { content_end };
        let span = Span::new(start as u32, end as u32);
        let style = if is_folded { Style::Folded } else { Style::Literal };
        let value = self.place_scratch(span);
        Ok(Scalar { span, value, style })
    }

    fn line_breaks(&mut self, count: usize) {
        for _ in 0..count {
            self.scratch.push('\n');
        }
    }

    /// The marks behind the indicator; moves behind them.
    fn header(&mut self) -> Step<(Option<i32>, Chomp)> {
        let (mut indent, mut chomp) = (None, None);
        self.pos += 1;
        loop {
            match self.byte(self.pos) {
                b'+' if chomp.is_none() => chomp = Some(Chomp::Keep),
                b'-' if chomp.is_none() => chomp = Some(Chomp::Strip),
                b'0' if indent.is_none() => return Err(self.fail(self.pos, say::HEADER_ZERO)),
                digit @ b'1'..=b'9' if indent.is_none() => indent = Some(i32::from(digit - b'0')),
                _ => return Ok((indent, chomp.unwrap_or(Chomp::Clip))),
            }
            self.pos += 1;
        }
    }

    /// The rest of the header's line: nothing or a comment. Moves to the start of the next line.
    fn header_line_end(&mut self) -> Step {
        let behind = self.pos;
        self.skip_blanks();
        match self.byte(self.pos) {
            b'#' if self.pos > behind => {
                let end = self.end_of_line(self.pos);
                let comment = self.bytes.get(self.pos..end).unwrap_or_default().trim_ascii_end();
                self.table.comment(Span::new(self.pos as u32, (self.pos + comment.len()) as u32));
                self.pos = end;
            }
            b'\n' | b'\r' => {}
            _ if self.at_end() => return Ok(()),
            _ => return Err(self.fail(self.pos, say::HEADER)),
        }
        if !self.at_end() {
            self.pos = self.behind_break(self.pos);
            self.line = self.pos;
        }
        Ok(())
    }

    /// The indentation of the text: that of its first line that is not blank.
    fn detect(&mut self, parent: i32) -> Step<usize> {
        let least = (parent + 1) as usize;
        let mut line = self.pos;
        let (mut widest, mut widest_at) = (0, line);
        while line < self.bytes.len() {
            let mut text = line;
            while self.byte(text) == b' ' {
                text += 1;
            }
            let indent = text - line;
            if !matches!(self.byte(text), b'\n' | b'\r') && text < self.bytes.len() {
                if indent < least && self.byte(text) == b'\t' {
                    return Err(self.fail(text, say::TAB));
                }
                if indent < least || text == line && self.is_marker(line) {
                    break;
                }
                if widest > indent {
                    return Err(self.fail(widest_at, say::FIRST_LINE));
                }
                return Ok(indent);
            }
            if indent > widest {
                (widest, widest_at) = (indent, line);
            }
            if text >= self.bytes.len() {
                break;
            }
            line = self.behind_break(text);
        }
        Ok(least.max(widest))
    }
}
