//! `stockade nodes`: a file as rules without code see it, each node with the path that a rule would name it by.

use super::print;
use crate::args::NodesArguments;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::prepare::{Input, Outside, Prepared};
use std::fmt::Write as _;
use stockade_engine::{Policy as _, load};
use stockade_model::{Document, LineIndex, NodeId, NodeKind};
use stockade_pack::Choice;
use stockade_report::clean;
use stockade_syntax::{FileKind, classify, parse_at};

/// Longest value that is shown whole, in characters.
const SHOWN: usize = 60;

/// Prints the nodes of one file.
pub(crate) fn run(arguments: &NodesArguments) -> Result<Exit, ProgramError> {
    let file = &arguments.file;
    let unusable = |reason: String, advice| ProgramError::Unusable { path: file.clone(), reason, advice };
    if file.is_dir() {
        return Err(unusable("it is a folder".to_owned(), "Name one file."));
    }
    let outside = Outside { plugins: &[], locked: false, limits: &[] };
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
        nodes(&parse_at(kind, &found.path, text), &mut out);
    }
    print(&out)?;
    Ok(Exit::Clean)
}

fn of_kind(path: &str, text: &str) -> Result<FileKind, String> {
    let classified = classify(path, text);
    classified.kind.ok_or_else(|| format!("it is of no known kind: {}", classified.reason))
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
    let text = || {
        let short: String = value.chars().take(SHOWN).collect();
        let more = if short.len() < value.len() { "…" } else { "" };
        format!("\"{}{more}\"", clean(&short))
    };
    match document.kind(node) {
        NodeKind::Mapping => "(mapping)".to_owned(),
        NodeKind::Sequence => "(list)".to_owned(),
        NodeKind::Alias => "(alias)".to_owned(),
        NodeKind::Merge => "(merge)".to_owned(),
        _ if value.is_empty() => "(no value)".to_owned(),
        _ => text(),
    }
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
}
