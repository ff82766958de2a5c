//! Suppressions: who says that a finding is accepted, where, until when and why.
//!
//! A file's directives are read while its document is at hand ([`Directives::read`]), without knowing any rule,
//! so that what they say can be kept beside the file's findings. Held against the findings they are at the very end
//! ([`apply`]), when the rules over all files have spoken too: only then is it known which directive was needed.
//! A suppression marks findings and never removes one, and what a plugin does wrong is no finding.

mod apply;
mod edit;
mod elsewhere;
mod grammar;
mod inside;
mod peers;
mod place;
mod remark;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use apply::apply;
pub use peers::Tool;
pub(crate) use stored::StoredDirectives;

use std::sync::Arc;
use stockade_model::{Document, Span, SuppressionSource};
use stockade_pack::config::Date;
use stockade_syntax::FileKind;

/// How suppressions count in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppressions {
    /// Nothing is suppressed.
    pub off: bool,
    /// The day of the run, for what ends; without it nothing ends.
    pub today: Option<Date>,
    /// What gives no reason does not count.
    pub require_reason: bool,
    /// What does not end within so many days does not count.
    pub max_days: Option<u32>,
    /// Comments do not count.
    pub forbid_inline: bool,
    /// Tools whose own directives count, too.
    pub tools: Tools,
    /// The run does not look at the whole repository: rules over all files may be silent for that reason.
    pub partial: bool,
    /// The caller has narrowed the rules for this run: patterns of rules may be silent for that reason.
    pub narrowed: bool,
}

/// A set of tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tools([bool; Tool::ALL.len()]);

impl Tools {
    /// Adds a tool.
    pub fn insert(&mut self, tool: Tool) {
        for (slot, known) in self.0.iter_mut().zip(Tool::ALL) {
            *slot |= known == tool;
        }
    }

    /// The tools, in a fixed order.
    pub(crate) fn list(self) -> Vec<Tool> {
        Tool::ALL.into_iter().zip(self.0).filter(|(_, on)| *on).map(|(tool, _)| tool).collect()
    }
}

/// An entry of the configuration that accepts findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The file that it stands in, relative to the repository root.
    pub path: Arc<str>,
    /// The text of that file.
    pub text: Arc<str>,
    /// The entry in that text.
    pub span: Span,
    /// The rules as written.
    pub names: Vec<String>,
    /// Their indices in the table.
    pub rules: Vec<usize>,
    /// Which files, as written.
    pub scope: String,
    /// Its last day.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
    /// It stands in a policy for many repositories, so that it may well be for another one.
    pub shared: bool,
}

/// What a directive reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Line,
    Node,
    Document,
    File,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Node => "node",
            Self::Document => "document",
            Self::File => "file",
        }
    }
}

/// A directive of a file, ready to be held against its findings. Spans are bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    /// From its first word to its end.
    span: Span,
    source: SuppressionSource,
    scope: Scope,
    /// Findings that begin in here are meant; for [`Scope::Line`] also those that end in here.
    reach: Span,
    /// The rules as written.
    names: Vec<(String, Span)>,
    /// What stands between the brackets, if it can be replaced in the file.
    list: Option<Span>,
    until: Option<(Date, Span)>,
    reason: Option<String>,
    /// What to delete to take it away, if that can be told.
    removal: Option<Span>,
}

/// Something wrong with a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    rule: &'static str,
    span: Span,
    message: String,
    help: Option<String>,
    /// The rules that it names, where it could be read.
    names: Vec<String>,
}

/// The directives of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    found: Vec<Directive>,
    mistakes: Vec<Mistake>,
}

impl Directives {
    /// Reads the directives of a document, which is a file of this kind, those of other tools included.
    pub(crate) fn read(kind: FileKind, document: &Document, tools: &[Tool]) -> Self {
        // In almost every file this is all.
        let (own, others) = (mentions(document.text()), peers::mentioned(document.text(), tools));
        if !own && !others {
            return Self::default();
        }
        place::read(kind, document, own, if others { tools } else { &[] })
    }

    /// Whether there are none, nor anything that was meant to be one.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.mistakes.is_empty()
    }
}

/// Whether the program's name occurs, in any case.
fn mentions(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Its rarest letter is looked for.
    memchr::memchr2_iter(b'k', b'K', bytes)
        .filter_map(|at| at.checked_sub(4))
        .any(|start| bytes.get(start..start + 8).is_some_and(|word| word.eq_ignore_ascii_case(b"stockade")))
}
