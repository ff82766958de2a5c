//! Profiles and selectors to the rules that are on.

use crate::support::compiled;
use stockade_model::{RuleTable, Severity};
use stockade_pack::{Choice, ErrorKind, Placed, Selection, SeverityOverride, argument, profiles};

fn list(flag: &str, values: &[&str]) -> Vec<Placed<String>> {
    values.iter().map(|value| argument(flag, value)).collect()
}

fn table() -> RuleTable {
    compiled().table()
}

/// Ids of the rules that are on, without the host's own.
fn on(table: &RuleTable, selection: &Selection) -> Vec<String> {
    let pairs = table.rules.iter().zip(&selection.enabled);
    pairs.filter(|(rule, on)| **on && rule.pack() == "dockerfile").map(|(rule, _)| rule.id.clone()).collect()
}

#[test]
fn profiles_switch_on_their_rules_and_the_hosts_own() {
    let table = table();
    let of = |name: &str| {
        let choice = Choice { profile: Some(argument("--profile", name)), ..Choice::default() };
        let selection = Selection::of(&table, &[choice]).unwrap();
        assert!(selection.enabled[table.find("syntax/invalid").unwrap().0]);
        on(&table, &selection)
    };
    assert_eq!(of("default"), ["dockerfile/image-tag-latest"]);
    assert_eq!(of("strict").len(), 2);
    assert_eq!(of("all").len(), 2);
    assert_eq!(profiles(&table), ["all", "baseline", "default", "strict"]);
    assert_eq!(on(&table, &Selection::new(&table)), of("default"));
}

#[test]
fn selectors_of_every_form() {
    let table = table();
    for selector in [
        "dockerfile/image-tag-latest",
        "*/image-*",
        "tag:supply-chain",
        "severity:medium",
        "cwe:CWE-1104",
        "cwe:1104",
        "ref:CIS-Docker-*",
        "hadolint:DL3007",
        "dl3007",
    ] {
        let choice = Choice { select: list("--select", &[selector]), ..Choice::default() };
        let selection = Selection::of(&table, &[choice]).unwrap();
        let expected: &[&str] = &["dockerfile/image-tag-latest"];
        assert_eq!(on(&table, &selection), expected, "{selector}");
    }
    let choice = Choice {
        select: list("--select", &["dockerfile/*"]),
        ignore: list("--ignore", &["DL3007"]),
        ..Choice::default()
    };
    assert_eq!(on(&table, &Selection::of(&table, &[choice]).unwrap()), ["dockerfile/registry-allowed"]);
}

#[test]
fn select_keeps_the_hosts_own_rules_and_ignore_drops_them() {
    let table = table();
    let syntax = table.find("syntax/invalid").unwrap().0;
    let choice = Choice { select: list("--select", &["DL3007"]), ..Choice::default() };
    assert!(Selection::of(&table, &[choice]).unwrap().enabled[syntax]);
    let choice = Choice { ignore: list("--ignore", &["syntax/*"]), ..Choice::default() };
    assert!(!Selection::of(&table, &[choice]).unwrap().enabled[syntax]);
}

#[test]
fn names_that_mean_nothing_get_the_nearest() {
    let table = table();
    for (written, near) in [
        ("dockerfile/image-tag-lastest", "dockerfile/image-tag-latest"),
        ("image-tag-latest", "dockerfile/image-tag-latest"),
        ("docker/registry-alowed", "dockerfile/registry-allowed"),
        ("dokcerfile/*", "dockerfile/*"),
        ("tag:suply-chain", "tag:supply-chain"),
        ("severity:hihg", "severity:high"),
        ("hadolint:DL307", "hadolint:DL3007"),
        ("DL3700", "DL3007"),
        ("dockerfile", "dockerfile/*"),
        ("docker/", "dockerfile/*"),
        ("docker/*", "dockerfile/*"),
        ("high", "severity:high"),
        ("CWE-1104", "cwe:CWE-1104"),
        ("ALL", "*"),
        ("strict", "profile:strict"),
        ("profile:strct", "profile:strict"),
        ("supply-chain", "tag:supply-chain"),
    ] {
        let choice = Choice { ignore: list("--ignore", &[written]), ..Choice::default() };
        let errors = Selection::of(&table, &[choice]).unwrap_err();
        let ErrorKind::UnknownRule { shown, near: found } = errors[0].kind() else { panic!("{errors:?}") };
        assert_eq!((shown.as_str(), found.as_deref()), (written, Some(near)));
    }
}

