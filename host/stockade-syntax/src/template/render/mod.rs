//! Renders a chart's template as far as the chart's own files say what it becomes.
//!
//! What cannot be evaluated stays as it is: the result is a template again, of which less is unknown, and is parsed and
//! judged like one. Every byte of it is known to come from a place of the template, or from an expression there and the value that
//! it puts. Source: the documentation of Go's `text/template`.

mod blocks;
mod changes;
mod cluster;
mod evaluate;
mod functions;
mod helpers;
mod json;
mod lists;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod words;

use super::actions::{Action, Role, scan};
use blocks::Trim;
pub use helpers::{Definitions, Helpers};
use std::cell::{Cell, RefCell};
use stockade_model::Span;
pub(crate) use text::Place;
use text::{InHelper, Origin};
pub use value::Sources;
use value::Value;
pub(crate) use value::quoted;

/// Longest result, in bytes.
const LONGEST: usize = 2 << 20;
/// Most steps for one template: expressions and calls, and the text that they make by [`STEP_BYTES`].
const STEPS: u32 = 300_000;
/// Bytes of text that cost as much as an expression.
const STEP_BYTES: usize = 64;
/// Most variables at a place.
const VARIABLES: usize = 500;
/// Most times that the body of one loop is put.
const ROUNDS: usize = 100;
/// Deepest blocks, and helpers that call each other.
const DEPTH: u8 = 32;

/// A template with what is known of it put in.
#[derive(Debug)]
pub struct Rendered {
    text: String,
    parts: Vec<Part>,
    /// In order.
    left_out: Vec<LeftOut>,
}

/// A key that is left out because a value is empty: `{{ with .Values.resources }}resources: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LeftOut {
    /// Where it would stand in the rendered text.
    at: u32,
    key: String,
    value: Place,
}

/// A part of a rendered text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    /// Where it begins.
    at: u32,
    from: From,
}

/// What a part of a rendered text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// The template's own text, from here on.
    Template(u32),
    /// An expression of the template, and where what it puts comes from.
    Expression(Span, Origin),
}

impl Rendered {
    /// A text that stands in another one: behind `head`, each of its lines behind `indent` blanks. It begins at the byte `start` of
    /// its file.
    #[must_use]
    pub fn below(head: &str, text: &str, indent: usize, start: u32) -> Self {
        let mut this = Self { text: head.to_owned(), parts: Vec::new(), left_out: Vec::new() };
        this.parts.push(Part { at: 0, from: From::Expression(Span::default(), Origin::default()) });
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let blanks = From::Expression(Span::new(at, at), Origin::default());
            this.parts.push(Part { at: this.text.len() as u32, from: blanks });
            this.text.extend(std::iter::repeat_n(' ', indent));
            this.parts.push(Part { at: this.text.len() as u32, from: From::Template(at) });
            this.text.push_str(line);
            at += line.len() as u32;
        }
        this
    }

    /// The text, a template as well.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in the template a part of the text comes from; whole expressions.
    #[must_use]
    pub fn source(&self, span: Span) -> Span {
        let start = self.part_at(span.start).map_or(0, |part| match part.from {
            From::Template(source) => source + (span.start - part.at),
            From::Expression(source, _) => source.start,
        });
        if span.is_empty() {
            return Span::new(start, start);
        }
        let last = span.end - 1;
        let end = self.part_at(last).map_or(start, |part| match part.from {
            From::Template(source) => source + (span.end - part.at),
            From::Expression(source, _) => source.end,
        });
        // What a loop puts may begin behind the place where it ends.
        Span::new(start, end.max(start))
    }

    /// The values that a part of the text comes from, in order: the layer of each, and the node there.
    pub fn values(&self, span: Span) -> impl Iterator<Item = Place> {
        let first = self.parts.partition_point(|part| part.at <= span.start).saturating_sub(1);
        let end = span.end.max(span.start + 1);
        let parts = self.parts.iter().skip(first).take_while(move |part| part.at < end);
        parts.filter_map(|part| match part.from {
            From::Expression(_, origin) => origin.value,
            From::Template(_) => None,
        })
    }

    /// Where in a file of helpers a place of the text comes from: the number of the file in the order in which they were added, the
    /// template last, and the byte.
    #[must_use]
    pub fn helper(&self, at: u32) -> Option<(usize, u32)> {
        let part = self.part_at(at)?;
        let From::Expression(_, origin) = part.from else { return None };
        let InHelper { file, at, .. } = origin.ahead((at - part.at) as usize).helper?;
        Some((file as usize, at))
    }

    /// The keys that are left out between two places of the text because a value is empty, each with that value.
    pub fn left_out(&self, span: Span) -> impl Iterator<Item = (&str, Place)> {
        let first = self.left_out.partition_point(|left_out| left_out.at < span.start);
        let behind = self.left_out.iter().skip(first).take_while(move |left_out| left_out.at <= span.end);
        behind.map(|left_out| (left_out.key.as_str(), left_out.value))
    }

    /// The parts of the template that stand in the text, in order: what lies between them is left out.
    #[must_use]
    pub fn kept(&self) -> Vec<Span> {
        let ends = self.parts.iter().skip(1).map(|part| part.at).chain([self.text.len() as u32]);
        let kept = |(part, end): (&Part, u32)| match part.from {
            From::Template(source) => Span::new(source, source + (end - part.at)),
            From::Expression(source, _) => source,
        };
        let mut kept: Vec<Span> = self.parts.iter().zip(ends).map(kept).collect();
        kept.sort_unstable_by_key(|span| (span.start, span.end));
        kept.dedup_by(|next, last| {
            let meets = next.start <= last.end;
            if meets {
                last.end = last.end.max(next.end);
            }
            meets
        });
        kept
    }

    fn part_at(&self, at: u32) -> Option<&Part> {
        self.parts.get(self.parts.partition_point(|part| part.at <= at).checked_sub(1)?)
    }
}

