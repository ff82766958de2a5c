//! What the API server refuses in objects that are no pods: schedules, bounds that contradict each other, ports, hosts,
//! addresses, names.

use super::{amounts, final_text, is_closed, name, ranges, schedule, services, twice};
use crate::checks::describe;
use crate::schema::{self, Known};
use crate::view::{Answer, Object, ask, is_complete, known_text, list, text_at};
use std::net::IpAddr;
use stockade_sdk::{Node, Out};

/// Reports what is refused in an object beside its pods.
pub(super) fn judge(object: &Object<'_>, out: &mut Out) {
    let group = object.group();
    let plain = matches!(group, "" | "apps" | "autoscaling" | "batch" | "networking.k8s.io" | "policy");
    if plain && matches!(schema::kind(object.api, object.kind), Known::Type(_)) {
        let dots = !matches!(object.kind, "Service" | "Namespace");
        match ask(object.node, "metadata.name") {
            Answer::Is(node) => name(node, dots, out),
            Answer::Missing => nameless(object, out),
            Answer::Unknown => {}
        }
    }
    match (group, object.kind) {
        ("apps", "Deployment") => deployment(object, out),
        ("batch", "CronJob") | ("velero.io", "Schedule") | ("argoproj.io", "CronWorkflow") => {
            cron_job(object, out);
        }
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(object, out),
        ("policy", "PodDisruptionBudget") => budget(object, out),
        ("networking.k8s.io", "Ingress") => ingress(object, out),
        ("networking.k8s.io", "NetworkPolicy") => ranges::policy(object, out),
        ("", "LimitRange") => {
            ranges::limits(object, out);
            for bounds in list(object.node, "spec.limits") {
                for key in ["max", "min", "default", "defaultRequest"] {
                    amounts(ask(bounds, key).node(), &format!("{key} in {}", describe(object)), out);
                }
            }
        }
        ("", "PersistentVolume") => amounts(ask(object.node, "spec.capacity").node(), &describe(object), out),
        ("", "PersistentVolumeClaim") => claim(object, object.node, out),
        ("", "ResourceQuota") => amounts(ask(object.node, "spec.hard").node(), &describe(object), out),
        ("apps", "StatefulSet") => {
            list(object.node, "spec.volumeClaimTemplates").for_each(|template| claim(object, template, out));
        }
        ("", "ConfigMap") => keys(object, &["data", "binaryData"], out),
        ("", "Secret") => {
            keys(object, &["data", "stringData"], out);
            secret(object, out);
        }
        ("", "Service") => {
            service(object, out);
            services::judge(object, out);
        }
        ("discovery.k8s.io", "EndpointSlice") => {
            let entries = list(object.node, "endpoints").flat_map(|entry| list(entry, "addresses"));
            entries.for_each(|address| endpoint(object, address, out));
        }
        ("", "Endpoints") => {
            let entries = list(object.node, "subsets").flat_map(|subset| list(subset, "addresses"));
            let addresses = entries.filter_map(|entry| ask(entry, "ip").node());
            addresses.for_each(|address| endpoint(object, address, out));
        }
        _ => {}
    }
}

/// Reports an object that is stored by its name and has none. Programs that make pods of their own take them nameless, and
/// what is asked of the API server and not stored has no name.
fn nameless(object: &Object<'_>, out: &mut Out) {
    let unnamed =
        ["Pod", "PodTemplate", "Binding", "Eviction", "Scale", "Status", "DeleteOptions", "PodExecOptions"];
    let is_list = object.kind.ends_with("List") || object.kind.ends_with("Review");
    if is_list || unnamed.contains(&object.kind) || !ask(object.node, "metadata.generateName").is_missing() {
        return;
    }
    // A document that says what it is and nothing else is the head of one, which a template goes on with.
    if object.node.children().all(|field| matches!(field.name(), "apiVersion" | "kind")) {
        return;
    }
    let place = object.node.get("metadata").map_or_else(|| object.place(), Node::key_place);
    out.finding(place, format!("{} has no name", describe(object)));
}

