//! Reads the YAML, JSON and TOML of a folder with stockade's readers and with independent ones (libyaml in Rust, serde_json,
//! toml), and prints every difference: `cargo run -p stockade-syntax --example compare -- DIR`. Templates are left
//! out, as no other reader takes them. `book/src/internals/readers.md` explains what comes out.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

use anyhow::Context as _;
use serde::Deserialize as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use stockade_model::{Document, NodeId, NodeKind, ProblemLevel, ScalarType, flag};
use stockade_syntax::{FileKind, classify, decode, parse_at};

/// What both readers' values are turned into.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("name a folder")?);
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for path in files(&folder)? {
        let name = path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().into_owned();
        let Ok(decoded) = decode(std::fs::read(&path)?) else { continue };
        let Some(kind) = classify(&name, &decoded.text).kind else { continue };
        let format = match name.rsplit('.').next() {
            Some("yaml" | "yml") => "yaml",
            Some("json") if kind != FileKind::JsonLines => "json",
            Some("toml") => "toml",
            _ => continue,
        };
        let text = decoded.text;
        let document = parse_at(kind, &name, text.clone());
        let [files, templates, different] = counts.entry(format).or_default();
        *files += 1;
        if document.marks.iter().any(|mark| mark.contains("template")) {
            *templates += 1;
            continue;
        }
        let ours = match document.problems.iter().find(|problem| problem.level == ProblemLevel::Error) {
            Some(problem) => Err(problem.message.clone()),
            None => Ok(document.children(0).map(|root| value(&document, root, 0)).collect::<Vec<_>>()),
        };
        let found = difference(&ours, &other(format, &text));
        if let Some(found) = found {
            *different += 1;
            println!("{name}: {found}");
        }
    }
    for (format, [files, templates, different]) in counts {
        println!("{format}: {files} files, {templates} of them templates, {different} are read differently");
    }
    Ok(())
}

fn other(format: &str, text: &str) -> Result<Vec<Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        "json" => serde_json::from_str(text).map(|value| vec![from_json(value)]).map_err(|e| e.to_string()),
        "toml" => toml::from_str(text)
            .map(|table| vec![from_toml(toml::Value::Table(table))])
            .map_err(|e| e.to_string()),
        _ => serde_yaml::Deserializer::from_str(text)
            .map(|document| {
                serde_yaml::Value::deserialize(document).map(from_yaml).map_err(|e| e.to_string())
            })
            .collect(),
    }
}

/// The first difference, in words.
fn difference(ours: &Result<Vec<Value>, String>, theirs: &Result<Vec<Value>, String>) -> Option<String> {
    match (ours, theirs) {
        (Err(_), Err(_)) => None,
        (Err(ours), Ok(_)) => Some(format!("refused only here: {ours}")),
        (Ok(_), Err(theirs)) => Some(format!("refused only there: {theirs}")),
        (Ok(ours), Ok(theirs)) => {
            // The other reader gives a null for a file of nothing but comments.
            let theirs: &[Value] = if ours.is_empty() && *theirs == [Value::Null] { &[] } else { theirs };
            apart(&Value::List(ours.clone()), &Value::List(theirs.to_vec()), String::new())
        }
    }
}

fn apart(ours: &Value, theirs: &Value, at: String) -> Option<String> {
    match (ours, theirs) {
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| apart(a, b, format!("{at}/{i}")))
        }
        (Value::Map(a), Value::Map(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b.values()).find_map(|((key, a), b)| apart(a, b, format!("{at}/{key}")))
        }
        _ if ours == theirs => None,
        _ => Some(format!("{at}: {} here, {} there", shown(ours), shown(theirs))),
    }
}

fn shown(value: &Value) -> String {
    let text = format!("{value:?}");
    text.chars().take(150).collect()
}

/// The value of a node. Aliases are followed, merge keys kept as entries, as the other reader keeps them.
fn value(document: &Document, node: NodeId, depth: usize) -> Value {
    if depth > 250 {
        return Value::Null;
    }
    match document.kind(node) {
        NodeKind::Sequence => {
            Value::List(document.children(node).map(|child| value(document, child, depth + 1)).collect())
        }
        NodeKind::Mapping => {
            let entries = document.children(node);
            Value::Map(
                entries
                    .map(|child| (document.name(child).to_owned(), value(document, child, depth + 1)))
                    .collect(),
            )
        }
        NodeKind::Alias | NodeKind::Merge => {
            document.target(node).map_or(Value::Null, |target| value(document, target, depth + 1))
        }
        _ => scalar(document, node),
    }
}

fn scalar(document: &Document, node: NodeId) -> Value {
    let text = document.value(node);
    let is = |ty: ScalarType| document.scalar_type(node) == ty as u8;
    if is(ScalarType::Null) || document.flags(node) & flag::IMPLICIT != 0 && text.is_empty() {
        return Value::Null;
    }
    if is(ScalarType::Bool) {
        return Value::Bool(text.eq_ignore_ascii_case("true"));
    }
    if is(ScalarType::Int) || is(ScalarType::Float) {
        return number(text).map_or(Value::Text(text.to_owned()), Value::Number);
    }
    Value::Text(text.to_owned())
}

fn number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = plain.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok().map(|number| number as f64);
        }
    }
    plain.trim_start_matches('+').parse().ok()
}

fn from_json(value: serde_json::Value) -> Value {
    use serde_json::Value as V;
    match value {
        V::Null => Value::Null,
        V::Bool(is) => Value::Bool(is),
        V::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
        V::String(text) => Value::Text(text),
        V::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        V::Object(map) => Value::Map(map.into_iter().map(|(key, value)| (key, from_json(value))).collect()),
    }
}

fn from_toml(value: toml::Value) -> Value {
    use toml::Value as V;
    match value {
        V::String(text) => Value::Text(text),
        V::Integer(number) => Value::Number(number as f64),
        V::Float(number) => Value::Number(number),
        V::Boolean(is) => Value::Bool(is),
        V::Datetime(moment) => Value::Text(moment.to_string()),
        V::Array(items) => Value::List(items.into_iter().map(from_toml).collect()),
        V::Table(map) => Value::Map(map.into_iter().map(|(key, value)| (key, from_toml(value))).collect()),
    }
}

fn from_yaml(value: serde_yaml::Value) -> Value {
    use serde_yaml::Value as V;
    match value {
        V::Null => Value::Null,
        V::Bool(is) => Value::Bool(is),
        V::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
        V::String(text) => Value::Text(text),
        V::Sequence(items) => Value::List(items.into_iter().map(from_yaml).collect()),
        V::Mapping(map) => {
            Value::Map(map.into_iter().map(|(key, value)| (key_text(key), from_yaml(value))).collect())
        }
        V::Tagged(tagged) => from_yaml(tagged.value),
    }
}

/// Keys are texts here, whatever they look like.
fn key_text(key: serde_yaml::Value) -> String {
    match key {
        serde_yaml::Value::String(text) => text,
        other => serde_yaml::to_string(&other).unwrap_or_default().trim_end().to_owned(),
    }
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}
