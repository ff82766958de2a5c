//! Every fix of every rule's page among all the others: they are applied together, with every rule on.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use rayon::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use stockade_pack::{Example, Page, Source};

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

/// Each rule that has a fix on its page, with the examples that show it.
fn fixable() -> Vec<(String, Vec<Example>)> {
    let mut found = Vec::new();
    for pack in std::fs::read_dir(rules()).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir())
    {
        for file in std::fs::read_dir(&pack).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_none_or(|end| end != "md") || !file.with_extension("kdl").is_file() {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let page = Page::parse(&Source::new("page.md", text)).map_err(|_| file.clone()).unwrap();
            let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
            let examples: Vec<Example> = page.examples.into_iter().filter(|e| e.fixed.is_some()).collect();
            if !examples.is_empty() {
                found.push((format!("{}/{}", name(&pack), name(&file)), examples));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn stockade(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["scan", "--no-config", "--profile", "all", "--threads", "1", "--today", "2026-01-01"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

/// `rule` of each finding.
fn findings(folder: &Path) -> Vec<String> {
    let (code, text) = stockade(folder, &["--format", "json"]);
    assert!(code < 2, "{text}");
    let report: Value = serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"));
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

/// What is wrong after all fixes of an example were applied.
fn try_example(rule: &str, example: &Example) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    for file in &example.files {
        let path = dir.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    let place = format!("{rule}, line {}", example.files.first().map_or(0, |file| file.line));
    let before = findings(dir.path());
    if !before.iter().any(|found| found == rule) {
        // Examples that say of what kind their file is cannot be told from outside.
        return example
            .files
            .iter()
            .all(|f| f.kind.is_none())
            .then(|| format!("{place}: not found among all rules"));
    }
    let broken = |found: &[String]| found.iter().filter(|rule| rule.starts_with("syntax/")).count();
    let (code, text) = stockade(dir.path(), &["--fix", "--unsafe-fixes", "--format", "concise"]);
    assert!(code < 2 && text.contains("fixed "), "{place}: {text}");
    let after = findings(dir.path());
    if after.iter().any(|found| found == rule) {
        return Some(format!("{place}: still there after all fixes"));
    }
    if broken(&after) > broken(&before) {
        return Some(format!("{place}: the file no longer parses"));
    }
    let (code, again) = stockade(dir.path(), &["--diff", "--unsafe-fixes"]);
    (code != 0).then(|| format!("{place}: a second run would change more:\n{again}"))
}

#[test]
fn fixes_go_together() {
    let rules = fixable();
    assert!(rules.len() > 100, "only {} rules show a fix", rules.len());
    let failures: Vec<String> = rules
        .par_iter()
        .flat_map_iter(|(rule, examples)| examples.iter().filter_map(|example| try_example(rule, example)))
        .collect();
    assert!(failures.is_empty(), "{} of {} rules:\n{}", failures.len(), rules.len(), failures.join("\n"));
}

/// Lines of a file that ended as on Windows, and after all fixes no longer do.
fn lost_line_ends(rule: &str, example: &Example) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let windows = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
    for file in &example.files {
        let path = dir.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, windows(&file.text)).unwrap();
    }
    let (code, text) = stockade(dir.path(), &["--fix", "--unsafe-fixes", "--format", "concise"]);
    assert!(code < 2, "{rule}: {text}");
    let fixed =
        example.files.iter().map(|file| std::fs::read_to_string(dir.path().join(&file.path)).unwrap());
    fixed
        .filter(|text| *text != windows(text) || text.contains("\r\r"))
        .map(|t| format!("{rule}:\n{t:?}"))
        .collect()
}

#[test]
fn fixes_keep_the_line_ends_of_windows() {
    let failures: Vec<String> = fixable()
        .par_iter()
        .flat_map_iter(|(rule, examples)| examples.iter().flat_map(|example| lost_line_ends(rule, example)))
        .collect();
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

/// What `--fix` makes of a file, once and a second time.
fn fixed_twice(name: &str, text: &str, rules: &str) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    [(); 2].map(|()| {
        stockade(folder.path(), &["--no-cache", "--select", rules, "--fix", "--unsafe-fixes"]);
        std::fs::read_to_string(&file).unwrap()
    })
}

/// Of a file that is understood in part only, what a fix adds may not be seen afterwards.
#[test]
fn what_a_fix_does_not_mend_is_not_fixed_again() {
    // The image stands on a line of its own, for YAML: what is behind it belongs to nothing.
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: etcd\nspec:\n  containers:\n    - name: etcd\n      \
               image: \rregistry.k8s.io/etcd:3.5.21-0\n      command:\n        - etcd\n";
    let [once, twice] = fixed_twice("pod.yaml", pod, "kubernetes/allow-privilege-escalation");
    assert_eq!([&once, &twice], [pod, pod]);
    let server = "    server_name example.com;\n    }\n    proxy_pass https://app.internal;\n    listen 443 ssl;\nserver {\n";
    let [once, twice] = fixed_twice("nginx.conf", server, "nginx/*");
    assert_eq!(once, twice);
    assert_eq!(once.matches("proxy_ssl_verify on;").count(), 0, "{once}");
}

/// One fix corrects the spelling of a key that another one adds: both together would have it twice.
#[test]
fn fixes_that_spoil_the_file_together_are_made_one_rule_after_the_other() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  autmountServiceAccountToken: false\n  \
               containers:\n    - name: web\n      image: registry.example.com/web:1.4.2\n";
    let [once, twice] = fixed_twice("pod.yaml", pod, "kubernetes/*");
    assert_eq!(once, twice);
    assert_eq!(once.matches("automountServiceAccountToken:").count(), 1, "{once}");
    assert!(once.contains("allowPrivilegeEscalation: false"), "{once}");
}

/// One round sorts the outermost mapping that is not sorted, since those in it lie in the same bytes.
#[test]
fn fixes_that_lie_in_one_another_are_all_made() {
    let level = |depth: usize, key: &str| format!("{}{key}", "  ".repeat(depth));
    let mut lines = vec!["apiVersion: example.com/v1".to_owned(), "kind: Tree".to_owned()];
    lines.extend(["metadata:", "  name: oak", "spec:"].map(str::to_owned));
    lines.extend((1..20).map(|depth| level(depth, "branch:")));
    lines.push(level(20, "leaf: 1"));
    lines.extend((1..20).rev().map(|depth| level(depth, "a: 1")));
    let [once, twice] = fixed_twice("tree.yaml", &(lines.join("\n") + "\n"), "kubernetes/sorted-keys");
    assert_eq!(once, twice);
    assert!(once.ends_with("leaf: 1\n"), "{once}");
}
