//! Service meshes, and TLS that the cluster's own objects skip.

use crate::checks::describe;
use crate::edit::set;
use crate::view::{Answer, Manifests, Object, ask, known_text, list, truth};
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// Where custom resources say that a certificate is not checked: the end of their group, kind, and path.
const SKIPPED_IN_RESOURCES: [(&str, &str, &str); 13] = [
    ("cert-manager.io", "ClusterIssuer", "spec.acme.skipTLSVerify"),
    ("cert-manager.io", "Issuer", "spec.acme.skipTLSVerify"),
    ("fleet.cattle.io", "GitRepo", "spec.insecureSkipTLSVerify"),
    ("fleet.cattle.io", "HelmOp", "spec.insecureSkipTLSVerify"),
    ("gateway.envoyproxy.io", "Backend", "spec.tls.insecureSkipVerify"),
    ("gateway.kgateway.dev", "BackendConfigPolicy", "spec.tls.insecureSkipVerify"),
    ("helm.cattle.io", "HelmChart", "spec.insecureSkipTLSVerify"),
    ("networking.istio.io", "DestinationRule", "spec.trafficPolicy.tls.insecureSkipVerify"),
    ("traefik.io", "ServersTransport", "spec.insecureSkipVerify"),
    ("traefik.io", "ServersTransportTCP", "spec.tls.insecureSkipVerify"),
    ("traefik.containo.us", "ServersTransport", "spec.insecureSkipVerify"),
    ("traefik.containo.us", "ServersTransportTCP", "spec.tls.insecureSkipVerify"),
    ("velero.io", "BackupStorageLocation", "spec.config.insecureSkipTLSVerify"),
];

/// `skip-tls-verify`: a kubeconfig cluster, an APIService, a webhook or a custom resource does not check a certificate,
/// or a Gateway lets clients in whose certificates are not good.
pub(crate) fn skip_tls_verify(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        let nodes: Vec<(String, Option<Node<'_>>)> = match object.kind {
            "Config" if object.group().is_empty() => list(object.node, "clusters")
                .map(|entry| {
                    let name = ask(entry, "name").node().and_then(known_text).unwrap_or("without a name");
                    (format!("cluster {name}"), ask(entry, "cluster.insecure-skip-tls-verify").node())
                })
                .collect(),
            "APIService" => {
                vec![(describe(object), ask(object.node, "spec.insecureSkipTLSVerify").node())]
            }
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
                list(object.node, "webhooks")
                    .map(|hook| (describe(object), ask(hook, "clientConfig.insecureSkipTLSVerify").node()))
                    .collect()
            }
            "ScaledObject" | "ScaledJob" if object.group() == "keda.sh" => {
                let triggers = list(object.node, "spec.triggers");
                triggers
                    .map(|trigger| (describe(object), ask(trigger, "metadata.unsafeSsl").node()))
                    .collect()
            }
            "Secret" if object.group().is_empty() => vec![(describe(object), of_argo(object))],
            "Gateway" if object.group() == "gateway.networking.k8s.io" => {
                gateway_fallback(object, out);
                continue;
            }
            // Each of Prometheus' jobs has settings of its own for TLS, at many places.
            _ if object.group() == "monitoring.coreos.com" => {
                let spec = ask(object.node, "spec").node();
                let settings = spec.into_iter().flat_map(Node::descendants);
                settings
                    .filter(|node| node.name() == "insecureSkipVerify")
                    .map(|node| (describe(object), Some(node)))
                    .collect()
            }
            _ => {
                let here = SKIPPED_IN_RESOURCES
                    .iter()
                    .filter(|(group, kind, _)| object.is(group, kind))
                    .map(|(_, _, path)| (describe(object), ask(object.node, path).node()));
                here.collect()
            }
        };
        for (whose, node) in nodes {
            // What stands in a map of texts is `"true"`.
            let Some(node) = node.filter(|n| truth(*n) == Some(true) || known_text(*n) == Some("true"))
            else {
                continue;
            };
            let finding = out.finding(node.entry_place(), format!("{whose} skips the check of certificates"));
            if node.kind() == Kind::Scalar {
                let fixed = if truth(node) == Some(true) { "false" } else { "\"false\"" };
                finding.unsafe_fix("check the certificate", vec![Edit::replace_value(node, fixed)]);
            }
        }
    }
}

/// What a Secret in which Argo CD keeps a repository says about its certificate.
fn of_argo<'a>(secret: &Object<'a>) -> Option<Node<'a>> {
    let label = ask(secret.node, "metadata.labels").then_key("argocd.argoproj.io/secret-type").node()?;
    matches!(known_text(label)?, "repository" | "repo-creds")
        .then(|| ask(secret.node, "stringData.insecure").node())?
}

/// Reports where a Gateway asks clients for certificates and takes any, or none.
fn gateway_fallback(object: &Object<'_>, out: &mut Out) {
    let default = ask(object.node, "spec.tls.frontend.default.validation.mode").node();
    let by_port = list(object.node, "spec.tls.frontend.perPort")
        .filter_map(|port| ask(port, "tls.validation.mode").node());
    for node in default.into_iter().chain(by_port) {
        if known_text(node) == Some("AllowInsecureFallback") {
            let message = format!("{} lets clients in without a good certificate", describe(object));
            let finding = out.finding(node.entry_place(), message);
            if node.kind() == Kind::Scalar {
                let edit = Edit::replace_value(node, "AllowValidOnly");
                finding.unsafe_fix("let in clients with a good certificate only", vec![edit]);
            }
        }
    }
}

