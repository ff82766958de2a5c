//! The policies of Cilium.

use crate::checks::describe;
use crate::view::{Object, ask, known_text, list};
use stockade_sdk::{Node, Out};

/// A direction of a policy with the keys of its entities, of its ranges of addresses, and of what it denies.
const DIRECTIONS: [[&str; 5]; 2] = [
    ["ingress", "fromEntities", "fromCIDR", "fromCIDRSet", "ingressDeny"],
    ["egress", "toEntities", "toCIDR", "toCIDRSet", "egressDeny"],
];

/// Whether an object is one of Cilium's policies.
pub(super) fn is_policy(object: &Object<'_>) -> bool {
    object.group() == "cilium.io"
        && matches!(object.kind, "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy")
}

/// Reports rules for all ports that let everyone in or everything out. In a policy of Cilium an empty rule lets nobody in.
pub(super) fn allow_all(object: &Object<'_>, out: &mut Out) {
    let specs = ask(object.node, "spec").node().into_iter().chain(list(object.node, "specs"));
    for spec in specs {
        for [direction, entities, ranges, sets, denied] in DIRECTIONS {
            if !ask(spec, denied).is_missing() {
                continue;
            }
            let rules = list(spec, direction);
            for rule in
                rules.filter(|rule| ["toPorts", "icmps"].iter().all(|key| ask(*rule, key).is_missing()))
            {
                let all = list(rule, entities).find(|entity| known_text(*entity) == Some("all"));
                let world = list(rule, entities).find(|entity| known_text(*entity) == Some("world"));
                let range = || list(rule, ranges).find(|range| is_everything(*range));
                let set = || {
                    let sets = list(rule, sets).filter(|set| ask(*set, "except").is_missing());
                    sets.filter_map(|set| ask(set, "cidr").node()).find(|cidr| is_everything(*cidr))
                };
                let what = match (direction, all.is_some()) {
                    ("ingress", true) => "everyone in",
                    ("ingress", false) => "everyone outside of the cluster in",
                    (_, true) => "everything out",
                    (_, false) => "everything out of the cluster",
                };
                if let Some(node) = all.or(world).or_else(range).or_else(set) {
                    out.finding(node.place(), format!("{} lets {what}", describe(object)));
                }
            }
        }
    }
}

fn is_everything(range: Node<'_>) -> bool {
    matches!(known_text(range), Some("0.0.0.0/0" | "::/0"))
}
