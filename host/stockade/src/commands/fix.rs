//! `stockade scan --fix` and `--diff`: findings' fixes, computed in memory until nothing changes, then written or shown.
//!
//! Where two fixes touch the same bytes the one of the earlier finding wins (by position, then rule id), and the
//! other is computed anew from the new text in the next round.

use crate::error::ProgramError;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stockade_engine::{Fixed, Origin, Walked, applicable, apply, io_words, load};
use stockade_model::{FileEntry, Finding, Note, ProblemLevel, Report, State};
use stockade_syntax::{Encoding, FileKind, parse_at};

/// How the files begin that are to replace others.
const TEMPORARY: &str = ".stockade-fix-";
/// Age at which such a file belongs to no run any more.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// Rounds after which no more fixes are made. One round makes one fix at a place, and a container without any setting has
/// a dozen that add to the same one.
const ROUNDS: usize = 40;

/// What fixes make of one file.
pub(crate) struct Change {
    file: PathBuf,
    encoding: Encoding,
    /// The text as it is in the file.
    pub(crate) before: Arc<str>,
    /// The text with the fixes.
    pub(crate) after: Arc<str>,
    /// How many findings that fixes.
    fixed: usize,
    /// The text before the last round, and what that round was to fix.
    last: Option<(Arc<str>, BTreeMap<Aim, Tried>)>,
    /// What did not go away with its fix, and is left alone.
    futile: BTreeSet<Aim>,
    /// All texts so far, hashed: where two rules take turns, the file is left as the first of them found it.
    seen: BTreeSet<u64>,
}

/// What a fix is to mend: the rule, the node, the message and what the fix writes. In a file that is understood only in
/// part, what a fix adds may not be seen afterwards, and each round would add it again.
type Aim = (usize, String, String, Vec<String>);

/// How many findings had an aim before a round, and how many of them it fixed.
#[derive(Default)]
struct Tried {
    found: usize,
    fixed: usize,
}

/// What fixes make of the files of a scan.
#[derive(Default)]
pub(crate) struct Fixes {
    /// By path relative to the root.
    pub(crate) changes: BTreeMap<String, Change>,
    /// Files that were left alone, and why.
    pub(crate) notes: Vec<Note>,
    /// What was found in the texts with the fixes, for the secrets in it.
    pub(crate) last: Report,
}

impl Fixes {
    /// Applies fixes in memory, round by round, until nothing changes. `rescan` scans files that are partly in memory.
    ///
    /// A file is left alone if it changed since it was scanned, is read-only, or if the result would be less
    /// well-formed than what is there.
    pub(crate) fn compute(
        walked: &Walked,
        first: &Report,
        unsafe_too: bool,
        max_file_bytes: u64,
        rescan: &dyn Fn(Walked) -> Result<Report, ProgramError>,
    ) -> Result<Self, ProgramError> {
        let mut this = Self { last: first.clone(), ..Self::default() };
        let mut walked = walked.clone();
        for round in 0..=ROUNDS {
            // The last round's fixes are held against what they were to mend, too.
            if !this.round(&mut walked, unsafe_too, max_file_bytes, round == ROUNDS) {
                break;
            }
            this.last = rescan(walked.clone())?;
        }
        this.changes.retain(|_, change| change.before != change.after);
        Ok(this)
    }

