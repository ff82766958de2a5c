//! The JSON schema of SARIF 2.1.0, which the upload action applies to every tool's file but CodeQL's: any
//! violation makes it give up, except that malformed URIs only get a warning.
//!
//! Understands exactly what that schema uses of draft 7; a test compares it with a complete validator.

use super::{Remarks, join};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::LazyLock;

/// The schema as published by OASIS.
const SCHEMA: &str = include_str!("../../../../testdata/schemas/sarif-2.1.0.json");

static PARSED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap_or_default());

/// Says where `root` breaks the schema.
pub(super) fn check(root: &Value, remarks: &mut Remarks) {
    node(&PARSED, root, "", remarks);
}

/// The depth is that of the instance, which the JSON parser bounds.
fn node(schema: &Value, value: &Value, at: &str, remarks: &mut Remarks) {
    let Some(schema) = resolve(schema) else {
        return;
    };
    if let Some(kind) = schema.get("type").and_then(Value::as_str)
        && !is(kind, value)
    {
        remarks.rejected(at, format!("breaks the SARIF schema: must be of type {kind}"));
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let names: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        remarks.rejected(at, format!("breaks the SARIF schema: must be one of {}", names.join(", ")));
    }
    match value {
        Value::Object(object) => fields(schema, object, at, remarks),
        Value::Array(array) => elements(schema, array, at, remarks),
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            if let Some(min) = schema.get("minimum").and_then(Value::as_f64).filter(|min| number < *min) {
                remarks.rejected(at, format!("breaks the SARIF schema: must be at least {min}"));
            }
            if let Some(max) = schema.get("maximum").and_then(Value::as_f64).filter(|max| number > *max) {
                remarks.rejected(at, format!("breaks the SARIF schema: must be at most {max}"));
            }
        }
        Value::String(text) => words(schema, text, at, remarks),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Follows a reference; the schema has none that leads to another.
fn resolve(schema: &Value) -> Option<&Map<String, Value>> {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => PARSED.pointer(reference.strip_prefix('#')?)?,
        None => schema,
    };
    schema.as_object()
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        _ => true,
    }
}

fn fields(schema: &Map<String, Value>, object: &Map<String, Value>, at: &str, remarks: &mut Remarks) {
    for name in missing(schema.get("required"), object) {
        remarks.rejected(at, format!("breaks the SARIF schema: `{name}` is missing"));
    }
    for (keyword, exactly) in [("anyOf", false), ("oneOf", true)] {
        let Some(options) = schema.get(keyword).and_then(Value::as_array) else {
            continue;
        };
        let fitting = options.iter().filter(|o| missing(o.get("required"), object).is_empty()).count();
        if fitting == 0 || (exactly && fitting > 1) {
            let names: Vec<String> = options
                .iter()
                .flat_map(|o| missing(o.get("required"), &Map::new()))
                .map(|n| format!("`{n}`"))
                .collect();
            let many = if exactly { "exactly one" } else { "at least one" };
            remarks.rejected(
                at,
                format!("breaks the SARIF schema: {many} of {} must be there", names.join(", ")),
            );
        }
    }
    let known = schema.get("properties").and_then(Value::as_object);
    for (name, value) in object {
        let at = join(at, name);
        match (known.and_then(|k| k.get(name)), schema.get("additionalProperties")) {
            (Some(schema), _) => node(schema, value, &at, remarks),
            (None, Some(Value::Bool(false))) => {
                remarks.rejected(&at, format!("breaks the SARIF schema: it knows no property `{name}` here"));
            }
            (None, Some(schema @ Value::Object(_))) => node(schema, value, &at, remarks),
            (None, _) => {}
        }
    }
}

/// The names of `required` that `object` lacks.
fn missing<'s>(required: Option<&'s Value>, object: &Map<String, Value>) -> Vec<&'s str> {
    let required = required.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    required.iter().filter_map(Value::as_str).filter(|name| !object.contains_key(*name)).collect()
}

