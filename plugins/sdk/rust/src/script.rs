//! The shell commands of a file, wherever they are written: in scripts, in the steps of pipelines, in the services of Compose
//! files, in the containers of Kubernetes manifests, in Makefiles and in the code blocks of documentation.
//!
//! A script is parsed by the host, and its tree is used. Commands elsewhere are cut into words here: enough to know what is
//! called with which arguments, and no more.

mod compose;
mod containers;
mod cutter;
pub mod download;
mod expansion;
pub mod package_index;
mod programs;
mod units;

use crate::shell::{Wrapper, base_name};
use crate::{Kind, Node, Place, Source, Span, shell};
use cutter::{Cutter, Notation};

/// Most substitutions inside each other that are followed.
const MAX_DEPTH: usize = 24;
/// Most words of one command that are kept. What comes behind them is dropped.
const MAX_WORDS: usize = 4_096;

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word without quotes; expansions as they are written.
    pub text: String,
    /// Where it stands, in bytes of the file.
    pub start: u32,
    /// Its end.
    pub end: u32,
    /// Whether nothing in it is expanded.
    pub known: bool,
}

impl Word {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }
}

/// A simple command, with what only runs it (`sudo`, `env`, assignments in front) taken off.
#[derive(Clone, Debug)]
pub struct Command {
    /// Its words, the name first; never empty.
    pub words: Vec<Word>,
    /// The node it stands in: the element of a script, else the scalar of a step; the root for plain text.
    pub node: u32,
}

impl Command {
    /// A command of a tree, without what only runs it; none where it has no words.
    #[must_use]
    pub fn of_tree(command: &shell::Command<'_>) -> Option<Self> {
        let words = command.words.iter().take(MAX_WORDS).map(|word| {
            let span = word.span();
            Word { text: word.text().to_owned(), start: span.start, end: span.end, known: word.is_known() }
        });
        let words: Vec<Word> = words.collect();
        (!words.is_empty()).then_some(Self { words, node: command.node.id() })
    }

    /// The name without the path in front of it; empty where it is not known.
    #[must_use]
    pub fn name(&self) -> &str {
        self.words.first().filter(|word| word.known).map_or("", |word| base_name(&word.text))
    }

    /// The words behind the name.
    #[must_use]
    pub fn args(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The text of the argument at this place, from 0; empty where there is none.
    #[must_use]
    pub fn arg(&self, at: usize) -> &str {
        self.args().get(at).map_or("", |word| word.text.as_str())
    }

    /// From its first word to its last.
    #[must_use]
    pub fn extent(&self) -> Span {
        let start = self.words.first().map_or(0, |word| word.start);
        Span { start, end: self.words.last().map_or(start, |word| word.end) }
    }

    /// A place of one of its words.
    #[must_use]
    pub fn place(&self, word: &Word) -> Place {
        Place { span: word.span(), node: Some(self.node) }
    }

    /// A place from one of its words to another, cut to the first line.
    #[must_use]
    pub fn place_to(&self, source: &Source, first: &Word, last: &Word) -> Place {
        let line = source.line_at(first.start);
        let end = last.end.min(line.end).max(first.end.min(line.end));
        Place { span: Span { start: first.start, end }, node: Some(self.node) }
    }

    /// What is written behind a `#` on the line that the command ends on.
    #[must_use]
    pub fn remark<'s>(&self, source: &'s Source) -> &'s str {
        let end = self.words.last().map_or(0, |word| word.end);
        let line = source.line_at(end);
        let rest = source.slice(Span { start: end, end: line.end.max(end) });
        rest.split_once('#').map_or("", |(_, remark)| remark.trim())
    }
}

/// Whether a key of YAML has commands or lists of them, whatever the product: steps of pipelines, cloud-init, Ansible.
fn is_command_key(name: &str) -> bool {
    matches!(
        name,
        "run"
            | "script"
            | "before_script"
            | "after_script"
            | "before_install"
            | "install"
            | "bash"
            | "command"
            | "cmd"
            | "shell"
            | "runcmd"
            | "bootcmd"
            | "ansible.builtin.shell"
            | "ansible.builtin.command"
            | "pre_build"
            | "build"
            | "post_build"
            | "commands"
            | "entry"
            | "inlineScript"
    )
}

