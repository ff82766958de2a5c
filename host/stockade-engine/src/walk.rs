//! Which files there are.

use crate::Root;
use crate::beside::{Beside, CHART, Takers};
use crate::kustomize::NAMES;
use crate::outside::ENVIRONMENT;
use crate::root::io_words;
use ignore::{WalkBuilder, WalkState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use stockade_model::Note;
use stockade_syntax::{FileKind, PathClass, classify_path};

/// Where a file's text comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file on disk.
    Disk(Arc<Path>),
    /// Given by the caller, such as an example of a rule's page.
    Text(Arc<str>),
    /// As [`Origin::Text`], not decoded yet: what a version of the repository or standard input holds.
    Bytes(Arc<[u8]>),
}

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Relative to the root, separated by `/`.
    pub path: Arc<str>,
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
    /// Folders that could not be read, and links to what is not looked at.
    pub notes: Vec<Note>,
    /// Files that are no part of the scan and are read for what they put into those that are; sorted by path.
    pub beside: Vec<Found>,
    /// Files that are no part of the scan and take something from those that are: of what is found in them, that is told which is
    /// found with a line of the scan. Sorted by path.
    pub takers: Vec<Found>,
    /// Whether these are all files of a repository, so that a rule may say what is not there.
    pub whole: bool,
}

impl Walked {
    /// Whether the file of this path is part of the scan.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|found| (*found.path).cmp(path)).is_ok()
    }

    /// Adds the files on disk that put something into these.
    pub fn add_beside(&mut self, root: &Root, honour_ignore_files: bool) {
        self.beside = beside(root, self, honour_ignore_files);
    }
}

/// What the root of a repository holds, by any of the tools that make one.
const REPOSITORY: [&str; 4] = [".git", ".hg", ".jj", "stockade.kdl"];

/// More files than these are not told of one by one: their paths would be most of what a plugin holds in memory. The
/// largest public repositories have about 100 000 files.
const MAX_WHOLE: usize = 200_000;

/// Most files and folders among which kustomizations are looked for where only some files are scanned.
const MAX_LOOKED_THROUGH: usize = 50_000;

/// More links than these that lead out of what is scanned are counted only.
const MAX_LINKS: usize = 10;

/// Lists the files below the root's starting points, in parallel.
///
/// `.gitignore`, `.ignore`, `.stockadeignore` and git's own excludes are honoured, also outside a repository; hidden
/// files and folders are included, `.git` is not. Symbolic links are not followed: what a link inside the tree points
/// to is found where it lies; what lies outside is not ours to read, and a note says so.
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
        let mut builder = builder(first, honour_ignore_files);
        for folder in rest {
            builder.add(folder);
        }
        builder.filter_entry(|entry| entry.file_name() != ".git").threads(threads);
        let (all, links) = (Mutex::new(&mut walked), Mutex::new(Vec::new()));
        builder.build_parallel().run(|| {
            let mut batch = Batch { root, all: &all, part: Walked::default(), links: &links };
            Box::new(move |entry| {
                batch.take(entry);
                WalkState::Continue
            })
        });
        walked.notes.extend(leading_out(root, links.into_inner().unwrap_or_default()));
    }
    walked.files.sort();
    walked.files.dedup();
    walked.notes.sort();
    walked.notes.dedup();
    if root.starts.as_slice() != [root.base.clone()] {
        walked.takers = takers(root, &walked.files, honour_ignore_files);
        walked.add_beside(root, honour_ignore_files);
    }
    let all =
        matches!(root.starts.as_slice(), [only] if *only == root.base) && walked.files.len() <= MAX_WHOLE;
    walked.whole = all && REPOSITORY.iter().any(|mark| root.base.join(mark).exists());
    walked
}

/// A walk below a folder.
fn builder(folder: &Path, honour_ignore_files: bool) -> WalkBuilder {
    let mut builder = WalkBuilder::new(folder);
    if honour_ignore_files {
        builder.require_git(false).add_custom_ignore_filename(".stockadeignore");
    } else {
        builder.standard_filters(false);
    }
    builder.hidden(false).follow_links(false);
    builder
}

