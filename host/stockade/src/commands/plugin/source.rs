//! Getting plugins from where they are, at the explicit wish of a person.

use crate::catalog::Catalog;
use crate::error::ProgramError;
use crate::home;
use crate::locked::{self, VENDOR};
use crate::plugins::{Component, read_capped, there_is_one};
use std::path::{Path, PathBuf};
use stockade_kit::{Authorities, Client, KitError, Login, PluginSource, PublicKey, pull, verify};
use stockade_model::is_harmless;
use stockade_pack::Locked;
use stockade_sandbox::Limits;

/// Bytes of a public key's file: one has 178.
const KEY_BYTES: usize = 16 << 10;
/// Holds a login for one registry, as `host=user:password`.
const LOGIN: &str = "STOCKADE_REGISTRY_AUTH";

/// Names a file with the certificates of the authorities to trust instead of the public ones.
const AUTHORITIES: &str = "STOCKADE_CA_FILE";
/// Bytes of that file: the list of all public authorities has 250 KB.
const AUTHORITIES_BYTES: usize = 4 << 20;

/// A plugin that was got, with the lock entry that would pin it.
pub(super) struct Got {
    pub(super) component: Component,
    pub(super) entry: Locked,
}

/// A client with the login and the authorities of the environment, if there are some.
pub(super) fn client() -> Result<Client, ProgramError> {
    let login = std::env::var(LOGIN).ok().and_then(|text| {
        let (host, user_and_password) = text.split_once('=')?;
        Some(Login { host: host.to_owned(), user_and_password: user_and_password.to_owned() })
    });
    let authorities = match std::env::var_os(AUTHORITIES).filter(|path| !path.is_empty()) {
        None => Authorities::default(),
        Some(path) => {
            let path = PathBuf::from(path);
            let pem = String::from_utf8_lossy(&read_capped(&path, AUTHORITIES_BYTES)?).into_owned();
            let origin = path.display().to_string();
            Authorities::from_pem(&pem).map_err(|error| ProgramError::Kit { origin, error })?
        }
    };
    Ok(Client::new(login, &authorities))
}

/// Reads a public key.
pub(super) fn key(path: Option<&Path>) -> Result<Option<PublicKey>, ProgramError> {
    let Some(path) = path else { return Ok(None) };
    let text = String::from_utf8_lossy(&read_capped(path, KEY_BYTES)?).into_owned();
    let origin = path.display().to_string();
    PublicKey::from_pem(&text).map(Some).map_err(|error| ProgramError::Kit { origin, error })
}

/// Gets a plugin from a source as a person writes it, or as a lock file has it. `pin`: the manifest that it must have.
///
/// # Errors
/// Where it cannot be had, is no plugin, would not be opened, or is not signed with the key.
pub(super) fn get(
    source: &str,
    pin: Option<&str>,
    key: Option<&PublicKey>,
    root: &Path,
    catalog: &Catalog,
) -> Result<Got, ProgramError> {
    let failed = |error: KitError| ProgramError::Kit { origin: source.to_owned(), error };
    let limit = Limits::default().component_bytes;
    let mut manifest = None;
    let (wasm, written) = match PluginSource::parse(source).map_err(failed)? {
        PluginSource::File(path) => {
            let file = home::inside(&path, "", root).map_err(|reason| ProgramError::File {
                verb: "read",
                path: PathBuf::from(&path),
                reason,
            })?;
            (read_capped(&file, limit)?, path)
        }
        PluginSource::Url(url) => (client()?.fetch(&url, limit).map_err(failed)?, url),
        PluginSource::Oci(reference) => {
            let client = client()?;
            let wanted = pin.map_or_else(|| reference.clone(), |pin| reference.pinned(pin));
            let pulled = pull(&client, &wanted, limit).map_err(failed)?;
            if let Some(key) = key {
                verify(&client, &reference, &pulled.manifest, key).map_err(failed)?;
            }
            manifest = Some(pulled.manifest);
            (pulled.wasm, reference.to_string())
        }
    };
    if key.is_some() && manifest.is_none() {
        let reason = "only artifacts of a registry carry signatures".to_owned();
        return Err(failed(KitError::Signature { reason }));
    }
    let component = Component::read(&written, wasm, catalog)?.usable()?;
    let mut entry = locked::describe(&component, &written);
    entry.manifest = manifest;
    entry.key = key.map(|key| key.digest().to_owned());
    Ok(Got { component, entry })
}

/// The source as the lock file writes a path that a person gave: relative to the root. A file from elsewhere is
/// copied into the repository first, for nobody else has that path.
pub(super) fn localize(source: &str, root: &Path, catalog: &Catalog) -> Result<String, ProgramError> {
    if source.contains("://") {
        return readable(source.to_owned());
    }
    there_is_one(Path::new(source))?;
    let failed = |error: std::io::Error| ProgramError::file("read", source, &error);
    let real = Path::new(source).canonicalize().map_err(failed)?;
    let top = root.canonicalize().map_err(failed)?;
    if let Ok(inside) = real.strip_prefix(&top) {
        let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
        let parts = parts.ok_or_else(|| ProgramError::SourceName { origin: source.to_owned() })?;
        return readable(parts.join("/"));
    }
    let component = Component::read_file(&real, catalog)?.usable()?;
    let path = format!("{VENDOR}/{}.wasm", component.name());
    write_in(root, &path, &component.wasm)?;
    Ok(path)
}

/// A source as the lock file may hold it, which refuses what it cannot show.
fn readable(source: String) -> Result<String, ProgramError> {
    if source.chars().all(is_harmless) {
        Ok(source)
    } else {
        Err(ProgramError::SourceName { origin: source })
    }
}

/// Keeps a plugin where scans look for it. A file of the repository stays where it is.
pub(super) fn keep(got: &Got) -> Result<(), ProgramError> {
    if !got.entry.source.contains("://") {
        return Ok(());
    }
    let Some(path) = locked::stored(&got.entry.digest) else {
        return Err(ProgramError::NoHome);
    };
    write(&path, &got.component.wasm)
}

/// Writes a file so that a reader sees the old or the new content, and makes its folder.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ProgramError> {
    let failed = |error: std::io::Error| ProgramError::file("write", path, &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    crate::commands::scan::write_whole(path, bytes).map_err(failed)
}

/// Writes a file of the repository. The repository may be a stranger's, so links are not followed: they could make
/// us write anywhere.
pub(super) fn write_in(root: &Path, relative: &str, bytes: &[u8]) -> Result<(), ProgramError> {
    let path = root.join(relative);
    let mut part = root.to_path_buf();
    for name in Path::new(relative).components() {
        part.push(name);
        if part.is_symlink() {
            let reason = format!("`{}` is a link", part.display());
            return Err(ProgramError::File { verb: "write", path, reason });
        }
    }
    write(&path, bytes)
}

/// The root of the repository around the current folder.
pub(super) fn root() -> Result<PathBuf, ProgramError> {
    let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
    Ok(stockade_engine::Root::find(&here, &[])?.base)
}
