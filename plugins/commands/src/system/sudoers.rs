//! Who becomes root by sudo, and how.

use super::{lines, place};
use crate::View;
use stockade_sdk::{Out, Params};

/// Programs that give whoever runs them as root a shell, or run what he names.
const SHELLS: [&str; 12] =
    ["sh", "bash", "dash", "zsh", "ksh", "fish", "su", "env", "vi", "vim", "nano", "sudoedit"];

/// `sudo-password`: a line of sudoers lets somebody become root for anything without a password.
pub(crate) fn password(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.is_exempt() {
        return;
    }
    let text = view.source.text();
    for line in lines(text) {
        let line = uncommented(line);
        let who = line.split_ascii_whitespace().next().unwrap_or_default();
        if who.starts_with("Defaults") {
            if let Some(word) = line.split([' ', '\t', ',']).find(|word| word.trim_end() == "!authenticate") {
                let word = word.trim_end();
                out.finding(place(text, word), format!("{who} asks nobody for a password"))
                    .key(who.to_owned());
            }
            continue;
        }
        // On a virtual machine of Vagrant the user and his key are known to all.
        if who.starts_with('@') || who.ends_with("_Alias") || matches!(who, "root" | "vagrant") {
            continue;
        }
        let Some((_, commands)) = line.split_once('=') else { continue };
        for grant in grants(commands) {
            let program = grant.command.rsplit('/').next().unwrap_or_default();
            let what = match grant.command {
                "ALL" => "anything".to_owned(),
                _ if SHELLS.contains(&program) => grant.command.to_owned(),
                _ => continue,
            };
            let message = format!("{who} runs {what} as root without a password");
            out.finding(place(text, grant.written), message).key(format!("{who}={}", grant.command));
        }
    }
}

/// The line without a comment behind it. `#` in front of a digit is a user by number.
fn uncommented(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        let before = line.get(..*at).and_then(|front| front.chars().next_back());
        let behind = line.get(at + 1..).and_then(|rest| rest.chars().next());
        before.is_some_and(char::is_whitespace) && behind.is_none_or(|c| !c.is_ascii_digit())
    });
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line).trim()
}

/// A command that somebody runs as root without a password.
struct Grant<'t> {
    command: &'t str,
    /// The command with the tag in front of it.
    written: &'t str,
}

/// The commands behind the `=` of a line that run as root and without a password. Accounts and tags hold for what
/// follows them until others do.
fn grants(commands: &str) -> Vec<Grant<'_>> {
    let (mut as_root, mut free) = (true, false);
    let mut found = Vec::new();
    for item in split_outside(commands) {
        // What joins the lines is no part of a command.
        let mut rest = item.trim_matches(|c: char| c.is_whitespace() || c == '\\');
        if let Some((accounts, behind)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let users = accounts.split(':').next().unwrap_or_default();
            as_root = users.split(',').any(|user| matches!(user.trim(), "ALL" | "root" | "#0"));
            rest = behind.trim_start();
        }
        let mut written = rest;
        while let Some((tag, behind)) = rest.split_once(':').filter(|(tag, _)| is_tag(tag.trim_end())) {
            match tag.trim_end() {
                "NOPASSWD" => {
                    free = true;
                    written = rest;
                }
                "PASSWD" => free = false,
                _ => {}
            }
            rest = behind.trim_start();
        }
        if as_root && free && !rest.is_empty() {
            found.push(Grant { command: rest, written });
        }
    }
    found
}

fn is_tag(word: &str) -> bool {
    word.len() >= "EXEC".len() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// The parts of a list between commas that stand in no parentheses.
fn split_outside(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    list.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}
