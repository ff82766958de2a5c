//! What stands beside a setting and says that it means something else, or nothing.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use stockade_sdk::{Kind, Node, Params, Setting, Source, ValueKind};

/// Settings of a section that are looked at for company; no share or listener has more.
const MAX_COMPANY: usize = 200;

/// The excuses that the settings of a file have, each looked for once.
pub(super) struct Beside<'a> {
    source: &'a Source,
    /// For each section asked about: whether it holds an excuse.
    sections: HashMap<u32, bool>,
    /// The names of settings that have no value.
    empty: OnceCell<HashSet<&'a str>>,
}

impl<'a> Beside<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, sections: HashMap::new(), empty: OnceCell::new() }
    }

    /// `unless-beside`: whether one of these keys, `NAME` or `NAME=value`, stands in the same section.
    pub(super) fn excuses(&mut self, setting: Setting<'_>, params: &Params) -> bool {
        // The elements of a list stand in the list, and what is beside them beside that.
        let own = setting.node().parent().filter(|_| params.has("unless-beside"));
        let is_list = own.is_some_and(|own| own.kind() == Kind::Sequence);
        let Some(section) = (if is_list { own.and_then(Node::parent) } else { own }) else { return false };
        *self.sections.entry(section.id()).or_insert_with(|| {
            params.strings("unless-beside").any(|wanted| {
                let (name, value) = wanted.split_once('=').unwrap_or((wanted, ""));
                section.get(name).is_some_and(|other| value.is_empty() || other.text() == value)
            })
        })
    }

    /// `also-beside`: whether one of these settings, `NAME=value`, stands in the same section, in whatever case.
    pub(super) fn has_company(&self, setting: Setting<'_>, params: &Params) -> bool {
        let Some(section) = setting.node().parent() else { return false };
        let wanted = |name: &str, value: &str| {
            params
                .strings("also-beside")
                .filter_map(|pair| pair.split_once('='))
                .any(|(key, text)| key.eq_ignore_ascii_case(name) && text.eq_ignore_ascii_case(value.trim()))
        };
        section.children().take(MAX_COMPANY).any(|other| wanted(other.name(), other.text()))
    }

    /// `unless-unused`: whether a password belongs to a store that is not in use: where its path would stand is nothing.
    pub(super) fn is_unused(&self, setting: Setting<'_>, params: &Params) -> bool {
        if !params.bool_or("unless-unused", false) || setting.kind() != ValueKind::Empty {
            return false;
        }
        let Some((store, _)) = setting.name().rsplit_once('_') else { return false };
        let empty = self.empty.get_or_init(|| {
            self.source.settings().filter(|s| s.kind() == ValueKind::Empty).map(Setting::name).collect()
        });
        let named = |end: &str| empty.contains(format!("{store}{end}").as_str());
        ["", "_path", "_file", "_location"].into_iter().any(named)
    }
}
