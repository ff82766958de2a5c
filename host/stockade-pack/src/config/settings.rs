//! What the configuration means for a table of rules, and for each path.

use super::glob::{Glob, below};
use super::{Config, Date, Exclude, Layer, Suppress};
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::plugin::{ParamType, PluginDescription, Vocabulary, known_kind};
use crate::selection::{Choice, ResolvedChoice, Selection};
use crate::selector::resolve;
use crate::source::{Place, Placed};
use crate::view::View;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use stockade_model::{Param, RuleTable, Severity};

/// What the configuration is held against.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The plugins that the rules' checks are in.
    pub plugins: &'a [PluginDescription],
    /// Known file kinds.
    pub vocabulary: &'a Vocabulary<'a>,
    /// Today, for what must end in time; without it nothing is compared.
    pub today: Option<Date>,
}

/// The effective configuration of a run. Asking it is cheap, from any thread.
#[derive(Debug)]
pub struct Settings {
    /// The rules, with the parameters of the configuration.
    pub table: RuleTable,
    /// The least severity that fails the run: absent where no file says so, `None` inside for `never`.
    pub fail_on: Option<Placed<Option<Severity>>>,
    /// All files together, for what is asked of the whole run; nested files come after those above them.
    pub config: Config,
    pub(super) steps: Vec<Step>,
    suppress: Vec<Vec<usize>>,
    cache: Mutex<HashMap<Vec<u32>, Arc<Selection>>>,
}

/// One act of making a path's selection; they come in the order in which they count.
#[derive(Debug)]
pub(super) struct Step {
    /// The folder below which it counts.
    folder: String,
    /// The patterns one of which must match, where there are any.
    globs: Option<Vec<Glob>>,
    pub(super) act: Act,
}

#[derive(Debug)]
pub(super) enum Act {
    Apply(ResolvedChoice),
    Lock(Arc<ResolvedChoice>),
    Kind(String),
}

impl Step {
    fn counts_everywhere(&self) -> bool {
        self.folder.is_empty() && self.globs.is_none()
    }

    fn counts(&self, path: &str) -> bool {
        below(&self.folder, path).is_some()
            && self.globs.as_ref().is_none_or(|globs| globs.iter().any(|glob| glob.matches(path)))
    }
}

impl Settings {
    /// Puts together the outermost configuration, those of folders below in any order, and the command line.
    ///
    /// # Errors
    /// Names that mean nothing, parameters that do not fit, attempts at locked rules, and suppressions against
    /// the policy.
    pub fn new(
        table: RuleTable,
        outermost: Config,
        mut nested: Vec<Config>,
        command_line: &Choice,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Vec<Error>> {
        let folder =
            |config: &Config| config.layers.last().map(|layer| layer.folder.clone()).unwrap_or_default();
        nested.sort_by_key(|config| (folder(config).matches('/').count(), folder(config)));
        let config = nested.into_iter().fold(outermost, Config::merge);
        let mut builder = Builder { table: &table, steps: Vec::new(), errors: Vec::new() };
        for layer in &config.layers {
            builder.layer(layer, surroundings);
        }
        builder.command_line(command_line);
        let suppress = builder.suppressions(&config, surroundings.today);
        let overrides = builder.parameters(&config, surroundings.plugins);
        let externals = builder.externals(&config, surroundings.plugins);
        let Builder { steps, mut errors, .. } = builder;
        if !errors.is_empty() {
            errors.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
            errors.dedup();
            return Err(errors);
        }
        let fail_on = config.fail_on.clone();
        let mut settings = Self { table, fail_on, config, steps, suppress, cache: Mutex::default() };
        for (rule, trees) in overrides {
            if let Some(rule) = Arc::make_mut(&mut settings.table.rules).get_mut(rule) {
                rule.params = params::overlay(&rule.params, &trees).into();
            }
        }
        for (rule, params) in externals {
            if let Some(rule) = Arc::make_mut(&mut settings.table.rules).get_mut(rule) {
                rule.params.change(|own| own.extend(params));
            }
        }
        Ok(settings)
    }

    /// The settings of a run without any file.
    ///
    /// # Errors
    /// As [`Settings::new`], for what the command line names.
    pub fn without_files(table: RuleTable, command_line: &Choice) -> Result<Self, Vec<Error>> {
        let vocabulary = Vocabulary { kinds: &[], interface: "" };
        let surroundings = Surroundings { plugins: &[], vocabulary: &vocabulary, today: None };
        Self::new(table, Config::default(), Vec::new(), command_line, &surroundings)
    }

    /// Which rules are on for the file of this path (relative to the root, `/`-separated), and how severe they are.
    #[must_use]
    pub fn selection(&self, path: &str) -> Arc<Selection> {
        let mut key: Vec<u32> = Vec::new();
        for (number, step) in (0_u32..).zip(&self.steps) {
            if step.counts(path) {
                key.push(number);
            }
        }
        let excluded = self.exclude_of(path);
        key.extend(excluded.map(|_| u32::MAX));
        // The cache holds whole entries only, so a panic elsewhere cannot have left half of one.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let mut selection = self.fold(path, &mut |selection, choice| selection.apply(choice));
            if excluded.is_some() {
                let Selection { enabled, locked, .. } = &mut selection;
                enabled.iter_mut().zip(locked).for_each(|(enabled, locked)| *enabled &= locked.is_some());
            }
            Arc::new(selection)
        };
        Arc::clone(cache.entry(key).or_insert_with(fresh))
    }

