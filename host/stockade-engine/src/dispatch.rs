//! Which rules of which plugins look at which file.

use crate::literals::Literals;
use crate::suppress::Acceptance;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use stockade_model::{PluginInfo, RuleTable, Severity};
use stockade_syntax::FileKind;

/// What is switched on in a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// For each rule of the table: whether it is on.
    pub enabled: Vec<bool>,
    /// For each rule of the table: its severity after configuration.
    pub severity: Vec<Severity>,
    /// For each rule of the table: whether the configuration gave it that severity, which then holds for every finding
    /// of it. Rules beyond the end count as not rated.
    pub rated: Vec<bool>,
}

/// What a run's configuration says of each path.
pub trait Policy: Sync {
    /// For each rule of the table: whether it is on for any path at all.
    fn possible(&self) -> Vec<bool>;

    /// For each rule of the table: whether it is asked, where it is off, for what reports must not show. The checker must
    /// have been told of these rules as of those that are on.
    fn hiding(&self) -> Vec<bool> {
        Vec::new()
    }

    /// What is on for this path (relative to the root, separated by `/`).
    fn plan(&self, path: &str) -> Arc<Plan>;

    /// What the file is, where the configuration says so.
    fn kind(&self, path: &str) -> Option<FileKind>;

    /// Why the file is left out, if it is.
    fn excluded(&self, path: &str) -> Option<String>;

    /// Whether nothing that stands in this file may suppress this rule.
    fn locked(&self, _path: &str, _rule: usize) -> bool {
        false
    }

    /// The entries of the configuration that accept findings.
    fn acceptances(&self) -> Vec<Acceptance> {
        Vec::new()
    }

    /// Those entries (indices into [`Policy::acceptances`]) that speak of findings of this rule at this node (its path
    /// in the document) of this file, whatever their last day.
    fn accepted(&self, _path: &str, _rule: usize, _node_path: &str) -> Vec<usize> {
        Vec::new()
    }
}

/// The same plan for every path.
impl Policy for Arc<Plan> {
    fn possible(&self) -> Vec<bool> {
        self.enabled.clone()
    }

    fn plan(&self, _: &str) -> Arc<Plan> {
        Self::clone(self)
    }

    fn kind(&self, _: &str) -> Option<FileKind> {
        None
    }

    fn excluded(&self, _: &str) -> Option<String> {
        None
    }
}

/// The calls that one file needs: for each plugin, the rules to run, ascending.
pub(crate) type Calls = Vec<(usize, Vec<u32>)>;

/// The dispatch table of a run.
pub(crate) struct Dispatch<'a> {
    table: &'a RuleTable,
    /// What runs on each kind of file.
    by_kind: Vec<OfKind>,
    /// Project rules by plugin.
    pub(crate) project: Calls,
    /// Those of them that are told of every file.
    pub(crate) repository: Vec<usize>,
}

/// The rules for one kind of file. Most scans meet a handful of kinds: only for these the literals are made ready.
#[derive(Default)]
struct OfKind {
    /// With the plugin.
    rules: Vec<(usize, u32)>,
    filters: OnceLock<Filters>,
}

/// What the rules for one kind of file ask of its text.
#[derive(Default)]
struct Filters {
    /// By plugin.
    plugins: Vec<(usize, Vec<RuleFilter>)>,
    /// Each once.
    literals: Literals,
}

struct RuleFilter {
    rule: u32,
    /// Indices into the kind's literals; empty: no condition.
    any_literal: Vec<usize>,
}

impl<'a> Dispatch<'a> {
    /// `whole`: whether the whole repository is scanned.
    pub(crate) fn new(table: &'a RuleTable, possible: &[bool], plugins: &[PluginInfo], whole: bool) -> Self {
        let mut by_kind: Vec<OfKind> = FileKind::ALL.iter().map(|_| OfKind::default()).collect();
        let mut project: Calls = Vec::new();
        let mut repository = Vec::new();
        for (index, rule) in table.rules.iter().enumerate() {
            let on = possible.get(index).copied().unwrap_or(false) && (whole || !rule.repository);
            let Some(plugin) = plugins.iter().position(|p| p.name == rule.plugin).filter(|_| on) else {
                continue;
            };
            for kind in rule.kinds.iter().filter_map(|k| FileKind::from_name(k)) {
                let Some(slot) = by_kind.get_mut(kind as usize) else { continue };
                slot.rules.push((plugin, index as u32));
            }
            if rule.project {
                push(&mut project, plugin, index as u32);
            }
            if rule.repository && !repository.contains(&plugin) {
                repository.push(plugin);
            }
        }
        Self { table, by_kind, project, repository }
    }

    /// Whether any rule looks at files of this kind.
    pub(crate) fn has_rules(&self, kind: FileKind) -> bool {
        self.by_kind.get(kind as usize).is_some_and(|slot| !slot.rules.is_empty())
    }

    /// The calls for a file of this kind with this text, of the rules that `plan` has on.
    pub(crate) fn calls(&self, kind: FileKind, text: &str, plan: &Plan) -> Calls {
        let Some(slot) = self.by_kind.get(kind as usize) else { return Vec::new() };
        let slot = slot.filters.get_or_init(|| Filters::new(self.table, &slot.rules));
        // What is binary is not shown as its text: literals say nothing of it, and a prefilter may only spare work.
        let found = (!slot.literals.is_empty() && !kind.may_be_binary()).then(|| slot.literals.find(text));
        let occurs = |literal: &usize| found.as_ref().is_none_or(|found| found.has(*literal));
        let mut calls = Vec::new();
        for (plugin, filters) in &slot.plugins {
            let mut rules = Vec::with_capacity(filters.len());
            for filter in filters {
                if plan.enabled.get(filter.rule as usize).copied().unwrap_or(false)
                    && (filter.any_literal.is_empty() || filter.any_literal.iter().any(occurs))
                {
                    rules.push(filter.rule);
                }
            }
            if !rules.is_empty() {
                calls.push((*plugin, rules));
            }
        }
        calls
    }
}

impl Filters {
    fn new(table: &RuleTable, rules: &[(usize, u32)]) -> Self {
        let mut this = Self::default();
        let mut all = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for (plugin, index) in rules {
            let literals = table.rules.get(*index as usize).map_or(&[][..], |rule| &rule.any_literal);
            let mut number = |literal| {
                *numbers.entry(literal).or_insert_with(|| {
                    all.push(literal);
                    all.len() - 1
                })
            };
            let any_literal = literals.iter().map(|literal| number(literal.as_str())).collect();
            push(&mut this.plugins, *plugin, RuleFilter { rule: *index, any_literal });
        }
        this.literals = Literals::new(all);
        this
    }
}

fn push<T>(list: &mut Vec<(usize, Vec<T>)>, plugin: usize, item: T) {
    match list.iter_mut().find(|(p, _)| *p == plugin) {
        Some((_, items)) => items.push(item),
        None => list.push((plugin, vec![item])),
    }
}
