//! Kubernetes objects of a file.

use super::answer::{Answer, ask, ask_key, known_text, text_at};
use super::inner;
use super::pod::{Pod, pod_of};
use stockade_sdk::{Kind, Node, Place};

/// Lists in lists that are followed; `kubectl` writes one level.
const MAX_LIST_DEPTH: u8 = 4;

/// An object: a mapping with `apiVersion` and `kind`.
#[derive(Debug)]
pub struct Object<'a> {
    /// The mapping.
    pub node: Node<'a>,
    /// Group and version, `apps/v1`; empty where a template makes it.
    pub api: &'a str,
    /// Its kind; empty where a template makes it.
    pub kind: &'a str,
    /// The pods it is or makes.
    pub pod: Option<Pod<'a>>,
    /// Further pods that a custom resource makes, each as far as it says.
    pub inner: Vec<Pod<'a>>,
    /// Whether a Template of OpenShift makes it: whoever processes that says into which namespace.
    pub in_template: bool,
}

impl<'a> Object<'a> {
    /// The group of its API version; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &'a str {
        self.api.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it is of this group and kind, whatever the version.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }

    /// Its name, or `None` where there is none or a template makes it.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        text_at(self.node, "metadata.name").filter(|name| !name.is_empty())
    }

    /// Its name as it is written, also where it is a variable; for messages. `None` where there is none or a template
    /// makes it.
    #[must_use]
    pub fn written_name(&self) -> Option<&'a str> {
        self.node.find("metadata.name").and_then(known_text).filter(|name| !name.is_empty())
    }

    /// Its name, else its kind: for messages.
    #[must_use]
    pub fn title(&self) -> &'a str {
        self.written_name().unwrap_or(self.kind)
    }

    /// What it says about its namespace.
    #[must_use]
    pub fn namespace(&self) -> Answer<'a> {
        ask(self.node, "metadata.namespace")
    }

    /// What an annotation says.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Answer<'a> {
        ask(self.node, "metadata.annotations").then_key(name)
    }

    /// Its annotations and labels that are there to be seen.
    #[must_use]
    pub fn annotations(&self) -> Option<Node<'a>> {
        ask(self.node, "metadata.annotations").node()
    }

    /// Where to show a finding about the object as a whole: its name, else its kind.
    #[must_use]
    pub fn place(&self) -> Place {
        let name = self.node.find("metadata.name").filter(|n| n.is_scalar());
        name.or_else(|| self.node.get("kind")).unwrap_or(self.node).place()
    }
}

impl<'a> Answer<'a> {
    /// Asks for a key, which may hold dots, in the mapping that is the answer so far.
    #[must_use]
    pub fn then_key(self, key: &str) -> Self {
        match self {
            Self::Is(map) => ask_key(map, key),
            other => other,
        }
    }
}

/// Whether a mapping is a Template of OpenShift.
pub(super) fn is_template(node: Node<'_>) -> bool {
    text_at(node, "kind") == Some("Template")
        && matches!(text_at(node, "apiVersion"), Some("v1" | "template.openshift.io/v1"))
}

/// All objects of a file in source order, those inside of lists and of Templates of OpenShift included.
pub(super) fn objects<'a>(root: Node<'a>) -> Vec<Object<'a>> {
    let mut found = Vec::new();
    for document in root.children() {
        collect(document, 0, false, &mut found);
    }
    found
}

fn collect<'a>(node: Node<'a>, depth: u8, in_template: bool, found: &mut Vec<Object<'a>>) {
    if node.resolve().kind() == Kind::Sequence && depth == 0 {
        // A JSON array of objects, which kubectl reads as well.
        node.children().for_each(|item| collect(item, depth + 1, in_template, found));
        return;
    }
    let (Some(api), Some(kind)) = (node.get("apiVersion"), node.get("kind")) else { return };
    let kind = known_text(kind).unwrap_or_default();
    let api = known_text(api).unwrap_or_default();
    let template = is_template(node);
    let inside = if template {
        node.get("objects")
    } else if kind.ends_with("List") {
        node.get("items")
    } else {
        None
    };
    if let Some(items) = inside.filter(|items| items.resolve().kind() == Kind::Sequence) {
        if depth < MAX_LIST_DEPTH {
            items.children().for_each(|item| collect(item, depth + 1, in_template || template, found));
        }
        return;
    }
    let pod = pod_of(node, api, kind);
    let inner = if pod.is_some() { Vec::new() } else { inner::pods(node, api, kind) };
    found.push(Object { node, api, kind, pod, inner, in_template });
}
