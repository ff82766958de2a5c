//! The schema for editors: a small checker for the part of KDL's schema language that it uses, and what it says of
//! texts that the reader takes or refuses.

use crate::golden::compare;
use crate::hostile::{CONFIG, mutated};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};
use proptest::{prop_assert, proptest};
use stockade_pack::config::Config;
use stockade_pack::{Source, config_reference, config_schema};

fn child<'a>(node: &'a KdlNode, name: &str) -> Option<&'a KdlNode> {
    node.children()?.get(name)
}

fn named<'a>(node: &'a KdlNode, name: &'static str) -> impl Iterator<Item = &'a KdlNode> {
    let nodes = node.children().map_or(&[][..], KdlDocument::nodes);
    nodes.iter().filter(move |node| node.name().value() == name)
}

fn first(node: &KdlNode) -> Option<&KdlValue> {
    node.entries().iter().find(|entry| entry.name().is_none()).map(KdlEntry::value)
}

fn number(node: &KdlNode, name: &str) -> Option<i128> {
    first(child(node, name)?)?.as_integer()
}

/// What of these nodes does not fit the `node` descriptions of a `document` or a `children`.
fn misfits(nodes: &[KdlNode], schema: &KdlNode, found: &mut Vec<String>) {
    let free = child(schema, "other-nodes-allowed").and_then(first) == Some(&KdlValue::Bool(true));
    for node in nodes {
        let name = KdlValue::String(node.name().value().to_owned());
        match named(schema, "node").find(|shape| first(shape) == Some(&name)) {
            Some(shape) => misfit(node, shape, found),
            None if free => {}
            None => found.push(format!("unknown node {name}")),
        }
    }
    for shape in named(schema, "node") {
        let name = first(shape).and_then(KdlValue::as_string).unwrap();
        let count = nodes.iter().filter(|node| node.name().value() == name).count() as i128;
        let (least, most) = (number(shape, "min").unwrap_or(0), number(shape, "max").unwrap_or(i128::MAX));
        if !(least..=most).contains(&count) {
            found.push(format!("{count} times {name}"));
        }
    }
}

fn misfit(node: &KdlNode, shape: &KdlNode, found: &mut Vec<String>) {
    let name = node.name().value();
    let (props, arguments): (Vec<_>, Vec<_>) =
        node.entries().iter().partition(|entry| entry.name().is_some());
    for prop in named(shape, "prop").filter(|prop| child(prop, "required").is_some()) {
        if !props
            .iter()
            .any(|given| given.name().map(kdl::KdlIdentifier::value) == first(prop).unwrap().as_string())
        {
            found.push(format!("{name} without {}", first(prop).unwrap()));
        }
    }
    for given in props {
        let key = KdlValue::String(given.name().unwrap().value().to_owned());
        match named(shape, "prop").find(|prop| first(prop) == Some(&key)) {
            Some(prop) if fits(given.value(), prop) => {}
            _ => found.push(format!("{name} {key}={}", given.value())),
        }
    }
    let value = child(shape, "value").expect("each node says what arguments it takes");
    let (least, most) = (number(value, "min").unwrap_or(0), number(value, "max").unwrap_or(i128::MAX));
    if !(least..=most).contains(&(arguments.len() as i128)) {
        found.push(format!("{name} with {} arguments", arguments.len()));
    }
    let wrong = arguments.iter().filter(|given| !fits(given.value(), value));
    found.extend(wrong.map(|given| format!("{name} {}", given.value())));
    match (child(shape, "children"), node.children()) {
        (Some(shapes), children) => misfits(children.map_or(&[][..], KdlDocument::nodes), shapes, found),
        (None, Some(_)) => found.push(format!("{name} with a block")),
        (None, None) => {}
    }
}

