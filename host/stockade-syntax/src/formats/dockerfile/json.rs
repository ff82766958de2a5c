//! The exec form: a JSON array of strings, as Go's `encoding/json` reads it.

use std::ops::Range;

/// Levels of arrays and objects inside the array. Deeper text is taken as no JSON.
const MAX_DEPTH: u32 = 32;

/// What an instruction's text is as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exec {
    /// The strings with where they stand, quotes included.
    Strings(Vec<(Range<usize>, String)>),
    /// An array that holds something other than strings, at this place: BuildKit refuses it.
    NotStrings(Range<usize>),
    /// No JSON array: the shell form.
    No,
}

/// Reads `text[range]`.
pub(super) fn exec_form(text: &str, range: Range<usize>) -> Exec {
    if text.as_bytes().get(range.start) != Some(&b'[') {
        return Exec::No;
    }
    let mut reader = Reader { text, at: range.start + 1, end: range.end };
    reader.array_of_strings().unwrap_or(Exec::No)
}

/// Where the value of a string stands: pairs of an offset of the value and one of the text, from which on both go in step.
/// An escape counts as its end, so that what ends in one ends behind it. `string` is the string's place, quotes included,
/// as [`exec_form`] gives it.
pub(super) fn steps(text: &str, string: &Range<usize>) -> Vec<(usize, usize)> {
    let mut reader = Reader { text, at: string.start + 1, end: string.end };
    let (mut steps, mut length) = (Vec::new(), 0);
    while let Some(rest) = text.get(reader.at..string.end)
        && let Some(run) = rest.bytes().position(|b| matches!(b, b'"' | b'\\'))
    {
        if run > 0 {
            steps.push((length, reader.at));
        }
        length += run;
        reader.at += run + 1;
        if rest.as_bytes().get(run) == Some(&b'"') {
            break;
        }
        let Some(character) = reader.escape() else { break };
        steps.push((length, reader.at - character.len_utf8()));
        length += character.len_utf8();
    }
    steps
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    end: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied().filter(|_| self.at < self.end)
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Goes over `byte`, behind blanks; `None` where something else stands.
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        (self.byte()? == byte).then(|| self.at += 1)
    }

    fn array_of_strings(&mut self) -> Option<Exec> {
        let mut strings = Vec::new();
        let mut other = None;
        self.blanks();
        if self.byte()? != b']' {
            loop {
                self.blanks();
                let start = self.at;
                if self.byte()? == b'"' {
                    let value = self.string()?;
                    strings.push((start..self.at, value));
                } else {
                    self.value(0)?;
                    other.get_or_insert(start..self.at);
                }
                if self.expect(b',').is_none() {
                    break;
                }
            }
        }
        self.expect(b']')?;
        self.blanks();
        if self.at < self.end {
            return None;
        }
        Some(other.map_or(Exec::Strings(strings), Exec::NotStrings))
    }

    /// Goes over any value.
    fn value(&mut self, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        match self.byte()? {
            b'"' => self.string().map(|_| ()),
            open @ (b'[' | b'{') => {
                let close = if open == b'[' { b']' } else { b'}' };
                self.at += 1;
                if self.expect(close).is_some() {
                    return Some(());
                }
                loop {
                    if open == b'{' {
                        self.blanks();
                        self.string()?;
                        self.expect(b':')?;
                    }
                    self.value(depth + 1)?;
                    if self.expect(b',').is_none() {
                        return self.expect(close);
                    }
                }
            }
            _ => self.word(),
        }
    }

    /// Goes over a number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')) {
            self.at += 1;
        }
        let word = self.text.get(start..self.at)?;
        let digits = word.strip_prefix('-').unwrap_or(word);
        let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'))
            && digits.parse::<f64>().is_ok();
        (is_number || matches!(word, "true" | "false" | "null")).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        if self.byte()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..self.end)?;
            let run = rest.bytes().position(|b| matches!(b, b'"' | b'\\') || b < 0x20)?;
            out.push_str(rest.get(..run)?);
            self.at += run + 1;
            match *rest.as_bytes().get(run)? {
                b'"' => return Some(out),
                b'\\' => out.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.byte()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return None,
        })
    }

    /// Reads four digits, and four more for the other half of a surrogate pair; half a pair is U+FFFD.
    fn unicode(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if (0xd800..0xdc00).contains(&first) && self.text.get(self.at..self.end)?.starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.at = back;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.end)?.get(..4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Exec {
        exec_form(text, 0..text.len())
    }

    fn values(text: &str) -> Vec<String> {
        match read(text) {
            Exec::Strings(strings) => strings.into_iter().map(|(_, value)| value).collect(),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn values_lead_back_to_their_places() {
        let text = r#"["a\"b\u00e9\n"]"#;
        // The value `a"bé<line break>`: the quote is the second byte of its escape, the `é` the last two of six.
        assert_eq!(steps(text, &(1..text.len() - 1)), [(0, 2), (1, 4), (2, 5), (3, 10), (5, 13)]);
        assert_eq!(steps("[\"\"]", &(1..3)), []);
        assert_eq!(steps("[\"abc\"]", &(1..6)), [(0, 2)]);
    }

    #[test]
    fn strings_are_decoded() {
        assert_eq!(values("[]"), [""; 0]);
        assert_eq!(values("[ \"a\",\t\"b\" ]"), ["a", "b"]);
        assert_eq!(values(r#"["\u00e9\ud83d\ude00\ud83d", "\"\\\/\n"]"#), ["é😀\u{fffd}", "\"\\/\n"]);
        assert_eq!(read(r#"["a", "é"]"#), Exec::Strings(vec![(1..4, "a".into()), (6..10, "é".into())]));
    }

    #[test]
    fn what_is_no_array_is_the_shell_form() {
        for text in
            ["['a']", "[\"a\"", "[\"a\",]", "[\"a\"] b", "[\"\\x\"]", "[\"a\" \"b\"]", "[a]", "[\"", "a", ""]
        {
            assert_eq!(read(text), Exec::No, "{text}");
        }
        assert_eq!(read(&format!("[{}", "[".repeat(10_000))), Exec::No);
    }

    #[test]
    fn other_values_are_told_apart() {
        assert_eq!(read(r#"["a", ["b"]]"#), Exec::NotStrings(6..11));
        assert_eq!(read("[1]"), Exec::NotStrings(1..2));
        assert_eq!(read(r#"[{"a": [null, -1.5e3]}, "b"]"#), Exec::NotStrings(1..22));
    }
}
