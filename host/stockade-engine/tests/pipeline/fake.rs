//! A checker that is none: it finds words, and does what its file says.

use std::path::Path;
use std::sync::Arc;
use stockade_engine::{Options, Plan, Root, run};
use stockade_model::{
    Checker, Cut, Document, Fact, Fault, FaultKind, FileFacts, NodeKind, PluginInfo, RawFinding, RawLabel,
    RawReport, Report, Rule, RuleTable, Severity, Span, reserved_rules,
};

/// Finds the word `bad` wherever it stands, and records each file's name; `trap` in a file is a fault, `panic` a
/// bug of the host; each `flood` is a finding that had to be left out, each `forget` a fact, each `endless` a rule.
pub(crate) struct Fake {
    pub(crate) plugins: Vec<PluginInfo>,
    pub(crate) answer: fn(&Document) -> Vec<RawFinding>,
}

pub(crate) fn words(document: &Document) -> Vec<RawFinding> {
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
        facts.extend(units(document.text()));
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
            .chain(told_units(files))
            .collect();
        Ok(RawReport { findings, ..RawReport::default() })
    }
}

/// What stands behind `unit: `, as facts.
fn units(text: &str) -> impl Iterator<Item = Fact> {
    text.match_indices("unit: ").map(|(at, before)| {
        let start = at + before.len();
        let value = text[start..].lines().next().unwrap_or_default();
        let span = Span::new(start as u32, (start + value.len()) as u32);
        Fact { key: "unit".to_owned(), value: value.to_owned(), span: Some(span) }
    })
}

/// Each unit, with the first of all files.
fn told_units(files: &[FileFacts]) -> Vec<RawFinding> {
    let mut first = None;
    let mut told = Vec::new();
    for (file, facts) in files.iter().enumerate() {
        let is_off = facts.facts.iter().any(|fact| fact.key == "stockade:off-by-default");
        for fact in facts.facts.iter().filter(|fact| fact.key == "unit") {
            let (path, span) = *first.get_or_insert((&facts.path, fact.span.unwrap()));
            let message = "the first".to_owned();
            told.push(RawFinding {
                rule: 1,
                file: file as u32,
                span: fact.span,
                message: format!("unit {}{}", fact.value, if is_off { ", off" } else { "" }),
                labels: vec![RawLabel { path: Some(path.to_string()), span, message }],
                ..RawFinding::default()
            });
        }
    }
    told
}

pub(crate) fn rule(id: &str, project: bool, literal: &str) -> Rule {
    let mut rule = reserved_rules().remove(0);
    rule.id = id.to_owned();
    rule.plugin = "fake".to_owned();
    rule.kinds = ["yaml".to_owned()].into();
    rule.project = project;
    rule.any_literal = if literal.is_empty() { Arc::default() } else { [literal.to_owned()].into() };
    rule
}

pub(crate) fn table(literal: &str) -> RuleTable {
    let mut rules = vec![rule("a/word", false, literal), rule("b/project", true, "")];
    rules.extend(reserved_rules());
    RuleTable::new(rules)
}

pub(crate) fn scan(
    folder: &Path,
    threads: usize,
    answer: fn(&Document) -> Vec<RawFinding>,
    off: &[&str],
) -> Report {
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

pub(crate) fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    dir
}

pub(crate) fn lines(report: &Report) -> Vec<String> {
    let line = |f: &stockade_model::Finding| {
        let id = &report.rules.rules[f.rule].id;
        format!("{}:{}:{} {id} {}", f.path, f.region.line, f.region.column, f.message)
    };
    report.findings.iter().map(line).collect()
}

pub(crate) fn raw(rule: u32, start: u32, end: u32) -> RawFinding {
    RawFinding { rule, span: Some(Span::new(start, end)), ..RawFinding::default() }
}

/// Finds scalars whose value is `latest`.
pub(crate) fn latest(document: &Document) -> Vec<RawFinding> {
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
pub(crate) fn scan_as(
    folder: &Path,
    kind: &str,
    sensitive: bool,
    answer: fn(&Document) -> Vec<RawFinding>,
) -> Report {
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
