//! `stockade plugin`: making, looking at and managing plugins. One file per subcommand.

mod bench;
mod build;
mod changes;
mod inspect;
mod manage;
mod new;
mod pack;
mod publish;
mod source;

use crate::args::plugin::{PluginArguments, PluginCommand};
use crate::error::ProgramError;
use crate::exit::Exit;

/// Runs the subcommand.
pub(crate) fn run(arguments: &PluginArguments) -> Result<Exit, ProgramError> {
    match &arguments.command {
        PluginCommand::New(new) => new::run(new),
        PluginCommand::Build(build) => build::run(build),
        PluginCommand::Check(check) => build::check(check),
        PluginCommand::Test(test) => build::test(test),
        PluginCommand::Bench(bench) => bench::run(bench),
        PluginCommand::Pack(pack) => pack::run(pack),
        PluginCommand::Inspect(inspect) => inspect::run(inspect),
        PluginCommand::Add(add) => manage::add(add),
        PluginCommand::Fetch(fetch) => manage::fetch(fetch),
        PluginCommand::Update(update) => manage::update(update),
        PluginCommand::Remove(remove) => manage::remove(remove),
        PluginCommand::List => manage::list(),
        PluginCommand::Vendor => manage::vendor(),
        PluginCommand::Publish(publish) => publish::run(publish),
    }
}