fn deployment(object: &Object<'_>, out: &mut Out) {
    let Some(strategy) = ask(object.node, "spec.strategy").node().filter(|s| !s.may_have_more()) else {
        return;
    };
    let Some(rolling) = ask(strategy, "rollingUpdate").node() else { return };
    if text_at(strategy, "type") == Some("Recreate") {
        let message =
            format!("{} has the strategy Recreate and settings of a rolling update", describe(object));
        out.finding(rolling.key_place(), message);
        return;
    }
    let zero = |key: &str| {
        ask(rolling, key).node().filter(|n| known_text(*n).is_some_and(|t| matches!(t, "0" | "0%")))
    };
    if let (Some(surge), Some(_)) = (zero("maxSurge"), zero("maxUnavailable")) {
        let message = format!("{} may neither add a pod nor take one away in an update", describe(object));
        out.finding(surge.entry_place(), message);
    }
}

fn ingress(object: &Object<'_>, out: &mut Out) {
    for rule in list(object.node, "spec.rules") {
        if let Some(node) = ask(rule, "host").node()
            && let Some(host) = final_text(node)
        {
            let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
            if !host.strip_prefix("*.").unwrap_or(host).bytes().all(allowed) {
                let message = format!("{} takes no host like {host}", describe(object));
                out.finding(node.place(), message);
            }
        }
        for path in list(rule, "http.paths") {
            let exact = matches!(text_at(path, "pathType"), Some("Prefix" | "Exact"));
            if let Some(node) = ask(path, "path").node().filter(|_| exact)
                && let Some(text) = final_text(node).filter(|text| !text.starts_with('/'))
            {
                out.finding(
                    node.place(),
                    format!("the path {text} of {} begins with no /", describe(object)),
                );
            }
            let Some(port) = ask(path, "backend.service.port").node().filter(|p| !p.may_have_more()) else {
                continue;
            };
            if let (Some(number), Some(_)) = (ask(port, "number").node(), ask(port, "name").node()) {
                let message =
                    format!("a backend of {} has both a port's number and its name", describe(object));
                out.finding(number.entry_place(), message);
            }
        }
    }
}

/// Reports keys that are no names of files.
fn keys(object: &Object<'_>, maps: &[&str], out: &mut Out) {
    let entries = maps.iter().filter_map(|map| ask(object.node, map).node()).flat_map(Node::children);
    for entry in entries.filter(|entry| !entry.name().contains(['$', '{', '<', '%'])) {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let key = entry.name();
        if !key.is_empty() && !key.bytes().all(allowed) {
            let message = format!(
                "the key {key} of {} is not made of letters, digits, `-`, `_` and `.`",
                describe(object)
            );
            out.finding(entry.key_place(), message);
        }
    }
}

fn secret(object: &Object<'_>, out: &mut Out) {
    let data = ask(object.node, "data").node();
    for node in data.into_iter().flat_map(Node::children) {
        if final_text(node).is_some_and(|text| !is_base64(text)) {
            out.finding(node.place(), format!("{} of {} is not base64", node.name(), describe(object)));
        }
    }
    typed_secret(object, out);
}

