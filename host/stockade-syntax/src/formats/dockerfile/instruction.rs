//! The tree of one instruction.

use super::expand::{Expander, Expansion, is_plain};
use super::scope::{Scope, Value};
use super::stage::is_trigger;
use super::words::{self, Flag};
use super::{File, Keyword, Line, template};
use crate::table::shorten;
use std::ops::Range;
use stockade_model::{NodeId, NodeKind, ProblemLevel, ScalarType, Span, Style, flag};

/// What a word comes to.
pub(super) enum Word {
    /// It stands for itself.
    Plain,
    Expanded(Expansion),
    /// It cannot be expanded, which is a problem of its own.
    Refused,
}

impl Word {
    /// Its value, `text` being the word as written.
    pub(super) fn value(&self, text: &str) -> Value {
        match self {
            Self::Plain => Value::known(text),
            Self::Expanded(expansion) => expansion.value.clone(),
            Self::Refused => {
                let mut value = Value::default();
                value.push_unknown(text);
                value
            }
        }
    }

    /// Where the bytes `part` of the value stand in the line, the word being at `range`; `None` where they do not
    /// stand there as they are.
    pub(super) fn source_of(&self, part: &Range<usize>, range: &Range<usize>) -> Option<Range<usize>> {
        match self {
            Self::Plain => Some(range.start + part.start..range.start + part.end),
            Self::Expanded(expansion) => expansion.source_of(part),
            Self::Refused => None,
        }
    }
}

