//! Branches of a chart's template that its values leave out: `{{ if .Values.x.enabled }}` beside `x: {enabled: false}`.
//!
//! Conditions of paths, `not`, `and`, `or`, `eq` and `ne` are understood; any other may be true or false.

use super::actions::{Action, Role, scan};
use super::values::{ValueLayer, find};
use stockade_model::{Document, NodeId, NodeKind, ScalarType, Span, flag};

/// Deeper parentheses are not written.
const MAX_DEPTH: u8 = 16;

/// A part of a template that the values leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Where it stands in the template.
    pub span: Span,
    /// The value that decides, a node of a values file.
    pub source: NodeId,
    /// Which of the layers that file is.
    pub layer: usize,
}

/// The place of a value: its layer and node.
type Place = (usize, NodeId);

/// What is known about a condition: whether it is true, and by which value.
type Truth = Option<(bool, Place)>;

/// A block that is open, and its branch that is being read.
struct Block {
    start: u32,
    /// What leaves this branch out.
    off: Option<Place>,
    /// What leaves all further branches out: a condition before them that is true.
    decided: Option<Place>,
}

/// The parts of a template that are left out with these values, in source order and not inside of each other. As with
/// [`super::substitute_layers`], the first layer that has a value counts.
#[must_use]
pub fn switched_off(document: &Document, values: &[ValueLayer<'_>]) -> Vec<SwitchedOff> {
    let text = document.text();
    let mut found = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    // How many of the open branches are left out.
    let mut off_around = 0_usize;
    for Action { span, role, .. } in scan(text).into_iter().filter(|action| action.braces) {
        let body = span.slice(text).unwrap_or_default().trim_start_matches('{').trim_end_matches('}');
        let body = body.trim_start_matches('-').trim_end_matches('-').trim();
        match role {
            Role::Open => {
                let truth = truth_of(body, values);
                let off = when(truth, false);
                off_around += usize::from(off.is_some());
                blocks.push(Block { start: span.end, off, decided: when(truth, true) });
            }
            Role::Middle | Role::Close => {
                let Some(block) = blocks.pop() else { continue };
                if let Some((layer, source)) = block.off {
                    off_around -= 1;
                    if off_around == 0 {
                        found.push(SwitchedOff { span: Span::new(block.start, span.start), source, layer });
                    }
                }
                if role == Role::Middle {
                    let truth = truth_of(body.strip_prefix("else").unwrap_or_default().trim_start(), values);
                    let off = block.decided.or_else(|| when(truth, false));
                    let decided = block.decided.or_else(|| when(truth, true));
                    off_around += usize::from(off.is_some());
                    blocks.push(Block { start: span.end, off, decided });
                }
            }
            Role::Value | Role::Silent => {}
        }
    }
    found
}

/// The value by which a chart leaves one of its parts out, with its layer: of the paths in `condition`
/// (`db.enabled,global.db.enabled`) the first at which there is a boolean decides. `None` where the part is there. Source: Helm's
/// documentation of `dependencies`.
#[must_use]
pub fn part_switched_off(condition: &str, values: &[ValueLayer<'_>]) -> Option<(usize, NodeId)> {
    let decides = |path: &str| {
        let (layer, node) = find(&format!(".Values.{}", path.trim()), values)?;
        let document = values.get(layer)?.document();
        let is_boolean = document.kind(node) == NodeKind::Scalar
            && document.scalar_type(node) == ScalarType::Bool as u8
            && document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) == 0;
        is_boolean.then(|| ((layer, node), document.value(node) == "false"))
    };
    let (place, is_off) = condition.split(',').find_map(decides)?;
    is_off.then_some(place)
}

fn when(truth: Truth, wanted: bool) -> Option<Place> {
    truth.filter(|(is, _)| *is == wanted).map(|(_, place)| place)
}

/// What is known about the condition of `if …`, `with …` or `range …`.
fn truth_of(body: &str, values: &[ValueLayer<'_>]) -> Truth {
    let (word, condition) = body.split_once(char::is_whitespace)?;
    if !matches!(word, "if" | "with" | "range") {
        return None;
    }
    let words = words(condition)?;
    let mut rest = words.as_slice();
    let truth = call(&mut rest, values, MAX_DEPTH);
    truth.filter(|_| rest.is_empty())
}

/// Splits a condition into words and parentheses; a quoted word keeps its first quote. `None` for pipes and assignments.
fn words(condition: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut rest = condition.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '(' | ')' => 1,
            '"' | '`' => 1 + rest.get(1..)?.find(first)?,
            '|' => return None,
            _ => rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|')).unwrap_or(rest.len()),
        };
        let word = rest.get(..end)?;
        if word.contains([',', '\\']) || word.contains(":=") {
            return None;
        }
        words.push(word);
        let closing = usize::from(matches!(first, '"' | '`'));
        rest = rest.get(end + closing..)?.trim_start();
    }
    Some(words)
}

