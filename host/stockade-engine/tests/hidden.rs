//! Secrets that nothing is reported about: rules about them are off, and they are hidden all the same.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::sync::Arc;
use stockade_engine::{Options, Plan, Policy, Root, run};
use stockade_model::{
    Applicability, Checker, Document, Edit, Fact, Fault, FileFacts, Fix, PluginInfo, RawFinding, RawReport,
    Report, Rule, RuleTable, Severity, Span, reserved_rules,
};
use stockade_syntax::FileKind;

/// Rule 0 finds `bad` and has two fixes, of which the second writes the whole text again; rule 1 (over all files) the first byte of each file, rule 2 `hunter2`, which is secret.
struct Fake([PluginInfo; 1]);

fn all(text: &str, word: &str, rule: u32) -> Vec<RawFinding> {
    let found = text.match_indices(word).map(|(at, word)| RawFinding {
        rule,
        span: Some(Span::new(at as u32, (at + word.len()) as u32)),
        message: "found it".to_owned(),
        ..RawFinding::default()
    });
    found.collect()
}

impl Checker for Fake {
    fn plugins(&self) -> &[PluginInfo] {
        &self.0
    }

    fn check(&self, _: usize, path: &str, _: &str, d: &Document, rules: &[u32]) -> Result<RawReport, Fault> {
        let mut findings = all(d.text(), "bad", 0);
        for finding in &mut findings {
            finding.fixes =
                [("good", finding.span.unwrap()), (d.text(), Span::new(0, d.text().len() as u32))]
                    .map(|(replacement, span)| Fix {
                        title: "mend it".to_owned(),
                        applicability: Applicability::Safe,
                        edits: vec![Edit { span, replacement: replacement.to_owned() }],
                    })
                    .to_vec();
        }
        findings.extend(all(d.text(), "hunter2", 2));
        findings.retain(|finding| rules.contains(&finding.rule));
        let facts = vec![Fact { key: "name".to_owned(), value: path.to_owned(), span: None }];
        Ok(RawReport { findings, facts, ..RawReport::default() })
    }

    fn check_project(&self, _: usize, _: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault> {
        let findings = (0..files.len()).map(|file| RawFinding {
            rule: 1,
            file: file as u32,
            span: Some(Span::new(0, 1)),
            message: "found a file".to_owned(),
            ..RawFinding::default()
        });
        Ok(RawReport { findings: findings.collect(), ..RawReport::default() })
    }
}

/// These rules are on; the secret one is asked for what to hide if that is wanted.
struct Test {
    on: [bool; 3],
    hides: bool,
}

impl Policy for Test {
    fn possible(&self) -> Vec<bool> {
        self.on.to_vec()
    }

    fn hiding(&self) -> Vec<bool> {
        if self.hides { vec![false, false, true] } else { Vec::new() }
    }

    fn plan(&self, _: &str) -> Arc<Plan> {
        let enabled = self.on.to_vec();
        Arc::new(Plan { enabled, severity: vec![Severity::High; 3], ..Plan::default() })
    }

    fn kind(&self, _: &str) -> Option<FileKind> {
        None
    }

    fn excluded(&self, _: &str) -> Option<String> {
        None
    }
}

fn rule(id: &str, project: bool, sensitive: bool) -> Rule {
    let mut rule = reserved_rules().remove(0);
    rule.id = id.to_owned();
    rule.plugin = "fake".to_owned();
    rule.kinds = ["yaml".to_owned()].into();
    rule.project = project;
    rule.sensitive = sensitive;
    rule
}

fn scan(text: &str, on: [bool; 3], hides: bool) -> Report {
    let table = RuleTable::new(vec![
        rule("a/word", false, false),
        rule("b/project", true, false),
        rule("c/secret", false, true),
    ]);
    let info = PluginInfo {
        name: "fake".to_owned(),
        version: "1.0.0".to_owned(),
        needs: Vec::new(),
        only_with: None,
    };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.yaml"), text).unwrap();
    let root = Root::find(dir.path(), &[dir.path().to_path_buf()]).unwrap();
    let report = run(&root, &table, &Test { on, hides }, &Fake([info]), &Options::default()).unwrap();
    assert_eq!(report.faults, []);
    report
}

const TEXT: &str = "a: bad hunter2\n";

/// The one finding's rule, and what its file hides.
fn hidden(report: &Report) -> (usize, Vec<&str>) {
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    (finding.rule, finding.secret.iter().map(|span| span.slice(TEXT).unwrap()).collect())
}

#[test]
fn a_secret_beside_a_finding_is_hidden_though_its_rule_is_off() {
    assert_eq!(hidden(&scan(TEXT, [true, false, false], true)), (0, vec!["hunter2"]));
    assert_eq!(hidden(&scan(TEXT, [true, false, false], false)), (0, vec![]));
    assert_eq!(
        hidden(&scan(TEXT, [false, true, false], true)),
        (1, vec!["hunter2"]),
        "rules across files too"
    );
}

#[test]
fn a_fix_that_writes_a_secret_again_is_not_offered() {
    let written = |text: &str, on: [bool; 3], hides: bool| {
        let report = scan(text, on, hides);
        let fixes = report.findings.iter().flat_map(|finding| &finding.fixes);
        fixes.flat_map(|fix| &fix.edits).map(|edit| edit.replacement.clone()).collect::<Vec<_>>()
    };
    assert_eq!(written(TEXT, [true, false, false], true), ["good"]);
    assert_eq!(written(TEXT, [true, false, true], false), ["good"], "nor where the secret is reported");
    assert_eq!(written(TEXT, [true, false, false], false), ["good", TEXT]);
    assert_eq!(written("a: bad\n", [true, false, true], true), ["good", "a: bad\n"]);
}

#[test]
fn no_fix_is_safe_beside_a_fault_of_syntax() {
    let applicable = |text: &str| {
        let report = scan(text, [true, false, false], false);
        let safe = |fix: &Fix| fix.applicability == Applicability::Safe;
        report.findings.iter().flat_map(|finding| &finding.fixes).map(safe).collect::<Vec<_>>()
    };
    assert_eq!(applicable("a: bad\n"), [true, true]);
    assert_eq!(applicable("a: bad\nb: [\n"), [false, false]);
}

#[test]
fn hashes_do_not_depend_on_what_is_hidden() {
    let hashes = |text: &str| {
        let report = scan(text, [true, false, false], true);
        report.findings.iter().map(|f| (f.fingerprint.clone(), f.line_hash.clone())).collect::<Vec<_>>()
    };
    let with_rule = scan(TEXT, [true, false, true], true);
    let same: Vec<_> = with_rule
        .findings
        .iter()
        .filter(|f| f.rule == 0)
        .map(|f| (f.fingerprint.clone(), f.line_hash.clone()))
        .collect();
    assert_eq!(hashes(TEXT), same, "a baseline holds whether the rule is on or off");
}

#[test]
fn what_is_asked_for_hiding_is_not_reported_and_does_not_count() {
    let report = scan("a: hunter2\n", [true, false, false], true);
    assert_eq!(report.findings, []);
    assert_eq!(report.enabled, [true, false, false]);
    assert_eq!(report.stats.rules, 1);
}
