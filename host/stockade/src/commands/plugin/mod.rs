//! `stockade plugin`: making, looking at and managing plugins. One file per subcommand.

mod inspect;
mod pack;

use crate::args::plugin::{PluginArguments, PluginCommand};
use crate::error::ProgramError;
use crate::exit::Exit;

/// Runs the subcommand.
pub(crate) fn run(arguments: &PluginArguments) -> Result<Exit, ProgramError> {
    match &arguments.command {
        PluginCommand::Pack(pack) => pack::run(pack),
        PluginCommand::Inspect(inspect) => inspect::run(inspect),
    }
}
