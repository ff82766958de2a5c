//! Where the time of a pass goes: one counter for each plugin.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stockade_model::{Checker, Document, Fault, FileFacts, PluginInfo, RawReport};
use stockade_sandbox::Sandbox;

/// Calls and time, by plugin.
pub(crate) struct Spent(Vec<(AtomicU64, AtomicU64)>);

impl Spent {
    pub(crate) fn new(plugins: usize) -> Self {
        Self((0..plugins).map(|_| Default::default()).collect())
    }

    pub(crate) fn add(&self, plugin: usize, time: Duration) {
        if let Some((calls, nanos)) = self.0.get(plugin) {
            calls.fetch_add(1, Ordering::Relaxed);
            nanos.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Calls and time of each plugin since the last time of asking.
    pub(crate) fn take(&self) -> Vec<(u64, Duration)> {
        let take = |(calls, nanos): &(AtomicU64, AtomicU64)| {
            (calls.swap(0, Ordering::Relaxed), Duration::from_nanos(nanos.swap(0, Ordering::Relaxed)))
        };
        self.0.iter().map(take).collect()
    }
}

/// A sandbox whose calls are timed, from the outside: lending the document and checking the answer are in it.
pub(crate) struct Timed {
    pub(crate) sandbox: Sandbox,
    pub(crate) spent: Spent,
}

impl Checker for Timed {
    fn plugins(&self) -> &[PluginInfo] {
        self.sandbox.plugins()
    }

    fn check(
        &self,
        plugin: usize,
        path: &str,
        kind: &str,
        document: &Document,
        rules: &[u32],
    ) -> Result<RawReport, Fault> {
        let start = Instant::now();
        let answer = self.sandbox.check(plugin, path, kind, document, rules);
        self.spent.add(plugin, start.elapsed());
        answer
    }

    fn check_project(&self, plugin: usize, rules: &[u32], files: &[FileFacts]) -> Result<RawReport, Fault> {
        let start = Instant::now();
        let answer = self.sandbox.check_project(plugin, rules, files);
        self.spent.add(plugin, start.elapsed());
        answer
    }
}
