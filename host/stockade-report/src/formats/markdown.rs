//! A summary for a pull request or a job: how many of what, then the findings file by file, folded.
//!
//! GitHub refuses comments over 65,536 characters, so the list stops at a number of bytes and says what it left out.

use crate::Input;
use crate::snippet::{Sources, plain_line};
use crate::summary::{Summary, elsewhere, files, rules, some_paths, state};
use crate::text::{clean, count, number};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use stockade_model::{Finding, Severity};

/// Rules in the table of the most frequent ones.
const TOP_RULES: usize = 10;
/// Faults and notes listed.
const LISTED: usize = 20;
/// Columns of a quoted line.
const QUOTE: usize = 100;

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let report = input.report;
    let summary = Summary::new(report);
    let mut text = String::new();
    let open = summary.open();
    text += &match open {
        0 => "## stockade: no findings\n\n".to_owned(),
        n => format!("## stockade: {}\n\n", count(n, "finding")),
    };
    severities(&summary, &mut text);
    text += &format!("{}; {}.\n\n", files(report), rules(report));
    troubles(input, &summary, &mut text);
    let findings: Vec<&Finding> = input.shown().collect();
    top_rules(input, &findings, &mut text);
    list(input, &findings, &mut text);
    out.write_all(text.as_bytes())
}

fn severities(summary: &Summary<'_>, text: &mut String) {
    if summary.open() + summary.suppressed + summary.baselined == 0 {
        return;
    }
    let mut head: Vec<String> = Vec::new();
    let mut row: Vec<String> = Vec::new();
    for severity in Severity::ALL.into_iter().rev() {
        head.push(severity.to_string());
        row.push(number(summary.of(severity)));
    }
    for (name, n) in [("suppressed", summary.suppressed), ("in the baseline", summary.baselined)] {
        if n > 0 {
            head.push(name.to_owned());
            row.push(number(n));
        }
    }
    let line = vec!["---:"; head.len()].join(" | ");
    *text += &format!("| {} |\n| {line} |\n| {} |\n\n", head.join(" | "), row.join(" | "));
}

