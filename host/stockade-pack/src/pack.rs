//! `pack.kdl`: what a folder of rules says about itself.

use crate::error::{Error, ErrorKind};
use crate::names::{interface, kebab, release, same_name};
use crate::plugin::Vocabulary;
use crate::rule::title_problem;
use crate::source::{Placed, Source};
use crate::view::{Args, Children, Shape, Value, check, nodes, shape};
use serde::{Deserialize, Serialize};
use stockade_model::RESERVED_PACKS;

/// What `pack.kdl` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackInfo {
    /// The first part of its rules' ids.
    pub name: String,
    /// Its version, three numbers.
    pub version: String,
    /// A title for lists.
    pub title: String,
    /// The oldest host interface it needs, two numbers.
    pub requires: String,
}

const IN_PACK: &[Shape] = &[
    shape("version", Args::One(Value::Text), "version \"0.1.0\"", "The pack's version.").required(),
    shape("title", Args::One(Value::Text), "title \"Dockerfiles\"", "A title for lists.").required(),
    shape("requires", Args::One(Value::Text), "requires \"0.1\"", "The oldest host interface it needs.")
        .required(),
];

/// `pack.kdl`.
pub(crate) const PACK_FILE: &[Shape] =
    &[shape("pack", Args::One(Value::Text), "pack \"dockerfile\" { ... }", "Describes a folder of rules.")
        .required()
        .children(Children::Of(IN_PACK))];

/// Reads a `pack.kdl` that lies in a folder of the name `folder`.
pub(crate) fn read(
    folder: &str,
    source: &Source,
    vocabulary: &Vocabulary<'_>,
    errors: &mut Vec<Error>,
) -> Option<(PackInfo, Placed<String>)> {
    let document = source.parse().map_err(|found| errors.extend(found)).ok()?;
    check(nodes(&document, source), PACK_FILE, "in a pack's description", &source.start(), errors);
    let pack = nodes(&document, source).find(|node| node.name() == "pack")?;
    let name = pack.text()?;
    kebab("pack's name", &name, errors);
    same_name("pack", "folder", &name, folder, errors);
    if RESERVED_PACKS.contains(&name.value.as_str()) {
        let kind =
            ErrorKind::Reserved { what: "pack", name: name.value.clone(), advice: "Choose another name." };
        errors.push(name.place.error(kind));
    }
    let (version, title, requires) =
        (pack.child_text("version"), pack.child_text("title"), pack.child_text("requires"));
    if let Some(version) = &version {
        release("version", version, errors);
    }
    if let Some(requires) = &requires {
        interface(requires, vocabulary.interface, errors);
    }
    if let Some(title) = &title {
        title_problem(title, errors);
    }
    let text = |placed: Option<Placed<String>>| placed.map(|p| p.value).unwrap_or_default();
    let info = PackInfo {
        name: name.value.clone(),
        version: text(version),
        title: text(title),
        requires: text(requires),
    };
    Some((info, name))
}
