//! `<rule>.kdl`: one rule.

use crate::error::{Error, ErrorKind};
use crate::names::{is_kebab, kebab, release, same_name};
use crate::pack::PackInfo;
use crate::params;
use crate::plugin::{PluginDescription, Vocabulary, known_kind};
use crate::selector::PREFIXES;
use crate::source::{Place, Placed, Source};
use crate::view::{Args, Children, Shape, Value, View, check, near, nodes, number, prop, shape};
use std::sync::Arc;
use stockade_model::{About, Later, Param, Precision, Rule, Severity};

pub(crate) const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];
const PRECISIONS: [&str; 4] = ["very-high", "high", "medium", "low"];
const FIXABLE: [&str; 3] = ["safe", "unsafe", "no"];

/// Longest title, help and reason in characters: one line of a terminal, and a short paragraph.
const MAX_TITLE: usize = 100;
const MAX_HELP: usize = 300;

const IN_RULE: &[Shape] = &[
    shape(
        "title",
        Args::One(Value::Text),
        "title \"Base image is tagged latest\"",
        "One line for lists, without a final period.",
    )
    .required(),
    shape(
        "severity",
        Args::One(Value::Word("severity", &SEVERITIES)),
        "severity \"medium\"",
        "How bad a finding is.",
    )
    .required(),
    shape(
        "also-severity",
        Args::Some(Value::Word("severity", &SEVERITIES)),
        "also-severity \"medium\"",
        "Other severities that the check gives some of its findings, where what breaks the rule is not always as bad. A \
         finding whose check names none has that of the rule, and a severity from the configuration holds for all.",
    ),
    shape(
        "security-severity",
        Args::One(Value::Number(0.1, 10.0)),
        "security-severity 5.0",
        "The number that code scanning shows; the middle of the severity's band where it is left out.",
    ),
    shape(
        "precision",
        Args::One(Value::Word("precision", &PRECISIONS)),
        "precision \"very-high\"",
        "How often the rule is right; `high` where it is left out.",
    ),
    shape("since", Args::One(Value::Text), "since \"0.1.0\"", "First version of the pack that has the rule.")
        .required(),
    shape(
        "profiles",
        Args::Some(Value::Text),
        "profiles \"default\" \"strict\"",
        "Profiles that switch it on. `all` has every rule and is never written.",
    ),
    shape(
        "fixable",
        Args::One(Value::Word("kind of fix", &FIXABLE)),
        "fixable \"safe\"",
        "Whether the check offers fixes: `safe` ones do not change what a working deployment does.",
    ),
    shape(
        "sensitive",
        Args::One(Value::Bool),
        "sensitive #true",
        "Whether what the rule finds is secret: no report shows the text under its findings.",
    ),
    shape("cwe", Args::Some(Value::Text), "cwe \"CWE-1104\"", "Weaknesses."),
    shape(
        "aliases",
        Args::Some(Value::Text),
        "aliases \"hadolint:DL3007\"",
        "Ids of other tools' rules for the same.",
    )
    .many()
    .props(&[prop("shared", Value::Bool, "whether other rules have these aliases too")]),
    shape("tags", Args::Some(Value::Text), "tags \"supply-chain\"", "Topics."),
    shape("refs", Args::Some(Value::Text), "refs \"CIS-Docker-4.7\"", "Standards."),
    shape(
        "applies-to",
        Args::Some(Value::Text),
        "applies-to \"dockerfile\"",
        "File kinds it is about, where these are fewer than the check can read.",
    ),
    shape(
        "check",
        Args::One(Value::Text),
        "check \"dockerfile:image-tag\" { forbid \"latest\" }",
        "The plugin and its check; the block holds the check's parameters.",
    )
    .required()
    .children(Children::Free),
    shape(
        "single-files",
        Args::Maybe(Value::Bool),
        "single-files #true",
        "For a check across files: whether what it says of some files is right without a look at the others. Such rules \
         also run where only single files are scanned; the others would take what was not looked at for missing.",
    ),
    shape(
        "yields-to",
        Args::Some(Value::Text),
        "yields-to \"secrets/default-credentials\"",
        "Rules that say more about the same: where one of them has a finding, this rule has none at that place of the file, so \
         that one cause is told once. It still speaks where they are switched off.",
    ),
    shape(
        "help",
        Args::One(Value::Text),
        "help \"Pin the image to a version tag or a digest.\"",
        "What to do: a sentence with a period.",
    )
    .required(),
    shape(
        "deprecated",
        Args::One(Value::Text),
        "deprecated \"the tag is checked by another rule\" replaced-by=\"dockerfile/image-tag\"",
        "Why the rule is no longer in any profile. It stays known, so that old configuration keeps working.",
    )
    .props(&[prop("replaced-by", Value::Text, "the id of the rule that took its place")]),
];

