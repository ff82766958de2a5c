//! Named texts, places in them, and the one way KDL is parsed.

use crate::error::{Error, ErrorKind};
use crate::gate;
use kdl::KdlDocument;
use miette::{NamedSource, SourceSpan};
use std::fmt;
use std::sync::{Arc, OnceLock};
use stockade_model::{Span, is_harmless};

/// Most bytes a KDL file may have. A rule is half a kilobyte and a large configuration ten; the parser needs
/// about a microsecond a byte, so this keeps the worst file below a third of a second.
pub const MAX_KDL_BYTES: usize = 256 * 1024;

/// A text with the name that errors show for it. Cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<Named>);

struct Named {
    name: String,
    text: Arc<str>,
    /// What errors show lines of, made when the first one is shown.
    shown: OnceLock<NamedSource<String>>,
}

impl Source {
    /// A text and its name, usually a path relative to the repository root.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(Named { name: name.into(), text: text.into(), shown: OnceLock::new() }))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The last part of the name.
    pub(crate) fn file_name(&self) -> &str {
        self.name().rsplit(['/', '\\']).next().unwrap_or_default()
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place { source: self.clone(), span }
    }

    pub(crate) fn start(&self) -> Place {
        self.place(Span::new(0, 0))
    }

    /// Name and text as errors may show them: an escape sequence in a file of whoever sent a pull request must not
    /// reach a terminal.
    pub(crate) fn shown(&self) -> &NamedSource<String> {
        self.0.shown.get_or_init(|| NamedSource::new(same_length(self.name()), same_length(self.text())))
    }

    /// Parses the text as KDL 2.
    ///
    /// The text passes [`gate::admit`] first: the parser recovers from errors by recursion and tries some inputs
    /// exponentially often, so it must never see a text that is not well-formed and bounded.
    pub(crate) fn parse(&self) -> Result<KdlDocument, Vec<Error>> {
        if self.text().len() > MAX_KDL_BYTES {
            let limit = format!("{} KiB", MAX_KDL_BYTES / 1024);
            return Err(vec![self.start().error(ErrorKind::TooLarge { limit })]);
        }
        gate::admit(self.text()).map_err(|violation| {
            let kind = ErrorKind::Syntax { problem: violation.problem, advice: violation.advice.to_owned() };
            vec![self.place(violation.span).error(kind)]
        })?;
        KdlDocument::parse_v2(self.text()).map_err(|error| {
            // The first few say it all; recovery repeats itself after them.
            let shown = error.diagnostics.into_iter().take(4).map(|diagnostic| {
                let problem = diagnostic.message.unwrap_or_else(|| "unexpected text".to_owned());
                let advice =
                    diagnostic.help.unwrap_or_else(|| "Write it as KDL 2 (https://kdl.dev).".to_owned());
                self.place(span_of(diagnostic.span))
                    .error(ErrorKind::Syntax { problem: lower_first(&problem), advice })
            });
            shown.collect()
        })
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name())
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.name() == other.name() && self.text() == other.text())
    }
}

impl Eq for Source {}

/// A span of bytes in a source: where a value was written, or what an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text.
    pub source: Source,
    /// Bytes in it.
    pub span: Span,
}

impl Place {
    /// `name:line`, the line counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        let before = self.source.text().get(..self.span.start as usize).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::at(kind, self.clone())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name(), self.line())
    }
}

/// The model's span for one of the KDL parser's; both count bytes.
pub(crate) fn span_of(span: SourceSpan) -> Span {
    let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(clip(span.offset()), clip(span.offset().saturating_add(span.len())))
}

/// A value together with where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> Placed<T> {
    pub(crate) fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

/// `text` with stand-ins of as many bytes for what must not be shown, so that every offset stays what it is.
fn same_length(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let line_end = c == '\r' && rest.peek() == Some(&'\n');
        match c.len_utf8() {
            _ if is_harmless(c) || matches!(c, '\n' | '\t') || line_end => out.push(c),
            3 => out.push(char::REPLACEMENT_CHARACTER),
            bytes => out.extend(std::iter::repeat_n('?', bytes)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::same_length;

    #[test]
    fn stand_ins_keep_offsets() {
        let text = "a\u{1b}[31m\r\nb\u{9b}\tc\u{202e}\rd\u{e0041}ü\n";
        let shown = same_length(text);
        assert_eq!(shown, "a?[31m\r\nb??\tc\u{fffd}?d????ü\n");
        assert_eq!(shown.len(), text.len());
    }
}
