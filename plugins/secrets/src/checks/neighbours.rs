//! What stands beside a password: whose it is, and what for.

use std::collections::HashMap;
use stockade_sdk::{Source, contains};

/// The settings of a file by their names: looked up once, and only where a password asks.
#[derive(Default)]
pub(super) struct Neighbours<'a>(Option<HashMap<&'a str, &'a str>>);

impl<'a> Neighbours<'a> {
    /// The user to whom a password of this name belongs.
    pub(super) fn user(&mut self, source: &'a Source, name: &str) -> Option<&'a str> {
        let all = self.0.get_or_insert_with(|| source.settings().map(|s| (s.name(), s.value())).collect());
        let front = name.rsplit_once('_').map_or("", |(front, _)| front);
        ["user", "username", "login"].iter().find_map(|word| {
            if front.is_empty() { all.get(word) } else { all.get(format!("{front}_{word}").as_str()) }
                .copied()
        })
    }

    /// Whether all passwords of this name are for databases in the memory of the program, which nobody else reaches. Another
    /// profile of the same file may have a server.
    pub(super) fn is_in_memory(source: &Source, name: &str) -> bool {
        const IN_MEMORY: [&str; 3] = ["jdbc:h2:mem:", "jdbc:hsqldb:mem:", "jdbc:derby:memory:"];
        if !contains(source.text(), ":mem") {
            return false;
        }
        let Some((front, _)) = name.rsplit_once('_') else { return false };
        let is_address =
            |name: &str| name.strip_prefix(front).is_some_and(|rest| matches!(rest, "_url" | "_jdbc_url"));
        let mut addresses = source.settings().filter(|s| is_address(s.name())).peekable();
        addresses.peek().is_some()
            && addresses.all(|s| IN_MEMORY.iter().any(|start| s.value().starts_with(start)))
    }
}
