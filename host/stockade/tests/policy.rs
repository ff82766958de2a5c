//! `--config FILE`: a policy from anywhere, which a repository's own files refine.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::path::Path;
use std::process::Command;

const POLICY: &str = "locked \"dockerfile/image-tag-latest\"\npack \"acme\"\nfail-on \"high\"\n";
const PACK: &str =
    "pack \"acme\" {\n    version \"0.1.0\"\n    title \"Rules of Acme\"\n    requires \"0.1\"\n}\n";
const RULE: &str = r##"rule "debian" {
    title "Debian in use"
    severity "medium"
    since "0.1.0"
    profiles "default"
    fixable "no"
    applies-to "dockerfile"
    check "declare:node" {
        at "stage.FROM.repository"
        message "{value} is in use"
    }
    help "Take another one."
}
"##;
const PAGE: &str = "# Debian in use\n\nWe do without.\n\n## Bad\n\n```dockerfile\nFROM debian\n```\n\n```text\n\
                    1:6 debian is in use\n```\n\n## Good\n\n```dockerfile\nARG A\n```\n";

/// A folder with a policy, and beside it a repository whose files these are.
fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(place.path().join("repository/.git")).unwrap();
    let policy = [
        ("policy/stockade.kdl", POLICY),
        ("policy/acme/pack.kdl", PACK),
        ("policy/acme/debian.kdl", RULE),
        ("policy/acme/debian.md", PAGE),
        ("repository/Dockerfile", "FROM debian:latest\nUSER 10001\n"),
    ];
    for (path, text) in policy.iter().chain(files) {
        let file = place.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    place
}

/// The exit code and both streams of a command in the repository.
fn run(place: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(arguments)
        .current_dir(place.join("repository"))
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), text + &String::from_utf8_lossy(&output.stderr))
}

const SCAN: [&str; 5] = ["scan", "--config", "../policy/stockade.kdl", "--format", "concise"];

#[test]
fn a_policy_counts_where_the_repository_has_no_say() {
    let place = place(&[]);
    let (code, text) = run(place.path(), &SCAN);
    assert!(text.contains("[dockerfile/image-tag-latest]") && text.contains("[acme/debian]"), "{text}");
    assert_eq!(code, 0, "the policy fails on what is high: {text}");
}

#[test]
fn the_repository_refines_it_and_its_locks_hold() {
    let own = "ignore \"dockerfile/*\"\nignore \"acme/debian\"\nfail-on \"low\"\n";
    let place = place(&[("repository/stockade.kdl", own)]);
    let (code, text) = run(place.path(), &SCAN);
    assert!(text.contains("[dockerfile/image-tag-latest]") && !text.contains("acme/"), "{text}");
    assert_eq!(code, 1, "{text}");
    let (_, text) = run(place.path(), &[&SCAN[..], &["--no-config"]].concat());
    assert!(text.contains("[acme/debian]"), "nothing of the repository's counts: {text}");
    std::fs::write(place.path().join("repository/stockade.kdl"), "ignore \"DL3007\"\n").unwrap();
    let (code, text) = run(place.path(), &SCAN);
    assert!(code == 2 && text.contains("is locked by ../policy/stockade.kdl:1"), "{text}");
}

#[test]
fn what_is_the_runs_only_the_policy_and_the_file_at_the_root_say() {
    let place = place(&[("repository/sub/stockade.kdl", "fail-on \"never\"\n")]);
    let (code, text) = run(place.path(), &SCAN);
    assert!(code == 2 && text.contains("`fail-on` can only be set in the outermost"), "{text}");
}

#[test]
fn a_baseline_says_what_it_may_not_hold() {
    let place = place(&[]);
    let (code, text) = run(place.path(), &["baseline", "write", "--config", "../policy/stockade.kdl"]);
    assert!(code == 0 && text.contains("left out: 1 finding of locked rules"), "{text}");
}

#[test]
fn its_rules_are_listed_and_explained() {
    let place = place(&[]);
    for command in [["rules", "acme/debian"], ["explain", "acme/debian"]] {
        let (code, _) = run(place.path(), &command);
        assert_eq!(code, 2, "the repository alone knows no such rule: {command:?}");
        let (code, text) =
            run(place.path(), &[&command[..], &["--config", "../policy/stockade.kdl"]].concat());
        assert!(code == 0 && text.contains("acme/debian"), "{text}");
    }
    let (code, text) = run(place.path(), &["packs", "--config", "../policy/stockade.kdl"]);
    assert!(code == 0 && text.contains("acme"), "{text}");
}

#[test]
fn what_it_accepts_for_another_repository_is_not_unused_here() {
    let place = place(&[("repository/stockade.kdl", "suppress \"nginx/*\" path=\"a/**\" reason=\"ours\"\n")]);
    let policy = "suppress \"nginx/*\" path=\"b/**\" reason=\"theirs\"\n";
    std::fs::write(place.path().join("policy/stockade.kdl"), policy).unwrap();
    let (_, text) = run(place.path(), &SCAN);
    assert!(text.contains("stockade.kdl:1:1: info[meta/suppression-unused]"), "{text}");
    assert_eq!(text.matches("meta/suppression-unused").count(), 1, "{text}");
    let (code, text) = run(place.path(), &["suppressions", "list", "--config", "../policy/stockade.kdl"]);
    assert!(code == 0 && text.contains("../policy/stockade.kdl:1: unknown: nginx/*"), "{text}");
}

#[test]
fn the_pages_of_its_rules_are_tested() {
    let place = place(&[]);
    let (code, text) = run(place.path(), &["test", "acme/debian", "--config", "../policy/stockade.kdl"]);
    assert!(code == 0 && text.contains("1 rule, 2 examples: 0 rules failed"), "{text}");
}

#[test]
fn a_policy_that_cannot_be_read_stops_the_run() {
    let place = place(&[]);
    for (file, wanted) in [("../gone.kdl", "cannot read `../gone.kdl`"), ("../policy", "it is a folder")] {
        let (code, text) = run(place.path(), &["scan", "--config", file]);
        assert!(code == 2 && text.contains(wanted), "{text}");
    }
}
