//! An instruction: its flags, words, mounts and commands, and edits inside it.

use super::{View, whole_span};
use std::cell::RefCell;
use stockade_sdk::shell::{Command, commands};
use stockade_sdk::{Edit, Kind, Node, Span};

/// An instruction.
#[derive(Debug)]
pub struct Instruction<'a> {
    /// The element.
    pub node: Node<'a>,
    /// Its keyword in upper case.
    pub keyword: &'a str,
    /// Whether it stands behind `ONBUILD`.
    pub onbuild: bool,
    /// The commands of a `RUN`, without wrappers such as `sudo` in front of them.
    pub commands: Vec<Command<'a>>,
    /// What [`Instruction::keeps_out_of_layer`] has found: it is asked for each of many commands.
    kept_out: RefCell<Vec<(&'static str, bool)>>,
}

/// An option of `RUN --mount=`.
#[derive(Debug)]
pub struct Mount<'a> {
    /// The flag's value.
    pub node: Node<'a>,
    options: &'a str,
}

impl<'a> Instruction<'a> {
    pub(super) fn new(node: Node<'a>, onbuild: bool) -> Self {
        let keyword = node.name();
        let mut this = Self { node, keyword, onbuild, commands: Vec::new(), kept_out: RefCell::default() };
        if keyword == "RUN" {
            let outer =
                this.is_exec_form().then(|| Command::of_words(node, this.words().collect()).into_unwrapped());
            let inner = commands(node).map(Command::into_unwrapped);
            this.commands = outer.into_iter().chain(inner).filter(|c| !c.words.is_empty()).collect();
        }
        this
    }

    /// Whether the arguments are a JSON array.
    #[must_use]
    pub fn is_exec_form(&self) -> bool {
        self.node.style() == 5
    }

    /// The mapping of its flags.
    #[must_use]
    pub fn flags(&self) -> Option<Node<'a>> {
        self.node.children().find(|c| c.kind() == Kind::Mapping && c.name() == "flags")
    }

    /// A flag's value.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<Node<'a>> {
        self.flags()?.get(name)
    }

    /// The arguments that are words.
    pub fn words(&self) -> impl Iterator<Item = Node<'a>> {
        self.node.children().filter(|c| c.kind() == Kind::Scalar && c.name().is_empty())
    }

    /// Sources of a `COPY` or `ADD`, here-documents included, and its destination.
    #[must_use]
    pub fn copied(&self) -> Option<(Vec<Node<'a>>, Node<'a>)> {
        let is_source = |c: &Node<'a>| c.is("heredoc") || (c.kind() == Kind::Scalar && c.name().is_empty());
        let mut sources: Vec<_> = self.node.children().filter(is_source).collect();
        let destination = sources.pop()?;
        (!sources.is_empty()).then_some((sources, destination))
    }

    /// The values of `--mount`.
    pub fn mounts(&self) -> impl Iterator<Item = Mount<'a>> {
        let flags = self.flags().into_iter().flat_map(Node::children);
        flags.filter(|f| f.name() == "mount").map(|node| Mount { node, options: node.text() })
    }

    /// Whether a cache or temporary file system is mounted on one of these folders (words with blanks
    /// between them) or above one.
    #[must_use]
    pub fn keeps_out_of_layer(&self, folders: &'static str) -> bool {
        let known = self.kept_out.borrow().iter().find(|(asked, _)| *asked == folders).map(|(_, kept)| *kept);
        known.unwrap_or_else(|| {
            let kept = self.mounts_over(folders);
            self.kept_out.borrow_mut().push((folders, kept));
            kept
        })
    }

    fn mounts_over(&self, folders: &str) -> bool {
        self.mounts().any(|mount| {
            matches!(mount.get("type"), Some("cache" | "tmpfs"))
                && mount.target().is_some_and(|target| {
                    let target = target.trim_end_matches('/');
                    folders.split(' ').any(|folder| {
                        folder
                            .strip_prefix(target)
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    })
                })
        })
    }

    /// The shell script of a `RUN`, `CMD`, ... in shell form.
    #[must_use]
    pub fn script(&self) -> Option<Node<'a>> {
        self.shell_script().filter(|_| !self.is_exec_form())
    }

    /// The script that a shell gets: all of the shell form, or what the exec form hands to one by `-c`.
    #[must_use]
    pub fn shell_script(&self) -> Option<Node<'a>> {
        self.node.elements("script").next()
    }

    /// Whether a word of a command is a string of the exec form, and not a word of a script inside one.
    #[must_use]
    pub fn is_exec_word(&self, word: Node<'_>) -> bool {
        self.is_exec_form() && word.parent() == Some(self.node)
    }

    /// Whether a word of a script has escapes of JSON in it or in front of it, so that no edit may cut through it.
    #[must_use]
    pub fn is_escaped_word(&self, word: Node<'_>) -> bool {
        let span = word.span();
        let before = Span { start: span.start.saturating_sub(1), end: span.end };
        self.is_exec_form() && !self.is_exec_word(word) && word.source().slice(before).contains('\\')
    }

    /// The whole source text.
    #[must_use]
    pub fn source_text(&self) -> &'a str {
        self.node.source().slice(whole_span(self.node))
    }

    /// An edit that puts `text`, one or more words, behind `word`. In exec form every word becomes an element.
    #[must_use]
    pub fn insert_behind(&self, word: Node<'a>, text: &str) -> Edit {
        let mut added = String::new();
        for part in text.split(' ') {
            if self.is_exec_word(word) {
                added.push_str(", \"");
                added.push_str(part);
                added.push('"');
            } else {
                added.push(' ');
                added.push_str(part);
            }
        }
        Edit::insert(word.span().end, added)
    }

    /// An edit that adds a command to the end of a `RUN` in shell form, if one can be added without knowing more.
    #[must_use]
    pub fn append_command(&self, view: &View<'_>, command: &str) -> Option<Edit> {
        let script = self.script()?;
        if self.node.descendants().any(|n| n.is("heredoc") || n.kind() == Kind::Error) {
            return None;
        }
        let span = whole_span(script);
        let source = self.node.source();
        let text = source.slice(span).trim_end();
        let end = span.start + text.len() as u32;
        // A comment line between continuations, or an operator at the end, leave no safe place.
        let last = text.rsplit('\n').next()?.trim_start();
        if last.starts_with('#') || text.ends_with(['&', '|', '\\', '`', ';']) {
            return None;
        }
        let added = if source.slice(whole_span(self.node)).contains('\n') {
            format!(" {}{}    && {command}", view.escape, view.line_break)
        } else {
            format!(" && {command}")
        };
        Some(Edit::insert(end, added))
    }
}

impl<'a> Mount<'a> {
    /// An option's value: `type`, `target`, ...
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut options = self.options.split(',').filter_map(|option| option.trim().split_once('='));
        options.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches(['"', '\'']))
    }

    /// Where it is mounted.
    #[must_use]
    pub fn target(&self) -> Option<&'a str> {
        self.get("target").or_else(|| self.get("dst")).or_else(|| self.get("destination"))
    }

    /// What is mounted.
    #[must_use]
    pub fn origin(&self) -> Option<&'a str> {
        self.get("source").or_else(|| self.get("src"))
    }
}