    /// Makes what fixes it can in each file, or takes back what its last ones did not mend. Whether anything changed.
    fn round(&mut self, walked: &mut Walked, unsafe_too: bool, max_file_bytes: u64, only_back: bool) -> bool {
        let report = std::mem::take(&mut self.last);
        let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &report.findings {
            if finding.state == State::Open && applicable(finding, unsafe_too).is_some() {
                by_file.entry(&finding.path).or_default().push(finding);
            }
        }
        let mut changed = false;
        for found in &mut walked.files {
            let Some(own) = by_file.get(&*found.path) else { continue };
            let Some(entry) = report.file(&found.path) else { continue };
            let Some(text) = entry.text.as_deref() else { continue };
            if !matches!(found.origin, Origin::Text(_)) {
                match begin(&found.origin, text, max_file_bytes) {
                    Ok(change) => self.changes.insert(found.path.to_string(), change),
                    Err(reason) => {
                        self.leave_alone(&found.path, &reason);
                        continue;
                    }
                };
            }
            let Some(change) = self.changes.get_mut(&*found.path) else { continue };
            // The configuration is read once: later rounds still speak of its old text.
            if *change.after != *text {
                continue;
            }
            if !change.undo(own, unsafe_too) {
                if only_back {
                    continue;
                }
                let own: Vec<&Finding> =
                    own.iter().copied().filter(|f| !change.is_futile(f, unsafe_too)).collect();
                let Some(result) = fixed(entry, text, &own, unsafe_too) else { continue };
                if !change.step(&own, result, unsafe_too) {
                    continue;
                }
            }
            changed = true;
            found.kind = found.kind.or_else(|| FileKind::from_name(entry.kind));
            found.origin = Origin::Text(Arc::clone(&change.after));
        }
        self.last = report;
        changed
    }

    fn leave_alone(&mut self, path: &str, reason: &str) {
        let note = Note {
            path: Some(path.to_owned()),
            message: format!("not fixed: {reason}"),
            help: None,
            incomplete: false,
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// How many findings are fixed.
    pub(crate) fn fixed(&self) -> usize {
        self.changes.values().map(|change| change.fixed).sum()
    }

    /// Writes what has changed. A file that cannot be written keeps no other from it: it is no change any more, and a note
    /// says why.
    pub(crate) fn write(&mut self) {
        let mut tidied = BTreeSet::new();
        let mut unwritten = Vec::new();
        self.changes.retain(|path, change| {
            let written = change.write();
            // Once per folder, and only in one that `write` found to be part of the scanned tree.
            if let (Ok(()), Some(folder)) = (&written, change.file.parent())
                && tidied.insert(folder.to_path_buf())
            {
                tidy(folder);
            }
            let Err(error) = written else { return true };
            unwritten.push(Note {
                path: Some(path.clone()),
                message: format!("not fixed: it cannot be written: {}", io_words(&error)),
                help: None,
                incomplete: true,
            });
            false
        });
        self.notes.append(&mut unwritten);
    }
}

/// The file as it is before any fix, or why it is not to be touched.
fn begin(origin: &Origin, scanned: &str, max_file_bytes: u64) -> Result<Change, String> {
    let loaded = load(origin, max_file_bytes).map_err(|problem| problem.message())?;
    if loaded.decoded.text != scanned {
        return Err("it changed during the scan".to_owned());
    }
    // What standard input or the index holds is shown with its fixes, and never written.
    let file = if let Origin::Disk(file) = origin { &**file } else { Path::new("") };
    if file.metadata().is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err("it is read-only".to_owned());
    }
    let before: Arc<str> = Arc::from(scanned);
    let after = Arc::clone(&before);
    let (file, encoding) = (file.to_path_buf(), loaded.decoded.encoding);
    let seen = BTreeSet::from([hash(&before)]);
    Ok(Change { file, encoding, before, after, fixed: 0, last: None, futile: BTreeSet::new(), seen })
}

/// How many findings of the baseline have a fix that this run would apply if they were in none.
pub(crate) fn fixable_in_baseline(report: &Report, unsafe_too: bool) -> usize {
    let known = report.findings.iter().filter(|finding| finding.state == State::Baselined);
    known.filter(|finding| applicable(finding, unsafe_too).is_some()).count()
}

/// The text with the fixes of these findings. If all together leave it less well-formed, those of one rule after the other
/// are added as long as it stays as it is; if none can, the first one that does no harm is applied alone.
fn fixed(entry: &FileEntry, text: &str, own: &[&Finding], unsafe_too: bool) -> Option<Fixed> {
    let before = problems(entry, text);
    let sound = |result: &Fixed| {
        let after = problems(entry, &result.text);
        result.text != text && after.0 <= before.0 && after.1 <= before.1
    };
    let of = |chosen: &dyn Fn(&Finding) -> bool| {
        let chosen: Vec<usize> = (0..own.len()).filter(|n| own.get(*n).is_some_and(|f| chosen(f))).collect();
        let mut result = apply(text, chosen.iter().filter_map(|n| own.get(*n).copied()), unsafe_too);
        result.which = result.which.iter().filter_map(|n| chosen.get(*n).copied()).collect();
        result
    };
    let all = of(&|_| true);
    if sound(&all) {
        return Some(all);
    }
    let mut rules: BTreeSet<usize> = BTreeSet::new();
    let mut found = None;
    for rule in own.iter().map(|finding| finding.rule).collect::<BTreeSet<_>>() {
        rules.insert(rule);
        let result = of(&|finding| rules.contains(&finding.rule));
        if sound(&result) {
            found = Some(result);
        } else {
            rules.remove(&rule);
        }
    }
    found.or_else(|| own.iter().map(|one| of(&|finding| std::ptr::eq(*one, finding))).find(sound))
}

/// How many parts of a text are not understood, and how many are at least strange: a key that is there twice.
fn problems(entry: &FileEntry, text: &str) -> (usize, usize) {
    let Some(kind) = FileKind::from_name(entry.kind) else { return (0, 0) };
    let document = parse_at(kind, &entry.path, text.to_owned());
    let errors = document.problems.iter().filter(|p| p.level == ProblemLevel::Error).count();
    (errors, document.problems.len())
}

/// A text's hash, the same wherever it is made in a run.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What a finding's fix is to mend.
fn aim(finding: &Finding, unsafe_too: bool) -> Aim {
    let edits = applicable(finding, unsafe_too).map_or(&[][..], |fix| &fix.edits);
    let writes = edits.iter().map(|edit| edit.replacement.clone()).collect();
    (finding.rule, finding.node_path.clone(), finding.message.clone(), writes)
}

impl Change {
    fn is_futile(&self, finding: &Finding, unsafe_too: bool) -> bool {
        !self.futile.is_empty() && self.futile.contains(&aim(finding, unsafe_too))
    }

