//! NetworkPolicies, each for itself.

use crate::checks::{cilium, describe};
use crate::view::{Answer, Manifests, Object, ask, is_complete, known_text, list};
use stockade_sdk::{Kind, Node, Out, Params, Place};

/// The policies of Kubernetes itself. Calico, Antrea and others have kinds of that name with rules that also deny; a
/// group that nobody can read is taken for the usual one.
fn policies<'a, 'v>(view: &'v Manifests<'a>) -> impl Iterator<Item = &'v Object<'a>> {
    view.objects.iter().filter(|object| {
        object.kind == "NetworkPolicy" && matches!(object.group(), "networking.k8s.io" | "extensions" | "")
    })
}

/// A direction of a NetworkPolicy with the key of its peers.
const DIRECTIONS: [(&str, &str); 2] = [("spec.ingress", "from"), ("spec.egress", "to")];

/// The rules of a policy with the key of their peers and what to call the direction.
fn policy_rules<'a>(
    object: &Object<'a>,
) -> impl Iterator<Item = (Node<'a>, &'static str, &'static str)> + use<'a> {
    let node = object.node;
    DIRECTIONS.into_iter().flat_map(move |(path, peers)| {
        let direction = path.strip_prefix("spec.").unwrap_or(path);
        list(node, path).map(move |rule| (rule, peers, direction))
    })
}

/// `network-policy-selector-missing`: nothing in the policy selects anything.
pub(crate) fn policy_selector_missing(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in policies(view) {
        let spec = ask(object.node, "spec");
        if matches!(spec, Answer::Unknown) || !ask(object.node, "spec.podSelector").is_missing() {
            continue;
        }
        let selects = |peer: Node<'_>| {
            ["podSelector", "namespaceSelector"].iter().any(|key| !ask(peer, key).is_missing())
        };
        let any = policy_rules(object).any(|(rule, peers, _)| {
            list(rule, peers).any(selects) || !ask(rule, peers).node().is_none_or(is_complete)
        });
        if !any {
            let place = spec.node().map_or_else(|| object.place(), Node::key_place);
            out.finding(place, format!("{} selects neither pods nor peers", describe(object)));
        }
    }
}

/// `network-policy-allow-all`: a rule lets everyone in, or everything out.
pub(crate) fn policy_allow_all(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    view.objects.iter().filter(|object| cilium::is_policy(object)).for_each(|o| cilium::allow_all(o, out));
    for object in policies(view) {
        for (rule, key, direction) in policy_rules(object) {
            let place = match ask(rule, key) {
                Answer::Unknown => continue,
                Answer::Missing => rule_place(rule),
                Answer::Is(peers) => {
                    let mut items = peers.children().peekable();
                    if items.peek().is_none() {
                        if !is_complete(peers) {
                            continue;
                        }
                        peers.key_place()
                    } else if let Some(block) = items.find_map(open_block) {
                        block.place()
                    } else {
                        continue;
                    }
                }
            };
            let ports = port_list(rule);
            // Whoever denies all that goes out has to allow names to be resolved, wherever the DNS server is.
            if direction == "egress" && ports.as_deref().is_some_and(|ports| ports.iter().all(|p| is_dns(p)))
            {
                continue;
            }
            let on = match ports.as_deref() {
                None | Some([]) => String::new(),
                Some([port]) => format!(" on port {port}"),
                Some([ports @ .., last]) => format!(" on the ports {} and {last}", ports.join(", ")),
            };
            let (verb, whom) =
                if direction == "ingress" { ("in", "everyone") } else { ("out", "everything") };
            out.finding(place, format!("{} lets {whom} {verb}{on}", describe(object)));
        }
    }
}

/// The ports of a rule where they are all there to be read, by number or name; `None` where it is for all ports, or
/// nobody can tell for which.
fn port_list<'a>(rule: Node<'a>) -> Option<Vec<&'a str>> {
    let ports = ask(rule, "ports").node().filter(|ports| is_complete(*ports))?;
    let known: Option<Vec<&str>> =
        ports.children().map(|port| ask(port, "port").node().and_then(known_text)).collect();
    known.filter(|known| !known.is_empty())
}

/// Whether a port is one on which names are resolved: by DNS, by that of OpenShift, by DNS over TLS.
fn is_dns(port: &str) -> bool {
    matches!(port, "53" | "5353" | "853" | "dns" | "dns-tcp" | "dns-udp")
}

/// A rule as a whole: its first key, or its braces.
pub(super) fn rule_place(rule: Node<'_>) -> Place {
    match rule.resolve().kind() {
        Kind::Mapping if rule.style() != 5 => {
            rule.children().next().map_or_else(|| rule.place(), Node::key_place)
        }
        _ => rule.place(),
    }
}

/// The block of addresses of a peer if it is all of them.
fn open_block(peer: Node<'_>) -> Option<Node<'_>> {
    let block = ask(peer, "ipBlock").node()?;
    let cidr = ask(block, "cidr").node()?;
    let everything = matches!(known_text(cidr), Some("0.0.0.0/0" | "::/0"));
    let except = ask(block, "except");
    let excepts = match except {
        Answer::Missing => false,
        Answer::Unknown => true,
        Answer::Is(list) => list.children().next().is_some() || !is_complete(list),
    };
    (everything && !excepts).then_some(cidr)
}

/// `network-policy-ports-missing`: a rule has peers and no ports.
pub(crate) fn policy_ports_missing(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in policies(view) {
        for (rule, key, direction) in policy_rules(object) {
            let Some(peers) = ask(rule, key).node() else { continue };
            let ports = match ask(rule, "ports") {
                Answer::Missing => false,
                Answer::Unknown => true,
                Answer::Is(list) => list.children().next().is_some() || !is_complete(list),
            };
            if peers.children().next().is_some() && !ports {
                let message = format!("an {direction} rule of {} names no ports", describe(object));
                out.finding(peers.key_place(), message);
            }
        }
    }
}
