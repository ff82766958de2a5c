//! A foreign YAML file, as far as configuration files need it.

use crate::error::ProgramError;
use std::path::Path;
use stockade_model::{Document, NodeId, NodeKind, ProblemLevel};
use stockade_syntax::FileKind;

/// A YAML file whose first document is a mapping.
pub(super) struct Yaml {
    document: Document,
    root: Option<NodeId>,
}

/// Reads a file; an empty one is an empty mapping.
pub(super) fn open(file: &Path, text: String) -> Result<Yaml, ProgramError> {
    let wrong = |reason: String| ProgramError::Foreign { path: file.to_path_buf(), reason };
    let document = stockade_syntax::parse(FileKind::Yaml, text);
    if let Some(problem) = document.problems.iter().find(|problem| problem.level == ProblemLevel::Error) {
        let before = document.text().get(..problem.span.start as usize).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        return Err(wrong(format!("line {line}: {}", problem.message)));
    }
    // Node 0 is the stream.
    let first = if document.is_empty() { None } else { document.children(0).next() };
    match first {
        Some(node) if document.kind(node) == NodeKind::Mapping => Ok(Yaml { document, root: Some(node) }),
        Some(node) if !document.value(node).is_empty() || document.children(node).next().is_some() => {
            Err(wrong("it holds no settings: a mapping is expected at the top".to_owned()))
        }
        _ => Ok(Yaml { document, root: None }),
    }
}

impl Yaml {
    /// The names at the top.
    pub(super) fn keys(&self) -> Vec<String> {
        self.names(self.root)
    }

    /// The names in a mapping.
    pub(super) fn names(&self, node: Option<NodeId>) -> Vec<String> {
        node.map(|node| {
            self.document.children(node).map(|child| self.document.name(child).to_owned()).collect()
        })
        .unwrap_or_default()
    }

    /// What lies at this path of names, behind aliases.
    pub(super) fn at(&self, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(self.root?, |node, name| self.child(node, name))
    }

    /// The entry of a mapping.
    pub(super) fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.document.get(node, name).map(|child| self.resolve(child))
    }

    /// The items of a sequence.
    pub(super) fn items(&self, node: NodeId) -> Vec<NodeId> {
        if self.document.kind(node) != NodeKind::Sequence {
            return Vec::new();
        }
        self.document.children(node).map(|child| self.resolve(child)).collect()
    }

    /// The text of a scalar, none for an empty one.
    pub(super) fn text(&self, node: NodeId) -> Option<String> {
        let text = self.document.value(node).trim();
        (self.document.kind(node) == NodeKind::Scalar && !text.is_empty()).then(|| text.to_owned())
    }

    /// The text at this path.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<String> {
        self.text(self.at(path)?)
    }

    /// Whether the switch at this path is on.
    pub(super) fn is_on(&self, path: &[&str]) -> bool {
        self.text_at(path).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The texts of a sequence, or of one scalar with commas in it.
    pub(super) fn texts(&self, node: Option<NodeId>) -> Vec<String> {
        let Some(node) = node else { return Vec::new() };
        if self.document.kind(node) == NodeKind::Sequence {
            return self.items(node).into_iter().filter_map(|item| self.text(item)).collect();
        }
        let text = self.text(node).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn resolve(&self, node: NodeId) -> NodeId {
        match self.document.kind(node) {
            NodeKind::Alias => self.document.target(node).unwrap_or(node),
            _ => node,
        }
    }
}
