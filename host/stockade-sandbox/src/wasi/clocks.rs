//! Clocks that nothing but the guest's own calls moves, and random numbers that are none.

use super::{charge, world};
use crate::abi::Guest;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};
use wasmtime::{Result, Trap};

use super::io::{Pollable, pollable};

/// First reading of the monotonic clock, in nanoseconds. Go's runtime gives up at 0.
pub(super) const START: u64 = 1_000_000_000;
/// What each reading adds, in nanoseconds: loops that wait for time to pass come to an end.
const STEP: u64 = 1_000_000;
/// The wall clock, in seconds since 1970: 2001-09-09, a date that is neither 0 nor the future.
const NOW: u64 = 1_000_000_000;
/// Any constant will do.
pub(super) const SEED: u64 = 0x5717_0cca_de00_0001;
/// Random bytes per call, at most: runtimes ask for a seed of a few dozen.
const RANDOM_BYTES: u64 = 64 << 10;

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

pub(super) fn monotonic(into: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    into.func_wrap("now", |mut store, (): ()| {
        charge(&mut store, 0)?;
        let world = world(&mut store);
        world.monotonic = world.monotonic.saturating_add(STEP);
        Ok((world.monotonic,))
    })?;
    into.func_wrap("resolution", |_, (): ()| Ok((STEP,)))?;
    // Whoever waits has waited: the clock jumps at once, and the pollable is ready from the start.
    into.func_wrap("subscribe-instant", |mut store, (when,): (u64,)| {
        charge(&mut store, 0)?;
        let world = world(&mut store);
        world.monotonic = world.monotonic.max(when);
        Ok((pollable(),))
    })?;
    into.func_wrap("subscribe-duration", |mut store, (duration,): (u64,)| -> Result<(Resource<Pollable>,)> {
        charge(&mut store, 0)?;
        let world = world(&mut store);
        world.monotonic = world.monotonic.saturating_add(duration);
        Ok((pollable(),))
    })
}

pub(super) fn wall(into: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    into.func_wrap("now", |_, (): ()| Ok((Datetime { seconds: NOW, nanoseconds: 0 },)))?;
    into.func_wrap("resolution", |_, (): ()| Ok((Datetime { seconds: 1, nanoseconds: 0 },)))
}

pub(super) fn random(into: &mut LinkerInstance<'_, Guest>, bytes: &str, number: &str) -> Result<()> {
    into.func_wrap(bytes, |mut store, (count,): (u64,)| {
        if count > RANDOM_BYTES {
            return Err(Trap::AllocationTooLarge.into());
        }
        charge(&mut store, count as usize)?;
        let state = &mut world(&mut store).random;
        let bytes: Vec<u8> = (0..count).map(|_| (next(state) >> 56) as u8).collect();
        Ok((bytes,))
    })?;
    into.func_wrap(number, |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((next(&mut world(&mut store).random),))
    })
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn numbers_follow_the_published_sequence() {
        let mut state = 1_234_567;
        let numbers: Vec<u64> = (0..3).map(|_| next(&mut state)).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
