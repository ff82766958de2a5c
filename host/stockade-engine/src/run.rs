//! The order of the stages over all files.

use crate::analyse::{Analysed, Context};
use crate::cache::Cache;
use crate::charts::LEAVES_OUT;
use crate::collect::{Outcome, collect};
use crate::dispatch::{Dispatch, Policy};
use crate::hidden::Hidden;
use crate::load::MAX_FILE_BYTES;
use crate::named::{Seen, second_looks};
use crate::outside::Outside;
use crate::project::{self, Recorded};
use crate::suppress::{self, Suppressions};
use crate::timing::{Timing, Work};
use crate::walk::{Found, Walked, walk};
use crate::{EngineError, Root};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stockade_model::{Checker, FileEntry, Finding, Label, Note, Report, RuleTable};

/// Called with the number of files done and the number of all, from any thread.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Most files that a thread takes at once. Plugins are asked about all of them together; more make no difference.
const MAX_TOGETHER: usize = 16;

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
    /// Fill in [`stockade_model::Finding::line_hash`], which only some reports show: it takes a pass over each file that has
    /// findings.
    pub line_hashes: bool,
    /// How suppressions count.
    pub suppressions: Suppressions,
    /// What is known from earlier runs of the same [`crate::Identity`]. Not looked at where the run stops early.
    pub cache: Option<&'a Cache>,
    /// Where the time of the run is counted.
    pub timing: Option<&'a Timing>,
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
            line_hashes: true,
            suppressions: Suppressions::default(),
            cache: None,
            timing: None,
        }
    }
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
    mut walked: Walked,
    rules: &RuleTable,
    policy: &dyn Policy,
    checker: &dyn Checker,
    options: &Options<'_>,
) -> Result<Report, EngineError> {
    let threads = threads(options.threads);
    let mut possible = policy.possible();
    let mut notes = std::mem::take(&mut walked.notes);
    if options.without_project {
        notes.extend(leave_out_project(rules, &mut possible));
    }
    let dispatch = Dispatch::new(rules, &possible, checker.plugins(), walked.whole);
    let total = walked.files.len();
    // A pool costs more than a file or two.
    let judged = total + walked.takers.len();
    let pool = (judged > 2 && threads > 1)
        .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads.min(judged)).build())
        .transpose()
        .map_err(|error| EngineError::Threads { threads, reason: error.to_string() })?;
    let outside = || Outside::new(&walked.files, &walked.beside, options.max_file_bytes);
    let outside = match &pool {
        Some(pool) => pool.install(outside),
        None => outside(),
    };
    let hidden = Hidden::new(rules, policy, checker);
    let context = Context { rules, policy, dispatch, checker, options, outside, hidden };
    let done = AtomicUsize::new(0);
    let analyse = |numbers: &[usize]| {
        let with_file = |at: &usize| Some((*at, walked.files.get(*at)?, None));
        let analysed = context.guarded(&numbers.iter().filter_map(with_file).collect::<Vec<_>>());
        let analysed: Vec<(usize, Slot)> =
            analysed.into_iter().map(|(at, one)| (at, Slot::of(one))).collect();
        let done = done.fetch_add(numbers.len(), Ordering::Relaxed) + numbers.len();
        if let Some(progress) = options.progress {
            progress(done, total);
        }
        analysed
    };
    let order = by_ending(&walked.files);
    // Enough shares for each thread that none waits long for the last one.
    let share = (total / (8 * threads)).clamp(1, MAX_TOGETHER);
    let mut numbered: Vec<(usize, Slot)> = match &pool {
        Some(pool) => {
            pool.install(|| order.par_chunks(share).with_max_len(1).flat_map_iter(analyse).collect())
        }
        None => order.chunks(share).flat_map(analyse).collect(),
    };
    numbered.sort_unstable_by_key(|(at, _)| *at);
    let mut analysed: Vec<Slot> = numbered.into_iter().map(|(_, analysed)| analysed).collect();

    for (at, named) in second_looks(&walked.files, |at| analysed.get(at).map(Slot::seen), policy) {
        let again = walked.files.get(at).map(|found| context.guarded(&[(at, found, Some(&named))]));
        if let (Some((_, again)), Some(slot)) = (again.and_then(|mut one| one.pop()), analysed.get_mut(at)) {
            *slot = Slot::of(again);
        }
    }

    let mut facts: HashMap<usize, Vec<Recorded>> = HashMap::new();
    let (mut outcomes, mut bare) = (Vec::new(), Vec::new());
    let counted = if options.count_files { rules.rules.len() } else { 0 };
    let mut looked_at = vec![0_u32; counted];
    for slot in analysed {
        let item = match slot {
            Slot::Bare(entry) => {
                bare.push(entry);
                continue;
            }
            Slot::Full(item) => item,
        };
        for rule in item.looked {
            if let Some(count) = looked_at.get_mut(rule as usize) {
                *count = count.saturating_add(1);
            }
        }
        outcomes.push(item.outcome);
        // In the order of the walk, which is by path.
        for (plugin, recorded) in item.facts {
            facts.entry(plugin).or_default().push(recorded);
        }
    }
    let taken = || takers(&context, &walked);
    outcomes.extend(match &pool {
        Some(pool) => pool.install(taken),
        None => taken(),
    });
    project::add_paths(&context.dispatch, &walked.files, &mut facts);
    let project = match &pool {
        Some(pool) => pool.install(|| project::check(&context, &mut facts)),
        None => project::check(&context, &mut facts),
    };
    let ordered = || {
        // Of most files nothing more is said.
        let accepting = policy.acceptances();
        let told = project.iter().filter_map(|extra| Some(&*extra.entry.as_ref()?.path));
        let spoken_of: HashSet<&str> = told.chain(accepting.iter().map(|a| &*a.path)).collect();
        let spoken_of = bare.extract_if(.., |entry| spoken_of.contains(&*entry.path));
        let outcome = |entry| Outcome { entry: Some(entry), ..Outcome::default() };
        outcomes.extend(spoken_of.map(outcome));
        merge_project(rules, &mut outcomes, project);
        let mut beside = beside(&context, &walked.beside, &outcomes);
        let suppressions = suppress::apply(
            &mut outcomes,
            &mut beside,
            rules,
            policy,
            &options.suppressions,
            options.line_hashes,
        );
        let beside = beside.into_iter().filter_map(|outcome| outcome.entry).collect();
        let report = Report {
            version: options.version.to_owned(),
            rules: rules.clone(),
            enabled: possible,
            notes,
            looked_at,
            suppressions,
            files: std::mem::take(&mut bare),
            beside,
            ..Report::default()
        };
        collect(report, outcomes)
    };
    Ok(Timing::during(options.timing, Work::Collect, ordered))
}

