//! Files that are no text, for rules about certificates and stores of keys.

use stockade_model::{Builder, Document, NodeKind, ScalarType, Span, Style, flag};

/// Most bytes of a binary file that rules get to see. Certificates have a few kilobytes, and what kind of store a file
/// is stands in its first page.
pub(crate) const MAX_BINARY_BYTES: usize = 64 << 10;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A document without text, whose one node `content` has the beginning of the file in base 64 as its value.
#[must_use]
pub fn parse_binary(bytes: &[u8]) -> Document {
    let bytes = bytes.get(..MAX_BINARY_BYTES).unwrap_or(bytes);
    let mut builder = Builder::new(String::new());
    let empty = Span::new(0, 0);
    let node = builder.leaf(NodeKind::Scalar, empty);
    builder.set_type(node, ScalarType::String, Style::Plain);
    builder.add_flags(node, flag::IMPLICIT);
    builder.set_fixed_key(node, empty, "content");
    builder.set_value(node, empty, &encode(bytes));
    builder.finish()
}

/// Base 64 with padding (RFC 4648, section 4).
fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (group >> (18 - 6 * place) & 63) as usize;
            let digit = if place <= chunk.len() { DIGITS.get(index).copied() } else { None };
            out.push(char::from(digit.unwrap_or(b'=')));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{encode, parse_binary};

    #[test]
    fn bytes_become_a_value_of_an_empty_text() {
        let document = parse_binary(b"\x00\xffabc");
        let node = document.get(0, "content").expect("the node");
        assert_eq!((document.text(), document.value(node)), ("", "AP9hYmM="));
        assert_eq!([encode(b""), encode(b"a"), encode(b"ab")], ["", "YQ==", "YWI="]);
    }
}
