//! What a file shows of a pod spec or of a container: all of it, or a piece to which somebody else adds the rest.

use super::answer::{Answer, answer, ask};
use super::pod::list;
use stockade_sdk::{Edit, Kind, Node};

/// A pod spec or a container, as far as a file shows it.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The mapping itself, or the value that stands at `below` in it.
    pub node: Node<'a>,
    /// Where in the mapping the value stands, as in a JSON Pointer but for its first slash; empty for the mapping.
    below: &'a str,
    /// Whether the file shows the whole. Otherwise nothing is missing only because it is not there.
    whole: bool,
}

impl<'a> Part<'a> {
    /// A mapping that nobody adds to.
    #[must_use]
    pub fn whole(node: Node<'a>) -> Self {
        Self { node, below: "", whole: true }
    }

    /// A mapping to which an operator or another object adds what it does not say.
    #[must_use]
    pub fn open(node: Node<'a>) -> Self {
        Self { node, below: "", whole: false }
    }

    /// A value that stands at `below` (`securityContext/privileged`) in a mapping that is somewhere else.
    #[must_use]
    pub fn at(node: Node<'a>, below: &'a str) -> Self {
        Self { node, below, whole: false }
    }

    /// Whether the file shows all of it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.whole
    }

    /// The mapping itself, where the file has it.
    #[must_use]
    pub fn mapping(self) -> Option<Node<'a>> {
        self.below.is_empty().then_some(self.node)
    }

    /// What it says at a path. Of what the file does not show nothing is known.
    #[must_use]
    pub fn ask(self, path: &str) -> Answer<'a> {
        self.unless_open(match below_value(path, self.below) {
            None => Answer::Unknown,
            Some("") => answer(self.node),
            Some(rest) => ask(self.node, rest),
        })
    }

    /// What its securityContext says at a path.
    #[must_use]
    pub fn ask_context(self, path: &str) -> Answer<'a> {
        if !self.below.is_empty() {
            return self.ask(&format!("securityContext.{path}"));
        }
        // Without a text for the whole path: this is asked of every container for many settings.
        match self.ask("securityContext") {
            Answer::Is(context) => self.unless_open(ask(context, path)),
            other => other,
        }
    }

    /// An answer, but that nothing is missing of which the file does not show the whole.
    fn unless_open(self, found: Answer<'a>) -> Answer<'a> {
        if found.is_missing() && !self.whole { Answer::Unknown } else { found }
    }

    /// The entries of one of its lists that are there to be seen.
    pub fn list(self, path: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let entry = is_entry(path, self.below).then_some(self.node);
        let all = match below_value(path, self.below) {
            None => None,
            Some("") => Some(self.node).filter(|node| node.resolve().kind() == Kind::Sequence),
            Some(rest) => ask(self.node, rest).node().filter(|node| node.resolve().kind() == Kind::Sequence),
        };
        entry.into_iter().chain(all.into_iter().flat_map(Node::children))
    }

    /// The edits that set a value in it. `None` where it is not in the file.
    #[must_use]
    pub fn set(self, path: &[&str], value: &str) -> Option<Vec<Edit>> {
        let steps: Vec<&str> = self.below.split('/').filter(|step| !step.is_empty()).collect();
        match path.strip_prefix(steps.as_slice())? {
            [] if self.node.kind() == Kind::Scalar => Some(vec![Edit::replace_value(self.node, value)]),
            [] => None,
            rest => crate::edit::set(self.node, rest, value),
        }
    }

    /// The edits that take a value out of it. `None` where it is not in the file.
    #[must_use]
    pub fn remove(self, node: Node<'a>) -> Option<Vec<Edit>> {
        if self.below.is_empty() { crate::edit::remove(node, self.node) } else { None }
    }
}

/// What is left of a path (keys separated by dots) behind the value at `below`; `None` where it leads elsewhere.
fn below_value<'p>(path: &'p str, below: &str) -> Option<&'p str> {
    let mut rest = path;
    for step in below.split('/').filter(|step| !step.is_empty()) {
        let (key, behind) = rest.split_once('.').unwrap_or((rest, ""));
        if key != step {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

/// Whether the value at `below` is one entry of the list at `path`: `env/0`, or `env/-` for a new one.
fn is_entry(path: &str, below: &str) -> bool {
    below.rsplit_once('/').is_some_and(|(list, index)| {
        (index == "-" || index.bytes().all(|b| b.is_ascii_digit())) && list.split('/').eq(path.split('.'))
    })
}

/// The entries of a mapping's list that are there to be seen, of those only mappings.
pub(super) fn mappings<'a>(map: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    list(map, key).filter(|node| node.resolve().kind() == Kind::Mapping)
}

#[cfg(test)]
mod tests {
    use super::{below_value, is_entry};

    #[test]
    fn paths_are_held_against_the_place_of_a_value() {
        for (path, below, rest) in [
            ("securityContext.privileged", "", Some("securityContext.privileged")),
            ("securityContext.privileged", "securityContext", Some("privileged")),
            ("securityContext.privileged", "securityContext/privileged", Some("")),
            ("securityContext", "securityContext/privileged", None),
            ("hostPID", "securityContext", None),
        ] {
            assert_eq!(below_value(path, below), rest, "{path} {below}");
        }
        assert!(
            is_entry("env", "env/-")
                && is_entry("securityContext.capabilities.add", "securityContext/capabilities/add/0")
        );
        assert!(!is_entry("env", "env") && !is_entry("env", "env/0/value") && !is_entry("env", "ports/0"));
    }
}
