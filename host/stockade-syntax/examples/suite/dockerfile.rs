//! BuildKit's parser tests: each Dockerfile under `testfiles` has its tree as an s-expression in `result`; those
//! under `testfiles-negative` are refused; `testfile-line` is for the line numbers that BuildKit's own test states.
//!
//! BuildKit's tree has words as they are written, ours as they are meant. So the comparison takes the text under
//! our spans, with the lines joined: it checks the spans as well.

use crate::{Exception, Score};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::Path;
use stockade_model::{LineIndex, NodeId, NodeKind, Span, Style};
use stockade_syntax::{Document, FileKind, parse};

pub(crate) const EXCEPTIONS: &[Exception] = &[];

/// Lines that the instructions of `testfile-line` begin and end on.
const LINES: [(u32, u32); 3] = [(5, 5), (11, 12), (17, 31)];

pub(crate) fn run(dir: &Path) -> anyhow::Result<Score> {
    let mut score = Score::default();
    let base = dir.join("frontend/dockerfile/parser");
    for name in folders(&base.join("testfiles"))? {
        let folder = base.join("testfiles").join(&name);
        let document = read(&folder.join("Dockerfile"))?;
        let expected = std::fs::read_to_string(folder.join("result")).context("read the result")?;
        let found = tree(&document);
        let outcome = if found.trim() == expected.trim() {
            Ok(())
        } else {
            let pair = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
            Err(pair.map_or_else(
                || format!("{} lines, not {}", found.lines().count(), expected.lines().count()),
                |(found, expected)| format!("{found} is not {expected}"),
            ))
        };
        score.add(&name, outcome);
    }
    for name in folders(&base.join("testfiles-negative"))? {
        let document = read(&base.join("testfiles-negative").join(&name).join("Dockerfile"))?;
        let outcome = if document.problems.is_empty() { Err("no problem found".to_owned()) } else { Ok(()) };
        score.add(&format!("negative/{name}"), outcome);
    }
    let document = read(&base.join("testfile-line/Dockerfile"))?;
    let lines = LineIndex::new(document.text());
    let found: Vec<_> = instructions(&document)
        .map(|node| lines.region(document.text(), document.span(node)))
        .map(|region| (region.line, region.end_line))
        .collect();
    let outcome = if found == LINES { Ok(()) } else { Err(format!("lines {found:?}, not {LINES:?}")) };
    score.add("testfile-line", outcome);
    Ok(score)
}

fn folders(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> anyhow::Result<Document> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    Ok(parse(FileKind::Dockerfile, text))
}

/// The instructions of all stages and before the first one.
fn instructions(document: &Document) -> impl Iterator<Item = NodeId> + '_ {
    document.children(0).filter(|node| document.kind(*node) == NodeKind::Element).flat_map(|node| {
        let stage: Vec<_> =
            if document.name(node) == "stage" { document.children(node).collect() } else { vec![node] };
        stage
    })
}

fn tree(document: &Document) -> String {
    let mut out = String::new();
    for node in instructions(document) {
        let _ = writeln!(out, "({})", Instruction { document, node }.dump());
    }
    out
}

struct Instruction<'d> {
    document: &'d Document,
    node: NodeId,
}

impl Instruction<'_> {
    fn dump(&self) -> String {
        let document = self.document;
        let mut out = document.name(self.node).to_lowercase();
        let flags = document.get(self.node, "flags");
        if let Some(flags) = flags {
            let texts: Vec<_> = document
                .children(flags)
                .map(|flag| {
                    let value = document.value(flag);
                    let is_alone = document.span(flag).is_empty();
                    quote(&format!(
                        "--{}{}",
                        document.name(flag),
                        if is_alone { String::new() } else { format!("={value}") }
                    ))
                })
                .collect();
            let _ = write!(out, " [{}]", texts.join(" "));
        }
        let scalars = || document.children(self.node).filter(|node| Some(*node) != flags);
        match document.name(self.node) {
            "FROM" => {
                for node in scalars().filter(|node| matches!(document.name(*node), "image" | "alias")) {
                    if let Some(keyword) = document.key_span(node) {
                        let _ = write!(out, " {}", quote(&self.joined(keyword)));
                    }
                    let _ = write!(out, " {}", quote(&self.joined(document.span(node))));
                }
            }
            "ENV" | "LABEL" => {
                for node in scalars() {
                    let key = document.key_span(node).map(|span| self.joined(span)).unwrap_or_default();
                    let is_old = document.style(node) == Style::Literal as u8;
                    let value = quote(&self.joined(document.span(node)));
                    let _ = write!(out, " {} {value} {}", quote(&key), if is_old { "\"\"" } else { "\"=\"" });
                }
            }
            "ARG" => {
                for node in scalars() {
                    let key = document.key_span(node).unwrap_or_default();
                    let whole = Span::new(key.start, document.span(node).end.max(key.end));
                    let _ = write!(out, " {}", quote(&self.joined(whole)));
                }
            }
            "ONBUILD" => {
                for node in scalars() {
                    let _ = write!(out, " ({})", Instruction { document, node }.dump());
                }
            }
            _ if document.style(self.node) == Style::Flow as u8 => {
                if document.name(self.node) == "HEALTHCHECK" {
                    out.push_str(" \"CMD\"");
                }
                for node in scalars() {
                    let _ = write!(out, " {}", quote(document.value(node)));
                }
            }
            "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" => self.rest(&mut out, self.text_behind(flags)),
            "HEALTHCHECK" => {
                let text = self.text_behind(flags);
                let (kind, command) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
                self.rest(&mut out, kind.to_owned());
                self.rest(&mut out, command.trim().to_owned());
            }
            _ => {
                for node in scalars() {
                    let _ = write!(out, " {}", quote(&self.joined(document.span(node))));
                }
            }
        }
        out
    }

    fn rest(&self, out: &mut String, text: String) {
        if !text.is_empty() {
            let _ = write!(out, " {}", quote(&text));
        }
    }

    /// What stands behind the keyword and the flags.
    fn text_behind(&self, flags: Option<NodeId>) -> String {
        let start = match flags {
            Some(flags) => self.document.span(flags).end,
            None => self.document.key_span(self.node).unwrap_or_default().end,
        };
        let text = self.joined(Span::new(start, self.document.span(self.node).end));
        let text = text.trim();
        text.strip_prefix("-- ").unwrap_or(text).to_owned()
    }

    /// The text under a span with its lines joined.
    fn joined(&self, span: Span) -> String {
        let mut out = String::new();
        for (number, line) in span.slice(self.document.text()).unwrap_or("?").lines().enumerate() {
            let content = line.trim();
            if number > 0 && (content.is_empty() || content.starts_with('#')) {
                continue;
            }
            let trimmed = line.trim_end();
            match trimmed.strip_suffix(self.escape()) {
                Some(text) if !text.ends_with(self.escape()) => out.push_str(text),
                _ => out.push_str(line),
            }
        }
        out
    }

    fn escape(&self) -> char {
        let document = self.document;
        let directive =
            document.get(0, "directives").and_then(|directives| document.get(directives, "escape"));
        directive.map_or('\\', |node| document.value(node).chars().next().unwrap_or('\\'))
    }
}

/// A text as Go's `strconv.Quote` writes it.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
