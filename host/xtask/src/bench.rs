//! The benchmark: the release binary on a tree, beside what it could cost at least, and beside its peers.
//!
//! Everything is timed as a whole process, in turn (A B C A B C ...), because these figures are read as ratios and a
//! machine's speed drifts. The median counts.

use crate::run::{output, run, step};
use crate::setup;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = "target/release/stockade";
const RUNS: usize = 9;

/// A command to time.
struct Contender {
    name: String,
    command: Vec<String>,
    times: Vec<Duration>,
}

impl Contender {
    fn new(name: &str, command: &[&str], files: &[PathBuf]) -> Self {
        let mut command: Vec<String> = command.iter().map(|c| (*c).to_owned()).collect();
        command.extend(files.iter().map(|f| f.to_string_lossy().into_owned()));
        Self { name: name.to_owned(), command, times: Vec::new() }
    }

    fn once(&self) -> Result<Duration> {
        let (program, arguments) = self.command.split_first().context("no command")?;
        let start = Instant::now();
        // A linter's exit code says what it found, not whether it ran: only a signal is a failure.
        let status = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("cannot run {program}"))?;
        let time = start.elapsed();
        // A program that refuses its arguments is fast. Peers say with their exit code that they found something.
        let own = self.command.first().is_some_and(|program| program == BINARY);
        let ran = status.code().is_some_and(|code| if own { code == 0 } else { code < 100 });
        ensure!(ran, "{} did not run: {status}", self.name);
        Ok(time)
    }

    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn spread(&self) -> (Duration, Duration) {
        let fastest = self.times.iter().min().copied().unwrap_or_default();
        let slowest = self.times.iter().max().copied().unwrap_or_default();
        (fastest, slowest)
    }
}

/// `bench TREE [--runs N]`.
pub(crate) fn run_on(arguments: &[String]) -> Result<()> {
    let tree = arguments
        .first()
        .filter(|a| !a.starts_with('-'))
        .context("usage: cargo xtask bench TREE [--runs N]")?;
    let runs = arguments
        .iter()
        .position(|a| a == "--runs")
        .and_then(|at| arguments.get(at + 1))
        .map_or(Ok(RUNS), |n| n.parse().context("--runs takes a number"))?;
    setup::wasm()?;
    run("cargo", &["build", "--release", "--package", "stockade"])?;

    let bare: &[&str] = &[BINARY, "scan", "--no-config", "--fail-on", "never"];
    let base: &[&str] = &[bare, &["--no-cache"]].concat();
    let scan: &[&str] = &[base, &["--format", "concise"]].concat();
    let tree_path = [PathBuf::from(tree)];
    // Results are kept in a folder of their own; the first run of each contender is not counted and fills it.
    let kept = std::env::temp_dir().join(format!("stockade-bench-{}", std::process::id()));
    let kept_path = kept.to_string_lossy().into_owned();
    let again = |name: &str, more: &[&str]| {
        let command = [bare, &["--format", "concise", "--cache-dir", &kept_path], more].concat();
        Contender::new(name, &command, &tree_path)
    };
    let with = |name: &str, more: &[&str]| Contender::new(name, &[scan, more].concat(), &tree_path);
    let mut whole = vec![
        with("walk only", &["--stop-after", "walk"]),
        with("walk and read (the floor)", &["--stop-after", "read"]),
        with("walk, read and parse", &["--stop-after", "parse"]),
        with("scan, default profile", &[]),
        with("scan, all rules", &["--profile", "all"]),
        again("scan again, default profile", &[]),
        again("scan again, all rules", &["--profile", "all"]),
        with("scan, all rules, one thread", &["--profile", "all", "--threads", "1"]),
        Contender::new(
            "scan, all rules, SARIF",
            &[base, &["--profile", "all", "--format", "sarif"]].concat(),
            &tree_path,
        ),
    ];
    peer(&mut whole, "checkov", &["checkov", "--quiet", "--compact", "--skip-download", "-d"], &tree_path);
    peer(&mut whole, "trivy", &["trivy", "config", "--quiet", "--skip-check-update"], &tree_path);
    peer(&mut whole, "kube-linter", &["kube-linter", "lint"], &tree_path);
    step(&format!("the whole of {tree}, {runs} runs in turn"));
    time(&mut whole, runs)?;
    table(&whole, 1);
    std::fs::remove_dir_all(&kept).context("cannot remove the results")?;

    let files = kinds(tree)?;
    let bytes = output_of_verbose(tree)?;
    let seconds =
        whole.iter().find(|c| c.name == "scan, all rules").map_or(0.0, |c| c.median().as_secs_f64());
    println!(
        "\n{} files analysed, {} bytes: {:.0} files/s, {:.1} MB/s; {}",
        bytes.files,
        bytes.bytes,
        bytes.files as f64 / seconds,
        bytes.bytes as f64 / seconds / 1e6,
        bytes.memory
    );

    let dockerfiles: Vec<PathBuf> =
        files.iter().filter(|(_, kind)| kind == "dockerfile").map(|(p, _)| Path::new(tree).join(p)).collect();
    if dockerfiles.is_empty() {
        println!("\nno Dockerfiles in the tree: nothing to compare hadolint on");
    } else {
        let all: &[&str] = &[scan, &["--profile", "all"]].concat();
        let mut some = vec![Contender::new("stockade, all rules", all, &dockerfiles)];
        peer(&mut some, "hadolint", &["hadolint", "--no-fail"], &dockerfiles);
        step(&format!("its {} Dockerfiles, {runs} runs in turn", dockerfiles.len()));
        time(&mut some, runs)?;
        table(&some, 0);

        let one = dockerfiles.get(..1).unwrap_or_default();
        let mut start = vec![Contender::new("stockade, one Dockerfile", scan, one)];
        peer(&mut start, "hadolint, one Dockerfile", &["hadolint", "--no-fail"], one);
        start.push(Contender::new("stockade --version", &[BINARY, "--version"], &[]));
        step("start-up");
        time(&mut start, runs.max(15))?;
        table(&start, 0);
    }
    Ok(())
}