impl File<'_> {
    /// Adds an instruction with what belongs to it.
    pub(super) fn instruction(
        &mut self,
        line: Line<'_>,
        keyword: Range<usize>,
        args: Range<usize>,
        span: Span,
        scope: Scope,
        behind_onbuild: bool,
    ) {
        self.open_instruction(line, &keyword, &args, span);
        let kind = Keyword::of(line.slice(&keyword));
        let (flags, rest) = words::flags(line.text(), args);
        self.flags(line, &flags, scope);
        if rest.is_empty() && kind.least_words() > 0 {
            self.problem(line.span(&keyword), format!("`{}` has no argument", line.slice(&keyword)));
        }
        match kind {
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {
                self.program(line, rest, kind);
            }
            Keyword::Healthcheck => self.healthcheck(line, rest),
            Keyword::Env | Keyword::Label => self.pairs(line, rest, scope, kind),
            Keyword::Arg => self.arguments(line, rest, scope),
            Keyword::Copy | Keyword::Add | Keyword::Volume => self.list(line, rest, scope, kind),
            Keyword::Expose => self.ports(line, rest, scope),
            Keyword::User | Keyword::Workdir | Keyword::Stopsignal => {
                self.expanded_word(line, rest, scope);
            }
            Keyword::Maintainer => self.raw(line, rest),
            Keyword::Onbuild if !rest.is_empty() && !behind_onbuild => {
                let (keyword, args) = words::first(line.text(), rest);
                if is_trigger(Keyword::of(line.slice(&keyword))) {
                    let span = Span::new(line.span(&keyword).start, span.end);
                    self.instruction(line, keyword, args, span, Scope::Nowhere, true);
                } else {
                    let message = format!("`{}` may not stand behind `ONBUILD`", line.slice(&keyword));
                    self.problem(line.span(&keyword), message);
                    self.raw(line, keyword.start..args.end.max(keyword.end));
                }
            }
            Keyword::Onbuild | Keyword::From => self.raw(line, rest),
            Keyword::Unknown => {
                let word = line.slice(&keyword);
                if rest.is_empty() && template::is_placeholder(word) {
                    self.inserts.push(line.span(&keyword).start);
                    self.builder.close();
                    return;
                }
                // What does not belong here often has many lines, which all have the cause of the first. A word in
                // capitals with others behind it is more likely a slip of its own.
                let is_slip = !rest.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
                if is_slip || !self.behind_unknown {
                    let message = format!("unknown instruction `{}`", shorten(word));
                    self.report("invalid", ProblemLevel::Warning, line.span(&keyword), message);
                }
                for word in words::split(line.text(), rest) {
                    if self.is_full() {
                        break;
                    }
                    let expanded = self.try_expand(line, word.clone(), scope).unwrap_or(Word::Refused);
                    self.word(line, None, word, &expanded);
                }
            }
        }
        self.builder.close();
    }

    // --- words ---------------------------------------------------------------------------------------

    fn try_expand(
        &self,
        line: Line<'_>,
        range: Range<usize>,
        scope: Scope,
    ) -> Result<Word, super::expand::Refusal> {
        let escape = self.lines.escape;
        if is_plain(line.slice(&range), escape) {
            return Ok(Word::Plain);
        }
        Expander::new(line.text(), escape, &self.scopes, scope).expand(range).map(Word::Expanded)
    }

    /// Expands a word. One that BuildKit refuses is a problem.
    pub(super) fn expand(&mut self, line: Line<'_>, range: Range<usize>, scope: Scope) -> Word {
        self.try_expand(line, range, scope).unwrap_or_else(|refusal| {
            let span = line.span(&refusal.range);
            self.report(refusal.code, ProblemLevel::Error, span, refusal.message);
            Word::Refused
        })
    }

    /// Adds a word as a scalar.
    pub(super) fn word(
        &mut self,
        line: Line<'_>,
        key: Option<&'static str>,
        range: Range<usize>,
        word: &Word,
    ) -> NodeId {
        let span = line.span(&range);
        let node = self.builder.leaf(NodeKind::Scalar, span);
        if let Some(key) = key {
            self.builder.set_fixed_key(node, Span::new(span.start, span.start), key);
        }
        match word {
            Word::Plain => self.builder.set_value(node, span, line.slice(&range)),
            Word::Refused => {
                self.builder.set_value(node, span, line.slice(&range));
                self.builder.add_flags(node, flag::UNKNOWN);
            }
            Word::Expanded(expansion) => {
                let text = &expansion.value.text;
                let source = match expansion.stretches.as_slice() {
                    [only] if only.length == text.len() => {
                        line.span(&(only.source..only.source + only.length))
                    }
                    _ => span,
                };
                self.builder.set_value(node, source, text);
                self.builder.set_type(node, ScalarType::String, expansion.style.unwrap_or(Style::Plain));
                self.builder.add_flags(node, expansion.value.flags(0, text.len()));
            }
        }
        node
    }

    fn expanded_word(&mut self, line: Line<'_>, range: Range<usize>, scope: Scope) {
        if !range.is_empty() {
            let word = self.expand(line, range.clone(), scope);
            self.word(line, None, range, &word);
        }
    }

    /// Adds text as one scalar, as it is.
    pub(super) fn raw(&mut self, line: Line<'_>, range: Range<usize>) {
        if !range.is_empty() {
            self.word(line, None, range, &Word::Plain);
        }
    }

    /// Adds the mapping of an instruction's flags.
    pub(super) fn flags(&mut self, line: Line<'_>, flags: &[Flag], scope: Scope) {
        let (Some(first), Some(last)) = (flags.first(), flags.last()) else { return };
        let whole = first.whole.start..last.whole.end;
        let mapping = self.builder.open(NodeKind::Mapping, line.span(&whole));
        self.builder.set_fixed_key(mapping, line.start(&whole), "flags");
        for flag in flags {
            if self.is_full() {
                break;
            }
            self.flag(line, flag, scope);
        }
        self.builder.close();
    }

    fn flag(&mut self, line: Line<'_>, found: &Flag, scope: Scope) {
        let name = line.slice(&found.name);
        let key_span = line.span(&found.name);
        let Some(range) = found.value.clone() else {
            let end = line.span(&found.whole).end;
            let span = Span::new(end, end);
            let node = self.builder.leaf(NodeKind::Scalar, span);
            self.builder.set_key(node, key_span, name);
            self.builder.set_value(node, span, "true");
            self.builder.set_type(node, ScalarType::Bool, Style::Plain);
            self.builder.add_flags(node, flag::IMPLICIT);
            return;
        };
        let text = line.slice(&range);
        let node = if name == "mount" {
            let node = self.builder.leaf(NodeKind::Scalar, line.span(&range));
            self.builder.set_value(node, line.span(&range), &words::unquoted(text));
            if text.contains('$') {
                self.builder.add_flags(node, flag::PARTIAL);
            }
            node
        } else {
            let word = self.expand(line, range.clone(), scope);
            self.word(line, None, range, &word)
        };
        self.builder.set_key(node, key_span, name);
        if name == "from" {
            let target =
                self.stages.by_name_or_number(self.builder.doc().value(node)).map(|stage| stage.node);
            if let Some(target) = target {
                self.builder.set_target(node, target);
            }
        }
    }

    // --- what the instructions take ----------------------------------------------------------------

    /// Reads the words of `COPY`, `ADD` and `VOLUME`, or their JSON form.
    fn list(&mut self, line: Line<'_>, range: Range<usize>, scope: Scope, kind: Keyword) {
        let mut count = 0;
        if self.exec(line, range.clone(), Some(scope)).is_some() {
            let instruction = self.builder.current();
            let document = self.builder.doc();
            count = document.children(instruction).filter(|child| document.name(*child).is_empty()).count();
        } else {
            for word in words::split(line.text(), range.clone()) {
                if self.is_full() {
                    break;
                }
                count += 1;
                let heredoc =
                    line.heredocs.binary_search_by_key(&word.start, |heredoc| heredoc.mention.word.start);
                match heredoc.ok().and_then(|number| line.heredocs.get(number)) {
                    Some(heredoc) => self.heredoc(line, heredoc, false),
                    None => self.expanded_word(line, word, scope),
                }
            }
        }
        if count > 0 && count < kind.least_words() {
            let message = format!("`{}` takes a source and a destination", kind.name().unwrap_or_default());
            self.problem(line.span(&range), message);
        }
    }

    /// Reads the words of `EXPOSE`, of which each may come to several ports.
    fn ports(&mut self, line: Line<'_>, range: Range<usize>, scope: Scope) {
        for word in words::split(line.text(), range) {
            if self.is_full() {
                break;
            }
            let expanded = self.expand(line, word.clone(), scope);
            let several = match &expanded {
                Word::Expanded(Expansion { value, style: None, .. }) if value.is_known() => {
                    value.text.contains(char::is_whitespace).then(|| value.clone())
                }
                _ => None,
            };
            let Some(value) = several else {
                self.word(line, None, word, &expanded);
                continue;
            };
            let span = line.span(&word);
            for port in value.text.split_whitespace() {
                let node = self.builder.leaf(NodeKind::Scalar, span);
                self.builder.set_value(node, span, port);
                self.builder.add_flags(node, value.flags(0, value.text.len()));
            }
        }
    }
}
