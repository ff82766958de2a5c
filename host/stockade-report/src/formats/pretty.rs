//! For people at a terminal: each finding with its place, the lines it is about, help and fix; then a summary.
//!
//! Snippets are drawn by miette. It gets excerpts that are already harmless and clipped instead of whole files, which
//! keeps a report of many findings in large files fast, and our own head line, because the column in
//! miette's counts bytes.

use crate::snippet::{Excerpt, Sources, excerpts};
use crate::summary::{Summary, files, rules, some_paths, state};
use crate::text::{clean, count, leading_path, number, wrap};
use crate::{Input, Options};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::{fmt, io};
use stockade_model::{Applicability, Finding, Severity, Span, State};

/// Lines shown before and after a place.
const CONTEXT: usize = 1;
/// Narrower terminals wrap by themselves: below this, wrapping makes things worse.
const MIN_WIDTH: usize = 40;
/// Wider lines are hard to read.
const MAX_WIDTH: usize = 160;
/// Faults and notes listed; the rest is counted. `json` has them all.
const LISTED: usize = 20;

pub(super) fn render(input: &Input<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint::new(input.options);
    let mut sources = Sources::new(input.report);
    let mut buffer = String::new();
    for finding in input.shown() {
        buffer.clear();
        head(input, &paint, finding, &mut buffer);
        body(input, &mut sources, finding, &mut buffer).map_err(io::Error::other)?;
        for fix in finding.fixes.iter().take(1) {
            let how = match fix.applicability {
                Applicability::Safe => "`--fix` applies it",
                Applicability::Unsafe => "`--unsafe-fixes` applies it",
                Applicability::Manual => "by hand",
            };
            buffer += &format!("   {}: {} ({how})\n", paint.help("fix"), clean(&fix.title));
        }
        writeln!(out, "{buffer}")?;
    }
    troubles(input, &paint, out)?;
    summary(input, &paint, out)
}

/// `path:line:column: severity[rule] (state)`.
fn head(input: &Input<'_>, paint: &Paint, finding: &Finding, buffer: &mut String) {
    let id = input.rule_id(finding);
    let url = input.rule(finding).and_then(|rule| input.url(rule));
    let place = format!("{}:{}:{}", leading_path(&finding.path), finding.region.line, finding.region.column);
    let severity = paint.severity(finding.severity, finding.severity.as_str());
    *buffer += &format!("{}: {severity}[{}]", paint.bold(&place), paint.link(url.as_deref(), id));
    if let Some(state) = state(finding) {
        *buffer += &format!(" {}", paint.dim(&format!("({state})")));
    }
    buffer.push('\n');
}

/// Message, snippets and help, by miette.
fn body(input: &Input<'_>, sources: &mut Sources<'_>, finding: &Finding, buffer: &mut String) -> fmt::Result {
    let width = usize::from(input.options.width).clamp(MIN_WIDTH, MAX_WIDTH);
    let mut shown = Shown {
        // miette indents messages by 4 columns and help by 8. Its own wrapping takes half of all the time.
        message: wrap(&clean(&finding.message), width - 6),
        help: Some(wrap(&clean(input.help(finding)), width - 10)).filter(|h| !h.is_empty()),
        severity: match finding.severity {
            Severity::Critical | Severity::High => miette::Severity::Error,
            Severity::Medium => miette::Severity::Warning,
            Severity::Low | Severity::Info => miette::Severity::Advice,
        },
        pages: Vec::new(),
        labels: Vec::new(),
    };
    let mut paths = vec![&*finding.path];
    for label in &finding.labels {
        if !paths.contains(&&*label.path) {
            paths.push(&label.path);
        }
    }
    for path in paths {
        let own = path == &*finding.path;
        // What each span of this file says; the finding's own place has said it in the head.
        let mut spans: Vec<Span> = Vec::new();
        let mut says: Vec<Option<String>> = Vec::new();
        if own {
            spans.push(finding.span);
            says.push(None);
        }
        for label in finding.labels.iter().filter(|l| &*l.path == path) {
            spans.push(label.span);
            says.push(Some(clean(&label.message).into_owned()).filter(|m| !m.is_empty()));
        }
        let Some(source) = sources.get(path) else {
            continue;
        };
        // The frame, the line number and a gutter stand left of the line.
        let digits = source.index.len().to_string().len();
        let columns = width.saturating_sub(digits + 8);
        for excerpt in excerpts(source, &spans, CONTEXT, columns) {
            let name = (!own).then(|| {
                let first =
                    excerpt.marks.first().and_then(|m| spans.get(m.span)).copied().unwrap_or_default();
                let at = source.index.region(source.text, first);
                format!("{}:{}:{}", clean(path), at.line, at.column)
            });
            shown.add(&excerpt, &says, own, name);
        }
    }
    shown.handler(input.options).render_report(buffer, &shown)
}

