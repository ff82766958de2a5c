//! Single settings of a pod or of a container's security context, named by the rule.

use crate::checks::describe;
use crate::view::{Answer, Manifests, known_text, truth};
use stockade_sdk::{Node, Out, Params};

/// A known value as `true`, `false` or its text; `None` where it is not known.
fn normal(node: Node<'_>) -> Option<&str> {
    match truth(node) {
        Some(true) => Some("true"),
        Some(false) => Some("false"),
        None => known_text(node),
    }
}

/// `container-setting`: a field of a container's own security context has a forbidden value, or lacks the required
/// one. With `linux` pods on Windows nodes are left out, with `unprivileged` privileged containers.
pub(crate) fn container_setting(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let Some(field) = params.string("field") else { return };
    let linux = params.bool_or("linux", false);
    let unprivileged = params.bool_or("unprivileged", false);
    let required = params.string("require");
    let only = required.or_else(|| params.string("require-if-set"));
    let path = ["securityContext", field];
    for (pod, container) in view.containers() {
        if (linux && pod.windows) || (unprivileged && container.is_privileged()) {
            continue;
        }
        let finding = match container.part.ask_context(field) {
            Answer::Unknown => continue,
            Answer::Missing => {
                let Some(required) = required else { continue };
                let place = container.place_of_missing("securityContext");
                out.finding(
                    place,
                    format!("container {} does not set {field} to {required}", container.name()),
                )
            }
            Answer::Is(node) => {
                let Some(value) = normal(node) else { continue };
                let bad = only.map_or_else(|| params.strings("forbid").any(|v| v == value), |v| v != value);
                if !bad {
                    continue;
                }
                out.finding(
                    node.entry_place(),
                    format!("container {} sets {field} to {value}", container.name()),
                )
            }
        };
        let Some(fixed) = params.string("fix").or(only) else { continue };
        if let Some(edits) = container.set(&path, fixed) {
            finding.unsafe_fix(format!("set {field} to {fixed}"), edits);
        }
    }
}

/// `pod-setting`: a field of the pod spec has a forbidden value. With `linux` pods on Windows nodes are left out.
pub(crate) fn pod_setting(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let Some(field) = params.string("field") else { return };
    let linux = params.bool_or("linux", false);
    for (object, pod) in view.pods().filter(|(_, pod)| !(linux && pod.windows)) {
        let Answer::Is(node) = pod.ask(field) else { continue };
        let Some(value) = normal(node).filter(|value| params.strings("forbid").any(|v| v == *value)) else {
            continue;
        };
        let finding =
            out.finding(node.entry_place(), format!("{} sets {field} to {value}", describe(object)));
        if let Some(edits) = pod.spec.remove(node) {
            finding.unsafe_fix(format!("remove {field}"), edits);
        }
    }
}
