//! Where the time of a scan went, for people.

use crate::prepare::Prepared;
use std::fmt::Write as _;
use std::time::Duration;
use stockade_engine::{Spent, Timing, Work};
use stockade_model::Checker as _;

/// Rules that are listed, the slowest first.
const MAX_RULES: usize = 40;

/// What `--profile-time` prints. `reporting` is what writing the reports took, `whole` the run from its start.
pub(crate) fn tables(ready: &Prepared, timing: &Timing, reporting: Duration, whole: Duration) -> String {
    let mut text = String::new();
    let threads = "time is that of all threads together";
    let _ = writeln!(text, "{:<36}{:>10}{:>12}   ({threads})", "stage", "times", "ms");
    for work in Work::ALL {
        row(&mut text, work.as_str(), timing.work(work));
    }
    row(&mut text, "report", Spent { calls: 1, time: reporting });
    row(&mut text, "from start to end", Spent { calls: 1, time: whole });

    let _ = writeln!(text, "\n{:<36}{:>10}{:>12}{:>12}", "plugin", "calls", "ms", "us a call");
    let plugins = ready.sandbox.plugins().iter().enumerate();
    let mut plugins: Vec<_> = plugins.map(|(at, plugin)| (timing.plugin(at), plugin.name.as_str())).collect();
    list(&mut text, &mut plugins, usize::MAX);

    let _ = writeln!(text, "\n{:<36}{:>10}{:>12}{:>12}   (alone)", "rule", "calls", "ms", "us a call");
    let rules = ready.policy.settings().table.rules.iter().enumerate();
    let mut rules: Vec<_> = rules.map(|(at, rule)| (timing.rule(at), rule.id.as_str())).collect();
    list(&mut text, &mut rules, MAX_RULES);
    text
}

/// A line for each plugin that took longer than its budget, all its calls together.
pub(crate) fn over_budget(ready: &Prepared, timing: &Timing) -> String {
    let budget = ready.plugin_time;
    let mut text = String::new();
    for (at, plugin) in ready.sandbox.plugins().iter().enumerate() {
        let Spent { calls, time } = timing.plugin(at);
        if time > budget {
            let _ = writeln!(
                text,
                "plugin `{}` took {:.1} s in {calls} calls, more than its budget of {} s; `--profile-time` shows which \
                 rules, `--limit plugin_time=SECONDS` sets the budget",
                plugin.name,
                time.as_secs_f64(),
                budget.as_secs(),
            );
        }
    }
    text
}

fn row(text: &mut String, name: &str, spent: Spent) {
    let _ = writeln!(text, "{name:<36}{:>10}{:>12.1}", spent.calls, spent.time.as_secs_f64() * 1e3);
}

/// The slowest first; those that were never called are left out.
fn list(text: &mut String, all: &mut Vec<(Spent, &str)>, most: usize) {
    all.retain(|(spent, _)| spent.calls > 0);
    all.sort_by_key(|(spent, name)| (std::cmp::Reverse(spent.time), *name));
    for (Spent { calls, time }, name) in all.iter().take(most) {
        let each = time.as_secs_f64() * 1e6 / *calls as f64;
        let _ = writeln!(text, "{name:<36}{calls:>10}{:>12.1}{each:>12.1}", time.as_secs_f64() * 1e3);
    }
    if all.len() > most {
        let _ = writeln!(text, "and {} more", all.len() - most);
    }
}
