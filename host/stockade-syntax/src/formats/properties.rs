//! Java properties, after the description of `java.util.Properties.load`; also files of keys and values with only
//! white space between them (`redis.conf`), which that grammar covers.
//!
//! The whole file is one flat mapping. A repeated key is reported where it is written with `=` or `:` (the last
//! one wins silently there); servers that read white-space-separated lines give each line a meaning.

use super::lines::{
    Scalar, expression_flags, is_action, key, line_at, open_root, repeats_are_fine, repeats_are_wrong,
    scalar, span, start_of,
};
use crate::table::{Parts, TableBuilder, begin};
use stockade_model::{Document, ProblemLevel, Style};

/// Parses a properties file.
pub(crate) fn parse(text: String) -> Document {
    let (parts, ends) = read(&text);
    let part_of = |offset: u32| ends.partition_point(|end| *end < offset);
    parts.into_document(text, |document, a, b| {
        part_of(begin(document, a)) != part_of(begin(document, b)) || repeats_are_wrong(document, a, b)
    })
}

/// Parses a `_headers` file: headers by path, each path for itself, and a `!` in front of one that is taken away. What holds for one
/// path may stand again for the next, so repeated keys are fine.
///
/// Source: Netlify's and Cloudflare Pages' descriptions of the file, of which this grammar covers the lines.
pub(crate) fn parse_headers(text: String) -> Document {
    read(&text).0.into_document(text, repeats_are_fine)
}

/// The parts of a document, and where parts of the file end.
fn read(text: &str) -> (Parts, Vec<u32>) {
    let mut parser = Parser { table: TableBuilder::new(text), text, ends: Vec::new() };
    parser.run();
    (parser.table.finish(), parser.ends)
}

/// White space as the format has it.
const SPACE: [char; 3] = [' ', '\t', '\x0c'];

struct Parser<'t> {
    table: TableBuilder<'t>,
    text: &'t str,
    /// Where parts of the file end that count under different conditions.
    ends: Vec<u32>,
}

/// What ends a part for Spring Boot: profiles may set a key again.
fn is_end(comment: &str) -> bool {
    matches!(comment, "#---" | "!---")
}

