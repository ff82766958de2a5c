//! The pipeline with a fake checker: what each stage lets through.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use stockade_engine::{Options, Plan, Root, run};
use stockade_model::{
    Applicability, Checker, Cut, Document, Edit, Fact, Fault, FaultKind, FileFacts, FileStatus, Fix,
    NodeKind, PluginInfo, RawFinding, RawReport, Report, Rule, RuleTable, Severity, Span, reserved_rules,
};

/// Finds the word `bad` wherever it stands, and records each file's name; `trap` in a file is a fault, `panic` a
/// bug of the host; each `flood` is a finding that had to be left out, each `forget` a fact, each `endless` a rule.
struct Fake {
    plugins: Vec<PluginInfo>,
    answer: fn(&Document) -> Vec<RawFinding>,
}

fn words(document: &Document) -> Vec<RawFinding> {
    document
        .text()
        .match_indices("bad")
        .map(|(at, word)| RawFinding {
            rule: 0,
            span: Some(Span::new(at as u32, (at + word.len()) as u32)),
            message: format!("found {word}"),
            ..RawFinding::default()
        })
        .collect()
}

impl Checker for Fake {
    fn plugins(&self) -> &[PluginInfo] {
        &self.plugins
    }

    fn check(
        &self,
        _: usize,
        path: &str,
        _: &str,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        assert!(!document.text().contains("panic"), "the host panics");
        if document.text().contains("trap") {
            return Err(Fault {
                plugin: "fake".to_owned(),
                kind: FaultKind::Trap,
                path: Some(path.to_owned()),
                message: "it trapped".to_owned(),
            });
        }
        let findings = (self.answer)(document).into_iter().filter(|f| rules.contains(&f.rule)).collect();
        let lost = |word: &str| document.text().matches(word).count();
        let mut facts = vec![Fact { key: "name".to_owned(), value: path.to_owned(), span: None }];
        if lost("skip") > 0 {
            let value = lost("skip").to_string();
            facts.push(Fact { key: "stockade:left-out".to_owned(), value, span: None });
        }
        let rules = vec![0; lost("endless")];
        let cut = Cut { findings: lost("flood"), facts: lost("forget"), rules, ..Cut::default() };
        Ok(RawReport { findings, facts, cut })
    }

