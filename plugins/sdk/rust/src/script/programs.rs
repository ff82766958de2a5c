//! Programs as a file names them: one text, or a list of words, of which a shell's script is read as one.

use super::cutter::{Cutter, Notation};
use super::{Command, MAX_WORDS, Wanted, Word, push, scalar};
use crate::shell::base_name;
use crate::{Kind, Node, Source, Span};

/// Programs that run the script behind their `-c`.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

/// Collects what the programs of a file run.
pub(super) struct Reader<'a, 'f, 'w> {
    pub(super) source: &'a Source,
    pub(super) wanted: Wanted<'w>,
    pub(super) found: &'f mut Vec<Command>,
}

impl<'a> Reader<'a, '_, '_> {
    /// A program as one text or as its words.
    pub(super) fn program(&mut self, node: Node<'a>) {
        if is_list(node) { self.words(node.children().take(MAX_WORDS).collect()) } else { self.script(node) }
    }

    /// Words of a program; of a shell, its script is read.
    pub(super) fn words(&mut self, nodes: Vec<Node<'a>>) {
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
        let before = self.found.len();
        push(words.collect(), first.id(), self.found);
        self.without_name(before);
    }

    /// Words that begin with an option are the arguments of a program that only the image names.
    fn without_name(&mut self, at: usize) {
        let Some(command) = self.found.get_mut(at) else { return };
        if let Some(start) = command.words.first().filter(|word| word.text.starts_with('-')).map(|w| w.start)
        {
            command.words.insert(0, Word { text: String::new(), start, end: start, known: false });
        }
    }

    /// A text that is cut into commands, and the scripts that these hand to a shell.
    pub(super) fn script(&mut self, node: Node<'a>) {
        if !node.is_scalar() || !self.wanted.may_be_in(self.source.slice(node.span())) {
            return;
        }
        let before = self.found.len();
        scalar(self.source, node, self.found);
        self.without_name(before);
        // A block keeps its lines; in every other style they are folded.
        let notation = if node.style() == 3 { Notation::Shell } else { Notation::Folded };
        self.handed_scripts(before, notation);
    }

    /// Cuts the scripts that the commands found since `before` hand to a shell.
    pub(super) fn handed_scripts(&mut self, before: usize, notation: Notation) {
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

/// Whether a node, or what it stands for, is a list.
pub(super) fn is_list(node: Node<'_>) -> bool {
    node.resolve().kind() == Kind::Sequence
}

/// The items of a list; a scalar stands for itself.
pub(super) fn items<'a>(node: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    let alone = Some(node).filter(|node| node.is_scalar());
    node.children().filter(move |_| is_list(node)).chain(alone)
}

/// Whether a program is a shell.
pub(super) fn is_shell(word: &str) -> bool {
    SHELLS.contains(&base_name(word))
}

/// Whether an option of a shell is followed by a script: `-c`, `-ec`, `-xlc`.
pub(super) fn takes_script(option: &str) -> bool {
    option.starts_with(['-', '+']) && !option.starts_with("--") && option.contains('c')
}

/// Where the script stands among the words of a program that is a shell, or that starts one.
fn handed<'t>(words: impl Iterator<Item = &'t str>) -> Option<usize> {
    let mut words = words.enumerate().skip_while(|(_, word)| !is_shell(word));
    words.next()?;
    let mut options = words.take_while(|(_, word)| word.starts_with(['-', '+']));
    let (at, _) = options.find(|(_, word)| takes_script(word))?;
    Some(at + 1)
}

/// The place of the script in a command that hands one to a shell, and the command's node.
fn handed_script(command: &Command) -> Option<(Span, u32)> {
    let at = handed(command.words.iter().map(|word| word.text.as_str()))?;
    command.words.get(at).map(|word| (word.span(), command.node))
}
