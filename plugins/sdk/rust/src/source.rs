//! One file, as the host parsed it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::bindings::stockade::plugin::types;
use crate::{Node, Span};

/// Where `part` first begins in `text`, in bytes. Several times as fast as [`str::find`] on a whole file.
#[must_use]
pub fn find(text: &str, part: &str) -> Option<usize> {
    memchr::memmem::find(text.as_bytes(), part.as_bytes())
}

/// Whether `part` occurs in `text`: see [`find`].
#[must_use]
pub fn contains(text: &str, part: &str) -> bool {
    find(text, part).is_some()
}

/// Cells of a node row that this SDK reads; a host may send longer rows.
pub(crate) const COLUMNS: usize = 13;

/// A file: its path, kind, text and nodes.
#[derive(Debug)]
pub struct Source {
    path: String,
    kind: String,
    marks: Vec<String>,
    data: String,
    text_len: usize,
    pub(crate) stride: usize,
    pub(crate) cells: Vec<u32>,
    comments: Vec<u32>,
    comment_stride: usize,
    others: Vec<types::Table>,
    shared: Mutex<Shared>,
}

/// What merges of large nodes brought in: by key, by the node and how deep in merges it stood, the row found.
type Shared = BTreeMap<String, BTreeMap<(u32, u8), Option<u32>>>;

impl Source {
    /// Wraps what the host sent. Tables with rows shorter than this SDK knows count as absent.
    #[must_use]
    pub fn new(raw: types::Source) -> Self {
        let mut this = Self {
            path: raw.path,
            kind: raw.kind,
            marks: raw.marks,
            text_len: (raw.text_len as usize).min(raw.data.len()),
            data: raw.data,
            stride: COLUMNS,
            cells: Vec::new(),
            comments: Vec::new(),
            comment_stride: 3,
            others: Vec::new(),
            shared: Mutex::default(),
        };
        for table in raw.tables {
            match table.name.as_str() {
                "nodes" if table.stride as usize >= COLUMNS => {
                    this.stride = table.stride as usize;
                    this.cells = table.cells;
                }
                "comments" if table.stride >= 3 => {
                    this.comment_stride = table.stride as usize;
                    this.comments = table.cells;
                }
                _ => this.others.push(table),
            }
        }
        this
    }

    /// Path from the root of the repository, separated by `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// What the file is: `dockerfile`, `kubernetes`, ...
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether the host marked the file so: `production`, `example`, `helm-template`, ...
    #[must_use]
    pub fn is_marked(&self, mark: &str) -> bool {
        self.marks.iter().any(|m| m == mark)
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.data.get(..self.text_len).unwrap_or_default()
    }

    /// Text followed by decoded values: what the table's slices cut.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The text under `span`, or empty where it is no valid span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text().get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The root node.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::new(self, 0)
    }

    /// The node in this row.
    #[must_use]
    pub fn node(&self, id: u32) -> Node<'_> {
        Node::new(self, id)
    }

    /// What `look` finds for a key of a node that many may merge, looked for once.
    pub(crate) fn shared<'a>(
        &'a self,
        node: Node<'a>,
        depth: u8,
        key: &str,
        look: impl FnOnce() -> Option<Node<'a>>,
    ) -> Option<Node<'a>> {
        let place = (node.id(), depth);
        let known = self.shared.lock().ok().and_then(|all| all.get(key)?.get(&place).copied());
        if let Some(known) = known {
            return known.map(|id| self.node(id));
        }
        // Merges lead to further merges, so nothing may be locked while looking.
        let found = look();
        if let Ok(mut all) = self.shared.lock() {
            if !all.contains_key(key) {
                all.insert(key.to_owned(), BTreeMap::new());
            }
            if let Some(places) = all.get_mut(key) {
                places.insert(place, found.map(Node::id));
            }
        }
        found
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len() / self.stride
    }

    /// Whether the host sent no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The comments in source order, with the node each speaks about.
    pub fn comments(&self) -> impl Iterator<Item = (Span, Node<'_>)> {
        self.comments.chunks_exact(self.comment_stride).map(|row| match row {
            [start, end, node, ..] => (Span { start: *start, end: *end }, Node::new(self, *node)),
            _ => (Span { start: 0, end: 0 }, self.root()),
        })
    }

    /// The rows of a further table; empty where the host did not send it.
    pub fn table(&self, name: &str) -> impl Iterator<Item = &[u32]> {
        let table = self.others.iter().find(|t| t.name == name);
        table.into_iter().flat_map(|t| t.cells.chunks_exact((t.stride as usize).max(1)))
    }

    /// A slice of [`Source::data`], as table cells name it.
    #[must_use]
    pub fn data_slice(&self, start: u32, end: u32) -> &str {
        self.data.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Whether the slice is this text.
    pub(crate) fn data_is(&self, start: u32, end: u32, text: &str) -> bool {
        let text = text.as_bytes();
        // Nearly all differ in length or in the first byte, which spares the comparison.
        end.checked_sub(start).is_some_and(|len| len as usize == text.len())
            && self
                .data
                .as_bytes()
                .get(start as usize..end as usize)
                .is_some_and(|slice| slice.first() == text.first() && slice == text)
    }

    /// Start and end of the line that holds the byte at `offset`, without its line break. Bytes.
    #[must_use]
    pub fn line_at(&self, offset: u32) -> Span {
        let text = self.text();
        let at = (offset as usize).min(text.len());
        let bytes = text.as_bytes();
        let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let mut end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| at + i);
        if end > start && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        Span { start: start as u32, end: end.max(start) as u32 }
    }
}
