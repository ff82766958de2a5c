//! The functions that templates call, as far as what they make of known values is certain.
//! Source: the documentation of Go's `text/template`, of Sprig and of Helm.

use super::json::json;
use super::text::Text;
use super::value::{Sources, Value, place_of, quoted};
use super::{cluster, lists};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use stockade_model::ScalarType;

/// Longest text that a function makes, in bytes.
pub(super) const LONGEST: usize = 256 * 1024;
/// Most values in one that a function makes.
const LARGEST: usize = 5_000;
/// Deepest mappings that are merged.
const MERGED: u8 = 16;
/// Widest indentation.
const WIDEST: i64 = 200;

/// What a call makes; `Unknown` for functions that are not known, and where an argument says too little.
pub(super) fn call(name: &str, args: &[Value], sources: &Sources<'_>) -> Value {
    // What is made of values that are small is not large: of a few times the bound at most.
    let is_small = args.iter().map(Value::size).sum::<usize>() <= LARGEST;
    is_small.then(|| known(name, args, sources)).flatten().unwrap_or(Value::Unknown)
}

fn known(name: &str, args: &[Value], sources: &Sources<'_>) -> Option<Value> {
    let is_true = |value: &Value| sources.is_true(value);
    Some(match (name, args) {
        ("default", [fallback, value]) => {
            if is_true(value)? {
                value.clone()
            } else {
                fallback.clone()
            }
        }
        ("default", [fallback]) => fallback.clone(),
        ("required", [_, value]) => match value {
            Value::Null | Value::Unknown => return None,
            value => value.clone(),
        },
        ("coalesce", values) => return first(values, is_true),
        ("ternary", [yes, no, is]) => {
            if is_true(is)? {
                yes.clone()
            } else {
                no.clone()
            }
        }
        ("empty", [value]) => Value::truth(!is_true(value)?),
        ("not", [value]) => Value::truth(!is_true(value)?),
        ("and" | "or", values) => return junction(name == "or", values, is_true),
        ("eq" | "ne" | "lt" | "le" | "gt" | "ge", [a, b]) => Value::truth(compare(name, a, b)?),
        ("eq", [a, rest @ ..]) if !rest.is_empty() => {
            let all: Option<Vec<bool>> = rest.iter().map(|b| compare("eq", a, b)).collect();
            Value::truth(all?.contains(&true))
        }
        ("toYaml", [value]) => Value::Text(sources.yaml(value, LONGEST)?),
        ("toJson" | "mustToJson", [value]) => Value::Text(json(value, sources, true, LONGEST)?),
        ("toRawJson" | "mustToRawJson", [value]) => Value::Text(json(value, sources, false, LONGEST)?),
        ("quote" | "squote", values) => return in_quotes(name == "squote", values),
        ("toString", [value]) => Value::Text(value.printed()?),
        ("int" | "int64", [value]) => Value::Scalar(ScalarType::Int, integer(value)?, place_of(value)),
        ("indent" | "nindent", [width, value]) => return indented(name == "nindent", width, value),
        ("trim", [value]) => Value::Text(text(value)?.trimmed(str::trim)),
        ("tpl", [value, _]) => {
            let text = text(value)?;
            (!text.text.contains("{{")).then_some(Value::Text(text))?
        }
        ("b64enc", [value]) => changed(value, |text| BASE64_STANDARD.encode(text))?,
        ("join", [between, list]) => return joined(&closed(between)?.text, list, sources),
        ("has", [wanted, list]) => {
            let items = sources.items(list)?;
            // Of other types nobody can say whether Go takes them for the same.
            let is: Option<Vec<bool>> = items.iter().map(|item| compare("eq", wanted, item)).collect();
            Value::truth(is?.contains(&true))
        }
        // A mapping of its own: what is set in it is not set in the values.
        ("deepCopy" | "mustDeepCopy", [value @ Value::Node(_)]) => match sources.entries(value) {
            Some(entries) => Value::Map(entries),
            None => value.clone(),
        },
        ("deepCopy" | "mustDeepCopy", [value]) => value.clone(),
        ("concat", lists) => {
            let lists: Option<Vec<Vec<Value>>> = lists.iter().map(|list| sources.items(list)).collect();
            Value::List(lists?.concat())
        }
        ("append" | "prepend", [list, item]) => {
            let mut items = sources.items(list)?;
            items.insert(if name == "append" { items.len() } else { 0 }, item.clone());
            Value::List(items)
        }
        ("merge" | "mustMerge", [first, others @ ..]) => others
            .iter()
            .try_fold(first.clone(), |into, other| merged(&into, other, false, sources, MERGED))?,
        ("mergeOverwrite" | "mustMergeOverwrite", [first, others @ ..]) => others
            .iter()
            .try_fold(first.clone(), |into, other| merged(&into, other, true, sources, MERGED))?,
        ("first", [list]) => sources.items(list)?.first()?.clone(),
        ("last", [list]) => sources.items(list)?.last()?.clone(),
        ("add1", [value]) => calculated("add", &[value.clone(), Value::number(1)])?,
        ("add" | "sub" | "mul" | "div" | "mod" | "max" | "min", [_, _, ..]) => calculated(name, args)?,
        ("lower", [value]) => changed(value, str::to_lowercase)?,
        ("upper", [value]) => changed(value, str::to_uppercase)?,
        ("trimSuffix", [end, value]) => {
            let end = closed(end)?.text;
            Value::Text(closed(value)?.trimmed(|text| text.strip_suffix(end.as_str()).unwrap_or(text)))
        }
        ("trimPrefix", [start, value]) => {
            let start = closed(start)?.text;
            Value::Text(closed(value)?.trimmed(|text| text.strip_prefix(start.as_str()).unwrap_or(text)))
        }
        ("trimAll", [set, value]) => {
            let set: Vec<char> = closed(set)?.text.chars().collect();
            Value::Text(closed(value)?.trimmed(|text| text.trim_matches(set.as_slice())))
        }
        ("trunc", [length, value]) => {
            let length = usize::try_from(length.as_number()?).ok()?;
            Value::Text(closed(value)?.trimmed(|text| text.get(..length).unwrap_or(text)))
        }
        ("replace", [old, new, value]) => {
            let (old, new) = (closed(old)?.text, closed(new)?.text);
            (!old.is_empty()).then_some(())?;
            let is_small = closed(value)?.text.len().saturating_mul(new.len().max(1)) <= LONGEST;
            is_small.then_some(())?;
            changed(value, |text| text.replace(&old, &new))?
        }
        ("contains", [part, value]) => Value::truth(closed(value)?.text.contains(&closed(part)?.text)),
        ("hasPrefix", [part, value]) => Value::truth(closed(value)?.text.starts_with(&closed(part)?.text)),
        ("hasSuffix", [part, value]) => Value::truth(closed(value)?.text.ends_with(&closed(part)?.text)),
        ("print", values) => Value::Text(printed(values)?),
        ("printf", [format, values @ ..]) => Value::Text(printf(&closed(format)?.text, values, sources)?),
        ("dict", pairs) => return dict(pairs),
        ("list", items) => Value::List(items.to_vec()),
        ("get", [map, key]) => {
            let key = closed(key)?.text;
            match sources.field(map, &key) {
                Value::Null => Value::text(""),
                value => value,
            }
        }
        ("hasKey", [map, key]) => {
            let key = closed(key)?.text;
            Value::truth(sources.entries(map)?.iter().any(|(name, _)| *name == key))
        }
        ("omit" | "pick", [map, keys @ ..]) => {
            let keys: Option<Vec<String>> = keys.iter().map(|key| Some(closed(key)?.text)).collect();
            let keys = keys?;
            let mut entries = sources.entries(map)?;
            entries.retain(|(key, _)| keys.contains(key) == (name == "pick"));
            Value::Map(entries)
        }
        ("semverCompare", [constraint, version]) => {
            Value::truth(cluster::satisfies(&closed(constraint)?.text, version)?)
        }
        ("index", [value, keys @ ..]) => return index(value, keys, sources),
        ("kindIs" | "typeIs", [kind, value]) => {
            let is = kind_of(value, sources)?;
            Value::truth(closed(kind)?.text == is)
        }
        ("kindOf" | "typeOf", [value @ (Value::Text(_) | Value::Scalar(ScalarType::Bool, ..))]) => {
            Value::text(kind_of(value, sources)?)
        }
        ("kindOf", [value]) => Value::text(kind_of(value, sources)?),
        ("len", [value]) => match value {
            Value::Text(text) if !text.open => Value::number(text.text.len() as i64),
            value => {
                let items = sources.items(value).map(|items| items.len());
                let len = items.or_else(|| sources.entries(value).map(|entries| entries.len()))?;
                Value::number(len as i64)
            }
        },
        _ => return lists::call(name, args, sources),
    })
}

