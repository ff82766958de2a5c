//! Interface 0.1: `wit/v0.1.0`.
//!
//! What goes in is lent, so that the engine copies tables and text straight into the guest's memory.

use super::{Exports, FileCall, Guest, Opened};
use stockade_model as model;
use stockade_model::{FileFacts, RawReport, RuleSetup};
use wasmtime::component::{Component, Linker};
use wasmtime::{Result, Store};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1.0",
        world: "plugin",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use generated::stockade::plugin::types as wit;
use generated::{Plugin, PluginPre};

/// Checks that a component has the functions of this interface with their types.
pub(super) fn bind(linker: &Linker<Guest>, component: &Component) -> Result<Box<dyn Opened>> {
    Ok(Box::new(PluginPre::new(linker.instantiate_pre(component)?)?))
}

impl Opened for PluginPre<Guest> {
    fn instantiate(&self, store: &mut Store<Guest>) -> Result<Box<dyn Exports>> {
        Ok(Box::new(PluginPre::instantiate(self, store)?))
    }
}

impl Exports for Plugin {
    fn configure(&self, store: &mut Store<Guest>, rules: &[RuleSetup]) -> Result<Result<(), String>> {
        let parts: Vec<RuleParts<'_>> = rules.iter().map(RuleParts::new).collect();
        let params: Vec<Vec<wit::Param<'_>>> = parts.iter().map(RuleParts::params).collect();
        let enabled: Vec<wit::Rule<'_>> = rules
            .iter()
            .zip(&params)
            .map(|(rule, params)| wit::Rule { index: rule.rule, id: &rule.id, check: &rule.check, params })
            .collect();
        self.stockade_plugin_rules().call_configure(store, &enabled)
    }

    fn check(&self, store: &mut Store<Guest>, call: &FileCall<'_>) -> Result<Result<RawReport, String>> {
        let document = call.document;
        let comments =
            if call.needs.iter().any(|n| n == "comments") { comment_cells(document) } else { vec![] };
        let tables: Vec<wit::Table<'_>> =
            call.needs.iter().filter_map(|name| table(document, name, &comments)).collect();
        let source = wit::Source {
            path: call.path,
            kind: call.kind,
            marks: &document.marks,
            data: &document.data,
            text_len: document.text_len,
            tables: &tables,
        };
        let answer = self.stockade_plugin_rules().call_check(store, source, call.rules)?;
        Ok(answer.map(|report| RawReport {
            findings: report.findings.into_iter().map(finding).collect(),
            facts: report.facts.into_iter().map(fact).collect(),
            cut: model::Cut::default(),
        }))
    }

    fn check_project(
        &self,
        store: &mut Store<Guest>,
        files: &[FileFacts],
        rules: &[u32],
    ) -> Result<Result<RawReport, String>> {
        let facts: Vec<Vec<wit::FactParam<'_>>> = files.iter().map(|file| lend_facts(&file.facts)).collect();
        let files: Vec<wit::FileFacts<'_>> = files
            .iter()
            .zip(&facts)
            .map(|(file, facts)| wit::FileFacts { path: &file.path, kind: file.kind, facts })
            .collect();
        let answer = self.stockade_plugin_rules().call_check_project(store, &files, rules)?;
        Ok(answer.map(|findings| RawReport {
            findings: findings.into_iter().map(finding).collect(),
            ..RawReport::default()
        }))
    }
}

/// The lists of string slices inside a rule's parameters, which the lent records point into.
struct RuleParts<'a> {
    params: Vec<ParamParts<'a>>,
}

struct ParamParts<'a> {
    param: &'a model::Param,
    args: Vec<&'a str>,
    props: Vec<(&'a str, &'a str)>,
}

impl<'a> RuleParts<'a> {
    fn new(rule: &'a RuleSetup) -> Self {
        let parts = |param: &'a model::Param| ParamParts {
            param,
            args: param.args.iter().map(String::as_str).collect(),
            props: param.props.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        };
        Self { params: rule.params.iter().map(parts).collect() }
    }

    fn params(&self) -> Vec<wit::Param<'_>> {
        self.params
            .iter()
            .map(|p| wit::Param { depth: p.param.depth, name: &p.param.name, args: &p.args, props: &p.props })
            .collect()
    }
}

/// The table of this name, or `None` where the document has none.
fn table<'a>(document: &'a model::Document, name: &'a str, comments: &'a [u32]) -> Option<wit::Table<'a>> {
    Some(match name {
        "nodes" => wit::Table { name, stride: model::STRIDE as u32, cells: &document.nodes },
        "comments" => wit::Table { name, stride: 3, cells: comments },
        _ => {
            let table = document.tables.iter().find(|t| t.name == name)?;
            wit::Table { name, stride: table.stride, cells: &table.cells }
        }
    })
}

fn comment_cells(document: &model::Document) -> Vec<u32> {
    document.comments.iter().flat_map(|c| [c.span.start, c.span.end, c.node]).collect()
}

fn lend_facts(facts: &[model::Fact]) -> Vec<wit::FactParam<'_>> {
    facts
        .iter()
        .map(|fact| wit::FactParam {
            key: &fact.key,
            value: &fact.value,
            span: fact.span.map(|s| wit::Span { start: s.start, end: s.end }),
        })
        .collect()
}

fn span(span: wit::Span) -> model::Span {
    model::Span::new(span.start, span.end)
}

fn fact(fact: wit::FactResult) -> model::Fact {
    model::Fact { key: fact.key, value: fact.value, span: fact.span.map(span) }
}

fn finding(finding: wit::Finding) -> model::RawFinding {
    model::RawFinding {
        rule: finding.rule,
        file: finding.file,
        span: finding.span.map(span),
        node: finding.node,
        message: finding.message,
        help: finding.help,
        labels: finding.labels.into_iter().map(label).collect(),
        fixes: finding.fixes.into_iter().map(fix).collect(),
        key: finding.key,
        data: finding.data,
    }
}

fn label(label: wit::Label) -> model::RawLabel {
    model::RawLabel { path: label.path, span: span(label.span), message: label.message }
}

fn fix(fix: wit::Fix) -> model::Fix {
    let edit = |e: wit::Edit| model::Edit { span: span(e.span), replacement: e.replacement };
    model::Fix {
        title: fix.title,
        applicability: match fix.applicability {
            wit::Applicability::Safe => model::Applicability::Safe,
            wit::Applicability::Unsafe => model::Applicability::Unsafe,
            wit::Applicability::Manual => model::Applicability::Manual,
        },
        edits: fix.edits.into_iter().map(edit).collect(),
    }
}
