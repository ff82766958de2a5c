//! Fills a chart's default values into its templates where that needs no rendering.

use super::actions::{Role, scan};
use crate::formats::yaml::schema;
use crate::limits;
use crate::table::push_problem;
use stockade_model::{
    Document, NodeId, NodeKind, Problem, ProblemLevel, STRIDE, ScalarType, Style, column, flag,
};

/// A scalar of a template that now holds a default of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// The scalar in the template.
    pub node: NodeId,
    /// The last value used, a node of a values file; none where only a `default` in the template was used.
    pub source: Option<NodeId>,
    /// Which of the layers that file is.
    pub layer: usize,
}

/// A file with values for a chart. A chart has several where it is part of another one: what the outer one says counts more.
#[derive(Clone, Copy, Debug)]
pub struct ValueLayer<'v> {
    document: &'v Document,
    /// The mapping that is `.Values`.
    own: Option<NodeId>,
    /// The mapping that is `.Values.global`.
    global: Option<NodeId>,
}

impl<'v> ValueLayer<'v> {
    /// The file.
    pub(super) fn document(&self) -> &'v Document {
        self.document
    }

    /// The mapping that is `.Values`.
    pub(super) fn values(&self) -> Option<NodeId> {
        self.own
    }

    /// The mapping that is `.Values.global`.
    pub(super) fn global(&self) -> Option<NodeId> {
        self.global
    }

    /// The chart's own `values.yaml`.
    #[must_use]
    pub fn own(document: &'v Document) -> Self {
        let own = document.children(0).next();
        Self { document, own, global: own.and_then(|root| document.get(root, "global")) }
    }

    /// The `values.yaml` of a chart that this one is a part of; `path` are the names, from that chart inwards, that its parts
    /// have there.
    #[must_use]
    pub fn outer(document: &'v Document, path: &[&str]) -> Self {
        let root = document.children(0).next();
        let global = root.and_then(|root| document.get(root, "global"));
        let own = path.iter().fold(root, |node, name| document.get(node?, name));
        Self { document, own, global }
    }
}

/// Fills simple expressions (`{{ .Values.image.tag }}`, also behind `quote`, `default "x"` and other
/// functions that change nothing else) in the scalars of `document` from `values`, the chart's `values.yaml`.
///
/// A scalar without any expression left is *filled in from a default* and no longer unknown; one with some filled is
/// *partly unknown* and *filled in*. Spans stay at the template. Gives the scalars that changed, in order.
pub fn substitute_values(document: &mut Document, values: &Document) -> Vec<Substitution> {
    substitute_layers(document, &[ValueLayer::own(values)])
}

/// As [`substitute_values`], from several files: the first one that has a value counts.
pub fn substitute_layers(document: &mut Document, values: &[ValueLayer<'_>]) -> Vec<Substitution> {
    let mut changed = Vec::new();
    let most = document.data.len() + limits::MAX_FILLED_BYTES;
    for node in 1..document.len() as NodeId {
        if document.data.len() > most {
            let span = document.span(node);
            let message = format!(
                "the chart's values add more than {} MiB to this template: further ones are not filled in",
                limits::MAX_FILLED_BYTES >> 20
            );
            let problem = Problem { code: "limit", level: ProblemLevel::Warning, span, message };
            push_problem(&mut document.problems, problem);
            break;
        }
        if document.kind(node) == NodeKind::Scalar
            && document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) != 0
            && !holds_file(document, node)
            && let Some(filled) = fill(document.value(node), values)
        {
            let source = filled.source;
            store(document, node, filled);
            let (layer, source) = source.map_or((0, None), |(layer, node)| (layer, Some(node)));
            changed.push(Substitution { node, source, layer });
        }
    }
    changed
}

/// Whether a scalar may be a file of its own, in the data of a ConfigMap or Secret, or in what an Ingress
/// writes into nginx. Such a file is read as the template
/// that it is: of what is filled in nobody could say where in the source it stands.
fn holds_file(document: &Document, node: NodeId) -> bool {
    let is_block = [Style::Literal as u8, Style::Folded as u8].contains(&document.style(node));
    is_block
        && document
            .parent(node)
            .is_some_and(|parent| matches!(document.name(parent), "data" | "stringData" | "annotations"))
}

/// A scalar's text with values filled in.
struct Filled {
    text: String,
    complete: bool,
    quoted: bool,
    source: Option<(usize, NodeId)>,
}

/// What one expression stands for.
struct Resolved {
    text: String,
    quoted: bool,
    source: Option<(usize, NodeId)>,
}

