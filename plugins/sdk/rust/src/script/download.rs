//! Downloads that are run as they come: `curl … | sh`, `sh -c "$(curl …)"`, `source <(curl …)`.

mod input;

use super::cutter::{Cutter, Notation};
use super::{Command, Word};
use crate::{Node, Out, Params, Source, shell};
use input::{Input, input, is_output};

/// How far a substitution is read for the command in front of it, in bytes.
const MAX_SUBSTITUTION: usize = 1_024;

/// The programs that a rule names.
#[derive(Debug)]
pub struct Programs<'p> {
    fetchers: Vec<&'p str>,
    interpreters: Vec<&'p str>,
}

impl<'p> Programs<'p> {
    /// Those that the parameters `fetchers` and `interpreters` list.
    #[must_use]
    pub fn new(params: &'p Params) -> Self {
        Self {
            fetchers: params.strings("fetchers").collect(),
            interpreters: params.strings("interpreters").collect(),
        }
    }

    /// Whether a program downloads.
    #[must_use]
    pub fn fetches(&self, name: &str) -> bool {
        self.fetchers.contains(&name)
    }

    /// Whether a program runs what it reads.
    #[must_use]
    pub fn interprets(&self, name: &str) -> bool {
        self.interpreters.iter().any(|known| *known == name || *known == without_version(name))
    }

    /// Given the commands of one pipeline in their order: each that runs what an earlier one downloads, that one first.
    #[must_use]
    pub fn piped<'c>(&self, pipeline: &[&'c Command]) -> Vec<(&'c Command, &'c Command)> {
        let mut found = Vec::new();
        let mut fetched = None;
        for command in pipeline {
            // What is printed goes through a whole pipeline: `curl … | tee x | sh`.
            if let Some(fetcher) = fetched.filter(|_| self.interprets(command.name()) && reads_input(command))
            {
                found.push((fetcher, *command));
                fetched = None;
            } else if self.fetches(command.name()) {
                fetched = Some(*command).filter(|command| prints(command));
            }
        }
        found
    }

    /// The download whose output a command takes for a script: `sh -c "$(curl …)"`, `eval`, `bash <(curl …)`.
    #[must_use]
    pub fn substituted(&self, source: &Source, command: &Command) -> Option<Command> {
        let script = match command.name() {
            "eval" | "source" | "." => command.args().first()?,
            name if self.interprets(name) => match input(command) {
                Input::Script(word) | Input::File(word) => word,
                Input::Read | Input::Other => return None,
            },
            _ => return None,
        };
        let fetcher = first_substituted(source, script, command.node)?;
        (self.fetches(fetcher.name()) && prints(&fetcher)).then_some(fetcher)
    }
}

/// Reports an interpreter that runs what a command downloads.
pub fn report(fetcher: &Command, interpreter: &Command, out: &mut Out) {
    let Some(word) = interpreter.words.first() else { return };
    let url = fetcher.args().iter().find_map(|word| address(&word.text)).unwrap_or("a download");
    let message = format!("{} runs {url} as {} gets it", interpreter.name(), fetcher.name());
    out.finding(interpreter.place(word), message).data("url", url);
}

fn address(word: &str) -> Option<&str> {
    let at = [word.find("https://"), word.find("http://")].into_iter().flatten().min()?;
    let text = word.get(at..)?;
    let end = text.find(|c: char| c.is_whitespace() || "\"'`)".contains(c)).unwrap_or(text.len());
    text.get(..end)
}

/// `python3` and `python3.12` are `python`.
fn without_version(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// The first command of the substitution that a word consists of.
fn first_substituted(source: &Source, word: &Word, node: u32) -> Option<Command> {
    let text = source.text().get(word.start as usize..)?;
    // Inside a string of YAML or JSON the quotes are escaped.
    let unquoted = |text: &'_ str| text.trim_start_matches(['"', '\'', '\\', ' ']).len();
    let behind = |length: usize| text.get(text.len() - length..).unwrap_or_default();
    let bare = behind(unquoted(text));
    // `bash < <(curl …)`, `bash <<< "$(curl …)"`.
    let bare = ["< ", "<<<"]
        .iter()
        .find_map(|sign| bare.strip_prefix(sign))
        .map_or(bare, |rest| behind(unquoted(rest)));
    let inner = ["$(", "`", "<("].iter().find_map(|opening| bare.strip_prefix(opening))?;
    let end = inner.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_SUBSTITUTION);
    let start = word.start as usize + (text.len() - inner.len());
    let mut found = Vec::new();
    let inner = inner.get(..end.unwrap_or(inner.len()))?;
    Cutter::new(inner, start as u32, Notation::Shell, node).cut(&mut found);
    found.into_iter().min_by_key(|command| command.words.first().map_or(u32::MAX, |word| word.start))
}

