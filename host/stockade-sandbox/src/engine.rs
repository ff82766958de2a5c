//! The engine: its settings, ahead-of-time compilation, and the clock behind the wall-clock backstop.
//!
//! There are two engines. Built-in code is compiled for a target triple without CPU features, so that it does not
//! depend on the machine that built stockade; its engine accepts it wherever the triple fits. It is bounded by a
//! budget of instructions alone, which it counts itself (the crate `stockade-metering` writes that into it). Third-party code is compiled for the machine it runs on, and has a wall-clock
//! deadline besides: a budget does not measure how long a single instruction that copies memory takes, which only code
//! that means harm makes use of. Asking for the time at each loop and call is a seventh of what built-in plugins cost.

use crate::{Limits, OpenError, open};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use wasmtime::wasmparser::WasmFeatures;
use wasmtime::{Config, Engine};

/// The triple this program was built for.
pub const TARGET: &str = env!("STOCKADE_TARGET");

/// Length of an epoch: a deadline is exact to this much.
const TICK: Duration = Duration::from_millis(50);

/// WebAssembly features that plugins may not use: answers would depend on the machine (relaxed SIMD, threads),
/// or they are proposals that no guest toolchain of ours emits and whose code paths are young.
const FORBIDDEN: WasmFeatures = WasmFeatures::RELAXED_SIMD
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::SHARED_EVERYTHING_THREADS)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::WIDE_ARITHMETIC)
    .union(WasmFeatures::STACK_SWITCHING)
    .union(WasmFeatures::CM_ASYNC)
    .union(WasmFeatures::CM_ERROR_CONTEXT);

/// Whose code an engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// That of the plugins which the build compiled.
    BuiltIn,
    /// That of components from outside.
    Foreign,
}

/// Settings of every engine here. Those that shape compiled code must not depend on `Limits`, or code compiled
/// by the build would not load; the stack limit is checked at run time only.
fn config(stack_bytes: usize, code: Code) -> Config {
    let mut config = Config::new();
    config
        // The deterministic budget and, behind it, the wall clock.
        .consume_fuel(code == Code::Foreign)
        .epoch_interruption(code == Code::Foreign)
        // Bookkeeping for async components doubles the cost of a call; checks are pure functions.
        .concurrency_support(false)
        // The bits of a NaN are the one thing in which CPUs differ.
        .cranelift_nan_canonicalization(true)
        // A wasm backtrace costs time on each trap and says nothing without names.
        .wasm_backtrace_max_frames(None)
        // For backtraces only, and a tenth of the code's size.
        .generate_address_map(false)
        // For the debuggers' eyes only, and to be told to the system for each component that is opened.
        .native_unwind_info(false)
        // A few tens of kilobytes are copied sooner than a file in memory is made of them and mapped. Plugins from outside may
        // bring megabytes.
        .memory_init_cow(code == Code::Foreign)
        .max_wasm_stack(stack_bytes)
        .wasm_features(FORBIDDEN, false);
    config
}

/// The engine that runs such code.
pub(crate) fn engine(limits: &Limits, code: Code) -> Result<Engine, OpenError> {
    let mut config = config(limits.stack_bytes, code);
    // Built-in code was compiled by the build: to prepare a compiler would be in vain.
    config.enable_compiler(code == Code::Foreign);
    #[cfg(target_os = "linux")]
    if code == Code::BuiltIn {
        config.with_custom_code_memory(Some(std::sync::Arc::new(crate::in_place::Pages)));
    }
    Engine::new(&config).map_err(|e| OpenError::engine(&e))
}

/// Compiles a component to native code for [`crate::Builder::add_builtin`]: in goes a component, out comes what
/// must be embedded in the program. The component must count what it does. `target` is a triple; `None` stands for the one this crate was built for, which
/// in a build script is the building machine's. The code uses no CPU feature that the triple does not imply.
///
/// # Errors
/// Where the component is not acceptable ([`crate::inspect`] says so), does not count, does not compile, or the target is
/// unknown.
pub fn precompile(wasm: &[u8], target: Option<&str>) -> Result<Vec<u8>, OpenError> {
    let limits = Limits::default();
    let mut config = config(limits.stack_bytes, Code::BuiltIn);
    config.target(target.unwrap_or(TARGET)).map_err(|e| OpenError::engine(&e))?;
    let engine = Engine::new(&config).map_err(|e| OpenError::engine(&e))?;
    open::inspect_metered(wasm, &limits)?;
    engine.precompile_component(wasm).map_err(|e| OpenError::invalid(&e))
}

/// Advances the engine's epoch once a tick, from a thread that starts with the first instance and ends
/// with the clock.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    stop: OnceLock<mpsc::Sender<()>>,
}

impl Clock {
    /// Starts the thread unless it runs. Should the system refuse a thread, fuel alone bounds the plugins.
    pub(crate) fn start(&self, engine: &Engine) {
        self.stop.get_or_init(|| {
            let (stop, stopped) = mpsc::channel();
            let engine = engine.clone();
            let tick = move || {
                while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
                    engine.increment_epoch();
                }
            };
            let _ = std::thread::Builder::new().name("stockade-clock".to_owned()).spawn(tick);
            stop
        });
    }

    /// A deadline this far from now, in epochs, rounded up.
    pub(crate) fn epochs(deadline: Duration) -> u64 {
        let ticks = deadline.as_millis().div_ceil(TICK.as_millis()).saturating_add(1);
        u64::try_from(ticks).unwrap_or(u64::MAX / 2).min(u64::MAX / 2)
    }
}
