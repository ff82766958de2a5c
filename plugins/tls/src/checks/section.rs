//! Sections about TLS that lack a part.

use crate::host::is_inside;
use crate::view::View;
use std::collections::{BTreeMap, HashMap};
use stockade_sdk::{Kind, Node, Out, Params, Setting, ValueKind, row_flag};

/// What a setting is in a section about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Certificate,
    Key,
    /// Both in one file, or a store that holds them.
    Both,
}

/// Last words of a name behind `tls` or `ssl`, and what they stand for; longer ones first.
const PARTS: [(&str, Part); 32] = [
    ("certificate_key_file", Part::Both),
    ("cert_key_file", Part::Both),
    ("certificate_and_key_file", Part::Both),
    ("key_store", Part::Both),
    ("keystore", Part::Both),
    ("keystore_path", Part::Both),
    ("keystore_location", Part::Both),
    ("pem_file", Part::Both),
    ("pem_path", Part::Both),
    ("secret_name", Part::Both),
    ("existing_secret", Part::Both),
    ("certificate_private_key", Part::Key),
    ("certificate_key", Part::Key),
    ("cert_key", Part::Key),
    ("private_key_file", Part::Key),
    ("private_key_path", Part::Key),
    ("private_key", Part::Key),
    // Exim.
    ("privatekey", Part::Key),
    ("key_file", Part::Key),
    ("key_path", Part::Key),
    ("keyfile", Part::Key),
    ("key", Part::Key),
    ("certificate_file", Part::Certificate),
    ("certificate_path", Part::Certificate),
    ("certificate_chain", Part::Certificate),
    ("certificate", Part::Certificate),
    ("cert_file", Part::Certificate),
    ("cert_path", Part::Certificate),
    ("cert_chain", Part::Certificate),
    ("certfile", Part::Certificate),
    ("cert", Part::Certificate),
    ("crt", Part::Certificate),
];

/// Splits `server_tls_cert_file` into its section `server_tls` and what it is there.
fn part(name: &str) -> Option<(&str, Part)> {
    PARTS.iter().find_map(|(end, part)| {
        let section = name.strip_suffix(end)?.strip_suffix('_')?;
        let last = section.rsplit('_').next().unwrap_or_default();
        matches!(last, "tls" | "ssl").then_some((section, *part))
    })
}

/// Whether a certificate is one to verify others by: such a one has no key here.
fn is_authority(setting: Setting<'_>) -> bool {
    // `SSL_CERT_FILE` is where OpenSSL, Go and others look for authorities.
    setting.name().ends_with("ssl_cert_file") && setting.has(row_flag::VARIABLE)
        || setting.value().to_ascii_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
            matches!(word, "ca" | "cacert" | "cacerts" | "root" | "bundle" | "certifi" | "authority")
        })
}

/// Whether the file of a certificate may hold its key as well, as those for HAProxy and Ceph do.
fn may_hold_key(setting: Setting<'_>) -> bool {
    let value = setting.value().to_ascii_lowercase();
    let name = value.rsplit(['/', '\\']).next().unwrap_or_default();
    name.ends_with(".pem") && !["cert", "crt", "chain", "public"].iter().any(|word| name.contains(word))
}

/// `pair`: a section sets a certificate and no key, or a key and no certificate.
pub fn pair(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let mut sections: BTreeMap<&str, Vec<(Setting<'_>, Part)>> = BTreeMap::new();
    for setting in view.source.settings() {
        if let Some((section, part)) = part(setting.name()) {
            sections.entry(section).or_default().push((setting, part));
        }
    }
    if !sections.is_empty() {
        view.judges(out);
    }
    for (section, settings) in &sections {
        // A template, a variable or a reference is there, whatever it will be.
        let set = |wanted: Part| {
            settings
                .iter()
                .find(|(setting, part)| *part == wanted && setting.kind() != ValueKind::Empty)
                .map(|(setting, _)| *setting)
        };
        let (certificate, key) = (set(Part::Certificate), set(Part::Key));
        let (setting, lacks) = match (certificate, key, set(Part::Both)) {
            (Some(certificate), None, None) if !is_authority(certificate) && !may_hold_key(certificate) => {
                (certificate, "key")
            }
            (None, Some(key), None) => (key, "certificate"),
            _ => continue,
        };
        // `/run/secrets/tls.key` counts as a reference, and says as much.
        let unknown = setting.has(row_flag::UNKNOWN | row_flag::INHERITED);
        if unknown
            || setting.kind() == ValueKind::Template
            // A task of Ansible gives some other program what this one lacks.
            || setting.name().starts_with("tasks_")
            || may_have_more(setting)
            || !looks_like_a_file(setting.value())
        {
            continue;
        }
        let name = setting.written();
        out.finding(setting.key_place(), format!("{name} is set and no {lacks} is beside it")).key(*section);
    }
}

/// Whether a value is a path or the material itself, not a switch, a name of a secret or a number.
fn looks_like_a_file(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.contains('/')
        || value.contains('\\')
        || value.contains("-----BEGIN")
        || [".pem", ".crt", ".cer", ".key", ".cert", ".der"].iter().any(|end| lower.ends_with(end))
}

/// Whether the section may have entries that are not there to be seen.
fn may_have_more(setting: Setting<'_>) -> bool {
    setting.node().ancestors().filter(|n| n.kind() == Kind::Mapping).take(2).any(Node::may_have_more)
}

/// Words of a name that say how the other side is known.
fn names_trust(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(
            word,
            "ca" | "cacert"
                | "cafile"
                | "capath"
                | "cabundle"
                | "cacerts"
                | "pin"
                | "pins"
                | "pinned"
                | "fingerprint"
                | "truststore"
                | "trust"
                | "trusted"
                | "spiffe"
        )
    }) || name.contains("root_cert")
        || name.contains("trust_store")
}