fn fits(value: &KdlValue, validations: &KdlNode) -> bool {
    let nodes = validations.children().map_or(&[][..], KdlDocument::nodes);
    #[expect(clippy::cast_precision_loss, reason = "the schema's numbers are small")]
    let float = |value: &KdlValue| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    nodes.iter().all(|node| match node.name().value() {
        "type" => match first(node).and_then(KdlValue::as_string).unwrap() {
            "string" => value.is_string(),
            "boolean" => value.is_bool(),
            "number" => float(value).is_some(),
            other => panic!("no type of the schema language: {other}"),
        },
        "enum" => node.entries().iter().any(|entry| entry.value() == value),
        ">=" => float(value) >= float(first(node).unwrap()),
        "<=" => float(value) <= float(first(node).unwrap()),
        "%" => value.is_integer(),
        "pattern" => value.as_string().is_none_or(|text| {
            regex_lite::Regex::new(first(node).and_then(KdlValue::as_string).unwrap()).unwrap().is_match(text)
        }),
        "min" | "max" | "required" => true,
        other => panic!("this checker does not know {other}"),
    })
}

/// What the schema says against a text.
fn against(text: &str) -> Vec<String> {
    let schema = KdlDocument::parse_v2(&config_schema()).unwrap();
    let mut found = Vec::new();
    misfits(KdlDocument::parse_v2(text).unwrap().nodes(), schema.get("document").unwrap(), &mut found);
    found
}

fn read(text: &str) -> bool {
    Config::read(&Source::new("stockade.kdl", text), "", None).is_ok()
}

#[test]
fn the_schema_in_the_book_is_up_to_date() {
    compare("book/src/reference/stockade.schema.kdl", &config_schema());
}

/// Each heading of the reference page is a node, and the block below it shows how it is written.
#[test]
fn every_example_of_the_reference_is_read_and_fits() {
    let page = config_reference();
    let mut shown = 0;
    for section in page.split("\n##").skip(1) {
        let heading = section.lines().next().unwrap();
        let parent = heading.split_once("` in `").map(|(_, parent)| parent.trim_end_matches('`'));
        let example = section.split("```kdl\n").nth(1).unwrap().split("```").next().unwrap();
        let text = match parent {
            Some("path") => format!("path \"*\" {{\n{example}}}\n"),
            Some(parent) => format!("{parent} {{\n{example}}}\n"),
            None => example.to_owned(),
        };
        assert!(read(&text), "{text}");
        assert_eq!(against(&text), [""; 0], "{text}");
        shown += 1;
    }
    let schema = config_schema();
    assert_eq!(shown, schema.lines().filter(|line| line.trim_start().starts_with("node ")).count());
}

#[test]
fn reader_and_schema_refuse_the_same_mistakes() {
    for text in [
        "slect \"dockerfile/*\"",
        "select",
        "select 1",
        "profile \"a\" \"b\"",
        "profile \"default\"\nprofile \"strict\"",
        "severity \"dockerfile/*\"",
        "severity \"dockerfile/*\" to=\"worst\"",
        "severity \"dockerfile/*\" to=\"low\" from=\"high\"",
        "path \"a\" {\n    fail-on \"low\"\n}",
        "ignore \"a/b\" {\n    x\n}",
        "fail-on \"sometimes\"",
        "max-file-size \"2 pages\"",
        "suppressions {\n    max-days 0\n}",
        "suppressions {\n    max-days \"9\"\n}",
        "suppressions {\n    require-reason \"yes\"\n}",
        "external \"Secret\"",
        "suppress \"dockerfile/*\"",
    ] {
        assert!(!read(text), "the reader takes {text}");
        assert!(!against(text).is_empty(), "the schema takes {text}");
    }
}

proptest! {
    /// The schema must never mark what the program takes.
    #[test]
    fn what_is_read_fits_the_schema(text in mutated(CONFIG)) {
        if read(&text) {
            let found = against(&text);
            prop_assert!(found.is_empty(), "{found:?}: {text}");
        }
    }
}
