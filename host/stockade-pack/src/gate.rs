//! Decides whether a text may go to the KDL parser.
//!
//! The parser of the `kdl` crate recovers from errors by recursion (twenty thousand stray `}` overflow the stack)
//! and tries nested commented-out blocks again and again (each level doubles the time). Configuration comes from
//! the repository that is scanned, so it is hostile input. This module reads the text once, without recursion,
//! by the grammar of KDL 2 (https://kdl.dev/spec/), and lets through only what is well-formed and bounded. It is
//! deliberately stricter than KDL where our files have no use for a construct: no type annotations.

use stockade_model::Span;

/// Deepest nesting of `{`, and of comments within comments. Our own files need four.
const MAX_DEPTH: usize = 32;
/// Deepest nesting of things commented out with `/-` within such things.
const MAX_COMMENTED_OUT: usize = 2;
/// Longest number in bytes: 128 bits take 39 digits, and nobody counts that far.
const MAX_NUMBER: usize = 32;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) span: Span,
    /// Lower case, no final period.
    pub(crate) problem: String,
    /// A sentence.
    pub(crate) advice: &'static str,
}

type Gate<T> = Result<T, Violation>;

/// Checks that `text` is well-formed KDL 2 within the limits.
pub(crate) fn admit(text: &str) -> Gate<()> {
    let mut scan = Scan { text, at: usize::from(text.starts_with('\u{feff}')) * 3, blocks: Vec::new() };
    scan.document()
}

/// An open `{`.
struct Block {
    at: usize,
    /// The node whose block it is.
    node: Node,
}

/// What is known of a node before its end.
#[derive(Clone, Copy)]
struct Node {
    /// How many `/-` are in force in it.
    commented_out: usize,
    /// Whether one of them stands before the node itself.
    itself: bool,
}

