//! Operations of JSON Patch (RFC 6902) on pods: what a kustomization puts into workloads that are somewhere else.

use super::answer::known_text;
use super::inner::{container, pod};
use super::object::Object;
use super::part::Part;
use super::pod::{CONTAINERS, Role};
use stockade_sdk::{Kind, Node};

/// Where pod specs lie in workloads.
const SPECS: [&str; 3] = ["/spec/jobTemplate/spec/template/spec", "/spec/template/spec", "/spec"];

/// The pods that the operations of a patch change, each as far as its operation says. What they take away is not told.
pub(super) fn patched(root: Node<'_>) -> Vec<Object<'_>> {
    let lists = root.children().filter(|document| document.resolve().kind() == Kind::Sequence);
    lists.flat_map(Node::children).filter_map(operation).collect()
}

/// The same of the operations that Flux' kustomizations had as lists, before they took patches as texts.
pub(super) fn patched_by<'a>(objects: &[Object<'a>]) -> Vec<Object<'a>> {
    let kustomizations =
        objects.iter().filter(|object| object.is("kustomize.toolkit.fluxcd.io", "Kustomization"));
    let patches = kustomizations.flat_map(|object| object.node.at("spec.patchesJson6902[*].patch"));
    let lists = patches.filter(|patch| patch.resolve().kind() == Kind::Sequence);
    lists.flat_map(Node::children).filter_map(operation).collect()
}

fn operation(node: Node<'_>) -> Option<Object<'_>> {
    let op = node.get("op").and_then(known_text)?;
    if !matches!(op, "add" | "replace") {
        return None;
    }
    let path = node.get("path").and_then(known_text)?;
    let value = node.get("value")?;
    let below = SPECS.iter().find_map(|spec| {
        let rest = path.strip_prefix(spec)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    })?;
    let made =
        |pod| Some(Object { node, api: "", kind: "", pod: Some(pod), inner: Vec::new(), in_template: true });
    let (first, rest) = below.split_once('/').unwrap_or((below, ""));
    let Some((_, role)) = CONTAINERS.iter().find(|(key, _)| *key == first) else {
        let spec = if below.is_empty() { Part::open(value) } else { Part::at(value, below) };
        let lists = CONTAINERS.iter().filter(|_| below.is_empty());
        let containers = lists.flat_map(|(key, role)| {
            let all = spec.list(key).filter(|entry| entry.resolve().kind() == Kind::Mapping);
            all.map(|entry| container(Part::open(entry), "", *role))
        });
        let containers = containers.collect();
        return made(pod(spec, containers));
    };
    let (index, rest) = rest.split_once('/').unwrap_or((rest, ""));
    // A new one is called by its own name.
    let called = if index == "-" { "" } else { index };
    let part = |node| if rest.is_empty() { Part::open(node) } else { Part::at(node, rest) };
    let spec = Part::at(value, below);
    let role: Role = *role;
    if index.is_empty() {
        let all = value.children().filter(|entry| entry.resolve().kind() == Kind::Mapping);
        return made(pod(spec, all.map(|entry| container(Part::open(entry), "", role)).collect()));
    }
    made(pod(spec, vec![container(part(value), called, role)]))
}
