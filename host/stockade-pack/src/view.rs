//! KDL nodes with their source, and the description of what a file may hold.
//!
//! A [`Shape`] describes one node: its arguments, properties and block. [`check`] holds a document against
//! shapes and collects what does not fit; the readers then take what fits and skip the rest, so that one mistake
//! gives one error. The reference pages are generated from the same shapes.

use crate::error::{Error, ErrorKind};
use crate::nearest::nearest;
use crate::source::{Place, Placed, Source, span_of};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};
use std::collections::HashMap;
use stockade_model::{Span, is_harmless};

/// What an argument or property may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// Any text.
    Text,
    /// `#true` or `#false`.
    Bool,
    /// A whole number in this range.
    Int(i128, i128),
    /// A number in this range.
    Number(f64, f64),
    /// A size in bytes: a whole number, or a text such as `"2MiB"`.
    Size,
    /// One word of a closed list; the first text says what it is.
    Word(&'static str, &'static [&'static str]),
}

/// How many arguments a node takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Args {
    None,
    One(Value),
    /// At least one.
    Some(Value),
    /// None or one.
    Maybe(Value),
}

/// A property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prop {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) required: bool,
    /// What it says, for the reference page: a phrase without a period.
    pub(crate) doc: &'static str,
}

/// What may stand in a node's block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Children {
    None,
    /// Nodes of other people's making, which are checked elsewhere.
    Free,
    Of(&'static [Shape]),
}

/// A node that a file may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) args: Args,
    pub(crate) props: &'static [Prop],
    pub(crate) children: Children,
    pub(crate) many: bool,
    pub(crate) required: bool,
    /// Only in the outermost configuration file.
    pub(crate) outermost: bool,
    /// What holds where it is left out, for the reference page; empty where that is nothing.
    pub(crate) default: &'static str,
    /// Sentences for the reference page.
    pub(crate) doc: &'static str,
    /// One line as a user would write it.
    pub(crate) example: &'static str,
}

/// A node with these arguments, once at most, without properties or block.
pub(crate) const fn shape(name: &'static str, args: Args, example: &'static str, doc: &'static str) -> Shape {
    let (props, children) = (&[], Children::None);
    let (many, required, outermost, default) = (false, false, false, "");
    Shape { name, args, props, children, many, required, outermost, default, doc, example }
}

/// A property that may be left out.
pub(crate) const fn prop(name: &'static str, value: Value, doc: &'static str) -> Prop {
    Prop { name, value, required: false, doc }
}

impl Prop {
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

impl Shape {
    pub(crate) const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(crate) const fn outermost(self) -> Self {
        Self { outermost: true, ..self }
    }

    pub(crate) const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    pub(crate) const fn props(self, props: &'static [Prop]) -> Self {
        Self { props, ..self }
    }

    pub(crate) const fn children(self, children: Children) -> Self {
        Self { children, ..self }
    }
}

/// A node and the text it stands in.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) node: &'a KdlNode,
    pub(crate) source: &'a Source,
}

impl<'a> View<'a> {
    pub(crate) fn name(self) -> &'a str {
        self.node.name().value()
    }

    /// The node's name in the text.
    pub(crate) fn place(self) -> Place {
        self.source.place(span_of(self.node.name().span()))
    }

    /// All of the node, without the white space around it.
    pub(crate) fn whole(self) -> Place {
        let span = span_of(self.node.span());
        let text = span.slice(self.source.text()).unwrap_or_default();
        let end = span.start + text.trim_end_matches([' ', '\t', '\r', '\n', ';']).len() as u32;
        // What the parser counts to the node before its name, such as a comment, is no part of the entry.
        self.source.place(Span::new(self.place().span.start.min(end), end))
    }

    pub(crate) fn children(self) -> impl Iterator<Item = View<'a>> {
        let nodes = self.node.children().map_or(&[][..], KdlDocument::nodes);
        nodes.iter().map(move |node| View { node, source: self.source })
    }

    pub(crate) fn child(self, name: &str) -> Option<View<'a>> {
        self.children().find(|child| child.name() == name)
    }

    pub(crate) fn args(self) -> impl Iterator<Item = &'a KdlEntry> {
        self.node.entries().iter().filter(|entry| entry.name().is_none())
    }

    pub(crate) fn entry_place(self, entry: &KdlEntry) -> Place {
        self.source.place(span_of(entry.span()))
    }

    /// All arguments that are strings.
    pub(crate) fn texts(self) -> Vec<Placed<String>> {
        let text = |entry: &KdlEntry| {
            let value = entry.value().as_string()?.to_owned();
            Some(Placed::new(value, self.entry_place(entry)))
        };
        self.args().filter_map(text).collect()
    }

    /// The first argument, if it is a string.
    pub(crate) fn text(self) -> Option<Placed<String>> {
        self.texts().into_iter().next()
    }

    pub(crate) fn prop(self, name: &str) -> Option<&'a KdlEntry> {
        self.node.entries().iter().rfind(|entry| entry.name().is_some_and(|n| n.value() == name))
    }

    pub(crate) fn prop_text(self, name: &str) -> Option<Placed<String>> {
        let entry = self.prop(name)?;
        Some(Placed::new(entry.value().as_string()?.to_owned(), self.entry_place(entry)))
    }

    pub(crate) fn prop_bool(self, name: &str) -> Option<bool> {
        self.prop(name)?.value().as_bool()
    }

    /// A node that is a switch: `#true` where it has no argument, its argument else.
    pub(crate) fn switch(self) -> bool {
        self.args().next().is_none_or(|entry| entry.value().as_bool() == Some(true))
    }

    /// Texts of the children of this name, all of them in one list.
    pub(crate) fn child_texts(self, name: &str) -> Vec<Placed<String>> {
        self.children().filter(|child| child.name() == name).flat_map(View::texts).collect()
    }

    pub(crate) fn child_text(self, name: &str) -> Option<Placed<String>> {
        self.child(name)?.text()
    }
}

