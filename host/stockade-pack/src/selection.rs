//! Which rules are on, and how severe they are.
//!
//! A [`Choice`] is what one source of configuration says: a file, a `path` block in it, or the command line.
//! Choices are applied one after the other, each refining the selection that the ones before have made:
//! 1. `profile` starts anew with the rules of that profile.
//! 2. `select` starts anew with nothing but the rules named.
//! 3. `extend-select` switches on, then `ignore` switches off.
//!
//! The host's own rules are on in every profile and stay on under `select`, for what they report (a file that
//! could not be parsed) is not to be lost by accident; only `ignore` switches them off. A rule that a choice has
//! locked can neither be switched off nor lowered by a later one.

use crate::error::{Error, ErrorKind};
use crate::selector::{Matched, resolve};
use crate::source::{Place, Placed};
use crate::view::near;
use std::collections::BTreeSet;
use stockade_model::{RESERVED_PACKS, Rule, RuleTable, Severity};

/// The profile that has every rule that is not deprecated.
pub const ALL: &str = "all";
/// The profile of what no repository should have: the rules of [`DEFAULT`] that are high or critical. Compiling a pack
/// puts them into it; a rule may also name it.
pub const BASELINE: &str = "baseline";
/// The profile of a run that names none.
pub const DEFAULT: &str = "default";

/// A severity for the rules that a selector means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityOverride {
    /// The rules.
    pub rules: Placed<String>,
    /// Their severity.
    pub severity: Severity,
}

/// What one source of configuration says about which rules are on. All texts are selectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Start from this profile.
    pub profile: Option<Placed<String>>,
    /// Only these.
    pub select: Vec<Placed<String>>,
    /// These as well.
    pub extend_select: Vec<Placed<String>>,
    /// Not these.
    pub ignore: Vec<Placed<String>>,
    /// How severe.
    pub severity: Vec<SeverityOverride>,
    /// On, whatever later choices say.
    pub locked: Vec<Placed<String>>,
}

/// For each rule of a table: whether it is on, and its severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Whether the rule is on.
    pub enabled: Vec<bool>,
    /// Its severity.
    pub severity: Vec<Severity>,
    /// Whether a choice gave it that severity: then it holds for all that the rule finds.
    pub rated: Vec<bool>,
    /// Where it was locked.
    pub(crate) locked: Vec<Option<Place>>,
}

impl Selection {
    /// The rules of the profile [`DEFAULT`].
    #[must_use]
    pub fn new(table: &RuleTable) -> Self {
        Self {
            enabled: table.rules.iter().map(|rule| in_profile(rule, DEFAULT)).collect(),
            severity: table.rules.iter().map(|rule| rule.severity).collect(),
            rated: vec![false; table.rules.len()],
            locked: vec![None; table.rules.len()],
        }
    }

    /// The selection of these choices, the first one applied first.
    ///
    /// # Errors
    /// Selectors and profiles that mean nothing, and attempts at locked rules.
    pub fn of(table: &RuleTable, choices: &[Choice]) -> Result<Self, Vec<Error>> {
        let mut errors = Vec::new();
        let mut selection = Self::new(table);
        for choice in choices {
            let resolved = ResolvedChoice::new(choice, table, &mut errors);
            errors.extend(selection.forbidden(&resolved, table));
            selection.apply(&resolved);
            selection.lock(&resolved);
        }
        if errors.is_empty() { Ok(selection) } else { Err(errors) }
    }

    /// Whether the rule is locked: then no comment in a file can suppress it.
    #[must_use]
    pub fn is_locked(&self, rule: usize) -> bool {
        self.locked.get(rule).is_some_and(Option::is_some)
    }

    /// Applies a choice except its locks, which begin only below it.
    pub(crate) fn apply(&mut self, choice: &ResolvedChoice) {
        self.apply_and_trace(choice, &mut |_, _| {});
    }

