//! Patterns over folded names: a small part of regular expressions, enough to say how a setting is called.
//!
//! Literals, `.`, classes (`[a-z0-9_]`), groups, `|`, `?`, `*`, `+`, `^` and `$`. A pattern may match anywhere in a
//! name, so most begin with `(^|_)` and end with `$`. Matching takes time linear in the name: each instruction
//! is tried at most once at each place (the bounded backtracking of Cox, "Regular Expression Matching: the Virtual
//! Machine Approach", 2009).
//!
//! A full engine would add half a megabyte to the component; names are short and patterns simple.

use crate::edge::{Edge, Edges, TextEdges};
use std::borrow::Cow;
use std::cell::OnceCell;

/// Longest pattern, bytes.
const MAX_PATTERN: usize = 2_000;
/// Deepest nesting of groups.
const MAX_DEPTH: usize = 20;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Cow<'static, str>,
    /// Made when the first name is tried: most patterns of most instances never meet one.
    program: OnceCell<Vec<Step>>,
    edges: Both,
}

/// What is known of a pattern's matches before a name is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Both {
    /// What matches begin with; every match that is listed begins with a word of the name.
    pub heads: Edges,
    /// What the names that match end with.
    pub tails: Edges,
    /// Every match begins where the name does.
    pub from_start: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Byte(u8),
    /// Bytes in or (where `true`) out of these ranges.
    Class(Vec<(u8, u8)>, bool),
    Start,
    End,
    /// Try the first, then the second.
    Split(usize, usize),
    /// The next step takes this byte: where it stands, try that and then the other; where it does not, only the other. Most
    /// of the words of a pattern are passed over so.
    SplitOn(u8, usize),
    Jump(usize),
    Done,
}

