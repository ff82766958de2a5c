//! `stockade rules`: the list of rules.

use super::{counted, print};
use crate::args::{ListFormat, RulesArguments, SelectionArguments};
use crate::config;
use crate::error::ProgramError;
use crate::exit::Exit;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use stockade_model::{Rule, Severity};

/// One rule in the JSON list. Fields are only ever added.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    severity: &'a str,
    /// All that its findings may have: `severity`, then the others.
    severities: Vec<&'a str>,
    security_severity: &'a str,
    precision: &'a str,
    plugin: &'a str,
    check: &'a str,
    kinds: &'a [String],
    profiles: &'a [String],
    aliases: &'a [String],
    tags: &'a [String],
    cwe: &'a [String],
    refs: &'a [String],
    fixable: &'a str,
    project: bool,
    since: &'a str,
    deprecated: Option<&'a str>,
    help: &'a str,
}

impl<'a> Listed<'a> {
    fn new(rule: &'a Rule) -> Self {
        Self {
            id: &rule.id,
            title: &rule.about.title,
            description: &rule.about.description,
            severity: rule.severity.as_str(),
            severities: rule.severities().map(Severity::as_str).collect(),
            security_severity: rule.security_severity(),
            precision: rule.precision.as_str(),
            plugin: &rule.plugin,
            check: &rule.check,
            kinds: &rule.kinds,
            profiles: &rule.profiles,
            aliases: &rule.about.aliases,
            tags: &rule.about.tags,
            cwe: &rule.about.cwe,
            refs: &rule.about.refs,
            fixable: &rule.fixable,
            project: rule.project,
            since: &rule.about.since,
            deprecated: rule.deprecated.as_deref(),
            help: &rule.about.help,
        }
    }
}

/// Lists the rules that are meant; all of them where nothing is said.
pub(crate) fn run(arguments: &RulesArguments) -> Result<Exit, ProgramError> {
    let catalog = config::catalog_here(arguments.config.as_deref())?;
    let selection = catalog.select(&SelectionArguments {
        profile: Some(arguments.profile.clone().unwrap_or_else(|| stockade_pack::ALL.to_owned())),
        select: arguments.rules.clone(),
        pack: Vec::new(),
        extend_select: Vec::new(),
        ignore: Vec::new(),
    })?;
    // The host's own rules are part of every selection, and are listed where they are asked for.
    let asked: BTreeSet<usize> =
        arguments.rules.iter().flat_map(|text| stockade_pack::rules_meant(text, &catalog.table)).collect();
    let is_listed = |at: usize| {
        selection.enabled.get(at) == Some(&true) && (arguments.rules.is_empty() || asked.contains(&at))
    };
    let rules = catalog.table.rules.iter().enumerate().filter(|(at, _)| is_listed(*at));
    let rules: Vec<&Rule> = rules.map(|(_, rule)| rule).collect();
    let text = match arguments.format {
        ListFormat::Json => {
            let listed: Vec<Listed<'_>> = rules.iter().map(|r| Listed::new(r)).collect();
            let mut json = serde_json::to_string_pretty(&listed)
                .map_err(|error| ProgramError::Bundle { reason: error.to_string() })?;
            json.push('\n');
            json
        }
        ListFormat::Text => table(&rules),
    };
    print(&text)?;
    Ok(Exit::Clean)
}

fn table(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|r| r.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules {
        let fix = match rule.fixable.as_str() {
            "safe" => "fix",
            "unsafe" => "fix?",
            _ => "",
        };
        let _ = writeln!(
            text,
            "{:<width$}  {:<8}  {fix:<4}  {}",
            rule.id,
            rule.severity.as_str(),
            rule.about.title
        );
    }
    let _ =
        writeln!(text, "\n{}. `stockade explain RULE` shows a rule's page.", counted(rules.len(), "rule"));
    text
}
