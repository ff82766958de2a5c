//! One page that needs no other file: numbers, charts, all findings with their lines, rules, and what was not looked
//! at. It is complete without scripts; they add the filter and other groupings.
//!
//! All text is escaped. Should that ever fail, the page's content security policy lets nothing run or load but
//! the one script and style sheet written here, which are named by their hashes.

mod charts;

use crate::Input;
use crate::checklist::{self, Checklist};
use crate::snippet::{Excerpt, Sources, excerpts};
use crate::summary::{self, Summary, state};
use crate::text::{clean, count, number, sentence};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use stockade_model::{Applicability, FileStatus, Finding, Rule, Severity, Span};

pub(crate) const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// SHA-256 of the above in base64; a test compares them.
pub(crate) const STYLE_HASH: &str = "JEY0xLnbvL5DZJyMnQGyif+sX7LjGcPUZHE/b3WwYrs=";
const SCRIPT_HASH: &str = "Tt92xpy77CZFy8tUq246TiJNVjmFsaqRyjCpHfyteYI=";

/// Findings that are shown with their lines. Beyond that a page gets too large for browsers.
const WITH_LINES: usize = 3_000;
/// Columns of a snippet; longer lines are clipped around the place, which must be seen without scrolling.
const COLUMNS: usize = 110;

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let findings: Vec<&Finding> = input.shown().collect();
    let summary = Summary::new(input.report);
    let mut page = String::new();
    head(input, &summary, &mut page);
    if !findings.is_empty() {
        page += "<h2>Overview</h2>\n<div class=\"charts\">\n";
        charts::all(input, &findings, &summary, &mut page);
        page += "</div>\n";
        controls(&mut page);
    }
    page += "<div id=\"findings\">\n";
    out.write_all(page.as_bytes())?;

    let mut sources = Sources::new(input.report);
    let mut written = 0;
    for file in findings.chunk_by(|a, b| a.path == b.path) {
        page.clear();
        let path = file.first().map_or("", |f| &f.path);
        page += &format!("<section class=\"group\">\n<h3>{}</h3>\n", escape(path));
        for finding in file {
            entry(input, &mut sources, finding, written < WITH_LINES, &mut page);
            written += 1;
        }
        page += "</section>\n";
        // Piece by piece, so that a report of any size takes little memory.
        out.write_all(page.as_bytes())?;
    }
    page.clear();
    page += "</div>\n";
    if written > WITH_LINES {
        let rest = count(written - WITH_LINES, "further finding");
        page += &format!("<p class=\"soft\">{rest} shown without lines, to keep this page usable.</p>\n");
    }
    if !input.options.guides.is_empty() {
        let guides = &input.options.guides;
        let checklists: Vec<Checklist<'_>> =
            guides.iter().map(|guide| Checklist::new(guide, input.report)).collect();
        checklist::section(&checklists, &mut page);
    }
    rules(input, &findings, &mut page);
    files(input, &mut page);
    page += &format!("</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n");
    out.write_all(page.as_bytes())
}

fn head(input: &Input<'_>, summary: &Summary<'_>, page: &mut String) {
    let report = input.report;
    let policy =
        format!("default-src 'none'; style-src 'sha256-{STYLE_HASH}'; script-src 'sha256-{SCRIPT_HASH}'");
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>stockade: {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"soft\">stockade {version}; {files}; {rules}</p>\n",
        title = escape(&match summary.open() {
            0 => "No findings".to_owned(),
            n => count(n, "finding"),
        }),
        version = escape(&report.version),
        files = escape(&summary::files(report)),
        rules = summary::rules(report),
    );
    if report.is_incomplete() {
        *page += "<p class=\"card warn\">The run is not complete: something that should have been looked at was not. \
                  See <a href=\"#files\">files, faults and notes</a>.</p>\n";
    }
    *page += "<div class=\"tiles\">\n";
    for severity in Severity::ALL.into_iter().rev() {
        let n = number(summary.of(severity));
        *page += &format!("<div class=\"card tile {severity}\"><b>{n}</b>{severity}</div>\n");
    }
    for (name, n) in [("suppressed", summary.suppressed), ("in the baseline", summary.baselined)] {
        if n > 0 {
            *page += &format!("<div class=\"card tile\"><b>{}</b>{name}</div>\n", number(n));
        }
    }
    *page += "</div>\n";
}

