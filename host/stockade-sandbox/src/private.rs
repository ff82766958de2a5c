//! Files and folders that only this user may read: what is kept of earlier runs, and the keys that seal it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the names of files end in that [`write`] has not finished.
pub const UNFINISHED: &str = ".tmp";

/// Writes a file for this user alone. A reader sees the old or the new content, never half of one, and runs that write
/// it at once do not disturb each other. The bytes are those of `pieces`, one behind the other.
///
/// # Errors
/// Of the file system.
pub fn write(path: &Path, pieces: &[&[u8]]) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{count}{UNFINISHED}", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        // What a killed process of the same number has left behind.
        let _ = fs::remove_file(&temporary);
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

/// Reads a file of at most `limit` bytes that only this user may read and write.
///
/// # Errors
/// Of the file system, or where others may read it, or where it is longer.
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // Of the open file, not of the path: the path could change hands in between.
    check(&metadata, path)?;
    let limit = limit as u64;
    if metadata.len() > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than such a file can be"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the key at `path`, which is made of random bytes when there is none.
///
/// # Errors
/// Of the file system, or where others may read the key or its folder, or where its length is another.
pub fn key<const BYTES: usize>(path: &Path) -> io::Result<[u8; BYTES]> {
    match existing_key(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    if let Some(parent) = path.parent() {
        folder(parent)?;
    }
    let mut key = [0; BYTES];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    write(path, &[&key])?;
    // Another run may have won; whose key it is does not matter.
    existing_key(path)
}

/// Reads the key at `path`.
///
/// # Errors
/// As [`key`], and where there is none.
pub fn existing_key<const BYTES: usize>(path: &Path) -> io::Result<[u8; BYTES]> {
    let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "the key has a wrong length; remove it");
    <[u8; BYTES]>::try_from(read(path, BYTES)?).map_err(wrong)
}

/// Makes sure that there is this folder, and that it is this user's alone.
///
/// # Errors
/// Of the file system, or where the folder is open to others.
#[cfg(unix)]
pub fn folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check(&fs::metadata(path)?, path)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(unix)]
fn check(metadata: &fs::Metadata, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if ours && metadata.mode() & 0o077 == 0 {
        return Ok(());
    }
    let why = if ours { "is open to other users (mode 0700 is needed)" } else { "belongs to another user" };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("`{}` {why}", path.display())))
}

// Elsewhere the folders of a user's profile are private by inheritance.

/// Makes sure that there is this folder.
///
/// # Errors
/// Of the file system.
#[cfg(not(unix))]
pub fn folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn check(_: &fs::Metadata, _: &Path) -> io::Result<()> {
    Ok(())
}
