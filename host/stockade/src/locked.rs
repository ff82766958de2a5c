//! Plugins that a repository's configuration asks for: what the lock file pins, taken from where their bytes lie.
//!
//! INVARIANT: a scan fetches nothing, and runs of them only bytes with the digest that `stockade.lock` names. The
//! configuration and the lock file may come from a stranger, so neither can do more than choose among bytes that lie
//! in the repository or that this user fetched before.

use crate::catalog::Catalog;
use crate::dirs;
use crate::error::ProgramError;
use crate::home;
use crate::own;
use crate::plugins::{Component, read_capped, sha256};
use std::path::{Path, PathBuf};
use stockade_pack::{Lock, Locked, Placed, Source};
use stockade_sandbox::Limits;

/// The name of the lock file.
pub(crate) const FILE: &str = "stockade.lock";
/// Where `stockade plugin vendor` puts plugins, relative to the root.
pub(crate) const VENDOR: &str = ".stockade/plugins";

/// Reads the lock file in a folder; none is as good as an empty one.
pub(crate) fn read(folder: &Path) -> Result<Lock, ProgramError> {
    let Some(path) = own::file(folder, FILE, folder)? else { return Ok(Lock::default()) };
    Lock::read(&Source::new(FILE, own::text(&path)?)).map_err(|errors| ProgramError::Configuration { errors })
}

/// Adds the plugins that the configuration names. `strict`: the lock file must hold these and no others.
pub(crate) fn add(
    catalog: &mut Catalog,
    wanted: &[Placed<String>],
    root: &Path,
    strict: bool,
) -> Result<(), ProgramError> {
    if wanted.is_empty() && !strict {
        return Ok(());
    }
    let lock = read(root)?;
    let pinned = if strict { exact(&lock, wanted)? } else { pinned(&lock, wanted)? };
    for entry in pinned {
        let wasm = find(entry, root)?.ok_or_else(|| ProgramError::NotFetched {
            name: entry.name.clone(),
            source_of: entry.source.clone(),
        })?;
        let component = Component::read(&format!("plugin `{}`", entry.name), wasm, catalog)?;
        compare(entry, &component)?;
        catalog.add_plugin(component)?;
    }
    Ok(())
}

fn pinned<'a>(lock: &'a Lock, wanted: &[Placed<String>]) -> Result<Vec<&'a Locked>, ProgramError> {
    lock.pinned(wanted).map_err(|errors| ProgramError::Configuration { errors })
}

/// The entries of these plugins, which must be all that there are.
pub(crate) fn exact<'a>(lock: &'a Lock, wanted: &[Placed<String>]) -> Result<Vec<&'a Locked>, ProgramError> {
    let pinned = pinned(lock, wanted)?;
    match lock.plugins.iter().find(|entry| !pinned.contains(entry)) {
        Some(entry) => Err(ProgramError::LockUnused { name: entry.name.clone() }),
        None => Ok(pinned),
    }
}

/// The bytes that an entry pins, wherever they lie; `None` where they have to be fetched. Files in the repository
/// that are not what is pinned are an error, not passed over: somebody changed one of the two.
pub(crate) fn find(entry: &Locked, root: &Path) -> Result<Option<Vec<u8>>, ProgramError> {
    let limit = Limits::default().component_bytes;
    let own = (!entry.source.contains("://")).then_some(entry.source.as_str());
    let vendored = format!("{VENDOR}/{}.wasm", entry.name);
    for path in own.into_iter().chain([vendored.as_str()]) {
        if !root.join(path).exists() {
            continue;
        }
        let file = home::inside(path, "", root).map_err(|reason| ProgramError::File {
            verb: "read",
            path: PathBuf::from(path),
            reason,
        })?;
        let wasm = read_capped(&file, limit)?;
        let found = sha256(&wasm);
        if found != entry.digest {
            let (path, expected) = (path.to_owned(), entry.digest.clone());
            return Err(ProgramError::NotPinned { name: entry.name.clone(), path, found, expected });
        }
        return Ok(Some(wasm));
    }
    let Some(stored) = stored(&entry.digest).filter(|path| path.is_file()) else { return Ok(None) };
    // A damaged store is no reason to stop: what is missing can be fetched again.
    let wasm = read_capped(&stored, limit)?;
    Ok((sha256(&wasm) == entry.digest).then_some(wasm))
}

/// Where this user keeps the plugin of this digest.
pub(crate) fn stored(digest: &str) -> Option<PathBuf> {
    dirs::plugin_store().map(|store| store.join(format!("sha256-{digest}.wasm")))
}

/// What the lock file says of a plugin beside its digest must be true: people review that, not the bytes.
fn compare(entry: &Locked, component: &Component) -> Result<(), ProgramError> {
    let now = describe(component, &entry.source);
    let says = |what: &'static str, lock: &str, plugin: &str| {
        let (name, lock, plugin) = (entry.name.clone(), lock.to_owned(), plugin.to_owned());
        Err(ProgramError::LockDiffers { name, what, lock, plugin })
    };
    if now.name != entry.name {
        return says("name", &entry.name, &now.name);
    }
    if now.version != entry.version {
        return says("version", &entry.version, &now.version);
    }
    if now.interface != entry.interface {
        return says("contract", &entry.interface, &now.interface);
    }
    if now.imports != entry.imports {
        return says("imports", &entry.imports.join(", "), &now.imports.join(", "));
    }
    Ok(())
}

/// The lock entry of a component that came from `source`.
pub(crate) fn describe(component: &Component, source: &str) -> Locked {
    let mut imports: Vec<String> = component.imports.iter().map(|import| import.name.clone()).collect();
    imports.sort();
    Locked {
        name: component.name().to_owned(),
        version: component.version().to_owned(),
        source: source.to_owned(),
        digest: component.digest.clone(),
        manifest: None,
        interface: component.interface.clone().unwrap_or_default(),
        imports,
        key: None,
    }
}
