//! Directives of a file inside another one, as directives of the outer file.

use super::edit::{Lines, removal};
use super::place::MAX_DIRECTIVES;
use super::{Directive, Directives, Scope};
use stockade_model::Span;

impl Directives {
    /// Puts directives that were read from `inner` where they stand in `outer`. `place` gives the bytes of the outer file
    /// that a span of the inner one comes from; `verbatim` the same for what stands there as it is, inside one line.
    pub(crate) fn lift(
        self,
        inner: &str,
        outer: &str,
        place: &dyn Fn(Span) -> Span,
        verbatim: &dyn Fn(Span) -> Option<Span>,
    ) -> Self {
        let lines = Lines::new(outer);
        let lift = |directive: Directive| Directive {
            span: place(directive.span),
            // What is a file in there is a part of the outer one.
            scope: if directive.scope == Scope::File { Scope::Document } else { directive.scope },
            reach: place(directive.reach),
            names: directive.names.into_iter().map(|(name, span)| (name, place(span))).collect(),
            list: directive.list.and_then(verbatim),
            until: directive.until.map(|(until, span)| (until, place(span))),
            removal: directive
                .removal
                .and_then(|span| comment(inner, span))
                .and_then(verbatim)
                .and_then(|comment| removal(&lines, comment)),
            ..directive
        };
        let mut mistakes = self.mistakes;
        mistakes.iter_mut().for_each(|mistake| mistake.span = place(mistake.span));
        Self { found: self.found.into_iter().map(lift).collect(), mistakes }
    }

    /// Adds those of a file inside this one, up to what one file may have.
    pub(crate) fn extend(&mut self, other: Self) {
        let room = |len: usize| MAX_DIRECTIVES.saturating_sub(len);
        let (found, mistakes) = (room(self.found.len()), room(self.mistakes.len()));
        self.found.extend(other.found.into_iter().take(found));
        self.mistakes.extend(other.mistakes.into_iter().take(mistakes));
    }
}

/// The comment in what would be removed of a text, without the space around it; `None` where the outer file needs it:
/// a block of text is indented as its first line is, so that line stays unless the next one is indented alike.
fn comment(text: &str, removal: Span) -> Option<Span> {
    let body = removal.slice(text)?;
    let start = removal.start + (body.len() - body.trim_start().len()) as u32;
    let comment = Span::new(start, start + body.trim().len() as u32);
    let is_first = Span::new(0, start).slice(text)?.trim().is_empty();
    let next = text.get(removal.end as usize..)?.lines().find(|line| !line.trim().is_empty());
    let is_needed = is_first && next.is_none_or(|line| line.starts_with([' ', '\t']));
    (!is_needed).then_some(comment)
}
