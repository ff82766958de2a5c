//! Runs the examples of this family's rule pages natively, without Wasm: the quick loop while a check is written.
//! With `PAGES=name,name` only those rules, with `BLESS=1` what comes out is written into the pages.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use stockade_model::Rule;
use stockade_pack::{Example, Outcome, PackSource, Page, PluginSource, Role, Source, Vocabulary, compile};
use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{FileFacts, Finding, Param, Runner};
use stockade_syntax::{FileKind, classify};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn rules() -> Vec<Rule> {
    let folder = root().join("rules/kubernetes");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let files =
        files.iter().map(|p| Source::new(p.file_name().unwrap().to_string_lossy(), read(p))).collect();
    let packs = [PackSource { folder: "kubernetes".to_owned(), files }];
    let description = Source::new("plugin.kdl", read(&root().join("plugins/kubernetes/plugin.kdl")));
    let plugins = [PluginSource { folder: "kubernetes".to_owned(), file: Some(description) }];
    let kinds: Vec<&str> = FileKind::ALL.iter().map(|kind| kind.as_str()).collect();
    match compile(&packs, &plugins, &Vocabulary { kinds: &kinds, interface: "0.1" }) {
        Ok(compiled) => compiled.rules,
        Err(errors) => {
            let mut text = String::new();
            for error in errors {
                let _ = writeln!(text, "{error:?}");
            }
            panic!("{text}");
        }
    }
}

type Files = Vec<(String, String)>;

/// Findings of a rule with the index of their file, sorted as a report is.
fn findings(rule: &Rule, files: &Files) -> Vec<(usize, Finding)> {
    let params = rule.params.iter().map(|p| Param {
        depth: p.depth,
        name: p.name.clone(),
        args: p.args.clone(),
        props: p.props.clone(),
    });
    let mut runner = Runner::<Kubernetes>::new();
    let (index, id, check) = (0, rule.id.clone(), rule.check.clone());
    runner.configure(vec![stockade_sdk::Rule { index, id, check, params: params.collect() }]).unwrap();
    let (mut found, mut all) = (Vec::new(), Vec::new());
    for (at, (path, text)) in files.iter().enumerate() {
        let kind = classify(path, text).kind.map_or("", FileKind::as_str);
        let lower = text.to_ascii_lowercase();
        let named =
            rule.any_literal.is_empty() || rule.any_literal.iter().any(|l| lower.contains(l.as_str()));
        if !rule.kinds.iter().any(|k| k == kind) || !named {
            continue;
        }
        let report = runner.check(stockade_testkit::source(kind, path, text), &[0]).unwrap();
        found.extend(report.findings.into_iter().map(|f| (at, f)));
        all.push((at, FileFacts { path: path.clone(), kind: kind.to_owned(), facts: report.facts }));
    }
    if rule.project {
        let facts: Vec<FileFacts> = all.iter().map(|(_, f)| f.clone()).collect();
        let project = runner.check_project(&facts, &[0]).unwrap();
        found.extend(project.into_iter().map(|f| (all[f.file as usize].0, f)));
    }
    found.sort_by_key(|(at, f)| (*at, f.span.map(|s| s.start), f.message.clone()));
    found
}

fn line(text: &str, offset: u32) -> (usize, usize) {
    let before = &text[..offset as usize];
    let line = before.matches('\n').count() + 1;
    (line, before.rsplit('\n').next().unwrap_or("").chars().count() + 1)
}

fn lines(files: &Files, found: &[(usize, Finding)]) -> Vec<String> {
    let show = |(at, finding): &(usize, Finding)| {
        let (path, text) = &files[*at];
        let (row, column) = line(text, finding.span.unwrap().start);
        // Only a severity that is not the rule's own is set.
        let own = finding.data.iter().find(|(name, _)| name == "stockade:severity");
        let severity = own.map_or_else(String::new, |(_, severity)| format!("[{severity}] "));
        let place = format!("{row}:{column} {severity}{}", finding.message);
        if files.len() > 1 { format!("{path}:{place}") } else { place }
    };
    found.iter().map(show).collect()
}

