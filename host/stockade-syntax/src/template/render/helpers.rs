//! The named templates of a chart, which other templates include.

use super::blocks::Trim;
use super::text::{Origin, Text};
use super::value::Value;
use super::{Body, From, HelperBlocks, HelperText, Out, Renderer, STEP_BYTES, Scope, expression};
use crate::template::actions::{Action, Role, scan};
use std::collections::HashMap;
use stockade_model::Span;

/// The group and version of the API for each kind, as Bitnami's library chart says it on every version of Kubernetes that is
/// supported.
const API_VERSIONS: [(&str, &str); 13] = [
    ("admissionConfiguration", "apiserver.config.k8s.io/v1"),
    ("apiService", "apiregistration.k8s.io/v1"),
    ("crd", "apiextensions.k8s.io/v1"),
    ("cronjob", "batch/v1"),
    ("daemonset", "apps/v1"),
    ("deployment", "apps/v1"),
    ("hpa", "autoscaling/v2"),
    ("ingress", "networking.k8s.io/v1"),
    ("job", "batch/v1"),
    ("networkPolicy", "networking.k8s.io/v1"),
    ("policy", "policy/v1"),
    ("rbac", "rbac.authorization.k8s.io/v1"),
    ("statefulset", "apps/v1"),
];

/// What `define` names in one file.
#[derive(Clone, Debug, Default)]
pub struct Definitions(Vec<Definition>);

#[derive(Clone, Debug)]
struct Definition {
    name: Span,
    body: Span,
    /// The expressions of the body, counted from its start.
    actions: Vec<Action>,
}

impl Definitions {
    /// Those of a file with this text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let actions = scan(text);
        let mut all = Vec::new();
        let mut open: Option<(Span, usize)> = None;
        let mut depth = 0_usize;
        for (nth, action) in actions.iter().enumerate().filter(|(_, action)| action.braces) {
            match action.role {
                Role::Open => {
                    if depth == 0 {
                        open = Some((action.span, nth));
                    }
                    depth += 1;
                }
                Role::Close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0
                        && let Some((start, first)) = open.take()
                        && let Some(name) = defined(text, start)
                    {
                        let inside = actions.get(first + 1..nth).unwrap_or_default();
                        all.push(Definition::new(text, name, [start, action.span], inside));
                    }
                }
                _ => {}
            }
        }
        Self(all)
    }
}

impl Definition {
    /// `around` are the expressions that begin and end it.
    fn new(text: &str, name: Span, [start, end]: [Span; 2], inside: &[Action]) -> Self {
        let mut body = Span::new(start.end, end.start);
        let ends_with = |span: Span| span.slice(text).is_some_and(|text| text.ends_with("-}}"));
        if let (true, Some(inner)) = (ends_with(start), body.slice(text)) {
            body.start += (inner.len() - inner.trim_start().len()) as u32;
        }
        let starts_with = |span: Span| span.slice(text).is_some_and(|text| text.starts_with("{{-"));
        if let (true, Some(inner)) = (starts_with(end), body.slice(text)) {
            body.end -= (inner.len() - inner.trim_end().len()) as u32;
        }
        let shifted = |action: &Action| {
            let span = Span::new(action.span.start - body.start, action.span.end - body.start);
            Action { span, ..*action }
        };
        Self { name, body, actions: inside.iter().map(shifted).collect() }
    }
}

/// What `define` names, of several files.
#[derive(Clone, Debug, Default)]
pub struct Helpers<'t> {
    by_name: HashMap<&'t str, Helper<'t>>,
    /// How many files were added.
    files: u32,
}

#[derive(Clone, Copy, Debug)]
struct Helper<'t> {
    body: Body<'t>,
    at: HelperText,
}

impl<'t> Helpers<'t> {
    /// Adds what a file with this text defines. Of two that have one name, the one added last counts.
    pub fn add(&mut self, text: &'t str, definitions: &'t Definitions) {
        for Definition { name, body, actions } in &definitions.0 {
            if let (Some(name), Some(inner)) = (name.slice(text), body.slice(text)) {
                let at = HelperText::File(self.files, body.start);
                self.by_name.insert(name, Helper { body: Body::new(inner, actions), at });
            }
        }
        self.files += 1;
    }
}

/// Whether a text has entries or items, each on a line of its own.
fn has_lines(actions: &[Action], body: &str) -> bool {
    let edges = actions.iter().map(|action| action.span);
    let starts = std::iter::once(0).chain(edges.clone().map(|span| span.end));
    let ends = edges.map(|span| span.start).chain([body.len() as u32]);
    starts.zip(ends).any(|(start, end)| {
        let between = Span::new(start, end).slice(body).unwrap_or_default();
        between.lines().any(|line| {
            let line = line.trim();
            line.ends_with(':') || line.contains(": ") || line.starts_with("- ")
        })
    })
}

