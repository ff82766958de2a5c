//! The checks. What a specifier may look like follows PEP 440 and PEP 508, the options pip's requirements file format.

pub(crate) mod sources;
#[cfg(test)]
mod tests;

use crate::View;
use std::collections::BTreeMap;
use stockade_sdk::{Node, Out, Params};

/// Algorithms that pip takes and that hold.
const STRONG: [&str; 3] = ["sha256", "sha384", "sha512"];

/// Most further places that a finding shows. Whoever mends one line sees by them that it is not the only one.
const MAX_LABELS: usize = 8;

/// Most different requirements of one package that a further one is held against. Two are a mistake, and a hundred are no
/// requirements; without a limit, a file of nothing else would take quadratic time.
const MAX_EARLIER: usize = 64;

/// A part of a requirement. Each stands there once, and before the hashes, of which there may be dozens.
pub(crate) fn field<'a>(requirement: Node<'a>, name: &str) -> Option<Node<'a>> {
    requirement.children().take_while(|child| !child.has_name("hash")).find(|child| child.has_name(name))
}

/// The text of a part of a requirement; empty where it has none.
fn part<'a>(requirement: Node<'a>, name: &str) -> &'a str {
    field(requirement, name).map_or("", Node::text)
}

/// Whether the version is one and the same for ever: `==` or `===`, without `*`.
fn is_pinned(requirement: Node<'_>) -> bool {
    let specifier = part(requirement, "specifier");
    specifier.split(',').any(|one| one.trim().starts_with("==")) && !specifier.contains('*')
}

/// Whether it is none at all, such as a sentence or `name=1.0`: the parser says so.
fn is_malformed(requirement: Node<'_>) -> bool {
    let specifier = part(requirement, "specifier").trim_start_matches('(').trim_start();
    let compares = specifier.is_empty()
        || specifier.starts_with(['<', '>'])
        || ["==", "~=", "!="].iter().any(|comparison| specifier.starts_with(comparison));
    !compares || !part(requirement, "name").starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether it is a path or address rather than a package of an index.
fn is_direct(requirement: Node<'_>) -> bool {
    field(requirement, "url").is_some()
}

fn hashes<'a>(requirement: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    requirement.children().filter(|child| child.has_name("hash"))
}

/// Whether it has a hash, by an option or in its address, which pip takes as well.
fn is_hashed(requirement: Node<'_>) -> bool {
    let url = part(requirement, "url");
    hashes(requirement).next().is_some() || url.contains("#sha256=") || url.contains("&sha256=")
}

/// Constraints say what versions may be, and install nothing.
fn is_constraints(view: &View<'_>) -> bool {
    view.source.file_name().starts_with("constraint")
}

/// A file that a tool writes its pins from.
fn is_input(view: &View<'_>) -> bool {
    view.source.path().ends_with(".in")
        || ["test", "development", "example"].iter().any(|m| view.source.is_marked(m))
}

/// `unpinned`: a requirement that may be another version tomorrow.
pub(crate) fn unpinned(view: &View<'_>, _: &Params, out: &mut Out) {
    if is_constraints(view) || view.source.path().ends_with(".in") {
        return;
    }
    for requirement in view.requirements.iter().filter(|r| !is_direct(**r) && !is_malformed(**r)) {
        let specifier = part(*requirement, "specifier");
        let (Some(name), false) = (field(*requirement, "name"), specifier.contains("==")) else { continue };
        if name.is_known() {
            let how = if specifier.is_empty() {
                "has no version".to_owned()
            } else {
                format!("allows {specifier}")
            };
            out.finding(name.place(), format!("{} {how}", name.text())).key(name.text());
        }
    }
}

/// `wildcard-version`: a pin that is none, `==2.*`.
pub(crate) fn wildcard_version(view: &View<'_>, _: &Params, out: &mut Out) {
    for requirement in &view.requirements {
        let Some(specifier) = field(*requirement, "specifier") else { continue };
        if specifier.text().split(',').any(|one| one.trim().starts_with("==") && one.trim().ends_with(".*")) {
            let name = part(*requirement, "name");
            out.finding(specifier.place(), format!("{name} is pinned to {}", specifier.text())).key(name);
        }
    }
}

