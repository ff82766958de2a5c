//! The rules this program knows, and the plugins that check them.

use crate::error::ProgramError;
use std::borrow::Cow;
use stockade_model::{Rule, RuleSetup, RuleTable};
use stockade_pack::{Choice, PageStore, PluginDescription, RuleStore, Selection, argument};
use stockade_sandbox::{Limits, Sandbox};

/// Built-in rules and plugins.
pub(crate) struct Catalog {
    pub(crate) table: RuleTable,
    pub(crate) plugins: Vec<PluginDescription>,
    pages: PageStore<'static>,
}

impl Catalog {
    /// Opens the built-in rules.
    pub(crate) fn open() -> Result<Self, ProgramError> {
        let bundle = |error: stockade_pack::Error| ProgramError::Bundle { reason: error.to_string() };
        let store = RuleStore::open(stockade_bundle::RULES).map_err(bundle)?;
        let pages = PageStore::open(stockade_bundle::PAGES).map_err(bundle)?;
        Ok(Self { table: stockade_pack::table(store.rules), plugins: store.plugins, pages })
    }

    /// A sandbox with the built-in plugins, set up with the rules that are on.
    pub(crate) fn sandbox(&self, enabled: &[bool], limits: Limits) -> Result<Sandbox, ProgramError> {
        let mut builder = Sandbox::builder(limits)?;
        let mut rules = Vec::new();
        for builtin in stockade_bundle::PLUGINS {
            let Some(description) = self.plugins.iter().find(|p| p.name == builtin.name) else { continue };
            let needs: Vec<&str> = description.needs.iter().map(String::as_str).collect();
            let number = builder.add_builtin(builtin.name, &description.version, &needs, builtin.code);
            rules.push((number, self.setups(builtin.name, enabled)));
        }
        builder.rules(rules)?;
        Ok(builder.build())
    }

    fn setups(&self, plugin: &str, enabled: &[bool]) -> Vec<RuleSetup> {
        let on = |index: usize| enabled.get(index).copied().unwrap_or(false);
        let rules = self.table.rules.iter().enumerate();
        rules
            .filter(|(index, rule)| rule.plugin == plugin && on(*index))
            .map(|(index, rule)| RuleSetup {
                rule: index as u32,
                id: rule.id.clone(),
                check: rule.check.clone(),
                params: rule.params.clone(),
            })
            .collect()
    }

    /// The rules that these arguments switch on.
    pub(crate) fn select(
        &self,
        arguments: &crate::args::SelectionArguments,
    ) -> Result<Selection, ProgramError> {
        let list = |flag: &str, names: &[String]| names.iter().map(|n| argument(flag, n)).collect();
        let choice = Choice {
            profile: arguments.profile.as_deref().map(|name| argument("--profile", name)),
            select: list("--select", &arguments.select),
            extend_select: list("--extend-select", &arguments.extend_select),
            ignore: list("--ignore", &arguments.ignore),
            ..Choice::default()
        };
        Selection::of(&self.table, &[choice]).map_err(|errors| ProgramError::Selection { errors })
    }
}

impl stockade_report::Pages for Catalog {
    fn page(&self, rule: &Rule) -> Option<Cow<'_, str>> {
        self.pages.get(rule.page).map(Cow::Owned)
    }
}