    /// Takes what a round made of the text, unless it was like that before.
    fn step(&mut self, own: &[&Finding], result: Fixed, unsafe_too: bool) -> bool {
        if !self.seen.insert(hash(&result.text)) {
            return false;
        }
        let mut tried: BTreeMap<Aim, Tried> = BTreeMap::new();
        let which: BTreeSet<usize> = result.which.into_iter().collect();
        for (number, finding) in own.iter().enumerate() {
            let tried = tried.entry(aim(finding, unsafe_too)).or_default();
            tried.found += 1;
            tried.fixed += usize::from(which.contains(&number));
        }
        let text = std::mem::replace(&mut self.after, Arc::from(result.text));
        self.fixed += result.applied;
        self.last = Some((text, tried));
        true
    }

    /// Takes the last round back if findings are still there that it fixed: as many of a kind as before.
    fn undo(&mut self, own: &[&Finding], unsafe_too: bool) -> bool {
        let Some((text, tried)) = self.last.take() else { return false };
        let mut left: BTreeMap<Aim, usize> = BTreeMap::new();
        for finding in own {
            *left.entry(aim(finding, unsafe_too)).or_default() += 1;
        }
        let applied: usize = tried.values().map(|tried| tried.fixed).sum();
        let is_left = |(aim, tried): &(Aim, Tried)| {
            tried.fixed > 0 && left.get(aim).is_some_and(|left| *left >= tried.found)
        };
        let futile: Vec<Aim> = tried.into_iter().filter(is_left).map(|(aim, _)| aim).collect();
        if futile.is_empty() {
            return false;
        }
        self.futile.extend(futile);
        self.after = text;
        self.fixed = self.fixed.saturating_sub(applied);
        true
    }

