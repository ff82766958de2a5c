//! Files that others name and thereby say what they are: env files of Compose, patches of a kustomization.
//!
//! Who names them is known only once all files were read. So they are looked at a second time where the first look took
//! them for something else; few ever are.

use crate::dispatch::Policy;
use crate::walk::Found;
use std::collections::BTreeMap;
use stockade_syntax::{FileKind, Reference};

/// What a file says about others, and what was made of itself: from the first look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The kind it was taken for; none for one that was left out.
    pub(crate) kind: Option<FileKind>,
    pub(crate) marks: Vec<&'static str>,
    pub(crate) references: Vec<Reference>,
}

impl Seen {
    /// Of a file that was not looked into.
    pub(crate) const NOTHING: Self = Self { kind: None, marks: Vec::new(), references: Vec::new() };
}

/// What the naming of a file says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) kind: FileKind,
    pub(crate) reason: String,
    /// Marks it has from those who name it.
    pub(crate) marks: Vec<&'static str>,
}

/// The files to look at again, by index, each with what is known of it now. `seen` is in the order of `files`, which are
/// sorted by path.
pub(crate) fn second_looks<'s>(
    files: &[Found],
    seen: impl Fn(usize) -> Option<&'s Seen>,
    policy: &dyn Policy,
) -> Vec<(usize, Named)> {
    // By file, in the order of those who name it: the first one says what it is.
    let mut named: BTreeMap<usize, Vec<(usize, &Reference)>> = BTreeMap::new();
    for from in 0..files.len() {
        for reference in seen(from).into_iter().flat_map(|seen| &seen.references) {
            if let Ok(at) = files.binary_search_by(|found| (*found.path).cmp(&reference.path)) {
                named.entry(at).or_default().push((from, reference));
            }
        }
    }
    let look = |(at, by): (usize, Vec<(usize, &Reference)>)| {
        let (found, own) = (files.get(at)?, seen(at)?);
        let (from, first) = by.first()?;
        if found.kind.or_else(|| policy.kind(&found.path)).is_some() || policy.excluded(&found.path).is_some()
        {
            return None;
        }
        let is_new = own.kind != Some(first.kind);
        if is_new && !first.overrides(own.kind) {
            return None;
        }
        let users: Vec<&[&'static str]> =
            by.iter().filter_map(|(from, _)| seen(*from)).map(|seen| seen.marks.as_slice()).collect();
        let marks = inherited(&own.marks, &users);
        let by = files.get(*from).map(|found| &*found.path).unwrap_or_default();
        let reason = format!("{} of {by}", first.key);
        (is_new || !marks.is_empty()).then_some((at, Named { kind: first.kind, reason, marks }))
    };
    named.into_iter().filter_map(look).collect()
}

/// The marks that a file gets from those who use it: `production` from one of them, what takes it out of production
/// only from all.
fn inherited(own: &[&'static str], users: &[&[&'static str]]) -> Vec<&'static str> {
    let lacks = |mark: &str| !own.contains(&mark);
    let any = |mark: &&'static str| users.iter().any(|marks| marks.contains(mark));
    let all = |mark: &&'static str| users.iter().all(|marks| marks.contains(mark));
    if any(&"production") {
        return if lacks("production") { vec!["production"] } else { Vec::new() };
    }
    if own.contains(&"production") {
        return Vec::new();
    }
    ["development", "example", "test"].into_iter().filter(|mark| lacks(mark) && all(mark)).collect()
}

#[cfg(test)]
mod tests {
    use super::inherited;

    #[test]
    fn one_use_in_production_counts_and_only_use_outside_of_it_excuses() {
        assert_eq!(inherited(&[], &[&["production"], &["development"]]), ["production"]);
        assert_eq!(inherited(&["production"], &[&["production"]]), [""; 0]);
        assert_eq!(inherited(&[], &[&["development"], &["development", "test"]]), ["development"]);
        assert_eq!(inherited(&[], &[&["development"], &[]]), [""; 0]);
        assert_eq!(inherited(&["production"], &[&["test"]]), [""; 0]);
    }
}
