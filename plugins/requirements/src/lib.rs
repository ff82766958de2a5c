//! Rules about what pip installs from: requirements files, constraints, and indexes in the settings of package managers.

pub mod advisory;
mod checks;
mod index;
pub mod version;

use stockade_sdk::{Check, Family, FileFacts, Node, Out, Source};

/// The family.
#[derive(Debug)]
pub struct Requirements;

/// A file as the checks see it.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// Its requirements, in source order.
    pub requirements: Vec<Node<'a>>,
    /// Its options: includes, index addresses, editable installs.
    pub options: Vec<Node<'a>>,
    /// What it says about indexes, where it is a file of settings.
    indexes: index::Indexes<'a>,
}

type One = Check<Requirements>;

impl Family for Requirements {
    type View<'a> = View<'a>;
    type Project<'a> = advisory::Project<'a>;

    const CHECKS: &'static [Check<Self>] = &[
        One::file("unpinned", checks::unpinned),
        One::file("wildcard-version", checks::wildcard_version),
        One::file("duplicate", checks::duplicate),
        One::file("hash-missing", checks::hash_missing),
        One::file("hash-weak", checks::hash_weak),
        One::file("vcs-unpinned", checks::vcs_unpinned),
        One::file("url-without-hash", checks::url_without_hash),
        One::file("insecure-index", checks::sources::insecure_index),
        One::file("option", checks::option),
        One::file("trusted-host", checks::sources::trusted_host),
        One::file("index-credentials", checks::sources::index_credentials),
        One::file("pre-release", checks::pre_release),
        One::project("known-vulnerable", advisory::known_vulnerable),
    ];

    fn view(source: &Source) -> View<'_> {
        let lines = || source.root().children().filter(|_| source.kind() == "requirements");
        let named = |name: &'static str| lines().filter(move |n| n.is(name)).collect();
        let indexes = index::Indexes::of(source);
        View { source, requirements: named("requirement"), options: named("option"), indexes }
    }

    fn facts(view: &View<'_>, out: &mut Out) {
        advisory::facts(view, out);
    }

    fn project(files: &[FileFacts]) -> advisory::Project<'_> {
        advisory::project(files)
    }
}

stockade_sdk::export!(Requirements);
