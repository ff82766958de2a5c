//! What a file does to a firewall: ufw, iptables, nftables and firewalld, called by scripts, pipelines, cloud-init or
//! Ansible, or given as rule files.

mod ansible;
pub mod checks;
mod iptables;
mod nftables;
mod ports;
mod service;
mod setting;
#[cfg(test)]
mod tests;
mod ufw;

use crate::View;
use std::collections::BTreeMap;
use stockade_sdk::{Edit, Place};

/// The default for what comes in, as a command or line sets it.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Which firewall, so that a later word on the same one counts.
    firewall: &'static str,
    place: Place,
    allows: bool,
    /// What it says, for the message.
    words: String,
    /// What makes it deny.
    fix: Option<Edit>,
}

/// A rule that lets something in.
#[derive(Debug)]
pub(crate) struct Opening {
    firewall: &'static str,
    place: Place,
    /// What is opened, as it is written.
    ports: String,
    /// Whether it says who may come in, or where.
    restricted: bool,
    /// What its author says about it, in lower case.
    remark: String,
}

/// A command that stops a firewall.
#[derive(Debug)]
pub(crate) struct Stop {
    place: Place,
    words: String,
    fix: Option<Edit>,
}

/// All that a file does to a firewall.
#[derive(Debug, Default)]
pub(crate) struct Firewall {
    policies: Vec<Policy>,
    openings: Vec<Opening>,
    stops: Vec<Stop>,
    /// Whether some firewall is started.
    started: bool,
    /// Firewalls whose last rule drops what is left, or whose rules are loaded from elsewhere.
    closed: Vec<&'static str>,
}

impl Firewall {
    /// Reads a file.
    pub(crate) fn new(view: &View<'_>) -> Self {
        let mut firewall = Self::default();
        let source = view.source;
        match source.kind() {
            "nftables" => nftables::read(source.text(), 0, &mut firewall),
            "iptables" => iptables::saved(source, &mut firewall),
            kind => {
                for command in &view.commands {
                    ufw::read(source, command, &mut firewall);
                    iptables::read(source, command, &mut firewall);
                    nftables::command(source, command, &iptables::remark(source, command), &mut firewall);
                    service::read(source, command, &mut firewall);
                }
                if kind == "yaml" && !source.is_empty() {
                    ansible::read(source, &mut firewall);
                }
                setting::read(source, &mut firewall);
            }
        }
        firewall
    }

    /// The defaults that let everything in. A script that closes the same firewall elsewhere opens it for a while, or on
    /// request: it flushes the rules, or undoes what it did.
    fn open_policies(&self) -> impl Iterator<Item = &Policy> {
        // Of each firewall: where its last word is, and whether any denies.
        let mut own: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for (at, policy) in self.policies.iter().enumerate().filter(|(_, policy)| !policy.firewall.is_empty())
        {
            let (last, denies) = own.entry(policy.firewall).or_default();
            *last = at;
            *denies |= !policy.allows;
        }
        self.policies.iter().enumerate().filter_map(move |(at, policy)| {
            let (last, denies) = own.get(policy.firewall).copied().unwrap_or((at, false));
            let closed = denies || self.closed.contains(&policy.firewall);
            (policy.allows && !closed && last == at).then_some(policy)
        })
    }
}
