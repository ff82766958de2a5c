//! What a build writes to files: by `echo`, `printf`, `cat`, `tee` and `sed`, and by the here-documents of `COPY`.

use crate::view::View;
use stockade_sdk::Node;
use stockade_sdk::shell::Command;

/// Groups and subshells around a command whose redirection is looked at.
const MAX_GROUPS: usize = 8;
/// Parts of a pipeline that are looked at behind a command. Without a limit a long pipeline would take quadratic time.
const MAX_PARTS: usize = 8;

/// A text that goes to a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    /// The position of the stage.
    pub(super) stage: usize,
    /// The word or here-document. What is written there has its escapes.
    pub(super) node: Node<'a>,
    /// The file; empty where it is not known.
    pub(super) file: &'a str,
    /// Whether it is a script of `sed`, in which what is replaced stands as well.
    pub(super) by_sed: bool,
}

/// All that a Dockerfile writes, in source order.
pub(super) fn written<'a>(view: &View<'a>) -> Vec<Written<'a>> {
    let mut found = Vec::new();
    for (stage, instruction) in view.instructions() {
        if matches!(instruction.keyword, "COPY" | "ADD")
            && let Some((sources, destination)) = instruction.copied()
        {
            let texts = sources.into_iter().filter(|source| source.is("heredoc"));
            found.extend(texts.map(|node| Written { stage, node, file: destination.text(), by_sed: false }));
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
            let file = target(command);
            found.extend(command.args().iter().map(|word| Written {
                stage,
                node: *word,
                file,
                by_sed: false,
            }));
        }
        "cat" | "tee" => {
            let file = match command.name() {
                "tee" => command.operands().next().map_or("", Node::text),
                _ => target(command),
            };
            let redirects = command.node.elements("redirect").filter(|r| r.text().starts_with("<<"));
            let bodies = redirects.filter_map(|r| r.children().find(|c| c.name().is_empty()));
            found.extend(bodies.map(|node| Written { stage, node, file, by_sed: false }));
        }
        "sed" => {
            let Some(file) = command.words.last().filter(|_| command.words.len() > 2) else { return };
            let scripts = command.args().iter().filter(|word| !word.text().starts_with('-') && *word != file);
            found.extend(scripts.map(|word| Written { stage, node: *word, file: file.text(), by_sed: true }));
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
    node.parent().filter(|parent| parent.is("pipeline"))?;
    let behind = std::iter::successors(node.next_sibling(), |part| part.next_sibling()).take(MAX_PARTS);
    let mut commands = behind.filter(|part| part.is("command")).map(|c| Command::new(c).unwrapped());
    let tee = commands.find(|command| command.name() == "tee")?;
    tee.operands().next().map(Node::text)
}
