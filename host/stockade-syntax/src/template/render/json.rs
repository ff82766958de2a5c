//! Values as JSON, as `toJson` of Helm writes them: compact, with the keys in order and the signs of HTML escaped.

use super::text::Text;
use super::value::{Sources, Value, place_of};
use stockade_model::ScalarType;

/// Deeper values are not written.
const DEPTH: u8 = 32;

/// The value as JSON, of at most `longest` bytes. `None` where something of it is unknown.
pub(super) fn json(value: &Value, sources: &Sources<'_>, escapes: bool, longest: usize) -> Option<Text> {
    let mut out = Text::default();
    write(value, sources, escapes, DEPTH, longest, &mut out)?;
    Some(out)
}

fn write(
    value: &Value,
    sources: &Sources<'_>,
    escapes: bool,
    depth: u8,
    longest: usize,
    out: &mut Text,
) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    (out.text.len() <= longest).then_some(())?;
    match value {
        Value::Null => out.push("null", None),
        Value::Text(text) if text.open => return None,
        Value::Text(text) => out.push(&string(&text.text, escapes), text.place()),
        Value::Scalar(ScalarType::Bool, text, place) => out.push(&text.to_ascii_lowercase(), *place),
        Value::Scalar(ScalarType::Int, text, place) => {
            out.push(&text.parse::<i64>().ok()?.to_string(), *place);
        }
        // How Go prints one depends on its size.
        Value::Scalar(..) => return None,
        value => {
            let place = place_of(value);
            if let Some(items) = sources.items(value) {
                out.push("[", place);
                for (nth, item) in items.iter().enumerate() {
                    if nth > 0 {
                        out.push(",", place);
                    }
                    write(item, sources, escapes, depth, longest, out)?;
                }
                out.push("]", place);
                return Some(());
            }
            let entries = sources.entries(value)?;
            out.push("{", place);
            for (nth, (key, entry)) in entries.iter().enumerate() {
                if nth > 0 {
                    out.push(",", place);
                }
                out.push(&string(key, escapes), place_of(entry).or(place));
                out.push(":", place);
                write(entry, sources, escapes, depth, longest, out)?;
            }
            out.push("}", place);
        }
    }
    Some(())
}

fn string(text: &str, escapes: bool) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' if escapes => out.push_str(&format!("\\u{:04x}", character as u32)),
            '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", character as u32)),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
