//! The one shape that every file format is parsed into: a flat table of nodes over one string.
//!
//! The table is the layout that crosses the plugin boundary (`wit/`), so it is built once and lent to
//! every plugin without a copy on our side. Columns may only be appended.

use crate::{Paths, Span};

/// Cells per node in [`Document::nodes`].
pub const STRIDE: usize = 13;
/// "No node" in a column that holds a node.
pub const NONE: u32 = u32::MAX;
/// Index of a node: row number in the table. The root is row 0.
pub type NodeId = u32;

/// Column numbers of the node table.
pub mod column {
    /// `kind | scalar type << 8 | style << 16 | flags << 24`.
    pub const HEAD: usize = 0;
    /// Parent node, or `NONE` for the root.
    pub const PARENT: usize = 1;
    /// Next sibling, or `NONE`.
    pub const NEXT: usize = 2;
    /// First child, or `NONE`.
    pub const FIRST: usize = 3;
    /// Source span of the value: bytes of the source text.
    pub const START: usize = 4;
    /// End of the source span of the value.
    pub const END: usize = 5;
    /// Source span of the key (or of an element's name); empty where there is none.
    pub const KEY_START: usize = 6;
    /// End of the source span of the key.
    pub const KEY_END: usize = 7;
    /// Decoded value: a slice of `data`.
    pub const TEXT_START: usize = 8;
    /// End of the decoded value.
    pub const TEXT_END: usize = 9;
    /// Decoded key: a slice of `data`.
    pub const NAME_START: usize = 10;
    /// End of the decoded key.
    pub const NAME_END: usize = 11;
    /// What an alias or a merge points at, or `NONE`.
    pub const TARGET: usize = 12;
}

/// Bits of a node's flags (the top byte of its head cell).
pub mod flag {
    /// The whole value comes from a template or variable: nothing is known about it.
    pub const UNKNOWN: u8 = 1;
    /// Part of the value is unknown; for a mapping or sequence: it may have further entries.
    pub const PARTIAL: u8 = 2;
    /// The node has no source text of its own (an empty YAML value, an implicit build stage).
    pub const IMPLICIT: u8 = 4;
    /// The value was filled in from a default (`${X:-default}`, ARG default, a chart's values).
    pub const DEFAULTED: u8 = 8;
    /// The node carries an anchor.
    pub const ANCHOR: u8 = 16;
    /// The key repeats an earlier key of the same mapping.
    pub const DUPLICATE: u8 = 32;
    /// A boolean only in YAML 1.1 (`yes`, `on`, `off`, ...); its scalar type is string.
    pub const YAML11_BOOL: u8 = 64;
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NodeKind {
    /// The root: its children are the documents, stages, directives or lines of the file.
    Stream = 0,
    /// Keyed children.
    Mapping = 1,
    /// Unkeyed children.
    Sequence = 2,
    /// A value without structure. May have children where the value was parsed further
    /// (a shell word with a command substitution).
    Scalar = 3,
    /// A YAML alias; `TARGET` is the anchored node.
    Alias = 4,
    /// A named construct of a language that is no data format: an instruction, a directive, a command.
    /// Its name is in the key columns.
    Element = 5,
    /// A stretch of source that could not be understood.
    Error = 6,
    /// The value of a YAML merge key; `TARGET` is the merged mapping (or a sequence node of aliases).
    Merge = 7,
}

impl NodeKind {
    /// The kind with this number, or `None`.
    #[must_use]
    pub const fn from_u8(n: u8) -> Option<Self> {
        Some(match n {
            0 => Self::Stream,
            1 => Self::Mapping,
            2 => Self::Sequence,
            3 => Self::Scalar,
            4 => Self::Alias,
            5 => Self::Element,
            6 => Self::Error,
            7 => Self::Merge,
            _ => return None,
        })
    }
}

/// The type of a scalar under its format's own rules (YAML: the 1.2 core schema).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum ScalarType {
    String = 0,
    Null = 1,
    Bool = 2,
    Int = 3,
    Float = 4,
    Timestamp = 5,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Style {
    /// Bare, or the shell form of a Dockerfile instruction, or a block collection.
    Plain = 0,
    /// Single quotes.
    Single = 1,
    /// Double quotes.
    Double = 2,
    /// YAML `|`.
    Literal = 3,
    /// YAML `>`.
    Folded = 4,
    /// YAML `[..]` and `{..}`, JSON collections, the exec form of a Dockerfile instruction.
    Flow = 5,
}

/// A comment, without its marker attached to nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands, from its marker to the end of its text.
    pub span: Span,
    /// The node it speaks about: the one that follows on the next lines, or the one on its line.
    pub node: NodeId,
}

