//! The rules this program knows, and the plugins that check them.

use crate::args::SelectionArguments;
use crate::error::ProgramError;
use std::borrow::Cow;
use stockade_model::{Guide, RESERVED_PACKS, Rule, RuleSetup, RuleTable};
use stockade_pack::{
    Choice, Compiled, PackInfo, PackSource, PageStore, PluginDescription, RuleStore, Selection, Vocabulary,
    argument,
};
use stockade_sandbox::{Limits, Sandbox};

/// `page` of a user's own rule: this plus the number of its page. The built-in pages are far fewer.
const OWN_PAGES: u32 = 1 << 24;

/// Built-in rules and plugins, and the rules of a user's own packs.
pub(crate) struct Catalog {
    pub(crate) table: RuleTable,
    pub(crate) plugins: Vec<PluginDescription>,
    packs: Vec<PackInfo>,
    pages: PageStore<'static>,
    own_pages: Vec<String>,
    own_guides: Vec<Guide>,
}

impl Catalog {
    /// Opens the built-in rules.
    pub(crate) fn open() -> Result<Self, ProgramError> {
        let bundle = |error: stockade_pack::Error| ProgramError::Bundle { reason: error.to_string() };
        let store = RuleStore::open(stockade_bundle::RULES).map_err(bundle)?;
        let pages = PageStore::open(stockade_bundle::PAGES).map_err(bundle)?;
        Ok(Self {
            table: stockade_pack::table(store.rules),
            plugins: store.plugins,
            packs: store.packs,
            pages,
            own_pages: Vec::new(),
            own_guides: Vec::new(),
        })
    }

    /// Adds a user's own packs: rules without code, which use the checks of the built-in plugins.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn add_packs(
        &mut self,
        packs: &[PackSource],
        vocabulary: &Vocabulary<'_>,
    ) -> Result<(), Vec<stockade_pack::Error>> {
        let built_in = self.table.rules.iter().filter(|rule| !RESERVED_PACKS.contains(&rule.pack()));
        let mut base = Compiled {
            rules: built_in.cloned().collect(),
            pages: Vec::new(),
            packs: std::mem::take(&mut self.packs),
            plugins: self.plugins.clone(),
            guides: Vec::new(),
        };
        let added = stockade_pack::compile_onto(&base, packs, &[], vocabulary)?;
        base.rules.extend(added.rules.into_iter().map(|mut rule| {
            rule.page = rule.page.saturating_add(OWN_PAGES);
            rule
        }));
        base.rules.sort_by(|a, b| a.id.cmp(&b.id));
        stockade_pack::mark_guides(&mut base.rules, &added.guides);
        base.packs.extend(added.packs);
        base.packs.sort_by(|a, b| a.name.cmp(&b.name));
        self.table = stockade_pack::table(base.rules);
        self.packs = base.packs;
        self.own_pages = added.pages;
        self.own_guides = added.guides;
        Ok(())
    }

    /// The packs, sorted by name.
    pub(crate) fn packs(&self) -> &[PackInfo] {
        &self.packs
    }

    /// The guides, sorted by the name of their pack.
    pub(crate) fn guides(&self) -> Result<Vec<Guide>, ProgramError> {
        let mut guides = stockade_pack::guides_from_bytes(stockade_bundle::GUIDES)
            .map_err(|error| ProgramError::Bundle { reason: error.to_string() })?;
        guides.extend(self.own_guides.iter().cloned());
        guides.sort_by(|a, b| a.pack.cmp(&b.pack));
        Ok(guides)
    }

    /// A sandbox with the built-in plugins, set up with the rules that are on.
    pub(crate) fn sandbox(
        &self,
        table: &RuleTable,
        enabled: &[bool],
        limits: Limits,
    ) -> Result<Sandbox, ProgramError> {
        let mut builder = Sandbox::builder(limits)?;
        let mut rules = Vec::new();
        for builtin in stockade_bundle::PLUGINS {
            let Some(description) = self.plugins.iter().find(|p| p.name == builtin.name) else { continue };
            let needs: Vec<&str> = description.needs.iter().map(String::as_str).collect();
            let number = builder.add_builtin(builtin.name, &description.version, &needs, builtin.code);
            rules.push((number, setups(table, builtin.name, enabled)));
        }
        builder.rules(rules)?;
        Ok(builder.build())
    }

    /// The rules that these arguments switch on, without any file.
    pub(crate) fn select(&self, arguments: &SelectionArguments) -> Result<Selection, ProgramError> {
        Selection::of(&self.table, &[choice(arguments)]).map_err(|errors| ProgramError::Selection { errors })
    }
}

fn setups(table: &RuleTable, plugin: &str, enabled: &[bool]) -> Vec<RuleSetup> {
    let on = |index: usize| enabled.get(index).copied().unwrap_or(false);
    let rules = table.rules.iter().enumerate();
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

/// What the command line says about rules.
pub(crate) fn choice(arguments: &SelectionArguments) -> Choice {
    let list = |flag: &str, names: &[String]| names.iter().map(|n| argument(flag, n)).collect();
    let packs = packs_choice(&arguments.pack).select.into_iter();
    Choice {
        profile: arguments.profile.as_deref().map(|name| argument("--profile", name)),
        select: packs.chain(arguments.select.iter().map(|n| argument("--select", n))).collect(),
        extend_select: list("--extend-select", &arguments.extend_select),
        ignore: list("--ignore", &arguments.ignore),
        ..Choice::default()
    }
}

/// Only the rules of these packs and guides.
pub(crate) fn packs_choice(names: &[String]) -> Choice {
    let select = names.iter().map(|name| argument("--pack", &format!("pack:{name}"))).collect();
    Choice { select, ..Choice::default() }
}

impl stockade_report::Pages for Catalog {
    fn page(&self, rule: &Rule) -> Option<Cow<'_, str>> {
        match rule.page.checked_sub(OWN_PAGES) {
            Some(own) => self.own_pages.get(own as usize).map(|page| Cow::Borrowed(page.as_str())),
            None => self.pages.get(rule.page).map(Cow::Owned),
        }
    }
}
