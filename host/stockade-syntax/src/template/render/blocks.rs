//! Goes through a template and puts what its expressions and blocks make.

use super::evaluate::Outcome;
use super::text::{InHelper, Origin, Text};
use super::value::{Value, place_of};
use super::{
    Body, From, HelperText, LONGEST, LeftOut, Out, Part, ROUNDS, Renderer, Scope, VARIABLES, expression,
};
use crate::template::actions::{Action, Role};
use stockade_model::Span;

/// One branch of a block.
struct Branch<'t> {
    /// The expression that begins it.
    head: Span,
    body: Body<'t>,
    /// The expression behind it: the next branch's, or the block's last.
    tail: Span,
}

/// What becomes of the blanks around a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trim {
    start: bool,
    end: bool,
}

/// Whether an expression cuts off the blanks before it.
fn trims_before(template: &str, action: Span) -> bool {
    let text = action.slice(template).unwrap_or_default();
    text.strip_prefix("{{-").is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Whether an expression cuts off the blanks behind it.
fn trims_behind(template: &str, action: Span) -> bool {
    let text = action.slice(template).unwrap_or_default();
    text.strip_suffix("-}}").is_some_and(|rest| rest.ends_with(char::is_whitespace))
}

impl<'t> Body<'t> {
    /// A whole template.
    pub(super) fn new(template: &'t str, actions: &'t [Action]) -> Self {
        Self { template, actions, span: Span::new(0, template.len() as u32) }
    }

    /// The branches of the block that begins with the action of this number, and the number of the one that ends it.
    fn block(&self, open: usize) -> Option<(Vec<Branch<'t>>, usize)> {
        let mut branches = Vec::new();
        let mut depth = 0_u32;
        let mut from = open;
        for (nth, action) in self.actions.iter().enumerate().skip(open) {
            match action.role {
                Role::Open => depth += 1,
                Role::Close => depth -= 1,
                _ => {}
            }
            let ends = action.role == Role::Close && depth == 0;
            if ends || action.role == Role::Middle && depth == 1 {
                let head = self.actions.get(from)?.span;
                let span = Span::new(head.end, action.span.start);
                let body = Self { template: self.template, actions: self.actions.get(from + 1..nth)?, span };
                branches.push(Branch { head, body, tail: action.span });
                from = nth;
            }
            if ends {
                return Some((branches, nth));
            }
        }
        None
    }
}

impl Branch<'_> {
    fn trim(&self) -> Trim {
        let template = self.body.template;
        Trim { start: trims_behind(template, self.head), end: trims_before(template, self.tail) }
    }
}

impl Renderer<'_, '_> {
    /// Puts a body. `None` where the template is broken, or too large.
    pub(super) fn body(&self, body: &Body<'_>, trim: Trim, scope: &mut Scope, out: &mut Out) -> Option<()> {
        let template = body.template;
        let mut at = body.span.start;
        let mut trim_start = trim.start;
        let mut nth = 0;
        while let Some(action) = body.actions.get(nth) {
            self.pay(1)?;
            let before = |out: &mut Out, is_known: bool| {
                let trim = Trim { start: trim_start, end: is_known && trims_before(template, action.span) };
                out.template(template, Span::new(at, action.span.start), trim);
            };
            let (is_known, last) = match action.role {
                Role::Middle | Role::Close => return None,
                Role::Open => {
                    let (branches, close) = body.block(nth)?;
                    nth = close;
                    let last = body.actions.get(close)?.span;
                    (self.block(&branches, scope, out, before)?, last)
                }
                Role::Silent => {
                    before(out, true);
                    let body = expression(template, action.span);
                    if matches!(body, "break" | "continue") {
                        return None;
                    }
                    if !body.starts_with("/*") {
                        let (set, value) = match self.evaluate(body, scope) {
                            Outcome::Set { name, value, declares } => (Some((name, declares)), value),
                            Outcome::Value(value) => (None, value),
                        };
                        self.change(body, &value, scope);
                        if let Some((name, declares)) = set {
                            scope.set(name, value, declares);
                            (scope.variables.len() <= VARIABLES).then_some(())?;
                        }
                    }
                    (true, action.span)
                }
                Role::Value => {
                    let body = expression(template, action.span);
                    let value = match self.evaluate(body, scope) {
                        Outcome::Value(value) => {
                            self.change(body, &value, scope);
                            value.printed()
                        }
                        Outcome::Set { .. } => None,
                    };
                    // What a helper begins with may stand within a line.
                    before(out, value.is_some() || out.helper.is_some() && out.is_blank());
                    match &value {
                        Some(text) => out.put(text, action.span),
                        None => out.keep(template, action.span),
                    }
                    (value.is_some(), action.span)
                }
            };
            at = last.end;
            trim_start = is_known && trims_behind(template, last);
            nth += 1;
            if out.len() > LONGEST {
                return None;
            }
        }
        out.template(template, Span::new(at, body.span.end), Trim { start: trim_start, end: trim.end });
        Some(())
    }

