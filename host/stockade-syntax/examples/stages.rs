//! Where the time goes between a file's bytes and its document: each stage timed over the files of a folder, by kind.
//! `cargo run --release -p stockade-syntax --example stages -- DIR`.
#![expect(clippy::print_stdout, reason = "a tool for people, not part of the library")]

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use stockade_syntax::{FileKind, PathClass, add_views, classify, classify_path, decode, marks, parse_at};

/// Runs of each stage; the fastest counts.
const RUNS: usize = 7;

const STAGES: [&str; 6] = ["decode", "classify", "copy", "parse", "marks", "views"];

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).context("name a folder")?;
    let paths = files(Path::new(&folder))?;
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap_or(path).to_string_lossy().into_owned())
        .collect();
    let of_interest = |name: &String| !matches!(classify_path(name), PathClass::Nothing(_));
    let started = Instant::now();
    let kept = names.iter().filter(|name| black_box(of_interest(name))).count();
    println!("{} files, {kept} of interest by path, in {:.3} ms", names.len(), ms(started.elapsed()));
    let mut by_kind: BTreeMap<&str, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    let mut reading = Duration::ZERO;
    for (path, name) in paths.iter().zip(names) {
        if !of_interest(&name) {
            continue;
        }
        let started = Instant::now();
        let bytes = std::fs::read(path)?;
        reading += started.elapsed();
        let Ok(decoded) = decode(bytes.clone()) else { continue };
        let kind = classify(&name, &decoded.text).kind.map_or("none", FileKind::as_str);
        by_kind.entry(kind).or_default().push((name, bytes));
    }
    println!("reading them took {:.3} ms\n", ms(reading));
    print!("{:18} {:>6} {:>9}", "kind", "files", "bytes");
    STAGES.iter().for_each(|stage| print!(" {stage:>9}"));
    println!(" {:>9} {:>9}", "parse", "all");
    let mut total = ([Duration::ZERO; STAGES.len()], 0, 0);
    for (kind, files) in &by_kind {
        let bytes = files.iter().map(|(_, bytes)| bytes.len()).sum();
        let times = measure(files);
        for (sum, time) in total.0.iter_mut().zip(times) {
            *sum += time;
        }
        total.1 += files.len();
        total.2 += bytes;
        line(kind, files.len(), bytes, &times);
    }
    line("all", total.1, total.2, &total.0);
    println!("\ntimes in ms, the last two columns in MB/s; `copy` is the price of measuring");
    Ok(())
}

fn line(kind: &str, files: usize, bytes: usize, times: &[Duration; STAGES.len()]) {
    print!("{kind:18} {files:6} {bytes:9}");
    times.iter().for_each(|time| print!(" {:9.3}", ms(*time)));
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    let [decode, classify, _, parse, marks, views] = times;
    println!(" {:9.1} {:9.1}", rate(*parse), rate(*decode + *classify + *parse + *marks + *views));
}

/// The fastest time of each stage over all files.
fn measure(files: &[(String, Vec<u8>)]) -> [Duration; STAGES.len()] {
    let mut best = [Duration::MAX; STAGES.len()];
    for _ in 0..RUNS {
        let mut times = [Duration::ZERO; STAGES.len()];
        for (name, bytes) in files {
            let bytes = bytes.clone();
            let mut lap = Instant::now();
            let mut stop = |stage: usize| {
                if let Some(time) = times.get_mut(stage) {
                    *time += lap.elapsed();
                }
                lap = Instant::now();
            };
            let Ok(decoded) = decode(bytes) else { continue };
            stop(0);
            let kind = classify(name, &decoded.text).kind;
            stop(1);
            let Some(kind) = kind else { continue };
            let copy = black_box(decoded.text.clone());
            drop(copy);
            stop(2);
            let mut document = parse_at(kind, name, decoded.text);
            stop(3);
            black_box(marks(kind, name, document.text()));
            stop(4);
            add_views(kind, &mut document, &["settings", "environment"]);
            stop(5);
            black_box(document);
        }
        for (best, time) in best.iter_mut().zip(times) {
            *best = (*best).min(time);
        }
    }
    best
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn files(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}
