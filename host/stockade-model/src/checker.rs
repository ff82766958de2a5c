//! The one way to run a rule.

use crate::{Document, Fact, Fault, Later, Param, RawReport};
use std::sync::Arc;

/// A rule as a plugin gets to know it in `configure`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetup {
    /// The rule's index in the run's rule table: what the plugin's findings name.
    pub rule: u32,
    /// The rule's id, for the plugin's own messages.
    pub id: String,
    /// Which check to run.
    pub check: String,
    /// Its parameters in pre-order.
    pub params: Later<Vec<Param>>,
}

/// What the engine needs to know of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginInfo {
    /// Its name: the part before the colon in `check "name:check"`.
    pub name: String,
    /// Its version, for messages.
    pub version: String,
    /// Names of document tables it wants: `nodes`, `comments`, `settings`, `environment`.
    pub needs: Vec<String>,
    /// The table without rows of which it has nothing to look at: it is called only for files that have some.
    pub only_with: Option<String>,
}

/// The facts a plugin recorded for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Path relative to the repository root.
    pub path: Arc<str>,
    /// The file's kind.
    pub kind: &'static str,
    /// Its facts.
    pub facts: Vec<Fact>,
}

/// Asks plugins about documents. Implemented by the sandbox; the engine's own tests have a fake.
///
/// Implementations are called from several threads at once, and answer the same for the same input
/// whatever was asked before.
pub trait Checker: Sync {
    /// The plugins, in a fixed order; the index is the plugin's number below.
    fn plugins(&self) -> &[PluginInfo];

    /// Runs the rules (indices into the rule table) of one plugin on one file.
    /// `path` is relative to the repository root, `kind` is the classifier's name for the file.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin traps, exceeds a limit or answers nonsense.
    fn check(
        &self,
        plugin: usize,
        path: &str,
        kind: &str,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault>;

    /// Runs the project rules of one plugin on the facts of all files, which are sorted by path.
    ///
    /// # Errors
    /// As [`Checker::check`].
    fn check_project(&self, plugin: usize, rules: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault>;
}
