//! Tiller, the server of Helm 2: who can reach it.

use crate::checks::{describe, image};
use crate::view::{Answer, Container, Manifests, Pod, ask, is_complete, known_text};
use stockade_sdk::{Node, Out, Params, Place};

/// Labels whose value names the program that an object belongs to.
const NAME_LABELS: [&str; 3] = ["name", "app", "app.kubernetes.io/name"];

/// `tiller-listener`: Tiller takes calls from other pods, and does not ask for a certificate.
pub(crate) fn listener(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers().filter(|(pod, container)| is_tiller(pod, container)) {
        if asks_for_certificates(container) {
            continue;
        }
        let Some((address, place)) = listens(container) else { continue };
        let on = match address {
            Some(address) if is_loopback(address) => continue,
            Some(address) => address,
            None => "all addresses",
        };
        out.finding(place, format!("container {} listens on {on}", container.name()));
    }
}

/// Whether a container runs Tiller: by its image, or by its name and the labels that `helm init` gave to the pod.
fn is_tiller(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    let by_image = image::program(container).is_some_and(|(_, name)| name == "tiller");
    let labelled = |key, value| pod.labels().then_key(key).node().and_then(known_text) == Some(value);
    by_image || (container.name() == "tiller" && labelled("app", "helm") && labelled("name", "tiller"))
}

/// The words of command and arguments with where each stands, `None` where some may be hidden.
fn words<'a>(container: &Container<'a>) -> Option<Vec<(&'a str, Node<'a>)>> {
    let mut all = Vec::new();
    for field in ["command", "args"] {
        match container.ask(field) {
            Answer::Unknown => return None,
            Answer::Missing => {}
            Answer::Is(list) if !is_complete(list) => return None,
            Answer::Is(list) => {
                for node in list.children() {
                    // A script in one string is cut at blanks as well.
                    all.extend(known_text(node)?.split_whitespace().map(|word| (word, node)));
                }
            }
        }
    }
    Some(all)
}

/// The address that Tiller listens on and where it stands; no address where it is the default, which is every one.
/// `None` where nobody knows.
fn listens<'a>(container: &Container<'a>) -> Option<(Option<&'a str>, Place)> {
    let words = words(container)?;
    let mut found = None;
    let mut rest = words.iter();
    while let Some((word, node)) = rest.next() {
        let value = match *word {
            "--listen" | "-listen" | "-l" => rest.next().map(|(value, _)| *value),
            word => ["--listen=", "-listen=", "-l="].iter().find_map(|flag| word.strip_prefix(flag)),
        };
        if let Some(value) = value {
            found = Some((value.trim_matches(['"', '\'']), node.place()));
        }
    }
    match found {
        Some((address, _)) if address.contains(['$', '`']) => None,
        // Without a host in front of the port it is every address.
        Some((address, place)) if address.starts_with(':') => Some((None, place)),
        Some((address, place)) => Some((Some(address), place)),
        None if words.iter().any(|(word, _)| word.contains(['$', '`'])) => None,
        None => Some((None, container.place_of_missing("args"))),
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    matches!(host, "localhost" | "[::1]") || host.starts_with("127.")
}

/// Whether Tiller serves only those who show a certificate, by flag or by variable.
fn asks_for_certificates(container: &Container<'_>) -> bool {
    let flag = words(container).is_none_or(|words| {
        words.iter().any(|(word, _)| matches!(*word, "--tls-verify" | "--tls-verify=true"))
    });
    let variable = container.list("env").any(|entry| {
        let name = ask(entry, "name").node().and_then(known_text);
        name == Some("TILLER_TLS_VERIFY")
            && ask(entry, "value").node().is_none_or(|value| known_text(value) != Some(""))
    });
    flag || variable
}

/// `tiller-service`: a Service makes Tiller known to the whole cluster.
pub(crate) fn service(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("", "Service")) {
        let labelled = |path: &str| {
            let labels = ask(object.node, path).node()?;
            let is_its = |label: &&str| labels.get(label).and_then(known_text) == Some("tiller");
            NAME_LABELS.iter().find(|label| is_its(label)).and_then(|label| labels.get(label))
        };
        let place = match labelled("spec.selector").or_else(|| labelled("metadata.labels")) {
            Some(label) => label.entry_place(),
            None if matches!(object.name(), Some("tiller" | "tiller-deploy")) => object.place(),
            None => continue,
        };
        out.finding(place, format!("{} makes Tiller known to the cluster", describe(object)));
    }
}