/// A further table of a document (settings, environment, ...), in the layout of the boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What the table holds; plugins ask for it by this name.
    pub name: &'static str,
    /// Cells per row.
    pub stride: u32,
    /// Rows, one after the other.
    pub cells: Vec<u32>,
}

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemLevel {
    /// The file is understood; this is worth saying all the same (a duplicate key).
    Warning,
    /// A part of the file was not understood.
    Error,
}

/// Something wrong with a file's syntax. Never fatal: the document holds what was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name, the second half of a rule id in the reserved pack `syntax`: `invalid`, `duplicate-key`,
    /// `limit`.
    pub code: &'static str,
    /// How bad it is.
    pub level: ProblemLevel,
    /// Where.
    pub span: Span,
    /// What: one sentence, lower case, no final period.
    pub message: String,
}

/// A parsed file: its text, its nodes and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The file's text, followed by those decoded values that differ from their source.
    pub data: String,
    /// Length of the source text: `data[..text_len]` is the file. Bytes.
    pub text_len: u32,
    /// Rows of [`STRIDE`] cells; see [`column`].
    pub nodes: Vec<u32>,
    /// Comments in source order.
    pub comments: Vec<Comment>,
    /// Further tables.
    pub tables: Vec<Table>,
    /// Names such as `production`, `example`, `helm-template`, `partial`: what the path and content say
    /// about the file as a whole.
    pub marks: Vec<&'static str>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Document {
    /// A document of `text` with a root node and nothing else: what an unparsed file looks like to a plugin.
    /// Texts over 4 GiB are refused by the loader long before.
    #[must_use]
    pub fn of_text(text: String) -> Self {
        Builder::new(text).finish()
    }

    /// The source text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.data.get(..self.text_len as usize).unwrap_or_default()
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() / STRIDE
    }

    /// Whether there is no node at all, not even a root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// One cell, or `NONE` outside the table.
    #[must_use]
    pub fn cell(&self, node: NodeId, column: usize) -> u32 {
        self.nodes.get(node as usize * STRIDE + column).copied().unwrap_or(NONE)
    }

    /// The node's kind.
    #[must_use]
    pub fn kind(&self, node: NodeId) -> NodeKind {
        NodeKind::from_u8(self.cell(node, column::HEAD) as u8).unwrap_or(NodeKind::Error)
    }

    /// The node's [`flag`]s.
    #[must_use]
    pub fn flags(&self, node: NodeId) -> u8 {
        (self.cell(node, column::HEAD) >> 24) as u8
    }

    /// The scalar type's number; see [`ScalarType`].
    #[must_use]
    pub fn scalar_type(&self, node: NodeId) -> u8 {
        (self.cell(node, column::HEAD) >> 8) as u8
    }

    /// The style's number; see [`Style`].
    #[must_use]
    pub fn style(&self, node: NodeId) -> u8 {
        (self.cell(node, column::HEAD) >> 16) as u8
    }

    /// Source span of the value.
    #[must_use]
    pub fn span(&self, node: NodeId) -> Span {
        Span::new(self.cell(node, column::START), self.cell(node, column::END))
    }

    /// Source span of the key or name, or `None`.
    #[must_use]
    pub fn key_span(&self, node: NodeId) -> Option<Span> {
        let span = Span::new(self.cell(node, column::KEY_START), self.cell(node, column::KEY_END));
        (!span.is_empty()).then_some(span)
    }

    /// Decoded value.
    #[must_use]
    pub fn value(&self, node: NodeId) -> &str {
        let (a, b) = (self.cell(node, column::TEXT_START), self.cell(node, column::TEXT_END));
        self.data.get(a as usize..b as usize).unwrap_or_default()
    }

    /// Decoded key or name; empty where there is none.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &str {
        let (a, b) = (self.cell(node, column::NAME_START), self.cell(node, column::NAME_END));
        self.data.get(a as usize..b as usize).unwrap_or_default()
    }

    /// The parent, or `None` for the root.
    #[must_use]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        some(self.cell(node, column::PARENT))
    }

    /// The node an alias or merge points at.
    #[must_use]
    pub fn target(&self, node: NodeId) -> Option<NodeId> {
        some(self.cell(node, column::TARGET))
    }

    /// The children in source order.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = some(self.cell(node, column::FIRST));
        std::iter::from_fn(move || {
            let this = next?;
            // Rows are numbered in document order, so a link never points backwards; a table that breaks
            // this would loop, and tables come from our own parsers only.
            next = some(self.cell(this, column::NEXT)).filter(|n| *n > this);
            Some(this)
        })
    }

    /// The child with this decoded key, the last one where keys repeat.
    #[must_use]
    pub fn get(&self, node: NodeId, key: &str) -> Option<NodeId> {
        self.children(node).filter(|c| self.name(*c) == key).last()
    }

    /// The node's path from the root; see [`Paths::of`], which serves whoever asks for many.
    #[must_use]
    pub fn path(&self, node: NodeId) -> String {
        Paths::default().of(self, node)
    }
}

