//! What joins stockade to other programs: foreign configuration, several reports, completions, manual pages.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program with nothing of this machine's environment in sight.
fn stockade(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
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

const DOCKERFILE: &str = "FROM registry.example.com/base:latest\nADD a /a\nRUN apt-get install curl\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  hostNetwork: true\n  containers:\n    - name: a\n      image: a\n      securityContext:\n        privileged: true\n";

/// Imports a file beside the others, and gives what comes out and the rules that a scan with it reports, as
/// `rule path`.
fn imported(tool: &str, config: &str, files: &[(&str, &str)]) -> (String, Vec<String>, Option<i32>) {
    let dir = tree(files);
    let output = stockade(dir.path(), &["import", tool, config]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let kdl = stdout(&output);
    std::fs::write(dir.path().join("stockade.kdl"), &kdl).unwrap();
    let scan = stockade(dir.path(), &["scan", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&scan.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{kdl}\n{}", stderr(&scan)));
    let findings = report["findings"].as_array().unwrap();
    let open = findings.iter().filter(|finding| finding["state"]["kind"] == "open");
    let named = open.map(|f| format!("{} {}", f["rule"].as_str().unwrap(), f["path"].as_str().unwrap()));
    (kdl, named.collect(), scan.status.code())
}

fn has(found: &[String], start: &str) -> bool {
    found.iter().any(|line| line.starts_with(start))
}

#[test]
fn what_hadolint_ignores_is_ignored_and_its_severities_hold() {
    let files = [
        ("Dockerfile", DOCKERFILE),
        (
            ".hadolint.yaml",
            "ignored:\n  - DL3020 # ADD is fine\n  - SC2086\n  - DL9999\noverride:\n  error: [DL3015]\n  info:\n    - DL3007\n\
             failure-threshold: error\ntrustedRegistries:\n  - docker.io\n  - '*.gcr.io'\nlabel-schema:\n  author: text\n  \
             homepage: url\n  odd: nonsense\nstrict-labels: true\nformat: tty\nwhat\"\\: 1\n",
        ),
    ];
    let before = stockade(tree(&files).path(), &["scan", "--format", "concise"]);
    assert!(stdout(&before).contains("dockerfile/add-instead-of-copy"), "{}", stdout(&before));
    let (kdl, found, code) = imported("hadolint", ".hadolint.yaml", &files);
    assert!(!has(&found, "dockerfile/add-instead-of-copy"), "{kdl}{found:#?}");
    for expected in ["dockerfile/image-registry-not-allowed ", "dockerfile/label-required-missing "] {
        assert!(has(&found, expected), "{expected}{kdl}{found:#?}");
    }
    // Only the rule that was raised to an error is at the threshold.
    assert_eq!(code, Some(1), "{kdl}");
    for remark in [
        "// SC2086: a rule of ShellCheck; stockade does not run ShellCheck",
        "// DL9999: no rule here stands for this one of hadolint",
        "`odd` has the type `nonsense`",
        "fail-on \"high\"",
        "allow \"docker.io\" \"*.gcr.io\"",
        "// format: an argument here",
    ] {
        assert!(kdl.contains(remark), "{remark}\n{kdl}");
    }
}

#[test]
fn hadolints_no_fail_holds_beside_a_threshold() {
    let config = "failure-threshold: error\noverride:\n  error: [DL3007, DL3020]\nno-fail: true\n";
    let (kdl, _, code) =
        imported("hadolint", ".hadolint.yaml", &[("Dockerfile", DOCKERFILE), (".hadolint.yaml", config)]);
    assert_eq!(code, Some(0), "{kdl}");
    assert!(kdl.matches("fail-on").count() == 1 && kdl.contains("with no-fail nothing fails"), "{kdl}");
}

#[test]
fn checkovs_lists_patterns_and_paths_are_taken_over() {
    let files = [
        ("pod.yaml", POD),
        ("vendor/pod.yaml", POD),
        ("deploy/gen/pod.yaml", POD),
        (
            ".checkov.yaml",
            "skip-check:\n  - CKV_K8S_16\n  - CKV_K8S_1*\n  - LOW\nskip-path:\n  - vendor/.*\n  - '^deploy/gen'\n  - 'a(b|c)+'\n\
             soft-fail: true\nframework: kubernetes\ncompact: true\nbaseline: x\n",
        ),
    ];
    let (kdl, found, code) = imported("checkov", ".checkov.yaml", &files);
    assert_eq!(code, Some(0), "{kdl}");
    assert!(
        !has(&found, "kubernetes/privileged-container ") && has(&found, "kubernetes/"),
        "{kdl}{found:#?}"
    );
    assert!(found.iter().all(|line| line.ends_with(" pod.yaml")), "{found:#?}");
    assert!(kdl.contains("// a(b|c)+: a regular expression"), "{kdl}");
    assert!(kdl.contains("ignore \"severity:info\" \"severity:low\" // LOW"), "{kdl}");

    let chosen = [
        ("pod.yaml", POD),
        ("c.yml", "check: CKV_K8S_16,CKV_K8S_19\nsoft-fail-on: CKV_K8S_16\nhard-fail-on: MEDIUM\n"),
    ];
    let (kdl, found, code) = imported("checkov", "c.yml", &chosen);
    assert!(
        found.iter().any(|line| line.contains("host-network"))
            && has(&found, "kubernetes/privileged-container "),
        "{kdl}{found:#?}"
    );
    assert!(found.len() <= 3, "only the chosen ones: {found:#?}");
    assert_eq!(code, Some(1), "{kdl}");
}

#[test]
fn trivys_ignore_files_keep_paths_days_and_statements() {
    let files = [
        ("pod.yaml", POD),
        ("old/pod.yaml", POD),
        (
            ".trivyignore.yaml",
            "misconfigurations:\n  - id: AVD-KSV-0017\n    paths: [\"old/**\"]\n    expired_at: 2999-01-31\n    statement: \"goes \\\"soon\\\"\"\n  \
             - id: KSV009\n    expired_at: 2020-01-01\n  - id: AVD-DS-0002\n    expired_at: soon\n\
             vulnerabilities:\n  - id: CVE-2024-1\n",
        ),
    ];
    let (kdl, found, _) = imported("trivy", ".trivyignore.yaml", &files);
    let privileged: Vec<&String> =
        found.iter().filter(|line| line.starts_with("kubernetes/privileged-container ")).collect();
    assert_eq!(privileged, ["kubernetes/privileged-container pod.yaml"], "{kdl}");
    assert!(kdl.contains("until=\"2999-01-31\" reason=\"goes \\\"soon\\\"\""), "{kdl}");
    for remark in [
        "// KSV009: ran out on 2020-01-01",
        "// AVD-DS-0002: `soon` is no day",
        "// CVE-2024-1: stockade looks for no vulnerabilities",
    ] {
        assert!(kdl.contains(remark), "{remark}\n{kdl}");
    }

    let files = [
        ("pod.yaml", POD),
        ("skipped/pod.yaml", POD),
        (
            "trivy.yaml",
            "severity:\n  - HIGH\n  - CRITICAL\nexit-code: 0\nscan:\n  skip-dirs:\n    - ./skipped\n  offline: true\nformat: json\n",
        ),
        (".trivyignore", "# accepted\nAVD-KSV-0017 exp:2999-01-01\n\nCVE-2023-2 # no\nKSV-0009\n"),
    ];
    let (kdl, found, code) = imported("trivy", "trivy.yaml", &files);
    assert_eq!(code, Some(0), "{kdl}");
    assert!(found.iter().all(|line| line.ends_with(" pod.yaml")), "{kdl}{found:#?}");
    assert!(
        !has(&found, "kubernetes/privileged-container ") && !found.iter().any(|l| l.contains("host-network")),
        "{kdl}{found:#?}"
    );
    assert!(kdl.contains("ignore \"severity:info\" \"severity:low\" \"severity:medium\""), "{kdl}");
    assert!(kdl.contains("reason=\"accepted\""), "{kdl}");
}

#[test]
fn an_ignore_file_of_trivy_that_is_not_there_is_named_and_the_rest_is_taken_over() {
    let files = [("pod.yaml", POD), ("trivy.yaml", "ignorefile: made/by-ci.txt\nseverity: [HIGH]\n")];
    let (kdl, found, _) = imported("trivy", "trivy.yaml", &files);
    assert!(kdl.contains("// ignorefile made/by-ci.txt: is not there"), "{kdl}");
    assert!(kdl.contains("ignore \"severity:info\"") && !found.is_empty(), "{kdl}");
}

#[test]
fn kube_linters_choice_of_checks_is_taken_over() {
    let config = "checks:\n  addAllBuiltIn: true\n  exclude:\n    - privileged-container\n    - \"no-such-check\"\n  ignorePaths:\n    - ~/x\n    - '**/charts/**'\n\
                  customChecks:\n  - name: mine\n    template: required-label\n";
    let files = [("pod.yaml", POD), ("a/charts/pod.yaml", POD), (".kube-linter.yaml", config)];
    let (kdl, found, _) = imported("kube-linter", ".kube-linter.yaml", &files);
    assert!(
        !has(&found, "kubernetes/privileged-container ") && has(&found, "kubernetes/"),
        "{kdl}{found:#?}"
    );
    assert!(found.iter().all(|line| line.ends_with(" pod.yaml")), "{kdl}{found:#?}");
    assert!(
        kdl.contains("// no-such-check: no rule") && kdl.contains("// mine: a check of your own"),
        "{kdl}"
    );

    let config = "checks: {doNotAutoAddDefaults: true, include: [host-network]}\n";
    let files = [("pod.yaml", POD), ("Dockerfile", DOCKERFILE), ("c.yaml", config)];
    let (kdl, found, _) = imported("kube-linter", "c.yaml", &files);
    assert!(found.len() == 1 && found[0].contains("host-network"), "{kdl}{found:#?}");
}

#[test]
fn what_is_no_configuration_is_an_error_with_its_place() {
    let dir = tree(&[("list.yaml", "- a\n"), ("broken.yaml", "a: 1\nb: [\n"), ("empty.yaml", "")]);
    for (file, words) in
        [("list.yaml", "a mapping is expected"), ("broken.yaml", "line "), ("none.yaml", "cannot read")]
    {
        let output = stockade(dir.path(), &["import", "hadolint", file]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(stderr(&output).contains(words), "{file}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{file}");
    }
    assert_eq!(stockade(dir.path(), &["import", "checkov", "empty.yaml"]).status.code(), Some(0));
    assert_eq!(stockade(dir.path(), &["import", "nobody", "empty.yaml"]).status.code(), Some(2));
}

#[test]
fn several_reports_come_from_one_scan() {
    let dir = tree(&[("Dockerfile", DOCKERFILE), ("out/old.sarif", "old")]);
    let alone = |format: &str| stdout(&stockade(dir.path(), &["scan", "Dockerfile", "--format", format]));
    let reports = [
        "scan",
        "Dockerfile",
        "--report",
        "sarif=out/old.sarif",
        "--report",
        "markdown=-",
        "--report",
        "html=out/r.html",
    ];
    let output = stockade(dir.path(), &reports);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(stdout(&output), alone("markdown"));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("out/old.sarif"), alone("sarif"));
    assert_eq!(read("out/r.html"), alone("html"));
    let left: Vec<_> = std::fs::read_dir(dir.path().join("out")).unwrap().collect();
    assert_eq!(left.len(), 2, "no temporary file stays: {left:?}");

    // Beside `--format`, and into files only.
    let output = stockade(
        dir.path(),
        &["scan", "Dockerfile", "-f", "concise", "--report", "json=out/r.json", "--color", "always"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("dockerfile/"));
    assert!(!read("out/r.json").contains('\u{1b}'));
    let output = stockade(dir.path(), &["scan", "Dockerfile", "--report", "junit=out/r.xml"]);
    assert_eq!(stdout(&output), "");
    assert_eq!(read("out/r.xml"), alone("junit"));
}

#[test]
fn reports_that_would_mix_are_refused() {
    let dir = tree(&[("Dockerfile", DOCKERFILE)]);
    for arguments in [
        &["--report", "json=-", "--report", "sarif=-"][..],
        &["--format", "json", "--report", "sarif=-"],
        &["--report", "json=x", "--report", "sarif=x"],
        &["--output", "x", "--report", "sarif=x"],
        &["--report", "json"],
        &["--report", "json="],
        &["--report", "nonsense=x"],
    ] {
        let output = stockade(dir.path(), &[&["scan"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !dir.path().join("x").exists(), "{arguments:?}");
    }
    let output = stockade(dir.path(), &["scan", "--report", "json=no/such/folder"]);
    assert_eq!(output.status.code(), Some(2), "a report that cannot be written is no clean run");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let dir = tree(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = stockade(dir.path(), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        for word in ["scan", "explain", "sarif-profile", "completions"] {
            assert!(stdout(&output).contains(word), "{shell} knows nothing of {word}");
        }
        // Elvish's and PowerShell's have no values.
        if ["bash", "zsh", "fish"].contains(&shell) {
            let offered = stdout(&output).matches("dockerfile/image-tag-latest").count();
            assert!(offered >= 9, "{shell} offers the ids of rules {offered} times");
        }
    }
    let main = stdout(&stockade(dir.path(), &["man"]));
    assert!(main.contains(".TH stockade 1") && main.contains("stockade\\-scan(1)"), "{main}");
    assert_eq!(stockade(dir.path(), &["man", "pages"]).status.code(), Some(0));
    let scan = std::fs::read_to_string(dir.path().join("pages/stockade-scan.1")).unwrap();
    assert!(scan.contains("fail\\-on"), "{scan}");
    for page in ["stockade.1", "stockade-sarif-check.1", "stockade-import.1"] {
        assert!(dir.path().join("pages").join(page).is_file(), "{page}");
    }
}
