//! What is fetched over plain HTTP although everything else rests on it: package indexes, and the keys of repositories.

use super::environment::variables;
use super::written::{piped_to, written};
use crate::view::{Instruction, View};
use std::collections::HashSet;
use stockade_sdk::script::{self, package_index};
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Out, Params, Place};

const HTTP: &str = "http://";

/// Files in which an address is that of an index.
const INDEX_FILES: [&str; 8] =
    [".npmrc", ".yarnrc", "pip.conf", "pip.ini", "Rprofile.site", ".Rprofile", ".gemrc", ".pypirc"];

/// Variables that hold the address of an index, in lower case.
const INDEX_VARIABLES: [&str; 11] = [
    "pip_index_url",
    "pip_extra_index_url",
    "pip_find_links",
    "uv_index_url",
    "uv_default_index",
    "uv_extra_index_url",
    "npm_config_registry",
    "yarn_registry",
    "yarn_npm_registry_server",
    "goproxy",
    "cran_mirror",
];

/// `index-plaintext`: the index that packages come from is asked over plain HTTP.
pub fn index(view: &View<'_>, _: &Params, out: &mut Out) {
    for pair in variables(view) {
        let name = pair.node.name().to_ascii_lowercase();
        if INDEX_VARIABLES.contains(&name.as_str()) && pair.node.text().contains(HTTP) {
            package_index::report(view.source, pair.node.id(), pair.node.span(), pair.node.name(), out);
        }
    }
    for command in view.runs().flat_map(|run| &run.commands) {
        // A host that is trusted without a certificate is the same flaw, of which another rule speaks.
        if command.args().iter().any(|word| word.text().contains(HTTP))
            && !command.has_option(&["--trusted-host", "--allow-insecure-host"])
            && let Some(command) = script::Command::of_tree(command)
        {
            package_index::report_command(view.source, &command, out);
        }
    }
    for text in written(view).iter().filter(|text| INDEX_FILES.iter().any(|file| text.file.ends_with(file))) {
        let name = text.file.rsplit('/').next().unwrap_or_default();
        package_index::report(view.source, text.node.id(), text.span, name, out);
    }
}

/// Parts of paths that hold keys which package managers trust.
const KEY_FOLDERS: [&str; 5] =
    ["/trusted.gpg.d/", "/keyrings/", "/etc/apk/keys", "/pki/rpm-gpg", "/etc/apt/trusted.gpg"];

/// `key-plaintext`: the key by which packages are checked is fetched over plain HTTP, and nothing else checks it.
pub fn key(view: &View<'_>, _: &Params, out: &mut Out) {
    for instruction in view.all("ADD") {
        let Some((sources, destination)) = instruction.copied() else { continue };
        if is_key_store(destination.text()) && instruction.flag("checksum").is_none() {
            sources.into_iter().filter(|source| source.text().starts_with(HTTP)).for_each(|s| told(s, out));
        }
    }
    for run in view.runs() {
        let is_checked = |c: &Command<'_>| c.name().ends_with("sum") || c.has_option(&["--verify"]);
        // Few have an address at all.
        if run.source_text().contains(HTTP) && !run.commands.iter().any(is_checked) {
            keys_of(run, out);
        }
    }
}

fn keys_of(run: &Instruction<'_>, out: &mut Out) {
    // Files whose keys are trusted later, by the last part of their names.
    let trusted: HashSet<&str> = run.commands.iter().filter(|c| trusts(c)).filter_map(last_part).collect();
    for command in &run.commands {
        let Some(address) = command.args().iter().find(|word| word.text().starts_with(HTTP)) else {
            continue;
        };
        let fetches = matches!(command.name(), "curl" | "wget");
        let imports = match command.name() {
            "rpm" | "rpmkeys" => command.has_option(&["--import"]),
            "apt-key" | "gpg" | "gpg2" => command.has_option(&["--fetch-keys"]),
            _ => false,
        };
        let stores = || {
            let outputs = command.node.elements("redirect").flat_map(Node::children);
            command.args().iter().copied().chain(outputs).any(|word| is_key_store(word.text()))
        };
        let named = || address.text().rsplit('/').next().is_some_and(|file| trusted.contains(file));
        if imports || fetches && (stores() || is_piped_to_keys(command) || named()) {
            told(*address, out);
        }
    }
}

fn told(address: Node<'_>, out: &mut Out) {
    if let Some((span, text)) = package_index::plain_address(address.source(), address.span()) {
        let place = Place { span, node: Some(address.id()) };
        out.finding(place, format!("the key from {text} is fetched without TLS")).data("address", text);
    }
}

fn is_key_store(path: &str) -> bool {
    KEY_FOLDERS.iter().any(|folder| path.contains(folder))
}

/// Whether a command makes package managers trust the keys that it reads.
fn trusts(command: &Command<'_>) -> bool {
    match command.name() {
        "apt-key" => command.subcommand() == "add",
        "gpg" | "gpg2" => command.has_option(&["--dearmor", "--import"]),
        "rpm" | "rpmkeys" => command.has_option(&["--import"]),
        _ => false,
    }
}

fn last_part<'a>(command: &Command<'a>) -> Option<&'a str> {
    let file = command.args().last()?.text().rsplit('/').next()?;
    (file.len() > 1 && !file.starts_with('-')).then_some(file)
}

fn is_piped_to_keys(command: &Command<'_>) -> bool {
    piped_to(command.node).any(|next| {
        trusts(&next) || next.name() == "tee" && next.args().iter().any(|word| is_key_store(word.text()))
    })
}
