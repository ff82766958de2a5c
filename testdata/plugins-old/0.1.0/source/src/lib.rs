//! Two checks that between them use every part of the contract 0.1.0: the nodes and comments of a file, parameters,
//! spans, nodes, labels, fixes, keys and data of findings, facts, and the second call that sees all files.

wit_bindgen::generate!({ path: "../../../../wit/v0.1.0", world: "plugin" });

use exports::stockade::plugin::rules::Guest;
use std::cell::RefCell;
use stockade::plugin::types::{
    Applicability, Edit, Fact, FileFacts, Finding, Fix, Label, Report, Rule, Source, Span, Table,
};

struct Relic;
export!(Relic);

thread_local! {
    static RULES: RefCell<Vec<Rule>> = const { RefCell::new(Vec::new()) };
}

const NONE: u32 = u32::MAX;
const SCALAR: u32 = 3;

impl Guest for Relic {
    fn configure(enabled: Vec<Rule>) -> Result<(), String> {
        if let Some(rule) = enabled.iter().find(|rule| !["word", "name-twice"].contains(&rule.check.as_str())) {
            return Err(format!("rule {} runs an unknown check {}", rule.id, rule.check));
        }
        RULES.set(enabled);
        Ok(())
    }

    fn check(file: Source, run: Vec<u32>) -> Result<Report, String> {
        let nodes = table(&file, "nodes")?;
        let mut report = Report { findings: Vec::new(), facts: Vec::new() };
        RULES.with_borrow(|rules| {
            for rule in rules.iter().filter(|rule| run.contains(&rule.index)) {
                match rule.check.as_str() {
                    "word" => word(&file, nodes, rule, &mut report.findings),
                    _ => report.facts.extend(names(&file, nodes)),
                }
            }
        });
        Ok(report)
    }

    fn check_project(files: Vec<FileFacts>, run: Vec<u32>) -> Result<Vec<Finding>, String> {
        let facts: Vec<(usize, &FileFacts, &Fact)> = files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| file.facts.iter().map(move |fact| (at, file, fact)))
            .collect();
        let mut findings = Vec::new();
        for rule in run {
            for (position, (at, _, fact)) in facts.iter().enumerate() {
                let earlier = facts[..position].iter().find(|(other, _, f)| other != at && f.value == fact.value);
                let Some((_, first, same)) = earlier else { continue };
                findings.push(Finding {
                    file: *at as u32,
                    labels: vec![Label {
                        path: Some(first.path.clone()),
                        span: same.span.unwrap_or(Span { start: 0, end: 0 }),
                        message: "first used here".to_owned(),
                    }],
                    key: Some(format!("name={}", fact.value)),
                    ..finding(rule, fact.span, format!("the name {} is also that of {}", fact.value, first.path))
                });
            }
        }
        Ok(findings)
    }
}

fn table<'a>(file: &'a Source, name: &str) -> Result<&'a Table, String> {
    file.tables.iter().find(|table| table.name == name).ok_or_else(|| format!("the table {name} is missing"))
}

fn finding(rule: u32, span: Option<Span>, message: String) -> Finding {
    Finding {
        rule,
        file: 0,
        span,
        node: None,
        message,
        help: None,
        labels: Vec::new(),
        fixes: Vec::new(),
        key: None,
        data: Vec::new(),
    }
}

fn args<'a>(rule: &'a Rule, name: &str) -> &'a [String] {
    rule.params.iter().find(|param| param.depth == 0 && param.name == name).map_or(&[], |param| &param.args)
}

fn rows(table: &Table) -> impl Iterator<Item = (u32, &[u32])> {
    (0..).zip(table.cells.chunks_exact(table.stride as usize))
}

fn slice(file: &Source, start: u32, end: u32) -> &str {
    file.data.get(start as usize..end as usize).unwrap_or_default()
}

fn word(file: &Source, nodes: &Table, rule: &Rule, findings: &mut Vec<Finding>) {
    let instead = args(rule, "instead").first();
    for word in args(rule, "forbid") {
        let message = || format!("the word {word} is not wanted");
        if let Ok(comments) = table(file, "comments") {
            for (_, row) in rows(comments) {
                if let Some(at) = slice(file, row[0], row[1]).find(word.as_str()) {
                    let start = row[0] + at as u32;
                    let span = Span { start, end: start + word.len() as u32 };
                    let node = (row[2] != NONE).then_some(row[2]);
                    findings.push(Finding { node, ..finding(rule.index, Some(span), message()) });
                }
            }
        }
        for (node, row) in rows(nodes).filter(|(_, row)| row[0] & 0xff == SCALAR) {
            let Some(at) = slice(file, row[4], row[5]).find(word.as_str()) else { continue };
            let start = row[4] + at as u32;
            let span = Span { start, end: start + word.len() as u32 };
            let fix = instead.map(|text| Fix {
                title: format!("Write {text}"),
                applicability: Applicability::Safe,
                edits: vec![Edit { span, replacement: text.clone() }],
            });
            findings.push(Finding {
                node: Some(node),
                help: Some(format!("Write {} instead.", instead.map_or("another word", String::as_str))),
                labels: vec![Label {
                    path: None,
                    span: Span { start: row[4], end: row[5] },
                    message: "in this value".to_owned(),
                }],
                fixes: fix.into_iter().collect(),
                data: vec![("word".to_owned(), word.clone())],
                ..finding(rule.index, Some(span), message())
            });
        }
    }
    findings.sort_by_key(|finding| finding.span.map(|span| span.start));
}

/// What the file says its name is, at any depth.
fn names(file: &Source, nodes: &Table) -> Vec<Fact> {
    let named = rows(nodes).filter(|(_, row)| {
        row[0] & 0xff == SCALAR && slice(file, row[10], row[11]).eq_ignore_ascii_case("name")
    });
    named
        .map(|(_, row)| Fact {
            key: "name".to_owned(),
            value: slice(file, row[8], row[9]).to_owned(),
            span: Some(Span { start: row[4], end: row[5] }),
        })
        .collect()
}
