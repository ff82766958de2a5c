//! What a build or a start script replaces in files of formats that take strings in quotes only: `@PORT@`, `${PORT}`, `$PORT`.

use super::actions::{Action, Role};
use crate::limits;
use stockade_model::Span;

/// Adds the placeholders of `text` that stand where TOML takes no text of its own (alone on a line, or without quotes behind an
/// `=`, a `[` or a comma) to its expressions, which are in order and stay so.
pub(crate) fn add(text: &str, actions: &mut Vec<Action>) {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_end();
        let mut at = code.len() - code.trim_start().len();
        // The name before the `=` is no placeholder, but the value behind it may be.
        if !code.get(at..).unwrap_or_default().starts_with(['@', '$']) {
            at = code.find(['=', '[']).unwrap_or(code.len());
        }
        while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
            let blank = rest.len() - rest.trim_start_matches(['=', '[', ',', ' ', '\t']).len();
            at += blank;
            let length = length(code.get(at..).unwrap_or_default());
            if length == 0 {
                break;
            }
            let (from, to) = (start + at, start + at + length);
            let span = Span::new(from as u32, to as u32);
            found.push(Action { span, role: Role::Value, indent: None, braces: false });
            at += length;
        }
        start += line.len();
        if found.len() + actions.len() >= limits::MAX_TEMPLATE_ACTIONS {
            break;
        }
    }
    let mut known = actions.iter().peekable();
    // Both are in order, so one pass tells which of them overlap.
    found.retain(|new| {
        while known.next_if(|old| old.span.end <= new.span.start).is_some() {}
        known.peek().is_none_or(|old| old.span.start >= new.span.end)
    });
    if !found.is_empty() {
        actions.append(&mut found);
        actions.sort_by_key(|action| action.span.start);
    }
}

/// Length of the placeholder that `text` starts with, else 0.
fn length(text: &str) -> usize {
    let name = |text: &str| text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let inside = |open: &str, close: char| {
        let rest = text.strip_prefix(open)?;
        let end = rest.find(close)?;
        let plain = rest.get(..end)?.bytes().all(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'=' | b'{'));
        (end > 0 && plain).then_some(open.len() + end + close.len_utf8())
    };
    if let Some(length) = inside("${", '}').or_else(|| inside("@", '@')) {
        return length;
    }
    match text.strip_prefix('$').map(name) {
        Some(length) if length > 0 => length + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::add;

    fn found(text: &str) -> Vec<&str> {
        let mut actions = super::super::scan(text);
        add(text, &mut actions);
        actions.iter().map(|action| action.span.slice(text).unwrap()).collect()
    }

    #[test]
    fn placeholders_stand_where_a_string_would_have_quotes() {
        let text = "a = @A@\n@B_C@\n  ${D.e}\nf=$F\ng = [${G:-1}, $H]\n[${I}]\nj = {{ j }}\n";
        assert_eq!(found(text), ["@A@", "@B_C@", "${D.e}", "$F", "${G:-1}", "$H", "${I}", "{{ j }}"]);
        for text in ["a = \"$A ${B} x@C@\"\n", "# $A\n", "a = b@c@d\n", "a = $\n", "a = ${b c}\n", "a = @@\n"]
        {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
