//! Keeping secrets out of what stockade says.

use crate::Span;

/// `text` with every byte of `spans` replaced by `*`, line breaks excepted, so that all offsets stay valid. Spans that
/// do not lie on character boundaries hide the characters they touch.
#[must_use]
pub fn mask(text: &str, spans: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        let (mut start, mut end) =
            ((span.start as usize).min(text.len()), (span.end as usize).min(text.len()));
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        for byte in bytes.get_mut(start..end).into_iter().flatten() {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b'*';
            }
        }
    }
    // Whole characters were replaced, so this is UTF-8; should it ever not be, nothing is shown at all.
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::mask;
    use crate::Span;

    #[test]
    fn only_the_spans_are_hidden_and_lengths_stay() {
        let text = "a: sécret\nb: x";
        let at = Span::new(3, 10);
        assert_eq!(mask(text, &[at]), "a: *******\nb: x");
        assert_eq!(mask(text, &[Span::new(3, 5)]), "a: s**cret\nb: x".replace("s**", "***"));
        assert_eq!(mask("k: |\n  ab\n", &[Span::new(3, 99)]), "k: *\n****\n");
        assert_eq!(mask(text, &[]), text);
    }
}
