//! Quotes and variables in the words of a Dockerfile, as BuildKit's `shell.Lex` takes them.
//!
//! This is not the shell's expansion: there are no substitutions of commands, and the escape character may be a
//! backtick.

use super::pattern;
use super::scope::{Scope, Scopes, Value};
use std::ops::Range;
use stockade_model::Style;

/// Levels of `${a:-${b:-…}}` that are read. Without a limit the recursion would overflow the stack.
const MAX_DEPTH: u32 = 16;
/// Bytes of one expanded value; see [`Scopes::spend`] for all of them.
const MAX_VALUE_BYTES: usize = 64 << 10;

/// A part of a value that is written in the source as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Where it begins in the value, and in the instruction's text.
    pub(super) at: usize,
    pub(super) source: usize,
    pub(super) length: usize,
}

/// What a word comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Expansion {
    pub(super) value: Value,
    pub(super) stretches: Vec<Stretch>,
    /// The first quote's style.
    pub(super) style: Option<Style>,
}

impl Expansion {
    /// Where the bytes `range` of the value stand in the instruction's text, if they stand there in one piece.
    pub(super) fn source_of(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let behind = self.stretches.partition_point(|stretch| stretch.at <= range.start);
        let stretch = self.stretches.get(behind.checked_sub(1)?)?;
        let start = stretch.source + (range.start - stretch.at);
        (range.end <= stretch.at + stretch.length).then(|| start..start + range.len())
    }

    fn literal(&mut self, text: &str, source: usize) {
        if text.is_empty() {
            return;
        }
        let at = self.value.text.len();
        match self.stretches.last_mut() {
            Some(last) if last.at + last.length == at && last.source + last.length == source => {
                last.length += text.len();
            }
            _ => self.stretches.push(Stretch { at, source, length: text.len() }),
        }
        self.value.text.push_str(text);
    }
}

/// Why a word cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Where, in the instruction's text.
    pub(super) range: Range<usize>,
    pub(super) message: &'static str,
    pub(super) code: &'static str,
}

/// Expands words of one instruction.
pub(super) struct Expander<'e> {
    text: &'e str,
    escape: char,
    scopes: &'e Scopes,
    scope: Scope,
    at: usize,
    end: usize,
    depth: u32,
}

type Outcome<T = ()> = Result<T, Refusal>;

/// Whether a word is more than its text: has a quote, a variable or an escape.
pub(super) fn is_plain(word: &str, escape: char) -> bool {
    !word.bytes().any(|b| matches!(b, b'$' | b'"' | b'\'') || char::from(b) == escape)
}

impl<'e> Expander<'e> {
    /// An expander of the words of `text`, an instruction's joined text.
    pub(super) const fn new(text: &'e str, escape: char, scopes: &'e Scopes, scope: Scope) -> Self {
        Self { text, escape, scopes, scope, at: 0, end: 0, depth: 0 }
    }

    /// Expands the word at `range`.
    ///
    /// # Errors
    /// What BuildKit refuses, with its place.
    pub(super) fn expand(&mut self, range: Range<usize>) -> Outcome<Expansion> {
        (self.at, self.end) = (range.start, range.end);
        let mut out = Expansion::default();
        self.until(None, false, &mut out)?;
        Ok(out)
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'e str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn refuse<T>(&self, start: usize, message: &'static str) -> Outcome<T> {
        Err(Refusal { range: start..self.at.max(start), message, code: "invalid" })
    }

    /// Adds the `length` bytes of source before the current place.
    fn literal(&self, out: &mut Expansion, length: usize) {
        let start = self.at - length;
        out.literal(self.text.get(start..self.at).unwrap_or_default(), start);
    }

    /// Reads up to `stop`, which is gone over, or to the end of the word. With `raw`, escape characters stay.
    fn until(&mut self, stop: Option<char>, raw: bool, out: &mut Expansion) -> Outcome {
        let start = self.at;
        while let Some(c) = self.peek() {
            if Some(c) == stop {
                self.at += c.len_utf8();
                return Ok(());
            }
            match c {
                '$' => self.dollar(out)?,
                '\'' => self.single_quoted(out)?,
                '"' => self.double_quoted(raw, out)?,
                _ if c == self.escape => {
                    self.at += c.len_utf8();
                    if raw {
                        self.literal(out, c.len_utf8());
                    }
                    if let Some(next) = self.next() {
                        self.literal(out, next.len_utf8());
                    }
                }
                _ => {
                    let escape = self.escape;
                    let special = |c: char| matches!(c, '$' | '\'' | '"') || c == escape || Some(c) == stop;
                    let run = self.rest().find(special).unwrap_or(self.rest().len());
                    self.at += run;
                    self.literal(out, run);
                }
            }
        }
        match stop {
            Some('}') => self.refuse(start, "the closing `}` of a variable is missing"),
            Some(_) => self.refuse(start, "the second `/` of a replacement is missing"),
            None => Ok(()),
        }
    }

