//! Bounds that contradict each other: of a LimitRange, and of the addresses and ports of a NetworkPolicy.

use super::{final_text, quantity};
use crate::checks::describe;
use crate::view::{Object, ask, list};
use std::net::IpAddr;
use stockade_sdk::{Node, Out};

/// Fields of a LimitRange's entry, of which the first may not be above the second.
const ORDER: [(&str, &str); 6] = [
    ("min", "max"),
    ("min", "defaultRequest"),
    ("min", "default"),
    ("defaultRequest", "default"),
    ("defaultRequest", "max"),
    ("default", "max"),
];

/// Reports what a LimitRange gives containers that it then refuses.
pub(super) fn limits(object: &Object<'_>, out: &mut Out) {
    for bounds in list(object.node, "spec.limits") {
        let mut reported: Vec<&str> = Vec::new();
        for (low, high) in ORDER {
            let (Some(least), Some(most)) = (ask(bounds, low).node(), ask(bounds, high).node()) else {
                continue;
            };
            for node in least.children().filter(|node| node.is_scalar()) {
                let resource = node.name();
                let Some(other) = most.get(resource) else { continue };
                let (Some(small), Some(great)) = (final_text(node), final_text(other)) else { continue };
                let above = match (quantity::value(small.trim()), quantity::value(great.trim())) {
                    // The numbers are not exact, so what is told apart lies further apart than they may be off.
                    (Some(small), Some(great)) => small > great * (1.0 + 1e-9),
                    _ => false,
                };
                // One amount that is wrong contradicts several others.
                if above && !reported.contains(&resource) {
                    reported.push(resource);
                    let message = format!(
                        "the {low} {small} {resource} of {} is above its {high} {great}",
                        describe(object)
                    );
                    out.finding(node.place(), message).label(other.place(), high);
                }
            }
        }
    }
}

/// Reports blocks of addresses that are none, exceptions that are not inside their block, and ranges of ports that end
/// before they begin.
pub(super) fn policy(object: &Object<'_>, out: &mut Out) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in list(object.node, &format!("spec.{direction}")) {
            for block in list(rule, peers).filter_map(|peer| ask(peer, "ipBlock").node()) {
                ip_block(object, block, out);
            }
            for port in list(rule, "ports") {
                let (Some(from), Some(to)) = (ask(port, "port").node(), ask(port, "endPort").node()) else {
                    continue;
                };
                if let (Some(first), Some(last)) = (from.as_int(), to.as_int())
                    && last < first
                {
                    let message = format!("the ports {first} to {last} of {} are none", describe(object));
                    out.finding(to.entry_place(), message).label(from.entry_place(), "the first port");
                }
            }
        }
    }
}

fn ip_block(object: &Object<'_>, block: Node<'_>, out: &mut Out) {
    let Some(node) = ask(block, "cidr").node() else { return };
    let Some(text) = final_text(node).map(str::trim) else { return };
    let outer = range(text);
    if outer.is_none() {
        let message = format!("the cidr {text} of {} is no range of addresses", describe(object));
        out.finding(node.entry_place(), message);
    }
    for except in list(block, "except") {
        let Some(inner_text) = final_text(except).map(str::trim) else { continue };
        let Some(inner) = range(inner_text) else {
            let message =
                format!("the exception {inner_text} of {} is no range of addresses", describe(object));
            out.finding(except.place(), message);
            continue;
        };
        if outer.is_some_and(|outer| !is_inside(inner, outer)) {
            let message =
                format!("the exception {inner_text} of {} is not a part of {text}", describe(object));
            out.finding(except.place(), message).label(node.place(), "the range");
        }
    }
}

/// Address and length of the prefix of a range.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.parse().ok().filter(|length| *length <= most).map(|length| (address, length))
}

/// Whether a range is a part of another one, and not all of it.
fn is_inside((inner, inner_length): (IpAddr, u32), (outer, outer_length): (IpAddr, u32)) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    };
    let differ = bits(inner) ^ bits(outer);
    inner.is_ipv4() == outer.is_ipv4()
        && inner_length > outer_length
        && differ.leading_zeros() >= outer_length
}

#[cfg(test)]
mod tests {
    use super::{is_inside, range};

    #[test]
    fn exceptions_are_parts_of_their_range() {
        let inside = |inner: &str, outer: &str| is_inside(range(inner).unwrap(), range(outer).unwrap());
        assert!(inside("10.1.0.0/16", "10.0.0.0/8"));
        assert!(inside("169.254.169.254/32", "0.0.0.0/0"));
        assert!(inside("2001:db8::/64", "2001:db8::/32"));
        assert!(!inside("192.168.0.0/16", "10.0.0.0/8"));
        assert!(!inside("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!inside("10.0.0.0/8", "10.0.0.0/16"));
        assert!(!inside("::/64", "0.0.0.0/0"));
        for none in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "a/8", "::/129"] {
            assert_eq!(range(none), None, "{none}");
        }
    }
}
