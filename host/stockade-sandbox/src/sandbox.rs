//! All plugins of a run, behind the one trait through which the engine crate asks them.

use crate::abi::{FileCall, Guest};
use crate::admit::{Place, Scope, admit, join};
use crate::engine::{self, Clock, Code};
use crate::fault::{self, Doing, TooMuch, Wrong};
use crate::plugin::{self, Plugin, Running};
use crate::{CodeCache, Limits, OpenError};
use std::sync::atomic::Ordering;
use stockade_model::{Checker, Cut, Document, Fault, FaultKind, FileFacts, PluginInfo, RawReport, RuleSetup};
use wasmtime::{Engine, Store};

/// So many calls about one file may use up their budgets before no more are made: three let a plugin do what four budgets
/// cover, and a file that is made to take long take four times as long.
const MAX_EXHAUSTED: u32 = 3;

/// Whether an instance is used for more than one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Instances are kept between calls, as many as threads call at once.
    #[default]
    Kept,
    /// Each call gets a new instance: slower, and shows whether a plugin's answers depend on earlier calls.
    Never,
}

/// What a plugin has used up so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls of `check` and `check-project`.
    pub calls: u64,
    /// Instructions those calls took.
    pub fuel: u64,
    /// Instances started.
    pub instances: u64,
}

/// Collects plugins and their rules.
pub struct Builder {
    limits: Limits,
    reuse: Reuse,
    engine: Engine,
    /// That of components from outside, once there is one.
    foreign: Option<Engine>,
    plugins: Vec<Plugin>,
    remarks: Vec<String>,
}

impl Builder {
    /// Whether instances are used again; by default they are.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Adds a plugin that the build compiled and embedded; gives its number. Nothing is opened before its first call,
    /// so an unused plugin costs nothing.
    ///
    /// `code` must be the output of [`crate::precompile`], unchanged: it is native code and is run as such. Code
    /// for another version or target shows as a fault of kind `open`. Where it begins at a multiple of [`crate::ALIGNMENT`]
    /// and is as long as one (zeros may follow what `precompile` gave), it is run in place where the system allows it.
    pub fn add_builtin(&mut self, name: &str, version: &str, needs: &[&str], code: &'static [u8]) -> usize {
        self.add(Plugin::embedded(info(name, version, needs), self.engine.clone(), code))
    }

    /// Adds a component from outside: `wasm` is the file's bytes, `needs` the names of the document tables it wants.
    /// Gives the plugin's number. Compiled code is looked for and kept in `cache`, if there is one.
    ///
    /// # Errors
    /// Whatever [`OpenError`] says about the component.
    pub fn add_component(
        &mut self,
        name: &str,
        version: &str,
        needs: &[&str],
        wasm: &[u8],
        cache: Option<&CodeCache>,
    ) -> Result<usize, OpenError> {
        let engine = match &self.foreign {
            Some(engine) => engine.clone(),
            None => self.foreign.insert(engine::engine(&self.limits, Code::Foreign)?).clone(),
        };
        let (opened, not_kept) = plugin::load_component(&engine, wasm, cache, &self.limits)?;
        if let Some(why) = not_kept {
            let remark = format!("compiled code of plugin `{name}` cannot be kept for the next run: {why}");
            self.remarks.push(crate::clean(&remark, self.limits.shown_bytes).into_owned());
        }
        Ok(self.add(Plugin::opened(info(name, version, needs), engine, opened)))
    }

    fn add(&mut self, plugin: Plugin) -> usize {
        self.plugins.push(plugin);
        self.plugins.len() - 1
    }

    /// Sets the rules that are switched on, by plugin number. A plugin that is not named has none.
    ///
    /// # Errors
    /// [`OpenError::NoPlugin`] for a number that no `add` gave out.
    pub fn rules(
        &mut self,
        rules: impl IntoIterator<Item = (usize, Vec<RuleSetup>)>,
    ) -> Result<&mut Self, OpenError> {
        let count = self.plugins.len();
        for (index, setups) in rules {
            let plugin = self.plugins.get_mut(index).ok_or(OpenError::NoPlugin { index, count })?;
            plugin.rules = setups;
        }
        Ok(self)
    }

    /// The finished sandbox.
    #[must_use]
    pub fn build(self) -> Sandbox {
        let Self { limits, reuse, plugins, remarks, .. } = self;
        let infos = plugins.iter().map(|p| p.info.clone()).collect();
        Sandbox { limits, reuse, clock: Clock::default(), plugins, infos, remarks }
    }
}

