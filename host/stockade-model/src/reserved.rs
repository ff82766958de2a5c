//! The host's own remarks. No other rule id appears in host code.

use crate::{Precision, Rule, Severity};

/// Packs whose rules are the host's own: problems of syntax, and remarks about suppressions and the like.
pub const RESERVED_PACKS: [&str; 2] = ["meta", "syntax"];

/// The reserved rules, for the rule table.
#[must_use]
pub fn reserved_rules() -> Vec<Rule> {
    [
        (
            "syntax/invalid",
            Severity::Medium,
            "File cannot be parsed completely",
            "Part of this file is not valid in its format, so rules saw only the rest of it.",
            "Correct the syntax at the place shown, or tell stockade the file's real kind.",
        ),
        (
            "syntax/duplicate-key",
            Severity::Low,
            "Key appears twice in one mapping",
            "Most parsers silently keep only one of the two values, and not all keep the same one.",
            "Remove one of the two entries.",
        ),
        (
            "syntax/limit",
            Severity::Medium,
            "File exceeds a parser limit",
            "The file is nested or sized beyond the documented limits, so the rest of it was not analysed.",
            "Split the file, or exclude it with a reason.",
        ),
    ]
    .into_iter()
    .map(|(id, severity, title, description, help)| Rule {
        id: id.to_owned(),
        title: title.to_owned(),
        severity,
        security_severity: None,
        precision: Precision::VeryHigh,
        plugin: String::new(),
        check: String::new(),
        params: Vec::new(),
        kinds: Vec::new(),
        any_literal: Vec::new(),
        project: false,
        profiles: vec!["default".to_owned(), "strict".to_owned()],
        fixable: "no".to_owned(),
        sensitive: false,
        cwe: Vec::new(),
        aliases: Vec::new(),
        tags: vec!["syntax".to_owned()],
        refs: Vec::new(),
        guides: Vec::new(),
        help: help.to_owned(),
        since: "0.1.0".to_owned(),
        deprecated: None,
        description: description.to_owned(),
        page: u32::MAX,
    })
    .collect()
}
