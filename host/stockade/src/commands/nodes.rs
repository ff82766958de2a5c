//! `stockade nodes`: a file as rules without code see it, each node with the path that a rule would name it by, or its
//! settings or variables with their names.

use super::print;
use crate::args::NodesArguments;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::prepare::{Input, Outside, Prepared};
use std::fmt::Write as _;
use stockade_engine::{Policy as _, load};
use stockade_model::{Document, LineIndex, NodeId, NodeKind, Span};
use stockade_pack::Choice;
use stockade_report::clean;
use stockade_syntax::{FileKind, add_views, classify, parse_at};

/// Longest value that is shown whole, in characters.
const SHOWN: usize = 60;

/// Prints the nodes of one file.
pub(crate) fn run(arguments: &NodesArguments) -> Result<Exit, ProgramError> {
    let file = &arguments.file;
    let unusable = |reason: String, advice| ProgramError::Unusable { path: file.clone(), reason, advice };
    if file.is_dir() {
        return Err(unusable("it is a folder".to_owned(), "Name one file."));
    }
    let outside = Outside { plugins: &[], locked: false, limits: &[], policy: None };
    let input = Input::Paths(std::slice::from_ref(file));
    let ready = Prepared::new(input, outside, &Choice::default(), false, 0, None)?;
    let mut out = String::new();
    for found in &ready.walked.files {
        let loaded = load(&found.origin, ready.max_file_bytes());
        let text = loaded.map_err(|problem| unusable(problem.message(), problem.help()))?.decoded.text;
        let kind = match ready.policy.kind(&found.path) {
            Some(kind) => kind,
            None => of_kind(&found.path, &text).map_err(|reason| {
                unusable(
                    reason,
                    "Say what it is with `path \"PATTERN\" { kind \"KIND\" }` in `stockade.kdl`.",
                )
            })?,
        };
        let _ = writeln!(out, "{}: {}", clean(&found.path), kind.as_str());
        let mut document = parse_at(kind, &found.path, text);
        let view = match (arguments.settings, arguments.variables) {
            (true, _) => Some(SETTINGS),
            (_, true) => Some(VARIABLES),
            _ => None,
        };
        match view {
            Some(view) => {
                add_views(kind, &mut document, &[view.table]);
                rows(&document, &view, &mut out);
            }
            None => nodes(&document, &mut out),
        }
    }
    print(&out)?;
    Ok(Exit::Clean)
}

fn of_kind(path: &str, text: &str) -> Result<FileKind, String> {
    let classified = classify(path, text);
    classified.kind.ok_or_else(|| format!("it is of no known kind: {}", classified.reason))
}

/// A table beside the nodes, and where in its rows stands what is shown: each number is that of the first of two cells.
struct View {
    table: &'static str,
    name: usize,
    value: usize,
    /// Where the name is written, and the value, which counts where the name is written nowhere.
    places: [usize; 2],
}

const SETTINGS: View = View { table: "settings", name: 1, value: 7, places: [9, 11] };
const VARIABLES: View = View { table: "environment", name: 1, value: 3, places: [7, 9] };

/// A line for each row: place, name, and value.
fn rows(document: &Document, view: &View, out: &mut String) {
    let lines = LineIndex::new(document.text());
    let Some(table) = document.tables.iter().find(|table| table.name == view.table) else { return };
    for row in table.cells.chunks_exact(table.stride as usize) {
        let span = |column: usize| match row.get(column..column + 2) {
            Some([start, end]) => Span::new(*start, *end),
            _ => Span::default(),
        };
        let text = |column| {
            let Span { start, end } = span(column);
            document.data.get(start as usize..end as usize).unwrap_or_default()
        };
        let [name, value] = view.places.map(span);
        let region = lines.region(document.text(), if name.is_empty() { value } else { name });
        let (name, value) = (clean(text(view.name)), quoted(text(view.value)));
        let _ = writeln!(out, "{}:{} {name}  {value}", region.line, region.column);
    }
}