fn info(name: &str, version: &str, needs: &[&str]) -> PluginInfo {
    // `settings!`: wanted, and of no use to the plugin when it is empty.
    let only_with = needs.iter().find_map(|name| name.strip_suffix('!')).map(str::to_owned);
    let needs = needs.iter().map(|name| name.trim_end_matches('!').to_owned()).collect();
    PluginInfo { name: name.to_owned(), version: version.to_owned(), needs, only_with }
}

/// All plugins of a run. Asks them from any number of threads, each call within the limits, and answers the
/// same for the same input whatever was asked before.
pub struct Sandbox {
    limits: Limits,
    reuse: Reuse,
    clock: Clock,
    plugins: Vec<Plugin>,
    infos: Vec<PluginInfo>,
    remarks: Vec<String>,
}

impl Sandbox {
    /// A builder for these limits.
    ///
    /// # Errors
    /// [`OpenError::Engine`] where this machine cannot run plugins at all.
    pub fn builder(limits: Limits) -> Result<Builder, OpenError> {
        let engine = engine::engine(&limits, Code::BuiltIn)?;
        let (plugins, remarks) = (Vec::new(), Vec::new());
        Ok(Builder { limits, reuse: Reuse::default(), engine, foreign: None, plugins, remarks })
    }

    /// Things worth telling the user that change no answer: compiled code that could not be kept.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// What a plugin has used up; zero for a number that does not exist.
    #[must_use]
    pub fn usage(&self, plugin: usize) -> Usage {
        let Some(plugin) = self.plugins.get(plugin) else { return Usage::default() };
        Usage {
            calls: plugin.usage.calls.load(Ordering::Relaxed),
            fuel: plugin.usage.fuel.load(Ordering::Relaxed),
            instances: plugin.usage.instances.load(Ordering::Relaxed),
        }
    }

    /// What a plugin wrote to its standard output and error, cleaned and cut at [`Limits::log_bytes`]; empty for
    /// plugins whose language has no such thing. For people: threads interleave.
    #[must_use]
    pub fn log(&self, plugin: usize) -> String {
        self.plugins.get(plugin).map(Plugin::log).unwrap_or_default()
    }

    fn plugin(&self, index: usize) -> Result<&Plugin, Fault> {
        self.plugins.get(index).ok_or_else(|| Fault {
            plugin: String::new(),
            kind: FaultKind::Open,
            path: None,
            message: format!("there is no plugin number {index}"),
        })
    }

    /// Makes one call, on an instance at rest if there is one.
    ///
    /// What went wrong on a used instance is tried again on a new one: a plugin that leaks memory or keeps state must
    /// not make an answer depend on which files its instance saw before. Not after a deadline, which would
    /// double the wait.
    fn run(&self, plugin: &Plugin, path: Option<&str>, call: &Call<'_>) -> Result<RawReport, Failure> {
        let failure =
            |wrong: Wrong, path| Failure { too_much: wrong.too_much, fault: plugin.fault(wrong, path) };
        let start = || plugin.start(&self.clock, &self.limits).map_err(|wrong| failure(wrong, None));
        let idle = match self.reuse {
            Reuse::Kept => plugin.take_idle(),
            Reuse::Never => None,
        };
        let used = idle.is_some();
        let mut running = match idle {
            Some(running) => running,
            None => start()?,
        };
        let mut answer = self.attempt(plugin, &mut running, call);
        if used && answer.as_ref().is_err_and(|wrong| wrong.kind != FaultKind::Deadline) {
            drop(running);
            running = start()?;
            answer = self.attempt(plugin, &mut running, call);
        }
        let intact = !answer.as_ref().is_err_and(|wrong| wrong.kind != FaultKind::Refused);
        if intact && self.reuse == Reuse::Kept {
            plugin.put_back(running, &self.limits);
        }
        answer.map_err(|wrong| failure(wrong, path))
    }

