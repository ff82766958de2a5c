//! What a plugin says about itself: its checks, the kinds they read, and their parameters.

use crate::error::{Error, ErrorKind};
use crate::names::{interface, kebab, release, same_name, unique};
use crate::source::{Place, Placed, Source};
use crate::view::{Args, Children, Shape, Value, View, check, near, nodes, prop, shape};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use stockade_model::{AlsoLiterals, Later};

/// Tables that a plugin may ask for.
pub const TABLES: [&str; 6] = ["nodes", "comments", "settings", "environment", "settings!", "environment!"];

/// The word in `kinds` that stands for every kind.
const ANY_KIND: &str = "any";

/// What a parameter's value looks like in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParamType {
    /// One text.
    String,
    /// One or more texts.
    Strings,
    /// A day, `YYYY-MM-DD`, or `today`: plugins have no clock, so whoever configures them puts that day in its place.
    Date,
    /// `#true` or `#false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A block of nodes whose names are free, each with any texts: a table from names to texts.
    Names,
    /// A block in the language of conditions of the plugin `declare`.
    Conditions,
    /// One or more paths in that language.
    Paths,
    /// A message in that language.
    Template,
    /// Objects that live elsewhere: a kind, with `name`, `namespace` and `labels` as properties. Beside what a rule says,
    /// those that the configuration declares with `external` arrive here.
    Objects,
    /// Anything, with a block of anything.
    Any,
}

impl ParamType {
    /// Each type with its name in `plugin.kdl`.
    pub const ALL: [(&'static str, Self); 12] = [
        ("string", Self::String),
        ("strings", Self::Strings),
        ("date", Self::Date),
        ("bool", Self::Bool),
        ("int", Self::Int),
        ("number", Self::Number),
        ("names", Self::Names),
        ("conditions", Self::Conditions),
        ("paths", Self::Paths),
        ("template", Self::Template),
        ("objects", Self::Objects),
        ("any", Self::Any),
    ];

    /// What it takes, for messages.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::String => "one text in quotes",
            Self::Strings => "one or more texts in quotes",
            Self::Date => "a day such as \"2027-01-31\", or \"today\"",
            Self::Bool => "#true or #false",
            Self::Int => "a whole number",
            Self::Number => "a number",
            Self::Names => "a block of names with texts",
            Self::Conditions => "a block of conditions",
            Self::Paths => "one or more paths in quotes",
            Self::Template => "one message in quotes",
            Self::Objects => "a kind of object in quotes, with its name",
            Self::Any => "anything",
        }
    }
}

const PARAM_TYPES: [&str; 12] = [
    "string",
    "strings",
    "date",
    "bool",
    "int",
    "number",
    "names",
    "conditions",
    "paths",
    "template",
    "objects",
    "any",
];

/// A parameter of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamDescription {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub kind: ParamType,
    /// What it says, a phrase without a period.
    pub doc: String,
    /// Whether a rule must give it.
    pub required: bool,
    /// Whether it may be given several times.
    pub repeat: bool,
    /// The only texts it may have; empty: any.
    pub words: Vec<String>,
    /// Parameters that may not stand beside it.
    pub not_with: Vec<String>,
    /// The parameter of the rule whose number it may not exceed, in the rule and in the configuration.
    pub not_above: Option<String>,
}

/// A check of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDescription {
    /// Its name: the part behind the colon in `check "plugin:name"`.
    pub name: String,
    /// File kinds it reads; never empty.
    pub kinds: Arc<[String]>,
    /// Literals (ASCII, compared without case) of which one must occur for a finding to be possible; empty: none.
    pub any_literal: Arc<[String]>,
    /// Further such lists: one literal of each must occur as well.
    pub also_literals: Vec<AlsoLiterals>,
    /// The parameter whose texts, each up to its first `=`, are one more such list.
    pub literal_param: Option<String>,
    /// Whether it reports from `check-project`.
    pub project: bool,
    /// Whether it makes sense only where the whole repository is scanned, and wants the paths of all files.
    pub repository: bool,
    /// Whether one of its parameters is a day: then the day of the scan may have to be put into a rule's.
    pub takes_day: bool,
    /// Its parameters.
    pub params: Later<Vec<ParamDescription>>,
}

/// What `plugin.kdl` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginDescription {
    /// Its name: the part before the colon in `check "name:check"`.
    pub name: String,
    /// Its version, three numbers.
    pub version: String,
    /// The oldest host interface it runs with, two numbers.
    pub requires: String,
    /// Tables it asks for.
    pub needs: Vec<String>,
    /// Its checks, in the order they were written.
    pub checks: Vec<CheckDescription>,
}

impl PluginDescription {
    /// The check of this name.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&CheckDescription> {
        self.checks.iter().find(|check| check.name == name)
    }
}

const PARAM_SHAPES: &[Shape] = &[
    shape(
        "values",
        Args::Some(Value::Text),
        "values \"strict\" \"lax\"",
        "The only texts that the parameter may have.",
    ),
    shape(
        "not-with",
        Args::Some(Value::Text),
        "not-with \"fix-remove\"",
        "Parameters that a rule cannot give as well.",
    ),
    shape(
        "not-above",
        Args::One(Value::Text),
        "not-above \"at-most\"",
        "The parameter of the rule whose number this one may not exceed, in a configuration neither.",
    ),
];

