//! Containers that scripts start with the rights of the host.

use crate::View;
use stockade_sdk::script::{Command, Word};
use stockade_sdk::{Out, Params};

/// Options of `run` without a value, by letter.
const SWITCHES: &str = "ditPq";
/// Long options of `run` without a value.
const LONG_SWITCHES: [&str; 14] = [
    "--detach",
    "--interactive",
    "--tty",
    "--rm",
    "--init",
    "--privileged",
    "--publish-all",
    "--read-only",
    "--sig-proxy",
    "--oom-kill-disable",
    "--no-healthcheck",
    "--quiet",
    "--disable-content-trust",
    "--use-api-socket",
];
const SOCKETS: [&str; 5] =
    ["docker.sock", "containerd.sock", "crio.sock", "podman.sock", "pipe/docker_engine"];

/// An option in front of the image.
struct Flag<'c> {
    name: &'c str,
    value: &'c str,
    first: &'c Word,
    last: &'c Word,
}

/// `docker-run`: a container is started as privileged, with the runtime's socket, or in the network or among the processes
/// of the host.
pub(crate) fn docker_run(view: &View<'_>, _: &Params, out: &mut Out) {
    for command in &view.commands {
        let Some((called, options)) = run_options(command) else { continue };
        let mut what = Vec::new();
        let mut place = None;
        for flag in flags(options) {
            let Some(words) = danger(&flag) else { continue };
            if !what.contains(&words) {
                what.push(words);
            }
            place.get_or_insert_with(|| command.place_to(view.source, flag.first, flag.last));
        }
        if let Some(place) = place {
            let name = runtime(command);
            out.finding(place, format!("{name} {called} {}", joined(&what)));
        }
    }
}

const RUNTIMES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// The name of the runtime that is called, also where a variable holds it: `$(DOCKER) run`.
fn runtime(command: &Command) -> &str {
    let Some(first) = command.words.first().filter(|word| !word.known) else { return command.name() };
    match first.text.trim_matches(['$', '(', ')', '{', '}']) {
        "DOCKER" | "docker" | "DOCKER_CMD" | "CONTAINER_RUNTIME" | "CONTAINER_ENGINE" => "docker",
        "PODMAN" | "podman" => "podman",
        _ => "",
    }
}

/// What is behind `run`, for a command that starts a container.
fn run_options(command: &Command) -> Option<(&'static str, &[Word])> {
    if !RUNTIMES.contains(&runtime(command)) {
        return None;
    }
    let args = command.args();
    let at =
        args.iter().position(|word| matches!(word.text.as_str(), "run" | "create")).filter(|at| *at < 4)?;
    let (before, rest) = args.split_at_checked(at)?;
    // `docker network create` and the like are something else.
    let plain = |word: &Word| word.text.starts_with('-') || word.text == "container";
    let by_value = |at: usize| at > 0 && before.get(at - 1).is_some_and(|word| word.text.starts_with('-'));
    if !before.iter().enumerate().all(|(at, word)| plain(word) || by_value(at)) {
        return None;
    }
    let called = if rest.first()?.text == "run" { "run" } else { "create" };
    Some((called, rest.get(1..)?))
}

/// The options up to the image.
fn flags(words: &[Word]) -> Vec<Flag<'_>> {
    let mut flags = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text.as_str();
        if text.starts_with("--") && text.len() > 2 {
            if let Some((name, value)) = text.split_once('=') {
                flags.push(Flag { name, value, first: word, last: word });
            } else if LONG_SWITCHES.contains(&text) {
                flags.push(Flag { name: text, value: "true", first: word, last: word });
            } else if let Some(value) = words.get(at) {
                flags.push(Flag { name: text, value: &value.text, first: word, last: value });
                at += 1;
            }
        } else if text.len() > 1 && text.starts_with('-') {
            let letters = text.get(1..).unwrap_or_default();
            let rest = letters.trim_start_matches(|c| SWITCHES.contains(c));
            if rest.is_empty() {
                continue;
            }
            let split = rest.chars().next().map_or(0, char::len_utf8);
            let (letter, value) = rest.split_at_checked(split).unwrap_or_default();
            let name = if letter == "v" { "--volume" } else { "" };
            if !value.is_empty() {
                flags.push(Flag { name, value: value.trim_start_matches('='), first: word, last: word });
            } else if let Some(value) = words.get(at) {
                flags.push(Flag { name, value: &value.text, first: word, last: value });
                at += 1;
            }
        } else if word.known || !text.starts_with(['$', '{']) {
            // The image. What is nothing but a variable may be options.
            break;
        }
    }
    flags
}

/// What an option gives away, if it does.
fn danger(flag: &Flag<'_>) -> Option<&'static str> {
    match flag.name {
        "--privileged" if flag.value != "false" => Some("with --privileged"),
        "--net" | "--network" if flag.value == "host" => Some("in the host's network"),
        "--pid" if flag.value == "host" => Some("among the host's processes"),
        "--volume" => is_socket(flag.value.split(':').next().unwrap_or_default()).then_some(SOCKET),
        "--mount" => flag
            .value
            .split(',')
            .filter_map(|part| part.split_once('='))
            .any(|(key, path)| matches!(key, "source" | "src") && is_socket(path))
            .then_some(SOCKET),
        _ => None,
    }
}

const SOCKET: &str = "with the runtime's socket";

fn is_socket(path: &str) -> bool {
    SOCKETS.iter().any(|socket| path.ends_with(socket))
}

fn joined(parts: &[&str]) -> String {
    match parts {
        [first, middle @ .., last] => {
            let mut text = (*first).to_owned();
            for part in middle {
                text.push_str(", ");
                text.push_str(part);
            }
            format!("{text} and {last}")
        }
        _ => parts.concat(),
    }
}
