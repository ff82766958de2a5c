//! The order of the stages: what happens to one file, and to all of them.

use crate::admit::Admission;
use crate::charts::{self, Charts, Filled};
use crate::collect::{Outcome, collect};
use crate::dispatch::{Calls, Dispatch, Plan, Policy};
use crate::load::{LoadProblem, MAX_FILE_BYTES, load};
use crate::named::{Named, Seen, second_looks};
use crate::nested::{Nested, nested};
use crate::project::{self, Recorded};
use crate::suppress::{self, Directives, Suppressions};
use crate::walk::{Found, Walked, walk};
use crate::{EngineError, Root};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use stockade_model::{
    Checker, Document, Fact, Fault, FaultKind, FileEntry, FileFacts, FileStatus, LineIndex, Note,
    ProblemLevel, RawFinding, RawReport, Report, RuleTable, Span,
};
use stockade_syntax::{Classified, DecodeProblem, FileKind, PathClass};

/// Called with the number of files done and the number of all, from any thread.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Where to stop early, to measure what the stages before it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// List the files.
    Walk,
    /// Read those that some format claims.
    Read,
    /// Parse them.
    Parse,
}

/// How to run.
pub struct Options<'a> {
    /// Worker threads; 0 for one per processor.
    pub threads: usize,
    /// Files above this many bytes are not read.
    pub max_file_bytes: u64,
    /// Where to report progress.
    pub progress: Option<Progress<'a>>,
    /// Version of stockade, for the report.
    pub version: &'a str,
    /// Stop each file after this stage.
    pub stop_after: Option<Stage>,
    /// Leave out the rules across files: where only some of a repository's files are looked at, what they say of the
    /// others' absence would be wrong.
    pub without_project: bool,
    /// Count how many files each rule looked at.
    pub count_files: bool,
    /// How suppressions count.
    pub suppressions: Suppressions,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            threads: 0,
            max_file_bytes: MAX_FILE_BYTES,
            progress: None,
            version: env!("CARGO_PKG_VERSION"),
            stop_after: None,
            without_project: false,
            count_files: false,
            suppressions: Suppressions::default(),
        }
    }
}

/// Facts of these keys are for the host.
const RESERVED_FACTS: &str = "stockade:";
/// The fact that lists the rules whose subject stands in a file.
const SUBJECTS: &str = "stockade:subjects";
const STOPPED: &str = "the scan was told to stop early";

struct Context<'a> {
    rules: &'a RuleTable,
    policy: &'a dyn Policy,
    dispatch: Dispatch,
    checker: &'a dyn Checker,
    options: &'a Options<'a>,
    charts: Charts<'a>,
    /// For each rule, how many files it looked at; empty unless that is asked for.
    looked_at: Vec<AtomicU32>,
}

/// What one file gave: its part of the report, and the facts by plugin.
struct Analysed {
    outcome: Outcome,
    facts: Vec<(usize, Recorded)>,
    seen: Seen,
}

/// What was found in a file inside another one, about the outer one.
#[derive(Default)]
struct FoundInside {
    /// With the number of the plugin.
    raw: Vec<(usize, RawFinding)>,
    syntax: Vec<RawFinding>,
    faults: Vec<Fault>,
}

/// Scans everything below the root and reports.
///
/// The report is the same, byte for byte, for any number of threads.
///
/// # Errors
/// [`EngineError`] if the scan cannot start; whatever goes wrong later is in the report.
pub fn run(
    root: &Root,
    rules: &RuleTable,
    policy: &dyn Policy,
    checker: &dyn Checker,
    options: &Options<'_>,
) -> Result<Report, EngineError> {
    let walked = walk(root, threads(options.threads));
    run_files(walked, rules, policy, checker, options)
}

/// How many threads `wanted` stands for: 0 for one per processor.
#[must_use]
pub fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        some => some,
    }
}

