//! `stockade plugin bench`: what a plugin costs per file, beside the built-in ones on the same files.

use crate::args::plugin::BenchArguments;
use crate::catalog::Catalog;
use crate::commands::print;
use crate::error::ProgramError;
use crate::exit::Exit;
use crate::plugins::Component;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stockade_engine::{Options, Plan, Root, Stage, Walked, run_files, walk};
use stockade_model::Checker as _;
use stockade_sandbox::{Limits, Usage};

/// Passes over the files, the fastest counts: other programs only ever slow one down.
const PASSES: usize = 5;

/// Times the plugin and each built-in one that has something to do on these files.
pub(super) fn run(arguments: &BenchArguments) -> Result<Exit, ProgramError> {
    let mut catalog = Catalog::open()?;
    let component = Component::read_file(&arguments.file, &catalog)?;
    let name = component.name().to_owned();
    catalog.add_plugin(component)?;
    let here = std::env::current_dir().map_err(|error| ProgramError::file("read", ".", &error))?;
    let walked = walk(&Root::find(&here, &arguments.paths)?, 1);
    let (floor, ..) = fastest(&catalog, "", &walked, Some(Stage::Parse))?;
    let mut text = format!(
        "{} files, one thread, fastest of {PASSES} passes; without the time to read and parse\n\n\
         {:<14} {:>8} {:>14} {:>18}\n",
        walked.files.len(),
        "plugin",
        "calls",
        "us per call",
        "instructions each"
    );
    let others: Vec<String> =
        catalog.plugins.iter().map(|plugin| plugin.name.clone()).filter(|other| *other != name).collect();
    for plugin in std::iter::once(&name).chain(&others) {
        let (time, usage) = fastest(&catalog, plugin, &walked, None)?;
        if usage.calls == 0 {
            if *plugin == name {
                let _ = writeln!(text, "{plugin:<14} {:>8}", 0);
            }
            continue;
        }
        // Numbers for people: a double holds them exactly enough.
        let each = time.saturating_sub(floor).as_secs_f64() * 1e6 / usage.calls as f64;
        let instructions = usage.fuel / usage.calls;
        let _ = writeln!(text, "{plugin:<14} {:>8} {each:>14.1} {instructions:>18}", usage.calls);
    }
    text += "\nThe built-in plugins count their instructions only roughly, the others each of them.\n";
    print(&text)?;
    Ok(Exit::Clean)
}

/// The fastest pass with the rules of one plugin alone, and what its calls took up.
fn fastest(
    catalog: &Catalog,
    plugin: &str,
    walked: &Walked,
    stop_after: Option<Stage>,
) -> Result<(Duration, Usage), ProgramError> {
    let rules = &catalog.table.rules;
    let enabled: Vec<bool> = rules.iter().map(|rule| rule.plugin == plugin).collect();
    let severity = rules.iter().map(|rule| rule.severity).collect();
    let sandbox =
        catalog.sandbox(&catalog.table, &enabled, Limits::default(), crate::commands::test::page_day())?;
    let plan = Arc::new(Plan { enabled, severity, ..Plan::default() });
    let number = sandbox.plugins().iter().position(|info| info.name == plugin).unwrap_or(usize::MAX);
    let options = Options { threads: 1, stop_after, ..Options::default() };
    let mut best: Option<(Duration, Usage)> = None;
    for _ in 0..PASSES {
        let before = sandbox.usage(number);
        let start = Instant::now();
        run_files(walked.clone(), &catalog.table, &plan, &sandbox, &options)?;
        let time = start.elapsed();
        let after = sandbox.usage(number);
        let usage = Usage { calls: after.calls - before.calls, fuel: after.fuel - before.fuel, instances: 0 };
        if best.is_none_or(|(other, _)| time < other) {
            best = Some((time, usage));
        }
    }
    Ok(best.unwrap_or_default())
}
