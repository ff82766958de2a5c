//! Addresses to listen on, and networks to trust.

use super::fits;
use crate::index::Role;
use crate::sections::Sections;
use crate::view::{View, written};
use std::net::IpAddr;
use stockade_sdk::{Out, Params, ValueKind, row_flag};

/// Where a listener is reachable from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// All interfaces: `0.0.0.0`, `::`, `*`, `:9090`.
    All,
    /// An address of the Internet.
    Public,
    /// Loopback, private or a name.
    Narrow,
}

/// The host of `host`, `host:port`, `[host]:port`, `tcp://host:port`.
fn host(value: &str) -> &str {
    let value = value.trim().trim_matches(['"', '\'']);
    let value = value.split_once("://").map_or(value, |(_, rest)| rest);
    let value = value.split('/').next().unwrap_or(value);
    if let Some(rest) = value.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match value.matches(':').count() {
        1 => value.split(':').next().unwrap_or(value),
        _ => value,
    }
}

/// Where the widest of the listeners in a value is reachable from: `0.0.0.0:8001, 0.0.0.0:8444 ssl` are two, with words
/// behind them that say more of each.
fn reach(value: &str) -> Reach {
    if !value.contains([',', ' ']) {
        return reach_of_one(value);
    }
    let mut widest = Reach::Narrow;
    for part in value.trim_matches(['"', '\'']).split(',') {
        // Words of a sentence have no port.
        let first = part.split_ascii_whitespace().next().filter(|first| has_port(first));
        match first.map_or(Reach::Narrow, reach_of_one) {
            Reach::All => return Reach::All,
            Reach::Public => widest = Reach::Public,
            Reach::Narrow => {}
        }
    }
    widest
}

fn has_port(address: &str) -> bool {
    let port = address.rsplit_once(':').map_or("", |(_, port)| port);
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn reach_of_one(value: &str) -> Reach {
    let host = host(value);
    if matches!(host, "*" | "0.0.0.0" | "::" | "0:0:0:0:0:0:0:0")
        || value.trim().starts_with(':') && host.is_empty()
    {
        return Reach::All;
    }
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            let shared = ip.octets().first() == Some(&100)
                && ip.octets().get(1).is_some_and(|b| (64..128).contains(b));
            let narrow =
                ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_documentation() || shared;
            if narrow { Reach::Narrow } else { Reach::Public }
        }
        Ok(IpAddr::V6(ip)) => {
            let first = ip.segments().first().copied().unwrap_or_default();
            let narrow =
                ip.is_loopback() || first & 0xFE00 == 0xFC00 || first & 0xFFC0 == 0xFE80 || first == 0x2001;
            if narrow { Reach::Narrow } else { Reach::Public }
        }
        Err(_) => Reach::Narrow,
    }
}

/// Whether nothing listens where the address of this name is empty: programs take it for a switch, as that of Go's profiles.
fn is_off_if_empty(name: &str) -> bool {
    name.ends_with("_addr") && !name.ends_with("bind_addr")
        || name.split('_').any(|word| matches!(word, "pprof" | "profiling"))
}