/// The place of the name that `define "name"` defines, if the expression is one.
fn defined(text: &str, span: Span) -> Option<Span> {
    let name = expression(text, span).strip_prefix("define")?.trim().strip_prefix('"')?.strip_suffix('"')?;
    let start = (name.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(Span::new(start as u32, (start + name.len()) as u32))
}

impl Renderer<'_, '_> {
    /// What `include` puts.
    pub(super) fn include(&self, name: &str, argument: &Value) -> Value {
        let Some(helper) = self.helpers.by_name.get(name) else {
            return self.of_library(name, argument).unwrap_or(Value::Unknown);
        };
        self.put_together(*helper, argument)
    }

    /// What a text becomes whose expressions are about `argument`.
    pub(super) fn put_text(&self, text: &str, argument: &Value) -> Value {
        if self.pay(text.len() / STEP_BYTES).is_none() {
            return Value::Unknown;
        }
        let actions = scan(text);
        self.put_together(Helper { body: Body::new(text, &actions), at: HelperText::Value }, argument)
    }

    fn put_together(&self, Helper { body, at }: Helper<'_>, argument: &Value) -> Value {
        let Some(depth) = self.depth.get().checked_sub(1) else { return Value::Unknown };
        let Body { template, actions, .. } = body;
        if self.pay(template.len() / STEP_BYTES).is_none() || actions.iter().any(|action| !action.braces) {
            return Value::Unknown;
        }
        self.depth.set(depth);
        let mut out = Out::new(Some(at), self.blocks == HelperBlocks::Put);
        let mut scope = Scope::new(argument.clone());
        let root = self.root();
        let done = self.body(&body, Trim::default(), &mut scope, &mut out);
        self.depth.set(depth + 1);
        if done.is_none() {
            // Where it ended nobody knows.
            self.forget_root(&root);
            return Value::Unknown;
        }
        let mut text = Text { open: out.open, ..Text::default() };
        // Without lines of its own a helper puts a part of a line, where a block would break it.
        if out.has_blocks && !has_lines(actions, template) {
            return Value::Unknown;
        }
        let rendered = out.rendered;
        for (nth, part) in rendered.parts.iter().enumerate() {
            let end = rendered.parts.get(nth + 1).map_or(rendered.text.len(), |next| next.at as usize);
            let origin = match part.from {
                From::Expression(_, origin) => origin,
                From::Template(_) => Origin::default(),
            };
            text.push_of(rendered.text.get(part.at as usize..end).unwrap_or_default(), origin);
        }
        // Nothing but an expression says no more than the one that asks for it.
        let is_expression = |text: &str| {
            let inside = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
            inside.is_some_and(|inside| !inside.contains("{{"))
        };
        if text.open && is_expression(&text.text) { Value::Unknown } else { Value::Text(text) }
    }

    /// What the helpers of Bitnami's library chart put, which most charts that use it do not carry with them.
    fn of_library(&self, name: &str, argument: &Value) -> Option<Value> {
        let field = |name: &str| self.sources.field(argument, name);
        let yaml = |value: &Value| Some(Value::Text(self.sources.yaml(value, super::functions::LONGEST)?));
        match name {
            "common.tplvalues.render" => {
                let text = match field("value") {
                    Value::Text(text) => text,
                    value => self.sources.yaml(&value, super::functions::LONGEST)?,
                };
                if text.open || !text.text.contains("{{") {
                    return (!text.open).then_some(Value::Text(text));
                }
                let context = match field("scope") {
                    Value::Null => field("context"),
                    scope => scope,
                };
                Some(self.put_text(&text.text, &context))
            }
            "common.compatibility.renderSecurityContext" => {
                let mut entries = self.sources.entries(&field("secContext"))?;
                entries.retain(|(key, _)| key != "enabled");
                yaml(&Value::Map(entries))
            }
            "common.images.image" => {
                let part = |value: &Value, name: &str| match self.sources.field(value, name) {
                    Value::Null => Some(Text::default()),
                    value => value.printed().filter(|text| !text.open),
                };
                let image = field("imageRoot");
                let global = match field("global") {
                    Value::Null => Text::default(),
                    global => part(&global, "imageRegistry")?,
                };
                let registry = if global.text.is_empty() { part(&image, "registry")? } else { global };
                let (tag, digest) = (part(&image, "tag")?, part(&image, "digest")?);
                let mut text = registry;
                if !text.text.is_empty() {
                    text.push("/", None);
                }
                text.append(&part(&image, "repository")?);
                let (sign, behind) = if digest.text.is_empty() { (":", tag) } else { ("@", digest) };
                text.push(sign, None);
                text.append(&behind);
                Some(Value::Text(text))
            }
            _ => {
                let kind = name.strip_prefix("common.capabilities.")?.strip_suffix(".apiVersion")?;
                let (_, version) = API_VERSIONS.iter().find(|(known, _)| *known == kind)?;
                Some(Value::text(*version))
            }
        }
    }
}
