//! Accounts that the image is given.

use super::user::{account, last_user};
use crate::view::View;
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Node, Out, Params};

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
    let end = start + length.trim_end_matches(['"', '\'', '\\']).len() as u32;
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
