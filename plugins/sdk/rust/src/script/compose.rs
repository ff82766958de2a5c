//! What the services of a Compose file run: their programs, health checks and hooks.

use super::programs::{Reader, is_list, items};
use super::{Command, MAX_WORDS, Wanted};
use crate::{Node, Source};

/// Adds the commands of all services, in no order.
pub(super) fn services(source: &Source, wanted: Wanted<'_>, found: &mut Vec<Command>) {
    let root = source.root();
    let mut reader = Reader { source, wanted, found };
    for service in root.at("[*].services[*]") {
        reader.service(service);
    }
}

impl<'a> Reader<'a, '_, '_> {
    fn service(&mut self, service: Node<'a>) {
        let (entry, command) = (service.get("entrypoint"), service.get("command"));
        match (entry.filter(|entry| is_list(*entry)), command) {
            // The command is the end of the entry point's words.
            (Some(entry), Some(command)) => {
                let words = entry.children().chain(items(command)).take(MAX_WORDS).collect();
                self.words(words);
            }
            _ => entry.into_iter().chain(command).for_each(|program| self.program(program)),
        }
        if let Some(test) = service.find("healthcheck.test") {
            let words: Vec<Node<'a>> = items(test).take(MAX_WORDS).collect();
            match words.split_first() {
                Some((first, [script])) if first.text() == "CMD-SHELL" => self.script(*script),
                Some((first, rest)) if first.text() == "CMD" => self.words(rest.to_vec()),
                _ if !is_list(test) => self.program(test),
                _ => {}
            }
        }
        for hook in ["post_start[*].command", "pre_stop[*].command", "develop.watch[*].exec.command"] {
            service.at(hook).into_iter().for_each(|program| self.program(program));
        }
    }
}
