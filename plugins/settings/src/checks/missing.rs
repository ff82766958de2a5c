//! Settings that a section, a file or the repository should have.

use super::{is_one_of, shown, weighed};
use crate::index::{Index, Role};
use crate::sections::Sections;
use crate::view::{View, is_value, section, written};
use std::collections::{HashMap, HashSet};
use stockade_sdk::{FileFacts, Node, Out, Params, Place, ProjectOut, Setting, ValueKind, row_flag};

/// Something that calls for a setting which is not there.
struct Lack<'a> {
    beside: Setting<'a>,
    /// The section that lacks it; none for the whole file.
    section: Option<Node<'a>>,
}

impl Lack<'_> {
    fn place(&self) -> Place {
        match self.section.filter(|section| section.key_span().is_some()) {
            Some(section) => section.key_place(),
            None => self.beside.key_place(),
        }
    }
}

/// The settings that do for a rule: those it judges, and those that do instead.
fn there<'a>(view: &View<'a>, rule: u32) -> Vec<Setting<'a>> {
    let roles = [Role::Key, Role::Inverse, Role::Or, Role::Also, Role::Low, Role::High];
    roles.iter().flat_map(|role| view.hits(rule, *role)).copied().collect()
}

/// Where settings in the role `calls` stand without any of `there` in their section, or anywhere in the file.
fn lacks<'a>(
    calls: impl Iterator<Item = Setting<'a>>,
    there: &[Setting<'a>],
    whole_file: bool,
    empty_counts: bool,
) -> Vec<Lack<'a>> {
    let mut found: Vec<Lack<'a>> = Vec::new();
    let there = there.iter().filter(|other| other.kind() != ValueKind::Empty || empty_counts);
    let there: Sections = there.copied().collect();
    let mut done = HashSet::new();
    // Of a section that was looked at before: a look takes time for each of its settings.
    let mut open = HashMap::new();
    for setting in calls {
        let own = section(setting);
        // A collection with a template inside may have more than is seen.
        let is_open = |own: Node<'_>| *open.entry(own.id()).or_insert_with(|| own.may_have_more());
        if own.is_some_and(is_open) {
            continue;
        }
        let is_met = if whole_file {
            !there.is_empty() || !done.is_empty()
        } else {
            there.has(own) || own.is_some_and(|own| own.key_span().is_some() && there.has_below(own))
        };
        if is_met || !done.insert(own.map(Node::id)) {
            continue;
        }
        found.push(Lack { beside: setting, section: own.filter(|_| !whole_file) });
    }
    found
}

/// `missing`: where a setting named by `beside-key` stands, none named by `key` or `or-key` does: in the same section,
/// or with `scope "file"` anywhere in the file. With `beside-values`, only settings that have one of them call for it. One finding for each section or file. With `bad`, a setting named by `key`
/// that has such a value is reported too; so is one named by `also-key` that is `also-bad`.
pub fn missing(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let rule = out.rule();
    let whole_file = params.string("scope") == Some("file");
    let there = there(view, rule);
    let calls = view.hits(rule, Role::Beside).iter().copied();
    let calls =
        calls.filter(|setting| is_of_section(*setting) && has_value(*setting, params, "beside-values"));
    let calls = calls.filter(|setting| calls_here(*setting, params));
    // What is there and empty is reported as such.
    let empty_counts = params.bool_or("empty-counts", false) || params.has("bad");
    let what = params.string("what").unwrap_or("a setting");
    for lack in lacks(calls, &there, whole_file, empty_counts) {
        let beside = lack.beside;
        out.finding(lack.place(), format!("{what} is missing beside {}", written(beside)))
            .key(beside.name().to_owned());
    }
    for (role, words) in [(Role::Key, "bad"), (Role::Also, "also-bad")] {
        for setting in view.of(rule, role) {
            let is_bad = is_one_of(setting, false, params.strings(words));
            if is_bad && !(params.bool_or("unless-local", false) && is_local_url(setting.value())) {
                let place =
                    if setting.kind() == ValueKind::Empty { setting.key_place() } else { setting.place() };
                let name = written(setting);
                out.finding(place, format!("{name} is {}", shown(setting, params))).key(name);
            }
        }
    }
}

fn is_local_url(value: &str) -> bool {
    value.contains("://") && super::url::is_local(super::url::host(value))
}

