//! The checklist for programs. `version` changes only when something that is there changes its meaning or goes away.

use super::{Checklist, Status};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use stockade_model::State;

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Root<'a> {
    version: u32,
    tool: &'static str,
    tool_version: &'a str,
    guides: Vec<JsonGuide<'a>>,
}

#[derive(Serialize)]
struct JsonGuide<'a> {
    pack: &'a str,
    title: &'a str,
    source: &'a str,
    complete: bool,
    files_analysed: usize,
    /// Items of each status; every status is there.
    counts: BTreeMap<&'static str, usize>,
    sections: Vec<JsonSection<'a>>,
}

#[derive(Serialize)]
struct JsonSection<'a> {
    title: &'a str,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    title: &'a str,
    checkable: &'static str,
    status: &'static str,
    note: &'a str,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    files_looked_at: u32,
    findings: Vec<JsonPlace<'a>>,
}

#[derive(Serialize)]
struct JsonPlace<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    severity: &'a str,
    state: &'static str,
    message: &'a str,
}

pub(super) fn render(checklists: &[Checklist<'_>], out: &mut dyn io::Write) -> io::Result<()> {
    let root = Root {
        version: VERSION,
        tool: "stockade",
        tool_version: checklists.first().map_or("", |checklist| checklist.version),
        guides: checklists.iter().map(guide).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &root)?;
    writeln!(out)
}

fn guide<'a>(checklist: &Checklist<'a>) -> JsonGuide<'a> {
    let sections = checklist.sections.iter().map(|(title, items)| {
        let items = items.iter().map(|checked| JsonItem {
            title: &checked.item.title,
            checkable: checked.item.checkable.as_str(),
            status: checked.status.as_str(),
            note: &checked.item.note,
            rules: checked.rules.iter().map(rule).collect(),
        });
        JsonSection { title, items: items.collect() }
    });
    JsonGuide {
        pack: &checklist.guide.pack,
        title: &checklist.guide.title,
        source: &checklist.guide.source,
        complete: !checklist.incomplete,
        files_analysed: checklist.files,
        counts: Status::ALL.into_iter().map(|status| (status.as_str(), checklist.count(status))).collect(),
        sections: sections.collect(),
    }
}

fn rule<'a>(checked: &super::CheckedRule<'a>) -> JsonRule<'a> {
    let findings = checked.findings.iter().map(|finding| JsonPlace {
        path: &finding.path,
        line: finding.region.line,
        column: finding.region.column,
        severity: finding.severity.as_str(),
        state: match finding.state {
            State::Open => "open",
            State::Suppressed { .. } => "suppressed",
            State::Baselined => "baselined",
        },
        message: &finding.message,
    });
    JsonRule { id: checked.id, files_looked_at: checked.looked_at, findings: findings.collect() }
}
