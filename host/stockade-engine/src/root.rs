//! Where the repository begins: every path in a report is relative to it.

use crate::EngineError;
use std::path::{Component, Path, PathBuf};

/// The root of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute path of the repository's root, or of what stands in for it.
    pub base: PathBuf,
    /// The absolute paths to walk, each inside `base`, sorted, none inside another.
    pub starts: Vec<PathBuf>,
}

impl Root {
    /// Finds the root for these paths (none: the current folder `here`).
    ///
    /// It is the innermost folder that holds a `.git` and all the paths; outside a repository the innermost one that
    /// holds a `stockade.kdl`; else the one folder that was asked for, else `here` if all paths are below it, else their innermost common folder.
    ///
    /// # Errors
    /// [`EngineError::NoSuchPath`] where a path does not exist, [`EngineError::NoFile`] where it is a pipe, a socket or a
    /// device.
    pub fn find(here: &Path, paths: &[PathBuf]) -> Result<Self, EngineError> {
        let mut starts = Vec::new();
        for path in paths {
            // A symbolic link that is asked for by name is followed: the caller means what is behind it.
            let absolute = here
                .join(path)
                .canonicalize()
                .map_err(|error| EngineError::NoSuchPath { path: path.clone(), reason: io_words(&error) })?;
            // To read a pipe or a device may never end, and to pass it over would look like a clean scan.
            if !absolute.is_file() && !absolute.is_dir() {
                return Err(EngineError::NoFile { path: path.clone() });
            }
            starts.push(absolute);
        }
        let here = here.canonicalize().unwrap_or_else(|_| here.to_path_buf());
        if starts.is_empty() {
            starts.push(here.clone());
        }
        starts.sort();
        starts.dedup();
        let all = starts.clone();
        starts.retain(|s| !all.iter().any(|other| other != s && s.starts_with(other)));

        let common = common_folder(&starts);
        let marked = |mark: &str| common.ancestors().find(|folder| folder.join(mark).exists());
        let repository = marked(".git").or_else(|| marked("stockade.kdl"));
        let base = match (repository, starts.as_slice()) {
            (Some(folder), _) => folder.to_path_buf(),
            (None, [one]) if one.is_dir() => one.clone(),
            _ if common.starts_with(&here) => here,
            _ => common,
        };
        Ok(Self { base, starts })
    }

    /// `path` relative to the root, separated by `/`. A byte that is no UTF-8 becomes `\u{fffd}XX` with its number, so that no
    /// two files have one name; reports make `%XX` of it where they write URIs.
    #[must_use]
    pub fn relative(&self, path: &Path) -> String {
        if let Some(rest) = self.plain(path) {
            return rest.to_owned();
        }
        let rest = path.strip_prefix(&self.base).unwrap_or(path);
        let mut out = String::with_capacity(rest.as_os_str().len());
        for part in rest.components() {
            if let Component::Normal(name) = part {
                if !out.is_empty() {
                    out.push('/');
                }
                escape(name.as_encoded_bytes(), &mut out);
            }
        }
        out
    }
}

impl Root {
    /// `path` relative to the root, where that is as it stands there: nearly always, and asked for each file of a walk. A path
    /// that a walk puts together has no parts like `.`, nor an empty one.
    fn plain<'p>(&self, path: &'p Path) -> Option<&'p str> {
        let rest = path.to_str()?.strip_prefix(self.base.to_str()?)?.strip_prefix('/')?;
        let odd = |part: &str| matches!(part, "" | "." | "..");
        let is_plain = std::path::MAIN_SEPARATOR == '/' && !rest.contains(MARK) && !rest.split('/').any(odd);
        is_plain.then_some(rest)
    }
}

/// Stands before the number of a byte that is no UTF-8.
const MARK: char = char::REPLACEMENT_CHARACTER;

