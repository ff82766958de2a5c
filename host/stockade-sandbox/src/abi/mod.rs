//! Where all versions of the plugin interface meet: each is an adapter from its own types to the model's.

mod v0_1;

use crate::{OpenError, meter::Meter, open::split_version, wasi::World};
use stockade_model::{Document, FileFacts, RawReport, RuleSetup};
use wasmtime::component::{Component, Linker};
use wasmtime::{Result, Store};

/// Minor versions of the interface that have an adapter, oldest first.
const KNOWN: &[(u64, u64)] = &[(0, 1)];

/// What belongs to one instance.
pub(crate) struct Guest {
    pub(crate) meter: Meter,
    pub(crate) world: World,
    pub(crate) budget: Budget,
}

/// What the call of a plugin that counts by itself may take, in instructions; unused where the engine counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    pub(crate) given: u64,
    /// What is left after the call; zero while it runs, and where it did not come to its end.
    pub(crate) left: u64,
}

impl Budget {
    /// A budget for the next call.
    pub(crate) fn of(instructions: u64) -> Self {
        // The plugin counts with a sign, and what it takes between two looks must not come round.
        Self { given: instructions.min(u64::MAX / 4), left: 0 }
    }
}

/// One file to check.
pub(crate) struct FileCall<'a> {
    pub(crate) path: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) document: &'a Document,
    /// Tables of the document that the plugin asked for.
    pub(crate) needs: &'a [String],
    pub(crate) rules: &'a [u32],
}

/// A component that fits one version of the interface, ready to be instantiated any number of times.
pub(crate) trait Opened: Send + Sync {
    /// Makes an instance in `store`.
    fn instantiate(&self, store: &mut Store<Guest>) -> Result<Box<dyn Exports>>;
}

/// The functions of one instance. The outer result is the engine's, the inner one the plugin's own words.
pub(crate) trait Exports: Send {
    fn configure(&self, store: &mut Store<Guest>, rules: &[RuleSetup]) -> Result<Result<(), String>>;
    fn check(&self, store: &mut Store<Guest>, call: &FileCall<'_>) -> Result<Result<RawReport, String>>;
    fn check_project(
        &self,
        store: &mut Store<Guest>,
        files: &[FileFacts],
        rules: &[u32],
    ) -> Result<Result<RawReport, String>>;
}

/// Picks the newest known interface among the names a component exports; gives its full version.
///
/// # Errors
/// Where it exports none at all, or only newer or older ones.
pub(crate) fn choose(exports: &[String]) -> std::result::Result<String, OpenError> {
    let mut versions: Vec<(Version, &str)> = exports
        .iter()
        .map(|name| split_version(name))
        .filter(|(interface, _)| *interface == "stockade:plugin/rules")
        .filter_map(|(_, version)| Some((Version::parse(version)?, version)))
        .collect();
    versions.sort_unstable();
    if let Some((_, text)) = versions.iter().rev().find(|(v, _)| KNOWN.contains(&(v.0, v.1))) {
        return Ok((*text).to_owned());
    }
    let Some((newest, _)) = versions.last() else { return Err(OpenError::NoInterface) };
    let found = format!("{}.{}", newest.0, newest.1);
    let known: Vec<String> = KNOWN.iter().map(|(major, minor)| format!("{major}.{minor}")).collect();
    let known = known.join(", ");
    if KNOWN.last().is_some_and(|last| (newest.0, newest.1) > *last) {
        Err(OpenError::TooNew { found, known })
    } else {
        Err(OpenError::TooOld { found, known })
    }
}

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u64, u64, u64);

impl Version {
    /// Plain releases only: a draft of a version promises nothing.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<u64>().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

/// Binds a compiled component to the adapter of the interface it exports.
///
/// # Errors
/// [`OpenError::Types`] where its functions have other types than they should.
pub(crate) fn bind(
    linker: &Linker<Guest>,
    component: &Component,
    interface: &str,
) -> std::result::Result<Box<dyn Opened>, OpenError> {
    let opened = match Version::parse(interface) {
        Some(Version(0, 1, _)) => v0_1::bind(linker, component),
        _ => return Err(OpenError::NoInterface),
    };
    opened.map_err(|error| crate::open::misfit(interface, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> std::result::Result<String, OpenError> {
        choose(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_newest_known_version_is_chosen() {
        let both = ["stockade:plugin/rules@0.3.0", "stockade:plugin/rules@0.1.4", "wasi:cli/run@0.2.0"];
        assert_eq!(chosen(&both), Ok("0.1.4".to_owned()));
    }

    #[test]
    fn newer_and_older_versions_get_different_advice() {
        let new = chosen(&["stockade:plugin/rules@0.3.0"]).unwrap_err();
        assert_eq!(new.to_string(), "is built for interface 0.3, this stockade knows 0.1: update stockade");
        let old = chosen(&["stockade:plugin/rules@0.0.9"]).unwrap_err();
        assert!(old.to_string().contains("no longer supported"), "{old}");
        assert!(old.to_string().ends_with("rebuild the plugin"), "{old}");
    }

    #[test]
    fn other_components_are_no_plugins() {
        for names in
            [&[][..], &["wasi:cli/run@0.2.0"], &["stockade:plugin/rules"], &["stockade:plugin/rules@0.1"]]
        {
            assert_eq!(chosen(names), Err(OpenError::NoInterface), "{names:?}");
        }
    }
}
