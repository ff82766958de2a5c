//! Interpolation of variables in Compose values, as far as a file alone can tell.

/// Stands for the value of a variable that the file does not know.
pub(crate) const UNKNOWN: char = '\u{fffd}';

/// Most variables that are looked at inside one value.
const MOST: usize = 64;

/// Fills in the defaults of `${X:-y}` and `${X-y}` and the one of `$$`; any other variable becomes [`UNKNOWN`].
#[must_use]
pub(crate) fn interpolate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    for _ in 0..MOST {
        let Some(at) = rest.find('$') else { break };
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if let Some(behind) = behind.strip_prefix('$') {
            out.push('$');
            rest = behind;
        } else if let Some(inner) = behind.strip_prefix('{') {
            let Some(end) = closing(inner) else {
                out.push(UNKNOWN);
                return out;
            };
            match default_of(&inner[..end]) {
                // A default may hold further variables: what is known of it is not worth another round.
                Some(default) if !default.contains('$') => out.push_str(default),
                _ => out.push(UNKNOWN),
            }
            rest = &inner[end + 1..];
        } else {
            let name =
                behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(behind.len());
            out.push(if name > 0 { UNKNOWN } else { '$' });
            rest = &behind[name..];
        }
    }
    out.push_str(rest);
    out
}

/// Offset of the brace that ends a variable.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `y` of `X:-y` and `X-y`.
fn default_of(inner: &str) -> Option<&str> {
    let name = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let rest = &inner[name..];
    rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'))
}

/// Whether nothing in an interpolated value comes from outside.
#[must_use]
pub(crate) fn is_known(text: &str) -> bool {
    !text.contains(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::interpolate;

    #[test]
    fn defaults_are_filled_in_and_other_variables_unknown() {
        assert_eq!(interpolate("nginx:${TAG:-latest}"), "nginx:latest");
        assert_eq!(interpolate("${A-b}/c$$d"), "b/c$d");
        assert_eq!(interpolate("$A:${B:?needed}"), "\u{fffd}:\u{fffd}");
        assert_eq!(interpolate("${A:-${B:-c}}x"), "\u{fffd}x");
        assert_eq!(interpolate("${A"), "\u{fffd}");
        assert_eq!(interpolate("5$"), "5$");
    }
}
