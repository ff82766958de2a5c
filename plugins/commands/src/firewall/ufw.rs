//! `ufw` on the command line.

use super::{Firewall, Opening, Policy};
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Edit, Source};

const NAME: &str = "ufw";

pub(super) fn read(source: &Source, command: &Command, firewall: &mut Firewall) {
    if command.name() != NAME {
        return;
    }
    let mut args: Vec<&Word> =
        command.args().iter().filter(|w| !matches!(w.text.as_str(), "--force" | "--dry-run")).collect();
    if args.first().is_some_and(|w| matches!(w.text.as_str(), "insert" | "prepend")) {
        let numbered = args.first().is_some_and(|w| w.text == "insert");
        args.drain(..if numbered { 2.min(args.len()) } else { 1 });
    }
    let Some((verb, rest)) = args.split_first() else { return };
    match verb.text.as_str() {
        "default" => default(command, source, rest, firewall),
        "enable" => firewall.started = true,
        "disable" => firewall.stops.push(super::Stop {
            place: command.place_to(source, command.words.first().unwrap_or(verb), verb),
            words: "ufw disable".to_owned(),
            fix: Some(Edit::replace(verb.span(), "enable")),
        }),
        "allow" => allow(command, source, rest, firewall),
        _ => {}
    }
}

fn default(command: &Command, source: &Source, words: &[&Word], firewall: &mut Firewall) {
    let outgoing = |word: &&&Word| matches!(word.text.as_str(), "outgoing" | "out" | "routed");
    if words.iter().any(|word| outgoing(&word)) {
        return;
    }
    let policy = words.iter().find(|w| matches!(w.text.as_str(), "allow" | "deny" | "reject"));
    let (Some(policy), Some(last)) = (policy, words.last()) else { return };
    let first = command.words.first().unwrap_or(policy);
    firewall.policies.push(Policy {
        firewall: NAME,
        place: command.place_to(source, first, last),
        allows: policy.text == "allow",
        words: "ufw default allow".to_owned(),
        fix: Some(Edit::replace(policy.span(), "deny")),
    });
}

/// `allow 22/tcp`, `allow OpenSSH`, `allow in on eth0 from X to any port 22 proto tcp comment 'x'`.
fn allow(command: &Command, source: &Source, words: &[&Word], firewall: &mut Firewall) {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut port: Option<&Word> = None;
    let mut restricted = false;
    let mut remark = super::iptables::remark(source, command);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "out" => return,
            "in" | "log" | "log-all" => {}
            "on" => {
                restricted = true;
                at += 1;
            }
            "from" => {
                restricted |= !matches!(text(at + 1), "any" | "0.0.0.0/0" | "::/0");
                at += 1;
                // A port of the sender is none that is opened.
                if text(at + 1) == "port" {
                    at += 2;
                }
            }
            "to" => {
                restricted |= text(at + 1).starts_with("127.");
                at += 1;
            }
            "port" | "app" => {
                port = words.get(at + 1).copied();
                at += 1;
            }
            "proto" => at += 1,
            "comment" => {
                remark.push(' ');
                remark.push_str(&text(at + 1).to_ascii_lowercase());
                at += 1;
            }
            _ => port = port.or(Some(word)),
        }
        at += 1;
    }
    // A variable may hold any part of the rule.
    restricted |= words.iter().any(|word| !word.known);
    let Some(port) = port else { return };
    firewall.openings.push(Opening {
        firewall: NAME,
        place: command.place(port),
        ports: port.text.clone(),
        restricted,
        remark,
    });
}