/// As [`run`], on files that are known already; they must be sorted by path.
///
/// # Errors
/// As [`run`].
pub fn run_files(
    walked: Walked,
    rules: &RuleTable,
    policy: &dyn Policy,
    checker: &dyn Checker,
    options: &Options<'_>,
) -> Result<Report, EngineError> {
    let threads = threads(options.threads);
    let mut possible = policy.possible();
    let mut notes = walked.notes;
    if options.without_project {
        notes.extend(leave_out_project(rules, &mut possible));
    }
    let dispatch = Dispatch::new(rules, &possible, checker.plugins(), walked.whole);
    let charts = Charts::new(&walked.files);
    let counted = if options.count_files { rules.rules.len() } else { 0 };
    let looked_at = (0..counted).map(|_| AtomicU32::new(0)).collect();
    let context = Context { rules, policy, dispatch, checker, options, charts, looked_at };
    let total = walked.files.len();
    let done = AtomicUsize::new(0);
    let one = |found: &Found| {
        let analysed = context.guarded(found, None);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = options.progress {
            progress(done, total);
        }
        analysed
    };
    // A pool costs more than a file or two.
    let mut analysed: Vec<Analysed> = if total <= 2 || threads == 1 {
        walked.files.iter().map(one).collect()
    } else {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.min(total))
            .build()
            .map_err(|error| EngineError::Threads { threads, reason: error.to_string() })?;
        pool.install(|| walked.files.par_iter().with_max_len(1).map(one).collect())
    };

    for (at, named) in second_looks(&walked.files, |at| analysed.get(at).map(|a| &a.seen), policy) {
        if let (Some(found), Some(slot)) = (walked.files.get(at), analysed.get_mut(at)) {
            *slot = context.guarded(found, Some(&named));
        }
    }

    let mut facts: HashMap<usize, Vec<Recorded>> = HashMap::new();
    let mut outcomes = Vec::with_capacity(analysed.len());
    for item in analysed {
        outcomes.push(item.outcome);
        // In the order of the walk, which is by path.
        for (plugin, recorded) in item.facts {
            facts.entry(plugin).or_default().push(recorded);
        }
    }
    project::add_paths(&context.dispatch, &walked.files, &mut facts);
    let project =
        project::check(rules, policy, &context.dispatch, checker, &mut facts, options.max_file_bytes);
    merge_project(&mut outcomes, project);
    let suppressions = suppress::apply(&mut outcomes, rules, policy, &options.suppressions);
    let report = Report {
        version: options.version.to_owned(),
        rules: rules.clone(),
        enabled: possible,
        notes,
        looked_at: context.looked_at.into_iter().map(AtomicU32::into_inner).collect(),
        suppressions,
        ..Report::default()
    };
    Ok(collect(report, outcomes))
}

/// Switches the rules across files off, and says so.
fn leave_out_project(rules: &RuleTable, possible: &mut [bool]) -> Option<Note> {
    let on = possible.iter_mut().zip(rules.rules.iter()).filter(|(on, rule)| **on && rule.project);
    let left_out = on.map(|(on, _)| *on = false).count();
    (left_out > 0).then(|| Note {
        path: None,
        message: match left_out {
            1 => "a rule across files was not run: only single files are looked at".to_owned(),
            n => format!("{n} rules across files were not run: only single files are looked at"),
        },
        help: Some("Scan a folder to run them.".to_owned()),
        incomplete: false,
    })
}

/// Joins what the project rules found with what is known of each file already.
fn merge_project(outcomes: &mut Vec<Outcome>, project: Vec<Outcome>) {
    let mut index: HashMap<Arc<str>, usize> = HashMap::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        if let Some(entry) = &outcome.entry {
            index.insert(Arc::clone(&entry.path), at);
        }
    }
    for mut extra in project {
        let slot = extra.entry.as_ref().and_then(|e| index.get(&e.path)).and_then(|at| outcomes.get_mut(*at));
        if let (Some(known), Some(entry)) = (slot, extra.entry.take()) {
            if let Some(known_entry) = &mut known.entry
                && known_entry.text.is_none()
            {
                known_entry.text = entry.text;
            }
            known.findings.append(&mut extra.findings);
        }
        outcomes.push(extra);
    }
}

