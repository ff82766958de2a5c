//! What a condition looks at, and the tests of a text.

use crate::amount::{self, Amount};
use regex_lite::Regex;
use std::cmp::Ordering;
use stockade_sdk::Node;

/// Kinds of files whose quantities are those of Kubernetes: `500m` is half a processor.
const KUBERNETES: [&str; 5] =
    ["kubernetes", "kubernetes-crd", "kustomization", "kustomize-patch", "helm-values"];

/// What stands for a node's value.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// The value of the node itself.
    OfNode,
    /// That of a setting or variable, which need not be what the node says.
    Given {
        /// The setting's or variable's name.
        name: &'a str,
        /// Its value.
        text: &'a str,
        /// The value with the unit that the host knows it to have.
        amount: Option<Amount>,
    },
    /// Something about the node that is known even where its value is not: its key, a number of nodes.
    About(&'a str),
}

impl<'a> Value<'a> {
    /// The name of what is judged.
    #[must_use]
    pub fn name(self, node: Node<'a>) -> &'a str {
        match self {
            Self::Given { name, .. } => name,
            Self::OfNode | Self::About(_) => node.name(),
        }
    }

    /// The text, where it is known.
    #[must_use]
    pub fn text(self, node: Node<'a>) -> Option<&'a str> {
        match self {
            Self::About(text) => Some(text),
            _ if !node.is_known() => None,
            Self::Given { text, .. } => Some(text),
            Self::OfNode => Some(node.resolve().text()),
        }
    }

    fn amount(self) -> Option<Amount> {
        match self {
            Self::Given { amount, .. } => amount,
            Self::OfNode | Self::About(_) => None,
        }
    }
}

/// A test of a value.
#[derive(Debug)]
pub enum Test {
    /// It is one of these.
    Equals(Vec<String>),
    /// It contains one of these.
    Contains(Vec<String>),
    /// It begins with one of these.
    Starts(Vec<String>),
    /// It ends with one of these.
    Ends(Vec<String>),
    /// One of these fits somewhere in it.
    Matches(Vec<Regex>),
    /// It is no text at all, null, or a collection of nothing.
    Empty,
    /// It is a number below this.
    Less(f64),
    /// It is a number above this.
    Greater(f64),
    /// It is a time below this, in milliseconds.
    Shorter(f64),
    /// It is a time above this, in milliseconds.
    Longer(f64),
    /// It is a size below this.
    Smaller(String),
    /// It is a size above this.
    Larger(String),
    /// It is a version before this.
    Older(String),
    /// It is a version behind this.
    Newer(String),
}

impl Test {
    /// Whether it holds. None where the value is not known, or may mean one thing or another.
    #[must_use]
    pub fn holds(&self, node: Node<'_>, value: Value<'_>) -> Option<bool> {
        let text = value.text(node)?;
        let own = matches!(value, Value::OfNode);
        let node = node.resolve();
        if own && !node.is_scalar() {
            if matches!(self, Self::Empty) {
                return match node.children().next() {
                    None if node.may_have_more() => None,
                    first => Some(first.is_none() && text.is_empty()),
                };
            }
            // A mapping or sequence is no text, so no test of a text is true of it.
            if text.is_empty() {
                return Some(false);
            }
        }
        let number = || number(text);
        Some(match self {
            Self::Equals(words) => words.iter().any(|word| text == word),
            Self::Contains(words) => words.iter().any(|word| text.contains(word.as_str())),
            Self::Starts(words) => words.iter().any(|word| text.starts_with(word.as_str())),
            Self::Ends(words) => words.iter().any(|word| text.ends_with(word.as_str())),
            Self::Matches(list) => list.iter().any(|regex| regex.is_match(text)),
            Self::Empty => text.is_empty() || (own && node.is_null()),
            Self::Less(limit) => number().is_some_and(|n| n < *limit),
            Self::Greater(limit) => number().is_some_and(|n| n > *limit),
            Self::Shorter(limit) => time(text, value)?.is_some_and(|time| time < *limit),
            Self::Longer(limit) => time(text, value)?.is_some_and(|time| time > *limit),
            Self::Smaller(limit) => against(node, text, value, limit) == Some(Ordering::Less),
            Self::Larger(limit) => against(node, text, value, limit) == Some(Ordering::Greater),
            Self::Older(limit) => version(text, limit)? == Some(Ordering::Less),
            Self::Newer(limit) => version(text, limit)? == Some(Ordering::Greater),
        })
    }
}

/// The number, if it is one.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The time, or that it is none; nothing is known of a number without its unit.
pub(crate) fn time(text: &str, value: Value<'_>) -> Option<Option<f64>> {
    match value.amount() {
        Some(Amount::Time(time)) => Some(Some(time)),
        Some(Amount::Size(_)) => Some(None),
        None if text.trim().parse::<f64>().is_ok_and(|number| number != 0.0) => None,
        None => Some(amount::time(text)),
    }
}

/// Bytes, or whatever else the program of the file counts so.
pub(crate) fn size(node: Node<'_>, text: &str, value: Value<'_>) -> Option<f64> {
    match value.amount() {
        Some(Amount::Size(size)) => Some(size),
        Some(Amount::Time(_)) => None,
        None => amount::size(text, in_kubernetes(node)),
    }
}

fn against(node: Node<'_>, text: &str, value: Value<'_>, limit: &str) -> Option<Ordering> {
    size(node, text, value)?.partial_cmp(&amount::size(limit, in_kubernetes(node))?)
}

fn in_kubernetes(node: Node<'_>) -> bool {
    KUBERNETES.contains(&node.source().kind())
}

/// How the version stands to the limit, or that one of them is none; nothing is known of one that leaves open what matters.
pub(crate) fn version(text: &str, limit: &str) -> Option<Option<Ordering>> {
    match amount::compare(text, limit) {
        None if amount::starts_with_version(text) && amount::starts_with_version(limit) => None,
        order => Some(order),
    }
}
