//! The list of all files as folders: what lies beside a file, and above it.

use stockade_sdk::FileFacts;

/// All files of the repository.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree<'a> {
    /// Sorted by path, as the host gives them.
    files: &'a [FileFacts],
}

/// The folder that a path lies in, without a slash at its end; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A name in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder and those above it, up to the root.
pub(super) fn upwards(start: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(start), |at| (!at.is_empty()).then(|| folder(at)))
}

impl<'a> Tree<'a> {
    /// Wraps the list.
    pub(super) const fn new(files: &'a [FileFacts]) -> Self {
        Self { files }
    }

    /// The files with their numbers.
    pub(super) fn files(self) -> impl Iterator<Item = (usize, &'a FileFacts)> {
        self.files.iter().enumerate()
    }

    /// The file at this path.
    pub(super) fn at(self, path: &str) -> Option<(usize, &'a FileFacts)> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some((at, self.files.get(at)?))
    }

    /// Whether one of these names is in a folder. A name may go on below it: `src/main.rs`.
    pub(super) fn has(self, folder: &str, names: &[&str]) -> bool {
        names.iter().any(|name| self.at(&join(folder, name)).is_some())
    }

    /// Whether one of these names is in a folder or in one above it.
    pub(super) fn has_above(self, folder: &str, names: &[&str]) -> bool {
        upwards(folder).any(|at| self.has(at, names))
    }

    /// The paths in a folder, and below it, whose rest begins so.
    pub(super) fn starting(self, folder: &str, start: &str) -> impl Iterator<Item = &'a str> {
        let start = join(folder, start);
        let first = self.files.partition_point(|file| file.path.as_str() < start.as_str());
        let rest = self.files.get(first..).unwrap_or_default();
        rest.iter().map(|file| file.path.as_str()).take_while(move |path| path.starts_with(&start))
    }
}
