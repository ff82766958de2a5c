//! How packages are installed: options that belong there. Versions are the business of `pin`.

use super::managers::Manager;
use crate::in_force::InForce;
use crate::view::{Instruction, View, join};
use std::cell::{Cell, OnceCell};
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Out, Params};

/// Which instructions hold one of the texts that stand for a setting, in whatever case.
struct Settings<'p> {
    texts: Vec<&'p str>,
    /// Collected when it is first asked for: nearly all installations have the option.
    said: OnceCell<InForce<()>>,
    /// The last instruction that was asked for, and whether it says so itself: one `RUN` may install thousands of times.
    own: Cell<Option<(u32, bool)>>,
}

impl<'p> Settings<'p> {
    fn new(params: &'p Params) -> Self {
        Self { texts: params.strings("setting").collect(), said: OnceCell::new(), own: Cell::new(None) }
    }

    /// Whether the setting is made before an instruction or in it.
    fn are_made(&self, view: &View<'_>, stage: usize, run: &Instruction<'_>) -> bool {
        let said = || InForce::new(view, |i| holds(i, &self.texts).then_some(()));
        let id = run.node.id();
        let own = self.own.get().filter(|(asked, _)| *asked == id).map(|(_, own)| own);
        let own = own.unwrap_or_else(|| holds(run, &self.texts));
        self.own.set(Some((id, own)));
        own || self.said.get_or_init(said).before(view, stage, run).is_some()
    }
}

fn holds(instruction: &Instruction<'_>, texts: &[&str]) -> bool {
    matches!(instruction.keyword, "RUN" | "ENV" | "ARG" | "COPY" | "ADD")
        && texts.iter().any(|text| names_setting(instruction.source_text(), text))
}

/// Whether a text names a setting. Behind a hyphen it is an option of one command, as in `--no-install-recommends` and
/// `--assume-yes`, and says nothing of the next one.
fn names_setting(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first().map(u8::to_ascii_lowercase) else { return true };
    text.windows(wanted.len()).enumerate().any(|(at, w)| {
        w.first().is_some_and(|b| b.to_ascii_lowercase() == first)
            && w.eq_ignore_ascii_case(wanted)
            && at.checked_sub(1).and_then(|before| text.get(before)) != Some(&b'-')
    })
}

/// `assume-yes`: installations by `managers` that wait for an answer; `subcommands` are those looked at, `options`
/// those that answer, the first of which the fix adds.
pub fn assume_yes(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    let options: Vec<&str> = params.strings("options").collect();
    let settings = Settings::new(params);
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        for command in &run.commands {
            let Some(call) = managers.iter().find_map(|m| m.call(command)) else { continue };
            let (Some(subcommand), Some(option)) = (call.subcommand, options.first()) else { continue };
            if !params.strings("subcommands").any(|s| s == call.subcommand())
                || call.name.text().ends_with("aptitude")
            {
                continue;
            }
            if call.has(&options) || call.may_hide_options() || is_fed(command) {
                continue;
            }
            if settings.are_made(view, stage, run) {
                continue;
            }
            let quiet = call.options.iter().filter(|w| matches!(w.text(), "-q" | "--quiet")).count();
            if managers.iter().any(|m| m.commands.contains(&"apt-get"))
                && (quiet > 1
                    || call.options.iter().any(|w| w.text() == "-q=2" || w.text().starts_with("-qq")))
            {
                continue;
            }
            out.finding(join(call.name, subcommand), format!("{} waits for an answer", call.title()))
                .safe_fix(format!("Add {option}"), vec![run.insert_behind(subcommand, option)]);
        }
    }
}

/// Whether the command gets its answers from a pipe: `yes | apt-get install x`.
fn is_fed(command: &Command<'_>) -> bool {
    let pipeline = command.node.parent().filter(|p| p.is("pipeline"));
    let first = pipeline.and_then(|p| p.elements("command").next()).filter(|first| *first != command.node);
    first.is_some_and(|first| matches!(Command::new(first).name(), "yes" | "echo" | "printf"))
}

/// `install-option`: installations by `managers` without any of `options`, where no `setting` stands in for it and no
/// cache is mounted on the manager's folders (`cache-mount`). The fix adds the first option.
pub fn install_option(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    let options: Vec<&str> = params.strings("options").collect();
    let (Some(option), unsafe_fix) = (options.first(), params.bool_or("unsafe-fix", false)) else { return };
    let settings = Settings::new(params);
    let variable = params.string("variable").map(|name| Switch::new(view, name));
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        let mut exported = None;
        for command in &run.commands {
            if command.name() == "export" {
                exported = variable.as_ref().and_then(|v| v.assigned(&command.words)).or(exported);
            }
            let Some((manager, call)) = managers.iter().find_map(|m| Some((m, m.installation(command)?)))
            else {
                continue;
            };
            let Some(subcommand) = call.subcommand else { continue };
            if call.has(&options) || call.may_hide_options() || call.name.text().ends_with("aptitude") {
                continue;
            }
            if params.bool_or("cache-mount", false) && run.keeps_out_of_layer(manager.folders) {
                continue;
            }
            if settings.are_made(view, stage, run) {
                continue;
            }
            if variable.as_ref().is_some_and(|v| v.is_on_for(view, stage, run, command, exported)) {
                continue;
            }
            let place = join(call.name, subcommand);
            let finding = out.finding(place, format!("{} runs without {option}", call.title()));
            let (title, edits) = (format!("Add {option}"), vec![run.insert_behind(subcommand, option)]);
            if unsafe_fix {
                finding.unsafe_fix(title, edits);
            } else {
                finding.safe_fix(title, edits);
            }
        }
    }
}

/// An environment variable that switches something on by whatever value it has: pip takes `PIP_NO_CACHE_DIR=off` for
/// the option as well (<https://github.com/pypa/pip/blob/25.0/src/pip/_internal/cli/cmdoptions.py>).
struct Switch<'p> {
    name: &'p str,
    /// Whether `ENV` and `ARG` switch it on.
    set: InForce<bool>,
}

impl<'p> Switch<'p> {
    fn new(view: &View<'_>, name: &'p str) -> Self {
        let sets = |i: &Instruction<'_>| {
            matches!(i.keyword, "ENV" | "ARG").then(|| i.node.get(name)).flatten().map(is_on)
        };
        Self { name, set: InForce::new(view, sets) }
    }

    /// Whether it is on for a command: in front of it, `exported` before it, or by `ENV` or `ARG`.
    fn is_on_for(
        &self,
        view: &View<'_>,
        stage: usize,
        run: &Instruction<'_>,
        command: &Command<'_>,
        exported: Option<bool>,
    ) -> bool {
        let in_front = command.node.get("env").and_then(|env| env.get(self.name)).map(is_on);
        in_front
            .or_else(|| self.assigned(&command.wrappers))
            .or(exported)
            .or_else(|| self.set.before(view, stage, run).copied())
            .unwrap_or(false)
    }

    /// What the last of these words that assigns it says.
    fn assigned(&self, words: &[Node<'_>]) -> Option<bool> {
        let value = words.iter().rev().find_map(|w| w.text().strip_prefix(self.name)?.strip_prefix('='))?;
        Some(!value.is_empty())
    }
}

fn is_on(node: Node<'_>) -> bool {
    !node.is_null() && (!node.is_known() || !node.text().is_empty())
}
