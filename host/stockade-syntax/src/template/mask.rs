//! Overwrites the expressions of a template so that a parser of YAML or JSON can read the rest.
//!
//! An expression inside a value becomes a run of one letter, so it is part of whatever value it stands in. A line
//! of nothing but expressions is blanked. Blanks are line breaks, not spaces: a line break ends nothing and
//! indents nothing, in no context.

use super::actions::{Action, Role};
use crate::limits;
use stockade_model::Span;

/// Which branches of a block are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Branches {
    /// All, one behind the other: right for blocks that add entries.
    All,
    /// The first: for blocks whose branches would contradict each other.
    First,
}

/// Expressions alone on their line, which may add lines there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnLine {
    pub(crate) span: Span,
    /// Column of the lines it adds, from 0, as far as can be told.
    pub(crate) column: u32,
    /// Whether the lines may as well be indented deeper, by what they come from.
    pub(crate) may_be_deeper: bool,
    pub(crate) role: Role,
}

/// The text between two expressions of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Region {
    pub(crate) span: Span,
    /// The region around it.
    pub(crate) parent: Option<usize>,
}

/// A masked text with what was masked.
#[derive(Debug)]
pub(crate) struct Mask {
    /// Same length as the original.
    pub(crate) text: String,
    /// What expressions inside values were overwritten with.
    pub(crate) fill: u8,
    /// Runs of `fill`, in order.
    pub(crate) holes: Vec<Span>,
    /// In order.
    pub(crate) own_lines: Vec<OwnLine>,
    /// In order of their start.
    pub(crate) regions: Vec<Region>,
    /// Whether the text is no YAML without masking, so that it is a template for sure.
    pub(crate) structural: bool,
}

/// Letters that hardly ever stand in a row.
const FILLS: &[u8] = b"ZQXJWzqxjw";

/// Fewest of them for an expression: one that is moved must not become as short as a word.
const FEWEST: u32 = 4;

/// A block scalar that the lines being read may belong to.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Lines indented no more than this end it; -1 at the top of a document.
    parent: i64,
    /// Where its text starts.
    content: Option<i64>,
}

struct Masker<'t> {
    text: &'t str,
    out: Vec<u8>,
    mask: Mask,
    block: Option<Block>,
}

impl Mask {
    /// Masks `actions`, the expressions of `text` in order.
    pub(crate) fn new(text: &str, actions: &[Action], branches: Branches) -> Self {
        Self::without(text, actions, branches, &[])
    }

    /// As [`Mask::new`], without these parts of the text; `actions` are those outside of them.
    pub(crate) fn without(text: &str, actions: &[Action], branches: Branches, parts: &[Span]) -> Self {
        let used = |fill: u8| memchr::memmem::find(text.as_bytes(), &[fill; 4]).is_some();
        let fill = FILLS.iter().copied().find(|fill| !used(*fill)).unwrap_or(b'Z');
        let mask = Mask {
            text: String::new(),
            fill,
            holes: Vec::with_capacity(actions.len()),
            own_lines: Vec::new(),
            regions: regions(actions, text.len()),
            structural: false,
        };
        let mut masker = Masker { text, out: text.as_bytes().to_vec(), mask, block: None };
        if branches == Branches::First {
            later_branches(actions).into_iter().for_each(|branch| masker.blank(branch));
        }
        parts.iter().for_each(|part| masker.blank(*part));
        masker.lines(actions);
        let mut mask = masker.mask;
        mask.holes.sort_unstable();
        // Whole characters are overwritten by ASCII, so this cannot fail.
        mask.text = String::from_utf8(masker.out).unwrap_or_else(|_| text.to_owned());
        mask
    }

    /// The holes that overlap `span`.
    pub(crate) fn holes_in(&self, span: Span) -> &[Span] {
        let first = self.holes.partition_point(|hole| hole.end <= span.start);
        let last = self.holes.partition_point(|hole| hole.start < span.end);
        self.holes.get(first..last.max(first)).unwrap_or_default()
    }

