//! PodSecurityPolicies, which Kubernetes had up to release 1.24.

use crate::checks::describe;
use crate::view::{Answer, Manifests, Object, ask, is_complete, known_text, list, truth};
use stockade_sdk::{Node, Out, Params, Place};

/// Annotation with the seccomp profiles that pods may choose, separated by commas.
const SECCOMP_PROFILES: &str = "seccomp.security.alpha.kubernetes.io/allowedProfileNames";

/// Fields that admit something when they are true.
const SWITCHES: [(&str, &str); 4] = [
    ("privileged", "privileged containers"),
    ("hostPID", "pods in the process namespace of the node"),
    ("hostIPC", "pods in the IPC namespace of the node"),
    ("hostNetwork", "pods in the network namespace of the node"),
];

/// `security-policy-permissive`: a PodSecurityPolicy admits pods that can take over their node.
pub(crate) fn permissive(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    let policies = view
        .objects
        .iter()
        .filter(|o| o.kind == "PodSecurityPolicy" && matches!(o.group(), "policy" | "extensions"));
    for object in policies {
        let Some(spec) = ask(object.node, "spec").node() else { continue };
        let mut admits = |place: Place, what: &str| {
            out.finding(place, format!("{} admits {what}", describe(object)));
        };
        for (field, what) in SWITCHES {
            if let Some(node) = ask(spec, field).node().filter(|node| truth(*node) == Some(true)) {
                admits(node.entry_place(), what);
            }
        }
        // Unlike the switches above, this one is on where nothing is said.
        let escalation = ask(spec, "allowPrivilegeEscalation");
        if escalation.is_missing() || escalation.node().and_then(truth) == Some(true) {
            let place = escalation.node().map_or_else(|| object.place(), Node::entry_place);
            admits(place, "processes that gain privileges");
        }
        if let Some(place) = root(spec) {
            admits(place, "containers that run as root");
        }
        for field in ["allowedCapabilities", "defaultAddCapabilities"] {
            // The one that the restricted level of Pod Security lets containers add.
            let adds = |node: Node<'_>| known_text(node).is_some_and(|name| name != "NET_BIND_SERVICE");
            if let Some(node) = ask(spec, field).node().filter(|list| list.children().any(adds)) {
                admits(node.key_place(), "containers with added capabilities");
            }
        }
        if let Some(place) = keeps_net_raw(spec, object) {
            admits(place, "containers that keep NET_RAW");
        }
        if let Some(node) = object.annotation(SECCOMP_PROFILES).node()
            && known_text(node)
                .is_some_and(|all| all.split(',').any(|p| matches!(p.trim(), "*" | "unconfined")))
        {
            admits(node.key_place(), "containers without a seccomp profile");
        }
    }
}

/// Where a policy lets containers run as user 0.
fn root(spec: Node<'_>) -> Option<Place> {
    let rule = ask(spec, "runAsUser.rule").node()?;
    match known_text(rule)? {
        "RunAsAny" => Some(rule.entry_place()),
        "MustRunAs" => list(spec, "runAsUser.ranges")
            .filter_map(|range| ask(range, "min").node())
            .find(|min| min.as_int() == Some(0))
            .map(Node::entry_place),
        _ => None,
    }
}

/// Where a policy does not make containers drop NET_RAW.
fn keeps_net_raw(spec: Node<'_>, object: &Object<'_>) -> Option<Place> {
    match ask(spec, "requiredDropCapabilities") {
        Answer::Unknown => None,
        Answer::Missing => Some(object.place()),
        Answer::Is(dropped) => {
            let drops = |node: Node<'_>| matches!(known_text(node), Some("ALL" | "NET_RAW"));
            (is_complete(dropped) && !dropped.children().any(drops)).then(|| dropped.key_place())
        }
    }
}
