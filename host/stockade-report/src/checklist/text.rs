//! The checklist at a terminal: one line for each item, places below those that failed.

use super::{Checklist, MAX_PLACES, Status, counts, limit};
use crate::Options;
use crate::formats::Paint;
use crate::text::{clean, count, leading_path, sentence, wrap};
use std::io;

/// Columns before an item's title.
const INDENT: usize = 9;

pub(super) fn render(
    checklists: &[Checklist<'_>],
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let paint = Paint::new(options);
    let columns = usize::from(options.width).saturating_sub(INDENT).max(30);
    for (number, checklist) in checklists.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", paint.bold(&clean(&checklist.guide.title)))?;
        writeln!(out, "{} · follows {}", clean(&checklist.guide.pack), clean(&checklist.guide.source))?;
        for (title, items) in &checklist.sections {
            writeln!(out, "\n{}", paint.bold(&clean(title)))?;
            for checked in items {
                let (mark, status) = (mark(checked.status), checked.status);
                let lines = wrap(&clean(&checked.item.title), columns);
                writeln!(out, "  {} {}", paint.status(status, mark), indented(&lines))?;
                let mut more = 0;
                for (number, (rule, finding)) in checked.open().enumerate() {
                    if number < MAX_PLACES {
                        let (line, column) = (finding.region.line, finding.region.column);
                        let path = leading_path(&finding.path);
                        writeln!(
                            out,
                            "{:INDENT$}{path}:{line}:{column}: {} [{rule}]",
                            "",
                            clean(&finding.message)
                        )?;
                    } else {
                        more += 1;
                    }
                }
                if more > 0 {
                    writeln!(out, "{:INDENT$}and {}", "", count(more, "more place"))?;
                }
                if let Some(note) = limit(checked) {
                    let note = wrap(&clean(&sentence(note)), columns);
                    writeln!(out, "{:INDENT$}{}", "", paint.dim(&indented(&note)))?;
                }
            }
        }
        writeln!(out, "\n{}: {}", count(checklist.len(), "item"), counts(checklist))?;
        if checklist.incomplete {
            writeln!(out, "not everything could be looked at: `stockade scan` says what")?;
        }
    }
    Ok(())
}

/// Six columns, so that titles stand below each other.
fn mark(status: Status) -> &'static str {
    match status {
        Status::Passed => "pass  ",
        Status::Failed => "FAIL  ",
        Status::Accepted => "accept",
        Status::NotApplicable => "n/a   ",
        Status::NotCheckable => "-     ",
    }
}

fn indented(lines: &str) -> String {
    lines.replace('\n', &format!("\n{:INDENT$}", ""))
}
