//! Scripts that are an argument: `bash -c '…'`, `sudo -u app sh -ec "…"`, `su app -c '…'`.

use super::command::SHELLS;
use super::parser::Parser;
use std::ops::Range;

/// Commands that run the command behind them, here and not elsewhere.
const RUNNERS: [&str; 16] = [
    "sudo",
    "doas",
    "env",
    "exec",
    "command",
    "nohup",
    "time",
    "nice",
    "timeout",
    "xargs",
    "gosu",
    "su-exec",
    "eatmydata",
    // The first process of many containers, which starts the command and reaps what it leaves.
    "tini",
    "dumb-init",
    "catatonit",
];

/// How far a command is on the way to handing a script to a shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Handing {
    #[default]
    Start,
    /// It does not.
    Never,
    /// A shell may follow.
    Runner,
    /// Options of a shell follow.
    Shell,
    /// Options and an account follow.
    Account,
    /// The next word is the script.
    Script,
    /// The event of the word that is it.
    Found(usize),
}

impl Handing {
    /// Goes on by a word of the command, `number` being its event.
    pub(super) fn next(self, word: &str, number: usize) -> Self {
        let name = word.rsplit('/').next().unwrap_or_default();
        let is_short = |word: &str| {
            word.strip_prefix('-').is_some_and(|letters| letters.bytes().all(|b| b.is_ascii_alphabetic()))
        };
        match self {
            Self::Start | Self::Runner if SHELLS.contains(&name) => Self::Shell,
            Self::Start | Self::Runner if matches!(name, "su" | "runuser") => Self::Account,
            Self::Start if RUNNERS.contains(&name) => Self::Runner,
            Self::Start => Self::Never,
            Self::Shell if is_short(word) && word.contains('c') => Self::Script,
            // `-o pipefail` takes the next word.
            Self::Shell
                if word.starts_with(['-', '+']) || matches!(word, "pipefail" | "errexit" | "nounset") =>
            {
                Self::Shell
            }
            Self::Shell => Self::Never,
            Self::Account if matches!(word, "-c" | "--command") => Self::Script,
            Self::Script => Self::Found(number),
            Self::Never | Self::Runner | Self::Account | Self::Found(_) => self,
        }
    }
}

/// The position of the word that is a script, in a command that no shell takes apart: 2 of `bash`, `-c`, `a && b`.
pub(crate) fn handed_script<'w>(words: impl Iterator<Item = &'w str>) -> Option<usize> {
    let mut handing = Handing::Start;
    for (number, word) in words.enumerate() {
        handing = handing.next(word, number);
        match handing {
            Handing::Found(number) => return Some(number),
            Handing::Never => return None,
            _ => {}
        }
    }
    None
}

impl Parser<'_> {
    /// Parses the script that a word holds and gives its number: only where the word is one pair of quotes around text
    /// that the outer shell does not run parts of.
    pub(super) fn argument_script(&mut self, number: usize) -> Option<u32> {
        let event = self.tree.events.get(number).filter(|event| !event.open)?;
        let (start, end) = (event.start as usize, event.end as usize);
        let raw = self.source.slice(start..end);
        let quote = raw.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let inner = raw.get(1..)?.strip_suffix(quote)?;
        let range = start + 1..start + 1 + inner.len();
        let (mut text, mut pieces) = (String::with_capacity(inner.len()), Vec::new());
        let mut add = |parser: &Self, range: Range<usize>| {
            if !range.is_empty() {
                parser.source.pieces_of(range.clone(), text.len(), &mut pieces);
                text.push_str(parser.source.slice(range));
            }
        };
        if quote == '\'' {
            if inner.contains('\'') {
                return None;
            }
            add(self, range);
        } else {
            let bytes = inner.as_bytes();
            let (mut from, mut at) = (0, 0);
            while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'\\', b'"', rest)) {
                at += found;
                if bytes.get(at) == Some(&b'"') {
                    return None;
                }
                // Between double quotes a backslash goes away in front of these only.
                if matches!(bytes.get(at + 1), Some(b'"' | b'\\' | b'$' | b'`')) {
                    add(self, range.start + from..range.start + at);
                    from = at + 1;
                }
                at += 2;
            }
            add(self, range.start + from..range.end);
        }
        (!text.trim().is_empty()).then(|| self.part(text, pieces))
    }
}

#[cfg(test)]
mod tests {
    use super::{Handing, handed_script};
    use stockade_model::{Document, NodeId};

    /// The names of the commands of a script, each with where it stands.
    fn commands(script: &str) -> Vec<String> {
        let document: Document = super::super::parse(script.to_owned());
        let name = |node: NodeId| {
            let word = document.children(node).find(|child| document.name(*child).is_empty())?;
            let span = document.span(word);
            Some(format!("{}@{}", document.value(word), span.start))
        };
        (1..document.len() as NodeId)
            .filter(|node| document.name(*node) == "command")
            .filter_map(name)
            .collect()
    }

    #[test]
    fn scripts_in_arguments_are_read() {
        assert_eq!(commands("bash -c 'a && b'"), ["bash@0", "a@9", "b@14"]);
        assert_eq!(commands("sudo -E /bin/sh -ec \"a; b\""), ["sudo@0", "a@21", "b@24"]);
        assert_eq!(
            commands("bash --login -o pipefail -lc \"echo \\\"x\\\" | b\""),
            ["bash@0", "echo@30", "b@43"]
        );
        assert_eq!(commands("su - app -c 'a'"), ["su@0", "a@13"]);
        assert_eq!(commands("bash -c 'sh -c \"a\"'"), ["bash@0", "sh@9", "a@16"]);
        assert_eq!(commands("tini -g -- sh -c 'a'"), ["tini@0", "a@18"]);
    }

    #[test]
    fn other_arguments_are_left_alone() {
        assert_eq!(commands("docker run x bash -c 'a'"), ["docker@0"]);
        assert_eq!(commands("bash x.sh -c 'a'"), ["bash@0"]);
        assert_eq!(commands("bash -c a"), ["bash@0"]);
        assert_eq!(commands("bash -c \"$(a)\""), ["bash@0", "a@11"], "the outer shell runs it, once");
        assert_eq!(commands("bash -c 'a'\"b\""), ["bash@0"]);
        assert_eq!(Handing::Start.next("echo", 1), Handing::Never);
        assert_eq!(handed_script(["/bin/sh", "-c", "a"].into_iter()), Some(2));
        assert_eq!(handed_script(["sh", "a", "-c", "b"].into_iter()), None);
    }
}
