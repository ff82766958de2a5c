//! Turns a finished [`Report`] into bytes, one file per output format in `formats/`.
//!
//! Everything here is pure: no file, clock, environment or terminal is looked at, so the same report and
//! [`Options`] give the same bytes on any machine. Deciding the exit code, opening output files and asking whether a
//! terminal can show colours is the program's business. [`check`] judges SARIF files of any tool.

pub mod check;
mod checklist;
mod formats;
mod limits;
mod options;
mod snippet;
mod summary;
mod text;
mod uri;

pub use checklist::{CheckedItem, CheckedRule, Checklist, ChecklistFormat, Status, render_checklists};
pub use options::{Format, NoPages, Options, Pages, SarifProfile, UnknownFormat};
pub use text::{clean, wrap_with};
pub use uri::{path_to_uri, rule_url};

use std::io;
use stockade_model::{Finding, Region, Report, Rule, State};

/// Writes `report` in `format` to `out`.
///
/// # Errors
/// Only those of `out`.
pub fn render(
    format: Format,
    report: &Report,
    pages: &dyn Pages,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    // Formats write piece by piece; a terminal or pipe should not get a system call for each.
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let input = Input { report, pages, options };
    formats::render(format, &input, &mut out)?;
    io::Write::flush(&mut out)
}

/// What every format gets.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    report: &'a Report,
    pages: &'a dyn Pages,
    options: &'a Options,
}

impl<'a> Input<'a> {
    /// The findings that people should see: the open ones, and the rest if asked for.
    fn shown(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let all = self.options.show_suppressed;
        self.report.findings.iter().filter(move |f| all || f.state == State::Open)
    }

    /// The finding's rule. `None` only where a report was put together wrongly.
    fn rule(&self, finding: &Finding) -> Option<&'a Rule> {
        self.report.rules.rules.get(finding.rule)
    }

    /// The id of the finding's rule.
    fn rule_id(&self, finding: &Finding) -> &'a str {
        self.rule(finding).map_or("unknown", |rule| rule.id.as_str())
    }

    /// What to do about the finding: its own help, or else its rule's. Empty where there is none.
    fn help(&self, finding: &'a Finding) -> &'a str {
        match &finding.help {
            Some(help) => help,
            None => self.rule(finding).map_or("", |rule| rule.about.help.as_str()),
        }
    }

    /// Where the rule's page is on the web, if anywhere.
    fn url(&self, rule: &Rule) -> Option<String> {
        self.options.docs_base_url.as_deref().map(|base| rule_url(base, &rule.id))
    }
}

/// The last line that a region touches: one that ends right behind a line break does not touch the next line.
fn last_line(region: &Region) -> u32 {
    if region.end_column <= 1 && region.end_line > region.line {
        region.end_line - 1
    } else {
        region.end_line
    }
}
