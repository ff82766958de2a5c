//! Dockerfiles, as BuildKit reads them: directives, lines that go on, heredocs, stages, variables.
//!
//! `mod.rs` walks the lines and keeps track of the stages, `instruction.rs` makes an instruction's tree, the other
//! files know one thing each. An instruction that BuildKit would refuse is a problem, and what can be told about it
//! still becomes a node.

mod expand;
mod heredoc;
mod instruction;
mod json;
mod keyword;
mod lines;
mod pairs;
mod pattern;
mod program;
mod reference;
mod scope;
mod stage;
mod template;
mod words;

use super::shell;
use super::spliced::{Piece, Spliced, Splicer};
use crate::limits;
use crate::table::shorten;
use keyword::Keyword;
use lines::Lines;
use scope::{Scope, Scopes};
use stage::{Shell, Stages};
use std::cmp::Ordering;
use std::ops::Range;
use stockade_model::{Builder, Document, NodeKind, ProblemLevel, ScalarType, Span, Style};

/// Parses a Dockerfile, or a template of one.
pub(crate) fn parse(text: String) -> Document {
    let document = read(text);
    if !template::is_template(&document) {
        return document;
    }
    let Some(filled) = template::fill(document.text()) else { return document };
    let mut read_in_place = read(filled.text.clone());
    template::finish(&mut read_in_place, document.text(), &filled);
    read_in_place
}

fn read(text: String) -> Document {
    let source = text.clone();
    let mut file = File {
        text: &source,
        builder: Builder::new(text),
        lines: Lines::new(&source),
        scopes: Scopes::new(),
        stages: Stages::default(),
        waiting: Vec::new(),
        directives: Directives::Possible,
        is_empty: true,
        behind_unknown: false,
        inserts: Vec::new(),
    };
    file.read();
    let mut document = file.builder.finish();
    if !file.inserts.is_empty() {
        template::open_stages(&mut document, &file.inserts);
        document.marks.push("template");
    }
    // Comments between the lines of an instruction come before those inside its script.
    document.comments.sort_by_key(|comment| comment.span);
    document.problems.sort_by_key(|problem| problem.span);
    document
}

/// A heredoc with its body, as ranges of the file.
#[derive(Debug)]
struct Heredoc {
    mention: heredoc::Mention,
    body: Range<usize>,
    /// Where the line with the delimiter ends.
    end: usize,
}

/// An instruction's text.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    joined: Spliced<'a>,
    heredocs: &'a [Heredoc],
}

impl<'a> Line<'a> {
    fn text(&self) -> &'a str {
        self.joined.text()
    }

    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.joined.slice(range.clone())
    }

    fn span(&self, range: &Range<usize>) -> Span {
        self.joined.span(range.clone())
    }

    /// The empty span at the start of a range.
    fn start(&self, range: &Range<usize>) -> Span {
        self.joined.span(range.start..range.start)
    }
}

/// Whether a comment can still be a parser directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directives {
    /// Nothing but directives has been read.
    Possible,
    /// As before, and their mapping is open.
    Open,
    Over,
}

struct File<'t> {
    text: &'t str,
    builder: Builder,
    lines: Lines<'t>,
    scopes: Scopes,
    stages: Stages,
    /// Comments that the next instruction gets.
    waiting: Vec<usize>,
    directives: Directives,
    /// No instruction has been read.
    is_empty: bool,
    /// The last instruction is none that there is.
    behind_unknown: bool,
    /// Where lines stand that a build script puts instructions in the place of.
    inserts: Vec<u32>,
}