fn some(node: u32) -> Option<NodeId> {
    (node != NONE).then_some(node)
}

/// Builds a [`Document`] node by node, in document order (a parent before its children).
///
/// `open` adds a node as the last child of the innermost open node and opens it; `close` ends it;
/// `leaf` is both. Decoded text that equals its source is not copied.
#[derive(Debug)]
pub struct Builder {
    doc: Document,
    /// Open nodes with their last child so far.
    stack: Vec<(NodeId, NodeId)>,
    /// Names of the formats' own, with where they stand in `data`.
    fixed: Vec<(&'static str, u32)>,
}

impl Builder {
    /// Starts a document over `text`; the root, a stream spanning all of it, is open.
    #[must_use]
    pub fn new(text: String) -> Self {
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let doc = Document { data: text, text_len: len, ..Document::default() };
        let mut this = Self { doc, stack: Vec::with_capacity(16), fixed: Vec::new() };
        let root = this.push(NodeKind::Stream, Span::new(0, len));
        this.stack.push((root, NONE));
        this
    }

    /// The document so far.
    #[must_use]
    pub fn doc(&self) -> &Document {
        &self.doc
    }

    /// The source text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.doc.text()
    }

    /// Number of open nodes, the root included.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The innermost open node.
    #[must_use]
    pub fn current(&self) -> NodeId {
        self.stack.last().map_or(0, |(n, _)| *n)
    }

    fn push(&mut self, kind: NodeKind, span: Span) -> NodeId {
        let id = (self.doc.nodes.len() / STRIDE) as u32;
        let mut parent = NONE;
        if let Some((open, last)) = self.stack.last_mut() {
            parent = *open;
            let (row, col) = if *last == NONE { (*open, column::FIRST) } else { (*last, column::NEXT) };
            *last = id;
            self.doc.nodes[row as usize * STRIDE + col] = id;
        }
        let row: [u32; STRIDE] =
            [kind as u32, parent, NONE, NONE, span.start, span.end, 0, 0, span.start, span.start, 0, 0, NONE];
        self.doc.nodes.extend_from_slice(&row);
        id
    }

    /// Adds and opens a node whose value has the source span `span`. Its decoded value is empty until set.
    pub fn open(&mut self, kind: NodeKind, span: Span) -> NodeId {
        let id = self.push(kind, span);
        self.stack.push((id, NONE));
        id
    }

    /// Closes the innermost open node and gives its number; the root stays open.
    pub fn close(&mut self) -> NodeId {
        if self.stack.len() > 1 { self.stack.pop().map_or(0, |(n, _)| n) } else { 0 }
    }

    /// Adds a node without opening it.
    pub fn leaf(&mut self, kind: NodeKind, span: Span) -> NodeId {
        self.push(kind, span)
    }

    fn set(&mut self, node: NodeId, column: usize, value: u32) {
        if let Some(cell) = self.doc.nodes.get_mut(node as usize * STRIDE + column) {
            *cell = value;
        }
    }

