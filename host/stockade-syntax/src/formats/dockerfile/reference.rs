//! Taking an image reference apart: `registry/repository:tag@digest`.
//!
//! The rules are those of the distribution project's `reference` package: the first component is a registry if
//! it has a dot, a colon or a capital, or is `localhost`.

use super::scope::Value;
use std::ops::Range;

/// The parts of a reference, as ranges of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) registry: Option<Range<usize>>,
    pub(super) repository: Option<Range<usize>>,
    pub(super) tag: Option<Range<usize>>,
    pub(super) digest: Option<Range<usize>>,
}

/// Takes `value` apart. What stands inside an unknown stretch separates nothing; a first component that is
/// unknown counts as a registry, since that is what people leave open. A value that is wholly unknown has no parts.
pub(super) fn split(value: &Value) -> Reference {
    if value.unknown.first().is_some_and(|(start, end)| *start == 0 && *end as usize == value.text.len()) {
        return Reference::default();
    }
    let mut bytes = value.text.clone().into_bytes();
    for (start, end) in &value.unknown {
        if let Some(unknown) = bytes.get_mut(*start as usize..*end as usize) {
            unknown.fill(0);
        }
    }
    let (name, digest) = match bytes.iter().position(|b| *b == b'@') {
        Some(at) => (at, Some(at + 1..bytes.len())),
        None => (bytes.len(), None),
    };
    let find_last = |byte: u8| bytes.get(..name).and_then(|name| name.iter().rposition(|b| *b == byte));
    let path = find_last(b'/').map_or(0, |at| at + 1);
    let (repository_end, tag) = match find_last(b':').filter(|at| *at >= path) {
        Some(at) => (at, Some(at + 1..name)),
        None => (name, None),
    };
    let first = bytes.get(..repository_end).and_then(|name| name.iter().position(|b| *b == b'/'));
    let registry = first.filter(|length| {
        let component = bytes.get(..*length).unwrap_or_default();
        component == b"localhost"
            || component.iter().any(|b| matches!(b, b'.' | b':' | 0) || b.is_ascii_uppercase())
    });
    let repository_start = registry.map_or(0, |length| length + 1);
    let some = |range: Range<usize>| (!range.is_empty()).then_some(range);
    Reference {
        registry: registry.and_then(|length| some(0..length)),
        repository: some(repository_start..repository_end),
        tag: tag.and_then(some),
        digest: digest.and_then(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> [&str; 4] {
        of(&Value::known(text), text)
    }

    fn of<'t>(value: &Value, text: &'t str) -> [&'t str; 4] {
        let reference = split(value);
        [reference.registry, reference.repository, reference.tag, reference.digest]
            .map(|range| range.map_or("", |range| &text[range]))
    }

    #[test]
    fn references() {
        assert_eq!(parts("debian"), ["", "debian", "", ""]);
        assert_eq!(parts("debian:12"), ["", "debian", "12", ""]);
        assert_eq!(parts("library/debian:12"), ["", "library/debian", "12", ""]);
        assert_eq!(parts("localhost/a"), ["localhost", "a", "", ""]);
        assert_eq!(parts("localhost:5000/a"), ["localhost:5000", "a", "", ""]);
        assert_eq!(parts("ghcr.io/o/r:v1@sha256:ab"), ["ghcr.io", "o/r", "v1", "sha256:ab"]);
        assert_eq!(parts("a@sha256:ab"), ["", "a", "", "sha256:ab"]);
        assert_eq!(parts("Host/a"), ["Host", "a", "", ""]);
        assert_eq!(parts("a:"), ["", "a", "", ""]);
        assert_eq!(parts(""), ["", "", "", ""]);
        assert_eq!(parts("é.x/ü:ö"), ["é.x", "ü", "ö", ""]);
    }

    #[test]
    fn unknown_stretches_separate_nothing() {
        let with = |text: &'static str, unknown: &[(u32, u32)]| {
            let value = Value { text: text.into(), unknown: unknown.to_vec(), defaulted: false };
            of(&value, text)
        };
        assert_eq!(with("${A:?b/c}/d:1", &[(0, 9)]), ["${A:?b/c}", "d", "1", ""]);
        assert_eq!(with("a:$TAG", &[(2, 6)]), ["", "a", "$TAG", ""]);
        assert_eq!(with("a$SUFFIX", &[(1, 8)]), ["", "a$SUFFIX", "", ""]);
        assert_eq!(with("$IMAGE", &[(0, 6)]), ["", "", "", ""]);
    }
}