/// `<rule>.kdl`.
pub(crate) const RULE_FILE: &[Shape] =
    &[shape("rule", Args::One(Value::Text), "rule \"image-tag-latest\" { ... }", "Describes a rule.")
        .required()
        .children(Children::Of(IN_RULE))];

/// A rule with the places that later checks speak about.
pub(crate) struct ReadRule {
    pub(crate) rule: Rule,
    pub(crate) title: Placed<String>,
    /// Aliases, each with whether it is marked as shared.
    pub(crate) aliases: Vec<(Placed<String>, bool)>,
    pub(crate) replaced_by: Option<Placed<String>>,
    pub(crate) yields_to: Vec<Placed<String>>,
}

/// What a rule may refer to.
pub(crate) struct Context<'a> {
    pub(crate) pack: &'a PackInfo,
    pub(crate) plugins: &'a [PluginDescription],
    pub(crate) vocabulary: &'a Vocabulary<'a>,
}

/// Reads a rule's file; its page and all that needs other rules come later.
pub(crate) fn read(source: &Source, context: &Context<'_>, errors: &mut Vec<Error>) -> Option<ReadRule> {
    let document = source.parse().map_err(|found| errors.extend(found)).ok()?;
    check(nodes(&document, source), RULE_FILE, "in a rule's file", &source.start(), errors);
    let node = nodes(&document, source).find(|node| node.name() == "rule")?;
    let name = node.text()?;
    kebab("rule's name", &name, errors);
    same_name("rule", "file", &name, source.file_name().trim_end_matches(".kdl"), errors);
    let title = node.child_text("title").unwrap_or_else(|| Placed::new(String::new(), name.place.clone()));
    if node.child("title").is_some() {
        title_problem(&title, errors);
    }
    let help = node.child_text("help");
    if let Some(help) = &help {
        sentence("help", help, MAX_HELP, errors);
    }
    let severity = word(node, "severity").and_then(|text| text.parse().ok()).unwrap_or(Severity::Medium);
    let deprecated = node.child("deprecated");
    let replaced_by = deprecated.and_then(|node| node.prop_text("replaced-by"));
    let aliases = read_aliases(node, errors);
    let about = About {
        title: title.value.clone(),
        security_severity: security_severity(node, severity, errors),
        cwe: formatted(node, "cwe", "weakness", "CWE-1104", is_cwe, errors),
        aliases: aliases.iter().map(|(alias, _)| alias.value.clone()).collect(),
        tags: formatted(node, "tags", "tag", "supply-chain", is_kebab, errors),
        refs: formatted(node, "refs", "reference", "CIS-Docker-4.7", is_reference, errors),
        guides: Vec::new(),
        help: help.map(|help| help.value).unwrap_or_default(),
        since: since(node, context.pack, errors),
        description: String::new(),
    };
    let mut rule = Rule {
        id: format!("{}/{}", context.pack.name, name.value),
        severity,
        also_severity: also_severity(node, severity, errors),
        precision: precision(word(node, "precision")),
        plugin: String::new(),
        check: String::new(),
        params: Later::default(),
        kinds: Arc::default(),
        any_literal: Arc::default(),
        also_literals: Vec::new(),
        literal_param: None,
        project: false,
        repository: false,
        yields_to: Vec::new(),
        single_files: false,
        profiles: profiles(node, errors),
        fixable: word(node, "fixable").unwrap_or_else(|| "no".to_owned()),
        sensitive: node.child("sensitive").is_some_and(View::switch),
        deprecated: deprecated.map(|node| deprecation(node, replaced_by.as_ref())),
        about: about.into(),
        page: u32::MAX,
    };
    if let Some(node) = node.child("check") {
        resolve_check(node, &mut rule, context, errors);
    }
    if let Some(node) = node.child("single-files") {
        rule.single_files = node.switch();
        if !rule.check.is_empty() && (!rule.project || rule.repository) {
            errors.push(node.place().error(ErrorKind::SingleFiles { check: rule.check.clone() }));
        }
    }
    applies_to(node, &mut rule, context, errors);
    let yields_to = node.child_texts("yields-to");
    rule.yields_to = yields_to.iter().map(|id| id.value.clone()).collect();
    Some(ReadRule { rule, title, aliases, replaced_by, yields_to })
}

fn word(node: View<'_>, name: &str) -> Option<String> {
    node.child_text(name).map(|text| text.value)
}

fn precision(word: Option<String>) -> Precision {
    let known = [Precision::VeryHigh, Precision::High, Precision::Medium, Precision::Low];
    known.into_iter().find(|p| word.as_deref() == Some(p.as_str())).unwrap_or_default()
}

