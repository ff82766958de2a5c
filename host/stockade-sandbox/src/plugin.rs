//! One plugin: its code, its rules, and its instances.

use crate::abi::{self, Budget, Exports, Guest, Opened};
use crate::engine::Clock;
use crate::fault::{self, Doing, Wrong};
use crate::wasi::{self, World};
use crate::{CodeCache, Limits, OpenError, clean_lines, cost, in_place, meter::Meter, open};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use stockade_model::{Fault, FaultKind, PluginInfo, RuleSetup};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store, StoreContextMut};

/// A plugin and all that is kept for it.
pub(crate) struct Plugin {
    pub(crate) info: PluginInfo,
    pub(crate) rules: Vec<RuleSetup>,
    engine: Engine,
    /// Native code embedded in the program; opened when first needed.
    embedded: &'static [u8],
    opened: OnceLock<Result<Box<dyn Opened>, Wrong>>,
    /// Instances at rest. A stack: the one used last is warm in the caches.
    idle: Mutex<Vec<Running>>,
    /// Why no instance can be made. It would be the same for each file, so it is found out once.
    broken: OnceLock<Wrong>,
    pub(crate) usage: Counters,
    log: Mutex<String>,
}

/// What a plugin has used up so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: AtomicU64,
    pub(crate) fuel: AtomicU64,
    pub(crate) instances: AtomicU64,
}

impl Plugin {
    pub(crate) fn embedded(info: PluginInfo, engine: Engine, code: &'static [u8]) -> Self {
        Self {
            info,
            rules: Vec::new(),
            engine,
            embedded: code,
            opened: OnceLock::new(),
            idle: Mutex::default(),
            broken: OnceLock::new(),
            usage: Counters::default(),
            log: Mutex::default(),
        }
    }

    pub(crate) fn opened(info: PluginInfo, engine: Engine, opened: Box<dyn Opened>) -> Self {
        let this = Self::embedded(info, engine, &[]);
        let _ = this.opened.set(Ok(opened));
        this
    }

    /// Whether the build compiled it: such code counts by itself and does not look at the clock.
    pub(crate) fn is_built_in(&self) -> bool {
        !self.embedded.is_empty()
    }

    /// Instructions for a call whose input has this many bytes.
    pub(crate) fn fuel(&self, input_bytes: usize, limits: &Limits) -> u64 {
        if self.is_built_in() { limits.built_in_fuel(input_bytes) } else { limits.fuel(input_bytes) }
    }

    /// The fault of this plugin on a file, or on none.
    pub(crate) fn fault(&self, wrong: Wrong, path: Option<&str>) -> Fault {
        let path = path.map(str::to_owned);
        Fault { plugin: self.info.name.clone(), kind: wrong.kind, path, message: wrong.message }
    }

    pub(crate) fn take_idle(&self) -> Option<Running> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Puts an instance back, unless it has grown too large to keep.
    pub(crate) fn put_back(&self, mut running: Running, limits: &Limits) {
        self.keep_log(running.store.data_mut(), limits);
        if running.store.data().meter.memory() <= limits.kept_memory_bytes {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(running);
        }
    }

    /// What the plugin has written so far, for people: in the order in which calls ended, which is not the order of
    /// files where several threads call.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds what an instance has written to the log, as long as that is not full; gives the line that tells most.
    fn keep_log(&self, guest: &mut Guest, limits: &Limits) -> Option<String> {
        let text = guest.world.take_log()?;
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let room = limits.log_bytes.saturating_sub(log.len());
        if room > 0 {
            log.push_str(&clean_lines(&text, room));
            log.push('\n');
        }
        fault::telling(&text)
    }

    /// What went wrong, from the engine's error and what the plugin wrote before.
    pub(crate) fn sort(
        &self,
        error: &wasmtime::Error,
        doing: Doing,
        guest: &mut Guest,
        limits: &Limits,
    ) -> Wrong {
        let mut wrong = fault::sort(error, doing, &guest.meter, limits, self.is_built_in());
        if let Some(line) = self.keep_log(guest, limits)
            && wrong.kind == FaultKind::Trap
        {
            wrong.message = format!("{}; it wrote: {}", wrong.message, fault::own_words(&line));
        }
        wrong
    }

