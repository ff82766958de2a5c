//! Patterns over folded names: a small part of regular expressions, enough to say how a setting is called.
//!
//! Literals, `.`, classes (`[a-z0-9_]`), groups, `|`, `?`, `*`, `+`, `^` and `$`. A pattern may match anywhere in a
//! name, so most begin with `(^|_)` and end with `$`. Matching takes time linear in the name: each instruction
//! is tried at most once at each place (the bounded backtracking of Cox, "Regular Expression Matching: the Virtual
//! Machine Approach", 2009).
//!
//! A full engine would add half a megabyte to the component; names are short and patterns simple.

use std::collections::BTreeSet;

/// Longest pattern, bytes.
const MAX_PATTERN: usize = 2_000;
/// Deepest nesting of groups.
const MAX_DEPTH: usize = 20;
/// More last words than this are not worth an index.
const MAX_WORDS: usize = 400;

/// Length of a match's beginning that an index looks at, bytes.
pub const HEAD: usize = 3;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    program: Vec<Step>,
    words: Option<Vec<String>>,
    heads: Option<Vec<String>>,
    /// Every match begins where the name does.
    from_start: bool,
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
    Jump(usize),
    Done,
}

#[derive(Clone, Debug)]
enum Tree {
    Empty,
    Byte(u8),
    Class(Vec<(u8, u8)>, bool),
    Start,
    End,
    Concat(Vec<Tree>),
    Alternate(Vec<Tree>),
    Repeat(Box<Tree>, Repeat),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Repeat {
    Optional,
    Any,
    Some,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// One sentence that says what is wrong and where, in bytes.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > MAX_PATTERN || !text.is_ascii() {
            return Err(format!("a pattern has at most {MAX_PATTERN} ASCII characters"));
        }
        let mut parser = Parser { bytes: text.as_bytes(), at: 0 };
        let tree = parser.alternatives(0)?;
        if parser.at < text.len() {
            return Err(format!("`)` at byte {} closes nothing", parser.at));
        }
        let mut program = Vec::new();
        emit(&tree, &mut program);
        program.push(Step::Done);
        let from_start = branches(&tree).iter().all(|branch| match branch {
            Tree::Concat(parts) => matches!(parts.first(), Some(Tree::Start)),
            other => matches!(other, Tree::Start),
        });
        Ok(Self { program, words: last_words(&tree), heads: heads(&tree), from_start })
    }

    /// The words (between `_`) one of which every matching name ends with; `None` where that is not a short list.
    #[must_use]
    pub fn last_words(&self) -> Option<&[String]> {
        self.words.as_deref()
    }

    /// The beginnings ([`HEAD`] bytes, or all there is) one of which every match has at the start of a word; `None`
    /// where that is not a short list.
    #[must_use]
    pub fn heads(&self) -> Option<&[String]> {
        self.heads.as_deref()
    }

    /// Whether the pattern matches somewhere in `name`.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.matches_with(name, &mut Scratch::default())
    }

    /// As [`Pattern::matches`], with memory that is used again for the next name.
    #[must_use]
    pub fn matches_with(&self, name: &str, scratch: &mut Scratch) -> bool {
        let bytes = name.as_bytes();
        scratch.tried.clear();
        scratch.tried.resize((self.program.len() * (bytes.len() + 1)).div_ceil(64), 0);
        if self.from_start {
            return self.matches_at(bytes, 0, scratch);
        }
        let Some(heads) = &self.heads else {
            return (0..=bytes.len()).any(|start| self.matches_at(bytes, start, scratch));
        };
        // With known heads a match begins at the start of the name or with the `_` in front of one.
        let is_head = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            heads.iter().any(|head| rest.starts_with(head.as_bytes()))
        };
        if is_head(0) && self.matches_at(bytes, 0, scratch) {
            return true;
        }
        let bars = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
        bars.map(|(at, _)| at).any(|at| is_head(at + 1) && self.matches_at(bytes, at, scratch))
    }

    fn matches_at(&self, bytes: &[u8], start: usize, scratch: &mut Scratch) -> bool {
        let Scratch { open, tried } = scratch;
        open.clear();
        open.push((0, start));
        while let Some((step, at)) = open.pop() {
            let bit = step * (bytes.len() + 1) + at;
            match tried.get_mut(bit / 64) {
                Some(word) if *word & (1 << (bit % 64)) == 0 => *word |= 1 << (bit % 64),
                _ => continue,
            }
            match self.program.get(step) {
                Some(Step::Done) => return true,
                Some(Step::Byte(wanted)) if bytes.get(at) == Some(wanted) => open.push((step + 1, at + 1)),
                Some(Step::Class(ranges, negated)) => {
                    let inside = |byte: &u8| ranges.iter().any(|(low, high)| (low..=high).contains(&byte));
                    if bytes.get(at).is_some_and(|byte| inside(byte) != *negated) {
                        open.push((step + 1, at + 1));
                    }
                }
                Some(Step::Start) if at == 0 => open.push((step + 1, at)),
                Some(Step::End) if at == bytes.len() => open.push((step + 1, at)),
                Some(Step::Split(first, second)) => open.extend([(*second, at), (*first, at)]),
                Some(Step::Jump(to)) => open.push((*to, at)),
                _ => {}
            }
        }
        false
    }
}

