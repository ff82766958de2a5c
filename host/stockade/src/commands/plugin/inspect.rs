//! `stockade plugin inspect`: what a plugin says about itself, from data alone.

use crate::args::ListFormat;
use crate::args::plugin::InspectArguments;
use crate::catalog::Catalog;
use crate::commands::print;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::plugins::Component;
use serde::Serialize;
use std::fmt::Write as _;
use stockade_model::{Guide, GuideItem, GuideSection};
use stockade_pack::{CheckDescription, ParamDescription, ParamType, PluginDescription};
use stockade_syntax::FileKind;

/// Everything that is shown. Fields are only ever added.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    version: &'a str,
    /// The contract it was built for, as it exports it; `null` where this stockade knows none of them.
    interface: Option<&'a str>,
    requires: &'a str,
    bytes: usize,
    sha256: &'a str,
    needs: &'a [String],
    imports: Vec<ShownImport<'a>>,
    checks: Vec<ShownCheck<'a>>,
    rules: Vec<ShownRule<'a>>,
    /// The document that its pack follows, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    guide: Option<ShownGuide<'a>>,
    /// Why it would not be opened.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct ShownImport<'a> {
    name: &'a str,
    /// Whether plugins get it, in a form that gives nothing away.
    offered: bool,
}

#[derive(Serialize)]
struct ShownCheck<'a> {
    name: &'a str,
    project: bool,
    kinds: &'a [String],
    params: Vec<ShownParam<'a>>,
}

#[derive(Serialize)]
struct ShownParam<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    required: bool,
    doc: &'a str,
}

#[derive(Serialize)]
struct ShownRule<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'a str,
    severities: Vec<&'a str>,
    check: String,
}

#[derive(Serialize)]
struct ShownGuide<'a> {
    title: &'a str,
    source: &'a str,
    items: Vec<ShownItem<'a>>,
}

#[derive(Serialize)]
struct ShownItem<'a> {
    section: &'a str,
    title: &'a str,
    checkable: &'static str,
    rules: &'a [String],
}

/// Shows a plugin; 1 where it would not be opened.
pub(crate) fn run(arguments: &InspectArguments) -> Result<Exit, ProgramError> {
    let component = Component::read_file(&arguments.file, &Catalog::open()?)?;
    let nothing = PluginDescription::default();
    let plugin = component.says.plugins.first().unwrap_or(&nothing);
    let shown = Shown::new(&component, plugin);
    let text = match arguments.format {
        ListFormat::Json => {
            let mut json = serde_json::to_string_pretty(&shown)
                .map_err(|error| ProgramError::Bundle { reason: error.to_string() })?;
            json.push('\n');
            json
        }
        ListFormat::Text => shown.text(),
    };
    print(&text)?;
    Ok(if component.problems.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn type_name(kind: ParamType) -> &'static str {
    ParamType::ALL.into_iter().find(|(_, other)| *other == kind).map_or("any", |(name, _)| name)
}

impl<'a> ShownCheck<'a> {
    fn new(check: &'a CheckDescription) -> Self {
        let param = |param: &'a ParamDescription| ShownParam {
            name: &param.name,
            kind: type_name(param.kind),
            required: param.required,
            doc: &param.doc,
        };
        let params = check.params.iter().map(param).collect();
        Self { name: &check.name, project: check.project, kinds: &check.kinds, params }
    }
}

impl<'a> ShownGuide<'a> {
    fn new(guide: &'a Guide) -> Self {
        let item = |(section, item): (&'a GuideSection, &'a GuideItem)| ShownItem {
            section: &section.title,
            title: &item.title,
            checkable: item.checkable.as_str(),
            rules: &item.rules,
        };
        Self { title: &guide.title, source: &guide.source, items: guide.items().map(item).collect() }
    }
}

impl<'a> Shown<'a> {
    fn new(component: &'a Component, plugin: &'a PluginDescription) -> Self {
        let import = |import: &'a stockade_sandbox::Import| ShownImport {
            name: &import.name,
            offered: import.offered,
        };
        let rule = |rule: &'a stockade_model::Rule| ShownRule {
            id: &rule.id,
            title: &rule.about.title,
            severity: rule.severity.as_str(),
            severities: rule.severities().map(stockade_model::Severity::as_str).collect(),
            check: format!("{}:{}", rule.plugin, rule.check),
        };
        Self {
            name: &plugin.name,
            version: &plugin.version,
            interface: component.interface.as_deref(),
            requires: &plugin.requires,
            bytes: component.wasm.len(),
            sha256: &component.digest,
            needs: &plugin.needs,
            imports: component.imports.iter().map(import).collect(),
            checks: plugin.checks.iter().map(ShownCheck::new).collect(),
            rules: component.says.rules.iter().map(rule).collect(),
            guide: component.says.guides.first().map(ShownGuide::new),
            problems: component.problems.iter().map(ToString::to_string).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("plugin {} {}\n", self.name, self.version);
        let mut line = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<10} {value}");
        };
        line("contract", &format!("stockade:plugin {}", self.interface.unwrap_or("(unknown)")));
        line("size", &format!("{} bytes", self.bytes));
        line("sha256", self.sha256);
        line("tables", &if self.needs.is_empty() { "none".to_owned() } else { self.needs.join(", ") });
        if self.imports.is_empty() {
            line("imports", "nothing");
        }
        for import in &self.imports {
            let what = if import.offered { "virtual, shows nothing of this machine" } else { "refused" };
            line("imports", &format!("{} ({what})", import.name));
        }
        let _ = writeln!(text, "checks");
        for check in &self.checks {
            let project = if check.project { ", across files" } else { "" };
            let kinds = match check.kinds.len() == FileKind::ALL.len() {
                true => "files of any kind".to_owned(),
                false => check.kinds.join(", "),
            };
            let _ = writeln!(text, "  {} (reads {kinds}{project})", check.name);
            for param in check.params.iter() {
                let required = if param.required { ", required" } else { "" };
                let _ = writeln!(text, "    {} ({}{required}): {}", param.name, param.kind, param.doc);
            }
        }
        let _ = writeln!(text, "rules");
        let width = self.rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        for rule in &self.rules {
            let _ = writeln!(text, "  {:<width$}  {:<8}  {}", rule.id, rule.severity, rule.title);
        }
        if let Some(guide) = &self.guide {
            let _ = writeln!(text, "guide {} ({})", guide.title, guide.source);
            for item in &guide.items {
                let rules = if item.rules.is_empty() { "no rule".to_owned() } else { item.rules.join(", ") };
                let _ = writeln!(text, "  {}: {} ({rules})", item.section, item.title);
            }
        }
        if !self.problems.is_empty() {
            let _ = writeln!(text, "would not be opened: it");
        }
        for problem in &self.problems {
            let _ = writeln!(text, "  {problem}");
        }
        text
    }
}
