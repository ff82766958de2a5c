//! YAML documents in flow style, as `kubectl get -o kyaml` writes them: braces as in JSON, keys without quotes.

/// What stands at `apiVersion` and `kind` of the document that begins with the brace at the start of `text`. One pass,
/// which ends where both are known, or with the document.
pub(super) fn api_and_kind(text: &str) -> (Option<&str>, Option<&str>) {
    let (mut api_version, mut kind) = (None, None);
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0_usize, 0_usize);
    // The last byte that is no blank: a quote begins a text only where a key or a value may begin.
    let mut last = b'{';
    while let Some(&byte) = bytes.get(at) {
        let begins = matches!(last, b'{' | b'[' | b',' | b':');
        match byte {
            b'\n' if text.get(at..).is_some_and(|rest| rest.starts_with("\n---")) => break,
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'#' if at
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_some_and(u8::is_ascii_whitespace) =>
            {
                at = memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default())
                    .map_or(bytes.len(), |n| at + n);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => break,
            b'}' | b']' => depth -= 1,
            _ if begins && depth == 1 && last != b':' => {
                let (key, after) = word(text, at);
                let colon = after + blanks(bytes, after);
                if bytes.get(colon) == Some(&b':') {
                    let slot = match key {
                        "apiVersion" => Some(&mut api_version),
                        "kind" => Some(&mut kind),
                        _ => None,
                    };
                    if let Some(slot) = slot {
                        let start = colon + 1;
                        *slot = Some(word(text, start + blanks(bytes, start)).0)
                            .filter(|value| !value.is_empty());
                        if api_version.is_some() && kind.is_some() {
                            break;
                        }
                    }
                }
                last = b'a';
                at = after.max(at + 1);
                continue;
            }
            b'"' | b'\'' if begins => {
                at = word(text, at).1;
                last = b'"';
                continue;
            }
            _ => {}
        }
        last = byte;
        at += 1;
    }
    (api_version, kind)
}

/// The text that begins at `from`, with quotes or without, and where it ends.
fn word(text: &str, from: usize) -> (&str, usize) {
    let bytes = text.as_bytes();
    let rest = bytes.get(from..).unwrap_or_default();
    if let Some(quote @ (b'"' | b'\'')) = rest.first() {
        let mut at = from + 1;
        while let Some(byte) = bytes.get(at).filter(|byte| *byte != quote) {
            at += if *byte == b'\\' && *quote == b'"' { 2 } else { 1 };
        }
        return (text.get(from + 1..at).unwrap_or_default(), (at + 1).min(bytes.len()));
    }
    let ends = |byte: &u8| matches!(byte, b':' | b',' | b'{' | b'}' | b'[' | b']' | b'\n' | b'\r');
    // The group of an `apiVersion` has no colon in it, and no blank.
    let end = rest.iter().position(ends).map_or(bytes.len(), |n| from + n);
    (text.get(from..end).unwrap_or_default().trim_end(), end)
}

fn blanks(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use super::api_and_kind;

    #[test]
    fn names_are_read_at_the_top_of_the_document() {
        for (text, names) in [
            ("{\n  apiVersion: \"v1\",\n  kind: \"Pod\",\n}", (Some("v1"), Some("Pod"))),
            (
                "{ # it's {one}\n  metadata: {kind: 'no', a: [b, {c: d}]},\n  kind: Pod, 'apiVersion': apps/v1}",
                (Some("apps/v1"), Some("Pod")),
            ),
            ("{a: don't, kind: Pod}", (None, Some("Pod"))),
            ("{a: \"\\\"\", \"kind\" : \"Pod\"}", (None, Some("Pod"))),
            ("{a: {apiVersion: v1, kind: Pod}}", (None, None)),
            ("{a: b\n---\napiVersion: v1, kind: Pod}", (None, None)),
            ("{a: kind: Pod", (None, None)),
            ("{apiVersion: , kind: \"", (None, None)),
            ("{", (None, None)),
        ] {
            assert_eq!(api_and_kind(text), names, "{text}");
        }
    }
}
