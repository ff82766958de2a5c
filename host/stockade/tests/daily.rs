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

#[test]
fn the_list_of_suppressions_has_every_one_with_what_it_does() {
    let dir = tree(&[
        ("Dockerfile", DOCKERFILE),
        ("stockade.kdl", "suppress \"dockerfile/image-tag-latest\" path=\"*\" reason=\"a | b\"\n"),
    ]);
    let list = |format: &str| {
        let output = stockade(dir.path(), &["suppressions", "list", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(
        list("text"),
        "Dockerfile:2: used for 1: dockerfile/apt-get-assume-yes (comment, node) until 2027-01-31 -- the image is built by hand\n\
         Dockerfile:4: expired: dockerfile/user-root, dockerfile/maintainer-deprecated (comment, node) until 2026-11-20\n\
         stockade.kdl:1: used for 1: dockerfile/image-tag-latest (configuration, *) -- a | b\n\
         3 suppressions: 2 used, 0 unused, 1 expired, 0 refused, 0 unknown\n"
    );
    let json: Value = serde_json::from_str(&list("json")).unwrap();
    assert_eq!((&json[0]["state"], &json[0]["findings"]), (&"used".into(), &1.into()));
    assert!(
        list("markdown")
            .contains("| stockade.kdl:1 | `dockerfile/image-tag-latest` | * |  | used (1) | a \\| b |")
    );
}

#[test]
fn other_tools_directives_count_when_they_are_switched_on() {
    let text = "FROM python:latest\n# hadolint ignore=DL3014,DL9999\nRUN apt-get install curl\nUSER 10001\n";
    let dir = tree(&[("Dockerfile", text)]);
    let yes = |found: &[String]| found.iter().any(|l| l.contains("apt-get-assume-yes"));
    assert!(yes(&findings(dir.path(), &[])));
    let on = findings(dir.path(), &["--peers", "hadolint"]);
    assert!(!yes(&on) && !on.iter().any(|l| l.contains("meta/")), "{on:?}");
    std::fs::write(dir.path().join("stockade.kdl"), "suppressions { peers \"hadolint\" }").unwrap();
    assert!(!yes(&findings(dir.path(), &[])));
    std::fs::write(dir.path().join("stockade.kdl"), "suppressions { peers \"hadolit\" }").unwrap();
    let output = stockade(dir.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("hadolint"), "{}", stderr(&output));
}

#[test]
fn a_diff_shows_what_fix_does_and_changes_nothing() {
    let text = "FROM python:3\nRUN apt-get install curl\nUSER 10001\n";
    let dir = tree(&[("Dockerfile", text)]);
    let rule = ["--select", "dockerfile/apt-get-assume-yes"];
    let output = stockade(dir.path(), &[&["scan", "--diff"], &rule[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output),
        "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,3 +1,3 @@\n FROM python:3\n-RUN apt-get install curl\n\
         +RUN apt-get install -y curl\n USER 10001\n"
    );
    assert_eq!(std::fs::read_to_string(dir.path().join("Dockerfile")).unwrap(), text);
    stockade(dir.path(), &[&["scan", "--fix"], &rule[..]].concat());
    let again = stockade(dir.path(), &[&["scan", "--diff"], &rule[..]].concat());
    assert_eq!((again.status.code(), stdout(&again).as_str()), (Some(0), ""));
    assert_eq!(stockade(dir.path(), &["scan", "--unsafe-fixes"]).status.code(), Some(2));
}

#[test]
fn fixes_keep_encoding_line_ends_and_what_may_not_be_written() {
    let text = "FROM python:3\r\n# stockade: ignore[dockerfile/user-root]\r\nMAINTAINER ü\r\nUSER 10001\r\n";
    let utf16 = |text: &str| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect::<Vec<u8>>()
    };
    let dir = tree(&[("a/Dockerfile", &format!("\u{feff}{text}")), ("ro/Dockerfile", text)]);
    std::fs::create_dir(dir.path().join("b")).unwrap();
    std::fs::write(dir.path().join("b/Dockerfile"), utf16(text)).unwrap();
    let read_only = dir.path().join("ro/Dockerfile");
    let mut permissions = read_only.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&read_only, permissions).unwrap();
    let output = stockade(dir.path(), &["scan", "--fix", "--format", "pretty"]);
    let fixed = "FROM python:3\r\nLABEL org.opencontainers.image.authors=\"ü\"\r\nUSER 10001\r\n";
    assert_eq!(std::fs::read_to_string(dir.path().join("a/Dockerfile")).unwrap(), format!("\u{feff}{fixed}"));
    assert_eq!(std::fs::read(dir.path().join("b/Dockerfile")).unwrap(), utf16(fixed));
    assert_eq!(std::fs::read_to_string(&read_only).unwrap(), text);
    assert!(stdout(&output).contains("not fixed: it is read-only"), "{}", stdout(&output));
}

#[test]
fn what_a_path_says_counts_from_the_repository_whatever_is_named() {
    let dir = tree(&[("live/.env", "DEBUG=true\n"), ("tests/live/.env", "DEBUG=true\n")]);
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    let found = |path: &str| {
        let output =
            stockade(dir.path(), &["scan", "--select", "config/debug-enabled", "--format", "concise", path]);
        stdout(&output)
            .lines()
            .filter(|line| line.contains("[config/"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let all = found(".");
    assert!(all.len() == 1 && all[0].starts_with("live/.env:1:"), "{all:?}");
    assert_eq!([found("live"), found("live/.env")], [all.clone(), all.clone()]);
    assert_eq!([found("tests"), found("tests/live/.env")], [vec![], Vec::<String>::new()]);
    // A repository inside another one is judged for itself when it is what is scanned.
    std::fs::create_dir(dir.path().join("tests/live/.git")).unwrap();
    assert_eq!(found("tests/live"), [all[0].replace("live/", "")]);
    assert_eq!(found("."), all);
}

#[test]
fn a_first_configuration_is_written_once_and_can_be_shown() {
    let dir = tree(&[
        ("Dockerfile", "FROM python:3\nUSER 10001\n"),
        (".hadolint.yaml", "ignored: []\n"),
        ("vendor/x/Dockerfile", "FROM a\n"),
    ]);
    let output = stockade(dir.path(), &["init"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let file = dir.path().join("stockade.kdl");
    let text = std::fs::read_to_string(&file).unwrap();
    for words in
        ["2 dockerfile", "// exclude \"vendor\" reason=\"not ours\"", "peers \"hadolint\"", "require-reason"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(stockade(dir.path(), &["init"]).status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_ne!(stockade(dir.path(), &["scan"]).status.code(), Some(2));
    std::fs::write(
        &file,
        text + "ignore \"dockerfile/image-digest-missing\"\nseverity \"DL3007\" to=\"high\"\n",
    )
    .unwrap();
    let shown = stdout(&stockade(dir.path(), &["config", "show"]));
    assert!(shown.contains("fail-on \"low\"  // stockade.kdl:"), "{shown}");
    assert!(shown.contains("max-file-size 16777216  // default"), "{shown}");
    let shown = stdout(&stockade(dir.path(), &["config", "show", "Dockerfile"]));
    assert!(shown.contains("severity by stockade.kdl:"), "{shown}");
    let json = stdout(&stockade(dir.path(), &["config", "show", "Dockerfile", "--format", "json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    let rule = json["rules"].as_array().unwrap().iter().find(|r| r["id"] == "dockerfile/image-tag-latest");
    assert_eq!(
        rule.map(|r| (&r["severity"], &r["severity_by"]["file"])),
        Some((&"high".into(), &"stockade.kdl".into()))
    );
}

/// A password that a rule about secrets would find, on a line that other rules have something to say about.
const PASSWORD: &str = "Tr0ub4dor-zebra-94x";

#[test]
fn secrets_are_hidden_in_every_report_also_where_their_rules_are_off() {
    let text = format!("FROM debian:12\nENV DB_PASSWORD={PASSWORD} APP_SHELL=sudo\nUSER 10001\n");
    let dir = tree(&[
        ("Dockerfile", text.as_str()),
        ("config/production.env", &format!("DB_PASSWORD={PASSWORD} # stockade: ignore[no/such-rule]\n")),
    ]);
    let shown = |arguments: &[&str]| {
        let output = stockade(dir.path(), &[&["scan", "--profile", "all"], arguments].concat());
        (stdout(&output), stderr(&output))
    };
    for off in [
        &["--ignore", "secrets/*"][..],
        &["--ignore", "secrets/*,dockerfile/secret-in-arg-or-env"],
        &["--select", "dockerfile/*,meta/*"],
    ] {
        for format in [
            "pretty",
            "concise",
            "json",
            "sarif",
            "github",
            "gitlab",
            "junit",
            "checkstyle",
            "markdown",
            "html",
        ] {
            let (out, err) = shown(&[off, &["--format", format]].concat());
            assert!(out.contains("Dockerfile"), "{format}: {out}{err}");
            assert!(!out.contains(PASSWORD), "{off:?} {format}: {out}");
        }
        let (out, err) = shown(&[off, &["--diff", "--unsafe-fixes"]].concat());
        assert!(!out.contains(PASSWORD) && !err.contains(PASSWORD), "{off:?}: {out}{err}");
    }
}

#[test]
fn secrets_beside_what_another_file_takes_from_theirs_are_hidden() {
    let values = format!("tag: latest\ndb:\n  password: {PASSWORD}\n");
    let dir = tree(&[
        (".env", format!("DB_PASSWORD={PASSWORD}\nTAG=latest\n").as_str()),
        ("compose.yaml", "services:\n  cache:\n    image: redis:${TAG}\n"),
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", &values),
        (
            "shop/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    \
             image: redis:{{ .Values.tag }}\n",
        ),
    ]);
    let select = &["scan", "--no-cache", "--select", "*/image-tag-latest", "--format"];
    for format in ["pretty", "json", "sarif", "markdown", "html"] {
        let out = stdout(&stockade(dir.path(), &[&select[..], &[format]].concat()));
        assert!(out.contains(".env") && out.contains("shop/values.yaml"), "{format}: {out}");
        assert!(!out.contains(PASSWORD), "{format}: {out}");
    }
}

#[test]
fn a_suppression_counts_where_a_helper_or_value_stands() {
    let helper = "{{- define \"shop.pod\" -}}
containers:
  # stockade: ignore[kubernetes/memory-limit-missing] -- short
  - name: init
    image: a:1
    {{- /* stockade: ignore[kubernetes/host-network] */}}
    securityContext:
      privileged: true
  - name: web
    image: b:1
{{- end }}
{{- define \"shop.more\" -}}
  x: y
{{- end }}
";
    let dir = tree(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", "# stockade: ignore[kubernetes/host-pid] -- debugging\npid: true\n"),
        ("shop/templates/_pod.tpl", helper),
        (
            "shop/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: {{ .Values.pid }}\n  {{- include \"shop.pod\" . | nindent 2 }}\n",
        ),
    ]);
    let rules = ["memory-limit-missing", "privileged-container", "host-pid", "host-network"];
    let select: Vec<String> = rules.iter().map(|rule| format!("--select=kubernetes/{rule}")).collect();
    let run = |more: &[&str]| {
        let select = select.iter().map(String::as_str);
        findings(
            dir.path(),
            &select.chain(["--select=meta/*", "--no-cache"]).chain(more.iter().copied()).collect::<Vec<_>>(),
        )
    };
    let pod = "shop/templates/pod.yaml";
    let privileged = format!(
        "{pod}:6:3: critical[kubernetes/privileged-container] container init sets privileged to true (shop/templates/_pod.tpl:8: this line of the helper)"
    );
    let web = format!(
        "{pod}:6:3: medium[kubernetes/memory-limit-missing] container web has no memory limit (shop/templates/_pod.tpl:9: this line of the helper)"
    );
    let unused = "shop/templates/_pod.tpl:6:12: info[meta/suppression-unused] the suppression of `kubernetes/host-network` suppresses nothing";
    assert_eq!(run(&[]), [unused, &web, &privileged]);
    // A template alone is judged with them as well, and says nothing about what it does not need.
    assert_eq!(run(&[pod]), [&*web, &privileged]);
    let shown = run(&["--show-suppressed"]).join("\n");
    for by in [
        "(suppressed by a comment in shop/templates/_pod.tpl on line 3: short)",
        "(suppressed by a comment in shop/values.yaml on line 1: debugging)",
    ] {
        assert!(shown.contains(by), "{shown}");
    }
    assert_eq!(run(&["--no-suppressions"]).len(), 4);
}
