//! Development tasks. Each is a file here; `cargo xtask` lists them.
#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

mod arrows;
mod bench;
mod demo;
mod examples;
mod generate;
mod guides;
mod kubernetes_api;
mod new_rule;
mod peers;
mod plugin_pages;
mod run;
mod search;
mod setup;
mod shipped;
mod test;
#[path = "../../stockade-bundle/build/toolchain.rs"]
mod toolchain;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask TASK

  demo                   set up, build, and scan the demonstration project
  test                   set up, and run every test
  setup                  install what is missing: a wasm toolchain and the tools of the tests
  rule [RULE...] [--bless]  run the examples of rules' pages, or write what comes out into them
  new-rule PACK/NAME --check PLUGIN:CHECK   write the two files of a new rule
  gen [--check]          write the generated files, or say which are out of date
  guides [TREE...]       go through the guides' items: their rules, and whether each works on its examples
  suites DIR             run the public parser suites that are unpacked in a folder, and print the score
  kubernetes-api FOLDER...   write down the fields of Kubernetes' API from sources of the crate k8s-openapi, a folder
                         `src/v1_NN` for each version
  examples [LANGUAGE...] [--bless]  build the example plugin in other languages, and compare what they find
  tutorials [LANGUAGE...]   follow the book's tutorials for plugin authors, do the same with new
                         projects, and say how long each takes
  shipped [CHECK...] [--install] [--complete]  try reports, completions, workflows, hooks, archives in the programs
                         that take them; hooks, archive and windows only when named
  bench TREE [--runs N]  time the release binary on a tree, beside the floor and beside peers on the PATH
  sandbox-cost TREE [--profile NAME] [--passes N]  the same checks native and in WebAssembly, on a tree
";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((task, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return Ok(());
    };
    if matches!(task.as_str(), "help" | "--help" | "-h") {
        print!("{USAGE}");
        return Ok(());
    }
    std::env::set_current_dir(run::root())?;
    match task.as_str() {
        "demo" => demo::scan(),
        "test" => test::all(),
        "setup" => setup::all(),
        "rule" => test::rule(rest),
        "new-rule" => new_rule::run(rest),
        "gen" => generate::files(rest.iter().any(|a| a == "--check")),
        "guides" => guides::check(rest),
        "suites" => test::suites(rest),
        "kubernetes-api" => kubernetes_api::write(rest),
        "examples" => examples::all(rest),
        "tutorials" => examples::tutorials::all(rest),
        "shipped" => shipped::check(rest),
        "bench" => bench::run_on(rest),
        "sandbox-cost" => bench::sandbox_cost(rest),
        _ => bail!("there is no task `{task}`\n\n{USAGE}"),
    }
}
