//! Names and values that the API server refuses.

use crate::checks::describe;
use crate::view::{Answer, Manifests, ask, known_text};
use stockade_sdk::{Node, Out, Params};

/// Most characters of a label's value.
const MAX_LABEL: usize = 63;

/// `label-value`: the value of a label in the metadata of an object or of its pods is none that the API server takes.
pub(crate) fn label_value(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let own = ask(object.node, "metadata.labels");
        let job = ask(object.node, "spec.jobTemplate.metadata.labels");
        // The pod's own labels are the object's where it is a pod.
        let pod =
            object.pod.as_ref().filter(|_| object.kind != "Pod").map_or(Answer::Missing, |p| p.labels());
        let mut maps: Vec<Node<'_>> =
            [own, job, pod].into_iter().filter_map(|a| a.node().map(Node::resolve)).collect();
        // An alias makes one mapping serve for several.
        maps.dedup();
        for label in maps.into_iter().flat_map(Node::children) {
            let Some(fault) = known_text(label).filter(|v| !is_placeholder(v)).and_then(fault) else {
                continue;
            };
            let message = format!("the label {} of {} {fault}", label.name(), describe(object));
            out.finding(label.entry_place(), message);
        }
    }
}

/// Whether some other tool is going to put the value in: envsubst, `sed`, a template language that is not Helm's.
pub(super) fn is_placeholder(value: &str) -> bool {
    let enclosed = |mark: &str| value.len() > mark.len() && value.starts_with(mark) && value.ends_with(mark);
    value.contains(['$', '{', '<', '%', '[', '(']) || enclosed("__") || enclosed("@")
}

/// What is wrong with a label's value.
fn fault(value: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(c) = value.chars().find(|c| !allowed(*c)) {
        let shown = if c.is_control() { "a control character".to_owned() } else { format!("`{c}`") };
        return Some(format!("holds {}", if c == ' ' { "a blank" } else { &shown }));
    }
    // All characters are of one byte from here on.
    if value.len() > MAX_LABEL {
        return Some(format!("has {} characters, more than {MAX_LABEL}", value.len()));
    }
    let outer = [value.chars().next(), value.chars().next_back()];
    let bad = outer.into_iter().flatten().find(|c| !c.is_ascii_alphanumeric())?;
    Some(format!("begins or ends with `{bad}`"))
}

#[cfg(test)]
mod tests {
    use super::{fault, is_placeholder};

    #[test]
    fn values_are_judged_as_the_api_server_does() {
        for value in ["", "a", "A-b_c.1", &"x".repeat(63)] {
            assert_eq!(fault(value), None, "{value}");
        }
        for (value, expected) in [
            ("a b", "holds a blank"),
            ("me@example.com", "holds `@`"),
            ("a\n", "holds a control character"),
            ("ü", "holds `ü`"),
            ("-a", "begins or ends with `-`"),
            ("a.", "begins or ends with `.`"),
            (&"x".repeat(64), "has 64 characters, more than 63"),
        ] {
            assert_eq!(fault(value).as_deref(), Some(expected));
        }
    }

    #[test]
    fn placeholders_are_left_to_their_tools() {
        for value in ["${TEAM}", "$TEAM", "<team>", "__TEAM__", "@TEAM@", "[[ team ]]", "%TEAM%", "((team))"]
        {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("me@example.com") && !is_placeholder("__") && !is_placeholder("@"));
    }
}
