//! Rows of the table: scalars, collections, aliases and merges, with their anchors and tags.

use super::messages as say;
use super::read::{Reader, Step};
use super::schema;
use crate::limits;
use crate::table::{Key, Mark, head, shorten};
use stockade_model::{NodeId, NodeKind, ProblemLevel, ScalarType, Span, Style, column, flag};

/// What an anchor names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    /// Nothing that an alias could point at: a collection used as a key.
    Lost,
    /// A scalar used as a key, which has no node of its own.
    Key(Key),
    /// A collection that is still being read.
    Open,
    /// A complete node and the number of nodes in it when every alias is followed.
    Node(NodeId, u64),
}

/// A `%TAG` line: `!e!` stands for `tag:example.com,2000:`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handle<'t> {
    pub(super) name: &'t str,
    pub(super) prefix: &'t str,
}

/// Anchor and tag before a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Properties {
    /// Number of the anchor; 0 for none.
    pub(super) anchor: usize,
    /// The type that the tag states: a tag that is none of the core schema's says "string".
    pub(super) tag: Option<ScalarType>,
    /// Whether the tag is one of the file's own, by which a program makes the value from the text: `!GetAtt`, `!vault`.
    pub(super) made: bool,
}

impl Properties {
    pub(super) fn is_empty(self) -> bool {
        self.anchor == 0 && self.tag.is_none()
    }
}

/// A scalar that was read but has no row yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scalar {
    pub(super) span: Span,
    /// Its decoded value in the future data.
    pub(super) value: Span,
    pub(super) style: Style,
}

impl Scalar {
    pub(super) fn key(self) -> Key {
        Key { span: self.span, name: self.value }
    }
}

/// A collection being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    anchor: usize,
    /// The weight of the document before it.
    before: u64,
    merge: bool,
}

/// A state of the reader to come back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    table: Mark,
    weight: u64,
    anchors: usize,
}

impl Place {
    /// The number of the first node behind it.
    pub(super) fn next_id(self) -> NodeId {
        self.table.next_id()
    }
}

const CORE: &str = "tag:yaml.org,2002:";

