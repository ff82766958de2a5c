//! `ENV`, `LABEL` and `ARG`: names with values.

use super::instruction::Word;
use super::scope::{Scope, Value};
use super::{File, Keyword, Line, words};
use crate::table::shorten;
use std::ops::Range;
use stockade_model::{NodeKind, ScalarType, Span, Style, flag};

impl File<'_> {
    /// Reads the pairs of `ENV` and `LABEL`, in the old form (`name value`) or the new one (`name=value …`).
    pub(super) fn pairs(&mut self, line: Line<'_>, args: Range<usize>, scope: Scope, keyword: Keyword) {
        let text = line.text();
        let words = words::split_quoted(text, args.clone(), self.lines.escape);
        let Some(first) = words.first() else { return };
        if !line.slice(first).contains('=') {
            let (name, value) = words::first(text, args);
            if value.is_empty() {
                self.problem(line.span(&name), format!("`{}` has no value", shorten(line.slice(&name))));
                self.pair(line, name, None, scope, Style::Literal);
                return;
            }
            let (name, value) = self.pair(line, name, Some(value), scope, Style::Literal);
            if keyword == Keyword::Env {
                self.scopes.define_env(scope, &name, value.unwrap_or_default());
            }
            return;
        }
        // Values see the variables as they were before the instruction.
        let mut defined = Vec::new();
        for word in words {
            if self.is_full() {
                break;
            }
            match line.slice(&word).find('=') {
                Some(0) => self.problem(line.span(&word), "a name is missing before `=`"),
                Some(length) => {
                    let (name, value) = (word.start..word.start + length, word.start + length + 1..word.end);
                    defined.push(self.pair(line, name, Some(value), scope, Style::Plain));
                }
                None => {
                    let message = format!("`{}` is not of the form `name=value`", shorten(line.slice(&word)));
                    self.problem(line.span(&word), message);
                    self.pair(line, word, None, scope, Style::Plain);
                }
            }
        }
        if keyword == Keyword::Env {
            for (name, value) in defined {
                self.scopes.define_env(scope, &name, value.unwrap_or_default());
            }
        }
    }

    /// Reads the words of `ARG`: names, each with or without a default.
    pub(super) fn arguments(&mut self, line: Line<'_>, args: Range<usize>, scope: Scope) {
        let mut defined = Vec::new();
        for word in words::split_quoted(line.text(), args, self.lines.escape) {
            if self.is_full() {
                break;
            }
            let (name, value) = match line.slice(&word).find('=') {
                Some(0) => {
                    self.problem(line.span(&word), "a name is missing before `=`");
                    continue;
                }
                Some(length) => (word.start..word.start + length, Some(word.start + length + 1..word.end)),
                None => (word, None),
            };
            let pair = self.pair(line, name, value, scope, Style::Plain);
            // Global arguments see those before them on the same line.
            if scope == Scope::Global {
                self.scopes.define_arg(scope, &pair.0, pair.1);
            } else {
                defined.push(pair);
            }
        }
        for (name, value) in defined {
            self.scopes.define_arg(scope, &name, value);
        }
    }

    /// Adds a keyed scalar and gives its name and value. Without a value it is an implicit null.
    fn pair(
        &mut self,
        line: Line<'_>,
        name: Range<usize>,
        value: Option<Range<usize>>,
        scope: Scope,
        style: Style,
    ) -> (String, Option<Value>) {
        let key = match self.expand(line, name.clone(), scope) {
            Word::Expanded(expansion) => expansion.value.text,
            Word::Plain | Word::Refused => line.slice(&name).to_owned(),
        };
        let key_span = line.span(&name);
        let Some(range) = value else {
            let end = Span::new(key_span.end, key_span.end);
            let node = self.builder.leaf(NodeKind::Scalar, end);
            self.builder.set_key(node, key_span, &key);
            self.builder.set_type(node, ScalarType::Null, style);
            self.builder.add_flags(node, flag::IMPLICIT);
            return (key, None);
        };
        let word = self.expand(line, range.clone(), scope);
        let value = word.value(line.slice(&range));
        let node = self.word(line, None, range, &word);
        self.builder.set_key(node, key_span, &key);
        if style == Style::Literal {
            self.builder.set_type(node, ScalarType::String, style);
        }
        (key, Some(value))
    }
}
