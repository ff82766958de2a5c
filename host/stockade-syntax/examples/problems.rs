//! Reads every file of a folder as a scan would, lists each problem with its place, and prints files, bytes and
//! speed per kind: `cargo run --release -p stockade-syntax --example problems -- FOLDER [KIND..]`.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use stockade_model::LineIndex;
use stockade_syntax::{FileKind, classify, decode, parse_at};

#[derive(Default)]
struct Totals {
    files: usize,
    clean: usize,
    bytes: usize,
    nodes: usize,
    time: Duration,
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(args.next().context("name a folder")?);
    let kinds: Vec<FileKind> = args.filter_map(|name| FileKind::from_name(&name)).collect();
    let mut totals: BTreeMap<FileKind, Totals> = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() {
                read(&root, &entry.path(), &kinds, &mut totals)?;
            }
        }
    }
    for (kind, totals) in totals {
        let speed = totals.bytes as f64 / 1e6 / totals.time.as_secs_f64().max(1e-9);
        println!(
            "{}: {} of {} files without a problem, {} bytes, {} nodes, {speed:.0} MB/s",
            kind.as_str(),
            totals.clean,
            totals.files,
            totals.bytes,
            totals.nodes
        );
    }
    Ok(())
}

fn read(
    root: &Path,
    path: &Path,
    kinds: &[FileKind],
    totals: &mut BTreeMap<FileKind, Totals>,
) -> anyhow::Result<()> {
    let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
    let Ok(decoded) = decode(std::fs::read(path)?) else { return Ok(()) };
    let Some(kind) = classify(&name, &decoded.text).kind else { return Ok(()) };
    if !kinds.is_empty() && !kinds.contains(&kind) {
        return Ok(());
    }
    let bytes = decoded.text.len();
    let start = Instant::now();
    let document = parse_at(kind, &name, decoded.text);
    let time = start.elapsed();
    let lines = LineIndex::new(document.text());
    for problem in &document.problems {
        let line = lines.line_of(problem.span.start) + 1;
        println!("{name}:{line}: {:?} {}: {}", problem.level, problem.code, problem.message);
    }
    let totals = totals.entry(kind).or_default();
    totals.files += 1;
    totals.clean += usize::from(document.problems.is_empty());
    totals.bytes += bytes;
    totals.nodes += document.len();
    totals.time += time;
    Ok(())
}
