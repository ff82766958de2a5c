//! The schema of `stockade.kdl` for editors, made from the same shapes that the reader uses.
//!
//! The language is version 2 of KDL's own:
//! <https://github.com/kdl-org/kdl/blob/main/SCHEMA-SPEC.md>. It can't say which node may stand only in the outermost
//! file; descriptions say that.

use crate::config::shapes::CONFIG_FILE;
use crate::view::{Args, Children, Prop, Shape, Value};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};

/// What a size may look like where it is written as a text.
const SIZE_PATTERN: &str = "^ *[0-9]+ *([bB]|[kKmMgG][iI]?[bB])? *$";

/// The schema of `stockade.kdl`, as a KDL document.
#[must_use]
pub fn config_schema() -> String {
    let mut info = KdlNode::new("info");
    let texts = [
        ("title", "Configuration of stockade"),
        ("description", "What a file stockade.kdl may hold."),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    for (name, text) in texts {
        let mut node = with(name, text);
        if name != "version" {
            node.push(KdlEntry::new_prop("lang", "en"));
        }
        info.ensure_children().nodes_mut().push(node);
    }
    let mut document = KdlNode::new("document");
    let inner = document.ensure_children().nodes_mut();
    inner.push(info);
    inner.extend(CONFIG_FILE.iter().map(node));
    let mut file = KdlDocument::new();
    file.nodes_mut().push(document);
    file.autoformat();
    file.to_string()
}

/// A node with one argument.
fn with(name: &str, value: impl Into<KdlValue>) -> KdlNode {
    let mut node = KdlNode::new(name);
    node.push(KdlEntry::new(value));
    node
}

/// How often something may stand there: nothing is said where that does not matter.
fn times(node: &mut KdlNode, least: i128, most: Option<i128>) {
    let nodes = node.ensure_children().nodes_mut();
    if least > 0 {
        nodes.push(with("min", least));
    }
    nodes.extend(most.map(|most| with("max", most)));
}

/// Nesting is that of the shapes: three at most.
fn node(shape: &Shape) -> KdlNode {
    let mut description = shape.doc.to_owned();
    if !shape.default.is_empty() {
        description = format!("{description} Left out: {}.", shape.default);
    }
    if shape.outermost {
        description.push_str(" Only in the outermost file.");
    }
    let mut node = with("node", shape.name);
    node.push(KdlEntry::new_prop("description", description));
    times(&mut node, i128::from(shape.required), (!shape.many).then_some(1));
    let inner = node.ensure_children().nodes_mut();
    inner.extend(shape.props.iter().map(property));
    inner.push(arguments(shape.args));
    match shape.children {
        Children::None => {}
        Children::Free => {
            let mut children = KdlNode::new("children");
            children.ensure_children().nodes_mut().push(with("other-nodes-allowed", true));
            inner.push(children);
        }
        Children::Of(shapes) => {
            let mut children = KdlNode::new("children");
            children.ensure_children().nodes_mut().extend(shapes.iter().map(self::node));
            inner.push(children);
        }
    }
    node
}

fn property(prop: &Prop) -> KdlNode {
    let mut node = with("prop", prop.name);
    node.push(KdlEntry::new_prop("description", prop.doc));
    let inner = node.ensure_children().nodes_mut();
    if prop.required {
        inner.push(with("required", true));
    }
    inner.extend(validations(prop.value));
    node
}

fn arguments(args: Args) -> KdlNode {
    let mut node = KdlNode::new("value");
    let value = match args {
        Args::None => {
            times(&mut node, 0, Some(0));
            return node;
        }
        Args::One(value) => {
            times(&mut node, 1, Some(1));
            value
        }
        Args::Some(value) => {
            times(&mut node, 1, None);
            value
        }
        Args::Maybe(value) => {
            times(&mut node, 0, Some(1));
            value
        }
    };
    node.ensure_children().nodes_mut().extend(validations(value));
    node
}

fn validations(value: Value) -> Vec<KdlNode> {
    let range =
        |least: KdlValue, most: KdlValue| vec![with("type", "number"), with(">=", least), with("<=", most)];
    match value {
        Value::Text => vec![with("type", "string")],
        Value::Bool => vec![with("type", "boolean")],
        Value::Int(least, most) => {
            let mut all = range(least.into(), most.into());
            all.push(with("%", 1));
            all
        }
        Value::Number(least, most) => range(least.into(), most.into()),
        // A number of bytes or a text: no single type. The pattern is for texts.
        Value::Size => vec![with("pattern", SIZE_PATTERN)],
        Value::Word(_, words) => {
            let mut all = KdlNode::new("enum");
            words.iter().for_each(|word| all.push(KdlEntry::new(*word)));
            vec![with("type", "string"), all]
        }
    }
}
