//! Packages that are installed without saying which version.

use super::managers::{Call, Manager};
use crate::view::{Instruction, Stage, View};
use std::collections::HashSet;
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Out, Params};

/// `pin-versions`: packages that `managers` install in whatever version there is on the day of the build.
pub fn versions(view: &View<'_>, params: &Params, out: &mut Out) {
    let managers: Vec<_> =
        params.strings("managers").filter_map(|name| Some((name, Manager::named(name)?))).collect();
    let copied = copied_names(view);
    for (stage, run) in view.instructions().filter(|(_, i)| i.keyword == "RUN") {
        for command in &run.commands {
            for (name, manager) in &managers {
                let Some(call) = manager.call(command) else { continue };
                for package in unpinned(name, manager, command, &call) {
                    if view
                        .lineage(stage)
                        .any(|(at, _)| copied.get(at).is_some_and(|c| c.contains(package.text())))
                    {
                        continue;
                    }
                    let title = if call.subcommand() == "module" {
                        "module install".to_owned()
                    } else {
                        call.title()
                    };
                    let message = format!("{title} of {} pins no version", package.text());
                    out.finding(package.place(), message).data("package", package.text());
                }
            }
        }
    }
}

/// The last parts of what each stage copies in, and of where to: `pip install tool` and `npm install dist` may name that.
fn copied_names<'a>(view: &View<'a>) -> Vec<HashSet<&'a str>> {
    let last = |node: Node<'a>| node.text().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let of_stage = |stage: &Stage<'a>| {
        let copies = stage.instructions.iter().filter(|i| matches!(i.keyword, "COPY" | "ADD"));
        let all = copies.filter_map(Instruction::copied);
        all.flat_map(|(sources, destination)| sources.into_iter().chain([destination])).map(last).collect()
    };
    view.stages.iter().map(of_stage).collect()
}

fn unpinned<'a>(name: &str, manager: &Manager, command: &Command<'a>, call: &Call<'a>) -> Vec<Node<'a>> {
    let known =
        |word: &&Node<'a>| word.is_known() && !word.text().is_empty() && word.children().next().is_none();
    let filter = |free: fn(&str) -> bool| -> Vec<Node<'a>> {
        call.operands.iter().filter(known).filter(|word| free(word.text())).copied().collect()
    };
    let installs = manager.installation(command).is_some();
    match name {
        "apt" if installs => filter(apt),
        "apk" if installs => filter(apk),
        "yum" | "dnf" | "microdnf" | "tdnf" => rpm(call),
        "zypper" if installs => filter(zypper),
        "pip" | "pipx" if installs => {
            let constrained = call.has(&["-c", "--constraint"]);
            let editable = editables(call);
            if constrained { Vec::new() } else { filter(pip).into_iter().chain(editable).collect() }
        }
        "npm" if installs => filter(npm),
        "gem" if installs => gem(command, call),
        "go" if installs => go(call),
        _ => Vec::new(),
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with(['.', '/', '~']) || text.contains("://")
}

fn apt(text: &str) -> bool {
    // `name-` removes, `name/release` and `name=version` choose.
    !text.contains('=')
        && !text.contains('/')
        && !text.ends_with(".deb")
        && !text.ends_with('-')
        && !text.contains('$')
}

fn apk(text: &str) -> bool {
    !text.contains(['=', '~', '<', '>', '@'])
        && !is_path(text)
        && !text.ends_with(".apk")
        && !text.starts_with('!')
}

fn zypper(text: &str) -> bool {
    !text.contains(['=', '<', '>'])
        && !is_path(text)
        && !text.ends_with(".rpm")
        && !text.starts_with(['-', '!'])
}