impl Context<'_> {
    /// One file under a panic guard: a bug of ours costs that file and is reported as such.
    fn guarded(&self, found: &Found, named: Option<&Named>) -> Analysed {
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
        let loaded = match load(&found.origin, self.options.max_file_bytes) {
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
        let text = loaded.decoded.text;
        if self.options.stop_after == Some(Stage::Read) {
            return no_kind(path, STOPPED);
        }
        let classified = match (told, named) {
            (Some(kind), _) => Classified { kind: Some(kind), reason: "configuration or caller says so" },
            (None, Some(named)) => match stockade_syntax::unfit(named.kind, &text) {
                Some(reason) => Classified { kind: None, reason },
                None => Classified { kind: Some(named.kind), reason: "another file says so" },
            },
            (None, None) => stockade_syntax::classify(path, &text),
        };
        let Some(kind) = classified.kind else { return no_kind(path, classified.reason) };
        let (kind, mut document) = match &loaded.binary {
            Some(bytes) if kind == FileKind::Pem => (FileKind::Der, stockade_syntax::parse_binary(bytes)),
            Some(bytes) => (kind, stockade_syntax::parse_binary(bytes)),
            None => (kind, stockade_syntax::parse_at(kind, path, text)),
        };
        document.marks.extend(loaded.executable.then_some("executable"));
        document.marks.extend(stockade_syntax::marks(path, document.text()));
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
        let mut analysed = self.check(path, kind, &mut document, found, &filled);
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
        filled: &[Filled],
    ) -> Analysed {
        let mut outcome = Outcome::default();
        let mut facts = Vec::new();
        let mut raw: Vec<(usize, RawFinding)> = Vec::new();
        let plan = self.policy.plan(path);
        let mut calls = self.dispatch.calls(kind, document.text(), &plan);
        self.add_views(kind, document, &calls);
        calls.retain(|(plugin, _)| self.has_to_look_at(*plugin, document));
        let embedded = stockade_syntax::embedded(kind, document);
        let document = &*document;
        for (plugin, rules) in calls {
            match self.checker.check(plugin, path, kind.as_str(), document, &rules) {
                Ok(mut report) => {
                    self.count_subjects(&mut report, &rules);
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
        let mut syntax = self.syntax_findings(document, &plan);
        for inner in nested(embedded, document) {
            let found = self.check_nested(path, kind, inner, &plan);
            raw.extend(found.raw);
            syntax.extend(found.syntax);
            outcome.faults.extend(found.faults);
        }
        charts::relate(raw.iter_mut().map(|(_, finding)| finding), filled);
        outcome.directives = Directives::read(kind, document, &self.options.suppressions.tools.list());
        if raw.is_empty() && syntax.is_empty() {
            return Analysed { outcome, facts, seen: Seen::default() };
        }
        let admission = Admission { rules: self.rules, plan: &plan, path, document };
        let lines = LineIndex::new(document.text());
        let mut admitted = Vec::with_capacity(raw.len() + syntax.len());
        for finding in syntax {
            admitted.extend(admission.admit(finding, &lines));
        }
        for (plugin, finding) in raw {
            match admission.admit(finding, &lines) {
                Ok(finding) => admitted.push(finding),
                Err(message) => outcome.faults.push(Fault {
                    plugin: self.checker.plugins().get(plugin).map_or_else(String::new, |p| p.name.clone()),
                    kind: FaultKind::Answer,
                    path: Some(path.to_string()),
                    message,
                }),
            }
        }
        outcome.findings = admission.finish(admitted);
        Analysed { outcome, facts, seen: Seen::default() }
    }

    /// Takes the facts that are for the host, and counts the file for the rules that had something to look at.
    fn count_subjects(&self, report: &mut RawReport, rules: &[u32]) {
        let told =
            report.facts.iter().position(|fact| fact.key == SUBJECTS).map(|at| report.facts.remove(at));
        report.facts.retain(|fact| !fact.key.starts_with(RESERVED_FACTS));
        if self.looked_at.is_empty() {
            return;
        }
        let numbers = |fact: Fact| fact.value.split(' ').filter_map(|number| number.parse().ok()).collect();
        let told: Option<Vec<u32>> = told.map(numbers);
        // Nothing is taken from a plugin that it was not asked for.
        for rule in rules.iter().filter(|rule| told.as_ref().is_none_or(|told| told.contains(rule))) {
            if let Some(count) = self.looked_at.get(*rule as usize) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
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
        calls.retain(|(plugin, _)| self.has_to_look_at(*plugin, &inner.document));
        for (plugin, rules) in calls {
            match self.checker.check(plugin, path, inner.kind.as_str(), &inner.document, &rules) {
                Ok(mut report) => {
                    self.count_subjects(&mut report, &rules);
                    found.raw.extend(report.findings.into_iter().map(|finding| {
                        let rule = self.rules.rules.get(finding.rule as usize);
                        (plugin, inner.lift(finding, rule.is_some_and(|rule| rule.sensitive)))
                    }));
                }
                Err(fault) => found.faults.push(fault),
            }
        }
        if inner.is_named {
            let problems = self.syntax_findings(&inner.document, plan);
            found.syntax.extend(problems.into_iter().map(|finding| inner.lift_problem(finding)));
        }
        found
    }

    /// The tables beside the tree that the plugins about to be called ask for: they cost a pass over the document.
    fn add_views(&self, kind: FileKind, document: &mut Document, calls: &Calls) {
        let plugins = self.checker.plugins();
        let needs = calls.iter().filter_map(|(plugin, _)| plugins.get(*plugin)).flat_map(|p| &p.needs);
        let wanted: Vec<&str> = needs.map(String::as_str).collect();
        stockade_syntax::add_views(kind, document, &wanted);
    }

    /// Whether the table that the plugin lives on has rows.
    fn has_to_look_at(&self, plugin: usize, document: &Document) -> bool {
        let only_with = self.checker.plugins().get(plugin).and_then(|p| p.only_with.as_deref());
        only_with.is_none_or(|name| {
            document.tables.iter().all(|table| table.name != name || !table.cells.is_empty())
        })
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

fn no_kind(path: &Arc<str>, reason: &'static str) -> Analysed {
    let entry = FileEntry {
        path: Arc::clone(path),
        kind: "",
        reason: Cow::Borrowed(reason),
        status: FileStatus::NoKind(reason),
        text: None,
    };
    Analysed {
        outcome: Outcome { entry: Some(entry), ..Outcome::default() },
        facts: Vec::new(),
        seen: Seen::default(),
    }
}

/// Left out on purpose: not a gap, so no note.
fn left_out(path: &Arc<str>, reason: String) -> Analysed {
    let entry = FileEntry {
        path: Arc::clone(path),
        kind: "",
        reason: Cow::Borrowed(""),
        status: FileStatus::NotAnalysed(reason),
        text: None,
    };
    Analysed {
        outcome: Outcome { entry: Some(entry), ..Outcome::default() },
        facts: Vec::new(),
        seen: Seen::default(),
    }
}

fn not_analysed(path: &Arc<str>, kind: &'static str, message: String, help: &str) -> Analysed {
    let note = Note {
        path: Some(path.to_string()),
        message: message.clone(),
        help: Some(help.to_owned()),
        incomplete: true,
    };
    let entry = FileEntry {
        path: Arc::clone(path),
        kind,
        reason: Cow::Borrowed(""),
        status: FileStatus::NotAnalysed(message),
        text: None,
    };
    Analysed {
        outcome: Outcome { entry: Some(entry), notes: vec![note], ..Outcome::default() },
        facts: Vec::new(),
        seen: Seen::default(),
    }
}
