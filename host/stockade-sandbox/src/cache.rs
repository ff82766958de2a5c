//! Compiled code of third-party plugins, kept on disk between runs.
//!
//! Loading native code is running it, so only files that this user's stockade wrote may be loaded. Each
//! begins with a keyed hash over its name and code; the key is random, private to the user, and kept apart from
//! the code. A damaged, renamed or foreign file (a cache restored from somewhere else, say) does not verify and is
//! compiled anew. The bytes that were verified are the bytes that are loaded: files are read, not
//! mapped, so that nobody can change them in between.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime::Engine;

/// Compiled components kept, at most; the oldest go first. A Python component has 35 MB.
const ENTRIES: usize = 64;
/// Largest file that is read. Compiled code has up to eight times the size of its component.
const ENTRY_BYTES: u64 = 1 << 30;

const KEY_BYTES: usize = blake3::KEY_LEN;
const MAC_BYTES: usize = blake3::OUT_LEN;

/// Where compiled code is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeCache {
    folder: PathBuf,
    key: PathBuf,
}

impl CodeCache {
    /// A cache in `folder`, with its key in the file `key`; both are created when first needed, for this
    /// user alone. The key must not lie in the folder or anywhere that is copied between machines along with it.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), key: key.into() }
    }

    /// The compiled code of the component with these bytes for this engine, as this user's stockade wrote it.
    /// `None` where there is none, or none that verifies.
    pub(crate) fn load(&self, engine: &Engine, wasm: &[u8]) -> Option<Vec<u8>> {
        let key = read_key(&self.key).ok()?;
        let name = entry_name(engine, wasm);
        let mut entry = Vec::new();
        let file = File::open(self.folder.join(&name)).ok()?;
        file.take(ENTRY_BYTES).read_to_end(&mut entry).ok()?;
        let (found, code) = entry.split_first_chunk::<MAC_BYTES>()?;
        // Comparing two `Hash` values takes the same time wherever they differ.
        if mac(&key, &name, code) != blake3::Hash::from_bytes(*found) {
            return None;
        }
        Some(entry.split_off(MAC_BYTES))
    }

    /// Keeps compiled code. Runs that write the same entry at once do not disturb each other.
    ///
    /// # Errors
    /// Of the file system, or where folder or key are open to other users.
    pub(crate) fn store(&self, engine: &Engine, wasm: &[u8], code: &[u8]) -> io::Result<()> {
        create_private_folder(&self.folder)?;
        let key = self.key()?;
        let name = entry_name(engine, wasm);
        let mac = mac(&key, &name, code);
        write_atomically(&self.folder.join(name), &[mac.as_bytes(), code])?;
        self.prune()
    }

    fn key(&self) -> io::Result<[u8; KEY_BYTES]> {
        match read_key(&self.key) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        if let Some(parent) = self.key.parent() {
            create_private_folder(parent)?;
        }
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(|e| io::Error::other(e.to_string()))?;
        write_atomically(&self.key, &[&key])?;
        // Another run may have won; whose key it is does not matter.
        read_key(&self.key)
    }

    fn prune(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if let Ok(modified) = entry.metadata().and_then(|m| m.modified()) {
                entries.push((modified, entry.path()));
            }
        }
        entries.sort_unstable();
        let surplus = entries.len().saturating_sub(ENTRIES);
        for (_, path) in entries.iter().take(surplus) {
            // Gone already is as good.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

/// Everything the code depends on: the component, the engine's version and settings, and the target.
fn entry_name(engine: &Engine, wasm: &[u8]) -> String {
    // Only has to tell engines apart: the engine checks its version and settings itself when it loads code.
    let settings = BuildHasherDefault::<DefaultHasher>::default()
        .hash_one(Settings(engine.precompile_compatibility_hash()));
    format!("{}-{settings:016x}-{}", blake3::hash(wasm).to_hex(), crate::TARGET)
}

/// `hash_one` wants a type with a name.
struct Settings<T>(T);

impl<T: std::hash::Hash> std::hash::Hash for Settings<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

fn mac(key: &[u8; KEY_BYTES], name: &str, code: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes()).update(code);
    hasher.finalize()
}

/// Reads the key from a file that only this user may read and write.
fn read_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut file = File::open(path)?;
    // Of the open file, not of the path: the path could change hands in between.
    check_private(&file.metadata()?, path)?;
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key)?;
    Ok(key)
}

fn write_atomically(path: &Path, pieces: &[&[u8]]) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{count}", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&temporary)?;
        for piece in pieces {
            file.write_all(piece)?;
        }
        drop(file);
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(unix)]
fn create_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check_private(&fs::metadata(path)?, path)
}

#[cfg(unix)]
fn check_private(metadata: &fs::Metadata, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if ours && metadata.mode() & 0o077 == 0 {
        return Ok(());
    }
    let why = if ours { "is open to other users (mode 0700 is needed)" } else { "belongs to another user" };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("`{}` {why}", path.display())))
}

// Elsewhere the folders of a user's profile are private by inheritance.

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(not(unix))]
fn check_private(_: &fs::Metadata, _: &Path) -> io::Result<()> {
    Ok(())
}
