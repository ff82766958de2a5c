//! From the text of a page to its parts.

use super::inline::plain;
use super::{Eol, Example, ExampleFile, MAX_DESCRIPTION, Page, Role};
use crate::error::{Error, ErrorKind};
use crate::source::Source;
use crate::view::{invisible, near};
use std::ops::Range;
use stockade_model::Span;

/// Largest page: a description for people, not a book.
const MAX_PAGE_BYTES: usize = 256 * 1024;

const ATTRIBUTES: [&str; 4] = ["path", "kind", "example", "eol"];

/// Where a file of this language usually lies, for fences without a path.
const USUAL_PATHS: &[(&str, &str)] = &[
    ("dockerfile", "Dockerfile"),
    ("dockerignore", ".dockerignore"),
    ("yaml", "example.yaml"),
    ("yml", "example.yaml"),
    ("json", "example.json"),
    ("jsonc", "example.json"),
    ("toml", "example.toml"),
    ("ini", "example.ini"),
    ("properties", "application.properties"),
    ("dotenv", ".env"),
    ("env", ".env"),
    ("nginx", "nginx.conf"),
    ("apache", "httpd.conf"),
    ("requirements", "requirements.txt"),
    ("sh", "script.sh"),
    ("bash", "script.sh"),
    ("shell", "script.sh"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Intro,
    Bad,
    Good,
    Fixed,
    Other,
}

struct Line<'a> {
    /// Without the line end.
    text: &'a str,
    /// With the line end.
    range: Range<usize>,
    number: usize,
}

/// A code fence with what is between its lines.
struct Fence<'a> {
    info: &'a str,
    opening: Range<usize>,
    content: Range<usize>,
    end: usize,
    /// Content with `\n` line ends.
    text: String,
    /// Line of the first line of content.
    line: usize,
}

struct Parser<'a> {
    source: &'a Source,
    errors: Vec<Error>,
    examples: Vec<Example>,
    description: String,
    /// The last fence was meant as a file and is refused already, so its output is not stray.
    broken: bool,
}

fn span(range: &Range<usize>) -> Span {
    let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(clip(range.start), clip(range.end))
}

pub(super) fn parse(source: &Source) -> Result<Page, Vec<Error>> {
    let text = source.text();
    if text.len() > MAX_PAGE_BYTES {
        let limit = format!("{} KiB", MAX_PAGE_BYTES / 1024);
        return Err(vec![source.start().error(ErrorKind::TooLarge { limit })]);
    }
    let mut at = 0;
    let lines: Vec<Line<'_>> = text
        .split_inclusive('\n')
        .enumerate()
        .map(|(index, line)| {
            let range = at..at + line.len();
            at = range.end;
            Line { text: line.trim_end_matches(['\n', '\r']), range, number: index + 1 }
        })
        .collect();
    let mut parser = Parser {
        source,
        errors: Vec::new(),
        examples: Vec::new(),
        description: String::new(),
        broken: false,
    };
    let title = lines.first().and_then(|line| line.text.strip_prefix("# ")).map(str::trim);
    if title.is_none_or(str::is_empty) {
        parser.error(0..0, ErrorKind::PageTitle { expected: "The rule's title".to_owned() });
    }
    // The first is enough: a page may be full of them.
    let first = lines.iter().find_map(|line| Some((line, invisible(line.text)?)));
    if let Some((line, c)) = first {
        let at = line.range.start + line.text.find(c).unwrap_or_default();
        parser.error(at..at + c.len_utf8(), ErrorKind::Invisible { character: u32::from(c) });
    }
    parser.sections(lines.get(usize::from(title.is_some())..).unwrap_or_default());
    parser.finish();
    if !parser.errors.is_empty() {
        return Err(parser.errors);
    }
    let first = lines.first().map_or(0..0, |line| line.range.clone());
    Ok(Page {
        title: title.unwrap_or_default().to_owned(),
        title_span: span(&(first.start + 2..lines.first().map_or(2, |line| line.text.len()).max(2))),
        description: parser.description,
        examples: parser.examples,
        body: text.get(first.end..).unwrap_or_default().trim_start_matches(['\r', '\n']).to_owned(),
        text: text.to_owned(),
    })
}

impl<'a> Parser<'a> {
    fn error(&mut self, range: Range<usize>, kind: ErrorKind) {
        self.errors.push(self.source.place(span(&range)).error(kind));
    }

