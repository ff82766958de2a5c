//! Forms of names and versions that several files share.

use crate::error::{Error, ErrorKind};
use crate::source::{Place, Placed};

/// Lower-case letters, digits and single dashes, starting with a letter.
pub(crate) fn is_kebab(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.ends_with('-')
        && !text.contains("--")
        && text.len() <= 80
}

/// Reports a name that is not of the form of [`is_kebab`].
pub(crate) fn kebab(what: &'static str, name: &Placed<String>, errors: &mut Vec<Error>) {
    if !is_kebab(&name.value) {
        let kind = ErrorKind::Format { what, value: name.value.clone(), example: "a-name-like-this" };
        errors.push(name.place.error(kind));
    }
}

/// The numbers of a version of `parts` parts, such as `0.1.0`.
pub(crate) fn version(text: &str, parts: usize) -> Option<Vec<u32>> {
    let canonical = |part: &str| {
        let fits = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
        fits.then(|| part.parse().ok()).flatten()
    };
    let numbers: Vec<u32> = text.split('.').map(canonical).collect::<Option<_>>()?;
    (numbers.len() == parts).then_some(numbers)
}

/// Reads a release's version: three numbers. Reports anything else.
pub(crate) fn release(
    what: &'static str,
    text: &Placed<String>,
    errors: &mut Vec<Error>,
) -> Option<Vec<u32>> {
    let numbers = version(&text.value, 3);
    if numbers.is_none() {
        let kind = ErrorKind::Format { what, value: text.value.clone(), example: "0.1.0" };
        errors.push(text.place.error(kind));
    }
    numbers
}

/// Checks a `requires` against the interface that this host offers; both are `major.minor`.
pub(crate) fn interface(requires: &Placed<String>, offered: &str, errors: &mut Vec<Error>) {
    let Some(wanted) = version(&requires.value, 2) else {
        let kind =
            ErrorKind::Format { what: "interface version", value: requires.value.clone(), example: "0.1" };
        errors.push(requires.place.error(kind));
        return;
    };
    if version(offered, 2).is_none_or(|offered| wanted > offered) {
        let kind = ErrorKind::TooOld { requires: requires.value.clone(), offered: offered.to_owned() };
        errors.push(requires.place.error(kind));
    }
}

/// Reports a name that differs from that of its file or folder.
pub(crate) fn same_name(
    what: &'static str,
    place: &'static str,
    name: &Placed<String>,
    expected: &str,
    errors: &mut Vec<Error>,
) {
    if name.value != expected {
        let kind =
            ErrorKind::NameMismatch { what, place, found: name.value.clone(), expected: expected.to_owned() };
        errors.push(name.place.error(kind));
    }
}

/// Reports a name that was taken before.
pub(crate) fn unique<'a>(
    what: &'static str,
    names: impl IntoIterator<Item = &'a Placed<String>>,
    errors: &mut Vec<Error>,
) {
    let mut seen: std::collections::HashMap<&str, &Place> = std::collections::HashMap::new();
    for name in names {
        if let Some(first) = seen.get(name.value.as_str()) {
            let kind = ErrorKind::Duplicate { what, name: name.value.clone(), other: first.to_string() };
            errors.push(name.place.error(kind));
        } else {
            seen.insert(&name.value, &name.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kebab_names() {
        assert!(is_kebab("image-tag-latest") && is_kebab("a1"));
        for bad in ["", "-a", "a-", "a--b", "A", "1a", "a_b", "ä"] {
            assert!(!is_kebab(bad), "{bad}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(version("0.10.3", 3), Some(vec![0, 10, 3]));
        for bad in ["0.1", "0.1.", "01.0.0", "a.b.c", "1.0.0-rc1", "1.0.99999999999"] {
            assert_eq!(version(bad, 3), None, "{bad}");
        }
    }
}
