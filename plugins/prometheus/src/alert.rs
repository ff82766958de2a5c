//! What people need of an alert: how bad it is, what happened, and that it is no blink.

use crate::is_exempt;
use crate::rules::rules;
use stockade_sdk::{Node, Out, Params, Source};

/// `alert`: an alerting rule lacks the `part` that people need: `severity`, `annotation` or `for`.
pub(crate) fn alert(view: &&Source, params: &Params, out: &mut Out) {
    let source = *view;
    if is_exempt(source) {
        return;
    }
    for rule in rules(source).into_iter().filter(|rule| !rule.may_have_more()) {
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

/// Whether the expression looks back over five minutes or more by itself, or compares a moment with the time of day: how old
/// a backup is and when a certificate ends does not flicker.
fn is_patient(rule: Node<'_>) -> bool {
    let expression = rule.get("expr").map_or("", |node| node.text());
    if expression.contains("time()") {
        return true;
    }
    let ranges = expression.split('[').skip(1).filter_map(|rest| rest.split([']', ':']).next());
    ranges.into_iter().any(|range| seconds(range.trim()) >= 300)
}

/// Seconds of a duration of Prometheus, such as `5m` or `1h30m`; 0 for what is none.
fn seconds(range: &str) -> u64 {
    let mut total = 0_u64;
    let mut rest = range;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, next) = behind.split_at(letters);
        let scale = match unit {
            "ms" => 0,
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            "y" => 31_536_000,
            _ => return 0,
        };
        total = total.saturating_add(number.parse::<u64>().unwrap_or(0).saturating_mul(scale));
        rest = next;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations() {
        for (range, expected) in [
            ("5m", 300),
            ("1h30m", 5_400),
            ("90s", 90),
            ("500ms", 0),
            ("$__range", 0),
            ("", 0),
            ("1w", 604_800),
        ] {
            assert_eq!(seconds(range), expected, "{range}");
        }
    }
}
