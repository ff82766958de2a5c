//! Reads every fixture in `testdata/formats/<kind>/{ok,broken}` and compares it with the tree beside it.
//!
//! `BLESS=1 cargo test -p stockade-syntax --test formats` writes the trees; read them before you commit them.
//! The folder is the expectation: what is in `ok` has no problem, what is in `broken` has at least one.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read must fail the test")]

#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use stockade_syntax::{FileKind, decode, parse_at};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// What is wrong with one fixture, if something is.
fn judge(kind: FileKind, input: &Path, ok: bool, bless: bool) -> Option<String> {
    let text = match decode(fs::read(input).unwrap()) {
        Ok(decoded) => decoded.text,
        Err(problem) => return Some(format!("not text: {problem:?}")),
    };
    let name = input.file_name().unwrap().to_string_lossy().into_owned();
    let document = parse_at(kind, &name, text);
    if ok != document.problems.is_empty() {
        return Some(format!("{} problems: {:?}", document.problems.len(), document.problems));
    }
    let dump = tree::dump(&document);
    let golden = input.with_file_name(format!("{name}.tree"));
    if bless {
        fs::write(&golden, &dump).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    (expected != dump).then(|| format!("its tree is now\n{dump}"))
}

#[test]
fn fixtures_give_the_trees_beside_them() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for folder in entries(&fixtures()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        // The templates of a chart have the kind of what they render to.
        let kind_name = if name == "helm" { "kubernetes" } else { name.as_str() };
        let kind = FileKind::from_name(kind_name).unwrap_or_else(|| panic!("no kind is called `{name}`"));
        for (half, ok) in [("ok", true), ("broken", false)] {
            let inputs: Vec<PathBuf> = entries(&folder.join(half))
                .into_iter()
                .filter(|path| path.extension().is_none_or(|e| e != "tree"))
                .collect();
            assert!(inputs.len() >= 5, "{name}/{half} has {} fixtures; five are the least", inputs.len());
            for input in inputs {
                if let Some(why) = judge(kind, &input, ok, bless) {
                    wrong.push(format!("{}: {why}", input.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 writes the trees", wrong.join("\n"));
}
