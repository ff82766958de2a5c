//! URIs as locations of results.

/// What makes GitHub's parser refuse `text` as a URI reference, if anything.
pub(super) fn refused(text: &str) -> Option<&'static str> {
    if scheme(text).is_none() && first_segment(text).contains(':') {
        return Some("has a colon in its first path segment");
    }
    let escaped =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    (!text.split('%').skip(1).all(escaped)).then_some("has a percent sign that starts no escape")
}

/// What is wrong with `text` as a URI reference (RFC 3986), if anything.
pub(super) fn problem(text: &str) -> Option<&'static str> {
    let character = |byte: u8| match byte {
        b' ' => Some("has a space that is not percent-encoded"),
        b'\\' => Some("has a backslash"),
        b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=0x1f | 0x7f => {
            Some("has a character that must be percent-encoded")
        }
        // Brackets are for addresses of hosts only.
        b'[' | b']' if !text.contains("//") => Some("has a character that must be percent-encoded"),
        0x80.. => Some("has characters beyond ASCII that are not percent-encoded"),
        _ => None,
    };
    refused(text).or_else(|| text.bytes().find_map(character))
}

/// The scheme, if the text has one: `file` of `file:///a`.
pub(super) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut chars = scheme.chars();
    let first = chars.next()?;
    let rest = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (first.is_ascii_alphabetic() && rest).then_some(scheme)
}

fn first_segment(text: &str) -> &str {
    text.split(['/', '?', '#']).next().unwrap_or_default()
}