/// The nodes of a document.
pub(crate) fn nodes<'a>(document: &'a KdlDocument, source: &'a Source) -> impl Iterator<Item = View<'a>> {
    document.nodes().iter().map(move |node| View { node, source })
}

/// A value as a user would write it, for messages; long texts are cut.
pub(crate) fn show(value: &KdlValue) -> String {
    match value {
        KdlValue::String(text) if text.chars().count() > 40 => {
            format!("the text `{}...`", text.chars().take(37).collect::<String>())
        }
        KdlValue::String(text) => format!("the text `{text}`"),
        KdlValue::Integer(number) => format!("the number {number}"),
        KdlValue::Float(number) => format!("the number {number}"),
        KdlValue::Bool(value) => format!("#{value}"),
        KdlValue::Null => "#null".to_owned(),
    }
}

/// Names that a message may list, and the nearest of them.
pub(crate) fn near<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> (Option<String>, Vec<String>) {
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    (nearest(name, known.iter().map(String::as_str)).map(str::to_owned), known)
}

/// Holds a document's nodes against shapes. `within` completes "`x` means nothing ..."; `whole` is where
/// a missing node is reported.
pub(crate) fn check<'a>(
    views: impl Iterator<Item = View<'a>>,
    shapes: &'static [Shape],
    within: &str,
    whole: &Place,
    errors: &mut Vec<Error>,
) {
    let mut first: HashMap<&str, Place> = HashMap::new();
    let mut misspelt: Vec<String> = Vec::new();
    for view in views {
        let Some(shape) = shapes.iter().find(|shape| shape.name == view.name()) else {
            let (near, known) = near(view.name(), shapes.iter().map(|shape| shape.name));
            let (name, within) = (view.name().to_owned(), within.to_owned());
            misspelt.extend(near.clone());
            errors.push(view.place().error(ErrorKind::UnknownNode { name, within, near, known }));
            continue;
        };
        if !shape.many
            && let Some(earlier) = first.get(shape.name)
        {
            let error = view.place().error(ErrorKind::DuplicateNode { name: shape.name.to_owned() });
            errors.push(error.with(earlier.clone(), "first given here"));
        }
        first.entry(shape.name).or_insert_with(|| view.place());
        check_entries(view, shape, errors);
        match shape.children {
            Children::Of(shapes) => {
                check(view.children(), shapes, &format!("in `{}`", shape.name), &view.place(), errors);
            }
            Children::None if view.node.children().is_some() => {
                errors.push(view.place().error(ErrorKind::Block { node: shape.name.to_owned() }));
            }
            Children::None | Children::Free => {}
        }
    }
    let missing = |shape: &&Shape| shape.required && !first.contains_key(shape.name);
    // A misspelt node is no missing one: one mistake, one error.
    for shape in shapes.iter().filter(missing).filter(|shape| !misspelt.iter().any(|near| near == shape.name))
    {
        let (name, within, example) = (shape.name.to_owned(), within.to_owned(), shape.example.to_owned());
        errors.push(whole.error(ErrorKind::MissingNode { name, within, example }));
    }
}

