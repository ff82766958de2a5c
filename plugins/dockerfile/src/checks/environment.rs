//! Environment variables and build arguments: secrets, and switches that turn protection off.

use crate::pair::{Pair, pairs};
use crate::view::{View, whole_span};
use stockade_sdk::{Edit, Node, Out, Params, Span, flag};

/// All variables that `ENV` and `ARG` set.
pub(super) fn variables<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = Pair<'a>> + 'v {
    let instructions = view.instructions().map(|(_, i)| i).filter(|i| matches!(i.keyword, "ENV" | "ARG"));
    view.globals.iter().copied().chain(instructions.map(|i| i.node)).flat_map(pairs)
}

/// Folds a name to words joined by `_`: camelCase is split, everything else than letters and digits separates.
pub(super) fn flat(name: &str) -> String {
    let mut flat = String::with_capacity(name.len() + 4);
    let mut previous = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            if !flat.ends_with('_') && !flat.is_empty() {
                flat.push('_');
            }
        } else {
            if c.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit()) {
                flat.push('_');
            }
            flat.push(c.to_ascii_lowercase());
        }
        previous = c;
    }
    flat.truncate(flat.trim_end_matches('_').len());
    flat
}

/// Whether a flat name ends with these words.
fn ends_with_words(flat: &str, words: &str) -> bool {
    flat.strip_suffix(words).is_some_and(|front| front.is_empty() || front.ends_with('_'))
}

/// `secret-variable`: names that end with one of `names`, a number behind it aside, and hold none of the words of
/// `except`. Values that are a path, a switch, a short number or empty are none, nor are API keys whose name begins with one
/// of `shipped`: build tools put those into the pages that browsers get, so they were made to be seen.
pub fn secret(view: &View<'_>, params: &Params, out: &mut Out) {
    for Pair { instruction, node: variable, .. } in variables(view) {
        let name = flat(variable.name());
        let without_number = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        if !params.strings("names").any(|secret| ends_with_words(without_number, secret))
            || name.split('_').any(|word| params.strings("except").any(|e| e == word))
            || is_shipped(without_number, params)
            || is_harmless(instruction, variable)
            || (view.source.is_marked("example") && is_placeholder(variable.text()))
        {
            continue;
        }
        let message = match instruction.name() {
            "ARG" => format!("build argument {} is named like a secret", variable.name()),
            _ => format!("environment variable {} is named like a secret", variable.name()),
        };
        out.finding(variable.key_place(), message).data("variable", variable.name());
    }
}

fn is_shipped(name: &str, params: &Params) -> bool {
    let key = ends_with_words(name, "api_key") || ends_with_words(name, "apikey");
    let begins = |front: &str| name.strip_prefix(front).is_some_and(|rest| rest.starts_with('_'));
    key && params.strings("shipped").any(begins)
}

fn is_harmless(instruction: Node<'_>, variable: Node<'_>) -> bool {
    let value = variable.text().trim();
    if variable.is_null() || (instruction.is("ARG") && value.is_empty()) {
        // What is passed to such an argument stays in the image's history.
        return !instruction.is("ARG");
    }
    // An empty default of an argument stands for what the build passes.
    if !variable.is_known() || (value.is_empty() && variable.has(flag::DEFAULTED)) {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    let switch = matches!(
        lower.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "enabled" | "disabled" | "none" | "null"
    );
    let number = value.len() < 9 && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let path = value.starts_with(['/', '~'])
        || value.starts_with("./")
        || value.starts_with("file:")
        || super::copy::is_drive(value);
    let reference = ["vault:", "op://", "arn:"].iter().any(|scheme| lower.starts_with(scheme));
    switch || number || path || reference
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    ["change", "example", "placeholder", "your", "dummy", "xxx", "secret", "password", "test", "<"]
        .iter()
        .any(|w| lower.contains(w))
}

/// `variable-value`: variables whose name ends with one of the left sides of `off` and whose value is one of those on the
/// right, separated by `|`, `*` standing for any. Values are compared without case. The unsafe fix removes the variable.
pub fn value(view: &View<'_>, params: &Params, out: &mut Out) {
    let what = params.string("message").unwrap_or("switches a protection off");
    for pair in variables(view) {
        let variable = pair.node;
        if variable.is_null() {
            continue;
        }
        let name = flat(variable.name());
        let (text, known) = (variable.text().trim(), variable.is_known());
        let hit = params.strings("off").filter_map(|pair| pair.split_once('=')).any(|(words, values)| {
            ends_with_words(&name, words)
                && values
                    .split('|')
                    .any(|v| (v == "*" && !text.is_empty()) || (known && v.eq_ignore_ascii_case(text)))
        });
        if hit {
            out.finding(variable.entry_place(), format!("{}={text} {what}", variable.name()))
                .data("variable", variable.name())
                .unsafe_fix("Remove the variable", vec![pair.removal()]);
        }
    }
    if params.has("options") || params.bool_or("in-run", false) {
        command_options(view, params, what, out);
    }
}

/// The same switch by an option or variable of a command in `RUN`. Without `options` no word is looked at but those that are
/// variables for sure: `sslverify=false` may as well be a line that `echo` writes to a file.
fn command_options(view: &View<'_>, params: &Params, what: &str, out: &mut Out) {
    for run in view.runs() {
        for command in &run.commands {
            let is_setting = params.has("options") || command.name() == "export";
            let words = command.args().iter().filter(|w| w.is_known() && is_setting).chain(&command.wrappers);
            let options = words
                .filter(|w| params.strings("options").any(|o| o == w.text()) || is_off(w.text(), params));
            let env = command.node.get("env").into_iter().flat_map(Node::children);
            let assigned = env.filter(|v| is_off(&format!("{}={}", v.name(), v.text()), params));
            let places: Vec<_> = options
                .map(|w| (w.place(), w.span(), w.text().to_owned()))
                .chain(
                    assigned.map(|v| (v.entry_place(), whole_span(v), format!("{}={}", v.name(), v.text()))),
                )
                .collect();
            for (place, span, text) in places {
                let rest = view.source.text().get(span.end as usize..).unwrap_or_default();
                let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let end = span.end + blanks as u32;
                let finding = out.finding(place, format!("{text} {what}"));
                // An `export` without its variable would print all of them.
                if command.name() != "export" && !run.is_exec_form() {
                    finding.unsafe_fix("Remove it", vec![Edit::remove(Span { start: span.start, end })]);
                }
            }
        }
    }
}

/// Whether `NAME=value` is one of the pairs of `off`.
fn is_off(assignment: &str, params: &Params) -> bool {
    let Some((name, value)) = assignment.split_once('=') else { return false };
    let name = flat(name);
    params.strings("off").filter_map(|pair| pair.split_once('=')).any(|(words, values)| {
        let is_refused = |v: &str| v == "*" && !value.is_empty() || v.eq_ignore_ascii_case(value);
        ends_with_words(&name, words) && values.split('|').any(is_refused)
    })
}
