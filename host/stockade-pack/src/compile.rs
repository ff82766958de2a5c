//! Packs and plugin descriptions to a checked table of rules.

use crate::error::{Error, ErrorKind};
use crate::guide::{self, ReadGuide};
use crate::nearest::nearest;
use crate::pack::{self, PackInfo};
use crate::page::Page;
use crate::plugin::{self, PluginDescription, Vocabulary, known_kind};
use crate::rule::{self, Context, ReadRule};

use crate::selection::{BASELINE, DEFAULT};
use crate::source::{Place, Placed, Source};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use stockade_model::{Guide, Rule, RuleTable, Severity, reserved_rules};

/// The files of one pack's folder.
#[derive(Clone, Debug)]
pub struct PackSource {
    /// The folder's own name, which must be the pack's.
    pub folder: String,
    /// All files directly in it; the last part of each name is the file's.
    pub files: Vec<Source>,
}

/// The description of one plugin.
#[derive(Clone, Debug)]
pub struct PluginSource {
    /// The name of its folder, or for a component from elsewhere the name that it claims.
    pub folder: String,
    /// `plugin.kdl`, if there is one.
    pub file: Option<Source>,
}

/// Checked packs and plugins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compiled {
    /// The rules, sorted by id; `page` is an index into `pages`.
    pub rules: Vec<Rule>,
    /// The rules' pages in Markdown.
    pub pages: Vec<String>,
    /// The packs, sorted by name.
    pub packs: Vec<PackInfo>,
    /// The plugins, sorted by name.
    pub plugins: Vec<PluginDescription>,
    /// The guides of those packs that have one, sorted by pack.
    pub guides: Vec<Guide>,
}

impl Compiled {
    /// The rules together with the host's own, as a run needs them.
    #[must_use]
    pub fn table(&self) -> RuleTable {
        table(self.rules.clone())
    }

    /// The description of a plugin.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Option<&PluginDescription> {
        self.plugins.iter().find(|plugin| plugin.name == name)
    }
}

/// Rules together with the host's own.
#[must_use]
pub fn table(mut rules: Vec<Rule>) -> RuleTable {
    rules.extend(reserved_rules());
    RuleTable::new(rules)
}

/// Checks packs and plugins, and puts them together.
///
/// # Errors
/// Everything that is wrong with any of them, sorted by file and place.
pub fn compile(
    packs: &[PackSource],
    plugins: &[PluginSource],
    vocabulary: &Vocabulary<'_>,
) -> Result<Compiled, Vec<Error>> {
    compile_onto(&Compiled::default(), packs, plugins, vocabulary)
}

/// As [`compile`], for packs and plugins that stand beside others, such as a user's beside the built-in ones:
/// they may use the checks of `base`, and may not repeat its names. The result does not contain `base`.
///
/// # Errors
/// As [`compile`].
pub fn compile_onto(
    base: &Compiled,
    packs: &[PackSource],
    plugins: &[PluginSource],
    vocabulary: &Vocabulary<'_>,
) -> Result<Compiled, Vec<Error>> {
    let mut errors = Vec::new();
    let plugins = read_plugins(base, plugins, vocabulary, &mut errors);
    let visible: Vec<PluginDescription> = base.plugins.iter().chain(&plugins).cloned().collect();
    let mut compiled = Compiled { plugins, ..Compiled::default() };
    let mut read_rules: Vec<ReadRule> = Vec::new();
    let mut seen: HashMap<String, String> =
        base.packs.iter().map(|pack| (pack.name.clone(), "the built-in packs".to_owned())).collect();
    for source in packs {
        let Some((info, name)) = read_info(source, vocabulary, &mut errors) else { continue };
        if let Some(other) = seen.insert(info.name.clone(), name.place.to_string()) {
            let kind = ErrorKind::Duplicate { what: "pack", name: info.name.clone(), other };
            errors.push(name.place.error(kind));
        }
        let context = Context { pack: &info, plugins: &visible, vocabulary };
        read_folder(source, &context, &mut read_rules, &mut compiled.pages, &mut errors);
        compiled.packs.push(info);
    }
    let guides = read_guides(base, packs, &compiled.packs, &read_rules, &mut errors);
    check_aliases(&read_rules, &mut errors);
    check_references(base, &read_rules, &mut errors);
    if !errors.is_empty() {
        errors.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        return Err(errors);
    }
    compiled.rules = read_rules.into_iter().map(|read| in_baseline(read.rule)).collect();
    compiled.rules.sort_by(|a, b| a.id.cmp(&b.id));
    compiled.packs.sort_by(|a, b| a.name.cmp(&b.name));
    compiled.plugins.sort_by(|a, b| a.name.cmp(&b.name));
    mark_guides(&mut compiled.rules, &guides);
    compiled.guides = guides;
    Ok(compiled)
}