    /// Puts the expressions back into a decoded value; `source` is where the value stands.
    pub(crate) fn restore(&self, original: &str, source: Span, value: &str) -> Option<String> {
        let holes = self.holes_in(source);
        if holes.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(value.len());
        let mut rest = value;
        for hole in holes {
            let len = hole.len() as usize;
            // The run that starts here may hold several expressions in a row.
            let Some(at) = self.run(rest, len) else { break };
            out.push_str(rest.get(..at)?);
            out.push_str(hole.slice(original)?);
            rest = rest.get(at + len..)?;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The offset of the first run of `fill` that is at least `len` long.
    fn run(&self, text: &str, len: usize) -> Option<usize> {
        let mut from = 0;
        loop {
            let start = from + memchr::memchr(self.fill, text.as_bytes().get(from..)?)?;
            let run = text.as_bytes().get(start..)?.iter().take_while(|b| **b == self.fill).count();
            if run >= len {
                return Some(start);
            }
            from = start + run;
        }
    }

    /// The innermost region that holds `offset`.
    pub(crate) fn region_at(&self, offset: u32) -> Option<usize> {
        let mut at = self.regions.partition_point(|region| region.span.start <= offset).checked_sub(1);
        while let Some(index) = at {
            let region = self.regions.get(index)?;
            if offset < region.span.end {
                return Some(index);
            }
            at = region.parent;
        }
        None
    }

    /// Whether two places are in branches that exclude each other, or at least are not nested.
    pub(crate) fn apart(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.region_at(a), self.region_at(b));
        !(self.encloses(a, b) || self.encloses(b, a))
    }

    fn encloses(&self, outer: Option<usize>, inner: Option<usize>) -> bool {
        let mut at = inner;
        for _ in 0..=limits::MAX_TEMPLATE_DEPTH {
            if at == outer {
                return true;
            }
            let Some(index) = at else { return false };
            at = self.regions.get(index).and_then(|region| region.parent);
        }
        true
    }
}

/// The texts between the expressions of blocks.
fn regions(actions: &[Action], len: usize) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    // Blocks below the bound on depth, which get no region of their own.
    let mut deeper = 0_usize;
    let len = len as u32;
    for action in actions {
        let start_region = |regions: &mut Vec<Region>, open: &mut Vec<usize>| {
            let parent = open.last().copied();
            open.push(regions.len());
            regions.push(Region { span: Span::new(action.span.end, len), parent });
        };
        match action.role {
            Role::Open if open.len() >= limits::MAX_TEMPLATE_DEPTH => deeper += 1,
            Role::Open => start_region(&mut regions, &mut open),
            Role::Middle | Role::Close if deeper > 0 => deeper -= usize::from(action.role == Role::Close),
            Role::Middle | Role::Close => {
                if let Some(ended) = open.pop()
                    && let Some(region) = regions.get_mut(ended)
                {
                    region.span.end = action.span.start;
                    if action.role == Role::Middle {
                        start_region(&mut regions, &mut open);
                    }
                }
            }
            Role::Value | Role::Silent => {}
        }
    }
    regions
}

/// Every branch of each block but the first.
pub(crate) fn later_branches(actions: &[Action]) -> Vec<Span> {
    let mut branches = Vec::new();
    let mut depth = 0_usize;
    // Depth and start of what is to go.
    let mut dropping: Option<(usize, u32)> = None;
    for action in actions {
        match action.role {
            Role::Open => depth += 1,
            Role::Middle if dropping.is_none() => dropping = Some((depth, action.span.end)),
            Role::Close => {
                if let Some((_, start)) = dropping.take_if(|(at, _)| *at == depth) {
                    branches.push(Span::new(start, action.span.start));
                }
                depth = depth.saturating_sub(1);
            }
            Role::Middle | Role::Value | Role::Silent => {}
        }
    }
    branches
}

