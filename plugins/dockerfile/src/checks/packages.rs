//! What package managers are asked to do, and what they leave behind. Versions are the business of `pin`.

use super::managers::{APK, APT, Call, DNF, Manager, YUM, ZYPPER, has};
use crate::in_force::InForce;
use crate::view::{Instruction, View, join};
use std::cell::OnceCell;
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Out, Params};

/// Which instructions hold one of the texts that stand for a setting, in whatever case.
struct Settings<'p> {
    texts: Vec<&'p str>,
    /// Collected when it is first asked for: nearly all installations have the option.
    said: OnceCell<InForce<()>>,
}

impl<'p> Settings<'p> {
    fn new(params: &'p Params) -> Self {
        Self { texts: params.strings("setting").collect(), said: OnceCell::new() }
    }

    /// Whether the setting is made before an instruction or in it.
    fn are_made(&self, view: &View<'_>, stage: usize, run: &Instruction<'_>) -> bool {
        let said = || InForce::new(view, |i| holds(i, &self.texts).then_some(()));
        holds(run, &self.texts) || self.said.get_or_init(said).before(view, stage, run).is_some()
    }
}

fn holds(instruction: &Instruction<'_>, texts: &[&str]) -> bool {
    matches!(instruction.keyword, "RUN" | "ENV" | "ARG" | "COPY" | "ADD")
        && texts.iter().any(|text| contains_folded(instruction.source_text(), text))
}

fn contains_folded(text: &str, wanted: &str) -> bool {
    let wanted = wanted.as_bytes();
    let Some(first) = wanted.first().map(u8::to_ascii_lowercase) else { return true };
    text.as_bytes()
        .windows(wanted.len())
        .any(|w| w.first().is_some_and(|b| b.to_ascii_lowercase() == first) && w.eq_ignore_ascii_case(wanted))
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

/// `cache-left`: a `RUN` that installs by one of `managers` and does not clean up behind it. A command of `clean`
/// (`yum clean`), or the removal of something whose path has a part of `removed`, counts; `fix` is what the fix adds. With
/// `update` a `RUN` counts only if it also refreshes the index; with `final-only` only stages of the final image do.
pub fn cache_left(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        if params.bool_or("final-only", false) && !run.onbuild && !view.feeds_final(stage) {
            continue;
        }
        let mut installed = None;
        let mut updated = !params.bool_or("update", false);
        let mut cleaned = false;
        for command in &run.commands {
            if let Some((manager, call)) = managers.iter().find_map(|m| Some((m, m.call(command)?))) {
                updated |= call.subcommand() == "update";
                if has(manager.install, call.subcommand()) && !run.keeps_out_of_layer(manager.folders) {
                    installed = installed.or(Some(call));
                    // What was cleaned before comes back; lists that were removed do not.
                    cleaned &= params.bool_or("update", false);
                    continue;
                }
                cleaned |= is_clean(command, &call, params);
            }
            cleaned |= removes(command, params);
        }
        let Some(call) = installed.filter(|_| updated && !cleaned) else { continue };
        let place = call.subcommand.map_or(call.name.place(), |subcommand| join(call.name, subcommand));
        let message =
            format!("{} leaves its {} in the layer", call.title(), params.string("what").unwrap_or("cache"));
        let finding = out.finding(place, message);
        if let Some((fix, edit)) =
            params.string("fix").and_then(|fix| Some((fix, run.append_command(view, fix)?)))
        {
            finding.unsafe_fix(format!("Add {fix}"), vec![edit]);
        }
    }
}

fn is_clean(command: &Command<'_>, call: &Call<'_>, params: &Params) -> bool {
    params.strings("clean").any(|clean| {
        let mut words = clean.split(' ');
        // `yum clean all`: the manager, its subcommand, its first operand.
        words.next() == Some(command.name())
            && words.next() == Some(call.subcommand())
            && words.next().is_none_or(|operand| call.operands.first().is_some_and(|o| o.text() == operand))
    })
}

fn removes(command: &Command<'_>, params: &Params) -> bool {
    let named =
        || command.args().iter().any(|word| params.strings("removed").any(|part| word.text().contains(part)));
    matches!(command.name(), "rm" | "find" | "unlink") && named() || is_cleaning_script(command)
}

