//! Paths as URI references, and where rules' pages are.

/// `path` (relative to the repository root, `/`-separated) as a relative URI reference (RFC 3986).
///
/// Bytes that a path segment may not hold are percent-encoded as UTF-8, and so is a byte that is no UTF-8, which paths of
/// reports have as `\u{fffd}XX`. A colon in the first segment would read as a scheme and GitHub rejects the file, so such a
/// path gets `./` in front (RFC 3986, section 4.2).
#[must_use]
pub fn path_to_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len() + 8);
    if path.split('/').next().is_some_and(|first| first.contains(':')) {
        uri.push_str("./");
    }
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        let (this, behind) = rest.split_at(c.len_utf8());
        rest = behind;
        if c == char::REPLACEMENT_CHARACTER
            && let Some(number) = behind.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            uri.push('%');
            uri.push_str(number);
            rest = behind.get(2..).unwrap_or_default();
            continue;
        }
        this.bytes().for_each(|byte| push(byte, &mut uri));
    }
    uri
}

/// Appends a byte, percent-encoded where a path segment may not hold it.
fn push(byte: u8, uri: &mut String) {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => uri.push(char::from(byte)),
        b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
        | b'+' | b',' | b';' | b'=' => uri.push(char::from(byte)),
        _ => {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            uri.push('%');
            uri.push(HEX[usize::from(byte >> 4)]);
            uri.push(HEX[usize::from(byte & 15)]);
        }
    }
}

/// Where the page of rule `id` (`pack/name`) is below `base`, with or without a final slash.
#[must_use]
pub fn rule_url(base: &str, id: &str) -> String {
    format!("{}/{}.html", base.trim_end_matches('/'), path_to_uri(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_references() {
        for (path, uri) in [
            ("deploy/web.yaml", "deploy/web.yaml"),
            ("a b/ü.yaml", "a%20b/%C3%BC.yaml"),
            ("a:b/c:d", "./a:b/c:d"),
            ("a/b:c", "a/b:c"),
            ("\u{fffd}FF/\u{fffd}.yaml", "%FF/%EF%BF%BD.yaml"),
            ("%FF", "%25FF"),
            ("100%#?[x]\\y", "100%25%23%3F%5Bx%5D%5Cy"),
            (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        ] {
            assert_eq!(path_to_uri(path), uri);
        }
    }

    #[test]
    fn a_base_may_end_with_a_slash() {
        assert_eq!(rule_url("https://x.example/rules/", "a/b"), "https://x.example/rules/a/b.html");
    }
}