/// What becomes of a helper that holds a block of which nobody knows whether it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelperBlocks {
    /// Its lines and its blocks are put where it is included. They may not fit there.
    Put,
    /// Nothing is known of what it puts.
    Unknown,
}

/// Renders `template`, as far as `sources` say what it becomes. `None` where nothing of it can be said, where it is no template of
/// Helm, and where it would become too large.
#[must_use]
pub fn render<'v>(
    template: &'v str,
    sources: Sources<'v>,
    helpers: &Helpers<'v>,
    blocks: HelperBlocks,
) -> Option<Rendered> {
    let actions = scan(template);
    if actions.iter().any(|action| !action.braces) {
        return None;
    }
    let mut helpers = helpers.clone();
    let own = Definitions::read(template);
    helpers.add(template, &own);
    let helpers = &helpers;
    let (steps, depth) = (Cell::new(STEPS), Cell::new(DEPTH));
    let (changed, root) = (RefCell::default(), RefCell::default());
    let renderer = Renderer { sources, helpers, blocks, steps, depth, changed, root };
    let mut out = Out::new(None, false);
    renderer.body(&Body::new(template, &actions), Trim::default(), &mut Scope::new(Value::Root), &mut out)?;
    out.changed.then_some(out.rendered)
}

/// What expressions may name.
#[derive(Debug)]
struct Scope {
    dot: Value,
    /// The last one of a name counts; `$` has the empty name.
    variables: Vec<(String, Value)>,
}

impl Scope {
    fn new(dot: Value) -> Self {
        // `$` is what the dot is at the start.
        Self { variables: vec![(String::new(), dot.clone())], dot }
    }

    /// Begins a block with another dot, where there is one, and further variables.
    fn enter(&mut self, dot: Option<Value>, variables: Vec<(String, Value)>) -> Outer {
        let known = self.variables.len();
        self.variables.extend(variables);
        let dot = dot.map(|dot| std::mem::replace(&mut self.dot, dot));
        Outer { dot, known }
    }

    /// Ends a block: what it has set of the variables outside counts.
    fn leave(&mut self, Outer { dot, known }: Outer) {
        self.variables.truncate(known);
        if let Some(dot) = dot {
            self.dot = dot;
        }
    }

    fn variable(&self, name: &str) -> Value {
        let mut found = self.variables.iter().rev().filter(|(known, _)| known == name);
        found.next().map_or(Value::Unknown, |(_, value)| value.clone())
    }

    fn set(&mut self, name: String, value: Value, declares: bool) {
        let known = self.variables.iter_mut().rev().find(|(known, _)| *known == name);
        match known {
            Some((_, known)) if !declares => *known = value,
            _ => self.variables.push((name, value)),
        }
    }

    /// After a part that may be left out, or put many times: what it sets is unknown.
    fn forget(&mut self, body: &Body<'_>) {
        for action in body.actions {
            let body = expression(body.template, action.span);
            for name in changes::changed_variables(body) {
                self.set(name, Value::Unknown, false);
            }
            if action.role == Role::Silent
                && let Some((name, rest)) = body.strip_prefix('$').and_then(|rest| rest.split_once('='))
                && !name.ends_with(':')
                && !rest.starts_with('=')
            {
                self.set(name.trim().to_owned(), Value::Unknown, false);
            }
        }
    }
}

/// What a block has put aside.
struct Outer {
    dot: Option<Value>,
    /// How many variables there were.
    known: usize,
}

struct Renderer<'r, 'v> {
    sources: Sources<'v>,
    helpers: &'r Helpers<'v>,
    blocks: HelperBlocks,
    steps: Cell<u32>,
    depth: Cell<u8>,
    /// The paths below `.Values` of what the template has changed itself.
    changed: RefCell<Vec<Vec<String>>>,
    /// What the template has set below `$`; the empty name stands for any.
    root: RefCell<Vec<(String, Value)>>,
}

/// A stretch of a template with its expressions.
#[derive(Clone, Copy, Debug)]
struct Body<'t> {
    template: &'t str,
    actions: &'t [Action],
    /// Where it stands in the template.
    span: Span,
}

/// Where rendered text goes.
struct Out {
    rendered: Rendered,
    /// Where a helper is rendered.
    helper: Option<HelperText>,
    /// Whether anything is known of what the template becomes.
    changed: bool,
    /// Whether it holds expressions that are not known.
    open: bool,
    /// Whether a helper may keep blocks that are not known, and whether this one does.
    keeps_blocks: bool,
    has_blocks: bool,
}

/// Where the text of a helper stands.
#[derive(Clone, Copy, Debug)]
enum HelperText {
    /// In a file, of this number, from this byte on.
    File(u32, u32),
    /// It is a value.
    Value,
}

impl Out {
    fn new(helper: Option<HelperText>, keeps_blocks: bool) -> Self {
        let rendered = Rendered { text: String::new(), parts: Vec::new(), left_out: Vec::new() };
        Self { rendered, helper, changed: false, open: false, keeps_blocks, has_blocks: false }
    }
}

/// An expression without braces and signs of trimming.
fn expression(template: &str, span: Span) -> &str {
    let body = span.slice(template).unwrap_or_default();
    let body = body.strip_prefix("{{").unwrap_or(body);
    let body = body.strip_suffix("}}").unwrap_or(body);
    let body = body.strip_prefix('-').filter(|rest| rest.starts_with(char::is_whitespace)).unwrap_or(body);
    let body = body.strip_suffix('-').filter(|rest| rest.ends_with(char::is_whitespace)).unwrap_or(body);
    body.trim()
}