/// The commands of a file, in source order. None for kinds that hold no commands.
#[must_use]
pub fn commands(source: &Source) -> Vec<Command> {
    collect(source, Wanted(None))
}

/// As [`commands`], of those that are called so: only what may hold one is cut into words.
#[must_use]
pub fn commands_named(source: &Source, names: &[&str]) -> Vec<Command> {
    let mut found = collect(source, Wanted(Some(names)));
    found.retain(|command| names.contains(&command.name()));
    found
}

/// The names of the commands that are asked for; none where it is all of them.
#[derive(Clone, Copy)]
struct Wanted<'n>(Option<&'n [&'n str]>);

impl Wanted<'_> {
    fn has(self, name: &str) -> bool {
        self.0.is_none_or(|names| names.contains(&name))
    }

    /// Whether one of the commands may stand in a text.
    fn may_be_in(self, text: &str) -> bool {
        self.0.is_none_or(|names| names.iter().any(|name| crate::contains(text, name)))
    }
}

fn collect(source: &Source, wanted: Wanted<'_>) -> Vec<Command> {
    let mut found = Vec::new();
    match source.kind() {
        "shell" | "dockerfile" if !source.is_empty() => {
            // A wanted name stands first, or behind what runs the command.
            let commands = shell::commands(source.root());
            let wanted = commands.filter(|c| c.words.iter().any(|w| wanted.has(base_name(w.text()))));
            found.extend(wanted.filter_map(|command| Command::of_tree(&command.unwrapped())));
        }
        "makefile" if wanted.may_be_in(source.text()) => recipes(source, &mut found),
        "markdown" if wanted.may_be_in(source.text()) => code_blocks(source, &mut found),
        "makefile" | "markdown" => {}
        "compose" => {
            compose::services(source, wanted, &mut found);
            in_order(&mut found);
        }
        "kubernetes" | "kustomize-patch" => {
            containers::containers(source, wanted, &mut found);
            in_order(&mut found);
        }
        "systemd" => units::units(source, wanted, &mut found),
        _ if !source.is_empty() => steps(source, wanted, &mut found),
        _ => {}
    }
    found
}

/// Commands in the scalars of a YAML or JSON file that stand under a key for commands.
fn steps(source: &Source, wanted: Wanted<'_>, found: &mut Vec<Command>) {
    for node in source.root().descendants() {
        if node.kind() != Kind::Scalar {
            continue;
        }
        let own = node.name();
        let parent = node.parent();
        let listed = parent.filter(|p| own.is_empty() && p.kind() == Kind::Sequence);
        let is_command = is_command_key(own) || listed.is_some_and(|list| is_command_key(list.name()));
        if is_command && wanted.may_be_in(source.slice(node.span())) {
            scalar(source, node, found);
        }
    }
    // `runcmd: [[ufw, allow, 22]]` gives the words themselves.
    for list in source.root().descendants().filter(|n| n.kind() == Kind::Sequence && n.name().is_empty()) {
        let outer = list.parent().map_or("", Node::name);
        if matches!(outer, "runcmd" | "bootcmd") {
            let words = list.children().filter(|n| n.is_scalar()).take(MAX_WORDS);
            let words: Vec<Word> = words
                .map(|n| Word {
                    text: n.text().to_owned(),
                    start: n.place().span.start,
                    end: n.place().span.end,
                    known: n.is_known() && !n.text().contains('$'),
                })
                .collect();
            push(words, list.id(), found);
        }
    }
    in_order(found);
}

fn in_order(found: &mut [Command]) {
    found.sort_by_key(|command| command.words.first().map_or(0, |word| word.start));
}