/// `sandbox-cost TREE [--profile NAME] [--passes N]`: the work is done by a benchmark that links the plugins.
pub(crate) fn sandbox_cost(arguments: &[String]) -> Result<()> {
    setup::wasm()?;
    let tree =
        arguments.first().context("usage: cargo xtask sandbox-cost TREE [--profile NAME] [--passes N]")?;
    // A benchmark runs in the folder of its crate.
    let tree = Path::new(tree).canonicalize().with_context(|| format!("cannot find {tree}"))?;
    let tree = tree.to_string_lossy();
    let mut command =
        vec!["bench", "--quiet", "--package", "stockade-testkit", "--bench", "sandbox_cost", "--"];
    command.push(&tree);
    command.extend(arguments.iter().skip(1).map(String::as_str));
    run("cargo", &command)
}

/// Adds a peer if it is on the PATH, and says so if it is not.
fn peer(list: &mut Vec<Contender>, name: &str, command: &[&str], files: &[PathBuf]) {
    let program = command.first().copied().unwrap_or_default();
    let there = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if there {
        list.push(Contender::new(name, command, files));
    } else {
        println!("{name} is not on the PATH and is left out");
    }
}

fn time(list: &mut [Contender], runs: usize) -> Result<()> {
    for contender in list.iter() {
        contender.once()?;
    }
    for _ in 0..runs {
        for contender in list.iter_mut() {
            let time = contender.once()?;
            contender.times.push(time);
        }
    }
    Ok(())
}

/// Prints the medians, and each one's ratio to the contender at `base`.
fn table(list: &[Contender], base: usize) {
    let unit = list.get(base).map_or(1.0, |c| c.median().as_secs_f64());
    let name = list.get(base).map_or("", |c| c.name.as_str());
    println!("\n| command | median ms | min | max | times `{name}` |\n|---|---:|---:|---:|---:|");
    for contender in list {
        let (fastest, slowest) = contender.spread();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {:.2} |",
            contender.name,
            ms(contender.median()),
            ms(fastest),
            ms(slowest),
            contender.median().as_secs_f64() / unit
        );
    }
}

/// Path (relative to the tree's root) and kind of every file.
fn kinds(tree: &str) -> Result<Vec<(String, String)>> {
    let text = output(
        BINARY,
        &["scan", "--no-config", "--no-cache", "--fail-on", "never", "--explain-files", tree],
    )?;
    let parse = |line: &str| {
        let (path, rest) = line.rsplit_once(": ")?;
        Some((path.to_owned(), rest.split(' ').next().unwrap_or_default().to_owned()))
    };
    Ok(text.lines().filter_map(parse).collect())
}

struct Size {
    files: usize,
    bytes: u64,
    memory: String,
}

/// What `--verbose` says of size and memory.
fn output_of_verbose(tree: &str) -> Result<Size> {
    let result = Command::new(BINARY)
        .args([
            "scan",
            "--no-config",
            "--no-cache",
            "--fail-on",
            "never",
            "--profile",
            "all",
            "--format",
            "sarif",
            "--verbose",
            tree,
        ])
        .stdout(Stdio::null())
        .output()
        .context("cannot run the binary")?;
    let text = String::from_utf8_lossy(&result.stderr).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let before = |word: &str| {
        let at = words.iter().position(|w| *w == word)?;
        words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
    };
    let memory =
        text.lines().find(|l| l.starts_with("peak memory")).unwrap_or("peak memory unknown").to_owned();
    Ok(Size {
        files: usize::try_from(before("files").unwrap_or(0)).unwrap_or(0),
        bytes: before("bytes").unwrap_or(0),
        memory,
    })
}
