//! Certificates of upstreams.

use crate::view::{Found, View, arg, arg_text, in_force, insert_after, is_loopback, levels};
use std::collections::BTreeMap;
use stockade_sdk::{Edit, Node, Out, Params};

/// Most upstreams that a finding shows: a gateway has hundreds.
const MAX_LABELS: usize = 8;

/// `proxy-ssl-verify`: TLS to the upstream, and nobody looks at its certificate.
pub fn verify(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    // What switches it off, with the upstreams that it is switched off for: one cause, and one finding.
    let mut off: BTreeMap<u32, (Node<'_>, Vec<Node<'_>>)> = BTreeMap::new();
    for directive in view.named(&["proxy_pass", "grpc_pass", "uwsgi_pass"]) {
        let Some(value) = arg(directive, 0) else { continue };
        let text = value.text();
        let Some((scheme @ ("https" | "grpcs" | "suwsgi"), rest)) = text.split_once("://") else { continue };
        let in_stream = levels(directive).any(|l| l.is("stream"));
        if is_loopback(rest) || in_stream {
            continue;
        }
        let Some(prefix) = directive.name().strip_suffix("_pass") else { continue };
        let name = format!("{prefix}_ssl_verify");
        let Some(block) = directive.parent() else { continue };
        let host = rest.split('/').next().unwrap_or(rest);
        match in_force(view, block, &name, false) {
            Found::Set(set) if arg_text(set, 0) != "off" => {}
            Found::Set(set) => off.entry(set.id()).or_insert_with(|| (set, Vec::new())).1.push(value),
            Found::Unset => {
                let finding = out.finding(
                    value.place(),
                    format!("{scheme} to {host} without {name} on: its certificate is not verified"),
                );
                let ca = format!("{prefix}_ssl_trusted_certificate");
                let on = format!("{name} on;");
                let bundle = format!("{ca} /etc/ssl/certs/ca-certificates.crt;");
                let edit = match in_force(view, block, &ca, false) {
                    Found::Unset => Some(insert_after(directive, &[&on, &bundle])),
                    Found::Set(_) => Some(insert_after(directive, &[&on])),
                    Found::Unknown => None,
                };
                if let Some(edit) = edit {
                    finding.unsafe_fix("Verify it against the system's authorities", vec![edit]);
                }
            }
            Found::Unknown => {}
        }
    }
    for (set, upstreams) in off.into_values() {
        let Some((first, others)) = upstreams.split_first() else { continue };
        let host = first.text().split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let message = format!("{} is off: the certificate of {host}{more} is not verified", set.name());
        let value = arg(set, 0);
        let mut finding = out.finding(value.map_or_else(|| set.entry_place(), Node::place), message);
        for upstream in upstreams.iter().take(MAX_LABELS) {
            finding = finding.label(upstream.place(), "what is passed to here");
        }
        let edits = value.map(|off| vec![Edit::replace_value(off, "on")]);
        finding.unsafe_fix("Verify it", edits.unwrap_or_default());
    }
}
