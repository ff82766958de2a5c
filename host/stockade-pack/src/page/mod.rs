//! A rule's page: its documentation and its tests.
//!
//! The page is Markdown of a fixed outline: `# Title`, prose, then sections. Under `## Bad` and `## Good` every code
//! fence is a file of an example; a `text` fence behind a bad example lists what the rule says about it, and
//! a `## Fixed` section behind it holds the files after the rule's fix. Other sections are free.

mod inline;
mod parse;

use crate::error::Error;
use crate::source::Source;
use std::fmt::Write as _;
use std::ops::Range;
use stockade_model::Span;

/// Most characters of a description: what code scanning shows of it, and what people read.
pub const MAX_DESCRIPTION: usize = 1000;

/// What an example is meant to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The rule has findings in it.
    Bad,
    /// The rule has none.
    Good,
}

/// One file of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its path in the example's own tree, `/`-separated.
    pub path: String,
    /// Its kind, where the page states one; else the classifier decides.
    pub kind: Option<String>,
    /// What is in it.
    pub text: String,
    /// The page's line, from 1, on which its first line stands.
    pub line: usize,
    /// Bytes of the page between the fence's lines.
    content: Range<usize>,
    /// Where the page names the file: the opening line of the fence.
    pub(crate) opening: Span,
    eol: Eol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eol {
    Lf,
    Crlf,
    None,
}

/// One example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub role: Role,
    /// Its name, if the page gives one.
    pub name: Option<String>,
    /// Its files; never empty.
    pub files: Vec<ExampleFile>,
    /// Bad examples: one line for each finding; none where the page has no output block yet.
    pub expected: Option<Vec<String>>,
    /// Bad examples: the files after the fix, where the page shows them.
    pub fixed: Option<Vec<ExampleFile>>,
    /// Bytes between the lines of the output's fence.
    output: Option<Range<usize>>,
    /// Behind the last file's fence.
    end: usize,
}

/// What a bad example really gives, for [`Page::bless`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// One line for each finding.
    pub lines: Vec<String>,
    /// Path and text of each file after the fix; files without a block under `## Fixed` are passed over.
    pub fixed: Vec<(String, String)>,
}

/// A parsed page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The title, as written.
    pub title: String,
    /// Bytes of the title.
    pub(crate) title_span: Span,
    /// The first paragraph as plain text on one line, at most [`MAX_DESCRIPTION`] characters.
    pub description: String,
    /// All examples in their order.
    pub examples: Vec<Example>,
    /// The Markdown below the title.
    pub body: String,
    text: String,
}

impl Page {
    /// Parses a page.
    ///
    /// # Errors
    /// All departures from the outline, each with its place in the page. An output block that is missing behind
    /// a bad example is none: it is written by [`Page::bless`].
    pub fn parse(source: &Source) -> Result<Self, Vec<Error>> {
        parse::parse(source)
    }

    /// The page with the `text` blocks, and the blocks under `## Fixed`, replaced by what really comes out.
    /// `outcomes` are those of the bad examples, in their order; bad examples beyond them stay as they are.
    #[must_use]
    pub fn bless(&self, outcomes: &[Outcome]) -> String {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for (example, outcome) in self.examples.iter().filter(|e| e.role == Role::Bad).zip(outcomes) {
            let mut lines = String::new();
            for line in &outcome.lines {
                // A line break inside would become a finding of its own.
                let _ = writeln!(lines, "{}", line.replace(['\r', '\n'], " "));
            }
            match &example.output {
                Some(range) => edits.push((range.clone(), lines)),
                None => edits.push((example.end..example.end, format!("\n```text\n{lines}```\n"))),
            }
            for file in example.fixed.iter().flatten() {
                if let Some((_, text)) = outcome.fixed.iter().find(|(path, _)| *path == file.path) {
                    edits.push((file.content.clone(), file.eol.to_page(text)));
                }
            }
        }
        edits.sort_by_key(|(range, _)| range.start);
        let mut text = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, replacement) in edits {
            text.push_str(self.text.get(at..range.start).unwrap_or_default());
            text.push_str(&replacement);
            at = range.end;
        }
        text.push_str(self.text.get(at..).unwrap_or_default());
        text
    }
}

impl Eol {
    /// A file's text from the lines of its fence.
    fn to_file(self, lines: String) -> String {
        match self {
            Self::Lf => lines,
            Self::Crlf => lines.replace('\n', "\r\n"),
            Self::None => lines.strip_suffix('\n').map(str::to_owned).unwrap_or(lines),
        }
    }

    /// Lines of a fence from a file's text.
    fn to_page(self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n");
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}
