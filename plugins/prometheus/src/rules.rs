//! Alerting and recording rules, in rule files and in objects of the operator.

use stockade_sdk::{Node, Source};

/// The rules of a file.
pub(crate) fn rules(source: &Source) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    if source.is_empty() {
        return found;
    }
    for document in source.root().children() {
        let groups = match source.kind() {
            "prometheus-rules" => document.at("groups[*].rules[*]"),
            // Objects of VictoriaMetrics have a language of their own.
            "kubernetes" if is_object(document, "PrometheusRule") => document.at("spec.groups[*].rules[*]"),
            _ => Vec::new(),
        };
        found.extend(groups);
    }
    found
}

/// Whether a document is an object of this kind.
pub(crate) fn is_object(document: Node<'_>, kind: &str) -> bool {
    document.get("kind").is_some_and(|node| node.text() == kind)
}

/// `alert Down` or `rule job:up`; how messages call a rule.
pub(crate) fn called(rule: Node<'_>) -> Option<String> {
    let named = |key: &str| rule.get(key).filter(|node| node.is_scalar() && !node.text().is_empty());
    named("alert")
        .map(|alert| format!("alert {}", alert.text()))
        .or_else(|| named("record").map(|record| format!("rule {}", record.text())))
}
