//! Directives and entries of the configuration held against the findings of a run.

use super::edit::{Lines, removal_of_lines};
use super::elsewhere::{self, Elsewhere};
use super::peers;
use super::remark::{Remark, Remarks};
use super::{Acceptance, Directive, Directives, Scope, Suppressions};
use crate::charts::{is_environment, is_helper};
use crate::collect::Outcome;
use crate::dispatch::{Plan, Policy};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use stockade_model::{
    FileEntry, FileStatus, Finding, Label, RESERVED_PACKS, RuleTable, Span, State, Suppression,
    SuppressionSource, SuppressionUse,
};
use stockade_pack::config::Date;
use stockade_pack::rules_named;

/// Marks what is suppressed, adds remarks about the suppressions themselves, and gives the list of them. `beside` are files that are
/// not judged, whose directives are about what others have from them.
pub(crate) fn apply(
    outcomes: &mut Vec<Outcome>,
    beside: &mut [Outcome],
    rules: &RuleTable,
    policy: &dyn Policy,
    settings: &Suppressions,
    line_hashes: bool,
) -> Vec<Suppression> {
    if settings.off {
        return Vec::new();
    }
    let acceptances = policy.acceptances();
    let mut used = vec![0_usize; acceptances.len()];
    // A rule that did not get to look says nothing about a suppression.
    let faults: HashSet<String> =
        outcomes.iter().flat_map(|o| &o.faults).map(|fault| fault.plugin.clone()).collect();
    let stage = Stage { rules, policy, settings, faults: &faults, line_hashes };
    let mut all = Vec::new();
    let mut guests = guests(outcomes, beside);
    for outcome in beside.iter_mut().filter(|outcome| !outcome.directives.is_empty()) {
        // What there is to say about them is said where they are judged.
        stage.file(outcome, &mut guests, &mut Vec::new());
    }
    for outcome in outcomes.iter_mut() {
        if outcome.is_taker && !outcome.directives.is_empty() {
            let own = outcome.findings.len();
            stage.file(outcome, &mut guests, &mut Vec::new());
            outcome.findings.truncate(own);
        } else if !outcome.directives.is_empty() {
            stage.file(outcome, &mut guests, &mut all);
        }
        if !acceptances.is_empty() {
            stage.accept(outcome, &acceptances, &mut used);
        }
    }
    for guest in guests.into_values().flatten() {
        let finding =
            outcomes.get_mut(guest.outcome).and_then(|outcome| outcome.findings.get_mut(guest.finding));
        if let (Some(finding), Some(state)) = (finding.filter(|f| f.state == State::Open), guest.state) {
            finding.state = state;
        }
    }
    stage.configuration(outcomes, &acceptances, &used, &mut all);
    all.sort();
    all
}

/// A finding that comes from a line of another file: a helper's, a value's.
struct Guest {
    outcome: usize,
    finding: usize,
    rule: usize,
    /// The file that it is in.
    path: Arc<str>,
    /// The line that it comes from.
    span: Span,
    state: Option<State>,
}

/// Those by the file that they come from, where it has directives.
fn guests(outcomes: &[Outcome], beside: &[Outcome]) -> HashMap<Arc<str>, Vec<Guest>> {
    let mut guests: HashMap<Arc<str>, Vec<Guest>> = HashMap::new();
    let speaking = outcomes.iter().chain(beside).filter(|outcome| !outcome.directives.is_empty());
    let paths = speaking.filter_map(|outcome| Some(&*outcome.entry.as_ref()?.path));
    let paths: HashSet<&str> = paths.filter(|path| is_source(path)).collect();
    if paths.is_empty() {
        return guests;
    }
    for (outcome, of) in outcomes.iter().enumerate() {
        for (number, finding) in of.findings.iter().enumerate() {
            let from = |label: &&Label| label.path != finding.path && paths.contains(&*label.path);
            for label in finding.labels.iter().filter(from) {
                guests.entry(Arc::clone(&label.path)).or_default().push(Guest {
                    outcome,
                    finding: number,
                    rule: finding.rule,
                    path: Arc::clone(&finding.path),
                    span: label.span,
                    state: None,
                });
            }
        }
    }
    guests
}

