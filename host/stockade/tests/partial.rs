//! What a run says that does not see everything: single files, some rules, objects that live elsewhere.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::path::Path;
use std::process::Command;

/// Exit code, and what the program prints.
fn stockade(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("STOCKADE_TODAY", "2026-11-21")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(dir.path().join(path), text).unwrap();
    }
    dir
}

/// `path rule` of each finding that a concise report shows.
fn findings(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let (code, text) = stockade(folder, &[&["scan", "--format", "concise"], arguments].concat());
    assert!(code < 2, "{text}");
    let found = |line: &str| {
        let (path, rest) = line.split_once(':')?;
        Some(format!("{path} {}", rest.split_once('[')?.1.split_once(']')?.0))
    };
    text.lines().filter_map(found).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  containers:\n    - name: web\n      \
                   image: web\n      envFrom:\n        - secretRef:\n            name: database\n";
const REFERENCE: &str = "kubernetes/env-reference-not-found";

#[test]
fn declared_objects_are_not_reported_as_missing() {
    let missing = [format!("pod.yaml {REFERENCE}")];
    let select = ["--select", REFERENCE];
    for (config, is_missing) in [
        ("", true),
        ("external \"Secret\" name=\"database\" namespace=\"shop\"\n", false),
        ("external \"Secret\" name=\"database\"\n", false),
        ("external \"Secret\" name=\"database\" namespace=\"other\"\n", true),
        ("external \"ConfigMap\" name=\"database\"\n", true),
        // For one rule only, as any other parameter.
        (
            "rule \"kubernetes/env-reference-not-found\" {\n    external \"Secret\" name=\"database\"\n}\n",
            false,
        ),
        // What another file locks can't be switched off by saying that something exists.
        ("extends \"base.kdl\"\nexternal \"Secret\" name=\"database\"\n", true),
    ] {
        let base = format!("locked \"{REFERENCE}\"\n");
        let dir = tree(&[("pod.yaml", POD), ("stockade.kdl", config), ("base.kdl", &base)]);
        let expected: &[String] = if is_missing { &missing } else { &[] };
        assert_eq!(findings(dir.path(), &select), expected, "{config}");
    }
    let mistake = "external \"Secret\" name=\"a\" labels=\"app\"\n";
    let (code, text) = stockade(tree(&[("stockade.kdl", mistake)]).path(), &["scan"]);
    assert!(code == 2 && text.contains("app=web,tier=front"), "{text}");
    let mistake = format!("rule \"{REFERENCE}\" {{\n    external \"Secret\" nam=\"a\"\n}}\n");
    let (code, text) = stockade(tree(&[("stockade.kdl", &mistake)]).path(), &["scan"]);
    assert!(code == 2 && text.contains("a kind of object in quotes, with its name"), "{text}");
}

const COMPOSE: &str = "services:\n  web:\n    image: example/web:1.2\n    user: root\n";

/// Of the rules across files those run that are right without the other files, and the report says that others did not.
#[test]
fn single_files_get_the_rules_that_are_right_for_them() {
    let dir = tree(&[("pod.yaml", POD), ("compose.yaml", COMPOSE)]);
    let rules = format!("compose/user-root,{REFERENCE}");
    let all = ["compose.yaml compose/user-root".to_owned(), format!("pod.yaml {REFERENCE}")];
    assert_eq!(findings(dir.path(), &["--select", &rules]), all);
    let single = ["--select", rules.as_str(), "pod.yaml", "compose.yaml"];
    assert_eq!(findings(dir.path(), &single), all[..1]);
    let (_, text) = stockade(dir.path(), &[&["scan"], &single[..]].concat());
    assert!(text.contains("a rule across files was not run"), "{text}");
    let (_, text) = stockade(dir.path(), &["scan", "--select", "compose/user-root", "compose.yaml"]);
    assert!(!text.contains("not run"), "{text}");
}

/// What a run did not look for is not gone from the baseline.
#[test]
fn a_narrow_run_leaves_the_rest_of_the_baseline_alone() {
    let dir = tree(&[("pod.yaml", POD), ("compose.yaml", COMPOSE)]);
    let entries = || {
        let text = std::fs::read_to_string(dir.path().join("stockade-baseline.json")).unwrap();
        text.matches("fingerprint").count()
    };
    let run = |arguments: &[&str]| {
        let (code, text) = stockade(dir.path(), arguments);
        assert_eq!(code, 0, "{text}");
        text
    };
    run(&["baseline", "write"]);
    let all = entries();
    assert!(all > 5);
    for narrow in [&["--select", "compose/user-root"][..], &["pod.yaml"], &["--ignore", "kubernetes/*"]] {
        run(&[&["baseline", "update"], narrow].concat());
        assert_eq!(entries(), all, "{narrow:?}");
        let text = run(&[&["scan"], narrow].concat());
        assert!(!text.contains("stale"), "{text}");
    }
    // A rule that the configuration switches off needs no entries.
    std::fs::write(dir.path().join("stockade.kdl"), "ignore \"compose/user-root\"\n").unwrap();
    run(&["baseline", "prune"]);
    assert_eq!(entries(), all - 1);
}

/// A directive in a file that stands in another one is read there, and what is wrong with it is said and mended there.
#[test]
fn directives_count_in_scripts_and_configuration_inside_files() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: proxy\ndata:\n  nginx.conf: |\n    http {\n      \
               server_tokens on; # stockade: ignore[nginx/server-tokens] -- asked for by the auditors\n      \
               autoindex off; # stockade: ignore[nginx/autoindex]\n    }\n";
    let dir = tree(&[("map.yaml", map)]);
    let (_, text) = stockade(dir.path(), &["suppressions", "list"]);
    assert!(text.contains("map.yaml:8: used for 1: nginx/server-tokens"), "{text}");
    let open = findings(dir.path(), &[]);
    assert!(!open.iter().any(|line| line.ends_with("nginx/server-tokens")), "{open:?}");
    assert!(open.contains(&"map.yaml meta/suppression-unused".to_owned()), "{open:?}");
    stockade(dir.path(), &["scan", "--fix", "--select", "meta/*,nginx/*"]);
    let fixed = std::fs::read_to_string(dir.path().join("map.yaml")).unwrap();
    assert_eq!(fixed, map.replace(" # stockade: ignore[nginx/autoindex]", ""));
}
