//! What a node is, told so that edits elsewhere do not change it.

use stockade_model::{Document, NodeId, NodeKind};

/// Ancestors that count. Deeper nesting than any real file has; a hostile one must not cost more.
const MAX_DEPTH: usize = 64;
/// Elements of a list or fields of an object that are looked at for a name.
const MAX_FIELDS: usize = 64;
/// Keys whose value tells an element of a list from its neighbours.
const NAMES: [&str; 2] = ["name", "id"];

/// The place of a node by names alone: keys, names of list elements, and for Kubernetes objects kind, namespace and
/// name. Positions in lists, streams and files are left out, so that what is added, removed or moved elsewhere does not
/// change it; two nodes of the same place are told apart by their content and their order.
///
/// With `values` off no value of the file goes into it, names neither: for findings about secrets.
pub(crate) fn of(document: &Document, node: NodeId, values: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = node;
    while let Some(parent) = document.parent(at).filter(|_| parts.len() < MAX_DEPTH) {
        let name = document.name(at);
        parts.push(if name.is_empty() { element(document, at, values) } else { name.to_owned() });
        at = parent;
    }
    parts.reverse();
    parts.join("/")
}

/// An element of a list, or a document of a stream.
fn element(document: &Document, node: NodeId, values: bool) -> String {
    if !values || document.kind(node) != NodeKind::Mapping {
        return "[]".to_owned();
    }
    let (mut kind, mut name, mut space) = ("", "", "");
    for child in document.children(node).take(MAX_FIELDS) {
        match document.name(child) {
            "kind" => kind = document.value(child),
            "metadata" => {
                for field in document.children(child).take(MAX_FIELDS) {
                    match document.name(field) {
                        "name" | "generateName" => name = document.value(field),
                        "namespace" => space = document.value(field),
                        _ => {}
                    }
                }
            }
            key if NAMES.contains(&key) && name.is_empty() => name = document.value(child),
            _ => {}
        }
    }
    format!("[{kind} {space}/{name}]")
}

#[cfg(test)]
mod tests {
    use super::of;
    use stockade_model::{Document, NodeId};
    use stockade_syntax::{FileKind, parse_at};

    fn document(text: &str) -> Document {
        parse_at(FileKind::Kubernetes, "a.yaml", text.to_owned())
    }

    fn node(document: &Document, value: &str) -> NodeId {
        (0..document.len() as u32).find(|n| document.value(*n) == value).unwrap()
    }

    #[test]
    fn objects_and_elements_go_by_their_names() {
        let one = "kind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: x\n    image: i:1\n";
        let two = "kind: Pod\nmetadata:\n  name: b\nspec: {}\n---\nspec:\n  containers:\n  - image: other:2\n    \
                   name: y\n  - image: i:1\n    name: x\nmetadata:\n  name: a\nkind: Pod\n";
        let (one, two) = (document(one), document(two));
        let place = of(&one, node(&one, "i:1"), true);
        assert_eq!(place, "[Pod /a]/spec/containers/[ /x]/image");
        assert_eq!(of(&two, node(&two, "i:1"), true), place);
        assert_ne!(of(&two, node(&two, "other:2"), true), place);
        assert_eq!(of(&one, node(&one, "i:1"), false), "[]/spec/containers/[]/image");
    }

    #[test]
    fn objects_of_one_name_differ_by_kind_and_namespace() {
        let text = "kind: A\nmetadata: {name: n, namespace: s}\nx: 1\n---\nkind: A\nmetadata: {name: n, namespace: t}\nx: 2\n\
                    ---\nkind: B\nmetadata: {name: n, namespace: s}\nx: 3\n";
        let document = document(text);
        let places = ["1", "2", "3"].map(|value| of(&document, node(&document, value), true));
        assert_eq!(places, ["[A s/n]/x", "[A t/n]/x", "[B s/n]/x"]);
    }
}
