//! What happens to one file: what it is, its document, what plugins say of it.

use crate::admit::{Admission, RESERVED, notes_of_cut};
use crate::cache::{Cache, Surroundings};
use crate::charts::{self, Charts, Filled};
use crate::collect::Outcome;
use crate::dispatch::{Calls, Dispatch, Plan, Policy};
use crate::entries::{left_out, no_kind, not_analysed};
use crate::hidden::Hidden;
use crate::load::{LoadProblem, Loaded, load};
use crate::named::{Named, Seen};
use crate::nested::{FoundInside, Nested, nested};
use crate::project::Recorded;
use crate::run::{Options, Stage};
use crate::suppress::Directives;
use crate::timing::{Timing, Work};
use crate::walk::Found;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use stockade_model::{
    Checker, Document, Fact, Fault, FaultKind, FileEntry, FileFacts, FileStatus, Finding, LineIndex, Paths,
    ProblemLevel, RawFinding, RawReport, RuleTable, Span,
};
use stockade_syntax::{Classified, DecodeProblem, FileKind, PathClass};

/// The fact that lists the rules whose subject stands in a file.
const SUBJECTS: &str = "stockade:subjects";
/// The fact by which a plugin says how many facts of a file it has left out.
const LEFT_OUT: &str = "stockade:left-out";
const STOPPED: &str = "the scan was told to stop early";

/// What is the same for all files of a run.
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a RuleTable,
    pub(crate) policy: &'a dyn Policy,
    pub(crate) dispatch: Dispatch<'a>,
    pub(crate) checker: &'a dyn Checker,
    pub(crate) options: &'a Options<'a>,
    pub(crate) charts: Charts<'a>,
    pub(crate) hidden: Hidden<'a>,
}

/// What one file gave: its part of the report, and the facts by plugin.
#[derive(Default)]
pub(crate) struct Analysed {
    pub(crate) outcome: Outcome,
    pub(crate) facts: Vec<(usize, Recorded)>,
    pub(crate) seen: Seen,
    /// The rules that had something to look at, sorted; empty unless that is asked for.
    pub(crate) looked: Vec<u32>,
}

