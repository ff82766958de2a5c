//! What every command that looks at files does first: find the root, list the files, read the configuration, set
//! up the plugins.

use crate::args::RunArguments;
use crate::catalog::Catalog;
use crate::config::{self, ConfigPolicy};
use crate::error::ProgramError;
use crate::git::Git;
use crate::limits;
use crate::plugins::Component;
use crate::results::Results;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stockade_engine::{
    BaselineEntry, Found, Identity, MAX_FILE_BYTES, Options, Origin, Policy as _, Root, Suppressions, Tool,
    Tools, Walked, run_files, walk, walk_everything,
};
use stockade_model::{Checker as _, Report, Severity};
use stockade_pack::config::{Date, Settings};
use stockade_pack::{Choice, Placed};
use stockade_sandbox::Sandbox;
use stockade_syntax::{PathClass, classify_path};

/// The mildest severity that fails where nobody says otherwise: `info` is for remarks.
pub(crate) const FAIL_ON: Severity = Severity::Low;

/// What the command line says about plugins from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside<'a> {
    /// Files to run beside those that the configuration names.
    pub(crate) plugins: &'a [PathBuf],
    /// Whether the lock file must be just as the configuration needs it.
    pub(crate) locked: bool,
    /// Limits other than the usual ones.
    pub(crate) limits: &'a [limits::Change],
    /// A configuration that lies anywhere, with plugins of its own.
    pub(crate) policy: Option<&'a Path>,
}

