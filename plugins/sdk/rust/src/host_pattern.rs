//! Regular expressions that are held against the names of hosts: what they let through beside those that are meant.

/// What a dot that is not escaped lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooseDot {
    /// Any one character, where the dot of a name is meant: `shop.io` fits `shopXio`.
    AnyCharacter,
    /// Other names that end in the same letters: `.*shop.io` fits `eviloldshop.io`.
    OtherNames,
}

/// The first dot of a pattern that stands for other characters than a dot, outside of classes, in front of a letter or
/// digit of a name.
#[must_use]
pub fn loose_dot(pattern: &str) -> Option<LooseDot> {
    let bytes = pattern.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let (mut class, mut escaped) = (false, false);
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => {}
            b'[' => class = true,
            b']' => class = false,
            b'.' if !class => {
                let repeated = matches!(at(index + 1), b'*' | b'+');
                if !repeated && at(index + 1).is_ascii_alphanumeric() {
                    return Some(LooseDot::AnyCharacter);
                }
                // Whatever the repeated dot takes ends where the name begins, without a dot of its own between them.
                if repeated && at(index + 2).is_ascii_alphanumeric() {
                    return Some(LooseDot::OtherNames);
                }
            }
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{LooseDot, loose_dot};

    #[test]
    fn dots_that_are_none() {
        for (pattern, expected) in [
            (r"^https://shop.io$", Some(LooseDot::AnyCharacter)),
            (r"^https://.*shop\.io$", Some(LooseDot::OtherNames)),
            (r"^https://.+shop\.io$", Some(LooseDot::OtherNames)),
            (r"^https://shop\\.io$", Some(LooseDot::AnyCharacter)),
            (r"^https://.*\.shop\.io$", None),
            (r"^https://[a.b]+\.shop\.io$", None),
            (r"^https://shop\.io$", None),
            (".*", None),
            ("", None),
        ] {
            assert_eq!(loose_dot(pattern), expected, "{pattern}");
        }
    }
}
