//! Passwords of the accounts of an image.

use crate::view::View;
use std::collections::HashSet;
use stockade_sdk::shell::Command;
use stockade_sdk::{Node, Out, Params};

/// `password`: passwords that are written into the image, and accounts that are left without one.
pub fn password(view: &View<'_>, _: &Params, out: &mut Out) {
    let mut found = Vec::new();
    // From the end: an account that is locked later has no password that counts.
    let mut locked: HashSet<&str> = HashSet::new();
    let commands: Vec<&Command<'_>> = view.runs().flat_map(|run| &run.commands).collect();
    for command in commands.into_iter().rev() {
        let account = command.operands().last().map_or("", |word| word.text());
        if locks(command) {
            locked.insert(account);
        } else if let Some((word, state)) = set(command)
            && (state == State::Set || !locked.contains(account))
        {
            found.push((command.name(), word, state));
        }
    }
    for (name, word, state) in found.into_iter().rev() {
        let message = match state {
            State::Set => format!("{name} sets a password in the image"),
            State::Empty => format!("{name} leaves an account without a password"),
        };
        out.finding(word.place(), message);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Set,
    Empty,
}

fn locks(command: &Command<'_>) -> bool {
    match command.name() {
        "passwd" => command.has_option(&["-l", "--lock"]),
        "usermod" => command.has_option(&["-L", "--lock"]),
        _ => false,
    }
}

/// What a command makes of a password, with the word that says so.
fn set<'a>(command: &Command<'a>) -> Option<(Node<'a>, State)> {
    match command.name() {
        "chpasswd" => Some((*command.words.first()?, State::Set)),
        "passwd" => Some((command.option(&["-d", "--delete"])?, State::Empty)),
        "usermod" | "useradd" => {
            let is_option = |word: &Node<'_>| {
                matches!(word.text(), "-p" | "--password") || word.text().starts_with("--password=")
            };
            let at = command.args().iter().position(is_option)?;
            let option = *command.args().get(at)?;
            let value = match option.text().split_once('=') {
                Some((_, value)) => value,
                None => command.args().get(at + 1)?.text(),
            };
            match value {
                // These lock the account.
                "!" | "*" | "!!" | "x" => None,
                "" => Some((option, State::Empty)),
                _ => Some((option, State::Set)),
            }
        }
        // The file that these write holds the password in a form that everyone can turn back.
        "x11vnc" => {
            let at = command.args().iter().position(|word| word.text() == "-storepasswd")?;
            command.args().get(at + 1)?;
            Some((*command.args().get(at)?, State::Set))
        }
        "vncpasswd" => Some((command.option(&["-f"])?, State::Set)),
        _ => None,
    }
}
