//! `stockade sarif`: SARIF files of any tool.

use super::print;
use crate::args::{SarifArguments, SarifCommand};
use crate::error::ProgramError;
use crate::exit::Exit;
use std::fmt::Write as _;
use std::path::PathBuf;
use stockade_report::check::{Verdict, check};
use stockade_report::clean;

/// Runs the subcommand.
pub(crate) fn run(arguments: &SarifArguments) -> Result<Exit, ProgramError> {
    match &arguments.command {
        SarifCommand::Check { files } => check_files(files),
    }
}

/// Prints what GitHub would say of each file; a file that it would reject makes the exit code 1.
fn check_files(files: &[PathBuf]) -> Result<Exit, ProgramError> {
    let mut text = String::new();
    let mut rejected = false;
    for file in files {
        let bytes = std::fs::read(file).map_err(|error| ProgramError::file("read", file, &error))?;
        let remarks = check(&bytes);
        let name = file.display().to_string();
        let name = clean(&name);
        if remarks.is_empty() {
            let _ = writeln!(text, "{name}: GitHub code scanning would take all of it");
        }
        for remark in remarks {
            rejected |= remark.verdict == Verdict::Rejected;
            let more =
                if remark.more > 0 { format!(" (and {} more like it)", remark.more) } else { String::new() };
            let place = if remark.pointer.is_empty() { "/" } else { &remark.pointer };
            let (place, message) = (clean(place), clean(&remark.message));
            let _ = writeln!(text, "{name}: {}: {place}: {message}{more}", remark.verdict.as_str());
        }
    }
    print(&text)?;
    Ok(if rejected { Exit::Findings } else { Exit::Clean })
}