/// The first that is true.
fn first(values: &[Value], is_true: impl Fn(&Value) -> Option<bool>) -> Option<Value> {
    for value in values {
        if is_true(value)? {
            return Some(value.clone());
        }
    }
    Some(Value::Null)
}

/// `and` and `or`: the first value that decides, or else the last one. A value that decides does so behind unknown ones, too; it is
/// then known whether the whole is true, but not what it is.
fn junction(is_or: bool, values: &[Value], is_true: impl Fn(&Value) -> Option<bool>) -> Option<Value> {
    let mut certain = true;
    for value in values {
        match is_true(value) {
            Some(is) if is == is_or => {
                return Some(if certain { value.clone() } else { Value::truth(is_or) });
            }
            Some(_) => {}
            None => certain = false,
        }
    }
    values.last().filter(|_| certain).cloned()
}

fn compare(name: &str, a: &Value, b: &Value) -> Option<bool> {
    let order = match (a, b) {
        (Value::Text(a), Value::Text(b)) if !a.open && !b.open => a.text.cmp(&b.text),
        (
            Value::Scalar(ScalarType::Int | ScalarType::Float, a, _),
            Value::Scalar(ScalarType::Int | ScalarType::Float, b, _),
        ) => a.parse::<f64>().ok()?.partial_cmp(&b.parse::<f64>().ok()?)?,
        (Value::Scalar(ScalarType::Bool, a, _), Value::Scalar(ScalarType::Bool, b, _)) => {
            a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase())
        }
        _ => return None,
    };
    Some(match name {
        "eq" => order.is_eq(),
        "ne" => order.is_ne(),
        "lt" => order.is_lt(),
        "le" => order.is_le(),
        "gt" => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// A text, which may hold expressions that are not known.
fn text(value: &Value) -> Option<Text> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A text that is known as a whole.
pub(super) fn closed(value: &Value) -> Option<Text> {
    text(value).filter(|text| !text.open)
}

fn changed(value: &Value, change: impl Fn(&str) -> String) -> Option<Value> {
    let text = closed(value)?;
    Some(Value::Text(Text::of(change(&text.text), text.place())))
}

fn in_quotes(single: bool, values: &[Value]) -> Option<Value> {
    let mut out = Text::default();
    for value in values {
        // Nothing is left out.
        if *value == Value::Null {
            continue;
        }
        let text = value.printed().filter(|text| !text.open)?;
        if !out.text.is_empty() {
            out.push(" ", None);
        }
        let written = if single { format!("'{}'", text.text) } else { quoted(&text.text) };
        out.push(&written, text.place());
    }
    Some(Value::Text(out))
}

fn integer(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("0".to_owned()),
        Value::Scalar(ScalarType::Int, text, _) => Some(text.clone()),
        Value::Text(text) if !text.open => text.text.parse::<i64>().ok().map(|number| number.to_string()),
        _ => None,
    }
}

/// A mapping with what another one has besides; where both have something, the other's counts if it `overwrites`. What is
/// empty on either side is treated in ways that depend on the version of Helm.
fn merged(into: &Value, other: &Value, overwrites: bool, sources: &Sources<'_>, depth: u8) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let mut entries = sources.entries(into)?;
    for (key, value) in sources.entries(other)? {
        let Some((_, known)) = entries.iter_mut().find(|(known, _)| *known == key) else {
            entries.push((key, value));
            continue;
        };
        if *known == value {
            continue;
        }
        let is_mapping = |value: &Value| sources.entries(value).is_some();
        *known = if is_mapping(known) && is_mapping(&value) {
            merged(known, &value, overwrites, sources, depth)?
        } else {
            let counts = if overwrites { &value } else { &*known };
            match sources.is_true(counts) {
                Some(true) => counts.clone(),
                _ => Value::Unknown,
            }
        };
    }
    Some(Value::Map(entries))
}

/// Whole numbers, from left to right. `None` for what is none, and where Go would overflow.
fn calculated(name: &str, values: &[Value]) -> Option<Value> {
    let mut numbers = values.iter().map(|value| integer(value)?.parse::<i64>().ok());
    let first = numbers.next()??;
    let combined = numbers.try_fold(first, |a, b| {
        let b = b?;
        match name {
            "add" => a.checked_add(b),
            "sub" => a.checked_sub(b),
            "mul" => a.checked_mul(b),
            "div" => a.checked_div(b),
            "mod" => a.checked_rem(b),
            "max" => Some(a.max(b)),
            _ => Some(a.min(b)),
        }
    })?;
    let place = values.iter().find_map(place_of);
    Some(Value::Scalar(ScalarType::Int, combined.to_string(), place))
}

fn joined(between: &str, list: &Value, sources: &Sources<'_>) -> Option<Value> {
    let mut out = Text::default();
    for (nth, item) in sources.items(list)?.iter().enumerate() {
        if nth > 0 {
            out.push(between, None);
        }
        out.append(&item.printed()?);
        (out.text.len() <= LONGEST).then_some(())?;
    }
    Some(Value::Text(out))
}

fn indented(on_new_line: bool, width: &Value, value: &Value) -> Option<Value> {
    let width = width.as_number().filter(|width| (0..=WIDEST).contains(width))?;
    let text = value.printed()?;
    let lines = 1 + text.text.matches('\n').count();
    let is_small = text.text.len() + lines * width as usize <= LONGEST;
    let indented = is_small.then(|| text.indented(width as usize))?;
    if !on_new_line {
        return Some(Value::Text(indented));
    }
    let mut out = Text::of("\n", None);
    out.append(&indented);
    Some(Value::Text(out))
}

/// What `print` makes of several values: blanks stand only between two that are no texts.
fn printed(values: &[Value]) -> Option<Text> {
    let mut out = Text::default();
    let mut was_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(_));
        // Nothing is written in words.
        (is_text || matches!(value, Value::Scalar(..)) || values.len() == 1).then_some(())?;
        if !is_text && !was_text {
            out.push(" ", None);
        }
        out.append(&value.printed()?);
        (out.text.len() <= LONGEST).then_some(())?;
        was_text = is_text;
    }
    Some(out)
}

