//! Whom an SNMP agent answers.
//!
//! Source: `snmpd.conf(5)`, "Access control".

use super::{lines, place};
use crate::View;
use stockade_sdk::{Out, Params};

/// `snmp-open`: an agent that answers every address, that lets itself be changed on a word which crosses the network readable, or
/// that takes users without a password.
pub(crate) fn open(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let text = view.source.text();
    let lines = lines(text);
    // An agent that listens on the machine itself answers nobody else.
    let mut listening = lines.iter().filter_map(|line| line.trim().split_once([' ', '\t']));
    let mut addresses = listening.clone().filter(|(name, _)| name.eq_ignore_ascii_case("agentaddress"));
    if addresses.clone().next().is_some() && addresses.all(|(_, list)| list.split(',').all(is_loopback)) {
        return;
    }
    for (name, rest) in &mut listening {
        let words: Vec<&str> = rest.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        let Some(first) = words.first() else { continue };
        let source = words.get(1).copied().unwrap_or("default");
        let everyone = matches!(source, "default" | "0.0.0.0/0" | "::/0" | "0.0.0.0");
        let whom = if everyone { "everyone" } else { source };
        match name.to_ascii_lowercase().as_str() {
            // What is behind the source is the part that may be read.
            "rocommunity" | "rocommunity6" if everyone && words.len() < 3 => {
                let message = format!("{name} gives everyone all that is measured here");
                out.finding(place(text, name), message).key(name.to_owned());
            }
            "rwcommunity" | "rwcommunity6" if !is_loopback(source) => {
                let message = format!("{name} lets {whom} change settings on a word that is sent readable");
                out.finding(place(text, name), message).key(format!("{name} {source}"));
            }
            "rouser" | "rwuser" if words.get(1).is_some_and(|level| level.eq_ignore_ascii_case("noauth")) => {
                let message = format!("{name} takes {first} without a password");
                out.finding(place(text, source), message).key(format!("{name} {first}"));
            }
            _ => {}
        }
    }
}

/// Whether an address to listen on, or to be asked from, is the machine itself: `udp:127.0.0.1:161`, `[::1]`, `unix:/run/x`.
fn is_loopback(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    if address.starts_with("unix:") {
        return true;
    }
    let host = ["udp6:", "udp:", "tcp6:", "tcp:"]
        .iter()
        .find_map(|transport| address.strip_prefix(transport))
        .unwrap_or(&address)
        .trim_start_matches('[');
    host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("::1")
}