impl<'t> File<'t> {
    fn read(&mut self) {
        let mut splicer = Splicer::default();
        let mut comments = Vec::new();
        while let Some(line) = self.lines.next_line() {
            let content = self.lines.slice(line.clone());
            let start = line.start + (content.len() - content.trim_start().len());
            let content = content.trim();
            if content.is_empty() {
                self.end_directives();
                continue;
            }
            if content.starts_with('#') {
                self.comment_or_directive(start, content);
                continue;
            }
            self.end_directives();
            if self.is_full() {
                let message =
                    format!("more than {} nodes: the rest of the file is not read", limits::MAX_NODES);
                self.report("limit", ProblemLevel::Error, Span::new(start as u32, line.end as u32), message);
                break;
            }
            comments.clear();
            match self.lines.join(start..line.end, &mut splicer, &mut comments) {
                Some(range) => {
                    let piece = [Piece { at: 0, source: range.start as u32 }];
                    self.line(Spliced::new(self.lines.slice(range), &piece), &comments);
                }
                None => self.line(splicer.view(), &comments),
            }
        }
        self.end_directives();
        self.end_stage();
        if self.is_empty {
            self.report("invalid", ProblemLevel::Warning, Span::new(0, 0), "the file has no instruction");
        }
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.report("invalid", ProblemLevel::Error, span, message);
    }

    /// Records a problem unless there are too many, in which case the last says so.
    fn report(&mut self, code: &'static str, level: ProblemLevel, span: Span, message: impl Into<String>) {
        match self.builder.doc().problems.len().cmp(&limits::MAX_PROBLEMS) {
            Ordering::Less => self.builder.problem(code, level, span, message),
            Ordering::Equal => {
                let message =
                    format!("more than {} problems: further ones are not shown", limits::MAX_PROBLEMS);
                self.builder.problem("limit", ProblemLevel::Error, span, message);
            }
            Ordering::Greater => {}
        }
    }

    /// Whether the document has as many nodes as it may have.
    fn is_full(&self) -> bool {
        self.builder.doc().len() >= limits::MAX_NODES
    }

    /// Parses a text as a script below the innermost open node.
    fn script(&mut self, source: Spliced<'_>) {
        if shell::emit(source, &mut self.builder) {
            let span = source.span(0..source.text().len());
            self.report(
                "limit",
                ProblemLevel::Error,
                span,
                "the script is too long, or nested too deep, to be read",
            );
        }
    }

    // --- comments and directives ---------------------------------------------------------------------

    fn comment(&mut self, span: Span) {
        self.waiting.push(self.builder.doc().comments.len());
        self.builder.comment(span, 0);
    }

    fn comment_or_directive(&mut self, start: usize, content: &str) {
        let span = Span::new(start as u32, (start + content.len()) as u32);
        let directive = match self.directives {
            Directives::Over => None,
            Directives::Possible | Directives::Open => directive(content),
        };
        let Some((name, value)) = directive else {
            self.end_directives();
            return self.comment(span);
        };
        let key = content.get(name.clone()).unwrap_or_default().to_ascii_lowercase();
        let current = self.builder.current();
        if self.directives == Directives::Open && self.builder.doc().get(current, &key).is_some() {
            self.problem(span, format!("the directive `{key}` is given twice"));
            self.end_directives();
            return self.comment(span);
        }
        if self.directives == Directives::Possible {
            self.directives = Directives::Open;
            let mapping = self.builder.open(NodeKind::Mapping, span);
            self.builder.set_fixed_key(mapping, Span::new(span.start, span.start), "directives");
        }
        let mapping = self.builder.current();
        let place =
            |range: &Range<usize>| Span::new((start + range.start) as u32, (start + range.end) as u32);
        let text = content.get(value.clone()).unwrap_or_default();
        let whole = Span::new(self.builder.doc().span(mapping).start, span.end);
        self.builder.set_span(mapping, whole);
        let key_span = place(&name);
        self.builder.scalar(Some((key_span, &key)), place(&value), text, ScalarType::String, Style::Plain);
        if key == "escape" {
            match text {
                "\\" | "`" => self.lines.escape = text.chars().next().unwrap_or('\\'),
                _ => self.problem(
                    place(&value),
                    format!("the escape character is `\\` or a backtick, not `{}`", shorten(text)),
                ),
            }
        }
    }

    fn end_directives(&mut self) {
        if self.directives == Directives::Open {
            self.builder.close();
        }
        self.directives = Directives::Over;
    }

    // --- instructions --------------------------------------------------------------------------------