/// Appends a part of a path. A mark that stands there itself before what reads like a number is written byte by byte.
fn escape(bytes: &[u8], out: &mut String) {
    let number =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    for chunk in bytes.utf8_chunks() {
        for (at, part) in chunk.valid().split(MARK).enumerate() {
            let mut mark = [0; 4];
            let mark = MARK.encode_utf8(&mut mark);
            match at {
                0 => {}
                _ if number(part) => escape_bytes(mark.as_bytes(), out),
                _ => out.push_str(mark),
            }
            out.push_str(part);
        }
        escape_bytes(chunk.invalid(), out);
    }
}

fn escape_bytes(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        out.push_str(&format!("{MARK}{byte:02X}"));
    }
}

fn common_folder(paths: &[PathBuf]) -> PathBuf {
    let mut common: Option<PathBuf> = None;
    for path in paths {
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(path) };
        common = Some(match common {
            None => folder.to_path_buf(),
            Some(so_far) => {
                so_far.ancestors().find(|a| folder.starts_with(a)).unwrap_or(Path::new("/")).to_path_buf()
            }
        });
    }
    common.unwrap_or_default()
}

/// The system's words for an error, without the number that follows them.
#[must_use]
pub fn io_words(error: &std::io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_above_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(base.join(".git")).unwrap();
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        let root = Root::find(&base, &[PathBuf::from("a/b")]).unwrap();
        assert_eq!(root.base, base);
        assert_eq!(root.relative(&base.join("a/b/c.yaml")), "a/b/c.yaml");
        assert_eq!(root.relative(&base.join("a//b/./c.yaml")), "a/b/c.yaml");
        assert_eq!(root.relative(Path::new("/")), "");
    }

    #[test]
    fn without_a_repository_the_folder_asked_for_is_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        std::fs::write(base.join("a/x"), "").unwrap();
        std::fs::write(base.join("a/b/y"), "").unwrap();
        assert_eq!(Root::find(&base, &["a".into()]).unwrap().base, base.join("a"));
        assert_eq!(Root::find(&base, &["a/x".into(), "a/b/y".into()]).unwrap().base, base);
        let elsewhere = base.join("a/b");
        assert_eq!(Root::find(&elsewhere, &[base.join("a/x")]).unwrap().base, base.join("a"));
    }

    #[test]
    fn paths_inside_others_are_walked_once() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        let root = Root::find(&base, &["a/b".into(), "a".into(), "a".into()]).unwrap();
        assert_eq!(root.starts, [base.join("a")]);
    }

    #[test]
    fn a_path_that_does_not_exist_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = Root::find(dir.path(), &["nope".into()]).unwrap_err();
        assert_eq!(error.to_string(), "cannot scan `nope`: no such file or directory");
    }

    #[cfg(unix)]
    #[test]
    fn no_two_files_have_one_name() {
        use std::os::unix::ffi::OsStrExt as _;
        let root = Root { base: PathBuf::from("/r"), starts: Vec::new() };
        let name = |bytes: &[u8]| root.relative(&Path::new("/r").join(std::ffi::OsStr::from_bytes(bytes)));
        for (bytes, expected) in [
            (&b"a/%FF.yaml"[..], "a/%FF.yaml"),
            (b"a/\xff.yaml", "a/\u{fffd}FF.yaml"),
            (b"\xe4\xf6/x", "\u{fffd}E4\u{fffd}F6/x"),
            ("\u{fffd}x\u{fffd}".as_bytes(), "\u{fffd}x\u{fffd}"),
            ("\u{fffd}FF.yaml".as_bytes(), "\u{fffd}EF\u{fffd}BF\u{fffd}BDFF.yaml"),
        ] {
            assert_eq!(name(bytes), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("Dockerfile")).unwrap();
        let error = Root::find(dir.path(), &["Dockerfile".into()]).unwrap_err();
        assert_eq!(error.to_string(), "cannot scan `Dockerfile`: it is neither a file nor a folder");
    }
}
