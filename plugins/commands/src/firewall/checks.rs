//! The checks on firewalls.

use super::{Firewall, ports};
use crate::View;
use stockade_sdk::{Out, Params};

/// `firewall-default`: what comes in is let in by default, or the firewall is switched off.
pub fn default_allow(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let firewall = Firewall::new(view);
    for policy in firewall.open_policies() {
        let finding = out.finding(policy.place, format!("{} lets in whatever comes", policy.words));
        if let Some(edit) = &policy.fix {
            finding.unsafe_fix("Deny by default", vec![edit.clone()]);
        }
    }
    if let Some(first) = firewall.stops.first().filter(|_| !firewall.started) {
        let finding = out.finding(first.place, format!("{} switches the firewall off", first.words));
        let edits: Vec<_> = firewall.stops.iter().filter_map(|stop| stop.fix.clone()).collect();
        if !edits.is_empty() {
            finding.unsafe_fix("Leave it on", edits);
        }
    }
}

/// `firewall-deny-missing`: ports are opened where nothing says that the others are closed.
pub fn deny_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let firewall = Firewall::new(view);
    // firewalld closes what it is not told to open.
    let Some(first) = firewall.openings.iter().find(|opening| opening.firewall != "firewalld") else {
        return;
    };
    let denied = firewall.policies.iter().any(|policy| !policy.allows) || !firewall.closed.is_empty();
    if denied || firewall.open_policies().next().is_some() || !firewall.stops.is_empty() {
        return;
    }
    let message =
        format!("{} opens {}, and nothing here denies the rest by default", first.firewall, first.ports);
    out.finding(first.place, message);
}

/// `firewall-port`: a port for few is opened to everyone.
pub fn port_open(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let firewall = Firewall::new(view);
    for opening in firewall.openings.iter().filter(|opening| !opening.restricted) {
        let name = opening.firewall;
        let ports = &opening.ports;
        let purpose = ports::purpose(ports);
        if ports::is_internal(&opening.remark) && !ports::is_web(ports) {
            let message = format!("{name} opens {ports} to everyone, although the comment calls it internal");
            out.finding(opening.place, message);
        } else if let Some(purpose) = purpose {
            if purpose == ports::APPLICATION && ports::is_public(&opening.remark) {
                continue;
            }
            out.finding(opening.place, format!("{name} opens {ports} ({purpose}) to everyone"));
        }
    }
}