/// Whether an interpreter runs what comes on its input: it is given no file and no script.
#[must_use]
pub fn reads_input(command: &Command) -> bool {
    matches!(input(command), Input::Read)
}

/// Whether what a download gets goes to its output: curl writes it to a file where it is told to, wget where it is not.
#[must_use]
pub fn prints(command: &Command) -> bool {
    let elsewhere = |word: &Word| is_output(&word.text) && !word.text.starts_with('2');
    if command.args().iter().any(elsewhere) {
        return false;
    }
    match command.name() {
        "curl" => output(command, CURL_VALUES, 'o', "--output").is_none_or(is_stdout) && !keeps_name(command),
        "wget" => output(command, WGET_VALUES, 'O', "--output-document").is_some_and(is_stdout),
        "fetch" => output(command, "o", 'o', "--output").is_some_and(is_stdout),
        _ => true,
    }
}

/// Letters of options that take a value, which may follow in the same word: `-XPOST` has no `-O` in it.
const CURL_VALUES: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
const WGET_VALUES: &str = "aABDeHiIlnoPQRtTUwX";

fn is_stdout(file: &str) -> bool {
    matches!(file, "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1")
}

/// The letters of a bundle of short options up to the first that takes a value, that one included; empty for other words.
fn letters<'t>(word: &'t str, values: &str) -> &'t str {
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
    letters.split_inclusive(|c| values.contains(c)).next().unwrap_or_default()
}

/// The file that an option names: in the same word, or in the next.
fn output<'c>(command: &'c Command, values: &str, letter: char, long: &str) -> Option<&'c str> {
    command.args().iter().enumerate().find_map(|(at, word)| {
        let text = word.text.as_str();
        if text == long {
            return Some(command.arg(at + 1));
        }
        if let Some(value) = text.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value);
        }
        let rest = text.get(1 + letters(text, values).find(letter)? + 1..)?;
        Some(if rest.is_empty() { command.arg(at + 1) } else { rest })
    })
}

/// `curl -O` gives a file the name that it has in the address.
fn keeps_name(command: &Command) -> bool {
    command.args().iter().map(|word| word.text.as_str()).any(|text| {
        matches!(text, "--remote-name" | "--remote-name-all") || letters(text, CURL_VALUES).contains('O')
    })
}

/// Whether curl, given these arguments, has plain HTTP to do with alone: it asks for nothing else, and follows no redirect to
/// anything else. An address that is not known may be any.
#[must_use]
pub fn is_plain_only<'t>(args: impl Iterator<Item = &'t str>) -> bool {
    let mut plain = false;
    for text in args {
        let follows = text.starts_with("--location") || letters(text, CURL_VALUES).contains('L');
        if follows || text.starts_with(['$', '`']) || text.contains("https://") {
            return false;
        }
        plain |= text.starts_with("http://");
    }
    plain
}

/// A command of a tree, with its redirections among the words, as they are where text is cut.
#[must_use]
pub fn with_redirections(command: &shell::Command<'_>) -> Option<Command> {
    let mut all = Command::of_tree(command)?;
    for redirect in command.node.elements("redirect") {
        let span = redirect.span();
        let target = redirect.children().next().map_or("", Node::text);
        all.words.push(Word {
            text: format!("{}{target}", redirect.text()),
            start: span.start,
            end: span.end,
            known: false,
        });
    }
    // The name stays first, for what stands before it redirects as well.
    if let Some((_, args)) = all.words.split_first_mut() {
        args.sort_by_key(|word| word.start);
    }
    Some(all)
}

#[cfg(test)]
mod tests;
