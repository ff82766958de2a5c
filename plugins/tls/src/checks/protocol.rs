//! Which versions of the protocol are allowed.

use super::object;
use crate::version::{Version, as_tls12};
use crate::view::View;
use crate::words::{WordList, gather};
use stockade_sdk::{Edit, Kind, Out, Params, Setting, Span, tree_edit};

/// What the name of a setting says about versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The least version, or the list of those that are allowed.
    Surely,
    /// Perhaps: only a value that can be nothing else counts.
    Perhaps,
}

/// Whether a folded name is that of a least version or of a list of protocols.
pub(super) fn named(name: &str) -> Option<Named> {
    let mut words: Vec<&str> = name.split('_').collect();
    // RabbitMQ numbers the elements of a list: `ssl_options.versions.1`.
    if words.last().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
        if words.last() != Some(&"versions") {
            return None;
        }
    }
    if words.iter().any(|word| matches!(*word, "max" | "maximum")) {
        return None;
    }
    let last = words.pop()?;
    // HAProxy's options are words, among them `ssl-min-ver` with a version behind it.
    if last == "options" && words.starts_with(&["ssl", "default"]) {
        return Some(Named::Surely);
    }
    // Apache's directives are not folded at their capitals.
    if matches!(last, "sslprotocol" | "sslproxyprotocol") {
        return Some(Named::Surely);
    }
    let least = |word: &&str| matches!(*word, "min" | "minimum");
    match last {
        // stunnel's `sslVersionMin`
        "min" | "minimum" => {
            let version = words.pop().is_some_and(|word| matches!(word, "version" | "protocol"));
            (version && words.last().is_some_and(of_tls)).then_some(Named::Surely)
        }
        // `min_tls`
        "tls" | "ssl" => words.last().filter(|w| least(w)).map(|_| Named::Surely),
        "protocols" | "versions" | "protocol" | "version" | "ver" => {
            // Keycloak and Java: `https.protocols`. The `version` of HTTPS could be that of HTTP.
            if last == "protocols" && words.last() == Some(&"https") {
                return Some(Named::Surely);
            }
            // Postfix: `smtpd_tls_mandatory_protocols`.
            if words.last().is_some_and(|word| {
                matches!(*word, "enabled" | "proto" | "protocol" | "mandatory" | "options")
            }) {
                words.pop();
            }
            // What Apache hands to OpenSSL.
            if last == "protocol" && words.last() == Some(&"sslopensslconfcmd") {
                return Some(Named::Surely);
            }
            let direct = words.last().is_some_and(of_tls);
            if direct {
                // `tls_version`, `ssl_protocols`, `min_tls_version`; `ssl_ver` alone is nothing known.
                let before = words.len().checked_sub(2).and_then(|at| words.get(at));
                let is_least = before.is_some_and(least);
                return (last != "ver" || is_least).then_some(Named::Surely);
            }
            if words.last().is_some_and(least) && !last.ends_with('s') {
                let tls = words.iter().any(of_tls);
                return Some(if tls { Named::Surely } else { Named::Perhaps });
            }
            None
        }
        _ => None,
    }
}

fn of_tls(word: &&str) -> bool {
    matches!(*word, "tls" | "ssl")
}

