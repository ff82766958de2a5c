//! The memory of a plugin: a list of free blocks for each size.
//!
//! A check allocates many small things for a moment. The allocator that Rust brings for Wasm (dlmalloc) looks for the best
//! fit and joins what is freed; that was a sixth of the time of the built-in plugins. Here a block's size is rounded up
//! to a power of two, and taking and giving back a block are a few instructions each ("simple segregated storage", Wilson
//! et al., "Dynamic Storage Allocation: A Survey and Critical Review", 1995). Blocks are never joined: a plugin's instance
//! lives for some files only, and what it may hold is limited by the host.
#![expect(unsafe_code, reason = "a global allocator is an unsafe trait over raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// The smallest block, in bytes, and the alignment of all blocks.
const SMALLEST: usize = 16;
/// Sizes of blocks: 16 bytes and its doubles up to 2,048. Larger requests go to the system's allocator.
const CLASSES: usize = 8;
/// What is taken from the system's allocator at a time, in bytes.
const CHUNK: usize = 32 * 1024;

/// The allocator of a plugin; [`crate::export!`] installs it. For one thread only, as every Wasm instance has one.
pub struct Allocator(UnsafeCell<State>);

struct State {
    /// The first free block of each size; a free block begins with the address of the next.
    free: [*mut u8; CLASSES],
    /// What is left of the latest chunk.
    next: *mut u8,
    left: usize,
}

// SAFETY: a plugin's instance has one thread.
unsafe impl Sync for Allocator {}

impl std::fmt::Debug for Allocator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Allocator")
    }
}

impl Default for Allocator {
    fn default() -> Self {
        Self::new()
    }
}

impl Allocator {
    /// An allocator that holds no memory yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(State { free: [null_mut(); CLASSES], next: null_mut(), left: 0 }))
    }
}

/// The number of the size of block that fits; at least [`CLASSES`] where none does.
fn class(layout: Layout) -> usize {
    if layout.align() > SMALLEST {
        return CLASSES;
    }
    let size = layout.size().max(SMALLEST);
    (usize::BITS - (size - 1).leading_zeros()).saturating_sub(SMALLEST.trailing_zeros()) as usize
}

// SAFETY: blocks of one size never overlap (each is cut from a chunk once), are aligned to `SMALLEST` (a chunk is, and
// sizes are multiples of it), and are handed out again only after they were given back. `class` depends on the layout alone,
// so that a block goes back where it came from.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout);
        // SAFETY: one thread, and nothing below calls back into this allocator.
        let state = unsafe { &mut *self.0.get() };
        let Some(first) = state.free.get_mut(class) else {
            // SAFETY: as the caller promises.
            return unsafe { System.alloc(layout) };
        };
        let block = *first;
        if !block.is_null() {
            // SAFETY: a free block begins with the address of the next; it is aligned for an address.
            *first = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        let size = SMALLEST << class;
        if state.left < size {
            // SAFETY: the layout has a size other than zero.
            let chunk = unsafe { System.alloc(Layout::new::<[u128; CHUNK / 16]>()) };
            if chunk.is_null() {
                return chunk;
            }
            // What was left of the last chunk is lost: less than the largest block.
            (state.next, state.left) = (chunk, CHUNK);
        }
        let block = state.next;
        state.left -= size;
        // SAFETY: at least `size` bytes were left.
        state.next = unsafe { block.add(size) };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.0.get() };
        match state.free.get_mut(class(layout)) {
            Some(first) => {
                // SAFETY: the block is not used any more, and long and aligned enough for an address.
                unsafe { block.cast::<*mut u8>().write(*first) };
                *first = block;
            }
            // SAFETY: it came from there.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `new_size`, rounded up to the alignment, does not overflow.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let (old, new) = (class(layout), class(new_layout));
        if old >= CLASSES && new >= CLASSES {
            // SAFETY: it came from there and stays there.
            return unsafe { System.realloc(block, layout, new_size) };
        }
        if old == new {
            return block;
        }
        // SAFETY: as the caller promises; both blocks hold what is copied, and they are different ones.
        unsafe {
            let moved = self.alloc(new_layout);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks in use, each filled with a byte of its own.
    struct Block {
        at: *mut u8,
        layout: Layout,
        fill: u8,
    }

    impl Block {
        fn bytes(&self) -> &[u8] {
            // SAFETY: the block is in use and was filled.
            unsafe { std::slice::from_raw_parts(self.at, self.layout.size()) }
        }
    }

    #[test]
    fn blocks_keep_what_is_written_to_them() {
        let allocator = Allocator::new();
        let mut blocks: Vec<Block> = Vec::new();
        let mut random = 0x9E37_79B9_u32;
        for step in 0..20_000_u32 {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let size = match random % 16 {
                0 => random as usize % 9_000 + 1,
                1 => 16 << (random as usize / 16 % 8),
                _ => random as usize % 300 + 1,
            };
            let pick = random as usize / 7 % blocks.len().max(1);
            match random / 64 % 5 {
                0..=1 if !blocks.is_empty() => {
                    let block = blocks.swap_remove(pick);
                    assert!(block.bytes().iter().all(|b| *b == block.fill), "step {step}");
                    // SAFETY: it is in use and of this layout.
                    unsafe { allocator.dealloc(block.at, block.layout) };
                }
                2 if !blocks.is_empty() => {
                    let block = &mut blocks[pick];
                    let kept = block.layout.size().min(size);
                    // SAFETY: it is in use and of this layout.
                    block.at = unsafe { allocator.realloc(block.at, block.layout, size) };
                    block.layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                    assert!(block.bytes()[..kept].iter().all(|b| *b == block.fill), "step {step}");
                    // SAFETY: the block is that long.
                    unsafe { block.at.write_bytes(block.fill, size) };
                }
                _ => {
                    let layout = Layout::from_size_align(size, 1 << (random / 512 % 7)).unwrap();
                    // SAFETY: the size is not zero.
                    let at = unsafe { allocator.alloc(layout) };
                    assert_eq!(at as usize % layout.align(), 0, "step {step}");
                    // SAFETY: the block is that long.
                    unsafe { at.write_bytes(step as u8, size) };
                    blocks.push(Block { at, layout, fill: step as u8 });
                }
            }
        }
        assert!(blocks.iter().all(|block| block.bytes().iter().all(|b| *b == block.fill)));
        for block in blocks {
            // SAFETY: it is in use and of this layout.
            unsafe { allocator.dealloc(block.at, block.layout) };
        }
    }

    #[test]
    fn sizes_of_blocks() {
        let class = |size| class(Layout::from_size_align(size, 8).unwrap());
        assert_eq!([1, 16, 17, 32, 33, 2_048].map(class), [0, 0, 1, 1, 2, 7]);
        assert_eq!(class(2_049), CLASSES);
        assert_eq!(class(usize::MAX / 4), usize::BITS as usize - 6);
    }

    #[test]
    fn a_block_that_was_given_back_is_handed_out_again() {
        let allocator = Allocator::new();
        let layout = Layout::from_size_align(100, 4).unwrap();
        // SAFETY: sizes are not zero, and each block is given back once.
        unsafe {
            let first = allocator.alloc(layout);
            allocator.dealloc(first, layout);
            assert_eq!(allocator.alloc(layout), first);
            // Within a block's size nothing moves.
            assert_eq!(allocator.realloc(first, layout, 120), first);
        }
    }
}
