//! `--config FILE`: a configuration that lies anywhere, such as one policy for all repositories of an organisation.
//!
//! Whoever runs stockade names it, so it may do what a repository's own file may, from its own folder: what it extends,
//! its packs, and its `stockade.lock` with plugins lie beside or below it.

use crate::catalog::Catalog;
use crate::error::ProgramError;
use crate::home::{Home, own_packs};
use crate::locked;
use std::path::{Path, PathBuf};
use stockade_engine::Root;
use stockade_pack::PackSource;
use stockade_pack::config::Config;

/// Reads a policy with all that it extends, and its packs; adds its plugins to the catalog. Its patterns of paths count
/// from the root of what is scanned.
///
/// # Errors
/// As for a repository's own file; with `strict` also where the lock file beside it pins other plugins than it names.
pub(crate) fn read(
    file: &Path,
    catalog: &mut Catalog,
    strict: bool,
) -> Result<(Config, Vec<PackSource>), ProgramError> {
    let real = file.canonicalize().map_err(|error| ProgramError::file("read", file, &error))?;
    if real.is_dir() {
        let (path, reason) = (file.to_path_buf(), "it is a folder".to_owned());
        return Err(ProgramError::Unusable { path, reason, advice: "Name the file in it." });
    }
    let base = real.parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    let shown = folder.map(|folder| format!("{}/", folder.display())).unwrap_or_default();
    let home = Home { root: Root { base, starts: Vec::<PathBuf>::new() }, shown };
    let mut config = Config::load(&home.read(&real)?, "", None, &mut |pinned| home.fetch(pinned))
        .map_err(|errors| ProgramError::Configuration { errors })?;
    // What lies beside the policy must not be looked for in the repository.
    let (plugins, packs) =
        (std::mem::take(&mut config.plugins), own_packs(std::slice::from_ref(&config), &home)?);
    config.packs.clear();
    if !plugins.is_empty() {
        locked::add(catalog, &plugins, &home.root.base, strict)?;
    }
    Ok((config, packs))
}
