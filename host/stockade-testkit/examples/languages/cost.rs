//! What a plugin costs: start-up, time and instructions for one file.

use crate::pages::Pack;
use anyhow::{Result, anyhow, ensure};
use std::time::{Duration, Instant};
use stockade_model::{Checker as _, Document};
use stockade_sandbox::{CodeCache, Reuse, Sandbox};
use stockade_syntax::FileKind;

/// Calls on one instance, enough to show one that holds more memory after each; the fastest counts, since other work
/// on the machine only ever adds.
const KEPT_RUNS: usize = 201;
/// Calls on new instances.
const FRESH_RUNS: usize = 21;
/// Bytes of the file that is checked, about.
const FILE_BYTES: usize = 16_000;

/// What one plugin costs.
pub(crate) struct Cost {
    /// Opening the component where its compiled code has been kept.
    pub(crate) reopen: Duration,
    /// What a call on a new instance takes longer than one on an instance that is there.
    pub(crate) instance: Duration,
    /// A call on an instance that is there.
    pub(crate) file: Duration,
    /// Instructions of that call.
    pub(crate) fuel: u64,
}

/// Measures a component on a Kubernetes manifest of containers, each with a finding.
pub(crate) fn measure(pack: &Pack, wasm: &[u8], cache: &CodeCache) -> Result<Cost> {
    let document = manifest();
    let rules: Vec<u32> = pack.setups().iter().map(|setup| setup.rule).collect();
    let (kept, reopen) = pack.sandbox(wasm, pack.setups(), Reuse::Kept, cache)?;
    let (never, _) = pack.sandbox(wasm, pack.setups(), Reuse::Never, cache)?;
    let file = fastest(KEPT_RUNS, &kept, &document, &rules)?;
    let calls = kept.usage(0);
    ensure!(calls.instances == 1, "the instance was not used again: it holds more memory after each call");
    let fresh = fastest(FRESH_RUNS, &never, &document, &rules)?;
    let instance = fresh.saturating_sub(file);
    Ok(Cost { reopen, instance, file, fuel: calls.fuel / calls.calls.max(1) })
}

fn fastest(runs: usize, sandbox: &Sandbox, document: &Document, rules: &[u32]) -> Result<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        let report = sandbox
            .check(0, "deploy/many.yaml", "kubernetes", document, rules)
            .map_err(|fault| anyhow!("{fault}"))?;
        fastest = fastest.min(start.elapsed());
        ensure!(!report.findings.is_empty(), "the timed file should give findings");
    }
    Ok(fastest)
}

fn manifest() -> Document {
    let mut text = String::from(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: many\nspec:\n  template:\n    spec:\n      containers:\n",
    );
    let mut number = 0;
    while text.len() < FILE_BYTES {
        number += 1;
        text.push_str(&format!(
            "        - name: web-{number}\n          image: registry.example.com/web:{number}\n          \
             imagePullPolicy: IfNotPresent\n          env:\n            - {{name: MODE, value: \"fast\"}}\n"
        ));
    }
    stockade_syntax::parse_at(FileKind::Kubernetes, "deploy/many.yaml", text)
}

pub(crate) fn bytes(count: usize) -> String {
    match count {
        0..1_000_000 => format!("{} KB", count.div_ceil(1_000)),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

pub(crate) fn time(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        0..10_000 => format!("{:.2} ms", micros as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

pub(crate) fn count(number: u64) -> String {
    format!("{:.2} M", number as f64 / 1e6)
}

pub(crate) fn imports(imports: &[String]) -> String {
    match imports.len() {
        0 => "none".to_owned(),
        count => format!("{count} of WASI"),
    }
}
