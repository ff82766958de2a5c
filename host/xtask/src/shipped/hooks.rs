//! The hooks in pre-commit itself, and the wheel in an environment of its own: built from this repository's last commit as
//! pre-commit builds it, installed, and run on a commit.
//!
//! Both builds are those of a release and take many minutes. `MATURIN_PEP517_ARGS="--profile dev"`, `STOCKADE_PROFILE=dev`
//! and a `CARGO_TARGET_DIR` that is warm make them short; what is tried stays the same.

use super::Bench;
use super::tools::PRE_COMMIT;
use crate::run::{copy_tree, output};
use anyhow::{Context, Result, ensure};
use std::fs::{create_dir_all, read_dir, write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

/// A repository in which hooks run.
struct Repository {
    folder: PathBuf,
    pre_commit: PathBuf,
    /// Where pre-commit keeps what it installs.
    home: PathBuf,
    /// Folder of the program for the hook that takes what is on the PATH.
    program: PathBuf,
    wheels: PathBuf,
}

impl Repository {
    fn run(&self, program: &str, arguments: &[&str]) -> Result<Output> {
        let path = format!("{}:{}", self.program.display(), std::env::var("PATH")?);
        Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("PRE_COMMIT_HOME", &self.home)
            // The wheel as from an index.
            .env("PIP_FIND_LINKS", &self.wheels)
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@example.com")
            .output()
            .with_context(|| format!("cannot run {program}"))
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let found = self.run("git", arguments)?;
        ensure!(found.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&found.stderr));
        Ok(())
    }

    /// The hook on all files; its standard output and whether it passed.
    fn hook(&self, config: &str) -> Result<(String, bool)> {
        write(self.folder.join(".pre-commit-config.yaml"), config)?;
        self.git(&["add", "--all"])?;
        let found = self.run(&self.pre_commit.to_string_lossy(), &["run", "--all-files", "--verbose"])?;
        let said = String::from_utf8_lossy(&found.stdout).into_owned();
        ensure!(said.contains("hook id: stockade"), "the hook did not run: {said}");
        Ok((said, found.status.success()))
    }
}

pub(super) fn check(bench: &Bench) -> Result<String> {
    let pre_commit = bench.tools.python(PRE_COMMIT, "pre-commit")?;
    bench.tools.debian("git", "git")?;
    let folder = bench.folder("hooks")?;
    let clone = folder.join("stockade");
    output("git", &["clone", "--quiet", &bench.root().to_string_lossy(), &clone.to_string_lossy()])?;
    let rev = output("git", &["-C", &clone.to_string_lossy(), "rev-parse", "HEAD"])?;
    let repository = Repository {
        folder: folder.join("repository"),
        pre_commit,
        home: folder.join("home"),
        program: bench.program.parent().context("no folder")?.to_path_buf(),
        wheels: folder.join("wheels"),
    };
    copy_tree(&bench.root().join("testdata/projects/demo"), &repository.folder)?;
    repository.git(&["init", "--quiet"])?;
    repository.git(&["add", "--all"])?;
    repository.git(&["commit", "--quiet", "--message", "first"])?;

    // The program that is there already.
    let hook = |id: &str, more: &str| {
        format!("repos:\n- repo: {}\n  rev: {}\n  hooks:\n  - id: {id}\n{more}", clone.display(), rev.trim())
    };
    let (said, passed) = repository.hook(&hook("stockade-system", ""))?;
    finds(&said, passed)?;
    let (said, passed) = repository
        .hook(&hook("stockade-system", "    args: [--select, dockerfile/add-instead-of-copy, --fix]\n"))?;
    ensure!(!passed && said.contains("files were modified by this hook"), "fixing: {said}");
    repository.git(&["checkout", "--quiet", "--", "."])?;

    // From source, as a user's `repo:` does it.
    let start = Instant::now();
    let (said, passed) = repository.hook(&hook("stockade", ""))?;
    finds(&said, passed)?;
    let built = start.elapsed().as_secs();
    let start = Instant::now();
    finds_nothing(&repository, &hook("stockade", ""))?;
    let again = start.elapsed().as_secs_f64();

    // The wheel, as from an index.
    let size = wheel(&repository, &clone)?;
    let start = Instant::now();
    let local = "repos:\n- repo: local\n  hooks:\n  - id: stockade\n    name: stockade\n    entry: stockade scan --color always\n    \
                 language: python\n    additional_dependencies: [stockade]\n    types: [text]\n    require_serial: true\n";
    let (said, passed) = repository.hook(local)?;
    finds(&said, passed)?;
    Ok(format!(
        "from source in {built} s, then {again:.1} s; from a wheel of {}.{} MB in {:.1} s, installation included",
        size / 1_000_000,
        size / 100_000 % 10,
        start.elapsed().as_secs_f64()
    ))
}

