//! `stockade plugin add|fetch|update|remove|list|vendor`: which plugins a repository runs, and where their bytes are.

use super::changes;
use super::source::{self, Got};
use crate::args::plugin::{AddArguments, FetchArguments, NameArguments, UpdateArguments};
use crate::catalog::Catalog;
use crate::commands::print;
use crate::config;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::locked::{self, FILE, VENDOR, find};
use crate::plugins::{Component, read_capped};
use std::fmt::Write as _;
use std::path::Path;
use stockade_pack::{Lock, Locked, MAX_KDL_BYTES};

/// Pins a plugin and names it in the configuration.
pub(super) fn add(arguments: &AddArguments) -> Result<Exit, ProgramError> {
    let (root, catalog) = (source::root()?, Catalog::open()?);
    let key = source::key(arguments.key.as_deref())?;
    let written = source::localize(&arguments.source, &root, &catalog)?;
    let got = source::get(&written, None, key.as_ref(), &root, &catalog)?;
    let mut lock = locked::read(&root)?;
    let before = lock.plugin(got.component.name()).cloned();
    source::keep(&got)?;
    let mut text = match &before {
        Some(entry) => changes::between(entry, old(entry, &root, &catalog).as_ref(), &got),
        None => changes::introduce(&got),
    };
    lock.put(got.entry.clone());
    save(&lock, &root)?;
    name_in_configuration(got.component.name(), &root)?;
    let _ = writeln!(text, "pinned in {FILE}; {} runs it", config::FILE);
    print(&text)?;
    Ok(Exit::Clean)
}

/// Gets what is pinned and not there yet.
pub(super) fn fetch(arguments: &FetchArguments) -> Result<Exit, ProgramError> {
    let (root, catalog) = (source::root()?, Catalog::open()?);
    let lock = locked::read(&root)?;
    if arguments.locked {
        config::check_lock(&lock, &root)?;
    }
    let mut text = String::new();
    for entry in chosen(&lock, &arguments.names)? {
        if find(entry, &root)?.is_some() {
            let _ = writeln!(text, "{} {}: is there", entry.name, entry.version);
            continue;
        }
        let got = source::get(&entry.source, entry.manifest.as_deref(), None, &root, &catalog)?;
        if got.component.digest != entry.digest {
            return Err(ProgramError::NotPinned {
                name: entry.name.clone(),
                path: entry.source.clone(),
                found: got.component.digest,
                expected: entry.digest.clone(),
            });
        }
        source::keep(&got)?;
        let _ = writeln!(text, "{} {}: fetched from {}", entry.name, entry.version, entry.source);
    }
    if lock.plugins.is_empty() {
        let _ = writeln!(text, "{FILE} pins no plugin");
    }
    print(&text)?;
    Ok(Exit::Clean)
}

/// Looks for other bytes at each source, shows what would change, and pins them.
pub(super) fn update(arguments: &UpdateArguments) -> Result<Exit, ProgramError> {
    let (root, catalog) = (source::root()?, Catalog::open()?);
    let mut lock = locked::read(&root)?;
    let key = source::key(arguments.key.as_deref())?;
    let mut text = String::new();
    let mut changed = Vec::new();
    if lock.plugins.is_empty() && arguments.names.is_empty() {
        print(&format!("{FILE} pins no plugin\n"))?;
        return Ok(Exit::Clean);
    }
    for entry in chosen(&lock, &arguments.names)? {
        // A plugin that was signed stays signed, with the same key.
        if let Some(expected) = &entry.key
            && key.as_ref().is_none_or(|key| key.digest() != expected)
        {
            return Err(ProgramError::KeyNeeded { name: entry.name.clone(), key: expected.clone() });
        }
        let own_key = key.as_ref().filter(|_| entry.key.is_some());
        let got = source::get(&entry.source, None, own_key, &root, &catalog)?;
        if got.component.name() != entry.name {
            return Err(ProgramError::LockDiffers {
                name: entry.name.clone(),
                what: "name",
                lock: entry.name.clone(),
                plugin: got.component.name().to_owned(),
            });
        }
        if got.entry == *entry {
            let _ = writeln!(text, "{} {}: up to date", entry.name, entry.version);
        } else {
            text.push_str(&changes::between(entry, old(entry, &root, &catalog).as_ref(), &got));
            changed.push(got);
        }
    }
    if arguments.locked {
        print(&text)?;
        return Ok(if changed.is_empty() { Exit::Clean } else { Exit::Findings });
    }
    for got in changed {
        source::keep(&got)?;
        let vendored = format!("{VENDOR}/{}.wasm", got.entry.name);
        if root.join(&vendored).exists() && got.entry.source.contains("://") {
            source::write_in(&root, &vendored, &got.component.wasm)?;
        }
        lock.put(got.entry);
    }
    save(&lock, &root)?;
    print(&text)?;
    Ok(Exit::Clean)
}

