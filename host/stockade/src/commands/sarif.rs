//! `stockade sarif`: SARIF files of any tool.

use super::print;
use crate::args::{SarifArguments, SarifCommand};
use crate::error::ProgramError;
use crate::exit::Exit;

/// Runs the subcommand.
pub(crate) fn run(arguments: &SarifArguments) -> Result<Exit, ProgramError> {
    match &arguments.command {
        SarifCommand::Check { files } => check(files),
    }
}
fn check(files: &[std::path::PathBuf]) -> Result<Exit, ProgramError> {
    todo!()
}
