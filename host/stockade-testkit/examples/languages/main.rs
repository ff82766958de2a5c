//! Runs the example plugin in every language on the same files, and compares what they find.
//!
//! `languages PACK TREE NAME=COMPONENT...`: a folder with `plugin.kdl`, `pack.kdl` and `rules/`, a tree of files, and components;
//! the first is the reference that the pages are held against and that the others must equal, byte by byte. Prints
//! a Markdown table of sizes and times. `--bless` writes what the reference gives into the pages.
#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

mod cost;
mod pages;

use anyhow::{Context, Result, bail, ensure};
use pages::{Pack, Plugin};
use std::fmt::Write as _;
use std::path::PathBuf;
use stockade_sandbox::{CodeCache, Limits, inspect};

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let bless = arguments.iter().any(|a| a == "--bless");
    arguments.retain(|a| a != "--bless");
    let [pack, tree, components @ ..] = arguments.as_slice() else {
        bail!("usage: languages PACK TREE NAME=COMPONENT... [--bless]");
    };
    let pack = Pack::read(&PathBuf::from(pack))?;
    let mut table = String::from(
        "| language | component | first start | later starts | new instance | file of 16 KB | instructions | imports |\n\
         |---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    let kept = tempfile::tempdir()?;
    let cache = CodeCache::new(kept.path().join("code"), kept.path().join("state/key"));
    let mut reference: Option<(String, String)> = None;
    let mut wrong = Vec::new();
    for component in components {
        let (name, file) = component.split_once('=').context("a component is NAME=FILE")?;
        let wasm = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
        let imports = inspect(&wasm, &Limits::default())?.imports;
        let plugin = Plugin::open(&pack, &wasm, &cache)?;
        let mut transcript = plugin.run_pages(&pack, bless && reference.is_none())?;
        transcript.push_str(&plugin.run_tree(&pack, &PathBuf::from(tree))?);
        transcript.push_str(&Plugin::refusal(&pack, &wasm, &cache)?);
        let cost = cost::measure(&pack, &wasm, &cache)?;
        writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            cost::bytes(wasm.len()),
            cost::time(plugin.compile),
            cost::time(cost.reopen),
            cost::time(cost.instance),
            cost::time(cost.file),
            cost::count(cost.fuel),
            cost::imports(&imports),
        )?;
        match &reference {
            None => reference = Some((name.to_owned(), transcript)),
            Some((first, expected)) if *expected != transcript => {
                wrong.push(format!(
                    "{name} does not find what {first} finds:\n{}",
                    difference(expected, &transcript)
                ));
            }
            Some(_) => {}
        }
    }
    println!("{table}");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    let bytes = reference.map_or(0, |(_, transcript)| transcript.len());
    println!("languages: {}, with the same {bytes} bytes of findings", components.len());
    Ok(())
}

/// The lines around the first one that differs.
fn difference(expected: &str, found: &str) -> String {
    let same = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    let around = |text: &str, sign: &str| -> String {
        let lines: Vec<&str> = text.lines().skip(same.saturating_sub(4)).take(9).collect();
        lines.iter().fold(String::new(), |all, line| all + sign + line + "\n")
    };
    around(expected, "- ") + &around(found, "+ ")
}
