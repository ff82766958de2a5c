//! The pipeline with a fake checker: what each stage lets through.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

mod charts;
mod fake;
mod kustomize;
mod nested;

use crate::fake::{Fake, lines, raw, rule, scan, tree, words};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use stockade_engine::{Options, Plan, Root, run};
use stockade_model::{Document, FileStatus, PluginInfo, RawFinding, RuleTable, Severity, reserved_rules};

#[test]
fn the_report_does_not_depend_on_threads() {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for n in 0..200 {
        files.insert(format!("d{}/f{n}.yaml", n % 7), format!("a: bad\nb: {n} # bad\n").into_bytes());
    }
    let list: Vec<(&str, &[u8])> = files.iter().map(|(p, t)| (p.as_str(), t.as_slice())).collect();
    let dir = tree(&list);
    let one = scan(dir.path(), 1, words, &["b/project"]);
    assert_eq!(one.findings.len(), 400);
    for threads in [2, 8] {
        let many = scan(dir.path(), threads, words, &["b/project"]);
        assert_eq!(one.findings, many.findings);
        assert_eq!(one.files, many.files);
    }
}

/// Rules about what a repository lacks are told of every file, and stay silent where they cannot be.
#[test]
fn a_rule_on_repositories_is_told_of_all_files_or_not_run() {
    let mut rules = vec![rule("a/word", false, ""), rule("b/whole", true, "")];
    rules[1].repository = true;
    rules.extend(reserved_rules());
    let table = RuleTable::new(rules);
    let plan = Arc::new(Plan {
        enabled: table.rules.iter().map(|r| r.id == "b/whole").collect(),
        severity: table.rules.iter().map(|_| Severity::High).collect(),
        rated: Vec::new(),
    });
    let plugin = PluginInfo {
        name: "fake".to_owned(),
        version: "1.0.0".to_owned(),
        needs: Vec::new(),
        only_with: None,
    };
    let fake = Fake { plugins: vec![plugin], answer: words };
    let scan = |base: &Path, paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(|path| base.join(path)).collect();
        let root = Root::find(base, &paths).unwrap();
        lines(&run(&root, &table, &plan, &fake, &Options::default()).unwrap())
    };
    let dir = tree(&[("a.yaml", b"x: 1\n"), ("d/main.py", b"print()\n"), ("z.yaml", b"x: 1\n")]);
    assert_eq!(scan(dir.path(), &["."]), [""; 0], "no repository");
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    assert_eq!(
        scan(dir.path(), &["."]),
        [
            "a.yaml:1:1 b/whole file 1 of 3",
            "d/main.py:1:1 b/whole file 2 of 3",
            "z.yaml:1:1 b/whole file 3 of 3"
        ]
    );
    assert_eq!(scan(dir.path(), &["d", "a.yaml"]), [""; 0], "a part of one");
}

#[test]
fn every_file_is_accounted_for() {
    let dir = tree(&[
        ("a.yaml", b"x: 1\n"),
        ("notes.xyz", b"bad"),
        ("latin1.yaml", b"x: \xe9\n"),
        ("binary.yaml", b"x: \0\n"),
        ("program", b"\x7fELF\0"),
        (".github/workflows/ci.yaml", b"on: push\n"),
        (".git/config.yaml", b"x: bad\n"),
        ("ignored/b.yaml", b"x: bad\n"),
        (".gitignore", b"ignored/\n"),
    ]);
    let report = scan(dir.path(), 2, words, &["b/project"]);
    let status: Vec<(&str, bool)> =
        report.files.iter().map(|f| (&*f.path, matches!(f.status, FileStatus::Analysed))).collect();
    assert_eq!(
        status,
        [
            (".github/workflows/ci.yaml", true),
            (".gitignore", false),
            ("a.yaml", true),
            ("binary.yaml", false),
            ("latin1.yaml", false),
            ("notes.xyz", false),
            ("program", false),
        ]
    );
    let stats = report.stats;
    assert_eq!((stats.seen, stats.analysed, stats.no_kind, stats.not_analysed), (7, 2, 3, 2));
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
    assert!(report.is_incomplete());
}

#[test]
fn a_fault_costs_one_file_and_makes_the_run_incomplete() {
    let dir = tree(&[("a.yaml", b"x: bad\n"), ("b.yaml", b"x: trap bad\n")]);
    let report = scan(dir.path(), 1, words, &["b/project"]);
    assert_eq!(lines(&report), ["a.yaml:1:4 a/word found bad"]);
    assert_eq!(report.faults.len(), 1);
    assert!(report.is_incomplete());
}

#[test]
fn a_bug_of_the_host_costs_one_file() {
    // So many that plugins are asked about several of them together.
    let names: Vec<String> = (10..90).map(|n| format!("{n}.yaml")).collect();
    let content = |name: &str| if name == "50.yaml" { &b"x: panic\n"[..] } else { b"x: bad\n" };
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), content(name))).collect();
    let dir = tree(&files);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let reports = [1, 2].map(|threads| scan(dir.path(), threads, words, &["b/project"]));
    std::panic::set_hook(hook);
    for report in reports {
        let others = names.iter().filter(|name| *name != "50.yaml");
        assert_eq!(lines(&report), others.map(|n| format!("{n}:1:4 a/word found bad")).collect::<Vec<_>>());
        assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
        assert!(report.notes[0].message.contains("stockade itself failed"), "{:?}", report.notes);
        assert_eq!(report.notes[0].path.as_deref(), Some("50.yaml"));
        assert!(report.is_incomplete());
    }
}

