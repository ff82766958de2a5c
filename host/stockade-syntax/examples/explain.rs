//! Lists what each file below a folder is taken for and what is wrong with it:
//! `cargo run -p stockade-syntax --example explain -- DIR`.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use stockade_syntax::{Classified, PathClass, classify, classify_path, decode, marks, parse_at};

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).context("name a folder")?);
    let mut totals: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != ".git") {
                folders.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    for path in &files {
        let name = path.strip_prefix(&root).unwrap_or(path).to_string_lossy().into_owned();
        *totals.entry(explain(path, &name)?).or_default() += 1;
    }
    for (kind, files) in totals {
        println!("{files:>6} {kind}");
    }
    Ok(())
}

/// Prints one file's line and its problems; gives the name of its kind.
fn explain(path: &Path, name: &str) -> anyhow::Result<&'static str> {
    if let PathClass::Nothing(reason) = classify_path(name) {
        println!("{name}: none ({reason})");
        return Ok("none");
    }
    let Ok(decoded) = decode(std::fs::read(path)?) else {
        println!("{name}: none (not text)");
        return Ok("none");
    };
    let Classified { kind, reason } = classify(name, &decoded.text);
    let Some(kind) = kind else {
        println!("{name}: none ({reason})");
        return Ok("none");
    };
    println!("{name}: {} ({reason}) {:?}", kind.as_str(), marks(kind, name, &decoded.text));
    for problem in parse_at(kind, name, decoded.text).problems {
        println!("    {:?} {}: {} {:?}", problem.level, problem.code, problem.message, problem.span);
    }
    Ok(kind.as_str())
}
