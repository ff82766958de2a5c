//! Brokers and databases that operators run, where they take clients from outside of the cluster.

use crate::checks::describe;
use crate::view::{Manifests, Object, ask, known_text, list, truth};
use stockade_sdk::{Node, Out, Params};

/// `broker-exposed`: a broker or database is opened to the outside and speaks without TLS.
pub(crate) fn broker_exposed(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for object in &view.objects {
        match (object.group(), object.kind) {
            ("kafka.strimzi.io", "Kafka") => kafka(object, out),
            ("rabbitmq.com", "RabbitmqCluster") => {
                let service = ask(object.node, "spec.service").node();
                if ask(object.node, "spec.tls.secretName").is_missing()
                    && let Some(node) = service.and_then(|service| open_type(service, "type"))
                {
                    report(object, node, out);
                }
            }
            ("elasticsearch.k8s.elastic.co", "Elasticsearch") => {
                let off = ask(object.node, "spec.http.tls.selfSignedCertificate.disabled").node();
                let own = ask(object.node, "spec.http.tls.certificate.secretName");
                let service = ask(object.node, "spec.http.service").node();
                if off.and_then(truth) == Some(true)
                    && own.is_missing()
                    && let Some(node) = service.and_then(|service| open_type(service, "spec.type"))
                {
                    report(object, node, out);
                }
            }
            _ => {}
        }
    }
}

fn report(object: &Object<'_>, node: Node<'_>, out: &mut Out) {
    out.finding(node.entry_place(), format!("{} takes clients from outside without TLS", describe(object)));
}

fn kafka(object: &Object<'_>, out: &mut Out) {
    for listener in list(object.node, "spec.kafka.listeners") {
        let kind = ask(listener, "type").node().and_then(known_text);
        let Some(tls) = ask(listener, "tls").node().filter(|tls| truth(*tls) == Some(false)) else {
            continue;
        };
        if !matches!(kind, Some("loadbalancer" | "nodeport" | "ingress")) || is_narrowed(listener) {
            continue;
        }
        let name = ask(listener, "name").node().and_then(known_text).unwrap_or("without a known name");
        let message =
            format!("listener {name} of {} takes clients from outside without TLS", describe(object));
        out.finding(tls.entry_place(), message);
    }
}

/// The type of a service if it opens it to everybody outside.
fn open_type<'a>(service: Node<'a>, path: &str) -> Option<Node<'a>> {
    let node = ask(service, path).node()?;
    let open = matches!(known_text(node), Some("LoadBalancer" | "NodePort"));
    (open && !is_narrowed(service)).then_some(node)
}

/// Whether something below says that a load balancer is for the inside only, or for some addresses.
fn is_narrowed(part: Node<'_>) -> bool {
    part.descendants().any(|node| {
        let name = node.name();
        let says = node.is_scalar()
            && known_text(node).is_none_or(|text| matches!(text, "internal" | "Internal" | "private"));
        name.contains("internal") || name == "loadBalancerSourceRanges" || (says && name.contains('/'))
    })
}
