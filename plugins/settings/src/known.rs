//! The patterns of the built-in rules: the build read them, and each instance of the plugin is spared to.

use crate::edge::{Edge, Edges};
use crate::pattern::{Both, Pattern};

/// A pattern that the build has read.
struct Known {
    text: &'static str,
    edges: Both,
}

// `KNOWN`, sorted by text.
include!(concat!(env!("OUT_DIR"), "/known.rs"));

/// Reads a pattern, or takes what the build has read.
///
/// # Errors
/// As [`Pattern::new`].
pub fn pattern(text: &str) -> Result<Pattern, String> {
    match find(text) {
        Some(known) => Ok(Pattern::known(known.text, &known.edges)),
        None => Pattern::new(text),
    }
}

/// Whether it is one; spares reading those that the build has read.
///
/// # Errors
/// As [`Pattern::new`].
pub fn check(text: &str) -> Result<(), String> {
    if find(text).is_some() { Ok(()) } else { Pattern::new(text).map(drop) }
}

fn find(text: &str) -> Option<&'static Known> {
    let at = KNOWN.binary_search_by(|known| known.text.cmp(text)).ok()?;
    KNOWN.get(at)
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, find};
    use crate::pattern::Pattern;

    /// A pattern whose matches may begin and end with anything is tried on every name of every file. (Texts without a `_` are
    /// values and sentences.)
    #[test]
    fn every_pattern_can_be_looked_up() {
        let broad: Vec<_> = KNOWN
            .iter()
            .filter(|known| known.text.contains('_') && known.edges.heads.any() && known.edges.tails.any())
            .map(|known| known.text)
            .collect();
        assert!(broad.is_empty(), "say with which word they begin or end: {broad:#?}");
    }

    #[test]
    fn what_the_build_has_read_reads_the_same() {
        assert!(KNOWN.len() > 200, "the rules have {} patterns", KNOWN.len());
        assert!(KNOWN.is_sorted_by(|a, b| a.text < b.text));
        for known in KNOWN {
            let read = Pattern::new(known.text).unwrap_or_else(|why| panic!("{}: {why}", known.text));
            assert_eq!(*read.edges(), known.edges, "{}", known.text);
            assert!(find(known.text).is_some_and(|found| found.text == known.text));
        }
    }
}
