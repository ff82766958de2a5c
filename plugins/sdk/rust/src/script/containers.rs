//! What the containers of Kubernetes manifests run: their programs, probes and hooks, in workloads, patches and whatever
//! operators make pods of.

use super::programs::{Reader, is_shell, takes_script};
use super::{Command, MAX_WORDS, Wanted};
use crate::{Kind, Node, Source};

/// Adds the commands of all containers, in no order.
///
/// Containers are not looked for: an operator may have them anywhere, and a probe's or hook's `exec` has the same fields.
pub(super) fn containers(source: &Source, wanted: Wanted<'_>, found: &mut Vec<Command>) {
    let mut reader = Reader { source, wanted, found };
    for node in source.root().descendants() {
        match (node.name(), node.kind()) {
            ("command", Kind::Sequence) => {
                let args = list_beside(node, "args");
                let words = node.children().chain(args.into_iter().flat_map(Node::children));
                reader.words(words.take(MAX_WORDS).collect());
            }
            ("args", Kind::Sequence) if list_beside(node, "command").is_none() => reader.arguments(node),
            ("script" | "source", Kind::Scalar) if is_script(node) => reader.script(node),
            _ => {}
        }
    }
}

impl<'a> Reader<'a, '_, '_> {
    /// Arguments of a program that the image names.
    fn arguments(&mut self, list: Node<'a>) {
        let words: Vec<Node<'a>> = list.children().take(MAX_WORDS).collect();
        match words.as_slice() {
            // It can only be a shell.
            [option, script, ..] if takes_script(option.text()) && script.text().contains([' ', '\n']) => {
                self.script(*script);
            }
            _ => self.words(words),
        }
    }
}

fn list_beside<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    node.parent()?.get(key).filter(|beside| beside.kind() == Kind::Sequence)
}

/// Whether it is the script of a step (Argo Workflows, Tekton) in the language of a shell, and no file's name.
fn is_script(node: Node<'_>) -> bool {
    let Some(step) = node.parent().filter(|step| step.get("image").is_some()) else { return false };
    let by_shell = match node.text().strip_prefix("#!") {
        Some(line) => {
            let line = line.lines().next().unwrap_or_default();
            line.split(['/', ' ']).any(is_shell)
        }
        None => step
            .get("command")
            .and_then(|command| command.children().next())
            .is_none_or(|program| is_shell(program.text())),
    };
    by_shell && node.text().contains([' ', '\n'])
}