/// A pattern's parts.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Empty,
    Byte(u8),
    /// Two bytes and more, none of which is repeated.
    Text(Box<[u8]>),
    Class(Vec<(u8, u8)>, bool),
    Start,
    End,
    Concat(Vec<Tree>),
    Alternate(Vec<Tree>),
    Repeat(Box<Tree>, Repeat),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Repeat {
    Optional,
    Any,
    Some,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// One sentence that says what is wrong and where, in bytes.
    pub fn new(text: &str) -> Result<Self, String> {
        let tree = parse(text)?;
        let from_start = branches(&tree).iter().all(|branch| match branch {
            Tree::Concat(parts) => matches!(parts.first(), Some(Tree::Start)),
            other => matches!(other, Tree::Start),
        });
        let edges = Both { heads: Edges::heads(&tree), tails: Edges::tails(&tree), from_start };
        Ok(Self { text: Cow::Owned(text.to_owned()), program: OnceCell::new(), edges })
    }

    /// The pattern of this text, which was read before, with what [`Pattern::edges`] said of it.
    #[must_use]
    pub fn known(text: &'static str, edges: &Both) -> Self {
        Self { text: Cow::Borrowed(text), program: OnceCell::new(), edges: edges.clone() }
    }

    fn program(&self) -> &[Step] {
        self.program.get_or_init(|| {
            let mut program = Vec::new();
            // What was read once can be read again.
            if let Ok(tree) = parse(&self.text) {
                emit(&tree, &mut program);
                program.push(Step::Done);
            }
            program
        })
    }

    /// Where its matches begin and end.
    #[must_use]
    pub fn edges(&self) -> &Both {
        &self.edges
    }

    /// Whether the pattern matches somewhere in `name`.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut scratch = Scratch::default();
        scratch.read(name);
        self.matches_read(name, &mut scratch)
    }

    /// As [`Pattern::matches`], of a name that `scratch` has read.
    #[must_use]
    pub fn matches_read(&self, name: &str, scratch: &mut Scratch) -> bool {
        let bytes = name.as_bytes();
        scratch.tried.clear();
        scratch.tried.resize((self.program().len() * (bytes.len() + 1)).div_ceil(64), 0);
        if self.edges.from_start {
            return self.matches_at(bytes, 0, scratch);
        }
        if self.edges.heads.any() {
            return (0..=bytes.len()).any(|start| self.matches_at(bytes, start, scratch));
        }
        // With known heads a match begins at the start of the name or with the `_` in front of one.
        let mut word = 0;
        while let Some((start, edges)) = scratch.words.get(word) {
            let from = start.saturating_sub(1);
            if self.edges.heads.fit(edges) && self.matches_at(bytes, from, scratch) {
                return true;
            }
            word += 1;
        }
        false
    }

    fn matches_at(&self, bytes: &[u8], start: usize, scratch: &mut Scratch) -> bool {
        let Scratch { open, tried, .. } = scratch;
        let program = self.program();
        // Whatever goes round or branches passes a split: to try none of them twice at a place bounds the whole.
        let mut is_new = |step: usize, at: usize| {
            let bit = step * (bytes.len() + 1) + at;
            tried.get_mut(bit / 64).is_some_and(|word| {
                let is_new = *word & (1 << (bit % 64)) == 0;
                *word |= 1 << (bit % 64);
                is_new
            })
        };
        open.clear();
        let mut next = Some((0, start));
        while let Some((step, at)) = next.or_else(|| open.pop()) {
            next = match program.get(step) {
                Some(Step::Done) => return true,
                Some(Step::Byte(wanted)) if bytes.get(at) == Some(wanted) => Some((step + 1, at + 1)),
                Some(Step::Class(ranges, negated)) => {
                    let inside = |byte: &u8| ranges.iter().any(|(low, high)| (low..=high).contains(&byte));
                    let fits = bytes.get(at).is_some_and(|byte| inside(byte) != *negated);
                    fits.then_some((step + 1, at + 1))
                }
                Some(Step::Start) if at == 0 => Some((step + 1, at)),
                Some(Step::End) if at == bytes.len() => Some((step + 1, at)),
                Some(Step::Split(first, second)) if is_new(step, at) => {
                    open.push((*second, at));
                    Some((*first, at))
                }
                Some(Step::SplitOn(first, other)) if bytes.get(at) != Some(first) => Some((*other, at)),
                Some(Step::SplitOn(_, other)) if is_new(step, at) => {
                    open.push((*other, at));
                    Some((step + 1, at))
                }
                Some(Step::Jump(to)) => Some((*to, at)),
                _ => None,
            };
        }
        false
    }
}

/// What is known of the name that is matched, and memory that is used again for the next one.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Where the words begin, and how.
    words: Vec<(usize, TextEdges)>,
    /// Steps to try, with the place in the name.
    open: Vec<(usize, usize)>,
    /// One bit for each step at each place.
    tried: Vec<u64>,
}

impl Scratch {
    /// Reads a name: its words begin where it does, and behind each `_`.
    pub fn read(&mut self, name: &str) {
        let bytes = name.as_bytes();
        let behind = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(behind);
        self.words.clear();
        self.words
            .extend(starts.map(|start| (start, Edge::of_start(bytes.get(start..).unwrap_or_default()))));
    }

    /// How its words begin.
    pub fn words(&self) -> impl Iterator<Item = &TextEdges> {
        self.words.iter().map(|(_, edges)| edges)
    }
}

