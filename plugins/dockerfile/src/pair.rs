//! The variables of `ENV` and `ARG`, and the labels of `LABEL`.

use crate::view::{remove_instruction, whole_span};
use stockade_sdk::{Edit, Kind, Node, Span};

/// A name with its value.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The instruction it stands in.
    pub instruction: Node<'a>,
    /// The scalar.
    pub node: Node<'a>,
    /// The pair before it in the same instruction.
    previous: Option<Node<'a>>,
}

/// The pairs of an instruction.
pub fn pairs(instruction: Node<'_>) -> impl Iterator<Item = Pair<'_>> {
    let mut previous = None;
    let all = instruction.children().filter(|c| c.kind() == Kind::Scalar && !c.name().is_empty());
    all.map(move |node| Pair { instruction, node, previous: previous.replace(node) })
}

impl<'a> Pair<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.node.name()
    }

    /// An edit that takes it out of the instruction; the whole instruction where it is the only one.
    #[must_use]
    pub fn removal(&self) -> Edit {
        let (start, end) = match (self.previous, self.node.next_sibling()) {
            // From the end of the one before, so that a continuation between them goes as well.
            (Some(previous), _) => (previous.span().end, self.node.span().end),
            (None, Some(next)) => (whole_span(self.node).start, whole_span(next).start),
            (None, None) => return remove_instruction(self.instruction),
        };
        Edit::remove(Span { start, end })
    }
}
