//! What GitHub asks of a rule.

use super::{Remarks, items, join, text};
use crate::limits::{DESCRIPTION_CHARS, NAME_CHARS, TAGS, TAGS_KEPT};
use serde_json::Value;
use std::collections::HashSet;

/// Judges the rules of a driver or extension at `at`.
pub(super) fn check(rules: &[Value], at: &str, remarks: &mut Remarks) {
    let mut ids = HashSet::new();
    for (i, rule) in rules.iter().enumerate() {
        let at = join(at, &i.to_string());
        match text(rule, "id") {
            None => remarks.rejected(&join(&at, "id"), "a rule needs an id that is not empty"),
            Some(id) => {
                if !ids.insert(id) {
                    remarks.warning(&join(&at, "id"), "another rule of this run has the same id");
                }
            }
        }
        words(rule, &at, remarks);
        if let Some(properties) = rule.get("properties") {
            check_properties(properties, &join(&at, "properties"), remarks);
        }
    }
}

fn words(rule: &Value, at: &str, remarks: &mut Remarks) {
    for (key, loss) in [
        ("shortDescription", "alerts have no title"),
        ("fullDescription", "alerts have no description"),
        ("help", "alerts show no help"),
    ] {
        let given = rule.get(key).and_then(|d| text(d, "text"));
        if given.is_none() {
            remarks.warning(&join(at, key), format!("`{key}.text` is required and may not be empty: {loss}"));
        }
        if key != "help" && given.is_some_and(|t| t.chars().count() > DESCRIPTION_CHARS) {
            let message = format!("of `{key}.text` only {DESCRIPTION_CHARS} characters are used");
            remarks.ignored(&join(at, key), message);
        }
    }
    if text(rule, "name").is_some_and(|n| n.chars().count() > NAME_CHARS) {
        remarks.ignored(&join(at, "name"), format!("of `name` only {NAME_CHARS} characters are used"));
    }
    if rule.get("help").is_some_and(|h| text(h, "text").is_some() && text(h, "markdown").is_none()) {
        remarks.warning(&join(at, "help"), "without `help.markdown` the help is shown as plain text");
    }
    if rule.pointer("/defaultConfiguration/level").is_none() {
        let message = "without `defaultConfiguration.level` the rule counts as a warning";
        remarks.warning(at, message);
    }
}

fn check_properties(properties: &Value, at: &str, remarks: &mut Remarks) {
    let tags = items(properties, "tags");
    if tags.len() > TAGS {
        remarks.rejected(&join(at, "tags"), format!("a rule may have {TAGS} tags at most"));
    } else if tags.len() > TAGS_KEPT {
        remarks.ignored(&join(at, "tags"), format!("only {TAGS_KEPT} tags of a rule are kept"));
    }
    let security = tags.iter().take(TAGS_KEPT).any(|t| t == "security");
    if let Some(score) = properties.get("security-severity") {
        let at = join(at, "security-severity");
        let number = score.as_str().and_then(|s| s.parse::<f64>().ok());
        if !number.is_some_and(|n| (0.0..=10.0).contains(&n)) {
            remarks.ignored(&at, "`security-severity` must be a text that holds a number from 0.0 to 10.0");
        } else if !security {
            remarks.ignored(&at, "`security-severity` counts only for a rule with the tag `security`");
        }
    }
    for (key, allowed) in [
        ("precision", &["very-high", "high", "medium", "low"][..]),
        ("problem.severity", &["error", "warning", "recommendation", "note"][..]),
    ] {
        if let Some(value) = properties.get(key)
            && !value.as_str().is_some_and(|v| allowed.contains(&v))
        {
            remarks.ignored(&join(at, key), format!("`{key}` must be one of {}", allowed.join(", ")));
        }
    }
}
