//! How an instruction's text falls into keyword, flags and words. Nothing is decoded here.

use std::ops::Range;

/// A flag such as `--from=builder`, as ranges of the instruction's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// The whole flag with its dashes.
    pub(super) whole: Range<usize>,
    /// Its name, without dashes.
    pub(super) name: Range<usize>,
    /// What stands behind `=`.
    pub(super) value: Option<Range<usize>>,
}

/// Whether BuildKit splits words here (quotes do not count).
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r')
}

/// `range` without white space at its ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}

/// The words of `range`, split at blanks.
pub(super) fn split(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let rest = text.as_bytes().get(at..range.end)?;
        let start = at + rest.iter().position(|b| !is_blank(*b))?;
        let rest = text.as_bytes().get(start..range.end)?;
        at = start + rest.iter().position(|b| is_blank(*b)).unwrap_or(rest.len());
        Some(start..at)
    })
}

/// The first word of `range` and what stands behind it, without white space around it.
pub(super) fn first(text: &str, range: Range<usize>) -> (Range<usize>, Range<usize>) {
    let word = split(text, range.clone()).next().unwrap_or(range.start..range.start);
    let rest = trimmed(text, word.end..range.end);
    (word, rest)
}

/// The words of `range` where quotes hold words together, as in `ENV` and `LABEL`. Quotes and escapes stay.
pub(super) fn split_quoted(text: &str, range: Range<usize>, escape: char) -> Vec<Range<usize>> {
    let slice = text.get(range.clone()).unwrap_or_default();
    let mut words = Vec::new();
    let (mut start, mut quote) = (None, None);
    let mut chars = slice.char_indices();
    while let Some((i, c)) = chars.next() {
        let at = range.start + i;
        match quote {
            None if c.is_whitespace() => words.extend(start.take().map(|start| start..at)),
            _ => {
                start.get_or_insert(at);
                if c == escape && quote != Some('\'') {
                    chars.next();
                } else if quote == Some(c) {
                    quote = None;
                } else if quote.is_none() && matches!(c, '\'' | '"') {
                    quote = Some(c);
                }
            }
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}

/// The flags at the start of `range`, and what stands behind them.
///
/// A lone `--` ends the flags and is dropped.
pub(super) fn flags(text: &str, range: Range<usize>) -> (Vec<Flag>, Range<usize>) {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().filter(|_| at < range.end);
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        while byte(at).is_some_and(|b| b.is_ascii_whitespace()) {
            at += 1;
        }
        if (byte(at), byte(at + 1)) != (Some(b'-'), Some(b'-')) {
            return (flags, trimmed(text, at..range.end));
        }
        let start = at;
        let (mut quote, mut equals) = (None, None);
        while let Some(b) = byte(at) {
            match b {
                b'\\' => at += 1,
                _ if quote == Some(b) => quote = None,
                _ if quote.is_some() => {}
                b'\'' | b'"' => quote = Some(b),
                b'=' => {
                    equals.get_or_insert(at);
                }
                _ if b.is_ascii_whitespace() => break,
                _ => {}
            }
            at += 1;
        }
        // A backslash at the end, or inside a character: the range must not be cut there.
        at = at.min(range.end);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        if at == start + 2 {
            return (flags, trimmed(text, at..range.end));
        }
        let name = start + 2..equals.unwrap_or(at);
        flags.push(Flag { whole: start..at, name, value: equals.map(|equals| equals + 1..at) });
    }
}

/// A flag's text without quotes and backslashes.
pub(super) fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            _ if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, ranges: Vec<Range<usize>>) -> Vec<&str> {
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn quotes_hold_words_together() {
        let words = |text| texts(text, split_quoted(text, 0..text.len(), '\\'));
        assert_eq!(words(r#"a="b c" d='e "f' g=h\ i "#), [r#"a="b c""#, r#"d='e "f'"#, r"g=h\ i"]);
        assert_eq!(words(r#"a="b\" c" d"#), [r#"a="b\" c""#, "d"]);
        assert_eq!(words(r#"open="a b"#), [r#"open="a b"#]);
        assert_eq!(words(""), [""; 0]);
        assert_eq!(texts("a=b` c", split_quoted("a=b` c", 0..6, '`')), ["a=b` c"]);
    }

    #[test]
    fn flags_end_where_words_begin() {
        let text = r#"--from=a --link --mount="type=x y" -- b --c"#;
        let (found, rest) = flags(text, 0..text.len());
        let names: Vec<_> = found.iter().map(|flag| &text[flag.name.clone()]).collect();
        assert_eq!(names, ["from", "link", "mount"]);
        let values: Vec<_> = found.iter().map(|f| f.value.clone().map(|v| unquoted(&text[v]))).collect();
        assert_eq!(values, [Some("a".to_owned()), None, Some("type=x y".to_owned())]);
        assert_eq!(&text[rest], "b --c");
        let (none, rest) = flags("a --b", 0..5);
        assert_eq!((none.len(), rest), (0, 0..5));
        let (odd, rest) = flags("--a\\é", 0..6);
        assert_eq!((odd[0].whole.clone(), rest), (0..6, 6..6));
    }
}