    fn sections(&mut self, lines: &[Line<'a>]) {
        let mut section = Section::Intro;
        let mut paragraph: Option<(String, Range<usize>)> = None;
        let mut paragraph_done = false;
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            at += 1;
            if let Some(marker) = fence_marker(line.text) {
                paragraph_done = true;
                let rest = lines.get(at..).unwrap_or_default();
                let Some((fence, used)) = self.fence(line, marker, rest) else { break };
                at += used;
                self.place_fence(section, fence);
            } else if let Some(heading) = line.text.strip_prefix("## ") {
                paragraph_done = true;
                section = match heading.trim() {
                    "Bad" => Section::Bad,
                    "Good" => Section::Good,
                    "Fixed" => Section::Fixed,
                    _ => Section::Other,
                };
            } else if line.text.starts_with("# ") {
                let problem = "a page has only one heading of the first level";
                let advice = "Write `## ` for sections.";
                self.error(line.range.clone(), ErrorKind::PageStray { problem, advice });
            } else if !paragraph_done && section == Section::Intro {
                if !line.text.trim().is_empty() && !line.text.starts_with(['#', '>', '|']) {
                    let (text, range) = paragraph.get_or_insert_with(|| (String::new(), line.range.clone()));
                    text.push_str(line.text);
                    text.push('\n');
                    range.end = line.range.end;
                } else {
                    paragraph_done = paragraph.is_some();
                }
            }
        }
        match paragraph.map(|(text, range)| (plain(&text), range)) {
            Some((text, range)) if text.chars().count() > MAX_DESCRIPTION => {
                let problem = format!(
                    "has {} characters, and at most {MAX_DESCRIPTION} are shown",
                    text.chars().count()
                );
                let advice = "Say why it matters in a few sentences, and the rest in a second paragraph.";
                self.error(range, ErrorKind::Wording { what: "first paragraph", problem, advice });
            }
            Some((text, _)) => self.description = text,
            None => {
                let advice = "Say in the first paragraph, below the title, why it matters.";
                self.error(0..0, ErrorKind::PageIncomplete { what: "description", advice });
            }
        }
    }