/// Lines that stand together in the virtual source of [`Shown`].
struct Page {
    /// Offset in the virtual source.
    start: usize,
    text: String,
    /// First line's number, from 0.
    line: usize,
    /// Head of the frame; `None` for the finding's own file, which the head line has named.
    name: Option<String>,
}

/// A finding as miette wants it. Its source is the concatenation of the excerpts.
struct Shown {
    message: String,
    help: Option<String>,
    severity: miette::Severity,
    pages: Vec<Page>,
    labels: Vec<LabeledSpan>,
}

impl Shown {
    fn add(&mut self, excerpt: &Excerpt, says: &[Option<String>], own: bool, name: Option<String>) {
        // One byte between pages, so that no label ever seems to touch two.
        let start = self.pages.last().map_or(0, |p| p.start + p.text.len() + 1);
        let mut text = String::new();
        let mut offsets = Vec::with_capacity(excerpt.lines.len());
        for line in &excerpt.lines {
            offsets.push(start + text.len());
            text += &line.text;
            text.push('\n');
        }
        for mark in &excerpt.marks {
            let place = |(line, at): (usize, usize)| offsets.get(line).copied().unwrap_or(start) + at;
            let (from, to) = (place(mark.start), place(mark.end));
            let said = says.get(mark.span).cloned().flatten();
            let said = match (said, mark.continues_to) {
                (said, None) => said,
                (None, Some(line)) => Some(format!("to line {line}")),
                (Some(said), Some(line)) => Some(format!("{said} (to line {line})")),
            };
            let span = SourceSpan::from((from, to.saturating_sub(from)));
            self.labels.push(if own && mark.span == 0 {
                LabeledSpan::new_primary_with_span(said, span)
            } else {
                LabeledSpan::new_with_span(said, span)
            });
        }
        let line = excerpt.lines.first().map_or(0, |l| l.number.saturating_sub(1));
        self.pages.push(Page { start, text, line, name });
    }

    /// A drawer whose colours suit this finding: its own place in the colour of its severity, others in another.
    fn handler(&self, options: &Options) -> GraphicalReportHandler {
        let mut styles = if options.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let own = match self.severity {
            miette::Severity::Error => styles.error,
            miette::Severity::Warning => styles.warning,
            miette::Severity::Advice => styles.advice,
        };
        let other = styles.highlights.first().copied().unwrap_or(own);
        let mut order: Vec<&LabeledSpan> = self.labels.iter().collect();
        order.sort_by_key(|l| l.offset());
        styles.highlights = order.iter().map(|l| if l.primary() { own } else { other }).collect();
        if styles.highlights.is_empty() {
            styles.highlights.push(own);
        }
        let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
        GraphicalReportHandler::new_themed(theme)
            .with_wrap_lines(false)
            .with_links(false)
            .without_primary_span_start()
            .without_syntax_highlighting()
            .without_cause_chain()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }
}

impl SourceCode for Shown {
    /// Always a whole page: excerpts have their context already.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let at = self.pages.partition_point(|p| p.start <= span.offset());
        let page = at.checked_sub(1).and_then(|at| self.pages.get(at));
        let page = page.filter(|p| end <= p.start + p.text.len()).ok_or(MietteError::OutOfBounds)?;
        let all = SourceSpan::from((page.start, page.text.len()));
        let lines = page.text.matches('\n').count();
        let bytes = page.text.as_bytes();
        Ok(Box::new(match &page.name {
            Some(name) => MietteSpanContents::new_named(name.clone(), bytes, all, page.line, 0, lines),
            None => MietteSpanContents::new(bytes, all, page.line, 0, lines),
        }))
    }
}