/// Whether a chart's templates have something from a file of this path.
fn is_source(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    is_helper(path) || is_environment(name) || matches!(name, "values.yaml" | "values.yml")
}

struct Stage<'a> {
    rules: &'a RuleTable,
    policy: &'a dyn Policy,
    settings: &'a Suppressions,
    /// Plugins that did something wrong, anywhere.
    faults: &'a HashSet<String>,
    /// Whether findings get the hash of their line.
    line_hashes: bool,
}

/// A name of a directive, looked up.
struct Named {
    /// Sorted; what nothing in a file may suppress is left out.
    rules: Vec<usize>,
    /// Whether nothing found would mean that it is not needed.
    judged: bool,
    used: usize,
}

impl Stage<'_> {
    /// One file's directives.
    fn file(
        &self,
        outcome: &mut Outcome,
        guests: &mut HashMap<Arc<str>, Vec<Guest>>,
        all: &mut Vec<Suppression>,
    ) {
        let Some(entry) = &outcome.entry else { return };
        let (path, text) = (Arc::clone(&entry.path), entry.text.clone().unwrap_or_default());
        let Directives { found, mistakes } = std::mem::take(&mut outcome.directives);
        let plan = self.policy.plan(&path);
        let mut remarks = Remarks::new(self.rules, &plan, &path, &text, &outcome.findings, &outcome.hidden);
        let mut directives: Vec<(Directive, Vec<Named>, Option<SuppressionUse>)> = Vec::new();
        for directive in found {
            let (names, counts) = self.look_up(&directive, &path, &plan, &mut remarks);
            directives.push((directive, names, counts));
        }
        // The narrowest one that speaks of a finding is the one that is named; all of them are needed.
        directives.sort_by_key(|(d, ..)| (d.scope, d.span.start));
        for finding in outcome.findings.iter_mut() {
            for (directive, names, state) in &mut directives {
                if state.is_some() || !hits(directive, finding.span) {
                    continue;
                }
                for named in names.iter_mut().filter(|n| n.rules.binary_search(&finding.rule).is_ok()) {
                    named.used += 1;
                    if finding.state == State::Open {
                        let line = remarks.line(directive.span.start);
                        let by = match directive.source {
                            SuppressionSource::Tool(tool) => tool,
                            _ => "a comment",
                        };
                        finding.state = State::Suppressed {
                            reason: directive.reason.as_deref().map(|reason| remarks.hide(reason)),
                            by: format!("{by} on line {line}"),
                        };
                    }
                }
            }
        }
        for guest in guests.get_mut(&path).into_iter().flatten() {
            for (directive, names, _) in directives.iter_mut().filter(|(_, _, state)| state.is_none()) {
                if !hits(directive, guest.span) || self.policy.locked(&guest.path, guest.rule) {
                    continue;
                }
                for named in names.iter_mut().filter(|n| n.rules.binary_search(&guest.rule).is_ok()) {
                    named.used += 1;
                    if guest.state.is_none() {
                        let line = remarks.line(directive.span.start);
                        guest.state = Some(State::Suppressed {
                            reason: directive.reason.as_deref().map(|reason| remarks.hide(reason)),
                            by: format!("a comment in {path} on line {line}"),
                        });
                    }
                }
            }
        }
        for mistake in mistakes {
            let rules =
                |name: &String| rules_named(name, self.rules).map_or_else(|_| Vec::new(), |(rules, _)| rules);
            let named: Vec<(&str, Vec<usize>)> =
                mistake.names.iter().map(|name| (name.as_str(), rules(name))).collect();
            let found = elsewhere::in_file(&named, &outcome.findings);
            remarks.add(Remark {
                rule: mistake.rule,
                span: mistake.span,
                message: mistake.message,
                help: mistake
                    .help
                    .map(|help| [Some(help), found].into_iter().flatten().collect::<Vec<_>>().join(" ")),
                removal: None,
            });
        }
        for (directive, names, state) in &directives {
            let usage = state.unwrap_or_else(|| unused(directive, names, &outcome.findings, &mut remarks));
            all.push(Suppression {
                path: Arc::clone(&path),
                span: directive.span,
                region: remarks.region(directive.span),
                source: directive.source,
                scope: directive.scope.as_str().to_owned(),
                rules: directive.names.iter().map(|(name, _)| remarks.hide(name)).collect(),
                until: directive.until.map(|(until, _)| until.to_string()),
                reason: directive.reason.as_deref().map(|reason| remarks.hide(reason)),
                usage,
            });
        }
        let remarks = remarks.finish(self.line_hashes);
        outcome.findings.extend(remarks);
    }

    /// Looks up a directive's names and holds it against the policy. A state says that it does not count.
    fn look_up(
        &self,
        directive: &Directive,
        path: &str,
        plan: &Plan,
        remarks: &mut Remarks<'_>,
    ) -> (Vec<Named>, Option<SuppressionUse>) {
        let mut refuse = |rule, span, message: String, help: Option<String>| {
            remarks.add(Remark { rule, span, message, help, removal: None });
            Some(SuppressionUse::Refused)
        };
        let mut state = None;
        let own = directive.source == SuppressionSource::Comment;
        if self.settings.forbid_inline && !own {
            return (Vec::new(), Some(SuppressionUse::Refused));
        }
        if self.settings.forbid_inline {
            let message = "the configuration allows no suppressions in files".to_owned();
            return (Vec::new(), refuse("meta/suppression-forbidden", directive.span, message, None));
        }
        if self.settings.require_reason && directive.reason.is_none() {
            let message = "the suppression gives no reason, which the configuration demands".to_owned();
            state = refuse("meta/suppression-reason-missing", directive.span, message, None);
        }
        if let (Some(days), Some(today)) = (self.settings.max_days, self.settings.today) {
            let last = today.days().saturating_add(days);
            if directive.until.is_none_or(|(until, _)| until.days() > last) {
                let span = directive.until.map_or(directive.span, |(_, span)| span);
                let message =
                    format!("the suppression does not end within {days} days, as the configuration demands");
                let help =
                    Date::from_days(last).map(|last| format!("Add `until {last}`, or an earlier day."));
                state = refuse("meta/suppression-too-long", span, message, help);
            }
        }
        let mut names = Vec::new();
        for (name, span) in &directive.names {
            if let SuppressionSource::Tool(tool) = directive.source {
                // The tool may know more ids than we do, and need what we do not.
                let rules = peers::rules(tool, name, self.rules);
                names.push(Named { judged: false, ..self.named(rules, true, path, plan) });
                continue;
            }
            match rules_named(name, self.rules) {
                Ok((rules, exact)) => {
                    let named = self.named(rules, exact, path, plan);
                    if named.rules.is_empty() && exact {
                        let message = format!("`{name}` cannot be suppressed by a comment");
                        state = refuse("meta/suppression-forbidden", *span, message, None);
                    }
                    names.push(named);
                }
                Err(near) => {
                    let help = near.map(|near| format!("Did you mean `{near}`?"));
                    let message = format!("there is no rule `{name}`");
                    refuse("meta/suppression-unknown-rule", *span, message, help);
                    names.push(Named { rules: Vec::new(), judged: false, used: 0 });
                }
            }
        }
        if names.iter().all(|named| named.rules.is_empty()) {
            state = Some(SuppressionUse::Refused);
        }
        if let (Some((until, span)), Some(today)) = (directive.until, self.settings.today)
            && until < today
        {
            let message = format!("the suppression counted until {until}");
            let removal = directive.removal.map(|span| (span, String::new()));
            remarks.add(Remark { rule: "meta/suppression-expired", span, message, help: None, removal });
            state = Some(SuppressionUse::Expired);
        }
        (names, state)
    }

    fn named(&self, mut rules: Vec<usize>, exact: bool, path: &str, plan: &Plan) -> Named {
        rules.sort_unstable();
        let rule = |index: &usize| self.rules.rules.get(*index);
        let meta = RESERVED_PACKS.first().copied().unwrap_or_default();
        rules.retain(|index| {
            rule(index).is_some_and(|r| r.pack() != meta) && !self.policy.locked(path, *index)
        });
        let on: Vec<usize> = rules
            .iter()
            .copied()
            .filter(|index| plan.enabled.get(*index).copied().unwrap_or(false))
            .collect();
        // Templates that have something from here may have been left out.
        let elsewhere = is_source(path);
        // A pattern also means the rules that the caller left out of this run.
        let judged = !on.is_empty()
            && (exact || !self.settings.narrowed)
            && on.iter().filter_map(rule).all(|r| {
                !(self.faults.contains(&r.plugin) || self.settings.partial && (r.project || elsewhere))
            });
        Named { rules, judged, used: 0 }
    }

    /// Marks the findings of a file that the configuration accepts.
    fn accept(&self, outcome: &mut Outcome, acceptances: &[Acceptance], used: &mut [usize]) {
        let meta = RESERVED_PACKS.first().copied().unwrap_or_default();
        for finding in &mut outcome.findings {
            if self.rules.rules.get(finding.rule).is_none_or(|rule| rule.pack() == meta) {
                continue;
            }
            for index in self.policy.accepted(&finding.path, finding.rule, &finding.node_path) {
                let Some(acceptance) = acceptances.get(index).filter(|a| !self.is_over(a.until)) else {
                    continue;
                };
                if let Some(count) = used.get_mut(index) {
                    *count += 1;
                }
                if finding.state == State::Open {
                    let reason = acceptance.reason.clone();
                    finding.state = State::Suppressed { reason, by: "configuration".to_owned() };
                }
            }
        }
    }

    fn is_over(&self, until: Option<Date>) -> bool {
        until.zip(self.settings.today).is_some_and(|(until, today)| until < today)
    }

    /// Remarks about the configuration's own entries, at their places in its files.
    fn configuration(
        &self,
        outcomes: &mut Vec<Outcome>,
        acceptances: &[Acceptance],
        used: &[usize],
        all: &mut Vec<Suppression>,
    ) {
        let possible = self.policy.possible();
        let is_on = |rule: &usize| possible.get(*rule).copied().unwrap_or(false);
        let whole = !self.settings.partial && !self.settings.narrowed && self.faults.is_empty();
        let is_unused = |entry: &Acceptance, used: usize| {
            used == 0 && whole && !entry.shared && !self.is_over(entry.until) && entry.rules.iter().any(is_on)
        };
        let unused = acceptances.iter().zip(used).filter(|(entry, used)| is_unused(entry, **used));
        let places = Elsewhere::of(unused.flat_map(|(entry, _)| &entry.rules), outcomes);
        let mut by_file: BTreeMap<&str, Vec<(&Acceptance, usize)>> = BTreeMap::new();
        for (acceptance, used) in acceptances.iter().zip(used) {
            by_file.entry(&acceptance.path).or_default().push((acceptance, *used));
        }
        for (path, entries) in by_file {
            let Some((first, _)) = entries.first() else { continue };
            let (path, text): (Arc<str>, _) = (Arc::from(path), Arc::clone(&first.text));
            let plan = self.policy.plan(&path);
            let mut remarks = Remarks::new(self.rules, &plan, &path, &text, &[], &[]);
            let lines = Lines::new(&text);
            for (entry, used) in entries {
                let removal = removal_of_lines(&lines, entry.span).map(|span| (span, String::new()));
                let names = entry.names.join("`, `");
                let mut remark = |rule, message, help| {
                    remarks.add(Remark { rule, span: entry.span, message, help, removal: removal.clone() });
                };
                let usage = if self.is_over(entry.until) {
                    let until = entry.until.map(|until| until.to_string()).unwrap_or_default();
                    remark(
                        "meta/suppression-expired",
                        format!("the suppression of `{names}` counted until {until}"),
                        None,
                    );
                    SuppressionUse::Expired
                } else if used > 0 {
                    SuppressionUse::Used(used)
                } else if entry.rules.is_empty() {
                    SuppressionUse::Refused
                } else if is_unused(entry, used) {
                    remark(
                        "meta/suppression-unused",
                        format!("the suppression of `{names}` suppresses nothing"),
                        places.of_rules(&entry.names, &entry.rules),
                    );
                    SuppressionUse::Unused
                } else {
                    SuppressionUse::Unknown
                };
                all.push(Suppression {
                    path: Arc::clone(&path),
                    span: entry.span,
                    region: remarks.region(entry.span),
                    source: SuppressionSource::Configuration,
                    scope: entry.scope.clone(),
                    rules: entry.names.clone(),
                    until: entry.until.map(|until| until.to_string()),
                    reason: entry.reason.clone(),
                    usage,
                });
            }
            let findings = remarks.finish(self.line_hashes);
            if !findings.is_empty() {
                place(outcomes, &path, &text, findings);
            }
        }
    }
}

