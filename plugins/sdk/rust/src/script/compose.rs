//! What the services of a Compose file run: their programs, health checks and hooks.

use super::cutter::{Cutter, Notation};
use super::{Command, MAX_WORDS, Wanted, Word, push, scalar};
use crate::shell::base_name;
use crate::{Kind, Node, Source, Span};

/// Programs that run the script behind their `-c`.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

/// Adds the commands of all services, in no order.
pub(super) fn services(source: &Source, wanted: Wanted<'_>, found: &mut Vec<Command>) {
    let root = source.root();
    let mut reader = Reader { source, wanted, found };
    for service in root.at("[*].services[*]") {
        reader.service(service);
    }
}

struct Reader<'a, 'f, 'w> {
    source: &'a Source,
    wanted: Wanted<'w>,
    found: &'f mut Vec<Command>,
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

    /// A program as one text or as its words.
    fn program(&mut self, node: Node<'a>) {
        if is_list(node) { self.words(node.children().take(MAX_WORDS).collect()) } else { self.script(node) }
    }

    /// Words of a program; of a shell, its script is read.
    fn words(&mut self, nodes: Vec<Node<'a>>) {
        let script = handed(nodes.iter().map(|node| node.text())).and_then(|at| nodes.get(at));
        if let Some(script) = script {
            return self.script(*script);
        }
        let Some(first) = nodes.first() else { return };
        let words = nodes.iter().filter(|node| node.is_scalar()).map(|node| {
            let span = node.place().span;
            let known = node.is_known() && !node.text().contains('$');
            Word { text: node.text().to_owned(), start: span.start, end: span.end, known }
        });
        push(words.collect(), first.id(), self.found);
    }

    /// A text that is cut into commands, and the scripts that these hand to a shell.
    fn script(&mut self, node: Node<'a>) {
        if !node.is_scalar() || !self.wanted.may_be_in(self.source.slice(node.span())) {
            return;
        }
        let before = self.found.len();
        scalar(self.source, node, self.found);
        // A block keeps its lines; in every other style they are folded.
        let notation = if node.style() == 3 { Notation::Shell } else { Notation::Folded };
        let handed: Vec<(Span, u32)> =
            self.found.get(before..).unwrap_or_default().iter().filter_map(handed_script).collect();
        for (span, node) in handed {
            let raw = self.source.slice(span);
            let quoted = raw.len() > 1 && raw.starts_with(['"', '\'']);
            let inner = if quoted { raw.get(1..raw.len() - 1).unwrap_or_default() } else { raw };
            Cutter::new(inner, span.start + u32::from(quoted), notation, node).cut(self.found);
        }
    }
}

fn is_list(node: Node<'_>) -> bool {
    node.resolve().kind() == Kind::Sequence
}

/// The items of a list; a scalar stands for itself.
fn items<'a>(node: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    let alone = Some(node).filter(|node| node.is_scalar());
    node.children().filter(move |_| is_list(node)).chain(alone)
}

/// Where the script stands among the words of a program that is a shell, or that starts one.
fn handed<'t>(words: impl Iterator<Item = &'t str>) -> Option<usize> {
    let mut words = words.enumerate().skip_while(|(_, word)| !SHELLS.contains(&base_name(word)));
    words.next()?;
    let mut options = words.take_while(|(_, word)| word.starts_with(['-', '+']));
    let (at, _) = options.find(|(_, word)| !word.starts_with("--") && word.contains('c'))?;
    Some(at + 1)
}

/// The place of the script in a command that hands one to a shell, and the command's node.
fn handed_script(command: &Command) -> Option<(Span, u32)> {
    let at = handed(command.words.iter().map(|word| word.text.as_str()))?;
    command.words.get(at).map(|word| (word.span(), command.node))
}