fn check_entries(view: View<'_>, shape: &Shape, errors: &mut Vec<Error>) {
    let (node, example) = (shape.name.to_owned(), shape.example.to_owned());
    let found = view.args().count();
    let (value, fits, expected) = match shape.args {
        Args::None => (None, found == 0, "no argument"),
        Args::One(value) => (Some(value), found == 1, "one argument"),
        Args::Some(value) => (Some(value), found >= 1, "at least one argument"),
        Args::Maybe(value) => (Some(value), found <= 1, "at most one argument"),
    };
    if !fits {
        let place = view.args().nth(1).map_or_else(|| view.place(), |entry| view.entry_place(entry));
        let (node, example) = (node.clone(), example.clone());
        errors.push(place.error(ErrorKind::ArgumentCount {
            node,
            expected: expected.to_owned(),
            found,
            example,
        }));
    } else if let Some(value) = value {
        errors.extend(view.args().filter_map(|entry| misfit(view, entry, value, &node, &example)));
    }
    for entry in view.node.entries() {
        let Some(name) = entry.name().map(kdl::KdlIdentifier::value) else { continue };
        match shape.props.iter().find(|prop| prop.name == name) {
            Some(prop) => errors.extend(misfit(view, entry, prop.value, prop.name, &example)),
            None => {
                let (near, known) = near(name, shape.props.iter().map(|prop| prop.name));
                let (node, name) = (node.clone(), name.to_owned());
                errors.push(view.entry_place(entry).error(ErrorKind::UnknownProperty {
                    node,
                    name,
                    near,
                    known,
                }));
            }
        }
    }
    for prop in shape.props.iter().filter(|prop| prop.required && view.prop(prop.name).is_none()) {
        let (node, name, example) = (node.clone(), prop.name.to_owned(), example.clone());
        errors.push(view.place().error(ErrorKind::MissingProperty { node, name, example }));
    }
}

/// The error for a value that is not what it should be.
fn misfit(view: View<'_>, entry: &KdlEntry, value: Value, node: &str, example: &str) -> Option<Error> {
    let found = entry.value();
    let (fits, expected) = match value {
        Value::Text => {
            // What is free (a check's parameters) is shown to nobody, and may look for such a character.
            if let Some(c) = found.as_string().and_then(invisible) {
                return Some(view.entry_place(entry).error(ErrorKind::Invisible { character: u32::from(c) }));
            }
            (found.is_string(), "a text in quotes".to_owned())
        }
        Value::Bool => (found.is_bool(), "#true or #false".to_owned()),
        Value::Int(least, most) => {
            let fits = found.as_integer().is_some_and(|n| (least..=most).contains(&n));
            (fits, format!("a whole number from {least} to {most}"))
        }
        Value::Number(least, most) => {
            let fits = number(found).is_some_and(|n| (least..=most).contains(&n));
            (fits, format!("a number from {least} to {most}"))
        }
        Value::Size => (size(found).is_some(), "a size such as \"500KB\" or \"2MiB\"".to_owned()),
        Value::Word(what, words) => match found.as_string() {
            Some(word) if words.contains(&word) => (true, String::new()),
            Some(word) => {
                let (near, known) = near(word, words.iter().copied());
                let kind =
                    ErrorKind::UnknownWord { what: what.to_owned(), value: word.to_owned(), near, known };
                return Some(view.entry_place(entry).error(kind));
            }
            None => (false, format!("a {what}")),
        },
    };
    let error = || {
        let (node, found, example) = (node.to_owned(), show(found), example.to_owned());
        view.entry_place(entry).error(ErrorKind::Value { node, expected, found, example })
    };
    (!fits).then(error)
}

/// The first character of a text that could command the terminal it is shown on, or make it read differently from what
/// it is. Line breaks and tabs may stand in any text.
pub(crate) fn invisible(text: &str) -> Option<char> {
    text.chars().find(|c| !is_harmless(*c) && !matches!(c, '\n' | '\t'))
}

/// A number, whole or not.
pub(crate) fn number(value: &KdlValue) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "callers compare with small bounds")]
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64)).filter(|n| n.is_finite())
}

/// A size in bytes: a whole number, or a text of digits and a unit (`KB` = 1,000, `KiB` = 1,024, ...).
pub(crate) fn size(value: &KdlValue) -> Option<u64> {
    if let Some(number) = value.as_integer() {
        return u64::try_from(number).ok();
    }
    let text = value.as_string()?.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(split)?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "kib" => 1 << 10,
        "mb" => 1_000_000,
        "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}
