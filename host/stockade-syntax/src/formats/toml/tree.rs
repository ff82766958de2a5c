//! Builds tables out of TOML's headers and dotted keys, and knows which of them may be extended.
//!
//! A table may be written in several places of the file, so the tree is built first and turned into rows
//! afterwards. What the specification forbids is a problem; the entry is kept beside the one it collides
//! with, for a rule wants to see both.

use super::scalar;
use crate::formats::lines::{Scalar, expression_flags, span};
use crate::limits;
use crate::table::{Key, TableBuilder, head, shorten};
use std::borrow::Cow;
use std::collections::HashMap;
use stockade_model::{NodeKind, ProblemLevel, ScalarType, Span, Style, flag};
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{Event, EventKind};
use toml_parser::{ParseError, Source};

/// How a table came to be: decides who may add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// By its own header, or the root.
    Header,
    /// As a part of a longer header; its own header may follow.
    Passing,
    /// By a dotted key.
    Dotted,
    /// Between braces.
    Inline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Table(Origin),
    /// By `[[name]]`.
    ArrayOfTables,
    /// Between brackets.
    Array,
    Scalar,
}

type Index = u32;
const NONE: Index = u32::MAX;
const ROOT: Index = 0;

struct Item<'t> {
    shape: Shape,
    key: Option<(Span, Cow<'t, str>)>,
    start: usize,
    end: usize,
    depth: usize,
    parent: Index,
    first: Index,
    last: Index,
    next: Index,
    value: Cow<'t, str>,
    how: Scalar,
}

