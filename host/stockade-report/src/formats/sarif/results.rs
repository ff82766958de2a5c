//! Findings as SARIF results.

use super::place::{artifact, file_location, message, name_base, region, tight_region};
use super::rules::{Rules, is_security};
use crate::snippet::{Source, Sources};
use crate::text::sentence;
use crate::uri::path_to_uri;
use crate::{Input, SarifProfile};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, Fix as SarifFix, Location, LogicalLocation, PropertyBag,
    Region as SarifRegion, Replacement, Result as SarifResult, ResultBaselineState, ResultLevel, Suppression,
    SupressionKind, SupressionStatus,
};
use std::collections::{BTreeMap, HashMap};
use stockade_model::{Applicability, Edit, Finding, Fix, Label, Severity, Span, State};

/// The results of the findings with the indices `kept`, each made when it is asked for: one has more than a kilobyte
/// of members that stay empty, so all of them at once are many times what is written.
pub(super) fn results<'a>(
    input: &'a Input<'a>,
    kept: &'a [usize],
    rules: &'a Rules,
) -> impl Iterator<Item = SarifResult> + 'a {
    let full = input.options.sarif_profile == SarifProfile::Full;
    let github = input.options.sarif_profile == SarifProfile::Github;
    let findings = &input.report.findings;
    let any_baselined = findings.iter().any(|f| f.state == State::Baselined);
    let mut sources = Sources::new(input.report);
    let occurrences = occurrences(findings);
    kept.iter().filter_map(move |i| {
        let (finding, occurrence) = (findings.get(*i)?, occurrences.get(*i)?);
        let source = sources.get(&finding.path);
        let mut result = SarifResult::builder().message(message(&words(finding))).build();
        result.rule_id = Some(input.rule_id(finding).to_owned());
        result.rule_index = rules.index(finding.rule).map(|at| at as i64);
        result.level = Some(level(finding.severity));
        result.locations = Some(vec![location(finding, source, full)]);
        result.related_locations = related(finding);
        result.partial_fingerprints = Some(fingerprints(finding, *occurrence));
        if github {
            // It ignores both, and they are a good part of a large file.
            for location in result.locations.iter_mut().flatten() {
                location.logical_locations = None;
            }
        } else {
            result.fixes = fixes(finding, source);
        }
        result.properties = Some(properties(input, finding));
        if full {
            result.suppressions = suppression(finding).map(|s| vec![s]);
            // SARIF wants the state of all results or of none.
            result.baseline_state = any_baselined.then(|| {
                let baselined = finding.state == State::Baselined;
                let state = if baselined { ResultBaselineState::Unchanged } else { ResultBaselineState::New };
                state.to_string().into()
            });
            name_base(&mut result);
        }
        Some(result)
    })
}

/// For each finding: the how-manieth it is of its rule on its line, from 1. GitHub would take findings of one rule
/// with one line hash for one alert.
fn occurrences(findings: &[Finding]) -> Vec<u32> {
    let mut seen: HashMap<(usize, &str, u32), u32> = HashMap::new();
    findings
        .iter()
        .map(|f| {
            let n = seen.entry((f.rule, &f.path, f.region.line)).or_insert(0);
            *n += 1;
            *n
        })
        .collect()
}

fn fingerprints(finding: &Finding, occurrence: u32) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    if !finding.line_hash.is_empty() {
        let hash = match occurrence {
            1 => finding.line_hash.clone(),
            n => format!("{}:{n}", finding.line_hash),
        };
        all.insert("primaryLocationLineHash".to_owned(), hash);
    }
    if !finding.fingerprint.is_empty() {
        all.insert("stockade/v1".to_owned(), finding.fingerprint.clone());
    }
    all
}

fn level(severity: Severity) -> ResultLevel {
    match severity.sarif_level() {
        "error" => ResultLevel::Error,
        "warning" => ResultLevel::Warning,
        _ => ResultLevel::Note,
    }
}

/// The message; further places are linked from it, because that is the only way GitHub shows them.
fn words(finding: &Finding) -> String {
    let mut text = sentence(&finding.message);
    // Only where it would read as a link: readers that know nothing of escapes show the backslashes.
    if text.contains("](") {
        text = escape_brackets(&text);
    }
    if !finding.labels.is_empty() {
        let links: Vec<String> = finding
            .labels
            .iter()
            .enumerate()
            .map(|(i, label)| format!("[{}]({})", link_text(label), i + 1))
            .collect();
        text += &format!(" See {}.", links.join(", "));
    }
    text
}

/// What a link to a label says, with the characters escaped that would end it.
fn link_text(label: &Label) -> String {
    let text = if label.message.trim().is_empty() {
        format!("{}:{}", label.path, label.region.line)
    } else {
        label.message.clone()
    };
    escape_brackets(&text)
}

