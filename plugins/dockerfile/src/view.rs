//! What the checks look at: the stages of a Dockerfile, their instructions, and the commands that these run.

mod instruction;

pub use instruction::{Instruction, Mount};
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

/// An edit that takes out a flag and the blanks behind it.
#[must_use]
pub fn remove_flag(flag: Node<'_>) -> Edit {
    let mut span = whole_span(flag);
    let text = flag.source().text();
    let before = text.get(..span.start as usize).unwrap_or_default();
    span.start -= (before.len() - before.trim_end_matches('-').len()) as u32;
    let rest = text.get(span.end as usize..).unwrap_or_default();
    span.end += (rest.len() - rest.trim_start_matches([' ', '\t']).len()) as u32;
    Edit::remove(span)
}