/// Memory for matching.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Steps to try, with the place in the name.
    open: Vec<(usize, usize)>,
    /// One bit for each step at each place.
    tried: Vec<u64>,
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
        let mut branches = vec![self.sequence(depth)?];
        while self.peek() == Some(b'|') {
            self.at += 1;
            branches.push(self.sequence(depth)?);
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Tree::Alternate(branches) })
    }

    fn sequence(&mut self, depth: usize) -> Result<Tree, String> {
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
                other => Tree::Byte(other),
            };
            let repeat = match self.peek() {
                Some(b'?') => Some(Repeat::Optional),
                Some(b'*') => Some(Repeat::Any),
                Some(b'+') => Some(Repeat::Some),
                _ => None,
            };
            parts.push(match repeat {
                Some(repeat) => {
                    self.at += 1;
                    Tree::Repeat(Box::new(part), repeat)
                }
                None => part,
            });
        }
        Ok(match parts.len() {
            0 => Tree::Empty,
            1 => parts.remove(0),
            _ => Tree::Concat(parts),
        })
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
                set(program, split, Step::Split(split + 1, next));
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
                    set(program, start, Step::Split(start + 1, end));
                }
                Repeat::Any => {
                    program.push(Step::Jump(start));
                    let end = program.len();
                    set(program, start, Step::Split(start + 1, end));
                }
                Repeat::Some => {
                    let end = program.len() + 1;
                    program.push(Step::Split(start, end));
                }
            }
        }
    }
}

fn set(program: &mut [Step], at: usize, step: Step) {
    if let Some(slot) = program.get_mut(at) {
        *slot = step;
    }
}

/// Ends of names, as far back as is known: `true` where nothing may stand before it.
type Ends = BTreeSet<(String, bool)>;

/// The set of last words, if every match ends the name and the set is short.
fn last_words(tree: &Tree) -> Option<Vec<String>> {
    let mut words = BTreeSet::new();
    for branch in branches(tree) {
        let Tree::Concat(parts) = branch else { return None };
        let [inner @ .., Tree::End] = parts.as_slice() else { return None };
        let mut ends: Ends = BTreeSet::from([(String::new(), false)]);
        for part in inner.iter().rev() {
            if ends.iter().all(|(end, whole)| *whole || end.contains('_')) {
                break;
            }
            ends = prepend(part, &ends)?;
        }
        for (end, whole) in &ends {
            match end.rsplit_once('_') {
                Some((_, word)) => words.insert(word.to_owned()),
                None if *whole => words.insert(end.clone()),
                None => return None,
            };
        }
    }
    Some(words.into_iter().collect())
}

