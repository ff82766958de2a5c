//! Rules as authors write them, on files as the host parses them.

use crate::Declare;
use stockade_sdk::{Param, Report, Rule, Runner};
use stockade_testkit::source;

/// Parameters from lines: indentation by two is depth, words behind the name are arguments (quoted where they hold
/// blanks).
fn params(text: &str) -> Vec<Param> {
    let one = |line: &str| {
        let depth = (line.len() - line.trim_start().len()) / 2;
        let (name, mut rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let mut args = Vec::new();
        while !rest.is_empty() {
            let (word, after) = match rest.strip_prefix('\'') {
                Some(quoted) => quoted.split_once('\'').unwrap(),
                None => rest.split_once(' ').unwrap_or((rest, "")),
            };
            args.push(word.to_owned());
            rest = after.trim_start();
        }
        Param { depth: depth as u32, name: name.to_owned(), args, props: Vec::new() }
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(one).collect()
}

fn run(check: &str, text: &str, kind: &str, path: &str, file: &str) -> Result<Report, String> {
    let mut runner = Runner::<Declare>::new();
    let rule = Rule { index: 7, id: "own/rule".to_owned(), check: check.to_owned(), params: params(text) };
    runner.configure(vec![rule])?;
    runner.check(source(kind, path, file), &[7])
}

fn messages(check: &str, text: &str, kind: &str, file: &str) -> Vec<String> {
    let report = run(check, text, kind, "deploy/web.yaml", file).unwrap();
    report.findings.into_iter().map(|finding| finding.message).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: a\n      \
                   image: docker.io/nginx:1\n    - name: b\n      image: registry.acme.example/app:2\n      \
                   securityContext:\n        privileged: true\n";

#[test]
fn nodes_at_a_path_are_judged_by_conditions() {
    let rule = "at spec.containers[*].image\nwhen\n  has kind\n    equals Pod\nreport-if\n  not\n    starts-with registry.acme.example/\nmessage 'image {value} of container {^.name} in {file}'";
    assert_eq!(
        messages("node", rule, "kubernetes", POD),
        ["image docker.io/nginx:1 of container a in deploy/web.yaml"]
    );
    let other = rule.replace("equals Pod", "equals Job");
    assert!(messages("node", &other, "kubernetes", POD).is_empty());
}

#[test]
fn keys_that_are_there_or_missing_count() {
    let missing = "at spec.containers[*]\nreport-if\n  lacks securityContext.privileged\nmessage m";
    assert_eq!(messages("node", missing, "kubernetes", POD).len(), 1);
    let there = "at spec.containers[*]\nreport-if\n  has securityContext.privileged\n    equals true\nmessage 'container {.name}'";
    assert!(run("node", there, "kubernetes", "a.yaml", POD).is_err(), "`.name` has an empty step");
    let there = there.replace("{.name}", "{name}");
    assert_eq!(messages("node", &there, "kubernetes", POD), ["container "]);
}

#[test]
fn any_all_not_numbers_and_expressions() {
    let file = "replicas: 1\nname: x9\nempty: \"\"\n";
    for (condition, expected) in [
        ("less-than 2", true),
        ("less-than 1", false),
        ("greater-than 0.5", true),
        ("any\n    equals 3\n    matches ^[0-9]$", true),
        ("all\n    equals 1\n    equals 2", false),
        ("not\n    equals 1", false),
        ("contains 2 1", true),
        ("ends-with 2", false),
        ("empty", false),
    ] {
        let rule = format!("at replicas\nreport-if\n  {condition}\nmessage m");
        assert_eq!(messages("node", &rule, "yaml", file).len(), usize::from(expected), "{condition}");
    }
    assert_eq!(messages("node", "at empty\nreport-if\n  empty\nmessage m", "yaml", file), ["m"]);
}

#[test]
fn what_a_template_fills_in_is_never_reported() {
    let file = "image: {{ .Values.image }}\nsecurity:\n{{ toYaml .Values.security | indent 2 }}\n";
    let path = "chart/templates/x.yaml";
    for rule in [
        "at image\nreport-if\n  equals x\nmessage m",
        "at image\nreport-if\n  not\n    equals x\nmessage m",
        "at security\nreport-if\n  lacks readOnly\nmessage m",
    ] {
        let report = run("node", rule, "kubernetes", path, file).unwrap();
        assert!(report.findings.is_empty(), "{rule}");
    }
}

#[test]
fn instructions_settings_and_variables() {
    let dockerfile = "FROM debian:12\nENV APP_DEBUG=true\nEXPOSE 22\n";
    let expose = "at stage.EXPOSE.*\nreport-if\n  equals 22\nmessage 'port {value}'";
    assert_eq!(messages("node", expose, "dockerfile", dockerfile), ["port 22"]);
    let variable =
        "name *_DEBUG\nreport-if\n  equals true\nmessage '{name} is {value}'\nfix false\nfix-is safe";
    let report = run("variable", variable, "dockerfile", "Dockerfile", dockerfile).unwrap();
    assert_eq!(report.findings[0].message, "APP_DEBUG is true");
    assert_eq!(report.findings[0].fixes[0].edits[0].replacement, "false");
    let setting = "name server_debug\nreport-if\n  equals true\nmessage '{name}'";
    assert_eq!(messages("setting", setting, "toml", "[server]\ndebug = true\n"), ["server_debug"]);
}

#[test]
fn paths_choose_files() {
    let rule = |extra: &str| format!("at kind\nmessage m\n{extra}");
    for (extra, count) in [
        ("path deploy/**", 1),
        ("path **/*.yaml", 1),
        ("path *.yaml", 1),
        ("path *.yml", 0),
        ("path deploy", 0),
        ("unless-path deploy/*", 0),
    ] {
        assert_eq!(messages("node", &rule(extra), "yaml", "kind: x\n").len(), count, "{extra}");
    }
}

#[test]
fn fixes_keep_quotes_and_remove_whole_entries() {
    let file = "a: \"old\"\nb: 1\n";
    let rule = "at a\nmessage m\nfix new";
    let report = run("node", rule, "yaml", "x.yaml", file).unwrap();
    let edit = &report.findings[0].fixes[0].edits[0];
    assert_eq!((edit.span.start, edit.span.end, edit.replacement.as_str()), (4, 7, "new"));
    let report = run("node", "at b\nmessage m\nfix-remove true", "yaml", "x.yaml", file).unwrap();
    let edit = &report.findings[0].fixes[0].edits[0];
    assert_eq!((edit.span.start, edit.span.end, edit.replacement.as_str()), (9, 14, ""));
    // A value that is spelled otherwise than it reads is left alone.
    let report = run("node", rule, "yaml", "x.yaml", "a: \"o\\x6cd\"\n").unwrap();
    assert!(report.findings[0].fixes.is_empty());
}

#[test]
fn mistakes_are_named() {
    for (rule, words) in [
        ("at a..b\nmessage m", "the path `a..b` has an empty step"),
        ("at **.a.**\nmessage m", "more than one `**`"),
        ("at a\nmessage 'x {value'", "a `{` without `}`"),
        ("at a\nmessage m\nreport-if\n  equal x", "there is no condition `equal`"),
        ("at a\nmessage m\nreport-if\n  matches (", "the expression `(`"),
        ("at a\nmessage m\nreport-if\n  less-than few", "`less-than` takes a number"),
        ("at a\nmessage m\nreport-if", "`report-if` needs a block"),
        ("at a\nmessage m\nfix x\nfix-remove true", "exclude each other"),
    ] {
        let error = run("node", rule, "yaml", "x.yaml", "a: 1\n").unwrap_err();
        assert!(error.contains(words) && error.contains("in the rule with the message"), "{error}");
    }
    let deep: String = (0..40).map(|n| format!("{}not\n", "  ".repeat(n + 1))).collect();
    let rule = format!("at a\nmessage m\nreport-if\n{deep}");
    assert!(run("node", &rule, "yaml", "x.yaml", "a: 1\n").unwrap_err().contains("nested deeper"));
}