    /// Reads a fence whose opening line is `line`; also gives how many further lines it takes.
    fn fence(
        &mut self,
        line: &Line<'a>,
        marker: (char, usize, usize),
        rest: &[Line<'a>],
    ) -> Option<(Fence<'a>, usize)> {
        let (mark, length, indent) = marker;
        let mut text = String::new();
        for (used, inner) in rest.iter().enumerate() {
            let closes = fence_marker(inner.text).is_some_and(|(m, n, i)| {
                m == mark && n >= length && inner.text.get(i + n..).unwrap_or_default().trim().is_empty()
            });
            if closes {
                let content = line.range.end..inner.range.start;
                let info = line.text.get(indent + length..).unwrap_or_default().trim();
                let (opening, end, line) = (line.range.clone(), inner.range.end, line.number + 1);
                return Some((Fence { info, opening, content, end, text, line }, used + 1));
            }
            // As much indentation as the fence has comes off its content.
            let spaces = inner.text.bytes().take(indent).take_while(|b| *b == b' ').count();
            text.push_str(inner.text.get(spaces..).unwrap_or_default());
            text.push('\n');
        }
        self.error(line.range.start..line.range.start + line.text.len(), ErrorKind::PageFence);
        None
    }

    fn place_fence(&mut self, section: Section, fence: Fence<'a>) {
        let is_output = fence.info == "text";
        match section {
            Section::Bad if is_output => self.output(&fence),
            Section::Good if is_output => {
                let problem = "a good example has no output";
                self.stray(
                    &fence,
                    problem,
                    "Remove this block, or give it a `path=` if it is a file of the example.",
                );
            }
            Section::Bad => self.file(Role::Bad, fence),
            Section::Good => self.file(Role::Good, fence),
            Section::Fixed => self.fixed(fence),
            Section::Intro | Section::Other => {}
        }
    }

    fn stray(&mut self, fence: &Fence<'_>, problem: &'static str, advice: &'static str) {
        self.error(fence.opening.clone(), ErrorKind::PageStray { problem, advice });
    }

    fn output(&mut self, fence: &Fence<'_>) {
        if std::mem::take(&mut self.broken) {
            return;
        }
        match self.examples.last_mut().filter(|example| example.role == Role::Bad) {
            Some(example) if example.expected.is_none() => {
                example.expected = Some(fence.text.lines().map(str::to_owned).collect());
                example.output = Some(fence.content.clone());
            }
            Some(_) => {
                self.stray(fence, "this example has an output already", "Remove one of the two blocks.")
            }
            None => {
                self.stray(fence, "there is no bad example before this output", "Put it behind its example.")
            }
        }
    }

    fn file(&mut self, role: Role, fence: Fence<'a>) {
        let end = fence.end;
        let (opening, name, file) = self.read_file(fence);
        self.broken = file.is_none();
        let Some(file) = file else { return };
        let last = self.examples.last_mut().filter(|e| e.role == role && e.expected.is_none());
        match last.filter(|example| name.is_some() && example.name == name) {
            Some(example) => {
                if example.files.iter().any(|other| other.path == file.path) {
                    let why = "the example has such a file already";
                    self.error(opening, ErrorKind::PagePathBad { path: file.path, why });
                    return;
                }
                example.files.push(file);
                example.end = end;
            }
            None => {
                let files = vec![file];
                self.examples.push(Example {
                    role,
                    name,
                    files,
                    expected: None,
                    fixed: None,
                    output: None,
                    end,
                });
            }
        }
    }

    fn fixed(&mut self, fence: Fence<'a>) {
        let given = attributes(fence.info).any(|(key, _)| key == "path");
        let (opening, _, file) = self.read_file(fence);
        let Some(mut file) = file else { return };
        let stray = |problem, advice| ErrorKind::PageStray { problem, advice };
        let Some(example) = self.examples.last_mut().filter(|example| example.role == Role::Bad) else {
            let problem = "there is no bad example that this fixes";
            self.error(opening, stray(problem, "Put `## Fixed` behind its example under `## Bad`."));
            return;
        };
        if let ([only], false) = (&example.files[..], given) {
            file.path.clone_from(&only.path);
        }
        let unknown = !example.files.iter().any(|other| other.path == file.path);
        let fixed = example.fixed.get_or_insert_default();
        if unknown || fixed.iter().any(|other| other.path == file.path) {
            let problem = "this is no file of the example before, or one that is shown already";
            self.error(opening, stray(problem, "Write the `path=` of one of the example's files."));
        } else {
            fixed.push(file);
        }
    }

    /// The file that a fence holds, its opening line, and the name of its example.
    fn read_file(&mut self, fence: Fence<'a>) -> (Range<usize>, Option<String>, Option<ExampleFile>) {
        let language =
            fence.info.split_whitespace().next().filter(|word| !word.contains('=')).unwrap_or_default();
        let opening = fence.opening.clone();
        let (mut path, mut kind, mut name, mut eol) = (None, None, None, Eol::Lf);
        for (key, value) in attributes(fence.info) {
            match key {
                "path" => path = Some(value.to_owned()),
                "kind" => kind = Some(value.to_owned()),
                "example" => name = Some(value.to_owned()),
                "eol" if value == "lf" => eol = Eol::Lf,
                "eol" if value == "crlf" => eol = Eol::Crlf,
                "eol" if value == "none" => eol = Eol::None,
                _ => {
                    let shown = if key == "eol" { format!("eol={value}") } else { key.to_owned() };
                    let (near, known) = near(key, ATTRIBUTES);
                    self.error(opening.clone(), ErrorKind::PageAttribute { name: shown, near, known });
                }
            }
        }
        let usual =
            || USUAL_PATHS.iter().find(|(word, _)| *word == language).map(|(_, path)| (*path).to_owned());
        let Some(path) = path.or_else(usual) else {
            let language = language.to_owned();
            self.error(opening.clone(), ErrorKind::PagePath { language });
            return (opening, name, None);
        };
        if let Some(why) = path_problem(&path) {
            self.error(opening.clone(), ErrorKind::PagePathBad { path, why });
            return (opening, name, None);
        }
        let text = eol.to_file(fence.text);
        let (line, content) = (fence.line, fence.content);
        let file = ExampleFile { path, kind, text, line, content, opening: span(&opening), eol };
        (opening, name, Some(file))
    }

    fn finish(&mut self) {
        // After another error the example may well be there.
        let no_others = self.errors.is_empty();
        for (role, what, advice) in [
            (Role::Bad, "bad example", "Show under `## Bad` a file in which the rule has a finding."),
            (Role::Good, "good example", "Show under `## Good` a file in which the rule has no finding."),
        ] {
            if no_others && !self.examples.iter().any(|example| example.role == role) {
                self.error(0..0, ErrorKind::PageIncomplete { what, advice });
            }
        }
    }
}

/// If a line opens or closes a fence: its character, how often it stands there, and how far it is indented.
fn fence_marker(line: &str) -> Option<(char, usize, usize)> {
    let indent = line.bytes().take_while(|b| *b == b' ').count();
    let rest = line.get(indent..).filter(|_| indent <= 3)?;
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = rest.chars().take_while(|c| *c == mark).count();
    let info = rest.get(length..)?;
    // Backticks behind backticks make a code span, not a fence.
    (length >= 3 && (mark == '~' || !info.contains('`'))).then_some((mark, length, indent))
}

/// `key=value` pairs of an info string behind the language; a value may be quoted.
fn attributes(info: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = info.trim();
    // The language is the first word, unless that is an attribute itself.
    let first = rest.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        rest = rest.get(first.len()..).unwrap_or_default();
    }
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, tail) = rest.split_at_checked(end)?;
        let Some(value) = tail.strip_prefix('=') else {
            rest = tail;
            return Some((key, ""));
        };
        let quoted = value.strip_prefix('"').and_then(|value| value.split_once('"'));
        let (value, tail) = quoted.unwrap_or_else(|| {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            value.split_at_checked(end).unwrap_or((value, ""))
        });
        rest = tail;
        Some((key, value))
    })
}

/// Why a path cannot lie inside an example's tree.
fn path_problem(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return Some("it is not relative, or not separated by `/`");
    }
    path.split('/')
        .any(|part| matches!(part, "" | "." | ".."))
        .then_some("it leads out of the example or has empty parts")
}
