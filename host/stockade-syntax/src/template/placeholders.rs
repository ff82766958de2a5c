//! What a build or a start script replaces in files of formats that take strings in quotes only: `@PORT@`, `${PORT}`, `$PORT`.

use super::actions::{Action, Role};
use crate::limits;
use stockade_model::Span;

/// Adds the placeholders of `text` that stand where TOML takes no text of its own (alone on a line, without quotes behind an `=`,
/// a `[` or a comma, behind a string) to its expressions, which are in order and stay so. So do Terraform's `%{ for … }`.
pub(crate) fn add(text: &str, actions: &mut Vec<Action>) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    // What stands before, other than blanks.
    let mut before = b'\n';
    while let Some(byte) = bytes.get(at).copied() {
        if found.len() + actions.len() >= limits::MAX_TEMPLATE_ACTIONS {
            break;
        }
        let (length, role) = match (byte, before) {
            (b' ' | b'\t' | b'\r', _) => {
                at += 1;
                continue;
            }
            (b'#', _) => {
                at += line_length(bytes, at);
                continue;
            }
            (b'"' | b'\'', _) => {
                at += string_length(bytes, at, byte);
                before = byte;
                continue;
            }
            (b'$' | b'@', b'\n' | b'=' | b'[' | b',' | b'{') => (length(bytes, at), Role::Value),
            // It brings further elements, with their commas.
            (b'$' | b'@', b'"' | b'\'') => (length(bytes, at), Role::Silent),
            (b'%', b'\n') => (directive_length(bytes, at), Role::Silent),
            _ => (0, Role::Value),
        };
        if length > 0 {
            let span = Span::new(at as u32, (at + length) as u32);
            found.push(Action { span, role, indent: None, braces: false });
        }
        at += length.max(1);
        before = byte;
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

fn line_length(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

/// Length of the string that begins at `at`, to the end of its line or the text where nothing closes it.
fn string_length(bytes: &[u8], at: usize, quote: u8) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let three = [quote; 3];
    if rest.starts_with(&three) {
        let inside = rest.get(3..).unwrap_or_default();
        return memchr::memmem::find(inside, &three).map_or(rest.len(), |length| length + 6);
    }
    let mut length = 1;
    while let Some(byte) = rest.get(length).filter(|byte| **byte != b'\n') {
        match *byte {
            b'\\' if quote == b'"' => length += 1,
            byte if byte == quote => return length + 1,
            _ => {}
        }
        length += 1;
    }
    length.min(rest.len())
}

/// Length of `%{ for … }`, alone on the rest of its line; 0 for anything else.
fn directive_length(bytes: &[u8], at: usize) -> usize {
    let line = bytes.get(at..at + line_length(bytes, at)).unwrap_or_default().trim_ascii_end();
    if line.starts_with(b"%{") && line.ends_with(b"}") { line.len() } else { 0 }
}

/// Length of the placeholder that begins at `at`, else 0.
fn length(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 256;
    let rest = bytes.get(at..).unwrap_or_default();
    let rest = rest.get(..LONGEST).unwrap_or(rest);
    let inside = |open: &[u8], close: u8| {
        let rest = rest.strip_prefix(open)?;
        let end = rest.iter().position(|byte| *byte == close || *byte == b'\n')?;
        let plain = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'=' | b'{');
        let closed = rest.get(end) == Some(&close) && end > 0 && rest.get(..end)?.iter().all(plain);
        closed.then_some(open.len() + end + 1)
    };
    if let Some(length) = inside(b"${", b'}').or_else(|| inside(b"@", b'@')) {
        return length;
    }
    let name = rest.get(1..).unwrap_or_default();
    let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if rest.starts_with(b"$") && length > 0 { length + 1 } else { 0 }
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
    fn what_brings_elements_or_repeats_lines_is_blank() {
        let text =
            "a = [\"x\"${more}]\n%{~ for b in c ~}\n${b} = ${f(b.c)}\n%{ endfor }\nd = \"\"\"\n$E\n\"\"\"\n";
        let wanted = ["${more}", "%{~ for b in c ~}", "${b}", "${f(b.c)}", "%{ endfor }"];
        assert_eq!(found(text), wanted);
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