/// `/tmp/clean-layer.sh`, `bash ./cleanup.sh`: what a script of that name removes cannot be seen, but it is there for that.
fn is_cleaning_script(command: &Command<'_>) -> bool {
    let by_shell = matches!(command.name(), "sh" | "bash" | "ash" | "dash" | "source" | ".");
    let script = if by_shell { command.operands().next() } else { command.words.first().copied() };
    script.is_some_and(|word| {
        let text = word.text();
        let (folder, file) = text.rsplit_once('/').unwrap_or(("", text));
        // A bare word is a program such as `gclean`, unless its ending says otherwise.
        (!folder.is_empty() || file.ends_with(".sh") || by_shell) && file.contains("clean")
    })
}

/// `update-alone`: a `RUN` that refreshes a package index and installs nothing from it.
pub fn update_alone(view: &View<'_>, _: &Params, out: &mut Out) {
    // Each with what refreshes its index, and what makes use of it.
    const FAMILIES: [(&Manager, &str, &str); 5] = [
        (
            &APT,
            "update",
            "install reinstall upgrade dist-upgrade full-upgrade safe-upgrade build-dep source download satisfy",
        ),
        (&APK, "update", "add upgrade fix fetch"),
        (
            &YUM,
            "makecache check-update",
            "install localinstall groupinstall reinstall update upgrade group module",
        ),
        (
            &DNF,
            "makecache check-update check-upgrade",
            "install in localinstall groupinstall reinstall rei upgrade up update upgrade-minimal up-min update-minimal \
             distro-sync group module builddep",
        ),
        (&ZYPPER, "refresh ref", "install in update up patch dist-upgrade dup"),
    ];
    for run in view.runs() {
        // From the end, so that what comes later is known.
        let mut used = [false; FAMILIES.len()];
        let mut alone = Vec::new();
        for command in run.commands.iter().rev() {
            if may_install(command) {
                used = [true; FAMILIES.len()];
            }
            for ((manager, refresh, install), used) in FAMILIES.iter().zip(&mut used) {
                let Some(call) = manager.call(command) else { continue };
                let idle =
                    has(refresh, call.subcommand()) && !*used && !run.keeps_out_of_layer(manager.folders);
                *used |= has(install, call.subcommand());
                if idle {
                    alone.push(call);
                }
            }
        }
        for call in alone.iter().rev() {
            let place = call.subcommand.map_or(call.name.place(), |subcommand| join(call.name, subcommand));
            out.finding(place, format!("{} has a layer of its own", call.title()));
        }
    }
}

/// A script or unknown command may install; so may the front ends of other managers.
fn may_install(command: &Command<'_>) -> bool {
    let Some(first) = command.words.first() else { return false };
    let text = first.text();
    let script = |word: &str| word.ends_with(".sh") || word.starts_with("./");
    let runs_file = matches!(
        command.name(),
        "sh" | "bash" | "ash" | "dash" | "source" | "." | "eval" | "python" | "python3" | "perl"
    );
    !first.is_known()
        || script(text)
        || runs_file
        || matches!(
            command.name(),
            "gdebi" | "mk-build-deps" | "playwright" | "npx" | "apt-file" | "apt-cache" | "rosdep"
        )
}

/// `upgrade`: whole-system upgrades. Each of `calls` is `manager subcommand ...`; with `no-operands` only those that
/// name no package.
pub fn upgrade(view: &View<'_>, params: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in &run.commands {
            let found = params.strings("calls").find_map(|line| {
                let (manager, subcommands) = line.split_once(' ')?;
                let call = Manager::named(manager)?.call(command)?;
                subcommands.split(' ').any(|s| s == call.subcommand()).then_some(call)
            });
            let Some(call) =
                found.filter(|call| call.operands.is_empty() || !params.bool_or("no-operands", false))
            else {
                continue;
            };
            let Some(subcommand) = call.subcommand else { continue };
            out.finding(join(call.name, subcommand), format!("{} upgrades the whole system", call.title()));
        }
    }
}
