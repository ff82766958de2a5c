//! Downloads that run without being looked at.

use crate::view::View;
use stockade_sdk::shell::{Command, commands};
use stockade_sdk::{Node, Out, Params};

/// `pipe-to-shell`: the output of one of `fetchers` piped, or substituted, into one of `interpreters`.
pub fn pipe_to_shell(view: &View<'_>, params: &Params, out: &mut Out) {
    let is = |list: &str, command: &Command<'_>| {
        let name = command.name();
        // `python3` and `python3.12` are `python`.
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        params.strings(list).any(|known| known == name || known == base)
    };
    for run in view.runs() {
        for pipeline in run.node.descendants().filter(|n| n.is("pipeline")) {
            let mut fetched: Option<Command<'_>> = None;
            for part in pipeline.children() {
                let inner: Vec<Command<'_>> =
                    if part.is("command") { vec![Command::new(part)] } else { commands(part).collect() };
                for command in inner.iter().map(Command::unwrapped) {
                    if let Some(fetcher) =
                        fetched.as_ref().filter(|_| is("interpreters", &command) && reads_input(&command))
                    {
                        let Some(word) = command.words.first() else { continue };
                        found(out, fetcher, *word);
                        fetched = None;
                    } else if is("fetchers", &command) {
                        fetched = Some(command).filter(prints);
                    }
                }
            }
        }
        // `sh -c "$(curl ...)"`, `bash <(curl ...)`, `eval "$(curl ...)"`.
        for command in &run.commands {
            let evaluates = matches!(command.name(), "eval" | "source" | ".");
            if !evaluates && !is("interpreters", command) {
                continue;
            }
            let (Some(word), scripts) = (command.words.first(), command.args().iter()) else { continue };
            let inner =
                scripts.flat_map(|arg| commands(*arg)).map(|c| c.unwrapped()).find(|c| is("fetchers", c));
            if let Some(fetcher) = inner {
                found(out, &fetcher, *word);
            }
        }
    }
}

/// Whether what a download gives goes to its output: curl writes it to a file where it is told to.
fn prints(command: &Command<'_>) -> bool {
    if command.name() != "curl" {
        return true;
    }
    let mut words = command.args().iter().map(|word| word.text());
    while let Some(word) = words.next() {
        let bundle = word.strip_prefix('-').is_some_and(|letters| {
            letters.ends_with('o') && letters.bytes().all(|b| b.is_ascii_alphabetic())
        });
        if (bundle || word == "--output") && !matches!(words.next(), None | Some("-" | "/dev/stdout")) {
            return false;
        }
    }
    true
}

fn found(out: &mut Out, fetcher: &Command<'_>, interpreter: Node<'_>) {
    let url = fetcher.args().iter().find(|w| w.text().contains("://")).map_or("a download", |w| w.text());
    let message = format!("{} runs {url} as {} gets it", interpreter.text(), fetcher.name());
    out.finding(interpreter.place(), message).data("url", url);
}

/// Whether an interpreter runs what comes on its input: no script file and no `-c` among its arguments.
fn reads_input(command: &Command<'_>) -> bool {
    let mut args = command.args().iter();
    while let Some(word) = args.next() {
        match word.text() {
            "-" | "-s" | "--" => return true,
            "-c" | "-e" | "-m" => return false,
            "-o" | "-O" => {
                args.next();
            }
            text if text.starts_with('-') => {
                if !text.starts_with("--") && text.ends_with('c') && text.len() > 2 {
                    return false;
                }
            }
            text => return matches!(text, "/dev/stdin"),
        }
    }
    true
}
