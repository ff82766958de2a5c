//! What indentation structures: nodes, mappings and sequences outside of brackets.

use super::messages as say;
use super::node::{Anchor, Properties, Scalar};
use super::read::{Reader, Step};
use crate::table::Key;
use stockade_model::{NodeKind, Span, Style};

/// Where a node may stand: what is allowed on the line of the indicator in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind `---`.
    Document,
    /// A document without `---`.
    Bare,
    /// Behind the `:` of an implicit key.
    Value,
    /// Behind the `?` or `:` of an explicit key.
    Explicit,
    /// Behind `- `.
    Item,
}

impl Place {
    /// Whether a block collection may begin on the indicator's line: `- - a`, `- a: b`.
    fn compact(self) -> bool {
        matches!(self, Self::Item | Self::Explicit)
    }

    /// Whether a sequence may be indented no deeper than what it belongs to.
    fn level_sequence(self) -> bool {
        matches!(self, Self::Value | Self::Explicit)
    }
}

/// Where a node's content was found, and with what before it.
#[derive(Clone, Copy, Debug)]
struct Content {
    /// Indentation of the collection around it; -1 for none.
    parent: i32,
    /// The key of the node.
    key: Key,
    /// On the lines above the content.
    above: Properties,
    /// On its line: the node's, or the first key's if the node is a mapping.
    near: Properties,
    /// Where the first of both starts on the content's line.
    start: usize,
    /// Whether a block collection may start here.
    fits: bool,
}

impl Reader<'_, '_> {
    /// Reads one node, with everything between the indicator in front of it and its content, and adds it with `key`.
    /// `parent` is the indentation of the collection around it. Leaves `pos` behind the node.
    pub(super) fn value(&mut self, parent: i32, key: Key, place: Place) -> Step {
        let mut end = self.pos;
        let line = self.line;
        self.tab = false;
        self.skip();
        let mut fresh = place == Place::Bare || self.line != line;
        let (mut above, mut near) = (Properties::default(), Properties::default());
        let mut start = self.pos;
        loop {
            if fresh && self.tab && self.indent() <= parent {
                return Err(self.fail(self.line_of_tab(), say::TAB));
            }
            if self.nothing_here(parent, fresh, place) {
                let properties = self.join(above, near)?;
                self.implicit(key, properties, end);
                return Ok(());
            }
            if !near.is_empty() || !matches!(self.byte(self.pos), b'&' | b'!') {
                break;
            }
            let line = self.line;
            start = self.pos;
            near = self.properties()?;
            end = self.behind_text();
            let tab = self.tab;
            self.skip();
            if self.line == line {
                self.tab = tab;
            } else {
                fresh = true;
                above = self.join(above, near)?;
                near = Properties::default();
                start = self.pos;
            }
        }
        let fits = fresh || place.compact();
        let content = Content { parent, key, above, near, start, fits };
        self.content(content)
    }

    /// Whether what is at `pos` belongs to a collection further out, so that the node is empty.
    fn nothing_here(&self, parent: i32, fresh: bool, place: Place) -> bool {
        if self.at_end() {
            return true;
        }
        if !fresh {
            return false;
        }
        let indent = self.indent();
        if indent > parent {
            return self.at_any_marker();
        }
        !(indent == parent && place.level_sequence() && !self.tab && self.is_item() && !self.at_any_marker())
    }

    /// Whether there is a `- ` at `pos`.
    fn is_item(&self) -> bool {
        self.byte(self.pos) == b'-' && self.is_white(self.pos + 1)
    }