/// Reads one call up to the end or a closing parenthesis: `not X`, `and X Y`, `eq X "text"`, `X`.
fn call(words: &mut &[&str], values: &[ValueLayer<'_>], depth: u8) -> Truth {
    let (function, rest) = words.split_first()?;
    if !matches!(*function, "not" | "and" | "or" | "eq" | "ne") {
        return operand(words, values, depth);
    }
    *words = rest;
    if matches!(*function, "eq" | "ne") {
        let ([path, literal, ..], after) = (*words, words.get(2..)?) else { return None };
        *words = after;
        let (place, text) = scalar(path, values)?;
        let literal = literal.strip_prefix(['"', '`'])?;
        return Some(((text == literal) == (*function == "eq"), place));
    }
    let mut operands = Vec::new();
    while words.first().is_some_and(|word| *word != ")") {
        operands.push(operand(words, values, depth));
    }
    match *function {
        "not" => operands.first().copied().flatten().map(|(is, place)| (!is, place)),
        name => {
            // One that decides is enough; else all have to be known.
            let decides = name == "or";
            let deciding = operands.iter().flatten().find(|(is, _)| *is == decides);
            let all_known = operands.iter().all(Option::is_some);
            deciding.or_else(|| operands.iter().flatten().next().filter(|_| all_known)).copied()
        }
    }
}

/// Reads a path or a call in parentheses. One that is not understood is read as well.
fn operand(words: &mut &[&str], values: &[ValueLayer<'_>], depth: u8) -> Truth {
    let (first, rest) = words.split_first()?;
    *words = rest;
    if *first != "(" {
        return truth_at(first, values);
    }
    let truth = if depth == 0 { None } else { call(words, values, depth - 1) };
    let is_whole = words.first() == Some(&")");
    let mut open = 1;
    while open > 0 {
        let (word, rest) = words.split_first()?;
        *words = rest;
        open += i32::from(*word == "(") - i32::from(*word == ")");
    }
    truth.filter(|_| is_whole)
}

/// Whether the value at a path is true for a template: not `false`, 0, nothing or empty.
fn truth_at(path: &str, values: &[ValueLayer<'_>]) -> Truth {
    let (layer, node) = find(path, values)?;
    let document = values.get(layer)?.document();
    if document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) != 0 {
        return None;
    }
    let is = match document.kind(node) {
        NodeKind::Mapping | NodeKind::Sequence => document.children(node).next().is_some(),
        NodeKind::Scalar => {
            let (ty, text) = (document.scalar_type(node), document.value(node));
            let is_text = ty == ScalarType::String as u8;
            ty != ScalarType::Null as u8 && !text.is_empty() && (is_text || !matches!(text, "false" | "0"))
        }
        _ => return None,
    };
    Some((is, (layer, node)))
}

/// The text at a path, where one is known.
fn scalar<'v>(path: &str, values: &[ValueLayer<'v>]) -> Option<(Place, &'v str)> {
    let (layer, node) = find(path, values)?;
    let document = values.get(layer)?.document();
    let is_known = document.kind(node) == NodeKind::Scalar
        && document.scalar_type(node) == ScalarType::String as u8
        && document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) == 0;
    is_known.then(|| ((layer, node), document.value(node)))
}

#[cfg(test)]
mod tests {
    use super::switched_off;
    use crate::{FileKind, ValueLayer, parse};

    fn off(template: &str) -> Vec<String> {
        let values = "a: {on: true, off: false, text: x, zero: 0, empty: '', quoted: \"false\"}\nlist: []\nmap: {k: v}\n";
        let values = parse(FileKind::HelmValues, values.to_owned());
        let document = parse(FileKind::Kubernetes, template.to_owned());
        let parts = switched_off(&document, &[ValueLayer::own(&values)]);
        parts.iter().map(|part| part.span.slice(template).unwrap().trim().to_owned()).collect()
    }

    #[test]
    fn conditions_are_understood_or_open() {
        for condition in [
            "if .Values.a.off",
            "if $.Values.a.zero",
            "if .Values.a.empty",
            "with .Values.list",
            "range .Values.list",
            "if not .Values.a.on",
            "if not .Values.map",
            "if and .Values.unknown .Values.a.off",
            "if and (.Values.a.on) ( .Values.a.off )",
            "if or .Values.a.off (not .Values.a.on)",
            "if and .Values.a.on (or (include \"x\" .) .Values.a.on) .Values.a.off",
            "if eq .Values.a.text \"y\"",
            "if ne .Values.a.text \"x\"",
            "- if .Values.a.off -",
        ] {
            assert_eq!(
                off(&format!("{{{{{condition}}}}}\nkey: value\n{{{{ end }}}}\n")),
                ["key: value"],
                "{condition}"
            );
        }
        for condition in [
            "if .Values.a.on",
            "if .Values.a.quoted",
            "if .Values.unknown",
            "if .Values.a.unknown",
            "if not .Values.a.off",
            "if or .Values.unknown .Values.a.off",
            "if and .Values.unknown .Values.a.on",
            "if (include \"x\" .)",
            "if .Values.a.off | not",
            "if not (eq .Values.a.text \"y\")",
            "if lt .Values.a.zero 1",
            "if .Capabilities.x",
            "with $x := .Values.a.off",
            "define \"x\"",
        ] {
            assert!(
                off(&format!("{{{{{condition}}}}}\nkey: value\n{{{{ end }}}}\n")).is_empty(),
                "{condition}"
            );
        }
    }

    #[test]
    fn branches_follow_each_other_and_lie_inside_each_other() {
        let text =
            "{{ if .Values.a.on }}\na: 1\n{{ else if .Values.a.off }}\nb: 1\n{{ else }}\nc: 1\n{{ end }}\n";
        assert_eq!(off(text), ["b: 1", "c: 1"]);
        let text =
            "{{ if .Values.x }}\na: 1\n{{ else if .Values.a.off }}\nb: 1\n{{ else }}\nc: 1\n{{ end }}\n";
        assert_eq!(off(text), ["b: 1"]);
        let text = "{{ if .Values.a.off }}\na: 1\n{{ if .Values.list }}\nb: 1\n{{ end }}\n{{ end }}\nc: 1\n";
        assert_eq!(off(text).len(), 1);
        assert!(off("{{ if .Values.a.off }}\na: 1\n{{ end }}{{ end }}\n{{ if .Values.a.off").len() <= 1);
    }
}
