//! Makes foreign text safe to show: on a terminal, in a report, in a log of a build server.

use std::borrow::Cow;
use stockade_model::is_harmless;

/// `text` as one line that cannot disturb what it is shown in, at most `max` bytes long.
///
/// White space runs become one blank and are trimmed from both ends. Control characters (terminal escapes),
/// characters that reorder or hide text (bidi marks and overrides, zero-width ones, tags) and noncharacters are
/// replaced by their number, `\u{1b}`: removed, they would let a text read differently from what it is. The joiners
/// U+200C and U+200D stay; scripts and emoji need them. A longer text is cut on a character boundary and ends
/// in `…` (for a `max` under 3 bytes nothing is left). Borrows where nothing changes.
#[must_use]
pub fn clean(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max && is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut line = Line { out: String::with_capacity(text.len().min(max)), max, full: false };
    for word in text.split_whitespace() {
        if line.full {
            break;
        }
        if !line.out.is_empty() {
            line.push(" ");
        }
        line.push_word(word);
    }
    Cow::Owned(line.finish())
}

/// Like [`clean`], for text of several lines: line breaks stay.
#[must_use]
pub fn clean_lines(text: &str, max: usize) -> String {
    let mut line = Line { out: String::new(), max, full: false };
    for (index, source) in text.lines().enumerate() {
        if index > 0 {
            line.push("\n");
        }
        line.push_word(source.trim_end());
        if line.full {
            break;
        }
    }
    line.finish()
}

fn is_clean(text: &str) -> bool {
    let mut blank = true;
    for c in text.chars() {
        let white = c.is_whitespace();
        if (white && (blank || c != ' ')) || !is_harmless(c) {
            return false;
        }
        blank = white;
    }
    !blank || text.is_empty()
}

/// Output that stops when it is full.
struct Line {
    out: String,
    max: usize,
    full: bool,
}

const CUT: &str = "…";

impl Line {
    fn push(&mut self, piece: &str) {
        if self.full {
            return;
        }
        if self.out.len() + piece.len() > self.max {
            self.full = true;
            return;
        }
        self.out.push_str(piece);
    }

    fn push_word(&mut self, word: &str) {
        let mut buffer = [0; 4];
        for c in word.chars() {
            if self.full {
                return;
            }
            if is_harmless(c) {
                self.push(c.encode_utf8(&mut buffer));
            } else if c == '\t' {
                self.push(" ");
            } else {
                self.push(&format!("\\u{{{:x}}}", u32::from(c)));
            }
        }
    }

    fn finish(mut self) -> String {
        if self.full {
            while self.out.len() + CUT.len() > self.max {
                if self.out.pop().is_none() {
                    return String::new();
                }
            }
            self.out.truncate(self.out.trim_end().len());
            self.out.push_str(CUT);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_lent() {
        for text in ["", "base image debian is tagged latest", "Größe 日本 👩\u{200d}💻"] {
            assert!(matches!(clean(text, 100), Cow::Borrowed(t) if t == text), "{text}");
        }
    }

    #[test]
    fn escapes_and_overrides_are_shown_as_numbers() {
        assert_eq!(clean("a\u{1b}[31mred", 100), "a\\u{1b}[31mred");
        assert_eq!(clean("user\u{202e}txt.exe", 100), "user\\u{202e}txt.exe");
        assert_eq!(clean("a\u{9b}2Jb\u{7f}", 100), "a\\u{9b}2Jb\\u{7f}");
        assert_eq!(clean("\u{feff}x\u{e0041}", 100), "\\u{feff}x\\u{e0041}");
    }

    #[test]
    fn white_space_becomes_one_blank() {
        assert_eq!(clean("  a\r\n\tb  c\u{2028}d ", 100), "a b c d");
        assert_eq!(clean(" \n ", 100), "");
    }

    #[test]
    fn long_text_is_cut_on_a_character() {
        assert_eq!(clean("äöüäöü", 9), "äöü…");
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abc…");
        assert_eq!(clean("abc", 2), "");
        for max in 0..40 {
            assert!(clean("some\u{1b}text with ümläuts and more of it", max).len() <= max);
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(clean_lines("a\u{7}\r\n\tb \nc", 100), "a\\u{7}\n b\nc");
        assert_eq!(clean_lines("aaaa\nbbbb", 8), "aaaa…");
    }
}
