//! What the checks look at: the settings of a file, by the rule that has something to do with them.

use crate::index::{Index, Role, Scratch};
use crate::negation;
use std::cell::RefCell;
use stockade_sdk::{Kind, Node, Params, Setting, Source, row_flag};

/// Kinds of files whose tree is no configuration: only the variables that they set count.
const ONLY_VARIABLES: [&str; 8] = [
    "kubernetes",
    "kustomize-patch",
    "kustomization",
    "compose",
    "github-workflow",
    "gitlab-ci",
    "dockerfile",
    "shell",
];

/// Directives that set headers, and what may stand in front of the header's name there.
const HEADERS: [&str; 4] = ["add_header", "proxy_set_header", "header", "requestheader"];
const HEADER_WORDS: [&str; 9] =
    ["always", "onsuccess", "set", "append", "add", "merge", "setifempty", "edit", "unset"];

/// The settings of one file.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// Meant for production, by its path or by what it sets.
    pub production: bool,
    /// For development, tests or as an example.
    pub exempt: bool,
    /// For each of `settings`, sorted: the rule and the role it has there.
    keys: Vec<(u32, Role)>,
    settings: Vec<Setting<'a>>,
    /// The rules that have something to judge here, ascending as they run.
    subjects: RefCell<Vec<u32>>,
}

impl<'a> View<'a> {
    /// Looks up every setting of the file.
    #[must_use]
    pub fn new(source: &'a Source) -> Self {
        let index = Index::current();
        let annotated = matches!(source.kind(), "kubernetes" | "kustomize-patch" | "compose");
        let only_variables = ONLY_VARIABLES.contains(&source.kind());
        let mut hits: Vec<((u32, Role), Setting<'a>)> = Vec::new();
        let mut scratch = Scratch::default();
        let mut last: (&str, Vec<(u32, Role)>) = ("", Vec::new());
        let mut behind: Vec<(u32, Role)> = Vec::new();
        for setting in source.settings() {
            // Of an object's or service's own tree, only annotations and labels that configure a server have rows.
            if only_variables && !setting.has(row_flag::VARIABLE) && !annotated {
                continue;
            }
            if source.kind() == "shell" && !setting.is_given() || is_of_trial(setting) {
                continue;
            }
            // The elements of a list share its name.
            if setting.name() != last.0 {
                last.0 = setting.name();
                last.1.clear();
                index.roles(setting.name(), &mut scratch, &mut last.1);
            }
            behind.clear();
            if !last.1.is_empty()
                && let Some(rest) = negation::behind(setting)
            {
                index.roles(rest, &mut scratch, &mut behind);
            }
            // A rule that speaks of what is behind the word as well does not know the word.
            let role = |(rule, role): (u32, Role)| {
                let turned = role == Role::Key
                    && behind.contains(&(rule, Role::Key))
                    && !last.1.contains(&(rule, Role::Inverse));
                match turned {
                    true if setting.is_on() => (rule, Role::Inverse),
                    // It is there, and says nothing bad.
                    true => (rule, Role::Or),
                    false => (rule, role),
                }
            };
            hits.extend(last.1.iter().map(|key| (role(*key), setting)));
        }
        // Stable: each rule sees its settings in the order of the file.
        hits.sort_by_key(|(key, _)| *key);
        let (keys, settings) = hits.into_iter().unzip();
        let exempt = ["development", "test", "example"].iter().any(|mark| source.is_marked(mark));
        let production = source.is_marked("production");
        Self { source, production, exempt, keys, settings, subjects: RefCell::default() }
    }

    /// The settings that have this role for a rule, in the order of the file.
    #[must_use]
    pub fn hits(&self, rule: u32, role: Role) -> &[Setting<'a>] {
        let key = (rule, role);
        let start = self.keys.partition_point(|other| *other < key);
        let end = self.keys.partition_point(|other| *other <= key);
        self.settings.get(start..end).unwrap_or_default()
    }

    /// The settings that a rule judges, with whether "on" and "off" change places. Without those that another
    /// rule is for.
    pub fn judged(&self, rule: u32) -> impl Iterator<Item = (Setting<'a>, bool)> {
        self.named(rule).filter(|(setting, _)| is_value(*setting))
    }

    /// As [`View::judged`], with those whose value is not known: variables and templates.
    pub fn named(&self, rule: u32) -> impl Iterator<Item = (Setting<'a>, bool)> {
        let unless = self.hits(rule, Role::Unless);
        let opposite = self.hits(rule, Role::Inverse);
        // `disable_tls` ends in `tls`, and is the opposite all the same.
        let key = self.hits(rule, Role::Key).iter().map(|setting| (*setting, false));
        let key = key.filter(|(setting, _)| !holds(opposite, *setting));
        let inverse = opposite.iter().map(|setting| (*setting, true));
        key.chain(inverse).filter(|(setting, _)| !holds(unless, *setting))
    }

    /// The settings of one role whose value is known, without those that another rule is for.
    pub fn of(&self, rule: u32, role: Role) -> impl Iterator<Item = Setting<'a>> {
        let unless = self.hits(rule, Role::Unless);
        let known = self.hits(rule, role).iter().copied().filter(|setting| is_value(*setting));
        known.filter(|setting| !holds(unless, *setting))
    }

    /// Whether a setting has this role for a rule.
    #[must_use]
    pub fn has_role(&self, rule: u32, role: Role, setting: Setting<'_>) -> bool {
        holds(self.hits(rule, role), setting)
    }