    fn single_quoted(&mut self, out: &mut Expansion) -> Outcome {
        out.style.get_or_insert(Style::Single);
        let start = self.at;
        self.at += 1;
        let Some(length) = self.rest().find('\'') else {
            self.at = self.end;
            return self.refuse(start, "the closing quote is missing");
        };
        self.at += length;
        self.literal(out, length);
        self.at += 1;
        Ok(())
    }

    fn double_quoted(&mut self, raw: bool, out: &mut Expansion) -> Outcome {
        out.style.get_or_insert(Style::Double);
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '$' => self.dollar(out)?,
                _ if c == self.escape => {
                    self.at += c.len_utf8();
                    let next = self.peek();
                    let goes_away = matches!(next, Some('"' | '$')) || next == Some(self.escape);
                    if raw || (!goes_away && next.is_some()) {
                        self.literal(out, c.len_utf8());
                    }
                    if goes_away && let Some(next) = self.next() {
                        self.literal(out, next.len_utf8());
                    }
                }
                _ => {
                    let escape = self.escape;
                    let run = self.rest().find(['"', '$', escape]);
                    let run = run.unwrap_or(self.rest().len());
                    self.at += run;
                    self.literal(out, run);
                }
            }
        }
        self.refuse(start, "the closing quote is missing")
    }

    fn dollar(&mut self, out: &mut Expansion) -> Outcome {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                self.literal(out, 1);
                return Ok(());
            }
            let value = self.scopes.get(self.scope, name);
            return self.append(start, value, out);
        }
        self.at += 1;
        if matches!(self.peek(), None | Some('{' | '}' | ':')) {
            return self.refuse(start, "bad substitution");
        }
        if self.depth >= MAX_DEPTH {
            self.at = self.end;
            return Err(Refusal { code: "limit", ..self.refusal(start, "variables are nested too deep") });
        }
        self.depth += 1;
        let outcome = self.braces(start, out);
        self.depth -= 1;
        outcome
    }

    fn refusal(&self, start: usize, message: &'static str) -> Refusal {
        Refusal { range: start..self.at.max(start), message, code: "invalid" }
    }

    /// Reads the name of a variable: letters, digits and `_`, digits alone, or one special character.
    fn name(&mut self) -> &'e str {
        let rest = self.rest();
        let length = match rest.chars().next() {
            Some(c) if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => 1,
            _ => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
        };
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Reads what stands behind `${`.
    fn braces(&mut self, start: usize, out: &mut Expansion) -> Outcome {
        let name = self.name();
        let value = self.scopes.get(self.scope, name);
        let mut modifier = self.next();
        let empty_is_unset = modifier == Some(':');
        if empty_is_unset {
            modifier = self.next();
        }
        match modifier {
            None => self.refuse(start, "the closing `}` of a variable is missing"),
            Some('}') if !empty_is_unset => self.append(start, value, out),
            Some(c @ ('-' | '+' | '?' | '#' | '%')) => {
                let mut word = Expansion::default();
                self.until(Some('}'), matches!(c, '#' | '%'), &mut word)?;
                let word = word.value;
                let has_value = value.is_some_and(|v| !(empty_is_unset && v.text.is_empty()));
                match c {
                    '-' if has_value => self.append(start, value, out),
                    '-' => self.append(start, Some(&Value { defaulted: true, ..word }), out),
                    '+' if has_value => {
                        let defaulted = word.defaulted || value.is_some_and(|v| v.defaulted);
                        self.append(start, Some(&Value { defaulted, ..word }), out)
                    }
                    '+' if value.is_some() => Ok(()),
                    '?' if has_value => self.append(start, value, out),
                    '#' | '%' => self.trim(start, c, value, &word, out),
                    _ => self.append(start, None, out),
                }
            }
            Some('/') if !empty_is_unset => {
                let all = self.peek() == Some('/');
                if all {
                    self.at += 1;
                }
                let (mut from, mut to) = (Expansion::default(), Expansion::default());
                self.until(Some('/'), true, &mut from)?;
                self.until(Some('}'), true, &mut to)?;
                let replaced = value
                    .filter(|v| v.is_known() && from.value.is_known() && to.value.is_known())
                    .filter(|v| {
                        let length = v.text.len() + 1;
                        self.scopes.spend_steps(
                            length.saturating_mul(length).saturating_mul(from.value.text.len() + 1),
                        )
                    })
                    .and_then(|v| pattern::replace(&v.text, &from.value.text, &to.value.text, all))
                    .map(|text| Value {
                        text,
                        defaulted: value.is_some_and(|v| v.defaulted),
                        unknown: Vec::new(),
                    });
                self.append(start, replaced.as_ref(), out)
            }
            Some(_) => self.refuse(start, "this modifier of a variable is not supported"),
        }
    }

    fn trim(
        &self,
        start: usize,
        modifier: char,
        value: Option<&Value>,
        word: &Value,
        out: &mut Expansion,
    ) -> Outcome {
        let (pattern, longest) = match word.text.strip_prefix(modifier) {
            Some(rest) => (rest, true),
            None => (word.text.as_str(), false),
        };
        let affordable =
            |v: &&Value| self.scopes.spend_steps((v.text.len() + 1).saturating_mul(pattern.len() + 1));
        let trimmed = value.filter(|v| v.is_known() && word.is_known()).filter(affordable).and_then(|v| {
            let text = match modifier {
                '#' => pattern::trim_prefix(&v.text, pattern, longest)?,
                _ => pattern::trim_suffix(&v.text, pattern, longest)?,
            };
            Some(Value { defaulted: v.defaulted, ..Value::known(text) })
        });
        self.append(start, trimmed.as_ref(), out)
    }

    /// Appends a variable's value, or the reference that stands at `start` where it has none.
    fn append(&self, start: usize, value: Option<&Value>, out: &mut Expansion) -> Outcome {
        match value {
            Some(value) => {
                let fits = out.value.text.len() + value.text.len() <= MAX_VALUE_BYTES;
                if !fits || !self.scopes.spend(value.text.len()) {
                    let refusal = self.refusal(start, "the variable's value is too long to be filled in");
                    return Err(Refusal { code: "limit", ..refusal });
                }
                out.value.push_value(value);
            }
            None => out.value.push_unknown(self.text.get(start..self.at).unwrap_or_default()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stage with `X=one`, `EMPTY=`, the argument `ARG=two` and an argument without value.
    fn scopes() -> Scopes {
        let mut scopes = Scopes::new();
        let scope = Scope::Stage(scopes.add_stage(None, false));
        scopes.define_env(scope, "X", Value::known("one"));
        scopes.define_env(scope, "EMPTY", Value::default());
        scopes.define_arg(scope, "ARG", Some(Value::known("two")));
        scopes.define_arg(scope, "UNSET", None);
        scopes
    }

    fn expand(word: &str) -> Outcome<Expansion> {
        let scopes = scopes();
        Expander::new(word, '\\', &scopes, Scope::Stage(0)).expand(0..word.len())
    }

    fn text(word: &str) -> String {
        expand(word).unwrap().value.text
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(text(r#"a"b c"'d $X'\e"#), "ab cd $Xe");
        assert_eq!(text(r#""\$X \" \a""#), r#"$X " \a"#);
        assert_eq!(text(r"\$X\"), "$X");
        assert_eq!(expand("'a'\"b\"").unwrap().style, Some(Style::Single));
        let scopes = scopes();
        let backtick = Expander::new("C:\\a`$X", '`', &scopes, Scope::Stage(0)).expand(0..7).unwrap();
        assert_eq!(backtick.value.text, "C:\\a$X");
    }

    #[test]
    fn modifiers() {
        for (word, expected) in [
            ("$X${X}", "oneone"),
            ("${X:-z}${X-z}${EMPTY-z}", "oneone"),
            ("${EMPTY:-z}${UNSET-y}${NOWHERE:-x}", "zyx"),
            ("${X:+set}${EMPTY:+set}${EMPTY+set}", "setset"),
            ("${X?}${X:?m}", "oneone"),
            ("${X#o}${X%e}${X##*n}${X%%n*}", "neoneo"),
            ("${X/n/N}", "oNe"),
            ("${NOWHERE:-${X}-${ARG}}", "one-two"),
            ("${NOWHERE:-\"a b\"}", "a b"),
            ("$", "$"),
            ("a$/b$", "a$/b$"),
        ] {
            assert_eq!(text(word), expected, "{word}");
        }
    }

    #[test]
    fn what_is_not_known() {
        let value = expand("a${NOWHERE}b$X$UNSET").unwrap().value;
        assert_eq!((value.text.as_str(), value.unknown), ("a${NOWHERE}bone$UNSET", vec![(1, 11), (15, 21)]));
        assert_eq!(expand("$A$B").unwrap().value.unknown, [(0, 4)]);
        assert_eq!(expand("${NOWHERE+x}").unwrap().value.unknown, [(0, 12)]);
        assert_eq!(expand("${X#$NOWHERE}").unwrap().value.unknown, [(0, 13)]);
        assert!(expand("$ARG").unwrap().value.defaulted);
        assert!(expand("${UNSET:-x}").unwrap().value.defaulted);
        assert!(!expand("$X").unwrap().value.defaulted);
    }

    #[test]
    fn refusals_have_their_place() {
        for (word, start, end) in [
            ("a${X", 1, 4),
            ("${}", 0, 2),
            ("${:x}", 0, 2),
            ("${X^^}", 0, 4),
            ("a'b", 1, 3),
            ("ab\"c", 2, 4),
            ("${X/a}", 0, 6),
        ] {
            let refusal = expand(word).unwrap_err();
            assert_eq!(refusal.range.end, end, "{word}: {refusal:?}");
            assert!(refusal.range.start >= start, "{word}: {refusal:?}");
        }
    }

    #[test]
    fn parts_are_found_in_the_source() {
        let expansion = expand("ab${X}cd").unwrap();
        assert_eq!(expansion.value.text, "abonecd");
        assert_eq!(expansion.source_of(&(0..2)), Some(0..2));
        assert_eq!(expansion.source_of(&(5..7)), Some(6..8));
        assert_eq!(expansion.source_of(&(2..5)), None);
        assert_eq!(expansion.source_of(&(1..6)), None);
    }
}
