//! What happens to one file before plugins see it: what it is, and its document.

use crate::asked::{add_views, has_to_look_at};
use crate::cache::{Cache, Key, Surroundings};
use crate::charts::Filled;
use crate::collect::Outcome;
use crate::dispatch::{Calls, Dispatch, Plan, Policy};
use crate::entries::{failed, left_out, no_kind, not_analysed};
use crate::hidden::Hidden;
use crate::kustomize::Kustomized;
use crate::load::{LoadProblem, Loaded, load};
use crate::named::{Named, Seen};
use crate::outside::Outside;
use crate::project::Recorded;
use crate::rendered::RenderedFile;
use crate::run::{Options, Stage};
use crate::timing::{Timing, Work};
use crate::walk::Found;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use stockade_model::{Checker, Document, FileEntry, RuleTable};
use stockade_syntax::{Classified, DecodeProblem, Embedded, FileKind, PathClass};

const STOPPED: &str = "the scan was told to stop early";

/// Texts of files, in bytes, whose documents are kept at a time for plugins to be asked about together.
const TOGETHER_BYTES: u64 = 256 << 10;

/// What is the same for all files of a run.
pub(crate) struct Context<'a> {
    pub(crate) rules: &'a RuleTable,
    pub(crate) policy: &'a dyn Policy,
    pub(crate) dispatch: Dispatch<'a>,
    pub(crate) checker: &'a dyn Checker,
    pub(crate) options: &'a Options<'a>,
    pub(crate) outside: Outside<'a>,
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

impl Analysed {
    /// The entry, taken out, of a file that gave nothing else.
    pub(crate) fn bare(&mut self) -> Option<FileEntry> {
        // Every field is named, so that a new one is not forgotten.
        let Self { outcome, facts, seen, looked } = self;
        let Outcome { entry, findings, faults, notes, directives, hidden, bytes, is_taker: _ } = outcome;
        let nothing = findings.is_empty() && faults.is_empty() && notes.is_empty() && hidden.is_empty();
        let bare = nothing && directives.is_empty() && *bytes == 0 && facts.is_empty() && looked.is_empty();
        entry.take_if(|_| bare && *seen == Seen::NOTHING)
    }
}

/// A file with its number, and what others say that it is, once they are known.
pub(crate) type Numbered<'f> = (usize, &'f Found, Option<&'f Named>);

/// A file's number and result; boxed, since most files of a large repository have next to none, and results move often.
pub(crate) type Done = (usize, Box<Analysed>);

/// What became of a file when it was started: its result, where plugins need not be asked.
type Started<'f> = ControlFlow<Box<Analysed>, Box<Ready<'f>>>;

fn finished<'f>(analysed: Analysed) -> Started<'f> {
    ControlFlow::Break(Box::new(analysed))
}

/// A file that plugins can be asked about.
pub(crate) struct Ready<'f> {
    pub(crate) found: &'f Found,
    pub(crate) path: Arc<str>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) kind: FileKind,
    /// Why it is of that kind.
    pub(crate) reason: Cow<'static, str>,
    pub(crate) document: Document,
    /// On disk.
    pub(crate) bytes: u64,
    pub(crate) seen: Seen,
    pub(crate) filled: Filled,
    /// What it becomes, where it is a chart's template.
    pub(crate) rendered: Option<Box<RenderedFile>>,
    /// What it becomes in the chart's environments.
    pub(crate) environments: Vec<RenderedFile>,
    /// What becomes of its objects, where kustomizations take them.
    pub(crate) kustomized: Option<Box<Kustomized>>,
    /// The plugins to ask, with the rules.
    pub(crate) calls: Calls,
    /// The files inside it.
    pub(crate) embedded: Vec<Embedded>,
    /// The name under which its result is kept, and its text.
    pub(crate) key: Option<(Key, String)>,
}

