//! The checks. Each serves many rules.

pub mod address;
mod beside;
pub mod header;
pub mod limit;
pub mod list;
pub mod listeners;
pub mod missing;
pub mod origin;
pub mod pattern_list;
mod policy;
pub mod roles;
pub mod url;
pub mod value;

use stockade_sdk::{FindingBuilder, Params, Setting, ValueKind, row_flag};

/// The name under which a finding tells the host a severity of its own.
pub(crate) const SEVERITY: &str = "stockade:severity";

/// Whether a value is one that a rule calls bad. `words` are values (case does not count, `*` at either end stands
/// for any characters) and the words `on`, `off` (a switch in any spelling), `empty`, `zero`, `negative`,
/// `some-text` (anything but a switch or nothing).
pub(crate) fn is_one_of<'p>(
    setting: Setting<'_>,
    inverse: bool,
    words: impl Iterator<Item = &'p str>,
) -> bool {
    let value = setting.value().trim().trim_matches(['"', '\'']);
    words.into_iter().any(|word| match word {
        "on" if inverse => setting.is_off(),
        "off" if inverse => setting.is_on(),
        // What a rule lists beside the switch are words for the same side.
        _ if inverse => false,
        "on" => setting.is_on(),
        "off" => setting.is_off(),
        "empty" => setting.kind() == ValueKind::Empty,
        "some-text" => matches!(setting.kind(), ValueKind::String | ValueKind::Number | ValueKind::Url),
        "zero" => has_number(setting) && setting.number() == 0,
        "negative" => has_number(setting) && setting.number() < 0,
        _ => fits(word, value),
    })
}

/// The finding with the severity `worse` of the rule, where it is one of the worse ones.
pub(crate) fn weighed<'f>(finding: FindingBuilder<'f>, params: &Params, worse: bool) -> FindingBuilder<'f> {
    match params.string("worse").filter(|_| worse) {
        Some(severity) => finding.data(SEVERITY, severity),
        None => finding,
    }
}

/// Whether the setting is a number, time or size.
pub(crate) fn has_number(setting: Setting<'_>) -> bool {
    matches!(setting.kind(), ValueKind::Number | ValueKind::Duration | ValueKind::Size)
        || (setting.kind() == ValueKind::Bool && matches!(setting.value().trim(), "0" | "1"))
}

/// Whether `value` is `wanted`, which may begin and end with `*` for any characters; behind a `=` a `*` is itself, behind
/// a `>` is what the value ends with, as it is. Case does not count.
pub(crate) fn fits(wanted: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    if let Some(exact) = wanted.strip_prefix('=') {
        return lower == exact;
    }
    if let Some(end) = wanted.strip_prefix('>') {
        return lower.len() > end.len() && lower.ends_with(end);
    }
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(_), Some(_)) if wanted.len() > 1 => {
            wanted.get(1..wanted.len() - 1).is_some_and(|inner| lower.contains(inner))
        }
        (Some(""), _) => value == "*",
        (Some(end), None) => lower.ends_with(end),
        (None, Some(start)) => lower.starts_with(start),
        _ => lower == wanted,
    }
}

/// Whether a setting is a name and nothing else, which is a switch where lines are settings: `skip-grant-tables`.
fn stands_alone(setting: Setting<'_>) -> bool {
    let source = setting.node().source();
    let behind = setting.node().key_span().and_then(|key| source.text().get(key.end as usize..));
    matches!(source.kind(), "ini" | "properties")
        && behind.is_some_and(|text| text.lines().next().is_none_or(|line| line.trim().is_empty()))
}

/// The value as a message may show it: not where the rule is about secrets, and not for long.
pub(crate) fn shown(setting: Setting<'_>, params: &Params) -> String {
    let value = setting.value().trim();
    if value.is_empty() || setting.kind() == ValueKind::Empty {
        return if stands_alone(setting) { "set" } else { "empty" }.to_owned();
    }
    let switch = setting.has(row_flag::ON | row_flag::OFF);
    if params.bool_or("secret", false) && !switch {
        return "given in plain text".to_owned();
    }
    // Columns of a table, as the lines of `pg_hba.conf` are.
    let columns = value.contains("  ") || value.contains('\t');
    let joined =
        (columns && !value.contains('\n')).then(|| value.split_whitespace().collect::<Vec<_>>().join(" "));
    let value = joined.as_deref().unwrap_or(value);
    if value.chars().count() > 60 || value.contains('\n') {
        let head: String = value.chars().take_while(|c| *c != '\n').take(57).collect();
        return format!("{head}...");
    }
    value.to_owned()
}
