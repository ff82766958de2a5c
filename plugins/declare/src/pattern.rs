//! Globs for file paths and names, as regular expressions.

use regex_lite::Regex;

/// A glob on a path relative to the root: `*` and `?` stay within a part, `**` stands for any number of parts. One
/// without `/` is held against the last part alone.
///
/// # Errors
/// When it is too large to be compiled.
pub fn path(glob: &str) -> Result<Regex, String> {
    let mut out = String::from(if glob.contains('/') { "^" } else { "(?:^|/)" });
    let mut rest = glob.strip_prefix('/').unwrap_or(glob);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            out.push_str("(?:.*/)?");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            out.push_str(".*");
            rest = after;
        } else {
            match first {
                '*' => out.push_str("[^/]*"),
                '?' => out.push_str("[^/]"),
                other => literal(other, &mut out),
            }
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    compile(&(out + "$"), glob)
}

/// A pattern on a name, without regard to case: `*` stands for any characters.
///
/// # Errors
/// As [`path`].
pub fn name(pattern: &str) -> Result<Regex, String> {
    let mut out = String::from("(?i)^");
    for c in pattern.chars() {
        if c == '*' { out.push_str(".*") } else { literal(c, &mut out) }
    }
    compile(&(out + "$"), pattern)
}

fn literal(c: char, out: &mut String) {
    let mut buffer = [0; 4];
    out.push_str(&regex_lite::escape(c.encode_utf8(&mut buffer)));
}

fn compile(regex: &str, shown: &str) -> Result<Regex, String> {
    Regex::new(regex).map_err(|error| format!("the pattern `{shown}`: {error}"))
}
