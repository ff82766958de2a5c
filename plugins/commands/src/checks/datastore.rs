//! Vector stores, search engines and queues that answer anybody.

use crate::View;
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
    let settings: Vec<Setting<'_>> = view.source.settings().collect();
    for setting in &settings {
        // Only what is said to be there for clients: where a program listens is another matter.
        let known = !setting.has(row_flag::UNKNOWN | row_flag::PART) || setting.has(row_flag::DEFAULT);
        if !known || setting.kind() != ValueKind::Url || !is_client(setting.name()) {
            continue;
        }
        let Some(address) = address(setting.value()) else { continue };
        let Some(product) = address.product(setting.name()) else { continue };
        if settings.iter().any(|other| proves(*other, *setting, product)) || address.is_probe() {
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

/// Whether one setting is the proof that goes with another one: of the same product, or with the same beginning.
fn proves(proof: Setting<'_>, address: Setting<'_>, product: &str) -> bool {
    let mut words = proof.name().split('_');
    let last = words.next_back().unwrap_or_default();
    if !PROOFS.contains(&last) || matches!(proof.kind(), ValueKind::Empty) || proof.is_off() {
        return false;
    }
    let names = PRODUCTS.iter().find(|(name, ..)| *name == product).map_or(&[][..], |(_, names, _)| *names);
    let beginning = address.name().rsplit_once('_').map_or("", |(head, _)| head);
    words.any(|word| names.contains(&word)) || !beginning.is_empty() && proof.name().starts_with(beginning)
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
