//! Patterns of paths in configuration files.
//!
//! A pattern without a slash matches a file or folder of that name anywhere below the file's folder; one with
//! a slash starts at that folder. Whoever matches a folder matches all in it. This is how ignore files of version
//! control work, which everybody knows; negation is left out, for later entries win already.

use crate::error::{Error, ErrorKind};
use crate::source::Placed;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Longest pattern in bytes; its automaton grows with it.
const MAX_PATTERN: usize = 500;

/// A pattern below a folder.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    pub(crate) written: Placed<String>,
    folder: String,
    set: GlobSet,
}

impl Glob {
    /// The pattern as it stands in a file that governs `folder`.
    pub(crate) fn new(written: Placed<String>, folder: &str) -> Result<Self, Error> {
        let set = build(&written.value).map_err(|why| {
            let glob = written.value.chars().take(80).collect();
            written.place.error(ErrorKind::Glob { glob, why })
        })?;
        Ok(Self { written, folder: folder.to_owned(), set })
    }

    /// Whether the file or folder of this path, relative to the root, is matched or lies in a folder that is.
    pub(crate) fn matches(&self, path: &str) -> bool {
        below(&self.folder, path).is_some_and(|path| self.set.is_match(path))
    }
}

/// The path as seen from `folder`, if it lies below it.
pub(super) fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

fn build(pattern: &str) -> Result<GlobSet, String> {
    let body = pattern.trim_start_matches("./");
    let anchored = body.trim_end_matches('/').contains('/');
    let body = body.trim_matches('/');
    if body.is_empty() {
        return Err("it is empty".to_owned());
    }
    if body.len() > MAX_PATTERN {
        return Err(format!("it is longer than {MAX_PATTERN} bytes"));
    }
    if body.contains('\\') {
        return Err("folders are separated by `/`".to_owned());
    }
    if body.split('/').any(|part| part == "..") {
        return Err("it leads out of the folder".to_owned());
    }
    if body.starts_with('!') {
        return Err("it cannot be negated".to_owned());
    }
    let whole = if anchored { body.to_owned() } else { format!("**/{body}") };
    let mut set = GlobSetBuilder::new();
    for glob in [whole.clone(), format!("{whole}/**")] {
        let glob = GlobBuilder::new(&glob).literal_separator(true).build();
        set.add(glob.map_err(|error| error.kind().to_string())?);
    }
    set.build().map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::argument;

    fn matches(pattern: &str, folder: &str, path: &str) -> bool {
        Glob::new(argument("test", pattern), folder).unwrap().matches(path)
    }

    #[test]
    fn patterns_match_as_in_ignore_files() {
        for (pattern, path, expected) in [
            ("vendor", "vendor/a/b.yaml", true),
            ("vendor", "x/vendor/b.yaml", true),
            ("vendor/", "vendor", true),
            ("/vendor", "x/vendor/b.yaml", false),
            ("./vendor/x", "vendor/x/y", true),
            ("*.yaml", "a/b/c.yaml", true),
            ("a/*.yaml", "a/c.yaml", true),
            ("a/*.yaml", "a/b/c.yaml", false),
            ("a/**/c.yaml", "a/b/b/c.yaml", true),
            ("tests/**", "tests/x", true),
            ("tests/**", "a/tests/x", false),
            ("{a,b}.env", "x/b.env", true),
            ("vendor", "vendored/x", false),
        ] {
            assert_eq!(matches(pattern, "", path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_of_a_nested_file_reach_only_its_folder() {
        assert!(matches("x.yaml", "deploy", "deploy/a/x.yaml"));
        assert!(!matches("x.yaml", "deploy", "x.yaml"));
        assert!(!matches("x.yaml", "deploy", "deployment/x.yaml"));
        assert!(matches("/a/x.yaml", "deploy", "deploy/a/x.yaml"));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "/", "a/../b", "[", "{a", "!x", "a\\b", &"x".repeat(501)] {
            assert!(Glob::new(argument("test", bad), "").is_err(), "{bad}");
        }
    }
}
