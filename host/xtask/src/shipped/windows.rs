//! The program for Windows, built with MinGW and run by Wine: paths, line ends, fixes, colours.

use super::Bench;
use super::tools::missing;
use crate::run::{copy_tree, run, succeeds};
use anyhow::{Context, Result, ensure};
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TARGET: &str = "x86_64-pc-windows-gnu";
/// Where Debian's `wine64` puts it: only its package `wine`, which we need not, has a command on the PATH.
const WINE: &str = "/usr/lib/wine/wine64";

/// The program and how to run it.
struct Windows {
    program: PathBuf,
    prefix: PathBuf,
    folder: PathBuf,
}

impl Windows {
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        Command::new(WINE)
            .arg(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            .env("DISPLAY", "")
            .output()
            .context("cannot run wine")
    }
}

pub(super) fn check(bench: &Bench) -> Result<String> {
    bench.tools.debian(WINE, "wine64")?;
    bench.tools.debian("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64")?;
    let folder = bench.folder("windows")?;
    let project = folder.join("project");
    copy_tree(&bench.root().join("testdata/projects/demo"), &project)?;
    let windows = Windows { program: program()?, prefix: folder.join("wine"), folder: project.clone() };

    let version = windows.run(&["--version"])?;
    ensure!(version.stdout.starts_with(b"stockade "), "its version: {version:?}");
    let found = windows.run(&["scan", "--format", "concise"])?;
    let expected = read_to_string(bench.root().join("testdata/projects/demo.concise"))?;
    let said = String::from_utf8_lossy(&found.stdout);
    ensure!(found.status.code() == Some(1), "a scan: {said}{}", String::from_utf8_lossy(&found.stderr));
    ensure!(said == expected, "it finds something else than on Linux:\n{said}");
    // A path as it is written there, and a file of Windows' line ends.
    let one = windows.run(&["scan", "--format", "concise", "deploy\\"])?;
    let one = String::from_utf8_lossy(&one.stdout).into_owned();
    ensure!(one.lines().any(|line| line.starts_with("deploy/")) && !one.contains('\\'), "a folder: {one}");

    let dockerfile = project.join("Dockerfile");
    let before = "FROM debian:12.5\r\nADD . /app\r\n";
    write(&dockerfile, before)?;
    let fixed = windows.run(&[
        "scan",
        "--fix",
        "--select",
        "dockerfile/add-instead-of-copy",
        "--format",
        "concise",
    ])?;
    ensure!(fixed.status.code() == Some(0), "a fix: {fixed:?}");
    ensure!(read_to_string(&dockerfile)? == before.replace("ADD", "COPY"), "a fix changed something else");
    let held = std::fs::read_dir(&project)?.count();
    let expected = std::fs::read_dir(bench.root().join("testdata/projects/demo"))?.count();
    ensure!(held == expected, "a fix left something behind");
    let plain = windows.run(&["scan", "--color", "never"])?;
    let coloured = windows.run(&["scan", "--color", "always"])?;
    ensure!(!plain.stdout.contains(&0x1b) && coloured.stdout.contains(&0x1b), "colours");
    let sarif = windows.run(&["scan", "--report", "sarif=out\\report.sarif"])?;
    ensure!(sarif.status.code() == Some(2), "a report into a folder that is not there: {sarif:?}");
    let sarif = windows.run(&["scan", "--report", "sarif=report.sarif"])?;
    let text = read_to_string(project.join("report.sarif"))?;
    ensure!(sarif.status.code() == Some(1) && !text.contains("\\\\"), "backslashes in a report");
    Ok("finds what Linux finds, with its paths and line ends".to_owned())
}

fn program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("STOCKADE_WINDOWS") {
        return Path::new(&program).canonicalize().context("STOCKADE_WINDOWS names no program");
    }
    if !succeeds("rustup", &["target", "add", TARGET]) {
        return Err(missing(&format!("the target {TARGET} of rustup")));
    }
    run("cargo", &["build", "--package", "stockade", "--target", TARGET])?;
    Ok(Path::new("target").join(TARGET).join("debug/stockade.exe").canonicalize()?)
}
