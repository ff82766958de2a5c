//! Comparing bytes, eight at a time.
//!
//! Checks compare names all day. What Rust brings for Wasm compares byte by byte, and the check of the budget at each turn
//! doubles that; these two are what the compiler calls for every comparison of texts.
#![expect(
    unsafe_code,
    reason = "the compiler's own functions over raw memory, under the names that it calls"
)]

/// Bytes of a step.
const STEP: usize = size_of::<u64>();

/// As C's `memcmp`: below, at or above zero as the first of two differing bytes is less or greater.
///
/// # Safety
/// `count` bytes can be read at both places.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
// The compiler writes out comparisons of few bytes by itself, and better.
#[inline(never)]
pub(crate) unsafe extern "C" fn memcmp(first: *const u8, second: *const u8, count: usize) -> i32 {
    // Nearly all that is compared has fewer bytes than a step: for these there is no loop, whose turns would be counted.
    // The last look of each length may be at some bytes twice.
    if count >= STEP {
        let mut at = 0;
        loop {
            // SAFETY: `at` is at most `count - STEP`.
            let (a, b) = unsafe { (word::<u64>(first, at), word::<u64>(second, at)) };
            if a != b {
                // In memory's order the first byte weighs most.
                return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
            }
            if at + STEP >= count {
                return 0;
            }
            at = (at + STEP).min(count - STEP);
        }
    }
    if count >= 4 {
        // SAFETY: both looks end within `count`.
        let (a, b) = unsafe { (word::<u32>(first, 0), word::<u32>(second, 0)) };
        // SAFETY: as above.
        let (c, d) = unsafe { (word::<u32>(first, count - 4), word::<u32>(second, count - 4)) };
        let (a, b) = if a == b { (c, d) } else { (a, b) };
        return order(u64::from(a.swap_bytes()), u64::from(b.swap_bytes()));
    }
    if count >= 2 {
        // SAFETY: both looks end within `count`.
        let (a, b) = unsafe { (word::<u16>(first, 0), word::<u16>(second, 0)) };
        // SAFETY: as above.
        let (c, d) = unsafe { (*first.add(count - 1), *second.add(count - 1)) };
        let whole = |front: u16, last: u8| u64::from(front.swap_bytes()) << 8 | u64::from(last);
        return order(whole(a, c), whole(b, d));
    }
    if count == 1 {
        // SAFETY: there is one byte.
        let (a, b) = unsafe { (*first, *second) };
        return i32::from(a) - i32::from(b);
    }
    0
}

/// The bytes of a number at this distance behind `from`.
///
/// # Safety
/// They can be read.
unsafe fn word<T: Copy>(from: *const u8, at: usize) -> T {
    // SAFETY: as the caller's.
    unsafe { from.add(at).cast::<T>().read_unaligned() }
}

fn order(a: u64, b: u64) -> i32 {
    i32::from(a > b) - i32::from(a < b)
}

/// As BSD's `bcmp`: zero where the bytes are equal.
///
/// # Safety
/// As [`memcmp`].
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
// The compiler writes out comparisons of few bytes by itself, and better.
#[inline(never)]
pub(crate) unsafe extern "C" fn bcmp(first: *const u8, second: *const u8, count: usize) -> i32 {
    if count < STEP {
        // SAFETY: as the caller's.
        return unsafe { memcmp(first, second, count) };
    }
    let mut at = 0;
    loop {
        // SAFETY: `at` is at most `count - STEP`.
        let (a, b) = unsafe { (word::<u64>(first, at), word::<u64>(second, at)) };
        if a != b {
            return 1;
        }
        if at + STEP >= count {
            return 0;
        }
        // The last step begins where it ends with the bytes; it may look at some of them twice.
        at = (at + STEP).min(count - STEP);
    }
}

#[cfg(test)]
mod tests {
    use super::{bcmp, memcmp};

    /// Both against the comparison of slices, with a difference at every place of every length, and with none.
    #[test]
    fn comparisons_agree_with_those_of_slices() {
        for length in 0..40_u8 {
            let first: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(37)).collect();
            for at in 0..=usize::from(length) {
                for change in [1, 0x80, 0xff] {
                    let mut second = first.clone();
                    if let Some(byte) = second.get_mut(at) {
                        *byte = byte.wrapping_add(change);
                    }
                    let count = first.len();
                    // SAFETY: both have `count` bytes.
                    let (order, differ) = unsafe {
                        (
                            memcmp(first.as_ptr(), second.as_ptr(), count),
                            bcmp(first.as_ptr(), second.as_ptr(), count),
                        )
                    };
                    assert_eq!(order.cmp(&0), first.cmp(&second), "{first:?} {second:?}");
                    assert_eq!(differ == 0, first == second, "{first:?} {second:?}");
                }
            }
        }
    }
}