/// SARIF's escapes of what delimits an embedded link (section 3.11.6 of the standard).
fn escape_brackets(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn location(finding: &Finding, source: Option<Source<'_>>, full: bool) -> Location {
    let mut place = tight_region(&finding.region, finding.span, source);
    if full {
        place.snippet = snippet(finding.span, source);
    }
    let mut location = file_location(&path_to_uri(&finding.path), Some(place));
    if !finding.node_path.is_empty() {
        let name = finding.node_path.rsplit('/').next().unwrap_or_default();
        location.logical_locations = Some(vec![LogicalLocation {
            name: Some(name.to_owned()).filter(|n| !n.is_empty()),
            fully_qualified_name: Some(finding.node_path.clone()),
            kind: Some("member".to_owned()),
            ..LogicalLocation::default()
        }]);
    }
    location
}

/// The text under the span, unless that is too much to repeat or nothing.
fn snippet(span: Span, source: Option<Source<'_>>) -> Option<ArtifactContent> {
    const MAX: u32 = 2_000;
    let text = span.slice(source?.text)?;
    (!text.is_empty() && span.len() <= MAX).then(|| content(text))
}

fn content(text: &str) -> ArtifactContent {
    ArtifactContent { text: Some(text.to_owned()), ..ArtifactContent::default() }
}

fn related(finding: &Finding) -> Option<Vec<Location>> {
    let one = |(i, label): (usize, &Label)| {
        let mut location = file_location(&path_to_uri(&label.path), Some(region(&label.region)));
        location.id = Some(i as i64 + 1);
        location.message = (!label.message.trim().is_empty()).then(|| message(&sentence(&label.message)));
        location
    };
    (!finding.labels.is_empty()).then(|| finding.labels.iter().enumerate().map(one).collect())
}

/// The fixes that a program may apply. What is to be done by hand is no fix in SARIF's sense.
fn fixes(finding: &Finding, source: Option<Source<'_>>) -> Option<Vec<SarifFix>> {
    let source = source?;
    let all: Vec<SarifFix> = finding
        .fixes
        .iter()
        .filter(|fix| fix.applicability != Applicability::Manual && !fix.edits.is_empty())
        .map(|fix| sarif_fix(fix, finding, source))
        .collect();
    (!all.is_empty()).then_some(all)
}

fn sarif_fix(fix: &Fix, finding: &Finding, source: Source<'_>) -> SarifFix {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|e| e.span);
    let replacements = edits
        .into_iter()
        .map(|edit| {
            let at: SarifRegion = region(&source.index.region(source.text, edit.span));
            let mut replacement = Replacement::builder().deleted_region(at).build();
            // Nothing to insert is said by leaving it out, as the standard has it.
            replacement.inserted_content = (!edit.replacement.is_empty()).then(|| content(&edit.replacement));
            replacement
        })
        .collect::<Vec<_>>();
    let change = ArtifactChange::builder()
        .artifact_location(artifact(&path_to_uri(&finding.path)))
        .replacements(replacements)
        .build();
    let mut bag = PropertyBag::default();
    let safe = fix.applicability == Applicability::Safe;
    bag.additional_properties
        .insert("stockade/applicability".to_owned(), if safe { "safe" } else { "unsafe" }.into());
    let mut out = SarifFix::builder().artifact_changes(vec![change]).build();
    out.description = Some(message(&sentence(&fix.title)));
    out.properties = Some(bag);
    out
}

fn suppression(finding: &Finding) -> Option<Suppression> {
    let State::Suppressed { reason, by } = &finding.state else {
        return None;
    };
    let kind = if by == "configuration" { SupressionKind::External } else { SupressionKind::InSource };
    let mut suppression = Suppression::builder().kind(kind.to_string()).build();
    suppression.status = Some(SupressionStatus::Accepted.to_string().into());
    suppression.justification = reason.clone().filter(|r| !r.trim().is_empty());
    Some(suppression)
}

/// What configuration made of the severity, and what is to be done here.
fn properties(input: &Input<'_>, finding: &Finding) -> PropertyBag {
    let mut bag = PropertyBag::default();
    let mut set = |key: &str, value: &str| {
        bag.additional_properties.insert(key.to_owned(), value.into());
    };
    if let Some(rule) = input.rule(finding).filter(|rule| is_security(rule)) {
        let changed = rule.severity != finding.severity;
        let number = if changed { finding.severity.security_severity() } else { rule.security_severity() };
        set("security-severity", number);
    }
    set("stockade/severity", finding.severity.as_str());
    if let Some(help) = &finding.help {
        set("stockade/help", help);
    }
    for (key, value) in &finding.data {
        set(&format!("stockade/data/{key}"), value);
    }
    bag
}
