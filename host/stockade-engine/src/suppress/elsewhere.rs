//! Where the rules of a suppression that suppresses nothing do find something: most often it stands a line or a path off.

use crate::collect::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stockade_model::{Finding, State};

/// Most places that are named one by one.
const MAX_NAMED: usize = 3;

/// A sentence about the lines of a file on which rules have findings that nothing suppresses. Each rule comes with the
/// name that the suppression has for it. `None` where there are none.
pub(super) fn in_file<R: AsRef<[usize]>>(named: &[(&str, R)], findings: &[Finding]) -> Option<String> {
    let mut lines = BTreeSet::new();
    let mut names = Vec::new();
    for (name, rules) in named {
        let open = findings.iter().filter(|f| f.state == State::Open && rules.as_ref().contains(&f.rule));
        let own: Vec<u32> = open.map(|f| f.region.line).collect();
        if !own.is_empty() {
            names.push(*name);
            lines.extend(own);
        }
    }
    let shown: Vec<String> = lines.iter().take(MAX_NAMED).map(u32::to_string).collect();
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    sentence(&names, &format!("on {noun} "), &shown, lines.len())
}

/// Where in a repository rules have findings that nothing suppresses.
pub(super) struct Elsewhere(BTreeMap<usize, BTreeSet<(Arc<str>, u32)>>);

impl Elsewhere {
    /// The places of these rules.
    pub(super) fn of<'a>(rules: impl Iterator<Item = &'a usize>, outcomes: &[Outcome]) -> Self {
        let mut places: BTreeMap<_, BTreeSet<_>> = rules.map(|rule| (*rule, BTreeSet::new())).collect();
        if places.is_empty() {
            return Self(places);
        }
        let findings = outcomes.iter().flat_map(|outcome| &outcome.findings);
        for finding in findings.filter(|finding| finding.state == State::Open) {
            if let Some(places) = places.get_mut(&finding.rule) {
                places.insert((Arc::clone(&finding.path), finding.region.line));
            }
        }
        Self(places)
    }

    /// A sentence about the places of these rules, by the names that the suppression has for them. `None` where there are
    /// none.
    pub(super) fn of_rules(&self, names: &[String], rules: &[usize]) -> Option<String> {
        let places: BTreeSet<_> = rules.iter().filter_map(|rule| self.0.get(rule)).flatten().collect();
        let shown: Vec<String> =
            places.iter().take(MAX_NAMED).map(|(path, line)| format!("`{path}:{line}`")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        sentence(&names, "at ", &shown, places.len())
    }
}

/// `A` has a finding on line 7; `A` and `B` have findings on lines 7, 9, 12 and 2 more.
fn sentence(names: &[&str], before: &str, shown: &[String], all: usize) -> Option<String> {
    let last = shown.last()?;
    let places = match (all.saturating_sub(shown.len()), shown.len()) {
        (0, 1) => last.clone(),
        (0, most) => format!("{} and {last}", shown.get(..most - 1).unwrap_or_default().join(", ")),
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    };
    let verb = match (names.len(), all) {
        (1, 1) => "has a finding",
        (1, _) => "has findings",
        _ => "have findings",
    };
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("{} {verb} {before}{places}.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn places_are_counted_where_they_are_many() {
        let shown = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let say = |names: &[&str], lines: &[&str], all| sentence(names, "on ", &shown(lines), all);
        assert_eq!(say(&["a/b"], &[], 0), None);
        assert_eq!(say(&["a/b"], &["7"], 1).unwrap(), "`a/b` has a finding on 7.");
        assert_eq!(say(&["a/b"], &["7", "9"], 2).unwrap(), "`a/b` has findings on 7 and 9.");
        let many = say(&["a/b", "c/*"], &["1", "2", "3"], 9).unwrap();
        assert_eq!(many, "`a/b`, `c/*` have findings on 1, 2, 3 and 6 more.");
    }
}
