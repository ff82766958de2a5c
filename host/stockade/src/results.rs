//! Where results of earlier runs are kept, one file for each scanned repository and way of scanning it.
//!
//! Nothing that goes wrong here is an error: then the run is one without earlier results. `--verbose` says why, and so does
//! every run where the user has named the folder.

use crate::args::RunArguments;
use crate::dirs;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use stockade_engine::{CACHE_KEY_BYTES, Cache, Identity, MAX_CACHE_BYTES};
use stockade_sandbox::private;

/// What files of results end in.
const ENDING: &str = "results";
/// Files of one repository, at most: ways of scanning it (profiles, guides, versions). The oldest go first.
const MAX_WAYS: usize = 8;
/// Files altogether, at most.
const MAX_FILES: usize = 256;
/// Bytes of all files, at most: a GiB.
const MAX_BYTES: u64 = 1 << 30;
/// An unfinished file of this age is no longer written by anybody.
const ABANDONED: Duration = Duration::from_secs(3600);
/// The key's name where the user names the folder: then both go together, such as into the cache of a CI job.
const KEY: &str = "key";

/// Where results are kept.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    key: PathBuf,
    /// Whether the user names it: then it should work.
    is_named: bool,
}

impl Place {
    /// The folder that the user names, or the usual one if there is one.
    pub(crate) fn new(named: Option<&Path>) -> Option<Self> {
        match named.map(Path::to_path_buf).or_else(dirs::cache_dir) {
            Some(folder) => Some(Self { key: folder.join(KEY), folder, is_named: true }),
            None => dirs::results().map(|(folder, key)| Self { folder, key, is_named: false }),
        }
    }

    /// The files of results that lie there: when each was written, its bytes and path.
    pub(crate) fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if let Ok(metadata) = entry.metadata()
                && let Ok(modified) = metadata.modified()
                && metadata.is_file()
                && path.extension().is_some_and(|ending| ending == ENDING)
            {
                files.push((modified, metadata.len(), path));
            }
        }
        files.sort();
        files
    }

    /// Removes what is too much, the oldest first, and what killed runs have left. `written` is the file just written.
    fn prune(&self, written: &Path) {
        let repository = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.split_once('-').map(|(repository, _)| repository.to_owned())
        };
        let (mut ways, mut count, mut bytes) = (0, 0, 0_u64);
        for (_, size, path) in self.files().into_iter().rev() {
            ways += usize::from(repository(&path) == repository(written));
            count += 1;
            bytes = bytes.saturating_add(size);
            let is_surplus = ways > MAX_WAYS && repository(&path) == repository(written);
            if is_surplus || count > MAX_FILES || bytes > MAX_BYTES {
                // Gone already is as good.
                let _ = fs::remove_file(path);
            }
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED)
                && entry.file_name().to_string_lossy().ends_with(private::UNFINISHED)
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// The results of earlier runs on one repository.
pub(crate) struct Results {
    place: Place,
    /// Names the repository.
    repository: String,
    open: Mutex<Vec<Arc<Opened>>>,
    remarks: Mutex<Vec<String>>,
}

/// One file of results, read.
pub(crate) struct Opened {
    identity: Identity,
    path: PathBuf,
    pub(crate) cache: Cache,
}

impl Results {
    /// Those of the repository at `root`, if these arguments want any and there is a place for them.
    pub(crate) fn new(arguments: &RunArguments, root: &Path) -> Option<Self> {
        if arguments.no_cache {
            return None;
        }
        let place = Place::new(arguments.cache_dir.as_deref())?;
        let name = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
        let repository = name.as_str().get(..32).unwrap_or_default().to_owned();
        Some(Self { place, repository, open: Mutex::default(), remarks: Mutex::default() })
    }

    /// Those of runs of this identity; empty ones where there are none that can be used.
    pub(crate) fn open(&self, identity: Identity) -> Option<Arc<Opened>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.iter().find(|opened| opened.identity == identity) {
            return Some(Arc::clone(known));
        }
        let prepared = private::folder(&self.place.folder)
            .and_then(|()| private::key::<CACHE_KEY_BYTES>(&self.place.key));
        let key = match prepared {
            Ok(key) => key,
            Err(error) => {
                self.problem(format!("results are not kept in `{}`: {error}", self.place.folder.display()));
                return None;
            }
        };
        let path = self.place.folder.join(format!("{}-{}.{ENDING}", self.repository, identity.short()));
        let unused = |why: &str| {
            self.remark(format!("`{}` is not used: {why}", path.display()));
            Cache::new(key, identity)
        };
        let cache = match private::read(&path, MAX_CACHE_BYTES) {
            Ok(bytes) => Cache::open(key, identity, bytes).unwrap_or_else(unused),
            Err(error) if error.kind() == ErrorKind::NotFound => Cache::new(key, identity),
            Err(error) => unused(&error.to_string()),
        };
        let opened = Arc::new(Opened { identity, path, cache });
        open.push(Arc::clone(&opened));
        Some(opened)
    }

    /// Writes what is new.
    pub(crate) fn save(&self) {
        for opened in self.open.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let cache = &opened.cache;
            self.remark(format!(
                "{} of the files are known from earlier runs, {} are new, in `{}`",
                cache.hits(),
                cache.added(),
                opened.path.display()
            ));
            let Some(bytes) = cache.to_bytes() else { continue };
            match private::write(&opened.path, &[&bytes]) {
                Ok(()) => self.place.prune(&opened.path),
                Err(error) => self.problem(format!("`{}` cannot be written: {error}", opened.path.display())),
            }
        }
    }

    /// What is worth telling and changes no result.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why nothing can be kept. Who names a folder wants to know; others need not have one.
    fn problem(&self, text: String) {
        if self.place.is_named {
            let _ = writeln!(io::stderr().lock(), "{text}");
        } else {
            self.remark(text);
        }
    }

    fn remark(&self, text: String) {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}
