//! Package indexes that nothing makes use of, and upgrades of the whole system.

use super::managers::{APK, APT, DNF, Manager, YUM, ZYPPER, has};
use crate::view::{View, join};
use stockade_sdk::shell::Command;
use stockade_sdk::{Out, Params};

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
