//! Addresses with a scheme.

use super::{is_one_of, shown};
use crate::index::Role;
use crate::view::{View, written};
use stockade_sdk::{Out, Params, row_flag};

/// Hosts that traffic never leaves the machine or cluster for.
pub(crate) fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[');
    let name = host.split(']').next().unwrap_or(host);
    let name = if name.matches(':').count() > 1 { name } else { name.split(':').next().unwrap_or(name) };
    matches!(name, "localhost" | "::1" | "0.0.0.0" | "host.docker.internal" | "")
        || name.starts_with("127.")
        || !name.contains(['.', ':'])
        || [
            ".svc",
            ".svc.cluster.local",
            ".cluster.local",
            ".local",
            ".internal",
            ".localhost",
            ".test",
            ".example",
        ]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The host of an address.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// `url`: a setting named by `key` is an address with one of the schemes `forbid`, to a host that is not local.
pub fn url(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    for (setting, _) in view.judged(out.rule()).filter(|(setting, _)| !setting.has(row_flag::PART)) {
        for part in setting.value().split(|c: char| c == ',' || c.is_whitespace()) {
            let part = part.trim_matches(['"', '\'', '[', ']']);
            let Some((scheme, rest)) = part.split_once("://") else { continue };
            // A path is not at a host; some are those where secrets are mounted.
            let excused = if scheme.eq_ignore_ascii_case("file") {
                params.strings("allow-path").any(|start| rest.starts_with(start))
            } else {
                is_local(host(part))
            };
            if !params.strings("forbid").any(|s| s.eq_ignore_ascii_case(scheme)) || excused {
                continue;
            }
            let message = format!("{} is {}", written(setting), address(part));
            let finding =
                out.finding(setting.place(), message).key(format!("{}={}", written(setting), host(part)));
            let file = scheme.eq_ignore_ascii_case("file");
            if let Some(fix) = params.string("fix").filter(|_| part == setting.value() && !file) {
                crate::edit::replace(finding, setting, params, &format!("{fix}://{rest}"));
            }
        }
    }
    // What stands beside the address and is off or open: `also-key`.
    for setting in view.of(out.rule(), Role::Also) {
        if is_one_of(setting, false, params.strings("also-bad")) {
            let name = written(setting);
            let message = format!("{name} is {}", shown(setting, params));
            out.finding(setting.place(), message).key(name);
        }
    }
}

/// The address without user and password.
fn address(value: &str) -> String {
    let (scheme, rest) = value.split_once("://").unwrap_or(("", value));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::{host, is_local};

    #[test]
    fn local_hosts_are_told_from_others() {
        for url in [
            "http://localhost:8080/x",
            "http://127.0.0.1",
            "ws://[::1]:9/",
            "http://api",
            "http://keys.auth.svc:80",
            "http://a.b.svc.cluster.local",
        ] {
            assert!(is_local(host(url)), "{url}");
        }
        for url in ["http://auth.shop.io/jwks", "ws://u:p@10.0.0.8:9", "http://[2001:db8::1]/"] {
            assert!(!is_local(host(url)), "{url}");
        }
    }
}