    /// As [`Selection::apply`]; tells `trace` of each rule that was spoken of and whose state may have changed.
    pub(crate) fn apply_and_trace(
        &mut self,
        choice: &ResolvedChoice,
        trace: &mut dyn FnMut(usize, Decision<'_>),
    ) {
        if let Some((base, place)) = &choice.base {
            for (index, (enabled, wanted)) in self.enabled.iter_mut().zip(base).enumerate() {
                let kept = *enabled && self.locked.get(index).is_some_and(Option::is_some);
                if !kept {
                    *enabled = *wanted;
                    trace(index, Decision::Enabled(place));
                }
            }
        }
        for (index, on, place) in &choice.switches {
            let locked = self.is_locked(*index);
            if let Some(enabled) =
                self.enabled.get_mut(*index).filter(|enabled| *on || !(**enabled && locked))
            {
                *enabled = *on;
                trace(*index, Decision::Enabled(place));
            }
        }
        for (index, severity, place) in &choice.severity {
            let locked = self.is_locked(*index);
            if let Some(own) = self.severity.get_mut(*index).filter(|own| !locked || *severity > **own) {
                *own = *severity;
                if let Some(rated) = self.rated.get_mut(*index) {
                    *rated = true;
                }
                trace(*index, Decision::Severity(place));
            }
        }
    }

    /// Switches on what the choice may switch on somewhere, and nothing off.
    pub(crate) fn widen(&mut self, choice: &ResolvedChoice) {
        let base = choice.base.iter().flat_map(|(base, _)| base.iter().enumerate());
        let base = base.filter(|(_, on)| **on).map(|(index, _)| index);
        let switches = choice.switches.iter().filter(|(_, on, _)| *on).map(|(index, ..)| *index);
        for index in base.chain(switches) {
            if let Some(enabled) = self.enabled.get_mut(index) {
                *enabled = true;
            }
        }
    }

    /// Puts the choice's locks in force. What was locked before stays locked by whom it was.
    pub(crate) fn lock(&mut self, choice: &ResolvedChoice) {
        for (index, place) in &choice.locks {
            if let Some(slot) = self.locked.get_mut(*index) {
                slot.get_or_insert_with(|| place.clone());
            }
        }
    }

    /// Errors for what the choice says by name against locked rules. Patterns that happen to include a locked rule
    /// are none: they do not reach it.
    pub(crate) fn forbidden(&self, choice: &ResolvedChoice, table: &RuleTable) -> Vec<Error> {
        let against = choice.named.iter().filter_map(|(index, lowered_to, place)| {
            let by = self.locked.get(*index)?.as_ref()?;
            let rule = table.rules.get(*index)?;
            let weakens = lowered_to
                .is_none_or(|severity| self.severity.get(*index).is_some_and(|own| severity < *own));
            weakens.then(|| place.error(ErrorKind::Locked { rule: rule.id.clone(), by: by.to_string() }))
        });
        against.collect()
    }
}

/// What a choice decided about a rule, and where it says so.
pub(crate) enum Decision<'a> {
    Enabled(&'a Place),
    Severity(&'a Place),
}

/// A choice with its selectors looked up in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResolvedChoice {
    /// The whole new state that `profile` or `select` begin with.
    base: Option<(Vec<bool>, Place)>,
    /// Rules to switch, in order.
    switches: Vec<(usize, bool, Place)>,
    severity: Vec<(usize, Severity, Place)>,
    locks: Vec<(usize, Place)>,
    /// Rules that the choice switches off (no severity) or rates, by name.
    named: Vec<(usize, Option<Severity>, Place)>,
}

impl ResolvedChoice {
    pub(crate) fn new(choice: &Choice, table: &RuleTable, errors: &mut Vec<Error>) -> Self {
        let mut resolved = Self::default();
        if let Some(profile) = &choice.profile {
            match profile_error(profile, table) {
                Some(error) => errors.push(error),
                None => {
                    let rules = table.rules.iter().map(|rule| in_profile(rule, &profile.value)).collect();
                    resolved.base = Some((rules, profile.place.clone()));
                }
            }
        }
        if let Some(first) = choice.select.first() {
            resolved.base = Some((table.rules.iter().map(is_reserved).collect(), first.place.clone()));
        }
        let mut each = |selectors: &[Placed<String>], found: &mut dyn FnMut(usize, bool, &Place)| {
            for selector in selectors {
                match resolve(selector, table) {
                    Ok(Matched { rules, exact }) => {
                        rules.into_iter().for_each(|rule| found(rule, exact, &selector.place))
                    }
                    Err(error) => errors.push(error),
                }
            }
        };
        for on in [&choice.select, &choice.extend_select] {
            each(on, &mut |rule, _, place| resolved.switches.push((rule, true, place.clone())));
        }
        each(&choice.ignore, &mut |rule, exact, place| {
            resolved.switches.push((rule, false, place.clone()));
            if exact {
                resolved.named.push((rule, None, place.clone()));
            }
        });
        for over in &choice.severity {
            each(std::slice::from_ref(&over.rules), &mut |rule, exact, place| {
                resolved.severity.push((rule, over.severity, place.clone()));
                if exact {
                    resolved.named.push((rule, Some(over.severity), place.clone()));
                }
            });
        }
        each(&choice.locked, &mut |rule, _, place| {
            resolved.switches.push((rule, true, place.clone()));
            resolved.locks.push((rule, place.clone()));
        });
        // The lock has the last word of what one file says, so the other line would do nothing.
        let dead = resolved.named.iter().filter(|(_, lowered_to, _)| lowered_to.is_none());
        for (index, _, place) in dead {
            let lock = resolved.locks.iter().find(|(locked, _)| locked == index);
            if let (Some((_, by)), Some(rule)) = (lock, table.rules.get(*index)) {
                errors.push(place.error(ErrorKind::Locked { rule: rule.id.clone(), by: by.to_string() }));
            }
        }
        resolved
    }
}

fn is_reserved(rule: &Rule) -> bool {
    RESERVED_PACKS.contains(&rule.pack())
}

fn in_profile(rule: &Rule, profile: &str) -> bool {
    let is_listed = profile == ALL || rule.profiles.iter().any(|own| own == profile);
    (is_listed && rule.deprecated.is_none()) || is_reserved(rule)
}

/// All profiles that the table's rules name, with [`ALL`] and [`DEFAULT`], sorted.
#[must_use]
pub fn profiles(table: &RuleTable) -> Vec<&str> {
    let named = table.rules.iter().flat_map(|rule| &rule.profiles).map(String::as_str);
    named.chain([ALL, BASELINE, DEFAULT]).collect::<BTreeSet<_>>().into_iter().collect()
}

fn profile_error(profile: &Placed<String>, table: &RuleTable) -> Option<Error> {
    let known = profiles(table);
    if known.contains(&profile.value.as_str()) {
        return None;
    }
    let (near, known) = near(&profile.value, known);
    Some(profile.place.error(ErrorKind::UnknownProfile { name: profile.value.clone(), near, known }))
}