/// The commands in one scalar.
fn scalar(source: &Source, node: Node<'_>, found: &mut Vec<Command>) {
    let span = node.span();
    let raw = source.slice(span);
    let (skip, cut, notation) = match node.style() {
        // The quotes stand around the text; the escapes of YAML are rare enough in commands to be read as the shell's.
        1 | 2 => (1, 1, Notation::Shell),
        // Behind `|` or `>` and its signs the text begins on the next line.
        3 => (raw.find('\n').unwrap_or(raw.len()), 0, Notation::Shell),
        4 => (raw.find('\n').unwrap_or(raw.len()), 0, Notation::Folded),
        _ => (0, 0, Notation::Folded),
    };
    let end = (raw.len().saturating_sub(cut)).max(skip);
    if let Some(text) = raw.get(skip..end) {
        Cutter::new(text, span.start + skip as u32, notation, node.id()).cut(found);
    }
}

/// The lines of a Makefile that begin with a tab.
fn recipes(source: &Source, found: &mut Vec<Command>) {
    let text = source.text();
    let mut start = 0;
    while start < text.len() {
        // A recipe is cut as a whole: its lines may end in a backslash.
        let mut end = start;
        let mut recipe = false;
        for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
            let first = end == start;
            let goes_on = text.get(..end).is_some_and(|t| t.ends_with("\\\n") || t.ends_with("\\\r\n"));
            if first {
                recipe = line.starts_with('\t');
            } else if !goes_on {
                break;
            }
            end += line.len();
        }
        if recipe {
            let body = text.get(start..end).unwrap_or_default();
            let signs = body.len() - body.trim_start_matches(['\t', ' ', '@', '-', '+']).len();
            let body = body.get(signs..).unwrap_or_default();
            Cutter::new(body, (start + signs) as u32, Notation::Make, 0).cut(found);
        }
        start = end.max(start + 1);
    }
}

/// The fenced code blocks of a Markdown file that are in no other language.
fn code_blocks(source: &Source, found: &mut Vec<Command>) {
    let text = source.text();
    let mut open: Option<(u8, usize, usize, bool)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_start_matches([' ', '\t', '>']);
        let mark = bare.bytes().next().unwrap_or(b' ');
        let length = bare.bytes().take_while(|b| *b == mark).count();
        let fence = matches!(mark, b'`' | b'~') && length >= 3;
        match open {
            None if fence => {
                let info = bare.get(length..).unwrap_or_default().trim();
                let word =
                    info.trim_start_matches('{').split([' ', ',', '{', '}']).next().unwrap_or_default();
                let word = word.trim_start_matches('.').to_ascii_lowercase();
                let shell = matches!(
                    word.as_str(),
                    "" | "sh"
                        | "bash"
                        | "shell"
                        | "zsh"
                        | "console"
                        | "terminal"
                        | "shell-session"
                        | "shellsession"
                        | "sh-session"
                        | "text"
                );
                open = Some((mark, length, at, shell));
            }
            Some((opened, longest, body, shell))
                if fence && mark == opened && length >= longest && bare.trim_end().len() == length =>
            {
                open = None;
                if shell {
                    let block = text.get(body..start).unwrap_or_default();
                    Cutter::new(block, body as u32, Notation::Console, 0).cut(found);
                }
            }
            _ => {}
        }
    }
}

/// Words by which a compound goes on, in front of a command.
const KEYWORDS: [&str; 11] = ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "time"];

/// Adds a command without what only runs it.
fn push(mut words: Vec<Word>, node: u32, found: &mut Vec<Command>) {
    let lead =
        words.iter().take_while(|w| w.known && KEYWORDS.contains(&w.text.as_str()) || is_assignment(&w.text));
    let lead = lead.count();
    words.drain(..lead);
    // `$SUDO docker run`: the variable is empty or holds what its name says.
    if words.len() > 1
        && words.first().is_some_and(|w| !w.known && w.text.to_ascii_lowercase().contains("sudo"))
    {
        words.remove(0);
    }
    while let Some((first, rest)) = words.split_first() {
        let Some(wrapper) = Wrapper::named(base_name(&first.text)) else { break };
        if matches!(rest.first().map(|w| w.text.as_str()), Some("-v" | "-V")) {
            break;
        }
        let texts: Vec<&str> = rest.iter().map(|w| w.text.as_str()).collect();
        let skip = wrapper.length(&texts);
        if rest.len() <= skip {
            break;
        }
        words.drain(..=skip);
    }
    if !words.is_empty() {
        found.push(Command { words, node });
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

#[cfg(test)]
mod tests;
