//! One cause, told once: rules that have nothing to say where another one has said more.

use std::collections::BTreeMap;
use stockade_model::{Finding, RuleTable, Span};

/// The findings of one rule in a file, for the question which of them lies at a place.
#[derive(Default)]
struct Places {
    /// Begin, end, and the number of the finding; by their begin.
    all: Vec<(u32, u32, usize)>,
    /// Of each place and those before it: the one that ends last, as an index.
    reaching: Vec<usize>,
}

impl Places {
    fn push(&mut self, span: Span, finding: usize) {
        self.all.push((span.start, end(span), finding));
    }

    fn sort(&mut self) {
        self.all.sort_unstable();
        let mut last = 0;
        for (at, (_, end, _)) in self.all.iter().enumerate() {
            if self.all.get(last).is_none_or(|(_, reached, _)| end > reached) {
                last = at;
            }
            self.reaching.push(last);
        }
    }

    /// A finding that shares a byte with `span`.
    fn at(&self, span: Span) -> Option<usize> {
        let before = self.all.partition_point(|(start, ..)| *start < end(span));
        let (_, end, finding) = self.all.get(*self.reaching.get(before.checked_sub(1)?)?)?;
        (*end > span.start).then_some(*finding)
    }
}

/// The end of a place; one without a byte stands for the byte behind it.
fn end(span: Span) -> u32 {
    span.end.max(span.start.saturating_add(1))
}

/// Takes out what rules found where one that they yield to (`yields-to`) has a finding. What such a finding hides stays hidden:
/// the one that stands in for it takes that over.
pub(crate) fn drop_yielding<T>(
    rules: &RuleTable,
    list: &mut Vec<T>,
    mut finding: impl FnMut(&mut T) -> &mut Finding,
) {
    let yields_to = |rule: usize| rules.rules.get(rule).map_or(&[][..], |rule| rule.yields_to.as_slice());
    let mut places: BTreeMap<usize, Places> = BTreeMap::new();
    for item in list.iter_mut() {
        let others = yields_to(finding(item).rule).iter().filter_map(|id| rules.find(id));
        others.for_each(|(other, _)| _ = places.entry(other).or_default());
    }
    if places.is_empty() {
        return;
    }
    for (at, item) in list.iter_mut().enumerate() {
        let finding = finding(item);
        if let Some(places) = places.get_mut(&finding.rule) {
            places.push(finding.span, at);
        }
    }
    places.values_mut().for_each(Places::sort);
    // For what is dropped: the finding that stands in for it, which was not dropped itself before. So no two stand in for each
    // other, and whoever follows them comes to one that is left.
    let mut stands_in: Vec<Option<usize>> = vec![None; list.len()];
    let mut hidden: Vec<(usize, Vec<Span>)> = Vec::new();
    for (at, item) in list.iter_mut().enumerate() {
        let finding = finding(item);
        let others = yields_to(finding.rule).iter().filter_map(|id| places.get(&rules.find(id)?.0));
        let mut others = others.filter_map(|places| places.at(finding.span));
        let other = others.find(|other| *other != at && stands_in.get(*other) == Some(&None));
        if let (Some(slot), Some(other)) = (stands_in.get_mut(at), other) {
            *slot = Some(other);
            hidden.push((other, std::mem::take(&mut finding.secret)));
        }
    }
    for (mut other, secret) in hidden {
        while let Some(next) = stands_in.get(other).copied().flatten() {
            other = next;
        }
        if let Some(item) = list.get_mut(other) {
            let finding = finding(item);
            finding.secret.extend(secret);
            finding.secret.sort_unstable();
            finding.secret.dedup();
        }
    }
    let mut left = stands_in.iter().map(Option::is_none);
    list.retain(|_| left.next().unwrap_or(true));
}

#[cfg(test)]
mod tests {
    use super::drop_yielding;
    use stockade_model::{Finding, Rule, RuleTable, Span, reserved_rules};

    fn table(yields_to: &[(&str, &str)]) -> RuleTable {
        let rule = |id: &str| {
            let mut rule: Rule = reserved_rules().remove(0);
            rule.id = id.to_owned();
            rule.yields_to =
                yields_to.iter().filter(|(from, _)| *from == id).map(|(_, to)| (*to).to_owned()).collect();
            rule
        };
        RuleTable::new(["a/general", "b/exact", "c/other"].map(rule).to_vec())
    }

    fn finding(rule: usize, start: u32, end: u32) -> Finding {
        Finding { rule, span: Span::new(start, end), ..crate::example::finding("a.yaml") }
    }

    fn left(table: &RuleTable, mut findings: Vec<Finding>) -> Vec<(usize, u32)> {
        drop_yielding(table, &mut findings, |finding| finding);
        findings.iter().map(|f| (f.rule, f.span.start)).collect()
    }

    #[test]
    fn a_rule_yields_at_the_same_place_only() {
        let yields = table(&[("a/general", "b/exact")]);
        let findings = || {
            vec![
                finding(0, 0, 10),
                finding(1, 4, 8),
                finding(0, 20, 30),
                finding(2, 22, 24),
                finding(0, 40, 40),
                finding(1, 40, 41),
            ]
        };
        assert_eq!(left(&yields, findings()), [(1, 4), (0, 20), (2, 22), (1, 40)]);
        // Whoever yields to nobody, or to one that found nothing, speaks.
        assert_eq!(left(&table(&[]), findings()).len(), 6);
        assert_eq!(left(&yields, vec![finding(0, 0, 10)]), [(0, 0)]);
        // A place that reaches over others counts for all of them.
        let wide = vec![finding(1, 0, 100), finding(1, 2, 3), finding(0, 50, 60), finding(0, 100, 110)];
        assert_eq!(left(&yields, wide), [(1, 0), (1, 2), (0, 100)]);
    }

    #[test]
    fn what_is_hidden_stays_hidden() {
        let mut findings = vec![finding(0, 0, 10), finding(1, 4, 8)];
        if let [general, exact] = findings.as_mut_slice() {
            general.secret = vec![Span::new(2, 9)];
            exact.secret = vec![Span::new(4, 8)];
        }
        drop_yielding(&table(&[("a/general", "b/exact")]), &mut findings, |finding| finding);
        let secrets: Vec<_> = findings.iter().map(|f| f.secret.clone()).collect();
        assert_eq!(secrets, [[Span::new(2, 9), Span::new(4, 8)]]);
    }

    #[test]
    fn two_that_yield_to_each_other_do_not_both_fall_silent() {
        let both = table(&[("a/general", "b/exact"), ("b/exact", "a/general")]);
        assert_eq!(left(&both, vec![finding(0, 0, 10), finding(1, 4, 8)]).len(), 1);
    }
}
