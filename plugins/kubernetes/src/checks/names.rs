//! Names and values that the API server refuses.

use crate::checks::describe;
use crate::view::{Answer, Manifests, Object, ask, known_text};
use stockade_sdk::{Node, Out, Params};

/// Most characters of a label's value.
const MAX_LABEL: usize = 63;

/// `label-value`: a label in the metadata of an object or of its pods, or the name of an annotation, is none that the API
/// server takes.
pub(crate) fn label_value(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        // The pod's own metadata are the object's where it is a pod.
        let pod = object.pod.as_ref().filter(|_| object.kind != "Pod");
        let own = ask(object.node, "metadata.labels");
        let job = ask(object.node, "spec.jobTemplate.metadata.labels");
        let labels = [own, job, pod.map_or(Answer::Missing, |p| p.labels())];
        let of_pod = pod.and_then(|pod| pod.metadata).map_or(Answer::Missing, |m| ask(m, "annotations"));
        let annotations = [object.annotations(), of_pod.node()];
        for label in entries(labels.into_iter().filter_map(Answer::node)) {
            key("label", label, object, out);
            let Some(fault) = known_text(label).filter(|v| !is_placeholder(v)).and_then(fault) else {
                continue;
            };
            let message = format!("the label {} of {} {fault}", label.name(), describe(object));
            out.finding(label.entry_place(), message);
        }
        for annotation in entries(annotations.into_iter().flatten()) {
            key("annotation", annotation, object, out);
        }
    }
}

/// The entries of mappings. An alias makes one mapping serve for several.
fn entries<'a>(maps: impl Iterator<Item = Node<'a>>) -> impl Iterator<Item = Node<'a>> {
    let mut maps: Vec<Node<'a>> = maps.map(Node::resolve).collect();
    maps.dedup();
    maps.into_iter().flat_map(Node::children)
}

/// Reports the name of a label or an annotation that is none.
fn key(what: &str, entry: Node<'_>, object: &Object<'_>, out: &mut Out) {
    let name = entry.name();
    // A merge key brings in names of its own.
    if name.is_empty() || name == "<<" || is_placeholder(name) {
        return;
    }
    if let Some(fault) = key_fault(name) {
        let message = format!("the name of the {what} {name} of {} {fault}", describe(object));
        out.finding(entry.key_place(), message);
    }
}

/// What is wrong with the name of a label: a name like a value, but not empty, behind a domain and a slash or alone.
fn key_fault(key: &str) -> Option<String> {
    const MAX_DOMAIN: usize = 253;
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    if name.contains('/') {
        return Some("has several slashes".to_owned());
    }
    if name.is_empty() || domain == Some("") {
        return Some("has nothing on one side of its slash".to_owned());
    }
    if domain.is_some_and(|domain| domain.len() > MAX_DOMAIN) {
        return Some(format!("has a domain of more than {MAX_DOMAIN} characters"));
    }
    let of_domain = domain.and_then(|domain| {
        let part = domain.split('.').find(|part| part.is_empty() || part.contains('_'));
        let odd = part.map(|_| format!("has {domain} for a domain"));
        odd.or_else(|| domain.split('.').find_map(fault))
    });
    of_domain.or_else(|| fault(name))
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
    use super::{fault, is_placeholder, key_fault};

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
    fn names_of_labels_are_judged_as_the_api_server_does() {
        for key in ["app", "app.kubernetes.io/name", "a-b.c/D_e.f", &format!("x/{}", "y".repeat(63))] {
            assert_eq!(key_fault(key), None, "{key}");
        }
        for (key, expected) in [
            ("example.com/issuer\"", "holds `\"`"),
            ("a key", "holds a blank"),
            ("a/b/c", "has several slashes"),
            ("/a", "has nothing on one side of its slash"),
            ("a/", "has nothing on one side of its slash"),
            ("a_b/c", "has a_b for a domain"),
            ("a..b/c", "has a..b for a domain"),
            ("-a/c", "begins or ends with `-`"),
            (&"x".repeat(64), "has 64 characters, more than 63"),
        ] {
            assert_eq!(key_fault(key).as_deref(), Some(expected));
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
