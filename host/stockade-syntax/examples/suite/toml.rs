//! toml-test: a valid file must give the tagged JSON beside it, an invalid one at least one error.

use crate::{Exception, Score, files, name_in};
use anyhow::Context as _;
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;
use stockade_model::{NodeId, NodeKind, ProblemLevel, ScalarType};
use stockade_syntax::{Document, FileKind, parse};

/// The list of cases for the version of TOML that is read.
const LIST: &str = "files-toml-1.1.0";

pub(crate) const EXCEPTIONS: &[Exception] = &[];

pub(crate) fn run(dir: &Path) -> anyhow::Result<Score> {
    let tests = if dir.join("tests").is_dir() { dir.join("tests") } else { dir.to_owned() };
    let list = std::fs::read_to_string(tests.join(LIST)).with_context(|| format!("read {LIST}"))?;
    let listed: HashSet<&str> = list.lines().collect();
    let mut score = Score::default();
    for path in files(&tests, "toml")? {
        let name = name_in(&tests, &path);
        if !listed.contains(name.as_str()) {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let outcome = match String::from_utf8(bytes) {
            // Not UTF-8: refused before a parser sees it, as an invalid file must be.
            Err(_) if name.starts_with("invalid/") => Ok(()),
            Err(_) => Err("not UTF-8".to_owned()),
            Ok(text) => judge(&name, &parse(FileKind::Toml, text), &path),
        };
        score.add(&name, outcome);
    }
    Ok(score)
}

fn judge(name: &str, document: &Document, path: &Path) -> Result<(), String> {
    let wrong = document.problems.iter().find(|problem| problem.level == ProblemLevel::Error);
    if name.starts_with("invalid/") {
        return if wrong.is_some() { Ok(()) } else { Err("no error found".to_owned()) };
    }
    if let Some(problem) = wrong {
        return Err(problem.message.clone());
    }
    let expected = std::fs::read_to_string(path.with_extension("json")).map_err(|error| error.to_string())?;
    let expected: Value = serde_json::from_str(&expected).map_err(|error| error.to_string())?;
    match document.children(0).next() {
        Some(root) => compare(document, root, &expected, ""),
        None if expected.as_object().is_some_and(|map| map.is_empty()) => Ok(()),
        None => Err("the document is empty".to_owned()),
    }
}

fn compare(document: &Document, node: NodeId, expected: &Value, at: &str) -> Result<(), String> {
    match (document.kind(node), expected) {
        (NodeKind::Sequence, Value::Array(items)) => {
            let children: Vec<NodeId> = document.children(node).collect();
            if children.len() != items.len() {
                return Err(format!("{at}: {} elements instead of {}", children.len(), items.len()));
            }
            children.iter().zip(items).try_for_each(|(child, item)| compare(document, *child, item, at))
        }
        (NodeKind::Scalar, Value::Object(map))
            if map.contains_key("type") && map.get("type").is_some_and(Value::is_string) =>
        {
            let part = |name: &str| map.get(name).and_then(Value::as_str).unwrap_or_default();
            scalar(document, node, part("type"), part("value")).map_err(|why| format!("{at}: {why}"))
        }
        (NodeKind::Mapping, Value::Object(map)) => {
            if document.children(node).count() != map.len() {
                return Err(format!(
                    "{at}: {} entries instead of {}",
                    document.children(node).count(),
                    map.len()
                ));
            }
            map.iter().try_for_each(|(key, value)| {
                let child = document.get(node, key).ok_or_else(|| format!("{at}: no key `{key}`"))?;
                compare(document, child, value, &format!("{at}/{key}"))
            })
        }
        (kind, _) => Err(format!("{at}: a {kind:?} where the suite has {expected}")),
    }
}

fn scalar(document: &Document, node: NodeId, ty: &str, expected: &str) -> Result<(), String> {
    let value = document.value(node);
    let plain: String = value.chars().filter(|c| *c != '_').collect();
    let (wanted, equal) = match ty {
        "string" => (ScalarType::String, value == expected),
        "bool" => (ScalarType::Bool, value == expected),
        "integer" => (ScalarType::Int, integer(&plain) == expected.parse().ok()),
        "float" => (ScalarType::Float, same_float(&plain, expected)),
        _ => (ScalarType::Timestamp, moment(value) == moment(expected)),
    };
    if document.scalar_type(node) != wanted as u8 {
        return Err(format!("type {} instead of {ty}", document.scalar_type(node)));
    }
    if equal { Ok(()) } else { Err(format!("`{value}` instead of `{expected}`")) }
}

fn integer(text: &str) -> Option<i64> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok();
        }
    }
    text.parse().ok()
}

fn same_float(text: &str, expected: &str) -> bool {
    match (text.parse::<f64>(), expected.parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b || a.is_nan() && b.is_nan(),
        _ => false,
    }
}

/// A date or time in one spelling: `T`, `Z`, seconds, a fraction without zeros at its end.
fn moment(text: &str) -> String {
    let upper = text.to_ascii_uppercase().replace(' ', "T");
    let (day, time) = match upper.split_once('T') {
        Some((day, time)) => (day.to_owned() + "T", time.to_owned()),
        None if upper.contains(':') => (String::new(), upper.clone()),
        None => return upper,
    };
    let offset_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(offset_at);
    let clock = if clock.matches(':').count() == 1 { format!("{clock}:00") } else { clock.to_owned() };
    let clock = if clock.contains('.') { clock.trim_end_matches('0').trim_end_matches('.') } else { &clock };
    let offset = if offset == "+00:00" { "Z" } else { offset };
    format!("{day}{clock}{offset}")
}
