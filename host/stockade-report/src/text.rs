//! Text for people: what a terminal may be shown, how wide it is, and small phrases.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns between tab stops.
const TAB: usize = 4;

/// Whether a character could command a terminal, or make text read other than it is (bidirectional controls).
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What to show instead of a treacherous character.
fn stand_in(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// Starts a command of GitHub's runner anywhere in a line of a log; some set outputs of the step, so text from a
/// pull request must not get through with it.
const RUNNER_COMMAND: &str = "##[";
/// Takes no room and keeps its neighbours from being read as one word.
const JOINER: char = '\u{2060}';

/// `text` on one line and harmless to a terminal and to the log of a runner: controls become visible
/// pictures of themselves.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    // Nearly all texts, told without decoding them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'#') {
        return Cow::Borrowed(text);
    }
    if !text.chars().any(is_treacherous) && !text.contains(RUNNER_COMMAND) {
        return Cow::Borrowed(text);
    }
    let shown: String = text.chars().map(|c| if is_treacherous(c) { stand_in(c) } else { c }).collect();
    Cow::Owned(shown.replace(RUNNER_COMMAND, &format!("##{JOINER}[")))
}

/// A path that starts a line, clean. One that would start a command of GitHub's runner gets `./` in front.
pub(crate) fn leading_path(path: &str) -> Cow<'_, str> {
    if path.trim_start().starts_with("::") { Cow::Owned(format!("./{}", clean(path))) } else { clean(path) }
}

/// Columns that `text`, which must be clean, takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Appends `c` to `line` as a terminal may show it, where `column` columns are taken, and says how many
/// columns it takes.
pub(crate) fn push_visible(line: &mut String, c: char, column: usize) -> usize {
    match c {
        '\t' => {
            let n = TAB - column % TAB;
            line.extend(std::iter::repeat_n(' ', n));
            n
        }
        c if is_treacherous(c) => {
            line.push(stand_in(c));
            1
        }
        c => {
            if c == '[' && line.ends_with("##") {
                line.push(JOINER);
            }
            line.push(c);
            c.width().unwrap_or(0)
        }
    }
}

/// At most `max` characters of `text`, the last of them an ellipsis where something was cut.
pub(crate) fn clip(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept = text.char_indices().nth(max.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", text.get(..kept).unwrap_or_default()))
        }
    }
}

/// `text`, which must be clean, in lines of at most `columns` columns, broken at spaces; longer words stay whole, so that
/// paths and commands can be copied.
pub(crate) fn wrap(text: &str, columns: usize) -> String {
    wrap_with(text, columns, "")
}

/// As the crate wraps its own texts: `text`, without control characters, in lines of at most `columns` columns, broken at
/// spaces, each line but the first behind `indent`.
#[must_use]
pub fn wrap_with(text: &str, columns: usize, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut column = 0;
    for word in text.split(' ') {
        let taken = width(word);
        if column > 0 && column + 1 + taken > columns {
            out.push('\n');
            out.push_str(indent);
            column = width(indent);
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += taken;
    }
    out
}

/// `1 file`, `2 files`, `1,000 files`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A number with commas between thousands.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `text` as a sentence: with a final period unless it ends with one or the like already.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_pictures() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}d\u{7f}"), "a\u{241b}[31mb\u{240a}c\u{fffd}d\u{2421}");
        assert!(matches!(clean("ü 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn logs_of_runners_get_no_commands() {
        assert_eq!(clean("a ##[set-output name=x]y"), "a ##\u{2060}[set-output name=x]y");
        let mut line = String::new();
        for c in "###[x".chars() {
            push_visible(&mut line, c, 0);
        }
        assert!(!line.contains("##["));
        assert_eq!([leading_path(" ::error::x"), leading_path("a::b")], ["./ ::error::x", "a::b"]);
    }

    #[test]
    fn tabs_end_at_stops_and_wide_characters_take_two_columns() {
        let mut line = String::new();
        let mut column = 0;
        for c in "a\t漢\tb".chars() {
            column += push_visible(&mut line, c, column);
        }
        assert_eq!((line.as_str(), column), ("a   漢  b", 9));
        assert_eq!(width(&line), 9);
    }

    #[test]
    fn lines_break_at_spaces_only() {
        assert_eq!(wrap("one two 漢字漢字 a-very-long-word x", 9), "one two\n漢字漢字\na-very-long-word\nx");
        assert_eq!(wrap("", 9), "");
        assert_eq!(wrap_with("- one two three", 9, "  "), "- one two\n  three");
    }

    #[test]
    fn numbers_and_counts() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([count(1, "file"), count(2, "file")], ["1 file", "2 files"]);
        assert_eq!([clip("abcd", 4), clip("abcde", 4)], ["abcd", "abc…"]);
    }
}
