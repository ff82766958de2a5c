//! Gateways that take plain HTTP, unless all that their routes do with it is to redirect.

use super::facts::Sink;
use super::model::At;
use super::record::{Fields, Known, Line};
use crate::checks::describe;
use crate::view::{Answer, Manifests, Object, ask, known_text, list, truth};
use stockade_sdk::{Node, Params, ProjectOut};

/// A listener that has no TLS.
pub(crate) struct Listener<'a> {
    at: At<'a>,
    gateway: Known,
    namespace: Known,
    /// Its name, where routes may make up for it.
    section: Option<Known>,
    message: String,
}

/// What a route does with the requests of one Gateway.
pub(crate) struct Route<'a> {
    at: At<'a>,
    gateway: Known,
    namespace: Known,
    section: Known,
    redirects: bool,
}

impl<'a> Listener<'a> {
    pub(super) fn read(at: At<'a>, mut f: Fields<'_>) -> Self {
        let (gateway, namespace, routed, section) = (f.known(), f.known(), f.flag(), f.known());
        Self { at, gateway, namespace, section: routed.then_some(section), message: f.text() }
    }
}

impl<'a> Route<'a> {
    pub(super) fn read(at: At<'a>, mut f: Fields<'_>) -> Self {
        let (gateway, namespace, section) = (f.known(), f.known(), f.known());
        Self { at, gateway, namespace, section, redirects: f.flag() }
    }

    /// Whether requests of a listener may come here.
    fn may_serve(&self, listener: &Listener<'_>, section: &Known) -> bool {
        let gateway = match (self.gateway.text(), listener.gateway.text()) {
            (Some(own), Some(other)) => own == other,
            _ => self.at.may_concern(listener.at),
        };
        let named = |own: &str| section.text().is_none_or(|section| section == own);
        gateway && self.namespace.may_equal(&listener.namespace) && self.section.text().is_none_or(named)
    }
}

/// Records the listeners without TLS of a file, and its routes.
pub(super) fn record(view: &Manifests<'_>, sink: &mut Sink<'_>) {
    for object in &view.objects {
        match (object.kind, object.group()) {
            ("Gateway", group) if group.ends_with("istio.io") => istio(object, sink),
            ("Gateway", "gateway.networking.k8s.io") => listeners(object, sink),
            ("HTTPRoute", _) => routes(object, sink),
            _ => {}
        }
    }
}

fn listener(
    object: &Object<'_>,
    place: Node<'_>,
    section: Option<Answer<'_>>,
    message: &str,
    sink: &mut Sink<'_>,
) {
    let line = Line::default().answer(ask(object.node, "metadata.name")).answer(object.namespace());
    let line = line.flag(section.is_some()).answer(section.unwrap_or(Answer::Missing));
    sink.add("listener", line.text(message), Some(place.place().span));
}

fn listeners(object: &Object<'_>, sink: &mut Sink<'_>) {
    for entry in list(object.node, "spec.listeners") {
        let Some(node) = ask(entry, "protocol").node() else { continue };
        let section = ask(entry, "name");
        let name = section.node().and_then(known_text).unwrap_or_default();
        match known_text(node) {
            Some("HTTP") => {
                let message = format!("listener {name} of {} is plain HTTP", describe(object));
                listener(object, node, Some(section), &message, sink);
            }
            Some("HTTPS" | "TLS") if ask(entry, "tls").is_missing() => {
                let message = format!("listener {name} of {} has no TLS", describe(object));
                listener(object, node, None, &message, sink);
            }
            _ => {}
        }
    }
}

fn istio(object: &Object<'_>, sink: &mut Sink<'_>) {
    for server in list(object.node, "spec.servers") {
        let Some(node) = ask(server, "port.protocol").node() else { continue };
        match known_text(node) {
            Some("HTTP" | "HTTP2" | "GRPC") => {
                let redirect = ask(server, "tls.httpsRedirect");
                if !matches!(redirect, Answer::Unknown) && redirect.node().and_then(truth) != Some(true) {
                    let message = format!("a server of {} is plain HTTP", describe(object));
                    listener(object, node, None, &message, sink);
                }
            }
            Some("HTTPS" | "TLS") if ask(server, "tls.mode").is_missing() => {
                let message = format!("a server of {} sets no TLS mode", describe(object));
                listener(object, node, None, &message, sink);
            }
            _ => {}
        }
    }
}

fn routes(object: &Object<'_>, sink: &mut Sink<'_>) {
    let is_redirect = |filter| ask(filter, "type").node().and_then(known_text) == Some("RequestRedirect");
    let rules: Vec<Node<'_>> = list(object.node, "spec.rules").collect();
    let redirects = !rules.is_empty() && rules.iter().all(|rule| list(*rule, "filters").any(is_redirect));
    for parent in list(object.node, "spec.parentRefs") {
        let namespace = ask(parent, "namespace").or_else(|| object.namespace());
        let line = Line::default().answer(ask(parent, "name")).answer(namespace);
        sink.add("route", line.answer(ask(parent, "sectionName")).flag(redirects), None);
    }
}

/// `gateway-tls-missing`: a listener of a Gateway takes plain HTTP and does more than redirect, or has no TLS mode.
pub(crate) fn gateway_tls(project: &super::Project<'_>, _: &Params, out: &mut ProjectOut) {
    for listener in &project.listeners {
        let only_redirects = listener.section.as_ref().is_some_and(|section| {
            let mut routes = project.routes.iter().filter(|route| route.may_serve(listener, section));
            routes.next().is_some_and(|first| first.redirects && routes.all(|route| route.redirects))
        });
        if !only_redirects {
            out.finding(listener.at.file, listener.at.span, listener.message.clone());
        }
    }
}
