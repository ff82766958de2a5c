//! Programs of the final image that run as their owner, whoever starts them.

use super::managers::{Call, Manager};
use super::user;
use crate::view::{Instruction, View, join};
use stockade_sdk::shell::Command;
use stockade_sdk::{Out, Params};

/// `setuid-kept`: the final image gets packages by one of `managers`, and no step takes setuid and setgid bits away. The
/// base images of the managers in `bare` have no such program: with them only packages in `packages` count.
pub fn kept(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(last) = view.final_stage() else { return };
    let managers = Manager::of(params);
    let mut installed = None;
    for (_, stage) in view.lineage(last) {
        for instruction in stage.instructions.iter().filter(|i| !i.onbuild) {
            if instruction.keyword == "RUN" && (removes(instruction) || runs_script(instruction)) {
                return;
            }
        }
        let calls = stage.instructions.iter().filter(|i| i.keyword == "RUN" && !i.onbuild);
        let mut calls = calls.flat_map(|run| &run.commands).filter_map(|command| {
            let (manager, call) = managers.iter().find_map(|m| Some((m, m.installation(command)?)))?;
            brings_programs(manager, &call, params).then_some(call)
        });
        installed = installed.or(calls.next_back());
    }
    // Who is root anyway gains nothing by them.
    let Some(call) = installed.filter(|_| !user::stays_root(view)) else { return };
    let place = call.subcommand.map_or(call.name.place(), |subcommand| join(call.name, subcommand));
    let message = format!(
        "no step takes setuid and setgid bits away from what {} and the base image bring",
        call.title()
    );
    out.finding(place, message);
}

/// Whether an installation puts packages into this image, and some that have such programs.
fn brings_programs(manager: &Manager, call: &Call<'_>, params: &Params) -> bool {
    let elsewhere = ["--installroot", "--root", "--download-only", "--downloadonly"];
    if call.operands.is_empty() || call.has(&elsewhere) {
        return false;
    }
    let is_bare = manager.commands.iter().any(|name| params.strings("bare").any(|bare| bare == *name));
    let named = |text: &str| {
        let name = text.split(['=', '~', '@', '<', '>']).next().unwrap_or(text);
        params.strings("packages").any(|package| package == name)
    };
    !is_bare || call.operands.iter().any(|package| named(package.text()))
}

/// Whether a step takes such bits away, or removes programs that have them.
fn removes(run: &Instruction<'_>) -> bool {
    run.commands.iter().any(|command| {
        let words: Vec<&str> =
            command.words.iter().chain(&command.wrappers).map(|word| word.text()).collect();
        let finds = command.name() == "find"
            && words.contains(&"-perm")
            && words.iter().any(|word| matches!(*word, "-delete" | "-exec" | "-execdir" | "-ok"));
        let changes = words.iter().any(|word| *word == "chmod" || word.ends_with("/chmod"))
            && words.iter().any(|word| takes_bits(word));
        // `sh -c "find / -perm /6000 -exec chmod a-s {} +"`
        let inner =
            words.iter().any(|word| word.contains("chmod ") && word.split_ascii_whitespace().any(takes_bits));
        finds || changes || inner || command.name() == "dpkg-statoverride"
    })
}

/// Whether a mode of `chmod` takes one of the bits: `a-s`, `u-s,g-s`, `-6000`.
fn takes_bits(mode: &str) -> bool {
    mode.split(',').any(|part| {
        part.split_once('-').is_some_and(|(who, bits)| {
            who.bytes().all(|b| matches!(b, b'u' | b'g' | b'o' | b'a'))
                && (!bits.is_empty() && bits.bytes().all(|b| b"rwxXst".contains(&b)) && bits.contains('s')
                    || matches!(bits, "2000" | "4000" | "6000" | "7000"))
        })
    })
}

/// Whether a step runs a script, which may do it.
fn runs_script(run: &Instruction<'_>) -> bool {
    run.commands.iter().any(|command: &Command<'_>| {
        let first = command.words.first();
        let is_file =
            |text: &str| text.ends_with(".sh") || text.starts_with("./") || text.starts_with("/tmp/");
        let is_shell = matches!(command.name(), "sh" | "bash" | "ash" | "dash" | "source" | ".");
        first.is_some_and(|word| !word.is_known() || is_file(word.text()))
            || is_shell && command.operands().next().is_some_and(|word| is_file(word.text()))
    })
}

#[cfg(test)]
mod tests {
    use crate::tests::places;

    #[test]
    fn steps_that_take_setuid_bits_away() {
        let managers: (&str, &[&str]) = ("managers", &["apt", "apk", "yum", "dnf"]);
        let params = [managers, ("bare", &["apk"]), ("packages", &["sudo"])];
        let kept = |lines: &str| places("setuid-kept", &params, &format!("FROM debian:12\n{lines}"));
        let install = "RUN apt-get update && apt-get install -y curl\n";
        assert_eq!(kept(install), ["apt-get install"]);
        for step in [
            "find / -perm /6000 -type f -exec chmod a-s {} \\;",
            "find / -perm +6000 | xargs chmod ug-s",
            "find / -perm -4000 -delete",
            "chmod u-s,g-s /bin/su",
            "chmod -6000 /bin/su",
            "sh -c 'find / -perm /6000 -exec chmod a-s {} +'",
            "dpkg-statoverride --update --add root root 0755 /bin/su",
            "sh /tmp/harden.sh",
            "./harden",
        ] {
            assert_eq!(kept(&format!("{install}RUN {step}\n")), [""; 0], "{step}");
        }
        for step in ["chmod u+s /bin/x", "chmod -R 755 /s-s", "find / -perm -4000", "echo a-s"] {
            assert_eq!(kept(&format!("{install}RUN {step}\n")).len(), 1, "{step}");
        }
        assert_eq!(kept("RUN apk add curl\n").len(), 0);
        assert_eq!(kept("RUN apk add curl sudo=1.9\n").len(), 1);
        assert_eq!(kept("RUN dnf --installroot /mnt install curl\n").len(), 0);
        assert_eq!(kept(&format!("{install}USER root\n")).len(), 0);
        assert_eq!(kept(&format!("USER root\n{install}USER app\n")).len(), 1);
        assert_eq!(kept(&format!("{install}FROM scratch\n")).len(), 0);
    }
}
