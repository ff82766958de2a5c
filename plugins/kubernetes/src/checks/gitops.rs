//! What deploys from repositories: projects and users of Argo CD, and where it, Flux and their like fetch from.

use crate::checks::describe;
use crate::edit::remove;
use crate::view::{Answer, Manifests, Object, ask, is_complete, known_text, list, truth};
use std::net::Ipv4Addr;
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// `project-unrestricted`: a project of Argo CD takes every source and admits every destination and every kind of
/// cluster object.
pub(crate) fn project_unrestricted(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("argoproj.io", "AppProject")) {
        let Some(source) = any_source(object) else { continue };
        let (Some(destination), Some(kinds)) = (any_destination(object), any_kind(object)) else { continue };
        let message = format!(
            "{} takes manifests of every repository for every namespace and every kind of object",
            describe(object)
        );
        out.finding(source.place(), message)
            .label(destination.place(), "every destination")
            .label(kinds.place(), "every kind of cluster object");
    }
}

fn is_star(node: Node<'_>) -> bool {
    known_text(node) == Some("*")
}

/// Whether a list is there in full and has no entry that takes something out again (`!https://...`).
fn only_adds<'a>(list: Node<'a>, texts: impl Fn(Node<'a>) -> Vec<Node<'a>>) -> bool {
    let denies = |node: Node<'_>| known_text(node).is_none_or(|text| text.starts_with('!'));
    is_complete(list) && !list.children().flat_map(texts).any(denies)
}

/// The star among the repositories, where nothing says that commits have to be signed.
fn any_source<'a>(object: &Object<'a>) -> Option<Node<'a>> {
    let sources = ask(object.node, "spec.sourceRepos").node()?;
    let signed = !is_empty(ask(object.node, "spec.signatureKeys"));
    let star = sources.children().find(|entry| is_star(*entry))?;
    (!signed && only_adds(sources, |entry| vec![entry])).then_some(star)
}

/// The destination that is every namespace of every cluster.
fn any_destination<'a>(object: &Object<'a>) -> Option<Node<'a>> {
    const FIELDS: [&str; 3] = ["namespace", "server", "name"];
    let destinations = ask(object.node, "spec.destinations").node()?;
    let named = |entry: Node<'a>| FIELDS.iter().filter_map(|field| entry.get(field)).collect();
    let is_any = |entry: &Node<'a>| {
        let has_star = |field: &str| ask(*entry, field).node().is_some_and(is_star);
        has_star("namespace") && (has_star("server") || has_star("name"))
    };
    let namespace = destinations.children().find(is_any)?.get("namespace")?;
    only_adds(destinations, named).then_some(namespace)
}

/// The entry for every kind of cluster object, where none is taken out again.
fn any_kind<'a>(object: &Object<'a>) -> Option<Node<'a>> {
    let entries = list(object.node, "spec.clusterResourceWhitelist");
    let kinds = entries.filter_map(|entry| {
        let group = ask(entry, "group").node()?;
        ask(entry, "kind").node().filter(|kind| is_star(group) && is_star(*kind))
    });
    is_empty(ask(object.node, "spec.clusterResourceBlacklist")).then_some(kinds)?.next()
}

/// Whether a list is certainly empty.
fn is_empty(answer: Answer<'_>) -> bool {
    match answer {
        Answer::Missing => true,
        Answer::Unknown => false,
        Answer::Is(list) => list.children().next().is_none() && is_complete(list),
    }
}

/// `default-admin`: whoever logs in to Argo CD is its administrator, where nothing else is said of them.
pub(crate) fn default_admin(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let default = match (object.group(), object.kind) {
            ("", "ConfigMap") if object.name() == Some("argocd-rbac-cm") => {
                ask(object.node, "data").then_key("policy.default")
            }
            // The operator's object, from which it makes that ConfigMap.
            ("argoproj.io", "ArgoCD") => ask(object.node, "spec.rbac.defaultPolicy"),
            _ => continue,
        };
        let Some(node) = default.node().filter(|node| known_text(*node) == Some("role:admin")) else {
            continue;
        };
        let message = format!("{} makes everyone who logs in an administrator", describe(object));
        let finding = out.finding(node.entry_place(), message);
        if node.kind() == Kind::Scalar {
            let edit = Edit::replace_value(node, "role:readonly");
            finding.unsafe_fix("let them read", vec![edit]);
        }
    }
}

