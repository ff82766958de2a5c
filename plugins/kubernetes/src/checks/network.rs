//! Services and Ingresses, each for itself.

use crate::checks::describe;
use crate::checks::policies::rule_place;
use crate::view::{Answer, Manifests, Object, ask, is_complete, known_text, list};
use std::net::IpAddr;
use stockade_sdk::{Node, Out, Params};

/// Whether an annotation says that a load balancer is for the inside only.
fn is_internal(object: &Object<'_>) -> bool {
    let Some(annotations) = object.annotations() else { return false };
    if !is_complete(annotations) {
        return true;
    }
    annotations.children().any(|node| {
        let key = node.name().to_ascii_lowercase();
        let value = known_text(node).unwrap_or_default().to_ascii_lowercase();
        let key_says = key.contains("internal") && !matches!(value.as_str(), "false" | "no" | "0");
        let scheme = ["scheme", "load-balancer-type", "network-type", "lb-type", "load-balancer-network"]
            .iter()
            .any(|end| key.ends_with(end));
        key_says || (scheme && matches!(value.as_str(), "internal" | "private" | "intranet"))
    })
}

/// The node of a Service's type if it opens the Service to the outside of the cluster.
fn external_type<'a>(object: &Object<'a>) -> Option<(Node<'a>, &'a str)> {
    let node = ask(object.node, "spec.type").node()?;
    let kind = known_text(node).filter(|kind| matches!(*kind, "NodePort" | "LoadBalancer"))?;
    let ranges = ask(object.node, "spec.loadBalancerSourceRanges");
    let open = match ranges {
        Answer::Missing => true,
        Answer::Unknown => false,
        Answer::Is(list) => list.children().next().is_none() && is_complete(list),
    };
    (open && !is_internal(object)).then_some((node, kind))
}

fn is_service(object: &Object<'_>) -> bool {
    object.is("", "Service")
}

/// `service-exposed`: a Service is of a type that opens it to the outside.
pub(crate) fn service_exposed(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| is_service(o)) {
        if let Some((node, kind)) = external_type(object) {
            out.finding(node.entry_place(), format!("{} is of type {kind}", describe(object)));
        }
    }
}

/// `service-external-ip`: a Service claims addresses of its own choice.
pub(crate) fn service_external_ip(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| is_service(o)) {
        let Some(node) = ask(object.node, "spec.externalIPs").node() else { continue };
        let Some(first) = node.children().next() else { continue };
        let address = known_text(first).unwrap_or("addresses");
        let finding = out.finding(node.key_place(), format!("{} claims {address}", describe(object)));
        let spec = node.parent().unwrap_or(object.node);
        if let Some(edits) = crate::edit::remove(node, spec) {
            finding.unsafe_fix("remove externalIPs", edits);
        }
    }
}

/// Whether the TLS entry `pattern` covers `host`; `*.example.com` covers one label.
fn host_covered(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    pattern == host
        || pattern.strip_prefix("*.").is_some_and(|rest| {
            host.split_once('.').is_some_and(|(label, tail)| !label.is_empty() && tail == rest)
        })
}