/// The set of beginnings behind `^` or `(^|_)`, if every match has one of a short list.
fn heads(tree: &Tree) -> Option<Vec<String>> {
    let mut heads = BTreeSet::new();
    for branch in branches(tree) {
        let Tree::Concat(parts) = branch else { return None };
        let (first, rest) = parts.split_first()?;
        let anchored = match first {
            Tree::Start => true,
            Tree::Alternate(either) => matches!(either.as_slice(), [Tree::Start, Tree::Byte(b'_')]),
            _ => false,
        };
        if !anchored {
            return None;
        }
        // `true` where nothing can follow: the name ends here.
        let mut open: Ends = BTreeSet::from([(String::new(), false)]);
        for part in rest {
            if open.iter().all(|(head, ended)| *ended || head.len() >= HEAD) {
                break;
            }
            open = append(part, &open)?;
        }
        for (head, ended) in open {
            // Without an end the name may go on in any way.
            if !ended && head.len() < HEAD {
                return None;
            }
            heads.insert(head);
        }
    }
    Some(heads.into_iter().collect())
}

/// What stands at the beginning of matches in which `part` follows `heads`; `None` where that cannot be listed.
fn append(part: &Tree, heads: &Ends) -> Option<Ends> {
    let mut result = Ends::new();
    for (head, ended) in heads {
        if *ended || head.len() >= HEAD {
            result.insert((head.clone(), *ended));
            continue;
        }
        let one: Ends = BTreeSet::from([(head.clone(), false)]);
        match part {
            Tree::Empty => result.extend(one),
            Tree::Start => return None,
            Tree::End => {
                result.insert((head.clone(), true));
            }
            Tree::Byte(byte) => {
                result.insert((format!("{head}{}", char::from(*byte)), false));
            }
            Tree::Class(ranges, false) if ranges.iter().all(|(low, high)| high.saturating_sub(*low) < 12) => {
                for byte in ranges.iter().flat_map(|(low, high)| *low..=*high) {
                    result.insert((format!("{head}{}", char::from(byte)), false));
                }
            }
            Tree::Class(..) => return None,
            Tree::Concat(parts) => {
                let mut inner = one;
                for part in parts {
                    inner = append(part, &inner)?;
                }
                result.extend(inner);
            }
            Tree::Alternate(branches) => {
                for branch in branches {
                    result.extend(append(branch, &one)?);
                }
            }
            Tree::Repeat(inner, repeat) => {
                let once = append(inner, &one)?;
                if *repeat != Repeat::Optional
                    && !once.iter().all(|(head, ended)| *ended || head.len() >= HEAD)
                {
                    return None;
                }
                result.extend(once);
                if *repeat != Repeat::Some {
                    result.extend(one);
                }
            }
        }
        if result.len() > MAX_WORDS {
            return None;
        }
    }
    Some(result)
}

fn branches(tree: &Tree) -> Vec<&Tree> {
    match tree {
        Tree::Alternate(branches) => branches.iter().collect(),
        other => vec![other],
    }
}

