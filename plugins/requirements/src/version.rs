//! The order of Python's versions (PEP 440), as far as ranges of advisories need it.

use std::cmp::Ordering;

/// A version, so that comparing two compares them as pip does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    epoch: u64,
    release: Vec<u64>,
    /// Kind of a pre-release (-4 a lone `.dev`, -3 `a`, -2 `b`, -1 `rc`; 0 none) and its number.
    pre: (i8, u64),
    /// Number of a post-release, plus one.
    post: u64,
    /// Number of a development release; the highest number where it is none.
    dev: u64,
}

/// Digits at the start of a text as a number, and the rest.
fn number(text: &str) -> (Option<u64>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.parse().ok(), rest)
}

impl Version {
    /// Reads a version; `None` for what is none. The local part does not count.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let text = lower.strip_prefix('v').unwrap_or(&lower);
        let text = text.split('+').next().unwrap_or(text);
        let (epoch, text) = match text.split_once('!') {
            Some((epoch, rest)) => (epoch.parse().ok()?, rest),
            None => (0, text),
        };
        let mut release = Vec::new();
        let (first, mut rest) = number(text);
        release.push(first?);
        while let Some(behind) = rest.strip_prefix('.')
            && let (Some(next), after) = number(behind)
        {
            release.push(next);
            rest = after;
        }
        while release.len() > 1 && release.last() == Some(&0) {
            release.pop();
        }
        let (mut pre, mut post, mut dev) = ((0, 0), 0, u64::MAX);
        while !rest.is_empty() {
            let word = rest.trim_start_matches(['.', '-', '_']);
            // `1.0-1` is a post-release as well.
            let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
            let (name, behind) = word.split_at(end);
            let (count, after) = number(behind.trim_start_matches(['.', '-', '_']));
            let value = count.unwrap_or(0);
            match name {
                "a" | "alpha" => pre = (-3, value),
                "b" | "beta" => pre = (-2, value),
                "c" | "rc" | "pre" | "preview" => pre = (-1, value),
                "post" | "rev" | "r" => post = value.checked_add(1)?,
                "" if count.is_some() => post = value.checked_add(1)?,
                "dev" => dev = value,
                _ => return None,
            }
            rest = after;
        }
        if dev != u64::MAX && pre == (0, 0) && post == 0 {
            pre = (-4, 0);
        }
        Some(Self { epoch, release, pre, post, dev })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |v: &Self| (v.pre, v.post, v.dev);
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| self.release.cmp(&other.release))
            .then_with(|| key(self).cmp(&key(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_come_in_the_order_of_pip() {
        let order = [
            "1.0.dev1",
            "1.0a1",
            "1.0a2",
            "1.0b1",
            "1.0rc1",
            "1.0",
            "1.0.post1",
            "1.0.1",
            "1.2",
            "1.10",
            "2",
            "1!0.1",
        ];
        for pair in order.windows(2) {
            assert!(Version::read(pair[0]) < Version::read(pair[1]), "{pair:?}");
        }
        assert_eq!(Version::read("1.0"), Version::read("v1.0.0+local"));
        for text in ["", "x", "1.x", "1.0-foo"] {
            assert_eq!(Version::read(text), None, "{text}");
        }
    }
}
