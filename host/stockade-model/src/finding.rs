//! What plugins say (raw), and what is left of it after admission.

use crate::{NodeId, Region, Severity, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// When a fix may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// With `--fix`: does not change what a working deployment does.
    Safe,
    /// Only with `--unsafe-fixes`.
    Unsafe,
    /// Shown, never applied.
    Manual,
}

/// Replace the bytes of `span` by `replacement`. An empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// Edits that are applied together or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, imperative: `pin the tag`.
    pub title: String,
    /// When it may be applied.
    pub applicability: Applicability,
    /// The edits, in any order, not overlapping.
    pub edits: Vec<Edit>,
}

/// A further place, as a plugin names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLabel {
    /// Path of another file of the scan, or `None` for the same file.
    pub path: Option<String>,
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// A finding as a plugin returned it: nothing in it may be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawFinding {
    /// The rule's index, as handed over by `configure`.
    pub rule: u32,
    /// For project findings: index of the file in the list that was handed over.
    pub file: u32,
    /// Where. `None`: the span of `node`.
    pub span: Option<Span>,
    /// The node it is about; makes the fingerprint survive edits elsewhere.
    pub node: Option<NodeId>,
    /// One sentence that names what was found.
    pub message: String,
    /// How to fix it here, where the rule's own help is not enough.
    pub help: Option<String>,
    /// Further places.
    pub labels: Vec<RawLabel>,
    /// Alternative fixes, the best first.
    pub fixes: Vec<Fix>,
    /// Stable part for the fingerprint where the node's path is not (`container=web`).
    pub key: Option<String>,
    /// Data of the message, for machines.
    pub data: Vec<(String, String)>,
}

/// Something a plugin wants to remember about a file for `check-project`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub key: String,
    /// Its value, in whatever encoding the plugin likes.
    pub value: String,
    /// Where it was found.
    pub span: Option<Span>,
}

/// What was left out of an answer: an answer that is too long is kept as far as it may go, and what is missing is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Findings, those furthest down.
    pub findings: usize,
    /// Facts: all of the answer's, or none. Half of them would make rules across files say what is not so.
    pub facts: usize,
    /// Facts that the plugin itself says it did not record.
    pub unrecorded: usize,
    /// Rules of which nothing was taken, because what they said was too long in itself.
    pub rules: Vec<u32>,
}

impl Cut {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What one call of a plugin returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawReport {
    /// Findings, in any order.
    pub findings: Vec<RawFinding>,
    /// Facts.
    pub facts: Vec<Fact>,
    /// What of the answer was let go because it was too much.
    pub cut: Cut,
}

/// A further place of an admitted finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Path of the file, as [`Finding::path`].
    pub path: Arc<str>,
    /// Bytes.
    pub span: Span,
    /// Lines and columns of `span`.
    pub region: Region,
    /// What is there.
    pub message: String,
}

/// Whether a finding counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It counts.
    Open,
    /// Somebody said that it is accepted, and why.
    Suppressed {
        /// The reason given, if any.
        reason: Option<String>,
        /// Where it was said: a place in the file, or `configuration`.
        by: String,
    },
    /// It was there when the baseline was written.
    Baselined,
}

/// An admitted finding: every span lies in its file, every text is clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Index into the run's rule table; reserved rules are in the table too.
    pub rule: usize,
    /// After configuration.
    pub severity: Severity,
    /// Path relative to the repository root, `/`-separated.
    pub path: Arc<str>,
    /// Bytes.
    pub span: Span,
    /// Lines and columns of `span`.
    pub region: Region,
    /// One sentence, lower case, no final period.
    pub message: String,
    /// How to fix it here; falls back to the rule's help.
    pub help: Option<String>,
    /// Further places.
    pub labels: Vec<Label>,
    /// Alternative fixes.
    pub fixes: Vec<Fix>,
    /// Path of the node, for people and SARIF's logical location; empty where none was named.
    pub node_path: String,
    /// Data of the message.
    pub data: Vec<(String, String)>,
    /// Our own stable fingerprint: 32 hex digits over rule, path, node path or line content, and occurrence.
    pub fingerprint: String,
    /// `primaryLocationLineHash` as GitHub's upload action computes it, with the occurrence: `hex:1`. Empty where no report
    /// asks for it.
    pub line_hash: String,
    /// Bytes of the file that no report may show, sorted: what a sensitive rule found, and what sensitive rules would have
    /// found that are switched off.
    pub secret: Vec<Span>,
    /// Whether it counts.
    pub state: State,
}
