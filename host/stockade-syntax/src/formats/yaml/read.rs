//! The stream: documents, directives, white space and comments, and how to go on behind a broken document.
//!
//! The reader works on bytes, in one pass, straight into the node table: there are no tokens and no events in
//! between. A scalar is read before it is known whether it is a key; a collection that turns out to be
//! one is taken back out of the table.

use super::messages as say;
use super::node::{Anchor, Handle};
use crate::limits;
use crate::table::{Key, Parts, TableBuilder, head};
use std::borrow::Cow;
use std::collections::HashMap;
use stockade_model::{NodeId, NodeKind, ProblemLevel, ScalarType, Span, Style, column};

/// Puts template expressions back into a decoded value; gets where the value stands.
pub(super) type Restore<'r> = &'r dyn Fn(Span, &str) -> Option<String>;

/// What is wrong stands in [`Reader::fault`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken;

/// The outcome of reading something.
pub(super) type Step<T = ()> = Result<T, Broken>;

/// Why a document cannot be read further.
#[derive(Debug)]
struct Fault {
    at: usize,
    code: &'static str,
    message: Cow<'static, str>,
}

/// Reads `text` into a table. Values that are no slices of the text are passed through `restore`.
/// `max_key` is the length of the longest implicit key, in characters.
pub(super) fn read(text: &str, max_key: usize, restore: Restore<'_>) -> Parts {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        line: 0,
        tab: false,
        table: TableBuilder::new(text),
        restore,
        max_key,
        anchors: Vec::new(),
        anchor_names: HashMap::new(),
        handles: Vec::new(),
        scratch: String::new(),
        weight: 0,
        expansion_reported: false,
        implicit_end: 0,
        loose_until: 0,
        fault: None,
        broken: None,
    };
    reader.stream();
    reader.table.finish()
}

pub(super) struct Reader<'t, 'r> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    /// Offset of the next byte.
    pub(super) pos: usize,
    /// Offset where the line of `pos` starts.
    pub(super) line: usize,
    /// Whether the white space that was just skipped on this line holds a tab.
    pub(super) tab: bool,
    pub(super) table: TableBuilder<'t>,
    pub(super) restore: Restore<'r>,
    pub(super) max_key: usize,
    /// The document's anchors, numbered from 1; number 0 is none.
    pub(super) anchors: Vec<Anchor>,
    /// The number of the last anchor of each name.
    pub(super) anchor_names: HashMap<&'t str, usize>,
    /// What `%TAG` lines of the document declare.
    pub(super) handles: Vec<Handle<'t>>,
    /// For values that differ from their source.
    pub(super) scratch: String,
    /// Nodes of the document so far when every alias is followed.
    pub(super) weight: u64,
    pub(super) expansion_reported: bool,
    /// Behind the indicator of the last value that is not written.
    pub(super) implicit_end: usize,
    /// The closing quote of a text whose lines may be indented too little.
    pub(super) loose_until: usize,
    fault: Option<Fault>,
    /// The error node of the broken document before the one being read.
    broken: Option<NodeId>,
}

impl Reader<'_, '_> {
    fn stream(&mut self) {
        loop {
            self.between_documents();
            if self.at_end() {
                break;
            }
            if self.document().is_err() {
                if self.table.stopped() {
                    self.table.mark_open_partial();
                    return;
                }
                self.report();
                self.find_next_marker();
            }
        }
        self.end_broken(self.text.len());
    }

    /// One document, from its directives to its end.
    fn document(&mut self) -> Step {
        self.anchors.clear();
        self.anchor_names.clear();
        self.handles.clear();
        self.weight = 0;
        if self.at_marker(b'.') {
            self.pos += 3;
            return self.line_end(say::TEXT_BEHIND_END);
        }
        let directives = self.directives()?;
        if self.at_marker(b'-') {
            self.end_broken(self.pos);
            self.pos += 3;
            self.value(-1, Key::default(), super::block::Place::Document)?;
        } else if directives || self.at_end() {
            return Err(self.fail(self.pos, say::EXPECTED_DOCUMENT));
        } else {
            self.end_broken(self.pos);
            self.value(-1, Key::default(), super::block::Place::Bare)?;
        }
        self.skip();
        if self.at_end() || self.at_any_marker() {
            return Ok(());
        }
        let message = if self.tab {
            say::TAB
        } else if self.column() < self.root_column() {
            say::INDENTATION
        } else {
            say::EXPECTED_DOCUMENT
        };
        Err(self.fail(self.pos, message))
    }