    /// Makes a path's selection step by step; `apply` does what a choice says.
    pub(super) fn fold(
        &self,
        path: &str,
        apply: &mut dyn FnMut(&mut Selection, &ResolvedChoice),
    ) -> Selection {
        let mut selection = Selection::new(&self.table);
        for step in self.steps.iter().filter(|step| step.counts(path)) {
            match &step.act {
                Act::Apply(choice) => apply(&mut selection, choice),
                Act::Lock(choice) => selection.lock(choice),
                Act::Kind(_) => {}
            }
        }
        selection
    }

    /// For each rule of the table: whether it may be on for some path. What is not need not be configured at all.
    #[must_use]
    pub fn possible(&self) -> Vec<bool> {
        let mut may = Selection::new(&self.table);
        for step in &self.steps {
            match &step.act {
                Act::Apply(choice) if step.counts_everywhere() => may.apply(choice),
                Act::Apply(choice) => may.widen(choice),
                // Where a rule is locked it may stay on, whatever is said later.
                Act::Lock(choice) => may.lock(choice),
                Act::Kind(_) => {}
            }
        }
        may.enabled
    }

    /// The kind that the configuration gives to this file.
    #[must_use]
    pub fn kind(&self, path: &str) -> Option<&str> {
        let kind = |step: &'_ Step| matches!(step.act, Act::Kind(_)) && step.counts(path);
        self.steps.iter().rfind(|step| kind(step)).and_then(|step| match &step.act {
            Act::Kind(kind) => Some(kind.as_str()),
            _ => None,
        })
    }

    /// Why this file or folder is left out, if it is. A file that a locked rule reaches is never left out whole:
    /// its selection has just the locked rules, unless the exclusion stands in the file that locks them.
    #[must_use]
    pub fn excluded(&self, path: &str) -> Option<&Exclude> {
        let exclude = self.exclude_of(path)?;
        let selection = self.selection(path);
        let foreign_lock = |place: &Place| place.source != exclude.glob.written.place.source;
        let reached = selection.enabled.iter().zip(&selection.locked);
        let reached =
            reached.filter(|(on, _)| **on).any(|(_, locked)| locked.as_ref().is_some_and(foreign_lock));
        (!reached).then_some(exclude)
    }

    fn exclude_of(&self, path: &str) -> Option<&Exclude> {
        self.config.excludes.iter().find(|exclude| exclude.glob.matches(path))
    }

    /// The `suppress` entries that speak of this rule in this file; the caller compares the node and the day.
    pub fn suppressions<'a>(&'a self, path: &'a str, rule: usize) -> impl Iterator<Item = &'a Suppress> {
        self.suppressions_numbered(path, rule).map(|(_, entry)| entry)
    }

    /// The rules (indices into the table) of each `suppress` entry, in the order of [`Config::suppress`].
    #[must_use]
    pub fn suppressed_rules(&self) -> &[Vec<usize>] {
        &self.suppress
    }

