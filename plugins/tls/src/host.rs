//! Hosts: which traffic leaves the network.

use std::net::IpAddr;

/// Last labels of names that stay inside a network, and those of documentation (RFC 2606, RFC 6761, RFC 9476).
const INSIDE: [&str; 17] = [
    "svc",
    "local",
    "internal",
    "lan",
    "corp",
    "home",
    "intranet",
    "private",
    "consul",
    "test",
    "example",
    "invalid",
    "localhost",
    "localdomain",
    "alt",
    "arpa",
    "cluster",
];

/// Names of namespaces in which people run what a cluster needs: `loki.monitoring` is a service of Kubernetes. None of
/// them is a domain at the top.
const NAMESPACES: [&str; 16] = [
    "monitoring",
    "observability",
    "logging",
    "tracing",
    "telemetry",
    "default",
    "database",
    "databases",
    "kafka",
    "vault",
    "elastic",
    "keycloak",
    "traefik",
    "istio",
    "infra",
    "minio",
];

/// Whether traffic to a host stays on the machine, in the cluster or in the network, or the host is one of
/// documentation.
#[must_use]
pub(crate) fn is_inside(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            let shared = matches!(ip.octets(), [100, 64..=127, ..]);
            return ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_documentation()
                || shared;
        }
        Ok(IpAddr::V6(ip)) => {
            let first = ip.segments().first().copied().unwrap_or_default();
            return ip.is_loopback()
                || ip.is_unspecified()
                || first & 0xFE00 == 0xFC00
                || first & 0xFFC0 == 0xFE80
                || first == 0x2001 && ip.segments().get(1) == Some(&0x0DB8);
        }
        Err(_) => {}
    }
    let mut labels = host.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let second = labels.next().unwrap_or_default();
    !host.contains('.')
        || INSIDE.contains(&last)
        || host.contains(".svc.")
        || second == "example" && matches!(last, "com" | "org" | "net")
        || labels.next().is_none() && is_service(second, last)
        || host.split('.').any(is_placeholder)
        || host == "host.docker.internal"
}

/// Whether two labels are a service and its namespace: no domain at the top has a hyphen but those of other scripts.
fn is_service(service: &str, namespace: &str) -> bool {
    service == namespace
        || NAMESPACES.contains(&namespace)
        || namespace.contains('-') && !namespace.starts_with("xn--")
}

/// Whether a label is there to be replaced: `your-domain`, `mydomain`.
fn is_placeholder(label: &str) -> bool {
    label.starts_with("your") || matches!(label, "mydomain" | "changeme")
}

/// Host and port of a URL's authority, without user and password.
pub(crate) fn host_and_port(rest: &str) -> (&str, Option<&str>) {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(end) = host.find(']') {
        let (name, port) = host.split_at(end + 1);
        return (name, port.strip_prefix(':'));
    }
    match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn hosts_inside_are_told_from_those_outside() {
        for host in [
            "localhost",
            "db",
            "10.0.0.8",
            "192.168.1.1",
            "[::1]",
            "fd00::1",
            "api.shop.svc",
            "x.svc.cluster.local",
            "vault.internal",
            "example.com",
            "shop.example",
            "api.example.org",
            "198.51.100.7",
            "0.0.0.0",
            "loki.monitoring",
            "redis.kube-system",
            "vault.vault",
            "your-domain.com",
        ] {
            assert!(is_inside(host), "{host}");
        }
        for host in [
            "api.shop.io",
            "8.8.8.8",
            "[2a00:1450::1]",
            "example.io",
            "localhost.shop.io",
            "shop.xn--p1ai",
            "a.kafka.io",
        ] {
            assert!(!is_inside(host), "{host}");
        }
    }
}
