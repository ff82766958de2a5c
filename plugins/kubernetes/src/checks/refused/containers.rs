//! What the API server or the node refuses in containers: mounts of no volume, probes of two kinds, settings that exclude
//! each other, amounts of resources.

use super::{Fields, final_text, is_closed, quantity, twice};
use crate::view::{Container, Pod, Role, ask, truth};
use std::collections::HashSet;
use stockade_sdk::{Kind, Node, Out};

/// What a probe or a hook may do; it does one of these.
const ACTIONS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// Where a container says what is done to it.
const HANDLERS: [&str; 5] =
    ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];

/// Reports what is refused in a container; `volumes` are the names of what it may mount, where they are known, `shared`
/// says whether the pod may have a security context.
pub(super) fn judge(
    pod: &Pod<'_>,
    container: &Container<'_>,
    volumes: Option<&HashSet<&str>>,
    shared: bool,
    out: &mut Out,
) {
    // Most of what a container may say it does not: one look at what is there instead of a question for each.
    let fields = container.part.mapping().map_or_else(Fields::all, Fields::of);
    if fields.has("ports") {
        ports(pod, container, out);
    }
    if fields.has("volumeMounts") {
        mounts(container, volumes, out);
    }
    handlers(container, &fields, out);
    if fields.has("env") {
        environment(container, out);
    }
    let own = fields.has("securityContext");
    if own {
        own_security(container, out);
    }
    if own || shared {
        root_and_not(pod, container, out);
    }
    if fields.has("resources") {
        resources(container, out);
    }
}

/// Reports ports whose names stand twice, and numbers that no port has.
fn ports(pod: &Pod<'_>, container: &Container<'_>, out: &mut Out) {
    let name = || container.name();
    let ports: Vec<Node<'_>> = container.list("ports").collect();
    if ports.len() > 1 && is_closed(container.ask("ports")) {
        let message = |port: &str| format!("container {} has several ports of the name {port}", name());
        twice(ports.iter().copied(), "name", message, out);
    }
    for port in &ports {
        let numbers = ["containerPort", "hostPort"].map(|key| ask(*port, key).node());
        for node in numbers.into_iter().flatten() {
            let least = i64::from(node.name() == "containerPort");
            if let Some(number) = node.as_int().filter(|number| !(least..=65535).contains(number)) {
                let message = format!("container {} has the {} {number}", name(), node.name());
                out.finding(node.entry_place(), message);
            }
        }
    }
    host_ports(pod, container, out);
}

/// Reports places at which two volumes are mounted, paths that lead out of a volume, and volumes that the pod does not have.
fn mounts(container: &Container<'_>, volumes: Option<&HashSet<&str>>, out: &mut Out) {
    let name = || container.name();
    let mounts: Vec<Node<'_>> = container.list("volumeMounts").collect();
    if mounts.len() > 1 && is_closed(container.ask("volumeMounts")) {
        let message = |path: &str| format!("container {} mounts several volumes at {path}", name());
        twice(mounts.iter().copied(), "mountPath", message, out);
    }
    for node in mounts.iter().filter_map(|mount| ask(*mount, "subPath").node()) {
        let outside = |path: &str| path.starts_with('/') || path.split('/').any(|part| part == "..");
        if let Some(path) = final_text(node).filter(|path| outside(path)) {
            out.finding(
                node.place(),
                format!("the subPath {path} of container {} leads out of its volume", name()),
            );
        }
    }
    for mount in mounts.iter().filter(|_| container.role != Role::Ephemeral) {
        let (Some(volumes), Some(node)) = (volumes, ask(*mount, "name").node()) else { continue };
        if let Some(volume) = final_text(node).filter(|volume| !volumes.contains(volume)) {
            out.finding(
                node.place(),
                format!("container {} mounts {volume}, which is no volume of its pod", name()),
            );
        }
    }
}

/// Reports probes and hooks that do two things at once, that an init container cannot have, or that ask for more than one
/// success where one is what counts.
fn handlers(container: &Container<'_>, fields: &Fields<'_>, out: &mut Out) {
    let name = || container.name();
    let is_there = |handler: &&str| fields.has(handler.split('.').next().unwrap_or(handler));
    for handler in HANDLERS.into_iter().filter(is_there) {
        let Some(map) = container.ask(handler).node() else { continue };
        // Whether it goes on is not to be seen in a container that somebody else completes.
        if container.role == Role::Init && container.ask("restartPolicy").is_missing() {
            out.finding(map.key_place(), format!("init container {} has a {handler}", name()));
            continue;
        }
        let success = ask(map, "successThreshold").node();
        if let Some(node) = success.filter(|_| matches!(handler, "livenessProbe" | "startupProbe"))
            && let Some(number) = node.as_int().filter(|n| *n != 1)
        {
            let message =
                format!("{handler} of container {} has the successThreshold {number}, not 1", name());
            out.finding(node.entry_place(), message);
        }
        if map.may_have_more() {
            continue;
        }
        let mut actions =
            map.children().filter(|n| ACTIONS.contains(&n.name()) && !n.is_null() && !n.is_unknown());
        if let (Some(first), Some(second)) = (actions.next(), actions.next()) {
            let message =
                format!("{handler} of container {} does both {} and {}", name(), first.name(), second.name());
            out.finding(second.key_place(), message).label(first.key_place(), "the first action");
        }
        let idle = ACTIONS.iter().all(|action| map.get(action).is_none());
        // What completes another object says the image there.
        if idle && map.resolve().kind() == Kind::Mapping && container.ask("image").node().is_some() {
            let message = format!("{handler} of container {} does not say what to ask or run", name());
            out.finding(map.entry_place(), message);
        }
    }
}