/// The old versions that a list admits, each with the number of the word that does it.
fn admitted(list: &WordList<'_>, apache: bool) -> Vec<(usize, Version)> {
    const OLD: [Version; 2] = [Version::Tls10, Version::Tls11];
    let mut admitted: Vec<(usize, Version)> = Vec::new();
    // Postfix and Dovecot: a list of nothing but exclusions admits all that it does not name.
    if is_exclusions(list) && !is_opportunistic(&list.name) {
        let last = list.words.len().saturating_sub(1);
        admitted.extend(OLD.map(|version| (last, version)));
    }
    for (at, word) in list.words.iter().enumerate() {
        let (sign, rest) = match word.text.as_bytes().first() {
            Some(b'-' | b'!') => ('-', word.text.get(1..).unwrap_or_default()),
            Some(b'+') => ('+', word.text.get(1..).unwrap_or_default()),
            _ => (' ', word.text),
        };
        // HAProxy: no other version than this one.
        let rest = rest.strip_prefix("force-").unwrap_or(rest);
        let versions = match Version::read(rest) {
            Some(version) => vec![version],
            // Apache's `all` has left SSL 3.0 out since OpenSSL did.
            None if apache && rest.eq_ignore_ascii_case("all") => {
                vec![Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13]
            }
            // Synapse counts in numbers: 1 is TLS 1.0.
            None if rest == "1" && list.name.ends_with("minimum_tls_version") => vec![Version::Tls10],
            None => match rest.strip_prefix(">=").and_then(Version::read) {
                Some(least) if !is_opportunistic(&list.name) => {
                    OLD.into_iter().filter(|version| *version >= least).collect()
                }
                _ => continue,
            },
        };
        admitted.retain(|(_, known)| !versions.contains(known));
        if sign != '-' {
            admitted.extend(versions.into_iter().map(|version| (at, version)));
        }
    }
    admitted.retain(|(_, version)| *version < Version::Tls12);
    admitted
}

/// Whether a list only says what is not allowed: `!SSLv2, !SSLv3`.
fn is_exclusions(list: &WordList<'_>) -> bool {
    !list.words.is_empty()
        && list
            .words
            .iter()
            .all(|word| word.text.strip_prefix('!').is_some_and(|rest| Version::read(rest).is_some()))
}

/// Whether Postfix uses the list where it would send in plain text otherwise: then an old version is better than none, and what
/// it admits by default is meant.
fn is_opportunistic(name: &str) -> bool {
    matches!(name, "smtp_tls_protocols" | "smtpd_tls_protocols" | "lmtp_tls_protocols")
}

/// `protocol`: a least version or a list of protocols admits SSL, TLS 1.0 or TLS 1.1.
pub fn protocol(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let apache = view.source.kind() == "apache";
    let hits: Vec<Setting<'_>> = view
        .source
        .settings()
        .filter(|setting| match named(setting.name()) {
            Some(Named::Surely) => true,
            Some(Named::Perhaps) => Version::is_unmistakable(setting.value().trim()),
            // HAProxy: a listener's own options stand behind its address.
            None => {
                matches!(setting.name(), "bind" | "server" | "default_server")
                    && ["ssl-min-ver", " force-"].iter().any(|option| setting.value().contains(option))
            }
        })
        .filter(|setting| view.source.kind() != "shell" || setting.is_given())
        .collect();
    object::policies(view, out);
    let mut lists = gather(view.source, &hits);
    lists.extend(object::lists(view, &lists));
    for list in lists {
        view.judges(out);
        let admitted = admitted(&list, apache);
        let mut at = 0;
        while let Some((number, version)) = admitted.get(at) {
            let Some(word) = list.words.get(*number) else { break };
            let same: Vec<&str> =
                admitted.iter().filter(|(n, _)| n == number).map(|(_, v)| v.name()).collect();
            let message = if Version::read(word.text.trim_start_matches('+').trim_start_matches("force-"))
                == Some(*version)
            {
                format!("{} has {}", list.name, word.text)
            } else if word.text.starts_with('!') {
                format!("{} does not exclude {}", list.name, same.join(" and "))
            } else if word.text == "1" {
                format!("{} is 1, which admits {}", list.name, same.join(" and "))
            } else {
                format!("{} has {}, which admits {}", list.name, word.text, same.join(" and "))
            };
            let finding = out.finding(word.place, message).key(format!("{}={}", list.name, word.text));
            if let Some(edits) = fix(&list, *number, &admitted) {
                finding.unsafe_fix("Allow TLS 1.2 and newer only", edits);
            }
            at += same.len();
        }
    }
}