#[test]
fn names_that_are_like_no_other_get_none() {
    let table = table();
    for written in ["dockerfile/no-limits", "kubernetes/*", "SC2086", "nothing"] {
        let choice = Choice { ignore: list("--ignore", &[written]), ..Choice::default() };
        let errors = Selection::of(&table, &[choice]).unwrap_err();
        assert!(matches!(errors[0].kind(), ErrorKind::UnknownRule { near: None, .. }), "{errors:?}");
    }
}

#[test]
fn ids_of_trivy_have_several_spellings() {
    let table = table();
    for written in ["DS-0001", "ds001", "AVD-DS-0001", "trivy:DS001"] {
        let choice = Choice { select: list("--select", &[written]), ..Choice::default() };
        let selection = Selection::of(&table, &[choice]).unwrap();
        assert_eq!(on(&table, &selection), ["dockerfile/image-tag-latest"], "{written}");
    }
}

#[test]
fn locked_rules_stay_on_and_as_severe() {
    let table = table();
    let locked =
        Choice { locked: list("stockade.kdl", &["dockerfile/registry-allowed"]), ..Choice::default() };
    let over = |rules: &str, severity| SeverityOverride { rules: argument("severity", rules), severity };
    let index = table.find("dockerfile/registry-allowed").unwrap().0;

    let quiet = Choice {
        profile: Some(argument("--profile", "default")),
        select: list("--select", &["DL3007"]),
        ignore: list("--ignore", &["dockerfile/*"]),
        severity: vec![over("dockerfile/*", Severity::Info)],
        ..Choice::default()
    };
    let selection = Selection::of(&table, &[locked.clone(), quiet]).unwrap();
    assert_eq!(on(&table, &selection), ["dockerfile/registry-allowed"]);
    assert_eq!(selection.severity[index], Severity::High);

    for loud in [
        Choice { ignore: list("--ignore", &["dockerfile/registry-allowed"]), ..Choice::default() },
        Choice { severity: vec![over("dockerfile/registry-allowed", Severity::Low)], ..Choice::default() },
    ] {
        let errors = Selection::of(&table, &[locked.clone(), loud]).unwrap_err();
        assert_eq!(errors[0].to_string(), "`dockerfile/registry-allowed` is locked by stockade.kdl:1");
    }
    let worse = Choice {
        severity: vec![over("dockerfile/registry-allowed", Severity::Critical)],
        ..Choice::default()
    };
    let selection = Selection::of(&table, &[locked, worse]).unwrap();
    assert_eq!(selection.severity[index], Severity::Critical);
    assert!(selection.rated[index], "it was given this severity, and so are all its findings");
}

#[test]
fn deprecated_rules_are_in_no_profile_but_can_be_named() {
    let deprecated =
        "help \"Pin it.\"\n    deprecated \"checked elsewhere\" replaced-by=\"dockerfile/registry-allowed\"";
    let compiled = crate::support::changed(
        "image-tag-latest.kdl",
        "help \"Pin the image to a version tag or a digest.\"",
        deprecated,
    );
    let table = compiled.unwrap().table();
    let profile = Choice { profile: Some(argument("--profile", "all")), ..Choice::default() };
    assert_eq!(on(&table, &Selection::of(&table, &[profile]).unwrap()), ["dockerfile/registry-allowed"]);
    let named = Choice { select: list("--select", &["DL3007"]), ..Choice::default() };
    assert_eq!(on(&table, &Selection::of(&table, &[named]).unwrap()), ["dockerfile/image-tag-latest"]);
}
