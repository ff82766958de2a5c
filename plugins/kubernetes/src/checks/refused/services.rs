//! What the API server refuses in Services: settings of a type that they are not of.

use super::{final_text, is_closed};
use crate::checks::describe;
use crate::view::{Object, ask};
use stockade_sdk::Out;

/// Settings that only some types have, each with these.
const OF_TYPES: [(&str, &[&str]); 4] = [
    ("externalTrafficPolicy", &["LoadBalancer", "NodePort"]),
    ("loadBalancerSourceRanges", &["LoadBalancer"]),
    ("loadBalancerClass", &["LoadBalancer"]),
    ("allocateLoadBalancerNodePorts", &["LoadBalancer"]),
];

/// Reports settings that do not go with the type of a Service.
pub(super) fn judge(object: &Object<'_>, out: &mut Out) {
    let Some(spec) = ask(object.node, "spec").node().filter(|spec| !spec.may_have_more()) else { return };
    let kind = ask(spec, "type");
    let Some(name) = (if kind.is_missing() { Some("ClusterIP") } else { kind.node().and_then(final_text) })
    else {
        return;
    };
    // A Service with external addresses can be reached from outside whatever its type.
    let outside = !is_closed(ask(spec, "externalIPs")) || ask(spec, "externalIPs").node().is_some();
    for (field, types) in OF_TYPES {
        let node =
            ask(spec, field).node().filter(|node| node.children().next().is_some() || node.is_scalar());
        let Some(node) = node.filter(|node| !(node.is_scalar() && node.text().is_empty())) else { continue };
        let fits = types.contains(&name) || (outside && field == "externalTrafficPolicy");
        if !fits {
            let message = format!("{} sets {field} and is of the type {name}", describe(object));
            out.finding(node.entry_place(), message);
        }
    }
    let address = ask(spec, "clusterIP").node().filter(|node| final_text(*node) == Some("None"));
    if let Some(node) = address.filter(|_| matches!(name, "LoadBalancer" | "NodePort" | "ExternalName")) {
        let message = format!("{} is of the type {name} and has no address in the cluster", describe(object));
        out.finding(node.entry_place(), message);
    }
    if name == "ExternalName" && ask(spec, "externalName").is_missing() {
        let message = format!("{} is of the type ExternalName and names no host", describe(object));
        out.finding(kind.node().map_or_else(|| object.place(), |node| node.entry_place()), message);
    }
}