/// `%s`, `%d`, `%v`, `%t`, `%q`, `%T` and `%%`.
fn printf(format: &str, values: &[Value], sources: &Sources<'_>) -> Option<Text> {
    let mut out = Text::default();
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push(rest.get(..at)?, None);
        let verb = rest.get(at + 1..)?.chars().next()?;
        if verb == '%' {
            out.push("%", None);
        } else if verb == 'T' {
            out.push(type_of(values.next()?, sources)?, None);
        } else {
            let value = values.next()?;
            let fits = match verb {
                's' => matches!(value, Value::Text(_)),
                'd' => matches!(value, Value::Scalar(ScalarType::Int, ..)),
                't' => matches!(value, Value::Scalar(ScalarType::Bool, ..)),
                'v' => matches!(value, Value::Text(_) | Value::Scalar(..)),
                'q' => matches!(value, Value::Text(_)),
                _ => false,
            };
            let text = value.printed().filter(|text| fits && !text.open)?;
            if verb == 'q' {
                out.push(&quoted(&text.text), text.place());
            } else {
                out.append(&text);
            }
        }
        rest = rest.get(at + 1 + verb.len_utf8()..)?;
        (out.text.len() <= LONGEST).then_some(())?;
    }
    out.push(rest, None);
    values.next().is_none().then_some(out)
}

