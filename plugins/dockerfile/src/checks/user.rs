//! Who the image runs as.

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
fn account(user: &str) -> &str {
    user.split(':').next().unwrap_or(user)
}

fn is_root(user: &str) -> bool {
    let account = account(user);
    account == "root" || (!account.is_empty() && account.bytes().all(|b| b == b'0'))
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
    if account.contains('\\') || account.starts_with("Container") {
        return;
    }
    out.finding(user.place(), format!("user {account} is given by name")).data("user", account);
}

/// A `useradd` or `adduser` and the account that it makes.
fn new_account<'a>(command: &Command<'a>) -> Option<Node<'a>> {
    let with_value: &[&str] = match command.name() {
        "useradd" => &[
            "-b",
            "-c",
            "-d",
            "-e",
            "-f",
            "-g",
            "-G",
            "-k",
            "-K",
            "-p",
            "-R",
            "-P",
            "-s",
            "-u",
            "-Z",
            "--base-dir",
            "--comment",
            "--home-dir",
            "--home",
            "--expiredate",
            "--inactive",
            "--gid",
            "--groups",
            "--skel",
            "--key",
            "--password",
            "--root",
            "--prefix",
            "--shell",
            "--uid",
            "--selinux-user",
        ],
        "adduser" => &[
            "-h",
            "-g",
            "-s",
            "-G",
            "-u",
            "-k",
            "--home",
            "--shell",
            "--uid",
            "--gid",
            "--gecos",
            "--ingroup",
            "--conf",
            "--firstuid",
            "--lastuid",
            "--comment",
        ],
        _ => return None,
    };
    let mut skip = false;
    let operands: Vec<_> = command
        .args()
        .iter()
        .copied()
        .filter(|word| {
            if std::mem::take(&mut skip) {
                return false;
            }
            let text = word.text();
            skip = takes_next(text, with_value);
            !text.starts_with('-')
        })
        .collect();
    // `adduser name group` adds to a group and makes no account.
    match operands.as_slice() {
        [account] => Some(*account),
        _ => None,
    }
}

/// Whether the next word is the value of this option; `-rg` ends in one that takes a value.
fn takes_next(option: &str, with_value: &[&str]) -> bool {
    if with_value.contains(&option) {
        return true;
    }
    let bundle = option.starts_with('-') && !option.starts_with("--") && option.len() > 2;
    bundle
        && option.bytes().skip(1).all(|b| b.is_ascii_alphabetic())
        && option
            .bytes()
            .last()
            .is_some_and(|last| with_value.contains(&format!("-{}", last as char).as_str()))
}

/// `user-login-shell`: the account that the image runs as is made with a shell to log in with.
pub fn login_shell(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(last) = view.final_stage() else { return };
    let Some((_, user)) = last_user(view) else { return };
    let wanted = account(user.text());
    for (_, stage) in view.lineage(last) {
        for run in stage.instructions.iter().filter(|i| !i.onbuild) {
            for command in &run.commands {
                let Some(name) = new_account(command).filter(|name| name.is_known()) else { continue };
                let by_number =
                    option_value(command, &["-u", "--uid"]).is_some_and(|uid| uid.text() == wanted);
                if name.text() != wanted && !by_number {
                    continue;
                }
                let busybox = command.name() == "adduser" && is_busybox(command, view, last);
                // A system account of adduser gets no shell; one of useradd gets the default.
                if command.name() == "adduser"
                    && !busybox
                    && command.has_option(&["--system"])
                    && option_value(command, &["--shell"]).is_none()
                {
                    continue;
                }
                let finding = match option_value(command, &["-s", "--shell"]) {
                    Some(shell) if !shell.is_known() || shell.text().is_empty() => continue,
                    Some(shell) if params.strings("no-login").any(|s| shell.text().ends_with(s)) => continue,
                    Some(shell) => {
                        let message =
                            format!("account {} gets the login shell {}", name.text(), shell.text());
                        let edit = shell_edit(shell);
                        out.finding(shell.place(), message).unsafe_fix("Give it no login shell", vec![edit])
                    }
                    None => {
                        let (option, nologin) = match (command.name(), busybox) {
                            ("useradd", _) => ("--shell", "/usr/sbin/nologin"),
                            (_, true) => ("-s", "/sbin/nologin"),
                            _ => ("--shell", "/usr/sbin/nologin"),
                        };
                        let message = format!("account {} gets the default login shell", name.text());
                        let Some(word) = command.words.first() else { continue };
                        let edit = run.insert_behind(*word, &format!("{option} {nologin}"));
                        out.finding(name.place(), message).unsafe_fix("Give it no login shell", vec![edit])
                    }
                };
                finding.key(format!("account={}", name.text()));
            }
        }
    }
}