    fn content(&mut self, at: Content) -> Step {
        let start = self.pos;
        match self.byte(start) {
            b'-' if self.is_white(start + 1) => {
                if !at.fits || !at.near.is_empty() {
                    return Err(self.fail(start, say::ITEM));
                }
                self.no_tab()?;
                self.sequence(at)
            }
            b'?' if self.is_white(start + 1) => self.mapping(at, None),
            b':' if self.is_white(start + 1) => self.mapping(at, None),
            b'|' | b'>' => {
                let properties = self.join(at.above, at.near)?;
                let scalar = self.block_scalar(at.parent)?;
                self.scalar(at.key, properties, scalar);
                Ok(())
            }
            b'[' | b'{' => self.bracket(at),
            b'*' => {
                let name = self.anchor_name()?;
                if self.is_key(start)? {
                    let key = self.alias_key(start, name);
                    if !at.near.is_empty() {
                        return Err(self.fail(start, say::ALIAS_PROPERTIES));
                    }
                    return self.mapping(at, Some(key));
                }
                if !at.near.is_empty() || !at.above.is_empty() {
                    return Err(self.fail(start, say::ALIAS_PROPERTIES));
                }
                self.alias(at.key, start, name);
                self.line_end(say::BEHIND_ALIAS)
            }
            b'"' | b'\'' => {
                let line = self.line;
                let scalar = self.quoted(at.parent, false)?;
                if self.line == line && self.is_key(start)? {
                    return self.mapping_of_scalar(at, scalar);
                }
                let properties = self.join(at.above, at.near)?;
                self.scalar(at.key, properties, scalar);
                self.line_end(say::BEHIND_QUOTE)
            }
            byte => {
                self.starts_plain(byte)?;
                let end = self.plain_line(start, false);
                if self.byte(self.pos) == b':' && self.is_key(start)? {
                    let span = Span::new(start as u32, end as u32);
                    return self.mapping_of_scalar(at, Scalar { span, value: span, style: Style::Plain });
                }
                let properties = self.join(at.above, at.near)?;
                let scalar = self.plain(at.parent, start, end, false)?;
                self.scalar(at.key, properties, scalar);
                if self.byte(self.pos) == b':' && scalar.span.end as usize > self.line {
                    return Err(self.fail(self.pos, say::VALUE));
                }
                Ok(())
            }
        }
    }

    /// Refuses a block collection behind a tab.
    fn no_tab(&mut self) -> Step {
        if self.tab { Err(self.fail(self.line_of_tab(), say::TAB)) } else { Ok(()) }
    }

    /// Where the first tab before `pos` on this line is.
    fn line_of_tab(&self) -> usize {
        let before = self.bytes.get(self.line..self.pos).unwrap_or_default();
        memchr::memchr(b'\t', before).map_or(self.pos, |at| self.line + at)
    }

    /// Whether the text from `start` to `pos`, on one line, is an implicit key: moves to the `:` behind it. A key that is
    /// too long is a fault.
    fn is_key(&mut self, start: usize) -> Step<bool> {
        let behind = self.pos;
        self.skip_blanks();
        if self.byte(self.pos) != b':' || !self.is_white(self.pos + 1) {
            self.pos = behind;
            return Ok(false);
        }
        self.check_key_length(start)?;
        Ok(true)
    }

    pub(super) fn check_key_length(&mut self, start: usize) -> Step {
        let end = self.pos;
        if end - start > self.max_key
            && self.text.get(start..end).is_some_and(|key| key.chars().count() > self.max_key)
        {
            let message = format!("a key may have no more than {} characters", self.max_key);
            return Err(self.fail_limit(start, message));
        }
        Ok(())
    }

    // ----- mappings ------------------------------------------------------------------------------------------

    fn mapping_of_scalar(&mut self, at: Content, scalar: Scalar) -> Step {
        let key = scalar.key();
        self.set_anchor(at.near.anchor, Anchor::Key(key));
        self.mapping(at, Some(key))
    }

    /// A mapping whose first key was read, so that `pos` is at its `:`; or without, at a `?` or `:`.
    fn mapping(&mut self, at: Content, first: Option<Key>) -> Step {
        if !at.fits {
            let message = if first.is_some() || self.byte(self.pos) == b':' { say::VALUE } else { say::KEY };
            return Err(self.fail(self.pos, message));
        }
        if self.tab {
            return Err(self.fail(self.line_of_tab(), say::TAB));
        }
        let column = (at.start - self.line) as i32;
        let begin = first.map_or(at.start, |key| key.span.start as usize);
        let opened = self.open(NodeKind::Mapping, Style::Plain, begin, at.key, at.above)?;
        let mut first = first;
        loop {
            match first.take() {
                Some(key) => self.entry_value(column, key, Place::Value)?,
                None => self.entry(column)?,
            }
            self.check_stopped()?;
            self.skip();
            if self.at_end() || self.at_any_marker() {
                break;
            }
            self.no_tab()?;
            if self.column() < column {
                break;
            }
            if self.column() > column {
                return Err(self.fail(self.pos, say::EXPECTED_KEY));
            }
        }
        self.close(opened, None);
        Ok(())
    }

    /// The value behind the `:` at `pos`.
    fn entry_value(&mut self, column: i32, key: Key, place: Place) -> Step {
        self.table.note_key(key.name);
        self.pos += 1;
        self.value(column, key, place)
    }