/// The name as an index compares it (PEP 503): lower case, with one dash for each run of `-`, `_` and `.`.
fn normalised(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Whether both may hold at once. Markers are not solved: two that differ are taken to be made for different places.
fn may_overlap(first: &str, second: &str) -> bool {
    first.is_empty() || second.is_empty() || first == second
}

/// Whether a line is one of a template, such as `{% if windows %}`.
fn is_action(line: &str) -> bool {
    ["{%", "{{", "<%"].iter().any(|start| line.trim_start().starts_with(start))
}

/// `duplicate`: a package is named twice, with different versions, where both lines may hold.
pub(crate) fn duplicate(view: &View<'_>, _: &Params, out: &mut Out) {
    // Of two branches of a template only one is there.
    if view.source.text().lines().any(is_action) {
        return;
    }
    // With the number of the line, counted on from the requirement before.
    let mut seen: BTreeMap<String, Vec<(Node<'_>, usize)>> = BTreeMap::new();
    let (mut line, mut counted) = (1, 0);
    for requirement in &view.requirements {
        let start = requirement.span().start as usize;
        line += view.source.text().get(counted..start).map_or(0, |text| text.matches('\n').count());
        counted = counted.max(start);
        let Some(name) = field(*requirement, "name").filter(|name| name.is_known()) else { continue };
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let specifier = plain(part(*requirement, "specifier"));
        let earlier = seen.entry(normalised(name.text())).or_default();
        let other = earlier.iter().find(|(other, _)| {
            plain(part(*other, "specifier")) != specifier
                && may_overlap(part(*other, "marker"), part(*requirement, "marker"))
                && !is_direct(*other)
        });
        if let Some((other, number)) = other.filter(|_| !is_direct(*requirement)) {
            let shown = if specifier.is_empty() { "without a version" } else { specifier.as_str() };
            let message = format!("{} is named on line {number} already, here {shown}", name.text());
            out.finding(name.place(), message).key(name.text()).label(other.place(), "the other line");
        }
        // What is written the same way says the same of whatever follows.
        if earlier.len() < MAX_EARLIER && !earlier.iter().any(|(other, _)| other.text() == requirement.text())
        {
            earlier.push((*requirement, line));
        }
    }
}

/// An address without user and password, as messages may show it.
fn without_user(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..authority).and_then(|authority| authority.rfind('@')).map_or(0, |at| at + 1);
    format!("{scheme}://{}", rest.get(host..).unwrap_or_default())
}

/// `hash-missing`: a requirement of a lock without a hash. With `partial`, in files where others have one, which pip
/// refuses; else in files where none has.
pub(crate) fn hash_missing(view: &View<'_>, params: &Params, out: &mut Out) {
    let partial = params.bool_or("partial", false);
    let with = view.requirements.iter().filter(|r| is_hashed(**r)).count();
    let required = view.options.iter().any(|o| o.text() == "--require-hashes");
    let lock = view.requirements.len() > 1 && view.requirements.iter().all(|r| is_pinned(*r));
    if partial {
        if with == 0 && !required {
            return;
        }
        let without = view.requirements.iter().copied().filter(|r| !is_hashed(*r));
        let without: Vec<Node<'_>> = without.filter(|r| is_direct(*r) || !is_malformed(*r)).collect();
        let Some((first, others)) = without.split_first() else { return };
        let name = match field(*first, "name") {
            Some(name) => name.text().to_owned(),
            None => without_user(part(*first, "url")),
        };
        let who = match others.len() {
            0 => format!("{name} has"),
            1 => format!("{name} and another one have"),
            more => format!("{name} and {more} others have"),
        };
        let why = if with == 0 { "which --require-hashes asks for" } else { "though the rest has" };
        // One finding for the file, for pip stops at the first one, and one command writes the hashes of all.
        let mut finding = out.finding(first.place(), format!("{who} no hash, {why}")).key(name);
        for other in others.iter().take(MAX_LABELS) {
            finding = finding.label(other.place(), "has none, either");
        }
    } else if with == 0 && !required && lock && !is_input(view) && !is_constraints(view) {
        // One finding for the file: the hashes come from one command.
        if let Some(first) = view.requirements.first() {
            let count = view.requirements.len();
            out.finding(first.place(), format!("none of the {count} requirements has a hash"));
        }
    }
}

/// `hash-weak`: a hash by an algorithm that pip no longer takes.
pub(crate) fn hash_weak(view: &View<'_>, _: &Params, out: &mut Out) {
    for hash in view.requirements.iter().flat_map(|r| hashes(*r)) {
        let text = hash.text();
        // A lock has thousands, all of them strong.
        let is_strong =
            STRONG.iter().any(|strong| text.strip_prefix(strong).is_some_and(|rest| rest.starts_with(':')));
        let algorithm = || text.split(':').next().unwrap_or_default();
        if !is_strong && hash.is_known() && !STRONG.contains(&algorithm()) {
            out.finding(hash.place(), format!("the hash is made by {}", algorithm()));
        }
    }
}

/// Each address that is installed from: the node and its text.
fn addresses<'a>(view: &'a View<'a>) -> impl Iterator<Item = Node<'a>> {
    let direct = view.requirements.iter().filter_map(|r| field(*r, "url"));
    let editable = view.options.iter().filter(|o| matches!(o.text(), "-e" | "--editable"));
    direct.chain(editable.flat_map(|o| o.children()))
}

/// `vcs-unpinned`: code of a repository at whatever its branch or tag says.
pub(crate) fn vcs_unpinned(view: &View<'_>, _: &Params, out: &mut Out) {
    for node in addresses(view) {
        let text = node.text();
        let vcs = ["git+", "hg+", "svn+", "bzr+"].iter().any(|start| text.starts_with(start));
        let path = text.split('#').next().unwrap_or(text).split_once("://").map_or("", |(_, rest)| rest);
        let reference =
            path.split_once('/').and_then(|(_, path)| path.rsplit_once('@')).map_or("", |(_, r)| r);
        let commit = reference.len() == 40 && reference.bytes().all(|b| b.is_ascii_hexdigit());
        // A token from outside stands in front of the host: what is taken is known all the same.
        let known = node.is_known() || !reference.is_empty() && !reference.contains('$');
        if vcs && !commit && known {
            let what = if reference.is_empty() { "no commit" } else { reference };
            out.finding(node.place(), format!("the repository is taken at {what}"));
        }
    }
}

/// `url-without-hash`: a file of the web that may be exchanged.
pub(crate) fn url_without_hash(view: &View<'_>, _: &Params, out: &mut Out) {
    for requirement in &view.requirements {
        let Some(url) = field(*requirement, "url").filter(|url| url.is_known()) else { continue };
        let text = url.text();
        let web = text.starts_with("https://") || text.starts_with("http://");
        if web && !is_hashed(*requirement) {
            out.finding(url.place(), "the file of this address has no hash");
        }
    }
}

/// `option`: an option that is reported wherever it stands.
pub(crate) fn option(view: &View<'_>, params: &Params, out: &mut Out) {
    for option in &view.options {
        let name = option.text();
        if params.strings("names").any(|wanted| wanted == name) {
            let what = params.string("what").unwrap_or_default();
            let value = option.children().next().filter(|v| !v.text().contains('@')).map_or("", Node::text);
            let shown = if value.is_empty() { name.to_owned() } else { format!("{name} {value}") };
            out.finding(option.place(), format!("{shown} {what}"));
        }
    }
}

/// `pre-release`: a version that its authors do not call finished.
pub(crate) fn pre_release(view: &View<'_>, _: &Params, out: &mut Out) {
    for option in view.options.iter().filter(|o| o.text() == "--pre") {
        out.finding(option.place(), "--pre installs versions that are not finished");
    }
    for requirement in &view.requirements {
        let Some(specifier) = field(*requirement, "specifier").filter(|_| is_pinned(*requirement)) else {
            continue;
        };
        let version = specifier.text().trim_start_matches('=').trim();
        if is_unfinished(version) {
            let name = part(*requirement, "name");
            out.finding(specifier.place(), format!("{name} {version} is a pre-release")).key(name);
        }
    }
}

/// Whether a version has a part such as `a1`, `b2`, `rc1` or `.dev3` behind its numbers (PEP 440).
fn is_unfinished(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or(version).to_ascii_lowercase();
    let letters: String = version.chars().filter(char::is_ascii_alphabetic).collect();
    let words = ["a", "alpha", "b", "beta", "c", "rc", "pre", "preview", "dev"];
    version.starts_with(|c: char| c.is_ascii_digit()) && words.contains(&letters.as_str())
}