/// The keys that a Secret of a type has to have.
const KEYS_OF_TYPES: [(&str, &[&str]); 4] = [
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

/// Reports a Secret whose keys are others than those of its type. One without any is filled by somebody else.
fn typed_secret(object: &Object<'_>, out: &mut Out) {
    let Some(node) = ask(object.node, "type").node() else { return };
    let maps = ["data", "stringData"].map(|map| ask(object.node, map));
    let Some((of, keys)) = KEYS_OF_TYPES.iter().find(|(of, _)| known_text(node) == Some(of)) else { return };
    if !maps.into_iter().all(is_closed) {
        return;
    }
    let entries = || maps.into_iter().filter_map(Answer::node).flat_map(Node::children);
    let missing =
        keys.iter().find(|key| maps.into_iter().filter_map(Answer::node).all(|map| map.get(key).is_none()));
    if let Some(key) = missing.filter(|_| entries().any(|entry| !entry.name().contains(['$', '{', '<', '%'])))
    {
        let message = format!("{} is of the type {of} and has no {key}", describe(object));
        out.finding(node.entry_place(), message);
    }
}

/// Whether a text is base64 as the API reads it: with its padding, and line breaks wherever.
fn is_base64(text: &str) -> bool {
    let letters = || text.bytes().filter(|b| !matches!(b, b'\n' | b'\r'));
    let padding = letters().rev().take_while(|b| *b == b'=').count();
    let total = letters().count();
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    total % 4 == 0 && padding <= 2 && letters().take(total - padding).all(is_letter)
}

/// Judges the amounts of storage that a claim asks for.
fn claim(object: &Object<'_>, claim: Node<'_>, out: &mut Out) {
    for key in ["spec.resources.requests", "spec.resources.limits"] {
        amounts(ask(claim, key).node(), &describe(object), out);
    }
}

fn cron_job(object: &Object<'_>, out: &mut Out) {
    let Some(node) = ask(object.node, "spec.schedule").node() else { return };
    if let Some(fault) = final_text(node).and_then(schedule::fault) {
        out.finding(node.place(), format!("{} {fault}", describe(object)));
    }
}

fn autoscaler(object: &Object<'_>, out: &mut Out) {
    let (Some(least), Some(most)) =
        (ask(object.node, "spec.minReplicas").node(), ask(object.node, "spec.maxReplicas").node())
    else {
        return;
    };
    if let (Some(low), Some(high)) = (least.as_int(), most.as_int())
        && low > high
    {
        let message = format!("maxReplicas {high} of {} is less than minReplicas {low}", describe(object));
        out.finding(most.entry_place(), message).label(least.entry_place(), "the other bound");
    }
}

fn budget(object: &Object<'_>, out: &mut Out) {
    let Some(spec) = ask(object.node, "spec").node().filter(|spec| !spec.may_have_more()) else { return };
    let (least, most) = (ask(spec, "minAvailable").node(), ask(spec, "maxUnavailable").node());
    if let (Some(least), Some(most)) = (least, most) {
        let message = format!("{} sets both minAvailable and maxUnavailable", describe(object));
        out.finding(most.entry_place(), message).label(least.entry_place(), "the other one");
    }
}

fn service(object: &Object<'_>, out: &mut Out) {
    let kind = ask(object.node, "spec.type");
    let inside = kind.is_missing() || kind.node().and_then(known_text) == Some("ClusterIP");
    for port in list(object.node, "spec.ports") {
        if let Some(node) = ask(port, "port").node()
            && let Some(number) = node.as_int().filter(|n| !(1..=65535).contains(n))
        {
            out.finding(node.entry_place(), format!("{} has the port {number}", describe(object)));
        }
        if let Some(node) =
            ask(port, "nodePort").node().filter(|n| inside && n.as_int().is_some_and(|n| n != 0))
        {
            let message = format!("{} has a nodePort and is of the type ClusterIP", describe(object));
            out.finding(node.entry_place(), message);
        }
    }
    let Some(ports) = ask(object.node, "spec.ports").node().filter(|ports| is_complete(*ports)) else {
        return;
    };
    let entries: Vec<Node<'_>> = list(object.node, "spec.ports").collect();
    if entries.len() > 1 {
        for port in entries.iter().filter(|port| ask(**port, "name").is_missing()) {
            let number = ask(*port, "port").node().and_then(known_text).unwrap_or("without a known number");
            let place = ask(*port, "port").node().map_or_else(|| ports.key_place(), Node::place);
            out.finding(place, format!("port {number} of {} needs a name beside others", describe(object)));
        }
    }
    for protocol in ["TCP", "UDP", "SCTP"] {
        let of_protocol = entries.iter().copied().filter(|port| match ask(*port, "protocol") {
            Answer::Missing => protocol == "TCP",
            answer => answer.node().and_then(known_text) == Some(protocol),
        });
        let message =
            |port: &str| format!("{} has the port {port} of {protocol} several times", describe(object));
        twice(of_protocol, "port", message, out);
    }
    let message = |name: &str| format!("{} has several ports of the name {name}", describe(object));
    twice(entries.into_iter(), "name", message, out);
}

/// Reports an address that traffic of the cluster must not be sent to: of a node's own services and of the metadata of
/// clouds.
fn endpoint(object: &Object<'_>, node: Node<'_>, out: &mut Out) {
    let Some(text) = final_text(node) else { return };
    let Ok(address) = text.trim().parse::<IpAddr>() else { return };
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| first & 0xffc0 == 0xfe80),
    };
    if address.is_loopback() || address.is_unspecified() || link_local {
        out.finding(node.place(), format!("{} sends traffic to {address}", describe(object)));
    }
}
