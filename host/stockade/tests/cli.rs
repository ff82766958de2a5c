//! The built program on real trees: output, exit codes, and what it does with bad input.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

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

/// A copy of the demonstration project outside any repository, so that paths are relative to it.
fn demo() -> tempfile::TempDir {
    project("demo")
}

/// A copy of a project, likewise.
fn project(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&testdata("projects").join(name), dir.path());
    dir
}

/// Compares with a file beside the projects, or writes it where `BLESS` is set.
fn golden(name: &str, found: &str) {
    let golden = testdata("projects").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, expected, "run with BLESS=1 and read {}", golden.display());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { std::fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    dir
}

const CLEAN: &[u8] =
    b"FROM debian:12.5-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\
    USER 10001\nHEALTHCHECK CMD [\"/app\", \"ping\"]\nCMD [\"/app\"]\n";

#[test]
fn the_demonstration_project_gives_what_it_gave() {
    let demo = demo();
    for (format, name) in [("concise", "demo.concise"), ("pretty", "demo.pretty")] {
        let output = stockade(demo.path(), &["scan", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        golden(name, &stdout(&output));
    }
}

/// What guides show as an example to follow, and what is wrong with it: each sample's own flaw is among the findings.
#[test]
fn the_samples_of_guides_are_judged() {
    let samples = project("guide-samples");
    let output = stockade(samples.path(), &["scan", "--profile", "all", "--format", "concise"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let found = stdout(&output);
    for (file, rule) in [
        (".github/workflows/scan.yaml", "config/ci-retired-command"),
        ("Dockerfile", "dockerfile/shell-form-after-shell-removed"),
        ("config/production.yaml", "config/approval-bypass"),
        ("config/production.yaml", "config/capability-wildcard"),
        ("config/production.yaml", "config/redact-pattern-invalid"),
        ("deploy/nginx.conf", "config/header-xss-protection"),
        ("deploy/nginx.conf", "nginx/listen-http2-deprecated"),
        ("deploy/secret.yaml", "kubernetes/deprecated-api-version"),
        ("scripts/backup.sh", "config/backup-upload-plain"),
        ("scripts/firewall.sh", "config/firewall-internal-port-open"),
    ] {
        let told = found.lines().any(|line| line.starts_with(file) && line.contains(&format!("[{rule}]")));
        assert!(told, "{rule} says nothing on {file}:\n{found}");
    }
    golden("guide-samples.concise", &found);
}

#[test]
fn a_guide_becomes_a_checklist() {
    let samples = project("guide-samples");
    let pack = ["report", "--pack", "hardening-platform"];
    let output = stockade(samples.path(), &pack);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    golden("guide-samples.checklist", &stdout(&output));
    let unknown = stockade(samples.path(), &["report", "--pack", "hardening-platfrom"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("Did you mean `pack:hardening-platform`?"), "{}", stderr(&unknown));
    let no_guide = stockade(samples.path(), &["report", "--pack", "nginx"]);
    assert!(stderr(&no_guide).contains("no guide is called `nginx`"), "{}", stderr(&no_guide));
}

#[test]
fn the_output_format_does_not_change_the_exit_code() {
    let demo = demo();
    let clean = tree(&[("Dockerfile", CLEAN)]);
    for format in
        ["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "checkstyle", "html"]
    {
        for (folder, code) in [(demo.path(), 1), (clean.path(), 0)] {
            let output = stockade(folder, &["scan", "--format", format]);
            assert_eq!(output.status.code(), Some(code), "{format}: {}{}", stdout(&output), stderr(&output));
        }
    }
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let demo = demo();
    let with = |threads: &str| {
        let output =
            stockade(demo.path(), &["scan", "--profile", "all", "--format", "sarif", "--threads", threads]);
        stdout(&output)
    };
    let one = with("1");
    assert!(one.len() > 10_000);
    assert_eq!(one, with("2"));
    assert_eq!(one, with("8"));
}

#[test]
fn a_sarif_report_is_complete_on_a_clean_run_and_accepted_by_our_own_check() {
    let clean = tree(&[("Dockerfile", CLEAN)]);
    let demo = demo();
    for (folder, results) in [(clean.path(), false), (demo.path(), true)] {
        let output = stockade(folder, &["scan", "--format", "sarif", "--output", "out.sarif"]);
        assert_eq!(stdout(&output), "");
        let text = std::fs::read_to_string(folder.join("out.sarif")).unwrap();
        let sarif: Value = serde_json::from_str(&text).unwrap();
        let run = &sarif["runs"][0];
        assert_eq!(!run["results"].as_array().unwrap().is_empty(), results);
        for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
            for pointer in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"]
            {
                let text = rule.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                assert!(!text.is_empty(), "{} has no {pointer}", rule["id"]);
            }
        }
        let check = stockade(folder, &["sarif", "check", "out.sarif"]);
        assert_eq!(check.status.code(), Some(0), "{}", stdout(&check));
    }
}

/// Microsoft's validator on what the program really writes; `cargo xtask test` installs it.
#[test]
fn the_sarif_multitool_finds_no_error_in_a_real_report() {
    let Some(multitool) = std::env::var_os("STOCKADE_SARIF_MULTITOOL") else {
        assert!(
            std::env::var_os("STOCKADE_SKIP_MULTITOOL").is_some(),
            "run `cargo xtask test`, or set STOCKADE_SARIF_MULTITOOL, or STOCKADE_SKIP_MULTITOOL=1 to do without"
        );
        return;
    };
    let demo = demo();
    for profile in ["open", "github", "full"] {
        stockade(
            demo.path(),
            &[
                "scan",
                "--profile",
                "all",
                "--format",
                "sarif",
                "--sarif-profile",
                profile,
                "--output",
                "out.sarif",
            ],
        );
        let status = Command::new(&multitool)
            .current_dir(demo.path())
            .args(["validate", "out.sarif", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"])
            .args(["--log", "ForceOverwrite", "-o", "checked.sarif"])
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
            .output()
            .unwrap();
        assert!(status.status.success());
        let text = std::fs::read_to_string(demo.path().join("checked.sarif")).unwrap();
        let log: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
        let results = log["runs"][0]["results"].as_array().unwrap();
        let errors: Vec<&Value> = results.iter().filter(|r| r["level"] == "error").collect();
        assert!(errors.is_empty(), "{profile}: {errors:#?}");
    }
}

#[test]
fn what_cannot_be_looked_at_is_named_and_makes_the_exit_code_2() {
    let dir = tree(&[("Dockerfile", b"FROM \xff\n"), ("sub/Dockerfile", CLEAN)]);
    let output = stockade(dir.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(2));
    let text = stdout(&output);
    assert!(text.contains("Dockerfile") && text.contains("not UTF-8 at byte 5"), "{text}");
    assert_eq!(stockade(dir.path(), &["scan", "--fail-on", "never"]).status.code(), Some(2));
}

#[test]
fn bad_arguments_say_what_to_do() {
    let dir = tree(&[("Dockerfile", CLEAN)]);
    for (arguments, words) in [
        (&["scan", "nowhere"][..], "cannot scan `nowhere`"),
        (&["scan", "--select", "dockerfile/user-rot"], "dockerfile/user-root"),
        (&["scan", "--profile", "strictt"], "strict"),
        (&["scan", "--fail-on", "bad"], "`bad` is no severity"),
        (&["scan", "--format", "xml"], "`xml` is no output format"),
        (&["explain", "dockerfile/user-rot"], "dockerfile/user-root"),
        (&["explain", "user-rot"], "/user-root`"),
        (&["sarif", "check", "nowhere.sarif"], "cannot read `nowhere.sarif`"),
    ] {
        let output = stockade(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn the_fail_level_decides() {
    let demo = demo();
    for (level, code) in [("info", 1), ("critical", 1), ("never", 0)] {
        let output = stockade(demo.path(), &["scan", "--format", "concise", "--fail-on", level]);
        assert_eq!(output.status.code(), Some(code), "{level}");
    }
    let low = ["scan", "--select", "dockerfile/maintainer-deprecated", "--format", "concise"];
    assert_eq!(stockade(demo.path(), &low).status.code(), Some(0), "info does not fail by default");
}

#[test]
fn rules_are_listed_and_explained_also_by_other_tools_ids() {
    let dir = tempfile::tempdir().unwrap();
    let rules: Value =
        serde_json::from_str(&stdout(&stockade(dir.path(), &["rules", "--format", "json"]))).unwrap();
    let rules = rules.as_array().unwrap();
    for key in ["id", "plugin", "title", "severity", "profiles", "aliases", "tags", "fixable"] {
        assert!(rules.iter().all(|r| r.get(key).is_some()), "{key}");
    }
    for pack in ["dockerfile/", "kubernetes/"] {
        assert!(rules.iter().filter(|r| r["id"].as_str().unwrap().starts_with(pack)).count() >= 15, "{pack}");
    }
    let page = stdout(&stockade(dir.path(), &["explain", "DL3007"]));
    assert!(page.starts_with("dockerfile/image-tag-latest") && page.contains("## Bad"), "{page}");
    // A name without its pack stands for all rules of that name.
    let pages = stdout(&stockade(dir.path(), &["explain", "image-tag-latest"]));
    for rule in ["compose/image-tag-latest", "dockerfile/image-tag-latest", "kubernetes/image-tag-latest"] {
        assert!(pages.lines().any(|line| line.starts_with(rule)), "{rule}: {pages}");
    }
}

#[test]
fn every_rule_page_is_true() {
    let dir = tempfile::tempdir().unwrap();
    let output = stockade(dir.path(), &["test"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn configuration_counts_unless_told_otherwise_and_errors_point_into_it() {
    let dir = demo();
    let file = dir.path().join("stockade.kdl");
    let count = |arguments: &[&str]| {
        let output = stockade(dir.path(), &[&["scan", "--format", "json"], arguments].concat());
        let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
        json["findings"].as_array().unwrap().len()
    };
    let before = count(&[]);
    std::fs::write(&file, "ignore \"kubernetes/*\"\nexclude \"Dockerfile\" reason=\"rewritten next week\"\n")
        .unwrap();
    assert!(count(&[]) < before);
    assert_eq!(count(&["--no-config"]), before);
    std::fs::write(&file, "ignore \"kubernetes/privileged-containr\"\n").unwrap();
    let output = stockade(dir.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(text.contains("stockade.kdl") && text.contains("kubernetes/privileged-container"), "{text}");
}

#[test]
fn links_out_of_the_tree_are_not_followed() {
    let outside = tree(&[("Dockerfile", b"FROM python:latest\n")]);
    let dir = tree(&[("a/Dockerfile", CLEAN)]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("Dockerfile"), dir.path().join("Dockerfile")).unwrap();
    }
    let output = stockade(dir.path(), &["scan", "--format", "concise"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn fixes_are_written_and_the_findings_gone() {
    let dir = demo();
    let file = dir.path().join("Dockerfile");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    let rule =
        "dockerfile/add-instead-of-copy,dockerfile/apt-get-assume-yes,dockerfile/maintainer-deprecated";
    let output = stockade(dir.path(), &["scan", "--fix", "--select", rule, "--format", "concise"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stderr(&output).contains("fixed 3 findings"), "{}", stderr(&output));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("COPY . /app") && text.contains("apt-get install -y curl"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        std::fs::read_dir(testdata("projects/demo")).unwrap().count()
    );
    let again = stockade(dir.path(), &["scan", "--fix", "--select", rule, "--format", "concise"]);
    assert!(stderr(&again).contains("fixed 0 findings"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

const OWN_PACK: &[u8] =
    b"pack \"acme\" {\n    version \"0.1.0\"\n    title \"Rules of Acme\"\n    requires \"0.1\"\n}\n";
const OWN_RULE: &[u8] = br#"rule "foreign-registry" {
    title "Image from a foreign registry"
    severity "high"
    since "0.1.0"
    profiles "default"
    fixable "no"
    applies-to "kubernetes"
    check "declare:node" {
        at "spec.containers[*].image"
        report-if { not { starts-with "registry.acme.example/" } }
        message "image {value} is not from registry.acme.example"
    }
    help "Push the image to registry.acme.example and name it there."
}
"#;
const OWN_PAGE: &[u8] = b"# Image from a foreign registry\n\nImages from elsewhere are not scanned by us, and \
may vanish.\n\n## Bad\n\n```yaml kind=kubernetes\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    \
- name: web\n      image: nginx:1.27\n```\n\n```text\n8:14 image nginx:1.27 is not from registry.acme.example\n```\n\n## Good\n\n```yaml \
kind=kubernetes\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: registry.acme.example/nginx:1.27\n```\n";
const OWN_POD: &[u8] =
    b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27\n";

fn own_rules(rule: &[u8]) -> tempfile::TempDir {
    tree(&[
        ("stockade.kdl", b"pack \"policy/acme\"\n"),
        ("policy/acme/pack.kdl", OWN_PACK),
        ("policy/acme/foreign-registry.kdl", rule),
        ("policy/acme/foreign-registry.md", OWN_PAGE),
        ("pod.yaml", OWN_POD),
    ])
}

#[test]
fn a_rule_of_the_repositorys_own_is_listed_explained_tested_and_found() {
    let dir = own_rules(OWN_RULE);
    let output = stockade(dir.path(), &["scan", "--select", "acme/*", "--format", "concise"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("pod.yaml:8:14"), "{}", stdout(&output));
    assert!(stdout(&output).contains("image nginx:1.27 is not from registry.acme.example"));
    let page = stdout(&stockade(dir.path(), &["explain", "acme/foreign-registry"]));
    assert!(page.contains("may vanish"), "{page}");
    let test = stockade(dir.path(), &["test", "acme/*"]);
    assert_eq!(test.status.code(), Some(0), "{}{}", stdout(&test), stderr(&test));
    assert!(stdout(&test).contains("1 rule, 2 examples"), "{}", stdout(&test));
}

#[test]
fn what_is_wrong_with_a_rule_of_ones_own_is_shown_where_it_stands() {
    let rule = String::from_utf8(OWN_RULE.to_vec()).unwrap();
    for (from, to, words) in [
        ("declare:node", "declare:nod", "has no check `nod`"),
        ("message \"image", "massage \"image", "massage"),
        ("\"high\"", "\"hihg\"", "hihg"),
        ("starts-with", "start-with", "`start-with` is no condition"),
        ("containers[*].image", "containers[*]image", "needs a dot behind `]`"),
    ] {
        let output = stockade(own_rules(rule.replace(from, to).as_bytes()).path(), &["scan"]);
        assert_eq!(output.status.code(), Some(2), "{to}");
        let text = stderr(&output);
        assert!(text.contains("policy/acme/foreign-registry.kdl") && text.contains(words), "{text}");
    }
}

#[test]
fn a_pack_outside_the_repository_is_not_read() {
    let outside = own_rules(OWN_RULE);
    let dir = tree(&[("Dockerfile", CLEAN)]);
    for pack in ["../acme".to_owned(), outside.path().join("policy/acme").display().to_string()] {
        std::fs::write(dir.path().join("stockade.kdl"), format!("pack \"{pack}\"\n")).unwrap();
        let output = stockade(dir.path(), &["scan"]);
        assert_eq!(output.status.code(), Some(2));
        let text = stderr(&output);
        assert!(text.contains("outside the repository") || text.contains("stockade.kdl"), "{text}");
    }
}

/// Made for this test: no rule page shows them, so that whatever is found in a report comes from the files.
const SECRETS: [&str; 4] = [
    "q7Vt2MzLw9XrKd4B",
    "Zx8Nf3HcTg6YpWs1Jd",
    "yR4vB9kQe2LmS7uA0tXhWc5ZgPoNd8fJi3KbTqVxEwE=",
    "MC4CAQAwBQYDK2VwBCIEIBk1oXj7Qw2sVn9Zr4Ty8Ue5Lc3Hd6Mf0Gb1Pa7Ks2Xq",
];

#[test]
fn no_report_shows_a_secret() {
    let [password, in_url, vpn, key] = SECRETS;
    let config = format!(
        "database:\n  password: {password}\n  url: postgres://app:{in_url}@db.shop.io:5432/app\ntls:\n  key: |\n    -----BEGIN PRIVATE KEY-----\n    {key}\n    -----END PRIVATE KEY-----\n"
    );
    let tunnel = format!("[Interface]\nPrivateKey = {vpn}\n");
    let tree = tree(&[("config/app.yaml", config.as_bytes()), ("wg0.ini", tunnel.as_bytes())]);
    let formats =
        ["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html", "checkstyle"];
    for format in formats {
        let output = stockade(tree.path(), &["scan", "--profile", "all", "--format", format]);
        let text = stdout(&output) + &stderr(&output);
        for rule in
            ["secrets/literal-in-config", "secrets/connection-string-password", "secrets/private-key-file"]
        {
            assert!(text.contains(rule), "{format} does not name {rule}\n{text}");
        }
        for secret in SECRETS {
            assert!(!text.contains(secret), "{format} shows {secret}");
        }
    }
}