/// The kustomizations of a repository, with their patches; none where looking for them takes too long.
fn kustomizations(root: &Root, honour_ignore_files: bool) -> Vec<Found> {
    let mut builder = builder(&root.base, honour_ignore_files);
    builder.filter_entry(|entry| entry.file_name() != ".git");
    let mut all = Vec::new();
    for (nth, entry) in builder.build().filter_map(Result::ok).enumerate() {
        if nth > MAX_LOOKED_THROUGH {
            return Vec::new();
        }
        let is_one = entry.file_name().to_str().is_some_and(|name| NAMES.contains(&name));
        if is_one && entry.file_type().is_some_and(|kind| kind.is_file()) {
            all.push(found(root, entry.path()));
        }
    }
    let patches = Beside::patches(&all).into_iter().map(|path| root.base.join(path));
    // No link leads out of the tree.
    let is_file = |path: &PathBuf| path.is_file() && path.canonicalize().is_ok_and(|real| real == *path);
    all.extend(patches.filter(is_file).map(|path| found(root, &path)));
    all
}

/// The files beside those of a scan, as far as a scan of the whole repository would find them.
fn beside(root: &Root, walked: &Walked, honour_ignore_files: bool) -> Vec<Found> {
    let mut wanted = Beside::of(walked.files.iter().chain(&walked.takers));
    wanted.with_kustomizations(|path| root.base.join(path).is_file());
    let mut all = Vec::new();
    if wanted.wants_kustomizations() {
        all = kustomizations(root, honour_ignore_files);
    }
    for (folder, is_chart) in wanted.folders() {
        let names: &[&str] = if is_chart { &CHART } else { &[ENVIRONMENT] };
        // Mostly there is nothing, and the folder may be large.
        if !names.iter().any(|name| root.base.join(folder).join(name).is_file()) {
            continue;
        }
        all.extend(in_folder(root, folder, is_chart, honour_ignore_files, |path| wanted.wants(path)));
    }
    let charts = wanted.around_values().flat_map(|folder| CHART.map(|name| (folder, name)));
    let charts = charts.map(|(folder, name)| root.base.join(folder).join(name)).filter(|path| path.is_file());
    all.extend(charts.map(|path| found(root, &path)));
    all.sort();
    all.dedup();
    all.retain(|found| !walked.has(&found.path));
    all
}

/// The files that take something from those of a scan, as far as a scan of the whole repository would find them.
fn takers(root: &Root, files: &[Found], honour_ignore_files: bool) -> Vec<Found> {
    let mut wanted = Takers::of(files);
    wanted.with_charts(|path| root.base.join(path).is_file());
    let folders = wanted.folders();
    let in_folder = |(folder, is_chart)| {
        in_folder(root, folder, is_chart, honour_ignore_files, |path| wanted.wants(path))
    };
    let mut all: Vec<Found> = folders.flat_map(in_folder).collect();
    all.sort();
    all.dedup();
    all.retain(|found| files.binary_search_by(|file| file.path.cmp(&found.path)).is_err());
    all
}

