//! A guide as a checklist: what a report says of each of its items.

mod html;
mod json;
mod markdown;
mod text;

pub(crate) use html::section;

use crate::Options;
use std::collections::HashMap;
use std::io;
use stockade_model::{Checkable, Finding, Guide, GuideItem, Report, State};

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// At least one of its rules looked at something, and none found anything.
    Passed,
    /// A rule found something.
    Failed,
    /// All that was found is suppressed or in the baseline.
    Accepted,
    /// None of its rules had anything to look at.
    NotApplicable,
    /// No repository can show it.
    NotCheckable,
}

impl Status {
    /// All, the worst first.
    pub const ALL: [Self; 5] =
        [Self::Failed, Self::Accepted, Self::Passed, Self::NotApplicable, Self::NotCheckable];

    /// The word for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Accepted => "accepted",
            Self::NotApplicable => "not-applicable",
            Self::NotCheckable => "not-checkable",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Accepted => "accepted by suppression or baseline",
            Self::NotApplicable => "not applicable here",
            Self::NotCheckable => "not checkable by a repository",
        }
    }
}

/// A rule of an item, with what it saw.
#[derive(Clone, Debug)]
pub struct CheckedRule<'a> {
    /// Its id.
    pub id: &'a str,
    /// Files that it looked at.
    pub looked_at: u32,
    /// What it found, in the report's order, whatever the state.
    pub findings: Vec<&'a Finding>,
}

/// An item with what became of it.
#[derive(Clone, Debug)]
pub struct CheckedItem<'a> {
    /// The item.
    pub item: &'a GuideItem,
    /// What became of it.
    pub status: Status,
    /// Its rules, in the guide's order.
    pub rules: Vec<CheckedRule<'a>>,
}

impl<'a> CheckedItem<'a> {
    /// The open findings of all its rules.
    pub fn open(&self) -> impl Iterator<Item = (&'a str, &'a Finding)> {
        let all = self.rules.iter().flat_map(|rule| rule.findings.iter().map(|finding| (rule.id, *finding)));
        all.filter(|(_, finding)| finding.state == State::Open)
    }
}

/// A guide with what a report says of it.
#[derive(Clone, Debug)]
pub struct Checklist<'a> {
    /// The guide.
    pub guide: &'a Guide,
    /// Its sections in their order: heading and items.
    pub sections: Vec<(&'a str, Vec<CheckedItem<'a>>)>,
    /// Whether something could not be looked at, so that a pass may be wrong.
    pub incomplete: bool,
    /// Files that were analysed.
    pub files: usize,
    /// Version of stockade.
    pub version: &'a str,
}

impl<'a> Checklist<'a> {
    /// Holds a report against a guide. The report must come from a run that counted what rules looked at.
    #[must_use]
    pub fn new(guide: &'a Guide, report: &'a Report) -> Self {
        let mut by_rule: HashMap<usize, Vec<&Finding>> = HashMap::new();
        for finding in &report.findings {
            by_rule.entry(finding.rule).or_default().push(finding);
        }
        let checked = |item: &'a GuideItem| {
            let rules: Vec<CheckedRule<'a>> = item
                .rules
                .iter()
                .map(|id| {
                    let found = report.rules.find(id).map(|(index, _)| index);
                    let looked_at = found.and_then(|index| report.looked_at.get(index)).copied().unwrap_or(0);
                    let findings = found.and_then(|index| by_rule.get(&index)).cloned().unwrap_or_default();
                    CheckedRule { id, looked_at, findings }
                })
                .collect();
            let found = || rules.iter().flat_map(|rule| &rule.findings);
            let status = if item.checkable == Checkable::No {
                Status::NotCheckable
            } else if found().any(|finding| finding.state == State::Open) {
                Status::Failed
            } else if found().next().is_some() {
                Status::Accepted
            } else if rules.iter().any(|rule| rule.looked_at > 0) {
                Status::Passed
            } else {
                Status::NotApplicable
            };
            CheckedItem { item, status, rules }
        };
        let sections = guide
            .sections
            .iter()
            .map(|section| (section.title.as_str(), section.items.iter().map(checked).collect()))
            .collect();
        Self {
            guide,
            sections,
            incomplete: report.is_incomplete(),
            files: report.stats.analysed,
            version: &report.version,
        }
    }

    /// How many items have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.sections.iter().flat_map(|(_, items)| items).filter(|item| item.status == status).count()
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sections.iter().map(|(_, items)| items.len()).sum()
    }

    /// Whether the guide has no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How a checklist is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecklistFormat {
    /// For a terminal.
    Text,
    /// For a pull request or a wiki.
    Markdown,
    /// For programs; `testdata/schemas/stockade-checklist.schema.json`.
    Json,
    /// One page to open in a browser or keep as an artefact.
    Html,
}

/// Writes checklists in `format`.
///
/// # Errors
/// Only those of `out`.
pub fn render_checklists(
    format: ChecklistFormat,
    checklists: &[Checklist<'_>],
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    match format {
        ChecklistFormat::Text => text::render(checklists, options, &mut out)?,
        ChecklistFormat::Markdown => markdown::render(checklists, &mut out)?,
        ChecklistFormat::Json => json::render(checklists, &mut out)?,
        ChecklistFormat::Html => html::render(checklists, &mut out)?,
    }
    io::Write::flush(&mut out)
}

/// Places shown for one item; the rest is counted.
const MAX_PLACES: usize = 10;

/// How many items have each status, as a sentence without a period.
fn counts(checklist: &Checklist<'_>) -> String {
    let each = Status::ALL.into_iter().map(|status| (checklist.count(status), status.words()));
    each.filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect::<Vec<_>>().join(", ")
}

/// What a reader must know beside the status of an item: what files do not show of it.
fn limit<'a>(checked: &CheckedItem<'a>) -> Option<&'a str> {
    let note = checked.item.note.as_str();
    let told = checked.status == Status::NotCheckable
        || (checked.item.checkable == Checkable::Partly && checked.status == Status::Passed);
    (told && !note.is_empty()).then_some(note)
}
