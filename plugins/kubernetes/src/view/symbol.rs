//! Texts that a chart leaves open, and leaves open in the same way in all of its templates.
//!
//! `{{ .Release.Name }}-web` is not known, but whatever it is, it is the same at each place of the chart.

use stockade_sdk::Node;

/// Longest text that is compared, in bytes.
const LONGEST: usize = 400;
/// What expressions begin with: neither names nor labels may have it.
const OPEN: &str = "{{";
/// What is the same in all templates of a chart. `.Template` is not, and the dot's own fields depend on the block.
const ROOTS: [&str; 4] = ["Release.", "Values.", "Chart.", "Capabilities."];
/// Beginnings of functions that give something else each time.
const FICKLE: [&str; 6] = ["rand", "uuid", "gen", "now", "lookup", "htpasswd"];

/// The text of a scalar that is open in the same way at each place of its chart, without differences in writing that mean
/// nothing. Two that are equal have the same value within a chart; of others nothing is known.
#[must_use]
pub fn symbol(node: Node<'_>) -> Option<String> {
    if !node.is_scalar() || node.is_known() {
        return None;
    }
    normal(node.text())
}

/// Whether this is the text of a symbol, and no known one.
#[must_use]
pub fn is_symbol(text: &str) -> bool {
    text.contains(OPEN)
}

fn normal(text: &str) -> Option<String> {
    if text.len() > LONGEST || !is_symbol(text) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        let (body, after) = behind.split_once("}}")?;
        out.push_str(before);
        out.push_str(OPEN);
        let body = body.strip_prefix("- ").unwrap_or(body);
        expression(body.strip_suffix(" -").unwrap_or(body), &mut out)?;
        out.push_str("}}");
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// Adds the words of an expression, with one blank between them. `None` where it may mean something else elsewhere.
fn expression(body: &str, out: &mut String) -> Option<()> {
    // Quotes that matter to YAML alone.
    let body = body.trim();
    let body = body.strip_suffix("quote").map_or(body, |b| b.trim_end().strip_suffix('|').unwrap_or(body));
    let mut rest = body.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '(' | ')' | '|' | ',' => 1,
            '"' | '`' => rest.get(1..)?.find(first)? + 2,
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|' | ',' | '"' | '`');
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        let (word, behind) = rest.split_at_checked(end)?;
        out.push(' ');
        out.push_str(root_word(word)?);
        rest = behind.trim_start();
    }
    Some(())
}

/// A word as it is written where the dot is the chart's root.
fn root_word(word: &str) -> Option<&str> {
    match word {
        "$" => return Some("."),
        "template" => return Some("include"),
        _ => {}
    }
    let word = match word.strip_prefix('$') {
        Some(path) if path.starts_with('.') => path,
        // A variable.
        Some(_) => return None,
        None => word,
    };
    let is_the_same = match word.strip_prefix('.') {
        Some("") => true,
        Some(field) => ROOTS.iter().any(|root| field.starts_with(root)),
        None => !FICKLE.iter().any(|function| word.starts_with(function)),
    };
    is_the_same.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn ways_to_write_an_expression_are_one() {
        let one = normal("{{ include \"web.name\" . }}-db");
        assert!(one.is_some());
        for other in [
            "{{include \"web.name\" .}}-db",
            "{{- template \"web.name\" $ -}}-db",
            "{{ include  \"web.name\" . | quote }}-db",
        ] {
            assert_eq!(normal(other), one, "{other}");
        }
        assert_ne!(normal("{{ include \"web.name\" . }}"), one);
        assert_ne!(normal("{{ include \"web .name\" . }}-db"), one);
        assert_eq!(normal("{{ $.Release.Name }}"), normal("{{ .Release.Name }}"));
    }

    #[test]
    fn what_depends_on_the_place_is_no_symbol() {
        for text in [
            "{{ .name }}",
            "{{ $name }}",
            "{{ $name.first }}",
            "{{ .Template.Name }}",
            "{{ randAlphaNum 5 }}",
            "{{ .Release.Name | now }}",
            "{{ .Release.Name",
            "{{ \"open }}",
            "plain",
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }
}
