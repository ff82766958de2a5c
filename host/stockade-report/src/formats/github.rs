//! Workflow commands by which GitHub Actions annotates the lines of a change.
//!
//! GitHub shows ten annotations of each level for one step and drops the rest without a word. So the most severe come
//! first, no more than that are written, and what is left is listed as plain lines that stay in the log.

use crate::summary::{Summary, elsewhere, files, state};
use crate::text::{clean, count, leading_path, sentence};
use crate::{Input, last_line};
use std::cmp::Reverse;
use std::io;
use stockade_model::{Finding, Severity};

/// Levels of annotations.
const LEVELS: [&str; 3] = ["error", "warning", "notice"];

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut findings: Vec<&Finding> = input.shown().collect();
    findings.sort_by_key(|f| Reverse(f.severity));
    let mut commands = Commands { out, room: [input.options.max_annotations; LEVELS.len()] };
    let mut left_out = Vec::new();

    for fault in &input.report.faults {
        let text = fault.to_string();
        if !commands.write(0, &about(fault.path.as_deref(), "plugin fault"), &text, 0)? {
            writeln!(commands.out, "fault: {}", clean(&text))?;
        }
    }
    for note in input.report.notes.iter().filter(|n| n.incomplete) {
        if !commands.write(1, &about(note.path.as_deref(), "not analysed"), &note.message, 0)? {
            let path = note.path.as_deref().unwrap_or_default();
            writeln!(commands.out, "not analysed: {}: {}", clean(path), clean(&note.message))?;
        }
    }
    for finding in findings {
        // Only open findings may look like errors.
        let level = match finding.severity {
            _ if state(finding).is_some() => 2,
            Severity::Critical | Severity::High => 0,
            Severity::Medium => 1,
            Severity::Low | Severity::Info => 2,
        };
        // One notice is kept back to say that there is more.
        let reserved = usize::from(level == 2);
        if !commands.write(level, &place(input, finding), &words(input, finding), reserved)? {
            left_out.push(finding);
        }
    }
    if !left_out.is_empty() {
        let text = format!(
            "{} without an annotation, because GitHub shows {} of each level; they are listed in the log of this step",
            count(left_out.len(), "further finding"),
            input.options.max_annotations
        );
        commands.write(2, "title=stockade", &text, 0)?;
        for finding in left_out {
            let region = &finding.region;
            let (severity, id) = (finding.severity, input.rule_id(finding));
            write!(commands.out, "{}:{}:{}: ", leading_path(&finding.path), region.line, region.column)?;
            writeln!(commands.out, "{severity}[{id}] {}", clean(&finding.message))?;
        }
    }
    writeln!(commands.out, "{}; {}", Summary::new(input.report).findings(), files(input.report))
}

struct Commands<'w> {
    out: &'w mut dyn io::Write,
    /// How many more annotations of each level GitHub will show.
    room: [usize; LEVELS.len()],
}

impl Commands<'_> {
    /// Writes one command if more than `reserved` are left of its level, and says whether.
    fn write(&mut self, level: usize, properties: &str, text: &str, reserved: usize) -> io::Result<bool> {
        let (Some(left), Some(name)) = (self.room.get_mut(level), LEVELS.get(level)) else {
            return Ok(false);
        };
        if *left <= reserved {
            return Ok(false);
        }
        *left -= 1;
        writeln!(self.out, "::{name} {properties}::{}", data(text))?;
        Ok(true)
    }
}

/// The properties of an annotation that is about a file as a whole, or about none.
fn about(path: Option<&str>, title: &str) -> String {
    match path {
        Some(path) => format!("file={},title={}", property(path), property(title)),
        None => format!("title={}", property(title)),
    }
}

/// File and lines. Columns only for one line: GitHub refuses them for more.
fn place(input: &Input<'_>, finding: &Finding) -> String {
    let region = &finding.region;
    let mut text =
        format!("file={},line={},endLine={}", property(&finding.path), region.line, last_line(region));
    if region.line == region.end_line {
        text += &format!(",col={},endColumn={}", region.column, region.end_column);
    }
    let title = format!("{}: {}", finding.severity, input.rule_id(finding));
    text += &format!(",title={}", property(&title));
    text
}

fn words(input: &Input<'_>, finding: &Finding) -> String {
    let mut text = sentence(&finding.message);
    if let Some(state) = state(finding) {
        text += &format!(" ({state})");
    }
    if let Some(places) = elsewhere(finding) {
        text += &format!("\n{places}");
    }
    let help = input.help(finding);
    if !help.is_empty() {
        text += &format!("\n{help}");
    }
    text
}

/// Escapes a message as the runner undoes it. Other controls, as in the name of a file, would command who reads the log.
fn data(text: &str) -> String {
    clean(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")).into_owned()
}

/// Escapes a property's value, which must not hold what ends it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
        assert_eq!(property("a\u{1b}[31m\u{202e}/x"), "a\u{241b}[31m\u{fffd}/x");
    }
}
