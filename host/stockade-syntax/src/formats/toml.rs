//! TOML 1.1, on the event parser of the toml_edit project; what the events mean (which table a key lands in, and
//! whether it may) is decided in `tree`.
//!
//! That parser recovers at the next line, except inside an array or inline table that is not closed: there
//! everything up to the end of the file would count as its content. So the text is cut before the first line
//! that looks like a new statement and read again from there.

mod scalar;
mod tree;

use super::lines::{repeats_are_fine, span};
use crate::limits;
use crate::table::{Parts, TableBuilder};
use crate::template::{self, Branches, Mask, Presence};
use stockade_model::{Document, NodeId, Problem, ProblemLevel, Span, Style};
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{Event, EventKind, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{Expected, ParseError, Source};
use tree::Tree;

/// How often an unclosed array or inline table is cut off. Each cut reads the rest of the file again.
const MAX_CUTS: usize = 8;

/// Longest TOML that is read, in bytes. The event parser keeps every token, at up to 50 bytes for each byte of the
/// file; files by hand stay below 1 MB.
pub(crate) const MAX_TOML_BYTES: usize = 4 << 20;

/// Parses a TOML file.
pub(crate) fn parse(text: String) -> Document {
    let parts = parts(&text, None);
    let mut document = match template(&text, parts.problems().len()) {
        Some((mask, masked)) => template::finish(text, &mask, masked, ProblemLevel::Warning),
        // Repeated keys are errors of their own in TOML and have been reported.
        None => parts.into_document(text, repeats_are_fine),
    };
    attach_comments(&mut document);
    document
}

/// A text that could not be read without faults as a template of TOML, if it is one. Braces inside strings mean nothing to TOML:
/// only what reads better so is taken for a template.
fn template(text: &str, faults: usize) -> Option<(Mask, Parts)> {
    if faults == 0 {
        return None;
    }
    let mut actions = match template::presence(text) {
        Presence::Anywhere => template::scan(text),
        Presence::None | Presence::InValues => Vec::new(),
    };
    template::add_placeholders(text, &mut actions);
    if actions.is_empty() {
        return None;
    }
    let mut mask = Mask::new(text, &actions, Branches::All);
    let mut masked = parts(&mask.text, Some(Original { text, mask: &mask }));
    let hides = |problem: &Problem| match problem.code {
        // Two branches that exclude each other say the same key, and so does a block that is repeated.
        "duplicate-key" => !mask.regions.is_empty(),
        _ => !mask.holes_in(problem.span).is_empty(),
    };
    masked.retain_problems(|problem| !hides(problem));
    mask.structural |= masked.problems().len() < faults;
    mask.structural.then_some((mask, masked))
}

/// What a masked text stands for.
#[derive(Clone, Copy)]
struct Original<'t> {
    text: &'t str,
    mask: &'t Mask,
}

impl Original<'_> {
    /// The decoded text at a place with the expressions put back; none where it has none.
    fn restore(self, place: Span, decoded: &str) -> Option<String> {
        self.mask.restore(self.text, place, decoded)
    }
}

/// The table of a text; of a masked one with what it stands for.
fn parts(text: &str, original: Option<Original<'_>>) -> Parts {
    let mut table = TableBuilder::new(text);
    read(&mut table, text, original);
    table.finish()
}

