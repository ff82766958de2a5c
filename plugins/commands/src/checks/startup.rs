//! What services and containers run as they start, and whenever they are looked at.

use crate::View;
use stockade_sdk::script::download::{self, Programs};
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Edit, Out, Params, Source, Span, mode};

/// Nodes that are gone up from a command to the service or container that runs it.
const MAX_UP: usize = 6;

/// `startup-pipe-to-shell`: the output of one of `fetchers` is piped, or substituted, into one of `interpreters`.
pub(crate) fn pipe_to_shell(view: &View<'_>, params: &Params, out: &mut Out) {
    let programs = Programs::new(params);
    for pipeline in pipelines(view) {
        for (fetcher, interpreter) in programs.piped(&pipeline) {
            download::report(fetcher, interpreter, out);
        }
    }
    for command in &view.commands {
        if let Some(fetcher) = programs.substituted(view.source, command) {
            download::report(&fetcher, command, out);
        }
    }
}

/// The commands of each pipeline. What is substituted for a word of a command, or handed to a shell in it, is none of the
/// command's pipeline.
fn pipelines<'v>(view: &'v View<'_>) -> Vec<Vec<&'v Command>> {
    let mut found: Vec<Vec<&Command>> = Vec::new();
    // The commands that the next one may stand in, outermost first, each with its pipeline.
    let mut open: Vec<(&Command, usize)> = Vec::new();
    for command in &view.commands {
        let start = command.extent().start;
        let mut before = None;
        while let Some(last) = open.pop_if(|(outer, _)| outer.extent().end <= start) {
            before = Some(last);
        }
        let at = match before.filter(|(before, _)| is_piped(view.source, before, command)) {
            Some((_, at)) => at,
            None => {
                found.push(Vec::new());
                found.len() - 1
            }
        };
        if let Some(pipeline) = found.get_mut(at) {
            pipeline.push(command);
        }
        open.push((command, at));
    }
    found
}

/// Whether nothing but a pipe stands between two commands.
fn is_piped(source: &Source, before: &Command, command: &Command) -> bool {
    let between = Span { start: before.extent().end, end: command.extent().start };
    let ends = |c: char| matches!(c, ';' | '&' | ')' | '`' | '#' | ',' | '[' | ']');
    let Some((front, behind)) = source.slice(between).split_once('|') else { return false };
    // `|&` is a pipe too; `||` is none.
    let behind = behind.strip_prefix('&').unwrap_or(behind);
    before.node == command.node && !front.contains(ends) && !behind.contains(ends) && !behind.contains('|')
}

/// `startup-world-writable`: a mode that lets everyone write, by `chmod`, or by what `mkdir` and `install` give.
pub(crate) fn world_writable(view: &View<'_>, _: &Params, out: &mut Out) {
    for command in &view.commands {
        let given = match command.name() {
            "chmod" => command.args().iter().find(|word| !mode::is_option(&word.text)),
            "mkdir" | "install" => {
                let option = |word: &Word| matches!(word.text.as_str(), "-m" | "--mode" | "-pm");
                let at = command.args().iter().position(option);
                at.and_then(|at| command.args().get(at + 1))
            }
            _ => None,
        };
        let Some(word) = given.filter(|word| word.known && mode::lets_everyone_write(&word.text)) else {
            continue;
        };
        let message = format!("{} {} lets everyone write", command.name(), word.text);
        let finding = out.finding(command.place(word), message).data("mode", word.text.as_str());
        let written = view.source.slice(word.span());
        if let Some((tighter, at)) = mode::tightened(&word.text).zip(written.find(&word.text)) {
            let start = word.start + at as u32;
            let span = Span { start, end: start + word.text.len() as u32 };
            finding.unsafe_fix(format!("Use {tighter}"), vec![Edit::replace(span, tighter)]);
        }
    }
}

/// `server-option`: a program of `options` is started with words that switch its protection off. Each entry is the program,
/// words that all have to be there, and behind `: ` what they do.
pub(crate) fn server_option(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    // What a script starts is as often for a moment, or for the one who sits there.
    let script = view.source.kind() == "shell";
    if script && view.source.is_marked("pipeline") {
        return;
    }
    for command in &view.commands {
        // The same word may be told to a program of several names.
        let mut told: Vec<u32> = Vec::new();
        for entry in params.strings("options") {
            let Some((call, effect)) = entry.split_once(": ") else { continue };
            let mut wanted = call.split(' ');
            let Some(program) = wanted.next() else { continue };
            let everywhere = params.strings("always-in-scripts").any(|p| p == program);
            if script
                && !everywhere
                && !(params.strings("in-scripts").any(|p| p == program) && is_open(command))
            {
                continue;
            }
            // The first word is no argument, unless the image names the program and this is all arguments.
            let has = |wanted: &str| command.words.iter().find(|word| is_given(&word.text, wanted));
            let Some(words) = wanted.map(has).collect::<Option<Vec<&Word>>>() else { continue };
            let Some(last) = words.last().filter(|_| runs(view.source, command, program)) else { continue };
            if told.contains(&last.start) {
                continue;
            }
            told.push(last.start);
            let shown = call.strip_prefix("* ").unwrap_or(call);
            out.finding(command.place(last), format!("{shown} {effect}")).key(entry);
        }
    }
}

/// Whether a command is told to listen on every network.
fn is_open(command: &Command) -> bool {
    let words = command.args();
    words.iter().zip(std::iter::once("").chain(words.iter().map(|word| word.text.as_str()))).any(
        |(word, before)| {
            let text = word.text.as_str();
            text.contains("0.0.0.0")
                || text.contains("[::]")
                || matches!((before, text), ("--ip", "*") | ("--host", "::"))
                || matches!(text, "--ip=*" | "--host=::")
        },
    )
}

/// Whether a word is this option, or sets this switch. A `*` in the option is a name of the user's choice.
fn is_given(word: &str, wanted: &str) -> bool {
    if word == wanted {
        return true;
    }
    let (name, value) = word.split_once('=').unwrap_or((word, "true"));
    wanted.starts_with('-') && matches!(value, "true" | "yes" | "1") && is_named(name, wanted)
}

/// Whether this is the name of an option. Traefik takes its dotted ones in any case.
fn is_named(name: &str, wanted: &str) -> bool {
    if !(wanted.starts_with("--") && wanted.contains('.')) {
        return name == wanted;
    }
    let (name, wanted) = (name.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    match wanted.split_once('*') {
        Some((front, back)) => name
            .strip_prefix(front)
            .and_then(|rest| rest.strip_suffix(back))
            .is_some_and(|chosen| !chosen.is_empty() && !chosen.contains('.')),
        None => name == wanted,
    }
}

/// Whether a command is a call of a program, by its name or by the image that it runs in.
fn runs(source: &Source, command: &Command, program: &str) -> bool {
    program == "*"
        || command.name() == program
        || image(source, command.node).is_some_and(|image| image_name(image) == program)
}

/// The image of the service or container that has a command at this node.
fn image(source: &Source, node: u32) -> Option<&str> {
    let image = source.node(node).ancestors().take(MAX_UP).find_map(|node| node.get("image"))?;
    image.is_scalar().then(|| image.text())
}

/// The last part of an image's name, without tag and digest.
fn image_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
