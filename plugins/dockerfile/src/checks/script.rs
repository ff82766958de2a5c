//! What the shell scripts of `RUN` do.

use crate::in_force::InForce;
use crate::view::{Instruction, View, join};
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Node, Out, Params, mode};

/// `pipefail`: pipes in `RUN` whose shell ignores that the left side failed.
pub fn pipefail(view: &View<'_>, _: &Params, out: &mut Out) {
    let shells = InForce::new(view, |i| {
        (i.keyword == "SHELL").then(|| i.words().map(|word| word.text()).collect::<Vec<_>>())
    });
    for (at, stage) in view.stages.iter().enumerate() {
        // One `SHELL` in front of the first is enough for all.
        let mut fix_offered = false;
        for run in &stage.instructions {
            if run.keyword == "SHELL" {
                fix_offered = false;
            }
            if run.keyword != "RUN" || run.shell_script().is_none() {
                continue;
            }
            let Some(pipe) = first_pipe(run) else { continue };
            let sets = run.commands.iter().any(|c| {
                matches!(c.name(), "set" | "bash" | "sh" | "ash")
                    && c.args().iter().any(|w| w.text().contains("pipefail"))
            });
            // The exec form names its shell, and no `SHELL` makes a difference to it.
            let shell = if run.is_exec_form() { None } else { shells.before(view, at, run) };
            if sets || shell.is_some_and(|shell| has_pipefail(shell) || !is_posix(shell)) {
                continue;
            }
            let (left, right) = pipe;
            let message = format!(
                "a failure of {} in front of the pipe to {} goes unnoticed",
                left.name(),
                right.name()
            );
            let place = match (left.words.first(), right.words.first()) {
                (Some(first), Some(last)) => join(*first, *last),
                (Some(word), None) | (None, Some(word)) => word.place(),
                (None, None) => run.node.key_place(),
            };
            let finding = out.finding(place, message);
            if let Some(keyword) = run.node.key_span()
                && !run.onbuild
                && !run.is_exec_form()
                && !std::mem::replace(&mut fix_offered, true)
            {
                let alpine = view
                    .lineage(at)
                    .last()
                    .and_then(|(_, s)| s.image)
                    .is_some_and(|i| i.text().contains("alpine"));
                let shell = if alpine { "/bin/ash" } else { "/bin/bash" };
                let line = format!("SHELL [\"{shell}\", \"-o\", \"pipefail\", \"-c\"]{}", view.line_break);
                finding
                    .unsafe_fix("Switch pipefail on for the stage", vec![Edit::insert(keyword.start, line)]);
            }
        }
    }
}

/// The first pipe of a script whose left side can fail: the commands on its left and right. Pipes inside substitutions
/// count as well.
fn first_pipe<'a>(run: &Instruction<'a>) -> Option<(Command<'a>, Command<'a>)> {
    let command = |n: Node<'a>| if n.is("command") { Command::new(n).unwrapped() } else { first_command(n) };
    run.node.descendants().filter(|n| n.is("pipeline")).find_map(|pipeline| {
        let mut left: Option<Node<'a>> = None;
        for part in parts(pipeline) {
            if let Some(left) = left.filter(|left| !only_prints(*left)) {
                return Some((command(left), command(part)));
            }
            left = Some(part);
        }
        None
    })
}

/// Whether a part of a pipeline only prints what is written there: it has nothing that could fail. `yes` even ends by
/// the closed pipe, which `pipefail` would take for a failure.
fn only_prints(part: Node<'_>) -> bool {
    part.is("command") && matches!(Command::new(part).name(), "echo" | "printf" | "yes")
}

fn parts(pipeline: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    pipeline.children().filter(|c| c.kind() == stockade_sdk::Kind::Element && !c.is("redirect"))
}

fn first_command(node: Node<'_>) -> Command<'_> {
    stockade_sdk::shell::commands(node)
        .next()
        .unwrap_or_else(|| Command::of_words(node, Vec::new()))
        .unwrapped()
}

/// Whether a shell is started with `-o pipefail`.
fn has_pipefail(shell: &[&str]) -> bool {
    shell.windows(2).any(|pair| match pair {
        [option, value] => option.starts_with('-') && option.ends_with('o') && *value == "pipefail",
        _ => false,
    })
}

/// Whether a shell is one that knows pipes as we do.
fn is_posix(shell: &[&str]) -> bool {
    let name = shell.first().and_then(|w| w.rsplit(['/', '\\']).next()).unwrap_or_default();
    matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh" | "mksh")
}

/// `shell-symlink`: a link in the place of the default shell.
pub fn shell_symlink(view: &View<'_>, _: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in run.commands.iter().filter(|c| c.name() == "ln") {
            let operands: Vec<_> = command.operands().collect();
            if let [.., target, link] = operands.as_slice()
                && matches!(link.text(), "/bin/sh" | "/usr/bin/sh")
            {
                out.finding(
                    join(*target, *link),
                    format!("{} takes the place of {}", target.text(), link.text()),
                )
                .data("shell", target.text());
            }
        }
    }
}

