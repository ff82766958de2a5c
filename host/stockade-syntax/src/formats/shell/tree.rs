//! The flat list that the parser writes, and its way into a document.
//!
//! A pipeline is known to be one only behind its first command, and a heredoc's body stands behind the whole
//! line, so the parser cannot write into the document's table directly. It writes events, some of which it changes later.

use crate::formats::spliced::{Piece, Spliced};
use stockade_model::{Builder, NodeId, NodeKind, ScalarType, Span, Style};

/// What an event adds to the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Nothing: a place that was held and not needed.
    Nothing,
    /// The end of the innermost open node.
    Close,
    /// A comment on what follows, or (`style` is not plain) on what stands before it on its line.
    Comment,
    /// A script over a text of its own: `start` is the number of the part.
    Part,
    Error,
    Script,
    Pipeline,
    Command,
    Env,
    Assignment,
    Word,
    Redirect,
    Heredoc,
    Delimiter,
    Op,
    Not,
    Time,
    Variable,
    Subject,
    If,
    While,
    Until,
    For,
    Select,
    Case,
    Subshell,
    Group,
    Function,
}

impl What {
    /// The node's kind, and its name where the name is the same for all of them.
    const fn node(self) -> (NodeKind, &'static str) {
        use NodeKind::{Element, Error, Mapping, Scalar};
        match self {
            Self::Nothing | Self::Close | Self::Comment | Self::Part | Self::Error => (Error, ""),
            Self::Script => (Element, "script"),
            Self::Pipeline => (Element, "pipeline"),
            Self::Command => (Element, "command"),
            Self::Env => (Mapping, "env"),
            Self::Assignment | Self::Word | Self::Heredoc => (Scalar, ""),
            Self::Redirect => (Element, "redirect"),
            Self::Delimiter => (Scalar, "delimiter"),
            Self::Op => (Scalar, "op"),
            Self::Not => (Scalar, "not"),
            Self::Time => (Scalar, "time"),
            Self::Variable => (Scalar, "name"),
            Self::Subject => (Scalar, "word"),
            Self::If => (Element, "if"),
            Self::While => (Element, "while"),
            Self::Until => (Element, "until"),
            Self::For => (Element, "for"),
            Self::Select => (Element, "select"),
            Self::Case => (Element, "case"),
            Self::Subshell => (Element, "subshell"),
            Self::Group => (Element, "group"),
            Self::Function => (Element, "function"),
        }
    }
}

/// A decoded value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Empty,
    /// A range of the parser's text.
    Source(u32, u32),
    /// A range of [`Tree::decoded`].
    Decoded(u32, u32),
    /// Known beforehand.
    Fixed(&'static str),
}

/// One entry of the list. Offsets are bytes of the parser's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) what: What,
    pub(super) style: Style,
    pub(super) flags: u8,
    /// Whether a [`What::Close`] of its own follows.
    pub(super) open: bool,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where its name stands; empty where it stands nowhere.
    pub(super) key: (u32, u32),
    pub(super) text: Text,
}

impl Event {
    /// An event without text that is not open.
    pub(super) const fn leaf(what: What, start: usize, end: usize) -> Self {
        Self {
            what,
            style: Style::Plain,
            flags: 0,
            open: false,
            start: start as u32,
            end: end as u32,
            key: (0, 0),
            text: Text::Empty,
        }
    }
}

/// A text of its own inside a script: what stands between backticks once its backslashes are taken away, or a
/// heredoc that a shell reads.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
    pub(super) tree: Tree,
}

/// What the parser found in one text.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) events: Vec<Event>,
    pub(super) decoded: String,
    pub(super) parts: Vec<Part>,
    /// Something was nested deeper, or there was more of it, than we read.
    pub(super) over_limit: bool,
}

impl Tree {
    /// How many nodes it has at most, those of its parts included.
    pub(super) fn size(&self) -> usize {
        self.events.len() + self.parts.iter().map(|part| part.tree.size()).sum::<usize>()
    }

    /// Writes the tree as children of the builder's innermost open node.
    pub(super) fn emit(&self, source: Spliced<'_>, builder: &mut Builder) {
        Emitter { tree: self, source, builder, waiting: Vec::new(), last: vec![None] }.run();
    }
}

struct Emitter<'a> {
    tree: &'a Tree,
    source: Spliced<'a>,
    builder: &'a mut Builder,
    /// Comments that the next node gets.
    waiting: Vec<usize>,
    /// The last child of each open node.
    last: Vec<Option<NodeId>>,
}

impl Emitter<'_> {
    fn run(mut self) {
        for event in &self.tree.events {
            match event.what {
                What::Nothing => {}
                What::Close => {
                    self.comment_on(self.last.last().copied().flatten());
                    self.last.pop();
                    self.builder.close();
                }
                What::Comment => self.comment(event),
                What::Part => self.part(event.start),
                _ => self.node(event),
            }
        }
        let root = self.builder.current();
        self.comment_on(Some(root));
    }

    fn node(&mut self, event: &Event) {
        let span = self.span(event.start, event.end);
        let (kind, name) = event.what.node();
        let has_part = event.what == What::Heredoc && event.key.1 > 0;
        let node = if event.open || has_part {
            self.builder.open(kind, span)
        } else {
            self.builder.leaf(kind, span)
        };
        let at_start = Span::new(span.start, span.start);
        let key = if event.key.0 < event.key.1 && !has_part {
            self.span(event.key.0, event.key.1)
        } else {
            at_start
        };
        if event.what == What::Assignment {
            self.builder.set_key(node, key, self.source.slice(range(event.key.0, event.key.1)));
        } else if !name.is_empty() {
            self.builder.set_fixed_key(node, key, name);
        }
        if kind == NodeKind::Scalar {
            self.builder.set_type(node, ScalarType::String, event.style);
            self.builder.add_flags(node, event.flags);
        }
        match event.text {
            Text::Source(start, end) => {
                let value = self.source.slice(range(start, end));
                self.builder.set_value(node, self.span(start, end), value);
            }
            Text::Decoded(start, end) => {
                let value = self.tree.decoded.get(range(start, end)).unwrap_or_default();
                self.builder.set_value(node, span, value);
            }
            Text::Fixed(value) => self.builder.set_value(node, span, value),
            Text::Empty => {}
        }
        // An operator is nothing that people comment on.
        if event.what != What::Op {
            self.comment_on(Some(node));
            if let Some(last) = self.last.last_mut() {
                *last = Some(node);
            }
        }
        if has_part {
            self.part(event.key.1 - 1);
            self.builder.close();
        }
        if event.open {
            self.last.push(None);
        }
    }

    fn comment(&mut self, event: &Event) {
        let index = self.builder.doc().comments.len();
        let before = self.last.last().copied().flatten();
        let root = self.builder.current();
        self.builder.comment(self.span(event.start, event.end), before.unwrap_or(root));
        if event.style == Style::Plain || before.is_none() {
            self.waiting.push(index);
        }
    }

    /// Gives the waiting comments to `node`; with `None` they go on waiting.
    fn comment_on(&mut self, node: Option<NodeId>) {
        if let Some(node) = node {
            for index in self.waiting.drain(..) {
                self.builder.attach_comment(index, node);
            }
        }
    }

    fn part(&mut self, number: u32) {
        if let Some(part) = self.tree.parts.get(number as usize) {
            part.tree.emit(Spliced::new(&part.text, &part.pieces), self.builder);
        }
    }

    fn span(&self, start: u32, end: u32) -> Span {
        self.source.span(range(start, end))
    }
}

const fn range(start: u32, end: u32) -> std::ops::Range<usize> {
    start as usize..end as usize
}