impl Context<'_> {
    /// Some files, which plugins are asked about together, under a panic guard: a bug of ours costs the file that it shows
    /// in, and is reported as such. Each comes back with its number, in any order.
    pub(crate) fn guarded(&self, files: &[Numbered<'_>]) -> Vec<Done> {
        let together = |files: &[Numbered<'_>]| catch_unwind(AssertUnwindSafe(|| self.together(files)));
        let alone = |file: &Numbered<'_>| {
            together(std::slice::from_ref(file))
                .unwrap_or_else(|panic| vec![(file.0, Box::new(failed(file.1, panic.as_ref())))])
        };
        match together(files) {
            Ok(analysed) => analysed,
            Err(_) => files.iter().flat_map(alone).collect(),
        }
    }

    /// Files one after the other, as long as they are small; then the plugins about all of them.
    fn together(&self, files: &[Numbered<'_>]) -> Vec<Done> {
        let mut done = Vec::with_capacity(files.len());
        let mut waiting = Vec::new();
        let mut bytes = 0;
        for (number, found, named) in files {
            match self.start(found, *named) {
                ControlFlow::Break(analysed) => done.push((*number, analysed)),
                ControlFlow::Continue(ready) => {
                    bytes += ready.bytes;
                    waiting.push((*number, *ready));
                }
            }
            if bytes > TOGETHER_BYTES {
                self.finish(std::mem::take(&mut waiting), &mut done);
                bytes = 0;
            }
        }
        self.finish(waiting, &mut done);
        done
    }

    /// Reads a file and parses it, unless its path says that there is nothing to look for, or an earlier run knows the
    /// result. `named` is what others say that the file is, once they are known.
    fn start<'f>(&self, found: &'f Found, named: Option<&Named>) -> Started<'f> {
        let path = &found.path;
        if let Some(reason) = self.policy.excluded(path) {
            return finished(left_out(path, reason));
        }
        let told = found.kind.or_else(|| self.policy.kind(path));
        if self.options.stop_after == Some(Stage::Walk) {
            return finished(no_kind(path, STOPPED));
        }
        // Whether nothing but its content could say what it is.
        let mut is_guess = false;
        if named.is_none() && told.is_none() {
            match stockade_syntax::classify_path(path) {
                PathClass::Nothing(reason) => return finished(no_kind(path, reason)),
                // Documentation is most of some repositories: it is read only for those who ask.
                PathClass::Known(kind, _) if kind.is_text() && !self.dispatch.has_rules(kind) => {
                    let mut unread = no_kind(path, "no rule that is switched on looks at such files");
                    if let Some(entry) = &mut unread.outcome.entry {
                        entry.kind = kind.as_str();
                    }
                    return finished(unread);
                }
                PathClass::Content { fallback: None, .. } => is_guess = true,
                _ => {}
            }
        }
        let loaded = match self.during(Work::Read, || load(&found.origin, self.options.max_file_bytes)) {
            Ok(loaded) => loaded,
            // Programs and data without an ending are no gap.
            Err(LoadProblem::NotText(DecodeProblem::Binary { .. })) if is_guess => {
                return finished(no_kind(path, "binary"));
            }
            Err(LoadProblem::TooLarge(_)) if is_guess => {
                return finished(no_kind(path, "too large, and nothing in its name says what it is"));
            }
            Err(problem) => {
                return finished(not_analysed(path, "", problem.message(), problem.help()));
            }
        };
        if self.options.stop_after == Some(Stage::Read) {
            return finished(no_kind(path, STOPPED));
        }
        let plan = self.policy.plan(path);
        let cache = self.options.cache.filter(|_| self.options.stop_after.is_none());
        let key = |cache: &Cache| cache.key(path, &loaded, told, named, &plan);
        let key = cache.and_then(|cache| Some((cache, self.during(Work::Recall, || key(cache))?)));
        let Some((cache, key)) = key else { return self.look(found, path, told, named, loaded, plan) };
        let file = self.surroundings(&plan, path, found, &loaded.decoded.text);
        if let Some(known) = self.during(Work::Recall, || cache.find(&key, &file)) {
            return finished(known);
        }
        let text = loaded.decoded.text.clone();
        let mut started = self.look(found, path, told, named, loaded, Arc::clone(&plan));
        match &mut started {
            ControlFlow::Continue(ready) => ready.key = Some((key, text)),
            ControlFlow::Break(analysed) => self.keep((key, text), &plan, path, found, analysed),
        }
        started
    }

    /// Keeps a result for later runs.
    pub(crate) fn keep(
        &self,
        (key, text): (Key, String),
        plan: &Plan,
        path: &Arc<str>,
        found: &Found,
        analysed: &Analysed,
    ) {
        if let Some(cache) = self.options.cache {
            let file = self.surroundings(plan, path, found, &text);
            self.during(Work::Recall, || cache.keep(key, analysed, &file));
        }
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
            outside: &self.outside,
            max_file_bytes: self.options.max_file_bytes,
            path,
            found,
            text,
        }
    }

    /// Does some work and counts its time.
    pub(crate) fn during<T>(&self, work: Work, act: impl FnOnce() -> T) -> T {
        Timing::during(self.options.timing, work, act)
    }

    /// Makes a file ready that was read. `told` is what the caller or the configuration says that it is. Its result, where
    /// plugins need not be asked.
    fn look<'f>(
        &self,
        found: &'f Found,
        path: &Arc<str>,
        told: Option<FileKind>,
        named: Option<&Named>,
        loaded: Loaded,
        plan: Arc<Plan>,
    ) -> Started<'f> {
        let text = loaded.decoded.text;
        let classified = match (told, named) {
            (Some(kind), _) => Classified { kind: Some(kind), reason: "configuration or caller says so" },
            (None, Some(named)) => match stockade_syntax::unfit(named.kind, &text) {
                Some(reason) => Classified { kind: None, reason },
                None => Classified { kind: Some(named.kind), reason: "another file says so" },
            },
            (None, None) => self.during(Work::Parse, || stockade_syntax::classify(path, &text)),
        };
        let Some(kind) = classified.kind else {
            return finished(no_kind(path, classified.reason));
        };
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
            return finished(no_kind(path, STOPPED));
        }
        let references = stockade_syntax::references(kind, path, &mut document);
        let seen = Seen { kind: Some(kind), marks: document.marks.clone(), references };
        let (rendered, environments) = self.rendered(path, kind, &document, &plan);
        let kustomized = self.kustomized(path, kind, &document, &plan);
        let filled = self.outside.fill(path, Some(kind), &mut document, self.options.max_file_bytes);
        let mut calls = self.dispatch.calls(kind, document.text(), &plan);
        self.during(Work::Views, || add_views(self.checker, kind, &mut document, &calls));
        calls.retain(|(plugin, _)| has_to_look_at(self.checker, *plugin, &document));
        let embedded = stockade_syntax::embedded(kind, &mut document);
        let reason = named.map_or(Cow::Borrowed(classified.reason), |named| Cow::Owned(named.reason.clone()));
        let (path, bytes) = (Arc::clone(path), loaded.bytes);
        let key = None;
        ControlFlow::Continue(Box::new(Ready {
            found,
            path,
            plan,
            kind,
            reason,
            document,
            bytes,
            seen,
            filled,
            rendered,
            environments,
            kustomized,
            calls,
            embedded,
            key,
        }))
    }

    /// What becomes of the objects of a file, with the plugins to ask about that.
    fn kustomized(
        &self,
        path: &str,
        kind: FileKind,
        document: &Document,
        plan: &Plan,
    ) -> Option<Box<Kustomized>> {
        let limit = self.options.max_file_bytes;
        let kustomized = || self.outside.kustomized(path, kind, document, limit);
        let version = |text: String| {
            let mut version = self.during(Work::Parse, || stockade_syntax::parse_at(kind, path, text));
            version.marks.clone_from(&document.marks);
            let mut calls = self.dispatch.calls(kind, version.text(), plan);
            self.during(Work::Views, || add_views(self.checker, kind, &mut version, &calls));
            calls.retain(|(plugin, _)| has_to_look_at(self.checker, *plugin, &version));
            (version, calls)
        };
        let versions = self.during(Work::Parse, kustomized)?.into_iter().map(version).collect();
        Some(Box::new(Kustomized { versions }))
    }

    /// What a chart's template becomes by default and in the chart's environments, with the plugins to ask about that.
    fn rendered(
        &self,
        path: &str,
        kind: FileKind,
        template: &Document,
        plan: &Plan,
    ) -> (Option<Box<RenderedFile>>, Vec<RenderedFile>) {
        let limit = self.options.max_file_bytes;
        let outside = &self.outside;
        let mut rendered =
            self.during(Work::Parse, || outside.render(path, kind, template, limit).map(Box::new));
        let own = rendered.as_deref();
        let environments = || outside.render_environments(path, kind, template, own, limit);
        let mut environments = self.during(Work::Parse, environments);
        for file in rendered.as_deref_mut().into_iter().chain(&mut environments) {
            let mut calls = self.dispatch.calls(file.kind, file.document.text(), plan);
            if file.kind != kind {
                // The others judge the file as it is.
                let is_for_file = |rule: &u32| {
                    let rule = self.rules.rules.get(*rule as usize);
                    rule.is_none_or(|rule| rule.kinds.iter().any(|known| known == kind.as_str()))
                };
                calls.iter_mut().for_each(|(_, rules)| rules.retain(|rule| !is_for_file(rule)));
                calls.retain(|(_, rules)| !rules.is_empty());
            }
            self.during(Work::Views, || add_views(self.checker, file.kind, &mut file.document, &calls));
            calls.retain(|(plugin, _)| has_to_look_at(self.checker, *plugin, &file.document));
            file.calls = calls;
        }
        (rendered, environments)
    }
}