/// Reports ports of a pod in the network of its node that are to be another one there.
fn host_ports(pod: &Pod<'_>, container: &Container<'_>, out: &mut Out) {
    if pod.ask("hostNetwork").node().and_then(truth) != Some(true) {
        return;
    }
    for port in container.list("ports") {
        let (Some(node), Some(own)) = (ask(port, "hostPort").node(), ask(port, "containerPort").node())
        else {
            continue;
        };
        if let (Some(outer), Some(inner)) = (node.as_int().filter(|n| *n != 0), own.as_int())
            && outer != inner
        {
            let message = format!(
                "port {inner} of container {} cannot be {outer} in the network of its node",
                container.name()
            );
            out.finding(node.entry_place(), message).label(own.entry_place(), "the container's port");
        }
    }
}

/// Reports variables that have a value and are to be filled from elsewhere as well.
fn environment(container: &Container<'_>, out: &mut Out) {
    for entry in container.list("env") {
        // Few are filled from elsewhere.
        let Some(from) = ask(entry, "valueFrom").node().filter(|_| !entry.may_have_more()) else { continue };
        if let Some(value) = ask(entry, "value").node().filter(|value| !value.text().is_empty()) {
            let name = ask(entry, "name").node().and_then(final_text).unwrap_or("a variable");
            let message = format!("{name} of container {} has both value and valueFrom", container.name());
            out.finding(from.key_place(), message).label(value.entry_place(), "the value");
        }
    }
}

/// Reports a container that is to run as root and may not.
fn root_and_not(pod: &Pod<'_>, container: &Container<'_>, out: &mut Out) {
    let name = || container.name();
    let non_root = pod.effective(container, "runAsNonRoot").node().and_then(truth) == Some(true);
    if let Some(user) = pod.effective(container, "runAsUser").node().filter(|_| non_root)
        && user.as_int() == Some(0)
    {
        let message =
            format!("container {} is to run as user 0 and never as root, so it does not start", name());
        out.finding(user.entry_place(), message);
    }
}

/// Reports what contradicts itself in the container's own security context.
fn own_security(container: &Container<'_>, out: &mut Out) {
    let name = || container.name();
    let escalation = container.ask("securityContext.allowPrivilegeEscalation").node();
    if let Some(node) = escalation.filter(|node| container.is_privileged() && truth(*node) == Some(false)) {
        let message = format!("container {} is privileged and may not gain privileges", name());
        out.finding(node.entry_place(), message);
    }
}

/// Reports amounts that are none, that are less than a byte, and requests above the limit of the same resource.
fn resources(container: &Container<'_>, out: &mut Out) {
    let limits = container.ask("resources.limits").node();
    let requests = container.ask("resources.requests").node();
    let name = || container.name();
    for (word, amounts) in [("limit", limits), ("request", requests)] {
        for node in amounts.into_iter().flat_map(Node::children) {
            let resource = node.name();
            let Some(text) = final_text(node).filter(|_| node.resolve().kind() == Kind::Scalar) else {
                continue;
            };
            let text = text.trim();
            let bytes = matches!(resource, "memory" | "ephemeral-storage");
            let Some(amount) = quantity::value(text) else {
                out.finding(
                    node.place(),
                    format!("the {resource} {word} {text} of container {} is no amount", name()),
                );
                continue;
            };
            if bytes && text.ends_with('m') {
                let message = format!(
                    "the {resource} {word} {text} of container {} is in thousandths of a byte",
                    name()
                );
                out.finding(node.place(), message);
            }
            if word != "request" {
                continue;
            }
            let Some(limit) = limits.and_then(|limits| limits.get(resource)) else { continue };
            let Some(most) = final_text(limit).map(str::trim) else { continue };
            // The numbers are not exact, so what is told apart lies further apart than they may be off.
            if quantity::value(most).is_some_and(|most| amount > most * (1.0 + 1e-9)) {
                let message = format!(
                    "container {} requests {text} {resource}, which is more than its limit {most}",
                    name()
                );
                out.finding(node.place(), message).label(limit.place(), "the limit");
            }
        }
    }
}