const ALSO_SHAPES: &[Shape] = &[shape(
    "kinds",
    Args::Some(Value::Text),
    "kinds \"kubernetes\"",
    "The kinds of file whose text must have one of the literals; where it is left out, all that the check reads.",
)];

const CHECK_SHAPES: &[Shape] = &[
    shape(
        "kinds",
        Args::Some(Value::Text),
        "kinds \"dockerfile\"",
        "File kinds that the check reads; `any` stands for all of them.",
    )
    .required(),
    shape(
        "any-literal",
        Args::Some(Value::Text),
        "any-literal \"from\"",
        "Literals of which at least one occurs in every file with a finding, compared without regard to case. The \
         host does not call the check for other files. Kinds that may be binary (`pem`, `der`, `keystore`) are not asked.",
    ),
    shape(
        "exact-literal",
        Args::Some(Value::Text),
        "exact-literal \"AKIA\"",
        "More such literals, whose capital letters must be capital letters in the file. One of these or of \
         `any-literal` is enough.",
    ),
    shape(
        "also-literal",
        Args::Some(Value::Text),
        "also-literal \"alert\" \"record\"",
        "Literals, as `any-literal`, of which one must occur as well; given several times, one of each.",
    )
    .many()
    .children(Children::Of(ALSO_SHAPES)),
    shape(
        "literal-param",
        Args::One(Value::Text),
        "literal-param \"images\"",
        "A parameter of texts. What stands in each up to its first `=` is a literal, and one of them must occur as well.",
    ),
    shape(
        "project",
        Args::Maybe(Value::Bool),
        "project #true",
        "The check reports once for all files, from the facts that it recorded for each.",
    ),
    shape(
        "repository",
        Args::Maybe(Value::Bool),
        "repository #true",
        "With `project`: the check speaks of the repository as a whole. It runs only where all of a repository is \
         scanned, and is told of every file in it, also of those without facts.",
    ),
    shape(
        "param",
        Args::One(Value::Text),
        "param \"forbid\" type=\"strings\" doc=\"tags that are refused\"",
        "A parameter that rules may give.",
    )
    .many()
    .props(&[
        prop("type", Value::Word("parameter type", &PARAM_TYPES), "what it takes").required(),
        prop("doc", Value::Text, "what it says, a phrase without a period").required(),
        prop("required", Value::Bool, "whether a rule must give it"),
        prop("repeat", Value::Bool, "whether it may be given several times"),
    ])
    .children(Children::Of(PARAM_SHAPES)),
];

const IN_PLUGIN: &[Shape] = &[
    shape("version", Args::One(Value::Text), "version \"0.1.0\"", "The plugin's version.").required(),
    shape("requires", Args::One(Value::Text), "requires \"0.1\"", "The oldest host interface it runs with.")
        .required(),
    shape(
        "needs",
        Args::Some(Value::Word("table", &TABLES)),
        "needs \"nodes\" \"comments\"",
        "Tables that the host hands over with each file; with a `!`, only files count that have rows in it.",
    ),
    shape(
        "check",
        Args::One(Value::Text),
        "check \"image-tag\" { ... }",
        "A check, which rules name as `plugin:check`.",
    )
    .many()
    .required()
    .children(Children::Of(CHECK_SHAPES)),
];

/// `plugin.kdl`.
pub(crate) const PLUGIN_FILE: &[Shape] =
    &[shape("plugin", Args::One(Value::Text), "plugin \"dockerfile\" { ... }", "Describes a plugin.")
        .required()
        .children(Children::Of(IN_PLUGIN))];

/// What a pack or plugin may refer to, and which interface this host offers.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<'a> {
    /// Names of all file kinds.
    pub kinds: &'a [&'a str],
    /// The newest plugin interface of this host: `major.minor`.
    pub interface: &'a str,
}

/// A plugin with the places of its names.
pub(crate) struct ReadPlugin {
    pub(crate) description: PluginDescription,
    pub(crate) place: Place,
}

/// Reads a `plugin.kdl` that lies in a folder of the name `folder`.
pub(crate) fn read(
    folder: &str,
    source: &Source,
    vocabulary: &Vocabulary<'_>,
    errors: &mut Vec<Error>,
) -> Option<ReadPlugin> {
    let document = source.parse().map_err(|found| errors.extend(found)).ok()?;
    check(nodes(&document, source), PLUGIN_FILE, "in a plugin's description", &source.start(), errors);
    let plugin = nodes(&document, source).find(|node| node.name() == "plugin")?;
    let name = plugin.text()?;
    kebab("plugin's name", &name, errors);
    same_name("plugin", "folder", &name, folder, errors);
    let version = plugin.child_text("version");
    if let Some(version) = &version {
        release("version", version, errors);
    }
    let requires = plugin.child_text("requires");
    if let Some(requires) = &requires {
        interface(requires, vocabulary.interface, errors);
    }
    let mut names = Vec::new();
    let mut checks = Vec::new();
    for node in plugin.children().filter(|node| node.name() == "check") {
        let Some(name) = node.text() else { continue };
        kebab("check's name", &name, errors);
        checks.push(read_check(node, &name.value, vocabulary, errors));
        names.push(name);
    }
    unique("check", &names, errors);
    let text = |placed: Option<Placed<String>>| placed.map(|p| p.value).unwrap_or_default();
    let description = PluginDescription {
        name: name.value,
        version: text(version),
        requires: text(requires),
        needs: plugin.child_texts("needs").into_iter().map(|need| need.value).collect(),
        checks,
    };
    Some(ReadPlugin { description, place: name.place })
}