fn dict(pairs: &[Value]) -> Option<Value> {
    let mut entries = Vec::new();
    for pair in pairs.chunks(2) {
        let [key, value] = pair else { return None };
        entries.push((closed(key)?.text, value.clone()));
    }
    Some(Value::Map(entries))
}

fn index(value: &Value, keys: &[Value], sources: &Sources<'_>) -> Option<Value> {
    let mut value = value.clone();
    for key in keys {
        value = match key {
            Value::Text(text) if !text.open => sources.field(&value, &text.text),
            key => sources.items(&value)?.get(usize::try_from(key.as_number()?).ok()?)?.clone(),
        };
    }
    Some(value)
}

/// What Go calls the type of a value.
fn type_of(value: &Value, sources: &Sources<'_>) -> Option<&'static str> {
    Some(match kind_of(value, sources)? {
        "map" => "map[string]interface {}",
        "slice" => "[]interface {}",
        "invalid" => "<nil>",
        kind => kind,
    })
}

/// What Go calls the kind of a value.
fn kind_of(value: &Value, sources: &Sources<'_>) -> Option<&'static str> {
    Some(match value {
        Value::Text(_) => "string",
        Value::Scalar(ScalarType::Bool, ..) => "bool",
        Value::Null => "invalid",
        // Whether a number is an integer for Helm depends on the way that it came.
        Value::Map(_) | Value::Values => "map",
        Value::List(_) => "slice",
        Value::Node(_) if sources.items(value).is_some() => "slice",
        Value::Node(_) => "map",
        _ => return None,
    })
}