fn parse(text: &str) -> Result<Tree, String> {
    if text.len() > MAX_PATTERN || !text.is_ascii() {
        return Err(format!("a pattern has at most {MAX_PATTERN} ASCII characters"));
    }
    let mut parser = Parser { bytes: text.as_bytes(), at: 0 };
    let tree = parser.alternatives(0)?;
    if parser.at < text.len() {
        return Err(format!("`)` at byte {} closes nothing", parser.at));
    }
    Ok(tree)
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn alternatives(&mut self, depth: usize) -> Result<Tree, String> {
        if depth > MAX_DEPTH {
            return Err(format!("groups are nested deeper than {MAX_DEPTH}"));
        }
        let first = self.sequence(depth)?;
        if self.peek() != Some(b'|') {
            return Ok(first);
        }
        let mut branches = Vec::with_capacity(8);
        branches.push(first);
        while self.peek() == Some(b'|') {
            self.at += 1;
            branches.push(self.sequence(depth)?);
        }
        Ok(Tree::Alternate(branches))
    }

    fn sequence(&mut self, depth: usize) -> Result<Tree, String> {
        // Most sequences are one word in a group: they need no list.
        let mut only = None;
        let mut parts = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !matches!(byte, b'|' | b')')) {
            let start = self.at;
            self.at += 1;
            let part = match byte {
                b'(' => {
                    if self.bytes.get(self.at..self.at + 2) == Some(b"?:") {
                        self.at += 2;
                    }
                    let inner = self.alternatives(depth + 1)?;
                    if self.peek() != Some(b')') {
                        return Err(format!("`(` at byte {start} is not closed"));
                    }
                    self.at += 1;
                    inner
                }
                b'[' => self.class(start)?,
                b'.' => Tree::Class(Vec::new(), true),
                b'^' => Tree::Start,
                b'$' => Tree::End,
                b'\\' => {
                    let escaped = self.peek().ok_or("a pattern cannot end with `\\`")?;
                    self.at += 1;
                    match escaped {
                        b'd' => Tree::Class(vec![(b'0', b'9')], false),
                        letter if letter.is_ascii_alphanumeric() => {
                            return Err(format!(
                                "`\\{}` at byte {start} is not known here",
                                char::from(letter)
                            ));
                        }
                        other => Tree::Byte(other),
                    }
                }
                b'?' | b'*' | b'+' | b'{' => {
                    return Err(format!("`{}` at byte {start} repeats nothing", char::from(byte)));
                }
                other => self.text(other),
            };
            let repeat = match self.peek() {
                Some(b'?') => Some(Repeat::Optional),
                Some(b'*') => Some(Repeat::Any),
                Some(b'+') => Some(Repeat::Some),
                _ => None,
            };
            let part = match repeat {
                Some(repeat) => {
                    self.at += 1;
                    Tree::Repeat(Box::new(part), repeat)
                }
                None => part,
            };
            match only.take() {
                None if parts.is_empty() => only = Some(part),
                Some(first) => {
                    parts.reserve(4);
                    parts.extend([first, part]);
                }
                None => parts.push(part),
            }
        }
        Ok(match only {
            Some(part) => part,
            None if parts.is_empty() => Tree::Empty,
            None => Tree::Concat(parts),
        })
    }

    /// The bytes from `first`, which was taken, to the next sign. The last is left for a sign that repeats it.
    fn text(&mut self, first: u8) -> Tree {
        let start = self.at - 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let is_sign = |byte: &u8| {
            matches!(byte, b'|' | b'(' | b')' | b'[' | b'.' | b'^' | b'$' | b'\\' | b'?' | b'*' | b'+' | b'{')
        };
        let mut length = rest.iter().position(is_sign).unwrap_or(rest.len());
        if length > 1 && matches!(rest.get(length), Some(b'?' | b'*' | b'+')) {
            length -= 1;
        }
        match rest.get(..length) {
            Some(text @ [_, _, ..]) => {
                self.at = start + length;
                Tree::Text(text.into())
            }
            _ => Tree::Byte(first),
        }
    }

    /// The inside of `[…]`.
    fn class(&mut self, start: usize) -> Result<Tree, String> {
        let negated = self.peek() == Some(b'^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        loop {
            let low = self.peek().ok_or_else(|| format!("`[` at byte {start} is not closed"))?;
            self.at += 1;
            match (low, self.peek(), self.bytes.get(self.at + 1)) {
                (b']', ..) => return Ok(Tree::Class(ranges, negated)),
                (_, Some(b'-'), Some(high)) if *high != b']' => {
                    ranges.push((low, *high));
                    self.at += 2;
                }
                _ => ranges.push((low, low)),
            }
        }
    }
}