fn controls(page: &mut String) {
    *page += "<h2>Findings</h2>\n<div id=\"controls\" hidden>\n\
              <input id=\"search\" type=\"search\" placeholder=\"Filter by words of rule, file or message\" \
              aria-label=\"Filter findings\">\n<span>";
    for severity in Severity::ALL.into_iter().rev() {
        *page += &format!(
            "<button type=\"button\" aria-pressed=\"true\" data-severity=\"{severity}\">\
             <span class=\"severity {severity}\">{severity}</span></button> "
        );
    }
    *page += "</span>\n<label>by <select id=\"group\"><option value=\"path\">file</option>\
              <option value=\"rule\">rule</option><option value=\"severity\">severity</option></select></label>\n\
              <span class=\"soft\" id=\"shown\" role=\"status\"></span>\n</div>\n";
}

fn entry(input: &Input<'_>, sources: &mut Sources<'_>, finding: &Finding, lines: bool, page: &mut String) {
    let id = input.rule_id(finding);
    let state = state(finding);
    let closed = if state.is_some() { " closed" } else { "" };
    let (region, severity) = (&finding.region, finding.severity);
    let _ = write!(
        page,
        "<article class=\"card finding{closed}\" data-path=\"{path}\" data-rule=\"{rule}\" data-severity=\"{severity}\">\n\
         <div class=\"head\"><span class=\"severity {severity}\">{severity}</span>\
         <span class=\"place\">{path}:{line}:{column}</span>{link}</div>\n<p class=\"message\">{message}</p>\n",
        path = escape(&finding.path),
        rule = escape(id),
        line = region.line,
        column = region.column,
        link = rule_link(id),
        message = prose(&finding.message),
    );
    if let Some(state) = state {
        *page += &format!("<p class=\"soft\">{}</p>\n", escape(&state));
    }
    if lines {
        snippets(sources, finding, page);
    }
    if !finding.labels.is_empty() {
        *page += "<ul class=\"labels\">\n";
        for label in &finding.labels {
            let place = if label.path == finding.path {
                format!("line {}", label.region.line)
            } else {
                format!("<span class=\"place\">{}:{}</span>", escape(&label.path), label.region.line)
            };
            *page += &format!("<li>{place}: {}</li>\n", prose(&label.message));
        }
        *page += "</ul>\n";
    }
    let help = input.help(finding);
    if !help.is_empty() {
        *page += &format!("<p>{}</p>\n", prose(help));
    }
    if let Some(fix) = finding.fixes.first() {
        let how = match fix.applicability {
            Applicability::Safe => "<code>--fix</code> applies it",
            Applicability::Unsafe => "<code>--unsafe-fixes</code> applies it",
            Applicability::Manual => "by hand",
        };
        *page += &format!("<p class=\"soft\">Fix: {} ({how})</p>\n", prose(&fix.title));
    }
    *page += "</article>\n";
}

/// The lines of the finding's own place, and of its labels.
fn snippets(sources: &mut Sources<'_>, finding: &Finding, page: &mut String) {
    let mut paths = vec![&*finding.path];
    for label in &finding.labels {
        if !paths.contains(&&*label.path) {
            paths.push(&label.path);
        }
    }
    for path in paths {
        let own = (path == &*finding.path).then_some(finding.span);
        let labels = finding.labels.iter().filter(|l| &*l.path == path).map(|l| l.span);
        let spans: Vec<Span> = own.into_iter().chain(labels).collect();
        let Some(source) = sources.get(path) else {
            continue;
        };
        if own.is_none() {
            *page += &format!("<p class=\"place soft\">{}</p>\n", escape(path));
        }
        for excerpt in excerpts(source, &spans, 1, COLUMNS) {
            snippet(&excerpt, page);
        }
    }
}

fn snippet(excerpt: &Excerpt, page: &mut String) {
    // Long lines scroll, and so somebody without a mouse must be able to get there.
    *page += "<pre tabindex=\"0\">";
    for (i, line) in excerpt.lines.iter().enumerate() {
        *page += &format!("<span class=\"n\">{}</span>", line.number);
        // The parts of this line that are marked; marks may overlap, so they are merged.
        let mut parts: Vec<(usize, usize)> = excerpt
            .marks
            .iter()
            .filter(|m| m.start.0 <= i && i <= m.end.0)
            .map(|m| {
                let from = if m.start.0 == i { m.start.1 } else { 0 };
                (from, if m.end.0 == i { m.end.1 } else { line.text.len() })
            })
            .collect();
        parts.sort_unstable();
        let mut at = 0;
        for (from, to) in parts {
            let from = from.max(at);
            *page += &escape(line.text.get(at..from).unwrap_or_default());
            if to > from {
                *page += &format!("<mark>{}</mark>", escape(line.text.get(from..to).unwrap_or_default()));
            } else if to == from {
                *page += "<mark class=\"point\"></mark>";
            }
            at = at.max(to);
        }
        *page += &escape(line.text.get(at..).unwrap_or_default());
        page.push('\n');
    }
    if let Some(line) = excerpt.marks.iter().find_map(|m| m.continues_to) {
        *page += &format!("<span class=\"n\">…</span><span class=\"soft\">to line {line}</span>\n");
    }
    *page += "</pre>\n";
}