    /// As [`Settings::suppressions`], with the number of each entry in [`Config::suppress`].
    pub fn suppressions_numbered<'a>(
        &'a self,
        path: &'a str,
        rule: usize,
    ) -> impl Iterator<Item = (usize, &'a Suppress)> {
        let entries = self.config.suppress.iter().zip(&self.suppress).enumerate();
        entries
            .filter(move |(_, (entry, rules))| rules.contains(&rule) && entry.glob.matches(path))
            .map(|(number, (entry, _))| (number, entry))
    }
}

struct Builder<'a> {
    table: &'a RuleTable,
    steps: Vec<Step>,
    errors: Vec<Error>,
}

impl Builder<'_> {
    fn layer(&mut self, layer: &Layer, surroundings: &Surroundings<'_>) {
        let above = self.state(Some(&layer.folder));
        let apply = |builder: &mut Self, choice: &Choice, globs: Option<&Vec<Glob>>| {
            let resolved = ResolvedChoice::new(choice, builder.table, &mut builder.errors);
            builder.errors.extend(above.forbidden(&resolved, builder.table));
            let (folder, globs) = (layer.folder.clone(), globs.cloned());
            builder.steps.push(Step { folder, globs, act: Act::Apply(resolved.clone()) });
            resolved
        };
        let own = apply(self, &layer.choice, None);
        for block in &layer.paths {
            apply(self, &block.choice, Some(&block.globs));
            if let Some(kind) = &block.kind {
                known_kind(kind, surroundings.vocabulary, &mut self.errors);
                let (folder, globs) = (layer.folder.clone(), Some(block.globs.clone()));
                self.steps.push(Step { folder, globs, act: Act::Kind(kind.value.clone()) });
            }
        }
        self.steps.push(Step { folder: layer.folder.clone(), globs: None, act: Act::Lock(Arc::new(own)) });
    }

    /// What the steps so far make of a folder, without the refinements by path; for `None` all locks of all
    /// folders are in force.
    fn state(&self, folder: Option<&str>) -> Selection {
        let mut selection = Selection::new(self.table);
        for step in self.steps.iter().filter(|step| step.globs.is_none()) {
            let counts = folder.is_none_or(|f| f == step.folder || below(&step.folder, f).is_some());
            match &step.act {
                Act::Apply(choice) if counts && (folder.is_some() || step.folder.is_empty()) => {
                    selection.apply(choice)
                }
                Act::Lock(choice) if counts => selection.lock(choice),
                _ => {}
            }
        }
        selection
    }

    fn command_line(&mut self, choice: &Choice) {
        let resolved = ResolvedChoice::new(choice, self.table, &mut self.errors);
        let above = self.state(None);
        self.errors.extend(above.forbidden(&resolved, self.table));
        self.steps.push(Step { folder: String::new(), globs: None, act: Act::Apply(resolved) });
    }

    /// Looks up the rules of each `suppress`, and holds it and each `exclude` against the policy.
    fn suppressions(&mut self, config: &Config, today: Option<Date>) -> Vec<Vec<usize>> {
        let policy = &config.suppressions;
        let reason_by =
            policy.require_reason.as_ref().filter(|switch| switch.value).map(|switch| &switch.place);
        let no_reason = |node: &str, reason: Option<&String>, place: &Place, errors: &mut Vec<Error>| {
            if let Some(by) = reason_by.filter(|_| reason.is_none_or(|reason| reason.trim().is_empty())) {
                errors.push(place.error(ErrorKind::NoReason { node: node.to_owned(), by: by.to_string() }));
            }
        };
        for exclude in &config.excludes {
            no_reason("exclude", exclude.reason.as_ref(), &exclude.glob.written.place, &mut self.errors);
        }
        let locks = self.state(None);
        let mut all = Vec::new();
        for entry in &config.suppress {
            let place = entry.rules.first().map_or(&entry.glob.written.place, |rule| &rule.place);
            no_reason("suppress", entry.reason.as_ref(), place, &mut self.errors);
            if let (Some(most), Some(today)) = (&policy.max_days, today) {
                let last = today.days().saturating_add(most.value);
                if entry.until.is_none_or(|until| until.days() > last) {
                    let (node, by) = ("suppress".to_owned(), most.place.to_string());
                    self.errors.push(place.error(ErrorKind::NoEnd { node, days: most.value, by }));
                }
            }
            let mut rules = Vec::new();
            for selector in &entry.rules {
                match resolve(selector, self.table) {
                    Ok(matched) => {
                        for rule in matched.rules {
                            match foreign_lock(&locks, rule, &selector.place) {
                                None => rules.push(rule),
                                Some(by) if matched.exact => self.locked(rule, by, &selector.place),
                                Some(_) => {}
                            }
                        }
                    }
                    Err(error) => self.errors.push(error),
                }
            }
            all.push(rules);
        }
        all
    }

    fn locked(&mut self, rule: usize, by: &Place, place: &Place) {
        let rule = self.table.rules.get(rule).map(|rule| rule.id.clone()).unwrap_or_default();
        self.errors.push(place.error(ErrorKind::Locked { rule, by: by.to_string() }));
    }

    /// Looks up the rule and the check of each `rule` block, and reads its parameters.
    fn parameters(
        &mut self,
        config: &Config,
        plugins: &[PluginDescription],
    ) -> Vec<(usize, Vec<params::ParamTree>)> {
        let locks = self.state(None);
        let mut overrides = Vec::new();
        for block in &config.params {
            let matched = match resolve(&block.rule, self.table) {
                Ok(matched) => matched,
                Err(error) => {
                    self.errors.push(error);
                    continue;
                }
            };
            let ([rule], true) = (&matched.rules[..], matched.exact) else {
                let (value, example) = (block.rule.value.clone(), "pack/rule");
                self.errors.push(block.rule.place.error(ErrorKind::Format {
                    what: "id of one rule",
                    value,
                    example,
                }));
                continue;
            };
            if let Some(by) = foreign_lock(&locks, *rule, &block.rule.place) {
                self.locked(*rule, by, &block.rule.place);
            }
            let Some(own) = self.table.rules.get(*rule) else { continue };
            let plugin = plugins.iter().find(|plugin| plugin.name == own.plugin);
            let view = View { node: &block.node, source: &block.source };
            match plugin.and_then(|plugin| plugin.check(&own.check)) {
                Some(check) => {
                    let name = format!("{}:{}", own.plugin, own.check);
                    params::check(view, &name, check, Some(&own.params), &mut self.errors);
                    overrides.push((*rule, params::read(view)));
                }
                // One of the host's own rules: there is nothing to set.
                None => {
                    for child in view.children() {
                        let (check, name) = (own.id.clone(), child.name().to_owned());
                        let kind = ErrorKind::UnknownParameter { check, name, near: None, known: Vec::new() };
                        self.errors.push(child.place().error(kind));
                    }
                }
            }
        }
        overrides
    }
}

