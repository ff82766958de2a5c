//! Builds the node table of a data format over a borrowed text.
//!
//! The parsers of YAML and JSON hand out slices of the text they read, so that text must stay borrowed while the
//! table grows; [`stockade_model::Builder`] owns it and is for line-oriented formats. Here rows are
//! written in one go, and a decoded value that is a slice of the text is recognised by its address instead of by
//! comparing bytes.

use crate::limits;
use stockade_model::{
    Comment, NONE, NodeId, NodeKind, Problem, ProblemLevel, STRIDE, ScalarType, Style, column, flag,
};
use stockade_model::{Document, Span};

/// The key of an entry: where it stands and its decoded text (offsets into the future `data`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) name: Span,
}

/// An open node.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: NodeId,
    last: NodeId,
    children: u32,
    /// One bit per hash of a key seen: two equal keys always meet in a bit.
    key_bits: u64,
    keys_may_repeat: bool,
}

impl Open {
    fn new(node: NodeId) -> Self {
        Self { node, last: NONE, children: 0, key_bits: 0, keys_may_repeat: false }
    }
}

/// A state of a table to come back to. Only while the node that is innermost now is innermost again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    rows: NodeId,
    open: Option<Open>,
    repeats: usize,
}

impl Mark {
    /// The number of the first row behind it.
    pub(crate) fn next_id(self) -> NodeId {
        self.rows
    }
}

/// A node table under construction.
#[derive(Debug)]
pub(crate) struct TableBuilder<'t> {
    text: &'t str,
    nodes: Vec<u32>,
    /// Decoded values that are no slices of the text; they follow the text in `Document::data`.
    extra: String,
    stack: Vec<Open>,
    comments: Vec<Span>,
    problems: Vec<Problem>,
    /// Second and later entries of a mapping with the same key, with earlier ones.
    repeats: Vec<(NodeId, NodeId)>,
    scratch: Vec<NodeId>,
    /// Set when a limit was reached: nothing more is read.
    stopped: bool,
}

/// The head cell of a row.
pub(crate) const fn head(kind: NodeKind, ty: ScalarType, style: Style, flags: u8) -> u32 {
    kind as u32 | (ty as u32) << 8 | (style as u32) << 16 | (flags as u32) << 24
}

