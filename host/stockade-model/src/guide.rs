//! A hardening guide as data: its items in their order, each with the rules that enforce it.

use serde::{Deserialize, Serialize};

/// How much of an item the files of a repository can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checkable {
    /// Files prove or break it.
    Yes,
    /// Files show an outward sign of it; the note says what they do not show.
    Partly,
    /// No file shows it; the note says why.
    No,
}

impl Checkable {
    /// All, in the order of [`Checkable`].
    pub const ALL: [Self; 3] = [Self::Yes, Self::Partly, Self::No];

    /// The word that guides use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partly => "partly",
            Self::No => "no",
        }
    }
}

/// One demand of a guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideItem {
    /// What is demanded, in a few words.
    pub title: String,
    /// Whether files show it.
    pub checkable: Checkable,
    /// Ids of the rules that enforce it, the most telling first; empty only where it cannot be checked.
    pub rules: Vec<String>,
    /// What files do not show of it, or why they show nothing; may be empty where files show all of it.
    pub note: String,
}

/// Items under one heading of the guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideSection {
    /// The heading.
    pub title: String,
    /// Its items, in the guide's order.
    pub items: Vec<GuideItem>,
}

/// A guide: a pack that has no rules of its own but names those that enforce a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guide {
    /// The pack that it is.
    pub pack: String,
    /// What the guide is about, one line.
    pub title: String,
    /// The document it follows: a file name or an address.
    pub source: String,
    /// Its headings in their order.
    pub sections: Vec<GuideSection>,
}

impl Guide {
    /// All items with the headings they stand under, in their order.
    pub fn items(&self) -> impl Iterator<Item = (&GuideSection, &GuideItem)> {
        self.sections.iter().flat_map(|section| section.items.iter().map(move |item| (section, item)))
    }
}
