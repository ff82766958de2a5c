//! What the checks look at: the stages of a Dockerfile, their instructions, and the commands that these run.

use std::cell::RefCell;
use stockade_sdk::shell::{Command, commands};
use stockade_sdk::{Edit, Kind, Node, Place, Source, Span};

/// Stages that are looked through, from a stage to the one it is built on. Without a limit, a file of stages that are
/// each built on the last one would take quadratic time; the host's own expansion of variables stops there too.
const MAX_CHAIN: usize = 64;

/// The instructions that there are.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Whether a word in upper case is the keyword of an instruction. A line that begins with another is a fault of syntax,
/// which the parser has told.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// A Dockerfile. For other kinds of file it has no stages.
#[derive(Debug)]
pub struct View<'a> {
    /// The file.
    pub source: &'a Source,
    /// How the file ends its lines.
    pub line_break: &'static str,
    /// What the file continues its lines with.
    pub escape: char,
    /// `ARG` instructions before the first stage.
    pub globals: Vec<Node<'a>>,
    /// The stages in source order.
    pub stages: Vec<Stage<'a>>,
}

/// A build stage.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The element `stage`.
    pub node: Node<'a>,
    /// Its `FROM`; none for what stands before the first one.
    pub from: Option<Node<'a>>,
    /// Its base image as a word, variables expanded.
    pub image: Option<Node<'a>>,
    /// Position of the earlier stage that it is built from.
    pub parent: Option<usize>,
    /// Everything behind its `FROM`, in source order. An `ONBUILD` is followed by the instruction inside it.
    pub instructions: Vec<Instruction<'a>>,
}

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

impl<'a> View<'a> {
    /// Reads the tree.
    #[must_use]
    pub fn new(source: &'a Source) -> Self {
        // One byte is found many times faster than two.
        let windows = source.text().contains('\r') && source.text().contains("\r\n");
        let line_break = if windows { "\r\n" } else { "\n" };
        let mut view =
            Self { source, line_break, escape: escape(source), globals: Vec::new(), stages: Vec::new() };
        if source.kind() != "dockerfile" {
            return view;
        }
        for node in source.root().children() {
            if node.is("ARG") {
                view.globals.push(node);
            } else if node.is("stage") {
                let stage = Stage::new(node, view.stages.len());
                view.stages.push(stage);
            }
        }
        view
    }

    /// All instructions of all stages, with the position of their stage.
    pub fn instructions(&self) -> impl Iterator<Item = (usize, &Instruction<'a>)> {
        self.stages.iter().enumerate().flat_map(|(at, s)| s.instructions.iter().map(move |i| (at, i)))
    }

    /// All instructions with this keyword.
    pub fn all(&self, keyword: &'static str) -> impl Iterator<Item = &Instruction<'a>> {
        self.instructions().map(|(_, i)| i).filter(move |i| i.keyword == keyword)
    }

    /// All `RUN` instructions.
    pub fn runs(&self) -> impl Iterator<Item = &Instruction<'a>> {
        self.all("RUN")
    }

    /// All `FROM` instructions with their stage.
    pub fn froms(&self) -> impl Iterator<Item = (&Stage<'a>, Node<'a>)> {
        self.stages.iter().filter_map(|stage| Some((stage, stage.from?)))
    }

    /// The stage that becomes the image unless the build names another one.
    #[must_use]
    pub fn final_stage(&self) -> Option<usize> {
        self.stages.iter().rposition(|stage| stage.from.is_some())
    }

    /// A stage and those it is built from, the stage itself first, [`MAX_CHAIN`] at most.
    pub fn lineage(&self, stage: usize) -> impl Iterator<Item = (usize, &Stage<'a>)> {
        let step = |at: &usize| self.stages.get(*at).and_then(|s| s.parent).filter(|parent| parent < at);
        std::iter::successors(Some(stage), step)
            .take(MAX_CHAIN)
            .filter_map(|at| Some((at, self.stages.get(at)?)))
    }

