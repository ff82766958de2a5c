//! GitLab's template: its job's script in a POSIX shell, with a download that is made up.

use crate::run::{copy_tree, run};
use crate::shipped::Bench;
use crate::shipped::tools::yaml;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs::{create_dir_all, read_to_string, write};
use std::path::Path;
use std::process::{Command, Output};

/// Runs the script of the template in some jobs; gives how many.
pub(super) fn check(bench: &Bench, folder: &Path, archive: &str, digest: &str) -> Result<usize> {
    let template = yaml(&bench.tools, &bench.root().join("host/dist/gitlab-ci.yml"))?;
    let lines = template["stockade"]["script"].as_array().context("no script")?;
    let script: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    ensure!(script.len() == lines.len(), "a line of the script is no text");
    let tools = folder.join("gitlab");
    create_dir_all(tools.join("temporary"))?;
    let wget = format!("#!/bin/sh\necho \"$4\" >>{0}/asked\ncp {archive} \"$3\"\n", tools.display());
    write(tools.join("wget"), wget)?;
    run("chmod", &["+x", &tools.join("wget").to_string_lossy()])?;
    let project = tools.join("project");
    copy_tree(&bench.root().join("testdata/projects/demo"), &project)?;

    let job = |digest: &str, arguments: &str| -> Result<Output> {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &script.join("\n")]).current_dir(&project).env_clear();
        for (name, value) in template["variables"].as_object().context("no variables")? {
            command.env(name, value.as_str().unwrap_or_default());
        }
        let path = format!("{}:{}", tools.display(), std::env::var("PATH")?);
        command.env("PATH", path).env("TMPDIR", tools.join("temporary"));
        Ok(command.env("STOCKADE_SHA256", digest).env("STOCKADE_ARGUMENTS", arguments).output()?)
    };
    let none = job("", "")?;
    ensure!(none.status.code() == Some(2), "without a digest: {none:?}");
    ensure!(!tools.join("asked").exists(), "something was downloaded without a digest");
    let other = job(&"0".repeat(64), "")?;
    ensure!(!other.status.success() && !project.join("stockade.xml").exists(), "another digest: {other:?}");
    let found = job(digest, "")?;
    ensure!(found.status.code() == Some(1), "with findings: {found:?}");
    let asked = read_to_string(tools.join("asked"))?;
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("/releases/download/v{version}/stockade-{version}-x86_64-unknown-linux-musl.tar.gz");
    ensure!(asked.lines().all(|url| url.ends_with(&name)), "another release was asked for: {asked}");
    // The files that GitLab is told to take.
    for report in template["stockade"]["artifacts"]["reports"].as_object().context("no reports")?.values() {
        let file = project.join(report.as_str().unwrap_or_default());
        ensure!(file.metadata()?.len() > 100, "{} is empty", file.display());
    }
    let never = job(digest, "--fail-on never --select dockerfile/*")?;
    ensure!(never.status.code() == Some(0), "with arguments: {never:?}");
    Ok(4)
}