/// `source-plaintext`: what is going to run in the cluster is fetched over plain HTTP from outside of it.
pub(crate) fn source_plaintext(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let (group, kind) = (object.group(), object.kind);
        let at = |path: &str| ask(object.node, path).node().into_iter().collect::<Vec<_>>();
        let addresses = match kind {
            // A generator of an ApplicationSet may lie in others, and each has repositories of its own.
            "Application" | "ApplicationSet" if group == "argoproj.io" => {
                let nodes = object.node.descendants();
                nodes.filter(|node| node.is_scalar() && node.has_name("repoURL")).collect()
            }
            "GitRepository" | "HelmRepository" | "OCIRepository" | "ImageRepository" | "Bucket"
                if group.ends_with("toolkit.fluxcd.io") =>
            {
                without_tls(object, out);
                at("spec.url")
            }
            "HelmChart" if group == "helm.cattle.io" => at("spec.repo"),
            "GitRepo" if group == "fleet.cattle.io" => at("spec.repo"),
            "HelmOp" if group == "fleet.cattle.io" => at("spec.helm.repo"),
            _ => continue,
        };
        for node in addresses {
            let Some(rest) = known_text(node).and_then(|text| text.strip_prefix("http://")) else { continue };
            let Some(host) = public_host(rest) else { continue };
            let message = format!("{} fetches from {host} over plain HTTP", describe(object));
            let finding = out.finding(node.place(), message);
            if node.kind() == Kind::Scalar {
                let edit = Edit::replace_value(node, format!("https://{rest}"));
                finding.unsafe_fix("use HTTPS", vec![edit]);
            }
        }
    }
}

/// Reports a source of Flux that may be fetched without TLS, from a registry or store that has no scheme in its address.
fn without_tls(object: &Object<'_>, out: &mut Out) {
    let Some(node) = ask(object.node, "spec.insecure").node().filter(|n| truth(*n) == Some(true)) else {
        return;
    };
    let address = ["spec.url", "spec.endpoint", "spec.image"]
        .into_iter()
        .find_map(|path| ask(object.node, path).node().and_then(known_text));
    let Some(address) = address.filter(|address| !address.starts_with("http://")) else { return };
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    if let Some(host) = public_host(rest) {
        let message = format!("{} may fetch from {host} over plain HTTP", describe(object));
        let finding = out.finding(node.entry_place(), message);
        if let Some(edits) = node.parent().and_then(|spec| remove(node, spec)) {
            finding.unsafe_fix("remove insecure", edits);
        }
    }
}

/// Last labels of names that lead nowhere outside of a network, and those of documentation.
const INSIDE: [&str; 18] = [
    "svc",
    "local",
    "localdomain",
    "internal",
    "lan",
    "lab",
    "homelab",
    "corp",
    "home",
    "intra",
    "intranet",
    "private",
    "consul",
    "test",
    "example",
    "invalid",
    "localhost",
    "cluster",
];

/// Last labels of names with two labels that are surely domains: `gitea.gitea` is a service in a namespace.
const DOMAINS: [&str; 9] = ["com", "org", "net", "io", "dev", "app", "cloud", "eu", "de"];

/// The host of an address, where it lies outside of the cluster and of private networks.
fn public_host(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host).trim_end_matches('.');
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        let inside = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_unspecified()
            || address.is_documentation();
        return (!inside).then_some(host);
    }
    if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') || host.contains(".svc.") {
        return None;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let public = match labels.as_slice() {
        [] | [_] => false,
        ["example", "com" | "org" | "net"] | [.., "example", "com" | "org" | "net"] => false,
        [_, last] => DOMAINS.contains(last),
        [.., last] => !INSIDE.contains(last),
    };
    public.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::public_host;

    #[test]
    fn hosts_inside_are_no_matter_of_others() {
        for (address, host) in [
            ("git.shop-services.com/web.git", Some("git.shop-services.com")),
            ("user:token@github.com/a/b", Some("github.com")),
            ("203.0.114.7:3000/x", Some("203.0.114.7")),
            ("gitea-http.gitea.svc.cluster.local:3000/a/b.git", None),
            ("gitea.gitea:3000/argo/deploy", None),
            ("gitea:3000/x", None),
            ("git.example.com/web.git", None),
            ("example.org", None),
            ("10.2.3.4/x", None),
            ("git.internal/x", None),
            ("git.rack.homelab/x", None),
            ("{{ .host }}.shop.com/x", None),
            ("", None),
        ] {
            assert_eq!(public_host(address), host, "{address}");
        }
    }
}
