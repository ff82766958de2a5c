//! The finished report: all that output formats may know.

use crate::{Fault, Finding, Region, RuleTable, Span};
use std::borrow::Cow;
use std::sync::Arc;

/// What became of one file that was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileStatus {
    /// Parsed and checked (perhaps with no rule for its kind).
    Analysed,
    /// No format claims it; nothing is lost. The reason is the classifier's.
    NoKind(Cow<'static, str>),
    /// It should have been analysed and was not: unreadable, too large, binary. Makes the run incomplete
    /// unless it was left out on purpose.
    NotAnalysed(String),
}

/// One file of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path relative to the repository root, `/`-separated; file names that are not UTF-8 are escaped.
    pub path: Arc<str>,
    /// The classifier's name for it, or empty.
    pub kind: &'static str,
    /// Why the classifier said so.
    pub reason: Cow<'static, str>,
    /// What became of it.
    pub status: FileStatus,
    /// The text, kept only where a finding needs it for a snippet.
    pub text: Option<Arc<str>>,
    /// Where it has secrets that nothing is reported about; findings have those of their files besides.
    pub hidden: Vec<Span>,
}

/// An error or remark of the run that is neither a finding nor a plugin's fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file or folder it is about.
    pub path: Option<String>,
    /// What happened: one sentence, lower case, no final period.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether something was left out because of it, which makes the exit code 2.
    pub incomplete: bool,
}

/// Who says that findings are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressionSource {
    /// A comment in the file.
    Comment,
    /// `suppress` in the configuration.
    Configuration,
    /// Another tool's directive, with the tool's name.
    Tool(&'static str),
}

/// What a suppression did in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressionUse {
    /// It accepts so many findings.
    Used(usize),
    /// It accepts nothing: what it was for is gone.
    Unused,
    /// It accepts nothing, and the run did not look at all that it might be for.
    Unknown,
    /// Its last day is over.
    Expired,
    /// It does not count: the configuration does not allow it, or names no rule that there is.
    Refused,
}

/// A suppression that a run met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppression {
    /// The file that it stands in, relative to the repository root.
    pub path: Arc<str>,
    /// Bytes of the directive.
    pub span: Span,
    /// Lines and columns of `span`.
    pub region: Region,
    /// Who says it.
    pub source: SuppressionSource,
    /// What it reaches: `line`, `node`, `document`, `file`, or the pattern of paths.
    pub scope: String,
    /// The rules as written.
    pub rules: Vec<String>,
    /// The last day on which it counts, as `2027-01-31`.
    pub until: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What it did.
    pub usage: SuppressionUse,
}

/// Numbers for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files seen by the walk.
    pub seen: usize,
    /// Files parsed and checked.
    pub analysed: usize,
    /// Files of no kind.
    pub no_kind: usize,
    /// Files that should have been analysed and were not.
    pub not_analysed: usize,
    /// Bytes of the analysed files.
    pub bytes: u64,
    /// Rules that were switched on.
    pub rules: usize,
}

/// Everything a run found out, in a stable order that does not depend on threads.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Version of stockade.
    pub version: String,
    /// All rules of the run, the reserved ones included; findings point in here.
    pub rules: RuleTable,
    /// For each rule of the table: whether it was switched on.
    pub enabled: Vec<bool>,
    /// Findings, sorted by path, position, rule id and message.
    pub findings: Vec<Finding>,
    /// Faults, sorted.
    pub faults: Vec<Fault>,
    /// Notes, sorted.
    pub notes: Vec<Note>,
    /// Files, sorted by path.
    pub files: Vec<FileEntry>,
    /// Files that were no part of the scan, and that findings point into: what they hold was put into files that were. Sorted by
    /// path.
    pub beside: Vec<FileEntry>,
    /// Entries of the baseline whose finding is gone.
    pub stale_baseline: usize,
    /// For each rule of the table: how many files it was run on. Empty unless the run counted them.
    pub looked_at: Vec<u32>,
    /// Suppressions, sorted by path and position.
    pub suppressions: Vec<Suppression>,
    /// Numbers.
    pub stats: Stats,
}

impl Report {
    /// Whether something that should have been looked at was not.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        !self.faults.is_empty() || self.notes.iter().any(|n| n.incomplete)
    }

    /// The file with this path, of the scan or beside it.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        let find = |files: &'_ [FileEntry]| files.binary_search_by(|f| (*f.path).cmp(path)).ok();
        find(&self.files)
            .and_then(|at| self.files.get(at))
            .or_else(|| find(&self.beside).and_then(|at| self.beside.get(at)))
    }
}
