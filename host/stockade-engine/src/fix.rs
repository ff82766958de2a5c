//! Fixes applied to a text.

use std::collections::BTreeMap;
use stockade_model::{Applicability, Edit, Finding, Fix};

/// What applying fixes gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The text afterwards.
    pub text: String,
    /// How many findings were fixed.
    pub applied: usize,
    /// Which of them, by their number in the order given.
    pub which: Vec<usize>,
    /// How many had a fix that touches the same bytes as one applied before: another round may apply them.
    pub clashed: usize,
}

/// The first fix of a finding that may be applied.
#[must_use]
pub fn applicable(finding: &Finding, unsafe_too: bool) -> Option<&Fix> {
    finding.fixes.iter().find(|fix| match fix.applicability {
        Applicability::Safe => true,
        Applicability::Unsafe => unsafe_too,
        Applicability::Manual => false,
    })
}

/// Applies to `text` the first applicable fix of each of its findings, all edits of a fix or none.
///
/// Findings come in the order of the report (position, then rule): where two fixes touch the same bytes the first one
/// wins, and the other is left for the next round, when it is computed anew from the new text. Fixes that are equal
/// to the letter count as one.
#[must_use]
pub fn apply<'a>(text: &str, findings: impl IntoIterator<Item = &'a Finding>, unsafe_too: bool) -> Fixed {
    let mut accepted = Accepted::default();
    let mut fixed = Fixed::default();
    for (number, finding) in findings.into_iter().enumerate() {
        let Some(fix) = applicable(finding, unsafe_too) else { continue };
        let inside = |e: &Edit| e.span.slice(text).is_some();
        if fix.edits.is_empty() || !fix.edits.iter().all(inside) {
            continue;
        }
        if !fix.edits.iter().all(|e| accepted.contains(e)) {
            if fix.edits.iter().any(|e| accepted.clashes(e)) {
                fixed.clashed += 1;
                continue;
            }
            accepted.extend(&fix.edits);
        }
        fixed.applied += 1;
        fixed.which.push(number);
    }
    let returns = ends_with_returns(text);
    let mut at = 0;
    for edit in accepted.by_place.into_values().flatten() {
        fixed.text.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        if returns && edit.replacement.contains('\n') {
            fixed.text.push_str(&edit.replacement.replace("\r\n", "\n").replace('\n', "\r\n"));
        } else {
            fixed.text.push_str(&edit.replacement);
        }
        at = edit.span.end as usize;
    }
    fixed.text.push_str(text.get(at..).unwrap_or_default());
    fixed
}

/// Whether all lines end as on Windows; then those that a fix adds do so too.
fn ends_with_returns(text: &str) -> bool {
    let mut feeds = text.match_indices('\n').peekable();
    feeds.peek().is_some()
        && feeds.all(|(at, _)| at.checked_sub(1).and_then(|i| text.as_bytes().get(i)) == Some(&b'\r'))
}

/// The edits that are to be made, in the order of the text. A file may have ten thousand, so none is compared with all others.
#[derive(Default)]
struct Accepted<'a> {
    /// By where they start and end. Those at one place are all of one fix.
    by_place: BTreeMap<(u32, u32), Vec<&'a Edit>>,
}

impl<'a> Accepted<'a> {
    fn contains(&self, edit: &Edit) -> bool {
        self.by_place.get(&(edit.span.start, edit.span.end)).is_some_and(|here| here.contains(&edit))
    }

    fn extend(&mut self, edits: &'a [Edit]) {
        for edit in edits {
            self.by_place.entry((edit.span.start, edit.span.end)).or_default().push(edit);
        }
    }

    /// Two edits clash where they overlap, and where both insert at one place: their order would be a guess.
    fn clashes(&self, edit: &Edit) -> bool {
        let (start, end) = (edit.span.start, edit.span.end);
        // None of those accepted overlaps another, so they end in the order in which they start: the last that starts
        // before the end of this one is the one to look at.
        let before = self.by_place.range(..(end, 0)).next_back();
        self.by_place.contains_key(&(start, end)) || before.is_some_and(|((_, ended), _)| *ended > start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_model::Span;

    fn finding(edits: &[(u32, u32, &str)], applicability: Applicability) -> Finding {
        let edits = edits
            .iter()
            .map(|(a, b, new)| Edit { span: Span::new(*a, *b), replacement: (*new).to_owned() })
            .collect();
        let fixes = vec![Fix { title: String::new(), applicability, edits }];
        Finding { fixes, ..crate::example::finding("x") }
    }

    #[test]
    fn edits_apply_together_or_not_at_all() {
        let first = finding(&[(0, 1, "A"), (4, 5, "E")], Applicability::Safe);
        let clashing = finding(&[(2, 3, "C"), (4, 5, "x")], Applicability::Safe);
        let fixed = apply("abcde", [&first, &clashing], false);
        assert_eq!((fixed.text.as_str(), fixed.applied, fixed.clashed), ("AbcdE", 1, 1));
    }

    #[test]
    fn edits_that_touch_without_a_common_byte_are_all_made() {
        let around = finding(&[(1, 3, "-")], Applicability::Safe);
        let others = [(1, 1, "<"), (3, 3, ">"), (3, 4, "d"), (2, 2, "x"), (0, 2, "y"), (2, 5, "z")];
        let others = others.map(|edit| finding(&[edit], Applicability::Safe));
        let fixed = apply("abcde", std::iter::once(&around).chain(&others), false);
        assert_eq!((fixed.text.as_str(), fixed.which, fixed.clashed), ("a<->de", vec![0, 1, 2, 3], 3));
    }

    #[test]
    fn unsafe_fixes_wait_to_be_asked_for() {
        let fix = finding(&[(0, 1, "A")], Applicability::Unsafe);
        assert_eq!(apply("abc", [&fix], false).text, "abc");
        assert_eq!(apply("abc", [&fix], true).text, "Abc");
    }

    #[test]
    fn equal_fixes_count_as_one_and_two_inserts_at_one_place_clash() {
        let a = finding(&[(1, 1, "x")], Applicability::Safe);
        let b = finding(&[(1, 1, "y")], Applicability::Safe);
        let fixed = apply("ab", [&a, &a.clone(), &b], false);
        assert_eq!((fixed.text.as_str(), fixed.applied, fixed.clashed), ("axb", 2, 1));
    }

    #[test]
    fn lines_that_are_added_end_as_the_others_do() {
        let fix = finding(&[(3, 3, "x\ny\n")], Applicability::Safe);
        assert_eq!(apply("a\r\nb\r\n", [&fix], false).text, "a\r\nx\r\ny\r\nb\r\n");
        let fix = finding(&[(2, 2, "x\n")], Applicability::Safe);
        assert_eq!(apply("a\nb\r\n", [&fix], false).text, "a\nx\nb\r\n");
    }

    #[test]
    fn an_edit_outside_the_text_is_ignored() {
        let fix = finding(&[(7, 9, "x")], Applicability::Safe);
        assert_eq!(apply("ab", [&fix], false).text, "ab");
    }
}