/// Packages of rpm: a version is a dash with a digit behind it (`name-1.2`, `name-1:1.2`); modules have a stream.
fn rpm<'a>(call: &Call<'a>) -> Vec<Node<'a>> {
    let (packages, module): (&[Node<'a>], bool) = match call.subcommand() {
        "install" | "in" | "reinstall" | "rei" | "localinstall" => (&call.operands, false),
        "module" => match call.operands.split_first() {
            Some((first, rest)) if first.text() == "install" => (rest, true),
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let free = |word: &&Node<'a>| {
        let text = word.text();
        let pinned = if module { text.contains(':') } else { has_rpm_version(text) };
        word.is_known()
            && !pinned
            && !text.is_empty()
            && !is_path(text)
            && !text.ends_with(".rpm")
            && !text.starts_with('@')
    };
    packages.iter().filter(free).copied().collect()
}

fn has_rpm_version(text: &str) -> bool {
    // The version is behind one of the last two dashes: `gcc-c++-1.1.1`, `git-core-2.51.0-2.fc42`.
    text.contains(['=', '<', '>'])
        || text.match_indices('-').any(|(at, _)| {
            let rest = text.get(at + 1..).unwrap_or_default();
            rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(['.', ':'])
        })
}

fn pip(text: &str) -> bool {
    // A marker may hold comparisons of its own.
    let text = text.split(';').next().unwrap_or(text).trim();
    if let Some(link) = ["git+", "hg+", "svn+", "bzr+"].iter().find_map(|vcs| text.strip_prefix(vcs)) {
        return !has_revision(link);
    }
    if text.contains("@ ") || text.contains(" @") {
        return text.split_once('@').is_some_and(|(_, url)| pip(url.trim()));
    }
    let exact = text.contains("==") && !text.contains('*');
    let local = is_path(text)
        || text.contains(['/', '\\'])
        || [".whl", ".zip", ".tar.gz", ".tar.bz2"].iter().any(|end| text.ends_with(end));
    !exact && !local
}

/// Whether a link to a repository names a revision: an `@` behind the host, in front of `#`.
fn has_revision(link: &str) -> bool {
    let link = link.split('#').next().unwrap_or(link);
    let path = link.split_once("://").map_or(link, |(_, rest)| rest);
    path.split_once('/').is_some_and(|(_, path)| path.contains('@'))
}

/// Values of `-e` that are links: local folders are what `-e` is for.
fn editables<'a>(call: &Call<'a>) -> Vec<Node<'a>> {
    call.options
        .windows(2)
        .filter_map(|pair| match pair {
            [option, value] if matches!(option.text(), "-e" | "--editable") => Some(*value),
            _ => None,
        })
        .filter(|value| value.is_known() && value.text().contains('+') && pip(value.text()))
        .collect()
}

fn npm(text: &str) -> bool {
    if let Some(link) = text.strip_prefix("git+").or_else(|| text.starts_with("git:").then_some(text)) {
        return !link.contains('#');
    }
    if is_path(text) || text.ends_with(".tgz") || text.ends_with(".tar.gz") || text.ends_with(".tar") {
        return false;
    }
    // `user/repository` is on GitHub; `@scope/name` is a package.
    match text.strip_prefix('@') {
        Some(scoped) => !scoped.contains('@'),
        None if text.contains('/') => !text.contains('#'),
        None => !text.contains('@') && !text.contains(':'),
    }
}

fn gem<'a>(command: &Command<'a>, call: &Call<'a>) -> Vec<Node<'a>> {
    if call.has(&["-v", "--version", "-g", "--file"])
        || call.options.iter().any(|o| is_short_version(o.text()))
    {
        return Vec::new();
    }
    // What stands behind `--` goes to the compiler.
    let end = command.args().iter().find(|w| w.text() == "--").map_or(u32::MAX, |w| w.id());
    let mut skip = false;
    let mut found = Vec::new();
    for word in command.args().iter().take_while(|w| w.id() < end) {
        let text = word.text();
        if std::mem::take(&mut skip) {
            continue;
        }
        if text.starts_with("--") && !text.contains('=') && !text.starts_with("--no-") {
            // Options of extensions (`--use-system-libraries true`) may have a value that is no gem.
            skip = matches!(command_value(word), Some("true" | "false"));
        }
        let operand = call.operands.contains(word);
        let free = word.is_known() && !text.contains(':') && !text.ends_with(".gem") && !text.is_empty();
        if operand && free {
            found.push(*word);
        }
    }
    found
}

/// The word behind this one.
fn command_value<'a>(word: &Node<'a>) -> Option<&'a str> {
    word.next_sibling().map(Node::text)
}

/// `-v1.2`.
fn is_short_version(option: &str) -> bool {
    option.strip_prefix("-v").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn go<'a>(call: &Call<'a>) -> Vec<Node<'a>> {
    // What `run` gets behind the package are the program's own arguments.
    let packages = if call.subcommand() == "run" { call.operands.get(..1) } else { call.operands.get(..) };
    let is_module = |text: &str| {
        let host = text.split('/').next().unwrap_or_default();
        !text.starts_with(['.', '/'])
            && (host.contains('.') || call.options.iter().any(|o| o.text() == "-tool"))
    };
    let free = |word: &&Node<'a>| {
        let text = word.text();
        let version = text.split_once('@').map(|(_, version)| version);
        // `go run file.go` and packages of the module itself have no version.
        word.is_known()
            && is_module(text)
            && !text.ends_with(".go")
            && (version == Some("latest") || (version.is_none() && call.subcommand() != "run"))
    };
    packages.unwrap_or_default().iter().filter(free).copied().collect()
}