/// The files of a folder that are `wanted`: of a chart's, those in its templates and its parts; of another, those that lie in it.
fn in_folder(
    root: &Root,
    folder: &str,
    is_chart: bool,
    honour_ignore_files: bool,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Found> {
    let mut builder = builder(&root.base.join(folder), honour_ignore_files);
    if is_chart {
        builder.filter_entry(|entry| {
            let is = |path: Option<&Path>, names: &[&str]| {
                let name = path.and_then(Path::file_name).and_then(|name| name.to_str());
                name.is_some_and(|name| names.contains(&name))
            };
            let path = entry.path();
            // What lies below a chart is helpers and templates, and its parts.
            !entry.file_type().is_some_and(|kind| kind.is_dir())
                || entry.depth() == 0
                || is(Some(path), &["templates", "charts"])
                || is(path.parent(), &["charts"])
                || path.ancestors().skip(1).take(entry.depth()).any(|above| is(Some(above), &["templates"]))
        });
    } else {
        builder.max_depth(Some(1));
    }
    let entries = builder.build().filter_map(Result::ok);
    let entries = entries.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    entries.map(|entry| found(root, entry.path())).filter(|found| wanted(&found.path)).collect()
}

fn found(root: &Root, file: &Path) -> Found {
    Found { path: root.relative(file).into(), origin: Origin::Disk(file.into()), kind: None }
}

/// What one thread of the walk found; handed in as a whole when the thread ends, so that threads do not wait for
/// each other at every file.
struct Batch<'a, 'b> {
    root: &'a Root,
    all: &'a Mutex<&'b mut Walked>,
    part: Walked,
    /// Symbolic links, which are rare.
    links: &'a Mutex<Vec<PathBuf>>,
}

impl Batch<'_, '_> {
    fn take(&mut self, entry: Result<ignore::DirEntry, ignore::Error>) {
        match entry {
            Ok(entry) => {
                match entry.file_type() {
                    Some(kind) if kind.is_file() => self.part.files.push(found(self.root, entry.path())),
                    Some(kind) if kind.is_symlink() => {
                        self.links
                            .lock()
                            .into_iter()
                            .for_each(|mut links| links.push(entry.path().to_owned()));
                    }
                    _ => {}
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

/// Notes on links behind which lies what might be looked at, and is not: outside of all that is scanned.
fn leading_out(root: &Root, mut links: Vec<PathBuf>) -> impl Iterator<Item = Note> {
    let leads_out = |link: &PathBuf| {
        let Ok(target) = link.canonicalize() else { return false };
        let named = |path: &Path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // What only its content could tell, like the programs of a virtual environment, is nothing to speak of.
            !matches!(classify_path(&name), PathClass::Nothing(_) | PathClass::Content { fallback: None, .. })
        };
        let matters = target.is_dir() || target.is_file() && (named(link) || named(&target));
        matters && !root.starts.iter().any(|start| target.starts_with(start))
    };
    links.retain(leads_out);
    links.sort();
    let more = links.len().saturating_sub(MAX_LINKS);
    links.truncate(MAX_LINKS);
    let note = |path, message| Note {
        path,
        message,
        help: Some("Scan the file or folder that it leads to as well.".to_owned()),
        incomplete: false,
    };
    let more = (more > 0).then(|| note(None, format!("{more} more links lead out of what is scanned")));
    let links: Vec<String> = links.iter().map(|link| root.relative(link)).collect();
    let message = "a link out of what is scanned; nothing behind it is looked at";
    links.into_iter().map(move |path| note(Some(path), message.to_owned())).chain(more)
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_out_of_what_is_scanned_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        for folder in ["inside/kept", "outside"] {
            std::fs::create_dir_all(base.join(folder)).unwrap();
        }
        for file in ["inside/kept/Dockerfile", "outside/Dockerfile", "outside/photo.jpg"] {
            std::fs::write(base.join(file), "FROM scratch\n").unwrap();
        }
        let links = [
            ("outside", "inside/folder"),
            ("outside/Dockerfile", "inside/Dockerfile"),
            ("outside/photo.jpg", "inside/photo.jpg"),
            ("inside/kept/Dockerfile", "inside/again"),
            ("nowhere", "inside/Dockerfile.lost"),
        ];
        for (target, link) in links {
            symlink(base.join(target), base.join(link)).unwrap();
        }
        let told = |start: &str| {
            let walked = walk(&Root { base: base.clone(), starts: vec![base.join(start)] }, 1);
            walked.notes.into_iter().filter_map(|note| note.path).collect::<Vec<_>>()
        };
        assert_eq!(told("inside"), ["inside/Dockerfile", "inside/folder"]);
        assert!(told("").is_empty());
    }

    #[test]
    fn of_many_links_only_the_number_is_told() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for number in 0..MAX_LINKS + 5 {
            symlink(outside.path(), dir.path().join(format!("link{number}"))).unwrap();
        }
        let base = dir.path().canonicalize().unwrap();
        let notes = walk(&Root { base: base.clone(), starts: vec![base] }, 1).notes;
        assert_eq!(notes.len(), MAX_LINKS + 1);
        assert!(notes.iter().any(|note| note.message == "5 more links lead out of what is scanned"));
    }
}