/// What went wrong apart from findings.
fn troubles(input: &Input<'_>, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let (faults, notes) = (&input.report.faults, &input.report.notes);
    for fault in faults.iter().take(LISTED) {
        writeln!(out, "{}: {}", paint.severity(Severity::High, "fault"), clean(&fault.to_string()))?;
    }
    more(faults.len(), "fault", out)?;
    for note in notes.iter().take(LISTED) {
        let word = if note.incomplete { "not complete" } else { "note" };
        let word = paint.severity(if note.incomplete { Severity::Medium } else { Severity::Low }, word);
        match &note.path {
            Some(path) => writeln!(out, "{word}: {}: {}", clean(path), clean(&note.message))?,
            None => writeln!(out, "{word}: {}", clean(&note.message))?,
        }
        if let Some(help) = &note.help {
            writeln!(out, "   {}: {}", paint.help("help"), clean(help))?;
        }
    }
    more(notes.len(), "note", out)?;
    if !faults.is_empty() || !notes.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn more(n: usize, noun: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if n > LISTED {
        writeln!(out, "and {} (the json report has them all)", count(n - LISTED, &format!("more {noun}")))?;
    }
    Ok(())
}

fn summary(input: &Input<'_>, paint: &Paint, out: &mut dyn io::Write) -> io::Result<()> {
    let summary = Summary::new(input.report);
    writeln!(out, "{}", paint.bold(&summary.findings()))?;
    writeln!(out, "{}; {}", files(input.report), rules(input.report))?;
    if let Some(text) = fixes(input.report) {
        writeln!(out, "{text}")?;
    }
    if summary.stale > 0 {
        writeln!(out, "`stockade baseline prune` drops what is stale")?;
    }
    for (reason, paths) in &summary.not_analysed {
        let reason = clean(reason);
        writeln!(out, "  {} not analysed, {reason}: {}", number(paths.len()), some_paths(paths))?;
    }
    if input.report.is_incomplete() {
        let text = "the run is not complete: something that should have been looked at was not";
        writeln!(out, "{}", paint.severity(Severity::Medium, text))?;
    }
    Ok(())
}

/// What to do next: how many of the open findings have a fix that can be applied.
fn fixes(report: &stockade_model::Report) -> Option<String> {
    let (mut safe, mut more) = (0_usize, 0_usize);
    for finding in report.findings.iter().filter(|finding| finding.state == State::Open) {
        let has = |applicability| finding.fixes.iter().any(|fix| fix.applicability == applicability);
        safe += usize::from(has(Applicability::Safe));
        more += usize::from(!has(Applicability::Safe) && has(Applicability::Unsafe));
    }
    match (safe, more) {
        (0, 0) => None,
        (0, more) => Some(format!("{} can be fixed with `--unsafe-fixes`", number(more))),
        (safe, 0) => Some(format!("{} can be fixed with `--fix`", number(safe))),
        (safe, more) => Some(format!(
            "{} can be fixed with `--fix`, {} more with `--unsafe-fixes`",
            number(safe),
            number(more)
        )),
    }
}

/// Colours and links, or nothing where they are not wanted.
pub(crate) struct Paint {
    color: bool,
    hyperlinks: bool,
}

impl Paint {
    pub(crate) fn new(options: &Options) -> Self {
        Self { color: options.color, hyperlinks: options.hyperlinks }
    }

    fn sgr(&self, codes: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{codes}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn severity(&self, severity: Severity, text: &str) -> String {
        let codes = match severity {
            Severity::Critical => "1;31",
            Severity::High => "31",
            Severity::Medium => "33",
            Severity::Low | Severity::Info => "36",
        };
        self.sgr(codes, text)
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.sgr("1", text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.sgr("2", text)
    }

    /// The mark of a checklist's item.
    pub(crate) fn status(&self, status: crate::Status, text: &str) -> String {
        use crate::Status::{Accepted, Failed, NotApplicable, NotCheckable, Passed};
        match status {
            Passed => self.sgr("32", text),
            Failed => self.sgr("1;31", text),
            Accepted => self.sgr("33", text),
            NotApplicable | NotCheckable => self.dim(text),
        }
    }

    fn help(&self, text: &str) -> String {
        self.sgr("36", text)
    }

    /// `text` as an OSC 8 hyperlink.
    pub(super) fn link(&self, url: Option<&str>, text: &str) -> String {
        match url.filter(|_| self.hyperlinks) {
            Some(url) => format!("\u{1b}]8;;{}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\", clean(url)),
            None => text.to_owned(),
        }
    }
}
