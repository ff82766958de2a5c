//! What the API server refuses in pods: names that stand twice, volumes of two types.

use super::{Fields, amount, containers, final_text, is_closed, isolation, name, twice};
use crate::checks::secrets::file_mode;
use crate::view::{Object, Pod, ask, list};
use std::collections::HashSet;
use stockade_sdk::{Kind, Node, Out};

/// Reports what is refused in a pod.
pub(super) fn judge(object: &Object<'_>, pod: &Pod<'_>, out: &mut Out) {
    if !pod.spec.is_whole() {
        return;
    }
    let title = || crate::checks::describe(object);
    let fields = pod.spec.mapping().map_or_else(Fields::all, Fields::of);
    let is_seen = |key: &str| !fields.has(key) || is_closed(pod.ask(key));
    if ["containers", "initContainers", "ephemeralContainers"].into_iter().all(is_seen) {
        let containers = pod.containers.iter().map(|container| container.part.node);
        twice(
            containers,
            "name",
            |name| format!("{} has several containers of the name {name}", title()),
            out,
        );
    }
    annotated_profiles(pod, out);
    isolation::judge(object, pod, &fields, out);
    if fields.has("tolerations") {
        tolerations(pod, out);
    }
    let volumes = is_seen("volumes");
    if volumes {
        twice(
            pod.volumes(),
            "name",
            |name| format!("{} has several volumes of the name {name}", title()),
            out,
        );
        for volume in pod.volumes() {
            several_sources(volume, out);
            modes(volume, out);
            if let Some(size) = ask(volume, "emptyDir.sizeLimit").node() {
                amount(size, "sizeLimit", out);
            }
        }
    }
    let named = pod.containers.iter().map(|container| container.part.node).chain(pod.volumes());
    for node in named.filter_map(|entry| ask(entry, "name").node()) {
        name(node, false, out);
    }
    let names = volume_names(object, pod).filter(|_| volumes);
    for container in &pod.containers {
        containers::judge(pod, container, names.as_ref(), fields.has("securityContext"), out);
    }
}

/// The names of all volumes that containers may mount; `None` where nobody knows one of them.
fn volume_names<'a>(object: &Object<'a>, pod: &Pod<'a>) -> Option<HashSet<&'a str>> {
    let own = pod.volumes().map(|volume| ask(volume, "name"));
    let claims = list(object.node, "spec.volumeClaimTemplates").map(|claim| ask(claim, "metadata.name"));
    let names = own.chain(claims).map(|name| name.node().and_then(final_text));
    let closed = object.kind != "StatefulSet" || is_closed(ask(object.node, "spec.volumeClaimTemplates"));
    names.collect::<Option<HashSet<&str>>>().filter(|_| closed)
}

/// Reports tolerations whose fields contradict each other.
fn tolerations(pod: &Pod<'_>, out: &mut Out) {
    for entry in pod.list("tolerations").filter(|entry| !entry.may_have_more()) {
        let operator = ask(entry, "operator");
        let exists = operator.node().and_then(final_text) == Some("Exists");
        let value = ask(entry, "value").node().filter(|value| !value.text().is_empty());
        if let Some(value) = value.filter(|_| exists) {
            out.finding(value.entry_place(), "a toleration with the operator Exists has a value");
        }
        let equal = operator.is_missing() || operator.node().and_then(final_text) == Some("Equal");
        if equal && ask(entry, "key").is_missing() && entry.resolve().children().next().is_some() {
            out.finding(entry.place(), "a toleration without a key has not the operator Exists");
        }
    }
}

/// Reports modes of files that are none: most often such as were to be octal.
fn modes(volume: Node<'_>, out: &mut Out) {
    const SOURCES: [&str; 4] = ["secret", "configMap", "downwardAPI", "projected"];
    let own = volume.children().filter(|source| SOURCES.contains(&source.name()));
    let sources = own.flat_map(|source| {
        let parts = list(source, "sources").flat_map(Node::children);
        std::iter::once(source).chain(parts.filter(|part| SOURCES.contains(&part.name())))
    });
    for source in sources {
        let of_items = list(source, "items").filter_map(|item| ask(item, "mode").node());
        for node in ask(source, "defaultMode").node().into_iter().chain(of_items) {
            if let Some(mode) = file_mode(node).filter(|mode| *mode > 0o777) {
                let text = node.text();
                let message = format!("the {} {text} is no mode of a file: it is {mode:#o}", node.name());
                out.finding(node.entry_place(), message);
            }
        }
    }
}

fn several_sources(volume: Node<'_>, out: &mut Out) {
    if volume.may_have_more() {
        return;
    }
    // A scalar beside a source is a field at the wrong depth, which the schema tells.
    let mut sources = volume
        .children()
        .filter(|n| !matches!(n.name(), "" | "<<") && n.resolve().kind() == Kind::Mapping && !n.is_unknown());
    if let (Some(first), Some(second)) = (sources.next(), sources.next()) {
        let name = ask(volume, "name").node().and_then(final_text).unwrap_or("without a known name");
        let message = format!("volume {name} is both of type {} and of type {}", first.name(), second.name());
        out.finding(second.key_place(), message).label(first.key_place(), "the first type");
    }
}

/// Annotations of pods that give one container, whose name is their end, a profile.
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Reports AppArmor's annotations that name no profile. The container that they are about may be put in by an operator.
fn annotated_profiles(pod: &Pod<'_>, out: &mut Out) {
    let annotations = pod.metadata.and_then(|metadata| ask(metadata, "annotations").node());
    let of_apparmor =
        annotations.into_iter().flat_map(Node::children).filter(|node| node.name().starts_with(APPARMOR));
    for node in of_apparmor {
        let is_profile = |text: &str| {
            matches!(text, "" | "runtime/default" | "unconfined") || text.starts_with("localhost/")
        };
        if let Some(text) = final_text(node).filter(|text| !is_profile(text)) {
            out.finding(node.place(), format!("{text} is no AppArmor profile"));
        }
    }
}
