//! `.dockerignore` and `.gitignore`: one pattern a line.
//!
//! Each is an element `pattern` whose value is the pattern without the leading `!`; the `!` is a keyed scalar
//! `not` below it. Comments start with `#` in the first column, as Docker reads them. A pattern that Docker refuses
//! (the rules are those of Go's `path/filepath.Match`) is a problem.

use super::lines::{
    Scalar, comments_to_elements, key, line_at, open_element, repeats_are_fine, scalar, set_value, span,
    start_of,
};
use crate::table::TableBuilder;
use stockade_model::{Document, ProblemLevel, Style};

/// Parses a `.dockerignore` or `.containerignore`.
pub(crate) fn parse(text: String) -> Document {
    let parts = {
        let mut table = TableBuilder::new(&text);
        let mut at = start_of(&text);
        while let Some(line) = line_at(&text, at)
            && !table.stopped()
        {
            at = line.next;
            let trimmed = line.text.trim();
            let start = line.start + (line.text.len() - line.text.trim_start().len());
            if line.text.starts_with('#') {
                table.comment(span(start, start + trimmed.len()));
                continue;
            }
            if trimmed.is_empty() {
                continue;
            }
            let end = start + trimmed.len();
            let node = open_element(&mut table, span(start, start), "pattern", start);
            let pattern = match trimmed.strip_prefix('!') {
                Some(rest) => {
                    let at = span(start, start + 1);
                    let key = key(&mut table, span(start, start), "not");
                    scalar(&mut table, key, at, "!", Scalar::string(Style::Plain, 0));
                    rest.trim_start()
                }
                None => trimmed,
            };
            set_value(&mut table, node, pattern);
            if let Some(message) = fault(pattern) {
                table.problem("invalid", ProblemLevel::Error, span(start, end), message);
            }
            table.close(Some(end as u32));
        }
        table.finish()
    };
    let mut document = parts.into_document(text, repeats_are_fine);
    comments_to_elements(&mut document);
    document
}

/// Parses a `.gitignore`: the same shape. Git takes what it does not understand literally, so nothing is a problem.
pub(crate) fn parse_gitignore(text: String) -> Document {
    let mut document = parse(text);
    document.problems.clear();
    document
}

/// What Docker refuses about a pattern.
fn fault(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() {
        return Some("`!` excludes nothing");
    }
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return Some("nothing follows the backslash"),
            '[' if !class(&mut chars) => return Some("`[` opens no valid set of characters"),
            _ => {}
        }
    }
    None
}

/// Reads a set of characters behind its `[`: `a-z]`, `^abc]`. Whether it is well formed.
fn class(chars: &mut std::str::Chars<'_>) -> bool {
    if chars.as_str().starts_with('^') {
        chars.next();
    }
    let mut members = 0;
    loop {
        match chars.next() {
            Some(']') if members > 0 => return true,
            None | Some(']' | '-') => return false,
            Some('\\') => {
                if chars.next().is_none() {
                    return false;
                }
            }
            Some(_) => {}
        }
        members += 1;
        if chars.as_str().starts_with('-') {
            chars.next();
            if chars.next().is_none_or(|c| matches!(c, '-' | ']')) {
                return false;
            }
        }
    }
}
