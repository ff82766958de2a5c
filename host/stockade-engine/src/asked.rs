//! What plugins say of the files whose documents are ready.
//!
//! A plugin is asked about all of them before the next one is: most of what a call costs on a plugin that was not asked for a
//! while is to get its code, and what the processor has learned of it, back into the processor's caches.

use crate::admit::{Admission, RESERVED, notes_of_cut};
use crate::analyse::{Analysed, Context, Done, Ready};
use crate::collect::Outcome;
use crate::dispatch::{Calls, Plan};
use crate::nested::{FoundInside, Nested, nested};
use crate::project::{Of, Recorded};
use crate::rendered::RenderedFile;
use crate::suppress::Directives;
use crate::timing::{Timing, Work};
use crate::{charts, kustomize, outside, rendered};
use std::sync::Arc;
use stockade_model::{
    Checker, Document, Fact, Fault, FaultKind, FileEntry, FileFacts, FileStatus, Finding, LineIndex, Paths,
    ProblemLevel, RawFinding, RawReport, Span,
};
use stockade_syntax::FileKind;

/// The fact that lists the rules whose subject stands in a file.
const SUBJECTS: &str = "stockade:subjects";
/// The fact by which a plugin says how many facts of a file it has left out.
const LEFT_OUT: &str = "stockade:left-out";

/// A file inside another one, and the plugins to ask about it.
struct Part<'d> {
    inner: Nested<'d>,
    calls: Calls,
}

/// One plugin to ask about one document.
struct Question<'q> {
    plugin: usize,
    rules: &'q [u32],
    path: &'q str,
    kind: FileKind,
    document: &'q Document,
}

impl<'q> Question<'q> {
    /// Those to ask about one document.
    fn all(
        calls: &'q Calls,
        path: &'q str,
        kind: FileKind,
        document: &'q Document,
    ) -> impl Iterator<Item = Self> {
        let question = move |(plugin, rules): &'q (usize, Vec<u32>)| Self {
            plugin: *plugin,
            rules,
            path,
            kind,
            document,
        };
        calls.iter().map(question)
    }
}

type Answer = Result<RawReport, Fault>;

/// The facts that each plugin recorded; none of one that failed.
type FactsByPlugin = Vec<(usize, Option<Vec<Fact>>)>;

/// What was said of a file, before it is held against the file.
struct Gathered {
    outcome: Outcome,
    facts: Vec<(usize, Recorded)>,
    looked: Vec<u32>,
    /// With the number of the plugin.
    raw: Vec<(usize, RawFinding)>,
    syntax: Vec<RawFinding>,
}

