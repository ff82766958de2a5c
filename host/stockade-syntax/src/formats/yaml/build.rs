//! From parser events to the node table.

use super::{gaps, messages, schema};
use crate::limits;
use crate::table::{Key, Parts, TableBuilder, head};
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag};
use std::borrow::Cow;
use stockade_model::Span;
use stockade_model::{NONE, NodeId, NodeKind, ProblemLevel, ScalarType, Style, column, flag};

/// Parses `text` into a table. Values that are no slices of the text are passed through `restore`, which
/// puts template expressions back.
pub(super) fn build(
    text: &str,
    max_key_chars: usize,
    restore: &dyn Fn(Span, &str) -> Option<String>,
) -> Parts {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        simple_key_max_lookahead: max_key_chars,
        flow_nesting_limit: limits::MAX_DEPTH + 1,
        block_nesting_limit: limits::MAX_DEPTH + 1,
    };
    let mut build = Build::new(text, restore);
    build.run(options);
    build.table.finish()
}

/// What an open node of the table means here.
#[derive(Clone, Copy, Debug)]
struct Frame {
    shape: Shape,
    flow: bool,
    /// The key whose value comes next.
    key: Option<Key>,
    /// Nodes in here when every alias is followed.
    weight: u64,
    anchor: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Document,
    Sequence,
    Mapping,
    /// A merge node around the collection that is its value.
    Merge,
}

/// What an anchor names.
#[derive(Clone, Copy, Debug)]
enum Anchor {
    /// Nothing that an alias could point at: a collection used as a key.
    Lost,
    /// A scalar used as a key, which has no node of its own.
    Key(Key),
    /// A collection that is still being read.
    Open,
    /// A complete node and its weight.
    Node(NodeId, u64),
}

/// A collection used as a key: it gives no nodes, its source is the name.
#[derive(Clone, Copy, Debug)]
struct CollectionKey {
    depth: usize,
    span: Span,
}

struct Build<'t, 'r> {
    table: TableBuilder<'t>,
    restore: &'r dyn Fn(Span, &str) -> Option<String>,
    frames: Vec<Frame>,
    /// By the event parser's anchor number.
    anchors: Vec<Anchor>,
    collection_key: Option<CollectionKey>,
    /// End of the last token seen: what follows up to the next one is a gap.
    cursor: usize,
    /// The error node of the broken document before the one being read.
    broken: Option<NodeId>,
    expansion_reported: bool,
}

impl<'t, 'r> Build<'t, 'r> {
    fn new(text: &'t str, restore: &'r dyn Fn(Span, &str) -> Option<String>) -> Self {
        Self {
            table: TableBuilder::new(text),
            restore,
            frames: Vec::with_capacity(32),
            anchors: Vec::new(),
            collection_key: None,
            cursor: 0,
            broken: None,
            expansion_reported: false,
        }
    }