/// What a hook shows of the demonstration project.
fn finds(said: &str, passed: bool) -> Result<()> {
    ensure!(!passed && said.contains("exit code: 1"), "the hook did not fail as it should: {said}");
    for rule in ["dockerfile/", "kubernetes/", "compose/"] {
        ensure!(said.contains(rule), "the hook does not report {rule}: {said}");
    }
    ensure!(said.contains('\u{1b}'), "the hook shows no colours: {said}");
    Ok(())
}

/// A commit that changes only a file without findings goes through the hook that git itself calls.
fn finds_nothing(repository: &Repository, config: &str) -> Result<()> {
    write(repository.folder.join(".pre-commit-config.yaml"), config)?;
    let installed = repository.run(&repository.pre_commit.to_string_lossy(), &["install"])?;
    ensure!(installed.status.success(), "{installed:?}");
    repository.git(&["commit", "--quiet", "--message", "hooks", "--no-verify", "--all"])?;
    write(repository.folder.join("notes.txt"), "nothing\n")?;
    repository.git(&["add", "notes.txt"])?;
    repository.git(&["commit", "--quiet", "--message", "notes"])?;
    write(repository.folder.join("Dockerfile.new"), "FROM debian:latest\nADD a /a\n")?;
    repository.git(&["add", "Dockerfile.new"])?;
    let found = repository.run("git", &["commit", "--quiet", "--message", "bad"])?;
    ensure!(!found.status.success(), "a commit with findings went through: {found:?}");
    repository.git(&["rm", "--quiet", "--force", "Dockerfile.new"])
}

/// Builds a wheel as a release does (or takes `STOCKADE_WHEEL`), installs it where nothing else is, and scans. Gives its
/// size in bytes.
fn wheel(repository: &Repository, clone: &Path) -> Result<u64> {
    create_dir_all(&repository.wheels)?;
    match std::env::var_os("STOCKADE_WHEEL") {
        Some(wheel) => {
            let name = Path::new(&wheel).file_name().context("STOCKADE_WHEEL names no file")?;
            std::fs::copy(&wheel, repository.wheels.join(name)).context("cannot copy STOCKADE_WHEEL")?;
        }
        None => drop(output(".ci/wheel", &[&repository.wheels.to_string_lossy()])?),
    }
    let mut entries = read_dir(&repository.wheels)?;
    let wheel = entries.next().context("no wheel was built")??.path();
    ensure!(entries.next().is_none(), "there is more than one wheel");
    let venv = repository.wheels.with_file_name("venv");
    output("python3", &["-m", "venv", &venv.to_string_lossy()])?;
    output(
        &venv.join("bin/pip").to_string_lossy(),
        &["install", "--quiet", "--no-index", &wheel.to_string_lossy()],
    )?;
    let program = venv.join("bin/stockade");
    let version = output(&program.to_string_lossy(), &["--version"])?;
    ensure!(version.starts_with("stockade "), "its version: {version}");
    let listed = output(&venv.join("bin/pip").to_string_lossy(), &["list", "--format", "freeze"])?;
    ensure!(
        listed.contains(&format!("stockade=={}", env!("CARGO_PKG_VERSION"))),
        "what is installed: {listed}"
    );
    let found = Command::new(&program)
        .args(["scan", "--format", "concise"])
        .arg(clone.join("testdata/projects/demo"))
        .output()?;
    ensure!(found.status.code() == Some(1), "a scan: {found:?}");
    Ok(wheel.metadata()?.len())
}