fn also_severity(node: View<'_>, own: Severity, errors: &mut Vec<Error>) -> Vec<Severity> {
    let mut others = Vec::new();
    for text in node.child_texts("also-severity") {
        // What is no severity was reported with the shape.
        let Ok(severity) = text.value.parse::<Severity>() else { continue };
        if severity == own || others.contains(&severity) {
            errors.push(text.place.error(ErrorKind::SeverityTwice { severity: text.value }));
        } else {
            others.push(severity);
        }
    }
    others.sort_unstable();
    others
}

fn security_severity(node: View<'_>, severity: Severity, errors: &mut Vec<Error>) -> Option<String> {
    let node = node.child("security-severity")?;
    let entry = node.args().next()?;
    let value = number(entry.value()).filter(|value| (0.1..=10.0).contains(value))?;
    let text = format!("{value:.1}");
    // Bands as code scanning has them, on the one decimal that is shown.
    let tenths: u32 = text.replace('.', "").parse().unwrap_or(0);
    let fits = match severity {
        Severity::Info | Severity::Low => tenths < 40,
        Severity::Medium => (40..70).contains(&tenths),
        Severity::High => (70..90).contains(&tenths),
        Severity::Critical => tenths >= 90,
    };
    if !fits {
        let kind = ErrorKind::SeverityBand { number: text.clone(), severity: severity.to_string() };
        errors.push(node.entry_place(entry).error(kind));
    }
    Some(text)
}

/// The profiles that the built-in packs have. A pack may have others, so only what is nearly one of these is wrong: nobody
/// would notice that the rule never runs.
const PROFILES: [&str; 3] = ["baseline", "default", "strict"];

fn misspelt_profile(name: &str) -> Option<&'static str> {
    // `strict-eu` is a name of its own.
    let deliberate = PROFILES.iter().any(|known| name.starts_with(known));
    if deliberate { None } else { crate::nearest::nearest(name, PROFILES) }
}

fn profiles(node: View<'_>, errors: &mut Vec<Error>) -> Vec<String> {
    let profiles = node.child_texts("profiles");
    for profile in &profiles {
        if profile.value == crate::selection::ALL {
            let kind = ErrorKind::Reserved {
                what: "profile",
                name: profile.value.clone(),
                advice: "Leave it out: it has every rule.",
            };
            errors.push(profile.place.error(kind));
        } else if let Some(meant) = misspelt_profile(&profile.value) {
            let (what, value, near) =
                ("profile of the built-in packs".to_owned(), profile.value.clone(), Some(meant.to_owned()));
            let known = PROFILES.map(str::to_owned).to_vec();
            errors.push(profile.place.error(ErrorKind::UnknownWord { what, value, near, known }));
        } else {
            kebab("profile's name", profile, errors);
        }
    }
    profiles.into_iter().map(|profile| profile.value).collect()
}

fn since(node: View<'_>, pack: &PackInfo, errors: &mut Vec<Error>) -> String {
    let Some(since) = node.child_text("since") else { return String::new() };
    if let (Some(numbers), Some(version)) =
        (release("version", &since, errors), crate::names::version(&pack.version, 3))
        && numbers > version
    {
        let kind = ErrorKind::Since { since: since.value.clone(), version: pack.version.clone() };
        errors.push(since.place.error(kind));
    }
    since.value
}

fn deprecation(node: View<'_>, replaced_by: Option<&Placed<String>>) -> String {
    let why = node.text().map(|text| text.value).unwrap_or_default();
    match replaced_by {
        Some(other) => format!("{why}; replaced by {}", other.value),
        None => why,
    }
}

fn read_aliases(node: View<'_>, errors: &mut Vec<Error>) -> Vec<(Placed<String>, bool)> {
    let mut aliases = Vec::new();
    for node in node.children().filter(|node| node.name() == "aliases") {
        let shared = node.prop_bool("shared").unwrap_or(false);
        for alias in node.texts() {
            let (tool, id) = alias.value.split_once(':').unwrap_or_default();
            if !is_kebab(tool) || !is_reference(id) {
                let kind = ErrorKind::Format {
                    what: "alias",
                    value: alias.value.clone(),
                    example: "hadolint:DL3007",
                };
                errors.push(alias.place.error(kind));
            } else if PREFIXES.contains(&tool) {
                errors.push(alias.place.error(ErrorKind::Reserved {
                    what: "tool",
                    name: tool.to_owned(),
                    advice: "Choose another name.",
                }));
            }
            aliases.push((alias, shared));
        }
    }
    aliases
}

fn formatted(
    node: View<'_>,
    name: &str,
    what: &'static str,
    example: &'static str,
    fits: fn(&str) -> bool,
    errors: &mut Vec<Error>,
) -> Vec<String> {
    let texts = node.child_texts(name);
    for text in texts.iter().filter(|text| !fits(&text.value)) {
        errors.push(text.place.error(ErrorKind::Format { what, value: text.value.clone(), example }));
    }
    texts.into_iter().map(|text| text.value).collect()
}

