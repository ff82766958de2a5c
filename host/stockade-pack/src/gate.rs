//! Decides whether a text may go to the KDL parser.
//!
//! The parser of the `kdl` crate recovers from errors by recursion (twenty thousand stray `}` overflow the stack)
//! and tries nested commented-out blocks again and again (each level doubles the time). Configuration comes from
//! the repository that is scanned, so it is hostile input. This module reads the text once, without recursion,
//! by the grammar of KDL 2 (https://kdl.dev/spec/), and lets through only what is well-formed and bounded. It is
//! deliberately stricter than KDL where our files have no use for a construct: no type annotations.

mod space;
mod string;

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
                        match self.peek() {
                            Some('{' | '[') => "This is KDL, not JSON: a line is a name and its values, as in `profile \"strict\"`.",
                            _ => "A node starts with a name: letters, digits and dashes, or a quoted string.",
                        },
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
                    // What goes on behind a word is mostly the rest of a text that should be quoted, such as a path.
                    let advice = match self.peek() {
                        Some('"' | '(' | '#') => "Separate the arguments of a node with spaces.",
                        _ => {
                            "Put text with such a character in it in quotes, as in `ignore \"dockerfile/user-root\"`."
                        }
                    };
                    return self.violation(from, from + 1, "expected a space here", advice);
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
        if len == 0 {
            let advice = "Begin a comment with `//`.";
            return self.violation(from, from + hashes, "`#` begins no comment here", advice);
        }
        let advice = "Write `#true`, `#false` or `#null`. A comment begins with `//`.";
        self.violation(from, from + hashes + len, "no such keyword", advice)
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
mod tests;
