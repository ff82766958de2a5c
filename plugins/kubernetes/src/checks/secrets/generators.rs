//! Secrets and ConfigMaps that kustomize makes from what a kustomization says.

use super::references::{has_placeholder, is_reference};
use super::{hidden, is_public};
use crate::secrecy::{is_secret_name, may_be_secret};
use crate::view::{Manifests, ask, known_text, list, text_at};
use stockade_sdk::{Node, Out};

/// A `key=value` of a generator.
struct Literal<'a> {
    node: Node<'a>,
    key: &'a str,
    value: &'a str,
}

/// The generators of a kustomization under one of its keys.
fn generators<'a>(view: &Manifests<'a>, field: &'static str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let is_one = view.source.kind() == "kustomization";
    view.source.root().children().filter(move |_| is_one).flat_map(move |root| list(root, field))
}

/// The literals of a generator that may be secrets.
fn literals<'a>(generator: Node<'a>) -> impl Iterator<Item = Literal<'a>> + use<'a> {
    list(generator, "literals").filter_map(|node| {
        let (key, value) = known_text(node)?.split_once('=')?;
        let value = value.trim_matches(['"', '\'']);
        may_be_secret(value).then_some(Literal { node, key, value })
    })
}

/// Reports the Secrets whose values a kustomization names.
pub(super) fn secrets(view: &Manifests<'_>, out: &mut Out) {
    for generator in generators(view, "secretGenerator") {
        let kept =
            |literal: &Literal<'_>| !is_public(literal.key, literal.value) && !has_placeholder(literal.value);
        let found: Vec<Literal<'_>> = literals(generator).filter(kept).collect();
        let Some(place) = ask(generator, "literals").node().filter(|_| !found.is_empty()) else { continue };
        let mut keys: Vec<&str> = found.iter().map(|literal| literal.key).take(4).collect();
        if found.len() > keys.len() {
            keys.push("and more");
        }
        let name = text_at(generator, "name").unwrap_or_default();
        let message =
            format!("the generated Secret {name} has values in the repository: {}", keys.join(", "));
        let mut finding = out.finding(place.key_place(), message);
        let nodes: Vec<Node<'_>> = found.iter().map(|literal| literal.node).collect();
        for place in hidden(&nodes) {
            finding = finding.label(place, "");
        }
    }
}

/// Reports the secrets that a kustomization puts into ConfigMaps.
pub(super) fn config_maps(view: &Manifests<'_>, out: &mut Out) {
    for generator in generators(view, "configMapGenerator") {
        for Literal { node, key, value } in literals(generator) {
            if is_secret_name(key) && !is_reference(key, value) {
                let name = text_at(generator, "name").unwrap_or_default();
                out.finding(node.place(), format!("the generated ConfigMap {name} holds the value of {key}"));
            }
        }
    }
}
