//! pip's requirements and constraints files, after pip's "Requirements File Format" and PEP 508.
//!
//! One element a line: `requirement` for a package, `option` for a line that starts with a dash. Lines joined by
//! backslashes are read as one. What PEP 508 does not allow is a problem; the parts before it stay.

mod specifier;

use super::lines::{
    Scalar, comments_to_elements, expression_flags, is_action, key, line_at, open_element, repeats_are_fine,
    scalar, set_value, span, start_of,
};
use super::spliced::{Piece, Spliced, Splicer};
use crate::table::{Key, TableBuilder, shorten};
use std::ops::Range;
use stockade_model::{Document, NodeId, ProblemLevel, Style};

/// Options with one argument, by their short and long names. What is not here has none (`--pre`).
const WITH_ARGUMENT: [&str; 21] = [
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-i",
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
    "--no-binary",
    "--only-binary",
    "--use-feature",
    "--hash",
    "--global-option",
    "--install-option",
    "--config-settings",
    "--config-setting",
];

/// Parses a requirements or constraints file.
pub(crate) fn parse(text: String) -> Document {
    let parts = {
        let mut table = TableBuilder::new(&text);
        read(&mut table, &text);
        table.finish()
    };
    let mut document = parts.into_document(text, repeats_are_fine);
    comments_to_elements(&mut document);
    indented_comments(&mut document);
    document
}