impl Context<'_> {
    /// Asks about these files, each with its number, and adds their results to `done`.
    pub(crate) fn finish(&self, files: Vec<(usize, Ready<'_>)>, done: &mut Vec<Done>) {
        let parts: Vec<Vec<Part<'_>>> = files.iter().map(|(_, file)| self.parts(file)).collect();
        let mut questions = Vec::new();
        for ((_, file), parts) in files.iter().zip(&parts) {
            questions.extend(Question::all(&file.calls, &file.path, file.kind, &file.document));
            for rendered in file.rendered.as_deref().into_iter().chain(&file.environments) {
                questions.extend(Question::all(
                    &rendered.calls,
                    &file.path,
                    rendered.kind,
                    &rendered.document,
                ));
            }
            for (document, calls) in file.kustomized.iter().flat_map(|kustomized| &kustomized.versions) {
                questions.extend(Question::all(calls, &file.path, file.kind, document));
            }
            for Part { inner, calls } in parts {
                questions.extend(Question::all(calls, &file.path, inner.kind, &inner.document));
            }
        }
        let mut answers = self.answers(&questions).into_iter();
        drop(questions);
        let gather =
            |((_, file), parts): (&(usize, Ready<'_>), Vec<Part<'_>>)| self.gather(file, parts, &mut answers);
        let gathered: Vec<Gathered> = files.iter().zip(parts).map(gather).collect();
        for ((number, file), gathered) in files.into_iter().zip(gathered) {
            done.push((number, Box::new(self.complete(file, gathered))));
        }
    }

    /// The files inside a file, with the plugins to ask about them.
    fn parts<'d>(&self, file: &'d Ready<'_>) -> Vec<Part<'d>> {
        let part = |mut inner: Nested<'d>| {
            let mut calls = self.dispatch.calls(inner.kind, inner.document.text(), &file.plan);
            // What knows pipelines by itself has seen all of their scripts, and together. Of a pipeline's settings it has seen those
            // that stand in the tree: what its scripts export, they know alone.
            if matches!(file.kind, FileKind::GithubWorkflow | FileKind::GitlabCi) {
                let is_for_outer = |rule: &u32| {
                    let rule = self.rules.rules.get(*rule as usize);
                    rule.is_some_and(|rule| rule.kinds.iter().any(|kind| kind == file.kind.as_str()))
                };
                let plugins = self.checker.plugins();
                let is_of_settings = |plugin: usize| {
                    plugins.get(plugin).is_some_and(|p| p.only_with.as_deref() == Some("settings"))
                };
                let of_scripts = calls.iter_mut().filter(|(plugin, _)| !is_of_settings(*plugin));
                of_scripts.for_each(|(_, rules)| rules.retain(|rule| !is_for_outer(rule)));
                calls.retain(|(_, rules)| !rules.is_empty());
            }
            let (kind, document) = (inner.kind, &mut inner.document);
            self.during(Work::Views, || add_views(self.checker, kind, document, &calls));
            calls.retain(|(plugin, _)| has_to_look_at(self.checker, *plugin, &inner.document));
            Part { inner, calls }
        };
        nested(&file.embedded, &file.document).map(part).collect()
    }

    /// The answers to these questions, in their order; asked plugin by plugin.
    fn answers(&self, questions: &[Question<'_>]) -> Vec<Answer> {
        let mut order: Vec<(usize, &Question<'_>)> = questions.iter().enumerate().collect();
        order.sort_by_key(|(_, question)| question.plugin);
        let ask = |(nth, question): (usize, &Question<'_>)| {
            let Question { plugin, rules, path, kind, document } = *question;
            let ask = |rules: &[u32]| self.checker.check(plugin, path, kind.as_str(), document, rules);
            (nth, Timing::call(self.options.timing, Work::Plugins, plugin, rules, ask))
        };
        let mut answers: Vec<(usize, Answer)> = order.into_iter().map(ask).collect();
        answers.sort_unstable_by_key(|(nth, _)| *nth);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Takes the answers about a file and those inside it.
    fn gather(
        &self,
        file: &Ready<'_>,
        parts: Vec<Part<'_>>,
        answers: &mut impl Iterator<Item = Answer>,
    ) -> Gathered {
        let (path, kind, document, plan) = (&file.path, file.kind, &file.document, &*file.plan);
        let mut outcome = Outcome::default();
        let recorded = |facts: Vec<Fact>, of: Of| Recorded {
            facts: FileFacts { path: Arc::clone(path), kind: kind.as_str(), facts },
            kind: Some(kind),
            origin: file.found.origin.clone(),
            of,
        };
        let mut facts = Vec::new();
        let mut raw: Vec<(usize, RawFinding)> = Vec::new();
        let mut looked = Vec::new();
        for ((plugin, rules), answer) in file.calls.iter().zip(&mut *answers) {
            match answer {
                Ok(mut report) => {
                    looked.extend(self.subjects(&mut report, rules));
                    outcome.notes.extend(notes_of_cut(self.rules, &report, self.name(*plugin), Some(path)));
                    raw.extend(report.findings.into_iter().map(|f| (*plugin, f)));
                    if !report.facts.is_empty() {
                        facts.push((*plugin, recorded(report.facts, Of::File)));
                    }
                }
                Err(fault) => outcome.faults.push(fault),
            }
        }
        let becomes = file.rendered.as_ref().map(|rendered| {
            let (found, known) = self.found_in(rendered, file, answers, &mut outcome);
            let known =
                known.into_iter().map(|(plugin, facts)| (plugin, facts.map(|f| recorded(f, Of::Rendered))));
            rendered.replace(&mut facts, known.collect());
            (rendered, found)
        });
        let mut environments = Vec::with_capacity(file.environments.len());
        for environment in &file.environments {
            // Rules across files see what is there by default.
            let (found, _) = self.found_in(environment, file, answers, &mut outcome);
            environments.push((environment, found));
        }
        if file.filled.is_off() {
            facts.iter_mut().for_each(|(_, recorded)| recorded.facts.facts.push(rendered::off()));
        }
        if let Some(kustomized) = &file.kustomized {
            let found = kustomized.versions.iter().map(|(_, calls)| self.found_in_version(calls, answers));
            // All are taken from the answers, also where one says nothing.
            let found: Vec<_> = found.collect();
            if let Some(found) = found.into_iter().collect::<Option<Vec<_>>>() {
                let (found, known): (Vec<_>, Vec<_>) = found.into_iter().unzip();
                kustomized.refute(&mut raw, &found, self.rules);
                for (plugin, changed) in kustomized.facts(known) {
                    facts.extend(changed.into_iter().map(|f| (plugin, recorded(f, Of::Version))));
                }
            }
        }
        let mut syntax = self.syntax_findings(document, plan);
        let mut inside = Directives::default();
        for part in parts {
            let is_region = part.inner.is_region();
            let mut found = self.inside(path, part, plan, answers);
            if is_region {
                found.leave_out(&raw, document);
            }
            raw.extend(found.raw);
            syntax.extend(found.syntax);
            inside.extend(found.directives);
            outcome.faults.extend(found.faults);
            outcome.notes.extend(found.notes);
            looked.extend(found.looked);
        }
        // A rule that looks at a file and at what is inside it looks at one file.
        looked.sort_unstable();
        looked.dedup();
        charts::relate(raw.iter_mut().map(|(_, finding)| finding), document, &file.filled);
        let own = raw.len();
        if let Some((rendered, found)) = becomes {
            raw.extend(rendered.lift(found, &raw, own, document, self.rules));
        }
        for (environment, found) in environments {
            raw.extend(environment.lift(found, &raw, own, document, self.rules));
        }
        outcome.directives = Directives::read(kind, document, &self.options.suppressions.tools.list());
        outcome.directives.extend(inside);
        Gathered { outcome, facts, looked, raw, syntax }
    }

    /// What plugins found in what a template becomes, and the facts that each recorded of it; none of one that failed.
    fn found_in(
        &self,
        rendered: &RenderedFile,
        file: &Ready<'_>,
        answers: &mut impl Iterator<Item = Answer>,
        outcome: &mut Outcome,
    ) -> (Vec<(usize, RawFinding)>, FactsByPlugin) {
        let (mut found, mut facts) = (Vec::new(), Vec::new());
        for ((plugin, rules), answer) in rendered.calls.iter().zip(answers) {
            match answer {
                Ok(mut report) => {
                    // The template itself has counted as a file already.
                    self.subjects(&mut report, rules);
                    let name = self.name(*plugin);
                    outcome.notes.extend(notes_of_cut(self.rules, &report, name, Some(&file.path)));
                    found.extend(report.findings.into_iter().map(|finding| (*plugin, finding)));
                    facts.push((*plugin, Some(report.facts)));
                }
                Err(fault) => {
                    outcome.faults.push(fault);
                    facts.push((*plugin, None));
                }
            }
        }
        (found, facts)
    }

    /// What plugins found in what a kustomization makes of a file, and the facts that each recorded of that. `None` where one
    /// fails, which has been told of by its own answer about the file.
    fn found_in_version(
        &self,
        calls: &Calls,
        answers: &mut impl Iterator<Item = Answer>,
    ) -> Option<(Vec<RawFinding>, kustomize::FactsByPlugin)> {
        let answers: Vec<Answer> = answers.take(calls.len()).collect();
        let (mut found, mut known) = (Vec::new(), Vec::new());
        for ((plugin, rules), answer) in calls.iter().zip(answers) {
            let mut report = answer.ok()?;
            self.subjects(&mut report, rules);
            found.extend(report.findings);
            known.push((*plugin, report.facts));
        }
        Some((found, known))
    }

    /// A file inside the one at `path`: what is found in it is found in that one. Facts are not kept, for what a ConfigMap
    /// holds is not what the repository deploys.
    fn inside(
        &self,
        path: &Arc<str>,
        Part { inner, calls }: Part<'_>,
        plan: &Plan,
        answers: &mut impl Iterator<Item = Answer>,
    ) -> FoundInside {
        let mut found = FoundInside::default();
        for ((plugin, rules), answer) in calls.iter().zip(answers) {
            match answer {
                Ok(mut report) => {
                    found.looked.extend(self.subjects(&mut report, rules));
                    // Its facts are not wanted, so none is missing.
                    (report.cut.facts, report.cut.unrecorded) = (0, 0);
                    found.notes.extend(notes_of_cut(self.rules, &report, self.name(*plugin), Some(path)));
                    found.raw.extend(report.findings.into_iter().map(|finding| {
                        let rule = self.rules.rules.get(finding.rule as usize);
                        (*plugin, inner.lift(finding, rule.is_some_and(|rule| rule.sensitive)))
                    }));
                }
                Err(fault) => found.faults.push(fault),
            }
        }
        // Those in a region are the outer file's own.
        if !inner.is_region() {
            found.directives = inner.directives(&self.options.suppressions.tools.list());
        }
        if inner.is_named {
            let problems = self.syntax_findings(&inner.document, plan);
            found.syntax.extend(problems.into_iter().map(|finding| inner.lift_problem(finding)));
        }
        found
    }

    /// Holds against a file what was said of it.
    fn complete(&self, file: Ready<'_>, gathered: Gathered) -> Analysed {
        let Ready { found, path, plan, kind, mut document, .. } = file;
        let Gathered { mut outcome, facts, looked, raw, syntax } = gathered;
        // What other files have from this one may be shown with their findings.
        let fills_others = outside::fills_others(kind, &path);
        if fills_others || !(raw.is_empty() && syntax.is_empty() && outcome.directives.is_empty()) {
            outcome.hidden = self.hidden.places(&path, kind, &mut document, &plan, &mut outcome.faults);
        }
        if !raw.is_empty() || !syntax.is_empty() {
            let line_hashes = self.options.line_hashes;
            let admission = Admission {
                rules: self.rules,
                plan: &plan,
                path: &path,
                document: &document,
                paths: Paths::default(),
                line_hashes,
            };
            let Outcome { faults, hidden, .. } = &mut outcome;
            outcome.findings =
                self.during(Work::Admit, || self.admit(&admission, raw, syntax, hidden, faults));
        }
        // The text is kept only where a snippet may be shown, or findings in other files may point at it.
        let keep = !outcome.findings.is_empty() || !outcome.directives.is_empty() || fills_others;
        outcome.bytes = file.bytes;
        outcome.entry = Some(FileEntry {
            path: Arc::clone(&path),
            kind: kind.as_str(),
            reason: file.reason,
            status: FileStatus::Analysed,
            text: keep.then(|| Arc::from(document.text())),
            hidden: Vec::new(),
        });
        let analysed = Analysed { outcome, facts, looked, seen: file.seen };
        if let Some(key) = file.key {
            self.keep(key, &plan, &path, found, &analysed);
        }
        analysed
    }

    /// The name of a plugin.
    fn name(&self, plugin: usize) -> &str {
        self.checker.plugins().get(plugin).map_or("", |plugin| plugin.name.as_str())
    }

    /// Lets findings pass, the parser's and those of plugins; what is wrong with one is its plugin's fault.
    fn admit(
        &self,
        admission: &Admission<'_>,
        raw: Vec<(usize, RawFinding)>,
        syntax: Vec<RawFinding>,
        hidden: &[Span],
        faults: &mut Vec<Fault>,
    ) -> Vec<Finding> {
        let lines = LineIndex::new(admission.document.text());
        let mut admitted = Vec::with_capacity(raw.len() + syntax.len());
        for finding in syntax {
            admitted.extend(admission.admit(finding, &lines));
        }
        for (plugin, finding) in raw {
            match admission.admit(finding, &lines) {
                Ok(finding) => admitted.push(finding),
                Err(message) => faults.push(Fault {
                    plugin: self.name(plugin).to_owned(),
                    kind: FaultKind::Answer,
                    path: Some(admission.path.to_string()),
                    message,
                }),
            }
        }
        admission.finish(admitted, hidden)
    }

    /// Takes the facts that are for the host, and gives the rules that had something to look at, if that is asked for.
    fn subjects(&self, report: &mut RawReport, rules: &[u32]) -> Vec<u32> {
        let (own, facts): (Vec<Fact>, Vec<Fact>) =
            std::mem::take(&mut report.facts).into_iter().partition(|fact| fact.key.starts_with(RESERVED));
        report.facts = facts;
        let left_out = own.iter().filter(|fact| fact.key == LEFT_OUT);
        report.cut.unrecorded = left_out.filter_map(|fact| fact.value.parse().ok()).max().unwrap_or(0);
        if !self.options.count_files {
            return Vec::new();
        }
        // An answer that was made in parts has one such fact in each.
        let told = own.iter().filter(|fact| fact.key == SUBJECTS);
        let told = told.map(|fact| fact.value.split(' ').filter_map(|number| number.parse().ok()));
        let told: Option<Vec<u32>> =
            told.fold(None, |all, numbers| Some(all.into_iter().flatten().chain(numbers).collect()));
        // Nothing is taken from a plugin that it was not asked for.
        rules.iter().copied().filter(|rule| told.as_ref().is_none_or(|told| told.contains(rule))).collect()
    }

    /// The parser's problems, as findings under the reserved pack `syntax`.
    fn syntax_findings(&self, document: &Document, plan: &Plan) -> Vec<RawFinding> {
        let mut findings = Vec::new();
        for problem in &document.problems {
            let id = match (problem.code, problem.level) {
                ("duplicate-key", _) => "syntax/duplicate-key",
                ("limit", _) => "syntax/limit",
                (_, ProblemLevel::Error | ProblemLevel::Warning) => "syntax/invalid",
            };
            let Some((rule, _)) = self.rules.find(id) else { continue };
            if !plan.enabled.get(rule).copied().unwrap_or(false) {
                continue;
            }
            findings.push(RawFinding {
                rule: rule as u32,
                span: Some(clamp(problem.span, document.text())),
                message: problem.message.clone(),
                ..RawFinding::default()
            });
        }
        findings
    }
}

/// The tables beside the tree that the plugins about to be called ask for: they cost a pass over the document.
pub(crate) fn add_views(checker: &dyn Checker, kind: FileKind, document: &mut Document, calls: &Calls) {
    let plugins = checker.plugins();
    let needs = calls.iter().filter_map(|(plugin, _)| plugins.get(*plugin)).flat_map(|p| &p.needs);
    let wanted: Vec<&str> = needs.map(String::as_str).collect();
    stockade_syntax::add_views(kind, document, &wanted);
}

/// Whether the table that the plugin lives on has rows.
pub(crate) fn has_to_look_at(checker: &dyn Checker, plugin: usize, document: &Document) -> bool {
    let only_with = checker.plugins().get(plugin).and_then(|p| p.only_with.as_deref());
    only_with
        .is_none_or(|name| document.tables.iter().all(|table| table.name != name || !table.cells.is_empty()))
}

/// A parser's span is trusted to be near; a problem is too important to be lost over a wrong end.
fn clamp(span: Span, text: &str) -> Span {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at as u32
    };
    let start = floor(span.start as usize);
    Span::new(start, floor(span.end as usize).max(start))
}
