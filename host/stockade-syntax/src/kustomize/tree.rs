//! Objects as trees that patches can change.

use crate::formats::yaml::schema;
use stockade_model::{Document, NodeId, NodeKind, ScalarType, flag};

/// Deeper objects are not patched.
const MAX_DEPTH: u8 = 64;
/// Most values of one object, those behind aliases counted each time.
const MAX_VALUES: usize = 50_000;

/// A value of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// A scalar as it is written in YAML; a string is kept without its quotes.
    Scalar {
        text: String,
        is_string: bool,
    },
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
}

impl Tree {
    /// The tree below a node; `None` where something of it is unknown, or it is too large.
    pub(super) fn of(document: &Document, node: NodeId) -> Option<Self> {
        Self::below(document, node, MAX_DEPTH, &mut MAX_VALUES.clone())
    }

    fn below(document: &Document, node: NodeId, depth: u8, left: &mut usize) -> Option<Self> {
        *left = left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        if document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) != 0 {
            return None;
        }
        Some(match document.kind(node) {
            NodeKind::Scalar => {
                let is_string = document.scalar_type(node) == ScalarType::String as u8;
                Self::Scalar { text: document.value(node).to_owned(), is_string }
            }
            NodeKind::Mapping => {
                let entry = |child| {
                    let value = Self::below(document, child, depth, left)?;
                    Some((document.name(child).to_owned(), value))
                };
                Self::Map(document.children(node).map(entry).collect::<Option<_>>()?)
            }
            NodeKind::Sequence => {
                let items = document.children(node).map(|child| Self::below(document, child, depth, left));
                Self::List(items.collect::<Option<_>>()?)
            }
            NodeKind::Alias => Self::below(document, document.target(node)?, depth, left)?,
            _ => return None,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar { text, is_string: false } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub(super) fn string(text: impl Into<String>) -> Self {
        Self::Scalar { text: text.into(), is_string: true }
    }

    /// Appends it as YAML; `indent` is that of its lines, of which the first has begun.
    pub(super) fn write(&self, indent: usize, out: &mut String) {
        let blanks = |out: &mut String| out.extend(std::iter::repeat_n(' ', indent));
        match self {
            Self::Scalar { text, is_string: true } => {
                out.push_str(&as_string(text));
                out.push('\n');
            }
            Self::Scalar { text, .. } => {
                out.push_str(if text.is_empty() { "null" } else { text });
                out.push('\n');
            }
            Self::Map(entries) if entries.is_empty() => out.push_str("{}\n"),
            Self::List(items) if items.is_empty() => out.push_str("[]\n"),
            Self::Map(entries) => {
                for (nth, (key, value)) in entries.iter().enumerate() {
                    if nth > 0 {
                        blanks(out);
                    }
                    out.push_str(&as_string(key));
                    out.push(':');
                    value.write_below(indent, out);
                }
            }
            Self::List(items) => {
                for (nth, item) in items.iter().enumerate() {
                    if nth > 0 {
                        blanks(out);
                    }
                    out.push_str("- ");
                    item.write(indent + 2, out);
                }
            }
        }
    }

    /// Appends it behind a key.
    fn write_below(&self, indent: usize, out: &mut String) {
        let is_block = match self {
            Self::Scalar { .. } => false,
            Self::Map(entries) => !entries.is_empty(),
            Self::List(items) => !items.is_empty(),
        };
        if is_block {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent + 2));
        } else {
            out.push(' ');
        }
        self.write(indent + 2, out);
    }
}

/// A string as a scalar of YAML.
fn as_string(text: &str) -> String {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-'))
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'/')
        && schema::resolve(text) == (ScalarType::String, 0);
    if is_plain { text.to_owned() } else { crate::template::quoted(text) }
}
