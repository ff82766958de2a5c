//! Firewalls as services, and firewalld.

use super::{Firewall, Opening, Policy, Stop};
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Edit, Source, Span};

/// Services that are a firewall.
pub(super) fn is_service(name: &str) -> bool {
    let name = name.strip_suffix(".service").unwrap_or(name);
    matches!(
        name,
        "firewalld" | "ufw" | "iptables" | "ip6tables" | "nftables" | "netfilter-persistent" | "csf" | "apf"
    )
}

pub(super) fn read(source: &Source, command: &Command, firewall: &mut Firewall) {
    let plain: Vec<&Word> = command.args().iter().filter(|word| !word.text.starts_with('-')).collect();
    let text = |at: usize| plain.get(at).map_or("", |word| word.text.as_str());
    let (verb, service) = match command.name() {
        "systemctl" => (plain.first(), plain.iter().skip(1).any(|word| is_service(&word.text))),
        "service" | "chkconfig" | "update-rc.d" => (plain.get(1), is_service(text(0))),
        "rc-update" => (plain.first(), is_service(text(1))),
        "firewall-cmd" | "firewall-offline-cmd" => return firewalld(source, command, firewall),
        // `/etc/init.d/iptables stop`; a bare `iptables` is the program.
        name if is_service(name) && command.words.first().is_some_and(|w| w.text.contains("init.d/")) => {
            (plain.first(), true)
        }
        _ => return,
    };
    let (Some(verb), true) = (verb, service) else { return };
    let opposite = match verb.text.as_str() {
        "stop" => "start",
        "disable" => "enable",
        "mask" => "unmask",
        "off" => "on",
        "del" | "delete" => "add",
        "start" | "restart" | "enable" | "on" | "reload" | "reload-or-restart" => {
            firewall.started = true;
            return;
        }
        _ => return,
    };
    let (Some(first), Some(last)) = (command.words.first(), command.words.last()) else { return };
    let name = command.name();
    let service = plain.iter().find(|word| is_service(&word.text)).map_or(name, |word| word.text.as_str());
    firewall.stops.push(Stop {
        place: command.place_to(source, first, last),
        words: format!("{} of {service}", verb.text),
        fix: Some(Edit::replace(verb.span(), opposite)),
    });
}

/// `firewall-cmd --zone=public --add-port=22/tcp`.
fn firewalld(source: &Source, command: &Command, firewall: &mut Firewall) {
    let mut options: Vec<(&str, String, &Word)> = Vec::new();
    let mut args = command.args().iter().peekable();
    while let Some(word) = args.next() {
        if let Some((name, value)) = word.text.split_once('=') {
            options.push((name, value.to_owned(), word));
        } else if let Some(value) = args.next_if(|next| !next.text.starts_with('-')) {
            options.push((&word.text, value.text.clone(), value));
        }
    }
    let zone = options.iter().find(|(name, ..)| *name == "--zone").map_or("public", |(_, zone, _)| zone);
    let sourced = options.iter().any(|(name, ..)| *name == "--add-source");
    for (name, value, word) in &options {
        let end = word.span().end;
        let span = Span { start: end.saturating_sub(value.len() as u32), end };
        let written = source.slice(span) == value;
        let mut policy = |allows: bool, new: &str| {
            firewall.policies.push(Policy {
                firewall: "firewalld",
                place: command.place(word),
                allows,
                words: format!("{name}={value}"),
                fix: written.then(|| Edit::replace(span, new)),
            });
        };
        match *name {
            "--set-default-zone" if word.known => policy(value == "trusted", "public"),
            "--set-target" if zone == "public" => policy(value == "ACCEPT", "default"),
            "--add-port" | "--add-service" => firewall.openings.push(Opening {
                firewall: "firewalld",
                place: command.place(word),
                ports: value.clone(),
                restricted: zone != "public" || sourced || !word.known,
                remark: super::iptables::remark(source, command),
            }),
            _ => {}
        }
    }
}