/// Forgets a plugin.
pub(super) fn remove(arguments: &NameArguments) -> Result<Exit, ProgramError> {
    let root = source::root()?;
    let mut lock = locked::read(&root)?;
    for entry in chosen(&lock, std::slice::from_ref(&arguments.name))? {
        let vendored = root.join(VENDOR).join(format!("{}.wasm", entry.name));
        // Gone already is as good.
        let _ = std::fs::remove_file(vendored);
    }
    lock.plugins.retain(|entry| entry.name != arguments.name);
    save(&lock, &root)?;
    let path = root.join(config::FILE);
    if path.is_file() {
        let text = configuration(&path)?;
        let line = format!("plugin \"{}\"", arguments.name);
        let kept: String = text.split_inclusive('\n').filter(|other| other.trim() != line).collect();
        if kept != text {
            source::write_in(&root, config::FILE, kept.as_bytes())?;
        }
    }
    print(&format!("{}: removed\n", arguments.name))?;
    Ok(Exit::Clean)
}

/// Lists what is pinned, and whether it is there.
pub(super) fn list() -> Result<Exit, ProgramError> {
    let root = source::root()?;
    let lock = locked::read(&root)?;
    let mut text = String::new();
    for entry in &lock.plugins {
        let state = match find(entry, &root) {
            Ok(Some(_)) => "there",
            Ok(None) => "not fetched",
            Err(ProgramError::NotPinned { .. }) => "changed since it was pinned",
            Err(error) => return Err(error),
        };
        let _ = writeln!(text, "{} {} ({state})  {}", entry.name, entry.version, entry.source);
    }
    if lock.plugins.is_empty() {
        let _ = writeln!(text, "{FILE} pins no plugin");
    }
    print(&text)?;
    Ok(Exit::Clean)
}

/// Copies what is pinned into the repository, for machines without a network.
pub(super) fn vendor() -> Result<Exit, ProgramError> {
    let root = source::root()?;
    let lock = locked::read(&root)?;
    let mut text = String::new();
    for entry in &lock.plugins {
        let wasm = find(entry, &root)?.ok_or_else(|| ProgramError::NotFetched {
            name: entry.name.clone(),
            source_of: entry.source.clone(),
        })?;
        if !entry.source.contains("://") {
            let _ = writeln!(text, "{}: lies in the repository already, at {}", entry.name, entry.source);
            continue;
        }
        let path = format!("{VENDOR}/{}.wasm", entry.name);
        source::write_in(&root, &path, &wasm)?;
        let _ = writeln!(text, "{}: copied to {path}", entry.name);
    }
    if lock.plugins.is_empty() {
        let _ = writeln!(text, "{FILE} pins no plugin");
    }
    print(&text)?;
    Ok(Exit::Clean)
}

/// The entries of these names; all of them if none is given.
fn chosen<'a>(lock: &'a Lock, names: &[String]) -> Result<Vec<&'a Locked>, ProgramError> {
    if names.is_empty() {
        return Ok(lock.plugins.iter().collect());
    }
    let find = |name: &String| {
        lock.plugin(name).ok_or_else(|| ProgramError::NoSuchPlugin {
            name: name.clone(),
            known: match lock.plugins.as_slice() {
                [] => "Nothing is pinned".to_owned(),
                pinned => {
                    let names: Vec<&str> = pinned.iter().map(|entry| entry.name.as_str()).collect();
                    format!("Pinned are: {}", names.join(", "))
                }
            },
        })
    };
    names.iter().map(find).collect()
}

/// The plugin that an entry pins, where its bytes are still there: to compare it with a new one.
fn old(entry: &Locked, root: &Path, catalog: &Catalog) -> Option<Component> {
    let wasm = find(entry, root).ok()??;
    Component::read(&entry.source, wasm, catalog).ok()
}

fn save(lock: &Lock, root: &Path) -> Result<(), ProgramError> {
    source::write_in(root, FILE, lock.write().as_bytes())
}

fn configuration(path: &Path) -> Result<String, ProgramError> {
    String::from_utf8(read_capped(path, MAX_KDL_BYTES)?).map_err(|_| ProgramError::File {
        verb: "read",
        path: path.to_path_buf(),
        reason: "it is not UTF-8".to_owned(),
    })
}

/// Adds `plugin "NAME"` to the configuration at the root, unless it is there.
fn name_in_configuration(name: &str, root: &Path) -> Result<(), ProgramError> {
    if config::wanted_at(root)?.iter().any(|wanted| wanted.value == name) {
        return Ok(());
    }
    let path = root.join(config::FILE);
    let mut text = if path.is_file() { configuration(&path)? } else { String::new() };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let _ = writeln!(text, "plugin \"{name}\"");
    source::write_in(root, config::FILE, text.as_bytes())
}

/// What [`changes`] needs of a plugin that was got.
impl Got {
    pub(super) fn rules(&self) -> &[stockade_model::Rule] {
        &self.component.says.rules
    }
}