fn read<'t>(table: &mut TableBuilder<'_>, text: &'t str, original: Option<Original<'t>>) {
    let whole = text.len();
    let text = text.get(..text.floor_char_boundary(MAX_TOML_BYTES)).unwrap_or(text);
    if text.len() < whole {
        let message = format!("more than {} MiB: the rest of the file is not read", MAX_TOML_BYTES >> 20);
        table.problem("limit", ProblemLevel::Error, span(text.len(), text.len()), message);
    }
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut tree = Tree::new(text, original);
    let mut rest = tokens.as_slice();
    for cuts in 0..=MAX_CUTS {
        let (mut events, mut errors) = events(source, rest);
        let unclosed = errors
            .iter()
            .filter(|error| error.description().starts_with("unclosed"))
            .find_map(ParseError::context);
        let cut = unclosed
            .filter(|_| cuts < MAX_CUTS)
            .and_then(|opening| next_statement(text, rest, opening.start()));
        let (now, later) = rest.split_at(cut.unwrap_or(rest.len()));
        if cut.is_some() {
            (events, errors) = self::events(source, now);
        }
        for error in &errors {
            table.problem("invalid", ProblemLevel::Error, place(text, error), message(error));
        }
        for event in &events {
            if event.kind() == EventKind::Comment {
                let at = event.span();
                let comment = text.get(at.start()..at.end()).unwrap_or_default().trim_end();
                table.comment(span(at.start(), at.start() + comment.len()));
            } else {
                tree.event(table, source, event);
            }
        }
        tree.end_of_line(table);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    tree.emit(table);
}

fn events(source: Source<'_>, tokens: &[Token]) -> (Vec<Event>, Vec<ParseError>) {
    let (mut events, mut errors) = (Vec::new(), Vec::new());
    let mut validated = ValidateWhitespace::new(&mut events, source);
    let mut guarded = RecursionGuard::new(&mut validated, limits::MAX_DEPTH as u32);
    parse_document(tokens, &mut guarded, &mut errors);
    (events, errors)
}

/// Index of the first token behind `from` that starts a line like `[table]` or `key = value`.
fn next_statement(text: &str, tokens: &[Token], from: usize) -> Option<usize> {
    let mut line_start = false;
    for (index, token) in tokens.iter().enumerate() {
        let starts = line_start && token.span().start() > from && is_statement(text, token);
        if starts {
            return Some(index);
        }
        line_start = token.kind() == TokenKind::Newline;
    }
    None
}

fn is_statement(text: &str, token: &Token) -> bool {
    let line = text.get(token.span().start()..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    match token.kind() {
        TokenKind::LeftSquareBracket => {
            let code = line.split('#').next().unwrap_or_default().trim_end();
            let name = code.trim_start_matches('[').trim_end_matches(']');
            code.ends_with(']') && !name.is_empty() && !name.contains([',', '[', ' '])
        }
        TokenKind::Atom => line.split_once('=').is_some_and(|(key, _)| {
            let key = key.trim();
            key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        }),
        _ => false,
    }
}

/// Where an error is shown: what was not expected, or the opening of what was not closed.
fn place(text: &str, error: &ParseError) -> Span {
    let shown = if error.description().starts_with("unclosed") { error.context() } else { None };
    let at = shown.or(error.unexpected()).or(error.context()).unwrap_or_default();
    let start = text.floor_char_boundary(at.start().min(text.len()));
    let end = text.ceil_char_boundary(at.end().clamp(start, text.len()));
    span(start, end)
}

fn message(error: &ParseError) -> String {
    let mut message = error.description().to_owned();
    for (index, expected) in error.expected().unwrap_or_default().iter().enumerate() {
        message.push_str(if index == 0 { ", expected " } else { " or " });
        match expected {
            Expected::Literal("\n") => message.push_str("the end of the line"),
            Expected::Literal(text) => message.push_str(&format!("`{text}`")),
            Expected::Description(text) => message.push_str(text),
            _ => message.push_str("something else"),
        }
    }
    message
}

/// Attaches comments again where tables come in another order than in the file: `[a]`, `[b]`, `[a.c]` puts the
/// rows of `a.c` before those of `b`.
fn attach_comments(document: &mut Document) {
    let mut rows: Vec<(u32, NodeId)> =
        (1..document.len() as NodeId).map(|node| (crate::table::begin(document, node), node)).collect();
    if rows.is_sorted() {
        return;
    }
    rows.sort_unstable();
    let lines = stockade_model::LineIndex::new(document.text());
    for index in 0..document.comments.len() {
        let Some(at) = document.comments.get(index).map(|comment| comment.span) else { continue };
        let behind = rows.partition_point(|(start, _)| *start < at.start);
        let line_start = lines.start_of(lines.line_of(at.start));
        let beside = behind.checked_sub(1).and_then(|last| rows.get(last)).map(|(_, node)| *node).and_then(
            |mut node| {
                while let Some(parent) = document.parent(node)
                    && document.style(parent) == Style::Flow as u8
                    && document.span(parent).end <= at.start
                {
                    node = parent;
                }
                let touches = crate::table::begin(document, node) >= line_start
                    || document.span(node).end >= line_start;
                let before = document.text().get(line_start as usize..at.start as usize).unwrap_or_default();
                (touches && !before.trim().is_empty()).then_some(node)
            },
        );
        let node = beside.or_else(|| rows.get(behind).map(|(_, node)| *node)).unwrap_or(0);
        if let Some(comment) = document.comments.get_mut(index) {
            comment.node = node;
        }
    }
}
