//! A plugin: a view of a file and a list of checks over it.

use crate::{FileFacts, Finding, Out, Params, ProjectOut, Report, Rule, Source};

/// The key of the fact that lists the rules whose subject stands in the file: their numbers, separated by spaces.
const SUBJECTS: &str = "stockade:subjects";

/// The checks of one plugin.
pub trait Family: Sized + 'static {
    /// What the checks look at, built once per file.
    type View<'a>;
    /// What the project checks look at, built once per scan from the facts of all files.
    type Project<'a>;

    /// All checks, in any order; their names are those in `plugin.kdl`.
    const CHECKS: &'static [Check<Self>];

    /// Called once with all rules that are switched on (index, check, parameters), before any file: the place to
    /// prepare what all of them share, in a `thread_local`, such as one index over the patterns of every rule.
    ///
    /// # Errors
    /// What is wrong with a rule's parameters, beyond what `plugin.kdl` can say.
    fn configured(rules: &[(u32, &'static str, &Params)]) -> Result<(), String> {
        let _ = rules;
        Ok(())
    }

    /// Builds the view of one file.
    fn view(source: &Source) -> Self::View<'_>;

    /// After the checks of a file: the rules whose subject stands in it, where the family can tell. A rule about a setting
    /// has nothing to say on files without that setting, and a checklist must not count these as passed. `None`:
    /// whatever was looked at counts.
    fn subjects(view: &Self::View<'_>) -> Option<Vec<u32>> {
        let _ = view;
        None
    }

    /// Records what the project checks need to know of this file. Called once per file if any project rule
    /// applies to it.
    fn facts(view: &Self::View<'_>, out: &mut Out) {
        let _ = (view, out);
    }

    /// Builds the project's view.
    fn project(files: &[FileFacts]) -> Self::Project<'_>;
}

/// How a check of one file is written.
pub type FileCheck<F> = fn(&<F as Family>::View<'_>, &Params, &mut Out);
/// How a check over all files is written.
pub type ProjectCheck<F> = fn(&<F as Family>::Project<'_>, &Params, &mut ProjectOut);

/// A named check.
pub struct Check<F: Family> {
    /// The name in `plugin.kdl`.
    pub name: &'static str,
    run: Run<F>,
}

enum Run<F: Family> {
    File(FileCheck<F>),
    Project(ProjectCheck<F>),
}

impl<F: Family> Clone for Run<F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: Family> Copy for Run<F> {}

impl<F: Family> Check<F> {
    /// A check of one file.
    #[must_use]
    pub const fn file(name: &'static str, run: FileCheck<F>) -> Self {
        Self { name, run: Run::File(run) }
    }

    /// A check over the facts of all files.
    #[must_use]
    pub const fn project(name: &'static str, run: ProjectCheck<F>) -> Self {
        Self { name, run: Run::Project(run) }
    }

    /// Whether the check is over all files.
    #[must_use]
    pub const fn is_project(&self) -> bool {
        matches!(self.run, Run::Project(_))
    }
}

impl<F: Family> std::fmt::Debug for Check<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").field("name", &self.name).field("project", &self.is_project()).finish()
    }
}

/// Runs the enabled rules of a family. One lives in each instance of the plugin.
pub struct Runner<F: Family> {
    /// Sorted by rule index.
    rules: Vec<(u32, &'static Check<F>, Params)>,
}

impl<F: Family> std::fmt::Debug for Runner<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("rules", &self.rules.len()).finish()
    }
}

impl<F: Family> Default for Runner<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Family> Runner<F> {
    /// A runner without rules.
    #[must_use]
    pub const fn new() -> Self {
        Self { rules: Vec::new() }
    }

    /// Takes the rules that are switched on.
    ///
    /// # Errors
    /// Names a rule whose check this plugin does not have.
    pub fn configure(&mut self, enabled: Vec<Rule>) -> Result<(), String> {
        self.rules.clear();
        for rule in enabled {
            let Some(check) = F::CHECKS.iter().find(|c| c.name == rule.check) else {
                return Err(format!(
                    "rule `{}` names the check `{}`, which this plugin does not have",
                    rule.id, rule.check
                ));
            };
            self.rules.push((rule.index, check, Params::new(rule.params)));
        }
        self.rules.sort_by_key(|(index, ..)| *index);
        let known: Vec<_> =
            self.rules.iter().map(|(index, check, params)| (*index, check.name, params)).collect();
        F::configured(&known)
    }

    fn rule(&self, index: u32) -> Result<&(u32, &'static Check<F>, Params), String> {
        let at = self.rules.binary_search_by_key(&index, |(index, ..)| *index);
        at.ok().and_then(|at| self.rules.get(at)).ok_or_else(|| format!("rule {index} was not configured"))
    }

    /// Runs these rules on one file.
    ///
    /// # Errors
    /// When asked for a rule that was not configured.
    pub fn check(&self, source: Source, run: &[u32]) -> Result<Report, String> {
        let view = F::view(&source);
        let mut out = Out::default();
        let mut project = false;
        // Hosts ask for rules in ascending order, as they are kept: the next one is nearly always close by.
        let mut rest = self.rules.as_slice();
        for index in run {
            let passed = rest.iter().take_while(|(other, ..)| other < index).count();
            rest = rest.get(passed..).unwrap_or_default();
            let (_, check, params) = match rest.first() {
                Some(next) if next.0 == *index => next,
                _ => self.rule(*index)?,
            };
            out.rule = *index;
            match check.run {
                Run::File(check) => check(&view, params, &mut out),
                Run::Project(_) => project = true,
            }
        }
        if project {
            F::facts(&view, &mut out);
        }
        if let Some(rules) = F::subjects(&view) {
            let numbers: Vec<String> = rules.iter().map(u32::to_string).collect();
            out.fact(SUBJECTS, numbers.join(" "), None);
        }
        Ok(out.report)
    }

    /// Runs these project rules.
    ///
    /// # Errors
    /// As [`Runner::check`].
    pub fn check_project(&self, files: &[FileFacts], run: &[u32]) -> Result<Vec<Finding>, String> {
        let view = F::project(files);
        let mut out = ProjectOut::default();
        for index in run {
            let (_, check, params) = self.rule(*index)?;
            out.rule = *index;
            if let Run::Project(check) = check.run {
                check(&view, params, &mut out);
            }
        }
        Ok(out.findings)
    }
}