fn emit(tree: &Tree, program: &mut Vec<Step>) {
    match tree {
        Tree::Empty => {}
        Tree::Byte(byte) => program.push(Step::Byte(*byte)),
        Tree::Text(text) => program.extend(text.iter().map(|byte| Step::Byte(*byte))),
        Tree::Class(ranges, negated) => program.push(Step::Class(ranges.clone(), *negated)),
        Tree::Start => program.push(Step::Start),
        Tree::End => program.push(Step::End),
        Tree::Concat(parts) => parts.iter().for_each(|part| emit(part, program)),
        Tree::Alternate(branches) => {
            let mut jumps = Vec::new();
            for (number, branch) in branches.iter().enumerate() {
                if number + 1 == branches.len() {
                    emit(branch, program);
                    continue;
                }
                let split = program.len();
                program.push(Step::Done);
                emit(branch, program);
                jumps.push(program.len());
                program.push(Step::Done);
                let next = program.len();
                set_split(program, split, next);
            }
            let end = program.len();
            jumps.into_iter().for_each(|jump| set(program, jump, Step::Jump(end)));
        }
        Tree::Repeat(inner, repeat) => {
            let start = program.len();
            if *repeat != Repeat::Some {
                program.push(Step::Done);
            }
            emit(inner, program);
            match repeat {
                Repeat::Optional => {
                    let end = program.len();
                    set_split(program, start, end);
                }
                Repeat::Any => {
                    program.push(Step::Jump(start));
                    let end = program.len();
                    set_split(program, start, end);
                }
                Repeat::Some => {
                    let end = program.len() + 1;
                    program.push(Step::Split(start, end));
                }
            }
        }
    }
}

/// Sets a step that tries what follows it, then `other`.
fn set_split(program: &mut [Step], at: usize, other: usize) {
    let step = match program.get(at + 1) {
        Some(Step::Byte(first)) => Step::SplitOn(*first, other),
        _ => Step::Split(at + 1, other),
    };
    set(program, at, step);
}

fn set(program: &mut [Step], at: usize, step: Step) {
    if let Some(slot) = program.get_mut(at) {
        *slot = step;
    }
}

/// The alternatives of which the pattern as a whole is made.
pub(crate) fn branches(tree: &Tree) -> &[Tree] {
    match tree {
        Tree::Alternate(branches) => branches,
        other => std::slice::from_ref(other),
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn names_match_as_regular_expressions_do() {
        let debug = pattern("(^|_)(debug(_?mode|_enabled)?|enable_debug)$");
        for name in ["debug", "app_debug", "app_debug_mode", "debugmode", "x_enable_debug"] {
            assert!(debug.matches(name), "{name}");
        }
        for name in ["debugger", "xdebug", "debug_port", "", "debug_"] {
            assert!(!debug.matches(name), "{name}");
        }
        let audit = pattern("(^|_)audit(_[a-z0-9]+)*_(retention(_days)?|max_?age)$");
        assert!(audit.matches("security_audit_log_file_retention_days") && audit.matches("audit_maxage"));
        assert!(!audit.matches("auditor_retention") && !audit.matches("audit_retention_hours"));
        let risk = pattern("risk_level_[3-9](_plus)?");
        assert!(risk.matches("a_risk_level_4_plus_x") && !risk.matches("risk_level_2"));
        assert!(pattern("a.c\\d+").matches("xabc12") && !pattern("a.c\\d+").matches("abcd"));
        assert!(pattern("^(a|b)*$").matches("") && pattern("^(a|b)*$").matches("abba"));
        assert!(!pattern("^[^a]$").matches("a"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["(", ")", "a)", "[a", "*a", "a{2}", "\\", "\\w", &"(".repeat(30), "é"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn matching_is_bounded() {
        for text in ["(^|_)(a|a)*(a|a)*(a|a)*b$", "(^|_)(a?)*(a?|b?)*(a*)+c$", "(^|_)(a?a?a?)*(aa|a)*b$"] {
            assert!(!pattern(text).matches(&"a".repeat(256)), "{text}");
        }
    }
}
