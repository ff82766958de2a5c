//! What the sandbox costs: `cargo xtask sandbox-cost TREE`.
//!
//! The same checks over the same documents in one run and one thread: native, in WebAssembly on instances that are used
//! again, and on a new instance for each call. All three must find the same.
#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

mod native;
mod spent;

use anyhow::{Context, Result, anyhow, bail, ensure};
use native::Native;
use spent::{Spent, Timed};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stockade_engine::{Options, Plan, Root, Stage, Walked, run_files, walk};
use stockade_model::{Checker, Report, RuleSetup, RuleTable};
use stockade_pack::{Choice, RuleStore, Selection, argument};
use stockade_sandbox::{Limits, Reuse, Sandbox};

const PASSES: usize = 20;
/// Passes with a new instance for each call: they take as long as fifty others.
const FRESH_PASSES: usize = 3;
const USAGE: &str = "usage: sandbox_cost TREE [--profile NAME] [--passes N]";

fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut tree, mut profile, mut passes) = (None, "default".to_owned(), PASSES);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--profile" => profile = arguments.next().context(USAGE)?,
            "--passes" => passes = arguments.next().context(USAGE)?.parse().context(USAGE)?,
            _ if tree.is_none() && !argument.starts_with('-') => tree = Some(PathBuf::from(argument)),
            _ => bail!(USAGE),
        }
    }
    let tree = tree.context(USAGE)?;
    ensure!(passes > 0, USAGE);
    let here = std::env::current_dir()?;
    let walked = walk(&Root::find(&here, &[tree])?, 1);
    let bench = Bench::new(&profile)?;
    bench.run(&walked, passes, &profile)
}

/// The built-in rules, and the three ways to check them.
struct Bench {
    table: RuleTable,
    plan: Arc<Plan>,
    native: Native,
    kept: Timed,
    fresh: Timed,
}

/// The fastest of one way: other work on the machine only ever adds. Each plugin's fastest pass may be another one.
struct Best {
    whole: Duration,
    plugins: Vec<(u64, Duration)>,
}

impl Best {
    fn checks(&self) -> Duration {
        self.plugins.iter().map(|(_, time)| *time).sum()
    }

    fn add(&mut self, whole: Duration, plugins: &[(u64, Duration)]) {
        self.whole = self.whole.min(whole);
        for (best, (_, time)) in self.plugins.iter_mut().zip(plugins) {
            best.1 = best.1.min(*time);
        }
    }
}

impl Bench {
    fn new(profile: &str) -> Result<Self> {
        let store = RuleStore::open(stockade_bundle::RULES)?;
        let table = stockade_pack::table(store.rules);
        let choice = Choice { profile: Some(argument("--profile", profile)), ..Choice::default() };
        let selection = Selection::of(&table, &[choice])
            .map_err(|errors| anyhow!("{}", errors.first().map_or(String::new(), ToString::to_string)))?;
        let setups = |plugin: &str| -> Vec<RuleSetup> {
            let on = table.rules.iter().zip(&selection.enabled).enumerate();
            on.filter(|(_, (rule, on))| **on && rule.plugin == plugin)
                .map(|(index, (rule, _))| RuleSetup {
                    rule: index as u32,
                    id: rule.id.clone(),
                    check: rule.check.clone(),
                    params: rule.params.clone(),
                })
                .collect()
        };
        let sandbox = |reuse| -> Result<Timed> {
            let mut builder = Sandbox::builder(Limits::default())?.reuse(reuse);
            let mut rules = Vec::new();
            for builtin in stockade_bundle::PLUGINS {
                let description = store.plugins.iter().find(|plugin| plugin.name == builtin.name);
                let description =
                    description.with_context(|| format!("`{}` is not described", builtin.name))?;
                let needs: Vec<&str> = description.needs.iter().map(String::as_str).collect();
                let number = builder.add_builtin(builtin.name, &description.version, &needs, builtin.code);
                rules.push((number, setups(builtin.name)));
            }
            builder.rules(rules)?;
            Ok(Timed { sandbox: builder.build(), spent: Spent::new(stockade_bundle::PLUGINS.len()) })
        };
        let (kept, fresh) = (sandbox(Reuse::Kept)?, sandbox(Reuse::Never)?);
        let infos = kept.plugins();
        let native = Native::new(infos, infos.iter().map(|info| setups(&info.name)).collect())?;
        let plan = Plan { enabled: selection.enabled, severity: selection.severity, rated: selection.rated };
        Ok(Self { table, plan: Arc::new(plan), native, kept, fresh })
    }

