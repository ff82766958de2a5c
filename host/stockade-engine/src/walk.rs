//! Which files there are.

use crate::Root;
use crate::root::io_words;
use ignore::{WalkBuilder, WalkState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use stockade_model::Note;
use stockade_syntax::FileKind;

/// Where a file's text comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file on disk.
    Disk(PathBuf),
    /// Given by the caller, such as an example of a rule's page.
    Text(Arc<str>),
    /// As [`Origin::Text`], not decoded yet: what a version of the repository or standard input holds.
    Bytes(Arc<[u8]>),
}

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Relative to the root, separated by `/`.
    pub path: String,
    /// Where to read it.
    pub origin: Origin,
    /// What it is, where the caller knows better than the classifier.
    pub kind: Option<FileKind>,
}

/// What the walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Regular files, sorted by path, each once.
    pub files: Vec<Found>,
    /// Folders that could not be read, and links that were not followed.
    pub notes: Vec<Note>,
    /// Whether these are all files of a repository, so that a rule may say what is not there.
    pub whole: bool,
}

/// What the root of a repository holds, by any of the tools that make one.
const REPOSITORY: [&str; 4] = [".git", ".hg", ".jj", "stockade.kdl"];

/// More files than these are not told of one by one: their paths would be most of what a plugin holds in memory. The
/// largest public repositories have about 100 000 files.
const MAX_WHOLE: usize = 200_000;

/// Lists the files below the root's starting points, in parallel.
///
/// `.gitignore`, `.ignore`, `.stockadeignore` and git's own excludes are honoured, also outside a repository; hidden
/// files and folders are included, `.git` is not. Symbolic links are not followed: what a link inside the tree points
/// to is found where it lies, and what lies outside is not ours to read.
#[must_use]
pub fn walk(root: &Root, threads: usize) -> Walked {
    listed(root, threads, true)
}

/// As [`walk`], with what ignore files leave out: they are the repository's own, and it may be a stranger's.
#[must_use]
pub fn walk_everything(root: &Root, threads: usize) -> Walked {
    listed(root, threads, false)
}

fn listed(root: &Root, threads: usize, honour_ignore_files: bool) -> Walked {
    let mut walked = Walked::default();
    let (files, folders): (Vec<_>, Vec<_>) = root.starts.iter().partition(|s| s.is_file());
    // A file that is asked for by name is looked at even where an ignore file excludes it.
    walked.files.extend(files.into_iter().map(|file| found(root, file)));
    if let Some((first, rest)) = folders.split_first() {
        let mut builder = WalkBuilder::new(first);
        for folder in rest {
            builder.add(folder);
        }
        if honour_ignore_files {
            builder.require_git(false).add_custom_ignore_filename(".stockadeignore");
        } else {
            builder.standard_filters(false);
        }
        builder
            .hidden(false)
            .follow_links(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .threads(threads);
        let all = Mutex::new(&mut walked);
        builder.build_parallel().run(|| {
            let mut batch = Batch { root, all: &all, part: Walked::default() };
            Box::new(move |entry| {
                batch.take(entry);
                WalkState::Continue
            })
        });
    }
    walked.files.sort();
    walked.files.dedup();
    walked.notes.sort();
    walked.notes.dedup();
    let all =
        matches!(root.starts.as_slice(), [only] if *only == root.base) && walked.files.len() <= MAX_WHOLE;
    walked.whole = all && REPOSITORY.iter().any(|mark| root.base.join(mark).exists());
    walked
}

fn found(root: &Root, file: &Path) -> Found {
    Found { path: root.relative(file), origin: Origin::Disk(file.to_path_buf()), kind: None }
}

/// What one thread of the walk found; handed in as a whole when the thread ends, so that threads do not wait for
/// each other at every file.
struct Batch<'a, 'b> {
    root: &'a Root,
    all: &'a Mutex<&'b mut Walked>,
    part: Walked,
}

impl Batch<'_, '_> {
    fn take(&mut self, entry: Result<ignore::DirEntry, ignore::Error>) {
        match entry {
            Ok(entry) => {
                if entry.file_type().is_some_and(|t| t.is_file()) {
                    self.part.files.push(found(self.root, entry.path()));
                }
                if let Some(error) = entry.error() {
                    self.part.notes.push(note(self.root, error, false));
                }
            }
            Err(error) => self.part.notes.push(note(self.root, &error, true)),
        }
    }
}

impl Drop for Batch<'_, '_> {
    fn drop(&mut self) {
        if let Ok(mut all) = self.all.lock() {
            all.files.append(&mut self.part.files);
            all.notes.append(&mut self.part.notes);
        }
    }
}

/// `incomplete` is false for a broken ignore file: its valid lines still work, and nothing is left out by it.
fn note(root: &Root, error: &ignore::Error, incomplete: bool) -> Note {
    let message = match error.io_error() {
        Some(io) => format!("cannot be read: {}", io_words(io)),
        None => error.to_string(),
    };
    Note {
        path: path_of(error).map(|p| root.relative(p)),
        message,
        help: incomplete.then(|| "Make it readable for this user, or exclude it.".to_owned()),
        incomplete,
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}
