//! What package managers leave behind in the layer.

use super::managers::{Call, Manager, has};
use crate::view::{View, join};
use stockade_sdk::shell::Command;
use stockade_sdk::{Out, Params};

/// Commands that use the lists of packages as an installation does.
const UPGRADES: &str = "upgrade dist-upgrade full-upgrade";

/// `cache-left`: a `RUN` that installs by one of `managers` and does not clean up behind it. A command of `clean`
/// (`yum clean`), or the removal of something whose path has a part of `removed`, counts; `fix` is what the fix adds. With
/// `update` a `RUN` counts only if it also refreshes the index; with `final-only` only stages of the final image do.
pub fn cache_left(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers = Manager::of(params);
    let lists = params.bool_or("update", false);
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        if params.bool_or("final-only", false) && !run.onbuild && !view.feeds_final(stage) {
            continue;
        }
        let mut installed = None;
        let mut updated = !lists;
        let mut cleaned = false;
        for command in &run.commands {
            if let Some((manager, call)) = managers.iter().find_map(|m| Some((m, m.call(command)?))) {
                updated |= call.subcommand() == "update";
                let upgrades = lists && has(UPGRADES, call.subcommand());
                if (upgrades || has(manager.install, call.subcommand()))
                    && !run.keeps_out_of_layer(manager.folders)
                {
                    installed = installed.or(Some(call));
                    // What was cleaned before comes back; lists that were removed do not.
                    cleaned &= lists;
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