#[test]
fn nonsense_is_a_fault_of_the_plugin_and_never_a_finding() {
    type Answer = fn(&Document) -> Vec<RawFinding>;
    let cases: [(Answer, &str); 4] = [
        (|_| vec![raw(0, 0, 999)], "the span 0..999 lies outside the file"),
        (|_| vec![raw(0, 3, 4)], "the span 3..4 cuts a character in two"),
        (|_| vec![raw(0, 2, 1)], "the span 2..1 lies outside the file"),
        (
            |_| vec![RawFinding { node: Some(77), ..raw(0, 0, 1) }],
            "a finding names node Some(77), which does not exist",
        ),
    ];
    let dir = tree(&[("a.yaml", "x: é\n".as_bytes())]);
    for (answer, message) in cases {
        let report = scan(dir.path(), 1, answer, &["b/project"]);
        assert!(report.findings.is_empty());
        let messages: Vec<&str> = report.faults.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(messages, [message]);
    }
}

#[test]
fn project_rules_see_all_files_in_order() {
    let dir = tree(&[("b.yaml", b"x: 1\n"), ("a.yaml", b"x: 1\n")]);
    let report = scan(dir.path(), 2, words, &[]);
    assert_eq!(lines(&report), ["a.yaml:1:1 b/project file 1 of 2", "b.yaml:1:1 b/project file 2 of 2"]);
    assert!(report.file("a.yaml").unwrap().text.is_some());
}

#[test]
fn fingerprints_survive_edits_elsewhere_and_tell_repetitions_apart() {
    let prints = |text: &str, path: &str| {
        let dir = tree(&[(path, text.as_bytes())]);
        let report = scan(dir.path(), 1, words, &["b/project"]);
        report.findings.into_iter().map(|f| f.fingerprint).collect::<Vec<_>>()
    };
    let before = prints("x: bad\ny: bad\n", "a.yaml");
    assert_ne!(before[0], before[1]);
    assert_eq!(before, prints("# a new line\nx: bad\n\ny: bad\n", "renamed.yaml"));
}

#[test]
fn problems_of_syntax_are_findings_that_can_be_switched_off() {
    let dir = tree(&[("a.yaml", b"x: 1\nx: 2\n")]);
    let report = scan(dir.path(), 1, words, &["b/project"]);
    assert_eq!(lines(&report).len(), 1, "{:?}", lines(&report));
    assert!(lines(&report)[0].contains("syntax/duplicate-key"));
    assert!(scan(dir.path(), 1, words, &["b/project", "syntax/duplicate-key"]).findings.is_empty());
}

#[test]
fn what_other_files_name_is_what_they_name_it_for() {
    let patch = b"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";
    let dir = tree(&[
        (
            "deploy/compose.prod.yaml",
            b"services:\n  a:\n    image: a\n    env_file: [config/a.vars, own.ini]\n",
        ),
        ("deploy/config/a.vars", b"A=bad\n"),
        ("deploy/own.ini", b"A=b\n"),
        ("deploy/other.vars", b"A=bad\n"),
        ("deploy/binary.vars", b"\0"),
        ("dev/compose.yaml", b"services:\n  a:\n    image: a\n    env_file: ../deploy/binary.vars\n"),
        ("k/base/odd.yaml", patch),
        ("k/base/free.yaml", patch),
        ("k/o/kustomization.yaml", b"patches:\n  - path: ../base/odd.yaml\n"),
    ]);
    let report = scan(dir.path(), 2, words, &["b/project"]);
    let kinds: Vec<(&str, &str, &str)> = report
        .files
        .iter()
        .filter(|file| !file.path.contains("compose") && !file.path.contains("kustomization"))
        .map(|file| match &file.status {
            FileStatus::NoKind(reason) => (&*file.path, "", &**reason),
            FileStatus::NotAnalysed(reason) => (&*file.path, "", reason.as_str()),
            FileStatus::Analysed => (&*file.path, file.kind, &*file.reason),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("deploy/binary.vars", "", "binary: zero at byte 0"),
            ("deploy/config/a.vars", "dotenv", "env_file of deploy/compose.prod.yaml"),
            ("deploy/other.vars", "", "no format claims this name"),
            ("deploy/own.ini", "dotenv", "env_file of deploy/compose.prod.yaml"),
            ("k/base/free.yaml", "kubernetes", "apiVersion and kind at top level"),
            ("k/base/odd.yaml", "kustomize-patch", "patches of k/o/kustomization.yaml"),
        ]
    );
}

#[test]
fn what_a_plugin_finds_beyond_the_limit_is_counted_and_makes_the_run_incomplete() {
    let dir = tree(&[
        ("a.yaml", b"- bad\n"),
        ("b.yaml", b"- bad\n- flood\n- flood\n"),
        ("c.yaml", b"- forget\n- endless\n"),
        ("d.yaml", b"- skip\n- skip\n"),
    ]);
    let report = scan(dir.path(), 1, words, &["b/project"]);
    assert_eq!(report.findings.len(), 2);
    assert!(report.faults.is_empty());
    assert!(report.is_incomplete());
    let notes: Vec<_> =
        report.notes.iter().map(|n| (n.path.as_deref().unwrap(), n.message.as_str())).collect();
    let expected = [
        ("b.yaml", "plugin `fake` found 3 places; the first 1 are reported, 2 are left out"),
        (
            "c.yaml",
            "plugin `fake` had more to say of `a/word` than an answer may hold: nothing of it is reported",
        ),
        (
            "c.yaml",
            "plugin `fake` has 1 facts for rules across files, which is too many: they do without this file",
        ),
        (
            "d.yaml",
            "plugin `fake` did not record 2 facts for rules across files, which would be too many: they do not see all of this \
             file",
        ),
    ];
    assert_eq!(notes, expected);
}
