//! Where a directive stands, and what it therefore speaks about.

use super::edit::{Lines, removal};
use super::grammar::{self, Verb, Written};
use super::{Directive, Directives, Mistake, Scope, Tool, peers};
use std::cell::Cell;
use stockade_model::{Comment, Document, NodeId, NodeKind, Span, Style, SuppressionSource};
use stockade_syntax::FileKind;

/// The rule that directives at a wrong place break.
pub(super) const MISPLACED: &str = "meta/suppression-misplaced";
/// Most directives of one file; generated files with more than that have a line of configuration instead.
pub(super) const MAX_DIRECTIVES: usize = 2000;
/// Most lines of other comments between a directive and what it is about.
const MAX_BETWEEN: usize = 100;

/// Reads all directives of a document.
pub(super) fn read(kind: FileKind, document: &Document, own: bool, tools: &[Tool]) -> Directives {
    let mut comments = stockade_syntax::comments(document);
    let lines = Lines::new(document.text());
    if kind == FileKind::HelmHelpers {
        comments.extend(lines_of_comments(document.text()));
        comments.sort_by_key(|comment| comment.span.start);
    }
    let head_end = head_end(&lines, &comments);
    let documents = if kind.has_documents() { documents(document) } else { Vec::new() };
    let file =
        File { kind, document, lines, comments: &comments, head_end, documents, last: Cell::new((0, 0)) };
    let mut all = Directives::default();
    for comment in comments.iter().filter(|_| own) {
        let Some(text) = comment.span.slice(file.lines.text) else { continue };
        let Some(written) = grammar::read(text, comment.span.start) else { continue };
        match written.and_then(|written| file.place(comment, written)) {
            Ok(directive) if all.found.len() < MAX_DIRECTIVES => all.found.push(directive),
            Ok(directive) => {
                let message = format!("the file has more than {MAX_DIRECTIVES} directives");
                let help = "Use `ignore-file`, or `suppress` in stockade.kdl.";
                let help = Some(help.to_owned());
                all.mistakes.push(Mistake {
                    rule: MISPLACED,
                    span: directive.span,
                    message,
                    help,
                    names: Vec::new(),
                });
                break;
            }
            Err(mistake) if all.mistakes.len() < MAX_DIRECTIVES => all.mistakes.push(mistake),
            Err(_) => break,
        }
    }
    if !tools.is_empty() {
        all.found.extend(peers::read(&file, tools, MAX_DIRECTIVES));
    }
    all
}

/// The lines of a file of helpers that will be comments where they are put.
fn lines_of_comments(text: &str) -> impl Iterator<Item = Comment> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let word = line.trim();
        let first = start + (line.len() - line.trim_start().len());
        let span = Span::new(first as u32, (first + word.len()) as u32);
        word.starts_with('#').then_some(Comment { span, node: 0 })
    })
}

fn misplaced(written: &Written, message: &str, help: &str) -> Mistake {
    let names = written.names.iter().map(|(name, _)| name.clone()).collect();
    let (span, message) = (written.span, message.to_owned());
    Mistake { rule: MISPLACED, span, message, help: Some(help.to_owned()), names }
}

/// Where the first comments of a file end: before anything but comments, empty lines, `---` and what looks like a
/// comment to other readers (a shebang, the directives of a Dockerfile or of YAML).
fn head_end(lines: &Lines<'_>, comments: &[Comment]) -> u32 {
    let mut comments = comments.iter().peekable();
    let mut at = 0;
    while (at as usize) < lines.text.len() {
        let line = Span::new(at, lines.end(at)).slice(lines.text).unwrap_or_default();
        let word = line.trim_start_matches(['\u{feff}', ' ', '\t']);
        let first = at + (line.len() - word.len()) as u32;
        while comments.next_if(|c| c.span.end <= first).is_some() {}
        let next = if let Some(comment) = comments.peek().filter(|c| c.span.start <= first) {
            comment.span.end
        } else if word.is_empty() || ["#", "---", "%"].iter().any(|start| word.starts_with(start)) {
            lines.next(at)
        } else {
            return at;
        };
        // A comment may end where its line goes on.
        at = next.max(at + 1);
    }
    at
}

/// The documents of a stream, each with where it begins and the `---` before it.
fn documents(document: &Document) -> Vec<(u32, Option<u32>, NodeId)> {
    let mut all = Vec::new();
    let mut end = 0;
    for node in document.children(0) {
        let begin = document.span(node).start;
        let between = Span::new(end, begin.max(end)).slice(document.text()).unwrap_or_default();
        let marker =
            if between.starts_with("---") { Some(0) } else { between.find("\n---").map(|at| at + 1) };
        all.push((begin, marker.map(|at| end + at as u32), node));
        end = document.span(node).end.max(begin);
    }
    all
}

