//! Which words of a line are heredocs.
//!
//! BuildKit looks for words that are a `<<` (behind at most a number) and a delimiter, with quotes as in a shell. A
//! line with a quote that is not closed has none.

use std::ops::Range;

/// A heredoc as its instruction names it; ranges of the instruction's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The whole word, `<<-"EOF"`.
    pub(super) word: Range<usize>,
    /// The delimiter with its quotes.
    pub(super) delimiter: Range<usize>,
    /// The delimiter without them.
    pub(super) name: String,
    /// Leading tabs are taken away (`<<-`).
    pub(super) strip_tabs: bool,
    /// Some of the delimiter is quoted: nothing in the body is expanded.
    pub(super) quoted: bool,
}

/// The heredocs that `text[range]` mentions, in order.
pub(super) fn mentions(text: &str, range: Range<usize>) -> Vec<Mention> {
    let slice = text.get(range.clone()).unwrap_or_default();
    if !slice.contains("<<") {
        return Vec::new();
    }
    let Some(words) = words(slice) else { return Vec::new() };
    let shift = |r: Range<usize>| r.start + range.start..r.end + range.start;
    words.into_iter().filter_map(|word| mention(text, shift(word))).collect()
}

fn mention(text: &str, word: Range<usize>) -> Option<Mention> {
    let slice = text.get(word.clone())?;
    let rest = slice.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, strip_tabs) = match rest.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let mut name = String::with_capacity(rest.len());
    let mut quote = None;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote != Some('\'') => name.extend(chars.next()),
            _ if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ => name.push(c),
        }
    }
    let quoted = name != rest;
    let delimiter = word.end - rest.len()..word.end;
    (!name.is_empty()).then_some(Mention { word, delimiter, name, strip_tabs, quoted })
}

/// The words of `text`; `None` where a quote is not closed. `((…))` counts as part of a word, so that a shift in
/// it is no heredoc.
fn words(text: &str) -> Option<Vec<Range<usize>>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut at = 0;
    // Whether a `))` may still follow: without this, `((((…` would be searched again from each place.
    let mut may_close = true;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let c = rest.chars().next()?;
        let length = match c {
            _ if c.is_whitespace() => {
                words.extend(start.take().map(|start| start..at));
                at += c.len_utf8();
                continue;
            }
            '\'' => 2 + rest.get(1..)?.find('\'')?,
            '"' => double_quoted(rest)?,
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            '(' if may_close && rest.starts_with("((") => match rest.find("))") {
                Some(length) => length + 2,
                None => {
                    may_close = false;
                    1
                }
            },
            _ => c.len_utf8(),
        };
        start.get_or_insert(at);
        at += length;
    }
    words.extend(start.map(|start| start..text.len()));
    Some(words)
}

/// The length of the quoted text at the start of `text`.
fn double_quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        mentions(text, 0..text.len()).into_iter().map(|m| m.name).collect()
    }

    #[test]
    fn words_that_are_heredocs() {
        assert_eq!(names("RUN <<EOF"), ["EOF"]);
        assert_eq!(names("COPY <<a <<-'b c' 3<<\"d\" /x"), ["a", "b c", "d"]);
        let found = mentions("RUN cat <<-\"E\"OF >x", 0..19);
        assert_eq!(
            found,
            [Mention { word: 8..16, delimiter: 11..16, name: "EOF".into(), strip_tabs: true, quoted: true }]
        );
        assert!(!mentions("RUN <<EOF", 0..9)[0].quoted);
        assert!(mentions("RUN <<\\EOF", 0..10)[0].quoted);
    }

    #[test]
    fn words_that_are_none() {
        for text in [
            "RUN echo '<<EOF'",
            "RUN echo \"a <<EOF\"",
            "RUN echo $((1 <<EOF ))",
            "RUN (( x <<y ))",
            "RUN cat <<<EOF",
            "RUN cat<<EOF",
            "RUN echo \\<<EOF",
            "RUN echo << EOF",
            "RUN echo don't <<EOF",
            "RUN echo 1<<",
            "RUN <<''",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
