//! New values in the spelling of the old ones.

use crate::index::row_for;
use stockade_sdk::{Edit, Params, Setting, row_flag};

/// Opposite words. Both directions count.
const SWITCHES: [(&str, &str); 6] = [
    ("true", "false"),
    ("yes", "no"),
    ("on", "off"),
    ("1", "0"),
    ("enabled", "disabled"),
    ("enable", "disable"),
];

/// Whether the rule's fix may be applied unseen.
fn is_safe(params: &Params) -> bool {
    params.string("fix-is") == Some("safe")
}

/// Adds the rule's fix to a finding: its parameter `fix`, either `flip` for the opposite switch or the new value.
pub fn offer(finding: stockade_sdk::FindingBuilder<'_>, setting: Setting<'_>, params: &Params) {
    if let Some(new) = row_for(params, "fix-for", setting.name()) {
        return replace(finding, setting, params, new);
    }
    let Some(fix) = params.string("fix") else { return };
    // `optional=required`: a word of the rule and what it becomes.
    let by_word = params.strings("fix-word").find_map(|pair| {
        let (old, new) = pair.split_once('=')?;
        old.eq_ignore_ascii_case(setting.value().trim()).then_some(new)
    });
    if let Some(new) = by_word {
        return replace(finding, setting, params, new);
    }
    let new = if fix == "flip" { opposite(setting.value()) } else { Some(fix.to_owned()) };
    if let Some(new) = new {
        replace(finding, setting, params, &new);
    }
}

/// Adds a fix that writes this value.
pub fn replace(finding: stockade_sdk::FindingBuilder<'_>, setting: Setting<'_>, params: &Params, new: &str) {
    let Some(edit) = edit(setting, new) else { return };
    let title = format!("Set it to {new}");
    if is_safe(params) {
        finding.safe_fix(title, vec![edit]);
    } else {
        finding.unsafe_fix(title, vec![edit]);
    }
}

/// The other position of a switch, in the same case.
fn opposite(value: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let other = SWITCHES.iter().find_map(|(on, off)| match lower.as_str() {
        word if word == *on => Some(*off),
        word if word == *off => Some(*on),
        _ => None,
    })?;
    let first = value.chars().next()?;
    Some(if value.len() > 1 && value.chars().all(|c| c.is_ascii_uppercase()) {
        other.to_ascii_uppercase()
    } else if first.is_ascii_uppercase() {
        let (head, tail) = other.split_at_checked(1)?;
        format!("{}{tail}", head.to_ascii_uppercase())
    } else {
        other.to_owned()
    })
}

/// Replaces the value where it stands in the file as it is read: quotes stay, and what an alias or escape made is left
/// alone.
fn edit(setting: Setting<'_>, new: &str) -> Option<Edit> {
    let span = setting.value_span();
    let source = setting.node().source().slice(span);
    let quoted = source.starts_with(['"', '\'']);
    // What the old value has, its quotes or the lack of them can bear.
    let plain = new.bytes().all(|b| {
        b.is_ascii_alphanumeric()
            || b"._-:/".contains(&b)
            || setting.value().as_bytes().contains(&b)
            || quoted && b" =;,()".contains(&b)
    });
    if setting.has(row_flag::DEFAULT | row_flag::PART) || !plain {
        return None;
    }
    let inner = match source.as_bytes() {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => source.get(1..source.len() - 1)?,
        _ => source,
    };
    if inner != setting.value() {
        return None;
    }
    let mut span = span;
    if inner.len() != source.len() {
        span.start += 1;
        span.end -= 1;
    }
    Some(Edit::replace(span, new))
}

#[cfg(test)]
mod tests {
    use super::opposite;

    #[test]
    fn switches_keep_their_spelling() {
        for (value, other) in
            [("true", "false"), ("True", "False"), ("OFF", "ON"), ("0", "1"), ("Disabled", "Enabled")]
        {
            assert_eq!(opposite(value).as_deref(), Some(other));
        }
        assert_eq!(opposite("2"), None);
        assert_eq!(opposite("optional"), None);
    }
}
