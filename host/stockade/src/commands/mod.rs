//! One file per command.

mod baseline;
mod cache;
mod config;
mod explain;
mod fix;
mod import;
mod init;
mod manual;
mod nodes;
mod packs;
mod plugin;
mod profile;
mod report;
mod rules;
mod sarif;
pub(crate) mod scan;
mod suppressions;
mod targets;
pub(crate) mod test;

use crate::args::{Arguments, Command};
use crate::error::ProgramError;
use crate::exit::Exit;
use std::io::{self, Write};

/// Runs the command.
pub(crate) fn run(arguments: Arguments) -> Result<Exit, ProgramError> {
    let color = arguments.color;
    match arguments.command {
        Command::Scan(scan) => scan::run(&scan, color),
        Command::Rules(rules) => rules::run(&rules),
        Command::Explain(explain) => explain::run(&explain, color),
        Command::Baseline(baseline) => baseline::run(&baseline),
        Command::Cache(cache) => cache::run(&cache),
        Command::Packs(packs) => packs::run(&packs),
        Command::Report(report) => report::run(&report, color),
        Command::Test(test) => test::run(&test),
        Command::Plugin(plugin) => plugin::run(&plugin),
        Command::Suppressions(arguments) => suppressions::run(&arguments.command),
        Command::Init => init::run(),
        Command::Nodes(nodes) => nodes::run(&nodes),
        Command::Config(arguments) => config::run(&arguments.command),
        Command::Sarif(sarif) => sarif::run(&sarif),
        Command::Import(import) => import::run(&import),
        Command::Completions(completions) => manual::completions(&completions),
        Command::Man(man) => manual::pages(&man),
    }
}

/// Writes text to standard output. A reader that has gone away (`| head`) is no error.
fn print(text: &str) -> Result<(), ProgramError> {
    let mut out = io::stdout().lock();
    quiet(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What came of writing to standard output, where a reader that has gone away is no error.
pub(crate) fn quiet(result: io::Result<()>) -> Result<(), ProgramError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(ProgramError::file("write", "standard output", &error))
        }
        _ => Ok(()),
    }
}

/// A number with its noun: `1 rule`, `2 rules`.
fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
