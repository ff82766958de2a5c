//! Embedded code that runs where it lies in the program.
//!
//! Without this the engine copies it first: a few megabytes, page by page, at each start of the program. In place only those
//! pages are read that are run, and all processes share them. Only on Linux: other systems keep a program's data from being
//! run, or ask for more.

use std::collections::BTreeSet;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// What embedded code has to be aligned and padded to, in bytes, so that no page holds anything else beside it. Where the
/// system's pages are larger, the code is copied.
pub const ALIGNMENT: usize = if cfg!(target_arch = "aarch64") { 64 << 10 } else { 4 << 10 };

/// Where code lies that was given out. The engine knows code by its address, so it may have each only once.
static GIVEN: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

/// The code as the engine takes it, if it can run in place: the first time that a program asks for it.
pub(crate) fn take(code: &'static [u8]) -> Option<NonNull<[u8]>> {
    let page = page_size()?;
    let start = code.as_ptr() as usize;
    let is_alone = start.is_multiple_of(page) && code.len().is_multiple_of(page) && !code.is_empty();
    let is_first = is_alone && GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(start);
    is_first.then(|| NonNull::from(code))
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
            // SAFETY: the range is the code of one component in whole pages: `take` gives no other code out, and copies
            // are mappings of their own. The engine keeps it until nothing of it runs any more.
            unsafe { mprotect(ptr.cast_mut().cast(), len.next_multiple_of(page_size()), flags) }
                .map_err(|error| wasmtime::Error::msg(format!("code cannot be made executable: {error}")))
        }

        /// Code in place stays as it is, and copies go away as a whole. Nothing writes to either.
        fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
            Ok(())
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{ALIGNMENT, take};

    #[repr(C, align(65536))]
    struct Pages([u8; 2 * 65536]);
    static PAGES: Pages = Pages([1; 2 * 65536]);

    #[test]
    fn whole_pages_are_given_out_once() {
        let (first, rest) = PAGES.0.split_at(65536);
        assert!(take(&first[1..]).is_none(), "it begins inside a page");
        assert!(take(&first[..100]).is_none(), "it ends inside a page");
        assert!(take(&first[..0]).is_none());
        assert!(take(first).is_some() && take(rest).is_some());
        assert!(take(first).is_none() && take(rest).is_none());
        assert_eq!(65536 % ALIGNMENT, 0);
    }
}
