//! The composite action's steps as a runner would run them, and GitLab's template, in jobs that are made up: right and
//! wrong digests, with and without findings, in a matrix, with hostile inputs.
//!
//! The steps come out of `action.yml` itself: expressions are filled in, `if` is decided, shell steps are run with the
//! runner's flags and files, and what would be uploaded is noted down.

mod gitlab;
mod runner;

use super::Bench;
use super::archive::{pack, sha256};
use crate::run::copy_tree;
use anyhow::{Context, Result, ensure};
use runner::{Action, Job};
use serde_json::Value;
use std::fs::{create_dir_all, read_to_string, write};
use std::path::Path;

/// A file in which nothing is found.
const CLEAN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: b\n";

pub(super) fn check(bench: &Bench) -> Result<String> {
    let folder = bench.folder("action")?;
    let project = folder.join("project");
    for part in ["api", "web"] {
        copy_tree(&bench.root().join("testdata/projects/demo"), &project.join(part))?;
    }
    create_dir_all(project.join("clean"))?;
    write(project.join("clean/config.yaml"), CLEAN)?;
    // As checked out: paths in reports begin there, whatever part is scanned.
    create_dir_all(project.join(".git"))?;
    let archive = folder.join("archive.tar.gz");
    pack(&bench.program, &archive)?;
    let digest = sha256(&archive)?;
    let action = Action::read(bench)?;
    let job = |inputs: &[(&str, &str)]| Job::new(&folder, &project, inputs);
    let archive = archive.to_string_lossy();

    let mut count = 0;
    let mut done = |what: &str, result: Result<()>| {
        count += 1;
        result.with_context(|| what.to_owned())
    };
    done("findings", {
        let ran = action.run(&job(&[("archive", &archive), ("sha256", &digest.to_uppercase())])?)?;
        findings(&ran, &project, 50)
    })?;
    for part in ["api", "web"] {
        let inputs =
            [("archive", &*archive), ("sha256", &digest), ("paths", part), ("sarif-file", "own/a b.sarif")];
        create_dir_all(project.join("own"))?;
        let ran = action.run(&job(&inputs)?)?;
        done("a matrix", {
            ensure!(ran.uploads.len() == 1 && ran.uploads[0]["category"].is_empty(), "{:?}", ran.uploads);
            let sarif: Value = serde_json::from_str(&read_to_string(project.join("own/a b.sarif"))?)?;
            ensure!(sarif["runs"][0].get("automationDetails").is_none(), "the file names a category");
            let of = |result: &Value| {
                let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
                uri.as_str().is_some_and(|uri| uri.starts_with(part))
            };
            let results = sarif["runs"][0]["results"].as_array().context("no results")?;
            ensure!(!results.is_empty() && results.iter().all(of), "paths of another job");
            Ok(())
        })?;
    }
    done("nothing found", {
        let ran =
            action.run(&job(&[("archive", &archive), ("sha256", &digest), ("paths", "clean\r\n\r\n")])?)?;
        ensure!(ran.failed.is_none() && ran.outputs["exit-code"] == "0" && ran.uploads.len() == 1, "{ran:?}");
        Ok(())
    })?;
    done("no upload", {
        let ran = action.run(&job(&[("archive", &archive), ("sha256", &digest), ("upload", "false")])?)?;
        ensure!(ran.uploads.is_empty() && ran.failed.as_deref() == Some("Result"), "{ran:?}");
        Ok(())
    })?;
    done("arguments, one a line", {
        let lines = "--fail-on\nnever\n--select\ndockerfile/*\n";
        let ran = action.run(&job(&[("archive", &archive), ("sha256", &digest), ("arguments", lines)])?)?;
        ensure!(ran.failed.is_none() && ran.uploads.len() == 1, "{ran:?}");
        ensure!(
            ran.summary.contains("dockerfile/") && !ran.summary.contains("kubernetes/"),
            "{}",
            ran.summary
        );
        Ok(())
    })?;
    done("inputs that look like shell or flags", {
        let paths = "$(touch pwned)\n`touch pwned`\n--fix";
        let ran = action.run(&job(&[("archive", &archive), ("sha256", &digest), ("paths", paths)])?)?;
        ensure!(ran.outputs["exit-code"] == "2" && ran.uploads.is_empty(), "{ran:?}");
        ensure!(!project.join("pwned").exists(), "an input was run");
        let version = [("version", "1.0.0/../../x$(touch pwned)"), ("sha256", &digest)];
        let ran = action.run(&job(&version)?)?;
        ensure!(ran.failed.as_deref() == Some("Install stockade") && ran.log.contains("a number"), "{ran:?}");
        Ok(())
    })?;
    done("another digest", {
        let ran = action.run(&job(&[("archive", &archive), ("sha256", &"0".repeat(64))])?)?;
        ensure!(
            ran.failed.as_deref() == Some("Install stockade") && ran.log.contains("the archive has"),
            "{ran:?}"
        );
        ensure!(ran.uploads.is_empty() && !ran.installed, "something was installed: {ran:?}");
        Ok(())
    })?;
    for (answer, installed) in [(0, true), (1, false)] {
        done("an attestation", {
            let mut job = job(&[("archive", &archive)])?;
            job.tool("gh", &format!("echo \"gh $*\" >&2; exit {answer}"))?;
            let ran = action.run(&job)?;
            ensure!(ran.log.contains("gh attestation verify"), "{ran:?}");
            ensure!(
                ran.log.contains("--signer-workflow stockade-lint/stockade/.github/workflows/release.yml"),
                "{ran:?}"
            );
            ensure!(ran.installed == installed, "{ran:?}");
            Ok(())
        })?;
    }
    done("a release that is not there", {
        let mut job = job(&[("sha256", &digest)])?;
        job.tool("curl", "exit 22")?;
        let ran = action.run(&job)?;
        ensure!(!ran.installed && ran.log.contains("cannot be downloaded"), "{ran:?}");
        Ok(())
    })?;
    let gitlab = gitlab::check(bench, &folder, &archive, &digest)?;
    Ok(format!("{count} jobs of the action and {gitlab} of GitLab's template end as they should"))
}

/// What a job with findings shows: a SARIF file that is uploaded before the job fails, annotations, a summary.
fn findings(ran: &runner::Ran, project: &Path, at_least: usize) -> Result<()> {
    ensure!(ran.failed.as_deref() == Some("Result") && ran.outputs["exit-code"] == "1", "{ran:?}");
    ensure!(ran.uploads.len() == 1 && ran.uploads[0]["sarif_file"] == "stockade.sarif", "{:?}", ran.uploads);
    let sarif: Value = serde_json::from_str(&read_to_string(project.join("stockade.sarif"))?)?;
    let results = sarif["runs"][0]["results"].as_array().map_or(0, Vec::len);
    ensure!(results >= at_least, "only {results} results");
    ensure!(ran.log.contains("::error file=") && ran.log.contains("::warning file="), "no annotations");
    ensure!(ran.summary.starts_with("## stockade: "), "no summary: {}", ran.summary);
    ensure!(ran.path.len() == 1, "the PATH of later steps: {:?}", ran.path);
    Ok(())
}
