//! Expressions that Prometheus refuses, and counters that are compared as they are.

use crate::promql::{Reading, read};
use crate::rules::{called, rules};
use stockade_sdk::{Node, Out, Params, Place, Source, Span};

/// `expression`: the `expr` of a rule is no PromQL, or compares a counter, which only ever grows, with a number.
pub(crate) fn expression(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    // Rules for Loki and VictoriaMetrics have the same shape.
    let path = source.path().to_ascii_lowercase();
    if ["loki", "logql", "victoria", "vmalert", "metricsql"].iter().any(|word| path.contains(word)) {
        return;
    }
    for rule in rules(source) {
        let (Some(name), Some(node)) = (called(rule), rule.get("expr")) else { continue };
        // vmalert asks Graphite and VictoriaLogs as well, each in its own language.
        let group = rule.parent().and_then(Node::parent);
        if group.and_then(|group| group.get("type")).is_some_and(|language| language.text() != "prometheus") {
            continue;
        }
        if !node.is_scalar() || !node.is_known() || node.has(stockade_sdk::flag::DEFAULTED) {
            continue;
        }
        match read(node.text()) {
            Reading::Invalid(fault) => {
                let why = fault.why;
                out.finding(place(node, fault.at, 0), format!("expr of {name} is no PromQL: {why}"))
                    .key(name);
            }
            Reading::Valid(counters) => {
                if let Some((at, counter)) = counters.first() {
                    let message = format!("{name} compares the counter {counter} as it is");
                    out.finding(place(node, *at, counter.len()), message)
                        .help("Compare rate() or increase() of it over some minutes.")
                        .key(name);
                }
            }
            Reading::Other => {}
        }
    }
}

/// The place of `length` bytes at an offset of the decoded text; that of the whole value, or of its key, where the file
/// does not have the text as it is.
fn place(node: Node<'_>, at: usize, length: usize) -> Place {
    let source = node.source();
    let (text, raw) = (node.text(), source.slice(node.span()));
    let whole = if raw.contains('\n') { node.key_place() } else { node.place() };
    if length == 0 && !raw.contains('\n') {
        return whole;
    }
    // A block has its lines as they are, behind an indentation.
    let before = text.get(..at).unwrap_or_default();
    let number = before.matches('\n').count();
    let line = text.lines().nth(number).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let block = usize::from(raw.starts_with(['|', '>']));
    let mut offset = 0;
    for (index, candidate) in raw.split_inclusive('\n').enumerate() {
        if index == number + block
            && let Some(indent) = candidate.find(line).filter(|_| !line.trim().is_empty())
        {
            let from = node.span().start + (offset + indent + at - start) as u32;
            let rest = line.len().saturating_sub(at - start);
            let length = if length == 0 { rest } else { length.min(rest) } as u32;
            if length > 0 {
                return Place { span: Span { start: from, end: from + length }, node: Some(node.id()) };
            }
        }
        offset += candidate.len();
    }
    whole
}