/// An indented comment on a line of its own is about the requirement above it: that is how pip-compile says why a
/// package is there.
fn indented_comments(document: &mut Document) {
    let starts: Vec<(u32, NodeId)> =
        document.children(0).map(|node| (document.span(node).start, node)).collect();
    for index in 0..document.comments.len() {
        let Some(at) = document.comments.get(index).map(|comment| comment.span.start) else { continue };
        let before = document.text().get(..at as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let above = starts.partition_point(|(start, _)| *start < at).checked_sub(1);
        if !line.is_empty()
            && line.trim().is_empty()
            && let Some((_, node)) = above.and_then(|above| starts.get(above))
            && let Some(comment) = document.comments.get_mut(index)
        {
            comment.node = *node;
        }
    }
}

fn read(table: &mut TableBuilder<'_>, text: &str) {
    let mut at = start_of(text);
    let mut splicer = Splicer::default();
    while let Some(line) = line_at(text, at)
        && !table.stopped()
    {
        at = line.next;
        let pieces = [Piece { at: 0, source: line.start as u32 }];
        if !line.text.ends_with('\\') || line.text.trim_start().starts_with('#') {
            entry(table, Spliced::new(line.text, &pieces));
            continue;
        }
        splicer.clear();
        let mut current = Some(line);
        while let Some(line) = current {
            let comment = line.text.trim_start().starts_with('#');
            let goes_on = line.text.ends_with('\\') && !comment;
            let len = line.text.len() - usize::from(goes_on);
            if comment {
                // pip ends the joined line here, as if the comment stood behind it.
                break;
            }
            splicer.push(line.text.get(..len).unwrap_or_default(), line.start);
            at = line.next;
            current = if goes_on { line_at(text, at) } else { None };
        }
        entry(table, splicer.view());
    }
}

/// One logical line.
fn entry(table: &mut TableBuilder<'_>, line: Spliced<'_>) {
    let text = line.text();
    let code_len = comment_start(text);
    let code = text.get(..code_len).unwrap_or(text);
    let start = code.len() - code.trim_start().len();
    let code = code.trim();
    let range = start..start + code.len();
    if is_action(code) {
        table.mark_open_partial();
    } else if code.starts_with('-') {
        option(table, line, range);
    } else if !code.is_empty() {
        requirement(table, line, range);
    }
    if code_len < text.len() {
        let comment = text.get(code_len..).unwrap_or_default().trim_end();
        table.comment(line.span(code_len..code_len + comment.len()));
    }
}

/// Where a comment starts: at a `#` at the start of the line or behind white space.
fn comment_start(text: &str) -> usize {
    let bytes = text.as_bytes();
    let begins = |at: &usize| {
        at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(u8::is_ascii_whitespace)
    };
    memchr::memchr_iter(b'#', bytes).find(begins).unwrap_or(text.len())
}

/// Adds a scalar for a part of the line. The part's text is what a rule wants to see, without quotes.
fn part(table: &mut TableBuilder<'_>, line: Spliced<'_>, key: Key, range: Range<usize>) {
    let raw = line.slice(range.clone());
    let (value, style) = match raw.as_bytes() {
        [b'"', .., b'"'] => (raw.get(1..raw.len() - 1).unwrap_or(raw), Style::Double),
        [b'\'', .., b'\''] => (raw.get(1..raw.len() - 1).unwrap_or(raw), Style::Single),
        _ => (raw, Style::Plain),
    };
    scalar(table, key, line.span(range), value, Scalar::string(style, expression_flags(value, false)));
}

fn keyed(table: &mut TableBuilder<'_>, line: Spliced<'_>, name: &str, range: Range<usize>) {
    let at = line.offset(range.start) as usize;
    let key = key(table, span(at, at), name);
    part(table, line, key, range);
}

fn begin(table: &mut TableBuilder<'_>, line: Spliced<'_>, name: &str, range: &Range<usize>) -> u32 {
    let at = line.offset(range.start) as usize;
    open_element(table, span(at, at), name, at)
}

/// `-r base.txt`, `--index-url=https://…`, `-e .`, `--pre`.
fn option(table: &mut TableBuilder<'_>, line: Spliced<'_>, range: Range<usize>) {
    let node = begin(table, line, "option", &range);
    let code = line.slice(range.clone());
    let name_len = code.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(code.len());
    let mut name = code.get(..name_len).unwrap_or_default();
    let mut rest_at = range.start + name_len;
    // `-rbase.txt`: the argument may follow a short option directly.
    if !name.starts_with("--") && name.len() > 2 && name.is_char_boundary(2) {
        name = name.get(..2).unwrap_or(name);
        rest_at = range.start + 2;
    }
    set_value(table, node, name);
    let rest = line.slice(rest_at..range.end);
    let rest_start = rest_at + (rest.len() - rest.trim_start_matches(['=', ' ', '\t']).len());
    if matches!(name, "-e" | "--editable") {
        // The rest is one requirement, with whatever it contains.
        if rest_start < range.end {
            part(table, line, Key::default(), rest_start..range.end);
        }
    } else {
        for word in words(line.slice(rest_start..range.end)) {
            part(table, line, Key::default(), rest_start + word.start..rest_start + word.end);
        }
    }
    if rest_start >= range.end && WITH_ARGUMENT.contains(&name) {
        let at = line.span(range.clone());
        table.problem(
            "invalid",
            ProblemLevel::Error,
            at,
            format!("option `{}` needs an argument", shorten(name)),
        );
    }
    table.close(Some(line.span(range).end));
}

/// Ranges of the words of a text. As in a shell, blanks in quotes do not end a word; a quote that nothing closes is a
/// character like others.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + (rest.len() - rest.trim_start().len());
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        // Nearly all is ASCII and has no quotes, where a look at each byte is enough.
        let len = match rest.bytes().position(|byte| !IN_WORD[usize::from(byte)]) {
            None => rest.len(),
            Some(end) if rest.as_bytes().get(end).is_some_and(|byte| is_blank(*byte)) => end,
            Some(_) => quoted_word(rest),
        };
        at = start + len;
        Some(start..at)
    })
}

const fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0B'
}

/// For each byte: whether it is part of a word, whatever stands around it. Lines of hashes are most of some files.
const IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let this = byte as u8;
        table[byte] = !is_blank(this) && this != b'"' && this != b'\'';
        byte += 1;
    }
    table
};

/// Length of the word at the start of a text that may have quotes in it.
fn quoted_word(text: &str) -> usize {
    let end_of_word = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.find(char::is_whitespace).map_or(text.len(), |len| from + len)
    };
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        match open {
            Some((_, quote)) if c == quote => open = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => open = Some((at, c)),
            None if c.is_whitespace() => return at,
            None => {}
        }
    }
    open.map_or(text.len(), |(from, _)| end_of_word(from))
}

