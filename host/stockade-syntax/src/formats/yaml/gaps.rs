//! What stands between the tokens that the event parser reports: comments and the headers of block scalars.
//!
//! The event parser can report comments too, but only through a bounded buffer (many comment lines before a nested
//! mapping become an error) and at a seventh of its speed. Gaps hold nothing but spaces, indicators, anchors,
//! tags, directives and comments, so finding a `#` in them is enough.

use stockade_model::Span;

/// Calls `found` with the span of each comment that starts in `text[from..to]`.
pub(super) fn comments(text: &str, from: usize, to: usize, mut found: impl FnMut(Span)) {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(gap) = bytes.get(at..to)
        && let Some(hash) = memchr::memchr(b'#', gap).map(|i| at + i)
    {
        if starts_comment(bytes, hash) {
            let end = line_end(bytes, hash);
            found(Span::new(hash as u32, end as u32));
            at = end.max(hash + 1);
        } else {
            at = hash + 1;
        }
    }
}

/// A `#` starts a comment at the start of a line or behind white space.
fn starts_comment(bytes: &[u8], hash: usize) -> bool {
    match hash.checked_sub(1).and_then(|i| bytes.get(i)) {
        None => true,
        // 0xBF ends a byte order mark; no other character that may stand in a gap ends like this.
        Some(before) => matches!(before, b' ' | b'\t' | b'\n' | b'\r' | 0xbf),
    }
}

/// End of the line's text, without trailing blanks.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let line = rest.get(..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())).unwrap_or_default();
    from + line.trim_ascii_end().len()
}

/// The offset of the `|` or `>` of a block scalar whose content starts at or behind `to`; `from` is the end of the
/// token before it.
pub(super) fn block_header(text: &str, from: usize, to: usize) -> Option<usize> {
    indicator(text, from, to, |byte| matches!(byte, b'|' | b'>'))
}

/// The offset of the `-` of a sequence's first item, which starts at or before `to`; `from` is the end of the
/// token before it.
pub(super) fn first_dash(text: &str, from: usize, to: usize) -> Option<usize> {
    indicator(text, from, to.saturating_add(1), |byte| byte == b'-')
}

/// Finds an indicator in a gap, behind other indicators, anchors, tags and comments.
fn indicator(text: &str, from: usize, to: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        match *bytes.get(at)? {
            byte if wanted(byte) => return Some(at),
            b'#' if starts_comment(bytes, at) => at = line_end(bytes, at).max(at + 1),
            // Anchors and tags end at white space and may contain any indicator.
            b'&' | b'!' => {
                while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// The end of a block scalar's source: `start` is that of its header, `content..end` what the event parser reports.
/// Blank lines behind the last line belong to the scalar only if it keeps them (`|+`), and the final
/// line break never does.
pub(super) fn block_end(text: &str, header: usize, content: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    let marks = bytes.get(header + 1..).unwrap_or_default();
    let marks = marks.iter().take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-')).count();
    let header_end = header + 1 + marks;
    let keep = bytes.get(header..header_end).unwrap_or_default().contains(&b'+');
    if content >= end {
        // An empty one is reported where the next token starts.
        return header_end;
    }
    let content = content.max(header_end);
    // What is reported may include the indentation of the next line.
    let mut end = end.clamp(content, text.len());
    let line_start = |end: usize| {
        memchr::memrchr2(b'\n', b'\r', bytes.get(..end).unwrap_or_default()).map_or(0, |i| i + 1)
    };
    let indent = content - line_start(content);
    let is_blank = |from: usize, to: usize| {
        let line = bytes.get(from..to).unwrap_or_default();
        line.iter().all(|b| matches!(b, b' ' | b'\t')) && (line.len() <= indent || line.contains(&b'\t'))
    };
    let mut breaks = 0;
    loop {
        let start = line_start(end);
        if start < content || !is_blank(start, end) || (keep && breaks > 0) {
            break;
        }
        // Drop the blank line and the break before it.
        end = start - 1;
        if bytes.get(end) == Some(&b'\n') && end > content && bytes.get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
        breaks += 1;
    }
    end.max(header_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        comments(text, 0, text.len(), |span| out.push(span.slice(text).unwrap()));
        out
    }

    #[test]
    fn comments_in_gaps() {
        assert_eq!(found("# a \n  # b\r\n: &x#y !t#u #c # d"), ["# a", "# b", "#c # d"]);
        assert_eq!(found("\u{feff}#x"), ["#x"]);
        assert!(found("").is_empty());
    }

    #[test]
    fn header_behind_properties() {
        let header = |text: &str| block_header(text, 0, text.len());
        assert_eq!(header(": &a|b !<x>|y> # | \n >-2 # z"), Some(21));
        assert_eq!(header(": |"), Some(2));
        assert_eq!(header(": # |"), None);
    }

    #[test]
    fn ends_of_block_scalars() {
        let end = |text: &str, content| {
            let header = text.find(['|', '>']).unwrap();
            text[header..block_end(text, header, content, text.len())].to_owned()
        };
        assert_eq!(end("a: |\n  x\n\n  \n", 7), "|\n  x");
        assert_eq!(end("a: |\n  x  \n   \n", 7), "|\n  x  \n   ");
        assert_eq!(end("a: |+\n  x\n\n\n", 8), "|+\n  x\n\n");
        assert_eq!(end("a: |-\r\n  x\r\n\r\n", 9), "|-\r\n  x");
        assert_eq!(end("a: |2-\n", 7), "|2-");
        assert_eq!(end("a: |\n\n  b: 1", 13), "|");
        assert_eq!(end("a: >\n  x", 7), ">\n  x");
    }
}