/// Adds findings to the outcome of the file that they are in, which is made where the walk did not come by it.
fn place(outcomes: &mut Vec<Outcome>, path: &Arc<str>, text: &Arc<str>, findings: Vec<Finding>) {
    let known = outcomes.iter_mut().find(|o| o.entry.as_ref().is_some_and(|entry| entry.path == *path));
    if let Some(outcome) = known {
        if let Some(entry) = &mut outcome.entry {
            entry.text.get_or_insert_with(|| Arc::clone(text));
        }
        outcome.findings.extend(findings);
        return;
    }
    let reason = "configuration of stockade";
    let entry = FileEntry {
        path: Arc::clone(path),
        kind: "",
        reason: reason.into(),
        status: FileStatus::NoKind(reason.into()),
        text: Some(Arc::clone(text)),
        hidden: Vec::new(),
    };
    outcomes.push(Outcome { entry: Some(entry), findings, ..Outcome::default() });
}

/// Whether a finding at this place is meant.
fn hits(directive: &Directive, found: Span) -> bool {
    let Span { start, end } = directive.reach;
    let begins = start <= found.start && (found.start < end || start == end);
    match directive.scope {
        Scope::Line => {
            let last = found.end.saturating_sub(1).max(found.start);
            (start..=end).contains(&found.start) || (start..=end).contains(&last)
        }
        Scope::File => true,
        Scope::Node | Scope::Document => begins,
    }
}

