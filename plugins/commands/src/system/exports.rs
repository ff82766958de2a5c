//! Who mounts a folder over NFS, and as whom.

use super::{lines, place};
use crate::View;
use stockade_sdk::{Out, Params};

/// `nfs-export`: a folder that everyone may write to, or in which the root of another machine is root.
pub(crate) fn open(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let text = view.source.text();
    for line in lines(text) {
        let line = line.split(" #").next().unwrap_or(line);
        let Some((folder, clients)) = folder(line.trim()) else { continue };
        let clients =
            || clients.split(|c: char| c.is_ascii_whitespace() || c == '\\').filter(|c| !c.is_empty());
        // `-rw,sync` holds for the clients behind it.
        let shared = clients().find_map(|client| client.strip_prefix('-')).unwrap_or_default();
        for client in clients().filter(|client| !client.starts_with('-')) {
            let (host, own) = client.split_once('(').unwrap_or((client, ""));
            let own = own.trim_end_matches(')');
            let has = |option: &str| own.split(',').any(|word| word == option);
            let whole = |option: &str| has(option) || shared.split(',').any(|word| word == option);
            let everyone = matches!(host, "" | "*" | "0.0.0.0/0" | "::/0" | "0.0.0.0/0.0.0.0");
            let proven = own.contains("sec=krb5") || shared.contains("sec=krb5");
            if everyone && whole("rw") && !has("ro") && !proven {
                let message = format!("{folder} is open to everyone for writing");
                out.finding(place(text, client), message).key(format!("write={folder}"));
            }
            if let Some(word) = own.split(',').find(|word| *word == "no_root_squash") {
                let host = if everyone { "any machine" } else { host };
                let message = format!("the root of {host} is root in {folder}");
                out.finding(place(text, word), message).key(format!("root={folder} {host}"));
            }
        }
    }
}

/// The folder that a line exports, and what follows it.
fn folder(line: &str) -> Option<(&str, &str)> {
    match line.strip_prefix('"') {
        Some(rest) => rest.split_once('"').filter(|(folder, _)| folder.starts_with('/')),
        None => line.split_once([' ', '\t']).filter(|(folder, _)| folder.starts_with('/')),
    }
}