fn read_check(
    node: View<'_>,
    name: &str,
    vocabulary: &Vocabulary<'_>,
    errors: &mut Vec<Error>,
) -> CheckDescription {
    let mut kinds = Vec::new();
    for kind in node.child_texts("kinds") {
        if kind.value == ANY_KIND {
            kinds.extend(vocabulary.kinds.iter().map(|kind| (*kind).to_owned()));
        } else {
            known_kind(&kind, vocabulary, errors);
            kinds.push(kind.value);
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    let mut any_literal = literals(node.child_texts("any-literal"), false, errors);
    any_literal.extend(literals(node.child_texts("exact-literal"), true, errors));
    let also = node.children().filter(|node| node.name() == "also-literal");
    let mut also_literals = Vec::new();
    for node in also {
        let named = node.child_texts("kinds");
        named.iter().for_each(|kind| known_kind(kind, vocabulary, errors));
        let kinds = named.into_iter().map(|kind| kind.value).collect();
        also_literals.push(AlsoLiterals { literals: literals(node.texts(), false, errors), kinds });
    }
    let mut names = Vec::new();
    let mut params = Vec::new();
    for param in node.children().filter(|node| node.name() == "param") {
        let (Some(name), Some(kind)) = (param.text(), param.prop_text("type")) else { continue };
        kebab("parameter's name", &name, errors);
        let Some((_, kind)) = ParamType::ALL.into_iter().find(|(word, _)| *word == kind.value) else {
            continue;
        };
        let doc = param.prop_text("doc");
        if let Some(doc) = doc.as_ref().filter(|doc| doc.value.is_empty() || doc.value.ends_with('.')) {
            let problem = "is empty or ends with a period".to_owned();
            let advice = "Write a phrase that completes \"it says ...\", without a period.";
            errors.push(doc.place.error(ErrorKind::Wording { what: "parameter's doc", problem, advice }));
        }
        params.push(ParamDescription {
            name: name.value.clone(),
            kind,
            doc: doc.map(|doc| doc.value).unwrap_or_default(),
            required: param.prop_bool("required").unwrap_or(false),
            repeat: param.prop_bool("repeat").unwrap_or(false),
            words: param.child_texts("values").into_iter().map(|word| word.value).collect(),
            not_with: param.child_texts("not-with").into_iter().map(|name| name.value).collect(),
            not_above: param.child_texts("not-above").into_iter().map(|name| name.value).next(),
        });
        names.push(name);
    }
    unique("parameter", &names, errors);
    let project = node.child("project").is_some_and(View::switch);
    let repository = node.child("repository").is_some_and(View::switch);
    let literal_param = node.child_text("literal-param");
    if let Some(given) = &literal_param {
        let texts = params.iter().filter(|param| param.kind == ParamType::Strings);
        if !texts.clone().any(|param| param.name == given.value) {
            let (near, known) = near(&given.value, texts.map(|param| param.name.as_str()));
            let (check, name) = (name.to_owned(), given.value.clone());
            errors.push(given.place.error(ErrorKind::UnknownParameter { check, name, near, known }));
        }
    }
    let literal_param = literal_param.map(|given| given.value);
    CheckDescription {
        name: name.to_owned(),
        kinds: kinds.into(),
        any_literal: any_literal.into(),
        also_literals,
        literal_param,
        project,
        repository,
        takes_day: params.iter().any(|param| param.kind == ParamType::Date),
        params: params.into(),
    }
}

/// Literals as they are compared: without case as small letters, else as they are written.
fn literals(texts: Vec<Placed<String>>, exact: bool, errors: &mut Vec<Error>) -> Vec<String> {
    let mut literals = Vec::with_capacity(texts.len());
    for literal in texts {
        if literal.value.is_empty() || !literal.value.is_ascii() {
            let kind =
                ErrorKind::Format { what: "ASCII literal", value: literal.value.clone(), example: "from" };
            errors.push(literal.place.error(kind));
        }
        literals.push(if exact { literal.value } else { literal.value.to_ascii_lowercase() });
    }
    literals
}

/// Reports a kind that does not exist.
pub(crate) fn known_kind(kind: &Placed<String>, vocabulary: &Vocabulary<'_>, errors: &mut Vec<Error>) {
    if !vocabulary.kinds.contains(&kind.value.as_str()) {
        let (near, known) = near(&kind.value, vocabulary.kinds.iter().copied());
        errors.push(kind.place.error(ErrorKind::UnknownKind { name: kind.value.clone(), near, known }));
    }
}