/// `mesh-plaintext`: a mesh accepts or sends connections without mutual TLS.
pub(crate) fn mesh_plaintext(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        if object.group() == "security.istio.io" && object.kind == "PeerAuthentication" {
            let ports = ask(object.node, "spec.portLevelMtls").node();
            let ports =
                ports.into_iter().flat_map(Node::children).filter_map(|port| ask(port, "mode").node());
            for node in ask(object.node, "spec.mtls.mode").node().into_iter().chain(ports) {
                if matches!(known_text(node), Some("PERMISSIVE" | "DISABLE" | "UNSET")) {
                    report(object, node, "accepts plaintext: mode", "STRICT", out);
                }
            }
        } else if object.group() == "networking.istio.io" && object.kind == "DestinationRule" {
            let subsets = list(object.node, "spec.subsets").filter_map(|s| ask(s, "trafficPolicy").node());
            for policy in ask(object.node, "spec.trafficPolicy").node().into_iter().chain(subsets) {
                let ports = list(policy, "portLevelSettings").filter_map(|p| ask(p, "tls.mode").node());
                for node in ask(policy, "tls.mode").node().into_iter().chain(ports) {
                    if known_text(node) == Some("DISABLE") {
                        report(object, node, "sends plaintext: mode", "ISTIO_MUTUAL", out);
                    }
                }
            }
        }
        // The policy of one port, which stands above that of its pods.
        let of_port = ask(object.node, "spec.accessPolicy").node();
        if let Some(node) = of_port.filter(|_| object.is("policy.linkerd.io", "Server"))
            && known_text(node) == Some("all-unauthenticated")
        {
            report(object, node, "accepts plaintext: policy", "all-authenticated", out);
        }
        let name = "config.linkerd.io/default-inbound-policy";
        let pods = object.pod.as_ref().map_or(Answer::Missing, |pod| pod.annotation(name));
        for node in [object.annotation(name), pods].into_iter().filter_map(Answer::node) {
            if known_text(node) == Some("all-unauthenticated") {
                report(object, node, "accepts plaintext: policy", "all-authenticated", out);
            }
            if object.kind == "Pod" {
                break;
            }
        }
    }
}

fn report(object: &Object<'_>, node: Node<'_>, what: &str, fix: &str, out: &mut Out) {
    let value = known_text(node).unwrap_or_default();
    let finding = out.finding(node.entry_place(), format!("{} {what} {value}", describe(object)));
    if let Some(parent) = node.parent().filter(|_| node.kind() == Kind::Scalar)
        && let Some(edits) = set(parent, &[node.name()], fix)
    {
        finding.unsafe_fix(format!("set it to {fix}"), edits);
    }
}

/// `mesh-allow-all`: an AuthorizationPolicy of Istio or a ServerAuthorization of Linkerd lets everyone call.
pub(crate) fn mesh_allow_all(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in view.objects.iter().filter(|o| o.is("policy.linkerd.io", "ServerAuthorization")) {
        let Some(client) = ask(object.node, "spec.client").node() else { continue };
        if let Some(node) = ask(client, "unauthenticated").node()
            && truth(node) == Some(true)
            && ask(client, "networks").is_missing()
        {
            out.finding(
                node.entry_place(),
                format!("{} allows everyone, from any network", describe(object)),
            );
        }
    }
    for object in view.objects.iter().filter(|o| o.is("security.istio.io", "AuthorizationPolicy")) {
        let action = match ask(object.node, "spec.action") {
            Answer::Missing => Some("ALLOW"),
            Answer::Unknown => None,
            Answer::Is(node) => known_text(node),
        };
        if action != Some("ALLOW") {
            continue;
        }
        let admin = is_admin(object, params);
        for rule in list(object.node, "spec.rules") {
            if rule.resolve().kind() != Kind::Mapping && !rule.is_null() || rule.may_have_more() {
                continue;
            }
            if rule.children().next().is_none() {
                out.finding(rule.place(), format!("{} allows everyone with an empty rule", describe(object)));
                continue;
            }
            let from = ask(rule, "from");
            if from.is_missing() && admin {
                let place = rule.children().next().map_or_else(|| rule.place(), Node::key_place);
                out.finding(place, format!("{} allows everyone: a rule has no from", describe(object)));
            }
            for source in list(rule, "from").filter(|source| !is_narrowed(*source)) {
                for principal in list(source, "source.principals").filter(|p| known_text(*p) == Some("*")) {
                    out.finding(principal.place(), format!("{} allows the principal *", describe(object)));
                }
            }
        }
    }
}

/// Whether a source asks for more than a principal: a caller has to fit all of its fields.
fn is_narrowed(from: Node<'_>) -> bool {
    ["namespaces", "serviceAccounts", "requestPrincipals", "ipBlocks", "remoteIpBlocks"].iter().any(|field| {
        let values = ask(from, "source").then_key(field);
        let Answer::Is(values) = values else { return !values.is_missing() };
        values.resolve().children().all(|value| known_text(value) != Some("*"))
    })
}

/// Whether name or selector speak of a workload for operators.
fn is_admin(object: &Object<'_>, params: &Params) -> bool {
    let labels = ask(object.node, "spec.selector.matchLabels").node();
    let labels = labels.into_iter().flat_map(Node::children).filter_map(known_text);
    object.name().into_iter().chain(labels).any(|text| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| params.strings("words").any(|w| w == part))
    })
}
