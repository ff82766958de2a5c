//! Makes a core module count what it does, and give up when its budget is used up.
//!
//! Plugins from outside are counted by the engine, instruction by instruction ("fuel"). That makes every function save and
//! load the count around its calls, and keeps registers free for the call that follows when the fuel is gone: nearly a third
//! of what the built-in plugins cost. For those this crate writes the counting into the module before it is compiled, and
//! only where it is needed for a bound: in loops, in functions that can come to call themselves, and in front of
//! instructions that work on whole stretches of memory. What is left out runs at most once for each of those, so the
//! count is that of the engine up to a factor which the module's size bounds. It depends on nothing but the input, as the
//! engine's does.
//!
//! The module gets two imports ([`WORLD`]): `budget` is asked for at the beginning of each call from the host, and `left` is
//! told at its end what is left. A module that has used up its budget divides by zero, which no other code of a compiler
//! for safe languages does: they look first.
//!
//! The way is that of "Dynamic Metering" in WebAssembly runtimes for smart contracts (`wasm-instrument`, `pwasm-utils`),
//! without their count for each block.

mod cycles;
mod rewrite;
mod shape;

use anyhow::{Context, Result};
use shape::Shape;
use wasm_encoder::reencode::Reencode;
use wasmparser::Parser;
use wit_component::StringEncoding;
use wit_parser::Resolve;

/// What a metered module asks of its host. `budget`: how many instructions the call that begins may take. `left`: how many of
/// them it has not taken; below zero, as two's complement, by what was done since it looked last.
pub const WORLD: &str = "package stockade:metering;
world metered {
  import budget: func() -> u64;
  import left: func(instructions: u64);
}
";

/// What a module may do between two calls, in instructions: while it starts, and while the host puts arguments into its
/// memory or takes answers out of it.
pub(crate) const BETWEEN_CALLS: i64 = 1_000_000_000;

/// Gives a module (with the metadata of its component) that counts what it does.
///
/// Every exported function with a `#` in its name counts as a call from the host: so are the functions of exported interfaces
/// called, and no others.
///
/// # Errors
/// Where the module is none, or uses instructions that Rust does not produce: tail calls, typed references, exceptions.
pub fn meter(module: &[u8]) -> Result<Vec<u8>> {
    let shape = Shape::of(module).context("the module cannot be read")?;
    let mut metered = wasm_encoder::Module::new();
    rewrite::Rewrite::new(&shape)
        .parse_core_module(&mut metered, Parser::new(0), module)
        .map_err(|error| anyhow::anyhow!("the module cannot be rewritten: {error}"))?;
    let mut bytes = metered.finish();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("metering.wit", WORLD)?;
    let world = resolve.select_world(&[package], None)?;
    wit_component::embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8)?;
    Ok(bytes)
}
