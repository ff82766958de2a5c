//! `stockade scan --fix`: findings' fixes, written to the files.

use crate::error::ProgramError;
use std::io;
use std::path::Path;
use stockade_engine::{Loaded, Origin, Walked, applicable, apply, load};
use stockade_model::{FileEntry, Finding, ProblemLevel, Report, State};
use stockade_syntax::{Encoding, FileKind, parse_at};

/// Scans after which fixes count as settled, whatever they still want.
pub(crate) const ROUNDS: usize = 10;

/// Applies to each file the fixes of its open findings; gives how many findings were fixed.
///
/// A file is left alone if it changed since it was scanned, if it is not UTF-8, or if the result would be less
/// well-formed than what is there. It is replaced as a whole, with its mode, so that a reader sees the old or the
/// new text and a killed run leaves no half of one.
pub(crate) fn write(
    walked: &Walked,
    report: &Report,
    unsafe_too: bool,
    max_file_bytes: u64,
) -> Result<usize, ProgramError> {
    let mut fixed = 0;
    for found in &walked.files {
        let Origin::Disk(file) = &found.origin else { continue };
        let Some(entry) = report.file(&found.path) else { continue };
        let own = report.findings.iter().filter(|f| f.path == entry.path && f.state == State::Open);
        let own: Vec<&Finding> = own.filter(|f| applicable(f, unsafe_too).is_some()).collect();
        let Some(scanned) = entry.text.as_deref().filter(|_| !own.is_empty()) else { continue };
        let loaded = load(&found.origin, max_file_bytes);
        let unchanged = |l: &Loaded| {
            matches!(l.decoded.encoding, Encoding::Utf8 | Encoding::Utf8Bom) && l.decoded.text == scanned
        };
        if !loaded.as_ref().is_ok_and(unchanged) {
            continue;
        }
        let result = apply(scanned, own, unsafe_too);
        if result.text == scanned || errors(entry, &result.text) > errors(entry, scanned) {
            continue;
        }
        replace(file, result.text.as_bytes()).map_err(|error| ProgramError::file("write", file, &error))?;
        fixed += result.applied;
    }
    Ok(fixed)
}

fn errors(entry: &FileEntry, text: &str) -> usize {
    let Some(kind) = FileKind::from_name(entry.kind) else { return 0 };
    let document = parse_at(kind, &entry.path, text.to_owned());
    document.problems.iter().filter(|p| p.level == ProblemLevel::Error).count()
}

/// Replaces a file's content in one step, keeping its mode.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // Between the walk and now somebody may have put a link here.
    let metadata = file.symlink_metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file any more"));
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.stockade", std::process::id()));
    let temporary = file.with_file_name(name);
    let write = || {
        let mut handle = std::fs::OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        io::Write::write_all(&mut handle, bytes)?;
        handle.set_permissions(metadata.permissions())?;
        handle.sync_all()?;
        std::fs::rename(&temporary, file)
    };
    let written = write();
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
