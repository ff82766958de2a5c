//! Compiled code of third-party plugins, kept on disk between runs.
//!
//! Loading native code is running it, so only files that this user's stockade wrote may be loaded. Each
//! begins with a keyed hash over its name and code; the key is random, private to the user, and kept apart from
//! the code. A damaged, renamed or foreign file (a cache restored from somewhere else, say) does not verify and is
//! compiled anew. The bytes that were verified are the bytes that are loaded: files are read, not
//! mapped, so that nobody can change them in between.

use crate::private;
use std::fs::{self, File};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, Read};
use std::path::PathBuf;
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
        let key = private::existing_key(&self.key).ok()?;
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
        private::folder(&self.folder)?;
        let key = private::key(&self.key)?;
        let name = entry_name(engine, wasm);
        let mac = mac(&key, &name, code);
        private::write(&self.folder.join(name), &[mac.as_bytes(), code])?;
        self.prune()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::path::Path;
    use tempfile::TempDir;

    struct Fixture {
        folder: TempDir,
        engine: Engine,
    }

    impl Fixture {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), engine: Engine::default() }
        }

        fn cache(&self, key: &str) -> CodeCache {
            CodeCache::new(self.folder.path().join("code"), self.folder.path().join("state").join(key))
        }

        fn entry(&self, wasm: &[u8]) -> PathBuf {
            self.folder.path().join("code").join(entry_name(&self.engine, wasm))
        }
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let fixture = Fixture::new();
        let cache = fixture.cache("key");
        assert_eq!(cache.load(&fixture.engine, b"wasm"), None);
        cache.store(&fixture.engine, b"wasm", b"code").unwrap();
        assert_eq!(cache.load(&fixture.engine, b"wasm").as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.load(&fixture.engine, b"other"), None);
        cache.store(&fixture.engine, b"wasm", b"newer").unwrap();
        assert_eq!(cache.load(&fixture.engine, b"wasm").as_deref(), Some(&b"newer"[..]));
    }

    #[test]
    fn a_changed_cut_or_longer_entry_is_not_loaded() {
        let fixture = Fixture::new();
        let cache = fixture.cache("key");
        cache.store(&fixture.engine, b"wasm", b"some code").unwrap();
        let path = fixture.entry(b"wasm");
        let good = fs::read(&path).unwrap();
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 0x20;
            fs::write(&path, &bad).unwrap();
            assert_eq!(cache.load(&fixture.engine, b"wasm"), None, "byte {index}");
            fs::write(&path, &good[..index]).unwrap();
            assert_eq!(cache.load(&fixture.engine, b"wasm"), None, "cut at {index}");
        }
        fs::write(&path, [&good[..], b"!"].concat()).unwrap();
        assert_eq!(cache.load(&fixture.engine, b"wasm"), None);
        fs::write(&path, &good).unwrap();
        assert!(cache.load(&fixture.engine, b"wasm").is_some());
    }

    #[test]
    fn an_entry_of_another_component_is_not_loaded() {
        let fixture = Fixture::new();
        let cache = fixture.cache("key");
        cache.store(&fixture.engine, b"one", b"code of one").unwrap();
        fs::rename(fixture.entry(b"one"), fixture.entry(b"two")).unwrap();
        assert_eq!(cache.load(&fixture.engine, b"two"), None);
    }

    #[test]
    fn an_entry_sealed_with_another_key_is_not_loaded() {
        let fixture = Fixture::new();
        fixture.cache("theirs").store(&fixture.engine, b"wasm", b"code").unwrap();
        fixture.cache("ours").store(&fixture.engine, b"something else", b"code").unwrap();
        assert_eq!(fixture.cache("ours").load(&fixture.engine, b"wasm"), None);
        assert!(fixture.cache("theirs").load(&fixture.engine, b"wasm").is_some());
    }

    #[test]
    fn the_oldest_entries_go_first() {
        let fixture = Fixture::new();
        let cache = fixture.cache("key");
        let past = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
        for index in 0..ENTRIES + 5 {
            let wasm = index.to_le_bytes();
            cache.store(&fixture.engine, &wasm, b"code").unwrap();
            let file = OpenOptions::new().write(true).open(fixture.entry(&wasm)).unwrap();
            file.set_modified(past + std::time::Duration::from_secs(index as u64)).unwrap();
        }
        assert_eq!(fs::read_dir(fixture.folder.path().join("code")).unwrap().count(), ENTRIES);
        assert!(!fixture.entry(&4usize.to_le_bytes()).exists());
        assert!(fixture.entry(&5usize.to_le_bytes()).exists());
    }

    #[cfg(unix)]
    #[test]
    fn folder_and_key_are_this_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let fixture = Fixture::new();
        let cache = fixture.cache("key");
        cache.store(&fixture.engine, b"wasm", b"code").unwrap();
        let code = fixture.folder.path().join("code");
        let key = fixture.folder.path().join("state/key");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&code), mode(&key), mode(&fixture.entry(b"wasm"))], [0o700, 0o600, 0o600]);

        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(cache.load(&fixture.engine, b"wasm"), None);
        let error = cache.store(&fixture.engine, b"wasm", b"code").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&code, fs::Permissions::from_mode(0o770)).unwrap();
        let error = cache.store(&fixture.engine, b"wasm", b"code").unwrap_err();
        assert!(error.to_string().ends_with("is open to other users (mode 0700 is needed)"), "{error}");
    }
}
