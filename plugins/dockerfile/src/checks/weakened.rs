//! Settings of the system that a build weakens for everything in the image: what OpenSSL accepts, and who becomes root.

use super::user::{last_user, stays_root};
use super::written::{Written, written};
use crate::view::View;
use std::collections::HashMap;
use std::ops::Range;
use stockade_sdk::{Node, Out, Params, Span};

/// `openssl-weakened`: what is written to OpenSSL's settings lets old protocols or short keys in, or the system's policy
/// for all programs is one that does (`policies`).
pub fn openssl(view: &View<'_>, params: &Params, out: &mut Out) {
    let put_back = PutBack::new(view);
    for text in written(view).into_iter().filter(|text| text.file.ends_with("openssl.cnf")) {
        let raw = text.raw();
        let lower = raw.to_ascii_lowercase();
        let scope = if text.by_sed { replacement(&lower) } else { Some(0..lower.len()) };
        let Some(found) = scope.and_then(|scope| weak(&lower, scope)) else { continue };
        if put_back.has(text) {
            continue;
        }
        let setting = raw.get(found.clone()).unwrap_or_default();
        let message = format!("{} is set to {setting}", text.file);
        out.finding(text.place(found), message).data("setting", setting);
    }
    for command in view.runs().flat_map(|run| &run.commands) {
        if command.name() != "update-crypto-policies" {
            continue;
        }
        let policy = command.args().iter().skip_while(|word| word.text() != "--set").nth(1);
        let is_weak = |word: &&Node<'_>| {
            let name = word.text().split(':').next().unwrap_or_default();
            params.strings("policies").any(|policy| policy.eq_ignore_ascii_case(name))
        };
        if let Some(policy) = policy.filter(is_weak) {
            let message = format!("the policy for all programs is set to {}", policy.text());
            out.finding(policy.place(), message).data("setting", policy.text());
        }
    }
}

/// What a script of `sed` puts in the place of something: `b` of `s/a/b/g`.
fn replacement(script: &str) -> Option<Range<usize>> {
    let at = script.find('s')?;
    let delimiter =
        script.get(at + 1..)?.chars().next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace())?;
    let first = at + 1 + delimiter.len_utf8();
    let second = first + script.get(first..)?.find(delimiter)? + delimiter.len_utf8();
    let end = second + script.get(second..)?.find(delimiter)?;
    Some(second..end)
}

/// A protocol before TLS 1.2 or a level of security below 2, and where it stands.
fn weak(lower: &str, scope: Range<usize>) -> Option<Range<usize>> {
    let text = lower.get(scope.clone())?;
    let shift = |at: usize, length: usize| scope.start + at..scope.start + at + length;
    for level in ["seclevel=0", "seclevel=1"] {
        if let Some(at) = text.find(level) {
            return Some(shift(at, level.len()));
        }
    }
    for (at, name) in text.match_indices("tlsv1") {
        let behind = text.get(at + name.len()..)?;
        let number = behind.strip_prefix('.').and_then(|rest| rest.chars().next());
        match number {
            Some('2' | '3') => {}
            Some('0' | '1') => return Some(shift(at, name.len() + 2)),
            _ => return Some(shift(at, name.len())),
        }
    }
    None
}

/// Files that get their old content back in the step that changes them, as around tests that need old ciphers.
struct PutBack<'a> {
    /// The steps, in source order.
    steps: Vec<Span>,
    /// The file that is written last by `mv` or `cp` in a step (its number), and where.
    files: HashMap<(usize, &'a str), u32>,
}

impl<'a> PutBack<'a> {
    fn new(view: &View<'a>) -> Self {
        let (mut steps, mut files) = (Vec::new(), HashMap::new());
        for run in view.runs() {
            let moves = run.commands.iter().filter(|c| matches!(c.name(), "mv" | "cp"));
            for word in moves.filter_map(|c| c.words.last()) {
                files.insert((steps.len(), word.text()), word.span().start);
            }
            steps.push(run.node.span());
        }
        Self { steps, files }
    }

    fn has(&self, text: Written<'a>) -> bool {
        let start = text.span.start;
        let step = self.steps.partition_point(|step| step.start <= start);
        step.checked_sub(1)
            .and_then(|step| self.files.get(&(step, text.file)))
            .is_some_and(|moved| *moved > start)
    }
}

/// `sudo-passwordless`: the final image leaves root for a user who becomes it again without a password. Left alone are images
/// that people work in.
pub fn sudo(view: &View<'_>, _: &Params, out: &mut Out) {
    if last_user(view).is_none() || stays_root(view) || view.source.is_marked("development") {
        return;
    }
    for text in written(view).into_iter().filter(|text| view.feeds_final(text.stage)) {
        let lower = text.raw().to_ascii_lowercase();
        let Some(found) = everything(&lower) else { continue };
        let message = "a user of the image becomes root without a password";
        out.finding(text.place(found), message);
    }
}

/// Where `NOPASSWD: ALL` stands in a line of `sudoers` that is for all hosts; a list of commands is something else.
fn everything(lower: &str) -> Option<Range<usize>> {
    let (at, tag) = lower.match_indices("nopasswd:").next()?;
    let all_hosts = lower.get(..at)?.contains("all");
    let behind = lower.get(at + tag.len()..)?;
    let commands = behind.trim_start_matches([' ', '\t']);
    let rest = commands.strip_prefix("all")?;
    let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ',');
    let end = at + tag.len() + (behind.len() - rest.len());
    (all_hosts && ends).then_some(at..end)
}

#[cfg(test)]
mod tests {
    use super::{everything, replacement, weak};

    #[test]
    fn scripts_of_sed_are_read_behind_what_they_replace() {
        let weak = |script: &str| {
            let found = replacement(script).and_then(|scope| weak(script, scope));
            found.and_then(|found| script.get(found)).map(str::to_owned)
        };
        assert_eq!(weak("'s/default@seclevel=2/default@seclevel=1/g'").as_deref(), Some("seclevel=1"));
        assert_eq!(weak(r"'s/\(minprotocol *= *\).*/\1tlsv1.0 /'").as_deref(), Some("tlsv1.0"));
        assert_eq!(weak("s|tlsv1.2|tlsv1|").as_deref(), Some("tlsv1"));
        assert_eq!(weak("s/seclevel=1/seclevel=2/"), None);
        assert_eq!(weak("s/tlsv1/tlsv1.2/"), None);
        assert_eq!(weak("/seclevel=1/d"), None);
    }

    #[test]
    fn lists_of_commands_are_not_everything() {
        for line in
            ["app all=(all) nopasswd:all", "app all = nopasswd: all\n", "%sudo all=(all:all) nopasswd: all\""]
        {
            assert!(everything(line).is_some(), "{line}");
        }
        for line in
            ["app all=(all) nopasswd: /usr/sbin/service", "app all=(all) all", "nopasswd: all", "nopasswd"]
        {
            assert!(everything(line).is_none(), "{line}");
        }
    }
}
