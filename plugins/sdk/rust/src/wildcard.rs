//! Patterns with `*` and `?`.

/// Whether all of `text` fits `pattern`, in which `*` stands for any characters and `?` for one. Case counts. There is one
/// place to go back to, the last `*`: time is at most the product of the lengths, and nothing is allocated.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // What follows the last star, and the text from where it stops taking.
    let mut star: Option<(&str, &str)> = None;
    while let Some(c) = text.chars().next() {
        let mut rest = pattern.chars();
        match rest.next() {
            Some('*') => {
                pattern = rest.as_str();
                star = Some((pattern, text));
            }
            Some(wanted) if wanted == '?' || wanted == c => {
                pattern = rest.as_str();
                text = behind_first(text);
            }
            _ => {
                let Some((behind, taken)) = star else { return false };
                (pattern, text) = (behind, behind_first(taken));
                star = Some((pattern, text));
            }
        }
    }
    pattern.bytes().all(|byte| byte == b'*')
}

fn behind_first(text: &str) -> &str {
    let mut rest = text.chars();
    rest.next();
    rest.as_str()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_stand_for_characters() {
        for (pattern, value) in [
            ("*", ""),
            ("a", "a"),
            ("?*@?*.?*", "team@example.com"),
            ("team-*", "team-"),
            ("*b*c", "abbcbc"),
            ("?", "ü"),
        ] {
            assert!(fits(pattern, value), "{pattern} {value}");
        }
        for (pattern, value) in [
            ("", "a"),
            ("a", ""),
            ("?*@?*.?*", "@example.com"),
            ("?*@?*.?*", "team"),
            ("a*b", "abc"),
            ("??", "ü"),
        ] {
            assert!(!fits(pattern, value), "{pattern} {value}");
        }
    }
}