/// A line for each node below those that paths start from: place, path, and what is there.
fn nodes(document: &Document, out: &mut String) {
    let lines = LineIndex::new(document.text());
    let starts = starts(document);
    // Nodes stand in the order of the document, so that those around one are a stack.
    let mut around: Vec<(NodeId, usize)> = Vec::new();
    let mut path = String::new();
    for node in 0..u32::try_from(document.len()).unwrap_or(u32::MAX) {
        if starts.contains(&node) {
            around = vec![(node, 0)];
            continue;
        }
        let parent = document.parent(node);
        while around.last().is_some_and(|(id, _)| Some(*id) != parent) {
            around.pop();
        }
        let Some((_, length)) = around.last() else { continue };
        if document.kind(node) == NodeKind::Error {
            continue;
        }
        path.truncate(*length);
        push_step(&mut path, document.name(node));
        around.push((node, path.len()));
        let region = lines.region(document.text(), document.key_span(node).unwrap_or(document.span(node)));
        let _ =
            writeln!(out, "{}:{} {}  {}", region.line, region.column, clean(&path), shown(document, node));
    }
}

/// The nodes that paths start from: the documents of a file, or the file as a whole where it is made of named elements.
fn starts(document: &Document) -> Vec<NodeId> {
    let is_named = |child| document.kind(child) == NodeKind::Element || !document.name(child).is_empty();
    let whole = document.kind(0) != NodeKind::Stream || document.children(0).any(is_named);
    if whole { vec![0] } else { document.children(0).collect() }
}

fn push_step(path: &mut String, name: &str) {
    let is_plain = !matches!(name, "*" | "**" | "^") && !name.contains(['.', '[', '"']);
    match name {
        "" => path.push_str("[*]"),
        _ if !is_plain => {
            let _ = write!(path, "[\"{name}\"]");
        }
        _ if path.is_empty() => path.push_str(name),
        _ => {
            let _ = write!(path, ".{name}");
        }
    }
}

fn shown(document: &Document, node: NodeId) -> String {
    let value = document.value(node);
    match document.kind(node) {
        NodeKind::Mapping => "(mapping)".to_owned(),
        NodeKind::Sequence => "(list)".to_owned(),
        NodeKind::Alias => "(alias)".to_owned(),
        NodeKind::Merge => "(merge)".to_owned(),
        _ if value.is_empty() => "(no value)".to_owned(),
        _ => quoted(value),
    }
}

/// A value in quotes, cut where it is long.
fn quoted(value: &str) -> String {
    let short: String = value.chars().take(SHOWN).collect();
    let more = if short.len() < value.len() { "…" } else { "" };
    format!("\"{}{more}\"", clean(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_rules_name_them() {
        let text = "a:\n  - b.c: 1\n---\n[x]\n";
        let mut out = String::new();
        nodes(&parse_at(FileKind::from_name("yaml").unwrap(), "a.yaml", text.to_owned()), &mut out);
        let expected = "1:1 a  (list)\n2:5 a[*]  (mapping)\n2:5 a[*][\"b.c\"]  \"1\"\n4:2 [*]  \"x\"\n";
        assert_eq!(out, expected);
        out.clear();
        let text = "FROM debian:12\nEXPOSE 80 443\n";
        nodes(&parse_at(FileKind::from_name("dockerfile").unwrap(), "Dockerfile", text.to_owned()), &mut out);
        assert!(out.contains("2:8 stage.EXPOSE[*]  \"80\"\n"), "{out}");
        assert!(out.contains("1:6 stage.FROM.image  \"debian:12\"\n"), "{out}");
    }

    #[test]
    fn settings_and_variables_are_named_as_rules_name_them() {
        let shown = |kind: &str, path: &str, text: &str, view: &View| {
            let kind = FileKind::from_name(kind).unwrap();
            let mut document = parse_at(kind, path, text.to_owned());
            add_views(kind, &mut document, &[view.table]);
            let mut out = String::new();
            rows(&document, view, &mut out);
            out
        };
        let toml = "[server]\nreadTimeout = \"10m\"\n";
        assert_eq!(shown("toml", "a.toml", toml, &SETTINGS), "2:1 server_read_timeout  \"10m\"\n");
        let dockerfile = "FROM debian:12\nENV APP_DEBUG=1\n";
        assert_eq!(shown("dockerfile", "Dockerfile", dockerfile, &VARIABLES), "2:5 APP_DEBUG  \"1\"\n");
        assert_eq!(shown("toml", "a.toml", "# nothing\n", &SETTINGS), "");
    }
}
