//! Streams: input that is at its end, output that goes to the log, and no files.
//!
//! Handles stand for nothing but their type, so a resource has no state and number 0; the engine checks that a
//! handle is one that was given out.

use super::{charge, world};
use crate::abi::Guest;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut, Trap};

pub(super) struct Input;
pub(super) struct Output;
pub(super) struct IoError;
pub(super) struct Pollable;
pub(super) struct TerminalInput;
pub(super) struct TerminalOutput;
struct Descriptor;
/// Any resource that no guest can get hold of.
struct Nothing;

/// Bytes that one `write` may have: what `check-write` permits.
const WRITE_BYTES: u64 = 64 << 10;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

type Streamed<T> = std::result::Result<T, StreamError>;

pub(super) fn input() -> Resource<Input> {
    Resource::new_own(0)
}

pub(super) fn output() -> Resource<Output> {
    Resource::new_own(0)
}

pub(super) fn pollable() -> Resource<Pollable> {
    Resource::new_own(0)
}

pub(super) fn no_input() -> Option<Resource<TerminalInput>> {
    None
}

pub(super) fn no_output() -> Option<Resource<TerminalOutput>> {
    None
}

/// The type of the resource with this name, in whichever interface it shows up.
pub(super) fn resource(name: &str) -> ResourceType {
    match name {
        "input-stream" => ResourceType::host::<Input>(),
        "output-stream" => ResourceType::host::<Output>(),
        "error" => ResourceType::host::<IoError>(),
        "pollable" => ResourceType::host::<Pollable>(),
        "terminal-input" => ResourceType::host::<TerminalInput>(),
        "terminal-output" => ResourceType::host::<TerminalOutput>(),
        "descriptor" => ResourceType::host::<Descriptor>(),
        _ => ResourceType::host::<Nothing>(),
    }
}

/// No directory, so no descriptor, so none of the methods of files can be called: those stay stubs.
pub(super) fn preopens(into: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    into.func_wrap("get-directories", |_, (): ()| Ok((Vec::<(Resource<Descriptor>, String)>::new(),)))
}

pub(super) fn error(into: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    into.func_wrap("[method]error.to-debug-string", |_, (_,): (Resource<IoError>,)| Ok((String::new(),)))
}

/// Everything is always ready.
pub(super) fn poll(into: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    into.func_wrap("[method]pollable.ready", |mut store, (_,): (Resource<Pollable>,)| {
        charge(&mut store, 0)?;
        Ok((true,))
    })?;
    into.func_wrap("[method]pollable.block", |mut store, (_,): (Resource<Pollable>,)| charge(&mut store, 0))?;
    into.func_wrap("poll", |mut store, (pollables,): (Vec<Resource<Pollable>>,)| {
        charge(&mut store, pollables.len().saturating_mul(16))?;
        if pollables.is_empty() {
            // WASI asks for a trap here.
            return Err(Trap::UnreachableCodeReached.into());
        }
        let ready: Vec<u32> = (0u32..).zip(&pollables).map(|(index, _)| index).collect();
        Ok((ready,))
    })
}

pub(super) fn streams(into: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    for name in ["[method]input-stream.read", "[method]input-stream.blocking-read"] {
        into.func_wrap(name, |mut store, (_, _): (Resource<Input>, u64)| -> Result<(Streamed<Vec<u8>>,)> {
            charge(&mut store, 0)?;
            Ok((Err(StreamError::Closed),))
        })?;
    }
    for name in ["[method]input-stream.skip", "[method]input-stream.blocking-skip"] {
        into.func_wrap(name, |mut store, (_, _): (Resource<Input>, u64)| -> Result<(Streamed<u64>,)> {
            charge(&mut store, 0)?;
            Ok((Err(StreamError::Closed),))
        })?;
    }
    into.func_wrap("[method]input-stream.subscribe", |_, (_,): (Resource<Input>,)| Ok((pollable(),)))?;
    into.func_wrap("[method]output-stream.subscribe", |_, (_,): (Resource<Output>,)| Ok((pollable(),)))?;
    into.func_wrap("[method]output-stream.check-write", |mut store, (_,): (Resource<Output>,)| {
        charge(&mut store, 0)?;
        Ok((Streamed::Ok(WRITE_BYTES),))
    })?;
    for name in ["[method]output-stream.write", "[method]output-stream.blocking-write-and-flush"] {
        into.func_wrap(name, |mut store, (_, bytes): (Resource<Output>, Vec<u8>)| write(&mut store, &bytes))?;
    }
    for name in
        ["[method]output-stream.write-zeroes", "[method]output-stream.blocking-write-zeroes-and-flush"]
    {
        into.func_wrap(name, |mut store, (_, count): (Resource<Output>, u64)| {
            let count = count.min(WRITE_BYTES + 1) as usize;
            write(&mut store, &vec![0; count])
        })?;
    }
    for name in ["[method]output-stream.flush", "[method]output-stream.blocking-flush"] {
        into.func_wrap(name, |mut store, (_,): (Resource<Output>,)| {
            charge(&mut store, 0)?;
            Ok((Streamed::Ok(()),))
        })?;
    }
    for name in ["[method]output-stream.splice", "[method]output-stream.blocking-splice"] {
        into.func_wrap(name, |mut store, (_, _, _): (Resource<Output>, Resource<Input>, u64)| {
            charge(&mut store, 0)?;
            Ok((Streamed::<u64>::Err(StreamError::Closed),))
        })?;
    }
    Ok(())
}

fn write(store: &mut StoreContextMut<'_, Guest>, bytes: &[u8]) -> Result<(Streamed<()>,)> {
    charge(store, bytes.len())?;
    if bytes.len() as u64 > WRITE_BYTES {
        // More than `check-write` permits, for which WASI asks for a trap.
        return Err(Trap::AllocationTooLarge.into());
    }
    world(store).write(bytes);
    Ok((Ok(()),))
}
