//! Parameters of a check, as a rule or the configuration gives them.

use crate::conditions;
use crate::error::{Error, ErrorKind};
use crate::plugin::{CheckDescription, ParamDescription, ParamType};
use crate::source::{Place, Placed};
use crate::view::{View, near, show};
use kdl::{KdlEntry, KdlIdentifier, KdlValue};
use std::collections::HashMap;
use stockade_model::{Later, Param};

/// What may be said of an object that lives elsewhere.
const OBJECT_PROPERTIES: [&str; 3] = ["name", "namespace", "labels"];

/// What stands for the day of the scan where a parameter is a day.
const TODAY: &str = "today";

/// The parameters of a rule with the day of the scan in place of `today`, where the check takes a day. Without a day
/// such a parameter is left out.
#[must_use]
pub fn on_day(
    params: &Later<Vec<Param>>,
    check: &CheckDescription,
    today: Option<crate::config::Date>,
) -> Later<Vec<Param>> {
    // Most take none, and are handed on as they are stored.
    if !check.takes_day {
        return params.clone();
    }
    let is_today = |param: &Param| {
        let is_date = |known: &ParamDescription| known.kind == ParamType::Date && known.name == param.name;
        param.depth == 0 && param.args == [TODAY] && check.params.iter().any(is_date)
    };
    let fill = |param: &Param| match (is_today(param), today) {
        (false, _) => Some(param.clone()),
        (true, None) => None,
        (true, Some(day)) => Some(Param { args: vec![day.to_string()], ..param.clone() }),
    };
    Later::from(params.iter().filter_map(fill).collect::<Vec<_>>())
}

/// A parameter of the top level with all below it.
pub(crate) type ParamTree = Placed<Vec<Param>>;

/// Reads all nodes below `block` as parameters, in pre-order, one tree for each child.
/// Nesting is bounded by the gate that the text has passed.
pub(crate) fn read(block: View<'_>) -> Vec<ParamTree> {
    block
        .children()
        .map(|child| {
            let mut nodes = Vec::new();
            flatten(child, 0, &mut nodes);
            Placed::new(nodes, child.place())
        })
        .collect()
}

fn flatten(view: View<'_>, depth: u32, into: &mut Vec<Param>) {
    let mut param = Param { depth, name: view.name().to_owned(), ..Param::default() };
    for entry in view.node.entries() {
        let value = text_of(entry.value());
        match entry.name() {
            Some(name) => param.props.push((name.value().to_owned(), value)),
            None => param.args.push(value),
        }
    }
    // Of properties of one name the last counts, as KDL says.
    param.props.reverse();
    param.props.sort_by(|a, b| a.0.cmp(&b.0));
    param.props.dedup_by(|a, b| a.0 == b.0);
    into.push(param);
    for child in view.children() {
        flatten(child, depth + 1, into);
    }
}

pub(crate) fn text_of(value: &KdlValue) -> String {
    match value {
        KdlValue::String(text) => text.clone(),
        KdlValue::Integer(number) => number.to_string(),
        KdlValue::Float(number) => number.to_string(),
        KdlValue::Bool(value) => value.to_string(),
        KdlValue::Null => "null".to_owned(),
    }
}

/// Holds the children of `block` against the check's parameters. `rule` is what the rule itself says where `block` is
/// in the configuration; without it the block is the rule's own, and the required ones must be there.
pub(crate) fn check(
    block: View<'_>,
    full_name: &str,
    check: &CheckDescription,
    rule: Option<&[Param]>,
    errors: &mut Vec<Error>,
) {
    let complete = rule.is_none();
    let own = match rule {
        Some(_) => Vec::new(),
        None => read(block).into_iter().flat_map(|tree| tree.value).collect(),
    };
    let rule = rule.unwrap_or(&own);
    let mut first: HashMap<&str, Place> = HashMap::new();
    for child in block.children() {
        let Some(param) = check.params.iter().find(|param| param.name == child.name()) else {
            let (near, known) = near(child.name(), check.params.iter().map(|param| param.name.as_str()));
            let (check, name) = (full_name.to_owned(), child.name().to_owned());
            errors.push(child.place().error(ErrorKind::UnknownParameter { check, name, near, known }));
            continue;
        };
        if let Some(earlier) = first.get(param.name.as_str()).filter(|_| !param.repeat) {
            let error = child.place().error(ErrorKind::DuplicateNode { name: param.name.clone() });
            errors.push(error.with(earlier.clone(), "first given here"));
        }
        first.entry(&param.name).or_insert_with(|| child.place());
        check_value(child, param, errors);
        check_bound(child, param, rule, errors);
    }
    for param in check.params.iter() {
        let clash = param.not_with.iter().find(|other| first.contains_key(other.as_str()));
        if let (Some(place), Some(other)) = (first.get(param.name.as_str()), clash) {
            let (name, other) = (param.name.clone(), other.clone());
            errors.push(place.error(ErrorKind::Exclusive { name, other }));
        }
    }
    if complete {
        for param in check.params.iter().filter(|p| p.required && !first.contains_key(p.name.as_str())) {
            let (check, name, doc) = (full_name.to_owned(), param.name.clone(), param.doc.clone());
            errors.push(block.place().error(ErrorKind::MissingParameter { check, name, doc }));
        }
    }
}