/// What is found with a line of the scan in files that are no part of it, where this runs in a pool of threads in several at once.
fn takers(context: &Context<'_>, walked: &Walked) -> Vec<Outcome> {
    if context.options.stop_after.is_some() {
        return Vec::new();
    }
    let outcome = |found: &Found| {
        let (_, analysed) = context.guarded(&[(0, found, None)]).pop()?;
        let mut outcome = analysed.outcome;
        // A value that leaves something out is not why that is found.
        let is_why = |label: &Label| walked.has(&label.path) && !label.message.contains(LEAVES_OUT);
        outcome.findings.retain(|finding| finding.labels.iter().any(is_why));
        // A file that nobody asked for is not changed.
        outcome.findings.iter_mut().for_each(|finding| finding.fixes.clear());
        outcome.notes.clear();
        outcome.is_taker = true;
        (!outcome.findings.is_empty() || !outcome.faults.is_empty()).then_some(outcome)
    };
    let outcomes = project::each(walked.takers.iter().collect(), outcome);
    outcomes.into_iter().flatten().collect()
}

/// The entries and directives of those files beside the scan that findings point into, with what of them may not be shown.
fn beside(context: &Context<'_>, files: &[Found], outcomes: &[Outcome]) -> Vec<Outcome> {
    if files.is_empty() {
        return Vec::new();
    }
    let findings = outcomes.iter().flat_map(|outcome| &outcome.findings);
    let pointed_at: HashSet<&str> =
        findings.flat_map(|finding| finding.labels.iter().map(|label| &*label.path)).collect();
    let entry = |(at, found): (usize, &Found)| {
        let (_, analysed) = context.guarded(&[(at, found, None)]).pop()?;
        let Outcome { entry, findings, hidden, directives, .. } = analysed.outcome;
        let mut entry = entry?;
        entry.hidden.extend(findings.into_iter().flat_map(|finding| finding.secret).chain(hidden));
        Some(Outcome { entry: Some(entry), directives, ..Outcome::default() })
    };
    files
        .iter()
        .enumerate()
        .filter(|(_, found)| pointed_at.contains(&*found.path))
        .filter_map(entry)
        .collect()
}