impl Parser<'_> {
    fn run(&mut self) {
        let mut at = start_of(self.text);
        while let Some(line) = line_at(self.text, at)
            && !self.table.stopped()
        {
            at = line.next;
            let trimmed = line.text.trim_start_matches([' ', '\t', '\x0c']);
            let start = line.end() - trimmed.len();
            match trimmed.bytes().next() {
                None => {}
                Some(b'#' | b'!') => {
                    let comment = trimmed.trim_end();
                    if is_end(comment) {
                        self.ends.push(start as u32);
                    }
                    self.table.comment(span(start, start + comment.len()));
                }
                Some(_) if is_action(trimmed) => {
                    open_root(&mut self.table, start);
                    self.table.mark_open_partial();
                }
                Some(_) => {
                    let mut end = line.end();
                    while continues(self.text.get(start..end).unwrap_or_default())
                        && let Some(more) = line_at(self.text, at)
                    {
                        end = more.end();
                        at = more.next;
                    }
                    self.entry(start, end);
                }
            }
        }
    }

    /// One logical line, `start..end`, with its continuations.
    fn entry(&mut self, start: usize, end: usize) {
        let entry = self.text.get(start..end).unwrap_or_default();
        let key_len = key_len(entry);
        let behind = entry.get(key_len..).unwrap_or_default();
        // HAProxy's `bind :443`: between white space and a word a colon is the word's.
        let is_spaced = behind.starts_with(SPACE)
            && behind
                .trim_start_matches(SPACE)
                .strip_prefix(':')
                .is_some_and(|rest| !rest.starts_with(SPACE));
        let value = if is_spaced { behind.trim_start_matches(SPACE) } else { skip_separator(behind) };
        let value_start = start + entry.len() - value.len();
        // White space at the end belongs to the value in Java, and is a mistake whenever it is there.
        let value = value.trim_end_matches([' ', '\t']);
        let key_span = span(start, start + key_len);
        let name = self.decode(entry.get(..key_len).unwrap_or_default(), start);
        let decoded = self.decode(value, value_start);
        open_root(&mut self.table, start);
        let key = key(&mut self.table, key_span, &name);
        // Between white space only, each line of a name may have its own meaning.
        if !is_spaced && behind.trim_start_matches(SPACE).starts_with(['=', ':']) {
            self.table.note_key(key.name);
        }
        let flags = expression_flags(&decoded, false);
        let at = span(value_start, value_start + value.len());
        // A value without escapes is the text itself; place it there rather than copy it.
        let decoded = if decoded == value { value } else { &decoded };
        scalar(&mut self.table, key, at, decoded, Scalar::string(Style::Plain, flags));
    }

    fn decode(&mut self, raw: &str, start: usize) -> String {
        let mut out = String::with_capacity(raw.len());
        let mut chars = raw.char_indices().peekable();
        // A character beyond U+FFFF is written as two escapes.
        let mut high: Option<u32> = None;
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                None => {}
                Some((_, 't')) => out.push('\t'),
                Some((_, 'n')) => out.push('\n'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, 'f')) => out.push('\x0c'),
                Some((_, '\n')) => skip_indent(&mut chars),
                Some((_, '\r')) => {
                    if chars.peek().is_some_and(|(_, c)| *c == '\n') {
                        chars.next();
                    }
                    skip_indent(&mut chars);
                }
                Some((_, 'u')) => {
                    let Some(unit) =
                        raw.get(at + 2..at + 6).and_then(|digits| u32::from_str_radix(digits, 16).ok())
                    else {
                        let at = span(start + at, start + at + 2);
                        self.table.problem(
                            "invalid",
                            ProblemLevel::Error,
                            at,
                            "`\\u` needs four hexadecimal digits",
                        );
                        continue;
                    };
                    for _ in 0..4 {
                        chars.next();
                    }
                    match (high.take(), unit) {
                        (_, 0xd800..=0xdbff) => high = Some(unit),
                        (Some(high), 0xdc00..=0xdfff) => {
                            let code = 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
                            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                        }
                        _ => out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)),
                    }
                }
                Some((_, c)) => out.push(c),
            }
        }
        out
    }
}

fn skip_indent(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) {
    while chars.peek().is_some_and(|(_, c)| matches!(c, ' ' | '\t' | '\x0c')) {
        chars.next();
    }
}

/// Whether a line ends with an odd number of backslashes.
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The key ends at the first `=`, `:` or white space without a backslash before it.
fn key_len(entry: &str) -> usize {
    let mut bytes = entry.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'=' | b':' | b' ' | b'\t' | b'\x0c' => return at,
            _ => {}
        }
    }
    entry.len()
}

fn skip_separator(behind: &str) -> &str {
    let behind = behind.trim_start_matches(SPACE);
    behind.strip_prefix(['=', ':']).map_or(behind, |rest| rest.trim_start_matches(SPACE))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn each_part_may_set_a_key_again() {
        let problems = |text: &str| parse(text.to_owned()).problems.len();
        assert_eq!(problems("a=1\n#---\na=2\n!---\na=3\n"), 0);
        assert_eq!(problems("a=1\n# ---\na=2\n"), 1);
        assert_eq!(problems("a=1\n#---\nb=2\nb=3\n"), 1);
    }

    #[test]
    fn a_colon_behind_white_space_may_begin_a_value() {
        let document = parse("frontend web\n  bind :80\n  bind :443 ssl\n".to_owned());
        assert!(document.problems.is_empty());
        assert_eq!(parse("a : 1\na : 2\nb :\n".to_owned()).problems.len(), 1);
    }
}