/// `ingress-tls-missing`: a host of an Ingress is in no TLS entry, or a Route, HTTPProxy or IngressRoute has none. `delegates` are beginnings or parts of annotations
/// that leave TLS to a load balancer, `classes` the classes of controllers that bring it themselves.
pub(crate) fn ingress_tls(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in &view.objects {
        match object.kind {
            "Ingress" if is_ingress_group(object) => {}
            "Route" if object.group() == "route.openshift.io" => {
                bare_host(object, "spec.host", "spec.tls", out);
                beside_tls(object, out);
                continue;
            }
            "IngressRoute" if matches!(object.group(), "traefik.io" | "traefik.containo.us") => {
                traefik_route(object, out);
                continue;
            }
            "HTTPProxy" if object.group() == "projectcontour.io" => {
                bare_host(object, "spec.virtualhost.fqdn", "spec.virtualhost.tls", out);
                continue;
            }
            _ => continue,
        }
        let tls = ask(object.node, "spec.tls");
        if matches!(tls, Answer::Unknown) || delegates(object, params) || has_tls_of_its_own(object, params) {
            continue;
        }
        let mut covered: Vec<&str> = Vec::new();
        let mut any = false;
        for entry in list(object.node, "spec.tls") {
            match ask(entry, "hosts") {
                // An entry without hosts is for whatever host the controller serves.
                Answer::Missing | Answer::Unknown => any = true,
                Answer::Is(hosts) => {
                    any |= !is_complete(hosts) || hosts.children().any(|h| !h.is_known());
                    covered.extend(hosts.children().filter_map(known_text));
                }
            }
        }
        if any || tls.node().is_some_and(|node| !is_complete(node)) {
            continue;
        }
        for rule in list(object.node, "spec.rules") {
            match ask(rule, "host") {
                // An empty host is as good as none.
                Answer::Is(node) if known_text(node) != Some("") => {
                    let Some(host) = known_text(node) else { continue };
                    if !is_local(host) && !covered.iter().any(|pattern| host_covered(pattern, host)) {
                        let message = format!("{} serves {host} without TLS", describe(object));
                        out.finding(node.place(), message);
                    }
                }
                Answer::Missing | Answer::Is(_) if covered.is_empty() => {
                    out.finding(
                        rule_place(rule),
                        format!("{} serves every host without TLS", describe(object)),
                    );
                }
                // Whatever host is put in, nothing says how it gets a certificate.
                Answer::Unknown if tls.is_missing() => {
                    let Some(node) = rule.get("host").filter(|host| host.is_scalar()) else { continue };
                    let host = node.text().trim();
                    if !host.is_empty() {
                        let message = format!("{} serves {host} without TLS", describe(object));
                        out.finding(node.place(), message);
                    }
                }
                Answer::Missing | Answer::Is(_) | Answer::Unknown => {}
            }
        }
    }
}

/// Reports the one host of an object (at `host`) where it says nothing about TLS (at `tls`).
fn bare_host(object: &Object<'_>, host: &str, tls: &str, out: &mut Out) {
    let Some(node) = ask(object.node, host).node() else { return };
    let Some(name) = known_text(node).filter(|name| !name.is_empty() && !is_local(name)) else { return };
    if ask(object.node, tls).is_missing() {
        out.finding(node.place(), format!("{} serves {name} without TLS", describe(object)));
    }
}

/// Reports a route of Traefik that no entry point but that for plain HTTP serves, and that sends nobody on to TLS.
fn traefik_route(object: &Object<'_>, out: &mut Out) {
    let Some(entries) = ask(object.node, "spec.entryPoints").node().filter(|list| is_complete(*list)) else {
        return;
    };
    let is_plain = |node: Node<'_>| matches!(known_text(node), Some("web" | "http"));
    let plain = entries.children().next().is_some() && entries.children().all(is_plain);
    if !plain || !ask(object.node, "spec.tls").is_missing() {
        return;
    }
    for route in list(object.node, "spec.routes") {
        let sends_on = |middleware: Node<'_>| {
            let name = ask(middleware, "name").node().and_then(known_text).map(str::to_ascii_lowercase);
            name.is_none_or(|name| name.contains("redirect") || name.contains("https"))
        };
        if list(route, "middlewares").any(sends_on) {
            continue;
        }
        let Some(node) = ask(route, "match").node() else { continue };
        let Some((_, hosts)) = known_text(node).and_then(|rule| rule.split_once("Host(")) else { continue };
        let Some(host) = hosts.split(['`', '"', '\'']).nth(1).filter(|host| !is_local(host)) else {
            continue;
        };
        out.finding(node.place(), format!("{} serves {host} without TLS", describe(object)));
    }
}

/// Reports a Route that serves its host with TLS, and without TLS as well.
fn beside_tls(object: &Object<'_>, out: &mut Out) {
    let Some(node) = ask(object.node, "spec.tls.insecureEdgeTerminationPolicy").node() else { return };
    if known_text(node) == Some("Allow") {
        out.finding(node.entry_place(), format!("{} answers without TLS as well", describe(object)));
    }
}