/// The numbers of the files in an order in which those of one kind mostly follow each other: then a thread asks few plugins
/// at a time, and their code stays in the processor's caches.
fn by_ending(files: &[Found]) -> Vec<usize> {
    // Once for each file, not for each comparison: nothing else runs meanwhile.
    let mut order: Vec<(&str, usize)> = files.iter().map(|found| ending(&found.path)).zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

/// What stands behind the last point of a file's name; all of it where there is none.
fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default()
}

/// Switches the rules across files off, and says so.
fn leave_out_project(rules: &RuleTable, possible: &mut [bool]) -> Option<Note> {
    let on = possible
        .iter_mut()
        .zip(rules.rules.iter())
        .filter(|(on, rule)| **on && rule.project && !rule.single_files);
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

/// What one file gave.
enum Slot {
    /// Nothing but its entry: so it is for most files of a large repository, which must not cost more than that.
    Bare(FileEntry),
    Full(Box<Analysed>),
}

impl Slot {
    fn of(mut analysed: Box<Analysed>) -> Self {
        match analysed.bare() {
            Some(entry) => Self::Bare(entry),
            None => Self::Full(analysed),
        }
    }

    fn seen(&self) -> &Seen {
        match self {
            Self::Bare(_) => const { &Seen::NOTHING },
            Self::Full(analysed) => &analysed.seen,
        }
    }
}

/// Joins what the project rules found with what is known of each file already.
fn merge_project(rules: &RuleTable, outcomes: &mut Vec<Outcome>, project: Vec<Outcome>) {
    let wanted: HashSet<&str> =
        project.iter().filter_map(|extra| Some(&*extra.entry.as_ref()?.path)).collect();
    let known = outcomes.iter().enumerate().filter_map(|(at, o)| Some((&o.entry.as_ref()?.path, at)));
    let index: HashMap<Arc<str>, usize> = known
        .filter(|(path, _)| wanted.contains(&***path))
        .map(|(path, at)| (Arc::clone(path), at))
        .collect();
    for mut extra in project {
        let slot = extra.entry.as_ref().and_then(|e| index.get(&e.path)).and_then(|at| outcomes.get_mut(*at));
        if let (Some(known), Some(entry)) = (slot, extra.entry.take()) {
            // Of what a template becomes, rules that can judge a file alone were asked before.
            let alone =
                |rule: usize| rules.rules.get(rule).is_some_and(|rule| rule.project && rule.single_files);
            let place = |finding: &Finding| (finding.rule, finding.span.start);
            let told: HashSet<_> =
                known.findings.iter().filter(|finding| alone(finding.rule)).map(place).collect();
            extra.findings.retain(|finding| !told.contains(&place(finding)));
            if let Some(known_entry) = &mut known.entry
                && known_entry.text.is_none()
            {
                known_entry.text = entry.text;
            }
            known.findings.append(&mut extra.findings);
            known.hidden.append(&mut extra.hidden);
        }
        outcomes.push(extra);
    }
}