    fn run(&mut self, options: Options) {
        let mut parser = Parser::new_from_str_with_options(self.table.text(), options);
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, span)) => {
                    let range = span.byte_range().unwrap_or(self.cursor..self.cursor);
                    self.event(event, Span::new(range.start as u32, range.end as u32));
                }
                Err(error) => {
                    self.fail(&error);
                    if parser.proceed_next_document().is_err() {
                        break;
                    }
                }
            }
            if self.table.stopped() {
                self.table.mark_open_partial();
                return;
            }
            if self.frames.is_empty() && self.table.depth() > 1 {
                // Nested too deeply: this document is abandoned.
                self.abandon(self.cursor as u32);
                if parser.proceed_next_document().is_err() {
                    break;
                }
            }
        }
        self.end_broken(self.table.text().len());
    }

    fn event(&mut self, event: Event<'t>, span: Span) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                self.scalar(value, style, anchor, tag.as_deref(), span)
            }
            Event::MappingStart(style, anchor, _) => {
                self.collection(NodeKind::Mapping, Shape::Mapping, style, anchor, span);
            }
            Event::SequenceStart(style, anchor, _) => {
                self.collection(NodeKind::Sequence, Shape::Sequence, style, anchor, span);
            }
            Event::MappingEnd | Event::SequenceEnd => self.collection_end(span),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("alias `*{}` names no anchor above", crate::table::shorten(&name));
                self.table.problem("invalid", ProblemLevel::Error, span, message);
                self.alias(0, span);
            }
            Event::DocumentStart(explicit, _) => {
                self.end_broken(span.start as usize);
                // Without `---` it is reported at the first content, which may be behind a header.
                if explicit {
                    self.gap(span);
                }
                self.frames.push(Frame {
                    shape: Shape::Document,
                    flow: false,
                    key: None,
                    weight: 0,
                    anchor: 0,
                });
            }
            Event::DocumentEnd => {
                self.gap(span);
                self.frames.clear();
            }
            Event::StreamEnd => {
                let end = self.table.text().len() as u32;
                self.gap(Span::new(end, end));
            }
            _ => {}
        }
    }

    /// Reads the comments before a token and moves behind it.
    fn gap(&mut self, token: Span) {
        let start = token.start as usize;
        if start > self.cursor {
            let table = &mut self.table;
            gaps::comments(table.text(), self.cursor, start, |span| table.comment(span));
        }
        self.cursor = self.cursor.max(token.end as usize);
    }

    fn scalar(
        &mut self,
        value: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Span,
    ) {
        let implicit = style == ScalarStyle::Plain && at.is_empty();
        let mut span = at;
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal | ScalarStyle::Folded => {
                span = self.block_span(at);
                if style == ScalarStyle::Literal { Style::Literal } else { Style::Folded }
            }
        };
        if implicit {
            span = self.implicit_span(at);
        } else {
            self.gap(Span::new(span.start, span.end.max(at.end)));
        }
        if self.collection_key.is_some() {
            self.inside_key(span, anchor);
            return;
        }
        let text = if implicit { "" } else { &*value };
        let (ty, mut flags) = scalar_type(text, style, tag);
        let placed = self.place(span, text);
        if implicit {
            flags |= flag::IMPLICIT;
        }
        if let Some(frame) = self.frames.last_mut()
            && frame.shape == Shape::Mapping
            && frame.key.is_none()
        {
            let key = Key { span, name: placed };
            frame.key = Some(key);
            self.table.note_key(placed);
            self.set_anchor(anchor, Anchor::Key(key));
            return;
        }
        if anchor != 0 {
            flags |= flag::ANCHOR;
        }
        let key = self.take_key();
        let node = self.table.leaf(head(NodeKind::Scalar, ty, style, flags), span, key, placed);
        self.set_anchor(anchor, Anchor::Node(node, 1));
        self.add_weight(1);
    }

    fn place(&mut self, source: Span, value: &str) -> Span {
        if let Some(span) = self.table.slice_of_text(value) {
            return span;
        }
        match (self.restore)(source, value) {
            Some(restored) => self.table.place(&restored),
            None => self.table.place(value),
        }
    }

    /// The span of a block scalar from its `|` or `>`; the event starts at its content.
    fn block_span(&self, at: Span) -> Span {
        let text = self.table.text();
        match gaps::block_header(text, self.cursor, (at.start as usize).max(self.cursor)) {
            Some(header) => {
                let end = gaps::block_end(text, header, at.start as usize, at.end as usize);
                Span::new(header as u32, end as u32)
            }
            None => at,
        }
    }

    /// Where a value that is not written stands: at the end of its key, or behind the indicator that announces it.
    fn implicit_span(&self, at: Span) -> Span {
        if let Some(Frame { shape: Shape::Mapping, key: Some(key), .. }) = self.frames.last() {
            return Span::new(key.span.end, key.span.end);
        }
        let before = self.table.text().get(..at.start as usize).unwrap_or_default();
        // Never before the collection that it is in.
        let floor = self.cursor.max(self.table.cell(self.table.current(), column::START) as usize);
        let end = before.trim_end().len().max(floor.min(before.len())) as u32;
        Span::new(end, end)
    }

    fn collection(&mut self, kind: NodeKind, shape: Shape, style: StructureStyle, anchor: usize, span: Span) {
        let flow = style == StructureStyle::Flow;
        let mut span = span;
        if kind == NodeKind::Sequence
            && !flow
            && self.frames.last().is_some_and(|frame| frame.shape == Shape::Mapping)
            && let Some(dash) = gaps::first_dash(self.table.text(), self.cursor, span.start as usize)
        {
            // A sequence that is indented no deeper than its key is reported without its first dash.
            span = Span::new(dash as u32, dash as u32 + 1);
            self.gap(span);
        } else if !span.is_empty() {
            self.gap(span);
        }
        if let Some(key) = self.collection_key.as_mut() {
            key.depth += 1;
            self.inside_key(span, anchor);
            return;
        }
        if self.table.too_deep() {
            let message = format!("collections are nested deeper than {}", limits::MAX_DEPTH);
            self.table.problem("limit", ProblemLevel::Error, span, message);
            self.frames.clear();
            return;
        }
        if let Some(frame) = self.frames.last_mut()
            && frame.shape == Shape::Mapping
            && frame.key.is_none()
        {
            self.collection_key = Some(CollectionKey { depth: 1, span });
            self.set_anchor(anchor, Anchor::Lost);
            return;
        }
        let mut key = self.take_key();
        if self.is_merge(key) {
            self.table.open(head(NodeKind::Merge, ScalarType::String, Style::Plain, 0), span, key);
            let node = self.table.next_id();
            self.table.set(self.table.current(), column::TARGET, node);
            self.frames.push(Frame { shape: Shape::Merge, flow: false, key: None, weight: 1, anchor: 0 });
            key = Key::default();
        }
        let style = if flow { Style::Flow } else { Style::Plain };
        let flags = if anchor == 0 { 0 } else { flag::ANCHOR };
        self.table.open(head(kind, ScalarType::String, style, flags), Span::new(span.start, span.start), key);
        self.set_anchor(anchor, Anchor::Open);
        self.frames.push(Frame { shape, flow, key: None, weight: 1, anchor });
    }

    fn collection_end(&mut self, span: Span) {
        if !span.is_empty() {
            self.gap(span);
        }
        if let Some(key) = self.collection_key.as_mut() {
            key.depth -= 1;
            if !span.is_empty() {
                key.span.end = span.end;
            }
            if key.depth == 0 {
                let span = key.span;
                self.collection_key = None;
                // The source under the span is a slice of the text, so it needs no copy.
                self.table.note_key(span);
                if let Some(frame) = self.frames.last_mut() {
                    frame.key = Some(Key { span, name: span });
                }
            }
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        let node = self.table.close((frame.flow && !span.is_empty()).then_some(span.end));
        self.set_anchor(frame.anchor, Anchor::Node(node, frame.weight));
        self.add_weight(frame.weight);
        if let Some(merge) = self.frames.pop_if(|frame| frame.shape == Shape::Merge) {
            let end = self.table.cell(node, column::END);
            self.table.close(Some(end));
            self.add_weight(merge.weight);
        }
    }

    /// A token inside a collection that is a key.
    fn inside_key(&mut self, span: Span, anchor: usize) {
        if let Some(key) = self.collection_key.as_mut() {
            key.span.end = key.span.end.max(span.end);
        }
        self.set_anchor(anchor, Anchor::Lost);
    }

    fn alias(&mut self, id: usize, span: Span) {
        self.gap(span);
        if self.collection_key.is_some() {
            self.inside_key(span, 0);
            return;
        }
        let anchor =
            if id == 0 { Anchor::Lost } else { self.anchors.get(id).copied().unwrap_or(Anchor::Lost) };
        if let Some(frame) = self.frames.last_mut()
            && frame.shape == Shape::Mapping
            && frame.key.is_none()
        {
            let name = match anchor {
                Anchor::Key(key) => key.name,
                Anchor::Node(node, _)
                    if self.table.cell(node, column::HEAD) as u8 == NodeKind::Scalar as u8 =>
                {
                    Span::new(
                        self.table.cell(node, column::TEXT_START),
                        self.table.cell(node, column::TEXT_END),
                    )
                }
                _ => span,
            };
            frame.key = Some(Key { span, name });
            self.table.note_key(name);
            return;
        }
        let key = self.take_key();
        if let Anchor::Key(named) = anchor {
            // The anchored key has no node to point at: the alias becomes a copy of its text.
            let ty = schema::resolve(self.table.data(named.name)).0;
            self.table.leaf(head(NodeKind::Scalar, ty, Style::Plain, 0), span, key, named.name);
            self.add_weight(1);
            return;
        }
        let kind = if self.is_merge(key) { NodeKind::Merge } else { NodeKind::Alias };
        let node = self.table.leaf(
            head(kind, ScalarType::String, Style::Plain, 0),
            span,
            key,
            Span::new(span.start, span.start),
        );
        let mut weight = 1;
        match anchor {
            Anchor::Open => {
                let message = "the alias stands inside the value that it names";
                self.table.problem("invalid", ProblemLevel::Error, span, message);
            }
            Anchor::Node(target, target_weight) => {
                let total =
                    self.frames.iter().fold(target_weight, |sum, frame| sum.saturating_add(frame.weight));
                if total <= limits::MAX_EXPANDED_NODES {
                    self.table.set(node, column::TARGET, target);
                    weight = target_weight.saturating_add(1);
                } else if !self.expansion_reported {
                    self.expansion_reported = true;
                    let message = format!(
                        "following the aliases of this document gives more than {} values: this and \
                         further ones are not followed",
                        limits::MAX_EXPANDED_NODES
                    );
                    self.table.problem("limit", ProblemLevel::Error, span, message);
                }
            }
            Anchor::Lost | Anchor::Key(_) => {}
        }
        self.add_weight(weight);
    }

    fn take_key(&mut self) -> Key {
        match self.frames.last_mut() {
            Some(frame) if frame.shape == Shape::Mapping => frame.key.take().unwrap_or_default(),
            _ => Key::default(),
        }
    }

    /// Whether this is the merge key: `<<` without quotes.
    fn is_merge(&self, key: Key) -> bool {
        key.span.len() == 2 && key.span.slice(self.table.text()) == Some("<<")
    }

    fn add_weight(&mut self, weight: u64) {
        if let Some(frame) = self.frames.last_mut() {
            frame.weight = frame.weight.saturating_add(weight);
        }
    }

    fn set_anchor(&mut self, id: usize, anchor: Anchor) {
        // Numbers count up from 1, one per anchor in the text.
        if id == 0 || id > self.table.text().len() {
            return;
        }
        if self.anchors.len() <= id {
            self.anchors.resize(id + 1, Anchor::Lost);
        }
        if let Some(slot) = self.anchors.get_mut(id) {
            *slot = anchor;
        }
    }

    fn fail(&mut self, error: &ScanError) {
        let text = self.table.text();
        let at = error.marker().byte_offset().unwrap_or(self.cursor).min(text.len());
        let (code, mut message) = messages::describe(error.kind());
        if let Some(frame) = self.frames.last().filter(|frame| frame.flow)
            && !messages::names_bracket(error.kind())
        {
            let open = if frame.shape == Shape::Mapping { '{' } else { '[' };
            let start = self.table.cell(self.table.current(), column::START) as usize;
            let before = text.as_bytes().get(..start).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            message.push_str(&format!(" (inside `{open}` of line {line})"));
        }
        let at = text.floor_char_boundary(at);
        // From the place to the end of its line, so that there is something to underline.
        let rest = text.get(at..).unwrap_or_default();
        let line = rest.get(..memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len()));
        let end = at + line.unwrap_or_default().trim_end().len();
        self.table.problem(code, ProblemLevel::Error, Span::new(at as u32, end as u32), message);
        self.abandon(at as u32);
    }

    /// Gives up on the current document: its open collections may have had more entries.
    fn abandon(&mut self, at: u32) {
        self.table.mark_open_partial();
        while self.table.depth() > 1 {
            self.table.close(None);
        }
        self.frames.clear();
        self.collection_key = None;
        if self.broken.is_none() {
            let start = at.max(self.cursor as u32);
            let start = self.table.text().floor_char_boundary(start as usize) as u32;
            let span = Span::new(start, start);
            let node = head(NodeKind::Error, ScalarType::String, Style::Plain, 0);
            self.broken = Some(self.table.leaf(node, span, Key::default(), span));
        }
    }

    /// A new document starts at `at` (or the file ends): what was not understood ends before it.
    fn end_broken(&mut self, at: usize) {
        let Some(node) = self.broken.take() else { return };
        let start = self.table.cell(node, column::START);
        let skipped = self.table.text().get(start as usize..at).unwrap_or_default();
        self.table.set(node, column::END, start + skipped.trim_end().len() as u32);
        debug_assert_ne!(node, NONE);
        self.cursor = self.cursor.max(at);
    }
}

fn scalar_type(text: &str, style: Style, tag: Option<&Tag>) -> (ScalarType, u8) {
    let Some(tag) = tag else {
        return if style == Style::Plain { schema::resolve(text) } else { (ScalarType::String, 0) };
    };
    let ty = match tag.core_suffix() {
        Some("int") => ScalarType::Int,
        Some("float") => ScalarType::Float,
        Some("bool") => ScalarType::Bool,
        Some("null") => ScalarType::Null,
        _ if tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() == Some("timestamp") => {
            ScalarType::Timestamp
        }
        _ => ScalarType::String,
    };
    (ty, 0)
}
