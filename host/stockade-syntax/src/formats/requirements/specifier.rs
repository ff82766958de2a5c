//! A requirement that names a package, after the grammar of PEP 508 and the versions of PEP 440.

use super::keyed;
use crate::formats::spliced::Spliced;
use crate::table::{TableBuilder, shorten};
use std::ops::Range;
use stockade_model::Span;

/// Comparisons, longest first.
const COMPARISONS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];

/// Adds the parts of `body` to the open element. Gives the place and the message of the first thing that is
/// not as PEP 508 wants it; the parts before it have been added.
pub(super) fn requirement(
    table: &mut TableBuilder<'_>,
    line: Spliced<'_>,
    body: Range<usize>,
) -> Option<(Span, String)> {
    let text = line.slice(body.clone());
    let base = body.start;
    let mut cursor = Cursor { text, at: 0 };
    let name = cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '$' | '{' | '}'));
    // What a template writes behind a name, or as one.
    let of_template = ["{{", "{%"].iter().filter_map(|open| text.find(open)).min();
    let name = name.start..name.end.min(of_template.unwrap_or(text.len()));
    cursor.at = name.end;
    if name.is_empty() && of_template == Some(name.start) {
        return None;
    }
    if name.is_empty() {
        return Some((line.span(body), format!("`{}` starts with no package name", shorten(text))));
    }
    keyed(table, line, "name", base + name.start..base + name.end);
    let name_text = cursor.slice(&name);
    if !is_name(name_text) {
        let at = line.span(base + name.start..base + name.end);
        return Some((at, format!("`{}` is no package name", shorten(name_text))));
    }
    cursor.skip_space();
    if cursor.eat('[') {
        let extras = cursor.take_while(|c| c != ']');
        keyed(table, line, "extras", trimmed(&cursor, &extras, base));
        if !cursor.eat(']') {
            return Some((line.span(base + extras.start..body.end), "extras have no closing `]`".to_owned()));
        }
        cursor.skip_space();
    }
    let rest = text.get(cursor.at..).unwrap_or_default();
    if rest.starts_with('@') {
        cursor.at += 1;
        cursor.skip_space();
        let url = cursor.take_while(|c| !c.is_whitespace());
        keyed(table, line, "url", base + url.start..base + url.end);
    } else {
        let versions = cursor.take_while(|c| c != ';');
        let range = trimmed(&cursor, &versions, base);
        let specifier = line.slice(range.clone());
        if !specifier.is_empty() {
            keyed(table, line, "specifier", range.clone());
            if let Some(bad) = bad_part(specifier) {
                let at = line.span(range.start + bad.start..range.start + bad.end);
                let shown = shorten(specifier.get(bad).unwrap_or_default());
                let found = if shown.is_empty() { "nothing".to_owned() } else { format!("`{shown}`") };
                return Some((at, format!("expected a comparison with a version, found {found}")));
            }
        }
    }
    cursor.skip_space();
    if cursor.eat(';') {
        let marker = cursor.at..text.len();
        keyed(table, line, "marker", trimmed(&cursor, &marker, base));
    } else if cursor.at < text.len() {
        let at = line.span(base + cursor.at..body.end);
        return Some((at, format!("unexpected `{}`", shorten(text.get(cursor.at..).unwrap_or_default()))));
    }
    None
}

fn trimmed(cursor: &Cursor<'_>, range: &Range<usize>, base: usize) -> Range<usize> {
    let text = cursor.slice(range);
    let start = range.start + (text.len() - text.trim_start().len());
    base + start..base + start + text.trim().len()
}

/// Letters, digits and single marks between them; a variable may stand for a part.
fn is_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    name.contains("${") || edge(name.chars().next()) && edge(name.chars().next_back()) && name.is_ascii()
}

/// The first comparison of a specifier that is none: `=1.0`, `>= `, `1.0`.
fn bad_part(specifier: &str) -> Option<Range<usize>> {
    let inner = specifier.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let (list, base) = inner.map_or((specifier, 0), |inner| (inner, 1));
    let mut at = base;
    for part in list.split(',') {
        let start = at + (part.len() - part.trim_start().len());
        at += part.len() + 1;
        let part = part.trim();
        // pip takes a comma at the end.
        let last = at > base + list.len();
        if part.is_empty() && last && start > base {
            continue;
        }
        let version = COMPARISONS.iter().find_map(|comparison| part.strip_prefix(comparison)).map(str::trim);
        let fine = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '+' | '!' | '-' | '_' | '$' | '{' | '}')
        };
        if !version.is_some_and(|version| !version.is_empty() && version.chars().all(fine)) {
            return Some(start..(start + part.len()).max(start));
        }
    }
    None
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> Range<usize> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let start = self.at;
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        start..self.at
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(wanted));
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }
}
