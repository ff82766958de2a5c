//! `stockade completions` and `stockade man`: made from the arguments, so that they cannot lag behind them.

use super::print;
use super::scan::write_whole;
use crate::args::Arguments;
use crate::args::integration::{CompletionsArguments, ManArguments};
use crate::error::ProgramError;
use crate::exit::Exit;
use clap::CommandFactory;
use std::io;
use std::path::Path;

/// Prints the completions for a shell.
pub(crate) fn completions(arguments: &CompletionsArguments) -> Result<Exit, ProgramError> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "stockade", &mut text);
    print(&String::from_utf8_lossy(&text))?;
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
