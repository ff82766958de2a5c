//! Whether a text is a regular expression, in what the common dialects (PCRE, RE2, Python, JavaScript, Java) share.

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No dialect reads it; why, in lower case.
    Invalid(&'static str),
    /// A class holds a bar between letters: `[A-Z|a-z]`.
    Bar,
    /// It fits the empty text, and nothing holds it to the ends of the text.
    Empty,
}

/// Most groups inside each other.
const MAX_DEPTH: usize = 100;

/// Reads a pattern; gives the first flaw with its offset in bytes.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read(pattern: &str) -> Result<(), (usize, Flaw)> {
    let mut reader = Reader { text: pattern, at: 0, bar: None, anchored: false };
    let empty = reader.alternatives(0)?;
    if reader.at < pattern.len() {
        return Err((reader.at, Flaw::Invalid("a parenthesis is closed that was not opened")));
    }
    if let Some(at) = reader.bar {
        return Err((at, Flaw::Bar));
    }
    if empty && !reader.anchored {
        return Err((0, Flaw::Empty));
    }
    Ok(())
}

struct Reader<'p> {
    text: &'p str,
    at: usize,
    bar: Option<usize>,
    /// Whether `^`, `$`, `\b` or a look-around stands anywhere.
    anchored: bool,
}

type Read = Result<bool, (usize, Flaw)>;

