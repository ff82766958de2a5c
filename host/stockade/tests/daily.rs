//! What people do with the program day after day: suppress, fix, configure.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program on 21 November 2026, with nothing of this machine's environment in sight.
fn stockade(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("STOCKADE_TODAY", "2026-11-21")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    dir
}

/// Lines of a concise report, without its summary.
fn findings(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = stockade(folder, &[&["scan", "--format", "concise"], arguments].concat());
    let mut lines: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    assert!(lines.pop().is_some(), "{}", stderr(&output));
    lines
}

const DOCKERFILE: &str = "FROM python:latest\n\
    # stockade: ignore[dockerfile/apt-get-assume-yes] until 2027-01-31 -- the image is built by hand\n\
    RUN apt-get install curl\n\
    # stockade: ignore[dockerfile/user-root, dockerfile/maintainer-deprecated] until 2026-11-20\n\
    MAINTAINER me\n\
    USER 10001\n";

#[test]
fn suppressed_findings_are_counted_and_shown_only_when_asked_for() {
    let dir = tree(&[("Dockerfile", DOCKERFILE)]);
    let open = findings(dir.path(), &[]);
    assert!(!open.iter().any(|l| l.contains("apt-get-assume-yes")), "{open:?}");
    let over = "Dockerfile:4:82: medium[meta/suppression-expired] the suppression counted until 2026-11-20";
    assert!(open.contains(&over.to_owned()), "{open:?}");
    let mark = "(suppressed by a comment on line 2: the image is built by hand)";
    let all = findings(dir.path(), &["--show-suppressed"]);
    assert!(all.iter().any(|l| l.ends_with(mark)), "{all:?}");
    let off = findings(dir.path(), &["--no-suppressions"]);
    assert!(off.iter().any(|l| l.contains("apt-get-assume-yes")) && off.iter().all(|l| !l.contains("meta/")));
    // The day decides.
    let before = findings(dir.path(), &["--today", "2026-11-20"]);
    assert!(!before.iter().any(|l| l.contains("maintainer-deprecated")), "{before:?}");
    assert!(before.iter().any(|l| l.contains("meta/suppression-unused")), "{before:?}");
}

#[test]
fn suppressed_findings_do_not_fail_and_sarif_says_why() {
    let text = "FROM debian:12.5-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\
        # stockade: ignore[dockerfile/user-root] -- needs port 80\nUSER root\n";
    let dir = tree(&[("Dockerfile", text)]);
    let rules = ["scan", "--select", "dockerfile/user-root,dockerfile/user-missing", "--format", "sarif"];
    let full = stockade(dir.path(), &[&rules[..], &["--sarif-profile", "full"]].concat());
    assert_eq!(full.status.code(), Some(0), "{}", stdout(&full));
    let sarif: Value = serde_json::from_str(&stdout(&full)).unwrap();
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["justification"], "needs port 80");
    let github = stockade(dir.path(), &[&rules[..], &["--sarif-profile", "github"]].concat());
    let sarif: Value = serde_json::from_str(&stdout(&github)).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(0));
}

#[test]
fn stale_suppressions_are_removed_by_fix() {
    let dir = tree(&[
        ("Dockerfile", "FROM a:1\n# stockade: ignore[dockerfile/user-root] -- gone\nUSER 10001\n"),
        ("stockade.kdl", "fail-on \"low\"\nsuppress \"dockerfile/user-root\" path=\"x\" reason=\"gone\"\n"),
    ]);
    let output = stockade(dir.path(), &["scan", "--fix", "--format", "concise"]);
    assert!(stderr(&output).contains("fixed 2 findings"), "{}", stderr(&output));
    let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(text("Dockerfile"), "FROM a:1\nUSER 10001\n");
    assert_eq!(text("stockade.kdl"), "fail-on \"low\"\n");
}

#[test]
fn the_configuration_governs_suppressions() {
    let directive = "FROM a:1\n# stockade: ignore[dockerfile/user-root]\nUSER root\n";
    for (config, words) in [
        ("suppressions { require-reason }", "meta/suppression-reason-missing"),
        ("suppressions { max-days 90 }", "meta/suppression-too-long"),
        ("suppressions { forbid-inline }", "meta/suppression-forbidden"),
        ("locked \"dockerfile/user-root\"", "meta/suppression-forbidden"),
    ] {
        let dir = tree(&[("Dockerfile", directive), ("stockade.kdl", config)]);
        let found = findings(dir.path(), &[]);
        for words in [words, "dockerfile/user-root"] {
            assert!(found.iter().any(|l| l.contains(words)), "{config}: {found:?}");
        }
    }
}
