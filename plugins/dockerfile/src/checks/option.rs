//! Options of commands that switch a protection off.

use super::managers::Manager;
use crate::view::{Instruction, View};
use stockade_sdk::script::download::is_plain_only;
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Node, Out, Params, Span};

/// `command-option`: `options` of `commands` (or of a package manager of `managers`, however it is called). What it
/// does is `message`. Calls of a manager with a subcommand of `unless-subcommand` are passed over. Where `tls-only` says so, calls of curl by plain HTTP are passed over. The unsafe fix takes the option out, with the next word where `takes-value` says so.
pub fn option(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    let (commands, options): (Vec<&str>, Vec<&str>) =
        (params.strings("commands").collect(), params.strings("options").collect());
    let message = params.string("message").unwrap_or("switches a protection off");
    for run in view.runs() {
        for command in &run.commands {
            let tool = managers.iter().find_map(|m| m.tool(command));
            if tool.is_none() && !commands.contains(&command.name()) {
                continue;
            }
            let subcommand =
                managers.iter().find_map(|m| m.call(command)).map_or("", |call| call.subcommand());
            if params.strings("unless-subcommand").any(|harmless| harmless == subcommand) {
                continue;
            }
            let name = tool.unwrap_or(command.name());
            let args = || command.args().iter().map(|word| word.text());
            if params.bool_or("tls-only", false) && is_plain_only(args()) {
                continue;
            }
            if params.has("options")
                && let Some((word, option)) = find(command, &options)
            {
                let finding =
                    out.finding(word.place(), format!("{name} {message} by {option}")).data("option", option);
                let edits = removals(run, command, &options, params);
                if params.bool_or("fix", true) && !edits.is_empty() {
                    finding.unsafe_fix(format!("Remove {option}"), edits);
                }
            } else if let Some((option, value)) = setting(command, params) {
                let message = format!("{name} {message} by {}", value.text());
                let finding = out.finding(value.place(), message);
                if params.bool_or("fix", true) {
                    let words = if option == value { vec![option] } else { vec![option, value] };
                    finding.unsafe_fix(
                        "Remove the setting",
                        words.into_iter().map(|w| remove_word(run, w)).collect(),
                    );
                }
            }
        }
    }
}

/// `option-missing`: `command` without any of `options`. The fix adds `add`, or `add-on-busybox` where the base image is
/// Alpine or BusyBox, whose tools know fewer options.
pub fn missing(view: &View<'_>, params: &Params, out: &mut Out) {
    let options: Vec<&str> = params.strings("options").collect();
    let (Some(name), Some(add)) = (params.string("command"), params.string("add")) else { return };
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        for command in run.commands.iter().filter(|c| c.name() == name) {
            let Some(word) = command.words.first() else { continue };
            let asks =
                matches!(command.args(), [only] if matches!(only.text(), "--version" | "--help" | "-V"));
            let hidden =
                command.args().iter().any(|w| w.is_unknown() && w.style() == 0 && w.text().contains("OPT"));
            if find(command, &options).is_some() || command.args().is_empty() || asks || hidden {
                continue;
            }
            let base = view.lineage(stage).last().and_then(|(_, s)| s.image).map_or("", |image| image.text());
            let busybox = base.contains("alpine") || base.contains("busybox");
            let added = params.string("add-on-busybox").filter(|_| busybox).unwrap_or(add);
            out.finding(word.place(), format!("{name} runs without {added}"))
                .safe_fix(format!("Add {added}"), vec![run.insert_behind(*word, added)]);
        }
    }
}

/// The first of these options that a command has, with its word. Long ones may have a value behind `=`; short ones
/// may stand in a bundle of letters, up to the first that takes a value.
fn find<'a, 'o>(command: &Command<'a>, options: &[&'o str]) -> Option<(Node<'a>, &'o str)> {
    let mut args = command.args().iter().take_while(|w| w.text() != "--");
    args.find_map(|word| options.iter().find(|o| gives(word.text(), o)).map(|option| (*word, *option)))
}

/// Short options of curl and wget that take a value, which may follow without a blank: `-ok` writes to a file `k`.
const TAKE_VALUE: &str = "AbcCdDeEFHhKmoPQrtTuUwxXyYz";