/// Replaces the shell in `-s /bin/bash` or `--shell=/bin/bash`.
fn shell_edit(shell: OptionValue<'_>) -> Edit {
    let span = shell.word.span();
    let text = shell.word.source().slice(span);
    let start = text.find('/').map_or(span.start, |at| span.start + at as u32);
    let length = shell.word.source().slice(stockade_sdk::Span { start, end: span.end });
    let end = start + length.trim_end_matches(['"', '\'']).len() as u32;
    Edit::replace(stockade_sdk::Span { start, end }, "/usr/sbin/nologin")
}

/// Whether `adduser` is BusyBox's: short options, or an Alpine image.
fn is_busybox(command: &Command<'_>, view: &View<'_>, stage: usize) -> bool {
    command.args().iter().any(|w| w.text().starts_with('-') && !w.text().starts_with("--"))
        || view
            .lineage(stage)
            .last()
            .and_then(|(_, s)| s.image)
            .is_some_and(|image| image.text().contains("alpine"))
}

/// An option's value: the word that holds it, and whether it is behind a `=` there.
#[derive(Clone, Copy)]
struct OptionValue<'a> {
    word: Node<'a>,
    joined: bool,
}

impl<'a> OptionValue<'a> {
    fn text(&self) -> &'a str {
        let text = self.word.text();
        if self.joined { text.split_once('=').map_or("", |(_, value)| value) } else { text }
    }
    fn is_known(&self) -> bool {
        self.word.is_known()
    }
    fn place(&self) -> stockade_sdk::Place {
        self.word.place()
    }
}

fn option_value<'a>(command: &Command<'a>, options: &[&str]) -> Option<OptionValue<'a>> {
    let args = command.args();
    let at = args.iter().position(|word| {
        let text = word.text();
        options.iter().any(|option| {
            text == *option
                || (option.starts_with("--")
                    && text.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')))
                || (!option.starts_with("--") && takes_next(text, &[option]))
        })
    })?;
    let word = *args.get(at)?;
    if word.text().starts_with("--") && word.text().contains('=') {
        return Some(OptionValue { word, joined: true });
    }
    args.get(at + 1).map(|word| OptionValue { word: *word, joined: false })
}

/// `useradd-no-log-init`: a uid of more than five digits without `--no-log-init`.
pub fn no_log_init(view: &View<'_>, _: &Params, out: &mut Out) {
    for run in view.runs() {
        for command in run.commands.iter().filter(|c| c.name() == "useradd") {
            let Some(uid) = option_value(command, &["-u", "--uid"]).filter(OptionValue::is_known) else {
                continue;
            };
            let text = uid.text();
            let long = text.len() > 5 && text.bytes().all(|b| b.is_ascii_digit());
            if long && !command.has_option(&["-l", "--no-log-init"]) {
                let Some(word) = command.words.first() else { continue };
                out.finding(uid.place(), format!("useradd with uid {text} writes a large sparse log"))
                    .safe_fix("Add --no-log-init", vec![run.insert_behind(*word, "--no-log-init")]);
            }
        }
    }
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
