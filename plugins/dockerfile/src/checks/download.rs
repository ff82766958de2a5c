//! Downloads that run without being looked at.

use crate::view::{Instruction, View, whole_span};
use stockade_sdk::script::{self, download};
use stockade_sdk::shell::{Command, commands};
use stockade_sdk::{Node, Out, Params, Place, Span};

/// `pipe-to-shell`: the output of one of `fetchers` piped, or substituted, into one of `interpreters`.
pub fn pipe_to_shell(view: &View<'_>, params: &Params, out: &mut Out) {
    let programs = download::Programs::new(params);
    for run in view.runs() {
        by_powershell(run, out);
        // Most instructions download nothing.
        let fetches = |word: &Node<'_>| programs.fetches(word.text().rsplit('/').next().unwrap_or_default());
        if !run.commands.iter().any(|command| command.words.iter().any(fetches)) {
            continue;
        }
        for pipeline in run.node.descendants().filter(|n| n.is("pipeline")) {
            let parts: Vec<script::Command> = pipeline.children().flat_map(part).collect();
            for (fetcher, interpreter) in programs.piped(&parts.iter().collect::<Vec<_>>()) {
                download::report(fetcher, interpreter, out);
            }
        }
        // `sh -c "$(curl ...)"`, `bash <(curl ...)`, `eval "$(curl ...)"`.
        for command in run.commands.iter().filter_map(download::with_redirections) {
            if let Some(fetcher) = programs.substituted(view.source, &command) {
                download::report(&fetcher, &command, out);
            }
        }
    }
}

/// The commands of one part of a pipeline; those that it substitutes for its words are none of its own.
fn part(node: Node<'_>) -> Vec<script::Command> {
    let inner: Vec<Command<'_>> =
        if node.is("command") { vec![Command::new(node)] } else { commands(node).collect() };
    inner.into_iter().filter_map(|command| download::with_redirections(&command.into_unwrapped())).collect()
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