fn gives(text: &str, option: &str) -> bool {
    if text == option {
        return true;
    }
    if option.starts_with("--") {
        return text.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
    }
    let (Some(bundle), Some(letter)) = (text.strip_prefix('-'), option.chars().nth(1)) else { return false };
    option.len() == 2
        && !bundle.starts_with('-')
        && bundle.chars().take_while(|c| c.is_ascii_alphanumeric()).any(|c| c == letter)
        && bundle
            .chars()
            .take_while(|c| *c != letter)
            .all(|c| !TAKE_VALUE.contains(c) && c.is_ascii_alphanumeric())
}

/// A setting by `-o`, `--setopt` or as a bare word (`strict-ssl=false`): the word of the option and that of the value.
/// Each of `settings` is compared without case, blanks and quotes.
fn setting<'a>(command: &Command<'a>, params: &Params) -> Option<(Node<'a>, Node<'a>)> {
    let settings: Vec<&str> = params.strings("settings").collect();
    let any_prefix = params.bool_or("any-prefix", false);
    let mut before: Option<Node<'a>> = None;
    for word in command.args() {
        let text = word.text().trim_start_matches("--setopt=").trim_start_matches("--option=");
        let text = text.strip_prefix("-o").unwrap_or(text);
        let last = text.rsplit('.').next().filter(|_| any_prefix).unwrap_or(text);
        if settings.iter().any(|setting| is_setting(text, setting) || is_setting(last, setting)) {
            let option = before.filter(|w| matches!(w.text(), "-o" | "--option" | "--setopt"));
            return Some((option.unwrap_or(*word), *word));
        }
        before = Some(*word);
    }
    None
}

/// Whether a text is a setting, blanks, quotes and case aside.
fn is_setting(text: &str, setting: &str) -> bool {
    let written = text.bytes().filter(|b| !matches!(b, b' ' | b'"' | b'\'' | b';'));
    written.map(|b| b.to_ascii_lowercase()).eq(setting.bytes())
}

/// Edits that take these options out of a command; none where one of them cannot be cut out.
fn removals(run: &Instruction<'_>, command: &Command<'_>, options: &[&str], params: &Params) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut words = command.args().iter();
    while let Some(word) = words.next() {
        let text = word.text();
        if text == "--" {
            break;
        }
        let Some(option) = options.iter().find(|o| gives(text, o)) else { continue };
        if run.is_escaped_word(*word) {
            return Vec::new();
        }
        if !option.starts_with("--") && text != *option {
            // One letter of a bundle.
            let source = word.source().slice(word.span());
            if let Some(at) = option.chars().nth(1).and_then(|letter| source.find(letter)) {
                let start = word.span().start + at as u32;
                edits.push(Edit::remove(Span { start, end: start + 1 }));
            }
            continue;
        }
        edits.push(remove_word(run, *word));
        if params.bool_or("takes-value", false)
            && text == *option
            && let Some(value) = words.next()
        {
            edits.push(remove_word(run, *value));
        }
    }
    edits
}

/// Takes out a word and the blank in front of it; in exec form with its comma.
fn remove_word(run: &Instruction<'_>, word: Node<'_>) -> Edit {
    let mut span = word.span();
    let before = word.source().text().get(..span.start as usize).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t']);
    let kept = if run.is_exec_word(word) { kept.strip_suffix(',').unwrap_or(kept) } else { kept };
    span.start = kept.len() as u32;
    Edit::remove(span)
}

/// `strict-ssl-off`: npm or yarn told not to check certificates, by `config set`, or by a line written to `.npmrc`.
pub fn strict_ssl(view: &View<'_>, _: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in &run.commands {
            let words: Vec<&str> = command.words.iter().map(|w| w.text()).collect();
            let place = match command.name() {
                "npm" | "yarn" | "pnpm" => strict_ssl_words(command),
                "echo" | "printf" if writes_to(command, ".npmrc") || writes_to(command, ".yarnrc") => {
                    command.args().iter().copied().find(|w| sets_off(w.text()))
                }
                _ => None,
            };
            if let Some(word) = place {
                let tool = words.first().copied().unwrap_or_default();
                let tool = if matches!(tool, "echo" | "printf") { "the written configuration" } else { tool };
                let finding = out.finding(word.place(), format!("{tool} sets strict-ssl to false"));
                if let Some(edit) = turn_on(word) {
                    finding.unsafe_fix("Check certificates", vec![edit]);
                }
            }
        }
    }
}