/// The items read so far, and where the next one goes.
pub(super) struct Tree<'t> {
    text: &'t str,
    /// Where the text is masked.
    original: Option<super::Original<'t>>,
    items: Vec<Item<'t>>,
    /// The entry of a table under a name; the first one where names repeat.
    names: HashMap<(Index, Cow<'t, str>), Index>,
    /// The table that the last header opened.
    section: Index,
    /// Open arrays and inline tables.
    open: Vec<Index>,
    /// Keys of a header or of an entry before its `=`.
    path: Vec<(Span, Cow<'t, str>)>,
    /// Start of a header that is being read, and whether it has two brackets.
    header: Option<(usize, bool)>,
    /// Where the next value goes: table and key. `None` behind a key that collided with the depth limit.
    slot: Option<(Index, (Span, Cow<'t, str>))>,
    stopped: bool,
}

impl<'t> Tree<'t> {
    pub(super) fn new(text: &'t str, original: Option<super::Original<'t>>) -> Self {
        let mut this = Self {
            text,
            original,
            items: Vec::new(),
            names: HashMap::new(),
            section: ROOT,
            open: Vec::new(),
            path: Vec::new(),
            header: None,
            slot: None,
            stopped: false,
        };
        this.items.push(Item {
            shape: Shape::Table(Origin::Header),
            key: None,
            start: 0,
            end: 0,
            depth: 1,
            parent: NONE,
            first: NONE,
            last: NONE,
            next: NONE,
            value: Cow::Borrowed(""),
            how: Scalar::string(Style::Plain, 0),
        });
        this
    }

    fn item(&self, index: Index) -> Option<&Item<'t>> {
        self.items.get(index as usize)
    }

    fn shape(&self, index: Index) -> Shape {
        self.item(index).map_or(Shape::Scalar, |item| item.shape)
    }

    fn error(table: &mut TableBuilder<'_>, at: Span, message: String) {
        table.problem("invalid", ProblemLevel::Error, at, message);
    }

    /// Adds an item as the last child of `parent`.
    fn add(
        &mut self,
        table: &mut TableBuilder<'_>,
        parent: Index,
        key: Option<(Span, Cow<'t, str>)>,
        shape: Shape,
        (start, end): (usize, usize),
    ) -> Index {
        let index = self.items.len() as Index;
        let depth = self.item(parent).map_or(1, |parent| parent.depth + 1);
        if depth >= limits::MAX_DEPTH && !self.stopped {
            let message = format!("more than {} levels: the rest of the file is not read", limits::MAX_DEPTH);
            table.problem("limit", ProblemLevel::Error, span(start, start), message);
            self.stopped = true;
        }
        if self.stopped {
            return NONE;
        }
        let how = Scalar::string(
            if matches!(shape, Shape::Table(Origin::Inline) | Shape::Array) {
                Style::Flow
            } else {
                Style::Plain
            },
            0,
        );
        if let Some((_, name)) = &key {
            self.names.entry((parent, name.clone())).or_insert(index);
        }
        let value = Cow::Borrowed("");
        self.items.push(Item {
            shape,
            key,
            start,
            end,
            depth,
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
            value,
            how,
        });
        let last = self.items.get_mut(parent as usize).map_or(NONE, |parent| {
            let last = parent.last;
            if last == NONE {
                parent.first = index;
            }
            parent.last = index;
            last
        });
        if let Some(last) = self.items.get_mut(last as usize) {
            last.next = index;
        }
        index
    }

    fn find(&self, parent: Index, name: &str) -> Option<Index> {
        self.names.get(&(parent, Cow::Borrowed(name))).copied()
    }

    pub(super) fn event(&mut self, table: &mut TableBuilder<'_>, source: Source<'t>, event: &Event) {
        if self.stopped || table.stopped() {
            return;
        }
        let at = event.span();
        match event.kind() {
            EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                self.open.clear();
                self.path.clear();
                self.header = Some((at.start(), event.kind() == EventKind::ArrayTableOpen));
            }
            EventKind::StdTableClose | EventKind::ArrayTableClose => self.header(table, at.end()),
            EventKind::SimpleKey => {
                let mut name = Cow::Borrowed("");
                if let Some(raw) = source.get(event) {
                    raw.decode_key(&mut name, &mut errors(table, self.text));
                }
                let place = span(at.start(), at.end());
                self.path.push((place, self.restored(place, name)));
            }
            EventKind::KeyValSep => self.slot = self.entry(table),
            EventKind::Scalar => self.scalar(table, source, event),
            EventKind::ArrayOpen => self.open(table, Shape::Array, at.start()),
            EventKind::InlineTableOpen => self.open(table, Shape::Table(Origin::Inline), at.start()),
            EventKind::ArrayClose | EventKind::InlineTableClose => {
                self.path.clear();
                if let Some(item) = self.open.pop().and_then(|index| self.items.get_mut(index as usize)) {
                    item.end = at.end();
                }
            }
            EventKind::ValueSep => self.path.clear(),
            EventKind::Newline if self.open.is_empty() => self.end_of_line(table),
            _ => {}
        }
    }

    /// Finishes a header without closing bracket, and forgets a key without value.
    pub(super) fn end_of_line(&mut self, table: &mut TableBuilder<'_>) {
        if self.header.is_some() {
            let end = self.path.last().map_or(0, |(at, _)| at.end as usize);
            self.header(table, end);
        }
        self.path.clear();
        self.slot = None;
    }

    /// A header is complete: makes its table the one that entries go to.
    fn header(&mut self, table: &mut TableBuilder<'_>, end: usize) {
        let Some((start, array)) = self.header.take() else { return };
        let mut path = std::mem::take(&mut self.path);
        let Some(last) = path.pop() else { return };
        let mut at = ROOT;
        for key in path {
            at = self.pass(table, at, key, start, end);
        }
        let end = end.max(start);
        self.section = if array {
            self.array_element(table, at, last, start, end)
        } else {
            self.own_header(table, at, last, start, end)
        };
    }

    /// Steps through a part of a header.
    fn pass(
        &mut self,
        table: &mut TableBuilder<'_>,
        at: Index,
        key: (Span, Cow<'t, str>),
        start: usize,
        end: usize,
    ) -> Index {
        let Some(found) = self.find(at, &key.1) else {
            return self.add(table, at, Some(key), Shape::Table(Origin::Passing), (start, end));
        };
        match self.shape(found) {
            Shape::Table(Origin::Inline) | Shape::Array | Shape::Scalar => {
                let message = format!("`{}` is no table that a header may add to", shorten(&key.1));
                Self::error(table, key.0, message);
                self.repeated(table, at, key, Shape::Table(Origin::Passing), (start, end))
            }
            Shape::Table(_) => found,
            Shape::ArrayOfTables => self.item(found).map_or(found, |item| item.last),
        }
    }

    fn own_header(
        &mut self,
        table: &mut TableBuilder<'_>,
        at: Index,
        key: (Span, Cow<'t, str>),
        start: usize,
        end: usize,
    ) -> Index {
        let shape = Shape::Table(Origin::Header);
        let Some(found) = self.find(at, &key.1) else {
            return self.add(table, at, Some(key), shape, (start, end));
        };
        if self.shape(found) == Shape::Table(Origin::Passing) {
            if let Some(item) = self.items.get_mut(found as usize) {
                item.shape = shape;
                item.key = Some(key);
                item.end = item.end.max(end);
            }
            return found;
        }
        let message = format!("table `{}` is already defined{}", shorten(&key.1), self.line_of(found));
        table.problem("duplicate-key", ProblemLevel::Error, key.0, message);
        self.repeated(table, at, key, shape, (start, end))
    }

    fn array_element(
        &mut self,
        table: &mut TableBuilder<'_>,
        at: Index,
        key: (Span, Cow<'t, str>),
        start: usize,
        end: usize,
    ) -> Index {
        let array = match self.find(at, &key.1) {
            Some(found) if self.shape(found) == Shape::ArrayOfTables => found,
            Some(found) => {
                let message = format!(
                    "`{}` is already defined{}, and not as an array of tables",
                    shorten(&key.1),
                    self.line_of(found)
                );
                table.problem("duplicate-key", ProblemLevel::Error, key.0, message);
                self.repeated(table, at, key, Shape::ArrayOfTables, (start, end))
            }
            None => self.add(table, at, Some(key), Shape::ArrayOfTables, (start, end)),
        };
        self.add(table, array, None, Shape::Table(Origin::Header), (start, end))
    }

    /// The key before a `=` is complete: the table and key that the value goes to.
    fn entry(&mut self, table: &mut TableBuilder<'_>) -> Option<(Index, (Span, Cow<'t, str>))> {
        let mut path = std::mem::take(&mut self.path);
        let last = path.pop()?;
        let mut at = self.open.last().copied().unwrap_or(self.section);
        for key in path {
            let place = (key.0.start as usize, key.0.end as usize);
            let shape = Shape::Table(Origin::Dotted);
            at = match self.find(at, &key.1) {
                None => self.add(table, at, Some(key), shape, place),
                Some(found) if self.shape(found) == shape => found,
                Some(found) => {
                    let message = format!(
                        "`{}` is already defined{}; a dotted key may not add to it",
                        shorten(&key.1),
                        self.line_of(found)
                    );
                    Self::error(table, key.0, message);
                    self.repeated(table, at, key, shape, place)
                }
            };
        }
        Some((at, last))
    }

    /// Adds an item for a value at the place that its key or array gives it.
    fn value(&mut self, table: &mut TableBuilder<'_>, shape: Shape, place: (usize, usize)) -> Index {
        match (self.slot.take(), self.open.last().copied()) {
            (Some((parent, key)), _) => {
                let found = self.find(parent, &key.1);
                let Some(found) = found else { return self.add(table, parent, Some(key), shape, place) };
                let message = format!("key `{}` is already defined{}", shorten(&key.1), self.line_of(found));
                table.problem("duplicate-key", ProblemLevel::Error, key.0, message);
                self.repeated(table, parent, key, shape, place)
            }
            (None, Some(parent)) => self.add(table, parent, None, shape, place),
            (None, None) => NONE,
        }
    }

    fn repeated(
        &mut self,
        table: &mut TableBuilder<'_>,
        parent: Index,
        key: (Span, Cow<'t, str>),
        shape: Shape,
        place: (usize, usize),
    ) -> Index {
        let index = self.add(table, parent, Some(key), shape, place);
        if let Some(item) = self.items.get_mut(index as usize) {
            item.how.flags |= flag::DUPLICATE;
        }
        index
    }

    fn open(&mut self, table: &mut TableBuilder<'_>, shape: Shape, start: usize) {
        let index = self.value(table, shape, (start, start + 1));
        self.open.push(index);
    }

    fn scalar(&mut self, table: &mut TableBuilder<'_>, source: Source<'t>, event: &Event) {
        let at = event.span();
        let index = self.value(table, Shape::Scalar, (at.start(), at.end()));
        let Some(raw) = source.get(event) else { return };
        let mut decoded = Cow::Borrowed("");
        let place = span(at.start(), at.end());
        if at.is_empty() {
            Self::error(table, place, "key has no value".to_owned());
            if let Some(item) = self.items.get_mut(index as usize) {
                item.how = Scalar::absent();
            }
            return;
        }
        let mut faults = Vec::new();
        let kind = raw.decode_scalar(&mut decoded, &mut faults);
        let (ty, fault) = match kind {
            ScalarKind::String => (ScalarType::String, None),
            ScalarKind::Boolean(_) => (ScalarType::Bool, None),
            ScalarKind::Float => (ScalarType::Float, None),
            ScalarKind::DateTime => (ScalarType::Timestamp, scalar::datetime_fault(raw.as_str())),
            ScalarKind::Integer(radix) => {
                let fault = if decoded.is_empty() {
                    Some("integer has no digits")
                } else {
                    (!scalar::fits(&decoded, radix.value())).then_some("integer does not fit into 64 bits")
                };
                (ScalarType::Int, fault)
            }
        };
        for fault in &faults {
            table.problem(
                "invalid",
                ProblemLevel::Error,
                super::place(self.text, fault),
                super::message(fault),
            );
        }
        if let Some(fault) = fault.filter(|_| faults.is_empty()) {
            Self::error(table, place, fault.to_owned());
        }
        let style = match event.encoding() {
            None => Style::Plain,
            Some(Encoding::LiteralString | Encoding::MlLiteralString) => Style::Single,
            Some(Encoding::BasicString | Encoding::MlBasicString) => Style::Double,
        };
        let decoded = self.restored(place, decoded);
        let Some(item) = self.items.get_mut(index as usize) else { return };
        // Numbers and dates stay as written; only strings have another form inside.
        item.value = if ty == ScalarType::String { decoded } else { Cow::Borrowed(raw.as_str()) };
        item.how = Scalar { ty, style, flags: item.how.flags | expression_flags(&item.value, false) };
    }

    /// A decoded text with the expressions of the template that it is from.
    fn restored(&self, place: Span, decoded: Cow<'t, str>) -> Cow<'t, str> {
        let restored = self.original.and_then(|original| original.restore(place, &decoded));
        restored.map_or(decoded, Cow::Owned)
    }

    /// ` on line N`, where an item was defined first.
    fn line_of(&self, index: Index) -> String {
        let start = self
            .item(index)
            .map_or(0, |item| item.key.as_ref().map_or(item.start, |(at, _)| at.start as usize));
        let before = self.text.as_bytes().get(..start).unwrap_or_default();
        format!(" on line {}", memchr::memchr_iter(b'\n', before).count() + 1)
    }

    /// Stretches every collection over all that is in it. Children come behind their parents in `items`.
    fn stretch(&mut self) {
        for index in (1..self.items.len()).rev() {
            let Some((parent, start, end)) =
                self.items.get(index).map(|item| (item.parent, item.start, item.end))
            else {
                continue;
            };
            let key_start = self
                .items
                .get(index)
                .and_then(|item| item.key.as_ref())
                .map_or(start, |(at, _)| at.start as usize);
            if let Some(parent) = self.items.get_mut(parent as usize) {
                parent.start = parent.start.min(start).min(key_start);
                parent.end = parent.end.max(end);
            }
        }
    }

    /// Writes the rows.
    pub(super) fn emit(mut self, table: &mut TableBuilder<'_>) {
        if self.items.len() < 2 {
            return;
        }
        if let Some(root) = self.items.get_mut(ROOT as usize) {
            root.start = usize::MAX;
        }
        self.stretch();
        let mut open: Vec<Index> = Vec::new();
        let mut at = ROOT;
        while !table.stopped() {
            let Some(item) = self.items.get(at as usize) else { break };
            let key = item
                .key
                .as_ref()
                .map_or_else(Key::default, |(at, name)| Key { span: *at, name: table.place(name) });
            let place = span(item.start, item.end);
            let kind = match item.shape {
                Shape::Table(_) => NodeKind::Mapping,
                Shape::Array | Shape::ArrayOfTables => NodeKind::Sequence,
                Shape::Scalar => NodeKind::Scalar,
            };
            let row = head(kind, item.how.ty, item.how.style, item.how.flags);
            let mut next = item.next;
            if kind == NodeKind::Scalar {
                let value = table.place(&item.value);
                table.leaf(row, place, key, value);
            } else {
                table.open(row, place, key);
                open.push(at);
                next = item.first;
            }
            while next == NONE {
                let Some(closed) = open.pop().and_then(|index| self.item(index)) else { return };
                table.close(Some(closed.end as u32));
                next = closed.next;
            }
            at = next;
        }
    }
}

/// Takes errors of decoding to the problems.
fn errors<'a>(table: &'a mut TableBuilder<'_>, text: &'a str) -> impl FnMut(ParseError) + 'a {
    move |error| {
        table.problem("invalid", ProblemLevel::Error, super::place(text, &error), super::message(&error));
    }
}
