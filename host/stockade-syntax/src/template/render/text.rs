//! Text that a template makes, with the values that its parts come from.

/// The place of a value: its layer, and its node there.
pub(crate) type Place = (usize, stockade_model::NodeId);

/// What a piece of a text comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(super) value: Option<Place>,
    pub(super) helper: Option<InHelper>,
}

/// A place in a file of helpers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InHelper {
    /// The number of the file.
    pub(super) file: u32,
    /// The byte of it.
    pub(super) at: u32,
    /// Whether the piece stands there as it is; else an expression does that puts it.
    pub(super) is_literal: bool,
}

impl Origin {
    pub(super) fn value(value: Option<Place>) -> Self {
        Self { value, helper: None }
    }

    /// That of what stands so many bytes further on.
    pub(super) fn ahead(mut self, bytes: usize) -> Self {
        if let Some(InHelper { at, is_literal: true, .. }) = &mut self.helper {
            *at += bytes as u32;
        }
        self
    }

    fn is_literal(&self) -> bool {
        self.helper.is_some_and(|helper| helper.is_literal)
    }
}

/// A text in pieces, each of which comes from one value or from none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(super) text: String,
    /// Where each piece begins, in order, with what it comes from.
    pub(super) pieces: Vec<(u32, Origin)>,
    /// Whether it holds expressions that could not be evaluated.
    pub(super) open: bool,
}

impl Text {
    /// A text that comes from one value, or from none.
    pub(super) fn of(text: impl Into<String>, place: Option<Place>) -> Self {
        Self { text: text.into(), pieces: vec![(0, Origin::value(place))], open: false }
    }

    pub(super) fn push(&mut self, text: &str, value: Option<Place>) {
        self.push_of(text, Origin::value(value));
    }

    pub(super) fn push_of(&mut self, text: &str, origin: Origin) {
        if self.pieces.last().is_none_or(|(_, last)| *last != origin || origin.is_literal()) {
            self.pieces.push((self.text.len() as u32, origin));
        }
        self.text.push_str(text);
    }

    pub(super) fn append(&mut self, other: &Self) {
        for (span, origin) in other.spans() {
            self.push_of(other.text.get(span).unwrap_or_default(), origin);
        }
        self.open |= other.open;
    }

    /// The pieces with their extent.
    pub(super) fn spans(&self) -> impl Iterator<Item = (std::ops::Range<usize>, Origin)> + '_ {
        self.pieces.iter().enumerate().map(|(nth, (start, origin))| {
            let end = self.pieces.get(nth + 1).map_or(self.text.len(), |(next, _)| *next as usize);
            (*start as usize..end, *origin)
        })
    }

    /// The first value that a piece comes from.
    pub(super) fn place(&self) -> Option<Place> {
        self.pieces.iter().find_map(|(_, origin)| origin.value)
    }

    /// The value that the byte at this place comes from.
    pub(super) fn place_at(&self, at: u32) -> Option<Place> {
        let nth = self.pieces.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
        self.pieces.get(nth).and_then(|(_, origin)| origin.value)
    }

    /// The text with so many blanks before each line, as `indent` of Helm makes it.
    pub(super) fn indented(&self, width: usize) -> Self {
        let blanks = " ".repeat(width);
        let mut out = Self { open: self.open, ..Self::default() };
        out.push(&blanks, None);
        for (span, origin) in self.spans() {
            let mut before = 0;
            for line in self.text.get(span).unwrap_or_default().split_inclusive('\n') {
                out.push_of(line, origin.ahead(before));
                before += line.len();
                if line.ends_with('\n') {
                    out.push(&blanks, None);
                }
            }
        }
        out
    }

    /// The text without what `trim` cuts off; it has to keep a part of what it gets.
    pub(super) fn trimmed(&self, trim: impl Fn(&str) -> &str) -> Self {
        let kept = trim(&self.text);
        let start = (kept.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let end = start + kept.len();
        let mut out = Self { open: self.open, ..Self::default() };
        for (span, origin) in self.spans() {
            let (from, to) = (span.start.max(start), span.end.min(end));
            if from < to {
                let origin = origin.ahead(from - span.start);
                out.push_of(self.text.get(from..to).unwrap_or_default(), origin);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn pieces_stay_with_their_text() {
        let mut text = Text::of("a: ", None);
        text.push("1\n", Some((0, 7)));
        text.push("b", None);
        let indented = text.indented(2);
        assert_eq!(indented.text, "  a: 1\n  b");
        let of_value: Vec<&str> = indented
            .spans()
            .filter(|(_, origin)| origin.value.is_some())
            .map(|(span, _)| &indented.text[span])
            .collect();
        assert_eq!(of_value, ["1\n"]);
        let mut blank = Text::of(" \n", None);
        blank.push("x ", Some((1, 2)));
        let trimmed = blank.trimmed(str::trim);
        assert_eq!((trimmed.text.as_str(), trimmed.place()), ("x", Some((1, 2))));
        assert_eq!(Text::of("  ", None).trimmed(str::trim).text, "");
    }
}