    /// Reads an instruction whose lines are joined; `comments` stand between them.
    fn line(&mut self, joined: Spliced<'_>, comments: &[Span]) {
        for comment in comments {
            self.comment(*comment);
        }
        let text = joined.text();
        let whole = words::trimmed(text, 0..text.len());
        if whole.is_empty() {
            return;
        }
        self.is_empty = false;
        let (keyword, args) = words::first(text, whole.clone());
        let kind = Keyword::of(joined.slice(keyword.clone()));
        let heredocs = self.heredocs(joined, kind, args.clone());
        let line = Line { joined, heredocs: &heredocs };
        let mut span = line.span(&whole);
        if let Some(last) = heredocs.last() {
            span.end = last.end as u32;
        }
        let scope = self.scope_of(kind, span);
        if kind == Keyword::From {
            self.from(line, keyword, args, span);
        } else {
            self.instruction(line, keyword, args, span, scope, false);
        }
        self.behind_unknown = kind == Keyword::Unknown;
        self.stages.end = span.end;
    }

    /// Opens the element of an instruction, which gets the waiting comments.
    fn open_instruction(&mut self, line: Line<'_>, keyword: &Range<usize>, args: &Range<usize>, span: Span) {
        let word = line.slice(keyword);
        let node = self.builder.open(NodeKind::Element, span);
        match Keyword::of(word).name() {
            Some(name) => self.builder.set_fixed_key(node, line.span(keyword), name),
            None => self.builder.set_key(node, line.span(keyword), &word.to_uppercase()),
        }
        self.builder.set_value(node, line.span(args), line.slice(args));
        for comment in self.waiting.drain(..) {
            self.builder.attach_comment(comment, node);
        }
    }

    /// The scope that an instruction stands in. One that needs a stage where there is none opens one.
    fn scope_of(&mut self, kind: Keyword, span: Span) -> Scope {
        match self.stages.current {
            Some(number) => Scope::Stage(number),
            None if matches!(kind, Keyword::Arg | Keyword::From) => Scope::Global,
            None => {
                let number = self.implicit_stage(span);
                Scope::Stage(number)
            }
        }
    }

    /// Reads the heredocs that an instruction mentions from the lines behind it.
    fn heredocs(&mut self, joined: Spliced<'_>, kind: Keyword, args: Range<usize>) -> Vec<Heredoc> {
        let text = joined.text();
        let (kind, args) = if kind == Keyword::Onbuild {
            let (keyword, args) = words::first(text, args);
            (Keyword::of(joined.slice(keyword)), args)
        } else {
            (kind, args)
        };
        if !matches!(kind, Keyword::Run | Keyword::Copy | Keyword::Add)
            || memchr::memmem::find(joined.slice(args.clone()).as_bytes(), b"<<").is_none()
        {
            return Vec::new();
        }
        let (_, rest) = words::flags(text, args.clone());
        if matches!(json::exec_form(text, rest), json::Exec::Strings(_)) {
            return Vec::new();
        }
        let mut heredocs = Vec::new();
        for mention in heredoc::mentions(text, args) {
            if let Some((body, line)) = self.lines.heredoc(&mention.name, mention.strip_tabs) {
                heredocs.push(Heredoc { mention, body, end: line.end });
                continue;
            }
            let message = format!("the heredoc's end `{}` is missing", shorten(&mention.name));
            self.problem(joined.span(mention.word.clone()), message);
            let body = self.lines.skip_to_instruction();
            heredocs.push(Heredoc { mention, end: body.end, body });
            break;
        }
        heredocs
    }

    /// The shell that runs what the current stage runs.
    fn shell(&self) -> Shell {
        self.stages.current.and_then(|number| self.stages.list.get(number)).map_or(Shell::Posix, |s| s.shell)
    }
}

/// The name and value of a parser directive, as ranges of `comment`.
fn directive(comment: &str) -> Option<(Range<usize>, Range<usize>)> {
    let rest = comment.strip_prefix('#')?;
    let name_start = comment.len() - rest.trim_start().len();
    let equals = comment.find('=')?;
    let name = comment.get(name_start..equals)?.trim_end();
    if !["syntax", "escape", "check"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let value = comment.get(equals + 1..)?.trim_start();
    let value_start = comment.len() - value.len();
    (!value.is_empty()).then(|| (name_start..name_start + name.len(), value_start..comment.len()))
}
