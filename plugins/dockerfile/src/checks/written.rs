//! What a build writes to files: by `echo`, `printf`, `cat`, `tee` and `sed`, and by the here-documents of `COPY`.

use crate::view::View;
use std::ops::Range;
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Place, Span};

/// Groups and subshells around a command whose redirection is looked at.
const MAX_GROUPS: usize = 8;
/// Parts of a pipeline that are looked at behind a command. Without a limit a long pipeline would take quadratic time.
const MAX_PARTS: usize = 8;

/// A text that goes to a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    /// The position of the stage.
    pub(super) stage: usize,
    /// The word or here-document; of several words the first.
    pub(super) node: Node<'a>,
    /// Where all of it stands.
    pub(super) span: Span,
    /// The file; empty where it is not known.
    pub(super) file: &'a str,
    /// Whether it is a script of `sed`, in which what is replaced stands as well.
    pub(super) by_sed: bool,
}

impl<'a> Written<'a> {
    /// One word or here-document.
    pub(super) fn one(stage: usize, node: Node<'a>, file: &'a str) -> Self {
        Self { stage, node, span: node.span(), file, by_sed: false }
    }

    /// The text as the file has it, with its escapes and quotes.
    pub(super) fn raw(&self) -> &'a str {
        self.node.source().slice(self.span)
    }

    /// A place in it, by bytes of the text.
    pub(super) fn place(&self, range: Range<usize>) -> Place {
        let span =
            Span { start: self.span.start + range.start as u32, end: self.span.start + range.end as u32 };
        Place { span, node: Some(self.node.id()) }
    }
}

/// All that a Dockerfile writes, in source order.
pub(super) fn written<'a>(view: &View<'a>) -> Vec<Written<'a>> {
    let mut found = Vec::new();
    for (stage, instruction) in view.instructions() {
        if matches!(instruction.keyword, "COPY" | "ADD")
            && let Some((sources, destination)) = instruction.copied()
        {
            let texts = sources.into_iter().filter(|source| source.is("heredoc"));
            found.extend(texts.map(|node| Written::one(stage, node, destination.text())));
        }
        for command in &instruction.commands {
            by_command(stage, command, &mut found);
        }
    }
    found
}

fn by_command<'a>(stage: usize, command: &Command<'a>, found: &mut Vec<Written<'a>>) {
    match command.name() {
        "echo" | "printf" => {
            // `echo deb [trusted=yes] …` says with several words what others say with one.
            let (Some(first), Some(last)) = (command.args().first(), command.args().last()) else { return };
            let span = Span { start: first.span().start, end: last.span().end.max(first.span().end) };
            found.push(Written { span, ..Written::one(stage, *first, target(command)) });
        }
        "cat" | "tee" => {
            let file = match command.name() {
                "tee" => command.operands().next().map_or("", Node::text),
                _ => target(command),
            };
            let redirects = command.node.elements("redirect").filter(|r| r.text().starts_with("<<"));
            let bodies = redirects.filter_map(|r| r.children().find(|c| c.name().is_empty()));
            found.extend(bodies.map(|node| Written::one(stage, node, file)));
        }
        "sed" => {
            let Some(file) = command.words.last().filter(|_| command.words.len() > 2) else { return };
            let scripts = command.args().iter().filter(|word| !word.text().starts_with('-') && *word != file);
            found.extend(
                scripts.map(|word| Written { by_sed: true, ..Written::one(stage, *word, file.text()) }),
            );
        }
        _ => {}
    }
}

/// The file that a command's output goes to: by its own redirection, that of a group around it, or by `tee`.
fn target<'a>(command: &Command<'a>) -> &'a str {
    let around = command.node.ancestors().take(MAX_GROUPS).take_while(|node| !node.is("RUN"));
    // A script has as many children as commands, and no redirection of its own.
    let around = around.filter(|node| !node.is("script") && !node.is("pipeline"));
    for node in std::iter::once(command.node).chain(around) {
        if let Some(file) = redirected(node).or_else(|| teed(node)) {
            return file;
        }
    }
    ""
}

fn redirected(node: Node<'_>) -> Option<&str> {
    let outputs = node.elements("redirect").filter(|r| r.text().contains('>'));
    let mut files = outputs.filter_map(|r| r.children().find(|c| c.name().is_empty()));
    files.find(|file| !file.text().starts_with("/dev/")).map(Node::text)
}

/// The first file of a `tee` that stands behind this part of a pipeline.
fn teed(node: Node<'_>) -> Option<&str> {
    let tee = piped_to(node).find(|command| command.name() == "tee")?;
    tee.operands().next().map(Node::text)
}

/// The commands that what a part of a pipeline writes goes through, as far as they are looked at; none outside of a pipeline.
pub(super) fn piped_to<'a>(part: Node<'a>) -> impl Iterator<Item = Command<'a>> {
    let first = part.parent().filter(|parent| parent.is("pipeline")).and_then(|_| part.next_sibling());
    let behind = std::iter::successors(first, |part| part.next_sibling()).take(MAX_PARTS);
    behind.filter(|part| part.is("command")).map(|part| Command::new(part).unwrapped())
}