/// `external-name-local`: a Service is another name for the program that asks, or for the metadata of the machine.
pub(crate) fn external_name_local(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| is_service(o)) {
        let Some(node) = ask(object.node, "spec.externalName").node() else { continue };
        let Some(text) = known_text(node) else { continue };
        let host = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse::<IpAddr>().is_ok_and(|address| match address {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified(),
        });
        let named = params
            .strings("hosts")
            .any(|name| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
        if address || named {
            out.finding(node.entry_place(), format!("{} stands for {text}", describe(object)));
        }
    }
}

/// Whether a host can only be that of a developer's own machine: by the names that RFC 6761 sets aside, or by a service
/// that gives every name the address 127.0.0.1.
fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let below =
        |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let loopback = ["127.0.0.1", "127-0-0-1"].iter().any(|address| host.contains(address));
    ["localhost", "test", "localdev.me", "localtest.me", "lvh.me", "vcap.me"].iter().any(|d| below(d))
        || (loopback && ["nip.io", "sslip.io", "xip.io", "traefik.me"].iter().any(|d| below(d)))
}

/// Whether the class of an Ingress is that of a controller in `classes`, which serves nothing without TLS.
fn has_tls_of_its_own(object: &Object<'_>, params: &Params) -> bool {
    let named = ask(object.node, "spec.ingressClassName").node();
    let class =
        named.or_else(|| object.annotation("kubernetes.io/ingress.class").node()).and_then(known_text);
    class.is_some_and(|class| params.strings("classes").any(|c| c == class))
}

fn is_ingress_group(object: &Object<'_>) -> bool {
    matches!(object.group(), "networking.k8s.io" | "extensions")
}

/// Whether an entry point of Traefik has the name of one for TLS, which its chart gives a certificate.
fn is_secure_entry(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    (name.contains("secure") && !name.contains("insecure")) || name.contains("https") || name.contains("tls")
}

fn delegates(object: &Object<'_>, params: &Params) -> bool {
    let Some(annotations) = object.annotations() else { return false };
    !is_complete(annotations)
        || annotations.children().any(|node| {
            let value = known_text(node).unwrap_or_default();
            params.strings("delegates").any(|name| name == node.name())
                || (node.name().ends_with("listen-ports") && value.contains("HTTPS"))
                || (node.name() == "kubernetes.io/ingress.allow-http" && value == "false")
                || (node.name().ends_with("router.entrypoints") && value.split(',').all(is_secure_entry))
        })
}

/// Words that name a port or path for operators.
fn is_admin(text: &str, words: &Params) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| {
        let part = part.to_ascii_lowercase();
        words.strings("words").any(|word| word == part)
    })
}

/// `admin-exposed`: a port or path with a name in `words` can be reached from outside without authentication.
pub(crate) fn admin_exposed(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in &view.objects {
        if is_service(object) && external_type(object).is_some() {
            for port in list(object.node, "spec.ports") {
                let Some(node) = ask(port, "name").node() else { continue };
                let Some(name) = known_text(node).filter(|name| is_admin(name, params)) else { continue };
                out.finding(
                    node.place(),
                    format!("{} opens the port {name} to the outside", describe(object)),
                );
            }
        } else if object.kind == "Ingress" && is_ingress_group(object) && !has_authentication(object) {
            for rule in list(object.node, "spec.rules") {
                for path in list(rule, "http.paths") {
                    admin_path(object, ask(path, "path"), params, out);
                }
            }
        } else if object.kind == "HTTPRoute" && !has_authentication(object) {
            for rule in list(object.node, "spec.rules") {
                for matched in list(rule, "matches") {
                    admin_path(object, ask(matched, "path.value"), params, out);
                }
            }
        }
    }
}

fn admin_path(object: &Object<'_>, path: Answer<'_>, params: &Params, out: &mut Out) {
    let Some(node) = path.node() else { return };
    if let Some(text) = known_text(node).filter(|text| is_admin(text, params)) {
        out.finding(
            node.place(),
            format!("{} publishes the path {text} without authentication", describe(object)),
        );
    }
}

fn has_authentication(object: &Object<'_>) -> bool {
    let Some(annotations) = object.annotations() else { return false };
    !is_complete(annotations)
        || annotations.children().any(|node| {
            let key = node.name().to_ascii_lowercase();
            ["auth", "oauth", "oidc", "whitelist-source-range", "allowlist-source-range", "middlewares"]
                .iter()
                .any(|word| key.contains(word))
        })
}