impl<'t> Reader<'t, '_> {
    /// Reads anchor and tag up to something else or the end of the line.
    pub(super) fn properties(&mut self) -> Step<Properties> {
        let mut found = Properties::default();
        loop {
            let start = self.pos;
            match self.byte(start) {
                b'&' => {
                    let name = self.anchor_name()?;
                    if found.anchor != 0 {
                        return Err(self.fail(start, say::TWO_ANCHORS));
                    }
                    if self.anchors.is_empty() {
                        self.anchors.push(Anchor::Lost);
                    }
                    found.anchor = self.anchors.len();
                    self.anchors.push(Anchor::Lost);
                    self.anchor_names.insert(name, found.anchor);
                }
                b'!' => {
                    if found.tag.is_some() {
                        return Err(self.fail(start, say::TWO_ANCHORS));
                    }
                    found.tag = Some(self.tag()?);
                    found.made = makes_a_value(self.text.get(start..self.pos).unwrap_or_default());
                }
                _ => return Ok(found),
            }
            self.skip_blanks();
        }
    }

    /// Properties that stand on two lines.
    pub(super) fn join(&mut self, first: Properties, second: Properties) -> Step<Properties> {
        if first.anchor != 0 && second.anchor != 0 || first.tag.is_some() && second.tag.is_some() {
            return Err(self.fail(self.pos, say::TWO_ANCHORS));
        }
        Ok(Properties {
            anchor: first.anchor.max(second.anchor),
            tag: first.tag.or(second.tag),
            made: first.made || second.made,
        })
    }

    /// The name behind `&` or `*`; moves behind it.
    pub(super) fn anchor_name(&mut self) -> Step<&'t str> {
        let start = self.pos + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let len = rest
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b']' | b'{' | b'}'));
        let end = start + len.unwrap_or(rest.len());
        if end == start {
            return Err(self.fail(self.pos, say::NAME));
        }
        self.pos = end;
        Ok(self.text.get(start..end).unwrap_or_default())
    }

    /// A tag; moves behind it.
    fn tag(&mut self) -> Step<ScalarType> {
        let start = self.pos;
        let text = self.text;
        let rest = self.bytes.get(start..).unwrap_or_default();
        if rest.get(1) == Some(&b'<') {
            let Some(len) =
                memchr::memchr3(b'>', b'\n', b' ', rest).filter(|at| rest.get(*at) == Some(&b'>'))
            else {
                return Err(self.fail(start, say::TAG));
            };
            self.pos = start + len + 1;
            self.separated_tag()?;
            return Ok(tag_type(text.get(start + 2..start + len).unwrap_or_default()));
        }
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b']' | b'{' | b'}'));
        self.pos = start + end.unwrap_or(rest.len());
        self.separated_tag()?;
        let whole = text.get(start..self.pos).unwrap_or_default();
        let handle_end = whole.get(1..).and_then(|rest| rest.find('!')).map_or(1, |at| at + 2);
        let (handle, suffix) = whole.split_at(handle_end.min(whole.len()));
        let declared = self.handles.iter().find(|known| known.name == handle).map(|known| known.prefix);
        let prefix = match (declared, handle) {
            (Some(prefix), _) => prefix,
            (None, "!!") => CORE,
            // A tag of the file's own.
            (None, "!") => return Ok(ScalarType::String),
            (None, _) => return Err(self.fail(start, say::HANDLE)),
        };
        Ok(if prefix == CORE {
            core_type(suffix)
        } else if prefix.starts_with(CORE) || CORE.starts_with(prefix) {
            tag_type(&format!("{prefix}{suffix}"))
        } else {
            ScalarType::String
        })
    }

    fn separated_tag(&mut self) -> Step {
        // A comma may follow in brackets; elsewhere what follows cannot be a value and is reported as such.
        if self.is_white(self.pos) || matches!(self.byte(self.pos), b',' | b']' | b'}') {
            return Ok(());
        }
        Err(self.fail(self.pos, say::TAG))
    }

    // ----- rows ----------------------------------------------------------------------------------------------

    /// The place of the text in `scratch`, the value of a scalar at `source`, in the future data.
    pub(super) fn place_scratch(&mut self, source: Span) -> Span {
        match (self.restore)(source, &self.scratch) {
            Some(restored) => self.table.place(&restored),
            None => self.table.append(&self.scratch),
        }
    }

    pub(super) fn scalar(&mut self, key: Key, properties: Properties, scalar: Scalar) {
        let (ty, mut flags) = match properties.tag {
            Some(ty) => (ty, 0),
            None if scalar.style == Style::Plain => schema::resolve(self.table.data(scalar.value)),
            None => (ScalarType::String, 0),
        };
        if properties.anchor != 0 {
            flags |= flag::ANCHOR;
        }
        if properties.made {
            flags |= flag::UNKNOWN;
        }
        let node =
            self.table.leaf(head(NodeKind::Scalar, ty, scalar.style, flags), scalar.span, key, scalar.value);
        self.weight = self.weight.saturating_add(1);
        self.set_anchor(properties.anchor, Anchor::Node(node, 1));
    }

    /// A value that is not written: it stands at the end of its key, or at `end`, behind what announces it.
    pub(super) fn implicit(&mut self, key: Key, properties: Properties, end: usize) {
        let at = if key.span.is_empty() { end as u32 } else { key.span.end };
        self.implicit_end = end;
        let span = Span::new(at, at);
        let mut flags = flag::IMPLICIT;
        if properties.anchor != 0 {
            flags |= flag::ANCHOR;
        }
        let ty = properties.tag.unwrap_or(ScalarType::Null);
        let node = self.table.leaf(head(NodeKind::Scalar, ty, Style::Plain, flags), span, key, span);
        self.weight = self.weight.saturating_add(1);
        self.set_anchor(properties.anchor, Anchor::Node(node, 1));
    }

    /// Opens a collection that starts at `start`.
    pub(super) fn open(
        &mut self,
        kind: NodeKind,
        style: Style,
        start: usize,
        mut key: Key,
        properties: Properties,
    ) -> Step<Opened> {
        self.check_depth(start)?;
        let span = Span::new(start as u32, start as u32);
        let before = self.weight;
        let merge = self.is_merge(key);
        if merge {
            self.table.open(head(NodeKind::Merge, ScalarType::String, Style::Plain, 0), span, key);
            let node = self.table.next_id();
            self.table.set(self.table.current(), column::TARGET, node);
            self.weight = self.weight.saturating_add(1);
            key = Key::default();
        }
        let flags = if properties.anchor == 0 { 0 } else { flag::ANCHOR };
        self.table.open(head(kind, ScalarType::String, style, flags), span, key);
        self.weight = self.weight.saturating_add(1);
        self.set_anchor(properties.anchor, Anchor::Open);
        Ok(Opened { anchor: properties.anchor, before, merge })
    }

    /// Closes the collection, which ends at `end` or behind its last child. The `:` in front of a last value that is
    /// not written belongs to it.
    pub(super) fn close(&mut self, opened: Opened, end: Option<usize>) {
        let last = self.table.next_id() - 1;
        let node = self.table.close(end.map(|end| end as u32));
        let is_implicit = (self.table.cell(last, column::HEAD) >> 24) as u8 & flag::IMPLICIT != 0;
        if is_implicit && self.table.cell(node, column::END) < self.implicit_end as u32 {
            self.table.set(node, column::END, self.implicit_end as u32);
        }
        self.set_anchor(opened.anchor, Anchor::Node(node, self.weight - opened.before));
        if opened.merge {
            let end = self.table.cell(node, column::END);
            self.table.close(Some(end));
        }
    }

    /// An alias, whose `name` is behind the `*` at `start`.
    pub(super) fn alias(&mut self, key: Key, start: usize, name: &str) {
        let span = Span::new(start as u32, self.pos as u32);
        let anchor = self.anchor(name, span);
        if let Anchor::Key(named) = anchor {
            // The anchored key has no node to point at: the alias becomes a copy of its text.
            let ty = schema::resolve(self.table.data(named.name)).0;
            self.table.leaf(head(NodeKind::Scalar, ty, Style::Plain, 0), span, key, named.name);
            self.weight = self.weight.saturating_add(1);
            return;
        }
        let kind = if self.is_merge(key) { NodeKind::Merge } else { NodeKind::Alias };
        let value = Span::new(span.start, span.start);
        let node = self.table.leaf(head(kind, ScalarType::String, Style::Plain, 0), span, key, value);
        let mut weight = 1;
        match anchor {
            Anchor::Open => {
                let message = "the alias stands inside the value that it names";
                self.table.problem("invalid", ProblemLevel::Error, span, message);
            }
            Anchor::Node(target, target_weight) => {
                if self.weight.saturating_add(target_weight) <= limits::MAX_EXPANDED_NODES {
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
        self.weight = self.weight.saturating_add(weight);
    }

    /// The key that an alias stands for: the text of the scalar it names, else its own.
    pub(super) fn alias_key(&mut self, start: usize, name: &str) -> Key {
        let span = Span::new(start as u32, self.pos as u32);
        let name = match self.anchor(name, span) {
            Anchor::Key(key) => key.name,
            Anchor::Node(node, _) => self.scalar_value(node).unwrap_or(span),
            Anchor::Lost | Anchor::Open => span,
        };
        Key { span, name }
    }

    fn anchor(&mut self, name: &str, span: Span) -> Anchor {
        let id = self.anchor_names.get(name).copied();
        let Some(anchor) = id.and_then(|id| self.anchors.get(id)).copied() else {
            let message = format!("alias `*{}` names no anchor above", shorten(name));
            self.table.problem("invalid", ProblemLevel::Error, span, message);
            return Anchor::Lost;
        };
        anchor
    }

    fn scalar_value(&self, node: NodeId) -> Option<Span> {
        let cell = |column| self.table.cell(node, column);
        (cell(column::HEAD) as u8 == NodeKind::Scalar as u8)
            .then(|| Span::new(cell(column::TEXT_START), cell(column::TEXT_END)))
    }

    pub(super) fn set_anchor(&mut self, id: usize, anchor: Anchor) {
        if id != 0
            && let Some(slot) = self.anchors.get_mut(id)
        {
            *slot = anchor;
        }
    }

    /// Whether this is the merge key: `<<` without quotes.
    fn is_merge(&self, key: Key) -> bool {
        key.span.len() == 2 && key.span.slice(self.text) == Some("<<")
    }

    // ----- nodes that turn out to be keys --------------------------------------------------------------------

    pub(super) fn here(&self) -> Place {
        Place { table: self.table.mark(), weight: self.weight, anchors: self.anchors.len() }
    }

    /// Takes the node that was added since `place` back out of the table: it is a key. A collection's name is its source.
    pub(super) fn take_key(&mut self, place: Place) -> Key {
        let node = place.table.next_id();
        let cell = |column| self.table.cell(node, column);
        let span = Span::new(cell(column::START), cell(column::END));
        let kind = NodeKind::from_u8(cell(column::HEAD) as u8);
        let name = match kind {
            Some(NodeKind::Scalar) => self.scalar_value(node).unwrap_or(span),
            Some(NodeKind::Alias) => {
                let target = self.table.cell(node, column::TARGET);
                self.scalar_value(target).unwrap_or(span)
            }
            _ => span,
        };
        let key = Key { span, name };
        let named = if kind == Some(NodeKind::Scalar) { Anchor::Key(key) } else { Anchor::Lost };
        for anchor in self.anchors.iter_mut().skip(place.anchors) {
            *anchor = match *anchor {
                Anchor::Node(to, _) if to == node => named,
                _ => Anchor::Lost,
            };
        }
        self.table.roll_back(place.table);
        self.weight = place.weight;
        key
    }
}

/// Whether a tag names something that makes a value from the text behind it. Compose's two say how files are merged, and
/// Ansible's `!unsafe` that the text is no template.
fn makes_a_value(tag: &str) -> bool {
    let own = tag.strip_prefix('!').filter(|name| !name.is_empty() && !name.contains(['!', '<']));
    own.is_some_and(|name| !matches!(name, "reset" | "override" | "unsafe"))
}

/// The type behind a whole tag.
fn tag_type(tag: &str) -> ScalarType {
    tag.strip_prefix(CORE).map_or(ScalarType::String, core_type)
}

fn core_type(suffix: &str) -> ScalarType {
    match suffix {
        "int" => ScalarType::Int,
        "float" => ScalarType::Float,
        "bool" => ScalarType::Bool,
        "null" => ScalarType::Null,
        "timestamp" => ScalarType::Timestamp,
        _ => ScalarType::String,
    }
}
