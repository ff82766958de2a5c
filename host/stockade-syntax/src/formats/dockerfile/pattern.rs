//! The patterns of `${x#…}`, `${x%…}` and `${x/…/…}`: `*` and `?`, a backslash before one that is meant.

/// Steps of one match. Without a limit, a long pattern on a long value takes minutes.
const MAX_STEPS: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Char(char),
}

/// The pieces of a pattern; `None` where BuildKit refuses it.
fn compile(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Any,
            '?' => Piece::One,
            '\\' => match chars.next()? {
                escaped @ ('*' | '?' | '\\' | '}' | '/') => Piece::Char(escaped),
                _ => return None,
            },
            c => Piece::Char(c),
        });
    }
    Some(pieces)
}

/// The length in characters of the shortest or longest start of `value` that the pattern matches: `Some(None)`
/// for none. `None` where that takes too long to find out.
fn match_start(value: &[char], pattern: &[Piece], longest: bool) -> Option<Option<usize>> {
    if value.len().saturating_mul(pattern.len()) > MAX_STEPS {
        return None;
    }
    // `reached[i]`: the first i pieces match all characters so far.
    let mut reached = vec![false; pattern.len() + 1];
    let set = |reached: &mut [bool], i: usize| reached.iter_mut().skip(i).take(1).for_each(|r| *r = true);
    let close = |reached: &mut [bool]| {
        for (i, piece) in pattern.iter().enumerate() {
            if *piece == Piece::Any && reached.get(i) == Some(&true) {
                set(reached, i + 1);
            }
        }
    };
    set(&mut reached, 0);
    close(&mut reached);
    let mut best = None;
    for length in 0..=value.len() {
        if reached.last() == Some(&true) {
            best = Some(length);
            if !longest {
                break;
            }
        }
        let Some(c) = value.get(length) else { break };
        let mut next = vec![false; pattern.len() + 1];
        for (i, piece) in pattern.iter().enumerate() {
            if reached.get(i) != Some(&true) {
                continue;
            }
            let target = match piece {
                Piece::Any => i,
                Piece::One => i + 1,
                Piece::Char(wanted) if wanted == c => i + 1,
                Piece::Char(_) => continue,
            };
            set(&mut next, target);
        }
        close(&mut next);
        if !next.contains(&true) {
            break;
        }
        reached = next;
    }
    Some(best)
}

/// `value` without the shortest or longest start that matches; `None` where it cannot be told.
pub(super) fn trim_prefix<'v>(value: &'v str, pattern: &str, longest: bool) -> Option<&'v str> {
    let chars: Vec<char> = value.chars().collect();
    match match_start(&chars, &compile(pattern)?, longest)? {
        Some(length) => {
            let bytes: usize = chars.iter().take(length).map(|c| c.len_utf8()).sum();
            value.get(bytes..)
        }
        None => Some(value),
    }
}

/// `value` without the shortest or longest end that matches; `None` where it cannot be told.
pub(super) fn trim_suffix<'v>(value: &'v str, pattern: &str, longest: bool) -> Option<&'v str> {
    let chars: Vec<char> = value.chars().rev().collect();
    let mut pieces = compile(pattern)?;
    pieces.reverse();
    match match_start(&chars, &pieces, longest)? {
        Some(length) => {
            let bytes: usize = chars.iter().take(length).map(|c| c.len_utf8()).sum();
            value.get(..value.len() - bytes)
        }
        None => Some(value),
    }
}

/// `value` with the first match, or `all` of them, replaced by `to`; `None` where it cannot be told.
pub(super) fn replace(value: &str, pattern: &str, to: &str, all: bool) -> Option<String> {
    let chars: Vec<char> = value.chars().collect();
    let pieces = compile(pattern)?;
    if chars.len().saturating_mul(chars.len()).saturating_mul(pieces.len()) > MAX_STEPS {
        return None;
    }
    let to = to.replace("\\/", "/").replace("\\}", "}");
    let mut out = String::new();
    let mut at = 0;
    let mut done = false;
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        let found = if done { None } else { match_start(rest, &pieces, true)? };
        match found {
            Some(length) if length > 0 => {
                out.push_str(&to);
                at += length;
                done = !all;
            }
            _ => {
                out.extend(rest.first());
                at += 1;
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_and_longest() {
        assert_eq!(trim_prefix("a/b/c", "*/", false), Some("b/c"));
        assert_eq!(trim_prefix("a/b/c", "*/", true), Some("c"));
        assert_eq!(trim_suffix("a.tar.gz", ".*", false), Some("a.tar"));
        assert_eq!(trim_suffix("a.tar.gz", ".*", true), Some("a"));
        assert_eq!(trim_prefix("v1.2", "v", false), Some("1.2"));
        assert_eq!(trim_prefix("1.2", "v", false), Some("1.2"));
        assert_eq!(trim_prefix("*x", "\\*", false), Some("x"));
        assert_eq!(trim_prefix("ax", "\\a", false), None);
        assert_eq!(trim_suffix("a?é", "?", false), Some("a?"));
    }

    #[test]
    fn replacements() {
        assert_eq!(replace("a-b-c", "-", "_", false).as_deref(), Some("a_b-c"));
        assert_eq!(replace("a-b-c", "-", "_", true).as_deref(), Some("a_b_c"));
        assert_eq!(replace("linux/amd64", "\\/", "-", true).as_deref(), Some("linux-amd64"));
        assert_eq!(replace("abc", "b*", "x", false).as_deref(), Some("ax"));
        assert_eq!(replace(&"a".repeat(5_000), "*b", "x", true), None);
    }
}
