//! Templates of YAML, JSON and TOML, read without rendering: Go templates (Helm), Jinja, ERB, handlebars, and tokens that a
//! pipeline replaces (`#{Image}#`), which would begin a comment, or Maven (`@project.version@`), which could begin nothing.
//!
//! A template is no YAML: its expressions and blocks stand between and inside the lines. So the text is copied
//! with every expression overwritten by as many harmless bytes ([`mask`]), parsed as usual, and then what depends on
//! an expression is marked ([`apply`]). Offsets stay those of the file throughout, and decoded values hold the
//! source text of their expressions.

mod actions;
mod apply;
mod branches;
mod mask;
mod placeholders;
mod render;
mod values;
mod variables;

use crate::table::{Parts, begin, push_problem};
use stockade_model::{Comment, Document, Problem, ProblemLevel};

pub(crate) use actions::{Action, Role, alone, scan};
pub(crate) use apply::flag_expressions;
pub use branches::{SwitchedOff, part_switched_off, switched_off};
pub(crate) use mask::{Branches, Mask, definitions, later_branches};
pub(crate) use placeholders::add as add_placeholders;
pub(crate) use render::quoted;
pub use render::{Definitions, HelperBlocks, Helpers, Rendered, Sources, render};
pub use values::{Substitution, ValueLayer, substitute_layers, substitute_values};
pub use variables::substitute_variables;

/// What kind of template expressions a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// None.
    None,
    /// Only `${{ … }}`, which its tool evaluates after reading the file: the text is parsed as it is.
    InValues,
    /// Others, which may stand anywhere.
    Anywhere,
}

/// Looks for the delimiters of template expressions. One pass, for most files the only one.
pub(crate) fn presence(text: &str) -> Presence {
    let bytes = text.as_bytes();
    let mut found = Presence::None;
    for brace in memchr::memmem::find_iter(bytes, b"{{") {
        if brace.checked_sub(1).and_then(|i| bytes.get(i)) != Some(&b'$') {
            return Presence::Anywhere;
        }
        found = Presence::InValues;
    }
    let has = |open: &[u8], close: &[u8]| {
        memchr::memmem::find(bytes, open)
            .is_some_and(|at| memchr::memmem::find(bytes.get(at..).unwrap_or_default(), close).is_some())
    };
    if has(b"{%", b"%}") || has(b"<%", b"%>") || actions::has_token(bytes) {
        Presence::Anywhere
    } else {
        found
    }
}

/// Makes the document of a masked text that was parsed, with everything that depends on an expression marked.
/// Faults of syntax are at most `level`: in a template they may come from what an expression puts there.
pub(crate) fn finish(text: String, mask: &Mask, parts: Parts, level: ProblemLevel) -> Document {
    let mut document =
        parts.into_document(text, |document, a, b| mask.apart(begin(document, a), begin(document, b)));
    apply::apply(&mut document, mask);
    for problem in document.problems.iter_mut().filter(|problem| problem.code == "invalid") {
        problem.level = problem.level.min(level);
        problem.message.insert_str(0, "this part of the template could not be read: ");
    }
    let actions = scan(document.text());
    if is_helm(document.text(), &actions) {
        document.marks.push("helm-template");
        for (span, message) in actions::faults(document.text(), &actions) {
            let (level, message) = (ProblemLevel::Error, message.to_owned());
            push_problem(&mut document.problems, Problem { code: "invalid", level, span, message });
        }
        document.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    } else if mask.structural {
        document.marks.push("template");
    }
    document
}

/// All comments of a document: those of its format, and those of the template that it is, in source order. The
/// latter are no part of [`Document::comments`], for the tool that reads the rendered file never sees them.
#[must_use]
pub fn comments(document: &Document) -> Vec<Comment> {
    let mut all = document.comments.clone();
    let text = document.text();
    if memchr::memmem::find(text.as_bytes(), b"{{").is_some() {
        let is_comment = |action: &Action| {
            let body = action.span.slice(text).unwrap_or_default();
            action.braces && body.trim_start_matches(['{', '-', ' ', '\t', '\r', '\n']).starts_with("/*")
        };
        let spans: Vec<_> = scan(text).into_iter().filter(is_comment).map(|action| action.span).collect();
        all.extend(crate::table::attach(document, &spans));
        all.sort_by_key(|comment| comment.span.start);
    }
    all
}

/// Whether expressions use what only Helm provides.
fn is_helm(text: &str, actions: &[Action]) -> bool {
    let helm = [".Values.", ".Release.", ".Chart.", ".Capabilities.", "include \"", ".Files."];
    actions.iter().any(|action| {
        let body = action.span.slice(text).unwrap_or_default();
        body.starts_with("{{") && helm.iter().any(|name| body.contains(name))
    })
}