    fn run(&self, walked: &Walked, passes: usize, profile: &str) -> Result<()> {
        let (mut parse, mut ways) = (Duration::MAX, [const { None::<Best> }; 3]);
        let all: [(&dyn Checker, &Spent); 3] = [
            (&self.native, &self.native.spent),
            (&self.kept, &self.kept.spent),
            (&self.fresh, &self.fresh.spent),
        ];
        let mut reference: Option<Report> = None;
        // The first pass warms up: it opens the plugins and starts their instances.
        for pass in 0..=passes {
            parse = parse.min(self.pass(walked, &self.native, Some(Stage::Parse))?.1);
            let wanted = if pass <= FRESH_PASSES { 3 } else { 2 };
            for ((checker, spent), best) in all.iter().zip(&mut ways).take(wanted) {
                spent.take();
                let (report, whole) = self.pass(walked, *checker, None)?;
                let plugins = spent.take();
                match &reference {
                    None => reference = Some(report),
                    Some(first) => ensure!(
                        first.findings == report.findings && first.faults == report.faults,
                        "native code and WebAssembly do not find the same"
                    ),
                }
                match best {
                    _ if pass == 0 => {}
                    Some(best) => best.add(whole, &plugins),
                    None => *best = Some(Best { whole, plugins }),
                }
            }
        }
        let [Some(native), Some(kept), Some(fresh)] = ways else { bail!("nothing was measured") };
        let report = reference.context("nothing was measured")?;
        println!(
            "{} files, {} findings, profile `{profile}`, one thread, fastest of {passes} passes ({} with new instances)\n",
            walked.files.len(),
            report.findings.len(),
            FRESH_PASSES.min(passes)
        );
        self.plugins_table(&native, &kept, &fresh);
        whole_table(parse, &native, &kept, &fresh);
        Ok(())
    }

    fn pass(
        &self,
        walked: &Walked,
        checker: &dyn Checker,
        stop_after: Option<Stage>,
    ) -> Result<(Report, Duration)> {
        let options = Options { threads: 1, stop_after, ..Options::default() };
        let start = Instant::now();
        let report = run_files(walked.clone(), &self.table, &self.plan, checker, &options)?;
        Ok((report, start.elapsed()))
    }

    fn plugins_table(&self, native: &Best, kept: &Best, fresh: &Best) {
        println!(
            "| plugin | calls | native ms | instance reused ms | times | new instance each ms | times |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|");
        let mut rows: Vec<_> = (self.native.plugins().iter().zip(&native.plugins))
            .zip(kept.plugins.iter().zip(&fresh.plugins))
            .map(|((info, native), (kept, fresh))| (info.name.as_str(), native.0, native.1, kept.1, fresh.1))
            .filter(|row| row.1 > 0)
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.3));
        let calls = rows.iter().map(|row| row.1).sum();
        rows.push(("all", calls, native.checks(), kept.checks(), fresh.checks()));
        for (name, calls, native, kept, fresh) in rows {
            println!(
                "| {name} | {calls} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
                ms(native),
                ms(kept),
                ratio(kept, native),
                ms(fresh),
                ratio(fresh, native)
            );
        }
    }
}

fn whole_table(parse: Duration, native: &Best, kept: &Best, fresh: &Best) {
    println!("\n| whole scan | ms | inside plugins ms | share of the scan |\n|---|--:|--:|--:|");
    println!("| walked already; read and parse | {:.1} | | |", ms(parse));
    for (name, best) in [("native", native), ("instance reused", kept), ("new instance each", fresh)] {
        println!(
            "| {name} | {:.1} | {:.1} | {:.0} % |",
            ms(best.whole),
            ms(best.checks()),
            ratio(best.checks(), best.whole) * 100.0
        );
    }
    let sandbox = kept.checks().saturating_sub(native.checks());
    println!(
        "\nOf a scan with reused instances, the checks themselves would take {:.0} % as native code; the sandbox \
         adds {:.0} %.",
        ratio(native.checks(), kept.whole) * 100.0,
        ratio(sandbox, kept.whole) * 100.0
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn ratio(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64().max(1e-9)
}
