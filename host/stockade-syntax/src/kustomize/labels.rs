//! Labels and annotations that a kustomization puts on all objects.
//!
//! Source: the documentation of kustomize on `labels`, `commonLabels` and `commonAnnotations`, and the fields that its labels
//! go to by default.

use super::tree::Tree;
use stockade_model::{Document, NodeId, NodeKind};

/// Kinds whose pods' template is `spec.template`.
const TEMPLATED: [&str; 6] =
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"];
/// Of these, the kinds with a selector that is written where there is none.
const SELECTING: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];
/// Further kinds with selectors, which get something where they name something.
const SELECTED: [&str; 3] = ["CronJob", "PodDisruptionBudget", "NetworkPolicy"];
/// Deeper selectors are left as they are.
const MAX_DEPTH: u8 = 32;

/// Names with their values, and what they are put on besides the objects themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pairs {
    /// `labels` or `annotations`.
    key: &'static str,
    pairs: Vec<(String, String)>,
    templates: bool,
    selectors: bool,
}

impl Pairs {
    /// All that a kustomization names.
    pub(super) fn read(document: &Document, root: NodeId) -> Vec<Self> {
        let pairs_at = |node: Option<NodeId>| -> Vec<(String, String)> {
            let entries = node.into_iter().flat_map(|node| document.children(node));
            let scalars = entries.filter(|entry| document.kind(*entry) == NodeKind::Scalar);
            scalars.map(|e| (document.name(e).to_owned(), document.value(e).to_owned())).collect()
        };
        let mut all = Vec::new();
        let mut add = |key, pairs: Vec<_>, templates, selectors| {
            if !pairs.is_empty() {
                all.push(Self { key, pairs, templates, selectors });
            }
        };
        add("labels", pairs_at(document.get(root, "commonLabels")), true, true);
        let list = document.get(root, "labels").filter(|list| document.kind(*list) == NodeKind::Sequence);
        for entry in list.into_iter().flat_map(|list| document.children(list)) {
            let is_set = |key| document.get(entry, key).is_some_and(|node| document.value(node) == "true");
            let selectors = is_set("includeSelectors");
            let templates = selectors || is_set("includeTemplates");
            add("labels", pairs_at(document.get(entry, "pairs")), templates, selectors);
        }
        add("annotations", pairs_at(document.get(root, "commonAnnotations")), true, false);
        all
    }

    /// Puts them on an object.
    pub(super) fn put(&self, object: &mut Tree) {
        let kind = object.get("kind").and_then(Tree::text).unwrap_or_default().to_owned();
        self.put_at(object, &["metadata", self.key]);
        if self.templates && TEMPLATED.contains(&kind.as_str()) {
            self.put_at(object, &["spec", "template", "metadata", self.key]);
        }
        if self.templates && kind == "CronJob" {
            self.put_at(object, &["spec", "jobTemplate", "metadata", self.key]);
            self.put_at(object, &["spec", "jobTemplate", "spec", "template", "metadata", self.key]);
        }
        if !self.selectors {
            return;
        }
        match kind.as_str() {
            // One that selects nothing has its endpoints written by somebody else.
            "Service" | "ReplicationController" => self.put_at(object, &["spec", "selector"]),
            kind if SELECTING.contains(&kind) => self.put_at(object, &["spec", "selector", "matchLabels"]),
            _ => {}
        }
        // Selectors of kinds that kustomize does not know stay as they are.
        let is_known = TEMPLATED.contains(&kind.as_str()) || SELECTED.contains(&kind.as_str());
        if let Some(spec) = object.get_mut("spec").filter(|_| is_known) {
            self.put_into_selectors(spec, MAX_DEPTH);
        }
    }

    /// Puts them into the mapping at this path, which is made where it is missing.
    fn put_at(&self, tree: &mut Tree, path: &[&str]) {
        let Tree::Map(entries) = tree else { return };
        let Some((key, rest)) = path.split_first() else {
            for (name, value) in &self.pairs {
                match entries.iter_mut().find(|(known, _)| known == name) {
                    Some((_, known)) => *known = Tree::string(value),
                    None => entries.push((name.clone(), Tree::string(value))),
                }
            }
            return;
        };
        if !entries.iter().any(|(known, _)| known == key) {
            entries.push(((*key).to_owned(), Tree::Map(Vec::new())));
        }
        if let Some((_, inner)) = entries.iter_mut().find(|(known, _)| known == key) {
            if inner.is_null() {
                *inner = Tree::Map(Vec::new());
            }
            self.put_at(inner, rest);
        }
    }

    /// Puts them into the labels that selectors below name, where they name some.
    fn put_into_selectors(&self, tree: &mut Tree, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match tree {
            Tree::List(items) => items.iter_mut().for_each(|item| self.put_into_selectors(item, depth)),
            Tree::Map(entries) => {
                for (key, value) in entries {
                    let is_selector = matches!(key.as_str(), "selector" | "podSelector" | "labelSelector");
                    match value.get_mut("matchLabels") {
                        Some(labels) if is_selector => self.put_at(labels, &[]),
                        // A namespace's labels are not set here, and what a pod is made of has no selectors.
                        _ if matches!(key.as_str(), "namespaceSelector" | "containers" | "volumes") => {}
                        _ => self.put_into_selectors(value, depth),
                    }
                }
            }
            Tree::Scalar { .. } => {}
        }
    }
}
