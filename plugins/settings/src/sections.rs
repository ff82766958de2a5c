//! Where settings stand. Generated files have thousands of sections: what is asked of each is looked up, not searched for.

use crate::view::section;
use std::collections::HashSet;
use stockade_sdk::{Node, Setting};

/// The sections of some settings, and all nodes around them.
#[derive(Debug, Default)]
pub struct Sections {
    /// `None` stands for what is in no section.
    own: HashSet<Option<u32>>,
    around: HashSet<u32>,
}

impl Sections {
    /// Whether one of the settings stands directly in this section.
    #[must_use]
    pub fn has(&self, section: Option<Node<'_>>) -> bool {
        self.own.contains(&section.map(Node::id))
    }

    /// Whether one of the settings stands in the section of `setting`.
    #[must_use]
    pub fn has_that_of(&self, setting: Setting<'_>) -> bool {
        !self.own.is_empty() && self.has(section(setting))
    }

    /// Whether one of the settings stands somewhere below this node.
    #[must_use]
    pub fn has_below(&self, node: Node<'_>) -> bool {
        self.around.contains(&node.id())
    }

    /// Whether one of the settings stands directly in a section that is around this node.
    #[must_use]
    pub fn has_above(&self, node: Node<'_>) -> bool {
        !self.own.is_empty() && node.ancestors().any(|above| self.has(Some(above)))
    }

    /// Whether there is no setting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }
}

impl<'a> FromIterator<Setting<'a>> for Sections {
    fn from_iter<I: IntoIterator<Item = Setting<'a>>>(settings: I) -> Self {
        let mut this = Self::default();
        for setting in settings {
            this.own.insert(section(setting).map(Node::id));
            for above in setting.node().ancestors() {
                // What is known is known with all that is around it.
                if !this.around.insert(above.id()) {
                    break;
                }
            }
        }
        this
    }
}
