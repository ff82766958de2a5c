//! The line hash by which GitHub code scanning recognises an alert from one upload to the next.

use std::collections::{HashMap, VecDeque};

/// Characters of a window, counted without spaces and tabs.
const WINDOW: u64 = 100;
/// Base of the polynomial.
const BASE: u64 = 37;
/// `BASE` to the power of `WINDOW`, wrapping: what takes the characters before a window out of the sum.
const SHIFT: u64 = {
    let mut power = 1_u64;
    let mut i = 0;
    while i < WINDOW {
        power = power.wrapping_mul(BASE);
        i += 1;
    }
    power
};
/// Stands for the end of the file; zeros follow until the last window is full.
const END_OF_FILE: u16 = u16::MAX;

/// `primaryLocationLineHash` of each of `lines` (counted from 1) of `text`, as GitHub's upload action computes it
/// (github/codeql-action, `src/fingerprints.ts`), so that an upload by any other way agrees with it.
///
/// `text` must be the whole file, a byte order mark included. Lines end with `\n`, `\r\n` or a lone `\r`; a text
/// that ends with a line break has an empty last line, which has a hash as well. Numbers beyond the last line
/// get an empty string. The answer is in the order of `lines`, which may repeat and need not be sorted.
///
/// The hash of a line is the polynomial `c1*37^99 + c2*37^98 + ... + c100`, modulo 2^64, over the first hundred
/// UTF-16 code units from the line's start on, across line breaks, where spaces and tabs are left out, each
/// line break is one `\n`, and the end of the file is 65535 followed by zeros. Written in hexadecimal, with a
/// colon and how often this hash has occurred in the file so far.
///
/// Linear in the length of `text` and the number of lines.
#[must_use]
pub fn line_hashes(text: &str, lines: &[u32]) -> Vec<String> {
    let mut wanted: Vec<u32> = lines.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut hasher = Hasher { wanted, ..Hasher::default() };
    let mut rest = text;
    // Lines behind the last one asked for change nothing.
    while !rest.is_empty() && hasher.found.len() < hasher.wanted.len() {
        let end = memchr::memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        for c in line.chars().filter(|c| !matches!(c, ' ' | '\t')) {
            match u8::try_from(c).ok().filter(u8::is_ascii) {
                Some(byte) => hasher.push(u16::from(byte)),
                None => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| hasher.push(*unit)),
            }
        }
        if !behind.is_empty() {
            hasher.push(u16::from(b'\n'));
        }
        // A line feed belongs to the carriage return in front of it.
        rest = behind.strip_prefix("\r\n").or_else(|| behind.get(1..)).unwrap_or_default();
    }
    hasher.push(END_OF_FILE);
    while !hasher.open.is_empty() {
        hasher.pad();
    }
    let found = hasher.found;
    let hash = |line: &u32| {
        let at = found.binary_search_by_key(line, |(line, _)| *line).ok()?;
        found.get(at).map(|(_, hash)| hash.clone())
    };
    lines.iter().map(|line| hash(line).unwrap_or_default()).collect()
}

/// A line whose window is not full yet.
struct OpenLine {
    line: u32,
    /// Units before it.
    at: u64,
    /// The polynomial over all units before it.
    before: u64,
}

#[derive(Default)]
struct Hasher {
    /// Lines asked for, sorted.
    wanted: Vec<u32>,
    /// Answers, sorted by line because windows fill in the order of their starts.
    found: Vec<(u32, String)>,
    /// How often each hash has occurred. All lines count, not only those asked for.
    seen: HashMap<u64, u32>,
    open: VecDeque<OpenLine>,
    /// The count at which the first of them is full; zero where none is open.
    full_at: u64,
    /// Units so far.
    count: u64,
    /// The polynomial over all units so far.
    sum: u64,
    /// Lines started so far.
    line: u32,
    /// Whether the next unit continues a line.
    inside: bool,
}

impl Hasher {
    fn push(&mut self, unit: u16) {
        if !self.inside {
            self.line = self.line.saturating_add(1);
            if self.open.is_empty() {
                self.full_at = self.count + WINDOW;
            }
            self.open.push_back(OpenLine { line: self.line, at: self.count, before: self.sum });
        }
        self.inside = unit != u16::from(b'\n');
        self.advance(unit);
    }

    fn pad(&mut self) {
        self.advance(0);
    }

    fn advance(&mut self, unit: u16) {
        self.sum = self.sum.wrapping_mul(BASE).wrapping_add(u64::from(unit));
        self.count += 1;
        // At most one window is filled by each unit, since each line has at least one.
        if self.count == self.full_at
            && let Some(open) = self.open.pop_front()
        {
            self.full_at = self.open.front().map_or(0, |next| next.at + WINDOW);
            let hash = self.sum.wrapping_sub(open.before.wrapping_mul(SHIFT));
            let occurrence = self.seen.entry(hash).or_insert(0);
            *occurrence += 1;
            if self.wanted.binary_search(&open.line).is_ok() {
                self.found.push((open.line, format!("{hash:x}:{occurrence}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        let lines: Vec<u32> = (1..=crate::LineIndex::new(text).len() as u32).collect();
        line_hashes(text, &lines)
    }

    /// What the upload action's own tests expect (github/codeql-action, `src/fingerprints.test.ts`).
    #[test]
    fn agrees_with_the_values_that_github_publishes() {
        assert_eq!(hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        assert_eq!(
            hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ]
        );
    }

    #[test]
    fn all_line_breaks_are_alike() {
        let expected = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        for breaks in [["\n"; 6], ["\r"; 6], ["\r\n"; 6], ["\n", "\r\n", "\n", "\r", "\r", "\r\n"]] {
            let [a, b, c, d, e, f] = breaks;
            let text = format!(" hello; \t{a}world!!!{b}{c}{d}  \t\tGreetings{e} End{f}");
            assert_eq!(hashes(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn equal_windows_are_counted() {
        let text = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let expected = [
            "a7f2ff13bc495cf2:1",
            "a7f2ff13bc495cf2:2",
            "a7f2ff13bc495cf2:3",
            "a7f2ff13bc495cf2:4",
            "a7f2ff13bc495cf2:5",
            "a7f2ff13bc495cf2:6",
            "a7f2ff1481e87703:1",
            "a9cf91f7bbf1862b:1",
            "55ec222b86bcae53:1",
            "cc97dc7b1d7d8f7b:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(hashes(&text), expected);
        // Asking for fewer lines, in any order, does not change the count.
        assert_eq!(line_hashes(&text, &[6, 2, 6, 99]), [expected[5], expected[1], expected[5], ""]);
    }

    /// The definition, word by word and slowly, against the rolling sum.
    #[test]
    fn agrees_with_the_definition() {
        let text = "\u{feff}name: ü𝄞\r\n\r \n\ttabs  and spaces\n".repeat(7) + &"x".repeat(250) + "\r\n\ny";
        let flat = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut seen = std::collections::BTreeMap::new();
        let mut expected = Vec::new();
        let mut start = 0;
        for line in flat.split('\n') {
            let rest = flat[start..].chars().filter(|c| !matches!(c, ' ' | '\t')).collect::<String>();
            let units = rest.encode_utf16().chain([u16::MAX]).chain(std::iter::repeat(0)).take(100);
            let hash = units.fold(0_u64, |sum, unit| sum.wrapping_mul(37).wrapping_add(u64::from(unit)));
            let n = seen.entry(hash).and_modify(|n| *n += 1).or_insert(1);
            expected.push(format!("{hash:x}:{n}"));
            start += line.len() + 1;
        }
        assert_eq!(hashes(&text), expected);
    }
}
