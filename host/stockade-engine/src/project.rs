//! Rules over all files: every plugin gets the facts it recorded, and says what follows from them.

use crate::admit::{Admission, notes_of_cut};
use crate::analyse::Context;
use crate::charts;
use crate::collect::Outcome;
use crate::dispatch::Dispatch;
use crate::load::load;
use crate::rendered::RenderedFile;
use crate::timing::{Timing, Work};
use crate::versions::Versions;
use crate::walk::{Found, Origin};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use stockade_model::{
    Document, Fault, FaultKind, FileEntry, FileFacts, FileStatus, LineIndex, Paths, RawFinding,
};
use stockade_syntax::FileKind;

/// The facts that one plugin recorded of a file.
pub(crate) struct Recorded {
    pub(crate) facts: FileFacts,
    /// `None` where the plugin recorded nothing and is told of the path alone.
    pub(crate) kind: Option<FileKind>,
    /// Where the file is read from.
    pub(crate) origin: Origin,
    pub(crate) of: Of,
}

/// What the facts of a file are of: their places are those of that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Of {
    /// The file itself.
    File,
    /// What a template becomes with the values of its chart.
    Rendered,
    /// What a kustomization makes of the objects in the file.
    Version,
}

/// Tells those who ask for it of all files, also of those they recorded nothing about.
pub(crate) fn add_paths(dispatch: &Dispatch<'_>, files: &[Found], facts: &mut HashMap<usize, Vec<Recorded>>) {
    for plugin in &dispatch.repository {
        let mut recorded = facts.remove(plugin).unwrap_or_default().into_iter().peekable();
        let mut all = Vec::with_capacity(files.len());
        // Both are sorted by path.
        for file in files {
            let before = all.len();
            while let Some(known) = recorded.next_if(|known| *known.facts.path == *file.path) {
                all.push(known);
            }
            if all.len() == before {
                let facts = FileFacts { path: Arc::clone(&file.path), kind: "", facts: Vec::new() };
                all.push(Recorded { facts, kind: None, origin: file.origin.clone(), of: Of::File });
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
fn ask(context: &Context<'_>, plugin: usize, run: &[u32], mut recorded: Vec<Recorded>) -> Vec<Outcome> {
    let Context { rules, checker, options, .. } = context;
    let versions = Versions::take(&mut recorded);
    let source = |Recorded { facts, kind, origin, of }| (facts, Source { kind, origin, of });
    let (files, sources): (Vec<_>, Vec<_>) = recorded.into_iter().map(source).unzip();
    let name = checker.plugins().get(plugin).map_or("", |p| p.name.as_str());
    let ask = |files: &[FileFacts]| {
        let ask = |rules: &[u32]| checker.check_project(plugin, rules, files);
        Timing::call(options.timing, Work::Project, plugin, run, ask)
    };
    let mut report = match ask(&files) {
        Ok(report) => report,
        Err(fault) => return vec![Outcome { faults: vec![fault], ..Outcome::default() }],
    };
    let notes = notes_of_cut(rules, &report, name, None);
    let mut outcomes = vec![Outcome { notes, ..Outcome::default() }];
    if let Some(versions) = versions.filter(|_| !report.findings.is_empty()) {
        let replaced = versions.replace(&files);
        match ask(replaced.files()) {
            Ok(again) => {
                replaced.refute(context, (&files, &sources), &mut report.findings, &again.findings);
            }
            Err(fault) => outcomes.push(Outcome { faults: vec![fault], ..Outcome::default() }),
        }
    }
    let mut becomes = Becomes::new(context, &files, &sources);
    let mut by_file: BTreeMap<u32, Vec<RawFinding>> = BTreeMap::new();
    for mut finding in report.findings {
        becomes.lift_labels(&mut finding);
        by_file.entry(finding.file).or_default().push(finding);
    }
    let admit = |(file, findings): (u32, Vec<RawFinding>)| {
        let Some((facts, source)) = files.get(file as usize).zip(sources.get(file as usize)) else {
            let fault = fault(name, None, format!("a finding names file {file}, which does not exist"));
            return Outcome { faults: vec![fault], ..Outcome::default() };
        };
        admit(context, run, &Place { plugin: name, number: plugin, path: &facts.path, source }, findings)
    };
    outcomes.extend(each(by_file.into_iter().collect(), admit));
    outcomes
}

/// Where a file is read from, and as what.
pub(crate) struct Source {
    kind: Option<FileKind>,
    origin: Origin,
    of: Of,
}

impl Source {
    /// Reads and parses the file again. `None` where it can't be read any more.
    pub(crate) fn document(&self, context: &Context<'_>, path: &str) -> Option<Document> {
        let text = load(&self.origin, context.options.max_file_bytes).ok()?.decoded.text;
        Some(match self.kind {
            Some(kind) => stockade_syntax::parse_at(kind, path, text),
            None => Document::of_text(text),
        })
    }

    /// What the file, whose document this is, becomes.
    fn rendered(&self, context: &Context<'_>, path: &str, document: &Document) -> Option<RenderedFile> {
        let limit = context.options.max_file_bytes;
        let kind = self.kind.filter(|_| self.is_rendered())?;
        context.outside.render(path, kind, document, limit)
    }

    /// What kustomizations make of the objects in the file, whose document this is, in the order of its versions.
    pub(crate) fn versions(&self, context: &Context<'_>, path: &str, document: &Document) -> Vec<Document> {
        let Some(kind) = self.kind else { return Vec::new() };
        let versions = context.outside.kustomized(path, kind, document, context.options.max_file_bytes);
        let parse = |text: String| stockade_syntax::parse_at(kind, path, text);
        // The first is the file's own.
        versions.into_iter().flatten().skip(1).map(parse).collect()
    }

    fn is_rendered(&self) -> bool {
        self.of == Of::Rendered
    }
}

/// What files become that findings of other files point into.
struct Becomes<'a> {
    context: &'a Context<'a>,
    files: &'a [FileFacts],
    sources: &'a [Source],
    /// By path, the number of the facts of what the file becomes.
    numbers: HashMap<&'a str, usize>,
    /// By that number.
    rendered: HashMap<usize, Option<RenderedFile>>,
}

impl<'a> Becomes<'a> {
    fn new(context: &'a Context<'a>, files: &'a [FileFacts], sources: &'a [Source]) -> Self {
        let all = files.iter().zip(sources).enumerate().filter(|(_, (_, source))| source.is_rendered());
        let numbers = all.map(|(number, (facts, _))| (&*facts.path, number)).collect();
        Self { context, files, sources, numbers, rendered: HashMap::new() }
    }

    /// Puts the labels that point into what another file becomes where that comes from. A file may have facts of its own as
    /// well; which of both a label means is told by the places of the facts.
    fn lift_labels(&mut self, finding: &mut RawFinding) {
        if self.numbers.is_empty() {
            return;
        }
        for label in &mut finding.labels {
            let number = label.path.as_deref().and_then(|path| self.numbers.get(path));
            let Some((number, facts)) = number.and_then(|n| Some((*n, self.files.get(*n)?))) else {
                continue;
            };
            if !facts.facts.iter().any(|fact| fact.span == Some(label.span)) {
                continue;
            }
            let Some(source) = self.sources.get(number) else { continue };
            let render =
                || source.rendered(self.context, &facts.path, &source.document(self.context, &facts.path)?);
            if let Some(rendered) = self.rendered.entry(number).or_insert_with(render) {
                label.span = rendered.place(label.span);
            }
        }
    }
}

/// A file of which a plugin has said something.
struct Place<'a> {
    plugin: &'a str,
    number: usize,
    path: &'a Arc<str>,
    source: &'a Source,
}

fn fault(plugin: &str, path: Option<&Arc<str>>, message: String) -> Fault {
    let path = path.map(ToString::to_string);
    Fault { plugin: plugin.to_owned(), kind: FaultKind::Answer, path, message }
}

/// Holds findings against their file, whose text is read again: most files have none, and keeping all texts until here
/// would cost the memory of the whole repository.
fn admit(context: &Context<'_>, run: &[u32], place: &Place<'_>, mut findings: Vec<RawFinding>) -> Outcome {
    let Context { rules, policy, options, .. } = context;
    let Place { plugin, number, path, source } = *place;
    let kind = source.kind;
    let mut outcome = Outcome::default();
    let document = source.document(context, path);
    let rendered = document.as_ref().and_then(|document| source.rendered(context, path, document));
    let Some(mut document) = document.filter(|_| rendered.is_some() == source.is_rendered()) else {
        outcome.faults.push(fault(plugin, Some(path), "the file changed during the scan".to_owned()));
        return outcome;
    };
    let filled = context.outside.fill(path, kind, &mut document, options.max_file_bytes);
    match rendered {
        Some(rendered) => {
            let found = findings.into_iter().map(|finding| (number, finding)).collect();
            let lifted = rendered.lift(found, &[], 0, &document, rules);
            findings = lifted.into_iter().map(|(_, finding)| finding).collect();
        }
        None => charts::relate(findings.iter_mut(), &document, &filled),
    }
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