fn elements(schema: &Map<String, Value>, array: &[Value], at: &str, remarks: &mut Remarks) {
    if let Some(min) =
        schema.get("minItems").and_then(Value::as_u64).filter(|min| (array.len() as u64) < *min)
    {
        remarks.rejected(at, format!("breaks the SARIF schema: must have at least {min} elements"));
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        let mut seen = HashSet::new();
        if !array.iter().all(|value| seen.insert(value)) {
            remarks.rejected(at, "breaks the SARIF schema: no two elements may be equal");
        }
    }
    if let Some(schema) = schema.get("items") {
        for (i, value) in array.iter().enumerate() {
            node(schema, value, &join(at, &i.to_string()), remarks);
        }
    }
}

fn words(schema: &Map<String, Value>, text: &str, at: &str, remarks: &mut Remarks) {
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && !matches(pattern, text)
    {
        remarks.rejected(at, format!("breaks the SARIF schema: must match `{pattern}`"));
    }
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") if !is_date_time(text) => {
            remarks.rejected(at, "breaks the SARIF schema: must be a date and time of RFC 3339");
        }
        Some("uri") if super::uri::problem(text).is_some() || super::uri::scheme(text).is_none() => {
            remarks.warning(at, "is no absolute URI; the upload action warns of it");
        }
        Some("uri-reference") if super::uri::problem(text).is_some() => {
            remarks.warning(at, "is no URI reference; the upload action warns of it");
        }
        _ => {}
    }
}

/// The schema's four patterns; they are searched for, not anchored, unless they say so.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "[^/]+/.+" => has_mime_type(text),
        "[0-9]+(\\.[0-9]+){3}" => has_dotted_quad(text),
        "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$" => {
            text.len() >= 2 && text.bytes().take(2).all(|b| b.is_ascii_alphabetic())
        }
        guid if guid.starts_with("^[0-9a-fA-F]{8}-") => is_guid(text),
        _ => true,
    }
}

/// Something that is no slash, a slash, something.
fn has_mime_type(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(3).any(|w| matches!(w, [a, '/', c] if *a != '/' && *c != '\n'))
}

fn has_dotted_quad(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').any(|run| {
        let parts: Vec<&str> = run.split('.').collect();
        parts.windows(4).any(|four| four.iter().all(|part| !part.is_empty()))
    })
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    let starts = |part: usize, allowed: &str| {
        parts.get(part).and_then(|p| p.chars().next()).is_some_and(|c| allowed.contains(c))
    };
    lengths == [8, 4, 4, 4, 12]
        && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()))
        && starts(2, "12345")
        && starts(3, "89abAB")
}

/// `2026-01-31T12:00:00Z`, with optional fractions, or an offset instead of `Z`.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let numbers = |text: &str, separator: char, lengths: &[usize]| -> Option<Vec<u32>> {
        let parts: Vec<&str> = text.split(separator).collect();
        let fits = parts.len() == lengths.len()
            && parts.iter().zip(lengths).all(|(p, n)| p.len() == *n && p.bytes().all(|b| b.is_ascii_digit()));
        fits.then(|| parts.iter().filter_map(|p| p.parse().ok()).collect())
    };
    let date_fits = numbers(date, '-', &[4, 2, 2]).is_some_and(|d| match d.as_slice() {
        [year, month, day] => (1..=days(*year, *month)).contains(day),
        _ => false,
    });
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => return false,
    };
    let zone_fits = match zone.strip_prefix(['+', '-']) {
        Some(offset) => numbers(offset, ':', &[2, 2]).is_some_and(|z| matches!(z[..], [0..=23, 0..=59])),
        None => zone.len() == 1,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let clock_fits =
        numbers(clock, ':', &[2, 2, 2]).is_some_and(|c| matches!(c[..], [0..=23, 0..=59, 0..=60]));
    date_fits
        && zone_fits
        && clock_fits
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// Days of a month, 0 for a month that is none.
fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}
