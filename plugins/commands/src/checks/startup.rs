//! What services and containers run as they start, and whenever they are looked at.

use crate::View;
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Edit, Out, Params, Source, Span, mode};

/// Nodes that are gone up from a command to the service or container that runs it.
const MAX_UP: usize = 6;

/// `startup-pipe-to-shell`: the output of one of `fetchers` is piped, or substituted, into one of `interpreters`.
pub(crate) fn pipe_to_shell(view: &View<'_>, params: &Params, out: &mut Out) {
    let is = |list: &str, name: &str| {
        // `python3` and `python3.12` are `python`.
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        params.strings(list).any(|known| known == name || known == base)
    };
    let mut fetched: Option<&Command> = None;
    let mut before: Option<&Command> = None;
    for command in &view.commands {
        let between = before.map_or(Joint::Other, |before| joint(view.source, before, command));
        // What is printed goes through a whole pipeline.
        fetched = fetched.filter(|_| between == Joint::Pipe);
        if let Some(fetcher) = fetched.filter(|_| is("interpreters", command.name()) && reads_input(command))
        {
            report(fetcher.args(), fetcher.name(), command, out);
            fetched = None;
        }
        if is("fetchers", command.name()) {
            match before.filter(|before| between == Joint::Process && is("interpreters", before.name())) {
                Some(shell) => report(command.args(), command.name(), shell, out),
                None => fetched = Some(command).filter(|command| prints(command)),
            }
        }
        if let Some(name) = evaluated(command, |name| is("interpreters", name))
            && let Some(fetcher) = params.strings("fetchers").find(|fetcher| name.starts_with(fetcher))
        {
            report(command.args(), fetcher, command, out);
        }
        before = Some(command);
    }
}

/// How a command follows the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// `a | b`
    Pipe,
    /// `a <(b`
    Process,
    Other,
}

fn joint(source: &Source, before: &Command, command: &Command) -> Joint {
    let (Some(last), Some(first)) = (before.words.last(), command.words.first()) else { return Joint::Other };
    let between = source.slice(Span { start: last.end, end: first.start.max(last.end) });
    let ends = |c: char| matches!(c, ';' | '&' | ')' | '`' | '#' | ',' | '[' | ']');
    if before.node != command.node || last.end > first.start || between.contains(ends) {
        Joint::Other
    } else if between == "(" && last.text.ends_with('<') {
        Joint::Process
    } else if between.matches('|').count() == 1 {
        Joint::Pipe
    } else {
        Joint::Other
    }
}

/// What a substitution runs that a command takes for a script: `sh -c "$(curl …)"`, `eval "$(curl …)"`.
fn evaluated(command: &Command, is_interpreter: impl Fn(&str) -> bool) -> Option<&str> {
    let word = match command.name() {
        "eval" | "source" | "." => command.args().first()?,
        name if is_interpreter(name) => {
            let at = command.args().iter().position(|word| is_script_option(&word.text))?;
            command.args().get(at + 1)?
        }
        _ => return None,
    };
    let script = word.text.trim_start();
    let inner = script.strip_prefix("$(").or_else(|| script.strip_prefix('`'))?;
    inner.split_whitespace().next()
}

/// Whether a short option is followed by a script: `-c`, `-ec`, perl's `-e`.
fn is_script_option(word: &str) -> bool {
    let letters = word.strip_prefix('-').unwrap_or_default();
    !letters.starts_with('-') && letters.ends_with(['c', 'e'])
}

/// Whether an interpreter runs what comes on its input: it is given no file and no script.
fn reads_input(command: &Command) -> bool {
    for word in command.args() {
        match word.text.as_str() {
            "-" | "-s" | "--" | "/dev/stdin" => return true,
            "-m" | "--version" => return false,
            text if text.starts_with(['<', '>']) || text.starts_with("2>") => {}
            text if !text.starts_with('-') || is_script_option(text) => return false,
            _ => {}
        }
    }
    true
}

/// Whether what a download gives goes to its output: curl writes it to a file where it is told to, wget where it is not.
fn prints(command: &Command) -> bool {
    let bundle = |word: &str, letter: char| {
        word.strip_prefix('-')
            .is_some_and(|l| l.ends_with(letter) && l.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    let output = |at: usize| matches!(command.arg(at + 1), "-" | "/dev/stdout");
    let mut options = command.args().iter().enumerate();
    match command.name() {
        "curl" => !options.any(|(at, word)| {
            let text = word.text.as_str();
            matches!(text, "--remote-name" | "--remote-name-all")
                || bundle(text, 'O')
                || (bundle(text, 'o') || text == "--output") && !output(at)
        }),
        "wget" => options.any(|(at, word)| {
            let text = word.text.as_str();
            text.starts_with('-') && text.ends_with("O-")
                || text == "--output-document=-"
                || (bundle(text, 'O') || text == "--output-document") && output(at)
        }),
        _ => true,
    }
}

fn report(args: &[Word], fetcher: &str, interpreter: &Command, out: &mut Out) {
    let Some(word) = interpreter.words.first() else { return };
    let address = |word: &Word| {
        let at = word.text.find("http://").or_else(|| word.text.find("https://"))?;
        let text = word.text.get(at..)?;
        let end = text.find(|c: char| c.is_whitespace() || "\"'`)".contains(c)).unwrap_or(text.len());
        text.get(..end).map(str::to_owned)
    };
    let url = args.iter().find_map(address).unwrap_or_else(|| "a download".to_owned());
    let message = format!("{} runs {url} as {fetcher} gets it", interpreter.name());
    out.finding(interpreter.place(word), message).data("url", url);
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
    for command in &view.commands {
        for entry in params.strings("options") {
            let Some((call, effect)) = entry.split_once(": ") else { continue };
            let mut wanted = call.split(' ');
            let Some(program) = wanted.next() else { continue };
            // The first word is no argument, unless the image names the program and this is all arguments.
            let has = |wanted: &str| command.words.iter().find(|word| is_given(&word.text, wanted));
            let Some(words) = wanted.map(has).collect::<Option<Vec<&Word>>>() else { continue };
            let Some(last) = words.last().filter(|_| runs(view.source, command, program)) else { continue };
            let shown = call.strip_prefix("* ").unwrap_or(call);
            out.finding(command.place(last), format!("{shown} {effect}")).key(entry);
            break;
        }
    }
}

/// Whether a word is this option, or sets this switch.
fn is_given(word: &str, wanted: &str) -> bool {
    let value = || word.strip_prefix(wanted)?.strip_prefix('=');
    word == wanted || wanted.starts_with('-') && matches!(value(), Some("true" | "yes" | "1"))
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
