//! The rules this program knows, and the plugins that check them.

use crate::args::SelectionArguments;
use crate::dirs;
use crate::error::ProgramError;
use crate::plugins::Component;
use crate::terminal::while_slow;
use std::borrow::Cow;
use stockade_model::{Guide, RESERVED_PACKS, Rule, RuleSetup, RuleTable};
use stockade_pack::config::Date;
use stockade_pack::{
    Choice, Compiled, PackInfo, PackSource, PageStore, PluginDescription, RuleStore, Selection, Vocabulary,
    argument,
};
use stockade_sandbox::{Limits, Sandbox};

/// `page` of a user's own rule: this plus the number of its page. The built-in pages are far fewer.
const OWN_PAGES: u32 = 1 << 24;

/// Built-in rules and plugins, plugins from outside, and the rules of a user's own packs.
pub(crate) struct Catalog {
    pub(crate) table: RuleTable,
    pub(crate) plugins: Vec<PluginDescription>,
    packs: Vec<PackInfo>,
    pages: PageStore<'static>,
    own_pages: Vec<String>,
    own_guides: Vec<Guide>,
    components: Vec<Component>,
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
            components: Vec::new(),
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
        let base = Compiled {
            rules: self.rules(|_| true),
            pages: Vec::new(),
            packs: self.packs.clone(),
            plugins: self.plugins.clone(),
            guides: Vec::new(),
        };
        let added = stockade_pack::compile_onto(&base, packs, &[], vocabulary)?;
        self.merge(added);
        Ok(())
    }

    /// Adds a plugin from outside with its rules. It runs only for rules that are on.
    ///
    /// # Errors
    /// Where it would not be opened, or has the name of another one.
    pub(crate) fn add_plugin(&mut self, component: Component) -> Result<(), ProgramError> {
        let component = component.usable()?;
        if let Some(other) = self.components.iter().find(|other| other.name() == component.name()) {
            return Err(ProgramError::TwoPlugins {
                name: component.name().to_owned(),
                first: other.origin.clone(),
                second: component.origin,
            });
        }
        self.merge(component.says.clone());
        self.components.push(component);
        Ok(())
    }

    /// The built-in rules and plugins alone, without pages: what a plugin from outside stands beside.
    pub(crate) fn built_in(&self) -> Compiled {
        let foreign = |name: &str| self.components.iter().any(|component| component.name() == name);
        let own = |name: &str| !foreign(name);
        Compiled {
            rules: self.rules(|rule| rule.page < OWN_PAGES),
            pages: Vec::new(),
            packs: self.packs.iter().filter(|pack| own(&pack.name)).cloned().collect(),
            plugins: self.plugins.iter().filter(|plugin| own(&plugin.name)).cloned().collect(),
            guides: Vec::new(),
        }
    }

    /// The rules that `wanted` picks, without the host's own.
    fn rules(&self, wanted: impl Fn(&Rule) -> bool) -> Vec<Rule> {
        let rules = self.table.rules.iter().filter(|rule| !RESERVED_PACKS.contains(&rule.pack()));
        rules.filter(|rule| wanted(rule)).cloned().collect()
    }

    fn merge(&mut self, added: Compiled) {
        let first = OWN_PAGES.saturating_add(u32::try_from(self.own_pages.len()).unwrap_or(u32::MAX));
        let mut rules = self.rules(|_| true);
        rules.extend(added.rules.into_iter().map(|mut rule| {
            rule.page = rule.page.saturating_add(first);
            rule
        }));
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        stockade_pack::mark_guides(&mut rules, &added.guides);
        self.table = stockade_pack::table(rules);
        self.packs.extend(added.packs);
        self.packs.sort_by(|a, b| a.name.cmp(&b.name));
        self.plugins.extend(added.plugins);
        self.own_pages.extend(added.pages);
        self.own_guides.extend(added.guides);
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

    /// What the plugins are made of: a digest of each component.
    pub(crate) fn code(&self) -> Vec<String> {
        let own = stockade_bundle::PLUGINS.iter().map(|plugin| format!("{} {}", plugin.name, plugin.digest));
        let foreign = self.components.iter();
        own.chain(foreign.map(|component| format!("{} {}", component.name(), component.digest))).collect()
    }

    /// A sandbox with all plugins, set up with the rules that are on.
    pub(crate) fn sandbox(
        &self,
        table: &RuleTable,
        enabled: &[bool],
        limits: Limits,
        today: Option<Date>,
    ) -> Result<Sandbox, ProgramError> {
        let mut builder = Sandbox::builder(limits)?;
        let mut rules = Vec::new();
        for builtin in stockade_bundle::PLUGINS {
            let Some(description) = self.plugins.iter().find(|p| p.name == builtin.name) else { continue };
            let needs: Vec<&str> = description.needs.iter().map(String::as_str).collect();
            let number = builder.add_builtin(builtin.name, &description.version, &needs, builtin.code);
            rules.push((number, setups(table, description, enabled, today)));
        }
        let cache = dirs::code_cache();
        for component in &self.components {
            let Some(description) = component.says.plugins.first() else { continue };
            let own = setups(table, description, enabled, today);
            // Opening one can mean seconds of compiling; what runs none of its rules is spared that.
            if own.is_empty() {
                continue;
            }
            let needs: Vec<&str> = description.needs.iter().map(String::as_str).collect();
            let (name, version) = (&description.name, &description.version);
            let opened = while_slow(
                &format!("compiling plugin `{name}` for this machine; later runs take it from the cache"),
                || builder.add_component(name, version, &needs, &component.wasm, cache.as_ref()),
            );
            let number =
                opened.map_err(|error| ProgramError::Plugin { origin: component.origin.clone(), error })?;
            rules.push((number, own));
        }
        builder.rules(rules)?;
        Ok(builder.build())
    }

    /// The rules that these arguments switch on, without any file.
    pub(crate) fn select(&self, arguments: &SelectionArguments) -> Result<Selection, ProgramError> {
        Selection::of(&self.table, &[choice(arguments)]).map_err(|errors| ProgramError::Selection { errors })
    }
}

fn setups(
    table: &RuleTable,
    plugin: &PluginDescription,
    enabled: &[bool],
    today: Option<Date>,
) -> Vec<RuleSetup> {
    let params = |rule: &Rule| match plugin.check(&rule.check) {
        Some(check) => stockade_pack::on_day(&rule.params, check, today),
        None => rule.params.clone(),
    };
    let on = |index: usize| enabled.get(index).copied().unwrap_or(false);
    let rules = table.rules.iter().enumerate();
    rules
        .filter(|(index, rule)| rule.plugin == plugin.name && on(*index))
        .map(|(index, rule)| RuleSetup {
            rule: index as u32,
            id: rule.id.clone(),
            check: rule.check.clone(),
            params: params(rule),
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
