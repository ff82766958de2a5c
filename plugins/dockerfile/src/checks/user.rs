//! Who the image runs as.

use super::user_missing::is_for_windows;
use crate::view::{Instruction, View};
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Node, Out, Params};

/// User and group that fixes write: those that distroless images call `nonroot`.
pub(super) const UNPRIVILEGED: &str = "65532:65532";

/// The `USER` that the final image keeps, and its word.
pub(super) fn last_user<'v, 'a>(view: &'v View<'a>) -> Option<(&'v Instruction<'a>, Node<'a>)> {
    let last = view.final_stage()?;
    let mut all = view.lineage(last).flat_map(|(_, s)| s.instructions.iter().rev()).filter(|i| !i.onbuild);
    let user = all.find(|i| i.keyword == "USER")?;
    Some((user, user.words().next()?))
}

/// The user part of `user:group`.
pub(super) fn account(user: &str) -> &str {
    user.split(':').next().unwrap_or(user)
}

fn is_root(user: &str) -> bool {
    let account = account(user);
    // The runtime reads a number with its sign: `-0` is root too.
    let digits = account.strip_prefix(['-', '+']).unwrap_or(account);
    account == "root" || (!digits.is_empty() && digits.bytes().all(|b| b == b'0'))
}

/// Whether the final image runs as root because a `USER` says so.
pub(super) fn stays_root(view: &View<'_>) -> bool {
    last_user(view).is_some_and(|(_, user)| !user.is_unknown() && is_root(user.text()))
}

/// `user-root`: the final image runs as root because a `USER` says so.
pub fn root(view: &View<'_>, _: &Params, out: &mut Out) {
    let Some((_, user)) = last_user(view) else { return };
    // `USER root:$GID` is root whatever the group.
    if !user.is_unknown() && is_root(user.text()) {
        out.finding(user.place(), format!("final stage runs as {}", user.text()))
            .data("user", user.text())
            .unsafe_fix(format!("Run as {UNPRIVILEGED}"), vec![Edit::replace_value(user, UNPRIVILEGED)]);
    }
}

/// `user-not-numeric`: the last `USER` is a name.
pub fn not_numeric(view: &View<'_>, _: &Params, out: &mut Out) {
    let user = match last_user(view) {
        Some((_, user)) => Some(user),
        // A fragment without FROM: its last USER is the one that counts.
        None if view.final_stage().is_none() => {
            view.all("USER").filter(|i| !i.onbuild).last().and_then(|user| user.words().next())
        }
        None => None,
    };
    let Some(user) = user else { return };
    let account = account(user.text());
    if !user.is_known()
        || account.is_empty()
        || account.bytes().all(|b| b.is_ascii_digit())
        || is_root(account)
    {
        return;
    }
    // An account of Windows has no number.
    let windows = || {
        let last = view.final_stage().and_then(|last| view.lineage(last).last());
        last.map_or(view.escape == '`', |(_, base)| is_for_windows(view, base))
    };
    if account.contains('\\') || account.starts_with("Container") || windows() {
        return;
    }
    out.finding(user.place(), format!("user {account} is given by name")).data("user", account);
}

/// `root-command-after-user`: commands that only root may run (`commands`), and changes below `folders`, behind a
/// `USER` that is not root.
pub fn root_command(view: &View<'_>, params: &Params, out: &mut Out) {
    for (at, stage) in view.stages.iter().enumerate() {
        let inherited = view
            .lineage(at)
            .skip(1)
            .flat_map(|(_, s)| s.instructions.iter().rev())
            .find(|i| i.keyword == "USER" && !i.onbuild);
        let mut dropped = inherited.and_then(leaves_root);
        for instruction in stage.instructions.iter().filter(|i| !i.onbuild) {
            if instruction.keyword == "USER" {
                dropped = leaves_root(instruction);
                continue;
            }
            let Some(user) = dropped else { continue };
            for command in &instruction.commands {
                if command.wrappers.iter().any(changes_user) || is_in_script_of_other(command.node) {
                    continue;
                }
                if let Some(word) = needs_root(command, params) {
                    let message = format!("{} needs root and runs as {}", command.name(), user.text());
                    out.finding(word.place(), message)
                        .data("command", command.name())
                        .label(user.place(), "set here");
                }
            }
        }
    }
}

fn changes_user(word: &Node<'_>) -> bool {
    matches!(word.text(), "sudo" | "doas" | "fakeroot" | "gosu" | "su-exec" | "su" | "runuser")
}

/// Whether a command stands in a script that another command runs as somebody else: `sudo sh -c '…'`.
fn is_in_script_of_other(node: Node<'_>) -> bool {
    let above = std::iter::successors(node.parent(), |node| node.parent());
    let mut commands = above.filter(|node| node.is("command"));
    // The first words say it; a command may have very many, with scripts in each.
    commands.any(|outer| outer.children().take(4).any(|word| changes_user(&word)))
}

/// The user that a `USER` changes to, where it is known not to be root.
fn leaves_root<'a>(user: &Instruction<'a>) -> Option<Node<'a>> {
    user.words()
        .next()
        .filter(|user| user.is_known() && !is_root(user.text()) && !user.text().contains("Administrator"))
}

fn needs_root<'a>(command: &Command<'a>, params: &Params) -> Option<Node<'a>> {
    let name = command.name();
    let first = *command.words.first()?;
    if params.strings("commands").any(|known| known == name) {
        let asks = command.has_option(&["--version", "--help"]);
        return (!asks).then_some(first);
    }
    if !matches!(name, "rm" | "mv" | "cp" | "ln" | "install" | "mkdir" | "rmdir" | "touch" | "tee" | "chmod")
    {
        return None;
    }
    let below = |word: &Node<'a>| {
        word.is_known()
            && params
                .strings("folders")
                .any(|f| word.text().strip_prefix(f).is_some_and(|r| r.starts_with('/')))
    };
    let operands: Vec<_> = command.operands().collect();
    // What is read may lie anywhere: of copies and links only the last word is written.
    match name {
        "cp" | "ln" | "install" => operands.last().copied().filter(below),
        _ => operands.into_iter().find(below),
    }
}
