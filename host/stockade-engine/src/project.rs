//! Rules over all files: every plugin gets the facts it recorded, and says what follows from them.

use crate::admit::{Admission, notes_of_cut};
use crate::analyse::Context;
use crate::charts;
use crate::collect::Outcome;
use crate::dispatch::Dispatch;
use crate::load::load;
use crate::timing::{Timing, Work};
use crate::walk::{Found, Origin};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use stockade_model::{
    Document, Fault, FaultKind, FileEntry, FileFacts, FileStatus, LineIndex, Paths, RawFinding,
};
use stockade_syntax::FileKind;

/// The facts that one plugin recorded, with where each file is read from.
pub(crate) type Recorded = (FileFacts, Option<FileKind>, Origin);

/// Tells those who ask for it of all files, also of those they recorded nothing about.
pub(crate) fn add_paths(dispatch: &Dispatch<'_>, files: &[Found], facts: &mut HashMap<usize, Vec<Recorded>>) {
    for plugin in &dispatch.repository {
        let mut recorded = facts.remove(plugin).unwrap_or_default().into_iter().peekable();
        let mut all = Vec::with_capacity(files.len());
        // Both are sorted by path.
        for file in files {
            match recorded.next_if(|(known, ..)| *known.path == *file.path) {
                Some(known) => all.push(known),
                None => {
                    let path = Arc::clone(&file.path);
                    all.push((FileFacts { path, kind: "", facts: Vec::new() }, None, file.origin.clone()));
                }
            }
        }
        facts.insert(*plugin, all);
    }
}

/// Asks each plugin with project rules, all at once where this runs in a pool of threads. `facts` are by plugin, sorted by
/// path.
pub(crate) fn check(context: &Context<'_>, facts: &mut HashMap<usize, Vec<Recorded>>) -> Vec<Outcome> {
    // Nothing recorded, nothing to point at: such a plugin need not even be opened.
    let asked = context.dispatch.project.iter();
    let asked: Vec<_> =
        asked.filter_map(|(plugin, run)| Some((*plugin, run.as_slice(), facts.remove(plugin)?))).collect();
    let outcomes = each(asked, |(plugin, run, recorded)| ask(context, plugin, run, recorded));
    outcomes.into_iter().flatten().collect()
}

/// Does this for each item, for several at once where this runs in a pool of threads. The results are in the items' order.
pub(crate) fn each<T: Send, U: Send>(items: Vec<T>, act: impl Fn(T) -> U + Sync + Send) -> Vec<U> {
    match rayon::current_thread_index() {
        Some(_) => items.into_par_iter().map(act).collect(),
        None => items.into_iter().map(act).collect(),
    }
}

/// Asks one plugin.
fn ask(context: &Context<'_>, plugin: usize, run: &[u32], recorded: Vec<Recorded>) -> Vec<Outcome> {
    let Context { rules, checker, options, .. } = context;
    let (files, sources): (Vec<_>, Vec<_>) =
        recorded.into_iter().map(|(f, kind, at)| (f, (kind, at))).unzip();
    let name = checker.plugins().get(plugin).map_or("", |p| p.name.as_str());
    let ask = |rules: &[u32]| checker.check_project(plugin, rules, &files);
    let report = match Timing::call(options.timing, Work::Project, plugin, run, ask) {
        Ok(report) => report,
        Err(fault) => return vec![Outcome { faults: vec![fault], ..Outcome::default() }],
    };
    let notes = notes_of_cut(rules, &report, name, None);
    let mut by_file: BTreeMap<u32, Vec<RawFinding>> = BTreeMap::new();
    for finding in report.findings {
        by_file.entry(finding.file).or_default().push(finding);
    }
    let admit = |(file, findings): (u32, Vec<RawFinding>)| {
        let Some((facts, (kind, origin))) = files.get(file as usize).zip(sources.get(file as usize)) else {
            let fault = fault(name, None, format!("a finding names file {file}, which does not exist"));
            return Outcome { faults: vec![fault], ..Outcome::default() };
        };
        let place = Place { plugin: name, path: &facts.path, kind: *kind, origin };
        admit(context, run, &place, findings)
    };
    let mut outcomes = vec![Outcome { notes, ..Outcome::default() }];
    outcomes.extend(each(by_file.into_iter().collect(), admit));
    outcomes
}

/// A file of which a plugin has said something.
struct Place<'a> {
    plugin: &'a str,
    path: &'a Arc<str>,
    kind: Option<FileKind>,
    origin: &'a Origin,
}

fn fault(plugin: &str, path: Option<&Arc<str>>, message: String) -> Fault {
    let path = path.map(ToString::to_string);
    Fault { plugin: plugin.to_owned(), kind: FaultKind::Answer, path, message }
}

/// Holds findings against their file, whose text is read again: most files have none, and keeping all texts until here
/// would cost the memory of the whole repository.
fn admit(context: &Context<'_>, run: &[u32], place: &Place<'_>, mut findings: Vec<RawFinding>) -> Outcome {
    let Context { rules, policy, options, .. } = context;
    let Place { plugin, path, kind, origin } = *place;
    let mut outcome = Outcome::default();
    let Ok(loaded) = load(origin, options.max_file_bytes) else {
        outcome.faults.push(fault(plugin, Some(path), "the file changed during the scan".to_owned()));
        return outcome;
    };
    let text = loaded.decoded.text;
    let mut document = match kind {
        Some(kind) => stockade_syntax::parse_at(kind, path, text),
        None => Document::of_text(text),
    };
    let filled = context.outside.fill(path, kind, &mut document, options.max_file_bytes);
    charts::relate(findings.iter_mut(), &document, &filled);
    let plan = policy.plan(path);
    if let Some(kind) = kind {
        outcome.hidden = context.hidden.places(path, kind, &mut document, &plan, &mut outcome.faults);
    }
    let admission = Admission {
        rules,
        plan: &plan,
        path,
        document: &document,
        paths: Paths::default(),
        line_hashes: options.line_hashes,
    };
    let lines = LineIndex::new(document.text());
    let mut admitted = Vec::new();
    // A rule that is off for this path may still have judged it by other files' facts.
    let off_here = |raw: &RawFinding| {
        let rule = raw.rule as usize;
        run.contains(&raw.rule) && !plan.enabled.get(rule).copied().unwrap_or(false)
    };
    for raw in findings {
        if off_here(&raw) {
            continue;
        }
        match admission.admit(raw, &lines) {
            Ok(finding) => admitted.push(finding),
            Err(message) => outcome.faults.push(fault(plugin, Some(path), message)),
        }
    }
    outcome.findings = admission.finish(admitted, &outcome.hidden);
    // Replaces the entry of the first pass, which may have dropped the text.
    outcome.entry = Some(FileEntry {
        path: Arc::clone(path),
        kind: kind.map_or("", FileKind::as_str),
        reason: "".into(),
        status: FileStatus::Analysed,
        text: Some(Arc::from(document.text())),
        hidden: Vec::new(),
    });
    outcome
}
