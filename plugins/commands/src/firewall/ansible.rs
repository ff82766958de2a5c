//! Tasks of Ansible that set up a firewall.

use super::{Firewall, Opening, Policy, Stop, service::is_service};
use stockade_sdk::{Edit, Kind, Node, Place, Source};

pub(super) fn read(source: &Source, firewall: &mut Firewall) {
    for module in source.root().descendants().filter(|n| n.kind() == Kind::Mapping) {
        match module.name() {
            "ufw" | "community.general.ufw" => ufw(module, firewall),
            "iptables" | "ansible.builtin.iptables" => iptables(module, firewall),
            "firewalld" | "ansible.posix.firewalld" => firewalld(module, firewall),
            "service"
            | "systemd"
            | "systemd_service"
            | "ansible.builtin.service"
            | "ansible.builtin.systemd"
            | "ansible.builtin.systemd_service" => services(module, firewall),
            _ => {}
        }
    }
}

/// Whether this is a module that sets up a firewall.
pub(super) fn is_module(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or_default();
    matches!(name, "ufw" | "iptables" | "firewalld")
}

/// The value of the first of these keys that is there and known.
fn ask<'a>(module: Node<'a>, keys: &[&str]) -> Option<Node<'a>> {
    let node = keys.iter().find_map(|key| module.get(key))?;
    (node.is_scalar() && node.is_known() && !node.text().contains("{{")).then_some(node)
}

/// Whether any of these keys is there, whatever it says.
fn has(module: Node<'_>, keys: &[&str]) -> bool {
    keys.iter().any(|key| module.get(key).is_some())
}

/// What the task is called, in lower case.
fn task_name(module: Node<'_>) -> String {
    let name = module.parent().and_then(|task| task.get("name")).map_or("", Node::text);
    let comment = ask(module, &["comment"]).map_or("", Node::text);
    format!("{name} {comment}").to_ascii_lowercase()
}

/// Whether the task runs only where a condition holds.
fn is_conditional(module: Node<'_>) -> bool {
    module.parent().is_some_and(|task| task.get("when").is_some())
}

fn policy(firewall: &mut Firewall, name: &'static str, node: Node<'_>, deny: &str) {
    let value = node.text().to_ascii_lowercase();
    firewall.policies.push(Policy {
        firewall: name,
        place: node.entry_place(),
        allows: matches!(value.as_str(), "allow" | "accept"),
        words: format!("{}: {}", node.name(), node.text()),
        fix: Some(Edit::replace_value(node, deny)),
    });
}

fn stop(firewall: &mut Firewall, node: Node<'_>, what: &str, new: &str) {
    firewall.stops.push(Stop {
        place: node.entry_place(),
        words: format!("{}: {} of {what}", node.name(), node.text()),
        fix: Some(Edit::replace_value(node, new)),
    });
}

fn opening(firewall: &mut Firewall, name: &'static str, module: Node<'_>, port: Node<'_>, restricted: bool) {
    let at = port.place();
    firewall.openings.push(Opening {
        firewall: name,
        place: Place { span: at.span, node: at.node },
        ports: port.text().to_owned(),
        restricted,
        remark: task_name(module),
    });
}

fn ufw(module: Node<'_>, firewall: &mut Firewall) {
    let direction = ask(module, &["direction"]).map_or("incoming", Node::text);
    let incoming = matches!(direction, "in" | "incoming") && !has(module, &["delete"]);
    if let Some(state) = ask(module, &["state"]) {
        match state.text() {
            "enabled" | "reloaded" => firewall.started = true,
            "disabled" if !is_conditional(module) => stop(firewall, state, "ufw", "enabled"),
            _ => {}
        }
    }
    if let Some(default) = ask(module, &["policy", "default"]).filter(|_| incoming) {
        policy(firewall, "ufw", default, "deny");
    }
    let allowing = ask(module, &["rule"]).is_some_and(|rule| rule.text() == "allow");
    if let Some(port) = ask(module, &["to_port", "port", "name", "app"]).filter(|_| allowing && incoming) {
        let from = ["src", "from", "from_ip", "interface", "interface_in"];
        let any = ask(module, &from).is_some_and(|node| matches!(node.text(), "any" | "0.0.0.0/0" | "::/0"));
        opening(firewall, "ufw", module, port, has(module, &from) && !any);
    }
}

fn iptables(module: Node<'_>, firewall: &mut Firewall) {
    let is = |key: &str, value: &str| ask(module, &[key]).is_some_and(|node| node.text() == value);
    let table = ask(module, &["table"]).map_or("filter", Node::text);
    if !is("chain", "INPUT") || table != "filter" || is("state", "absent") {
        return;
    }
    if let Some(default) = ask(module, &["policy"]) {
        policy(firewall, "iptables", default, "DROP");
    }
    let asked =
        ["protocol", "source", "destination_port", "destination_ports", "in_interface", "ctstate", "match"];
    if (is("jump", "DROP") || is("jump", "REJECT")) && !has(module, &asked) {
        firewall.closed.push("iptables");
    }
    if let Some(port) = ask(module, &["destination_port"]).filter(|_| is("jump", "ACCEPT")) {
        let restricted =
            has(module, &["source", "in_interface", "destination", "limit", "match_set", "src_range"]);
        opening(firewall, "iptables", module, port, restricted);
    }
}

fn firewalld(module: Node<'_>, firewall: &mut Firewall) {
    let off = ask(module, &["state"]).is_some_and(|state| matches!(state.text(), "disabled" | "absent"));
    let zone = ask(module, &["zone"]).map_or("public", Node::text);
    if let Some(port) = ask(module, &["port", "service"]).filter(|_| !off) {
        opening(
            firewall,
            "firewalld",
            module,
            port,
            zone != "public" || has(module, &["source", "interface"]),
        );
    }
}

fn services(module: Node<'_>, firewall: &mut Firewall) {
    let Some(name) = ask(module, &["name"]).filter(|name| is_service(name.text())) else { return };
    let state = ask(module, &["state"]);
    let enabled = ask(module, &["enabled"]);
    if state.is_some_and(|node| matches!(node.text(), "started" | "restarted" | "reloaded")) {
        firewall.started = true;
    }
    if is_conditional(module) {
        return;
    }
    if let Some(state) = state.filter(|node| node.text() == "stopped") {
        stop(firewall, state, name.text(), "started");
    }
    if let Some(enabled) = enabled.filter(|node| matches!(node.text(), "false" | "no" | "False")) {
        let new = if enabled.text() == "no" { "yes" } else { "true" };
        stop(firewall, enabled, name.text(), new);
    }
}
