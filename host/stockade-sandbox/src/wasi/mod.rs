//! A virtual WASI 0.2 for guests whose language runtimes import it: the same on every machine, and empty.
//!
//! No files, no environment, no arguments, standard input at its end, standard output and error captured to a
//! capped log, clocks that only the guest's own readings move, random numbers from a constant seed. What cannot be
//! answered with "there is none" ends the call. Network interfaces are not offered at all. Written by hand: the
//! usual implementation reaches the system, and denying afterwards is easier to get wrong than never having it.

mod clocks;
mod io;

use crate::abi::Guest;
use crate::open::{TYPES, split_version};
use crate::{Limits, OpenError};
use std::fmt;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance};
use wasmtime::{Engine, Result, StoreContextMut, Trap};

/// The interfaces that are offered, by name without version.
pub(crate) const OFFERED: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// What one instance sees of the virtual world.
#[derive(Debug)]
pub(crate) struct World {
    monotonic: u64,
    random: u64,
    /// What was written to standard output and error since it was last taken, at most `log_bytes`.
    log: Vec<u8>,
    log_bytes: usize,
}

impl World {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { monotonic: clocks::START, random: clocks::SEED, log: Vec::new(), log_bytes: limits.log_bytes }
    }

    /// Before a call: the same random numbers for each, so that an answer does not depend on earlier calls. The clock
    /// goes on, since a clock that goes backwards breaks runtimes; only its differences can be told apart.
    pub(crate) fn renew(&mut self) {
        self.random = clocks::SEED;
    }

    /// What was written since the last time, as text.
    pub(crate) fn take_log(&mut self) -> Option<String> {
        let log = std::mem::take(&mut self.log);
        (!log.is_empty()).then(|| String::from_utf8_lossy(&log).into_owned())
    }

    fn write(&mut self, bytes: &[u8]) {
        let room = self.log_bytes.saturating_sub(self.log.len());
        self.log.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

/// Why the virtual world ended a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The guest left with success or failure.
    Exit { ok: bool },
    /// The guest called something that has no answer here.
    Denied(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit { ok: true } => f.write_str("it called `exit` to report success instead of answering"),
            Self::Exit { ok: false } => f.write_str("it called `exit` to report failure"),
            Self::Denied(name) => write!(f, "it called `{name}`, which plugins do not get"),
        }
    }
}

impl std::error::Error for Ended {}

/// Instructions that a call into the virtual world costs; each takes about as long.
const CALL_FUEL: u64 = 200;

/// Takes fuel for a call into the virtual world that moves this many bytes: without it, a guest could make the host
/// copy gigabytes for the price of a few instructions.
fn charge(store: &mut StoreContextMut<'_, Guest>, bytes: usize) -> Result<()> {
    let cost = CALL_FUEL.saturating_add(bytes as u64);
    let fuel = store.get_fuel()?;
    store.set_fuel(fuel.saturating_sub(cost))?;
    if fuel < cost { Err(Trap::OutOfFuel.into()) } else { Ok(()) }
}

/// A linker that provides exactly what this component imports.
///
/// # Errors
/// [`OpenError::Import`] for a function hidden among types, [`OpenError::Engine`] for a failure of the engine.
pub(crate) fn linker(
    engine: &Engine,
    component: &Component,
) -> std::result::Result<Linker<Guest>, OpenError> {
    let mut linker = Linker::new(engine);
    // What is known takes the place of the stub that every import gets first.
    linker.allow_shadowing(true);
    let ty = component.component_type();
    for (name, item) in ty.imports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
        let interface = split_version(name).0;
        let functions = instance
            .exports(engine)
            .filter(|(_, export)| !matches!(export.ty, ComponentItem::Type(_) | ComponentItem::Resource(_)));
        if interface == TYPES {
            if let Some((function, _)) = functions.into_iter().next() {
                return Err(OpenError::Import {
                    name: crate::clean(&format!("{name}#{function}"), 200).into_owned(),
                    help: "Build the plugin from the released WIT, whose interface `types` has no function.",
                });
            }
            continue;
        }
        let resources =
            instance.exports(engine).filter(|(_, export)| matches!(export.ty, ComponentItem::Resource(_)));
        let mut into = linker.instance(name).map_err(|e| OpenError::engine(&e))?;
        stub(&mut into, name, functions.map(|(n, _)| n), resources.map(|(n, _)| n))
            .and_then(|()| provide(&mut into, interface))
            .map_err(|e| OpenError::engine(&e))?;
    }
    Ok(linker)
}