/// For rules that judge a setting and also want it to be there: `absent` says what is missing in a file with a setting
/// named by `absent-beside-key`.
pub(crate) fn absent(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(what) = params.string("absent") else { return };
    let rule = out.rule();
    if params.bool_or("absent-production", false) && !view.production {
        return;
    }
    // What calls for it is not it.
    let mut there = there(view, rule);
    there.retain(|setting| {
        view.has_role(rule, Role::Or, *setting) || !view.has_role(rule, Role::Calls, *setting)
    });
    let whole_file = params.string("absent-scope") != Some("section");
    let calls = view.hits(rule, Role::Calls).iter().copied();
    let calls =
        calls.filter(|setting| is_of_section(*setting) && has_value(*setting, params, "absent-values"));
    for lack in lacks(calls, &there, whole_file, true) {
        let message = format!("{what} is missing beside {}", written(lack.beside));
        let finding = out.finding(lack.place(), message).key(lack.beside.name().to_owned());
        let severity = params.string("absent-severity");
        if let Some(severity) = severity {
            let _ = finding.data(super::SEVERITY, severity);
        }
    }
}

/// Whether a setting calls for another in a file of this name: `beside-in` says of names that mean something else in other files
/// how the file's begins, `bind_port: frps`.
fn calls_here(setting: Setting<'_>, params: &Params) -> bool {
    let start = params
        .strings("beside-in")
        .filter_map(|text| text.split_once(": "))
        .find(|(name, _)| *name == setting.name())
        .map(|(_, start)| start);
    start.is_none_or(|start| setting.node().source().file_name().starts_with(start))
}

/// Whether a setting stands in a file of settings, where others would stand too. A variable given to a container may be one
/// of many that the program has defaults for.
fn has_value(setting: Setting<'_>, params: &Params, words: &str) -> bool {
    !params.has(words)
        || is_value(setting) && params.strings(words).any(|word| super::fits(word, setting.value().trim()))
}

fn is_of_section(setting: Setting<'_>) -> bool {
    !setting.has(row_flag::VARIABLE) || setting.node().source().kind() == "dotenv"
}

/// Key of the fact that a file calls for the setting of a rule (its number behind it).
const CALLS: &str = "calls";
/// Key of the fact that a file has it.
const HAS: &str = "has";

/// Kinds of files that configure servers in front of a program.
const SERVERS: [&str; 4] = ["nginx", "apache", "kubernetes", "compose"];

/// Records for the rules over all files whether a file calls for their setting, or has it.
pub fn record(view: &View<'_>, out: &mut Out) {
    for wanted in Index::current().wanted() {
        let rule = wanted.rule;
        let text = view.source.text();
        let there = there(view, rule).iter().any(|setting| setting.kind() != ValueKind::Empty)
            || SERVERS.contains(&view.source.kind())
                && wanted.words.iter().any(|word| text.contains(word.as_str()));
        if there {
            out.fact(format!("{HAS}{rule}"), "", None);
        }
        if view.exempt || wanted.production && !view.production {
            continue;
        }
        let calls = view.hits(rule, Role::Beside).iter().copied();
        let calls =
            calls.filter(|setting| is_of_section(*setting) && !view.has_role(rule, Role::Unless, *setting));
        if let Some(lack) = lacks(calls, &[], true, true).first() {
            out.fact(format!("{CALLS}{rule}"), written(lack.beside), Some(lack.place().span));
        }
    }
}

/// `missing-anywhere`: a file has a setting named by `beside-key`, and no file of the repository one named by `key`. One
/// finding, in the first such file.
pub fn anywhere(files: &&[FileFacts], params: &Params, out: &mut ProjectOut) {
    let rule = out.rule();
    let (calls, has) = (format!("{CALLS}{rule}"), format!("{HAS}{rule}"));
    if files.iter().flat_map(|file| &file.facts).any(|fact| fact.key == has) {
        return;
    }
    let first = files
        .iter()
        .enumerate()
        .find_map(|(at, file)| file.facts.iter().find(|fact| fact.key == calls).map(|fact| (at, fact)));
    let Some((at, fact)) = first else { return };
    let what = params.string("what").unwrap_or("a setting");
    let finding = out.finding(at, fact.span, format!("{what} is missing beside {}", fact.value));
    let _ = weighed(finding, params, false).key(format!("missing={}", fact.value));
}