    /// An entry of a mapping at `column`.
    fn entry(&mut self, column: i32) -> Step {
        let start = self.pos;
        match self.byte(start) {
            b'?' if self.is_white(start + 1) => return self.explicit_entry(column),
            b':' if self.is_white(start + 1) => {
                let nothing = Span::new(start as u32, start as u32);
                return self.entry_value(column, Key { span: nothing, name: nothing }, Place::Explicit);
            }
            b'-' if self.is_white(start + 1) => return Err(self.fail(start, say::ITEM)),
            _ => {}
        }
        let key = self.implicit_key()?;
        self.skip_blanks();
        if self.byte(self.pos) != b':' || !self.is_white(self.pos + 1) {
            return Err(self.fail(start, say::EXPECTED_COLON));
        }
        self.check_key_length(start)?;
        self.entry_value(column, key, Place::Value)
    }

    /// A key on one line, with what stands before it.
    fn implicit_key(&mut self) -> Step<Key> {
        let place = self.here();
        let line = self.line;
        let properties = self.properties()?;
        let start = self.pos;
        let key = match self.byte(start) {
            b'"' | b'\'' => {
                let scalar = self.quoted(-1, false)?;
                scalar.key()
            }
            b'*' => {
                let name = self.anchor_name()?;
                if !properties.is_empty() {
                    return Err(self.fail(start, say::ALIAS_PROPERTIES));
                }
                return Ok(self.alias_key(start, name));
            }
            b'[' | b'{' => {
                self.flow(Key::default(), properties, -1)?;
                return if self.line == line {
                    Ok(self.take_key(place))
                } else {
                    Err(self.fail(start, say::EXPECTED_COLON))
                };
            }
            b':' if self.is_white(start + 1) => {
                let nothing = Span::new(start as u32, start as u32);
                Key { span: nothing, name: nothing }
            }
            byte => {
                self.starts_plain(byte)?;
                let span = Span::new(start as u32, self.plain_line(start, false) as u32);
                Key { span, name: span }
            }
        };
        if self.line != line {
            return Err(self.fail(start, say::EXPECTED_COLON));
        }
        self.set_anchor(properties.anchor, Anchor::Key(key));
        Ok(key)
    }

    /// `? key`, and the `: value` below it if there is one.
    fn explicit_entry(&mut self, column: i32) -> Step {
        let place = self.here();
        self.pos += 1;
        self.value(column, Key::default(), Place::Explicit)?;
        let key = self.take_key(place);
        self.skip();
        let follows = !self.at_end()
            && !self.at_any_marker()
            && self.column() == column
            && self.byte(self.pos) == b':'
            && self.is_white(self.pos + 1);
        if follows {
            self.no_tab()?;
            return self.entry_value(column, key, Place::Explicit);
        }
        self.table.note_key(key.name);
        self.implicit(key, Properties::default(), key.span.end as usize);
        Ok(())
    }

    // ----- sequences -----------------------------------------------------------------------------------------

    fn sequence(&mut self, at: Content) -> Step {
        let column = self.column();
        let opened = self.open(NodeKind::Sequence, Style::Plain, self.pos, at.key, at.above)?;
        loop {
            self.pos += 1;
            self.value(column, Key::default(), Place::Item)?;
            self.check_stopped()?;
            self.skip();
            if self.at_end() || self.at_any_marker() {
                break;
            }
            self.no_tab()?;
            if self.column() < column {
                break;
            }
            if self.column() > column {
                return Err(self.fail(self.pos, say::EXPECTED_ITEM));
            }
            if !self.is_item() {
                if column == at.parent {
                    break;
                }
                return Err(self.fail(self.pos, say::EXPECTED_ITEM));
            }
        }
        self.close(opened, None);
        Ok(())
    }

    // ----- brackets in a block -------------------------------------------------------------------------------

    /// A collection in brackets, which may be the first key of a mapping.
    fn bracket(&mut self, at: Content) -> Step {
        let (start, line) = (self.pos, self.line);
        let place = self.here();
        let weight = self.weight;
        let properties = if at.near.is_empty() { at.above } else { at.near };
        self.flow(at.key, properties, at.parent)?;
        if self.line == line && self.is_key(start)? {
            let key = self.take_key(place);
            self.set_anchor(at.near.anchor, Anchor::Lost);
            return self.mapping(at, Some(key));
        }
        let all = self.join(at.above, at.near)?;
        if all.anchor != properties.anchor {
            self.set_anchor(all.anchor, Anchor::Node(place.next_id(), self.weight - weight));
        }
        self.line_end(say::BEHIND_BRACKET)
    }
}
