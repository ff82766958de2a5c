//! Apache httpd configuration and `.htaccess`: a directive a line, sections in angle brackets, after
//! `ap_cfg_getline` and `ap_getword_conf` of httpd's `server/util.c`.
//!
//! `${VAR}` makes an argument unknown; `%{VAR}` is part of a format or expression that httpd evaluates, and is
//! text here.

use super::arguments::{Rules, logical_line, next_argument};
use super::lines::{
    Joined, Scalar, comments_to_elements, expression_flags, is_action, open_element, repeats_are_fine,
    scalar, set_block, set_value, span, start_of,
};
use crate::limits;
use crate::table::{Key, TableBuilder, shorten};
use stockade_model::{Document, ProblemLevel};

const RULES: Rules = Rules { escapable: &['\\', '"', '\''], comments: false };

/// Parses an httpd configuration or a part of one.
pub(crate) fn parse(text: String) -> Document {
    let parts = {
        let mut parser =
            Parser { table: TableBuilder::new(&text), text: &text, sections: Vec::new(), end: 0 };
        parser.run();
        parser.table.finish()
    };
    let mut document = parts.into_document(text, repeats_are_fine);
    comments_to_elements(&mut document);
    document
}

struct Parser<'t> {
    table: TableBuilder<'t>,
    text: &'t str,
    /// Name in lower case and place of the header of each open section.
    sections: Vec<(String, usize, usize)>,
    /// Where the last directive ended.
    end: usize,
}

impl Parser<'_> {
    fn run(&mut self) {
        let mut at = start_of(self.text);
        while at < self.text.len() && !self.table.stopped() {
            let (end, next) = logical_line(self.text, at);
            let line = self.text.get(at..end).unwrap_or_default();
            let start = at + (line.len() - line.trim_start().len());
            at = next;
            let line = line.trim();
            if line.is_empty() || line == "\\" {
                continue;
            }
            let end = start + line.len();
            if line.starts_with('#') {
                self.table.comment(span(start, end));
            } else if is_action(line) {
                self.table.mark_open_partial();
            } else if line.starts_with("</") {
                self.close_section(start, end);
            } else if line.starts_with('<') {
                self.open_section(start, end);
            } else {
                self.directive(start, end);
            }
        }
        while let Some((name, start, end)) = self.sections.pop() {
            self.error(start, end, format!("section `<{}>` is not closed", shorten(&name)));
            self.table.close(Some(self.end as u32));
        }
    }

    fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        self.table.problem("invalid", ProblemLevel::Error, span(start, end), message);
    }

    fn directive(&mut self, start: usize, end: usize) {
        let node = self.name(start, end, start);
        self.arguments(node.0, node.1, end);
        self.table.close(Some(end as u32));
        self.end = end;
    }

    /// Opens the element whose name stands at `at`; gives it and where its name ends.
    fn name(&mut self, at: usize, end: usize, start: usize) -> (u32, usize) {
        let rest = self.text.get(at..end).unwrap_or_default();
        let len = rest.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest.get(..len).unwrap_or_default().to_ascii_lowercase();
        (open_element(&mut self.table, span(at, at + len), &name, start), at + len)
    }

    fn arguments(&mut self, node: u32, start: usize, end: usize) {
        let mut value = Joined::default();
        let mut at = start;
        while let Some(argument) = next_argument(self.text, at, end, RULES) {
            at = argument.end;
            if !argument.closed {
                let at = span(argument.start, argument.start + 1);
                self.table.problem("invalid", ProblemLevel::Warning, at, "quote is not closed");
            }
            value.push(self.text, argument.start, argument.end, &argument.decoded);
            let how = Scalar::string(argument.style, expression_flags(&argument.decoded, false));
            scalar(
                &mut self.table,
                Key::default(),
                span(argument.start, argument.end),
                &argument.decoded,
                how,
            );
            if self.table.stopped() {
                break;
            }
        }
        set_value(&mut self.table, node, value.text(self.text));
    }

    fn open_section(&mut self, start: usize, end: usize) {
        if self.table.too_deep() {
            let message =
                format!("more than {} nested sections: the rest of the file is not read", limits::MAX_DEPTH);
            self.table.problem("limit", ProblemLevel::Error, span(start, end), message);
            self.table.stop();
            return;
        }
        let line = self.text.get(start..end).unwrap_or_default();
        // Expressions may hold `>` themselves: the last one counts.
        let inner_end = match line.rfind('>') {
            Some(at) if at + 1 == line.len() => start + at,
            Some(at) => {
                self.error(start + at + 1, end, "text behind the `>` of a section");
                start + at
            }
            None => {
                self.error(start, end, "section has no closing `>`");
                end
            }
        };
        let (node, name_end) = self.name(start + 1, inner_end, start);
        set_block(&mut self.table, node);
        self.arguments(node, name_end, inner_end);
        let name = self.text.get(start + 1..name_end).unwrap_or_default().to_ascii_lowercase();
        self.sections.push((name, start, end));
        self.end = end;
    }

    fn close_section(&mut self, start: usize, end: usize) {
        let line = self.text.get(start + 2..end).unwrap_or_default();
        let name = line.trim_end_matches('>').trim().to_ascii_lowercase();
        if !line.ends_with('>') {
            self.error(start, end, "end of a section has no closing `>`");
        }
        let Some(depth) = self.sections.iter().rposition(|(open, ..)| *open == name) else {
            self.error(start, end, format!("`</{}>` closes no section", shorten(&name)));
            return;
        };
        while self.sections.len() > depth + 1 {
            let Some((open, start, end)) = self.sections.pop() else { break };
            self.error(start, end, format!("section `<{}>` is not closed", shorten(&open)));
            self.table.close(Some(self.end as u32));
        }
        self.sections.pop();
        self.table.close(Some(end as u32));
        self.end = end;
    }
}
