//! The host's own remarks. No other rule id appears in host code.

use crate::{About, Later, Precision, Rule, Severity};
use std::sync::Arc;

/// Packs whose rules are the host's own: problems of syntax, and remarks about suppressions and the like.
pub const RESERVED_PACKS: [&str; 2] = ["meta", "syntax"];

/// The reserved rules, for the rule table.
#[must_use]
pub fn reserved_rules() -> Vec<Rule> {
    [
        (
            "meta/suppression-invalid",
            Severity::Medium,
            "Suppression cannot be read",
            "A comment looks like a suppression and breaks its grammar, so it suppresses nothing.",
            "Write `stockade: ignore[rule] until 2027-01-31 -- reason`; the day and the reason may be left out.",
        ),
        (
            "meta/suppression-unknown-rule",
            Severity::Medium,
            "Suppression names a rule that does not exist",
            "A suppression of a rule that does not exist suppresses nothing, and hides that somebody meant another one.",
            "Correct the name; `stockade rules` lists all.",
        ),
        (
            "meta/suppression-unused",
            Severity::Info,
            "Suppression that suppresses nothing",
            "What this suppression was for is gone. Left in place it would hide the next finding of its kind.",
            "Remove it; `--fix` does.",
        ),
        (
            "meta/suppression-expired",
            Severity::Medium,
            "Suppression whose last day is over",
            "The time for which this was accepted is over, so its findings count again.",
            "Mend what it hid, or give it a new day and say why.",
        ),
        (
            "meta/suppression-misplaced",
            Severity::Medium,
            "Suppression at a place where it counts for nothing",
            "The directive does not stand at what it could speak about, so it suppresses nothing.",
            "Put it directly above what it is about, or behind it on the same line.",
        ),
        (
            "meta/suppression-reason-missing",
            Severity::Medium,
            "Suppression without a reason",
            "The configuration demands that every suppression says why; without a reason it does not count.",
            "Add ` -- ` and the reason to the directive.",
        ),
        (
            "meta/suppression-too-long",
            Severity::Medium,
            "Suppression without an end, or with too late a one",
            "The configuration limits how long anything may be suppressed; beyond that it does not count.",
            "Add `until` and a day that the configuration allows.",
        ),
        (
            "meta/suppression-forbidden",
            Severity::Medium,
            "Suppression that the configuration does not allow",
            "The configuration lets no comment switch this off, so the directive does not count.",
            "Mend what it hides, or ask whoever keeps the configuration for an exception there.",
        ),
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
        severity,
        also_severity: Vec::new(),
        precision: Precision::VeryHigh,
        plugin: String::new(),
        check: String::new(),
        params: Later::default(),
        kinds: Arc::default(),
        any_literal: Arc::default(),
        also_literals: Vec::new(),
        literal_param: None,
        project: false,
        repository: false,
        yields_to: Vec::new(),
        single_files: false,
        profiles: vec!["default".to_owned(), "strict".to_owned()],
        fixable: if is_stale(id) { "safe" } else { "no" }.to_owned(),
        sensitive: false,
        deprecated: None,
        about: Later::from(About {
            title: title.to_owned(),
            tags: vec![if id.starts_with("meta/") { "suppression" } else { "syntax" }.to_owned()],
            help: help.to_owned(),
            since: "0.1.0".to_owned(),
            description: description.to_owned(),
            ..About::default()
        }),
        page: u32::MAX,
    })
    .collect()
}

/// Whether the remark is about something that may simply be removed.
fn is_stale(id: &str) -> bool {
    matches!(id, "meta/suppression-unused" | "meta/suppression-expired")
}