    /// Sets the source span of the value.
    pub fn set_span(&mut self, node: NodeId, span: Span) {
        self.set(node, column::START, span.start);
        self.set(node, column::END, span.end);
    }

    /// Sets scalar type and style, keeping kind and flags.
    pub fn set_type(&mut self, node: NodeId, scalar: ScalarType, style: Style) {
        let head = self.doc.cell(node, column::HEAD) & 0xff00_00ff;
        self.set(node, column::HEAD, head | (scalar as u32) << 8 | (style as u32) << 16);
    }

    /// Adds flags (bits of [`flag`]).
    pub fn add_flags(&mut self, node: NodeId, flags: u8) {
        let head = self.doc.cell(node, column::HEAD);
        self.set(node, column::HEAD, head | u32::from(flags) << 24);
    }

    /// Sets what an alias or merge points at.
    pub fn set_target(&mut self, node: NodeId, target: NodeId) {
        self.set(node, column::TARGET, target);
    }

    /// Sets key span and decoded key (or an element's name). `decoded` is copied only where it differs from
    /// the source under `span`.
    pub fn set_key(&mut self, node: NodeId, span: Span, decoded: &str) {
        self.set(node, column::KEY_START, span.start);
        self.set(node, column::KEY_END, span.end);
        let (a, b) = self.intern(span, decoded);
        self.set(node, column::NAME_START, a);
        self.set(node, column::NAME_END, b);
    }

    /// As [`Builder::set_key`] for a name that the format gives (`command`, `flags`): its text is stored once,
    /// however many nodes bear it.
    pub fn set_fixed_key(&mut self, node: NodeId, span: Span, name: &'static str) {
        self.set(node, column::KEY_START, span.start);
        self.set(node, column::KEY_END, span.end);
        let known = self.fixed.iter().find(|(known, _)| std::ptr::eq(*known, name)).map(|(_, at)| *at);
        let start = known.unwrap_or_else(|| {
            let (start, _) = self.intern(span, name);
            self.fixed.push((name, start));
            start
        });
        self.set(node, column::NAME_START, start);
        self.set(node, column::NAME_END, start + name.len() as u32);
    }

    /// Sets the decoded value; `source` is where equal text may stand.
    pub fn set_value(&mut self, node: NodeId, source: Span, decoded: &str) {
        let (a, b) = self.intern(source, decoded);
        self.set(node, column::TEXT_START, a);
        self.set(node, column::TEXT_END, b);
    }

    fn intern(&mut self, source: Span, decoded: &str) -> (u32, u32) {
        if source.slice(self.doc.text()) == Some(decoded) {
            return (source.start, source.end);
        }
        let start = self.doc.data.len() as u32;
        self.doc.data.push_str(decoded);
        (start, self.doc.data.len() as u32)
    }

    /// Adds a keyed or unkeyed scalar leaf in one call.
    pub fn scalar(
        &mut self,
        key: Option<(Span, &str)>,
        span: Span,
        decoded: &str,
        ty: ScalarType,
        style: Style,
    ) -> NodeId {
        let node = self.leaf(NodeKind::Scalar, span);
        if let Some((span, name)) = key {
            self.set_key(node, span, name);
        }
        self.set_value(node, span, decoded);
        self.set_type(node, ty, style);
        node
    }

    /// Opens an element named `name`; `name_span` is where the name stands (may be empty).
    pub fn element(&mut self, name_span: Span, name: &str, span: Span) -> NodeId {
        let node = self.open(NodeKind::Element, span);
        self.set_key(node, name_span, name);
        node
    }

    /// Records a comment that speaks about `node`.
    pub fn comment(&mut self, span: Span, node: NodeId) {
        self.doc.comments.push(Comment { span, node });
    }

    /// Re-attaches the comment with this index.
    pub fn attach_comment(&mut self, index: usize, node: NodeId) {
        if let Some(comment) = self.doc.comments.get_mut(index) {
            comment.node = node;
        }
    }

    /// Records a problem.
    pub fn problem(
        &mut self,
        code: &'static str,
        level: ProblemLevel,
        span: Span,
        message: impl Into<String>,
    ) {
        self.doc.problems.push(Problem { code, level, span, message: message.into() });
    }

    /// The finished document.
    #[must_use]
    pub fn finish(self) -> Document {
        self.doc
    }
}