/// What stands in each `define` of Go's templates, in order. One inside of another is a part of that.
pub(crate) fn definitions(text: &str, actions: &[Action]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    // Depth and start of the one that is open.
    let mut open: Option<(usize, u32)> = None;
    for action in actions {
        match action.role {
            Role::Open => {
                depth += 1;
                let body = action.span.slice(text).unwrap_or_default().trim_start_matches(['{', '-', ' ']);
                if open.is_none() && action.braces && body.starts_with("define ") {
                    open = Some((depth, action.span.end));
                }
            }
            Role::Close => {
                if let Some((_, start)) = open.take_if(|(at, _)| *at == depth) {
                    found.push(Span::new(start, action.span.start));
                }
                depth = depth.saturating_sub(1);
            }
            Role::Middle | Role::Value | Role::Silent => {}
        }
    }
    found
}

impl Masker<'_> {
    fn overwrite(&mut self, span: Span, byte: u8) {
        if let Some(bytes) = self.out.get_mut(span.start as usize..span.end as usize) {
            bytes.fill(byte);
        }
    }

    fn blank(&mut self, span: Span) {
        self.overwrite(span, b'\n');
    }

    fn hole(&mut self, span: Span) {
        // Dropped branches stay blank.
        if self.out.get(span.start as usize) == Some(&b'\n') {
            return;
        }
        let fill = self.mask.fill;
        self.overwrite(span, fill);
        self.mask.holes.push(span);
    }

    /// Goes through the lines; a line ends where an expression does not go on to the next.
    fn lines(&mut self, actions: &[Action]) {
        let bytes = self.text.as_bytes();
        let mut start = 0;
        let mut next = 0;
        while start < bytes.len() {
            let first = next;
            let mut end = line_end(bytes, start);
            while let Some(action) = actions.get(next).filter(|action| (action.span.start as usize) < end) {
                if action.span.end as usize > end {
                    end = line_end(bytes, action.span.end as usize);
                }
                next += 1;
            }
            self.line(start, end, actions.get(first..next).unwrap_or_default());
            start = end + 1;
        }
    }

    fn line(&mut self, start: usize, end: usize, actions: &[Action]) {
        let line = self.text.as_bytes().get(start..end).unwrap_or_default();
        let indent = line.iter().take_while(|b| **b == b' ').count();
        let blank = line.trim_ascii().is_empty();
        let own = !actions.is_empty() && self.outside_is_blank(start, end, actions);
        if let Some(mut block) = self.block {
            let indent = indent as i64;
            if own {
                if indent > block.parent && block.content.is_none_or(|content| indent >= content) {
                    block.content = block.content.or(Some(indent));
                    self.block = Some(block);
                    actions.iter().for_each(|action| self.hole(action.span));
                } else {
                    self.own_line(indent as u32, actions);
                }
                return;
            }
            if blank || indent > block.parent {
                actions.iter().for_each(|action| self.hole(action.span));
                return;
            }
            self.block = None;
        }
        if own {
            self.mask.structural = true;
            self.own_line(indent as u32, actions);
        } else {
            if !actions.is_empty() {
                self.mixed_line(start, end, indent, actions);
            }
            if !blank {
                self.block = self.block_start(start, end);
            }
        }
    }

    fn outside_is_blank(&self, start: usize, end: usize, actions: &[Action]) -> bool {
        let mut at = start;
        let is_blank =
            |from, to| self.text.as_bytes().get(from..to).unwrap_or_default().trim_ascii().is_empty();
        for action in actions {
            if !is_blank(at, action.span.start as usize) {
                return false;
            }
            at = action.span.end as usize;
        }
        is_blank(at, end)
    }

    fn own_line(&mut self, indent: u32, actions: &[Action]) {
        for action in actions {
            self.blank(action.span);
            let column = action.indent.unwrap_or(indent);
            let may_be_deeper = action.indent.is_none();
            self.mask.own_lines.push(OwnLine { span: action.span, column, may_be_deeper, role: action.role });
        }
    }

    /// A line of text and expressions.
    fn mixed_line(&mut self, start: usize, end: usize, indent: usize, actions: &[Action]) {
        let mut index = 0;
        let mut leading = start + indent;
        let text_end =
            start + self.text.as_bytes().get(start..end).unwrap_or_default().trim_ascii_end().len();
        // From here on there is nothing but expressions that put no text.
        let mut trailing = text_end;
        let mut tail = actions.len();
        while let Some(action) = tail.checked_sub(1).and_then(|i| actions.get(i))
            && action.span.end as usize == trailing
            && action.role != Role::Value
        {
            tail -= 1;
            let before = self.text.as_bytes().get(start..action.span.start as usize).unwrap_or_default();
            trailing = start + before.trim_ascii_end().len();
        }
        while let Some(action) = actions.get(index) {
            let is_leading = action.span.start as usize == leading;
            if action.role == Role::Open
                && let Some(close) = matching_close(actions, index)
                && let Some(last) = actions.get(close)
                && !(is_leading && self.has_structure(actions, index, close))
            {
                // `{{ if a }}x{{ else }}y{{ end }}` is one value.
                self.note_structure(start, action.span);
                self.hole(Span::new(action.span.start, last.span.end));
                index = close + 1;
                continue;
            }
            let place = if is_leading && index == 0 { self.break_line(start, action) } else { action.span };
            if is_leading && action.role != Role::Value {
                leading = self.leading(action.span, indent, end);
            } else if index >= tail || action.role == Role::Silent {
                self.overwrite(action.span, b' ');
                self.mask.structural |= action.role != Role::Silent;
            } else if action.span.end as usize == trailing && self.puts_lines(start, action) {
                // `labels: {{- include "labels" . | nindent 4 }}`, and further labels may stand below.
                self.own_line(indent as u32, std::slice::from_ref(action));
                self.mask.structural = true;
            } else {
                self.note_structure(start, action.span);
                self.hole(place);
            }
            index += 1;
        }
    }

    /// Whether an expression behind a key or the dash of an item puts lines below it, not a value.
    fn puts_lines(&self, line_start: usize, action: &Action) -> bool {
        let line = Span::new(line_start as u32, action.span.start).slice(self.text).unwrap_or_default();
        let breaks = || action.span.slice(self.text).is_some_and(|body| body.contains("nindent "));
        let line = line.trim_end();
        let is_item = line.trim_start() == "-" || line.ends_with(" -");
        action.indent.is_some() && (is_item || line.ends_with(':')) && breaks()
    }

    /// `{{- $key | nindent 2 }}: …` breaks the line itself: what it puts stands at the column that it says. Gives the place that
    /// it takes there.
    fn break_line(&mut self, start: usize, action: &Action) -> Span {
        let breaks = || action.span.slice(self.text).is_some_and(|body| body.contains("nindent "));
        let Some(column) = action.indent.filter(|_| breaks()) else { return action.span };
        let (start, end) = (start as u32, start as u32 + column);
        if end <= action.span.start {
            self.blank(Span::new(start, action.span.start - column));
        } else if end + FEWEST <= action.span.end && self.text.is_char_boundary(end as usize) {
            self.overwrite(Span::new(start, end), b' ');
            return Span::new(end, action.span.end);
        }
        action.span
    }

    /// Whether a block at the start of a line holds an entry or an item, not just a piece of text.
    fn has_structure(&self, actions: &[Action], open: usize, close: usize) -> bool {
        let mut first = true;
        actions.get(open..=close).unwrap_or_default().windows(2).any(|pair| {
            let [a, b] = pair else { return false };
            let between = Span::new(a.span.end, b.span.start).slice(self.text).unwrap_or_default();
            let item = std::mem::take(&mut first) && between.trim_start().starts_with("- ");
            // The last is an entry of TOML.
            item || between.contains(": ") || between.trim_end().ends_with(':') || between.contains(" = ")
        })
    }

    /// An expression that puts no text, before the text of its line: becomes line breaks and the line's
    /// indentation, so that the text keeps its column. Gives where the line goes on.
    fn leading(&mut self, span: Span, indent: usize, line_end: usize) -> usize {
        self.mask.structural = true;
        let rest = self.text.as_bytes().get(span.end as usize..line_end).unwrap_or_default();
        let spaces = rest.len() - rest.trim_ascii_start().len();
        let span = Span::new(span.start, span.end + spaces as u32);
        if (span.len() as usize) <= indent {
            self.overwrite(span, b' ');
        } else {
            self.blank(Span::new(span.start, span.end - indent as u32));
            self.overwrite(Span::new(span.end - indent as u32, span.end), b' ');
        }
        span.end as usize
    }

    /// An expression that starts a value or a line stands where no plain YAML has braces.
    fn note_structure(&mut self, line_start: usize, span: Span) {
        let before = self.text.as_bytes().get(line_start..span.start as usize).unwrap_or_default();
        self.mask.structural |= matches!(before.trim_ascii_end().last(), None | Some(b':' | b'-'));
    }

    /// The block scalar that starts at the end of this line, which is masked already.
    fn block_start(&self, start: usize, end: usize) -> Option<Block> {
        let line = self.out.get(start..end).unwrap_or_default();
        let parent = header(line)?;
        Some(Block { parent, content: self.content_indent(end + 1, parent) })
    }

    /// Where the text of a block scalar starts: at its first line that is more than an expression, or at an expression
    /// before it that is indented less (a `{{ range }}` around the text).
    fn content_indent(&self, from: usize, parent: i64) -> Option<i64> {
        let mut start = from;
        let mut least = i64::MAX;
        let bytes = self.text.as_bytes();
        while start < bytes.len() {
            let end = line_end(bytes, start);
            let line = bytes.get(start..end).unwrap_or_default();
            let indent = line.iter().take_while(|b| **b == b' ').count() as i64;
            let text = line.trim_ascii();
            let is_expression = (text.starts_with(b"{{") && text.ends_with(b"}}"))
                || (text.starts_with(b"{%") && text.ends_with(b"%}"))
                || (text.starts_with(b"<%") && text.ends_with(b"%>"));
            if !text.is_empty() && !is_expression {
                return (indent > parent).then_some(indent.min(least));
            }
            if !text.is_empty() && indent > parent {
                least = least.min(indent);
            }
            start = end + 1;
        }
        None
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |at| from + at)
}

