//! What the container runs: `CMD`, `ENTRYPOINT`, `HEALTHCHECK`.

use crate::in_force::InForce;
use crate::view::{Instruction, View, remove_instruction};
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Kind, Node, Out, Params, Span};

/// `exec-form`: `instructions` in shell form where nobody chose a shell by `SHELL`.
pub fn exec(view: &View<'_>, params: &Params, out: &mut Out) {
    let shells = InForce::new(view, |i| (i.keyword == "SHELL").then_some(()));
    for (stage, instruction) in view.instructions() {
        if !params.strings("instructions").any(|keyword| keyword == instruction.keyword)
            || instruction.is_exec_form()
            || instruction.node.children().next().is_none()
            || shells.before(view, stage, instruction).is_some()
        {
            continue;
        }
        let text = instruction.node.text().trim();
        // `["npm" "start"]`, `['npm', 'start']`: a comma or the quotes are wrong, and a shell gets the brackets.
        let says = if text.starts_with('[') && text.ends_with(']') {
            "is no JSON array, so a shell runs it"
        } else {
            "is in shell form"
        };
        let message = format!("{} {} {says}", instruction.keyword, shortened(text));
        let finding = out.finding(instruction.node.key_place(), message);
        if let Some(edit) = exec_form(instruction) {
            finding.unsafe_fix("Use the exec form", vec![edit]);
        }
    }
}

/// The first words of a command line.
fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// An edit that writes a command in shell form as JSON, where it is one command that needs no shell.
pub(super) fn exec_form(instruction: &Instruction<'_>) -> Option<Edit> {
    let script = instruction.script()?;
    let mut children = script.children();
    let (only, None) = (children.next()?, children.next()) else { return None };
    if !only.is("command") || !only.children().all(|c| c.kind() == Kind::Scalar && c.is_known()) {
        return None;
    }
    let mut words = Command::new(only).words;
    if words.first().is_some_and(|first| first.text() == "exec") {
        words.remove(0);
    }
    let first = words.first()?;
    // An array with a comma or a quote amiss would become another one, brackets in brackets.
    if BUILT_IN.contains(&first.text()) || first.text().starts_with('[') {
        return None;
    }
    let json: Vec<String> = words.iter().map(|word| quoted(*word)).collect::<Option<_>>()?;
    let span = Span { start: script.span().start, end: script.span().end };
    Some(Edit::replace(span, format!("[{}]", json.join(", "))))
}

/// Words that only a shell understands.
const BUILT_IN: [&str; 12] =
    [".", ":", "cd", "eval", "exit", "export", "set", "source", "trap", "ulimit", "umask", "unset"];

/// A word as a JSON string; none where the shell would make several of it.
fn quoted(word: Node<'_>) -> Option<String> {
    let text = word.text();
    let pattern = word.style() == 0 && (text.contains(['*', '?', '[', '{']) || text.starts_with('~'));
    if pattern || text.chars().any(char::is_control) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// `repeated`: more than one `instruction` in a stage, of which only the last one works.
pub fn repeated(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(keyword) = params.string("instruction") else { return };
    for stage in &view.stages {
        let all: Vec<_> = stage.instructions.iter().filter(|i| i.keyword == keyword && !i.onbuild).collect();
        let mut previous: Option<&Instruction<'_>> = None;
        for instruction in all {
            if let Some(earlier) = previous {
                out.finding(
                    instruction.node.key_place(),
                    format!("this {keyword} takes the place of an earlier one"),
                )
                .label(earlier.node.key_place(), "which has no effect")
                .unsafe_fix(format!("Remove the earlier {keyword}"), vec![remove_instruction(earlier.node)]);
            }
            previous = Some(instruction);
        }
    }
}

/// `healthcheck-missing`: the final image has no `HEALTHCHECK`, or only `NONE`.
pub fn healthcheck_missing(view: &View<'_>, _: &Params, out: &mut Out) {
    let Some(last) = view.final_stage() else { return };
    let mut checks = view.lineage(last).flat_map(|(_, s)| s.instructions.iter().rev()).filter(|i| !i.onbuild);
    let found = checks.find(|i| i.keyword == "HEALTHCHECK");
    match found {
        None => {
            let Some(stage) = view.stages.get(last) else { return };
            let Some(from) = stage.from else { return };
            let place = stage.image.map_or(from.key_place(), |image| image.place());
            out.finding(place, "final stage has no HEALTHCHECK");
        }
        Some(check)
            if check.words().next().is_some_and(|w| w.text().eq_ignore_ascii_case("NONE"))
                && !check.is_exec_form() =>
        {
            out.finding(check.node.key_place(), "the only HEALTHCHECK is NONE");
        }
        Some(_) => {}
    }
}