    /// A new instance that knows its rules.
    ///
    /// # Errors
    /// What went wrong is remembered and told again each time without trying.
    pub(crate) fn start(&self, clock: &Clock, limits: &Limits) -> Result<Running, Wrong> {
        if let Some(wrong) = self.broken.get() {
            return Err(wrong.clone());
        }
        if !self.is_built_in() {
            clock.start(&self.engine);
        }
        let started = self.open().and_then(|opened| {
            self.usage.instances.fetch_add(1, Ordering::Relaxed);
            self.start_with(opened, limits)
        });
        started.map_err(|wrong| self.broken.get_or_init(|| wrong).clone())
    }

    fn start_with(&self, opened: &dyn Opened, limits: &Limits) -> Result<Running, Wrong> {
        let budget = Budget::of(limits.start_fuel);
        let mut store =
            Store::new(&self.engine, Guest { meter: Meter::new(limits), world: World::new(limits), budget });
        store.limiter(|guest| &mut guest.meter);
        store.set_epoch_deadline(Clock::epochs(limits.deadline));
        store.set_hostcall_fuel(limits.answer_bytes);
        store.set_max_component_handles(limits.handles);
        if !self.is_built_in() {
            set_fuel(&mut store, limits.start_fuel)?;
        }
        let exports = match opened.instantiate(&mut store) {
            Ok(exports) => exports,
            Err(e) => return Err(self.sort(&e, Doing::Start, store.data_mut(), limits)),
        };
        match exports.configure(&mut store, &self.rules) {
            Ok(Ok(())) => {
                self.keep_log(store.data_mut(), limits);
                Ok(Running { store, exports, counts: self.is_built_in() })
            }
            Ok(Err(words)) => Err(Wrong::new(FaultKind::Configure, fault::own_words(&words))),
            Err(e) => Err(self.sort(&e, Doing::Configure, store.data_mut(), limits)),
        }
    }

    fn open(&self) -> Result<&dyn Opened, Wrong> {
        let opened = self.opened.get_or_init(|| {
            load_embedded(&self.engine, self.embedded).map_err(|e| Wrong::new(FaultKind::Open, e.to_string()))
        });
        opened.as_deref().map_err(Clone::clone)
    }
}

/// An instance that has been configured.
pub(crate) struct Running {
    pub(crate) store: Store<Guest>,
    pub(crate) exports: Box<dyn Exports>,
    /// Whether it counts by itself.
    counts: bool,
}

impl Running {
    /// Sets what the next call may use up.
    pub(crate) fn prepare(&mut self, fuel: u64, answer_bytes: usize, limits: &Limits) -> Result<(), Wrong> {
        let guest = self.store.data_mut();
        guest.meter.forget();
        guest.world.renew();
        self.store.set_epoch_deadline(Clock::epochs(limits.deadline));
        self.store.data_mut().budget = Budget::of(fuel);
        self.store.set_hostcall_fuel(answer_bytes);
        if self.counts { Ok(()) } else { set_fuel(&mut self.store, fuel) }
    }

    /// Fuel left of what was set last.
    pub(crate) fn fuel_left(&self) -> u64 {
        if self.counts { self.store.data().budget.left } else { self.store.get_fuel().unwrap_or_default() }
    }
}

fn set_fuel(store: &mut Store<Guest>, fuel: u64) -> Result<(), Wrong> {
    // Fails only for an engine without fuel, and ours has it.
    store.set_fuel(fuel).map_err(|e| Wrong::new(FaultKind::Open, e.to_string()))
}

