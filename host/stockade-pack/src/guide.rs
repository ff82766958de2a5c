//! `guide.kdl`: a document's demands, each with the rules that enforce it. A pack that has one is a checklist.

use crate::error::{Error, ErrorKind};
use crate::nearest::nearest;
use crate::rule::title_problem;
use crate::source::{Place, Placed, Source};
use crate::view::{Args, Children, Prop, Shape, Value, View, check, nodes, prop, shape};
use stockade_model::{Checkable, Guide, GuideItem, GuideSection};

/// The file's name.
pub(crate) const FILE: &str = "guide.kdl";

const CHECKABLE: Value = Value::Word("how much files show", &["yes", "partly", "no"]);

const ITEM_PROPS: &[Prop] = &[prop(
    "checkable",
    CHECKABLE,
    "whether the files of a repository show it: `yes`, `partly` (the note says what they do not show) or `no` (the note says why)",
)
.required()];

const IN_ITEM: &[Shape] = &[
    shape(
        "rules",
        Args::Some(Value::Text),
        "rules \"tls/protocol-old\"",
        "Ids of the rules that enforce it.",
    ),
    shape(
        "note",
        Args::One(Value::Text),
        "note \"Seen in files only.\"",
        "What files do not show, or why they show nothing.",
    ),
];

const IN_SECTION: &[Shape] = &[shape(
    "item",
    Args::One(Value::Text),
    "item \"TLS 1.2 at least\" checkable=\"yes\" { rules \"tls/protocol-old\" }",
    "One demand of the document, in its order.",
)
.many()
.required()
.props(ITEM_PROPS)
.children(Children::Of(IN_ITEM))];

const IN_GUIDE: &[Shape] = &[
    shape(
        "source",
        Args::One(Value::Text),
        "source \"hardening.md\"",
        "The document: a file name or an address.",
    )
    .required(),
    shape("section", Args::One(Value::Text), "section \"TLS\" { ... }", "A heading of the document.")
        .many()
        .required()
        .children(Children::Of(IN_SECTION)),
];

/// `guide.kdl`.
pub(crate) const GUIDE_FILE: &[Shape] = &[shape(
    "guide",
    Args::One(Value::Text),
    "guide \"How we run services\" { ... }",
    "A document's demands.",
)
.required()
.children(Children::Of(IN_GUIDE))];

/// A guide whose rules have not been looked up yet.
pub(crate) struct ReadGuide {
    pub(crate) guide: Guide,
    rules: Vec<Placed<String>>,
}

/// Reads the `guide.kdl` of the pack of this name.
pub(crate) fn read(pack: &str, source: &Source, errors: &mut Vec<Error>) -> Option<ReadGuide> {
    let document = source.parse().map_err(|found| errors.extend(found)).ok()?;
    check(nodes(&document, source), GUIDE_FILE, "in a guide", &source.start(), errors);
    let node = nodes(&document, source).find(|node| node.name() == "guide")?;
    let title = node.text()?;
    title_problem(&title, errors);
    let mut rules = Vec::new();
    let sections = node.children().filter(|child| child.name() == "section");
    let sections = sections.filter_map(|section| {
        let items = section.children().filter(|child| child.name() == "item");
        let items = items.filter_map(|item| read_item(item, &mut rules, errors)).collect();
        Some(GuideSection { title: section.text()?.value, items })
    });
    let guide = Guide {
        pack: pack.to_owned(),
        title: title.value,
        sections: sections.collect(),
        source: node.child_text("source")?.value,
    };
    Some(ReadGuide { guide, rules })
}

fn read_item(view: View<'_>, all: &mut Vec<Placed<String>>, errors: &mut Vec<Error>) -> Option<GuideItem> {
    let title = view.text()?;
    let word = view.prop_text("checkable")?;
    let checkable = Checkable::ALL.into_iter().find(|c| c.as_str() == word.value)?;
    let rules = view.child_texts("rules");
    let note = view.child_text("note").map(|note| note.value).unwrap_or_default();
    let mut wrong = |place: &Place, problem| errors.push(place.error(ErrorKind::GuideItem { problem }));
    match checkable {
        Checkable::No if !rules.is_empty() => {
            wrong(&word.place, "says that no file shows it, and names rules");
        }
        Checkable::Yes | Checkable::Partly if rules.is_empty() => {
            wrong(&title.place, "says that files show it, and names no rule");
        }
        Checkable::No | Checkable::Partly if note.trim().is_empty() => {
            wrong(&title.place, "needs a `note` that says what files do not show");
        }
        _ => {}
    }
    let ids = rules.iter().map(|rule| rule.value.clone()).collect();
    all.extend(rules);
    Some(GuideItem { title: title.value, checkable, rules: ids, note })
}

impl ReadGuide {
    /// Reports the rules that do not exist.
    pub(crate) fn check_rules(&self, known: &[&str], errors: &mut Vec<Error>) {
        for rule in &self.rules {
            if !known.contains(&rule.value.as_str()) {
                let near = nearest(&rule.value, known.iter().copied()).map(str::to_owned);
                errors.push(rule.place.error(ErrorKind::UnknownRule { shown: rule.value.clone(), near }));
            }
        }
    }
}
