//! Parameters of a rule. The host has checked them against the plugin's description already.

use crate::Param;

/// A rule's parameters: KDL nodes in pre-order.
#[derive(Debug, Default)]
pub struct Params {
    nodes: Vec<Param>,
}

impl Params {
    /// Wraps what the host sent.
    #[must_use]
    pub fn new(nodes: Vec<Param>) -> Self {
        Self { nodes }
    }

    /// All nodes in pre-order.
    #[must_use]
    pub fn nodes(&self) -> &[Param] {
        &self.nodes
    }

    /// Whether a top-level parameter of this name is given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.nodes.iter().any(|p| p.depth == 0 && p.name == name)
    }

    /// All arguments of all top-level parameters of this name.
    pub fn strings(&self, name: &str) -> impl Iterator<Item = &str> {
        self.nodes
            .iter()
            .filter(move |p| p.depth == 0 && p.name == name)
            .flat_map(|p| p.args.iter().map(String::as_str))
    }

    /// The first argument of a parameter.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<&str> {
        self.strings(name).next()
    }

    /// Whether a parameter is `true`; `default` where it is absent.
    #[must_use]
    pub fn bool_or(&self, name: &str, default: bool) -> bool {
        self.string(name).map_or(default, |v| v == "true")
    }

    /// A parameter as an integer; `default` where it is absent or none.
    #[must_use]
    pub fn int_or(&self, name: &str, default: i64) -> i64 {
        self.string(name).and_then(|v| v.parse().ok()).unwrap_or(default)
    }
}
