//! Where the reports of a scan go: several at once, each to a place of its own.

use super::quiet;
use super::scan::write_whole;
use crate::args::ScanArguments;
use crate::args::integration::ReportTarget;
use crate::catalog::Catalog;
use crate::error::ProgramError;
use std::collections::BTreeSet;
use std::io;
use stockade_model::Report;
use stockade_report::{Format, Options};

/// The reports that were asked for. Without `--report` it is the one of `--format` and `--output`; beside it these
/// count only where they are given.
///
/// # Errors
/// Two that go to one place: the second would overwrite the first, or mix with it.
pub(super) fn of(arguments: &ScanArguments) -> Result<Vec<ReportTarget>, ProgramError> {
    let plain = arguments.format.is_some() || arguments.output.is_some() || arguments.report.is_empty();
    let first = plain.then(|| ReportTarget {
        format: arguments.format.unwrap_or(Format::Pretty),
        file: arguments.output.clone(),
    });
    let targets: Vec<ReportTarget> = first.into_iter().chain(arguments.report.iter().cloned()).collect();
    let mut seen = BTreeSet::new();
    for target in &targets {
        // The same file under two names is not found out; the last one is what stays then.
        if !seen.insert(target.file.as_deref()) {
            let place = target.file.as_ref().map(|file| format!("`{}`", file.display()));
            return Err(ProgramError::Reports {
                place: place.unwrap_or_else(|| "standard output".to_owned()),
            });
        }
    }
    Ok(targets)
}

/// Writes all reports, files first: standard output may be a pipe whose reader goes away. Colours are for standard
/// output only.
pub(super) fn write(
    targets: &[ReportTarget],
    report: &Report,
    catalog: &Catalog,
    options: &Options,
) -> Result<(), ProgramError> {
    let plain = Options { color: false, hyperlinks: false, ..options.clone() };
    for target in targets {
        let Some(path) = &target.file else { continue };
        let mut bytes = Vec::new();
        let failed = |error: io::Error| ProgramError::file("write", path, &error);
        stockade_report::render(target.format, report, catalog, &plain, &mut bytes).map_err(failed)?;
        write_whole(path, &bytes).map_err(failed)?;
    }
    match targets.iter().find(|target| target.file.is_none()) {
        Some(target) => {
            let mut out = io::stdout().lock();
            quiet(stockade_report::render(target.format, report, catalog, options, &mut out))
        }
        None => Ok(()),
    }
}
