//! Which rules of which plugins look at which file.

use crate::literals::Literals;
use crate::suppress::Acceptance;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use stockade_model::{AlsoLiterals, PluginInfo, Rule, RuleTable, Severity};
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
    /// Lists of indices into the kind's literals: one of each must occur. None of them is empty.
    literals: Vec<Vec<usize>>,
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
        let slot = slot.filters.get_or_init(|| Filters::new(self.table, kind, &slot.rules));
        // What is binary is not shown as its text: literals say nothing of it, and a prefilter may only spare work.
        let found = (!slot.literals.is_empty() && !kind.may_be_binary()).then(|| slot.literals.find(text));
        let occurs = |literal: &usize| found.as_ref().is_none_or(|found| found.has(*literal));
        let mut calls = Vec::new();
        for (plugin, filters) in &slot.plugins {
            let mut rules = Vec::with_capacity(filters.len());
            for filter in filters {
                if plan.enabled.get(filter.rule as usize).copied().unwrap_or(false)
                    && filter.literals.iter().all(|list| list.iter().any(occurs))
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
    fn new(table: &RuleTable, kind: FileKind, rules: &[(usize, u32)]) -> Self {
        let mut this = Self::default();
        let mut all: Vec<Cow<'_, str>> = Vec::new();
        let mut numbers: HashMap<Cow<'_, str>, usize> = HashMap::new();
        let mut number = |literal| {
            let next = all.len();
            *numbers.entry(literal).or_insert_with_key(|literal| {
                all.push(literal.clone());
                next
            })
        };
        for (plugin, index) in rules {
            let lists = table.rules.get(*index as usize).map(|rule| lists(rule, kind)).unwrap_or_default();
            let numbered = |list: Vec<_>| list.into_iter().map(&mut number).collect();
            push(
                &mut this.plugins,
                *plugin,
                RuleFilter { rule: *index, literals: lists.into_iter().map(numbered).collect() },
            );
        }
        this.literals = Literals::new(all.iter().map(Cow::as_ref));
        this
    }
}

/// The lists of literals of which one each must occur in a file of this kind for a finding of the rule to be possible.
fn lists(rule: &Rule, kind: FileKind) -> Vec<Vec<Cow<'_, str>>> {
    let applies =
        |also: &&AlsoLiterals| also.kinds.is_empty() || also.kinds.iter().any(|k| k == kind.as_str());
    let also = rule.also_literals.iter().filter(applies).map(|also| also.literals.as_slice());
    let fixed = std::iter::once(&*rule.any_literal).chain(also);
    let mut lists: Vec<Vec<_>> =
        fixed.map(|list| list.iter().map(|literal| Cow::Borrowed(literal.as_str())).collect()).collect();
    lists.extend(rule.literal_param.iter().map(|name| of_param(rule, name)));
    lists.retain(|list| !list.is_empty());
    lists
}

/// The beginnings of a parameter's texts; none where one of them says nothing.
fn of_param<'r>(rule: &'r Rule, name: &str) -> Vec<Cow<'r, str>> {
    let texts = rule
        .params
        .iter()
        .filter(|param| param.depth == 0 && param.name == name)
        .flat_map(|param| &param.args);
    let literal = |text: &'r String| {
        let front = text.split('=').next().unwrap_or_default();
        (!front.is_empty() && front.is_ascii()).then(|| Cow::Owned(front.to_ascii_lowercase()))
    };
    texts.map(literal).collect::<Option<_>>().unwrap_or_default()
}

fn push<T>(list: &mut Vec<(usize, Vec<T>)>, plugin: usize, item: T) {
    match list.iter_mut().find(|(p, _)| *p == plugin) {
        Some((_, items)) => items.push(item),
        None => list.push((plugin, vec![item])),
    }
}

#[cfg(test)]
mod tests {
    use super::Dispatch;
    use crate::Plan;
    use stockade_model::{AlsoLiterals, Param, PluginInfo, Rule, RuleTable, reserved_rules};
    use stockade_syntax::FileKind;

    /// Whether a rule is asked about a file.
    fn is_asked(change: impl FnOnce(&mut Rule), kind: FileKind, text: &str) -> bool {
        let mut rule = reserved_rules().remove(0);
        rule.plugin = "fake".to_owned();
        rule.kinds = ["compose".to_owned(), "yaml".to_owned()].into();
        change(&mut rule);
        let table = RuleTable::new(vec![rule]);
        let plugin =
            PluginInfo { name: "fake".into(), version: "1.0.0".into(), needs: Vec::new(), only_with: None };
        let plan = Plan { enabled: vec![true], ..Plan::default() };
        !Dispatch::new(&table, &[true], &[plugin], true).calls(kind, text, &plan).is_empty()
    }

    #[test]
    fn one_literal_of_each_list_must_occur() {
        let lists = |rule: &mut Rule| {
            rule.any_literal = ["image".into(), "build".into()].into();
            let literals = vec!["ports".into(), "EXPOSE".to_ascii_lowercase()];
            rule.also_literals.push(AlsoLiterals { literals, kinds: Vec::new() });
            let (literals, kinds) = (vec!["services".into()], vec!["compose".into()]);
            rule.also_literals.push(AlsoLiterals { literals, kinds });
        };
        assert!(is_asked(lists, FileKind::Yaml, "image: a\nExpose: 1\n"));
        assert!(is_asked(lists, FileKind::Compose, "Services:\n a:\n  build: .\n  ports: []\n"));
        for (kind, text) in [
            (FileKind::Yaml, "image: a\n"),
            (FileKind::Yaml, "ports: []\n"),
            (FileKind::Compose, "a:\n build: .\n ports: []\n"),
            (FileKind::Json, "{\"image\": \"ports\"}"),
        ] {
            assert!(!is_asked(lists, kind, text), "{text}");
        }
    }

    #[test]
    fn literals_of_a_parameter_are_those_of_the_rule() {
        let with = |texts: &[&str]| {
            let args = texts.iter().map(|text| (*text).to_owned()).collect();
            let param = Param { name: "images".to_owned(), args, ..Param::default() };
            move |rule: &mut Rule| {
                rule.params.change(|params| params.push(param));
                rule.literal_param = Some("images".to_owned());
            }
        };
        assert!(is_asked(with(&["Shop/Api=SECRET", "db"]), FileKind::Yaml, "image: shop/api:1\n"));
        assert!(!is_asked(with(&["shop/api=SECRET", "db"]), FileKind::Yaml, "image: web\n"));
        // Nothing can be said of a file's text.
        for texts in [&["=x", "db"][..], &["größe"], &[]] {
            assert!(is_asked(with(texts), FileKind::Yaml, "image: web\n"), "{texts:?}");
        }
    }
}
