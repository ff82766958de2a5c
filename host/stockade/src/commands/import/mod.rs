//! `stockade import`: another tool's configuration to a `stockade.kdl`.
//!
//! Ids are mapped through the aliases of the rules, so nothing here lists rules. What has no counterpart stays in the
//! output as a comment with the reason: a setting that went missing in silence would be found out too late. Whatever
//! a foreign file says, the output loads.

mod checkov;
mod hadolint;
mod kube_linter;
mod output;
mod trivy;
mod yaml;

use super::print;
use crate::args::integration::{ImportArguments, Peer};
use crate::config;
use crate::error::ProgramError;
use crate::exit::Exit;
use output::Output;
use std::path::Path;
use stockade_pack::config::Date;

/// Larger files are no configuration, but a mistake such as the wrong path.
const MAX_BYTES: u64 = 1 << 20;

/// Converts the file and prints the result.
pub(crate) fn run(arguments: &ImportArguments) -> Result<Exit, ProgramError> {
    let catalog = config::catalog_here(None)?;
    let mut output = Output::new(arguments.tool.as_str(), &arguments.config, &catalog.table);
    let text = read(&arguments.config)?;
    match arguments.tool {
        Peer::Hadolint => hadolint::import(&yaml::open(&arguments.config, text)?, &mut output),
        Peer::Checkov => checkov::import(&yaml::open(&arguments.config, text)?, &mut output),
        Peer::Trivy => trivy::import(&arguments.config, text, config::today(None)?, &mut output)?,
        Peer::KubeLinter => kube_linter::import(&yaml::open(&arguments.config, text)?, &mut output),
    }
    print(&output.finish())?;
    Ok(Exit::Clean)
}

fn read(file: &Path) -> Result<String, ProgramError> {
    let failed = |error: std::io::Error| ProgramError::file("read", file, &error);
    let size = file.metadata().map_err(failed)?.len();
    if size > MAX_BYTES {
        let reason = format!("it is larger than {} KiB, which no configuration is", MAX_BYTES / 1024);
        return Err(ProgramError::File { verb: "read", path: file.to_path_buf(), reason });
    }
    std::fs::read_to_string(file).map_err(failed)
}

/// Whether this last day lies before today. Without a clock nothing is over.
fn is_over(until: Date, today: Option<Date>) -> bool {
    today.is_some_and(|today| until.days() < today.days())
}
