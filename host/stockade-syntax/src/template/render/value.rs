//! What an expression of a chart's template stands for, as far as the chart's own files say it.

use super::text::{Place, Text};
use crate::formats::yaml::schema;
use crate::template::values::ValueLayer;
use std::collections::BTreeSet;
use stockade_model::{Document, NodeId, NodeKind, ScalarType, flag};

/// Deeper values are not written as YAML.
const MAX_DEPTH: u8 = 32;

/// What stands below `$`.
pub(super) const ROOT: [&str; 7] =
    ["Capabilities", "Chart", "Files", "Release", "Subcharts", "Template", "Values"];

/// Larger mappings are no settings of a chart.
const MAX_ENTRIES: usize = 2_000;

/// A value of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing is known about it.
    Unknown,
    /// Nothing is there.
    Null,
    Text(Text),
    /// A number or a truth value, as it is written.
    Scalar(ScalarType, String, Option<Place>),
    /// A mapping or sequence of the values files: where several are given they are mappings, of which the first counts most.
    Node(Vec<Place>),
    Map(Vec<(String, Value)>),
    List(Vec<Value>),
    /// `$`, with `Values`, `Chart` and the rest below it.
    Root,
    /// `.Values`.
    Values,
    /// `.Chart`.
    Chart,
    /// `.Release`.
    Release,
    /// `.Capabilities`.
    Capabilities,
    /// `.Capabilities.KubeVersion`.
    KubeVersion,
    /// The version of the cluster: any that is still supported.
    ClusterVersion,
}

/// The files that values come from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'v> {
    /// The first counts most.
    pub values: &'v [ValueLayer<'v>],
    /// The chart's `Chart.yaml`.
    pub chart: Option<&'v Document>,
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::of(text, None))
    }

    pub(super) fn truth(is: bool) -> Self {
        Self::Scalar(ScalarType::Bool, is.to_string(), None)
    }

    pub(super) fn number(number: i64) -> Self {
        Self::Scalar(ScalarType::Int, number.to_string(), None)
    }

    /// How many values it is made of.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Map(entries) => 1 + entries.iter().map(|(_, value)| value.size()).sum::<usize>(),
            Self::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            _ => 1,
        }
    }

    /// As an integer, where it is one.
    pub(super) fn as_number(&self) -> Option<i64> {
        match self {
            Self::Scalar(ScalarType::Int, text, _) => text.parse().ok(),
            _ => None,
        }
    }

    /// What an expression prints; `None` where that is unknown, and for collections, which nobody prints.
    pub(super) fn printed(&self) -> Option<Text> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Scalar(_, text, place) => Some(Text::of(text.as_str(), *place)),
            Self::Null => Some(Text::default()),
            _ => None,
        }
    }
}

