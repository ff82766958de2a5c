//! Lines of an Ansible inventory that give a host its variables: `db1 ansible_host=10.0.0.8 ansible_user="app"`.

use stockade_model::Span;

use super::lines::span;

/// Whether a text is an inventory: it sets a variable that Ansible reads, or has a section of groups or of variables.
pub(super) fn is_inventory(text: &str) -> bool {
    ["ansible_", ":children]", ":vars]"]
        .iter()
        .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// Whether a line is one: a name, and behind it variables of which Ansible reads one itself.
pub(super) fn is_host(line: &str) -> bool {
    let Some((host, rest)) = line.split_once([' ', '\t']) else { return false };
    let name = !host.contains(['=', ':', '"', '\'']) && !rest.trim_start().starts_with(['=', ':']);
    name && rest.contains('=') && line.contains(" ansible_")
}

/// A variable: its name, and the text behind the sign without quotes, each with its place.
pub(super) struct Variable<'t> {
    pub(super) name: (&'t str, Span),
    pub(super) value: (&'t str, Span),
}

/// The variables of a host's line, which begins at `start` in the file. What has no sign is left out, and so is what follows a
/// `#` behind a blank.
pub(super) fn variables(line: &str, start: usize) -> Vec<Variable<'_>> {
    let mut found = Vec::new();
    let mut at = line.find([' ', '\t']).unwrap_or(line.len());
    while let Some(skipped) = line.get(at..).and_then(|rest| rest.find(|c: char| !c.is_ascii_whitespace())) {
        at += skipped;
        let word = line.get(at..at + word_length(line.get(at..).unwrap_or_default())).unwrap_or_default();
        if word.starts_with('#') || word.is_empty() {
            break;
        }
        if let Some((name, value)) = word.split_once('=') {
            let value_at = start + at + name.len() + 1;
            let inner = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
                .unwrap_or(value);
            found.push(Variable {
                name: (name, span(start + at, start + at + name.len())),
                value: (inner, span(value_at, value_at + value.len())),
            });
        }
        at += word.len();
    }
    found
}

/// The length of the word at the start: up to a blank that stands in no quotes.
fn word_length(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ' | '\t') => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{is_host, is_inventory, variables};

    #[test]
    fn a_host_of_no_group_is_no_fault() {
        let text = "web1\nweb2 ansible_host=10.0.0.8\n[db]\ndb1\n";
        assert!(is_inventory(text) && !is_inventory("web1\n[db]\n"));
        let document = crate::parse(crate::FileKind::Ini, text.to_owned());
        assert!(document.problems.is_empty(), "{:?}", document.problems);
    }

    #[test]
    fn variables_of_hosts_are_told_apart() {
        let line = "db1 ansible_host=10.0.0.8 role  ansible_password='a b' x=1 # y=2";
        let found: Vec<_> =
            variables(line, 10).iter().map(|v| (v.name.0, v.value.0, v.value.1.start)).collect();
        assert_eq!(
            found,
            [("ansible_host", "10.0.0.8", 27), ("ansible_password", "a b", 59), ("x", "1", 67)]
        );
        assert!(is_host(line));
        for line in ["ansible_user=app", "a b = c", "[all:vars]", "db1", "key = x ansible_y=z"] {
            assert!(!is_host(line), "{line}");
        }
    }
}