pub(super) struct File<'a> {
    pub(super) kind: FileKind,
    pub(super) document: &'a Document,
    pub(super) lines: Lines<'a>,
    pub(super) comments: &'a [Comment],
    head_end: u32,
    /// By where they begin.
    documents: Vec<(u32, Option<u32>, NodeId)>,
    /// The node that was looked at last, and what was made of it: comments often stand in stacks.
    last: Cell<(NodeId, NodeId)>,
}

impl File<'_> {
    fn place(&self, comment: &Comment, written: Written) -> Result<Directive, Mistake> {
        let (scope, reach) = match written.verb {
            Verb::IgnoreFile => (Scope::File, self.file(comment, &written)?),
            Verb::IgnoreDocument => (Scope::Document, self.yaml_document(comment, &written)?),
            Verb::Ignore if self.is_alone(comment) => (Scope::Node, self.node(comment, &written)?),
            Verb::Ignore => (
                Scope::Line,
                Span::new(self.lines.start(comment.span.start), self.lines.end(comment.span.end)),
            ),
        };
        Ok(Directive {
            span: written.span,
            source: SuppressionSource::Comment,
            scope,
            reach,
            names: written.names,
            list: Some(written.list),
            until: written.until,
            reason: written.reason,
            removal: removal(&self.lines, comment.span),
        })
    }

    /// Whether nothing else is on the comment's lines.
    pub(super) fn is_alone(&self, comment: &Comment) -> bool {
        let lines = &self.lines;
        lines.blank(lines.start(comment.span.start), comment.span.start)
            && lines.blank(comment.span.end, lines.end(comment.span.end))
    }

    /// What another tool's comment stands above, if anything.
    pub(super) fn below(&self, comment: &Comment) -> Option<Span> {
        let node = Some(comment.node).filter(|node| *node != 0 && self.begin(*node) >= comment.span.start)?;
        let extent = self.extent(self.innermost(node));
        self.only_comments(comment.span.end, extent.start).then_some(extent)
    }

    /// The document that holds the byte at `at`.
    pub(super) fn document_around(&self, at: u32) -> Option<Span> {
        let behind = self.documents.partition_point(|(begin, ..)| *begin <= at);
        let next = self.documents.get(behind);
        let last = behind.checked_sub(1).and_then(|last| self.documents.get(last));
        // Behind the `---` a comment belongs to what follows.
        let is_head = next.is_some_and(|(_, marker, _)| last.is_none() || marker.is_some_and(|m| m < at));
        let (.., node) = if is_head { next } else { last }?;
        Some(self.extent(*node))
    }

    /// The node below the comment, as the span from the start of its first line to its end.
    fn node(&self, comment: &Comment, written: &Written) -> Result<Span, Mistake> {
        const HELP: &str = "Put it directly above what it is about, or behind it on the same line; \
            `ignore-file[...]` at the top is for the whole file.";
        let nothing = || misplaced(written, "the directive stands above nothing", HELP);
        // What an expression of a template puts may have no other place.
        if let Some(expression) = self.expression_below(comment) {
            return Ok(expression);
        }
        if self.kind == FileKind::HelmHelpers {
            return self.block(comment).ok_or_else(nothing);
        }
        let node = Some(comment.node).filter(|node| *node != 0).ok_or_else(nothing)?;
        if self.begin(node) < comment.span.start {
            // Between the lines of an instruction it speaks about the whole of it.
            let inside = matches!(self.kind, FileKind::Dockerfile | FileKind::Requirements)
                && self.end(node) > comment.span.end;
            return if inside { Ok(self.extent(node)) } else { Err(nothing()) };
        }
        if self.last.get().0 != node {
            self.last.set((node, self.innermost(node)));
        }
        let node = self.last.get().1;
        let extent = self.extent(node);
        if !self.only_comments(comment.span.end, extent.start) {
            let message = "the directive does not stand directly above what follows";
            return Err(misplaced(written, message, HELP));
        }
        Ok(extent)
    }

    /// The line below a comment in a file of helpers, which has no nodes, with those that are indented deeper.
    fn block(&self, comment: &Comment) -> Option<Span> {
        let text = self.lines.text;
        let mut at = self.lines.next(comment.span.end);
        let mut block: Option<(Span, usize)> = None;
        let mut between = 0;
        while (at as usize) < text.len() {
            let line = Span::new(at, self.lines.end(at));
            let words = line.slice(text)?;
            let word = words.trim_start();
            let indent = words.len() - word.len();
            let body = word.trim_start_matches(['{', '-', ' ']);
            let is_own = word.starts_with("{{") || word.starts_with('#') || word.is_empty();
            match &mut block {
                _ if word.starts_with("{{") && body.starts_with("define") => break,
                None if is_own => {
                    between += 1;
                    (between <= MAX_BETWEEN && !word.is_empty()).then_some(())?;
                }
                None => block = Some((line, indent)),
                Some((_, first)) if !is_own && indent <= *first => break,
                Some((block, _)) => block.end = line.end,
            }
            at = self.lines.next(at).max(at + 1);
        }
        block.map(|(block, _)| block)
    }

    /// The line directly below a comment, where it is nothing but an expression of a chart's template that puts something there.
    fn expression_below(&self, comment: &Comment) -> Option<Span> {
        let is_template =
            self.document.marks.contains(&"helm-template") || self.kind == FileKind::HelmHelpers;
        is_template.then_some(())?;
        let start = self.lines.next(comment.span.end);
        let line = Span::new(start, self.lines.end(start));
        let inside = line.slice(self.lines.text)?.trim().strip_prefix("{{")?.strip_suffix("}}")?;
        let body = inside.trim_start_matches('-').trim_start();
        let word = body.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let puts = !matches!(word, "if" | "with" | "range" | "else" | "end" | "define" | "block" | "fail")
            && !body.starts_with("/*")
            && !body.contains(":=");
        (puts && !inside.contains("}}")).then_some(line)
    }

    /// Comments are attached to the outermost node that begins below them. A list or mapping begins with its first
    /// entry, and a comment above that entry speaks about the entry; above a whole object, about the object.
    fn innermost(&self, mut node: NodeId) -> NodeId {
        let document = self.document;
        // Every step goes to a row further down.
        while document.key_span(node).is_none() && document.style(node) != Style::Flow as u8 {
            let descend = match document.kind(node) {
                NodeKind::Sequence => true,
                NodeKind::Mapping => {
                    let is_object =
                        document.get(node, "kind").is_some() && document.get(node, "apiVersion").is_some();
                    document.parent(node) == Some(0) && !is_object
                }
                _ => false,
            };
            let first = document.children(node).next();
            match first.filter(|first| descend && *first > node) {
                Some(first) => node = first,
                None => break,
            }
        }
        node
    }

    fn begin(&self, node: NodeId) -> u32 {
        let span = self.document.span(node);
        self.document.key_span(node).map_or(span.start, |key| key.start.min(span.start))
    }

    fn end(&self, node: NodeId) -> u32 {
        let span = self.document.span(node);
        self.document.key_span(node).map_or(span.end, |key| key.end.max(span.end))
    }

    pub(super) fn extent(&self, node: NodeId) -> Span {
        let start = self.lines.start(self.begin(node));
        Span::new(start, self.end(node).max(start))
    }

    /// Whether each line between the two offsets is a comment or an expression of a template.
    fn only_comments(&self, from: u32, to: u32) -> bool {
        let mut at = self.lines.next(from);
        for _ in 0..MAX_BETWEEN {
            if at >= to {
                return true;
            }
            let line = Span::new(at, self.lines.end(at)).slice(self.lines.text).unwrap_or_default();
            let word = line.trim_start();
            let first = at + (line.len() - word.len()) as u32;
            let behind = self.comments.partition_point(|c| c.span.start <= first);
            let is_comment = behind.checked_sub(1).and_then(|last| self.comments.get(last));
            let is_comment = is_comment.is_some_and(|c| first < c.span.end);
            if word.is_empty() || !(is_comment || word.starts_with("{{") || word.starts_with("{%")) {
                return false;
            }
            at = self.lines.next(at).max(at + 1);
        }
        false
    }

    /// The document at whose head the comment stands.
    fn yaml_document(&self, comment: &Comment, written: &Written) -> Result<Span, Mistake> {
        const HELP: &str = "Put it above the first key of its document, behind the `---`.";
        if !self.kind.has_documents() {
            let help =
                "Only YAML files hold documents; for the whole file write `ignore-file[...]` at its top.";
            return Err(misplaced(written, "this file has no documents", help));
        }
        let number = self.documents.partition_point(|(begin, ..)| *begin < comment.span.end);
        let nothing = || misplaced(written, "the directive does not stand at the head of a document", HELP);
        let (_, marker, node) = self.documents.get(number).ok_or_else(nothing)?;
        let behind_marker = number == 0 || marker.is_some_and(|marker| marker < comment.span.start);
        if behind_marker && self.is_alone(comment) { Ok(self.extent(*node)) } else { Err(nothing()) }
    }

    /// The whole file, if the comment is among those at its top.
    fn file(&self, comment: &Comment, written: &Written) -> Result<Span, Mistake> {
        if comment.span.start < self.head_end {
            return Ok(Span::new(0, self.lines.text.len() as u32));
        }
        let help = "Put it at the top of the file, before anything but comments.";
        Err(misplaced(written, "the directive for the file does not stand at its top", help))
    }
}