/// Takes a word out of the list, or writes the newer version in its place where no other would be left.
fn fix(list: &WordList<'_>, number: usize, admitted: &[(usize, Version)]) -> Option<Vec<Edit>> {
    let word = list.words.get(number)?;
    let bad = |at: usize| admitted.iter().any(|(other, _)| *other == at);
    if !list.exact || !list.own {
        return None;
    }
    if word.text.starts_with('!') {
        let separator = list.words.get(1).map_or(", ", |second| separator(list, second.place.span.start));
        let without: String = admitted
            .iter()
            .map(|(_, version)| if *version == Version::Tls10 { "!TLSv1" } else { "!TLSv1.1" })
            .flat_map(|excluded| [separator, excluded])
            .collect();
        return Some(vec![Edit::insert(word.place.span.end, without)]);
    }
    if word.text.starts_with("force-") {
        return Some(vec![Edit::replace(word.place.span, "force-tlsv12")]);
    }
    if word.text.starts_with(">=") {
        return Some(vec![Edit::replace(word.place.span, ">=TLSv1.2")]);
    }
    // An element of a numbered list is a setting of its own, and the newer version is most often another one.
    if list.name.ends_with(|last: char| last.is_ascii_digit()) {
        return None;
    }
    if word.text.trim_start_matches('+').eq_ignore_ascii_case("all") {
        let last = list.words.last()?;
        let without: String = admitted
            .iter()
            .filter(|(at, _)| *at == number)
            .map(|(_, version)| if *version == Version::Tls10 { " -TLSv1" } else { " -TLSv1.1" })
            .collect();
        return Some(vec![Edit::insert(last.place.span.end, without)]);
    }
    // The word that stays: the first good one, or the first of all, which becomes good.
    let stays = |at: usize| {
        let text = list.words.get(at).map_or("", |word| word.text);
        !bad(at) && !text.starts_with(['-', '!'])
    };
    let kept = (0..list.words.len()).find(|at| stays(*at));
    let kept = match kept {
        Some(kept) => kept,
        None if (0..number).any(bad) => (0..number).find(|at| bad(*at))?,
        None => return Some(vec![Edit::replace(word.place.span, as_tls12(word.text))]),
    };
    if let Some(element) = word.element {
        return tree_edit::remove(element, element.parent().filter(|p| p.kind() == Kind::Sequence)?);
    }
    let span = word.place.span;
    Some(vec![Edit::remove(if number < kept {
        Span { start: span.start, end: list.words.get(number + 1)?.place.span.start }
    } else {
        Span { start: list.words.get(number.checked_sub(1)?)?.place.span.end, end: span.end }
    })])
}

/// What stands between the words of a list, in front of the one at `start`.
fn separator<'a>(list: &WordList<'a>, start: u32) -> &'a str {
    let end = list.words.first().map_or(start, |first| first.place.span.end);
    let between = list.source.slice(Span { start: end, end: start });
    if between.contains('\n') || between.is_empty() { ", " } else { between }
}

#[cfg(test)]
mod tests {
    use super::{Named, named};

    #[test]
    fn names_are_told_apart() {
        for name in [
            "server_tls_min_version",
            "tls_minimum_protocol_version",
            "ssl_protocols",
            "server_ssl_enabled_protocols",
            "tls_options_default_min_version",
            "min_tls_version",
            "min_tls",
            "ssl_min_ver",
            "virtualhost_sslprotocol",
            "tls_version",
            "smtpd_tls_mandatory_protocols",
            "ssl_options_versions_1",
            "management_ssl_versions_2",
            "https_protocols",
        ] {
            assert_eq!(named(name), Some(Named::Surely), "{name}");
        }
        assert_eq!(named("default_min_version"), Some(Named::Perhaps));
        for name in [
            "tls_max_version",
            "version",
            "api_version",
            "protocol",
            "ssl_ver",
            "min",
            "tls",
            "http_versions",
            "https_version",
            "tls_1",
            "options_versions_1",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
