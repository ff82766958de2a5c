//! Settings that a tool turns into a firewall.

use super::{Firewall, Policy};
use stockade_sdk::{Edit, Setting, Source, row_flag};

pub(super) fn read(source: &Source, firewall: &mut Firewall) {
    for setting in
        source.settings().filter(|s| !s.has(row_flag::UNKNOWN | row_flag::ELEMENT | row_flag::PART))
    {
        let Some(deny) = bad(setting) else { continue };
        // A task of Ansible, which has been read as one.
        if super::ansible::is_module(setting.node().parent().map_or("", stockade_sdk::Node::name)) {
            continue;
        }
        let written = source.slice(setting.value_span()) == setting.value();
        firewall.policies.push(Policy {
            // Each setting speaks for itself.
            firewall: "",
            place: setting.place(),
            allows: true,
            words: format!("{} = {}", setting.name(), setting.value()),
            fix: written.then(|| Edit::replace(setting.value_span(), deny)),
        });
    }
}

/// What a setting about a firewall should be, if it is something that lets everybody in.
fn bad(setting: Setting<'_>) -> Option<&'static str> {
    let mut words = setting.name().rsplit('_');
    let last = words.next()?;
    if !matches!(last, "default" | "policy" | "state" | "enabled") {
        return None;
    }
    let words: Vec<&str> = words.collect();
    if !words.iter().any(|word| matches!(*word, "ufw" | "iptables" | "nftables" | "firewall")) {
        return None;
    }
    let other = [
        "outgoing",
        "output",
        "out",
        "egress",
        "forward",
        "routed",
        "windows",
        "application",
        "web",
        "module",
        "syslog",
        "log",
        "logging",
    ];
    // What a rule does is no default.
    let of_rule = words.first().is_some_and(|word| matches!(*word, "rule" | "rules"));
    if of_rule || words.iter().any(|word| other.contains(word)) {
        return None;
    }
    let value = setting.value().trim();
    match (last, value.to_ascii_lowercase().as_str()) {
        ("default" | "policy", "allow") => Some("deny"),
        ("default" | "policy", "accept") => Some(if value == "ACCEPT" { "DROP" } else { "drop" }),
        ("state", "disabled") => Some("enabled"),
        ("state", "stopped") => Some("started"),
        ("enabled", "false") => Some("true"),
        ("enabled", "no") => Some("yes"),
        ("enabled", "0") => Some("1"),
        _ => None,
    }
}
