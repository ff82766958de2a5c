//! The effective configuration as a list, with where each value comes from.

use super::{Config, Settings};
use crate::selection::{Choice, DEFAULT, Decision};
use crate::source::Place;
use stockade_model::Severity;

/// One setting that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The node's name in `stockade.kdl`.
    pub name: &'static str,
    /// The value as one would write it there.
    pub value: String,
    /// Where it is written, or `None` for what holds without any file.
    pub place: Option<Place>,
}

/// What is in force for one rule and one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleState {
    /// Index into the table.
    pub rule: usize,
    /// Whether it is on.
    pub enabled: bool,
    /// What switched it on or off last, or `None` for the default profile.
    pub enabled_by: Option<Place>,
    /// Its severity.
    pub severity: Severity,
    /// What changed it, or `None` for the rule's own.
    pub severity_by: Option<Place>,
    /// What locked it.
    pub locked_by: Option<Place>,
}

impl Settings {
    /// The state of every rule for the file of this path, in the order of the table.
    #[must_use]
    pub fn rule_states(&self, path: &str) -> Vec<RuleState> {
        let mut by: Vec<(Option<Place>, Option<Place>)> = vec![(None, None); self.table.rules.len()];
        let mut selection = self.fold(path, &mut |selection, choice| {
            selection.apply_and_trace(choice, &mut |rule, decision| {
                if let Some((enabled, severity)) = by.get_mut(rule) {
                    match decision {
                        Decision::Enabled(place) => *enabled = Some(place.clone()),
                        Decision::Severity(place) => *severity = Some(place.clone()),
                    }
                }
            });
        });
        let last = self.selection(path);
        let states = by.into_iter().zip(std::mem::take(&mut selection.locked)).enumerate();
        let states = states.filter_map(|(rule, ((enabled_by, severity_by), locked_by))| {
            let (enabled, severity) = (*last.enabled.get(rule)?, *last.severity.get(rule)?);
            Some(RuleState { rule, enabled, enabled_by, severity, severity_by, locked_by })
        });
        states.collect()
    }

    /// The settings of the whole run, file by file. The arguments are what the program does where no file says
    /// otherwise: the severity that fails a run, and the largest file in bytes.
    #[must_use]
    pub fn show(&self, fail_on: Severity, max_file_size: u64) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut add = |name, value: String, place: Option<&Place>| {
            shown.push(Shown { name, value, place: place.cloned() })
        };
        let Config { excludes, suppress, params, suppressions: policy, packs, plugins, externals, .. } =
            &self.config;
        let starts = |choice: &Choice| choice.profile.is_some() || !choice.select.is_empty();
        if !self.config.layers.iter().any(|layer| starts(&layer.choice)) {
            add("profile", quoted(DEFAULT), None);
        }
        for layer in &self.config.layers {
            let choice = &layer.choice;
            if let Some(profile) = &choice.profile {
                add("profile", quoted(&profile.value), Some(&profile.place));
            }
            let lists = [
                ("select", &choice.select),
                ("extend-select", &choice.extend_select),
                ("ignore", &choice.ignore),
                ("locked", &choice.locked),
            ];
            for (name, selectors) in lists {
                for selector in selectors {
                    add(name, quoted(&selector.value), Some(&selector.place));
                }
            }
            for over in &choice.severity {
                add(
                    "severity",
                    format!("{} to={}", quoted(&over.rules.value), quoted(over.severity.as_str())),
                    Some(&over.rules.place),
                );
            }
            for glob in layer.paths.iter().flat_map(|block| &block.globs) {
                add("path", quoted(&glob.written.value), Some(&glob.written.place));
            }
        }
        for exclude in excludes {
            let reason = exclude.reason.as_ref().map(|reason| format!(" reason={}", quoted(reason)));
            let value = quoted(&exclude.glob.written.value) + reason.as_deref().unwrap_or_default();
            add("exclude", value, Some(&exclude.glob.written.place));
        }
        for entry in suppress {
            let rules: Vec<String> = entry.rules.iter().map(|rule| quoted(&rule.value)).collect();
            let path = quoted(&entry.glob.written.value);
            add("suppress", format!("{} path={path}", rules.join(" ")), Some(&entry.glob.written.place));
        }
        for block in params {
            add("rule", quoted(&block.rule.value), Some(&block.rule.place));
        }
        let level = self.fail_on.as_ref();
        let word = level.map_or(fail_on.as_str(), |level| level.value.map_or("never", Severity::as_str));
        add("fail-on", quoted(word), level.map(|level| &level.place));
        let size = self.config.max_file_size.as_ref();
        let bytes = size.map_or(max_file_size, |size| size.value);
        add("max-file-size", bytes.to_string(), size.map(|size| &size.place));
        for (name, switch) in
            [("require-reason", &policy.require_reason), ("forbid-inline", &policy.forbid_inline)]
        {
            let value = switch.as_ref().is_some_and(|switch| switch.value);
            add(name, format!("#{value}"), switch.as_ref().map(|switch| &switch.place));
        }
        for tool in &policy.peers {
            add("peers", quoted(&tool.value), Some(&tool.place));
        }
        if let Some(days) = &policy.max_days {
            add("max-days", days.value.to_string(), Some(&days.place));
        }
        let packs = packs.iter().map(|pack| ("pack", &pack.target));
        for (node, named) in packs.chain(plugins.iter().map(|name| ("plugin", name))) {
            add(node, quoted(&named.value), Some(&named.place));
        }
        for external in externals {
            let value = format!("{} name={}", quoted(&external.kind.value), quoted(&external.name));
            add("external", value, Some(&external.kind.place));
        }
        shown
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
