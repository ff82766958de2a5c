//! Pins against advisories in the form of OSV (the schema of ossf.github.io/osv-schema), which lie in the scanned tree:
//! stockade asks no network, and brings no list that would be old tomorrow.

use crate::View;
use crate::checks::field;
use crate::version::Version;
use std::collections::HashMap;
use stockade_sdk::{Edit, FileFacts, Node, Out, Params, ProjectOut, Span};

/// Facts: a pin (`name version`), and a range of an advisory (name, id, introduced, fixed, last affected).
const PIN: &str = "pin";
const RANGE: &str = "range";
/// Most ranges of one file that are kept; an export of OSV has one advisory a file.
const MOST: usize = 400;

/// The name of a package as indexes compare it (PEP 503).
fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// Records the pins of a requirements file, or the ranges of advisories.
pub(crate) fn facts(view: &View<'_>, out: &mut Out) {
    if view.source.kind() == "requirements" {
        for requirement in view.requirements.iter().take(900) {
            let (Some(name), Some(specifier)) =
                (field(*requirement, "name"), field(*requirement, "specifier"))
            else {
                continue;
            };
            let version = specifier.text().trim().trim_start_matches('=').trim();
            let pinned = specifier.text().trim().starts_with("==") && !specifier.text().contains([',', '*']);
            if pinned && name.is_known() && specifier.is_known() && version.len() <= 64 {
                let written = view.source.slice(specifier.span());
                let at = written.find(version).unwrap_or(0) as u32 + specifier.span().start;
                let span = Span { start: at, end: at + version.len() as u32 };
                // A new version would need new hashes.
                let hashed = if requirement.get("hash").is_some() { " hashed" } else { "" };
                out.fact(PIN, format!("{} {version}{hashed}", normal(name.text())), Some(span));
            }
        }
    } else if !view.source.is_empty() {
        let mut left = MOST;
        for document in view.source.root().children() {
            match document.get("affected") {
                Some(_) => advisory(document, &mut left, out),
                None => document.children().for_each(|item| advisory(item, &mut left, out)),
            }
        }
    }
}

fn advisory(node: Node<'_>, left: &mut usize, out: &mut Out) {
    let (Some(id), Some(affected)) = (node.get("id"), node.get("affected")) else { return };
    if node.get("withdrawn").is_some() || id.text().len() > 64 {
        return;
    }
    for package in affected.children() {
        let Some(name) = package.find("package.name") else { continue };
        if package.find("package.ecosystem").is_none_or(|e| e.text() != "PyPI") || name.text().len() > 100 {
            continue;
        }
        for range in package.get("ranges").into_iter().flat_map(|ranges| ranges.children()) {
            if range.get("type").is_none_or(|t| t.text() != "ECOSYSTEM") {
                continue;
            }
            let mut introduced: Option<&str> = None;
            let mut tell = |from: &str, fixed: &str, last: &str| {
                if *left > 0 {
                    *left -= 1;
                    let name = normal(name.text());
                    out.fact(RANGE, format!("{name}\t{}\t{from}\t{fixed}\t{last}", id.text()), None);
                }
            };
            for event in range.get("events").into_iter().flat_map(|events| events.children()) {
                if let Some(from) = event.get("introduced") {
                    introduced = Some(from.text());
                } else if let Some(fixed) = event.get("fixed") {
                    tell(introduced.take().unwrap_or("0"), fixed.text(), "");
                } else if let Some(last) = event.get("last_affected") {
                    tell(introduced.take().unwrap_or("0"), "", last.text());
                }
            }
            if let Some(from) = introduced {
                tell(from, "", "");
            }
        }
    }
}

/// A range of versions that an advisory is about.
struct Range<'a> {
    id: &'a str,
    from: Version,
    fixed: Option<(Version, &'a str)>,
    last: Option<Version>,
}

impl Range<'_> {
    fn has(&self, version: &Version) -> bool {
        *version >= self.from
            && self.fixed.as_ref().is_none_or(|(fixed, _)| version < fixed)
            && self.last.as_ref().is_none_or(|last| version <= last)
    }
}

/// Pins and ranges of the whole repository.
#[derive(Debug)]
pub struct Project<'a> {
    files: &'a [FileFacts],
}

pub(crate) fn project(files: &[FileFacts]) -> Project<'_> {
    Project { files }
}

fn ranges<'a>(project: &Project<'a>) -> HashMap<&'a str, Vec<Range<'a>>> {
    let mut found: HashMap<&str, Vec<Range<'_>>> = HashMap::new();
    for fact in project.files.iter().flat_map(|f| &f.facts).filter(|fact| fact.key == RANGE) {
        let mut parts = fact.value.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (name, id, from, fixed, last) = (next(), next(), next(), next(), next());
        let Some(from) = Version::read(from) else { continue };
        let fixed = if fixed.is_empty() { None } else { Version::read(fixed).map(|v| (v, fixed)) };
        let last = if last.is_empty() { None } else { Version::read(last) };
        found.entry(name).or_default().push(Range { id, from, fixed, last });
    }
    found
}

/// `known-vulnerable`: a pin that advisories in the tree are about.
pub(crate) fn known_vulnerable(project: &Project<'_>, _: &Params, out: &mut ProjectOut) {
    let ranges = ranges(project);
    if ranges.is_empty() {
        return;
    }
    for (file, facts) in project.files.iter().enumerate() {
        for fact in facts.facts.iter().filter(|fact| fact.key == PIN) {
            let mut words = fact.value.split(' ');
            let (name, text) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let hashed = words.next().is_some();
            let (Some(known), Some(version)) = (ranges.get(name), Version::read(text)) else { continue };
            let mut hits: Vec<&Range<'_>> = known.iter().filter(|range| range.has(&version)).collect();
            hits.sort_by_key(|range| range.id);
            hits.dedup_by_key(|range| range.id);
            let Some(first) = hits.first() else { continue };
            let more = match hits.len() - 1 {
                0 => String::new(),
                1 => " and another advisory".to_owned(),
                n => format!(" and {n} more advisories"),
            };
            // The first version that none of them is about.
            let fixed = hits.iter().filter_map(|range| range.fixed.as_ref()).max_by(|a, b| a.0.cmp(&b.0));
            let fixed = fixed.filter(|(v, _)| !known.iter().any(|range| range.has(v)));
            let since = fixed.map_or_else(String::new, |(_, text)| format!(", fixed in {text}"));
            let message = format!("{name} {text} is affected by {}{more}{since}", first.id);
            let finding = out
                .finding(file, fact.span, message)
                .key(format!("{name}={}", first.id))
                .data("advisory", first.id);
            if let (Some((_, new)), Some(span), false) = (fixed, fact.span, hashed) {
                finding.unsafe_fix(format!("Pin {new}"), vec![Edit::replace(span, *new)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn names_are_compared_as_indexes_do() {
        assert_eq!(normal("Zope.Interface"), "zope-interface");
        assert_eq!(normal("a_-b"), "a-b");
    }
}