/// `name[extras] specifier ; marker --hash=…`, `name @ url`, a URL or a path.
fn requirement(table: &mut TableBuilder<'_>, line: Spliced<'_>, range: Range<usize>) {
    let node = begin(table, line, "requirement", &range);
    let code = line.slice(range.clone());
    set_value(table, node, code);
    let options_at = range.start + options_start(code);
    let body_len = line.slice(range.start..options_at).trim_end().len();
    let body = range.start..range.start + body_len;
    if is_location(line.slice(body.clone())) {
        location(table, line, body);
    } else if let Some((at, message)) = specifier::requirement(table, line, body.clone())
        && !is_template(line.slice(body))
    {
        table.problem("invalid", ProblemLevel::Error, at, message);
    }
    options(table, line, options_at..range.end);
    table.close(Some(line.span(range).end));
}

/// Whether a template writes some of a requirement. What it comes to then is no fault of this file.
fn is_template(body: &str) -> bool {
    [("{{", "}}"), ("{%", "%}"), ("<%", "%>")].iter().any(|(open, close)| {
        body.find(open).is_some_and(|at| body.get(at..).is_some_and(|rest| rest.contains(close)))
    })
}

/// Where the options of a requirement start: at the first word that begins with two dashes.
fn options_start(code: &str) -> usize {
    let find = |part: &str| memchr::memmem::find(code.as_bytes(), part.as_bytes());
    find(" --").or_else(|| find("\t--")).map_or(code.len(), |at| at + 1)
}

/// Whether a line names a place instead of a package.
fn is_location(body: &str) -> bool {
    let scheme =
        body.get(..memchr::memmem::find(body.as_bytes(), b"://").unwrap_or(body.len())).unwrap_or(body);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let url = scheme.len() < body.len() && !scheme.is_empty() && scheme.chars().all(plain)
        || body.starts_with("file:");
    // A name has no slash in it: pip takes `libs/common` for a folder, and looks there first.
    let first = body.split([';', '[', '@', '=', '<', '>', '!', ' ', '\t']).next().unwrap_or_default();
    let path = body.starts_with(['.', '/', '~'])
        || body.ends_with(".whl")
        || body.ends_with(".tar.gz")
        || first.contains('/');
    // `name@https://…` needs no blanks.
    let named = body.contains(" @ ") || scheme.len() < body.len() && scheme.contains('@');
    url || path && !named
}

/// A URL or path: `url`, and `name` where `#egg=` tells it.
fn location(table: &mut TableBuilder<'_>, line: Spliced<'_>, body: Range<usize>) {
    let text = line.slice(body.clone());
    let url_len = text.find(" ;").or_else(|| text.find("; ")).unwrap_or(text.len());
    let url = text.get(..url_len).unwrap_or(text);
    if let Some(egg) = url.find("#egg=").or_else(|| url.find("&egg=")) {
        let name_at = egg + "#egg=".len();
        let name = url.get(name_at..).unwrap_or_default();
        let len = name.find(['&', '[', '=', '<', '>', '!', '~']).unwrap_or(name.len());
        keyed(table, line, "name", body.start + name_at..body.start + name_at + len);
    }
    keyed(table, line, "url", body.start..body.start + url.trim_end().len());
    if url_len < text.len() {
        let marker = text.get(url_len..).unwrap_or_default();
        let skipped = marker.len() - marker.trim_start_matches([' ', ';']).len();
        keyed(table, line, "marker", body.start + url_len + skipped..body.end);
    }
}

/// Options behind a requirement: `--hash=sha256:…` gives `hash`.
fn options(table: &mut TableBuilder<'_>, line: Spliced<'_>, range: Range<usize>) {
    let mut pending: Option<(Range<usize>, String)> = None;
    for word in words(line.slice(range.clone())) {
        let word = range.start + word.start..range.start + word.end;
        if let Some((_, name)) = pending.take() {
            keyed(table, line, &name, word);
            continue;
        }
        let text = line.slice(word.clone());
        let Some(name) = text.strip_prefix("--") else {
            let at = line.span(word);
            table.problem("invalid", ProblemLevel::Error, at, format!("unexpected `{}`", shorten(text)));
            continue;
        };
        match name.split_once('=') {
            Some((name, _)) => {
                let value_at = word.start + 2 + name.len() + 1;
                let name = name.to_owned();
                keyed(table, line, &name, value_at..word.end);
            }
            None => pending = Some((word, name.to_owned())),
        }
    }
    if let Some((word, name)) = pending {
        let message = format!("option `--{}` needs an argument", shorten(&name));
        table.problem("invalid", ProblemLevel::Error, line.span(word), message);
    }
}
