//! What a rule's fix does: write a value, take an entry out, give it another key.

use crate::path::Path;
use crate::rule::{FLOW, Judged};
use stockade_sdk::{Edit, Kind, Node, Params, Source, Span, remove_entry, tree_edit};

/// Kinds of files in which an entry is a line, and a mapping the lines of a section.
const OF_LINES: [&str; 8] =
    ["toml", "pyproject", "pipfile", "ini", "dotenv", "systemd", "setup-cfg", "properties"];

/// A fix, as the rule's parameters say it.
#[derive(Debug)]
pub(crate) enum Fix {
    /// Write this value in place of the one that is there.
    Value(String),
    /// Write this value at these keys below the node, whether or not something is there.
    At(Vec<String>, String),
    /// Give the entry another key.
    Key(String),
    /// Take the entry out.
    Remove,
}

impl Fix {
    /// Reads the parameters; none where the rule offers no fix.
    pub(crate) fn new(params: &Params) -> Result<Option<Self>, String> {
        let text = |name: &str| params.string(name).map(str::to_owned);
        let remove = params.bool_or("fix-remove", false).then_some(Self::Remove);
        let at: Vec<&str> = params.strings("fix-at").collect();
        let value = match (text("fix"), at.as_slice()) {
            (Some(value), [path]) => {
                let Some(keys) = Path::parse(path)?.keys() else {
                    return Err(format!("`fix-at` takes keys with dots between them, not `{path}`"));
                };
                Some(Self::At(keys, value))
            }
            (None, [_, ..]) => return Err("`fix-at` says where to write, and no `fix` says what".to_owned()),
            (_, [_, _, ..]) => return Err("`fix-at` takes one path".to_owned()),
            (value, []) => value.map(Self::Value),
        };
        let mut given = [value, text("fix-key").map(Self::Key), remove].into_iter().flatten();
        match (given.next(), given.next()) {
            (_, Some(_)) => Err("`fix`, `fix-key` and `fix-remove` exclude each other".to_owned()),
            (one, None) => Ok(one),
        }
    }

    pub(crate) fn title(&self) -> String {
        match self {
            Self::Value(new) => format!("Set it to {new}"),
            Self::At(keys, new) => format!("Set {} to {new}", keys.join(".")),
            Self::Key(new) => format!("Rename it to {new}"),
            Self::Remove => "Remove it".to_owned(),
        }
    }

    /// The edits; none where the place cannot be changed without a guess.
    pub(crate) fn edits(&self, source: &Source, judged: &Judged<'_>) -> Option<Vec<Edit>> {
        let node = judged.node;
        match self {
            Self::Value(new) => replace(source, judged.written?, judged.text(), new).map(|edit| vec![edit]),
            Self::Key(new) => replace(source, node.key_span()?, node.name(), new).map(|edit| vec![edit]),
            Self::At(keys, new) => {
                if !keys.iter().all(|key| is_plain(key)) || !is_plain(new) {
                    return None;
                }
                if OF_LINES.contains(&source.kind()) {
                    return set_line(source, node, keys, new).map(|edit| vec![edit]);
                }
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                tree_edit::set(node, &keys, &notation(node, new))
            }
            Self::Remove => removable(node).then(|| vec![remove_entry(node)]),
        }
    }
}

/// Writes a value at these keys, the last of which is a line's: over the one that is there, or on a new line behind those of
/// its section. None where the section is not there, or not made of lines.
fn set_line(source: &Source, section: Node<'_>, keys: &[String], new: &str) -> Option<Edit> {
    let (key, sections) = keys.split_last()?;
    let section = sections.iter().try_fold(section, |section, key| section.get(key))?;
    if let Some(there) = section.get(key) {
        return replace(source, there.span(), there.text(), new);
    }
    // Lines of a section come before those of the sections in it. A key with dots has more in front of it.
    let lines =
        section.children().take_while(|entry| entry.kind() == Kind::Scalar && section.style() != FLOW);
    let last = lines.last()?;
    let key_span = last.key_span()?;
    let start = source.line_at(key_span.start).start;
    if !source.slice(Span { start, end: key_span.start }).trim().is_empty() {
        return None;
    }
    // As the line above has it: `=`, ` = `, `: `.
    let between = source.slice(Span { start: key_span.end, end: last.span().start });
    let quote = if matches!(source.kind(), "toml" | "pyproject" | "pipfile") { "\"" } else { "" };
    let quote = if is_bare(new) { "" } else { quote };
    let indent = source.slice(Span { start, end: key_span.start });
    let end = source.line_at(last.span().end).end;
    let behind = source.text().get(end as usize..).unwrap_or_default();
    let line_end = if behind.starts_with("\r\n") { "\r\n" } else { "\n" };
    let separated = matches!(between.trim(), "=" | ":");
    separated.then(|| Edit::insert(end, format!("{line_end}{indent}{key}{between}{quote}{new}{quote}")))
}

/// Whether a value is a number or a switch, which is written without quotes. `3.10` is rather a version than a number, and
/// `nan` a word.
fn is_bare(value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(value, "true" | "false" | "null")
        || digits(value)
        || value.strip_prefix("0.").is_some_and(digits)
}

/// A value in the notation of the node's file. Numbers and switches are written as such.
fn notation(node: Node<'_>, value: &str) -> String {
    if is_bare(value) { value.to_owned() } else { tree_edit::word(node, value) }
}

/// Whether a text means itself without quotes in every format.
fn is_plain(text: &str) -> bool {
    let inside = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:/@".contains(&b));
    inside && !text.is_empty() && !text.starts_with([':', '-', '@']) && !text.ends_with(':')
}

/// Whether the node stands on lines of its own: in block style, below a mapping.
fn removable(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let alone = parent.children().nth(1).is_none();
    node.key_span().is_some() && parent.kind() == Kind::Mapping && parent.style() != FLOW && !alone && {
        let start = node.key_span().map_or(0, |key| key.start);
        let line = node.source().line_at(start);
        let before = Span { start: line.start, end: start };
        node.source().slice(before).trim().is_empty()
    }
}

/// A new text in the quotes of the old one. None where the file has the old one in another spelling than it reads, or
/// the new one could need quotes that are not there.
fn replace(source: &Source, span: Span, old: &str, new: &str) -> Option<Edit> {
    let written = source.slice(span);
    let quoted = matches!(written.as_bytes(), [b'"', .., b'"'] | [b'\'', .., b'\'']) && written.len() > 1;
    let inner = if quoted { written.get(1..written.len() - 1)? } else { written };
    let plain = new.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:/@".contains(&b));
    // In quotes other characters mean themselves, but for those that begin an escape, a variable or a template.
    let in_quotes = quoted
        && !new.contains(|c: char| c.is_control() || matches!(c, '"' | '\'' | '\\' | '$' | '`' | '{' | '%'));
    if inner != old || inner.is_empty() || !(plain || in_quotes) {
        return None;
    }
    let shift = u32::from(quoted);
    Some(Edit::replace(Span { start: span.start + shift, end: span.end.checked_sub(shift)? }, new))
}

#[cfg(test)]
mod tests {
    use super::is_bare;

    #[test]
    fn versions_and_words_are_no_numbers() {
        assert!(["3", "0644", "0.5", "true", "null"].into_iter().all(is_bare));
        assert!(!["3.10", "1.2.3", "nan", "inf", "1e9", "0.", ""].into_iter().any(is_bare));
    }
}
