//! `stockade suppressions`: who accepted what, until when and why.

use super::print;
use crate::args::{LedgerFormat, SuppressionsCommand};
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::prepare::{Input, Outside, Prepared};
use std::fmt::Write as _;
use stockade_engine::Options;
use stockade_model::{Report, Suppression, SuppressionSource, SuppressionUse};
use stockade_pack::Choice;
use stockade_report::clean;

/// Scans, and lists the suppressions that the scan met.
pub(crate) fn run(command: &SuppressionsCommand) -> Result<Exit, ProgramError> {
    let SuppressionsCommand::List { paths, format, today, config } = command;
    let outside = Outside { plugins: &[], locked: false, limits: &[], policy: config.as_deref() };
    let ready = Prepared::new(Input::Paths(paths), outside, &Choice::default(), false, 0, *today)?;
    let options = Options {
        version: env!("CARGO_PKG_VERSION"),
        max_file_bytes: ready.max_file_bytes(),
        without_project: ready.single_files,
        line_hashes: false,
        suppressions: ready.suppressions,
        ..Options::default()
    };
    let report = ready.scan(&options)?;
    print(&match format {
        LedgerFormat::Text => text(&report),
        LedgerFormat::Json => json(&report)?,
        LedgerFormat::Markdown => markdown(&report),
    })?;
    Ok(if report.is_incomplete() { Exit::NotDone } else { Exit::Clean })
}

/// The name of the source.
fn source(suppression: &Suppression) -> &'static str {
    match suppression.source {
        SuppressionSource::Comment => "comment",
        SuppressionSource::Configuration => "configuration",
        SuppressionSource::Tool(tool) => tool,
    }
}

/// A word for what it did.
fn usage(suppression: &Suppression) -> &'static str {
    match suppression.usage {
        SuppressionUse::Used(_) => "used",
        SuppressionUse::Unused => "unused",
        SuppressionUse::Unknown => "unknown",
        SuppressionUse::Expired => "expired",
        SuppressionUse::Refused => "refused",
    }
}

fn findings(suppression: &Suppression) -> usize {
    match suppression.usage {
        SuppressionUse::Used(findings) => findings,
        _ => 0,
    }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for entry in &report.suppressions {
        let used = match entry.usage {
            SuppressionUse::Used(findings) => format!("used for {findings}"),
            _ => usage(entry).to_owned(),
        };
        let until = entry.until.as_deref().map(|until| format!(" until {until}")).unwrap_or_default();
        let reason =
            entry.reason.as_deref().map(|reason| format!(" -- {}", clean(reason))).unwrap_or_default();
        let rules = entry.rules.join(", ");
        let rules = clean(&rules);
        let (path, line) = (clean(&entry.path), entry.region.line);
        let _ = writeln!(
            out,
            "{path}:{line}: {used}: {rules} ({}, {}){until}{reason}",
            source(entry),
            clean(&entry.scope)
        );
    }
    let count = |wanted: &str| report.suppressions.iter().filter(|entry| usage(entry) == wanted).count();
    let _ = writeln!(
        out,
        "{}: {} used, {} unused, {} expired, {} refused, {} unknown",
        match report.suppressions.len() {
            1 => "1 suppression".to_owned(),
            n => format!("{n} suppressions"),
        },
        count("used"),
        count("unused"),
        count("expired"),
        count("refused"),
        count("unknown"),
    );
    out
}

fn json(report: &Report) -> Result<String, ProgramError> {
    let entries: Vec<serde_json::Value> = report
        .suppressions
        .iter()
        .map(|entry| {
            serde_json::json!({
                "path": &*entry.path,
                "line": entry.region.line,
                "column": entry.region.column,
                "source": source(entry),
                "scope": entry.scope,
                "rules": entry.rules,
                "until": entry.until,
                "reason": entry.reason,
                "state": usage(entry),
                "findings": findings(entry),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&entries)
        .map_err(|error| ProgramError::file("write", "standard output", &std::io::Error::other(error)))?;
    Ok(text + "\n")
}

fn markdown(report: &Report) -> String {
    let cell = |text: &str| clean(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
    let mut out =
        String::from("| place | rules | scope | until | state | reason |\n|---|---|---|---|---|---|\n");
    for entry in &report.suppressions {
        let rules: Vec<String> = entry.rules.iter().map(|rule| format!("`{}`", cell(rule))).collect();
        let state = match entry.usage {
            SuppressionUse::Used(findings) => format!("used ({findings})"),
            _ => usage(entry).to_owned(),
        };
        let _ = writeln!(
            out,
            "| {}:{} | {} | {} | {} | {state} | {} |",
            cell(&entry.path),
            entry.region.line,
            rules.join(", "),
            cell(&entry.scope),
            entry.until.as_deref().unwrap_or_default(),
            cell(entry.reason.as_deref().unwrap_or_default()),
        );
    }
    out
}