impl<'v> Sources<'v> {
    fn document(&self, place: Place) -> Option<&'v Document> {
        self.values.get(place.0).map(ValueLayer::document)
    }

    /// The value at a field, `x.name`.
    pub(super) fn field(&self, value: &Value, name: &str) -> Value {
        match value {
            Value::Root => match name {
                "Values" => Value::Values,
                "Chart" => Value::Chart,
                "Release" => Value::Release,
                "Capabilities" => Value::Capabilities,
                _ => Value::Unknown,
            },
            Value::Values if name == "global" => self.merged(self.roots(ValueLayer::global)),
            Value::Values => self.child(&self.roots(ValueLayer::values), name),
            Value::Node(places) => self.child(places, name),
            Value::Map(entries) => {
                entries.iter().find(|(key, _)| key == name).map_or(Value::Null, |(_, value)| value.clone())
            }
            Value::Chart => self.of_chart(name),
            Value::Release if name == "Service" => Value::text("Helm"),
            Value::Capabilities if name == "KubeVersion" => Value::KubeVersion,
            Value::KubeVersion if matches!(name, "Version" | "GitVersion") => Value::ClusterVersion,
            // A field of nothing is an error for Helm.
            _ => Value::Unknown,
        }
    }

    fn roots(&self, root: impl Fn(&ValueLayer<'v>) -> Option<NodeId>) -> Vec<Place> {
        self.values.iter().enumerate().filter_map(|(nth, layer)| Some((nth, root(layer)?))).collect()
    }

    fn of_chart(&self, name: &str) -> Value {
        let Some(chart) = self.chart else { return Value::Unknown };
        let key = match name {
            "Name" => "name",
            "Version" => "version",
            "AppVersion" => "appVersion",
            _ => return Value::Unknown,
        };
        let node = chart.children(0).next().and_then(|root| chart.get(root, key));
        match node {
            Some(node) if is_known(chart, node) && chart.kind(node) == NodeKind::Scalar => {
                Value::text(chart.value(node))
            }
            Some(_) => Value::Unknown,
            None => Value::text(""),
        }
    }

    /// What stands below this key of mappings, of which the first counts most.
    fn child(&self, places: &[Place], name: &str) -> Value {
        let mut found = Vec::new();
        for place in places {
            let Some(document) = self.document(*place) else { return Value::Unknown };
            if document.kind(place.1) != NodeKind::Mapping || !is_known(document, place.1) {
                return Value::Unknown;
            }
            match document.get(place.1, name) {
                Some(child) => found.push((place.0, child)),
                None if has_merge(document, place.1) => return Value::Unknown,
                None => {}
            }
        }
        self.merged(found)
    }

    /// The value of nodes of which the first counts most.
    fn merged(&self, places: Vec<Place>) -> Value {
        let mut mappings = Vec::new();
        for place in places {
            let Some(document) = self.document(place) else { return Value::Unknown };
            let node = match document.kind(place.1) {
                NodeKind::Alias => document.target(place.1),
                _ => Some(place.1),
            };
            // A text with braces is one for `tpl`.
            let is_usable =
                |node: &NodeId| is_known(document, *node) || document.kind(*node) == NodeKind::Scalar;
            let Some(node) = node.filter(is_usable) else { return Value::Unknown };
            match document.kind(node) {
                NodeKind::Mapping => mappings.push((place.0, node)),
                // What is no mapping takes the place of all that counts less, and is no part of what counts more.
                _ if !mappings.is_empty() => break,
                NodeKind::Sequence => return Value::Node(vec![(place.0, node)]),
                NodeKind::Scalar => return scalar(document, node, Some((place.0, node))),
                _ => return Value::Unknown,
            }
        }
        if mappings.is_empty() { Value::Null } else { Value::Node(mappings) }
    }

    /// The entries of a mapping, sorted by their keys; `None` for anything else.
    pub(super) fn entries(&self, value: &Value) -> Option<Vec<(String, Value)>> {
        let mut entries = match value {
            Value::Map(entries) => entries.clone(),
            Value::Values => self.entries_of(&self.roots(ValueLayer::values))?,
            Value::Root => {
                let entry = |name: &str| (name.to_owned(), self.field(value, name));
                ROOT.iter().copied().map(entry).collect()
            }
            Value::Node(places) => self.entries_of(places)?,
            _ => return None,
        };
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Some(entries)
    }

    fn entries_of(&self, places: &[Place]) -> Option<Vec<(String, Value)>> {
        let mut names = BTreeSet::new();
        for place in places {
            let document = self.document(*place)?;
            if document.kind(place.1) != NodeKind::Mapping || has_merge(document, place.1) {
                return None;
            }
            names.extend(document.children(place.1).map(|child| document.name(child)));
        }
        if names.len() > MAX_ENTRIES {
            return None;
        }
        let entry = |name: &str| (name.to_owned(), self.child(places, name));
        // What an outer chart sets to nothing is not there.
        Some(
            names
                .into_iter()
                .map(entry)
                .filter(|(_, value)| *value != Value::Null || places.len() == 1)
                .collect(),
        )
    }

    /// The items of a sequence; `None` for anything else.
    pub(super) fn items(&self, value: &Value) -> Option<Vec<Value>> {
        match value {
            Value::List(items) => Some(items.clone()),
            Value::Node(places) => {
                let [place] = places.as_slice() else { return None };
                let document = self.document(*place)?;
                if document.kind(place.1) != NodeKind::Sequence || !is_known(document, place.1) {
                    return None;
                }
                Some(document.children(place.1).map(|item| self.merged(vec![(place.0, item)])).collect())
            }
            _ => None,
        }
    }

    /// Whether it is true for a template: not `false`, 0, nothing or empty.
    pub(super) fn is_true(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Unknown => None,
            Value::Null => Some(false),
            Value::Text(text) => (!text.open).then_some(!text.text.is_empty()),
            Value::Scalar(ScalarType::Bool, text, _) => {
                Some(text == "true" || text == "True" || text == "TRUE")
            }
            Value::Scalar(_, text, _) => Some(text.parse::<f64>().ok()? != 0.0),
            Value::Root
            | Value::Chart
            | Value::Release
            | Value::Capabilities
            | Value::KubeVersion
            | Value::ClusterVersion => Some(true),
            Value::Values | Value::Node(_) | Value::Map(_) | Value::List(_) => {
                if let Some(items) = self.items(value) {
                    return Some(!items.is_empty());
                }
                Some(!self.entries(value)?.is_empty())
            }
        }
    }

    /// The value as YAML in the block style, without a line break at its end; at most `longest` bytes.
    pub(super) fn yaml(&self, value: &Value, longest: usize) -> Option<Text> {
        let mut text = Text::default();
        self.write(value, 0, MAX_DEPTH, longest, &mut text)?;
        Some(text.trimmed(str::trim_end))
    }

    /// Writes a value whose first line has begun, and ends its last line.
    fn write(&self, value: &Value, indent: usize, depth: u8, longest: usize, out: &mut Text) -> Option<()> {
        if depth == 0 || out.text.len() > longest {
            return None;
        }
        match value {
            Value::Null => out.push("null\n", None),
            Value::Scalar(_, text, place) => {
                out.push(text, *place);
                out.push("\n", None);
            }
            Value::Text(text) if text.open => return None,
            Value::Text(text) => {
                out.push(&as_string(&text.text), text.place());
                out.push("\n", None);
            }
            _ => {
                let blanks = " ".repeat(indent);
                let place = place_of(value);
                if let Some(items) = self.items(value) {
                    if items.is_empty() {
                        out.push("[]\n", place);
                    }
                    for (nth, item) in items.iter().enumerate() {
                        if nth > 0 {
                            out.push(&blanks, None);
                        }
                        out.push("- ", place_of(item).or(place));
                        self.write(item, indent + 2, depth - 1, longest, out)?;
                    }
                    return Some(());
                }
                let entries = self.entries(value)?;
                if entries.is_empty() {
                    out.push("{}\n", place);
                }
                for (nth, (key, entry)) in entries.iter().enumerate() {
                    if nth > 0 {
                        out.push(&blanks, None);
                    }
                    out.push(&as_string(key), place_of(entry).or(place));
                    out.push(":", None);
                    if self.is_collection(entry) && self.is_true(entry)? {
                        out.push("\n", None);
                        let indent = indent + 2;
                        out.push(&" ".repeat(indent), None);
                        self.write(entry, indent, depth - 1, longest, out)?;
                    } else {
                        out.push(" ", None);
                        self.write(entry, indent, depth - 1, longest, out)?;
                    }
                }
            }
        }
        Some(())
    }

    fn is_collection(&self, value: &Value) -> bool {
        matches!(value, Value::Node(_) | Value::Map(_) | Value::List(_) | Value::Values)
    }
}