impl Context<'_> {
    /// One file under a panic guard: a bug of ours costs that file and is reported as such.
    pub(crate) fn guarded(&self, found: &Found, named: Option<&Named>) -> Analysed {
        let path: Arc<str> = Arc::from(found.path.as_str());
        catch_unwind(AssertUnwindSafe(|| self.analyse(found, &path, named))).unwrap_or_else(|panic| {
            let words = panic
                .downcast_ref::<&str>()
                .map(|s| (*s).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            not_analysed(
                &path,
                "",
                format!("stockade itself failed on it: {words}"),
                "This is a bug in stockade: please report it with the file, or with as much of it as you may show.",
            )
        })
    }

    /// `named` is what others say that the file is, once they are known.
    fn analyse(&self, found: &Found, path: &Arc<str>, named: Option<&Named>) -> Analysed {
        if let Some(reason) = self.policy.excluded(path) {
            return left_out(path, reason);
        }
        let told = found.kind.or_else(|| self.policy.kind(path));
        if self.options.stop_after == Some(Stage::Walk) {
            return no_kind(path, STOPPED);
        }
        // Whether nothing but its content could say what it is.
        let mut is_guess = false;
        if named.is_none() && told.is_none() {
            match stockade_syntax::classify_path(path) {
                PathClass::Nothing(reason) => return no_kind(path, reason),
                // Documentation is most of some repositories: it is read only for those who ask.
                PathClass::Known(kind, _) if kind.is_text() && !self.dispatch.has_rules(kind) => {
                    let mut unread = no_kind(path, "no rule that is switched on looks at such files");
                    if let Some(entry) = &mut unread.outcome.entry {
                        entry.kind = kind.as_str();
                    }
                    return unread;
                }
                PathClass::Content { fallback: None, .. } => is_guess = true,
                _ => {}
            }
        }
        let loaded = match self.during(Work::Read, || load(&found.origin, self.options.max_file_bytes)) {
            Ok(loaded) => loaded,
            // Programs and data without an ending are no gap.
            Err(LoadProblem::NotText(DecodeProblem::Binary { .. })) if is_guess => {
                return no_kind(path, "binary");
            }
            Err(LoadProblem::TooLarge(_)) if is_guess => {
                return no_kind(path, "too large, and nothing in its name says what it is");
            }
            Err(problem) => return not_analysed(path, "", problem.message(), problem.help()),
        };
        if self.options.stop_after == Some(Stage::Read) {
            return no_kind(path, STOPPED);
        }
        let plan = self.policy.plan(path);
        let cache = self.options.cache.filter(|_| self.options.stop_after.is_none());
        let key = |cache: &Cache| cache.key(path, &loaded, told, named, &plan);
        let key = cache.and_then(|cache| Some((cache, self.during(Work::Recall, || key(cache))?)));
        let Some((cache, key)) = key else { return self.look(found, path, told, named, loaded, &plan) };
        let file = self.surroundings(&plan, path, found, &loaded.decoded.text);
        if let Some(known) = self.during(Work::Recall, || cache.find(&key, &file)) {
            return known;
        }
        let text = loaded.decoded.text.clone();
        let analysed = self.look(found, path, told, named, loaded, &plan);
        let file = self.surroundings(&plan, path, found, &text);
        self.during(Work::Recall, || cache.keep(key, &analysed, &file));
        analysed
    }

    /// What the results of a file are held against.
    fn surroundings<'s>(
        &'s self,
        plan: &'s Plan,
        path: &'s Arc<str>,
        found: &'s Found,
        text: &'s str,
    ) -> Surroundings<'s> {
        Surroundings {
            rules: self.rules,
            plugins: self.checker.plugins().len(),
            plan,
            charts: &self.charts,
            max_file_bytes: self.options.max_file_bytes,
            path,
            found,
            text,
        }
    }

    /// The name of a plugin.
    fn name(&self, plugin: usize) -> &str {
        self.checker.plugins().get(plugin).map_or("", |plugin| plugin.name.as_str())
    }

    /// Does some work and counts its time.
    fn during<T>(&self, work: Work, act: impl FnOnce() -> T) -> T {
        Timing::during(self.options.timing, work, act)
    }

    /// Asks a plugin, and counts the time.
    fn ask(
        &self,
        plugin: usize,
        path: &str,
        kind: FileKind,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        let ask = |rules: &[u32]| self.checker.check(plugin, path, kind.as_str(), document, rules);
        Timing::call(self.options.timing, Work::Plugins, plugin, rules, ask)
    }

    /// Looks at a file that was read. `told` is what the caller or the configuration says that it is.
    fn look(
        &self,
        found: &Found,
        path: &Arc<str>,
        told: Option<FileKind>,
        named: Option<&Named>,
        loaded: Loaded,
        plan: &Plan,
    ) -> Analysed {
        let text = loaded.decoded.text;
        let classified = match (told, named) {
            (Some(kind), _) => Classified { kind: Some(kind), reason: "configuration or caller says so" },
            (None, Some(named)) => match stockade_syntax::unfit(named.kind, &text) {
                Some(reason) => Classified { kind: None, reason },
                None => Classified { kind: Some(named.kind), reason: "another file says so" },
            },
            (None, None) => self.during(Work::Parse, || stockade_syntax::classify(path, &text)),
        };
        let Some(kind) = classified.kind else { return no_kind(path, classified.reason) };
        let parse = || match &loaded.binary {
            Some(bytes) if kind == FileKind::Pem => (FileKind::Der, stockade_syntax::parse_binary(bytes)),
            Some(bytes) => (kind, stockade_syntax::parse_binary(bytes)),
            None => (kind, stockade_syntax::parse_at(kind, path, text)),
        };
        let (kind, mut document) = self.during(Work::Parse, parse);
        document.marks.extend(loaded.executable.then_some("executable"));
        document.marks.extend(stockade_syntax::marks(kind, path, document.text()));
        document.marks.extend(named.into_iter().flat_map(|named| &named.marks));
        document.marks.sort_unstable();
        document.marks.dedup();
        if self.options.stop_after == Some(Stage::Parse) {
            std::hint::black_box(&document);
            return no_kind(path, STOPPED);
        }
        let references = stockade_syntax::references(kind, path, &mut document);
        let seen = Seen { kind: Some(kind), marks: document.marks.clone(), references };
        let filled = self.charts.fill(path, &mut document, self.options.max_file_bytes);
        let mut analysed = self.check(path, kind, &mut document, found, &filled, plan);
        analysed.seen = seen;
        analysed.outcome.bytes = loaded.bytes;
        // The text is kept only where a snippet may be shown; findings in templates may point at a chart's values.
        let keep = !analysed.outcome.findings.is_empty()
            || !analysed.outcome.directives.is_empty()
            || kind == FileKind::HelmValues;
        analysed.outcome.entry = Some(FileEntry {
            path: Arc::clone(path),
            kind: kind.as_str(),
            reason: named.map_or(Cow::Borrowed(classified.reason), |named| Cow::Owned(named.reason.clone())),
            status: FileStatus::Analysed,
            text: keep.then(|| Arc::from(document.text())),
        });
        analysed
    }

    fn check(
        &self,
        path: &Arc<str>,
        kind: FileKind,
        document: &mut Document,
        found: &Found,
        filled: &Filled,
        plan: &Plan,
    ) -> Analysed {
        let mut outcome = Outcome::default();
        let mut facts = Vec::new();
        let mut raw: Vec<(usize, RawFinding)> = Vec::new();
        let mut looked = Vec::new();
        let mut calls = self.dispatch.calls(kind, document.text(), plan);
        self.add_views(kind, document, &calls);
        calls.retain(|(plugin, _)| has_to_look_at(self.checker, *plugin, document));
        let embedded = stockade_syntax::embedded(kind, document);
        let parsed = &*document;
        for (plugin, rules) in calls {
            match self.ask(plugin, path, kind, parsed, &rules) {
                Ok(mut report) => {
                    looked.extend(self.subjects(&mut report, &rules));
                    outcome.notes.extend(notes_of_cut(self.rules, &report, self.name(plugin), Some(path)));
                    raw.extend(report.findings.into_iter().map(|f| (plugin, f)));
                    if !report.facts.is_empty() {
                        let recorded =
                            FileFacts { path: Arc::clone(path), kind: kind.as_str(), facts: report.facts };
                        facts.push((plugin, (recorded, Some(kind), found.origin.clone())));
                    }
                }
                Err(fault) => outcome.faults.push(fault),
            }
        }
        let mut syntax = self.syntax_findings(parsed, plan);
        let mut inside = Directives::default();
        for inner in nested(embedded, parsed) {
            let is_region = inner.is_region();
            let mut found = self.check_nested(path, kind, inner, plan);
            if is_region {
                found.leave_out(&raw, parsed);
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
        charts::relate(raw.iter_mut().map(|(_, finding)| finding), parsed, filled);
        outcome.directives = Directives::read(kind, parsed, &self.options.suppressions.tools.list());
        outcome.directives.extend(inside);
        if raw.is_empty() && syntax.is_empty() && outcome.directives.is_empty() {
            return Analysed { outcome, facts, looked, ..Analysed::default() };
        }
        outcome.hidden = self.hidden.places(path, kind, document, plan, &mut outcome.faults);
        if !raw.is_empty() || !syntax.is_empty() {
            let line_hashes = self.options.line_hashes;
            let admission =
                Admission { rules: self.rules, plan, path, document, paths: Paths::default(), line_hashes };
            let Outcome { faults, hidden, .. } = &mut outcome;
            outcome.findings =
                self.during(Work::Admit, || self.admit(&admission, raw, syntax, hidden, faults));
        }
        Analysed { outcome, facts, looked, ..Analysed::default() }
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

    /// A file inside the one at `path`: what is found in it is found in that one. Facts are not kept, for what a ConfigMap
    /// holds is not what the repository deploys.
    fn check_nested(
        &self,
        path: &Arc<str>,
        outer: FileKind,
        mut inner: Nested<'_>,
        plan: &Plan,
    ) -> FoundInside {
        let mut found = FoundInside::default();
        let mut calls = self.dispatch.calls(inner.kind, inner.document.text(), plan);
        // What knows pipelines by itself has seen all of their scripts, and together.
        if matches!(outer, FileKind::GithubWorkflow | FileKind::GitlabCi) {
            let is_for_outer = |rule: &u32| {
                let rule = self.rules.rules.get(*rule as usize);
                rule.is_some_and(|rule| rule.kinds.iter().any(|kind| kind == outer.as_str()))
            };
            calls.iter_mut().for_each(|(_, rules)| rules.retain(|rule| !is_for_outer(rule)));
            calls.retain(|(_, rules)| !rules.is_empty());
        }
        self.add_views(inner.kind, &mut inner.document, &calls);
        calls.retain(|(plugin, _)| has_to_look_at(self.checker, *plugin, &inner.document));
        for (plugin, rules) in calls {
            match self.ask(plugin, path, inner.kind, &inner.document, &rules) {
                Ok(mut report) => {
                    found.looked.extend(self.subjects(&mut report, &rules));
                    // Its facts are not wanted, so none is missing.
                    (report.cut.facts, report.cut.unrecorded) = (0, 0);
                    found.notes.extend(notes_of_cut(self.rules, &report, self.name(plugin), Some(path)));
                    found.raw.extend(report.findings.into_iter().map(|finding| {
                        let rule = self.rules.rules.get(finding.rule as usize);
                        (plugin, inner.lift(finding, rule.is_some_and(|rule| rule.sensitive)))
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

    /// [`add_views`], and its time.
    fn add_views(&self, kind: FileKind, document: &mut Document, calls: &Calls) {
        self.during(Work::Views, || add_views(self.checker, kind, document, calls));
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
