//! What a person should look at before a plugin runs: what it is, or how it differs from the one that ran before.

use super::source::Got;
use crate::plugins::Component;
use std::fmt::Write as _;
use stockade_model::{Rule, Severity};
use stockade_pack::Locked;

/// A plugin that is new here.
pub(super) fn introduce(got: &Got) -> String {
    let entry = &got.entry;
    let mut text = format!("plugin {} {}\n", entry.name, entry.version);
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<9} {value}");
    };
    line("source", &entry.source);
    line("sha256", &entry.digest);
    line("contract", &format!("stockade:plugin {}", entry.interface));
    line("signature", &signature(entry));
    line("imports", &if entry.imports.is_empty() { "nothing".to_owned() } else { entry.imports.join(", ") });
    for rule in got.rules() {
        let _ = writeln!(text, "  + {} ({}) {}", rule.id, rule.severity.as_str(), rule.about.title);
    }
    text
}

/// What changes from what was pinned; `old` is the plugin itself, where it is still there.
pub(super) fn between(before: &Locked, old: Option<&Component>, got: &Got) -> String {
    let entry = &got.entry;
    let mut text = format!("plugin {}: {} -> {}\n", entry.name, before.version, entry.version);
    let mut change = |name: &str, from: &str, to: &str| {
        if from != to {
            let _ = writeln!(text, "  {name:<9} {from} -> {to}");
        }
    };
    change("source", &before.source, &entry.source);
    change("sha256", &before.digest, &entry.digest);
    change("contract", &before.interface, &entry.interface);
    change("signature", &signature(before), &signature(entry));
    for import in entry.imports.iter().filter(|import| !before.imports.contains(import)) {
        let _ = writeln!(text, "  + imports {import}");
    }
    for import in before.imports.iter().filter(|import| !entry.imports.contains(import)) {
        let _ = writeln!(text, "  - imports {import}");
    }
    let Some(old) = old else {
        let _ = writeln!(text, "  the old one is not on this machine, so its rules are not compared");
        return text;
    };
    let find = |rules: &[Rule], id: &str| rules.iter().find(|rule| rule.id == id).cloned();
    for rule in got.rules() {
        match find(&old.says.rules, &rule.id) {
            None => {
                let _ = writeln!(text, "  + {} ({}) {}", rule.id, rule.severity.as_str(), rule.about.title);
            }
            Some(was) if !was.severities().eq(rule.severities()) => {
                let (from, to) = (severities(&was), severities(rule));
                let _ = writeln!(text, "  ~ {}: severity {from} -> {to}", rule.id);
            }
            Some(was) if was.params != rule.params || was.check != rule.check => {
                let _ = writeln!(text, "  ~ {}: checks something else", rule.id);
            }
            Some(_) => {}
        }
    }
    for rule in old.says.rules.iter().filter(|rule| find(got.rules(), &rule.id).is_none()) {
        let _ = writeln!(text, "  - {} ({}) {}", rule.id, rule.severity.as_str(), rule.about.title);
    }
    text
}

/// The rule's severity, then the others that its findings may have.
fn severities(rule: &Rule) -> String {
    rule.severities().map(Severity::as_str).collect::<Vec<_>>().join("/")
}

fn signature(entry: &Locked) -> String {
    match &entry.key {
        Some(key) => format!("good, by the key sha256:{key}"),
        None => "not checked".to_owned(),
    }
}