/// Says which of a directive's names are not needed, and gives what it did.
fn unused(
    directive: &Directive,
    names: &[Named],
    findings: &[Finding],
    remarks: &mut Remarks<'_>,
) -> SuppressionUse {
    let used: usize = names.iter().map(|named| named.used).sum();
    let is_stale = |named: &Named| named.used == 0 && named.judged;
    let stale: Vec<(&(String, Span), &Named)> =
        directive.names.iter().zip(names).filter(|(_, named)| is_stale(named)).collect();
    if stale.is_empty() {
        return if used > 0 { SuppressionUse::Used(used) } else { SuppressionUse::Unknown };
    }
    const RULE: &str = "meta/suppression-unused";
    if stale.len() == names.len() {
        let shown: Vec<String> = stale.iter().map(|((name, _), _)| format!("`{name}`")).collect();
        let message = format!("the suppression of {} suppresses nothing", shown.join(", "));
        let removal = directive.removal.map(|span| (span, String::new()));
        let named: Vec<(&str, &[usize])> =
            stale.iter().map(|((name, _), named)| (name.as_str(), &*named.rules)).collect();
        let help = elsewhere::in_file(&named, findings);
        remarks.add(Remark { rule: RULE, span: directive.span, message, help, removal });
        return SuppressionUse::Unused;
    }
    let kept: Vec<&str> = directive
        .names
        .iter()
        .zip(names)
        .filter(|(_, named)| !is_stale(named))
        .map(|((name, _), _)| name.as_str())
        .collect();
    for ((name, span), named) in stale {
        // The same edit for each of them: fixes that are equal to the letter are applied once.
        remarks.add(Remark {
            rule: RULE,
            span: *span,
            message: format!("the suppression of `{name}` suppresses nothing"),
            help: elsewhere::in_file(&[(name, &named.rules)], findings),
            removal: directive.list.map(|list| (list, kept.join(", "))),
        });
    }
    if used > 0 { SuppressionUse::Used(used) } else { SuppressionUse::Unknown }
}
