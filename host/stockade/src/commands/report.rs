//! `stockade report`: a guide as a checklist, with what this repository makes of each item.

use super::quiet;
use crate::args::{Color, ReportArguments, ReportFormat};
use crate::catalog;
use crate::error::ProgramError;
use crate::exit::{self, Exit};
use crate::prepare::Prepared;
use crate::terminal;
use std::io;
use stockade_engine::Options;
use stockade_model::Guide;
use stockade_pack::nearest;
use stockade_report::{Checklist, ChecklistFormat, render_checklists};

/// Scans with the guides' rules, and prints the checklists.
pub(crate) fn run(arguments: &ReportArguments, color: Color) -> Result<Exit, ProgramError> {
    let choice = catalog::packs_choice(&arguments.pack);
    let outside = arguments.run.outside();
    let input = arguments.run.input(&arguments.paths);
    let prepared =
        Prepared::new(input, outside, &choice, arguments.run.no_config, arguments.run.threads, None)?;
    let prepared = prepared.remembering(&arguments.run);
    let all = prepared.catalog.guides()?;
    let guides: Vec<&Guide> = arguments
        .pack
        .iter()
        .map(|name| all.iter().find(|guide| guide.pack == *name).ok_or_else(|| no_guide(name, &all)))
        .collect::<Result<_, _>>()?;
    let options = Options {
        threads: arguments.run.threads,
        version: env!("CARGO_PKG_VERSION"),
        max_file_bytes: prepared.max_file_bytes(),
        count_files: true,
        suppressions: prepared.suppressions,
        ..Options::default()
    };
    let report = prepared.scan(&options)?;
    prepared.save();
    let checklists: Vec<Checklist<'_>> = guides.iter().map(|guide| Checklist::new(guide, &report)).collect();
    let color = arguments.output.is_none() && terminal::stdout_color(color);
    let look = stockade_report::Options { color, width: terminal::width(), ..Default::default() };
    let format = match arguments.format {
        ReportFormat::Text => ChecklistFormat::Text,
        ReportFormat::Markdown => ChecklistFormat::Markdown,
        ReportFormat::Json => ChecklistFormat::Json,
        ReportFormat::Html => ChecklistFormat::Html,
    };
    match &arguments.output {
        None => quiet(render_checklists(format, &checklists, &look, &mut io::stdout().lock()))?,
        Some(path) => {
            let mut bytes = Vec::new();
            let failed = |error: io::Error| ProgramError::file("write", path, &error);
            render_checklists(format, &checklists, &look, &mut bytes).map_err(failed)?;
            super::scan::write_whole(path, &bytes).map_err(failed)?;
        }
    }
    Ok(exit::code(&report, prepared.fail_on(arguments.fail_on)))
}

fn no_guide(name: &str, guides: &[Guide]) -> ProgramError {
    let names = || guides.iter().map(|guide| guide.pack.as_str());
    let near = nearest(name, names()).map(str::to_owned);
    let help = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None => {
            format!("The guides are {}.", names().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "))
        }
    };
    ProgramError::NoSuchGuide { name: name.to_owned(), help }
}