    /// Replaces the file in one step: a reader sees the old or the new text, and a killed run leaves no half of one.
    fn write(&self) -> io::Result<()> {
        let file = &self.file;
        // Between the walk and now somebody may have put a link here, or in a folder above.
        let metadata = file.symlink_metadata()?;
        if !metadata.is_file() || file.canonicalize()? != *file {
            return Err(io::Error::other("it is no regular file of the scanned tree any more"));
        }
        if decoded(file)? != *self.before {
            return Err(io::Error::other("it changed during the scan"));
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        // A name that no format claims: should the system fail in the middle, the next scan takes it for nothing. No
        // number of a process: in containers, which may share the tree, all have the same.
        let unique = RandomState::new().build_hasher().finish();
        let temporary = folder.join(format!("{TEMPORARY}{unique:016x}.tmp"));
        let write = || {
            let mut handle = std::fs::OpenOptions::new().write(true).create_new(true).open(&temporary)?;
            io::Write::write_all(&mut handle, &encode(&self.after, self.encoding))?;
            keep_owner(&handle, &metadata);
            handle.set_permissions(metadata.permissions())?;
            handle.sync_all()?;
            std::fs::rename(&temporary, file)
        };
        let written = write();
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        } else if let Ok(folder) = File::open(folder) {
            // The new name is safe only with its folder. Systems that cannot do this for folders say so, harmlessly.
            let _ = folder.sync_all();
        }
        written
    }
}

/// Gives a file to the owner that it replaces, so that a run as root leaves its files to a user. Where that is not allowed
/// the file is ours, as with every editor that writes in this way.
fn keep_owner(handle: &File, replaced: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let same = handle.metadata().is_ok_and(|m| (m.uid(), m.gid()) == (replaced.uid(), replaced.gid()));
        if !same {
            let _ = fchown(handle, Some(replaced.uid()), Some(replaced.gid()));
        }
    }
    #[cfg(not(unix))]
    let _ = (handle, replaced);
}

/// Removes what killed runs left in a folder. A run that goes on has its file for less than a second.
fn tidy(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(TEMPORARY) && name.ends_with(".tmp"));
        let is_old = || {
            let metadata = entry.metadata().ok().filter(Metadata::is_file)?;
            metadata.modified().ok()?.elapsed().ok().map(|age| age > LEFT_BEHIND)
        };
        if ours && is_old() == Some(true) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The text of a file.
fn decoded(file: &Path) -> io::Result<String> {
    let decoded = stockade_syntax::decode(std::fs::read(file)?);
    decoded.map(|decoded| decoded.text).map_err(io::Error::other)
}

/// The bytes of a text; the mark of UTF-8 is part of it, that of UTF-16 is not.
fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    let units = |to: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(to).collect::<Vec<u8>>()
    };
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => text.as_bytes().to_vec(),
        Encoding::Utf16Le => units(u16::to_le_bytes),
        Encoding::Utf16Be => units(u16::to_be_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(file: PathBuf, before: &str) -> Change {
        let (before, after) = (Arc::from(before), Arc::from("after\n"));
        let (last, futile, seen) = (None, BTreeSet::new(), BTreeSet::new());
        Change { file, encoding: Encoding::Utf8, before, after, fixed: 2, last, futile, seen }
    }

    #[test]
    fn every_file_that_cannot_be_written_is_named_and_the_others_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["changed", "good"] {
            std::fs::write(root.join(name), "before\n").unwrap();
        }
        let mut fixes = Fixes::default();
        for (name, before) in [("changed", "something else\n"), ("gone", "before\n"), ("good", "before\n")] {
            fixes.changes.insert(name.to_owned(), change(root.join(name), before));
        }
        assert_eq!(fixes.fixed(), 6);
        fixes.write();
        let named: Vec<_> = fixes.notes.iter().map(|note| (note.path.as_deref(), note.incomplete)).collect();
        assert_eq!(named, [(Some("changed"), true), (Some("gone"), true)]);
        assert_eq!(fixes.notes[0].message, "not fixed: it cannot be written: it changed during the scan");
        assert_eq!((fixes.fixed(), fixes.changes.len()), (2, 1));
        let text = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
        assert_eq!([text("changed"), text("good")], ["before\n", "after\n"]);
    }

    #[test]
    fn rules_that_take_turns_come_to_an_end() {
        let mut change = change(PathBuf::new(), "before\n");
        let mut becomes =
            |text: &str| change.step(&[], Fixed { text: text.to_owned(), ..Fixed::default() }, false);
        assert_eq!(["a", "b", "a", "b", "c"].map(&mut becomes), [true, true, false, false, true]);
        assert_eq!(&*change.after, "c");
    }
}
