//! Rules as SARIF reporting descriptors, with every property that GitHub requires or uses.

use crate::Input;
use crate::limits::{DESCRIPTION_CHARS, NAME_CHARS, TAGS_KEPT};
use crate::text::{clip, sentence};
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingConfigurationLevel,
    ReportingDescriptor,
};
use std::collections::BTreeSet;
use stockade_model::{Rule, Severity};

/// Which rules the run describes, and where.
pub(super) struct Rules {
    /// Indices into the report's rule table, ascending.
    listed: Vec<usize>,
}

impl Rules {
    /// All rules that are switched on, and those that `kept` findings name in any case.
    pub(super) fn new(input: &Input<'_>, kept: &[usize]) -> Self {
        let report = input.report;
        let on = |i: &usize| report.enabled.get(*i).copied().unwrap_or(false);
        let mut listed: BTreeSet<usize> = (0..report.rules.rules.len()).filter(on).collect();
        listed.extend(kept.iter().filter_map(|i| report.findings.get(*i)).map(|f| f.rule));
        listed.retain(|i| *i < report.rules.rules.len());
        Self { listed: listed.into_iter().collect() }
    }

    /// Where in the run's rules the rule of the report's table stands.
    pub(super) fn index(&self, rule: usize) -> Option<usize> {
        self.listed.binary_search(&rule).ok()
    }

    /// The described rules, each made when it is asked for: with its page it is some kilobytes.
    pub(super) fn descriptors<'a>(
        &'a self,
        input: &'a Input<'a>,
    ) -> impl Iterator<Item = ReportingDescriptor> + 'a {
        let rules = self.listed.iter().filter_map(|i| input.report.rules.rules.get(*i));
        rules.map(|rule| descriptor(input, rule))
    }
}

pub(super) fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

pub(super) fn level(severity: Severity) -> ReportingConfigurationLevel {
    match severity.sarif_level() {
        "error" => ReportingConfigurationLevel::Error,
        "warning" => ReportingConfigurationLevel::Warning,
        _ => ReportingConfigurationLevel::Note,
    }
}

fn descriptor(input: &Input<'_>, rule: &Rule) -> ReportingDescriptor {
    // An empty string anywhere makes GitHub reject the file; a rule without a description has at least a title.
    let or_title =
        |text: &str| if text.trim().is_empty() { rule.about.title.clone() } else { text.to_owned() };
    let title = if rule.about.title.trim().is_empty() { rule.id.clone() } else { rule.about.title.clone() };
    let mut descriptor = ReportingDescriptor::builder().id(&rule.id).build();
    descriptor.name = Some(clip(&name(&rule.id), NAME_CHARS).into_owned());
    descriptor.short_description = Some(text(&clip(&sentence(&title), DESCRIPTION_CHARS)));
    descriptor.full_description =
        Some(text(&clip(&sentence(&or_title(&rule.about.description)), DESCRIPTION_CHARS)));
    descriptor.help = Some(help(input, rule, &title));
    descriptor.help_uri = input.url(rule);
    descriptor.default_configuration = Some(ReportingConfiguration {
        level: Some(level(rule.severity).to_string().into()),
        ..ReportingConfiguration::default()
    });
    descriptor.properties = Some(properties(rule));
    descriptor
}

/// `dockerfile/latest-tag` as SARIF likes names: `DockerfileLatestTag`.
fn name(id: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    id.split(['/', '-', '_']).map(capitalised).collect()
}

/// The rule's page; of a rule without one, what else is known. It never depends on a finding.
fn help(input: &Input<'_>, rule: &Rule, title: &str) -> MultiformatMessageString {
    let mut paragraphs =
        vec![sentence(if rule.about.help.trim().is_empty() { title } else { &rule.about.help })];
    if !rule.about.description.trim().is_empty() {
        paragraphs.push(sentence(&rule.about.description));
    }
    if !rule.about.refs.is_empty() {
        paragraphs.push(format!("References: {}.", rule.about.refs.join(", ")));
    }
    if !rule.about.aliases.is_empty() {
        paragraphs.push(format!("Known elsewhere as: {}.", rule.about.aliases.join(", ")));
    }
    let plain = paragraphs.join("\n\n");
    let markdown = match input.pages.page(rule) {
        Some(page) if !page.trim().is_empty() => page.into_owned(),
        _ => format!("# {title}\n\n{plain}"),
    };
    MultiformatMessageString::builder().text(plain).markdown(markdown).build()
}

fn properties(rule: &Rule) -> PropertyBag {
    let mut bag = PropertyBag { tags: Some(tags(rule)), ..PropertyBag::default() };
    let mut set = |key: &str, value: &str| {
        bag.additional_properties.insert(key.to_owned(), value.into());
    };
    set("precision", rule.precision.as_str());
    set(
        "problem.severity",
        match rule.severity.sarif_level() {
            "error" => "error",
            "warning" => "warning",
            _ => "recommendation",
        },
    );
    if is_security(rule) {
        set("security-severity", rule.security_severity());
    }
    set("stockade/severity", rule.severity.as_str());
    bag
}

/// Whether the rule is about security: then GitHub shows its number as a severity. A remark about syntax is not.
pub(super) fn is_security(rule: &Rule) -> bool {
    !rule.about.cwe.is_empty() || rule.about.security_severity.is_some()
}

/// GitHub keeps ten tags: first what it acts upon, then the weaknesses (in the form CodeQL uses), then topics.
fn tags(rule: &Rule) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    if is_security(rule) {
        tags.push("security".to_owned());
    }
    for cwe in &rule.about.cwe {
        let number = cwe.trim_start_matches(|c: char| !c.is_ascii_digit());
        if !number.is_empty() {
            tags.push(format!("external/cwe/cwe-{number:0>3}"));
        }
    }
    tags.extend(rule.about.tags.iter().filter(|t| !t.trim().is_empty()).cloned());
    let mut seen = BTreeSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags.truncate(TAGS_KEPT);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pascal_case() {
        assert_eq!(name("dockerfile/latest-tag"), "DockerfileLatestTag");
    }
}
