//! Caches that are reached without TLS.

use crate::host::{host_and_port, is_inside};
use crate::place::{flip, part_of};
use crate::view::View;
use std::cell::OnceCell;
use std::collections::HashSet;
use stockade_sdk::{Edit, Out, Params, Setting, ValueKind, row_flag};

/// Words of names that are a cache's.
const STORES: [&str; 5] = ["redis", "valkey", "memcached", "dragonfly", "keydb"];

/// Schemes without TLS, and those that take their place.
const PLAIN: [(&str, &str); 2] = [("redis", "rediss"), ("valkey", "valkeys")];

/// Words of names whose values are about an address, not one in use.
const PROSE: [&str; 6] = ["example", "examples", "description", "docs", "help", "comment"];

fn has_word(name: &str, words: &[&str]) -> bool {
    name.split('_').any(|word| words.contains(&word))
}

/// Whether a name is that of the switch for a cache's TLS: `cache_redis_tls_enabled`, `redis_use_ssl`.
fn is_switch(name: &str) -> bool {
    let front = name.strip_suffix("_enabled").unwrap_or(name);
    let Some(front) = front.strip_suffix("_tls").or_else(|| front.strip_suffix("_ssl")) else { return false };
    front.split('_').any(|word| word == "cache" || STORES.contains(&word))
}

/// Whether a host beside the switch is the machine itself: `redis_host` beside `redis_tls`. `own` are the names of the
/// settings that are.
fn is_on_this_machine(switch: &str, own: &HashSet<&str>) -> bool {
    let front = switch.strip_suffix("_enabled").unwrap_or(switch);
    let front = front.strip_suffix("tls").or_else(|| front.strip_suffix("ssl")).unwrap_or_default();
    let front = front.strip_suffix("use_").unwrap_or(front);
    !front.is_empty()
        && ["host", "hostname", "address", "server"]
            .iter()
            .any(|word| own.contains(format!("{front}{word}").as_str()))
}

/// Whether a name is that of a cache's host: `redis_host`.
fn is_host(name: &str) -> bool {
    let mut words = name.rsplit('_');
    matches!(words.next(), Some("host" | "hostname" | "addr" | "address" | "endpoint" | "server"))
        && words.next().is_some_and(|word| STORES.contains(&word))
}

/// `cache`: the switch for a cache's TLS is off, an address of a cache on the network has a scheme without TLS, or a
/// host is given and no setting says anything about TLS.
pub fn cache(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let settings: Vec<Setting<'_>> = view
        .source
        .settings()
        .filter(|s| !s.has(row_flag::PART | row_flag::INHERITED) && s.kind() != ValueKind::Empty)
        .filter(|s| view.source.kind() != "shell" || s.is_given())
        .collect();
    let speaks_of_tls = settings.iter().any(|other| {
        has_word(other.name(), &["tls", "ssl", "rediss"])
            && (has_word(other.name(), &STORES) || has_word(other.name(), &["cache"]))
    });
    let own = OnceCell::new();
    let own_hosts = || -> HashSet<&str> {
        let is_own = |value: &str| {
            let host = host_and_port(value.trim()).0;
            host == "localhost" || host.starts_with("127.")
        };
        settings.iter().filter(|other| is_own(other.value())).map(|other| other.name()).collect()
    };
    let mut seen: Vec<u32> = Vec::new();
    for setting in &settings {
        let (name, value) = (setting.name(), setting.value().trim());
        if is_switch(name) {
            view.judges(out);
            if setting.is_value() && setting.is_off() && !is_on_this_machine(name, own.get_or_init(own_hosts))
            {
                let written = setting.written();
                let finding = out.finding(setting.place(), format!("{written} is {value}")).key(written);
                if let Some((new, edit)) = flip(*setting) {
                    finding.unsafe_fix(format!("Set it to {new}"), vec![edit]);
                }
            }
        } else if is_host(name) && !value.contains("://") {
            view.judges(out);
            let host = host_and_port(value).0;
            if setting.is_value() && is_outside(host) && !speaks_of_tls {
                let written = setting.written();
                let message = format!("{written} is {host}, and nothing switches TLS on for it");
                out.finding(setting.place(), message).key(written).data("host", host);
            }
        } else if value.contains("://") && !has_word(name, &PROSE) {
            for part in value.split(|c: char| c == ',' || c.is_whitespace()) {
                let part = part.trim_matches(['"', '\'', '[', ']']);
                let Some((scheme, rest)) = part.split_once("://") else { continue };
                let Some((plain, secure)) = PLAIN.iter().find(|(p, _)| p.eq_ignore_ascii_case(scheme)) else {
                    continue;
                };
                view.judges(out);
                let host = host_and_port(rest).0;
                let (place, exact) = part_of(*setting, part);
                // The whole of a list is a row beside its elements.
                if !is_outside(host) || seen.contains(&place.span.start) {
                    continue;
                }
                seen.push(place.span.start);
                let written = setting.written();
                let message = format!("{written} reaches {host} over plain {plain}");
                let finding = out.finding(place, message).key(written).data("host", host);
                if exact && !setting.has(row_flag::DEFAULT) {
                    let mut span = place.span;
                    span.end = span.start + scheme.len() as u32;
                    finding.unsafe_fix(format!("Use {secure}"), vec![Edit::replace(span, *secure)]);
                }
            }
        }
    }
}

/// Whether a host is known, and lies beyond the machine, the cluster and the network.
pub(crate) fn is_outside(host: &str) -> bool {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'));
    !host.is_empty() && !host.contains(odd) && !is_inside(host)
}

#[cfg(test)]
mod tests {
    use super::{is_host, is_outside, is_switch};

    #[test]
    fn names_of_caches_are_told_from_others() {
        for name in ["redis_tls", "cache_redis_tls_enabled", "app_valkey_use_ssl", "memcached_ssl_enabled"] {
            assert!(is_switch(name), "{name}");
        }
        for name in ["tls", "server_tls_enabled", "cache_enabled", "redis_tls_cert", "rediscover_tls"] {
            assert!(!is_switch(name), "{name}");
        }
        assert!(is_host("redis_host") && is_host("cache_redis_address"));
        assert!(!is_host("host") && !is_host("cache_host") && !is_host("redis_host_port"));
        assert!(is_outside("cache.shop.io") && !is_outside("redis") && !is_outside("$HOST.shop.io"));
    }
}