/// Puts a rule that is severe, and that its author wants on in any repository, into the profile [`BASELINE`].
fn in_baseline(mut rule: Rule) -> Rule {
    let has = |name: &str| rule.profiles.iter().any(|profile| profile == name);
    if rule.severity >= Severity::High && has(DEFAULT) && !has(BASELINE) {
        rule.profiles.insert(0, BASELINE.to_owned());
    }
    rule
}

/// Tells each rule which of these guides name it, beside those that it knows of.
pub fn mark_guides(rules: &mut [Rule], guides: &[Guide]) {
    for guide in guides {
        let named: HashSet<&str> =
            guide.items().flat_map(|(_, item)| item.rules.iter().map(String::as_str)).collect();
        for rule in rules.iter_mut().filter(|rule| named.contains(rule.id.as_str())) {
            if let Err(at) = rule.about.guides.binary_search(&guide.pack) {
                rule.about.change(|about| about.guides.insert(at, guide.pack.clone()));
            }
        }
    }
}

/// Reads the guides of those packs that have one; they may name any rule of theirs and of the base.
fn read_guides(
    base: &Compiled,
    sources: &[PackSource],
    packs: &[PackInfo],
    rules: &[ReadRule],
    errors: &mut Vec<Error>,
) -> Vec<Guide> {
    let own = rules.iter().map(|read| read.rule.id.as_str());
    let known: Vec<&str> = base.rules.iter().map(|rule| rule.id.as_str()).chain(own).collect();
    let mut guides: Vec<Guide> = Vec::new();
    for source in sources.iter().filter(|source| packs.iter().any(|pack| pack.name == source.folder)) {
        let Some(file) = source.files.iter().find(|file| file.file_name() == guide::FILE) else { continue };
        if let Some(read) = guide::read(&source.folder, file, errors) {
            let ReadGuide { guide, .. } = &read;
            guides.push(guide.clone());
            read.check_rules(&known, errors);
        }
    }
    guides.sort_by(|a, b| a.pack.cmp(&b.pack));
    guides
}

fn read_plugins(
    base: &Compiled,
    sources: &[PluginSource],
    vocabulary: &Vocabulary<'_>,
    errors: &mut Vec<Error>,
) -> Vec<PluginDescription> {
    let mut seen: HashMap<String, String> =
        base.plugins.iter().map(|plugin| (plugin.name.clone(), "the built-in plugins".to_owned())).collect();
    let mut plugins = Vec::new();
    for source in sources {
        let Some(file) = &source.file else {
            errors.push(missing_file(&source.folder, "plugin.kdl", "plugin", None));
            continue;
        };
        let Some(read) = plugin::read(&source.folder, file, vocabulary, errors) else { continue };
        let name = read.description.name.clone();
        if let Some(other) = seen.insert(name.clone(), read.place.to_string()) {
            errors.push(read.place.error(ErrorKind::Duplicate { what: "plugin", name, other }));
        }
        plugins.push(read.description);
    }
    plugins
}

/// What is missing in a folder; `beside` is a file that lies there, whose name says where that is.
fn missing_file(folder: &str, file: &str, node: &str, beside: Option<&Source>) -> Error {
    let example = format!("{node} \"{folder}\" {{");
    let at = beside.and_then(|beside| Some(beside.name().rsplit_once('/')?.0)).unwrap_or(folder);
    let kind = ErrorKind::MissingFile { folder: at.to_owned(), file: file.to_owned(), example };
    Error::at(kind, Source::new(format!("{at}/{file}"), "").start())
}

fn read_info(
    source: &PackSource,
    vocabulary: &Vocabulary<'_>,
    errors: &mut Vec<Error>,
) -> Option<(PackInfo, Placed<String>)> {
    let Some(file) = source.files.iter().find(|file| file.file_name() == "pack.kdl") else {
        errors.push(missing_file(&source.folder, "pack.kdl", "pack", source.files.first()));
        return None;
    };
    pack::read(&source.folder, file, vocabulary, errors)
}

