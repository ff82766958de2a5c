//! The guides: what enforces each of their items, as pages of the book and as a check that all of it works.

use crate::run::{output, step};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

const BINARY: &str = "target/debug/stockade";
const FOLDER: &str = "book/src/guides";
/// Files that a rule must have looked at before its share of findings says anything.
const ENOUGH_FILES: u64 = 20;

#[derive(Deserialize)]
struct Pack {
    name: String,
    title: String,
    guide: Option<Guide>,
}

#[derive(Deserialize)]
struct Guide {
    source: String,
    items: usize,
    checkable: usize,
    partly_checkable: usize,
    not_checkable: usize,
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    title: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    checkable: String,
    rules: Vec<String>,
    note: String,
}

/// What `stockade test --format json` says of a rule.
#[derive(Deserialize)]
struct Tested {
    rule: String,
    bad: usize,
    good: usize,
    failures: Vec<String>,
}

fn packs() -> Result<Vec<(Pack, Guide)>> {
    let packs: Vec<Pack> = serde_json::from_str(&output(BINARY, &["packs", "--format", "json"])?)?;
    let guides = packs.into_iter().filter_map(|mut pack| pack.guide.take().map(|guide| (pack, guide)));
    Ok(guides.collect())
}

/// The book's pages: each guide with its rules, and the list of what no repository can show.
pub(crate) fn pages(files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    let packs = packs()?;
    let mut index = String::from(
        "# Guides\n\nA guide is a document about hardening, turned into a pack: each of its demands with the rules that \
         enforce it. `stockade scan --pack NAME` runs just these rules, `stockade report --pack NAME` prints the \
         document as a checklist. [What files cannot show](gaps.md) lists the demands that no tool can check in a \
         repository. [A guide of your own](../reference/packs.md) is one file.\n\n\
         This page and those below it are generated.\n\n\
         | guide | about | items | checkable | partly | not |\n|---|---|---:|---:|---:|---:|\n",
    );
    let mut gaps = String::from(
        "# What files cannot show\n\nA linter reads what lies in a repository. Some demands of a hardening guide are about \
         a running system, about people, or about choices of which neither is wrong. They are listed here with the \
         reason, so that nobody takes a clean scan for more than it is. This page is generated.\n",
    );
    for (pack, guide) in &packs {
        writeln!(
            index,
            "| [`{0}`]({0}.md) | {1} | {2} | {3} | {4} | {5} |",
            pack.name, pack.title, guide.items, guide.checkable, guide.partly_checkable, guide.not_checkable
        )?;
        files.push((PathBuf::from(format!("{FOLDER}/{}.md", pack.name)), page(pack, guide)?));
        write!(gaps, "\n## {}\n\n`{}`, after {}\n", pack.title, pack.name, guide.source)?;
        for (checkable, heading) in [("no", "Not at all"), ("partly", "In part")] {
            write!(gaps, "\n### {heading}: {}\n\n| item | why |\n|---|---|\n", pack.name)?;
            for section in &guide.sections {
                for item in section.items.iter().filter(|item| item.checkable == checkable) {
                    writeln!(
                        gaps,
                        "| {}: {} | {} |",
                        cell(&section.title),
                        cell(&item.title),
                        cell(&item.note)
                    )?;
                }
            }
        }
    }
    files.push((PathBuf::from(format!("{FOLDER}/index.md")), index));
    files.push((PathBuf::from(format!("{FOLDER}/gaps.md")), gaps));
    Ok(())
}

/// Entries for the book's summary.
pub(crate) fn summary() -> Result<String> {
    let mut text = String::new();
    for (pack, _) in packs()? {
        writeln!(text, "  - [{}](guides/{}.md)", pack.title, pack.name)?;
    }
    Ok(text)
}

fn page(pack: &Pack, guide: &Guide) -> Result<String> {
    let mut text = format!(
        "# {}\n\nPack `{}`, after {}: {} items, {} of which files show, {} in part, {} not at all. This page is \
         generated.\n\n```sh\nstockade report --pack {}\n```\n",
        pack.title,
        pack.name,
        guide.source,
        guide.items,
        guide.checkable,
        guide.partly_checkable,
        guide.not_checkable,
        pack.name
    );
    for section in &guide.sections {
        write!(text, "\n## {}\n\n| item | rules | note |\n|---|---|---|\n", section.title)?;
        for item in &section.items {
            let rules = item.rules.iter().map(|rule| format!("[`{rule}`](../rules/{rule}.md)"));
            let rules = rules.collect::<Vec<_>>().join(", ");
            let rules = if rules.is_empty() { "none can".to_owned() } else { rules };
            writeln!(text, "| {} | {rules} | {} |", cell(&item.title), cell(&item.note))?;
        }
    }
    Ok(text)
}