fn stub<'a>(
    into: &mut LinkerInstance<'_, Guest>,
    instance: &str,
    functions: impl Iterator<Item = &'a str>,
    resources: impl Iterator<Item = &'a str>,
) -> Result<()> {
    for name in resources {
        // By name alone: an interface that uses another's resource exports it again, and both must be one type.
        into.resource(name, io::resource(name), |_, _| Ok(()))?;
    }
    for name in functions {
        let full = crate::clean(&format!("{instance}#{name}"), 200).into_owned();
        into.func_new(name, move |_, _, _, _| Err(Ended::Denied(full.clone()).into()))?;
    }
    Ok(())
}

/// Defines the functions of an interface that have an answer.
fn provide(into: &mut LinkerInstance<'_, Guest>, interface: &str) -> Result<()> {
    match interface {
        "wasi:cli/environment" => {
            into.func_wrap("get-environment", |_, (): ()| Ok((Vec::<(String, String)>::new(),)))?;
            into.func_wrap("get-arguments", |_, (): ()| Ok((Vec::<String>::new(),)))?;
            into.func_wrap("initial-cwd", |_, (): ()| Ok((None::<String>,)))
        }
        "wasi:cli/exit" => {
            let leave = |ok| -> Result<()> { Err(Ended::Exit { ok }.into()) };
            into.func_wrap("exit", move |_, (status,): (std::result::Result<(), ()>,)| {
                leave(status.is_ok())
            })?;
            into.func_wrap("exit-with-code", move |_, (code,): (u8,)| leave(code == 0))
        }
        "wasi:cli/stdin" => into.func_wrap("get-stdin", |_, (): ()| Ok((io::input(),))),
        "wasi:cli/stdout" => into.func_wrap("get-stdout", |_, (): ()| Ok((io::output(),))),
        "wasi:cli/stderr" => into.func_wrap("get-stderr", |_, (): ()| Ok((io::output(),))),
        "wasi:cli/terminal-stdin" => into.func_wrap("get-terminal-stdin", |_, (): ()| Ok((io::no_input(),))),
        "wasi:cli/terminal-stdout" => {
            into.func_wrap("get-terminal-stdout", |_, (): ()| Ok((io::no_output(),)))
        }
        "wasi:cli/terminal-stderr" => {
            into.func_wrap("get-terminal-stderr", |_, (): ()| Ok((io::no_output(),)))
        }
        "wasi:clocks/monotonic-clock" => clocks::monotonic(into),
        "wasi:clocks/wall-clock" => clocks::wall(into),
        "wasi:filesystem/preopens" => io::preopens(into),
        "wasi:io/error" => io::error(into),
        "wasi:io/poll" => io::poll(into),
        "wasi:io/streams" => io::streams(into),
        "wasi:random/random" => clocks::random(into, "get-random-bytes", "get-random-u64"),
        "wasi:random/insecure" => {
            clocks::random(into, "get-insecure-random-bytes", "get-insecure-random-u64")
        }
        "wasi:random/insecure-seed" => {
            into.func_wrap("insecure-seed", |_, (): ()| Ok(((clocks::SEED, clocks::SEED),)))
        }
        _ => Ok(()),
    }
}

fn world<'a>(store: &'a mut StoreContextMut<'_, Guest>) -> &'a mut World {
    &mut store.data_mut().world
}