    /// Puts a block; gives whether it is known which of its branches counts. `before` puts the text before it.
    fn block(
        &self,
        branches: &[Branch<'_>],
        scope: &mut Scope,
        out: &mut Out,
        before: impl Fn(&mut Out, bool),
    ) -> Option<bool> {
        let depth = self.depth.get().checked_sub(1)?;
        self.depth.set(depth);
        // All of it was looked through to find its branches.
        self.pay(branches.iter().map(|branch| branch.body.actions.len()).sum::<usize>() / 8)?;
        let first = branches.first()?;
        let head = expression(first.body.template, first.head);
        let is_known = match head.split_whitespace().next()? {
            "define" => {
                before(out, true);
                true
            }
            "if" | "with" => self.choice(branches, scope, out, before)?,
            "range" => self.range(branches, scope, out, before)?,
            _ => return None,
        };
        self.depth.set(depth + 1);
        Some(is_known)
    }

    /// `if` and `with`, with their branches.
    fn choice(
        &self,
        branches: &[Branch<'_>],
        scope: &mut Scope,
        out: &mut Out,
        before: impl Fn(&mut Out, bool),
    ) -> Option<bool> {
        let candidates = self.candidates(branches, scope);
        let is_known = candidates.first().is_none_or(|first| first.is_sure);
        before(out, is_known);
        if is_known {
            out.changed = true;
            if let Some(candidate) = candidates.first() {
                self.candidate(candidate, candidate.branch.trim(), scope, out)?;
            } else if let [branch] = branches {
                self.leave_out(branch, scope, out);
            }
            return Some(true);
        }
        let root = self.root();
        for (nth, candidate) in candidates.iter().enumerate() {
            let Branch { head, body, .. } = candidate.branch;
            let text = expression(body.template, *head);
            match text.strip_prefix("else").map(str::trim_start) {
                // Those before it do not count.
                Some(condition) if nth == 0 => out.stand_in(&format!("{{{{ {condition} }}}}"), *head)?,
                Some(condition) if candidate.is_sure && !condition.is_empty() => {
                    out.stand_in("{{ else }}", *head)?;
                }
                _ => out.stand_in(head.slice(body.template)?, *head)?,
            }
            self.candidate(candidate, Trim::default(), scope, out)?;
            scope.forget(body);
            self.forget_root(&root);
        }
        let last = branches.last()?;
        out.stand_in(last.tail.slice(last.body.template)?, last.tail)?;
        Some(false)
    }

    fn candidate(
        &self,
        Candidate { branch, dot, variable, .. }: &Candidate<'_, '_>,
        trim: Trim,
        scope: &mut Scope,
        out: &mut Out,
    ) -> Option<()> {
        let outer = scope.enter(dot.clone(), variable.iter().cloned().collect());
        self.body(&branch.body, trim, scope, out)?;
        scope.leave(outer);
        Some(())
    }

    /// Notes which key is left out, and by which value.
    fn leave_out(&self, branch: &Branch<'_>, scope: &Scope, out: &mut Out) {
        let template = branch.body.template;
        let condition =
            expression(template, branch.head).split_once(char::is_whitespace).map(|(_, rest)| rest);
        let first = branch.body.span.slice(template).unwrap_or_default().trim_start().lines().next();
        let key =
            first.and_then(|line| line.trim_end().strip_suffix(':')).filter(|key| !key.contains(['{', ' ']));
        if let (Some(condition), Some(key), None) = (condition, key, out.helper)
            && let Outcome::Value(value @ Value::Node(_)) = self.evaluate(condition, scope)
            && let Some(value) = place_of(&value)
        {
            let left_out = LeftOut { at: out.len() as u32, key: key.to_owned(), value };
            out.rendered.left_out.push(left_out);
        }
    }

    /// The branches that may count.
    fn candidates<'b, 't>(&self, branches: &'b [Branch<'t>], scope: &Scope) -> Vec<Candidate<'b, 't>> {
        let mut candidates = Vec::new();
        for branch in branches {
            let head = expression(branch.body.template, branch.head);
            let head = head.strip_prefix("else").map_or(head, str::trim_start);
            if head.is_empty() {
                candidates.push(Candidate { branch, dot: None, variable: None, is_sure: true });
                break;
            }
            let (word, condition) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
            let (name, value) = match self.evaluate(condition, scope) {
                Outcome::Value(value) => (None, value),
                Outcome::Set { name, value, .. } => (Some(name), value),
            };
            let is_true = self.sources.is_true(&value);
            if is_true == Some(false) {
                continue;
            }
            let variable = name.map(|name| (name, value.clone()));
            let dot = (word == "with").then_some(value);
            let is_sure = is_true == Some(true);
            candidates.push(Candidate { branch, dot, variable, is_sure });
            if is_sure {
                break;
            }
        }
        candidates
    }

    /// A loop.
    fn range(
        &self,
        branches: &[Branch<'_>],
        scope: &mut Scope,
        out: &mut Out,
        before: impl Fn(&mut Out, bool),
    ) -> Option<bool> {
        let (first, others) = branches.split_first()?;
        let head = expression(first.body.template, first.head);
        let (names, over) = self.each(head.strip_prefix("range")?, scope);
        let number = |nth: usize, value| (Value::number(nth as i64), value);
        let items: Option<Vec<(Value, Value)>> = match self.sources.items(&over) {
            Some(items) => {
                Some(items.into_iter().enumerate().map(|(nth, value)| number(nth, value)).collect())
            }
            None if over == Value::Null => Some(Vec::new()),
            None => {
                let entries = self.sources.entries(&over);
                entries.map(|all| all.into_iter().map(|(key, value)| (Value::text(key), value)).collect())
            }
        };
        let variables = |key: Value, value: Value| match names.as_slice() {
            [] => Vec::new(),
            [name] => vec![(name.clone(), value)],
            [first, second, ..] => vec![(first.clone(), key), (second.clone(), value)],
        };
        let Some(items) = items.filter(|items| items.len() <= ROUNDS) else {
            before(out, false);
            branches.iter().for_each(|branch| scope.forget(&branch.body));
            let root = self.root();
            for branch in branches {
                out.stand_in(branch.head.slice(branch.body.template)?, branch.head)?;
                let unknown = variables(Value::Unknown, Value::Unknown);
                let outer = scope.enter(Some(Value::Unknown), unknown);
                self.body(&branch.body, Trim::default(), scope, out)?;
                scope.leave(outer);
                scope.forget(&branch.body);
                self.forget_root(&root);
            }
            let last = branches.last()?;
            out.stand_in(last.tail.slice(last.body.template)?, last.tail)?;
            return Some(false);
        };
        before(out, true);
        out.changed = true;
        if let (true, Some(other)) = (items.is_empty(), others.first()) {
            let outer = scope.enter(None, Vec::new());
            self.body(&other.body, other.trim(), scope, out)?;
            scope.leave(outer);
        }
        for (key, value) in items {
            let outer = scope.enter(Some(value.clone()), variables(key, value));
            self.body(&first.body, first.trim(), scope, out)?;
            scope.leave(outer);
        }
        Some(true)
    }
}

/// A branch that may count.
struct Candidate<'b, 't> {
    branch: &'b Branch<'t>,
    /// What the dot is inside, where it changes.
    dot: Option<Value>,
    variable: Option<(String, Value)>,
    /// Whether it counts where those before it do not.
    is_sure: bool,
}

impl Out {
    fn len(&self) -> usize {
        self.rendered.text.len()
    }

    fn is_blank(&self) -> bool {
        self.rendered.text.trim_start().is_empty()
    }

    fn push(&mut self, text: &str, from: From) {
        if !text.is_empty() {
            self.rendered.parts.push(Part { at: self.rendered.text.len() as u32, from });
            self.rendered.text.push_str(text);
        }
    }

    /// A text of the template itself.
    fn template(&mut self, template: &str, span: Span, trim: Trim) {
        let mut text = span.slice(template).unwrap_or_default();
        let mut start = span.start;
        if trim.start {
            let trimmed = text.trim_start();
            start += (text.len() - trimmed.len()) as u32;
            text = trimmed;
        }
        if trim.end {
            text = text.trim_end();
        }
        let from = match self.in_helper(start, true) {
            Some(origin) => From::Expression(Span::default(), origin),
            None => From::Template(start),
        };
        self.push(text, from);
    }

    /// What an expression puts.
    fn put(&mut self, text: &Text, expression: Span) {
        self.changed = true;
        self.open |= text.open;
        let outer = self.in_helper(expression.start, false);
        for (span, mut origin) in text.spans() {
            // What a helper has from another one stands there.
            origin.helper = origin.helper.or_else(|| outer?.helper);
            self.push(text.text.get(span).unwrap_or_default(), From::Expression(expression, origin));
        }
    }

    /// What stands at a byte of the helper that is rendered, if one is.
    fn in_helper(&self, at: u32, is_literal: bool) -> Option<Origin> {
        let helper = match self.helper? {
            HelperText::File(file, start) => Some(InHelper { file, at: start + at, is_literal }),
            HelperText::Value => None,
        };
        Some(Origin { value: None, helper })
    }

    /// An expression that is not known.
    fn keep(&mut self, template: &str, span: Span) {
        self.open = true;
        let text = span.slice(template).unwrap_or_default();
        let from = match self.in_helper(span.start, true) {
            Some(origin) => From::Expression(Span::default(), origin),
            None => From::Template(span.start),
        };
        self.push(text, from);
    }

    /// A part of a block that is not known. In a helper there may be no place for it: what it puts may stand within a line.
    fn stand_in(&mut self, text: &str, expression: Span) -> Option<()> {
        if self.helper.is_some() {
            self.keeps_blocks.then_some(())?;
            self.open = true;
            self.has_blocks = true;
        }
        let origin = self.in_helper(expression.start, false).unwrap_or_default();
        self.push(text, From::Expression(expression, origin));
        Some(())
    }
}
