//! Functions about lists, mappings and paths, and those that read a text as YAML.

use super::functions::closed;
use super::text::Text;
use super::value::{Sources, Value, scalar};
use crate::FileKind;
use stockade_model::{Document, NodeId, NodeKind};

/// Most items of a list that is made of numbers, or of a text.
const LONGEST: i64 = 1_000;
/// Deepest values that are read from a text.
const DEPTH: u8 = 32;
/// Longest text that is read as YAML, in bytes.
const LARGEST: usize = 64 * 1024;

/// What a call makes; `None` for functions that are not known here, and where an argument says too little.
pub(super) fn call(name: &str, args: &[Value], sources: &Sources<'_>) -> Option<Value> {
    Some(match (name, args) {
        ("splitList", [between, text]) => {
            let (between, text) = (closed(between)?.text, closed(text)?);
            let count = text.text.matches(between.as_str()).count() as i64;
            (!between.is_empty() && count < LONGEST).then_some(())?;
            let part = |part: &str| Value::Text(Text::of(part, text.place()));
            Value::List(text.text.split(between.as_str()).map(part).collect())
        }
        ("split", [between, text]) => {
            let (between, text) = (closed(between)?.text, closed(text)?);
            let count = text.text.matches(between.as_str()).count() as i64;
            (!between.is_empty() && count < LONGEST).then_some(())?;
            let part =
                |(nth, part): (usize, &str)| (format!("_{nth}"), Value::Text(Text::of(part, text.place())));
            Value::Map(text.text.split(between.as_str()).enumerate().map(part).collect())
        }
        ("dir" | "base" | "clean", [path]) => {
            let path = closed(path)?;
            Value::Text(Text::of(path_of(name, &path.text), path.place()))
        }
        ("until", [end]) => numbers(0, end.as_number()?, 1)?,
        ("untilStep", [start, end, step]) => {
            numbers(start.as_number()?, end.as_number()?, step.as_number()?)?
        }
        // Go's maps have no order.
        ("keys", [map]) => {
            let entries = sources.entries(map)?;
            (entries.len() <= 1).then_some(())?;
            Value::List(entries.into_iter().map(|(key, _)| Value::text(key)).collect())
        }
        ("sortAlpha", [list]) => {
            let texts: Option<Vec<Text>> = sources.items(list)?.iter().map(closed).collect();
            let mut texts = texts?;
            texts.sort_by(|a, b| a.text.cmp(&b.text));
            Value::List(texts.into_iter().map(Value::Text).collect())
        }
        ("reverse", [list]) => {
            let mut items = sources.items(list)?;
            items.reverse();
            Value::List(items)
        }
        ("uniq", [list]) => {
            let texts: Option<Vec<Text>> = sources.items(list)?.iter().map(closed).collect();
            let mut kept: Vec<Text> = Vec::new();
            for text in texts? {
                if !kept.iter().any(|known| known.text == text.text) {
                    kept.push(text);
                }
            }
            Value::List(kept.into_iter().map(Value::Text).collect())
        }
        ("compact", [list]) => {
            let items = sources.items(list)?;
            let is_true: Option<Vec<bool>> = items.iter().map(|item| sources.is_true(item)).collect();
            let kept = items.into_iter().zip(is_true?).filter(|(_, is_true)| *is_true);
            Value::List(kept.map(|(item, _)| item).collect())
        }
        ("dig", [keys @ .., fallback, map]) => {
            let mut value = map.clone();
            for key in keys {
                let key = closed(key)?.text;
                let entries = sources.entries(&value)?;
                match entries.into_iter().find(|(name, _)| *name == key) {
                    Some((_, Value::Unknown)) => return None,
                    Some((_, inner)) => value = inner,
                    None => return Some(fallback.clone()),
                }
            }
            value
        }
        ("fromYaml", [text]) => read(&closed(text)?, NodeKind::Mapping)?,
        ("fromYamlArray", [text]) => read(&closed(text)?, NodeKind::Sequence)?,
        _ => return None,
    })
}

/// A path, the folder that it is in, or its last part, as Go's package `path` has them.
fn path_of(what: &str, path: &str) -> String {
    let clean = |path: &str| {
        let is_rooted = path.starts_with('/');
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
                ".." if is_rooted => {}
                part => parts.push(part),
            }
        }
        match (is_rooted, parts.is_empty()) {
            (true, _) => format!("/{}", parts.join("/")),
            (false, true) => ".".to_owned(),
            (false, false) => parts.join("/"),
        }
    };
    match what {
        "dir" => clean(path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default()),
        "base" => {
            let trimmed = path.trim_end_matches('/');
            match trimmed.rsplit('/').next() {
                Some("") if path.is_empty() => ".".to_owned(),
                Some("") | None => "/".to_owned(),
                Some(last) => last.to_owned(),
            }
        }
        _ => clean(path),
    }
}

/// The numbers from `start` up to `end`, which is not among them.
fn numbers(start: i64, end: i64, step: i64) -> Option<Value> {
    let count = end.checked_sub(start)?;
    (step > 0 && count <= LONGEST).then_some(())?;
    let step = usize::try_from(step).ok()?;
    Some(Value::List((start..end).step_by(step).map(Value::number).collect()))
}

/// The value that a text of YAML is. What it comes from stays known.
fn read(text: &Text, kind: NodeKind) -> Option<Value> {
    (text.text.len() <= LARGEST).then_some(())?;
    let document = crate::parse(FileKind::HelmValues, text.text.clone());
    let Some(root) = document.children(0).next() else {
        return Some(if kind == NodeKind::Mapping {
            Value::Map(Vec::new())
        } else {
            Value::List(Vec::new())
        });
    };
    let is_one = document.problems.is_empty() && document.children(0).count() == 1;
    (is_one && document.kind(root) == kind).then(|| of_node(&document, root, text, DEPTH))?
}

fn of_node(document: &Document, node: NodeId, text: &Text, depth: u8) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match document.kind(node) {
        NodeKind::Mapping => {
            let entry =
                |child| Some((document.name(child).to_owned(), of_node(document, child, text, depth)?));
            Value::Map(document.children(node).map(entry).collect::<Option<_>>()?)
        }
        NodeKind::Sequence => {
            let items = document.children(node).map(|item| of_node(document, item, text, depth));
            Value::List(items.collect::<Option<_>>()?)
        }
        NodeKind::Scalar => scalar(document, node, text.place_at(document.span(node).start)),
        _ => return None,
    })
}