    /// Whether the final image is built from this stage, by `FROM` alone.
    #[must_use]
    pub fn feeds_final(&self, stage: usize) -> bool {
        self.final_stage().is_none_or(|last| self.lineage(last).any(|(at, _)| at == stage))
    }
}

impl<'a> Stage<'a> {
    fn new(node: Node<'a>, index: usize) -> Self {
        let mut stage = Self { node, from: None, image: None, parent: None, instructions: Vec::new() };
        for child in node.children().filter(|c| c.kind() == Kind::Element) {
            if stage.from.is_none() && child.is("FROM") {
                stage.from = Some(child);
                stage.image = child.get("image");
                stage.parent = child
                    .get("parent")
                    .and_then(|parent| parent.text().parse().ok())
                    .filter(|parent: &usize| *parent < index);
                continue;
            }
            stage.instructions.push(Instruction::new(child, false));
            if child.is("ONBUILD") {
                let inner = child.children().filter(|c| c.kind() == Kind::Element);
                stage.instructions.extend(inner.map(|node| Instruction::new(node, true)));
            }
        }
        stage
    }

    /// The name behind `AS`.
    #[must_use]
    pub fn alias(&self) -> Option<Node<'a>> {
        self.from?.get("alias")
    }

    /// The base image, where it is neither an earlier stage nor `scratch`, nor a word that something else replaces.
    #[must_use]
    pub fn external_image(&self) -> Option<Node<'a>> {
        let external = |image: &Node<'a>| {
            self.parent.is_none() && image.text() != "scratch" && !self.is_from_placeholder()
        };
        self.image.filter(external)
    }

    /// Whether what stands in the place of the image can be none, as `@BASE@`, `BASE_IMAGE` or `{{base}}` in a file that
    /// is filled in before it is built: names of images have no capitals, and few other characters.
    #[must_use]
    pub fn is_from_placeholder(&self) -> bool {
        let Some(image) = self.image.filter(|image| self.parent.is_none() && image.is_known()) else {
            return false;
        };
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-/".contains(&b);
        let repository = self.from.and_then(|from| from.get("repository")).map_or("", Node::text);
        !image.text().is_empty() && (repository.is_empty() || !repository.bytes().all(valid))
    }

    /// A part of the base image's name (`registry`, `repository`, `tag`, `digest`), where it is there and known.
    #[must_use]
    pub fn image_part(&self, part: &str) -> Option<&'a str> {
        self.from?.get(part).filter(|node| node.is_known()).map(Node::text)
    }
}

impl<'a> Instruction<'a> {
    fn new(node: Node<'a>, onbuild: bool) -> Self {
        let keyword = node.name();
        let mut this = Self { node, keyword, onbuild, commands: Vec::new(), kept_out: RefCell::default() };
        if keyword == "RUN" {
            let outer =
                this.is_exec_form().then(|| Command::of_words(node, this.words().collect()).unwrapped());
            let inner = commands(node).map(|command| command.unwrapped());
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

/// Name and value of a node together.
#[must_use]
pub fn whole_span(node: Node<'_>) -> Span {
    let span = node.span();
    Span { start: node.key_span().map_or(span.start, |key| key.start.min(span.start)), end: span.end }
}

/// From the beginning of one node to the end of another, where both stand on one line, else the first.
#[must_use]
pub fn join(first: Node<'_>, last: Node<'_>) -> Place {
    let place = first.place();
    let whole = Span { start: place.span.start, end: last.span().end };
    let text = first.source().slice(whole);
    if text.is_empty() || text.contains('\n') { place } else { Place { span: whole, node: Some(first.id()) } }
}

/// The character that the directive `escape` names.
fn escape(source: &Source) -> char {
    let directives =
        source.root().children().next().filter(|c| c.kind() == Kind::Mapping && c.name() == "directives");
    let backtick = directives.and_then(|d| d.get("escape")).is_some_and(|escape| escape.text() == "`");
    if backtick { '`' } else { '\\' }
}

/// An edit that removes a whole instruction with the lines it stands on.
#[must_use]
pub fn remove_instruction(node: Node<'_>) -> Edit {
    stockade_sdk::remove_entry(node)
}
