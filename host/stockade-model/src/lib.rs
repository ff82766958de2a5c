//! Plain types that the crates of stockade share: spans, documents, rules, findings, faults and
//! the report, and the [`Checker`] trait through which the engine asks plugins.
//!
//! Nothing here reads a file, knows Wasm or knows a terminal. See `book/src/internals`.

mod checker;
mod document;
mod fault;
mod finding;
mod fingerprint;
mod guide;
mod harmless;
mod later;
mod lines;
mod paths;
mod report;
mod reserved;
mod rule;
mod secret;
mod span;

pub use checker::{Checker, FileFacts, PluginInfo, RuleSetup};
pub use document::{
    Builder, Comment, Document, NONE, NodeId, NodeKind, Problem, ProblemLevel, STRIDE, ScalarType, Style,
    Table, column, flag,
};
pub use fault::{Fault, FaultKind};
pub use finding::{
    Applicability, Cut, Edit, Fact, Finding, Fix, Label, RawFinding, RawLabel, RawReport, State,
};
pub use fingerprint::line_hashes;
pub use guide::{Checkable, Guide, GuideItem, GuideSection};
pub use harmless::is_harmless;
pub use later::Later;
pub use lines::{LineIndex, Region};
pub use paths::Paths;
pub use report::{
    FileEntry, FileStatus, Note, Report, Stats, Suppression, SuppressionSource, SuppressionUse,
};
pub use reserved::{RESERVED_PACKS, reserved_rules};
pub use rule::{
    About, AlsoLiterals, Param, Precision, Rule, RuleTable, Severity, UnknownSeverity, trivy_number,
};
pub use secret::mask;
pub use span::Span;
