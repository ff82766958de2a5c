//! What git knows of the repository: which files are staged, what was there at another commit.
//!
//! The `git` program is asked, never its files: it knows every layout of a repository. Only commands that run nothing
//! from the repository's own configuration are used, for the repository is not trusted.

use crate::error::ProgramError;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use stockade_engine::{Beside, Found, Origin, Root, Takers, Walked};

/// Longest list that is read from git, in bytes: a million paths of ordinary length.
const MAX_LIST: u64 = 256 << 20;
/// Modes of regular files; links and submodules are no files of this repository.
const REGULAR: [&str; 2] = ["100644", "100755"];

/// What to do where the repository belongs to another user.
const FOREIGN_OWNER: &str =
    "If you trust it, say so to git: `git config --global --add safe.directory FOLDER`, with that folder.";
/// What to do in a repository without files, as a server has it.
const NO_FILES: &str =
    "A bare repository has no files: scan a checkout, as `git worktree add FOLDER` makes one.";

/// A repository.
pub(crate) struct Git<'a> {
    root: &'a Root,
}

/// A file of a commit or of the index.
struct Blob {
    id: String,
    path: String,
}

impl<'a> Git<'a> {
    /// The repository that the root is in.
    pub(crate) fn new(root: &'a Root) -> Result<Self, ProgramError> {
        let git = Self { root };
        let top = git.text(&["rev-parse", "--show-toplevel"])?;
        let top = Path::new(&top).canonicalize().unwrap_or_default();
        if top == root.base {
            Ok(git)
        } else {
            let base = root.base.display();
            Err(failed(format!("`{base}` is not the top folder of a repository")))
        }
    }

    /// The files that are staged, as they are staged, and lie below the root's starting points.
    pub(crate) fn staged(&self, limit: u64) -> Result<Walked, ProgramError> {
        let list =
            ["diff", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=ACMT"];
        let names = self.list(&list)?;
        let staged: HashSet<&[u8]> = names.split(|b| *b == 0).filter(|name| !name.is_empty()).collect();
        let index = self.list(&["ls-files", "--stage", "-z"])?;
        // `mode id stage<TAB>path`; of a conflict there is no staged version.
        let files = index.split(|b| *b == 0).filter_map(split_tab).filter_map(|(info, name)| {
            let mut words = info.split(' ');
            let (mode, id, stage) = (words.next()?, words.next()?, words.next()?);
            (stage == "0" && REGULAR.contains(&mode)).then_some((id, name))
        });
        let changed = files.clone().filter(|(_, name)| staged.contains(name));
        let mut walked =
            self.read(changed.filter_map(|(id, name)| self.blob(Some(id), name)).collect(), limit)?;
        let blobs = || files.map(|(id, name)| (self.root.relative(&self.root.base.join(path_of(name))), id));
        self.surround(&mut walked, blobs, limit)?;
        Ok(walked)
    }

    /// Adds to some of a version's files those that lie beside them in it; `blobs` are the paths of all of them, with their
    /// ids.
    fn surround<'b, I: Iterator<Item = (String, &'b str)>>(
        &self,
        walked: &mut Walked,
        blobs: impl FnOnce() -> I,
        limit: u64,
    ) -> Result<(), ProgramError> {
        let mut takers = Takers::of(&walked.files);
        if takers.is_empty() && !Beside::of(&walked.files).is_possible() {
            return Ok(());
        }
        let all: HashMap<String, &str> = blobs().collect();
        let blob = |path: &str, id: &str| Blob { id: id.to_owned(), path: path.to_owned() };
        takers.with_charts(|path| all.contains_key(path));
        let wanted = all.iter().filter(|(path, _)| takers.wants(path) && !walked.has(path));
        walked.takers = self.read(wanted.map(|(path, id)| blob(path, id)).collect(), limit)?.files;
        let mut beside = Beside::of(walked.files.iter().chain(&walked.takers));
        beside.with_kustomizations(|path| all.contains_key(path));
        if !beside.is_empty() {
            let wanted = all.iter().filter(|(path, _)| beside.wants(path) && !walked.has(path));
            let mut found = self.read(wanted.map(|(path, id)| blob(path, id)).collect(), limit)?.files;
            let mut patches = Beside::patches(&found);
            patches.extend(Beside::patches(&walked.files));
            patches.retain(|path| !walked.has(path));
            let patches = patches.iter().filter_map(|path| Some(blob(path, all.get(path)?)));
            found.extend(self.read(patches.collect(), limit)?.files);
            found.sort();
            found.dedup();
            walked.beside = found;
        }
        Ok(())
    }

    /// The files of the commit from which the current one and `reference` have gone apart, below the root's starting points.
    pub(crate) fn since(&self, reference: &str, limit: u64) -> Result<Walked, ProgramError> {
        // What follows this word is no option, whatever it begins with.
        let commit = format!("{reference}^{{commit}}");
        let id = self.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(|_| {
            let what = format!("`{reference}` is no commit here");
            ProgramError::Git { what, advice: "Name a branch, tag or commit that is here. In CI, fetch it first: a shallow clone has only the newest." }
        })?;
        let base = self.text(&["merge-base", "HEAD", &id]).map_err(|_| {
            let what = format!("the current commit and `{reference}` have no common ancestor here");
            ProgramError::Git {
                what,
                advice: "Fetch more of the history; in GitHub Actions, check out with `fetch-depth: 0`.",
            }
        })?;
        let tree = self.list(&["ls-tree", "-r", "-z", "--full-tree", &base])?;
        // `mode type id<TAB>path`.
        let files = tree.split(|b| *b == 0).filter_map(split_tab).filter_map(|(info, name)| {
            let mut words = info.split(' ');
            let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
            REGULAR.contains(&mode).then_some((id, name))
        });
        let asked_for = files.clone().filter_map(|(id, name)| self.blob(Some(id), name));
        let mut walked = self.read(asked_for.collect(), limit)?;
        if self.root.starts.as_slice() != [self.root.base.clone()] {
            let blobs =
                || files.map(|(id, name)| (self.root.relative(&self.root.base.join(path_of(name))), id));
            self.surround(&mut walked, blobs, limit)?;
        }
        Ok(walked)
    }