/// What is to be looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input<'a> {
    /// These files and folders; none: the current folder.
    Paths(&'a [PathBuf]),
    /// The same, with what ignore files leave out.
    Everything(&'a [PathBuf]),
    /// What is staged below these paths, as it is staged.
    Staged(&'a [PathBuf]),
    /// Standard input, as if it stood at this path.
    Stdin(&'a Path),
}

/// Ready to scan.
pub(crate) struct Prepared {
    pub(crate) root: Root,
    pub(crate) catalog: Catalog,
    pub(crate) walked: Walked,
    pub(crate) policy: ConfigPolicy,
    pub(crate) sandbox: Sandbox,
    /// Only single files are looked at, so that nothing can be said of what is missing elsewhere.
    pub(crate) single_files: bool,
    /// How suppressions count, as the configuration says.
    pub(crate) suppressions: Suppressions,
    /// Results of earlier runs.
    pub(crate) results: Option<Results>,
    /// What listing the files took.
    pub(crate) walk_time: Duration,
    /// What a plugin may take in a run before it is named.
    pub(crate) plugin_time: Duration,
    /// What the plugins are made of and what they may use up.
    code: Vec<String>,
}

impl Prepared {
    /// Prepares a scan with the rules that `choice` and the configuration switch on, with these plugins from outside,
    /// on the day given or that of the environment or the clock.
    pub(crate) fn new(
        input: Input<'_>,
        outside: Outside<'_>,
        choice: &Choice,
        no_config: bool,
        threads: usize,
        today: Option<Date>,
    ) -> Result<Self, ProgramError> {
        let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
        let today = config::today(today)?;
        let threads = stockade_engine::threads(threads);
        let start = Instant::now();
        // The rules are read while the files are listed.
        let (listed, catalog) = beside(Catalog::open, || list(input, &here, threads));
        let (root, walked) = listed?;
        let walk_time = start.elapsed();
        let mut catalog = catalog?;
        for file in outside.plugins {
            let component = Component::read_file(file, &catalog)?;
            catalog.add_plugin(component)?;
        }
        let files = config::Files { policy: outside.policy, own: !no_config, strict: outside.locked };
        let (settings, shared) = if no_config && files.policy.is_none() {
            (config::without_files(&catalog, choice)?, 0)
        } else {
            config::load(&mut catalog, &root, &walked, choice, files, today)?
        };
        let policy = ConfigPolicy::new(settings, shared);
        let limits = limits::with(outside.limits);
        let mut code = catalog.code();
        let plugin_time = limits.plugin_time;
        code.push(format!("{limits:?}"));
        // Rules may be held against the day of the scan.
        code.push(today.map(|day| day.to_string()).unwrap_or_default());
        let hiding = policy.hiding();
        // What is hidden is part of a file's result.
        code.extend(hiding.iter().enumerate().filter(|(_, hides)| **hides).map(|(rule, _)| rule.to_string()));
        let sandbox = catalog.sandbox(&policy.settings().table, &asked(&policy), limits, today)?;
        let single_files = match input {
            Input::Paths(_) | Input::Everything(_) => root.starts.iter().all(|start| start.is_file()),
            Input::Staged(_) | Input::Stdin(_) => true,
        };
        let mut suppressions = suppressions(policy.settings(), &root, choice, no_config, today);
        suppressions.partial |= single_files;
        Ok(Self {
            root,
            catalog,
            walked,
            policy,
            sandbox,
            single_files,
            suppressions,
            results: None,
            walk_time,
            plugin_time,
            code,
        })
    }

    /// With the results of earlier runs, as far as these arguments want them.
    pub(crate) fn remembering(self, arguments: &RunArguments) -> Self {
        Self { results: Results::new(arguments, &self.root.base), ..self }
    }

    /// Scans.
    pub(crate) fn scan(&self, options: &Options<'_>) -> Result<Report, ProgramError> {
        self.scan_files(self.walked.clone(), options)
    }

    /// Scans other files in the same way.
    pub(crate) fn scan_files(&self, files: Walked, options: &Options<'_>) -> Result<Report, ProgramError> {
        let table = &self.policy.settings().table;
        let opened = self.results.as_ref().filter(|_| options.stop_after.is_none()).and_then(|results| {
            let (asked, plugins) = (asked(&self.policy), self.sandbox.plugins());
            let code: Vec<&str> = self.code.iter().map(String::as_str).collect();
            let made_of = (env!("STOCKADE_BUILD"), code.as_slice());
            results.open(Identity::new(table, &asked, plugins, files.whole, options, made_of))
        });
        let options = Options { cache: opened.as_ref().map(|opened| &opened.cache), ..*options };
        Ok(run_files(files, table, &self.policy, &self.sandbox, &options)?)
    }

    /// Keeps the results of this run for the next one.
    pub(crate) fn save(&self) {
        if let Some(results) = &self.results {
            results.save();
        }
    }

    /// Largest file that is read, in bytes.
    pub(crate) fn max_file_bytes(&self) -> u64 {
        let configured = self.policy.settings().config.max_file_size.as_ref();
        configured.map_or(MAX_FILE_BYTES, |size| size.value)
    }

    /// The mildest severity that fails, as the command line, the configuration or else we say; `None` for none.
    pub(crate) fn fail_on(&self, asked: Option<crate::args::FailOn>) -> Option<Severity> {
        let configured = self.policy.settings().fail_on.as_ref().map(|level| level.value);
        asked.map(|level| level.0).or(configured).unwrap_or(Some(FAIL_ON))
    }

    /// Whether this run would have looked at a file of this path, relative to the root.
    pub(crate) fn covers(&self, path: &str) -> bool {
        if self.single_files {
            return self.walked.files.binary_search_by(|found| (*found.path).cmp(path)).is_ok();
        }
        let file = self.root.base.join(path);
        self.root.starts.iter().any(|start| file.starts_with(start))
    }
}

impl Prepared {
    /// Whether this run would have found what a baseline's entry speaks of: it looks at the file, and its rule ran.
    ///
    /// A rule that the configuration switches off did not find anything, so its entries are of no use; one that only
    /// the command line left out says nothing.
    pub(crate) fn covers_entry(&self, entry: &BaselineEntry) -> bool {
        let table = &self.policy.settings().table;
        let is_silent = table.find(&entry.rule).is_some_and(|(index, rule)| {
            let is_on = self.policy.possible().get(index).copied().unwrap_or(false);
            (rule.project && self.suppressions.partial) || (!is_on && self.suppressions.narrowed)
        });
        !is_silent && self.covers(&entry.path)
    }
}

/// Finds the root and lists the files.
fn list(input: Input<'_>, here: &Path, threads: usize) -> Result<(Root, Walked), ProgramError> {
    match input {
        Input::Paths(paths) => {
            let root = Root::find(here, paths)?;
            let mut walked = walk(&root, threads);
            name_by_links(here, paths, &root, &mut walked);
            Ok((root, walked))
        }
        Input::Everything(paths) => {
            let root = Root::find(here, paths)?;
            let mut walked = walk_everything(&root, threads);
            name_by_links(here, paths, &root, &mut walked);
            Ok((root, walked))
        }
        Input::Staged(paths) => {
            let mut root = Root::find(here, paths)?;
            if paths.is_empty() {
                root.starts = vec![root.base.clone()];
            }
            let walked = Git::new(&root)?.staged(MAX_FILE_BYTES)?;
            // Configuration is looked for on the way to each file.
            root.starts = walked.files.iter().map(|found| root.base.join(&*found.path)).collect();
            Ok((root, walked))
        }
        Input::Stdin(path) => standard_input(here, path),
    }
}

/// A file that is asked for by the name of a link is what that name says, where its own says nothing.
fn name_by_links(here: &Path, paths: &[PathBuf], root: &Root, walked: &mut Walked) {
    for link in paths.iter().map(|path| here.join(path)).filter(|path| path.is_symlink() && path.is_file()) {
        let (Some(name), Ok(real)) = (link.file_name(), link.canonicalize()) else { continue };
        let real = root.relative(&real);
        let PathClass::Known(kind, _) = classify_path(&name.to_string_lossy()) else { continue };
        if !matches!(classify_path(&real), PathClass::Known(..)) {
            let found = walked.files.iter_mut().filter(|found| *found.path == *real);
            found.for_each(|found| found.kind = found.kind.or(Some(kind)));
        }
    }
}

/// Does `one` on a thread of its own while this one does `other`; in turn, where the system gives no thread.
fn beside<T: Send, U>(one: fn() -> T, other: impl FnOnce() -> U) -> (U, T) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, one);
        let other = other();
        let one = thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(one);
        (other, one)
    })
}

