//! Where nodes of a document are, in words.

use crate::{Document, NodeId, NodeKind};
use std::cell::RefCell;
use std::collections::HashMap;

/// Siblings that are counted anew for each node: only behind more of them a table is worth its memory.
const COUNTED: usize = 32;

/// Paths of the nodes of one document, always the same. What it counts for one node it keeps for its siblings: of a list
/// with thousands of elements each may have a finding.
#[derive(Debug, Default)]
pub struct Paths {
    /// For nodes of long lists: how many of their like-named siblings stand in front.
    ordinals: RefCell<HashMap<NodeId, usize>>,
}

impl Paths {
    /// The node's path from the root, for people and for fingerprints: `spec/containers/0/image`.
    /// Elements and unkeyed nodes count among their like-named siblings, so that the path
    /// does not change when something else is added in between.
    #[must_use]
    pub fn of(&self, document: &Document, node: NodeId) -> String {
        let mut parts = Vec::new();
        let mut at = node;
        while let Some(parent) = document.parent(at) {
            let name = document.name(at);
            let keyed = document.kind(parent) == NodeKind::Mapping && !name.is_empty();
            if keyed {
                parts.push(name.to_owned());
            } else {
                let ordinal = self.ordinal(document, parent, at, name);
                parts.push(if name.is_empty() { ordinal.to_string() } else { format!("{name}[{ordinal}]") });
            }
            at = parent;
        }
        parts.reverse();
        parts.join("/")
    }

    /// How many siblings of this name stand in front of the node.
    fn ordinal(&self, document: &Document, parent: NodeId, node: NodeId, name: &str) -> usize {
        let mut same = 0;
        for sibling in document.children(parent).take(COUNTED) {
            if sibling == node {
                return same;
            }
            same += usize::from(document.name(sibling) == name);
        }
        let mut ordinals = self.ordinals.borrow_mut();
        if let Some(ordinal) = ordinals.get(&node) {
            return *ordinal;
        }
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        for sibling in document.children(parent) {
            let next = by_name.entry(document.name(sibling)).or_default();
            ordinals.insert(sibling, *next);
            *next += 1;
        }
        ordinals.get(&node).copied().unwrap_or(same)
    }
}

#[cfg(test)]
mod tests {
    use super::Paths;
    use crate::{Builder, Document, NodeId, NodeKind, Span};

    /// A list of elements named `a` and `b` in turn, and one without a name behind each third.
    fn long() -> (Document, Vec<NodeId>) {
        let mut builder = Builder::new("ab".to_owned());
        let list = builder.open(NodeKind::Sequence, Span::new(0, 2));
        let mut nodes = vec![list];
        for n in 0..200_u32 {
            let node = builder.leaf(NodeKind::Element, Span::new(0, 0));
            if n % 3 != 2 {
                builder.set_key(node, Span::new(n % 2, n % 2 + 1), ["a", "b"][n as usize % 2]);
            }
            nodes.push(node);
        }
        builder.close();
        (builder.finish(), nodes)
    }

    #[test]
    fn long_lists_are_counted_as_short_ones_are() {
        let (document, nodes) = long();
        let paths = Paths::default();
        for node in &nodes[1..] {
            let name = document.name(*node);
            let before =
                nodes[1..].iter().take_while(|n| *n != node).filter(|n| document.name(**n) == name).count();
            let wanted = if name.is_empty() { format!("0/{before}") } else { format!("0/{name}[{before}]") };
            assert_eq!(paths.of(&document, *node), wanted);
            assert_eq!(document.path(*node), wanted);
        }
    }
}
