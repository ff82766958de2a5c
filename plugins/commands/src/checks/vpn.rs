//! WireGuard.

use crate::View;
use stockade_sdk::{Out, Params, Place, Span};

/// `vpn-routes`: a server lets a peer use every address, which sends all traffic to that peer.
pub(crate) fn vpn_routes(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.source.is_empty() {
        return;
    }
    for file in view.source.root().children() {
        let section =
            |name: &'static str| file.children().filter(move |n| n.name().eq_ignore_ascii_case(name));
        let entries = |node: stockade_sdk::Node<'_>, name: &str| {
            node.children().any(|entry| entry.name().eq_ignore_ascii_case(name))
        };
        // Who listens at a port of its own is a server; who knows where the peer is dials out to it, and a client sends
        // everything through its server on purpose.
        if !section("Interface").any(|node| entries(node, "ListenPort")) {
            continue;
        }
        for peer in section("Peer").filter(|peer| !entries(*peer, "Endpoint")) {
            for list in peer.children().filter(|n| n.name().eq_ignore_ascii_case("AllowedIPs")) {
                let text = view.source.slice(list.span());
                let mut offset = 0;
                for part in text.split(',') {
                    let network = part.trim();
                    let start = list.span().start + (offset + part.len() - part.trim_start().len()) as u32;
                    offset += part.len() + 1;
                    if matches!(network, "0.0.0.0/0" | "::/0") {
                        let span = Span { start, end: start + network.len() as u32 };
                        let message = format!("the peer may use every address: its AllowedIPs has {network}");
                        out.finding(Place { span, node: Some(list.id()) }, message);
                        break;
                    }
                }
            }
        }
    }
}
