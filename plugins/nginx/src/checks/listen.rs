//! Listeners and their TLS.

use crate::view::{Found, View, arg, arg_text, args, in_force, insert_after, inside, is_loopback, levels};
use std::collections::HashMap;
use stockade_sdk::{Edit, Kind, Node, Out, Params, Severity, Span};

fn has_word(listen: Node<'_>, word: &str) -> bool {
    args(listen).skip(1).any(|a| a.text() == word)
}

fn listens(server: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    inside(server).filter(|d| d.is("listen"))
}

/// Whether a listener speaks TLS, or may.
fn is_tls(listen: Node<'_>) -> bool {
    has_word(listen, "ssl") || has_word(listen, "quic")
}

fn tls_listen(server: Node<'_>) -> Option<Node<'_>> {
    listens(server).find(|l| is_tls(*l))
}

/// Whether a block only sends clients elsewhere, refuses them or answers challenges of a certificate authority.
pub(super) fn only_redirects(block: Node<'_>) -> bool {
    let leads_away = |d: Node<'_>| match d.name() {
        "return" => {
            let code = arg_text(d, 0);
            code.starts_with("https://")
                || (code.starts_with('3') && !arg_text(d, 1).starts_with("http://"))
                || matches!(code, "403" | "404" | "410" | "421" | "444")
        }
        "rewrite" => arg_text(d, 1).starts_with("https://"),
        _ => false,
    };
    if inside(block).any(leads_away) {
        return true;
    }
    if inside(block).any(|d| d.is("if") && d.text().contains("$scheme") && inside(d).any(leads_away)) {
        return true;
    }
    let mut locations = inside(block).filter(|d| d.is("location")).peekable();
    block.is("server")
        && locations.peek().is_some()
        && locations.all(|l| l.text().contains("acme-challenge") || only_redirects(l))
}

/// `listen-without-tls`: content over plaintext.
pub fn without_tls(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for server in view.servers() {
        let old_switch =
            matches!(in_force(view, server, "ssl", false), Found::Set(d) if arg_text(d, 0) == "on");
        if old_switch || only_redirects(server) {
            continue;
        }
        // Listeners on loopback and sockets are for a proxy on the same machine.
        let plain = listens(server).filter(|l| !is_tls(*l)).filter(|l| {
            let address = arg_text(*l, 0);
            !is_loopback(address) && arg(*l, 0).is_some_and(Node::is_known) && !has_word(*l, "proxy_protocol")
        });
        // One finding for a server: IPv4 and IPv6 are one decision.
        if let Some(listen) = plain.into_iter().next() {
            out.finding(
                listen.entry_place(),
                format!("server serves content in plaintext on {}", arg_text(listen, 0)),
            );
        }
    }
}

/// What the listeners of a server say of TLS.
struct Listeners {
    any: bool,
    /// Where the last argument ends of those that do not speak it.
    bare: Vec<u32>,
}

impl Listeners {
    fn of(server: Node<'_>) -> Self {
        let bare = listens(server).filter(|l| !is_tls(*l)).filter_map(|l| args(l).last());
        let bare = bare.map(|last| last.span().end).collect();
        Self { any: listens(server).next().is_some(), bare }
    }
}

/// `ssl-off`: the directive that is gone, in either position.
pub fn ssl_off(view: &View<'_>, _: &Params, out: &mut Out) {
    // The listeners of each server, which all of its directives ask for.
    let mut listeners: HashMap<u32, Listeners> = HashMap::new();
    for directive in view.named(&["ssl"]) {
        let Some(value) = arg(directive, 0).filter(|v| matches!(v.text(), "on" | "off")) else { continue };
        let message = if value.text() == "off" {
            "ssl is off"
        } else {
            "ssl on is a directive that nginx 1.25.1 removed"
        };
        let mut edits = vec![stockade_sdk::remove_entry(directive)];
        let server = directive.parent().filter(|p| p.is("server"));
        let mut complete = server.is_some();
        if let Some(server) = server {
            let listeners = listeners.entry(server.id()).or_insert_with(|| Listeners::of(server));
            complete = listeners.any && value.text() == "on";
            // A second directive in the same server has nothing more to move.
            if complete {
                edits.extend(listeners.bare.drain(..).map(|end| Edit::insert(end, " ssl")));
            }
        }
        let own_line =
            view.source.slice(view.source.line_at(directive.span().start)).trim_start().starts_with("ssl");
        let mut finding = out.finding(directive.entry_place(), message);
        if value.text() == "on" {
            // TLS is on: what is wrong is how the file says so.
            finding = finding.severity(Severity::Low);
        }
        if complete && own_line {
            finding.unsafe_fix("Move it to the listen directive", edits);
        }
    }
}

/// `ssl-protocols-missing`: the protocols are left to the build of nginx.
pub fn protocols_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for server in view.servers() {
        let Some(listen) = tls_listen(server) else { continue };
        if matches!(in_force(view, server, "ssl_protocols", false), Found::Unset) {
            out.finding(listen.entry_place(), "server speaks TLS and ssl_protocols is not set").unsafe_fix(
                "Allow TLS 1.2 and 1.3",
                vec![insert_after(listen, &["ssl_protocols TLSv1.2 TLSv1.3;"])],
            );
        }
    }
}

