//! As much of GitHub's runner as a composite action needs.

use crate::shipped::Bench;
use crate::shipped::tools::yaml;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{create_dir_all, read_to_string, remove_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An action's metadata.
pub(super) struct Action {
    folder: PathBuf,
    data: Value,
}

/// One use of it.
pub(super) struct Job {
    folder: PathBuf,
    workspace: PathBuf,
    inputs: BTreeMap<String, String>,
}

/// What a use of it did.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// Name of the step that failed.
    pub(super) failed: Option<String>,
    /// The action's outputs.
    pub(super) outputs: BTreeMap<String, String>,
    /// The `with` of each `uses`.
    pub(super) uploads: Vec<BTreeMap<String, String>>,
    pub(super) log: String,
    pub(super) summary: String,
    /// Folders for the PATH of later steps.
    pub(super) path: Vec<String>,
    /// Whether a program lies in one of them.
    pub(super) installed: bool,
}

impl Job {
    /// A job in `workspace` that keeps its own files in `folder/runner`, emptied first.
    pub(super) fn new(folder: &Path, workspace: &Path, inputs: &[(&str, &str)]) -> Result<Self> {
        let folder = folder.join("runner");
        if folder.exists() {
            remove_dir_all(&folder)?;
        }
        create_dir_all(folder.join("temp"))?;
        create_dir_all(folder.join("tools"))?;
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Self { folder, workspace: workspace.to_path_buf(), inputs })
    }

    /// Puts a program in front of the machine's own.
    pub(super) fn tool(&mut self, name: &str, script: &str) -> Result<()> {
        let path = self.folder.join("tools").join(name);
        write(&path, format!("#!/bin/sh\n{script}\n"))?;
        crate::run::run("chmod", &["+x", &path.to_string_lossy()])
    }
}

impl Action {
    pub(super) fn read(bench: &Bench) -> Result<Self> {
        let folder = bench.root();
        let data = yaml(&bench.tools, &folder.join("action.yml"))?;
        Ok(Self { folder, data })
    }

    /// Runs the steps until one fails.
    pub(super) fn run(&self, job: &Job) -> Result<Ran> {
        let mut known = BTreeMap::from([("github.token".to_owned(), "none".to_owned())]);
        let declared = self.data["inputs"].as_object().context("no inputs")?;
        for (name, input) in declared {
            let default = input["default"].as_str().unwrap_or_default().to_owned();
            known.insert(format!("inputs.{name}"), job.inputs.get(name).cloned().unwrap_or(default));
        }
        if let Some(unknown) = job.inputs.keys().find(|name| !declared.contains_key(*name)) {
            bail!("the action has no input {unknown}");
        }
        let mut ran = Ran::default();
        for step in self.data["runs"]["steps"].as_array().context("no steps")? {
            let name = step["name"].as_str().unwrap_or_default();
            if step["if"].as_str().is_some_and(|condition| !holds(condition, &known)) {
                continue;
            }
            if step["uses"].is_string() {
                ran.uploads.push(filled(&step["with"], &known)?);
                continue;
            }
            ensure!(step["shell"] == "bash", "{name}: another shell");
            if !self.shell(step, job, &mut known, &mut ran)? {
                ran.failed = Some(name.to_owned());
                break;
            }
        }
        for (name, output) in self.data["outputs"].as_object().context("no outputs")? {
            ran.outputs.insert(name.clone(), fill(output["value"].as_str().unwrap_or_default(), &known)?);
        }
        ran.installed = ran.path.iter().any(|folder| Path::new(folder).join("stockade").is_file());
        Ok(ran)
    }

    /// Whether the step succeeded.
    fn shell(
        &self,
        step: &Value,
        job: &Job,
        known: &mut BTreeMap<String, String>,
        ran: &mut Ran,
    ) -> Result<bool> {
        let script = job.folder.join("step.sh");
        write(&script, fill(step["run"].as_str().unwrap_or_default(), known)?)?;
        let files =
            ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH"].map(|name| (name, job.folder.join(name)));
        for (_, file) in &files {
            write(file, "")?;
        }
        let path = std::env::var("PATH")?;
        let path = [&ran.path[..], &[job.folder.join("tools").to_string_lossy().into_owned(), path]].concat();
        let output = Command::new("bash")
            // The flags with which GitHub runs `shell: bash`.
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(&script)
            .current_dir(&job.workspace)
            .env_clear()
            .envs(filled(&step["env"], known)?)
            .envs(files.iter().map(|(name, file)| (name, file)))
            .env("PATH", path.join(":"))
            .env("HOME", &job.folder)
            .env("RUNNER_TEMP", job.folder.join("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_WORKSPACE", &job.workspace)
            .env("GITHUB_ACTION_PATH", &self.folder)
            .output()?;
        ran.log += &String::from_utf8_lossy(&output.stdout);
        ran.log += &String::from_utf8_lossy(&output.stderr);
        ran.summary += &read_to_string(job.folder.join("GITHUB_STEP_SUMMARY"))?;
        ran.path.extend(read_to_string(job.folder.join("GITHUB_PATH"))?.lines().map(str::to_owned));
        if let Some(id) = step["id"].as_str() {
            for line in read_to_string(job.folder.join("GITHUB_OUTPUT"))?.lines() {
                let (name, value) = line.split_once('=').with_context(|| format!("an output `{line}`"))?;
                known.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
        }
        Ok(output.status.success())
    }
}

/// `text` with its expressions filled in. What is not known is empty, but only for outputs of steps.
fn fill(text: &str, known: &BTreeMap<String, String>) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (name, behind) = after.split_once("}}").context("an expression does not end")?;
        out += before;
        match known.get(name.trim()) {
            Some(value) => out += value,
            None => ensure!(name.trim().starts_with("steps."), "`{name}` is not known"),
        }
        rest = behind;
    }
    Ok(out + rest)
}

fn filled(map: &Value, known: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let entries = map.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| Ok((name.clone(), fill(value.as_str().unwrap_or_default(), known)?)))
        .collect()
}

/// Conditions of the shape `a == 'x' && b != 'y'`.
fn holds(condition: &str, known: &BTreeMap<String, String>) -> bool {
    condition.split("&&").all(|part| {
        let (name, equal, value) = match part.split_once("!=") {
            Some((name, value)) => (name, false, value),
            None => match part.split_once("==") {
                Some((name, value)) => (name, true, value),
                None => return false,
            },
        };
        let found = known.get(name.trim()).map_or("", String::as_str);
        (found == value.trim().trim_matches('\'')) == equal
    })
}