impl<'t> TableBuilder<'t> {
    /// A table over `text`, whose length the caller has checked against [`limits::MAX_TEXT_BYTES`].
    /// The root is open.
    pub(crate) fn new(text: &'t str) -> Self {
        let mut this = Self {
            text,
            // Dense YAML has a node per 16 bytes; a short guess would copy the table several times.
            nodes: Vec::with_capacity((text.len() / 24 + 4) * STRIDE),
            extra: String::new(),
            stack: Vec::with_capacity(32),
            comments: Vec::new(),
            problems: Vec::new(),
            repeats: Vec::new(),
            scratch: Vec::new(),
            stopped: false,
        };
        let span = Span::new(0, text.len() as u32);
        let root =
            this.push(head(NodeKind::Stream, ScalarType::String, Style::Plain, 0), span, Key::default());
        this.stack.push(Open::new(root));
        this
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// Open nodes, the root included.
    pub(crate) fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The innermost open node.
    pub(crate) fn current(&self) -> NodeId {
        self.stack.last().map_or(0, |open| open.node)
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The number of the next row.
    pub(crate) fn next_id(&self) -> NodeId {
        (self.nodes.len() / STRIDE) as NodeId
    }

    /// Where `decoded` stands in the text, if it is a slice of it.
    pub(crate) fn slice_of_text(&self, decoded: &str) -> Option<Span> {
        let offset = (decoded.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let inside = offset <= self.text.len() && decoded.len() <= self.text.len() - offset;
        inside.then(|| Span::new(offset as u32, (offset + decoded.len()) as u32))
    }

    /// Where `decoded` stands in the future data: in place if it is a slice of the text, else appended.
    pub(crate) fn place(&mut self, decoded: &str) -> Span {
        if let Some(span) = self.slice_of_text(decoded) {
            return span;
        }
        self.append(decoded)
    }

    /// Appends `decoded` to the future data and gives its place there.
    pub(crate) fn append(&mut self, decoded: &str) -> Span {
        let start = self.text.len() + self.extra.len();
        self.extra.push_str(decoded);
        Span::new(start as u32, (start + decoded.len()) as u32)
    }

    /// The state now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { rows: self.next_id(), open: self.stack.last().copied(), repeats: self.repeats.len() }
    }

    /// Takes the rows added since `mark` out again. Comments, problems and appended values stay.
    pub(crate) fn roll_back(&mut self, mark: Mark) {
        self.nodes.truncate(mark.rows as usize * STRIDE);
        self.repeats.truncate(mark.repeats);
        if let (Some(open), Some(before)) = (self.stack.last_mut(), mark.open) {
            *open = before;
            let (row, cell) =
                if before.last == NONE { (before.node, column::FIRST) } else { (before.last, column::NEXT) };
            self.set(row, cell, NONE);
        }
    }

    /// The last child of the innermost open node, or `NONE`.
    pub(crate) fn last_child(&self) -> NodeId {
        self.stack.last().map_or(NONE, |open| open.last)
    }

    /// The text at a span of the future data.
    pub(crate) fn data(&self, span: Span) -> &str {
        if (span.start as usize) < self.text.len() || span.is_empty() {
            return span.slice(self.text).unwrap_or_default();
        }
        let base = self.text.len();
        self.extra.get(span.start as usize - base..span.end as usize - base).unwrap_or_default()
    }

    fn push(&mut self, head: u32, span: Span, key: Key) -> NodeId {
        let id = self.next_id();
        let mut parent = NONE;
        if let Some(open) = self.stack.last_mut() {
            parent = open.node;
            let cell = if open.last == NONE {
                open.node as usize * STRIDE + column::FIRST
            } else {
                open.last as usize * STRIDE + column::NEXT
            };
            open.last = id;
            open.children += 1;
            if let Some(cell) = self.nodes.get_mut(cell) {
                *cell = id;
            }
        }
        self.nodes.extend_from_slice(&[
            head,
            parent,
            NONE,
            NONE,
            span.start,
            span.end,
            key.span.start,
            key.span.end,
            span.start,
            span.start,
            key.name.start,
            key.name.end,
            NONE,
        ]);
        if self.nodes.len() > limits::MAX_NODES * STRIDE && !self.stopped {
            self.stopped = true;
            self.problem(
                "limit",
                ProblemLevel::Error,
                Span::new(span.start, span.start),
                format!("more than {} values: the rest of the file is not read", limits::MAX_NODES),
            );
        }
        id
    }

    /// Notes the key of the entry about to be added to the innermost mapping.
    pub(crate) fn note_key(&mut self, name: Span) {
        // Enough of the key to tell most siblings apart; only a filter.
        let text = self.data(name).as_bytes();
        let mut hash = text.len() as u64;
        for part in [text.first(), text.get(text.len() / 2), text.last()] {
            hash = (hash ^ u64::from(part.copied().unwrap_or(0))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        if let Some(open) = self.stack.last_mut() {
            let bit = 1u64 << (hash >> 58);
            open.keys_may_repeat |= open.key_bits & bit != 0;
            open.key_bits |= bit;
        }
    }

    /// Adds a scalar-like leaf with its decoded value.
    pub(crate) fn leaf(&mut self, head: u32, span: Span, key: Key, value: Span) -> NodeId {
        let id = self.push(head, span, key);
        self.set(id, column::TEXT_START, value.start);
        self.set(id, column::TEXT_END, value.end);
        id
    }

    /// Adds and opens a node. The caller asks [`Self::too_deep`] before.
    pub(crate) fn open(&mut self, head: u32, span: Span, key: Key) -> NodeId {
        let id = self.push(head, span, key);
        self.stack.push(Open::new(id));
        id
    }

    /// Whether the nesting is at [`limits::MAX_DEPTH`], so that no further collection may be opened.
    pub(crate) fn too_deep(&self) -> bool {
        self.stack.len() > limits::MAX_DEPTH
    }

    /// Closes the innermost open node. `end` is its end, or none for "where its last child ends".
    /// Looks for repeated keys if it is a mapping.
    pub(crate) fn close(&mut self, end: Option<u32>) -> NodeId {
        if self.stack.len() <= 1 {
            return 0;
        }
        let Some(open) = self.stack.pop() else { return 0 };
        let end = end.unwrap_or_else(|| {
            let last = if open.last == NONE { open.node } else { open.last };
            let key_end = self.cell(last, column::KEY_END);
            self.cell(last, column::END).max(if open.last == NONE { 0 } else { key_end })
        });
        self.set(open.node, column::END, end.max(self.cell(open.node, column::START)));
        if open.keys_may_repeat && self.cell(open.node, column::HEAD) as u8 == NodeKind::Mapping as u8 {
            self.find_repeats(open.node);
        }
        open.node
    }

    fn find_repeats(&mut self, mapping: NodeId) {
        let mut keyed = std::mem::take(&mut self.scratch);
        keyed.clear();
        let mut child = self.cell(mapping, column::FIRST);
        while child != NONE {
            keyed.push(child);
            child = self.cell(child, column::NEXT);
        }
        keyed.sort_by(|a, b| self.name(*a).cmp(self.name(*b)).then(a.cmp(b)));
        let mut i = 0_usize;
        while let Some(first) = keyed.get(i).copied()
            && self.repeats.len() < limits::MAX_REPEATS
        {
            let mut j = i + 1;
            while let Some(later) =
                keyed.get(j).copied().filter(|later| self.name(first) == self.name(*later))
                && self.repeats.len() < limits::MAX_REPEATS
            {
                self.repeats.push((later, first));
                // In a template the first one may stand in another branch; a few neighbours are enough to tell.
                let near = keyed.get(j.saturating_sub(8).max(i + 1)..j).unwrap_or_default();
                self.repeats.extend(near.iter().map(|earlier| (later, *earlier)));
                j += 1;
            }
            i = j;
        }
        self.scratch = keyed;
    }

    pub(crate) fn name(&self, node: NodeId) -> &str {
        self.data(Span::new(self.cell(node, column::NAME_START), self.cell(node, column::NAME_END)))
    }

    pub(crate) fn cell(&self, node: NodeId, column: usize) -> u32 {
        self.nodes.get(node as usize * STRIDE + column).copied().unwrap_or(NONE)
    }

    pub(crate) fn set(&mut self, node: NodeId, column: usize, value: u32) {
        if let Some(cell) = self.nodes.get_mut(node as usize * STRIDE + column) {
            *cell = value;
        }
    }

    pub(crate) fn add_flags(&mut self, node: NodeId, flags: u8) {
        let head = self.cell(node, column::HEAD);
        self.set(node, column::HEAD, head | u32::from(flags) << 24);
    }

    /// Marks every open node but the root as incomplete.
    pub(crate) fn mark_open_partial(&mut self) {
        for i in 1..self.stack.len() {
            if let Some(open) = self.stack.get(i).copied() {
                self.add_flags(open.node, flag::PARTIAL);
            }
        }
    }

    /// Records a comment, in source order, for [`Self::finish`] to attach.
    pub(crate) fn comment(&mut self, span: Span) {
        self.comments.push(span);
    }

    /// Whether a comment was recorded.
    pub(crate) fn first_comment(&self) -> Option<Span> {
        self.comments.first().copied()
    }

    /// Records a problem; after [`limits::MAX_PROBLEMS`] one last one says so and reading stops.
    pub(crate) fn problem(
        &mut self,
        code: &'static str,
        level: ProblemLevel,
        span: Span,
        message: impl Into<String>,
    ) {
        push_problem(&mut self.problems, Problem { code, level, span, message: message.into() });
        if self.problems.len() > limits::MAX_PROBLEMS {
            self.stopped = true;
        }
    }

    /// Closes everything and gives the parts of the document.
    pub(crate) fn finish(mut self) -> Parts {
        while self.stack.len() > 1 {
            self.close(None);
        }
        Parts {
            nodes: self.nodes,
            extra: self.extra,
            comments: self.comments,
            problems: self.problems,
            repeats: self.repeats,
        }
    }
}

/// Adds a problem unless there are too many, in which case the last says so.
pub(crate) fn push_problem(problems: &mut Vec<Problem>, problem: Problem) {
    match problems.len().cmp(&limits::MAX_PROBLEMS) {
        std::cmp::Ordering::Less => problems.push(problem),
        std::cmp::Ordering::Equal => problems.push(Problem {
            code: "limit",
            level: ProblemLevel::Error,
            span: problem.span,
            message: format!("more than {} problems: further ones are not shown", limits::MAX_PROBLEMS),
        }),
        std::cmp::Ordering::Greater => {}
    }
}

/// A finished table that no longer borrows the text.
#[derive(Debug)]
pub(crate) struct Parts {
    nodes: Vec<u32>,
    extra: String,
    comments: Vec<Span>,
    problems: Vec<Problem>,
    pub(crate) repeats: Vec<(NodeId, NodeId)>,
}

impl Parts {
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Leaves out the problems that `keep` does not keep.
    pub(crate) fn retain_problems(&mut self, keep: impl FnMut(&Problem) -> bool) {
        self.problems.retain(keep);
    }

    /// Makes the document over `text`, which has the length (and outside of template expressions the content)
    /// of the text that was parsed. `may_repeat(a, b)` says whether two entries with
    /// one key exclude each other, as those of two branches of a template do.
    pub(crate) fn into_document(
        mut self,
        text: String,
        may_repeat: impl Fn(&Document, NodeId, NodeId) -> bool,
    ) -> Document {
        let text_len = text.len() as u32;
        let mut data = text;
        data.push_str(&self.extra);
        let mut document = Document {
            data,
            text_len,
            nodes: std::mem::take(&mut self.nodes),
            problems: std::mem::take(&mut self.problems),
            ..Document::default()
        };
        document.comments = attach(&document, &self.comments);
        self.report_repeats(&mut document, may_repeat);
        document.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        document
    }

    fn report_repeats(
        &self,
        document: &mut Document,
        may_repeat: impl Fn(&Document, NodeId, NodeId) -> bool,
    ) {
        if let Some((node, _)) = self.repeats.last().filter(|_| self.repeats.len() >= limits::MAX_REPEATS) {
            let span = Span::new(begin(document, *node), begin(document, *node));
            let message = "too many repeated keys: those from here on are not compared".to_owned();
            push_problem(
                &mut document.problems,
                Problem { code: "limit", level: ProblemLevel::Warning, span, message },
            );
        }
        let mut reported = NONE;
        for (later, first) in &self.repeats {
            if *later == reported || may_repeat(document, *later, *first) {
                continue;
            }
            reported = *later;
            add_flags(document, *later, flag::DUPLICATE);
            let key_span = |node| {
                Span::new(document.cell(node, column::KEY_START), document.cell(node, column::KEY_END))
            };
            let (span, first_span) = (key_span(*later), key_span(*first));
            if document.problems.len() > limits::MAX_PROBLEMS {
                continue;
            }
            let before = document.text().as_bytes().get(..first_span.start as usize).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            let message =
                format!("key `{}` is already defined on line {line}", shorten(document.name(*later)));
            push_problem(
                &mut document.problems,
                Problem { code: "duplicate-key", level: ProblemLevel::Warning, span, message },
            );
        }
    }
}

/// Adds flags to a node of a finished document.
pub(crate) fn add_flags(document: &mut Document, node: NodeId, flags: u8) {
    if let Some(cell) = document.nodes.get_mut(node as usize * STRIDE + column::HEAD) {
        *cell |= u32::from(flags) << 24;
    }
}

/// A text for a message: one line, at most 60 characters.
pub(crate) fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// Where an entry or a value begins: its key if it has one.
pub(crate) fn begin(document: &Document, node: NodeId) -> u32 {
    let (start, key) = (document.cell(node, column::KEY_START), document.cell(node, column::KEY_END));
    if key > start { start } else { document.cell(node, column::START) }
}

/// The number of nodes that begin before `offset`, the root included. Rows are in source order.
pub(crate) fn rows_before(document: &Document, offset: u32) -> u32 {
    let (mut low, mut high) = (1, document.len() as u32);
    while low < high {
        let middle = low + (high - low) / 2;
        if begin(document, middle) < offset { low = middle + 1 } else { high = middle }
    }
    low
}

/// Finds what each comment speaks about: the node whose line it ends, else the outermost node that begins next,
/// else the root.
pub(crate) fn attach(document: &Document, comments: &[Span]) -> Vec<Comment> {
    let text = document.text();
    let rows = document.len() as u32;
    let attach_one = |span: &Span| {
        let before = text.get(..span.start as usize).unwrap_or_default();
        let line_start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at as u32 + 1);
        let following = rows_before(document, span.start);
        let own_line = before.get(line_start as usize..).unwrap_or_default().trim().is_empty();
        if !own_line && following > 1 {
            let mut node = following - 1;
            // In `a: [1, 2] # c` the comment is about `a`, not about `2`.
            while let Some(parent) = document.parent(node)
                && document.style(parent) == Style::Flow as u8
                && document.span(parent).end <= span.start
            {
                node = parent;
            }
            let node_end =
                document.span(node).end.max(document.key_span(node).map_or(0, |key: Span| key.end));
            if begin(document, node) >= line_start || node_end >= line_start {
                return Comment { span: *span, node };
            }
        }
        Comment { span: *span, node: if following < rows { following } else { 0 } }
    };
    comments.iter().map(attach_one).collect()
}