impl Builder<'_> {
    /// The objects that live elsewhere, for each rule whose check wants to know of them. They do not reach a rule that
    /// another file locked: declaring what nobody sees is a way to switch it off.
    fn externals(&self, config: &Config, plugins: &[PluginDescription]) -> Vec<(usize, Vec<Param>)> {
        if config.externals.is_empty() {
            return Vec::new();
        }
        let locks = self.state(None);
        let mut found = Vec::new();
        for (index, rule) in self.table.rules.iter().enumerate() {
            let plugin = plugins.iter().find(|plugin| plugin.name == rule.plugin);
            let check = plugin.and_then(|plugin| plugin.check(&rule.check));
            let wanted = check.and_then(|check| check.params.iter().find(|p| p.kind == ParamType::Objects));
            let Some(wanted) = wanted else { continue };
            let free =
                config.externals.iter().filter(|e| foreign_lock(&locks, index, &e.kind.place).is_none());
            found.push((index, free.map(|external| external.param(&wanted.name)).collect()));
        }
        found
    }
}

/// Who locked a rule, if that is another file than the one that `place` is in.
fn foreign_lock<'a>(locks: &'a Selection, rule: usize, place: &Place) -> Option<&'a Place> {
    locks.locked.get(rule)?.as_ref().filter(|by| by.source != place.source)
}