    /// A blob that is worth reading: asked for, and of a name that some format may claim.
    fn blob(&self, id: Option<&str>, name: &[u8]) -> Option<Blob> {
        let file = self.root.base.join(path_of(name));
        if !self.root.starts.iter().any(|start| file.starts_with(start)) {
            return None;
        }
        Some(Blob { id: id?.to_owned(), path: self.root.relative(&file) })
    }

    /// The contents of blobs. One that is larger than `limit` is given empty: the scan of the present says so.
    fn read(&self, blobs: Vec<Blob>, limit: u64) -> Result<Walked, ProgramError> {
        let mut files = Vec::with_capacity(blobs.len());
        if blobs.is_empty() {
            return Ok(Walked::default());
        }
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("git cannot be run: {error}")))?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("git gives no pipes".to_owned()));
        };
        let ids: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
        // Written from beside: git answers while it reads, and both pipes could be full.
        let writer = std::thread::spawn(move || input.write_all(ids.as_bytes()));
        let mut output = BufReader::with_capacity(1 << 16, output);
        let broken = |error: std::io::Error| failed(format!("git stopped answering: {error}"));
        for blob in blobs {
            let mut head = String::new();
            output.by_ref().take(1024).read_line(&mut head).map_err(broken)?;
            let size = head.trim_end().rsplit_once(' ').and_then(|(_, size)| size.parse::<u64>().ok());
            let Some(size) = size else { return Err(unreadable(head.trim_end(), &blob.path)) };
            let mut bytes = Vec::new();
            if size <= limit {
                output.by_ref().take(size).read_to_end(&mut bytes).map_err(broken)?;
            } else {
                std::io::copy(&mut output.by_ref().take(size), &mut std::io::sink()).map_err(broken)?;
            }
            std::io::copy(&mut output.by_ref().take(1), &mut std::io::sink()).map_err(broken)?;
            files.push(Found { path: blob.path.into(), origin: Origin::Bytes(Arc::from(bytes)), kind: None });
        }
        drop(output);
        let _ = writer.join();
        child.wait().map_err(broken)?;
        files.sort();
        Ok(Walked { files, ..Walked::default() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        // The repository's own configuration could name a program here.
        command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"]);
        // In a partial clone, reading a blob that is not here would ask the repository's remote, by the program that its
        // configuration names. The second stops versions of git that do not know the first (before 2.45).
        command.envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")]);
        // What it refuses is told by its words, which it would translate.
        command.envs([("LC_ALL", "C"), ("LANGUAGE", "C")]);
        command.args(arguments).current_dir(&self.root.base).stdin(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn list(&self, arguments: &[&str]) -> Result<Vec<u8>, ProgramError> {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("git cannot be run: {error}")))?;
        let errors = child.stderr.take();
        // Read from beside: git waits where nobody takes its warnings.
        let words = std::thread::spawn(move || {
            let mut words = String::new();
            if let Some(errors) = errors {
                let _ = errors.take(4096).read_to_string(&mut words);
            }
            words
        });
        let mut bytes = Vec::new();
        if let Some(output) = child.stdout.take() {
            let read = output.take(MAX_LIST).read_to_end(&mut bytes);
            read.map_err(|error| failed(format!("git stopped answering: {error}")))?;
        }
        let words = words.join().unwrap_or_default();
        let status = child.wait().map_err(|error| failed(format!("git fails: {error}")))?;
        if status.success() {
            Ok(bytes)
        } else {
            let first = words.lines().next().unwrap_or("it gives no reason");
            let what = format!("git says: {}", first.trim_start_matches("fatal: "));
            // The usual case in a container: the checkout belongs to the user of the host.
            if words.contains("dubious ownership") {
                return Err(ProgramError::Git { what, advice: FOREIGN_OWNER });
            }
            if words.contains("must be run in a work tree") {
                return Err(ProgramError::Git { what, advice: NO_FILES });
            }
            Err(failed(what))
        }
    }

    fn text(&self, arguments: &[&str]) -> Result<String, ProgramError> {
        let bytes = self.list(arguments)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned())
    }
}

fn failed(what: String) -> ProgramError {
    let advice = "`--staged` and `--since` need the `git` program and a repository that it may read.";
    ProgramError::Git { what, advice }
}

/// Why git gave no blob, from the line that it gave instead.
fn unreadable(answer: &str, path: &str) -> ProgramError {
    if !answer.ends_with(" missing") && !answer.is_empty() {
        return failed(format!("git answers `{answer}`"));
    }
    ProgramError::Git {
        what: format!("what `{path}` held is not here, as in a partial clone"),
        advice: "A scan fetches nothing. Fetch whole files first: `git fetch --refetch --no-filter`, or check out without a filter.",
    }
}

fn split_tab(line: &[u8]) -> Option<(&str, &[u8])> {
    let at = line.iter().position(|b| *b == b'\t')?;
    Some((std::str::from_utf8(line.get(..at)?).ok()?, line.get(at + 1..)?))
}

#[cfg(unix)]
fn path_of(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path_of(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}
