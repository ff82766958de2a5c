//! What stands beside a password: whose it is, and what for.

use std::collections::HashMap;
use stockade_sdk::{Source, contains};

/// The settings of a file, looked up once, and only where a password asks.
#[derive(Default)]
pub(super) struct Neighbours<'a> {
    /// By their names.
    all: Option<HashMap<&'a str, &'a str>>,
    /// What stands in front of `_url` in the names of addresses, and whether all of these are databases in memory.
    in_memory: Option<HashMap<&'a str, bool>>,
}

impl<'a> Neighbours<'a> {
    /// The user to whom a password of this name belongs.
    pub(super) fn user(&mut self, source: &'a Source, name: &str) -> Option<&'a str> {
        let all = self.all.get_or_insert_with(|| source.settings().map(|s| (s.name(), s.value())).collect());
        let front = name.rsplit_once('_').map_or("", |(front, _)| front);
        ["user", "username", "login"].iter().find_map(|word| {
            if front.is_empty() { all.get(word) } else { all.get(format!("{front}_{word}").as_str()) }
                .copied()
        })
    }

    /// Whether all passwords of this name are for databases in the memory of the program, which nobody else reaches. Another
    /// profile of the same file may have a server.
    pub(super) fn is_in_memory(&mut self, source: &'a Source, name: &str) -> bool {
        let in_memory = self.in_memory.get_or_insert_with(|| addresses_in_memory(source));
        name.rsplit_once('_').is_some_and(|(front, _)| in_memory.get(front) == Some(&true))
    }
}

fn addresses_in_memory(source: &Source) -> HashMap<&str, bool> {
    const IN_MEMORY: [&str; 3] = ["jdbc:h2:mem:", "jdbc:hsqldb:mem:", "jdbc:derby:memory:"];
    let mut found = HashMap::new();
    if contains(source.text(), ":mem") {
        for setting in source.settings() {
            let is_in_memory = IN_MEMORY.iter().any(|start| setting.value().starts_with(start));
            for front in ["_url", "_jdbc_url"].iter().filter_map(|end| setting.name().strip_suffix(end)) {
                *found.entry(front).or_insert(true) &= is_in_memory;
            }
        }
    }
    found
}
