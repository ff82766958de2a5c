//! Whether a scalar is of the shape that its field asks for.

use crate::schema::Shape;
use stockade_sdk::{Edit, Kind, Node, flag};

// Numbers of the types of scalars, and of the ways to write them.
const NULL: u8 = 1;
const BOOL: u8 = 2;
const INTEGER: u8 = 3;
const FLOAT: u8 = 4;
const PLAIN: u8 = 0;
const SINGLE: u8 = 1;
const DOUBLE: u8 = 2;

/// The shape, where a scalar is certainly not of it.
pub(super) fn refused(node: Node<'_>, shape: Shape) -> Option<Shape> {
    let of_type = node.scalar_type();
    if of_type == NULL || node.has(flag::PARTIAL) {
        return None;
    }
    let is_bool = || of_type == BOOL || node.has(flag::YAML11_BOOL);
    let is_number = matches!(of_type, INTEGER | FLOAT);
    // `1.0` is written as 1 on its way to the API server.
    let is_whole =
        || of_type == INTEGER || node.text().parse::<f64>().is_ok_and(|number| number.fract() == 0.0);
    let fits = match shape {
        Shape::Text | Shape::Words(_) => !is_number && !is_bool(),
        Shape::Bool => is_bool() || is_placeholder(node.text()),
        Shape::Integer if is_number => is_whole(),
        Shape::Integer => !is_bool() && is_placeholder(node.text()),
        Shape::Number => is_number || is_placeholder(node.text()),
        Shape::Quantity => !is_bool(),
        Shape::IntegerOrText => !is_bool() && (!is_number || is_whole()),
        Shape::Any | Shape::Time => true,
        Shape::List(_) | Shape::Map(_) | Shape::Object(_) => is_placeholder(node.text()),
    };
    (!fits).then_some(shape)
}

/// Whether some tool puts a value in the place of this text before the API server reads it: `${REPLICAS}`, `%PORT%`,
/// `__PORT__`, `REPLICAS`.
pub(super) fn is_placeholder(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.contains(['$', '{', '%', '<', '@', '#', '[', '('])
        || text.starts_with("__")
        || (text.chars().all(is_name) && text.contains(|c: char| c.is_ascii_uppercase()))
        // Numbers that only YAML 1.1 knows.
        || (text.contains(['_', ':']) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | ':')))
}

/// What a message calls a shape.
pub(super) fn called(shape: Shape) -> &'static str {
    match shape {
        Shape::Any => "anything",
        Shape::Text | Shape::Words(_) | Shape::Time => "text",
        Shape::Bool => "a boolean",
        Shape::Integer => "an integer",
        Shape::Number => "a number",
        Shape::Quantity => "a number or text",
        Shape::IntegerOrText => "an integer or text",
        Shape::List(_) => "a list",
        Shape::Map(_) => "a map",
        Shape::Object(_) => "an object",
    }
}

/// What a message calls the scalar that is written.
pub(super) fn written(node: Node<'_>) -> &'static str {
    match node.scalar_type() {
        _ if node.has(flag::YAML11_BOOL) => "a boolean",
        BOOL => "a boolean",
        INTEGER | FLOAT => "a number",
        _ => "text",
    }
}

/// Quotes that are put around a value, or taken away, so that it is of the shape. Safe: no API server takes the object as it
/// is, so nothing that works depends on it.
pub(super) fn quotes(node: Node<'_>, wanted: Shape) -> Option<(&'static str, Edit)> {
    // What stands behind an anchor may be of the right type where else it is used.
    if node.kind() != Kind::Scalar || node.has(flag::ANCHOR) {
        return None;
    }
    let text = node.text();
    let (title, written) = match (wanted, node.style()) {
        (Shape::Text, PLAIN) => ("put it in quotes", format!("\"{}\"", node.source().slice(node.span()))),
        (Shape::Integer, SINGLE | DOUBLE)
            if text.parse::<u32>().is_ok_and(|number| number.to_string() == text) =>
        {
            ("remove the quotes", text.to_owned())
        }
        (Shape::Bool, SINGLE | DOUBLE) if matches!(text, "true" | "false") => {
            ("remove the quotes", text.to_owned())
        }
        _ => return None,
    };
    Some((title, Edit::replace_value(node, written)))
}
