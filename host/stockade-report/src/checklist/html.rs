//! The checklist as one page that needs no other file, in the style of the report's page and with its content security
//! policy; it has no script at all. And the same lists as a section of the report's page.

use super::{Checklist, MAX_PLACES, Status, counts, limit};
use crate::formats::html::{STYLE, STYLE_HASH, escape, prose, rule_link};
use crate::text::{count, number, sentence};
use std::fmt::Write as _;
use std::io;

pub(super) fn render(checklists: &[Checklist<'_>], out: &mut dyn io::Write) -> io::Result<()> {
    let title = match checklists {
        [one] => one.guide.title.clone(),
        several => count(several.len(), "guide"),
    };
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_HASH}'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>stockade: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escape(&title),
    );
    for checklist in checklists {
        guide(checklist, &mut page);
        out.write_all(page.as_bytes())?;
        page.clear();
    }
    out.write_all(b"</main>\n</body>\n</html>\n")
}

fn guide(checklist: &Checklist<'_>, page: &mut String) {
    let _ = write!(
        page,
        "<h1>{}</h1>\n<p class=\"soft\">Pack <code>{}</code>, follows {}; stockade {}, {}</p>\n",
        escape(&checklist.guide.title),
        escape(&checklist.guide.pack),
        escape(&checklist.guide.source),
        escape(checklist.version),
        count(checklist.files, "file"),
    );
    if checklist.incomplete {
        *page += "<p class=\"card warn\">Not everything could be looked at: <code>stockade scan</code> says what.</p>\n";
    }
    *page += "<div class=\"tiles\">\n";
    for status in Status::ALL {
        let (n, style, words) = (checklist.count(status), style(status), status.words());
        let _ = writeln!(page, "<div class=\"card tile {style}\"><b>{}</b>{words}</div>", number(n));
    }
    let _ =
        writeln!(page, "</div>\n<p>{}: {}.</p>", count(checklist.len(), "item"), escape(&counts(checklist)));
    sections(checklist, "h2", false, page);
}

/// The lists as a section of a report's page, each folded up.
pub(crate) fn section(checklists: &[Checklist<'_>], page: &mut String) {
    *page += "<h2 id=\"guides\">Guides</h2>\n";
    for checklist in checklists {
        let _ = write!(
            page,
            "<details class=\"card guide\">\n<summary>{} <span class=\"soft\">({} of {} failed)</span></summary>\n<p>{}: {}. Pack <code>{}</code>, follows {}.</p>\n",
            escape(&checklist.guide.title),
            number(checklist.count(Status::Failed)),
            number(checklist.len()),
            count(checklist.len(), "item"),
            escape(&counts(checklist)),
            escape(&checklist.guide.pack),
            escape(&checklist.guide.source),
        );
        sections(checklist, "h3", true, page);
        *page += "</details>\n";
    }
}

/// The sections with their items. `linked`: the page has a row for each rule.
fn sections(checklist: &Checklist<'_>, heading: &str, linked: bool, page: &mut String) {
    for (title, items) in &checklist.sections {
        let _ = writeln!(page, "<{heading}>{}</{heading}>", escape(title));
        for checked in items {
            let _ = write!(
                page,
                "<article class=\"card item\">\n<div class=\"head\"><span class=\"severity {}\">{}</span></div>\n\
                 <p class=\"message\">{}</p>\n",
                style(checked.status),
                checked.status.words(),
                prose(&checked.item.title),
            );
            let open: Vec<_> = checked.open().collect();
            if !open.is_empty() {
                *page += "<ul class=\"labels\">\n";
                for (rule, finding) in open.iter().take(MAX_PLACES) {
                    let (path, line) = (escape(&finding.path), finding.region.line);
                    let rule =
                        if linked { rule_link(rule) } else { format!("<code>{}</code>", escape(rule)) };
                    let message = prose(&finding.message);
                    let _ = writeln!(
                        page,
                        "<li><span class=\"place\">{path}:{line}</span>: {message} ({rule})</li>"
                    );
                }
                if open.len() > MAX_PLACES {
                    let _ = writeln!(page, "<li>and {}</li>", count(open.len() - MAX_PLACES, "more place"));
                }
                *page += "</ul>\n";
            }
            if let Some(note) = limit(checked) {
                let _ = writeln!(page, "<p class=\"soft\">{}</p>", prose(&sentence(note)));
            }
            *page += "</article>\n";
        }
    }
}

/// The style sheet's class whose colour a status has. The word is always there too.
fn style(status: Status) -> &'static str {
    match status {
        Status::Failed => "high",
        Status::Accepted => "medium",
        Status::Passed => "low",
        Status::NotApplicable | Status::NotCheckable => "info",
    }
}
