//! Errors that quote foreign text, made safe for a terminal.
//!
//! An error in a `stockade.kdl` or a pack shows lines of it, and the file may come from whoever sent a pull request. An
//! escape sequence in it must not reach the terminal, or the log of a build server.

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use std::error::Error;
use std::fmt::{self, Display, Write as _};
use stockade_model::is_harmless;

/// Causes of causes that are shown: more would be a mistake of ours, and recursion has an end.
const CAUSES: usize = 16;

/// `text` with a number, as `\u{1b}`, for each character that could disturb what it is shown in. Line breaks and tabs stay.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) || matches!(c, '\n' | '\t') {
            out.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    out
}

/// An error whose texts are harmless, and otherwise the same.
pub(crate) struct Harmless<'a> {
    error: &'a dyn Diagnostic,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    cause: Option<Cause>,
    related: Vec<Harmless<'a>>,
}

impl<'a> Harmless<'a> {
    /// The error as it may be shown.
    pub(crate) fn of(error: &'a dyn Diagnostic) -> Self {
        let label = |label: LabeledSpan| {
            let said = label.label().map(harmless);
            match label.primary() {
                true => LabeledSpan::new_primary_with_span(said, *label.inner()),
                false => LabeledSpan::new_with_span(said, *label.inner()),
            }
        };
        let mut message = error.to_string();
        let mut labels: Vec<LabeledSpan> = error.labels().into_iter().flatten().map(label).collect();
        if let Some(place) = in_long_line(error, &labels) {
            message.push_str(&place);
            labels.clear();
        }
        Self {
            error,
            message: harmless(&message),
            help: error.help().map(|help| harmless(&help.to_string())),
            labels,
            cause: error.source().and_then(|cause| Cause::of(cause, CAUSES)),
            // As deep as our own errors nest.
            related: error.related().into_iter().flatten().map(Harmless::of).collect(),
        }
    }
}

/// Longest line, in bytes, that is shown with what is wrong in it. Nobody finds a mark in a longer one, and one of more than
/// 65,535 columns makes the library that draws it panic.
const MAX_LINE: usize = 2_000;

/// Where an error is, in words, if the lines around that place are too long to be shown.
fn in_long_line(error: &dyn Diagnostic, labels: &[LabeledSpan]) -> Option<String> {
    let source = error.source_code()?;
    let too_long = |label: &&LabeledSpan| {
        let around = source.read_span(label.inner(), 1, 1);
        around
            .is_ok_and(|around| around.data().split(|byte| *byte == b'\n').any(|line| line.len() > MAX_LINE))
    };
    labels.iter().find(too_long)?;
    let first = source.read_span(labels.first()?.inner(), 0, 0).ok()?;
    Some(format!(" ({}:{}:{})", first.name().unwrap_or_default(), first.line() + 1, first.column() + 1))
}

impl Display for Harmless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Harmless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Harmless<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl Diagnostic for Harmless<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        self.error.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.error.severity()
    }

    fn help<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn url<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        self.error.url()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        // Lines of it are made harmless where they are kept: `stockade_pack::Source`.
        self.error.source_code().filter(|_| !self.labels.is_empty())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        let all = self.related.iter().map(|error| error as &dyn Diagnostic);
        (!self.related.is_empty()).then(|| Box::new(all) as _)
    }
}

/// The message of a cause, and what caused that.
#[derive(Debug)]
struct Cause {
    message: String,
    next: Option<Box<Cause>>,
}

impl Cause {
    fn of(error: &dyn Error, depth: usize) -> Option<Self> {
        let rest = depth.checked_sub(1)?;
        let next = error.source().and_then(|next| Self::of(next, rest)).map(Box::new);
        Some(Self { message: harmless(&error.to_string()), next })
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error, miette::Diagnostic)]
    #[error("unknown rule")]
    struct Unknown {
        #[source_code]
        text: miette::NamedSource<String>,
        #[label("here")]
        at: miette::SourceSpan,
    }

    #[test]
    fn of_a_long_line_only_the_place_is_told() {
        let text = format!("a\nignore \"{}\" x\n", "b".repeat(100_000));
        let at = (text.find('x').unwrap(), 1).into();
        let error = Unknown { text: miette::NamedSource::new("stockade.kdl", text), at };
        let shown = Harmless::of(&error);
        assert_eq!(shown.to_string(), "unknown rule (stockade.kdl:2:100011)");
        assert!(shown.labels().is_none() && shown.source_code().is_none());
        let at = (2, 1).into();
        let short = Unknown { text: miette::NamedSource::new("stockade.kdl", "a\nb\n".to_owned()), at };
        assert!(Harmless::of(&short).source_code().is_some());
    }

    #[test]
    fn controls_become_numbers() {
        assert_eq!(harmless("a\u{1b}[31m\tb\u{202e}\u{9b}ü"), "a\\u{1b}[31m\tb\\u{202e}\\u{9b}ü");
    }
}