/// Applies the first fix of every finding whose edits do not meet those of an earlier one.
fn fix(files: &Files, found: &[(usize, Finding)]) -> Files {
    let mut files = files.clone();
    for (at, (_, text)) in files.iter_mut().enumerate() {
        let mut edits: Vec<(u32, u32, String)> = Vec::new();
        for (_, finding) in found.iter().filter(|(file, _)| *file == at) {
            let Some(fix) = finding.fixes.first() else { continue };
            let new = fix.edits.iter().map(|e| (e.span.start, e.span.end, e.replacement.clone()));
            let new: Vec<_> = new.collect();
            if new.iter().all(|n| edits.iter().all(|e| n.1 < e.0 || e.1 < n.0)) {
                edits.extend(new);
            }
        }
        edits.sort();
        for (start, end, replacement) in edits.into_iter().rev() {
            text.replace_range(start as usize..end as usize, &replacement);
        }
    }
    files
}

fn example(rule: &Rule, example: &Example, bless: bool, failures: &mut Vec<String>) -> Outcome {
    let mut fail = |what: String| failures.push(format!("example on line {}: {what}", example.files[0].line));
    let mut files: Files = example.files.iter().map(|f| (f.path.clone(), f.text.clone())).collect();
    for (path, text) in &files {
        if classify(path, text).kind.is_none() {
            fail(format!("{path} is of no kind"));
        }
        let document = stockade_syntax::parse(FileKind::Kubernetes, text.clone());
        for problem in document.problems {
            fail(format!("does not parse: {}", problem.message));
        }
    }
    let mut found = findings(rule, &files);
    let lines_found = lines(&files, &found);
    match example.role {
        Role::Good if !found.is_empty() => fail(format!("is good, but gives\n{}", lines_found.join("\n"))),
        Role::Bad if found.is_empty() => fail("is bad, but gives nothing".to_owned()),
        Role::Bad if !bless && example.expected.as_ref() != Some(&lines_found) => {
            fail(format!("gives\n{}", lines_found.join("\n")));
        }
        _ => {}
    }
    if rule.fixable == "no" && found.iter().any(|(_, f)| !f.fixes.is_empty()) {
        fail("offers a fix".to_owned());
    }
    let mut outcome = Outcome { lines: lines_found, fixed: Vec::new() };
    if let Some(expected) = &example.fixed {
        for _ in 0..10 {
            let next = fix(&files, &found);
            if next == files {
                break;
            }
            files = next;
            found = findings(rule, &files);
        }
        if !found.is_empty() {
            fail(format!("after the fix there is still\n{}", lines(&files, &found).join("\n")));
        }
        for file in expected.iter().filter(|_| !bless) {
            let (_, text) = files.iter().find(|(path, _)| *path == file.path).unwrap();
            if *text != file.text {
                fail(format!("the fix gives\n{text}"));
            }
        }
        outcome.fixed = files;
    }
    outcome
}

#[test]
fn pages_say_what_the_rules_do() {
    let bless = std::env::var_os("BLESS").is_some();
    let wanted = std::env::var("PAGES").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split(',').filter(|name| !name.is_empty()).collect();
    let mut failed = String::new();
    let rules = rules();
    assert!(!rules.is_empty());
    for rule in rules {
        let name = rule.id.trim_start_matches("kubernetes/");
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let path = root().join(format!("rules/{}.md", rule.id));
        let text = read(&path);
        let page = Page::parse(&Source::new(rule.id.clone(), text.as_str())).unwrap();
        let mut failures = Vec::new();
        let mut outcomes = Vec::new();
        for one in &page.examples {
            let outcome = example(&rule, one, bless, &mut failures);
            if one.role == Role::Bad {
                outcomes.push(outcome);
            }
        }
        if rule.fixable != "no" && page.examples.iter().all(|e| e.fixed.is_none()) {
            failures.push("is fixable, and no example shows the fix".to_owned());
        }
        if bless {
            let blessed = page.bless(&outcomes);
            if blessed != text {
                std::fs::write(&path, blessed).unwrap();
            }
        }
        for failure in failures {
            let _ = writeln!(failed, "{name}: {failure}");
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}