    /// Whether a rule with these parameters has nothing to say on this file.
    #[must_use]
    pub fn is_silent(&self, rule: u32, params: &Params) -> bool {
        // First of all, for it is so nearly always: no setting has to do with the rule.
        let first = self.keys.partition_point(|(other, _)| *other < rule);
        let mut roles =
            self.keys.get(first..).unwrap_or_default().iter().take_while(|(other, _)| *other == rule);
        let silent = !roles.any(|(_, role)| role.is_judged())
            || (self.exempt && !params.bool_or("everywhere", false))
            || (params.bool_or("production", false) && !self.production)
            || params
                .strings("not-kinds")
                .any(|kind| kind == self.source.kind() || self.source.is_marked(kind))
            || self.hits(rule, Role::Switch).iter().any(|switch| switch.is_off());
        if !silent {
            self.subjects.borrow_mut().push(rule);
        }
        silent
    }

    /// The rules that were not silent.
    #[must_use]
    pub fn subjects(&self) -> Vec<u32> {
        self.subjects.borrow().clone()
    }
}

/// Whether a setting stands in the part of a file for development or tests: `development:` beside `production:`.
fn is_of_trial(setting: Setting<'_>) -> bool {
    const PARTS: [&str; 4] = ["development", "dev", "test", "testing"];
    let name = setting.name();
    // Nearly all names begin otherwise.
    name.starts_with(['d', 't'])
        && PARTS.iter().any(|part| name.strip_prefix(part).is_some_and(|rest| rest.starts_with('_')))
        && !setting.has(row_flag::VARIABLE)
        && is_part(setting.node(), &PARTS)
}

/// Whether a node stands in one of these parts: below a key at the top of the file, or, at Quarkus, with `%dev.` in front of
/// its own name.
fn is_part(node: Node<'_>, parts: &[&str]) -> bool {
    let outermost = node.ancestors().filter(|above| above.key_span().is_some()).last();
    let name = outermost.unwrap_or(node).name();
    match name.strip_prefix('%') {
        Some(profile) => profile.split('.').next().is_some_and(|profile| parts.contains(&profile)),
        None => outermost.is_some() && parts.contains(&name),
    }
}

/// Whether a setting is among these, which are in the order of the file.
fn holds(settings: &[Setting<'_>], setting: Setting<'_>) -> bool {
    settings.binary_search_by_key(&setting.order(), |other| other.order()).is_ok()
}

/// Whether something is known of the value: neither a template nor a reference nor taken from elsewhere.
#[must_use]
pub fn is_value(setting: Setting<'_>) -> bool {
    setting.is_value()
}

/// The mapping (or list, or file) that a setting stands in; the block, in the configuration of a web server.
#[must_use]
pub fn section<'a>(setting: Setting<'a>) -> Option<Node<'a>> {
    let node = setting.node();
    if matches!(node.source().kind(), "nginx" | "apache") {
        let is_block = |node: &Node<'_>| node.kind() == Kind::Element && node.style() == 5;
        return node.ancestors().find(|node| is_block(node) || node.kind() == Kind::Stream);
    }
    let element = setting.has(row_flag::ELEMENT);
    let mut parents = node.ancestors().filter(|n| matches!(n.kind(), Kind::Mapping | Kind::Stream));
    let first = parents.next();
    // Headers of a route that stand in a list of pairs are in the section of the route.
    if pair_name(setting).is_some() {
        return parents.next();
    }
    // A list's elements stand in the list, which stands in the section.
    if element && node.parent().is_some_and(|p| p.kind() == Kind::Mapping) { parents.next() } else { first }
}

/// The name as its author wrote it: `security.tls.enabled`, `APP_DEBUG`.
#[must_use]
pub fn written(setting: Setting<'_>) -> String {
    let node = setting.node();
    if matches!(node.source().kind(), "nginx" | "apache") {
        // What a directive says of a header is said of the header.
        if node.parent().is_some_and(|own| own.is("more_set_headers")) {
            return node.text().split(':').next().unwrap_or_default().to_owned();
        }
        let own = node.parent().filter(|own| HEADERS.contains(&own.name()));
        let mut words = own.into_iter().flat_map(Node::children).filter(|child| child.kind() == Kind::Scalar);
        if let Some(name) = words.find(|word| !HEADER_WORDS.contains(&word.text())) {
            return name.text().to_owned();
        }
    }
    let text = node.text();
    // The same of a rule of HAProxy, and of a label in a list.
    if node.name() == "http-response" && setting.name().starts_with("http_response_") {
        return text.split_whitespace().nth(1).unwrap_or_default().to_owned();
    }
    if node.source().kind() == "compose"
        && let Some((name, _)) = text.split_once('=').filter(|(name, _)| name.starts_with("traefik."))
    {
        return name.to_owned();
    }
    pair_name(setting).map_or_else(|| setting.written(), |name| name.text().to_owned())
}

/// The name of a header whose value the setting is, where both are settings of one: `{key: X-Frame-Options, value: DENY}`.
#[must_use]
pub fn pair_name(setting: Setting<'_>) -> Option<Node<'_>> {
    let node = setting.node();
    let pair = node.parent().filter(|_| node.name() == "value")?;
    pair.parent().filter(|list| list.name() == "headers")?;
    pair.get("key")
}