/// `chmod-world-writable`: modes that let everyone write, by `chmod`, `--chmod`, or the mode that `mkdir` and `install` give.
pub fn world_writable(view: &View<'_>, _: &Params, out: &mut Out) {
    for (_, instruction) in view.instructions() {
        if let Some(mode) =
            instruction.flag("chmod").filter(|mode| mode::lets_everyone_write(mode.text()) && mode.is_known())
        {
            report(out, mode, "--chmod");
        }
        for command in instruction.commands.iter().filter(|c| matches!(c.name(), "mkdir" | "install")) {
            let mut words = command.args().iter().skip_while(|w| !matches!(w.text(), "-m" | "--mode"));
            if let Some(mode) =
                words.nth(1).filter(|mode| mode.is_known() && mode::lets_everyone_write(mode.text()))
            {
                report(out, *mode, command.name());
            }
        }
        for command in instruction.commands.iter().filter(|c| c.name() == "chmod") {
            let mut words = command.args().iter().filter(|w| !mode::is_option(w.text()));
            let Some(mode) = words.next().filter(|mode| mode.is_known()) else { continue };
            let mut targets = words.peekable();
            let scratch = targets.peek().is_some() && targets.all(|target| is_scratch(instruction, *target));
            // A sticky folder that everyone writes to is what /tmp is.
            if !scratch && mode::lets_everyone_write(mode.text()) {
                report(out, *mode, "chmod");
            }
        }
    }
}

/// Whether a word names a folder that the same script has made by `mktemp`: nobody else runs there while it is built.
fn is_scratch(run: &Instruction<'_>, word: Node<'_>) -> bool {
    let source = word.source();
    let written = source.slice(word.span()).trim_matches('"');
    let Some(name) = written.strip_prefix('$') else { return false };
    let name = name.trim_start_matches('{').split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    let Some(name) = name.filter(|name| !name.is_empty()) else { return false };
    let script = source.slice(run.node.span());
    let made = |quote: &str| script.contains(&format!("{name}={quote}$(mktemp"));
    made("\"") || made("")
}

fn report(out: &mut Out, mode: Node<'_>, by: &str) {
    let text = mode.text();
    let finding = out.finding(mode.place(), format!("{by} {text} lets everyone write")).data("mode", text);
    if let Some(tighter) = mode::tightened(text) {
        let span = mode.span();
        let written = mode.source().slice(span);
        if let Some(at) = written.find(text) {
            let start = span.start + at as u32;
            let span = stockade_sdk::Span { start, end: start + text.len() as u32 };
            finding.unsafe_fix(format!("Use {tighter}"), vec![Edit::replace(span, tighter)]);
        }
    }
}

/// `shell-removed`: shell forms behind a `RUN` that removes the shell.
pub fn shell_removed(view: &View<'_>, params: &Params, out: &mut Out) {
    for stage in &view.stages {
        let mut removed: Option<Node<'_>> = None;
        for instruction in stage.instructions.iter().filter(|i| !i.onbuild) {
            let shell_form = instruction.script().is_some();
            if let (Some(word), true) = (removed, shell_form) {
                let message = format!("{} in shell form runs without {}", instruction.keyword, word.text());
                let finding =
                    out.finding(instruction.node.key_place(), message).label(word.place(), "removed here");
                if let Some(edit) = super::entry::exec_form(instruction) {
                    finding.unsafe_fix("Use the exec form", vec![edit]);
                }
            }
            for command in &instruction.commands {
                let is_shell = |word: &Node<'_>| params.strings("shells").any(|s| s == word.text());
                match command.name() {
                    "rm" | "unlink" => removed = command.operands().find(is_shell).or(removed),
                    // `rm /bin/sh && ln -s /bin/bash /bin/sh`: another takes its place.
                    "ln" | "cp" | "mv" | "install"
                        if command.operands().last().is_some_and(|w| is_shell(&w)) =>
                    {
                        removed = None;
                    }
                    _ => {}
                }
            }
        }
    }
}
