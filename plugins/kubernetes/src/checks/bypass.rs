//! Traffic and pods that a service mesh does not see.

use crate::checks::describe;
use crate::view::{Manifests, Object, ask, known_text};
use stockade_sdk::{Node, Out, Params};

/// `mesh-bypassed`: a pod or namespace stays out of its mesh (`off`: labels and annotations with the value that says so), or leads
/// some of its traffic past the proxy (`past`: annotations that say which).
pub(crate) fn mesh_bypassed(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for object in &view.objects {
        let Some(metadata) = metadata(object) else { continue };
        let maps = ["labels", "annotations"].into_iter().filter_map(|key| ask(metadata, key).node());
        for node in maps.flat_map(Node::children) {
            let name = node.name();
            let Some(value) = known_text(node).map(str::trim).filter(|value| !value.is_empty()) else {
                continue;
            };
            let is_off = |pair: &str| pair.split_once('=') == Some((name, value));
            if params.strings("past").any(|past| past == name) {
                let message = format!("{} leads {value} past the mesh: {name}", describe(object));
                out.finding(node.entry_place(), message);
            } else if params.strings("off").any(is_off) {
                let message = format!("{} stays out of the mesh: {name} is {value}", describe(object));
                out.finding(node.entry_place(), message);
            }
        }
    }
}

/// The metadata that a mesh goes by: that of pods, and of namespaces for all pods in them.
fn metadata<'a>(object: &Object<'a>) -> Option<Node<'a>> {
    match &object.pod {
        Some(pod) => pod.metadata,
        None if object.is("", "Namespace") => object.node.get("metadata"),
        None => None,
    }
}