fn sets_off(text: &str) -> bool {
    let folded: String =
        text.chars().filter(|c| !matches!(c, ' ' | '"' | '\'')).collect::<String>().to_ascii_lowercase();
    folded.contains("strict-ssl=false") || folded.contains("strict-sslfalse")
}

/// The word that holds `false` in `npm config set strict-ssl false`, `npm set strict-ssl=false`, `npm --strict-ssl=false`.
fn strict_ssl_words<'a>(command: &Command<'a>) -> Option<Node<'a>> {
    let args = command.args();
    let at = args
        .iter()
        .position(|w| w.text().trim_start_matches('-').to_ascii_lowercase().starts_with("strict-ssl"))?;
    let word = *args.get(at)?;
    let option = word.text().starts_with('-');
    let sets = args.get(..at)?.iter().any(|w| w.text() == "set");
    if !option && !sets {
        return None;
    }
    match word.text().split_once('=') {
        Some((_, value)) => value.trim_matches(['"', '\'']).eq_ignore_ascii_case("false").then_some(word),
        None => args.get(at + 1).copied().filter(|next| next.text().eq_ignore_ascii_case("false")),
    }
}

/// Writes `true` for the `false` inside a word.
fn turn_on(word: Node<'_>) -> Option<Edit> {
    let text = word.source().slice(word.span());
    let at = text.to_ascii_lowercase().rfind("false")? as u32;
    let start = word.span().start + at;
    Some(Edit::replace(Span { start, end: start + 5 }, "true"))
}

/// Whether a command's output goes to a file of this name.
pub(super) fn writes_to(command: &Command<'_>, name: &str) -> bool {
    let redirects = command.node.elements("redirect");
    redirects.filter(|r| r.text().contains('>')).any(|r| r.children().any(|t| t.text().ends_with(name)))
        || command.node.parent().filter(|p| p.is("pipeline")).is_some_and(|pipeline| {
            let next = pipeline.elements("command").map(Command::new);
            next.filter(|c| c.unwrapped().name() == "tee")
                .any(|c| c.words.iter().any(|w| w.text().ends_with(name)))
        })
}

/// `yum-sslverify`: yum or dnf told not to check certificates, by `--setopt` or by a line written to a file of
/// repositories.
pub fn sslverify(view: &View<'_>, _: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in &run.commands {
            let found = match command.name() {
                "yum-config-manager" | "dnf-config-manager" | "yum" | "dnf" | "dnf5" | "microdnf"
                | "tdnf" => command.args().iter().copied().find(|w| sslverify_off(w.text(), true)),
                "echo" | "printf" | "cat"
                    if writes_to(command, ".repo")
                        || writes_to(command, "yum.conf")
                        || writes_to(command, "dnf.conf") =>
                {
                    command.args().iter().copied().find(|w| sslverify_off(w.text(), false))
                }
                "sed" => {
                    let file = command
                        .words
                        .iter()
                        .any(|w| [".repo", "yum.conf", "dnf.conf"].iter().any(|f| w.text().ends_with(f)));
                    command.args().iter().copied().find(|w| file && sslverify_off(w.text(), false))
                }
                _ => None,
            };
            if let Some(word) = found {
                let what = match command.name() {
                    "echo" | "printf" | "cat" => "the written configuration",
                    name => name,
                };
                let finding = out.finding(word.place(), format!("{what} turns sslverify off"));
                if let Some(edit) = sslverify_on(word) {
                    finding.unsafe_fix("Check certificates", vec![edit]);
                }
            }
        }
    }
}

/// The off value of the last `sslverify=` in a text, as a range of it.
fn sslverify_value(text: &str) -> Option<std::ops::Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let at = lower.rfind("sslverify")? + "sslverify".len();
    let rest = lower.get(at..)?;
    let value = rest.trim_start_matches([' ', '=']);
    let start = at + rest.len() - value.len();
    let length = value.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let off = matches!(value.get(..length)?, "0" | "false" | "no" | "off");
    (off && rest.contains('=')).then_some(start..start + length)
}

fn sslverify_off(text: &str, option: bool) -> bool {
    let set = !option || text.starts_with("--setopt=") || !text.starts_with('-');
    set && sslverify_value(text).is_some()
}

fn sslverify_on(word: Node<'_>) -> Option<Edit> {
    let value = sslverify_value(word.source().slice(word.span()))?;
    let start = word.span().start;
    Some(Edit::replace(Span { start: start + value.start as u32, end: start + value.end as u32 }, "1"))
}
