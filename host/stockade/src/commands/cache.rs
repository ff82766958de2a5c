//! `stockade cache`: what is kept between runs.

use super::print;
use crate::args::{CacheArguments, CacheCommand};
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::results::Place;
use std::io::{self, Write as _};

/// Says where results are kept and how many, or removes them.
pub(crate) fn run(arguments: &CacheArguments) -> Result<Exit, ProgramError> {
    let Some(place) = Place::new(arguments.cache_dir.as_deref()) else {
        let words = "nothing is kept: set HOME, XDG_CACHE_HOME or STOCKADE_HOME, or give --cache-dir";
        let _ = writeln!(io::stderr().lock(), "{words}");
        return Ok(Exit::NotDone);
    };
    let files = place.files();
    let bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    let count = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
    match arguments.command {
        CacheCommand::Path => print(&format!("{}\n", place.folder.display()))?,
        CacheCommand::Info => {
            print(&format!("{}: {count}, {} KiB\n", place.folder.display(), bytes.div_ceil(1024)))?;
        }
        CacheCommand::Clear => {
            for (_, _, path) in &files {
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(ProgramError::file("remove", path, &error));
                    }
                    _ => {}
                }
            }
            let _ = writeln!(io::stderr().lock(), "removed {count}, {} KiB", bytes.div_ceil(1024));
        }
    }
    Ok(Exit::Clean)
}
