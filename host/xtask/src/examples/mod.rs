//! The example plugin in every language: installs what a language needs, builds the component, and has all of them find
//! the same in the same files.

mod projects;
mod recipes;
mod tools;
pub(crate) mod tutorials;

use crate::run::{run, step};
use crate::setup;
use anyhow::{Context, Result, bail};
use recipes::LANGUAGES;
use std::path::PathBuf;
use std::process::Command;
use tools::{Tools, quietly, text};

/// Where the components are written.
const COMPONENTS: &str = "target/examples";
/// What packs them.
const STOCKADE: &str = "target/debug/stockade";
/// Compares what the components find; an example of `stockade-testkit`, built along with the tests.
const COMPARE: &str = "target/debug/examples/languages";
/// The description, rules and pages that all of them share.
const PACK: &str = "plugins/examples/pack";
/// A tree on which all of them must agree as well.
const TREE: &str = "testdata/projects/demo";

/// `examples [LANGUAGE...] [--bless]`: all languages unless some are named. Rust is the reference and always among them.
pub(crate) fn all(arguments: &[String]) -> Result<()> {
    let (flags, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|a| a.starts_with('-'));
    let bless = match flags.as_slice() {
        [] => false,
        [flag] if *flag == "--bless" => true,
        _ => bail!("usage: cargo xtask examples [LANGUAGE...] [--bless]"),
    };
    let known: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no example in `{unknown}`; there is one in {}", known.join(", "));
    }
    setup::wasm()?;
    // With the tests, which build it as well and have mostly done so: alone it would be built with other features.
    run("cargo", &["test", "--workspace", "--no-run", "--quiet"])?;
    std::fs::create_dir_all(COMPONENTS)?;
    let tools = Tools::new()?;
    let mut built = Vec::new();
    for (index, language) in LANGUAGES.iter().enumerate() {
        if index > 0 && !names.is_empty() && !names.iter().any(|name| *name == language.name) {
            continue;
        }
        step(&format!("the example plugin in {}", language.title));
        let compiled = PathBuf::from(COMPONENTS).join(format!("{}.compiled.wasm", language.name));
        (language.build)(&tools, &compiled)
            .with_context(|| format!("the example plugin in {} does not build", language.title))?;
        let component = PathBuf::from(COMPONENTS).join(format!("{}.wasm", language.name));
        let (compiled, component) = (text(&compiled), text(&component));
        quietly(Command::new(STOCKADE).args([
            "plugin",
            "pack",
            PACK,
            "--component",
            &compiled,
            "--output",
            &component,
        ]))?;
        built.push(format!("{}={component}", language.title));
    }
    let mut command = vec![PACK, TREE];
    command.extend(built.iter().map(String::as_str));
    if bless {
        command.push("--bless");
    }
    run(COMPARE, &command)
}
