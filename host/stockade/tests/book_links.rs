//! Links of the book lead to pages that the book has. On the disk they may well be right and in the HTML lead nowhere:
//! a page that the summary does not name is not made, and a `README.md` becomes `index.html`, which no link says.
#![expect(clippy::unwrap_used, reason = "these are tests; clippy only knows it inside test functions")]

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src").canonicalize().unwrap()
}

/// The targets of a page's links to files, outside of fences.
fn targets(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                found.push(target.to_owned());
            }
        }
    }
    found
}

fn joined(folder: &Path, target: &str) -> PathBuf {
    let mut path = folder.to_path_buf();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

fn pages(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            all.push(path);
        }
    }
}

#[test]
fn links_lead_to_pages_of_the_book() {
    let source = source();
    let summary = std::fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<PathBuf> = targets(&summary).iter().map(|target| joined(&source, target)).collect();
    let mut all = Vec::new();
    pages(&source, &mut all);
    let mut wrong = Vec::new();
    for page in all.iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        for target in targets(&std::fs::read_to_string(page).unwrap()) {
            let path = joined(page.parent().unwrap(), &target);
            let is_page = target.ends_with(".md");
            let right =
                if is_page { listed.contains(&path) && !path.ends_with("README.md") } else { path.exists() };
            if !right {
                wrong.push(format!("{}: {target}", page.strip_prefix(&source).unwrap().display()));
            }
        }
    }
    let absent =
        listed.iter().filter(|path| !path.is_file()).map(|path| format!("SUMMARY.md: {}", path.display()));
    wrong.extend(absent);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
