//! Objects whose version or kind depends on a template: each branch of it makes an object of another type.

use super::walk;
use crate::schema::{self, Known};
use crate::view::{Object, known_text};
use std::collections::BTreeSet;
use stockade_sdk::Out;

/// Most types that an object is judged as: charts know three versions of a kind, or two kinds.
const MAX_TYPES: usize = 8;

/// What an object is.
pub(super) enum Branches {
    One(&'static str),
    /// The type that the last branch makes, and those of the others.
    Several(&'static str, Vec<&'static str>),
    NoSuchKind,
    /// Nothing that is known here, in one branch at least.
    Unknown,
}

/// The types of an object, one for each version and kind that it may have.
pub(super) fn types(object: &Object<'_>) -> Branches {
    let of = |known| match known {
        Known::Type(name) => Branches::One(name),
        Known::NoSuchKind => Branches::NoSuchKind,
        Known::Nothing => Branches::Unknown,
    };
    let all = |key: &'static str| {
        let values = object.node.children().filter(move |child| child.has_name(key));
        values.map(|value| known_text(value).unwrap_or_default()).collect::<BTreeSet<_>>()
    };
    let (apis, kinds) = (all("apiVersion"), all("kind"));
    if apis.len() <= 1 && kinds.len() <= 1 {
        return of(schema::kind(object.api, object.kind));
    }
    if apis.len() * kinds.len() > MAX_TYPES {
        return Branches::Unknown;
    }
    let mut names = Vec::new();
    for (api, kind) in apis.iter().flat_map(|api| kinds.iter().map(move |kind| (*api, *kind))) {
        match schema::kind(api, kind) {
            Known::Type(name) if !names.contains(&name) => names.push(name),
            // Version and kind of two branches need not fit.
            Known::Type(_) | Known::NoSuchKind => {}
            Known::Nothing => return Branches::Unknown,
        }
    }
    let Some(first) = names.pop() else { return Branches::NoSuchKind };
    if names.is_empty() { Branches::One(first) } else { Branches::Several(first, names) }
}

/// Places and words of what is wrong with the object whichever of the types it has.
pub(super) fn wrong_in_all(
    object: &Object<'_>,
    names: &[&'static str],
    rule: u32,
) -> BTreeSet<(u32, String)> {
    let mut wrong: Option<BTreeSet<(u32, String)>> = None;
    for name in names {
        let mut out = Out::for_rule(rule);
        walk(object, name, wrong.as_ref(), &mut out);
        let found = out.findings().iter();
        let found = found.filter_map(|found| Some((found.span?.start, found.message.clone())));
        wrong = Some(found.collect());
    }
    wrong.unwrap_or_default()
}
