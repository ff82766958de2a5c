//! What ports are for.

/// What programs listen at for a proxy in front of them.
pub(super) const APPLICATION: &str = "an application behind its proxy";

/// Ports by what listens there. Where several products share a port, the most common one.
const PORTS: [(&str, &[u16]); 5] = [
    ("SSH", &[22]),
    (
        "a database",
        &[
            1433, 1521, 3306, 5432, 5984, 6333, 6334, 6379, 7474, 7687, 8086, 8123, 9042, 9200, 9300, 11211,
            26257, 27017, 27018, 28015,
        ],
    ),
    ("metrics", &[3000, 9090, 9091, 9093, 9100, 9115, 9121, 9187, 9256]),
    (
        "administration",
        &[
            2375, 2376, 2379, 2380, 2181, 3389, 4369, 5601, 5672, 5900, 8001, 8200, 8500, 9092, 10000, 10250,
            10255, 15672,
        ],
    ),
    (APPLICATION, &[4000, 5000, 8000, 8008, 8080, 8081, 8088, 8888, 9000]),
];

/// Names that firewalls know, with their port.
const NAMES: [(&str, u16); 12] = [
    ("ssh", 22),
    ("openssh", 22),
    ("mysql", 3306),
    ("postgresql", 5432),
    ("postgres", 5432),
    ("redis", 6379),
    ("mongodb", 27017),
    ("elasticsearch", 9200),
    ("prometheus", 9090),
    ("rdp", 3389),
    ("docker-swarm", 2377),
    ("vnc-server", 5900),
];

/// The ranges that a text names: `22`, `80,443/tcp`, `6000:6010`, `ssh`.
fn ranges(ports: &str) -> impl Iterator<Item = (u16, u16)> {
    ports.split([',', ' ']).filter_map(|part| {
        let part = part.split('/').next().unwrap_or_default().trim_matches(['"', '\'', '{', '}']);
        if let Some((_, port)) = NAMES.iter().find(|(name, _)| part.eq_ignore_ascii_case(name)) {
            return Some((*port, *port));
        }
        let (first, last) = part.split_once([':', '-']).unwrap_or((part, part));
        Some((first.parse().ok()?, last.parse().ok()?))
    })
}

/// What the first of these ports that is not for everyone is for.
pub(super) fn purpose(ports: &str) -> Option<&'static str> {
    let of = |(first, last): (u16, u16)| {
        PORTS
            .iter()
            .find(|(_, ports)| ports.iter().any(|p| (first..=last).contains(p)))
            .map(|(what, _)| *what)
    };
    ranges(ports).find_map(of)
}

/// Whether these are the ports of the web, open by nature.
pub(super) fn is_web(ports: &str) -> bool {
    ranges(ports).all(|(first, last)| first == last && matches!(first, 80 | 443))
}

/// Whether a remark says that only few should get at it.
pub(super) fn is_internal(remark: &str) -> bool {
    let told = [
        "internal",
        "intranet",
        "private",
        "lan only",
        "local only",
        "vpn only",
        "localhost only",
        "not public",
    ];
    told.iter().any(|word| remark.contains(word)) && !is_public(remark)
}

/// Whether a remark says that everybody should get at it.
pub(super) fn is_public(remark: &str) -> bool {
    let words = |c: char| !c.is_ascii_alphanumeric();
    remark
        .split(words)
        .any(|word| matches!(word, "public" | "p2p" | "peer" | "peers" | "everyone" | "anyone"))
        && !remark.contains("not public")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_have_purposes() {
        assert_eq!(purpose("22"), Some("SSH"));
        assert_eq!(purpose("OpenSSH"), Some("SSH"));
        assert_eq!(purpose("80,443,5432/tcp"), Some("a database"));
        assert_eq!(purpose("1:65535"), Some("SSH"));
        assert_eq!(purpose("80,443/tcp"), None);
        assert_eq!(purpose("$PORT"), None);
        assert_eq!(purpose("Nginx Full"), None);
        assert!(is_web("80,443/tcp") && !is_web("8443"));
    }

    #[test]
    fn remarks() {
        assert!(is_internal("synapse api (internal only)"));
        assert!(!is_internal("public api, was internal"));
        assert!(is_public("p2p") && !is_public("not public"));
    }
}
