//! What a plugin can do wrong. A fault is never a finding.

use serde::Serialize;
use std::fmt;

/// What kind of wrong; the name is stable and appears in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The plugin trapped: a panic, an abort, an access out of bounds.
    Trap,
    /// It used up its deterministic budget of instructions.
    Budget,
    /// It used up its wall-clock backstop.
    Deadline,
    /// It wanted more memory or table space than it may have.
    Memory,
    /// It used up its stack.
    Stack,
    /// It answered with something that is no valid answer: a span outside the file, an unknown rule,
    /// too many findings, too long a text.
    Answer,
    /// It said itself that it cannot handle the file.
    Refused,
    /// It could not be opened: too large, invalid, an import that is not offered, a wrong version.
    Open,
    /// It did not accept its rules' parameters.
    Configure,
}

impl FaultKind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Answer => "answer",
            Self::Refused => "refused",
            Self::Open => "open",
            Self::Configure => "configure",
        }
    }
}

/// A plugin did something wrong: it costs one file of one plugin, and makes the run incomplete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The plugin's name.
    pub plugin: String,
    /// What kind of wrong.
    pub kind: FaultKind,
    /// The file it was working on, or `None` for opening, configuring and the whole project.
    pub path: Option<String>,
    /// What happened, cleaned: one sentence, lower case, no final period.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin `{}`", self.plugin)?;
        if let Some(path) = &self.path {
            write!(f, " on `{path}`")?;
        }
        write!(f, ": {} ({})", self.message, self.kind.as_str())
    }
}
