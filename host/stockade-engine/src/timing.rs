//! Where the time of a run goes: by stage, by plugin, and by rule for those who ask.
//!
//! Counting by stage and plugin takes a look at the clock around each and is always done. A plugin runs all rules for a
//! file in one call, so what a single rule takes cannot be seen from outside: for those who ask, each call is followed by
//! one for each of its rules alone and one for none, whose answers nobody uses. A rule's own time is what its call takes
//! beyond that for none.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Listing the files.
    Walk,
    /// Reading them.
    Read,
    /// Looking up what earlier runs found, and keeping what this one finds.
    Recall,
    /// Finding out what a file is, and parsing it.
    Parse,
    /// Making the tables that plugins ask for beside the tree.
    Views,
    /// Plugins at work on single files.
    Plugins,
    /// Holding what they say against the file.
    Admit,
    /// The rules across files.
    Project,
    /// Suppressions, and putting the report together.
    Collect,
}

impl Work {
    /// All of it, in the order of a run.
    pub const ALL: [Self; 9] = [
        Self::Walk,
        Self::Read,
        Self::Recall,
        Self::Parse,
        Self::Views,
        Self::Plugins,
        Self::Admit,
        Self::Project,
        Self::Collect,
    ];

    /// A few words for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Walk => "walk",
            Self::Read => "read",
            Self::Recall => "results of earlier runs",
            Self::Parse => "classify and parse",
            Self::Views => "views",
            Self::Plugins => "plugin calls",
            Self::Admit => "admission",
            Self::Project => "rules across files",
            Self::Collect => "suppressions and order",
        }
    }
}

/// How often something was done, and how long it took, all threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How often.
    pub calls: u64,
    /// How long, together.
    pub time: Duration,
}

#[derive(Debug, Default)]
struct Counter {
    calls: AtomicU64,
    nanos: AtomicU64,
}

impl Counter {
    fn add(&self, time: Duration) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        // More than five hundred years do not fit.
        self.nanos.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn spent(&self) -> Spent {
        let (calls, nanos) = (self.calls.load(Ordering::Relaxed), self.nanos.load(Ordering::Relaxed));
        Spent { calls, time: Duration::from_nanos(nanos) }
    }
}

/// Counts the time of a run, from any number of threads.
#[derive(Debug)]
pub struct Timing {
    work: [Counter; Work::ALL.len()],
    plugins: Vec<Counter>,
    /// Empty unless rules are timed.
    rules: Vec<Counter>,
}

impl Timing {
    /// For so many plugins; for so many rules, if each is to be timed, which takes several times as long as the run itself.
    #[must_use]
    pub fn new(plugins: usize, rules: Option<usize>) -> Self {
        let counters = |number: usize| (0..number).map(|_| Counter::default()).collect();
        Self { work: Default::default(), plugins: counters(plugins), rules: counters(rules.unwrap_or(0)) }
    }

    /// What some work took.
    #[must_use]
    pub fn work(&self, work: Work) -> Spent {
        self.work.get(work as usize).map(Counter::spent).unwrap_or_default()
    }

    /// What a plugin took, by its number, in calls for single files and for all.
    #[must_use]
    pub fn plugin(&self, plugin: usize) -> Spent {
        self.plugins.get(plugin).map(Counter::spent).unwrap_or_default()
    }

    /// What a rule took for itself, by its number in the table. Nothing where rules are not timed.
    #[must_use]
    pub fn rule(&self, rule: usize) -> Spent {
        self.rules.get(rule).map(Counter::spent).unwrap_or_default()
    }

    /// Adds to some work.
    pub fn add(&self, work: Work, time: Duration) {
        if let Some(counter) = self.work.get(work as usize) {
            counter.add(time);
        }
    }

    /// Does some work and counts it.
    pub(crate) fn during<T>(timing: Option<&Self>, work: Work, act: impl FnOnce() -> T) -> T {
        let Some(timing) = timing else { return act() };
        let start = Instant::now();
        let done = act();
        timing.add(work, start.elapsed());
        done
    }

    /// Calls a plugin with these rules and counts it as this work; where rules are timed, then once more with each of
    /// them alone and with none.
    pub(crate) fn call<T>(
        timing: Option<&Self>,
        work: Work,
        plugin: usize,
        rules: &[u32],
        ask: impl Fn(&[u32]) -> T,
    ) -> T {
        let Some(timing) = timing else { return ask(rules) };
        let timed = |rules: &[u32]| {
            let start = Instant::now();
            let answer = ask(rules);
            (answer, start.elapsed())
        };
        let (answer, time) = timed(rules);
        timing.add(work, time);
        if let Some(counter) = timing.plugins.get(plugin) {
            counter.add(time);
        }
        if !timing.rules.is_empty() {
            let (_, none) = timed(&[]);
            for rule in rules {
                let (_, time) = timed(&[*rule]);
                if let Some(counter) = timing.rules.get(*rule as usize) {
                    counter.add(time.saturating_sub(none));
                }
            }
        }
        answer
    }
}
