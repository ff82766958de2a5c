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
    let views = Views::new(&lines);
    for (name, rest) in &mut listening {
        let words: Vec<&str> = rest.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        let Some(first) = words.first() else { continue };
        let source = words.get(1).copied().unwrap_or("default");
        let everyone = is_everyone(source);
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
            "com2sec" | "com2sec6" => {
                // `com2sec -Cn CONTEXT NAME SOURCE COMMUNITY`
                let named = if *first == "-Cn" { words.get(2..) } else { words.get(..) };
                let [security, source, _community, ..] = named.unwrap_or_default() else { continue };
                if is_everyone(source) && views.shows_all(security) {
                    let message = format!("{name} gives everyone all that is measured here");
                    out.finding(place(text, name), message).key(format!("{name} {security}"));
                }
            }
            _ => {}
        }
    }
}

/// Whether a source of requests is every machine.
fn is_everyone(source: &str) -> bool {
    matches!(source, "default" | "0.0.0.0/0" | "::/0" | "0.0.0.0")
}

/// What names of `com2sec` may read, by way of the groups and views that they are in.
struct Views<'t> {
    /// Names and their groups.
    groups: Vec<(&'t str, &'t str)>,
    /// Groups, and the views that they read.
    reads: Vec<(&'t str, &'t str)>,
    /// Views that have the whole tree, or all of what a network is managed by.
    whole: Vec<&'t str>,
}

impl<'t> Views<'t> {
    fn new(lines: &[&'t str]) -> Self {
        let mut views = Self { groups: Vec::new(), reads: Vec::new(), whole: Vec::new() };
        for line in lines {
            let words: Vec<&str> =
                line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
            match words.as_slice() {
                // With SNMPv3 a name is that of a user.
                ["group", group, "v1" | "v2c" | "any", name, ..] => views.groups.push((name, group)),
                ["access", group, _context, _model, _level, _match, read, ..] => {
                    views.reads.push((group, read))
                }
                ["view", view, "included", tree, ..] if is_whole(tree) => views.whole.push(view),
                _ => {}
            }
        }
        views
    }

    fn shows_all(&self, name: &str) -> bool {
        let groups = self.groups.iter().filter(|(of, _)| *of == name).map(|(_, group)| group);
        let mut reads = groups.flat_map(|group| self.reads.iter().filter(move |(of, _)| of == group));
        reads.any(|(_, view)| self.whole.contains(view))
    }
}

/// Whether a place in the tree has all below it that agents answer.
fn is_whole(tree: &str) -> bool {
    matches!(
        tree.trim_start_matches('.'),
        "1" | "iso" | "1.3" | "1.3.6" | "1.3.6.1" | "iso.3.6.1" | "iso.org.dod.internet"
    )
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
