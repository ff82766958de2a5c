//! What a careless rule would report: the bad examples of the rules that the hardening guides name, each line of them
//! behind the mark of a comment, and the same files where only tests read them.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use stockade_pack::{Example, ExampleFile, Page, Role, Source};

/// A token or key that somebody commented out is as public as before.
const READ_COMMENTS: [&str; 2] = ["secrets/known-token-format", "secrets/private-key-file"];

/// Packs whose rules speak of what runs in production: files for tests are none of their business.
const OF_PRODUCTION: [&str; 3] = ["config/", "cors/", "tls/"];

/// Rules of those packs that judge commands and expressions, which are as wrong in a test as elsewhere.
const ANYWHERE: [&str; 5] = [
    "config/ci-retired-command",
    "config/docker-run-privileged",
    "config/prometheus-alert-expression-invalid",
    "config/signing-key-legacy-rsa",
    "config/vpn-allowed-ips-any",
];

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

/// The ids of all rules that an item of a guide names.
fn guided() -> BTreeSet<String> {
    let packs = std::fs::read_dir(rules()).unwrap().map(|entry| entry.unwrap().path());
    let guides = packs.map(|pack| pack.join("guide.kdl")).filter(|guide| guide.is_file());
    let text: String = guides.map(|guide| std::fs::read_to_string(guide).unwrap()).collect();
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("rules "));
    lines.flat_map(|line| line.split('"').filter(|id| id.contains('/'))).map(str::to_owned).collect()
}

/// The bad examples on a rule's page.
fn bad_examples(rule: &str) -> Vec<Example> {
    let text = std::fs::read_to_string(rules().join(format!("{rule}.md"))).unwrap();
    let page = Page::parse(&Source::new("page.md", text)).unwrap();
    page.examples.into_iter().filter(|example| example.role == Role::Bad).collect()
}

/// The file with every line behind the mark of a comment; `None` where its format has no comments, or text that is not
/// code is what the rule reads.
fn commented(file: &ExampleFile) -> Option<String> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default();
    let mark = match ending {
        "yaml" | "yml" | "toml" | "env" | "sh" | "conf" | "properties" | "txt" | "py" | "tf" | "service"
        | "timer" | "cfg" | "rb" | "ini" => "# ",
        "js" | "ts" | "go" | "java" | "rs" => "// ",
        _ if name.starts_with(".env") || name.starts_with("Dockerfile") || name == "Makefile" => "# ",
        _ => return None,
    };
    // What tells the kind of file stays, so that the rule sees it at all.
    let head = if file.text.contains("apiVersion:") {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: nothing\n  namespace: shop\n"
    } else if file.text.starts_with("#!") {
        "#!/bin/sh\n"
    } else if name.starts_with("compose") || name.starts_with("docker-compose") {
        "services: {}\n"
    } else {
        ""
    };
    let lines = file.text.lines().map(|line| format!("{mark}{line}\n"));
    Some(format!("{head}{}", lines.collect::<String>()))
}

/// How often the rule reports something in these files.
fn count(rule: &str, files: &[(String, String)]) -> usize {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["scan", "--no-config", "--select", rule, "--threads", "1", "--today", "2026-01-01"])
        .args(["--format", "json"])
        .current_dir(dir.path())
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code().unwrap() < 2, "{rule}: {text}");
    let report: Value = serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"));
    report["findings"].as_array().unwrap().iter().filter(|f| f["rule"].as_str() == Some(rule)).count()
}

/// Tries every bad example of every rule in another guise; what is wrong with it, and how many were tried.
fn try_all(guise: impl Fn(&str, &Example) -> Option<Vec<(String, String)>> + Sync) -> (usize, Vec<String>) {
    let rules = guided();
    assert!(rules.len() >= 240, "the guides name only {} rules", rules.len());
    let tried: Vec<Option<String>> = rules
        .par_iter()
        .flat_map_iter(|rule| {
            let guise = &guise;
            bad_examples(rule).into_iter().filter_map(move |example| {
                let files = guise(rule, &example)?;
                let line = example.files.first().map_or(0, |file| file.line);
                let found = count(rule, &files);
                Some((found > 0).then(|| format!("{rule}, example on line {line}: {found} findings")))
            })
        })
        .collect();
    (tried.len(), tried.into_iter().flatten().collect())
}

#[test]
fn comments_are_no_code() {
    let (tried, failures) = try_all(|rule, example| {
        if READ_COMMENTS.contains(&rule) || example.files.iter().any(|file| file.kind.is_some()) {
            return None;
        }
        let files = example.files.iter().map(|file| Some((file.path.clone(), commented(file)?)));
        files.collect()
    });
    assert!(tried >= 300, "only {tried} examples have comments");
    assert!(failures.is_empty(), "{} of {tried}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn files_for_tests_are_not_in_production() {
    let (tried, failures) = try_all(|rule, example| {
        if !OF_PRODUCTION.iter().any(|pack| rule.starts_with(pack)) || ANYWHERE.contains(&rule) {
            return None;
        }
        let files =
            example.files.iter().map(|file| (format!("tests/fixtures/{}", file.path), file.text.clone()));
        Some(files.collect())
    });
    assert!(tried >= 150, "only {tried} examples are about production");
    assert!(failures.is_empty(), "{} of {tried}:\n{}", failures.len(), failures.join("\n"));
}
