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
    let mut at = 0;
    while at + STEP <= count {
        // SAFETY: `at + STEP` lies within what can be read.
        let (a, b) = unsafe {
            (first.add(at).cast::<u64>().read_unaligned(), second.add(at).cast::<u64>().read_unaligned())
        };
        if a != b {
            // In memory's order the first byte weighs most.
            return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
        }
        at += STEP;
    }
    if at + 4 <= count {
        // SAFETY: `at + 4` lies within what can be read.
        let (a, b) = unsafe {
            (first.add(at).cast::<u32>().read_unaligned(), second.add(at).cast::<u32>().read_unaligned())
        };
        if a != b {
            return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
        }
        at += 4;
    }
    while at < count {
        // SAFETY: `at` is less than `count`.
        let (a, b) = unsafe { (*first.add(at), *second.add(at)) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
        at += 1;
    }
    0
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
        let (a, b) = unsafe {
            (first.add(at).cast::<u64>().read_unaligned(), second.add(at).cast::<u64>().read_unaligned())
        };
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
