//! The files by which a repository steers a run: where they lie, and their text. The repository may be a stranger's.

use crate::error::ProgramError;
use std::path::{Path, PathBuf};
use stockade_pack::MAX_KDL_BYTES;

/// The file of this name in a folder of the repository whose root this is; `None` where there is none.
///
/// # Errors
/// What has the name is no file, or a link that leads to none or out of the repository. To pass over it would switch a
/// policy off in silence, and errors show lines of the file: those of a file elsewhere are not the repository's to show.
pub(crate) fn file(folder: &Path, name: &str, root: &Path) -> Result<Option<PathBuf>, ProgramError> {
    let path = folder.join(name);
    let Ok(found) = path.symlink_metadata() else { return Ok(None) };
    let unusable = |reason: &str, advice| {
        Err(ProgramError::Unusable { path: path.clone(), reason: reason.to_owned(), advice })
    };
    if found.is_symlink() {
        let advice = "Put the file itself into the repository, or remove the link.";
        let inside = |real: PathBuf| real.starts_with(root.canonicalize().unwrap_or_default());
        match path.canonicalize().map(inside) {
            Ok(true) => {}
            Ok(false) => return unusable("it is a link to a place outside the repository", advice),
            Err(_) => return unusable("it is a link to a file that is not there", advice),
        }
    }
    match path.metadata() {
        Ok(found) if !found.is_file() => unusable("it is no file", "Remove it, or give it another name."),
        _ => Ok(Some(path)),
    }
}

/// The text of a file in KDL or of a page, in UTF-8 or in the UTF-16 that some shells write.
pub(crate) fn text(file: &Path) -> Result<String, ProgramError> {
    let failed = |error: std::io::Error| ProgramError::file("read", file, &error);
    let unusable = |reason, advice| ProgramError::Unusable { path: file.to_path_buf(), reason, advice };
    if file.metadata().map_err(failed)?.len() > MAX_KDL_BYTES as u64 {
        let reason = format!("it is larger than {} KiB", MAX_KDL_BYTES / 1024);
        return Err(unusable(reason, "Split it: no file of this kind needs so much."));
    }
    let bytes = std::fs::read(file).map_err(failed)?;
    let decoded = stockade_syntax::decode(bytes);
    decoded.map(|decoded| decoded.text).map_err(|why| unusable(why.to_string(), "Save it as UTF-8."))
}