/// For each rule: whether plugins are asked about it, be it only for what may not be shown.
fn asked(policy: &ConfigPolicy) -> Vec<bool> {
    policy.possible().into_iter().zip(policy.hiding()).map(|(on, hides)| on || hides).collect()
}

/// Reads standard input as a file of this path, which need not exist.
fn standard_input(here: &Path, path: &Path) -> Result<(Root, Walked), ProgramError> {
    let absolute = here.join(path);
    let name = absolute.file_name().ok_or_else(|| ProgramError::Unusable {
        path: path.to_path_buf(),
        reason: "it names no file".to_owned(),
        advice: "Name the file that standard input stands for, such as `app/Dockerfile`.",
    })?;
    let parent = absolute.parent().unwrap_or(here);
    let existing = parent.ancestors().find(|folder| folder.is_dir()).unwrap_or(here).to_path_buf();
    let root = Root::find(here, std::slice::from_ref(&existing))?;
    // What does not exist yet has no links to follow.
    let rest = parent.strip_prefix(&existing).unwrap_or(Path::new(""));
    let real = existing.canonicalize().unwrap_or(existing).join(rest).join(name);
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| ProgramError::file("read", "standard input", &error))?;
    let found =
        Found { path: root.relative(&real).into(), origin: Origin::Bytes(Arc::from(bytes)), kind: None };
    let mut walked = Walked { files: vec![found], ..Walked::default() };
    walked.add_beside(&root, true);
    Ok((root, walked))
}

fn suppressions(
    settings: &Settings,
    root: &Root,
    choice: &Choice,
    no_config: bool,
    today: Option<Date>,
) -> Suppressions {
    let policy = &settings.config.suppressions;
    let is_on = |switch: &Option<Placed<bool>>| switch.as_ref().is_some_and(|switch| switch.value);
    let mut tools = Tools::default();
    policy.peers.iter().filter_map(|peer| Tool::from_name(&peer.value)).for_each(|tool| tools.insert(tool));
    Suppressions {
        off: false,
        tools,
        today,
        require_reason: is_on(&policy.require_reason),
        max_days: policy.max_days.as_ref().map(|days| days.value),
        forbid_inline: is_on(&policy.forbid_inline),
        partial: root.starts.as_slice() != [root.base.clone()],
        narrowed: no_config
            || choice.profile.is_some()
            || !choice.select.is_empty()
            || !choice.ignore.is_empty(),
    }
}