impl<'p> Reader<'p> {
    fn rest(&self) -> &'p str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn pass(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn fail<T>(&self, why: &'static str) -> Result<T, (usize, Flaw)> {
        Err((self.at, Flaw::Invalid(why)))
    }

    /// Alternatives up to a closing parenthesis or the end. Gives whether they fit the empty text.
    fn alternatives(&mut self, depth: usize) -> Read {
        let mut empty = self.sequence(depth)?;
        while self.peek() == Some('|') {
            self.pass();
            empty |= self.sequence(depth)?;
        }
        Ok(empty)
    }

    fn sequence(&mut self, depth: usize) -> Read {
        let mut empty = true;
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let one = self.item(c, depth)?;
            empty &= self.repeated(one)?;
        }
        Ok(empty)
    }

    /// One item without what repeats it.
    fn item(&mut self, c: char, depth: usize) -> Read {
        match c {
            '*' | '+' | '?' => self.fail("there is nothing to repeat"),
            '^' | '$' => {
                self.anchored = true;
                self.pass();
                Ok(true)
            }
            '(' => self.group(depth),
            '[' => self.class().map(|()| false),
            '\\' => {
                self.pass();
                match self.peek() {
                    None => self.fail("a backslash stands at the end"),
                    Some('b' | 'B' | 'A' | 'z' | 'Z' | 'G') => {
                        self.anchored = true;
                        self.pass();
                        Ok(true)
                    }
                    // Texts between `\Q` and `\E` stand for themselves.
                    Some('Q') => {
                        let length = self.rest().find("\\E").map_or(self.rest().len(), |end| end + 2);
                        self.at += length;
                        Ok(false)
                    }
                    Some('p' | 'P' | 'x' | 'u' | 'g' | 'k' | 'N') => {
                        self.pass();
                        if matches!(self.peek(), Some('{' | '<')) {
                            let close = if self.peek() == Some('{') { '}' } else { '>' };
                            match self.rest().find(close) {
                                Some(end) => self.at += end + 1,
                                None => return self.fail("a brace has no end"),
                            }
                        }
                        Ok(false)
                    }
                    Some(_) => {
                        self.pass();
                        Ok(false)
                    }
                }
            }
            _ => {
                self.pass();
                Ok(false)
            }
        }
    }

    /// What stands behind an item. Gives whether the whole fits the empty text.
    fn repeated(&mut self, mut empty: bool) -> Read {
        let mut times = 0;
        loop {
            let counted = self.counted()?;
            match self.peek() {
                Some('*' | '?') if counted.is_none() => {
                    // `*?` is lazy.
                    empty |= times == 0;
                    self.pass();
                }
                Some('+') if counted.is_none() => self.pass(),
                _ => match counted {
                    Some((least, length)) => {
                        empty |= least == 0 && times == 0;
                        self.at += length;
                    }
                    None => return Ok(empty),
                },
            }
            times += 1;
            // One sign more makes it lazy or greedy.
            if times == 2
                && !matches!(self.text.get(..self.at).and_then(|t| t.chars().next_back()), Some('?' | '+'))
            {
                self.at -= 1;
                return self.fail("a repetition is repeated");
            }
            if times > 2 {
                self.at -= 1;
                return self.fail("a repetition is repeated");
            }
        }
    }

    /// `{2}`, `{2,}`, `{2,5}`: the least number and the length in bytes. Any other brace stands for itself.
    fn counted(&self) -> Result<Option<(u32, usize)>, (usize, Flaw)> {
        let Some(rest) = self.rest().strip_prefix('{') else { return Ok(None) };
        let Some(end) = rest.find('}') else { return Ok(None) };
        let inner = rest.get(..end).unwrap_or_default();
        let (least, most) = inner.split_once(',').map_or((inner, None), |(least, most)| (least, Some(most)));
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !number(least) || inner.is_empty() || inner == "," || !most.is_none_or(number) {
            return Ok(None);
        }
        let least: u32 = least.parse().unwrap_or(0);
        let most: Option<u32> = most.and_then(|most| most.parse().ok());
        if most.is_some_and(|most| most < least) {
            return Err((self.at, Flaw::Invalid("the numbers of a repetition are the wrong way round")));
        }
        Ok(Some((least, end + 2)))
    }

    fn group(&mut self, depth: usize) -> Read {
        let open = self.at;
        self.pass();
        let mut look = false;
        if self.peek() == Some('?') {
            let rest = self.rest();
            if rest.starts_with("?#") {
                return match rest.find(')') {
                    Some(end) => {
                        self.at += end + 1;
                        Ok(true)
                    }
                    None => Err((open, Flaw::Invalid("a parenthesis is not closed"))),
                };
            }
            look = ["?=", "?!", "?<=", "?<!"].iter().any(|start| rest.starts_with(start));
            let named = ["?P<", "?<", "?'"].iter().any(|start| rest.starts_with(start)) && !look;
            if named {
                let close = if rest.starts_with("?'") { '\'' } else { '>' };
                let from = rest.find(['<', '\'']).map_or(0, |at| at + 1);
                match rest.get(from..).and_then(|name| name.find(close)) {
                    Some(end) => self.at += from + end + 1,
                    None => return self.fail("the name of a group has no end"),
                }
            } else if rest.starts_with("?P")
                || rest.starts_with("?(")
                || rest.starts_with("?&")
                || rest.starts_with("?R")
            {
                // Calls and conditions of some dialects: up to the parenthesis, whatever it is.
                match rest.find(')') {
                    Some(end) => self.at += end,
                    None => return Err((open, Flaw::Invalid("a parenthesis is not closed"))),
                }
                if self
                    .text
                    .get(self.at + 1..)
                    .is_some_and(|behind| rest.starts_with("?(") && behind.contains(')'))
                {
                    self.pass();
                }
            } else {
                // Flags: `?:`, `?i:`, `?i)`, `?>`, `?|`.
                let length = rest.find([':', ')', '>', '=', '!', '|']).unwrap_or(rest.len());
                let sign = rest.get(length..).and_then(|tail| tail.chars().next());
                self.at += length + usize::from(!matches!(sign, Some(')') | None));
                if look && rest.starts_with("?<") {
                    // `?<=` and `?<!` are one sign longer than what was found.
                    let behind = self.text.get(..self.at).unwrap_or_default();
                    if behind.ends_with('<') {
                        self.at += 1;
                    }
                }
            }
        }
        if depth >= MAX_DEPTH {
            return self.fail("too many groups are inside each other");
        }
        let empty = self.alternatives(depth + 1)?;
        if self.peek() != Some(')') {
            return Err((open, Flaw::Invalid("a parenthesis is not closed")));
        }
        self.pass();
        self.anchored |= look;
        Ok(empty || look)
    }

    fn class(&mut self) -> Result<(), (usize, Flaw)> {
        let open = self.at;
        self.pass();
        if self.peek() == Some('^') {
            self.pass();
        }
        // A bracket that comes first stands for itself.
        let mut first = true;
        let mut previous: Option<char> = None;
        let mut range = false;
        while let Some(c) = self.peek() {
            match c {
                ']' if !first => {
                    self.pass();
                    return Ok(());
                }
                '[' if self.rest().starts_with("[:") && self.rest().contains(":]") => {
                    self.at += self.rest().find(":]").map_or(0, |end| end + 2);
                    previous = None;
                    range = false;
                }
                '\\' => {
                    self.pass();
                    if self.peek().is_none() {
                        break;
                    }
                    self.pass();
                    previous = None;
                    range = false;
                }
                '-' if previous.is_some() && !range => {
                    self.pass();
                    range = self.peek().is_some_and(|next| next != ']');
                }
                _ => {
                    if range && previous.is_some_and(|from| from > c) {
                        return self.fail("a range is the wrong way round");
                    }
                    let before = previous.is_some_and(|c| c.is_ascii_alphanumeric());
                    let behind = self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_alphanumeric());
                    if c == '|' && before && behind {
                        self.bar = self.bar.or(Some(self.at));
                    }
                    // The end of a range begins no other.
                    previous = Some(c);
                    range = false;
                    self.pass();
                }
            }
            first = false;
        }
        Err((open, Flaw::Invalid("a class has no end")))
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, read};

    #[test]
    fn patterns_of_all_dialects_are_read() {
        for pattern in [
            r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b",
            r"(?i)password\s*[:=]\s*\S+",
            r"(?P<key>api[_-]?key)=(?P<value>[^&\s]+)",
            r"(?<=Bearer )[\w.-]+(?=$)",
            r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
            r"[]a-z]+|[^]]x",
            r"[[:alpha:]]+\p{Lu}\x{41}\u0041",
            r"a{2}b{2,}c{2,5}?d++e*?f{",
            r"{literal} and }",
            r"^$|^.*$",
            r"(?:a|b)+(?#comment)c",
            r"(?>a+)b",
            r"[,;|] x[|&]y",
            r"\Q[(\E.",
            r"(a(b(c)))\1",
            r"[a\]b]",
            r"[\w-]+@",
            r"[+-]?\d+",
            "ü+",
            r"(?i:abc)x",
            r"(?m)^foo",
        ] {
            assert_eq!(read(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn flaws() {
        let invalid = |pattern| match read(pattern) {
            Err((at, Flaw::Invalid(_))) => at,
            other => panic!("{pattern}: {other:?}"),
        };
        assert_eq!(invalid("a(b"), 1);
        assert_eq!(invalid("ab)c"), 2);
        assert_eq!(invalid("a[b"), 1);
        assert_eq!(invalid("+a"), 0);
        assert_eq!(invalid("(*a)"), 1);
        assert_eq!(invalid("a{5,2}"), 1);
        assert_eq!(invalid("[z-a]"), 3);
        assert_eq!(invalid("a\\"), 2);
        invalid("a**");
        assert_eq!(read("[A-Z|a-z]{2,}"), Err((4, Flaw::Bar)));
        for pattern in [".*", r"\d*", "(foo)?", "a*|b"] {
            assert_eq!(read(pattern), Err((0, Flaw::Empty)), "{pattern}");
        }
        for hostile in ["(".repeat(5_000), "[".repeat(5_000), "a{".repeat(5_000), "(?".repeat(2_000)] {
            let _ = read(&hostile);
        }
    }
}