/// `address`: a listener named by `key` is reachable from everywhere, and nothing named by `or-key` stands beside it.
/// With `public #false`, public addresses do not count.
pub fn address(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    // In a container, all interfaces are those of the container.
    let container = matches!(view.source.kind(), "dockerfile" | "compose" | "kubernetes" | "kustomize-patch");
    if params.bool_or("outside-containers", false) && container {
        return;
    }
    let instead = view.hits(out.rule(), Role::Or).iter().filter(|other| !other.is_off());
    let instead: Sections = instead.copied().collect();
    for (setting, _) in view.judged(out.rule()) {
        // A text in quotes is meant to be empty; nothing behind a name is to be filled in.
        let emptied = params.bool_or("empty", false)
            && setting.kind() == ValueKind::Empty
            && setting.node().is_scalar()
            && matches!(setting.node().style(), 1 | 2)
            && !is_off_if_empty(setting.name())
            && !setting.has(row_flag::VARIABLE);
        let reach = if emptied { Reach::All } else { reach(setting.value()) };
        let bad = reach == Reach::All || reach == Reach::Public && params.bool_or("public", true);
        if !bad || instead.has_that_of(setting) || setting.has(row_flag::PART) {
            continue;
        }
        let name = written(setting);
        // A block of ssh's settings begins with the hosts that it is for.
        if name == "Host" && setting.value().trim() == "*" && view.source.kind() == "properties" {
            continue;
        }
        let from = if reach == Reach::All { "every network" } else { "the Internet" };
        let shown = if emptied { "empty" } else { setting.value().trim() };
        let message = format!("{name} is {shown}, open to {from}");
        let finding = out.finding(setting.place(), message).key(name);
        if let Some(narrow) = params.string("fix") {
            let value = setting.value().trim();
            let port = value
                .rsplit_once(':')
                .map(|(_, port)| port)
                .filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
            let port =
                port.filter(|port| !port.is_empty()).map_or_else(String::new, |port| format!(":{port}"));
            if !value.contains("://") && !value.contains([',', ' ']) && !emptied {
                crate::edit::replace(finding, setting, params, &format!("{narrow}{port}"));
            }
        }
    }
}

/// Bits of a network's prefix, and whether it lies in private space; `None` for what is no network.
fn prefix(value: &str) -> Option<(IpAddr, u8, bool)> {
    let (address, bits) = match value.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (value, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = bits.unwrap_or(if address.is_ipv4() { 32 } else { 128 });
    let private = match address {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.segments().first().is_some_and(|s| s & 0xFE00 == 0xFC00),
    };
    Some((address, bits, private))
}

/// `network`: a list of networks named by `key` has one that is everything (`any`), or one wider than `widest-v4` or
/// `widest-v6` bits or outside private space; or a word of `forbid`.
pub fn network(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let widest = |name: &str| params.int_or(name, 0);
    for (setting, _) in view.judged(out.rule()) {
        let name = written(setting);
        for part in setting.value().split(|c: char| c == ',' || c.is_whitespace()) {
            let part = part.trim_matches(['"', '\'', '[', ']', ';']);
            let bad = if params.has("widest-v4") {
                prefix(part).is_some_and(|(ip, bits, private)| {
                    let widest = widest(if ip.is_ipv4() { "widest-v4" } else { "widest-v6" });
                    // A single public address is a known neighbour; everything is another rule's business.
                    bits > 0
                        && (i64::from(bits) < widest
                            || !private && bits < if ip.is_ipv4() { 32 } else { 128 })
                })
            } else {
                params.strings("forbid").any(|word| fits(word, part))
            };
            if bad && !part.is_empty() {
                out.finding(setting.place(), format!("{name} trusts {part}")).key(format!("{name}={part}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, prefix, reach};

    #[test]
    fn listeners_are_told_by_their_reach() {
        for value in ["0.0.0.0", "0.0.0.0:9000", "::", "[::]:8080", "*", "*:80", ":9090", "tcp://0.0.0.0:1"] {
            assert_eq!(reach(value), Reach::All, "{value}");
        }
        for value in
            ["127.0.0.1", "localhost:80", "10.1.2.3", "::1", "[fd00::1]:80", "app", "", "unix:/run/a", "9090"]
        {
            assert_eq!(reach(value), Reach::Narrow, "{value}");
        }
        assert_eq!(reach("8.8.8.8:53"), Reach::Public);
        assert_eq!(reach("127.0.0.1:8001, 0.0.0.0:8444 ssl"), Reach::All);
        assert_eq!(reach("127.0.0.1:8001 http2, 10.0.0.1:80"), Reach::Narrow);
    }

    #[test]
    fn networks_have_a_width() {
        assert!(prefix("10.0.0.0/8").is_some_and(|(_, bits, private)| bits == 8 && private));
        assert!(prefix("203.0.113.0/24").is_some_and(|(_, bits, private)| bits == 24 && !private));
        assert!(prefix("loadbalancer").is_none());
    }
}
