//! Connections over which Prometheus gets or sends what it knows.

use crate::is_exempt;
use stockade_sdk::{Edit, Kind, Node, Out, Params, Source};

/// `scrape-insecure`: a section for scraping, remote writing and reading or alerting speaks plain HTTP to something that is
/// neither local nor in the cluster, or does not check certificates.
pub(crate) fn insecure(view: &&Source, _: &Params, out: &mut Out) {
    let source = *view;
    if is_exempt(source) || source.is_empty() {
        return;
    }
    for document in source.root().children() {
        for path in ["scrape_configs[*]", "remote_write[*]", "remote_read[*]", "alerting.alertmanagers[*]"] {
            let what = path.trim_end_matches("[*]").rsplit('.').next().unwrap_or_default();
            for section in document.at(path) {
                unchecked(section, what, out);
                plain(section, what, out);
            }
        }
    }
}

/// `insecure_skip_verify: true` anywhere in the section.
fn unchecked(section: Node<'_>, what: &str, out: &mut Out) {
    for node in
        section.descendants().filter(|n| n.name() == "insecure_skip_verify" && n.as_bool() == Some(true))
    {
        out.finding(node.entry_place(), format!("{} does not check certificates", called(section, what)))
            .unsafe_fix("Check certificates", vec![Edit::replace_value(node, "false")]);
    }
}

/// Plain HTTP to somewhere else.
fn plain(section: Node<'_>, what: &str, out: &mut Out) {
    if let Some(url) = section.get("url").filter(|url| url.is_scalar() && url.is_known()) {
        if let Some(host) = url.text().strip_prefix("http://").map(host_of).filter(|host| is_outside(host)) {
            let finding = out.finding(url.place(), format!("{what} sends plain HTTP to {host}"));
            let span = url.span();
            if let Some(at) = url.source().slice(span).find("http://") {
                let at = span.start + at as u32 + 4;
                finding.unsafe_fix("Use HTTPS", vec![Edit::insert(at, "s")]);
            }
        }
        return;
    }
    // `http` is what Prometheus does unless it is told otherwise.
    let scheme = section.get("scheme");
    if scheme.is_some_and(|scheme| !scheme.is_known() || scheme.text() != "http") || section.may_have_more() {
        return;
    }
    // An exporter that is asked about others has their address as its target, and its own in a relabelling.
    let relabelled = section.at("relabel_configs[*].target_label").iter().any(|n| n.text() == "__address__");
    let proxied = section.get("proxy_url").is_some();
    if relabelled || proxied {
        return;
    }
    for target in section.at("static_configs[*].targets[*]") {
        if !target.is_scalar() || !target.is_known() {
            continue;
        }
        let host = host_of(target.text());
        if !is_outside(host) {
            continue;
        }
        let finding =
            out.finding(target.place(), format!("{} speaks plain HTTP to {host}", called(section, what)));
        let edit = match scheme {
            Some(scheme) => Some(Edit::replace_value(scheme, "https")),
            None => {
                first_entry(section).map(|(at, indent)| Edit::insert(at, format!("scheme: https\n{indent}")))
            }
        };
        if let Some(edit) = edit {
            finding.unsafe_fix("Use HTTPS", vec![edit]);
        }
        // One scheme for all of them.
        break;
    }
}

/// Where an entry can be added in front of a block's first one, with the indentation of the others.
fn first_entry(section: Node<'_>) -> Option<(u32, String)> {
    if section.kind() != Kind::Mapping || section.style() == 5 {
        return None;
    }
    let key = section.children().next()?.key_span()?;
    let line = section.source().line_at(key.start);
    Some((key.start, " ".repeat((key.start - line.start) as usize)))
}

fn called(section: Node<'_>, what: &str) -> String {
    match section.get("job_name").or_else(|| section.get("name")).map(Node::text) {
        Some(name) if !name.is_empty() => format!("job {name}"),
        _ => what.to_owned(),
    }
}

/// The host of what follows a scheme, or of a target.
fn host_of(address: &str) -> &str {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a host lies in no private network: not a name without dots, not one of a cluster, no private address.
fn is_outside(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() || host.contains(['$', '{', '<', '%']) {
        return false;
    }
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        let shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
        return !(address.is_loopback()
            || address.is_private()
            || address.is_link_local()
            || address.is_unspecified()
            || address.is_documentation()
            || shared);
    }
    if host.contains(':') {
        return !(host == "::1"
            || host.starts_with("fc")
            || host.starts_with("fd")
            || host.starts_with("fe80"));
    }
    let inside = [
        ".local",
        ".internal",
        ".svc",
        ".lan",
        ".home",
        ".localdomain",
        ".consul",
        ".localhost",
        ".intranet",
        ".corp",
        ".test",
        ".home.arpa",
        ".ts.net",
    ];
    // `web.monitoring.svc:9090`, `node.namespace`: two words without a known ending are a service in a namespace.
    let service = host.contains(".svc.") || !host.contains('.') || host.ends_with(".cluster.local");
    let ends_in_letters = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    !service && ends_in_letters && !inside.iter().any(|end| host.ends_with(end)) && has_known_ending(&host)
}

/// Whether the last word of a name is one of the Internet's: a country (two letters) or a common ending.
fn has_known_ending(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    last.len() == 2
        || matches!(
            last,
            "com"
                | "net"
                | "org"
                | "info"
                | "dev"
                | "app"
                | "cloud"
                | "biz"
                | "edu"
                | "gov"
                | "mil"
                | "tech"
                | "systems"
                | "network"
                | "host"
                | "online"
                | "site"
                | "xyz"
                | "run"
                | "sh"
        )
}

#[cfg(test)]
mod tests {
    use super::{host_of, is_outside};

    #[test]
    fn hosts() {
        for host in ["metrics.example.com", "93.184.216.34", "2606:2800:220:1::1", "a.b.de"] {
            assert!(is_outside(host), "{host}");
        }
        for host in [
            "localhost",
            "127.0.0.1",
            "10.1.2.3",
            "::1",
            "fd00::1",
            "node-exporter",
            "api.monitoring.svc",
            "api.monitoring",
            "x.y.svc.cluster.local",
            "db.internal",
            "100.64.3.4",
            "",
            "${HOST}",
            "0.0.0.0",
        ] {
            assert!(!is_outside(host), "{host}");
        }
        assert_eq!(host_of("[::1]:9090"), "::1");
        assert_eq!(host_of("user:pw@a.example.com:80/x"), "a.example.com");
    }
}
