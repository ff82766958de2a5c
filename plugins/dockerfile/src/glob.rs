//! Patterns with `*`: for image names in parameters, and as `.dockerignore` has them.

/// Whether `text` fits `pattern`, in which `*` stands for any characters. Time is at most the product of the lengths.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes(), false)
}

/// A pattern of a `.dockerignore`: `*` and `?` stop at `/`, `**` does not, `[a-z]` is a class
/// (https://pkg.go.dev/path/filepath#Match).
#[derive(Debug)]
pub struct PathPattern<'p>(Vec<&'p str>);

impl<'p> PathPattern<'p> {
    /// Reads it; slashes at either end do not matter.
    #[must_use]
    pub fn new(pattern: &'p str) -> Self {
        let pattern = clean(pattern);
        Self(if pattern.is_empty() { Vec::new() } else { pattern.split('/').collect() })
    }

    /// Whether the path of these [`parts`], or a folder that holds it, fits.
    #[must_use]
    pub fn fits(&self, parts: &[&str]) -> bool {
        // A pattern that fits a folder takes everything below it.
        !self.0.is_empty() && reached(&self.0, parts).iter().skip(1).any(|fits| *fits)
    }
}

/// The parts of a path without slashes at either end.
#[must_use]
pub fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect()
}

/// A path or pattern without leading and trailing slashes and `./`.
#[must_use]
pub fn clean(path: &str) -> &str {
    let mut path = path.trim().trim_matches('/');
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    if path == "." { "" } else { path }
}

/// Parts against parts, `**` standing for any number of them: for each number of leading parts, whether they fit. The table
/// is one row per part of the pattern, so that hostile patterns cost the product of the lengths at most.
fn reached(pattern: &[&str], parts: &[&str]) -> Vec<bool> {
    let mut reached = vec![false; parts.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let mut next = vec![false; parts.len() + 1];
        let mut carried = false;
        for at in 0..=parts.len() {
            let here = reached.get(at).copied().unwrap_or(false);
            if *wanted == "**" {
                carried |= here;
                if let Some(cell) = next.get_mut(at) {
                    *cell = carried;
                }
            } else if here
                && parts.get(at).is_some_and(|part| matches(wanted.as_bytes(), part.as_bytes(), true))
                && let Some(cell) = next.get_mut(at + 1)
            {
                *cell = true;
            }
        }
        reached = next;
    }
    reached
}

/// `*` against bytes, going back to the last star only. `rich`: `?`, classes and escapes count as well.
fn matches(pattern: &[u8], text: &[u8], rich: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let one = pattern.get(p).and_then(|c| match c {
            b'*' => None,
            b'?' if rich => Some((true, 1)),
            b'[' if rich => class(pattern.get(p..).unwrap_or_default(), text.get(t).copied().unwrap_or(0)),
            b'\\' if rich => Some((pattern.get(p + 1) == text.get(t), 2)),
            c => Some((Some(c) == text.get(t), 1)),
        });
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some((true, length)) = one {
            p += length;
            t += 1;
        } else if let Some((at, from)) = star {
            p = at + 1;
            t = from + 1;
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == b'*')
}

/// Whether `byte` is in the class that `pattern` starts with, and the length of the class. None: no class.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = pattern.get(at) == Some(&b'^');
    at += usize::from(negated);
    let (mut found, first) = (false, at);
    loop {
        let mut low = *pattern.get(at)?;
        if low == b']' && at > first {
            return Some((found != negated, at + 1));
        }
        if low == b'\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        let mut high = low;
        if pattern.get(at + 1) == Some(&b'-') && pattern.get(at + 2).is_some_and(|c| *c != b']') {
            high = *pattern.get(at + 2)?;
            at += 2;
        }
        found |= (low..=high).contains(&byte);
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars() {
        for (pattern, text) in
            [("*", ""), ("a*c", "abbc"), ("gcr.io/distroless/*", "gcr.io/distroless/x"), ("*:a*b*", "x:aXb")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*c", "ab"), ("", "a"), ("a?c", "abc")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(50), &"a".repeat(49)));
    }

    #[test]
    fn ignore_patterns() {
        let good = [
            (".git", ".git/config"),
            ("**/*.pem", "a/b/key.pem"),
            ("**/*.pem", "key.pem"),
            ("/dist/", "dist/app.js"),
            ("a/**/z", "a/z"),
            ("a/**/z", "a/b/c/z"),
            ("*", "anything/below"),
            ("file[0-9].txt", "file7.txt"),
            ("[^a]b", "cb"),
            ("**", "x"),
        ];
        for (pattern, path) in good {
            assert!(PathPattern::new(pattern).fits(&parts(path)), "{pattern} {path}");
        }
        for (pattern, path) in
            [("*.pem", "a/key.pem"), ("dist", "distant"), ("a/*/z", "a/z"), ("", "a"), ("[", "[")]
        {
            assert!(!PathPattern::new(pattern).fits(&parts(path)), "{pattern} {path}");
        }
    }
}
