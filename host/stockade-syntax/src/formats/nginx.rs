//! nginx configuration: directives that end with `;` or hold a block, after nginx's own reader
//! (`ngx_conf_read_token` in `src/core/ngx_conf_file.c`).
//!
//! Which directives there are is not known here, so every block is read the same way: `server`, `map`, `types`
//! or `if` alike. Only `*_by_lua_block` is different: what stands between its braces is Lua. Expressions of
//! envsubst, Jinja, ERB and Go templates are taken for words or, on lines of their own, passed over.

mod lua;
mod words;

use super::lines::{
    Joined, Scalar, comments_to_elements, expression_flags, expression_len, open_element, repeats_are_fine,
    scalar, set_block, set_value, span, start_of,
};
use crate::table::{Key, TableBuilder};
use stockade_model::{Document, ProblemLevel, Style, flag};
use words::{Word, Words};

/// Parses an nginx configuration or a part of one.
pub(crate) fn parse(text: String) -> Document {
    let parts = {
        let mut parser = Parser {
            table: TableBuilder::new(&text),
            text: &text,
            words: Words::new(&text),
            blocks: Vec::new(),
        };
        parser.run(start_of(&text));
        parser.table.finish()
    };
    let mut document = parts.into_document(text, repeats_are_fine);
    comments_to_elements(&mut document);
    document
}

struct Parser<'t> {
    table: TableBuilder<'t>,
    text: &'t str,
    words: Words<'t>,
    /// Where the braces of the open blocks stand. A block beyond the depth limit counts, but has no node.
    blocks: Vec<usize>,
}

impl<'t> Parser<'t> {
    fn run(&mut self, start: usize) {
        let mut at = start;
        while let Some(byte) = self.text.as_bytes().get(at)
            && !self.table.stopped()
        {
            at = match byte {
                b' ' | b'\t' | b'\r' | b'\n' => at + 1,
                b'#' => self.comment(at),
                b'}' => self.close_block(at),
                b';' => {
                    self.error(at, at + 1, "`;` without a directive before it");
                    at + 1
                }
                _ => match self.action(at) {
                    Some(end) => end,
                    None => self.directive(at),
                },
            };
        }
        let end = self.text.trim_end().len().max(self.words.end());
        while let Some(brace) = self.blocks.pop() {
            self.error(brace, brace + 1, "block is not closed");
            if self.has_node() {
                self.table.close(Some(end as u32));
            }
        }
    }

    /// Whether the block just popped has a node: those beyond the depth limit have none.
    fn has_node(&self) -> bool {
        self.blocks.len() + 1 < self.table.depth()
    }

    fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        self.table.problem("invalid", ProblemLevel::Error, span(start, end), message);
    }

    fn comment(&mut self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        self.table.comment(span(at, at + line.trim_end().len()));
        at + line.len()
    }

    fn close_block(&mut self, at: usize) -> usize {
        if self.blocks.pop().is_none() {
            self.error(at, at + 1, "`}` closes no block");
        } else if self.has_node() {
            self.table.close(Some(at as u32 + 1));
        }
        at + 1
    }

    /// A template's action where a directive could stand; gives its end. `{{ name }} value;` is a directive.
    fn action(&mut self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let len = expression_len(rest);
        if len == 0 {
            return None;
        }
        let behind = rest.get(len..)?.trim_start_matches([' ', '\t']);
        let alone =
            behind.is_empty() || behind.starts_with(['\n', '\r', '#', '}']) || expression_len(behind) > 0;
        if !alone {
            return None;
        }
        // The template may add directives here.
        self.table.mark_open_partial();
        Some(at + len)
    }

    /// Reads a directive from its name to its `;` or `{`.
    fn directive(&mut self, start: usize) -> usize {
        let mut at = start;
        let mut name: Option<Word<'t>> = None;
        let mut value = Joined::default();
        let mut node = 0;
        loop {
            let byte = self.text.as_bytes().get(at).copied();
            match byte {
                Some(b' ' | b'\t' | b'\r' | b'\n') => {
                    at += 1;
                    continue;
                }
                Some(b'#') => {
                    at = self.comment(at);
                    continue;
                }
                Some(b';') => {
                    set_value(&mut self.table, node, value.text(self.text));
                    self.table.close(Some(at as u32 + 1));
                    return at + 1;
                }
                Some(b'{') if expression_len(self.text.get(at..).unwrap_or_default()) == 0 => {
                    set_value(&mut self.table, node, value.text(self.text));
                    return self.open_block(node, name.as_ref(), at);
                }
                Some(b'}') | None => {
                    let end = self.words.end().max(start);
                    let shown = name.map(|name| name.decoded.into_owned()).unwrap_or_default();
                    self.error(
                        start,
                        end,
                        format!("directive `{}` has no `;` at its end", crate::table::shorten(&shown)),
                    );
                    set_value(&mut self.table, node, value.text(self.text));
                    self.table.close(Some(end as u32));
                    return at;
                }
                Some(_) => {}
            }
            let word = self.words.read(at);
            if let Some((at, message)) = word.problem {
                self.error(at, at + 1, message);
            }
            at = word.end;
            if name.is_none() {
                node = open_element(&mut self.table, span(word.start, word.end), &word.decoded, word.start);
                name = Some(word);
                continue;
            }
            value.push(self.text, word.start, word.end, &word.decoded);
            let how = Scalar::string(word.style, expression_flags(&word.decoded, true));
            scalar(&mut self.table, Key::default(), span(word.start, word.end), &word.decoded, how);
            if self.table.stopped() {
                return self.text.len();
            }
        }
    }

    fn open_block(&mut self, node: u32, name: Option<&Word<'_>>, brace: usize) -> usize {
        set_block(&mut self.table, node);
        if name.is_some_and(|name| name.decoded.ends_with("_by_lua_block")) {
            let rest = self.text.get(brace + 1..).unwrap_or_default();
            let Some(len) = lua::block_len(rest) else {
                self.error(brace, brace + 1, "block of Lua is not closed");
                self.table.close(Some(self.text.trim_end().len().max(brace + 1) as u32));
                return self.text.len();
            };
            let body = rest.get(..len).unwrap_or_default();
            let at = span(brace + 1, brace + 1 + len);
            scalar(&mut self.table, Key::default(), at, body, Scalar::string(Style::Literal, 0));
            self.table.close(Some((brace + len + 2) as u32));
            return brace + len + 2;
        }
        if self.table.too_deep() {
            let message =
                format!("more than {} nested blocks: what is inside is not read", crate::limits::MAX_DEPTH);
            self.table.problem("limit", ProblemLevel::Error, span(brace, brace + 1), message);
            self.table.add_flags(node, flag::PARTIAL);
            self.table.stop();
            return self.text.len();
        }
        self.blocks.push(brace);
        brace + 1
    }
}