fn names_tls(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "tls" | "ssl" | "mtls" | "https"))
}

/// Settings that belong together: those of a mapping, or variables that begin alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Section<'a> {
    /// By the number of its node.
    Mapping(u32),
    /// By what stands in front of the last word.
    Family(&'a str),
}

/// What the settings of a section say of TLS.
#[derive(Default)]
struct Talk {
    /// The first node that speaks of TLS, and another one.
    about: [Option<u32>; 2],
    /// Whether an authority or a pin is named.
    trusted: bool,
}

impl Talk {
    fn hear(&mut self, setting: &Setting<'_>) {
        self.trusted |= names_trust(setting.name());
        if names_tls(setting.name()) {
            let node = setting.node().id();
            match self.about {
                [None, _] => self.about = [Some(node), None],
                [Some(first), None] if first != node => self.about = [Some(first), Some(node)],
                _ => {}
            }
        }
    }

    /// Whether something beside this node speaks of TLS.
    fn is_about_tls(&self, node: u32) -> bool {
        self.about.into_iter().flatten().any(|other| other != node)
    }
}

/// Whether the host of an address over TLS is private; `None` for other addresses.
fn private_host(value: &str) -> Option<bool> {
    let (scheme, rest) = value.split_once("://")?;
    if !matches!(scheme, "https" | "rediss" | "amqps" | "ldaps" | "mqtts" | "grpcs") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let private = is_inside(host)
        && host.contains('.')
        && !host.contains("example")
        && !host.starts_with("127.")
        && !host.contains(['$', '{']);
    Some(private)
}

/// `trust-missing`: a client's section talks to a private host over TLS and names neither an authority nor a pin.
pub fn trust_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let settings = || view.source.settings().filter(|s| !s.has(row_flag::PART));
    let mut talks: HashMap<Section<'_>, Talk> = HashMap::new();
    let mut clients: Vec<(Setting<'_>, Section<'_>)> = Vec::new();
    for setting in settings().filter(|s| s.kind() == ValueKind::Url || s.kind() == ValueKind::Dsn) {
        let Some(private) = private_host(setting.value()).filter(|_| setting.is_value()) else { continue };
        view.judges(out);
        // The section is the mapping around, or the family of variables that begin alike.
        let mapping = setting.node().parent().filter(|p| p.kind() == Kind::Mapping && p.key_span().is_some());
        if !private || mapping.is_some_and(Node::may_have_more) {
            continue;
        }
        let family = setting.name().rsplit_once('_').map(|(front, _)| front);
        let section = match (mapping, family) {
            (Some(mapping), _) => Section::Mapping(mapping.id()),
            (None, Some(family)) => Section::Family(family),
            (None, None) => continue,
        };
        if talks.insert(section, Talk::default()).is_none() {
            clients.push((setting, section));
        }
    }
    if clients.is_empty() {
        return;
    }
    // Every setting is looked at once, whatever the number of sections: a list of parts may hold thousands of addresses.
    for setting in settings().filter(|s| names_tls(s.name()) || names_trust(s.name())) {
        for above in setting.node().ancestors() {
            if let Some(talk) = talks.get_mut(&Section::Mapping(above.id())) {
                talk.hear(&setting);
            }
        }
        let name = setting.name();
        for (at, _) in name.match_indices('_') {
            if let Some(talk) = name.get(..at).and_then(|front| talks.get_mut(&Section::Family(front))) {
                talk.hear(&setting);
            }
        }
    }
    for (setting, section) in clients {
        // The section must speak of TLS beyond its address, or it leaves trust to something else.
        let Some(talk) = talks.get(&section) else { continue };
        if talk.trusted || !talk.is_about_tls(setting.node().id()) {
            continue;
        }
        let name = setting.written();
        let message = format!("{name} is a private host, and neither an authority nor a pin is given for it");
        out.finding(setting.place(), message).key(name);
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, names_trust, part};

    #[test]
    fn names_are_split_into_section_and_part() {
        assert_eq!(part("server_tls_cert_file"), Some(("server_tls", Part::Certificate)));
        assert_eq!(part("ssl_key"), Some(("ssl", Part::Key)));
        assert_eq!(part("server_ssl_certificate_private_key"), Some(("server_ssl", Part::Key)));
        assert_eq!(part("net_tls_certificate_key_file"), Some(("net_tls", Part::Both)));
        for name in ["api_key", "tls_api_key", "cert", "tls_min_version", "tls"] {
            assert_eq!(part(name), None, "{name}");
        }
    }

    #[test]
    fn trust_is_named_in_many_ways() {
        for name in
            ["vault_ca_cert", "tls_root_cert_file", "ssl_truststore_location", "pins", "server_fingerprint"]
        {
            assert!(names_trust(name), "{name}");
        }
        assert!(!names_trust("tls_cert") && !names_trust("cache"));
    }
}
