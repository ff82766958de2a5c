//! What Ingresses tell ingress-nginx, and what it lets them.

use crate::checks::describe;
use crate::view::{Manifests, ask, known_text};
use stockade_sdk::{Node, Out, Params, Severity};

/// `nginx-annotation`: an annotation of ingress-nginx. With `ends-in` its name has to end so; with `contains` its
/// value has to hold one of these texts; with `words` one of these words as a directive; with `names` and
/// `characters` an annotation of these names holds one of these characters. With `controller` a ConfigMap that switches
/// one of these settings on is reported as well.
pub(crate) fn nginx_annotation(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "ConfigMap")) {
        let data = ask(object.node, "data");
        for name in params.strings("controller") {
            let Some(node) = data.then_key(name).node().filter(|node| known_text(*node) == Some("true"))
            else {
                continue;
            };
            let finding = out.finding(node.entry_place(), format!("{} sets {name}", describe(object)));
            // Nobody has used it yet.
            finding.severity(Severity::Medium);
        }
    }
    for object in view.objects.iter().filter(|o| o.kind == "Ingress") {
        for node in object.annotations().into_iter().flat_map(Node::children) {
            let Some((group, name)) = node.name().split_once('/') else { continue };
            if !(group == "nginx.ingress.kubernetes.io" || group.ends_with("nginx.ingress.kubernetes.io")) {
                continue;
            }
            if params.string("ends-in").is_some_and(|end| !name.ends_with(end)) {
                continue;
            }
            if params.has("names") && !params.strings("names").any(|n| n == name) {
                continue;
            }
            let text = if node.is_scalar() { node.text() } else { "" };
            let title = describe(object);
            let message = if params.has("contains") {
                let Some(found) = params.strings("contains").find(|part| text.contains(part)) else {
                    continue;
                };
                format!("{title} has {found} in the annotation {name}")
            } else if params.has("words") {
                let Some(found) = params.strings("words").find(|word| has_directive(text, word)) else {
                    continue;
                };
                format!("{title} has the directive {found} in the annotation {name}")
            } else if let Some(characters) = params.string("characters") {
                if node.is_known() && text.contains(|c: char| c.is_control() || characters.contains(c)) {
                    format!("{title} has characters of nginx's syntax in the annotation {name}")
                } else {
                    continue;
                }
            } else {
                format!("{title} has the annotation {name}")
            };
            out.finding(node.key_place(), message);
        }
    }
}

/// Whether a line of nginx configuration, or a statement in it, begins with this word.
fn has_directive(text: &str, word: &str) -> bool {
    text.split(['\n', ';', '{', '}']).any(|statement| {
        statement.trim_start().strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t', '\n']))
    })
}

#[cfg(test)]
mod tests {
    use super::has_directive;

    #[test]
    fn directives_begin_a_statement() {
        assert!(has_directive("location /x { alias /etc/; }", "alias"));
        assert!(!has_directive("# no alias here\nproxy_set_header X alias;", "alias"));
    }
}
