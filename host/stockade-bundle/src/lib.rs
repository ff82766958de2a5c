//! What every stockade carries with it: the built-in plugins as native code, and the built-in rules and pages.
//!
//! `build/main.rs` makes all of it from `plugins/` and `rules/`. Depends on none of our crates, so that
//! a change to them does not rebuild the plugins.

/// A built-in plugin.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// BLAKE3 of the component it was compiled from, 64 hex digits.
    pub digest: &'static str,
    /// Size of the component in bytes.
    pub component_bytes: u32,
    /// Native code, as the sandbox's `precompile` made it, in pages of its own.
    pub code: &'static [u8],
}

/// The rule table, as `stockade_pack::RuleStore` packs it.
pub static RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));
/// The rules' pages, as `stockade_pack::PageStore` packs them.
pub static PAGES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pages.bin"));

/// The guides, as `stockade_pack::guides_from_bytes` reads them.
pub static GUIDES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guides.bin"));

include!(concat!(env!("OUT_DIR"), "/generated.rs"));
