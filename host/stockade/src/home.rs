//! Where files of configuration lie, and what they may name from there: other files to start from, and packs.

use crate::error::ProgramError;
use crate::own;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use stockade_engine::{Root, io_words};
use stockade_pack::config::{Config, Fetched, Pinned};
use stockade_pack::{PackSource, Source};

/// Files of one own pack: four times the largest built-in one. More are a mistake, such as a wrong folder.
const MAX_PACK_FILES: usize = 2000;

/// A folder with files of configuration, and how messages name what lies in it.
pub(crate) struct Home {
    pub(crate) root: Root,
    /// What stands in front of paths below the root; empty for the repository that is scanned.
    pub(crate) shown: String,
}

impl Home {
    pub(crate) fn repository(root: &Root) -> Self {
        Self { root: root.clone(), shown: String::new() }
    }

    /// A file with the name that messages have for it.
    pub(crate) fn read(&self, file: &Path) -> Result<Source, ProgramError> {
        Ok(Source::new(format!("{}{}", self.shown, self.root.relative(file)), own::text(file)?))
    }

    /// A base that a file extends: a file below the root. A scan opens nothing else and fetches nothing.
    pub(crate) fn fetch(&self, pinned: &Pinned) -> Result<Fetched, String> {
        let real = inside(&pinned.target.value, &pinned.folder, &self.root.base)?;
        let source = self.read(&real).map_err(|error| error.to_string())?;
        let folder = self.root.relative(real.parent().unwrap_or(&self.root.base));
        Ok(Fetched { source, folder })
    }
}

/// Reads the folders with rules of the user's own that the configuration names: each once, in the order of their
/// names. They are data; a scan runs no code that they bring along.
pub(crate) fn own_packs(configs: &[Config], home: &Home) -> Result<Vec<PackSource>, ProgramError> {
    let mut folders: BTreeMap<PathBuf, &Pinned> = BTreeMap::new();
    for pinned in configs.iter().flat_map(|config| &config.packs) {
        let folder = inside(&pinned.target.value, &pinned.folder, &home.root.base)
            .map_err(|reason| pack_error(pinned, reason))?;
        folders.entry(folder).or_insert(pinned);
    }
    let mut packs = Vec::new();
    for (folder, pinned) in folders {
        let failed = |error: std::io::Error| pack_error(pinned, io_words(&error));
        let mut files = Vec::new();
        for entry in folder.read_dir().map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let found = path.symlink_metadata().map_err(failed)?;
            let is_part = path.extension().is_some_and(|end| end == "kdl" || end == "md");
            // A rule that is not read would be missed by nobody.
            let unread = match (found.is_symlink() && is_part, found.is_dir()) {
                (true, _) => Some("a link, which is not followed"),
                (_, true) if path.join("pack.kdl").exists() => Some("a pack of its own: name that folder"),
                (_, true) if has_rules(&path) => Some("a folder with rules: they lie beside `pack.kdl`"),
                _ => None,
            };
            if let Some(what) = unread {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                return Err(pack_error(pinned, format!("`{name}` in it is {what}")));
            }
            // What else lies there (an editor's copies, pictures) is not read.
            if found.is_file() && is_part {
                if files.len() == MAX_PACK_FILES {
                    return Err(pack_error(pinned, format!("it holds more than {MAX_PACK_FILES} files")));
                }
                files.push(home.read(&path)?);
            }
        }
        files.sort_by(|a, b| a.name().cmp(b.name()));
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        packs.push(PackSource { folder: name.unwrap_or_default(), files });
    }
    Ok(packs)
}

/// Whether a folder inside a pack looks like a part of it.
fn has_rules(folder: &Path) -> bool {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|end| end == "kdl"))
}

fn pack_error(pinned: &Pinned, reason: String) -> ProgramError {
    let target = &pinned.target;
    ProgramError::Pack { pack: target.value.clone(), place: target.place.to_string(), reason }
}

/// Where in the repository something lies that a configuration file in `folder` names.
pub(crate) fn inside(target: &str, folder: &str, root: &Path) -> Result<PathBuf, String> {
    if target.contains("://") {
        return Err("a scan fetches nothing; put it into the repository".to_owned());
    }
    let relative = Path::new(folder).join(target);
    let mut inside = PathBuf::new();
    for part in relative.components() {
        match part {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::ParentDir if inside.pop() => {}
            _ => return Err("it lies outside the repository".to_owned()),
        }
    }
    let file = root.join(&inside);
    let real = file.canonicalize().map_err(|error| io_words(&error))?;
    if !real.starts_with(root) {
        return Err("it is a link to a place outside the repository".to_owned());
    }
    Ok(real)
}
