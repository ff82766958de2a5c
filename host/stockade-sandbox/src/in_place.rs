//! Embedded code that runs where it lies in the program.
//!
//! Without this the engine copies it first: a few megabytes, page by page, at each start of the program. In place only those
//! pages are read that are run, and all processes share them. Only on Linux: other systems keep a program's data from being
//! run, or ask for more.

use std::ptr::NonNull;

/// What embedded code has to be aligned and padded to, in bytes, so that no page holds anything else beside it. Where the
/// system's pages are larger, the code is copied.
pub const ALIGNMENT: usize = if cfg!(target_arch = "aarch64") { 64 << 10 } else { 4 << 10 };

/// The code as the engine takes it, if it can run in place.
pub(crate) fn usable(code: &'static [u8]) -> Option<NonNull<[u8]>> {
    let page = page_size()?;
    let is_alone = (code.as_ptr() as usize).is_multiple_of(page) && code.len().is_multiple_of(page);
    is_alone.then(|| NonNull::from(code))
}

#[cfg(target_os = "linux")]
fn page_size() -> Option<usize> {
    Some(rustix::param::page_size())
}

#[cfg(not(target_os = "linux"))]
fn page_size() -> Option<usize> {
    None
}

/// Lets the engine's machine code run, be it in place or copied.
#[cfg(target_os = "linux")]
pub(crate) struct Pages;

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the protection of memory that the engine hands over")]
mod pages {
    use super::Pages;
    use rustix::mm::{MprotectFlags, mprotect};
    use rustix::param::page_size;

    // Pages that can be run cannot be written, before or after: code in place is a constant of the program, and the engine has
    // made its copies read-only.
    impl wasmtime::CustomCodeMemory for Pages {
        fn required_alignment(&self) -> usize {
            page_size()
        }

        fn publish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
            let flags = MprotectFlags::READ | MprotectFlags::EXEC;
            // SAFETY: the range is the code of one component in whole pages: `usable` admits no other code in place, and copies
            // are mappings of their own. The engine keeps it until nothing of it runs any more.
            unsafe { mprotect(ptr.cast_mut().cast(), len.next_multiple_of(page_size()), flags) }
                .map_err(|error| wasmtime::Error::msg(format!("code cannot be made executable: {error}")))
        }

        fn unpublish_executable(&self, ptr: *const u8, len: usize) -> wasmtime::Result<()> {
            // SAFETY: as above; nothing of the code runs any more.
            unsafe { mprotect(ptr.cast_mut().cast(), len.next_multiple_of(page_size()), MprotectFlags::READ) }
                .map_err(|error| wasmtime::Error::msg(format!("code cannot be protected: {error}")))
        }
    }
}
