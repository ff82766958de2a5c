//! `stockade explain`: a rule's page in the terminal.

use super::print;
use crate::args::{Color, ExplainArguments};
use crate::config;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::terminal;
use std::fmt::Write;
use stockade_model::Rule;
use stockade_report::Pages;

/// Shows the page of the rule, or of every rule that another tool's id stands for.
pub(crate) fn run(arguments: &ExplainArguments, color: Color) -> Result<Exit, ProgramError> {
    let catalog = config::catalog_here()?;
    let name = arguments.rule.as_str();
    let found = catalog.table.lookup(name);
    if found.is_empty() {
        let ids = catalog.table.rules.iter().map(|r| r.id.as_str());
        let bare = ids.clone().map(|id| id.rsplit('/').next().unwrap_or(id));
        let near = stockade_pack::nearest(name, ids).or_else(|| stockade_pack::nearest(name, bare));
        let help = match near {
            Some(near) => format!("Perhaps `{near}` is meant; `stockade rules` lists all."),
            None => "`stockade rules` lists all rules with their ids.".to_owned(),
        };
        return Err(ProgramError::NoSuchRule { name: name.to_owned(), help });
    }
    let color = terminal::stdout_color(color);
    let mut text = String::new();
    for (nth, index) in found.into_iter().enumerate() {
        let Some(rule) = catalog.table.rules.get(index) else { continue };
        if nth > 0 {
            text.push_str("\n\n");
        }
        header(rule, color, &mut text);
        match catalog.page(rule) {
            Some(page) => markdown(&page, color, &mut text),
            None => text.push_str(&format!("{}\n\n{}\n", rule.description, rule.help)),
        }
    }
    print(&text)?;
    Ok(Exit::Clean)
}

fn header(rule: &Rule, color: bool, out: &mut String) {
    let (bold, dim, reset) = if color { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    let _ = writeln!(out, "{bold}{}{reset}  {}", rule.id, rule.severity);
    let mut line = |label: &str, values: &[String]| {
        if !values.is_empty() {
            let _ = writeln!(out, "{dim}{label:<10}{reset}{}", values.join(", "));
        }
    };
    let others: Vec<String> = rule.also_severity.iter().map(ToString::to_string).collect();
    line("partly", &others);
    line("files", &rule.kinds);
    line("profiles", &rule.profiles);
    line("fix", &[rule.fixable.clone()].map(|f| if f == "no" { "none".to_owned() } else { f }));
    line("weakness", &rule.cwe);
    line("standards", &rule.refs);
    line("same as", &rule.aliases);
    if let Some(why) = &rule.deprecated {
        line("deprecated", std::slice::from_ref(why));
    }
    out.push('\n');
}

/// Markdown as it is, with headings and code set off where there are colours.
fn markdown(page: &str, color: bool, out: &mut String) {
    if !color {
        out.push_str(page.trim_end());
        out.push('\n');
        return;
    }
    let mut fenced = false;
    for line in page.trim_end().lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            let _ = writeln!(out, "\x1b[2m{line}\x1b[0m");
        } else if fenced {
            let _ = writeln!(out, "\x1b[36m{line}\x1b[0m");
        } else if line.starts_with('#') {
            let _ = writeln!(out, "\x1b[1m{line}\x1b[0m");
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
}
