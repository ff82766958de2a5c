//! The checklist in Markdown, for a pull request, a ticket or a wiki.

use super::{Checklist, MAX_PLACES, Status, counts, limit};
use crate::formats::{code, escape};
use crate::text::{clean, count, sentence};
use std::io;

pub(super) fn render(checklists: &[Checklist<'_>], out: &mut dyn io::Write) -> io::Result<()> {
    for (number, checklist) in checklists.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "# {}\n", escape(&checklist.guide.title))?;
        let (pack, source) = (code(&checklist.guide.pack), code(&checklist.guide.source));
        writeln!(
            out,
            "Pack {pack}, follows {source}. {}: {}.",
            count(checklist.len(), "item"),
            counts(checklist)
        )?;
        if checklist.incomplete {
            writeln!(out, "\n**Not everything could be looked at**: `stockade scan` says what.")?;
        }
        for (title, items) in &checklist.sections {
            writeln!(out, "\n## {}\n", escape(title))?;
            for checked in items {
                let tick =
                    if matches!(checked.status, Status::Passed | Status::Accepted) { 'x' } else { ' ' };
                let title = escape(&checked.item.title);
                writeln!(out, "- [{tick}] {title}: **{}**", checked.status.words())?;
                let open: Vec<_> = checked.open().collect();
                for (rule, finding) in open.iter().take(MAX_PLACES) {
                    let place = format!("{}:{}", clean(&finding.path), finding.region.line);
                    writeln!(out, "  - {}: {} ({})", code(&place), escape(&finding.message), code(rule))?;
                }
                if open.len() > MAX_PLACES {
                    writeln!(out, "  - and {}", count(open.len() - MAX_PLACES, "more place"))?;
                }
                if let Some(note) = limit(checked) {
                    writeln!(out, "  - {}", escape(&sentence(note)))?;
                }
            }
        }
    }
    Ok(())
}
