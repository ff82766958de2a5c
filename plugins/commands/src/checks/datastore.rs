//! Vector stores, search engines and queues that answer anybody.

use crate::View;
use std::collections::BTreeSet;
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Out, Params, Setting, ValueKind, row_flag};

/// Products by the words of their names, and the port of their HTTP interface.
const PRODUCTS: [(&str, &[&str], u16); 10] = [
    ("Qdrant", &["qdrant"], 6333),
    ("Weaviate", &["weaviate"], 0),
    ("Elasticsearch", &["elasticsearch", "elastic"], 0),
    ("OpenSearch", &["opensearch"], 0),
    ("Meilisearch", &["meilisearch", "meili"], 7700),
    ("Typesense", &["typesense"], 8108),
    ("Solr", &["solr"], 8983),
    ("Chroma", &["chroma", "chromadb"], 0),
    ("RabbitMQ", &["rabbitmq"], 15672),
    // Where nothing but the port tells, it tells no more than this.
    ("Elasticsearch or OpenSearch", &["elasticsearch", "elastic", "opensearch"], 9200),
];

/// The product one of whose names is among the words.
fn by_words<'w>(mut words: impl Iterator<Item = &'w str>) -> Option<&'static str> {
    words
        .find_map(|word| PRODUCTS.iter().find(|(_, names, _)| names.contains(&word)))
        .map(|(product, ..)| *product)
}

/// Last words of settings by which a client proves who it is.
const PROOFS: [&str; 14] = [
    "key",
    "apikey",
    "token",
    "password",
    "passwd",
    "pass",
    "user",
    "username",
    "secret",
    "auth",
    "credentials",
    "cert",
    "certificate",
    "login",
];

/// An address that is reached over plain HTTP.
struct Address<'t> {
    host: &'t str,
    port: Option<u16>,
    path: &'t str,
}

fn address(url: &str) -> Option<Address<'_>> {
    let rest = url.trim().strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A user in front of the host is a proof, and so is a key in the query.
    if authority.contains('@') || path.to_ascii_lowercase().contains("key=") {
        return None;
    }
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    (!host.is_empty()).then_some(Address { host, port: port.parse().ok(), path })
}

impl Address<'_> {
    /// What answers there, by the name of the host, of the setting or else the port.
    fn product(&self, setting: &str) -> Option<&'static str> {
        let host = self.host.to_ascii_lowercase();
        let by_port = || PRODUCTS.iter().find(|(.., port)| *port != 0 && self.port == Some(*port));
        // The broker's name is also that of what is no HTTP interface.
        by_words(host.split(|c: char| !c.is_ascii_alphanumeric()))
            .or_else(|| by_words(setting.split('_')))
            .or_else(|| by_port().map(|(product, ..)| *product))
            .filter(|product| *product != "RabbitMQ" || self.port == Some(15672))
    }

    /// Whether it only asks if somebody is there, which many products answer without a key.
    fn is_probe(&self) -> bool {
        let path = self.path.trim_end_matches('/').to_ascii_lowercase();
        ["health", "healthz", "readyz", "livez", "ready", "live", "ping", "metrics", "status"]
            .iter()
            .any(|end| path.ends_with(end))
    }
}

/// `datastore-key`: a setting or a command reaches such a product over HTTP without a key or user.
pub(crate) fn datastore_key(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let proofs = Proofs::new(view.source.settings());
    for setting in view.source.settings() {
        // Only what is said to be there for clients: where a program listens is another matter.
        let known = !setting.has(row_flag::UNKNOWN | row_flag::PART) || setting.has(row_flag::DEFAULT);
        if !known || setting.kind() != ValueKind::Url || !is_client(setting.name()) {
            continue;
        }
        let Some(address) = address(setting.value()) else { continue };
        let Some(product) = address.product(setting.name()) else { continue };
        if proofs.go_with(setting.name(), product) || address.is_probe() {
            continue;
        }
        let message = format!("{product} at {} is reached over HTTP without a key or user", address.host);
        out.finding(setting.place(), message).key(setting.name());
    }
    for command in &view.commands {
        if let Some((word, address, product)) = request(command) {
            let message = format!("{product} at {} is asked over HTTP without a key or user", address.host);
            out.finding(command.place(word), message);
        }
    }
}

/// Whether a name is that of an address to go to.
fn is_client(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default();
    matches!(
        last,
        "url"
            | "uri"
            | "host"
            | "hosts"
            | "endpoint"
            | "endpoints"
            | "address"
            | "addr"
            | "node"
            | "nodes"
            | "server"
            | "servers"
            | "connection"
            | "base"
    )
}

/// The settings of a file by which a client proves who it is.
struct Proofs<'a> {
    /// Words of their names, but for the last ones.
    words: BTreeSet<&'a str>,
    /// Their names, sorted.
    names: Vec<&'a str>,
}

impl<'a> Proofs<'a> {
    fn new(settings: impl Iterator<Item = Setting<'a>>) -> Self {
        let (mut all, mut names) = (BTreeSet::new(), Vec::new());
        for setting in settings {
            let mut words = setting.name().split('_');
            let last = words.next_back().unwrap_or_default();
            if PROOFS.contains(&last) && setting.kind() != ValueKind::Empty && !setting.is_off() {
                all.extend(words);
                names.push(setting.name());
            }
        }
        names.sort_unstable();
        Self { words: all, names }
    }

    /// Whether one of them is of this product, or has the same beginning as the name of the address.
    fn go_with(&self, address: &str, product: &str) -> bool {
        let names =
            PRODUCTS.iter().find(|(name, ..)| *name == product).map_or(&[][..], |(_, names, _)| *names);
        if names.iter().any(|name| self.words.contains(name)) {
            return true;
        }
        let beginning = address.rsplit_once('_').map_or("", |(head, _)| head);
        let first = self.names.partition_point(|name| *name < beginning);
        !beginning.is_empty() && self.names.get(first).is_some_and(|name| name.starts_with(beginning))
    }
}

/// The address that a command asks, if it gives no proof.
fn request(command: &Command) -> Option<(&Word, Address<'_>, &'static str)> {
    if !matches!(command.name(), "curl" | "wget" | "http" | "xh") {
        return None;
    }
    let proof = command.args().iter().any(|word| {
        let lower = word.text.to_ascii_lowercase();
        matches!(lower.as_str(), "-u" | "--user" | "-n" | "--netrc" | "--netrc-file" | "-k" | "-e" | "--cert" | "--key" | "--oauth2-bearer" | "-a")
            || lower.starts_with("--user=")
            || lower.starts_with("-u") && word.text.len() > 2 && !lower.starts_with("--")
            || ["api-key", "apikey", "authorization", "x-typesense", "token", "--password", "--http-user"].iter().any(|sign| lower.contains(sign))
            // Headers or options may be in a variable.
            || !word.known && word.text.starts_with('$')
    });
    if proof {
        return None;
    }
    command.args().iter().find_map(|word| {
        let address = address(&word.text)?;
        let product = address.product("")?;
        (!address.is_probe() && word.known).then_some((word, address, product))
    })
}