/// The rules of the findings, the most severe and most frequent first.
fn rules(input: &Input<'_>, findings: &[&Finding], page: &mut String) {
    let mut counts: BTreeMap<usize, (usize, Severity)> = BTreeMap::new();
    for finding in findings {
        let entry = counts.entry(finding.rule).or_insert((0, finding.severity));
        *entry = (entry.0 + 1, entry.1.max(finding.severity));
    }
    let mut rows: Vec<(&Rule, usize, Severity)> = counts
        .into_iter()
        .filter_map(|(i, (n, severity))| Some((input.report.rules.rules.get(i)?, n, severity)))
        .collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|(_, n, severity)| (Reverse(*severity), Reverse(*n)));
    *page += "<h2>Rules</h2>\n<div class=\"card\"><table>\n<thead><tr><th>severity</th><th>rule</th>\
              <th>what, why and what to do</th><th class=\"number\">findings</th></tr></thead>\n<tbody>\n";
    for (rule, n, severity) in rows {
        let name = match input.url(rule) {
            Some(url) => format!("<a href=\"{}\"><code>{}</code></a>", escape(&url), escape(&rule.id)),
            None => format!("<code>{}</code>", escape(&rule.id)),
        };
        let known = rule
            .about
            .cwe
            .iter()
            .chain(&rule.about.aliases)
            .map(|k| escape(k))
            .collect::<Vec<_>>()
            .join(", ");
        let mut about = format!("<b>{}</b>", prose(&rule.about.title));
        for text in [&rule.about.description, &rule.about.help] {
            if !text.is_empty() {
                about += &format!("<br>{}", prose(&sentence(text)));
            }
        }
        if !known.is_empty() {
            about += &format!("<br><span class=\"soft\">{known}</span>");
        }
        *page += &format!(
            "<tr id=\"rule-{}\"><td><span class=\"severity {severity}\">{severity}</span></td><td>{name}</td>\
             <td>{about}</td><td class=\"number\">{}</td></tr>\n",
            escape(&rule.id),
            number(n)
        );
    }
    *page += "</tbody></table></div>\n";
}

/// What was looked at and what was not, with faults and notes.
fn files(input: &Input<'_>, page: &mut String) {
    let report = input.report;
    *page += &format!("<h2 id=\"files\">Files, faults and notes</h2>\n<div class=\"card\">\n<p>{}</p>\n", {
        escape(&sentence(&summary::files(report)))
    });
    let mut lines: Vec<String> = Vec::new();
    lines.extend(report.faults.iter().map(|f| format!("<b>fault</b>: {}", prose(&f.to_string()))));
    for note in &report.notes {
        let path = note.path.as_deref().map(|p| format!("<code>{}</code>: ", escape(p))).unwrap_or_default();
        let help = note.help.as_deref().map(|h| format!(" {}", prose(h))).unwrap_or_default();
        lines.push(format!("{path}{}{help}", prose(&sentence(&note.message))));
    }
    for file in &report.files {
        if let FileStatus::NotAnalysed(reason) = &file.status {
            lines.push(format!("<code>{}</code>: not analysed, {}", escape(&file.path), prose(reason)));
        }
    }
    if !lines.is_empty() {
        *page += "<ul>\n";
        for line in lines {
            *page += &format!("<li>{line}</li>\n");
        }
        *page += "</ul>\n";
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for file in report.files.iter().filter(|f| f.status == FileStatus::Analysed) {
        *kinds.entry(file.kind).or_insert(0) += 1;
    }
    if !kinds.is_empty() {
        let kinds: Vec<String> = kinds.iter().map(|(k, n)| format!("{} {}", number(*n), escape(k))).collect();
        *page += &format!("<p class=\"soft\">Analysed: {}.</p>\n", kinds.join(", "));
    }
    *page += "</div>\n";
}

/// A link to the rule's row in the table below.
pub(crate) fn rule_link(id: &str) -> String {
    let id = escape(id);
    format!("<a href=\"#rule-{id}\"><code>{id}</code></a>")
}

/// `text` for an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// `text` for an element, with what stands between backticks as code.
pub(crate) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escape(text);
    }
    let part = |(i, part): (usize, &&str)| {
        if i % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }
    };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests;