impl Node {
    /// A node that stands in this block, or in none.
    fn within(block: Option<&Block>) -> Self {
        Self { commented_out: block.map_or(0, |block| block.node.commented_out), itself: false }
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    blocks: Vec<Block>,
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Code points that may not stand in KDL as they are: controls, and marks that change the direction of text.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{200e}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_word(c: char) -> bool {
    !is_newline(c) && !is_space(c) && !is_forbidden(c) && !"\\/(){};[]\"#=".contains(c)
}

/// What one entry turned out to be.
enum Token {
    /// A string: what may name a node or a property.
    Name,
    /// A number or keyword: what may only be a value.
    Value,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts(&self, with: &str) -> bool {
        self.rest().starts_with(with)
    }

    /// Steps over one character.
    fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn violation<T>(
        &self,
        from: usize,
        to: usize,
        problem: impl Into<String>,
        advice: &'static str,
    ) -> Gate<T> {
        let mut to = to.clamp(from, self.text.len());
        while !self.text.is_char_boundary(to) {
            to += 1;
        }
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Err(Violation { span: Span::new(clip(from), clip(to)), problem: problem.into(), advice })
    }

    fn document(&mut self) -> Gate<()> {
        loop {
            self.line_space()?;
            let mut node = Node::within(self.blocks.last());
            match self.peek() {
                None => {
                    return match self.blocks.last() {
                        None => Ok(()),
                        Some(b) => self.violation(
                            b.at,
                            b.at + 1,
                            "this `{` is never closed",
                            "Write the closing `}` at the end of the block.",
                        ),
                    };
                }
                Some('}') => {
                    let Some(block) = self.blocks.pop() else {
                        let from = self.at;
                        return self.violation(
                            from,
                            from + 1,
                            "this `}` closes nothing",
                            "Remove it, or write the `{` it belongs to.",
                        );
                    };
                    self.bump();
                    self.node_rest(true, &block.node)?;
                    continue;
                }
                Some('/') if self.starts("/-") => {
                    node = Node { commented_out: self.comment_out(node.commented_out)?, itself: true };
                }
                Some(_) => {}
            }
            match self.token()? {
                Some(Token::Name) => {}
                _ => {
                    let from = self.at;
                    return self.violation(
                        from,
                        from + 1,
                        "expected the name of a node",
                        "A node starts with a name: letters, digits and dashes, or a quoted string.",
                    );
                }
            }
            self.node_rest(false, &node)?;
        }
    }

    /// Steps over `/-` and the space behind it; `depth` is how many are in force already.
    fn comment_out(&mut self, depth: usize) -> Gate<usize> {
        let from = self.at;
        self.at += 2;
        self.line_space()?;
        if depth >= MAX_COMMENTED_OUT || self.starts("/-") {
            return self.violation(
                from,
                from + 2,
                "`/-` inside `/-`",
                "Use `//` comments for the inner one.",
            );
        }
        Ok(depth + 1)
    }

    /// Reads entries and the block of a node up to its end, or up to and with the `{` of its block.
    fn node_rest(&mut self, has_block: bool, node: &Node) -> Gate<()> {
        loop {
            let spaced = self.node_space()?;
            let from = self.at;
            match self.peek() {
                None | Some('}') => return Ok(()),
                // KDL allows it, and the parser does not.
                Some(';') if node.itself => {
                    return self.violation(
                        from,
                        from + 1,
                        "`;` behind a node that is commented out",
                        "End it with its line.",
                    );
                }
                Some(';') => {
                    self.bump();
                    return Ok(());
                }
                Some(c) if is_newline(c) => return Ok(()),
                Some('/') if self.starts("//") => return Ok(()),
                _ if has_block => {
                    return self.violation(
                        from,
                        from + 1,
                        "text behind the `}` of a block",
                        "Start the next node on a new line, or end this one with `;`.",
                    );
                }
                Some('{') => {
                    if self.blocks.len() >= MAX_DEPTH {
                        let problem = format!("blocks are nested more than {MAX_DEPTH} deep");
                        return self.violation(from, from + 1, problem, "Nest less.");
                    }
                    self.blocks.push(Block { at: from, node: *node });
                    self.bump();
                    return Ok(());
                }
                _ if !spaced => {
                    return self.violation(
                        from,
                        from + 1,
                        "expected a space here",
                        "Separate the arguments of a node with spaces.",
                    );
                }
                Some('/') if self.starts("/-") => {
                    self.comment_out(node.commented_out)?;
                    if self.peek() == Some('{') {
                        return self.violation(
                            from,
                            from + 2,
                            "a block without its node is commented out",
                            "Put `/-` before the whole node.",
                        );
                    }
                    self.entry()?;
                }
                Some(_) => self.entry()?,
            }
        }
    }

    /// An argument or a property.
    fn entry(&mut self) -> Gate<()> {
        let from = self.at;
        let token = self.token()?;
        let named = match token {
            None => {
                return self.violation(
                    from,
                    from + 1,
                    "expected an argument, a property or a block",
                    // What those write who come from TOML or JSON.
                    match self.peek() {
                        Some('[') => "A list has no brackets: separate its values with spaces, as in `ignore \"a\" \"b\"`.",
                        Some('=') => "Write the value behind the name, without `=`, as in `fail-on \"high\"`.",
                        _ => "Quote the text if it is meant as a string.",
                    },
                );
            }
            Some(Token::Value) => return Ok(()),
            Some(Token::Name) => self.peek() == Some('='),
        };
        if named {
            self.bump();
            if self.token()?.is_none() {
                let here = self.at;
                return self.violation(
                    here,
                    here + 1,
                    "expected a value behind `=`",
                    "Write the value directly behind it: a quoted string, a number, `#true` or `#false`.",
                );
            }
        }
        Ok(())
    }

    /// A string, number or keyword, if one starts here.
    fn token(&mut self) -> Gate<Option<Token>> {
        match self.peek() {
            Some('"') => self.string(0).map(|()| Some(Token::Name)),
            Some('#') => self.hash().map(Some),
            Some('(') => {
                let from = self.at;
                self.violation(from, from + 1, "type annotations mean nothing here", "Remove the `(...)`.")
            }
            Some(c) if is_word(c) => self.word().map(Some),
            _ => Ok(None),
        }
    }

    fn word(&mut self) -> Gate<Token> {
        let from = self.at;
        let word: &str = self.rest().split(|c| !is_word(c)).next().unwrap_or_default();
        let (len, verdict) = (word.len(), judge_word(word));
        self.at += len;
        match verdict {
            Ok(token) => Ok(token),
            Err((problem, advice)) => self.violation(from, from + len, problem, advice),
        }
    }

    /// A keyword or a raw string.
    fn hash(&mut self) -> Gate<Token> {
        let from = self.at;
        let hashes = self.rest().bytes().take_while(|b| *b == b'#').count();
        self.at += hashes;
        if self.peek() == Some('"') {
            return self.string(hashes).map(|()| Token::Name);
        }
        let word: &str = self.rest().split(|c| !is_word(c)).next().unwrap_or_default();
        let len = word.len();
        if hashes == 1 && matches!(word, "true" | "false" | "null" | "inf" | "-inf" | "nan") {
            self.at += len;
            return Ok(Token::Value);
        }
        self.violation(from, from + hashes + len, "no such keyword", "Write `#true`, `#false` or `#null`.")
    }

    /// A quoted string at its opening quote; raw if `hashes` is not 0.
    fn string(&mut self, hashes: usize) -> Gate<()> {
        let from = self.at;
        let many = self.starts("\"\"\"");
        let close = format!("{}{}", if many { "\"\"\"" } else { "\"" }, "#".repeat(hashes));
        self.at += if many { 3 } else { 1 };
        let body = self.at;
        if many && !self.peek().is_some_and(is_newline) {
            let advice = "Start the text on the next line, or use a single `\"`.";
            return self.violation(from, from + 3, "text behind the opening `\"\"\"`", advice);
        }
        loop {
            if self.starts(&close) {
                let end = self.at;
                self.at += close.len();
                return if many { self.margin(body, end) } else { Ok(()) };
            }
            let here = self.at;
            match self.peek() {
                None => {
                    let advice = "Write the closing quote.";
                    return self.violation(from, from + 1, "this string is never closed", advice);
                }
                Some(c) if is_forbidden(c) => {
                    let problem =
                        format!("the character U+{:04X} may not stand in a string as it is", c as u32);
                    return self.violation(here, here + c.len_utf8(), problem, "Write it as `\\u{...}`.");
                }
                Some(c) if is_newline(c) && !many => {
                    let advice = "Close the quote on its line, or use `\"\"\"` for text of several lines.";
                    return self.violation(from, here, "this string is not closed on its line", advice);
                }
                Some('\\') if hashes == 0 => self.escape()?,
                Some(_) => self.bump(),
            }
        }
    }

    fn escape(&mut self) -> Gate<()> {
        let from = self.at;
        let advice = "Known are \\n \\r \\t \\\\ \\\" \\b \\f \\s and \\u{hexadecimal}; a raw string `#\"...\"#` has none.";
        self.bump();
        match self.peek() {
            Some('n' | 'r' | 't' | '\\' | '"' | 'b' | 'f' | 's') => {
                self.bump();
                Ok(())
            }
            Some('u') => {
                let digits =
                    self.rest().strip_prefix("u{").and_then(|rest| rest.split_once('}')).map(|(hex, _)| hex);
                let hex = digits
                    .filter(|hex| (1..=6).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit()));
                let code = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
                match (hex.map(str::len), code) {
                    (Some(len), Some(_)) => {
                        self.at += len + 3;
                        Ok(())
                    }
                    _ => self.violation(from, from + 2, "this escape names no character", advice),
                }
            }
            _ => self.violation(from, from + 1, "no such escape", advice),
        }
    }

    /// Every line of a string of several lines must start with the white space before its closing quotes.
    fn margin(&self, body: usize, end: usize) -> Gate<()> {
        let text = self.text.get(body..end).unwrap_or_default();
        let last = text.char_indices().rfind(|(_, c)| is_newline(*c)).map_or(0, |(at, c)| at + c.len_utf8());
        let margin = text.get(last..).unwrap_or_default();
        if !margin.chars().all(is_space) {
            let advice = "Put the closing `\"\"\"` on a line of its own.";
            return self.violation(body + last, end, "text before the closing `\"\"\"`", advice);
        }
        let mut at = body;
        for line in text.get(..last).unwrap_or_default().split_inclusive(is_newline) {
            let content = line.trim_end_matches(is_newline);
            if !content.chars().all(is_space) && !content.starts_with(margin) {
                let advice =
                    "Indent every line at least as far as the closing `\"\"\"`, with the same white space.";
                return self.violation(
                    at,
                    at + content.len(),
                    "this line starts left of the closing `\"\"\"`",
                    advice,
                );
            }
            at += line.len();
        }
        Ok(())
    }

    /// Steps over spaces, block comments and escaped line ends; says whether there was any.
    fn node_space(&mut self) -> Gate<bool> {
        let from = self.at;
        loop {
            match self.peek() {
                Some(c) if is_space(c) => self.bump(),
                Some('/') if self.starts("/*") => self.block_comment()?,
                Some('\\') => self.continuation()?,
                _ => return Ok(self.at > from),
            }
        }
    }

    /// Steps over what may stand between nodes.
    fn line_space(&mut self) -> Gate<()> {
        loop {
            match self.peek() {
                Some(c) if is_newline(c) => self.bump(),
                Some('/') if self.starts("//") => self.line_comment()?,
                _ => {
                    if !self.node_space()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// A backslash, which must be the last on its line but for a comment.
    fn continuation(&mut self) -> Gate<()> {
        let from = self.at;
        self.bump();
        loop {
            match self.peek() {
                Some(c) if is_space(c) => self.bump(),
                Some('/') if self.starts("/*") => self.block_comment()?,
                Some('/') if self.starts("//") => self.line_comment()?,
                Some('\r') if self.starts("\r\n") => {
                    self.at += 2;
                    return Ok(());
                }
                Some(c) if is_newline(c) => {
                    self.bump();
                    return Ok(());
                }
                None => return Ok(()),
                Some(_) => {
                    let advice = "A backslash joins a line to the next one; inside text, quote it.";
                    return self.violation(from, from + 1, "text behind a `\\`", advice);
                }
            }
        }
    }

    fn line_comment(&mut self) -> Gate<()> {
        while let Some(c) = self.peek().filter(|c| !is_newline(*c)) {
            self.comment_character(c)?;
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Gate<()> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            if self.starts("/*") {
                depth += 1;
                self.at += 2;
                if depth > MAX_DEPTH {
                    let problem = format!("comments are nested more than {MAX_DEPTH} deep");
                    return self.violation(from, from + 2, problem, "Nest less.");
                }
            } else if self.starts("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            } else if let Some(c) = self.peek() {
                self.comment_character(c)?;
            } else {
                return self.violation(
                    from,
                    from + 2,
                    "this comment is never closed",
                    "Write the closing `*/`.",
                );
            }
        }
    }

    fn comment_character(&mut self, c: char) -> Gate<()> {
        if is_forbidden(c) {
            let (from, to) = (self.at, self.at + c.len_utf8());
            let problem = format!("the character U+{:04X} may not stand in a comment", c as u32);
            return self.violation(from, to, problem, "Remove it.");
        }
        self.bump();
        Ok(())
    }
}

/// What an unquoted word is: a name, a number, or neither.
fn judge_word(word: &str) -> Result<Token, (String, &'static str)> {
    if matches!(word, "true" | "false" | "null" | "inf" | "-inf" | "nan") {
        return Err((
            format!("`{word}` without `#`"),
            "Write `#true`, `#false`, `#null`, or quote the word.",
        ));
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let digit = |text: &str| text.bytes().next().is_some_and(|b| b.is_ascii_digit());
    if unsigned.strip_prefix('.').is_some_and(digit) {
        return Err((format!("`{word}` is neither a number nor a name"), "Write a digit before the point."));
    }
    if !digit(unsigned) {
        return Ok(Token::Name);
    }
    if word.len() > MAX_NUMBER {
        return Err(("a number of more than 32 characters".to_owned(), "Quote it if it is meant as text."));
    }
    if is_number(unsigned) {
        return Ok(Token::Value);
    }
    Err((format!("`{word}` is neither a number nor a name"), "Quote it if it is meant as text."))
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str, radix: u32| {
        text.chars().next().is_some_and(|c| c.is_digit(radix))
            && text.chars().all(|c| c.is_digit(radix) || c == '_')
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return digits(rest, radix);
        }
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole, 10)
        && fraction.is_none_or(|f| digits(f, 10))
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e), 10))
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
