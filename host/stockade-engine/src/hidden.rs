//! What no report may show although nothing is reported about it.
//!
//! Whoever switches off a rule about secrets does not want to hear of them; that is no permission to print them below
//! the next finding on the same line. Where a file has anything to report, the sensitive rules that are off for it are
//! asked as well, and of their answers nothing but the places is kept.

use crate::admit::Admission;
use crate::asked::{add_views, has_to_look_at};
use crate::dispatch::{Calls, Dispatch, Plan, Policy};
use crate::nested::nested;
use std::sync::Arc;
use stockade_model::{Checker, Document, Fault, LineIndex, Paths, RawFinding, RuleTable, Span};
use stockade_syntax::FileKind;

/// The rules that are asked for places only.
pub(crate) struct Hidden<'a> {
    rules: &'a RuleTable,
    checker: &'a dyn Checker,
    dispatch: Dispatch<'a>,
    /// Their numbers.
    sensitive: Vec<usize>,
}

impl<'a> Hidden<'a> {
    pub(crate) fn new(rules: &'a RuleTable, policy: &dyn Policy, checker: &'a dyn Checker) -> Self {
        let hiding = policy.hiding();
        let dispatch = Dispatch::new(rules, &hiding, checker.plugins(), false);
        let sensitive = hiding.iter().enumerate().filter(|(_, on)| **on).map(|(rule, _)| rule).collect();
        Self { rules, checker, dispatch, sensitive }
    }

    /// What those of them that `plan` has off find in this file, as places. A plugin that fails here is a fault as ever:
    /// what it would have found may be shown.
    pub(crate) fn places(
        &self,
        path: &Arc<str>,
        kind: FileKind,
        document: &mut Document,
        plan: &Plan,
        faults: &mut Vec<Fault>,
    ) -> Vec<Span> {
        let is_off = |rule: &usize| !plan.enabled.get(*rule).copied().unwrap_or(false);
        if !self.sensitive.iter().any(is_off) {
            return Vec::new();
        }
        let mut enabled = vec![false; self.rules.rules.len()];
        for rule in self.sensitive.iter().filter(|rule| is_off(rule)) {
            if let Some(enabled) = enabled.get_mut(*rule) {
                *enabled = true;
            }
        }
        let off = Plan { enabled, ..Plan::default() };
        let mut found: Vec<RawFinding> = Vec::new();
        let calls = self.dispatch.calls(kind, document.text(), &off);
        add_views(self.checker, kind, document, &calls);
        let embedded = stockade_syntax::embedded(kind, document);
        let document = &*document;
        self.ask(path, kind, document, calls, faults, &mut |finding| found.push(finding));
        for mut inner in nested(&embedded, document) {
            let calls = self.dispatch.calls(inner.kind, inner.document.text(), &off);
            add_views(self.checker, inner.kind, &mut inner.document, &calls);
            let mut lifted = Vec::new();
            self.ask(path, inner.kind, &inner.document, calls, faults, &mut |finding| lifted.push(finding));
            found.extend(lifted.into_iter().map(|finding| inner.lift(finding, true)));
        }
        if found.is_empty() {
            return Vec::new();
        }
        let admission = Admission {
            rules: self.rules,
            plan: &off,
            path,
            document,
            paths: Paths::default(),
            line_hashes: false,
        };
        let lines = LineIndex::new(document.text());
        // What is no place in the file hides nothing.
        let admitted = found.into_iter().filter_map(|finding| admission.admit(finding, &lines).ok());
        let mut places: Vec<Span> = admitted.flat_map(|admitted| admitted.into_secret()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn ask(
        &self,
        path: &Arc<str>,
        kind: FileKind,
        document: &Document,
        calls: Calls,
        faults: &mut Vec<Fault>,
        found: &mut dyn FnMut(RawFinding),
    ) {
        for (plugin, rules) in calls {
            if !has_to_look_at(self.checker, plugin, document) {
                continue;
            }
            match self.checker.check(plugin, path, kind.as_str(), document, &rules) {
                Ok(report) => report.findings.into_iter().for_each(&mut *found),
                Err(fault) => faults.push(fault),
            }
        }
    }
}
