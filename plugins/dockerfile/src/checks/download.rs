//! Downloads that run without being looked at.

use crate::view::{Instruction, View, whole_span};
use stockade_sdk::shell::{Command, commands};
use stockade_sdk::{Node, Out, Params, Place, Span};

/// `pipe-to-shell`: the output of one of `fetchers` piped, or substituted, into one of `interpreters`.
pub fn pipe_to_shell(view: &View<'_>, params: &Params, out: &mut Out) {
    let is = |list: &str, command: &Command<'_>| {
        let name = command.name();
        // `python3` and `python3.12` are `python`.
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        params.strings(list).any(|known| known == name || known == base)
    };
    for run in view.runs() {
        by_powershell(run, out);
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

/// What PowerShell calls its `eval`, and what it downloads by, in lower case.
const EVALUATES: [&str; 2] = ["iex", "invoke-expression"];
const DOWNLOADS: [&str; 5] = ["downloadstring", "iwr", "irm", "invoke-webrequest", "invoke-restmethod"];

/// `iex ((New-Object Net.WebClient).DownloadString('…'))`, `iwr … | iex`. The words of PowerShell are cut out of the text, for
/// its scripts are no trees.
fn by_powershell(run: &Instruction<'_>, out: &mut Out) {
    let span = whole_span(run.node);
    let text = run.source_text();
    if !["iex", "IEX", "nvoke-"].iter().any(|part| stockade_sdk::contains(text, part)) {
        return;
    }
    let mut start = 0;
    for statement in text.split_inclusive([';', '&', '\n']) {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let word = |wanted: &[&str]| {
            let words = statement.split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
            let mut found = words.filter(|word| wanted.iter().any(|w| word.eq_ignore_ascii_case(w)));
            found.next()
        };
        if let (Some(eval), Some(_)) = (word(&EVALUATES), word(&DOWNLOADS)) {
            let at = span.start + (start + offset(statement, eval)) as u32;
            let place =
                Place { span: Span { start: at, end: at + eval.len() as u32 }, node: Some(run.node.id()) };
            let url = address(statement).unwrap_or("a download");
            out.finding(place, format!("{eval} runs {url} as PowerShell gets it")).data("url", url);
        }
        start += statement.len();
    }
}

/// Where a part of a text, cut out of it, stands in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn address(text: &str) -> Option<&str> {
    let rest = text.get(text.find("https://").or_else(|| text.find("http://"))?..)?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`)|;".contains(c)).unwrap_or(rest.len());
    rest.get(..end)
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