/// Loads code that the build embedded.
#[expect(unsafe_code, reason = "native code made by our own build")]
fn load_embedded(engine: &Engine, code: &'static [u8]) -> Result<Box<dyn Opened>, OpenError> {
    // SAFETY: both must only be given what `precompile_component` wrote, unchanged. `code` is `'static` data
    // that `Builder::add_builtin` asks to be the output of `precompile`, embedded in the program by the build: whoever
    // could change it could change the program. It cannot come from a file at run time without leaking memory
    // on purpose. A version or setting that does not fit is refused by the engine. In place it lives as long as the
    // program, and nothing else lies in its pages.
    let component = unsafe {
        // A system that lets no data of a program be run may still run a copy of it.
        match in_place::take(code).map(|code| Component::deserialize_raw(engine, code)) {
            Some(Ok(component)) => Ok(component),
            Some(Err(_)) | None => Component::deserialize(engine, code),
        }
    };
    let component = component.map_err(|e| OpenError::Engine { reason: crate::error::reason(&e) })?;
    let exports: Vec<String> =
        component.component_type().exports(engine).map(|(name, _)| name.to_owned()).collect();
    let linker = metering(engine).map_err(|e| OpenError::Engine { reason: crate::error::reason(&e) })?;
    abi::bind(&linker, &component, &abi::choose(&exports)?)
}

/// The functions that a plugin calls to learn its budget, and to say what is left of it.
fn metering(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let [budget, left] = open::METERING;
    let mut linker = Linker::new(engine);
    linker
        .root()
        .func_wrap(budget, |store: StoreContextMut<'_, Guest>, (): ()| Ok((store.data().budget.given,)))?;
    linker.root().func_wrap(left, |mut store: StoreContextMut<'_, Guest>, (left,): (u64,)| {
        // Below zero where the last that it did was more than was left.
        store.data_mut().budget.left = u64::try_from(left.cast_signed()).unwrap_or(0);
        Ok(())
    })?;
    Ok(linker)
}

/// Opens a component that came from outside: inspects it, and compiles it or takes the compiled code from the cache.
/// The second value says why compiled code could not be kept.
pub(crate) fn load_component(
    engine: &Engine,
    wasm: &[u8],
    cache: Option<&CodeCache>,
    limits: &Limits,
) -> Result<(Box<dyn Opened>, Option<std::io::Error>), OpenError> {
    let interface = open::outline(wasm, limits)?.interface;
    let mut not_kept = None;
    let component = match cache.and_then(|cache| load_cached(engine, wasm, cache)) {
        Some(component) => component,
        None => {
            cost::check(wasm, limits)?;
            let component = compile(engine, wasm, limits)?;
            if let Some(cache) = cache {
                let code = component.serialize().map_err(|e| OpenError::engine(&e))?;
                not_kept = cache.store(engine, wasm, &code).err();
            }
            component
        }
    };
    let opened = abi::bind(&wasi::linker(engine, &component)?, &component, &interface)?;
    Ok((opened, not_kept))
}

#[expect(unsafe_code, reason = "native code that this user's stockade compiled and sealed")]
fn load_cached(engine: &Engine, wasm: &[u8], cache: &CodeCache) -> Option<Component> {
    let code = cache.load(engine, wasm)?;
    // SAFETY: `deserialize` must only be given what the engine serialised, unchanged. These bytes are in memory, and
    // carried a keyed hash over themselves and their name, which holds the digest of exactly this
    // component; the key is readable by this user alone, and `CodeCache::store` seals nothing but freshly
    // serialised code. A version or setting that does not fit is refused by the engine.
    unsafe { Component::deserialize(engine, &code) }.ok()
}

/// Compiles on a thread of its own, so that crafted code cannot keep us for ever: the compiler cannot be
/// interrupted, but it can be left behind until the process ends.
fn compile(engine: &Engine, wasm: &[u8], limits: &Limits) -> Result<Component, OpenError> {
    let (done, result) = mpsc::channel();
    let (engine, wasm) = (engine.clone(), wasm.to_vec());
    std::thread::Builder::new()
        .name("stockade-compile".to_owned())
        // The compiler recurses over nested types and blocks more deeply than a default thread allows for.
        .stack_size(16 << 20)
        .spawn(move || {
            let _ = done.send(Component::from_binary(&engine, &wasm));
        })
        .map_err(|e| OpenError::Engine { reason: e.to_string() })?;
    match result.recv_timeout(limits.compile_time) {
        Ok(compiled) => compiled.map_err(|e| OpenError::invalid(&e)),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(OpenError::CompileTime { seconds: limits.compile_time.as_secs() })
        }
        // The thread panicked: a bug of the compiler, met by this component.
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(OpenError::Invalid { reason: "the compiler gave up on it".to_owned() })
        }
    }
}