/// What stands at the end of names in which `part` stands before `ends`; `None` where that cannot be listed.
fn prepend(part: &Tree, ends: &Ends) -> Option<Ends> {
    let mut result = Ends::new();
    for (end, whole) in ends {
        // What is before a `_` does not change the last word.
        if *whole || end.contains('_') {
            result.insert((end.clone(), *whole));
            continue;
        }
        let one: Ends = BTreeSet::from([(end.clone(), false)]);
        match part {
            Tree::Empty | Tree::End => result.extend(one),
            Tree::Start => {
                result.insert((end.clone(), true));
            }
            Tree::Byte(byte) => {
                result.insert((format!("{}{end}", char::from(*byte)), false));
            }
            Tree::Class(ranges, false) if ranges.iter().all(|(low, high)| high.saturating_sub(*low) < 12) => {
                for byte in ranges.iter().flat_map(|(low, high)| *low..=*high) {
                    result.insert((format!("{}{end}", char::from(byte)), false));
                }
            }
            Tree::Class(..) => return None,
            Tree::Concat(parts) => {
                let mut inner = one;
                for part in parts.iter().rev() {
                    inner = prepend(part, &inner)?;
                }
                result.extend(inner);
            }
            Tree::Alternate(branches) => {
                for branch in branches {
                    result.extend(prepend(branch, &one)?);
                }
            }
            Tree::Repeat(inner, repeat) => {
                let once = prepend(inner, &one)?;
                // Twice or more is the same as once where the first time has settled the last word.
                if *repeat != Repeat::Optional && !once.iter().all(|(end, whole)| *whole || end.contains('_'))
                {
                    return None;
                }
                result.extend(once);
                if *repeat != Repeat::Some {
                    result.extend(one);
                }
            }
        }
        if result.len() > MAX_WORDS {
            return None;
        }
    }
    Some(result)
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
    fn last_words_are_listed_where_they_are_few() {
        let words = |text: &str| pattern(text).last_words().map(<[String]>::to_vec);
        assert_eq!(
            words("(^|_)(debug(_?mode|_enabled)?|enable_debug)$").unwrap_or_default(),
            ["debug", "debugmode", "enabled", "mode"]
        );
        assert_eq!(words("(^|_)audit(_[a-z0-9]+)*_(path|sink)$").unwrap_or_default(), ["path", "sink"]);
        assert_eq!(words("(^|_)audit(_[a-z0-9]+)*$"), None);
        assert_eq!(words("(^|_)audit(_|$)"), None);
        assert_eq!(words("audit$"), None);
        assert_eq!(words("(^|_)csrf(_?(check|enabled))*$"), None);
        assert_eq!(words("^a$|(^|_)b$").unwrap_or_default(), ["a", "b"]);
    }

    #[test]
    fn heads_are_listed_where_they_are_few() {
        let heads = |text: &str| pattern(text).heads().map(<[String]>::to_vec);
        assert_eq!(heads("(^|_)(mfa|two_?factor)(_on)?$").unwrap_or_default(), ["mfa", "two"]);
        assert_eq!(heads("(^|_)(ai|llm)(_[a-z]+)*_?out$").unwrap_or_default(), ["ai_", "aio", "llm"]);
        assert_eq!(heads("^on$|(^|_)x_y").unwrap_or_default(), ["on", "x_y"]);
        assert_eq!(heads("(^|_)[a-z]+_mode$"), None);
        assert_eq!(heads("audit"), None);
        assert_eq!(heads("(^|_)ab"), None);
    }

    #[test]
    fn every_last_word_is_that_of_a_match() {
        // The index must never hide a match: whatever matches has its last word in the list.
        let source =
            "(^|_)(mfa|two_?factor)(_auth(entication)?)?(_(enabled?|required))?$|(^|_)require_(mfa|2fa)$";
        let pattern = pattern(source);
        let words = pattern.last_words().map(<[String]>::to_vec).unwrap_or_default();
        for name in
            ["mfa", "a_two_factor", "twofactor", "mfa_authentication_enable", "require_2fa", "mfa_auth"]
        {
            assert!(pattern.matches(name), "{name}");
            let last = name.rsplit('_').next().unwrap_or_default();
            assert!(words.iter().any(|word| word == last), "{name}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["(", ")", "a)", "[a", "*a", "a{2}", "\\", "\\w", &"(".repeat(30), "é"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn matching_is_bounded() {
        let pattern = pattern("(^|_)(a|a)*(a|a)*(a|a)*b$");
        assert!(!pattern.matches(&"a".repeat(256)));
    }
}