/// The action that closes the block opened by `open` on the same line.
fn matching_close(actions: &[Action], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, action) in actions.iter().enumerate().skip(open) {
        match action.role {
            Role::Open => depth += 1,
            Role::Close => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a line ends with the header of a block scalar; gives the indentation that ends it.
fn header(line: &[u8]) -> Option<i64> {
    let whole = line.trim_ascii_end();
    let uncommented = memchr::memmem::find(whole, b" #").and_then(|at| whole.get(..at)).unwrap_or(whole);
    let text = uncommented.trim_ascii_end();
    let word_start = text.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    let [b'|' | b'>', marks @ ..] = text.get(word_start..)? else { return None };
    if marks.len() > 2 || !marks.iter().all(|b| matches!(b, b'1'..=b'9' | b'+' | b'-')) {
        return None;
    }
    // Anchors and tags may stand between the indicator and the header.
    let mut before = text.get(..word_start)?.trim_ascii_end();
    while let Some(at) = before.iter().rposition(|b| matches!(b, b' '))
        && matches!(before.get(at + 1), Some(b'&' | b'!'))
    {
        before = before.get(..at)?.trim_ascii_end();
    }
    // Alone at the margin it can only be the whole document.
    if before == b"---" || before.is_empty() && word_start == 0 {
        return Some(-1);
    }
    if !matches!(before.last(), Some(b':' | b'-' | b'?')) {
        return None;
    }
    let mut column = before.iter().take_while(|b| **b == b' ').count();
    // `- - key: |` belongs to the key, `- |` to the last dash.
    while before.get(column) == Some(&b'-') && column + 1 < before.len() {
        let next = before.get(column + 1..)?;
        let spaces = next.iter().take_while(|b| **b == b' ').count();
        if spaces == 0 {
            break;
        }
        column += 1 + spaces;
    }
    Some(column as i64)
}

#[cfg(test)]
mod tests;
