//! `stockade explain`: a rule's page in the terminal.

use super::print;
use crate::args::{Color, ExplainArguments};
use crate::config;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::terminal;
use std::fmt::Write;
use std::io::IsTerminal;
use stockade_model::Rule;
use stockade_report::Pages;

/// Shows the page of the rule, or of every rule that another tool's id or a name without its pack stands for.
pub(crate) fn run(arguments: &ExplainArguments, color: Color) -> Result<Exit, ProgramError> {
    let catalog = config::catalog_here(arguments.config.as_deref())?;
    let name = arguments.rule.as_str();
    let mut found = catalog.table.lookup(name);
    let rules = &catalog.table.rules;
    if found.is_empty() {
        found.extend(
            (0..rules.len()).filter(|at| rules.get(*at).is_some_and(|rule| own_name(&rule.id) == name)),
        );
    }
    if found.is_empty() {
        let help = match stockade_pack::rules_named(name, &catalog.table) {
            Err(Some(near)) if !near.contains(['*', ':']) => {
                format!("Perhaps `{near}` is meant; `stockade rules` lists all.")
            }
            Err(Some(set)) => format!("`stockade rules '{set}'` lists rules; name one of them."),
            Ok(_) => format!("`stockade rules '{name}'` lists rules; name one of them."),
            Err(None) => "`stockade rules` lists all rules with their ids.".to_owned(),
        };
        return Err(ProgramError::NoSuchRule { name: name.to_owned(), help });
    }
    let color = terminal::stdout_color(color);
    // A page in a file stays as it is written; on a terminal its paragraphs end where the terminal does.
    let columns = std::io::stdout().is_terminal().then(|| usize::from(terminal::width()));
    let mut text = String::new();
    for (nth, index) in found.into_iter().enumerate() {
        let Some(rule) = catalog.table.rules.get(index) else { continue };
        if nth > 0 {
            text.push_str("\n\n");
        }
        header(rule, color, columns, &mut text);
        match catalog.page(rule) {
            Some(page) => {
                markdown(&page, color, columns, &mut text);
            }
            None => text.push_str(&format!("{}\n\n{}\n", rule.about.description, rule.about.help)),
        }
    }
    print(&text)?;
    Ok(Exit::Clean)
}

/// The name of a rule without its pack.
fn own_name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Columns of the labels in front of a rule's properties.
const LABEL: usize = 10;

fn header(rule: &Rule, color: bool, columns: Option<usize>, out: &mut String) {
    let (bold, dim, reset) = if color { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    let _ = writeln!(out, "{bold}{}{reset}  {}", rule.id, rule.severity);
    let mut line = |label: &str, values: &[String]| {
        if !values.is_empty() {
            let values = values.join(", ");
            // Further lines stand below the first value; the label before it takes part of no line's width.
            let values = columns.map_or(values.clone(), |columns| {
                wrapped_below(&values, columns.saturating_sub(LABEL), &" ".repeat(LABEL))
            });
            let _ = writeln!(out, "{dim}{label:<LABEL$}{reset}{values}");
        }
    };
    let others: Vec<String> = rule.also_severity.iter().map(ToString::to_string).collect();
    line("partly", &others);
    line("files", &rule.kinds);
    line("profiles", &rule.profiles);
    line("fix", &[rule.fixable.clone()].map(|f| if f == "no" { "none".to_owned() } else { f }));
    line("weakness", &rule.about.cwe);
    line("standards", &rule.about.refs);
    line("same as", &rule.about.aliases);
    if let Some(why) = &rule.deprecated {
        line("deprecated", std::slice::from_ref(why));
    }
    out.push('\n');
}

/// Markdown as it is, with headings and code set off where there are colours, and paragraphs broken at `columns`.
fn markdown(page: &str, color: bool, columns: Option<usize>, out: &mut String) {
    let mut fenced = false;
    for line in page.trim_end().lines() {
        let fence = line.starts_with("```");
        let style = match (fence, fenced, line.starts_with('#')) {
            _ if !color => "",
            (true, ..) => "\x1b[2m",
            (_, true, _) => "\x1b[36m",
            (.., true) => "\x1b[1m",
            _ => "",
        };
        let reset = if style.is_empty() { "" } else { "\x1b[0m" };
        fenced ^= fence;
        // Tables and code have lines of their own.
        let is_prose = !fence && !fenced && !line.starts_with(['#', '|', ' ']);
        let line = match columns.filter(|_| is_prose) {
            Some(columns) => &wrapped(line, columns),
            None => line,
        };
        let _ = writeln!(out, "{style}{line}{reset}");
    }
}

/// Words in lines of at most so many columns, all but the first behind `indent`, which counts for none of them.
fn wrapped_below(text: &str, columns: usize, indent: &str) -> String {
    stockade_report::wrap_with(text, columns, "").replace('\n', &format!("\n{indent}"))
}

/// A paragraph in lines of at most so many columns, where words allow it; the further lines of a list's item stand
/// below its text.
fn wrapped(text: &str, columns: usize) -> String {
    let is_item = text.starts_with("- ") || text.starts_with("* ");
    stockade_report::wrap_with(text, columns, if is_item { "  " } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_lines_of_a_list_stand_below_its_first_word() {
        assert_eq!(wrapped_below("a:one, b:two, c:three", 14, "  "), "a:one, b:two,\n  c:three");
        assert_eq!(wrapped_below("one", 2, "  "), "one");
    }

    #[test]
    fn paragraphs_end_where_the_terminal_does_and_code_does_not() {
        let page = "# A title that is long\n\nSome words in a row.\n\n- an item of words\n\n```sh\nsome long command here\n```\n";
        let mut text = String::new();
        markdown(page, false, Some(12), &mut text);
        let expected = "# A title that is long\n\nSome words\nin a row.\n\n- an item of\n  words\n\n```sh\nsome long command here\n```\n";
        assert_eq!(text, expected);
        text.clear();
        markdown(page, false, None, &mut text);
        assert_eq!(text, page);
        text.clear();
        markdown("# T\n```\nx\n```\ny\n", true, Some(80), &mut text);
        assert_eq!(text, "\x1b[1m# T\x1b[0m\n\x1b[2m```\x1b[0m\n\x1b[36mx\x1b[0m\n\x1b[2m```\x1b[0m\ny\n");
    }
}