fn fill(text: &str, values: &[ValueLayer<'_>]) -> Option<Filled> {
    let mut filled = Filled { text: String::new(), complete: true, quoted: false, source: None };
    let mut at = 0;
    let mut any = false;
    for action in scan(text) {
        let span = action.span;
        let body = text.get(span.start as usize + 2..span.end as usize - 2)?;
        let resolved = if action.role == Role::Value { resolve(body, values) } else { None };
        filled.text.push_str(text.get(at..span.start as usize)?);
        match resolved {
            Some(resolved) if filled.text.len() + resolved.text.len() <= limits::MAX_FILLED_BYTES => {
                any = true;
                filled.quoted |= resolved.quoted;
                filled.source = resolved.source.or(filled.source);
                filled.text.push_str(&resolved.text);
            }
            _ => {
                filled.complete = false;
                filled.text.push_str(span.slice(text)?);
            }
        }
        at = span.end as usize;
    }
    filled.text.push_str(text.get(at..)?);
    any.then_some(filled)
}

/// Evaluates `.Values.a.b | function | ...`, or gives up.
fn resolve(body: &str, values: &[ValueLayer<'_>]) -> Option<Resolved> {
    let body = body.trim_start_matches('-').trim_end_matches('-').trim();
    let mut stages = pipeline(body)?.into_iter();
    let first = stages.next()?;
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    let mut resolved = match first.as_slice() {
        [path] => lookup(path, values),
        ["quote" | "squote", path] => lookup(path, values).map(|found| Resolved { quoted: true, ..found }),
        ["default", fallback, path] => or_default(lookup(path, values), fallback),
        ["required", _, path] => lookup(path, values),
        _ => return None,
    };
    for stage in stages {
        let stage: Vec<&str> = stage.iter().map(String::as_str).collect();
        match stage.as_slice() {
            ["quote" | "squote" | "toString"] => {
                resolved = resolved.map(|found| Resolved { quoted: true, ..found });
            }
            ["trim" | "int" | "int64" | "float64"] => {}
            ["default", fallback] => resolved = or_default(resolved, fallback),
            ["lower"] => resolved = resolved.map(|r| Resolved { text: r.text.to_lowercase(), ..r }),
            ["upper"] => resolved = resolved.map(|r| Resolved { text: r.text.to_uppercase(), ..r }),
            _ => return None,
        }
    }
    resolved
}

/// Splits a pipeline into stages of words; a quoted word keeps its first quote. None for anything with
/// parentheses.
fn pipeline(body: &str) -> Option<Vec<Vec<String>>> {
    let mut stages = vec![Vec::new()];
    let mut chars = body.chars().peekable();
    while let Some(character) = chars.next() {
        match character {
            '|' => stages.push(Vec::new()),
            '(' | ')' | ',' => return None,
            c if c.is_whitespace() => {}
            quote @ ('"' | '`') => {
                let mut word = String::from('"');
                loop {
                    match chars.next()? {
                        c if c == quote => break,
                        '\\' if quote == '"' => word.push(chars.next()?),
                        c => word.push(c),
                    }
                }
                stages.last_mut()?.push(word);
            }
            c => {
                let mut word = String::from(c);
                while let Some(c) =
                    chars.next_if(|c| !c.is_whitespace() && !matches!(c, '|' | '(' | ')' | '"'))
                {
                    word.push(c);
                }
                stages.last_mut()?.push(word);
            }
        }
    }
    stages.iter().all(|stage| !stage.is_empty()).then_some(stages)
}

/// The layer and node of what stands at `.Values.a.b`, in the first layer that has something there.
pub(super) fn find(path: &str, values: &[ValueLayer<'_>]) -> Option<(usize, NodeId)> {
    let path = path.strip_prefix('$').unwrap_or(path).strip_prefix(".Values.")?;
    for (nth, layer) in values.iter().enumerate() {
        let document = layer.document;
        let (start, path) = match path.strip_prefix("global.") {
            Some(path) => (layer.global, path),
            None => (layer.own, path),
        };
        let Some(mut node) = start else { continue };
        let mut names = path.split('.');
        let missing = loop {
            let Some(name) = names.next() else { break false };
            match document.get(node, name) {
                Some(next) => node = next,
                None => break true,
            }
            if document.kind(node) == NodeKind::Alias {
                node = document.target(node)?;
            }
        };
        let unknown = document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) != 0;
        if missing && !unknown && document.kind(node) == NodeKind::Mapping {
            continue;
        }
        return (!missing).then_some((nth, node));
    }
    None
}

/// The scalar at `.Values.a.b`.
fn lookup(path: &str, values: &[ValueLayer<'_>]) -> Option<Resolved> {
    let (nth, node) = find(path, values)?;
    let document = values.get(nth)?.document;
    let is_value = document.kind(node) == NodeKind::Scalar
        && document.scalar_type(node) != ScalarType::Null as u8
        && document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) == 0;
    // What is quoted in the values file is not quoted any more when it is put into the template.
    is_value.then(|| Resolved {
        text: document.value(node).to_owned(),
        quoted: false,
        source: Some((nth, node)),
    })
}

/// Helm's `default`: for a missing or empty value.
fn or_default(found: Option<Resolved>, fallback: &str) -> Option<Resolved> {
    match found {
        Some(found) if !matches!(found.text.as_str(), "" | "0" | "false") => Some(found),
        _ => {
            let text = match fallback.strip_prefix('"') {
                Some(text) => text.to_owned(),
                None if fallback.parse::<f64>().is_ok() || matches!(fallback, "true" | "false") => {
                    fallback.to_owned()
                }
                None => return None,
            };
            Some(Resolved { text, quoted: false, source: None })
        }
    }
}

fn store(document: &mut Document, node: NodeId, filled: Filled) {
    let start = document.data.len() as u32;
    document.data.push_str(&filled.text);
    let end = document.data.len() as u32;
    let mut flags = document.flags(node) & !(flag::UNKNOWN | flag::PARTIAL) | flag::DEFAULTED;
    if !filled.complete {
        flags |= flag::PARTIAL;
    }
    let plain = document.style(node) == Style::Plain as u8;
    let (ty, extra) = if filled.complete && plain && !filled.quoted {
        schema::resolve(&filled.text)
    } else {
        (ScalarType::String, 0)
    };
    let head = document.cell(node, column::HEAD) & 0x00ff_00ff;
    let mut set = |column: usize, value: u32| {
        if let Some(cell) = document.nodes.get_mut(node as usize * STRIDE + column) {
            *cell = value;
        }
    };
    set(column::TEXT_START, start);
    set(column::TEXT_END, end);
    set(column::HEAD, head | (ty as u32) << 8 | u32::from(flags | extra) << 24);
}