/// Reads the rules of a pack's folder with their pages.
fn read_folder(
    pack: &PackSource,
    context: &Context<'_>,
    rules: &mut Vec<ReadRule>,
    pages: &mut Vec<String>,
    errors: &mut Vec<Error>,
) {
    // Sorted by rule name, so that pages and rules do not depend on the order of the folder's listing.
    let mut by_name: BTreeMap<&str, (Option<&Source>, Option<&Source>)> = BTreeMap::new();
    for file in &pack.files {
        let name = file.file_name();
        if name == "pack.kdl" || name == guide::FILE || name.eq_ignore_ascii_case("readme.md") {
            continue;
        }
        if let Some(rule) = name.strip_suffix(".kdl") {
            by_name.entry(rule).or_default().0 = Some(file);
        } else if let Some(rule) = name.strip_suffix(".md") {
            by_name.entry(rule).or_default().1 = Some(file);
        } else {
            errors.push(file.start().error(ErrorKind::UnexpectedFile { file: name.to_owned() }));
        }
    }
    for (name, pair) in by_name {
        let lonely = |file: &Source, suffix: &str| {
            let (file_name, partner) = (file.file_name().to_owned(), format!("{name}{suffix}"));
            file.start().error(ErrorKind::NoPartner { file: file_name, partner })
        };
        let (rule_file, page_file) = match pair {
            (Some(rule), Some(page)) => (rule, page),
            (Some(rule), None) => {
                errors.push(lonely(rule, ".md"));
                rule::read(rule, context, errors);
                continue;
            }
            (None, Some(page)) => {
                errors.push(lonely(page, ".kdl"));
                continue;
            }
            (None, None) => continue,
        };
        let read = rule::read(rule_file, context, errors);
        let page = Page::parse(page_file).map_err(|found| errors.extend(found)).ok();
        let (Some(mut read), Some(page)) = (read, page) else { continue };
        check_page(&page, page_file, &read, context, errors);
        read.rule.about.change(|about| about.description = page.description);
        read.rule.page = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        pages.push(page_file.text().to_owned());
        rules.push(read);
    }
}

fn check_page(page: &Page, source: &Source, read: &ReadRule, context: &Context<'_>, errors: &mut Vec<Error>) {
    if page.title != read.title.value && !read.title.value.is_empty() {
        let kind =
            ErrorKind::PageTitleDiffers { found: page.title.clone(), expected: read.title.value.clone() };
        errors.push(source.place(page.title_span).error(kind));
    }
    for file in page.examples.iter().flat_map(|example| &example.files) {
        if let Some(kind) = &file.kind {
            let place = Place { source: source.clone(), span: file.opening };
            known_kind(&Placed::new(kind.clone(), place), context.vocabulary, errors);
        }
    }
}

/// Reports aliases that two rules claim, unless both say that they share them. Packs of a base do not count:
/// a user's rule may well be a stricter form of a built-in one.
fn check_aliases(rules: &[ReadRule], errors: &mut Vec<Error>) {
    let mut claimed: HashMap<String, (&str, bool)> = HashMap::new();
    for read in rules {
        let mut own: HashSet<String> = HashSet::new();
        for (alias, shared) in &read.aliases {
            let key = alias.value.to_ascii_lowercase();
            if !own.insert(key.clone()) {
                let (name, other) = (alias.value.clone(), "this rule".to_owned());
                errors.push(alias.place.error(ErrorKind::Duplicate { what: "alias", name, other }));
                continue;
            }
            match claimed.get(&key) {
                Some((rule, both)) if !(*shared && *both) => {
                    let kind =
                        ErrorKind::SharedAlias { alias: alias.value.clone(), rule: (*rule).to_owned() };
                    errors.push(alias.place.error(kind));
                }
                _ => {
                    claimed.insert(key, (&read.rule.id, *shared));
                }
            }
        }
    }
}

/// Reports rules that were replaced by nothing that exists, or yield to it.
fn check_references(base: &Compiled, rules: &[ReadRule], errors: &mut Vec<Error>) {
    let known: Vec<&str> = base
        .rules
        .iter()
        .map(|r| &r.id)
        .chain(rules.iter().map(|r| &r.rule.id))
        .map(String::as_str)
        .collect();
    for read in rules {
        // What a rule yields to may stand in a pack that is not here today; then nothing of it is ever found.
        let is_here = |other: &&Placed<String>| {
            let pack = other.value.split_inclusive('/').next().filter(|pack| pack.ends_with('/'));
            pack.is_none_or(|pack| known.iter().any(|id| id.starts_with(pack)))
        };
        for other in read.replaced_by.iter().chain(read.yields_to.iter().filter(is_here)) {
            if !known.contains(&other.value.as_str()) || other.value == read.rule.id {
                let near = nearest(&other.value, known.iter().copied()).map(str::to_owned);
                errors.push(other.place.error(ErrorKind::UnknownRule { shown: other.value.clone(), near }));
            }
        }
    }
}
