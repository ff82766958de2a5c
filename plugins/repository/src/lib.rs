//! Rules about what a repository lacks as a whole: scanners in its pipelines, updates of what it depends on, lock
//! files, a word on whom to tell about a flaw.

mod lock;
mod paths;
mod policy;
mod scanner;
#[cfg(test)]
mod tests;
mod updates;

use stockade_sdk::{Check, Family, FileFacts, Out, Source};

/// The family.
#[derive(Debug)]
pub struct Repository;

type One = Check<Repository>;

impl Family for Repository {
    type View<'a> = &'a Source;
    type Project<'a> = &'a [FileFacts];

    const CHECKS: &'static [Check<Self>] = &[
        One::project("scanner-missing", scanner::missing),
        One::project("updates-missing", updates::missing),
        One::project("policy-missing", policy::missing),
        One::project("lockfile-missing", lock::missing),
        One::project("python-unbounded", lock::unbounded),
    ];

    fn view(source: &Source) -> &Source {
        source
    }

    fn facts(view: &&Source, out: &mut Out) {
        scanner::record(view, out);
        updates::record(view, out);
        policy::record(view, out);
        lock::record(view, out);
    }

    fn project(files: &[FileFacts]) -> &[FileFacts] {
        files
    }
}

stockade_sdk::export!(Repository);
