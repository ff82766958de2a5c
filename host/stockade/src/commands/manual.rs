//! `stockade completions` and `stockade man`: made from the arguments, so that they cannot lag behind them.

use super::print;
use super::scan::write_whole;
use crate::args::Arguments;
use crate::args::integration::{CompletionsArguments, ManArguments};
use crate::catalog::Catalog;
use crate::error::ProgramError;
use crate::exit::Exit;
use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// The commands whose arguments are rules, and those arguments.
const RULE_ARGUMENTS: [(&str, &[&str]); 5] = [
    ("scan", &["select", "extend_select", "ignore"]),
    ("baseline", &["select", "extend_select", "ignore"]),
    ("rules", &["rules"]),
    ("explain", &["rule"]),
    ("test", &["rules"]),
];

/// Prints the completions for a shell, with the ids of the built-in rules. Those of a repository's own packs are not among
/// them: the shell reads the completions once, wherever it is.
pub(crate) fn completions(arguments: &CompletionsArguments) -> Result<Exit, ProgramError> {
    static IDS: OnceLock<Vec<String>> = OnceLock::new();
    let catalog = Catalog::open()?;
    let ids: &'static [String] =
        IDS.get_or_init(|| catalog.table.rules.iter().map(|rule| rule.id.clone()).collect());
    let mut command = Arguments::command();
    for (name, of_rules) in RULE_ARGUMENTS {
        command = command.mut_subcommand(name, |command| {
            of_rules.iter().fold(command, |command, argument| {
                let values = PossibleValuesParser::new(ids.iter().map(String::as_str));
                command.mut_arg(argument, |argument| argument.value_parser(values))
            })
        });
    }
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "stockade", &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if arguments.shell == Shell::Fish {
        // What stands behind a command without a flag is left out there.
        let ids = ids.join(" ");
        let positional = |(_, of_rules): &&(&str, &[&str])| matches!(of_rules, ["rule" | "rules"]);
        for (name, _) in RULE_ARGUMENTS.iter().filter(positional) {
            let _ = writeln!(
                text,
                "complete -c stockade -n \"__fish_stockade_using_subcommand {name}\" -f -a \"{ids}\""
            );
        }
    }
    print(&text)?;
    Ok(Exit::Clean)
}

/// Prints the main manual page, or writes those of all commands into a folder: `stockade.1`, `stockade-scan.1`, ...
pub(crate) fn pages(arguments: &ManArguments) -> Result<Exit, ProgramError> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    // Gives each command its full name, which its page needs.
    command.build();
    let Some(folder) = &arguments.folder else {
        print(&String::from_utf8_lossy(&page(command)?))?;
        return Ok(Exit::Clean);
    };
    std::fs::create_dir_all(folder).map_err(|error| ProgramError::file("write", folder, &error))?;
    write(command, folder)?;
    Ok(Exit::Clean)
}

fn write(command: clap::Command, folder: &Path) -> Result<(), ProgramError> {
    let below: Vec<clap::Command> =
        command.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned().collect();
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let file = folder.join(format!("{name}.1"));
    let bytes = page(command)?;
    write_whole(&file, &bytes).map_err(|error| ProgramError::file("write", &file, &error))?;
    // As deep as the program's own commands go.
    below.into_iter().try_for_each(|sub| write(sub, folder))
}

fn page(command: clap::Command) -> Result<Vec<u8>, ProgramError> {
    let mut bytes = Vec::new();
    let failed = |error: io::Error| ProgramError::file("write", "manual page", &error);
    clap_mangen::Man::new(command).render(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
