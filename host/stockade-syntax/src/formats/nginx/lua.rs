//! Finds the end of a block of Lua: braces count only outside of Lua's strings and comments.

/// How many long brackets without an end are searched for. Each search runs to the end of the file, so without
/// a bound a file of `[[[[` takes quadratic time; valid code has none of them.
const MAX_SEARCHES: u32 = 64;

/// Length of the Lua code up to its closing brace (not included), or `None` if the brace is missing.
/// `code` starts behind the opening brace. Lexical rules: Lua 5.1 manual, section 2.1.
pub(super) fn block_len(code: &str) -> Option<usize> {
    let bytes = code.as_bytes();
    let mut searches = MAX_SEARCHES;
    let (mut at, mut depth) = (0_usize, 1_usize);
    loop {
        match bytes.get(at)? {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            quote @ (b'"' | b'\'') => {
                // An unclosed string ends with its line, as far as braces are concerned.
                at = string_end(bytes, at, *quote);
                continue;
            }
            b'[' => {
                if let Some(end) = long_bracket_end(bytes, at, &mut searches) {
                    at = end;
                    continue;
                }
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = match long_bracket_end(bytes, at + 2, &mut searches) {
                    Some(end) => end,
                    None => memchr::memchr(b'\n', bytes.get(at..)?).map_or(bytes.len(), |len| at + len),
                };
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

fn string_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => return at,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of `[[ … ]]`, `[=[ … ]=]` and so on that starts at `start`; `None` if none starts or ends there.
fn long_bracket_end(bytes: &[u8], start: usize, searches: &mut u32) -> Option<usize> {
    if bytes.get(start) != Some(&b'[') {
        return None;
    }
    let level = bytes.get(start + 1..)?.iter().take_while(|byte| **byte == b'=').count();
    if bytes.get(start + 1 + level) != Some(&b'[') {
        return None;
    }
    if *searches == 0 {
        return None;
    }
    let mut close = Vec::with_capacity(level + 2);
    close.push(b']');
    close.resize(level + 1, b'=');
    close.push(b']');
    let body = start + level + 2;
    let found = memchr::memmem::find(bytes.get(body..)?, &close).map(|len| body + len + close.len());
    *searches -= u32::from(found.is_none());
    found
}

#[cfg(test)]
mod tests {
    use super::block_len;

    #[test]
    fn braces_in_strings_and_comments_do_not_count() {
        for code in [
            "}",
            " local t = {a = {}} }",
            " say('}') }",
            " say(\"\\\"}\") }",
            " -- }\n }",
            " --[[ }\n} ]] }",
            " --[==[ ]] } ]==] }",
            " x = [[ } ]] }",
            " x = [=[ ]] } ]=] }",
            " t[i[1]] = 1 }",
        ] {
            assert_eq!(block_len(code), Some(code.len() - 1), "{code}");
        }
        assert_eq!(block_len(" {"), None);
        assert_eq!(block_len("'}"), None);
    }
}
