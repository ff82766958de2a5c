use super::*;
use sha2::{Digest, Sha256};

/// Base64 as RFC 4648 has it.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let three = [chunk[0], chunk.get(1).copied().unwrap_or(0), chunk.get(2).copied().unwrap_or(0)];
        let n = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for i in 0..4 {
            let digit = (n >> (18 - 6 * i)) & 63;
            out.push(if i <= chunk.len() { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    out
}

#[test]
fn the_policy_names_what_the_page_holds() {
    let hash = |text: &str| base64(&Sha256::digest(text.as_bytes()));
    assert_eq!(base64(b"light w"), "bGlnaHQgdw==");
    assert_eq!((STYLE_HASH, SCRIPT_HASH), (hash(STYLE).as_str(), hash(SCRIPT).as_str()));
}

#[test]
fn text_cannot_become_markup() {
    assert_eq!(escape("<a b='c\"&d\u{1b}"), "&lt;a b=&#39;c&quot;&amp;d\u{241b}");
    assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
    assert_eq!(prose("a ` <b>"), "a ` &lt;b&gt;");
    // Nothing in our own files may end the elements that hold them.
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
}
