//! `sshd_config`: a keyword and its arguments a line, after `sshd_config(5)` and OpenSSH's `argv_split`.
//!
//! Elements like Apache's directives, names in lower case. `Match` is a block that holds the lines up to the next
//! `Match` or the end of the file.

use super::arguments::{Rules, next_argument};
use super::lines::{
    Joined, Scalar, comments_to_elements, expression_flags, is_action, line_at, open_element,
    repeats_are_fine, scalar, set_block, set_value, span, start_of,
};
use crate::table::{Key, TableBuilder};
use stockade_model::{Document, ProblemLevel};

const RULES: Rules = Rules { escapable: &['\\', '"', '\'', ' '], comments: true };

/// Parses an `sshd_config`.
pub(crate) fn parse(text: String) -> Document {
    let parts = {
        let mut table = TableBuilder::new(&text);
        read(&mut table, &text);
        table.finish()
    };
    let mut document = parts.into_document(text, repeats_are_fine);
    comments_to_elements(&mut document);
    document
}

fn read(table: &mut TableBuilder<'_>, text: &str) {
    let mut at = start_of(text);
    let mut last = at;
    while let Some(line) = line_at(text, at)
        && !table.stopped()
    {
        at = line.next;
        let trimmed = line.text.trim();
        let start = line.start + (line.text.len() - line.text.trim_start().len());
        let end = start + trimmed.len();
        if trimmed.is_empty() {
            continue;
        }
        if trimmed.starts_with('#') {
            table.comment(span(start, end));
            continue;
        }
        if is_action(trimmed) {
            table.mark_open_partial();
            continue;
        }
        let len = trimmed.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(trimmed.len());
        let name = trimmed.get(..len).unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() {
            table.problem("invalid", ProblemLevel::Error, span(start, end), "value without a keyword");
            continue;
        }
        let matches = name == "match";
        if matches && table.depth() > 1 {
            table.close(Some(last as u32));
        }
        let node = open_element(table, span(start, start + len), &name, start);
        last = arguments(table, text, node, start + len, end);
        if matches {
            set_block(table, node);
        } else {
            table.close(Some(last as u32));
        }
    }
    if table.depth() > 1 {
        table.close(Some(last as u32));
    }
}

/// Reads the arguments of a line and the comment behind them; gives the end of the last argument.
fn arguments(table: &mut TableBuilder<'_>, text: &str, node: u32, start: usize, end: usize) -> usize {
    let rest = text.get(start..end).unwrap_or_default().trim_start();
    let separator = rest.starts_with('=');
    let mut at = if separator { end - rest.len() + 1 } else { start };
    let mut value = Joined::default();
    let mut last = start;
    while let Some(argument) = next_argument(text, at, end, RULES) {
        (at, last) = (argument.end, argument.end);
        if !argument.closed {
            let at = span(argument.start, argument.start + 1);
            table.problem("invalid", ProblemLevel::Error, at, "quote is not closed");
        }
        value.push(text, argument.start, argument.end, &argument.decoded);
        let how = Scalar::string(argument.style, expression_flags(&argument.decoded, false));
        scalar(table, Key::default(), span(argument.start, argument.end), &argument.decoded, how);
    }
    if last == start {
        let message = "keyword has no argument";
        table.problem("invalid", ProblemLevel::Error, span(start, start), message);
    }
    let comment = text.get(at..end).unwrap_or_default().trim_start();
    if comment.starts_with('#') {
        table.comment(span(end - comment.len(), end));
    }
    set_value(table, node, value.text(text));
    last
}
