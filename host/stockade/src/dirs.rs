//! Where this user's stockade keeps things between runs.
//!
//! `STOCKADE_HOME`, if set, holds all of it. Otherwise the XDG base directories, or below the user's profile on
//! Windows. Without any of them nothing is kept.

use std::ffi::OsString;
use std::path::PathBuf;
use stockade_sandbox::CodeCache;

/// Compiled code of plugins. The key that seals it lies elsewhere: caches get copied between machines.
pub(crate) fn code_cache() -> Option<CodeCache> {
    let code = folder("cache", "XDG_CACHE_HOME", ".cache")?.join("code");
    let key = folder("state", "XDG_STATE_HOME", ".local/state")?.join("code.key");
    Some(CodeCache::new(code, key))
}

/// Results of earlier runs, and the key that seals them.
pub(crate) fn results() -> Option<(PathBuf, PathBuf)> {
    let results = folder("cache", "XDG_CACHE_HOME", ".cache")?.join("results");
    let key = folder("state", "XDG_STATE_HOME", ".local/state")?.join("results.key");
    Some((results, key))
}

/// The folder that the environment names for results. The one who runs stockade sets it, so it may be relative.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    std::env::var_os("STOCKADE_CACHE_DIR").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Plugins that were fetched, each named by its digest.
pub(crate) fn plugin_store() -> Option<PathBuf> {
    Some(folder("data", "XDG_DATA_HOME", ".local/share")?.join("plugins"))
}

fn folder(own: &str, xdg: &str, in_home: &str) -> Option<PathBuf> {
    // A relative path would lie in whatever folder is scanned: the standard says to ignore it.
    let absolute = |name: &str| {
        let value = std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        value.map(PathBuf::from).filter(|path| path.is_absolute())
    };
    if let Some(home) = absolute("STOCKADE_HOME") {
        return Some(home.join(own));
    }
    if cfg!(windows) {
        return absolute("LOCALAPPDATA").map(|local| local.join("stockade").join(own));
    }
    let base = absolute(xdg).or_else(|| absolute("HOME").map(|home| home.join(in_home)));
    base.map(|base| base.join("stockade"))
}