fn is_cwe(text: &str) -> bool {
    let digits = text.strip_prefix("CWE-").unwrap_or_default();
    (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_reference(text: &str) -> bool {
    !text.is_empty() && text.len() <= 100 && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

fn resolve_check(node: View<'_>, rule: &mut Rule, context: &Context<'_>, errors: &mut Vec<Error>) {
    let Some(full) = node.text() else { return };
    let Some((plugin, name)) = full.value.split_once(':') else {
        let kind =
            ErrorKind::Format { what: "check", value: full.value.clone(), example: "dockerfile:image-tag" };
        errors.push(full.place.error(kind));
        return;
    };
    let Some(plugin) = context.plugins.iter().find(|p| p.name == plugin) else {
        let (near, known) = near(plugin, context.plugins.iter().map(|p| p.name.as_str()));
        errors.push(full.place.error(ErrorKind::UnknownPlugin { name: plugin.to_owned(), near, known }));
        return;
    };
    let Some(check) = plugin.check(name) else {
        let (near, known) = near(name, plugin.checks.iter().map(|check| check.name.as_str()));
        let (plugin, name) = (plugin.name.clone(), name.to_owned());
        errors.push(full.place.error(ErrorKind::UnknownCheck { plugin, name, near, known }));
        return;
    };
    params::check(node, &full.value, check, None, errors);
    rule.plugin.clone_from(&plugin.name);
    rule.check.clone_from(&check.name);
    let params: Vec<Param> = params::read(node).into_iter().flat_map(|tree| tree.value).collect();
    rule.params = params.into();
    rule.kinds.clone_from(&check.kinds);
    rule.any_literal.clone_from(&check.any_literal);
    rule.also_literals.clone_from(&check.also_literals);
    rule.literal_param.clone_from(&check.literal_param);
    rule.project = check.project;
    rule.repository = check.repository;
}

fn applies_to(node: View<'_>, rule: &mut Rule, context: &Context<'_>, errors: &mut Vec<Error>) {
    let narrowed = node.child_texts("applies-to");
    if narrowed.is_empty() || rule.check.is_empty() {
        return;
    }
    for kind in &narrowed {
        let before = errors.len();
        known_kind(kind, context.vocabulary, errors);
        if errors.len() == before && !rule.kinds.contains(&kind.value) {
            let check = format!("{}:{}", rule.plugin, rule.check);
            let kind_of =
                ErrorKind::KindOfCheck { check, kind: kind.value.clone(), known: rule.kinds.to_vec() };
            errors.push(kind.place.error(kind_of));
        }
    }
    let mut kinds: Vec<String> = narrowed.into_iter().map(|kind| kind.value).collect();
    kinds.sort_unstable();
    kinds.dedup();
    rule.kinds = kinds.into();
}

fn wording(
    place: &Place,
    what: &'static str,
    problem: impl Into<String>,
    advice: &'static str,
    errors: &mut Vec<Error>,
) {
    errors.push(place.error(ErrorKind::Wording { what, problem: problem.into(), advice }));
}

/// Reports what is wrong with a title: one line for a list, so no sentence.
pub(crate) fn title_problem(title: &Placed<String>, errors: &mut Vec<Error>) {
    let (text, place) = (&title.value, &title.place);
    if text.trim() != text || text.is_empty() || text.contains('\n') {
        wording(
            place,
            "title",
            "is empty, or has space around it or several lines",
            "Write one line.",
            errors,
        );
    } else if text.ends_with('.') {
        wording(
            place,
            "title",
            "ends with a period",
            "A title is no sentence: leave the period out.",
            errors,
        );
    } else if text.chars().count() > MAX_TITLE {
        wording(place, "title", format!("is longer than {MAX_TITLE} characters"), "Say it shorter.", errors);
    }
}

/// Reports what is wrong with a text that should be a sentence or several.
pub(crate) fn sentence(what: &'static str, text: &Placed<String>, most: usize, errors: &mut Vec<Error>) {
    let (value, place) = (&text.value, &text.place);
    if value.trim() != value || value.is_empty() {
        wording(place, what, "is empty or has space around it", "Write a sentence.", errors);
    } else if !value.ends_with(['.', '?', '!']) {
        wording(place, what, "does not end with a period", "Write a whole sentence.", errors);
    } else if value.starts_with(char::is_lowercase) {
        wording(
            place,
            what,
            "starts with a small letter",
            "Start it like a sentence; code goes in backticks.",
            errors,
        );
    } else if value.chars().count() > most {
        let problem = format!("is longer than {most} characters");
        wording(place, what, problem, "Leave the details to the page.", errors);
    }
}