/// Holds a number against the one of the rule that it may not exceed.
fn check_bound(view: View<'_>, param: &ParamDescription, rule: &[Param], errors: &mut Vec<Error>) {
    let Some(bound) = &param.not_above else { return };
    let most = rule.iter().find(|other| other.depth == 0 && other.name == *bound);
    let Some(most) = most.and_then(|other| other.args.first()?.parse::<i128>().ok()) else { return };
    let above = |entry: &&kdl::KdlEntry| entry.value().as_integer().is_some_and(|number| number > most);
    if let Some(entry) = view.args().find(above) {
        let (name, doc) = (param.name.clone(), param.doc.clone());
        let expected = format!("a whole number of at most {most}");
        let found = show(entry.value());
        errors.push(view.entry_place(entry).error(ErrorKind::Parameter { name, expected, found, doc }));
    }
}

fn check_value(view: View<'_>, param: &ParamDescription, errors: &mut Vec<Error>) {
    if param.kind == ParamType::Any {
        return;
    }
    if param.kind == ParamType::Conditions {
        conditions::block(view, errors);
        return;
    }
    let misfit = |place: Place, found: String| {
        let (name, doc) = (param.name.clone(), param.doc.clone());
        place.error(ErrorKind::Parameter { name, expected: param.kind.expected().to_owned(), found, doc })
    };
    if param.kind == ParamType::Objects {
        let odd = |entry: &&KdlEntry| {
            let name = entry.name().map(KdlIdentifier::value);
            name.is_some_and(|name| !OBJECT_PROPERTIES.contains(&name)) || !entry.value().is_string()
        };
        if let Some(entry) = view.node.entries().iter().find(odd) {
            errors.push(misfit(view.entry_place(entry), show(entry.value())));
        } else if view.args().count() != 1 || view.prop("name").is_none() || view.node.children().is_some() {
            errors.push(misfit(view.place(), "something else".to_owned()));
        }
        return;
    }
    if let Some(entry) = view.node.entries().iter().find(|entry| entry.name().is_some()) {
        errors.push(misfit(view.entry_place(entry), "a property".to_owned()));
        return;
    }
    if param.kind == ParamType::Names {
        if view.args().next().is_some() || view.node.children().is_none() {
            errors.push(misfit(view.place(), "arguments".to_owned()));
        }
        for child in view.children() {
            let bad = child
                .node
                .entries()
                .iter()
                .find(|entry| entry.name().is_some() || !entry.value().is_string());
            if let Some(entry) = bad {
                errors.push(misfit(child.entry_place(entry), show(entry.value())));
            } else if child.node.children().is_some() {
                errors.push(misfit(child.place(), "a block inside it".to_owned()));
            }
        }
        return;
    }
    if view.node.children().is_some() {
        errors.push(misfit(view.place(), "a block".to_owned()));
        return;
    }
    let count = view.args().count();
    if count == 0 || (count > 1 && !matches!(param.kind, ParamType::Strings | ParamType::Paths)) {
        errors.push(misfit(view.place(), format!("{count} arguments")));
        return;
    }
    for entry in view.args() {
        let value = entry.value();
        let fits = match param.kind {
            ParamType::String | ParamType::Strings | ParamType::Paths | ParamType::Template => {
                value.is_string()
            }
            ParamType::Date => value
                .as_string()
                .is_some_and(|day| day == TODAY || day.parse::<crate::config::Date>().is_ok()),
            ParamType::Bool => value.is_bool(),
            ParamType::Int => value.is_integer(),
            ParamType::Number => value.is_integer() || value.is_float(),
            ParamType::Names | ParamType::Conditions | ParamType::Objects | ParamType::Any => true,
        };
        if !fits {
            errors.push(misfit(view.entry_place(entry), show(value)));
        } else if let Some(word) =
            value.as_string().filter(|w| !param.words.is_empty() && !param.words.iter().any(|x| x == w))
        {
            let (near, known) = near(word, param.words.iter().map(String::as_str));
            let (what, value) = (format!("value of `{}`", param.name), word.to_owned());
            errors.push(view.entry_place(entry).error(ErrorKind::UnknownWord { what, value, near, known }));
        }
    }
    match param.kind {
        ParamType::Paths => {
            conditions::texts(view, &mut |text| conditions::path(text), conditions::PATH_ADVICE, errors)
        }
        ParamType::Template => conditions::texts(
            view,
            &mut |text| conditions::template(text),
            conditions::TEMPLATE_ADVICE,
            errors,
        ),
        _ => {}
    }
}

/// The parameters of a rule after the configuration's: a top-level name given there replaces all of that name.
pub(crate) fn overlay(base: &[Param], over: &[ParamTree]) -> Vec<Param> {
    let replaced =
        |name: &str| over.iter().any(|tree| tree.value.first().is_some_and(|top| top.name == name));
    let mut keep = true;
    let mut params: Vec<Param> = Vec::new();
    for param in base {
        if param.depth == 0 {
            keep = !replaced(&param.name);
        }
        if keep {
            params.push(param.clone());
        }
    }
    params.extend(over.iter().flat_map(|tree| tree.value.iter().cloned()));
    params
}
