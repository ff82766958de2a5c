//! A Compose file as its services.

use crate::interpolate::interpolate;
use std::collections::BTreeSet;
use stockade_sdk::{Kind, Node, Place, Source};

/// What is known about a setting.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer<'a> {
    /// It is this.
    Is(Node<'a>),
    /// It is not set.
    Missing,
    /// It may be set where the file does not show it.
    Unknown,
}

impl<'a> Answer<'a> {
    /// The node, where there is one.
    pub(crate) fn node(self) -> Option<Node<'a>> {
        match self {
            Self::Is(node) => Some(node),
            _ => None,
        }
    }
}

/// Looks a path of keys up below `node`; a null counts as missing.
pub(crate) fn ask<'a>(node: Node<'a>, path: &str) -> Answer<'a> {
    let mut at = node;
    for key in stockade_sdk::keys(path) {
        match at.get(key) {
            Some(child) if child.is_unknown() => return Answer::Unknown,
            Some(child) if child.is_null() => return Answer::Missing,
            Some(child) => at = child,
            None if at.may_have_more() => return Answer::Unknown,
            None => return Answer::Missing,
        }
    }
    Answer::Is(at)
}

/// The items of a list, or of a scalar that stands for a list of one.
pub(crate) fn items(node: Node<'_>) -> Vec<Node<'_>> {
    match node.resolve().kind() {
        Kind::Sequence => node.children().collect(),
        Kind::Scalar if !node.is_null() => vec![node],
        _ => Vec::new(),
    }
}

/// A scalar's text after interpolation; booleans in their one spelling.
pub(crate) fn text(node: Node<'_>) -> Option<String> {
    if !node.is_scalar() || node.is_null() {
        return None;
    }
    if let Some(value) = node.as_bool() {
        return Some(value.to_string());
    }
    Some(interpolate(node.text()))
}

/// Whether a setting is on or off; Compose takes the words of older YAML for it, too.
pub(crate) fn switch(node: Node<'_>) -> Option<bool> {
    match text(node)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" => Some(true),
        "false" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// A service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service<'a> {
    pub(crate) node: Node<'a>,
    /// Other files complete it: nothing can be said to be missing.
    pub(crate) partial: bool,
}

impl<'a> Service<'a> {
    /// Its name.
    pub(crate) fn name(&self) -> &'a str {
        self.node.name()
    }

    /// A setting of it, by keys with dots between.
    pub(crate) fn ask(&self, path: &str) -> Answer<'a> {
        ask(self.node, path)
    }

    /// The items of one of its lists.
    pub(crate) fn list(&self, path: &str) -> Vec<Node<'a>> {
        self.ask(path).node().map(items).unwrap_or_default()
    }

    /// Where to point at for something it lacks.
    pub(crate) fn place(&self) -> Place {
        self.node.key_place()
    }

    /// Whether a path is certainly not set.
    pub(crate) fn lacks(&self, path: &str) -> bool {
        !self.partial && matches!(self.ask(path), Answer::Missing)
    }
}

/// Whether a mapping names what a service runs.
fn runs(node: Node<'_>) -> bool {
    ["image", "build"].iter().any(|key| node.get(key).is_some())
}

/// What holds the services: in the first form of the format the file itself, which has no sections.
fn service_section(root: Node<'_>) -> Option<Node<'_>> {
    let sections = ["version", "name", "include", "networks", "volumes", "configs", "secrets"];
    root.get("services").or_else(|| {
        let first_form = !root.may_have_more() && sections.iter().all(|key| root.get(key).is_none());
        (first_form && root.children().any(runs)).then_some(root)
    })
}

/// The view of a file.
#[derive(Debug)]
pub struct Compose<'a> {
    pub(crate) source: &'a Source,
    pub(crate) root: Option<Node<'a>>,
    pub(crate) services: Vec<Service<'a>>,
    /// Whether parts of the file are named or merged in more than one place.
    pub(crate) shares: bool,
}

impl<'a> Compose<'a> {
    /// Reads the services of a file; a file of another kind has none.
    pub(crate) fn new(source: &'a Source) -> Self {
        let mut this = Self { source, root: None, services: Vec::new(), shares: false };
        if source.kind() != "compose" || source.is_empty() {
            return this;
        }
        this.root = source.root().children().next();
        let Some(services) = this.root.and_then(service_section) else { return this };
        let is_shared = |node: Node<'_>| matches!(node.kind(), Kind::Alias | Kind::Merge);
        this.shares = source.root().descendants().any(is_shared);
        let overriding = source.file_name().to_ascii_lowercase().contains("override.");
        let first_form = this.root == Some(services);
        let nodes = services.children().filter(|n| n.resolve().kind() == Kind::Mapping);
        let nodes = nodes.filter(|n| !first_form || (!n.name().starts_with("x-") && runs(*n)));
        this.services = nodes
            .filter(|n| n.kind() != Kind::Merge)
            .map(|node| {
                let complete = runs(node);
                let partial =
                    overriding || !complete || node.get("extends").is_some() || node.may_have_more();
                Service { node, partial }
            })
            .collect();
        this
    }

    /// The names of the services that others wait for until they have done their work: migrations, set-up.
    pub(crate) fn jobs(&self) -> BTreeSet<&'a str> {
        let needed = self.services.iter().filter_map(|service| service.ask("depends_on").node());
        let needed = needed.flat_map(|list| list.resolve().children());
        let until_it_ended = |entry: &Node<'a>| {
            let condition = ask(*entry, "condition").node().and_then(text);
            condition.is_some_and(|condition| condition == "service_completed_successfully")
        };
        needed.filter(until_it_ended).map(Node::name).collect()
    }

    /// The service that a node lies in.
    pub(crate) fn service_of(&self, node: Node<'a>) -> Option<&'a str> {
        // They are in the order of the file, as their numbers are; a file may have thousands.
        let is_service = |n: &Node<'a>| self.services.binary_search_by_key(&n.id(), |s| s.node.id()).is_ok();
        let inside = node.ancestors().find(is_service)?;
        Some(inside.name())
    }
}
