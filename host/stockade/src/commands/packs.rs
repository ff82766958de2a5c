//! `stockade packs`: what can be named by `--pack`.

use super::print;
use crate::args::{ListFormat, PacksArguments};
use crate::config;
use crate::error::ProgramError;
use crate::exit::Exit;
use serde::Serialize;
use std::fmt::Write as _;
use stockade_model::{Checkable, GuideSection};

/// One pack in the JSON list. Fields are only ever added.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    title: &'a str,
    version: &'a str,
    /// Rules of the pack, or for a guide the rules that it names.
    rules: usize,
    guide: Option<ListedGuide<'a>>,
}

#[derive(Serialize)]
struct ListedGuide<'a> {
    source: &'a str,
    items: usize,
    checkable: usize,
    partly_checkable: usize,
    not_checkable: usize,
    sections: &'a [GuideSection],
}

/// Lists the packs.
pub(crate) fn run(arguments: &PacksArguments) -> Result<Exit, ProgramError> {
    let catalog = config::catalog_here(arguments.config.as_deref())?;
    let guides = catalog.guides()?;
    let listed: Vec<Listed<'_>> = catalog
        .packs()
        .iter()
        .map(|pack| {
            let guide = guides.iter().find(|guide| guide.pack == pack.name);
            let of_pack = |rule: &&stockade_model::Rule| {
                rule.pack() == pack.name || rule.about.guides.binary_search(&pack.name).is_ok()
            };
            Listed {
                name: &pack.name,
                title: guide.map_or(&pack.title, |guide| &guide.title),
                version: &pack.version,
                rules: catalog.table.rules.iter().filter(of_pack).count(),
                guide: guide.map(|guide| {
                    let count = |what| guide.items().filter(|(_, item)| item.checkable == what).count();
                    ListedGuide {
                        source: &guide.source,
                        items: guide.items().count(),
                        checkable: count(Checkable::Yes),
                        partly_checkable: count(Checkable::Partly),
                        not_checkable: count(Checkable::No),
                        sections: &guide.sections,
                    }
                }),
            }
        })
        .collect();
    match arguments.format {
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(&listed)
                .map_err(|error| ProgramError::Bundle { reason: error.to_string() })?;
            print(&(json + "\n"))?;
        }
        ListFormat::Text => print(&table(&listed))?,
    }
    Ok(Exit::Clean)
}

fn table(listed: &[Listed<'_>]) -> String {
    let width = listed.iter().map(|pack| pack.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for pack in listed {
        let what = match &pack.guide {
            Some(guide) => format!("{} items, {} rules", guide.items, pack.rules),
            None => format!("{} rules", pack.rules),
        };
        let _ = writeln!(text, "{:<width$}  {what:<20}  {}", pack.name, pack.title);
    }
    text.push_str(
        "\n`stockade scan --pack NAME` runs only these rules.\n\
         For a pack with items, `stockade report --pack NAME` prints the guide as a checklist.\n",
    );
    text
}