    fn check_project(&self, _: usize, _: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault> {
        let findings = (0..files.len())
            .map(|file| RawFinding {
                rule: 1,
                file: file as u32,
                span: Some(Span::new(0, 1)),
                message: format!("file {} of {}", file + 1, files.len()),
                ..RawFinding::default()
            })
            .collect();
        Ok(RawReport { findings, ..RawReport::default() })
    }
}

fn rule(id: &str, project: bool, literal: &str) -> Rule {
    let mut rule = reserved_rules().remove(0);
    rule.id = id.to_owned();
    rule.plugin = "fake".to_owned();
    rule.kinds = ["yaml".to_owned()].into();
    rule.project = project;
    rule.any_literal = if literal.is_empty() { Arc::default() } else { [literal.to_owned()].into() };
    rule
}

fn table(literal: &str) -> RuleTable {
    let mut rules = vec![rule("a/word", false, literal), rule("b/project", true, "")];
    rules.extend(reserved_rules());
    RuleTable::new(rules)
}

fn scan(folder: &Path, threads: usize, answer: fn(&Document) -> Vec<RawFinding>, off: &[&str]) -> Report {
    let table = table("");
    let enabled = table.rules.iter().map(|r| !off.contains(&r.id.as_str())).collect();
    let severity = table.rules.iter().map(|_| Severity::High).collect();
    let fake = Fake {
        plugins: vec![PluginInfo {
            name: "fake".to_owned(),
            version: "1.0.0".to_owned(),
            needs: Vec::new(),
            only_with: None,
        }],
        answer,
    };
    let root = Root::find(folder, &[folder.to_path_buf()]).unwrap();
    let options = Options { threads, ..Options::default() };
    run(&root, &table, &Arc::new(Plan { enabled, severity, ..Plan::default() }), &fake, &options).unwrap()
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

fn lines(report: &Report) -> Vec<String> {
    let line = |f: &stockade_model::Finding| {
        let id = &report.rules.rules[f.rule].id;
        format!("{}:{}:{} {id} {}", f.path, f.region.line, f.region.column, f.message)
    };
    report.findings.iter().map(line).collect()
}

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

fn raw(rule: u32, start: u32, end: u32) -> RawFinding {
    RawFinding { rule, span: Some(Span::new(start, end)), ..RawFinding::default() }
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

/// Finds scalars whose value is `latest`.
fn latest(document: &Document) -> Vec<RawFinding> {
    (0..document.len() as u32)
        .filter(|node| document.kind(*node) == NodeKind::Scalar && document.value(*node) == "latest")
        .map(|node| RawFinding {
            rule: 0,
            node: Some(node),
            message: "found latest".to_owned(),
            ..RawFinding::default()
        })
        .collect()
}

/// A scan with the first rule for files of these kinds.
fn scan_as(folder: &Path, kind: &str, sensitive: bool, answer: fn(&Document) -> Vec<RawFinding>) -> Report {
    let mut rules = table("").rules.to_vec();
    rules[0].kinds = kind.split(' ').map(str::to_owned).collect();
    rules[0].sensitive = sensitive;
    let enabled = vec![true; rules.len()];
    let severity = rules.iter().map(|_| Severity::High).collect();
    let info = PluginInfo {
        name: "fake".to_owned(),
        version: "1.0.0".to_owned(),
        needs: Vec::new(),
        only_with: None,
    };
    let fake = Fake { plugins: vec![info], answer };
    let root = Root::find(folder, &[folder.to_path_buf()]).unwrap();
    let plan = Arc::new(Plan { enabled, severity, ..Plan::default() });
    run(&root, &RuleTable::new(rules), &plan, &fake, &Options::default()).unwrap()
}

#[test]
fn templates_are_judged_with_the_values_of_their_chart() {
    let template =
        b"apiVersion: v1\nkind: Pod\nspec:\n  tag: {{ .Values.image.tag }}\n  other: {{ .Values.gone }}\n";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"# Defaults.\nimage:\n  tag: latest\n"),
        ("shop/templates/pod.yaml", template),
        ("elsewhere/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    let found: Vec<String> = lines(&report).into_iter().filter(|line| line.contains("a/word")).collect();
    assert_eq!(found, ["shop/templates/pod.yaml:4:8 a/word found latest"]);
    let finding = report.findings.iter().find(|finding| finding.message == "found latest").unwrap();
    let labels: Vec<_> =
        finding.labels.iter().map(|label| (&*label.path, label.region.line, &*label.message)).collect();
    assert_eq!(labels, [("shop/values.yaml", 3, "the chart's default")]);
}

#[test]
fn parts_that_a_chart_leaves_out_are_told_with_what_does_so() {
    let template = b"apiVersion: v1\nkind: Pod\n{{- if .Values.debug.enabled }}\ntag: latest\n{{- end }}\nother: latest\n";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"debug:\n  enabled: false\n"),
        ("shop/templates/pod.yaml", template),
        ("open/Chart.yaml", b"apiVersion: v2\nname: open\nversion: 1.0.0\n"),
        ("open/values.yaml", b"debug:\n  enabled: true\n"),
        ("open/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    let found = report.findings.iter().filter(|finding| finding.message == "found latest");
    let labels: Vec<_> = found
        .map(|finding| {
            let label = finding.labels.first();
            (&*finding.path, finding.region.line, label.map(|label| (&*label.path, label.region.line)))
        })
        .collect();
    assert_eq!(
        labels,
        [
            ("open/templates/pod.yaml", 4, None),
            ("open/templates/pod.yaml", 6, None),
            ("shop/templates/pod.yaml", 4, Some(("shop/values.yaml", 2))),
            ("shop/templates/pod.yaml", 6, None),
        ]
    );
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
fn a_chart_is_judged_with_what_the_chart_around_it_sets() {
    let template = b"apiVersion: v1\nkind: Pod\nspec:\n  tag: {{ .Values.image.tag }}\n  own: {{ .Values.own }}\n  all: {{ .Values.global.tag }}\n";
    let dir = tree(&[
        (
            "shop/Chart.yaml",
            b"name: shop\ndependencies:\n- name: db\n  alias: store\n- name: two\n  alias: a\n- name: two\n",
        ),
        ("shop/values.yaml", b"global:\n  tag: latest\nstore:\n  image:\n    tag: latest\n"),
        ("shop/charts/db/values.yaml", b"image:\n  tag: '1'\nown: latest\nglobal:\n  tag: '1'\n"),
        ("shop/charts/db/templates/pod.yaml", template),
        ("shop/charts/two/values.yaml", b"image:\n  tag: latest\n"),
        ("shop/charts/two/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    let found: Vec<(u32, &str, u32, &str)> = report
        .findings
        .iter()
        .filter(|finding| finding.message == "found latest")
        .map(|f| (f.region.line, &*f.labels[0].path, f.labels[0].region.line, &*f.labels[0].message))
        .collect();
    // A part that is there twice has two sets of values, and is left unknown.
    assert_eq!(
        found,
        [
            (4, "shop/values.yaml", 5, "set by the chart around it"),
            (5, "shop/charts/db/values.yaml", 3, "the chart's default"),
            (6, "shop/values.yaml", 2, "set by the chart around it"),
        ]
    );
}

const CONFIG_MAP: &[u8] = b"apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  nginx.conf: |
    # The front.
    server {
      listen latest;
    }
  quoted.conf: \"server {\\n  listen latest;\\n}\\n\"
  broken.yaml: |
    a: 1
    a: 2
";

/// As [`latest`], with a fix of two edits.
fn latest_with_fix(document: &Document) -> Vec<RawFinding> {
    let mut findings = latest(document);
    for finding in &mut findings {
        let span = document.span(finding.node.unwrap());
        let edits = vec![
            Edit { span, replacement: "80".to_owned() },
            Edit { span: Span::new(span.end + 1, span.end + 1), replacement: "\n  root /;".to_owned() },
        ];
        finding.fixes.push(Fix {
            title: "listen on 80".to_owned(),
            applicability: Applicability::Safe,
            edits,
        });
    }
    findings
}

#[test]
fn files_in_a_config_map_are_judged_where_they_stand() {
    let dir = tree(&[("map.yaml", CONFIG_MAP)]);
    let report = scan_as(dir.path(), "nginx", false, latest_with_fix);
    assert_eq!(report.faults, []);
    let own: Vec<String> = lines(&report).into_iter().filter(|line| !line.contains("b/project")).collect();
    assert_eq!(
        own,
        [
            "map.yaml:9:14 a/word found latest",
            "map.yaml:11:36 a/word found latest",
            "map.yaml:14:5 syntax/duplicate-key key `a` is already defined on line 13",
        ]
    );
    let [first, second, ..] =
        report.findings.iter().filter(|f| f.message == "found latest").collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    assert_eq!(first.node_path, "0/data/nginx.conf");
    assert_ne!(first.fingerprint, second.fingerprint);
    // In a literal block lines can be added; in quotes a replacement would need escapes.
    assert_eq!(second.fixes, []);
    let mut text = String::from_utf8(CONFIG_MAP.to_vec()).unwrap();
    for edit in first.fixes[0].edits.iter().rev() {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    }
    assert!(text.contains("    server {\n      listen 80;\n      root /;\n    }\n"), "{text}");
}

#[test]
fn what_is_secret_in_a_file_in_a_config_map_is_the_inner_value() {
    let dir = tree(&[("map.yaml", CONFIG_MAP)]);
    let report = scan_as(dir.path(), "nginx", true, latest);
    let text = std::str::from_utf8(CONFIG_MAP).unwrap();
    let secrets: Vec<_> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.secret)
        .map(|span| span.slice(text).unwrap())
        .collect();
    assert_eq!(secrets, ["latest", "latest"]);
}

#[test]
fn values_in_a_manifest_are_judged_as_those_of_a_chart() {
    let release = b"apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values:
    # The program.
    image:
      tag: latest
    mode: other
";
    let dir = tree(&[("release.yaml", release)]);
    for kinds in ["helm-values", "helm-values kubernetes"] {
        // A rule for both finds it in the manifest, and not once more in the values.
        let report = scan_as(dir.path(), kinds, true, latest);
        assert_eq!(report.faults, []);
        let own: Vec<String> =
            lines(&report).into_iter().filter(|line| !line.contains("b/project")).collect();
        assert_eq!(own, ["release.yaml:8:12 a/word found latest"], "{kinds}");
        let text = std::str::from_utf8(release).unwrap();
        let secret = report.findings.iter().flat_map(|finding| &finding.secret).map(|span| span.slice(text));
        assert_eq!(secret.collect::<Vec<_>>(), [Some("latest")], "{kinds}");
    }
}

#[test]
fn scripts_of_pipelines_are_judged_by_rules_that_do_not_know_pipelines() {
    let workflow = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: |\n        docker pull\n        chmod latest\n";
    let dir = tree(&[(".github/workflows/ci.yaml", workflow)]);
    let report = scan_as(dir.path(), "shell", false, latest);
    let own: Vec<String> = lines(&report).into_iter().filter(|line| !line.contains("b/project")).collect();
    assert_eq!(own, [".github/workflows/ci.yaml:8:15 a/word found latest"]);
    // A rule for both has looked at the whole file: no second time at its parts.
    let both = scan_as(dir.path(), "shell github-workflow", false, words_of_scalars);
    let own: Vec<String> = lines(&both).into_iter().filter(|line| !line.contains("b/project")).collect();
    assert_eq!(own, [".github/workflows/ci.yaml:6:12 a/word saw a script"]);
}

/// Finds whatever holds a script: the outer scalar, or each word of the inner command.
fn words_of_scalars(document: &Document) -> Vec<RawFinding> {
    (0..document.len() as u32)
        .filter(|node| document.kind(*node) == NodeKind::Scalar && document.value(*node).contains("chmod"))
        .map(|node| RawFinding {
            rule: 0,
            node: Some(node),
            message: "saw a script".to_owned(),
            ..RawFinding::default()
        })
        .collect()
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