fn cell(text: &str) -> String {
    let escaped = text.replace('|', "\\|").replace('<', "&lt;");
    escaped.replace('*', "\\*").replace('_', "\\_").replace('[', "\\[")
}

/// Goes through every item: its rules, whether each finds its page's bad examples and leaves the good ones alone, and
/// with trees to look at how often it finds something in what it looks at.
pub(crate) fn check(trees: &[String]) -> Result<()> {
    step("the guides' items and their rules");
    let packs = packs()?;
    let named: BTreeSet<&str> = packs
        .iter()
        .flat_map(|(_, guide)| &guide.sections)
        .flat_map(|section| &section.items)
        .flat_map(|item| item.rules.iter().map(String::as_str))
        .collect();
    let mut arguments = vec!["test", "--format", "json"];
    arguments.extend(&named);
    let tested: Vec<Tested> = serde_json::from_str(&output(BINARY, &arguments)?)?;
    let tested: BTreeMap<&str, &Tested> = tested.iter().map(|t| (t.rule.as_str(), t)).collect();
    let shares = if trees.is_empty() { BTreeMap::new() } else { shares(&packs, trees)? };
    let (mut wanted, mut enforced) = (0, 0);
    for (pack, guide) in &packs {
        println!("\n{} ({})", pack.name, guide.source);
        for section in &guide.sections {
            for item in &section.items {
                if item.checkable == "no" {
                    println!("  not checkable  {}: {} ({})", section.title, item.title, item.note);
                    continue;
                }
                wanted += 1;
                let mut fine = !item.rules.is_empty();
                let mut words = Vec::new();
                for rule in &item.rules {
                    let result = tested.get(rule.as_str());
                    let works = result.is_some_and(|t| t.failures.is_empty() && t.bad > 0 && t.good > 0);
                    fine &= works;
                    let share = shares.get(rule.as_str());
                    let share =
                        share.map_or_else(String::new, |(hit, of)| format!(", finds in {hit} of {of} files"));
                    let (bad, good) = result.map_or((0, 0), |t| (t.bad, t.good));
                    let verdict = if works { "" } else { " FAILS" };
                    words.push(format!("{rule}{verdict} ({bad} bad caught, {good} good clean{share})"));
                }
                enforced += usize::from(fine);
                let verdict = if fine { "enforced     " } else { "NOT ENFORCED " };
                println!("  {verdict}  {}: {}: {}", section.title, item.title, words.join("; "));
            }
        }
    }
    println!("\n{enforced} of {wanted} checkable items are enforced, by {} rules", named.len());
    let always: Vec<&str> = shares
        .iter()
        .filter(|(_, (hit, of))| *of >= ENOUGH_FILES && hit == of)
        .map(|(rule, _)| rule.as_str())
        .collect();
    if !always.is_empty() {
        println!("rules that find something in every file they look at: {}", always.join(", "));
    }
    if enforced < wanted {
        bail!("{} items are not enforced", wanted - enforced);
    }
    Ok(())
}

/// For each rule: the files in which it finds something, and those that it looks at.
fn shares(packs: &[(Pack, Guide)], trees: &[String]) -> Result<BTreeMap<String, (u64, u64)>> {
    let mut arguments = vec!["report", "--no-config", "--fail-on", "never", "--format", "json"];
    for (pack, _) in packs {
        arguments.extend(["--pack", &pack.name]);
    }
    arguments.extend(trees.iter().map(String::as_str));
    let report: serde_json::Value = serde_json::from_str(&output(BINARY, &arguments)?)?;
    let mut shares = BTreeMap::new();
    let list = |value: &serde_json::Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    for guide in list(&report, "guides") {
        for item in list(&guide, "sections").iter().flat_map(|section| list(section, "items")) {
            for rule in list(&item, "rules") {
                let found = list(&rule, "findings");
                let files: BTreeSet<&str> = found.iter().filter_map(|f| f["path"].as_str()).collect();
                let of = rule["files_looked_at"].as_u64().context("a rule counts its files")?;
                let id = rule["id"].as_str().unwrap_or_default().to_owned();
                shares.insert(id, (files.len() as u64, of));
            }
        }
    }
    Ok(shares)
}
