//! Bytes from disk to text.

use crate::root::io_words;
use crate::walk::Origin;
use std::io::Read;
use std::path::Path;
use stockade_syntax::{DecodeProblem, Decoded, Encoding, FileKind, PathClass, decode};

/// Files above this are not read, 16 MiB: the parsers refuse longer texts (`stockade_syntax::limits`), and a file
/// that nobody can review is data, not configuration.
pub const MAX_FILE_BYTES: u64 = stockade_syntax::MAX_TEXT as u64;

/// Bytes of a store of keys or data that are read: its first page tells what it is.
const HEAD_BYTES: u64 = 4096;

/// A file's text, and how many bytes it took on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The text with its encoding.
    pub decoded: Decoded,
    /// Bytes on disk.
    pub bytes: u64,
    /// The beginning of a file that is no text, where its kind may be binary; the text is empty then.
    pub binary: Option<Vec<u8>>,
    /// Whether the file may be executed, as far as the system keeps that.
    pub executable: bool,
}

/// Why a file could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// The system would not let us.
    Unreadable(String),
    /// More than the limit.
    TooLarge(u64),
    /// Not text.
    NotText(DecodeProblem),
}

impl LoadProblem {
    /// One sentence for the report.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Unreadable(words) => format!("cannot be read: {words}"),
            Self::TooLarge(limit) => format!("larger than {} MiB", limit >> 20),
            Self::NotText(problem) => problem.to_string(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "Make it readable for this user, or exclude it.",
            Self::TooLarge(_) => "Split it, or exclude it: a file of this size is data, not configuration.",
            Self::NotText(_) => "Save it as UTF-8, or exclude it if it is no text.",
        }
    }
}

/// The text of a file, wherever it comes from.
///
/// # Errors
/// [`LoadProblem`].
pub fn load(origin: &Origin, limit: u64) -> Result<Loaded, LoadProblem> {
    match origin {
        Origin::Disk(file) => read(file, limit),
        Origin::Text(text) if text.len() as u64 > limit => Err(LoadProblem::TooLarge(limit)),
        Origin::Text(text) => {
            let decoded = Decoded { text: text.to_string(), encoding: Encoding::Utf8 };
            Ok(Loaded { decoded, bytes: text.len() as u64, binary: None, executable: false })
        }
        Origin::Bytes(bytes) if bytes.len() as u64 > limit => Err(LoadProblem::TooLarge(limit)),
        Origin::Bytes(bytes) => {
            let decoded = decode(bytes.to_vec()).map_err(LoadProblem::NotText)?;
            Ok(Loaded { decoded, bytes: bytes.len() as u64, binary: None, executable: false })
        }
    }
}

/// Reads the file and decodes it. Never reads more than `limit` bytes, whatever the file's size claims to be.
fn read(file: &Path, limit: u64) -> Result<Loaded, LoadProblem> {
    let unreadable = |error: std::io::Error| LoadProblem::Unreadable(io_words(&error));
    let mut handle = std::fs::File::open(file).map_err(unreadable)?;
    let metadata = handle.metadata().map_err(unreadable)?;
    // Reading a pipe or a device could wait for ever.
    if !metadata.is_file() {
        return Err(LoadProblem::Unreadable("it is no regular file".to_owned()));
    }
    let path = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let kind = match stockade_syntax::classify_path(&path) {
        PathClass::Known(kind, _) if kind.may_be_binary() => Some(kind),
        _ => None,
    };
    // Of a database the first page is enough, however large it is.
    let head = (kind == Some(FileKind::Keystore)).then_some(HEAD_BYTES);
    if metadata.len() > limit && head.is_none() {
        return Err(LoadProblem::TooLarge(limit));
    }
    let executable = is_executable(&metadata);
    let limit = head.unwrap_or(limit);
    let length = metadata.len().min(limit) as usize;
    // Room for the decoded values that parsers put behind the text: else all of it moves when the first one comes.
    let mut bytes = Vec::with_capacity(length + length / 4 + 256);
    let read = handle
        .by_ref()
        .take(if head.is_some() { limit } else { limit + 1 })
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if read as u64 > limit {
        return Err(LoadProblem::TooLarge(limit));
    }
    if kind.is_some() {
        // A byte order mark would be text of a kind that no key or store has.
        return Ok(match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') && head.is_none() => {
                let decoded = Decoded { text, encoding: Encoding::Utf8 };
                Loaded { decoded, bytes: read as u64, binary: None, executable }
            }
            Ok(text) => opaque(text.into_bytes(), read, executable),
            Err(error) => opaque(error.into_bytes(), read, executable),
        });
    }
    let decoded = decode(bytes).map_err(LoadProblem::NotText)?;
    Ok(Loaded { decoded, bytes: read as u64, binary: None, executable })
}

/// A file that is no text.
fn opaque(bytes: Vec<u8>, read: usize, executable: bool) -> Loaded {
    let decoded = Decoded { text: String::new(), encoding: Encoding::Utf8 };
    Loaded { decoded, bytes: read as u64, binary: Some(bytes), executable }
}

/// Whether the owner may execute the file. A file that everyone may write as well lies on a file system that keeps no
/// modes (shared folders show all files so): git makes none.
#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode();
    mode & 0o100 != 0 && mode & 0o002 == 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}