    /// Asks for all rules at once, and where that is more than an answer may hold or a budget covers, for half of them and
    /// the other half: a generated file may break hundreds of rules on thousands of lines. A rule whose own answer is too
    /// long is left out; where too many calls use up their budgets, the file is.
    ///
    /// Only built-in plugins are asked again: one from outside could make every file cost as many calls as it has rules.
    fn in_parts(
        &self,
        plugin: &Plugin,
        scope: &Scope<'_>,
        ask: &dyn Fn(&[u32]) -> Result<RawReport, Failure>,
    ) -> Result<RawReport, Fault> {
        let mut parts = Vec::new();
        let mut to_ask = vec![scope.rules];
        let mut exhausted = 0;
        while let Some(rules) = to_ask.pop() {
            let answer = ask(rules);
            let too_much = answer.as_ref().err().and_then(|failure| failure.too_much);
            exhausted += u32::from(too_much == Some(TooMuch::Work));
            let may_ask_again = match too_much {
                Some(TooMuch::Answer) => plugin.is_built_in(),
                Some(TooMuch::Work) => plugin.is_built_in() && rules.len() > 1 && exhausted <= MAX_EXHAUSTED,
                None => false,
            };
            match (answer, rules) {
                (Ok(answer), _) if parts.is_empty() && to_ask.is_empty() => return Ok(answer),
                (Ok(answer), _) => {
                    parts.push(answer);
                    // Answers are put together as they come: each may be as long as an answer can be.
                    parts = vec![join(parts, scope, &self.limits)];
                }
                (Err(failure), _) if !may_ask_again => return Err(failure.fault),
                (Err(failure), []) => return Err(failure.fault),
                (Err(_), [rule]) => {
                    let cut = Cut { rules: vec![*rule], ..Cut::default() };
                    parts.push(RawReport { cut, ..RawReport::default() });
                }
                (Err(_), rules) => {
                    let (first, second) = rules.split_at(rules.len() / 2);
                    to_ask.extend([second, first]);
                }
            }
        }
        Ok(join(parts, scope, &self.limits))
    }

    fn attempt(&self, plugin: &Plugin, running: &mut Running, call: &Call<'_>) -> Result<RawReport, Wrong> {
        running.prepare(call.fuel, call.answer_bytes, &self.limits)?;
        let answer = (call.ask)(running);
        plugin.usage.calls.fetch_add(1, Ordering::Relaxed);
        plugin.usage.fuel.fetch_add(call.fuel.saturating_sub(running.fuel_left()), Ordering::Relaxed);
        match answer {
            Ok(Ok(mut report)) => {
                admit(&mut report, &call.scope, &self.limits)
                    .map_err(|why| Wrong::new(FaultKind::Answer, why))?;
                Ok(report)
            }
            Ok(Err(words)) => Err(Wrong::new(FaultKind::Refused, fault::own_words(&words))),
            Err(error) => {
                let doing = Doing::Check { fuel: call.fuel, answer_bytes: call.answer_bytes };
                Err(plugin.sort(&error, doing, running.store.data_mut(), &self.limits))
            }
        }
    }
}

/// Why a call gave no answer.
struct Failure {
    fault: Fault,
    too_much: Option<TooMuch>,
}

/// One call: what it may use up, what its answer may be about, and how to make it.
struct Call<'a> {
    fuel: u64,
    answer_bytes: usize,
    scope: Scope<'a>,
    ask: &'a dyn Fn(&mut Running) -> wasmtime::Result<Result<RawReport, String>>,
}

impl Checker for Sandbox {
    fn plugins(&self) -> &[PluginInfo] {
        &self.infos
    }

    fn check(
        &self,
        plugin: usize,
        path: &str,
        kind: &str,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        let plugin = self.plugin(plugin)?;
        let place = Place::File(document);
        let scope = Scope { rules, setups: &plugin.rules, place, findings: self.limits.findings };
        self.in_parts(plugin, &scope, &|rules| {
            let file = FileCall { path, kind, document, needs: &plugin.info.needs, rules };
            let call = Call {
                fuel: plugin.fuel(document.data.len(), &self.limits),
                answer_bytes: self.limits.answer_bytes,
                scope: Scope { rules, ..scope },
                ask: &|running| running.exports.check(&mut running.store, &file),
            };
            self.run(plugin, Some(path), &call)
        })
    }

    fn check_project(&self, plugin: usize, rules: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault> {
        let plugin = self.plugin(plugin)?;
        let bytes: usize = files.iter().flat_map(|f| &f.facts).map(|f| f.key.len() + f.value.len()).sum();
        let paths: usize = files.iter().map(|f| f.path.len()).sum();
        if bytes > self.limits.project_facts_bytes {
            let limit = self.limits.project_facts_bytes;
            let message = format!("recorded {bytes} bytes of facts, more than {limit}");
            return Err(plugin.fault(Wrong::new(FaultKind::Answer, message), None));
        }
        let place = Place::Project { files: files.len() };
        self.run(
            plugin,
            None,
            &Call {
                // Paths are input as well: those who ask for it get all of a repository's.
                fuel: plugin.fuel(bytes + paths, &self.limits),
                answer_bytes: self.limits.project_answer_bytes,
                scope: Scope { rules, setups: &plugin.rules, place, findings: self.limits.project_findings },
                ask: &|running| running.exports.check_project(&mut running.store, files, rules),
            },
        )
        .map_err(|failure| failure.fault)
    }
}

/// Instances move between threads; nothing in them may be tied to one.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Store<Guest>>();
    is_send::<Running>();
};