/// Where a value stands.
pub(super) fn place_of(value: &Value) -> Option<Place> {
    match value {
        Value::Text(text) => text.place(),
        Value::Scalar(_, _, place) => *place,
        Value::Node(places) => places.first().copied(),
        _ => None,
    }
}

/// A string as a scalar of YAML.
fn as_string(text: &str) -> String {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-'))
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'/')
        && schema::resolve(text) == (ScalarType::String, 0);
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A string in double quotes, as `quote` of Helm writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A scalar, and where its value stands.
pub(super) fn scalar(document: &Document, node: NodeId, place: Option<Place>) -> Value {
    let text = document.value(node);
    match document.scalar_type(node) {
        ty if ty == ScalarType::Null as u8 => Value::Null,
        ty if ty == ScalarType::Bool as u8 => Value::Scalar(ScalarType::Bool, text.to_owned(), place),
        ty if ty == ScalarType::Int as u8 => Value::Scalar(ScalarType::Int, text.to_owned(), place),
        ty if ty == ScalarType::Float as u8 => Value::Scalar(ScalarType::Float, text.to_owned(), place),
        _ if document.flags(node) & flag::YAML11_BOOL != 0 => {
            // Helm reads values as YAML 1.1 has them.
            let is = matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "y");
            Value::Scalar(ScalarType::Bool, is.to_string(), place)
        }
        _ => Value::Text(Text::of(text, place)),
    }
}

fn is_known(document: &Document, node: NodeId) -> bool {
    document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) == 0
}

fn has_merge(document: &Document, node: NodeId) -> bool {
    document.children(node).any(|child| document.kind(child) == NodeKind::Merge)
}