/// `ocsp-stapling`: a TLS listener does not send the answer of the authority about its certificate.
pub fn ocsp_stapling(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    for server in view.servers() {
        let Some(listen) = tls_listen(server) else { continue };
        let rejects = inside(server).any(|d| d.is("ssl_reject_handshake") && arg_text(d, 0) == "on");
        // Let's Encrypt has no answers to staple any more. A level knows its directives: what it holds is not walked for each
        // of thousands of servers.
        let certificates = levels(server).filter_map(|block| view.level(block).get("ssl_certificate"));
        if certificates.map(|d| arg_text(d, 0)).any(|file| file.contains("letsencrypt")) {
            continue;
        }
        match in_force(view, server, "ssl_stapling", false) {
            Found::Unset if !rejects => {
                out.finding(listen.entry_place(), "server speaks TLS and ssl_stapling is not set");
            }
            Found::Set(directive) if arg_text(directive, 0) == "off" => {
                out.finding(directive.entry_place(), "ssl_stapling is off");
            }
            _ => {}
        }
    }
}

/// `ssl-certificate-missing`: a TLS listener without certificate or key.
pub fn certificate_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    let defaults = default_servers(view);
    for server in view.servers() {
        let Some(listen) = tls_listen(server) else { continue };
        let rejects = inside(server).any(|d| d.is("ssl_reject_handshake") && arg_text(d, 0) == "on");
        let lua = inside(server).any(|d| d.name().starts_with("ssl_certificate_by_lua"));
        // nginx shows the certificate of the address's default server for the names of one that has none.
        let default = defaults.get(arg_text(listen, 0)).filter(|default| **default != server);
        let answered =
            default.is_some_and(|d| !matches!(in_force(view, *d, "ssl_certificate", false), Found::Unset));
        if rejects || lua || answered || view.level(server).brings {
            continue;
        }
        let unset = |name| matches!(in_force(view, server, name, false), Found::Unset);
        let missing = match (unset("ssl_certificate"), unset("ssl_certificate_key")) {
            (true, true) => "ssl_certificate and ssl_certificate_key",
            (true, false) => "ssl_certificate",
            (false, true) => "ssl_certificate_key",
            (false, false) => continue,
        };
        out.finding(listen.entry_place(), format!("server speaks TLS without {missing}"));
    }
}

/// The default server of each address with TLS: the one that says so, else the first.
fn default_servers<'a>(view: &View<'a>) -> HashMap<&'a str, Node<'a>> {
    let mut defaults = HashMap::new();
    for server in view.servers() {
        for listen in listens(server).filter(|l| is_tls(*l)) {
            if has_word(listen, "default_server") || has_word(listen, "default") {
                defaults.insert(arg_text(listen, 0), server);
            } else {
                defaults.entry(arg_text(listen, 0)).or_insert(server);
            }
        }
    }
    defaults
}

/// `listen-http2`: the parameter that the directive `http2` replaces.
pub fn http2(view: &View<'_>, _: &Params, out: &mut Out) {
    for listen in view.named(&["listen"]) {
        let Some(word) = args(listen).skip(1).find(|a| a.text() == "http2") else { continue };
        let finding = out.finding(word.place(), "http2 on the listen directive is deprecated");
        let Some(server) = listen.parent() else { continue };
        // The blank before the word goes with it.
        let mut edits =
            vec![Edit::remove(Span { start: word.span().start.saturating_sub(1), end: word.span().end })];
        let first = listens(server).find(|l| has_word(*l, "http2"));
        if first == Some(listen) && !inside(server).any(|d| d.is("http2")) {
            edits.push(insert_after(listen, &["http2 on;"]));
        }
        finding.unsafe_fix("Use the directive http2", edits);
    }
}

/// `prefer-server-ciphers`: CBC suites on offer, and the client chooses.
pub fn prefer_server_ciphers(view: &View<'_>, _: &Params, out: &mut Out) {
    for server in view.servers() {
        if tls_listen(server).is_none() {
            continue;
        }
        let protocols = in_force(view, server, "ssl_protocols", true);
        if !matches!(protocols, Found::Set(p) if args(p).any(|a| a.text() == "TLSv1.2")) {
            continue;
        }
        let Found::Set(ciphers) = in_force(view, server, "ssl_ciphers", true) else { continue };
        let Some(list) = arg(ciphers, 0) else { continue };
        let cbc = list.text().split([':', ' ', ',']).any(|c| {
            matches!(c, "HIGH" | "ALL" | "DEFAULT")
                || (!c.starts_with(['!', '-'])
                    && ["-SHA", "-SHA256", "-SHA384"].iter().any(|end| c.ends_with(end))
                    && !c.contains("GCM"))
        });
        if !cbc {
            continue;
        }
        match in_force(view, server, "ssl_prefer_server_ciphers", true) {
            Found::Set(set) if arg_text(set, 0) == "on" => {}
            Found::Set(set) => {
                let finding = out.finding(
                    set.entry_place(),
                    "CBC suites are on offer and ssl_prefer_server_ciphers is off",
                );
                if let Some(off) = arg(set, 0) {
                    finding.safe_fix("Switch it on", vec![Edit::replace_value(off, "on")]);
                }
            }
            Found::Unset if ciphers.parent().is_some_and(|p| p.kind() == Kind::Element) => {
                out.finding(
                    ciphers.key_place(),
                    "CBC suites are on offer and ssl_prefer_server_ciphers is not on",
                )
                .safe_fix("Switch it on", vec![insert_after(ciphers, &["ssl_prefer_server_ciphers on;"])]);
            }
            _ => {}
        }
    }
}
