//! `stockade.kdl`: what a user configures.
//!
//! [`Config`] is what files say, with the place of each value; [`Settings`] is what it means for a table of rules
//! and for each path. The outermost file governs the run. Files in folders below refine it for their folder, and
//! `extends` puts another file before one.

mod date;
mod glob;
mod load;
mod read;
mod settings;
pub(crate) mod shapes;
mod show;

pub use date::Date;
pub use load::{Fetched, MAX_EXTENDS};
pub use settings::{Settings, Surroundings};
pub use show::{RuleState, Shown};

use crate::selection::Choice;
use crate::source::{Place, Placed, Source};
use glob::Glob;
use kdl::KdlNode;
use stockade_model::{Param, Severity};

/// What a file says about some of the paths below its folder.
#[derive(Clone, Debug)]
pub struct PathBlock {
    pub(crate) globs: Vec<Glob>,
    /// Which rules are on there; only `extend_select`, `ignore` and `severity` are ever set.
    pub choice: Choice,
    /// What the files are.
    pub kind: Option<Placed<String>>,
}

/// What one file says about rules, for its folder.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The folder it governs, relative to the root, `/`-separated, empty for the root itself.
    pub folder: String,
    /// Which rules are on.
    pub choice: Choice,
    /// Refinements by path, in the order they were written.
    pub paths: Vec<PathBlock>,
}

/// Files that are left out.
#[derive(Clone, Debug)]
pub struct Exclude {
    pub(crate) glob: Glob,
    /// Why.
    pub reason: Option<String>,
}

/// Findings that are accepted by configuration.
#[derive(Clone, Debug)]
pub struct Suppress {
    /// The rules.
    pub rules: Vec<Placed<String>>,
    pub(crate) glob: Glob,
    /// The node, with all below it.
    pub node: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Last day.
    pub until: Option<Date>,
    /// The whole entry.
    pub place: Place,
}

impl Suppress {
    /// The pattern of files, as written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.glob.written.value
    }

    /// Whether it speaks of the node of this path in its file: the node that it names, with all below it, or any.
    #[must_use]
    pub fn speaks_of(&self, node_path: &str) -> bool {
        let Some(own) = self.node.as_deref().map(|node| node.trim_matches('/')) else { return true };
        node_path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Parameters for a rule's check. What they mean is known only together with the check.
#[derive(Clone, Debug)]
pub struct RuleParams {
    /// The rule.
    pub rule: Placed<String>,
    pub(crate) node: KdlNode,
    pub(crate) source: Source,
}

/// A file elsewhere, with the digest of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Path as written, relative to the folder of the file that says it.
    pub target: Placed<String>,
    /// That folder.
    pub folder: String,
    /// SHA-256 in 64 lower-case hexadecimal digits.
    pub digest: Option<String>,
}

/// An object that no file of the repository shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// What it is, such as `ServiceAccount`.
    pub kind: Placed<String>,
    /// Its name.
    pub name: String,
    /// Its namespace, or any.
    pub namespace: Option<String>,
    /// Its labels as `key=value`, separated by commas; unknown where they are left out.
    pub labels: Option<String>,
}

impl External {
    /// The object as a parameter of a check, under the name that the check has for such parameters.
    pub(crate) fn param(&self, name: &str) -> Param {
        let mut props = vec![("name".to_owned(), self.name.clone())];
        props.extend(self.namespace.iter().map(|namespace| ("namespace".to_owned(), namespace.clone())));
        props.extend(self.labels.iter().map(|labels| ("labels".to_owned(), labels.clone())));
        props.sort();
        Param { depth: 0, name: name.to_owned(), args: vec![self.kind.value.clone()], props }
    }
}

/// What suppressions must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppressionPolicy {
    /// They must give reasons.
    pub require_reason: Option<Placed<bool>>,
    /// They must end within so many days.
    pub max_days: Option<Placed<u32>>,
    /// Comments suppress nothing.
    pub forbid_inline: Option<Placed<bool>>,
    /// Tools whose directives count.
    pub peers: Vec<Placed<String>>,
}

/// What configuration files say: one, or one with all that it extends.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What is said about rules; bases first.
    pub layers: Vec<Layer>,
    /// Files left out.
    pub excludes: Vec<Exclude>,
    /// Findings accepted.
    pub suppress: Vec<Suppress>,
    /// Parameters of rules.
    pub params: Vec<RuleParams>,
    /// The least severity that fails a run; `None` inside stands for `never`.
    pub fail_on: Option<Placed<Option<Severity>>>,
    /// Largest file that is analysed, in bytes.
    pub max_file_size: Option<Placed<u64>>,
    /// Rules for suppressions.
    pub suppressions: SuppressionPolicy,
    /// Folders with packs; never pinned.
    pub packs: Vec<Pinned>,
    /// Names of plugins from outside; the lock file says what they are.
    pub plugins: Vec<Placed<String>>,
    /// Objects elsewhere.
    pub externals: Vec<External>,
    /// Bases that are still to be loaded; empty after [`Config::load`].
    pub extends: Vec<Pinned>,
    /// The files that this comes from, bases first.
    pub sources: Vec<Source>,
}

impl Config {
    /// This configuration refined by `over`: lists are joined, single values replaced, the policy for suppressions
    /// only made stricter.
    #[must_use]
    pub fn merge(mut self, over: Self) -> Self {
        self.layers.extend(over.layers);
        self.excludes.extend(over.excludes);
        self.suppress.extend(over.suppress);
        self.params.extend(over.params);
        self.fail_on = over.fail_on.or(self.fail_on);
        self.max_file_size = over.max_file_size.or(self.max_file_size);
        self.suppressions = self.suppressions.merge(over.suppressions);
        self.packs.extend(over.packs);
        self.plugins.extend(over.plugins);
        self.externals.extend(over.externals);
        self.extends.extend(over.extends);
        self.sources.extend(over.sources);
        self
    }
}

impl SuppressionPolicy {
    fn merge(self, over: Self) -> Self {
        // A policy that is on stays on; of two limits the smaller counts.
        let stricter = |own: Option<Placed<bool>>, over: Option<Placed<bool>>| match own {
            Some(own) if own.value => Some(own),
            own => over.or(own),
        };
        let max_days = match (self.max_days, over.max_days) {
            (Some(a), Some(b)) => Some(if b.value < a.value { b } else { a }),
            (a, b) => a.or(b),
        };
        // Reading other tools' directives is the looser setting: a file that names some allows no others.
        let mut peers = if self.peers.is_empty() { over.peers.clone() } else { self.peers };
        if !over.peers.is_empty() {
            peers.retain(|own| over.peers.iter().any(|peer| peer.value == own.value));
        }
        Self {
            require_reason: stricter(self.require_reason, over.require_reason),
            max_days,
            forbid_inline: stricter(self.forbid_inline, over.forbid_inline),
            peers,
        }
    }
}
