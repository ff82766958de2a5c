//! Things that must not stand in the host's source: rule ids, and a second checker.

use crate::run::step;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Checks the source of the host.
pub(crate) fn check() -> Result<()> {
    step("no rule id and no second checker in host/*/src");
    let mut packs = Vec::new();
    for entry in std::fs::read_dir("rules")? {
        let path = entry?.path();
        if path.is_dir() {
            packs.push(path);
        }
    }
    let mut ids = Vec::new();
    for pack in &packs {
        let name = pack.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for entry in std::fs::read_dir(pack)? {
            let path = entry?.path();
            let rule = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if path.extension().is_some_and(|e| e == "kdl") && rule != "pack" {
                ids.push(format!("\"{name}/{rule}\""));
            }
        }
    }
    let mut wrong = Vec::new();
    let mut checkers = Vec::new();
    for file in sources(Path::new("host"))? {
        let text = std::fs::read_to_string(&file)?;
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        let test_file = file.file_name().is_some_and(|n| n == "tests.rs");
        for id in ids.iter().filter(|id| !test_file && shipped.contains(id.as_str())) {
            wrong.push(format!("{} names the rule {id}", file.display()));
        }
        if shipped.contains("Checker for ") && !test_file {
            checkers.push(file.display().to_string());
        }
    }
    if !wrong.is_empty() {
        bail!("rules are data, not code:\n{}", wrong.join("\n"));
    }
    if checkers.len() != 1 {
        bail!("there is one way to run a rule, but `Checker` is implemented in: {}", checkers.join(", "));
    }
    Ok(())
}

/// The Rust files in `src` folders below `folder`.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target"
                    && name != "fuzz"
                    && name != "xtask"
                    && name != "tests"
                    && name != "benches"
                {
                    open.push(path);
                }
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