fn troubles(input: &Input<'_>, summary: &Summary<'_>, text: &mut String) {
    let report = input.report;
    if report.is_incomplete() {
        *text +=
            "> [!WARNING]\n> The run is not complete: something that should have been looked at was not.\n\n";
    }
    let mut lines: Vec<String> = Vec::new();
    for (reason, paths) in &summary.not_analysed {
        let (n, some) = (number(paths.len()), escape(&some_paths(paths)));
        lines.push(format!("{n} not analysed, {}: {some}", escape(reason)));
    }
    lines.extend(report.faults.iter().map(|f| format!("fault: {}", escape(&f.to_string()))));
    lines.extend(report.notes.iter().map(|n| match &n.path {
        Some(path) => format!("{}: {}", escape(path), escape(&n.message)),
        None => escape(&n.message),
    }));
    for line in lines.iter().take(LISTED) {
        *text += &format!("- {line}\n");
    }
    if lines.len() > LISTED {
        *text += &format!("- and {} more\n", number(lines.len() - LISTED));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

fn top_rules(input: &Input<'_>, findings: &[&Finding], text: &mut String) {
    let mut rules: BTreeMap<&str, (usize, Severity, &Finding)> = BTreeMap::new();
    for finding in findings {
        let entry = rules.entry(input.rule_id(finding)).or_insert((0, finding.severity, finding));
        entry.0 += 1;
        entry.1 = entry.1.max(finding.severity);
    }
    if rules.is_empty() {
        return;
    }
    let mut rows: Vec<_> = rules.into_iter().collect();
    rows.sort_by_key(|(_, (n, severity, _))| (Reverse(*severity), Reverse(*n)));
    *text += "| severity | rule | what | findings |\n| --- | --- | --- | ---: |\n";
    for (id, (n, severity, finding)) in rows.iter().take(TOP_RULES) {
        let title = input.rule(finding).map_or("", |r| r.about.title.as_str());
        let id = linked(input, finding, id);
        *text += &format!("| {severity} | {id} | {} | {} |\n", escape(title), number(*n));
    }
    if rows.len() > TOP_RULES {
        *text += &format!("| | | and {} | |\n", count(rows.len() - TOP_RULES, "more rule"));
    }
    text.push('\n');
}

/// The findings, file by file, as long as there is room.
fn list(input: &Input<'_>, findings: &[&Finding], text: &mut String) {
    let mut sources = Sources::new(input.report);
    let mut listed = 0;
    for file in findings.chunk_by(|a, b| a.path == b.path) {
        let Some(first) = file.first() else {
            continue;
        };
        let mut part = format!(
            "<details>\n<summary><code>{}</code>: {}</summary>\n\n",
            html(&first.path),
            count(file.len(), "finding")
        );
        let mut here = 0;
        for finding in file {
            let entry = entry(input, &mut sources, finding);
            // Room for the end of the section and for the last line.
            if text.len() + part.len() + entry.len() + 200 > input.options.max_markdown {
                break;
            }
            part += &entry;
            here += 1;
        }
        if here > 0 {
            part += "\n</details>\n\n";
            *text += &part;
        }
        listed += here;
        if here < file.len() {
            break;
        }
    }
    if listed < findings.len() {
        *text += &format!(
            "{} not listed here for want of room.\n",
            count(findings.len() - listed, "further finding")
        );
    }
}

fn entry(input: &Input<'_>, sources: &mut Sources<'_>, finding: &Finding) -> String {
    let id = linked(input, finding, input.rule_id(finding));
    let mut entry = format!(
        "- **{}** line {}: {} ({id})",
        finding.severity,
        finding.region.line,
        escape(&finding.message)
    );
    if let Some(state) = state(finding) {
        entry += &format!(", {}", escape(&state));
    }
    // A line break alone shows as a space in some places and as a break in others.
    if let Some(source) = sources.get(&finding.path) {
        let line = plain_line(source, finding.region.line, QUOTE);
        if !line.is_empty() {
            entry += &format!("<br>\n  {}", code(&line));
        }
    }
    if let Some(places) = elsewhere(finding) {
        entry += &format!("<br>\n  {}", escape(&places));
    }
    let help = input.help(finding);
    if !help.is_empty() {
        entry += &format!("<br>\n  {}", escape(help));
    }
    entry.push('\n');
    entry
}

/// A rule's id, linked to its page where there is one.
fn linked(input: &Input<'_>, finding: &Finding, id: &str) -> String {
    match input.rule(finding).and_then(|rule| input.url(rule)) {
        Some(url) => format!("[`{id}`]({url})"),
        None => format!("`{id}`"),
    }
}

/// `text` as a code span: fenced by more backticks than it holds in a row.
pub(crate) fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A pipe would end a table's cell even inside code, but quoted lines never stand in a table.
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// `text` in running Markdown: our messages put code between backticks, which is kept where it is balanced;
/// everything else that Markdown, HTML or GitHub (mentions, references) would act upon is made harmless.
pub(crate) fn escape(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    let balanced = parts.len() % 2 == 1;
    let mut out = String::with_capacity(text.len() + 16);
    for (i, part) in parts.iter().enumerate() {
        if i > 0 && !balanced {
            out.push_str("\\`");
        }
        if balanced && i % 2 == 1 {
            // Inside code only a pipe acts, in a table.
            out.push_str(&if part.is_empty() {
                "\\`\\`".to_owned()
            } else {
                format!("`{}`", part.replace('|', "\\|"))
            });
        } else {
            for c in part.chars() {
                match c {
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '&' => out.push_str("&amp;"),
                    // A mention would call people; the word joiner is not seen.
                    '@' | '#' => {
                        out.push(c);
                        out.push('\u{2060}');
                    }
                    '\\' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                        out.push('\\');
                        out.push(c);
                    }
                    c => out.push(c),
                }
            }
        }
    }
    out
}

/// `text` inside an HTML element.
fn html(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@\u{2060}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_code_and_nothing_else() {
        assert_eq!(
            escape("base `a_b|c` of <b> @you #1"),
            "base `a_b\\|c` of &lt;b&gt; @\u{2060}you #\u{2060}1"
        );
        assert_eq!(escape("one ` only [x](y)"), "one \\` only \\[x\\](y)");
    }

    #[test]
    fn code_spans_hold_any_number_of_backticks() {
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a`"), "`` `a` ``");
    }
}
