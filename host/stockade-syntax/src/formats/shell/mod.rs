//! Shell scripts, also those inside Dockerfiles: sh, bash, dash, ash.
//!
//! Scripts are read, never run: what an expansion comes to is unknown. A statement that is not understood becomes an
//! error node and the rest goes on.

mod argument;
mod command;
mod compound;
mod expansion;
mod parser;
mod tree;
mod word;

use super::spliced::{Piece, Spliced};
use crate::limits;
use crate::table::push_problem;
pub(crate) use argument::handed_script;
use parser::Parser;
use stockade_model::{Builder, Document, NodeKind, Problem, ProblemLevel};
use tree::Tree;

/// Parses a shell script.
pub(crate) fn parse(text: String) -> Document {
    let mut builder = Builder::new(text.clone());
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let pieces = [Piece { at: 0, source: start as u32 }];
    let source = Spliced::new(text.get(start..).unwrap_or_default(), &pieces);
    let before = builder.doc().len();
    let over_limit = emit(source, &mut builder);
    let mut document = builder.finish();
    for node in before as u32..document.len() as u32 {
        if document.kind(node) != NodeKind::Error {
            continue;
        }
        let (code, message) = if over_limit {
            ("limit", format!("the script is too long, or nested deeper than {} levels", parser::MAX_DEPTH))
        } else {
            ("invalid", "this statement is not understood".to_owned())
        };
        // Dialects differ, so this is no more than a hint.
        let problem = Problem { code, level: ProblemLevel::Warning, span: document.span(node), message };
        push_problem(&mut document.problems, problem);
    }
    document
}

/// Parses `source` as a script and adds it below the builder's innermost open node, as an element `script`. Tells
/// whether some of it was not read: nested too deep, or more than the document may have.
pub(crate) fn emit(source: Spliced<'_>, builder: &mut Builder) -> bool {
    let mut tree = parse_text(source, 0);
    if builder.doc().len() + tree.size() > limits::MAX_NODES {
        tree = Tree { over_limit: true, ..Tree::default() };
        tree.events.push(tree::Event::leaf(tree::What::Error, 0, source.text().len()));
    }
    tree.emit(source, builder);
    tree.over_limit
}

fn parse_text(source: Spliced<'_>, depth: u32) -> Tree {
    let mut parser = Parser::new(source, depth);
    // Fails at the deepest level only, and then all that is left is an error node.
    if parser.list(0).is_err() {
        let end = source.text().len();
        parser.event(tree::What::Error, 0, end);
    }
    let mut tree = parser.tree;
    tree.over_limit |= parser.over_limit;
    tree
}
