//! Alerting rules of Prometheus.

use crate::view::View;
use stockade_sdk::{Node, Out, Params};

/// `alert`: an alerting rule lacks the `part` that people need: `severity`, `annotation` or `for`.
pub fn alert(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt || view.source.kind() != "prometheus-rules" {
        return;
    }
    let rules = view.source.root().children().flat_map(|document| document.at("groups[*].rules[*]"));
    for rule in rules.filter(|rule| !rule.may_have_more()) {
        let Some(alert) = rule.get("alert").filter(|alert| alert.is_scalar()) else { continue };
        let name = alert.text();
        let message = match params.string("part") {
            Some("severity") if lacks(rule, "labels", &["severity"]) => {
                format!("alert {name} has no severity")
            }
            Some("annotation") if lacks(rule, "annotations", &["summary", "description", "message"]) => {
                format!("alert {name} has neither summary nor description")
            }
            Some("for") if rule.get("for").is_none() && !is_patient(rule) => {
                format!("alert {name} fires at the first sample")
            }
            _ => continue,
        };
        out.finding(alert.place(), message).key(format!("alert={name}"));
    }
}

/// Whether a mapping of the rule has none of these keys.
fn lacks(rule: Node<'_>, mapping: &str, keys: &[&str]) -> bool {
    rule.get(mapping)
        .is_none_or(|node| !node.may_have_more() && keys.iter().all(|key| node.get(key).is_none()))
}

/// Whether the expression looks back over five minutes or more by itself, or says that something is absent.
fn is_patient(rule: Node<'_>) -> bool {
    let expression = rule.get("expr").map_or("", |node| node.text());
    let ranges = expression.split('[').skip(1).filter_map(|rest| rest.split([']', ':']).next());
    ranges.into_iter().any(|range| {
        let split = range.find(|c: char| !c.is_ascii_digit()).unwrap_or(range.len());
        let (number, unit) = range.split_at(split);
        let number: u64 = number.parse().unwrap_or(0);
        match unit {
            "s" => number >= 300,
            "m" => number >= 5,
            "h" | "d" | "w" | "y" => number >= 1,
            _ => false,
        }
    })
}
