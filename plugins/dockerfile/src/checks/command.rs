//! Commands of `RUN` that have no place there.

use crate::view::{Instruction, View, join};
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Out, Params};

/// `command`: commands of a list (`forbid`), with what to use instead (`instead`, the text of an unsafe fix).
pub fn forbidden(view: &View<'_>, params: &Params, out: &mut Out) {
    let instead = params.string("instead");
    for run in view.runs() {
        // Commands of a terminal or host do something for the build all the same: `ssh` by a key that is lent to the step; a
        // service that stops again behind what needs it.
        let mut service_stops = None;
        for command in &run.commands {
            let name = command.name();
            if !params.strings("forbid").any(|forbidden| forbidden == name) {
                continue;
            }
            let has_a_use = match name {
                "ssh" => run.mounts().any(|mount| mount.get("type") == Some("ssh")),
                "service" => *service_stops.get_or_insert_with(|| stops_its_service(run)),
                _ => false,
            };
            if has_a_use {
                continue;
            }
            let Some(word) = command.words.first() else { continue };
            let message = match instead {
                Some(instead) => format!("{name} is meant for a terminal, {instead} for scripts"),
                None => format!("{name} has no use in a build"),
            };
            let finding = out.finding(word.place(), message).data("command", name);
            if let Some(instead) = instead
                && view.source.slice(word.span()).trim_matches('"') == name
            {
                let span = word.span();
                let quote = if view.source.slice(span).starts_with('"') { 1 } else { 0 };
                let inner = stockade_sdk::Span { start: span.start + quote, end: span.end - quote };
                finding.unsafe_fix(format!("Use {instead}"), vec![Edit::replace(inner, instead)]);
            }
        }
    }
}

/// Whether a `RUN` stops a service that it started, and runs something else meanwhile.
fn stops_its_service(run: &Instruction<'_>) -> bool {
    let is_service = |c: &Command<'_>| c.name() == "service";
    let stops = |c: &Command<'_>| is_service(c) && c.args().iter().any(|w| w.text() == "stop");
    run.commands.iter().any(stops) && run.commands.iter().any(|c| !is_service(c))
}

/// `sudo`: `sudo` in front of a command.
pub fn sudo(view: &View<'_>, _: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in &run.commands {
            let words = || command.wrappers.iter().chain(command.words.first());
            let Some(sudo) = words().find(|w| w.text() == "sudo" || w.text().ends_with("/sudo")) else {
                continue;
            };
            let finding = out.finding(sudo.place(), format!("sudo runs {}", what(command)));
            // Without options there is nothing that the command would lose but the change of user.
            let next = command
                .wrappers
                .last()
                .is_some_and(|last| last == sudo)
                .then(|| command.words.first())
                .flatten();
            if let Some(next) = next
                && !run.is_escaped_word(*next)
            {
                let span = stockade_sdk::Span { start: sudo.span().start, end: next.span().start };
                finding.unsafe_fix("Remove sudo", vec![Edit::remove(span)]);
            }
        }
    }
}

fn what<'a>(command: &Command<'a>) -> &'a str {
    match command.name() {
        "" | "sudo" => "a command",
        name => name,
    }
}

/// `leading-cd`: a `RUN` whose first command is `cd`.
pub fn leading_cd(view: &View<'_>, _: &Params, out: &mut Out) {
    for run in view.runs() {
        let Some(first) =
            run.script().and_then(|script| script.children().next()).filter(|n| n.is("command"))
        else {
            continue;
        };
        let command = Command::new(first);
        if command.name() != "cd" {
            continue;
        }
        let (Some(word), last) = (command.words.first(), command.words.last()) else { continue };
        let folder = command.args().first().map_or("~", |folder| folder.text());
        out.finding(join(*word, *last.unwrap_or(word)), format!("RUN changes to {folder} with cd"))
            .data("folder", folder);
    }
}

/// `tools-together`: two or more of `tools` are called in one stage.
pub fn together(view: &View<'_>, params: &Params, out: &mut Out) {
    for stage in &view.stages {
        let mut first: Option<(&str, stockade_sdk::Node<'_>)> = None;
        let calls = stage.instructions.iter().flat_map(|i| &i.commands);
        for command in calls {
            let name = command.name();
            let Some(word) =
                command.words.first().filter(|_| params.strings("tools").any(|tool| tool == name))
            else {
                continue;
            };
            match first {
                None => first = Some((name, *word)),
                Some((other, _)) if other == name => {}
                Some((other, earlier)) => {
                    out.finding(
                        word.place(),
                        format!("{name} is called in a stage that calls {other} as well"),
                    )
                    .label(earlier.place(), format!("{other} is called here"));
                    break;
                }
            }
        }
    }
}
