//! What brackets structure: `[a, b]` and `{a: b}`.

use super::messages as say;
use super::node::{Anchor, Place, Properties, Scalar};
use super::read::{Reader, Step};
use crate::table::Key;
use stockade_model::{NodeKind, Span, Style, column};

/// What was read before it was known whether it is a key.
enum Found<'t> {
    Scalar(Scalar),
    /// Name and start; `pos` is behind it.
    Alias(&'t str, usize),
    /// Stands in the table already.
    Collection,
    /// Nothing is written.
    Nothing,
}

impl<'t> Reader<'t, '_> {
    /// The collection at `pos`, which is at its opening bracket. `parent` is the indentation of the block around it.
    pub(super) fn flow(&mut self, key: Key, properties: Properties, parent: i32) -> Step {
        let is_mapping = self.byte(self.pos) == b'{';
        let kind = if is_mapping { NodeKind::Mapping } else { NodeKind::Sequence };
        let opened = self.open(kind, Style::Flow, self.pos, key, properties)?;
        self.pos += 1;
        loop {
            self.skip_inside(is_mapping, parent)?;
            if self.closes(is_mapping)? {
                break;
            }
            if is_mapping {
                self.flow_entry(parent)?
            } else {
                self.flow_item(parent)?
            }
            self.check_stopped()?;
            self.skip_inside(is_mapping, parent)?;
            if self.closes(is_mapping)? {
                break;
            }
            if self.byte(self.pos) != b',' {
                let message = match self.byte(self.pos) {
                    b'#' => say::COMMENT,
                    b':' => say::COLON,
                    _ if is_mapping => say::IN_MAPPING,
                    _ => say::IN_SEQUENCE,
                };
                return Err(self.fail(self.pos, message));
            }
            self.pos += 1;
        }
        self.close(opened, Some(self.pos));
        Ok(())
    }

    /// Moves behind the closing bracket if it is next.
    fn closes(&mut self, is_mapping: bool) -> Step<bool> {
        let close = self.byte(self.pos);
        match (close, is_mapping) {
            (b'}', true) | (b']', false) => {
                self.pos += 1;
                Ok(true)
            }
            (b'}' | b']', _) => {
                let open = if is_mapping { '{' } else { '[' };
                let message = format!("`{open}` is closed by `{}`", char::from(close));
                Err(self.fail(self.pos, message))
            }
            _ => Ok(false),
        }
    }

    /// Skips to the next thing inside brackets; the file or document must not end here.
    fn skip_inside(&mut self, is_mapping: bool, parent: i32) -> Step {
        let line = self.line;
        self.skip();
        if self.at_end() {
            let message = if is_mapping { say::OPEN_MAPPING } else { say::OPEN_SEQUENCE };
            let start = self.table.cell(self.table.current(), column::START) as usize;
            return Err(self.fail(start, message));
        }
        if self.at_any_marker() {
            return Err(self.fail(self.pos, say::DOCUMENT_IN_BRACKETS));
        }
        if self.tab && self.line != line && self.indent() <= parent {
            return Err(self.fail(self.pos, say::TAB));
        }
        Ok(())
    }

    /// An entry of a mapping in braces.
    fn flow_entry(&mut self, parent: i32) -> Step {
        let start = self.pos;
        let explicit = self.byte(start) == b'?' && self.is_white(start + 1);
        if explicit {
            self.pos += 1;
            self.skip_inside(true, parent)?;
        }
        let place = self.here();
        let mut key_end = self.pos;
        let (properties, found) = self.flow_node(parent, Key::default())?;
        let adjacent = is_json_like(&found);
        let key = self.found_key(place, properties, found, &mut key_end);
        self.skip_inside(true, parent)?;
        self.table.note_key(key.name);
        if self.is_flow_value(adjacent) {
            if (key.span.end as usize) < self.line && self.indent() <= parent {
                return Err(self.fail(self.pos, say::INDENTATION));
            }
            self.pos += 1;
            return self.flow_value(parent, key);
        }
        if key.span.is_empty() && !explicit {
            return Err(self
                .fail(self.pos, if self.byte(self.pos) == b',' { say::COMMA } else { say::EXPECTED_VALUE }));
        }
        self.implicit(key, Properties::default(), key_end);
        Ok(())
    }

    /// An item of a sequence in brackets, which may be a single pair.
    fn flow_item(&mut self, parent: i32) -> Step {
        let (start, line) = (self.pos, self.line);
        let explicit = self.byte(start) == b'?' && self.is_white(start + 1);
        if explicit {
            let opened =
                self.open(NodeKind::Mapping, Style::Flow, start, Key::default(), Properties::default())?;
            self.pos += 1;
            self.skip_inside(true, parent)?;
            if matches!(self.byte(self.pos), b',' | b']') {
                let nothing = Span::new(self.pos as u32, self.pos as u32);
                self.implicit(Key { span: nothing, name: nothing }, Properties::default(), self.pos);
            } else {
                self.flow_entry(parent)?;
            }
            self.close(opened, None);
            return Ok(());
        }
        let place = self.here();
        let (properties, found) = self.flow_node(parent, Key::default())?;
        let behind = (self.pos, self.line);
        let adjacent = is_json_like(&found);
        self.skip_blanks();
        if self.line == line && self.is_flow_value(adjacent) {
            self.check_key_length(start)?;
            let mut end = start;
            let key = self.found_key(place, properties, found, &mut end);
            let begin = if key.span.is_empty() { start } else { key.span.start as usize };
            let opened =
                self.open(NodeKind::Mapping, Style::Flow, begin, Key::default(), Properties::default())?;
            self.table.note_key(key.name);
            self.pos += 1;
            self.flow_value(parent, key)?;
            self.close(opened, None);
            return Ok(());
        }
        (self.pos, self.line) = behind;
        match found {
            Found::Scalar(scalar) => self.scalar(Key::default(), properties, scalar),
            Found::Alias(name, start) => self.alias(Key::default(), start, name),
            Found::Collection => {}
            Found::Nothing if properties.is_empty() => {
                return Err(self.fail(
                    self.pos,
                    if self.byte(self.pos) == b',' { say::COMMA } else { say::EXPECTED_VALUE },
                ));
            }
            Found::Nothing => self.implicit(Key::default(), properties, self.behind_text()),
        }
        Ok(())
    }

    /// The value behind a `:`.
    fn flow_value(&mut self, parent: i32, key: Key) -> Step {
        let mut end = self.pos;
        self.skip();
        let (properties, found) = self.flow_node(parent, key)?;
        if !properties.is_empty() {
            end = self.behind_text();
        }
        match found {
            Found::Scalar(scalar) => self.scalar(key, properties, scalar),
            Found::Alias(name, start) => self.alias(key, start, name),
            Found::Collection => {}
            Found::Nothing => self.implicit(key, properties, end),
        }
        Ok(())
    }

    /// A node in brackets: a collection goes into the table with `key`, anything else is handed back.
    fn flow_node(&mut self, parent: i32, key: Key) -> Step<(Properties, Found<'t>)> {
        let properties = self.properties()?;
        if !properties.is_empty() {
            self.skip();
        }
        let start = self.pos;
        let found = match self.byte(start) {
            b'[' | b'{' => {
                self.flow(key, properties, parent)?;
                Found::Collection
            }
            b'"' | b'\'' => Found::Scalar(self.quoted(parent, true)?),
            b'*' => {
                if !properties.is_empty() {
                    return Err(self.fail(start, say::ALIAS_PROPERTIES));
                }
                Found::Alias(self.anchor_name()?, start)
            }
            b',' | b']' | b'}' => Found::Nothing,
            b':' if self.ends_plain(start + 1) => Found::Nothing,
            b'-' if self.is_white(start + 1) => return Err(self.fail(start, say::ITEM_IN_BRACKETS)),
            b'-' if self.ends_plain(start + 1) => return Err(self.fail(start, say::DASH_IN_BRACKETS)),
            _ if self.at_end() => Found::Nothing,
            byte => {
                self.starts_plain(byte)?;
                let end = self.plain_line(start, true);
                Found::Scalar(self.plain(parent, start, end, true)?)
            }
        };
        Ok((properties, found))
    }

    /// What was found, as a key. `end` becomes the offset behind it.
    fn found_key(&mut self, place: Place, properties: Properties, found: Found<'t>, end: &mut usize) -> Key {
        let key = match found {
            Found::Scalar(scalar) => {
                let key = scalar.key();
                self.set_anchor(properties.anchor, Anchor::Key(key));
                key
            }
            Found::Alias(name, start) => {
                let behind = self.pos;
                self.pos = start + 1 + name.len();
                let key = self.alias_key(start, name);
                self.pos = behind;
                key
            }
            Found::Collection => self.take_key(place),
            Found::Nothing => {
                let nothing = Span::new(*end as u32, *end as u32);
                Key { span: nothing, name: nothing }
            }
        };
        *end = key.span.end as usize;
        key
    }

    /// Whether the byte at `at` cannot be part of a plain scalar behind a `:` or `-`.
    pub(super) fn ends_plain(&self, at: usize) -> bool {
        self.is_white(at) || matches!(self.byte(at), b',' | b'[' | b']' | b'{' | b'}')
    }

    /// Whether there is a `:` that announces a value. Behind quotes and brackets it needs no space.
    fn is_flow_value(&self, adjacent: bool) -> bool {
        self.byte(self.pos) == b':' && (adjacent || self.ends_plain(self.pos + 1))
    }
}

fn is_json_like(found: &Found<'_>) -> bool {
    match found {
        Found::Scalar(scalar) => scalar.style != Style::Plain,
        Found::Collection => true,
        Found::Alias(..) | Found::Nothing => false,
    }
}