    /// The column of the document just read, if it is a block collection.
    fn root_column(&self) -> i32 {
        let root = self.table.last_child();
        let head = self.table.cell(root, column::HEAD);
        if head as u8 == NodeKind::Scalar as u8 || (head >> 16) as u8 == Style::Flow as u8 {
            return 0;
        }
        let start = self.table.cell(root, column::START) as usize;
        let before = self.bytes.get(..start).unwrap_or_default();
        (start - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)) as i32
    }

    /// The lines with `%` before a document. Whether there were any.
    fn directives(&mut self) -> Step<bool> {
        let (mut any, mut version) = (false, false);
        while self.byte(self.pos) == b'%' && self.pos == self.line {
            any = true;
            let start = self.pos;
            let end = self.end_of_line(start);
            let line = self.text.get(start + 1..end).unwrap_or_default();
            let line = line.split_once(" #").map_or(line, |(line, _)| line);
            let mut words = line.split_ascii_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some("YAML"), Some(_), _) if version => {
                    return Err(self.fail(start, say::SECOND_VERSION));
                }
                (Some("YAML"), Some(number), None) => {
                    version = true;
                    match number.split_once('.') {
                        Some(("1", minor)) if minor.bytes().all(|b| b.is_ascii_digit()) => {}
                        _ => return Err(self.fail(start, say::VERSION)),
                    }
                }
                (Some("YAML"), ..) => return Err(self.fail(start, say::VERSION)),
                (Some("TAG"), ..) if self.handles.len() >= limits::MAX_YAML_HANDLES => {
                    let message = format!("more than {} `%TAG` directives", limits::MAX_YAML_HANDLES);
                    return Err(self.fail_limit(start, message));
                }
                (Some("TAG"), Some(name), Some(prefix)) => self.handles.push(Handle { name, prefix }),
                // Others are reserved: to be ignored.
                _ => {}
            }
            self.pos = end;
            self.skip();
        }
        Ok(any)
    }

    /// Blank lines, comments and byte order marks before a document.
    fn between_documents(&mut self) {
        loop {
            self.skip();
            // At a line's start, or it would be text.
            if self.pos != self.line || !self.bytes.get(self.pos..).unwrap_or_default().starts_with(MARK) {
                return;
            }
            self.pos += MARK.len();
            self.line = self.pos;
        }
    }

    /// Moves to the next line that starts or ends a document, or to the end of the file.
    fn find_next_marker(&mut self) {
        let mut at = self.pos.min(self.bytes.len());
        if at != self.line || !self.at_any_marker() {
            loop {
                at = self.end_of_line(at);
                if at >= self.bytes.len() {
                    break;
                }
                at = self.behind_break(at);
                self.line = at;
                self.pos = at;
                if self.at_any_marker() {
                    break;
                }
            }
        }
        self.pos = at;
        self.line = at;
        self.tab = false;
    }

    // ----- white space ---------------------------------------------------------------------------------------

    /// Skips white space, line breaks and comments, which it records.
    pub(super) fn skip(&mut self) {
        let bytes = self.bytes;
        loop {
            match bytes.get(self.pos) {
                Some(b' ') => self.pos += 1,
                Some(b'\n') => {
                    self.pos += 1;
                    self.line = self.pos;
                    self.tab = false;
                }
                Some(b'\r') => {
                    self.pos = self.behind_break(self.pos);
                    self.line = self.pos;
                    self.tab = false;
                }
                Some(b'\t') => {
                    self.tab = true;
                    self.pos += 1;
                }
                Some(b'#') if self.pos == self.line || matches!(self.byte(self.pos - 1), b' ' | b'\t') => {
                    let end = self.end_of_line(self.pos);
                    let comment = bytes.get(self.pos..end).unwrap_or_default().trim_ascii_end();
                    self.table.comment(Span::new(self.pos as u32, (self.pos + comment.len()) as u32));
                    self.pos = end;
                }
                _ => return,
            }
        }
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.byte(self.pos), b' ' | b'\t') {
            self.pos += 1;
        }
    }

    /// Makes sure that nothing but a comment follows on this line; `message` says what is wrong with anything else.
    pub(super) fn line_end(&mut self, message: &'static str) -> Step {
        let behind = self.pos;
        self.skip_blanks();
        match self.byte(self.pos) {
            b'\n' | b'\r' => Ok(()),
            _ if self.at_end() => Ok(()),
            b'#' if self.pos > behind => Ok(()),
            b'#' => Err(self.fail(self.pos, say::COMMENT)),
            b':' if self.is_white(self.pos + 1) => Err(self.fail(self.pos, say::VALUE)),
            _ => Err(self.fail(self.pos, message)),
        }
    }

    /// The offset behind the last byte before `pos` that is no blank.
    pub(super) fn behind_text(&self) -> usize {
        self.bytes.get(..self.pos).map_or(0, |before| {
            let blanks = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            before.len() - blanks
        })
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Whether there is white space, a line break or the end of the text at `at`.
    pub(super) fn is_white(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b' ' | b'\n' | b'\r' | b'\t'))
    }

    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// Whether the line starts with `---` or `...` (by `byte`) and white space behind.
    fn at_marker(&self, byte: u8) -> bool {
        self.pos == self.line && self.is_marker(self.pos) && self.byte(self.pos) == byte
    }

    pub(super) fn at_any_marker(&self) -> bool {
        self.pos == self.line && self.is_marker(self.pos)
    }

    /// Whether `at`, the start of a line, has `---` or `...` with white space behind.
    pub(super) fn is_marker(&self, at: usize) -> bool {
        matches!(self.bytes.get(at..at + 3), Some(b"---" | b"...")) && self.is_white(at + 3)
    }

    /// The column of `pos`, in bytes from 0.
    pub(super) fn column(&self) -> i32 {
        (self.pos - self.line) as i32
    }

    /// The number of spaces that the current line starts with, up to `pos`.
    pub(super) fn indent(&self) -> i32 {
        if !self.tab {
            return self.column();
        }
        let line = self.bytes.get(self.line..self.pos).unwrap_or_default();
        line.iter().take_while(|byte| **byte == b' ').count() as i32
    }

    /// The offset of the line break, or of the end of the text, behind `at`.
    pub(super) fn end_of_line(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
    }

    /// The offset behind the line break at `at`.
    pub(super) fn behind_break(&self, at: usize) -> usize {
        if self.byte(at) == b'\r' && self.byte(at + 1) == b'\n' { at + 2 } else { at + 1 }
    }

    // ----- what goes wrong -----------------------------------------------------------------------------------

    /// Notes why the document cannot be read further.
    pub(super) fn fail(&mut self, at: usize, message: impl Into<Cow<'static, str>>) -> Broken {
        self.fault = Some(Fault { at, code: "invalid", message: message.into() });
        Broken
    }

    pub(super) fn fail_limit(&mut self, at: usize, message: String) -> Broken {
        self.fault = Some(Fault { at, code: "limit", message: message.into() });
        Broken
    }

    /// Turns the fault into a problem and gives up on the document: its open collections may have had more entries.
    fn report(&mut self) {
        let Some(Fault { at, code, message }) = self.fault.take() else { return };
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        let mut message = message.into_owned();
        let current = self.table.current();
        let is_flow = (self.table.cell(current, column::HEAD) >> 16) as u8 == Style::Flow as u8;
        if is_flow && code == "invalid" && !say::names_bracket(&message) {
            let start = self.table.cell(current, column::START) as usize;
            let bracket = if self.byte(start) == b'{' { '{' } else { '[' };
            let before = self.bytes.get(..start).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            message.push_str(&format!(" (inside `{bracket}` of line {line})"));
        }
        // From the place to the end of its line, so that there is something to underline.
        let end = self.end_of_line(at);
        let rest = self.text.get(at..end).unwrap_or_default();
        let span = Span::new(at as u32, (at + rest.trim_end().len()) as u32);
        self.table.problem(code, ProblemLevel::Error, span, message);
        self.table.mark_open_partial();
        while self.table.depth() > 1 {
            self.table.close(None);
        }
        if self.broken.is_none() {
            // Rows are in source order, and the fault may be an opening bracket far above.
            let last = self.table.next_id() - 1;
            let is_scalar = self.table.cell(last, column::HEAD) as u8 == NodeKind::Scalar as u8;
            let last_end = if is_scalar { column::END } else { column::START };
            let start = self.table.cell(last, last_end).max(self.table.cell(last, column::KEY_END));
            let span = Span::new(start.max(at as u32), start.max(at as u32));
            let node = head(NodeKind::Error, ScalarType::String, Style::Plain, 0);
            self.broken = Some(self.table.leaf(node, span, Key::default(), span));
        }
    }

    /// A new document starts at `at` (or the file ends): what was not understood ends before it.
    fn end_broken(&mut self, at: usize) {
        let Some(node) = self.broken.take() else { return };
        let start = self.table.cell(node, column::START);
        let skipped = self.text.get(start as usize..at).unwrap_or_default();
        self.table.set(node, column::END, start + skipped.trim_end().len() as u32);
    }

    /// Ends everything where a limit of the table was reached.
    pub(super) fn check_stopped(&self) -> Step {
        if self.table.stopped() { Err(Broken) } else { Ok(()) }
    }

    /// The problem of nesting too deeply, if the table is at its limit.
    pub(super) fn check_depth(&mut self, at: usize) -> Step {
        if self.table.too_deep() {
            let message = format!("collections are nested deeper than {}", limits::MAX_DEPTH);
            return Err(self.fail_limit(at, message));
        }
        Ok(())
    }
}

/// The byte order mark in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();
