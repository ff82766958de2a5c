//! Certificates that lie in the repository.

use crate::view::View;
use crate::x509::{Certificate, base64};
use stockade_sdk::{Out, Params, Place, Span, find};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// Longest block that is read, bytes: the largest certificates in use have a tenth of that.
const LONGEST: usize = 64 << 10;
/// Fewest bits of an RSA key (CA/Browser Forum, baseline requirements, section 6.1.5).
const RSA_BITS: usize = 2048;

/// Fewest authorities that make a file a list of those that programs trust, as systems and browsers ship it. One that expired
/// is trusted no longer, and nobody's service is down for it.
const TRUSTED: usize = 20;

/// The certificates of a text in PEM, also those written with `\n` inside a string: the place of the opening line, and
/// the certificate in DER.
fn blocks(text: &str) -> Vec<(Span, Vec<u8>)> {
    let mut found = Vec::new();
    // Where the closing line behind the last block stands: a file of nothing but opening lines is searched once.
    let mut closing = 0;
    let mut next = find(text, BEGIN);
    while let Some(start) = next {
        let from = start + BEGIN.len();
        next = behind(text, from, BEGIN);
        if closing < from {
            let Some(end) = behind(text, from, END) else { break };
            closing = end;
        }
        // With another opening line in front of it, it is that one's.
        if next.is_some_and(|next| next < closing) || closing - from > LONGEST {
            continue;
        }
        let body = text.get(from..closing).unwrap_or_default();
        let plain: String = body.replace("\\n", "\n").replace("\\r", "");
        let der = plain.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        if let Some(der) = base64(der) {
            found.push((Span { start: start as u32, end: from as u32 }, der));
        }
    }
    found
}

/// Where `wanted` stands next, from this byte on.
fn behind(text: &str, from: usize, wanted: &str) -> Option<usize> {
    text.get(from..).and_then(|rest| find(rest, wanted)).map(|at| from + at)
}

/// `certificate`: a key too short, a signature over a weak hash, or a validity that ended before the day `as-of`.
pub fn certificate(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    let source = view.source;
    let as_of: String =
        params.string("as-of").unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let binary = if source.kind() == "der" && !source.is_empty() {
        let content = source.root().get("content").and_then(|node| base64(node.text()));
        content.map(|der| (Span { start: 0, end: 0 }, der))
    } else {
        None
    };
    let mut expired: Vec<(Span, String)> = Vec::new();
    let mut roots = 0;
    for (span, der) in binary.into_iter().chain(blocks(source.text())) {
        let Some(certificate) = Certificate::read(&der) else { continue };
        view.judges(out);
        roots += usize::from(certificate.is_root);
        let whose = certificate.common_name.as_deref().map_or_else(String::new, |name| format!(" of {name}"));
        let mut tell = |what: String| {
            let place = Place { span, node: None };
            out.finding(place, format!("the certificate{whose} {what}")).key(format!("certificate{whose}"));
        };
        if let Some(bits) = certificate.rsa_bits.filter(|bits| *bits < RSA_BITS) {
            tell(format!("has an RSA key of {bits} bits"));
        }
        if let Some(hash) = certificate.weak_hash {
            tell(format!("is signed with {hash}"));
        }
        let day = certificate.not_after.get(..8).unwrap_or_default();
        if as_of.len() == 8 && day < as_of.as_str() {
            let (year, rest) = day.split_at_checked(4).unwrap_or((day, ""));
            let (month, day) = rest.split_at_checked(2).unwrap_or((rest, ""));
            expired.push((span, format!("the certificate{whose} expired on {year}-{month}-{day}")));
        }
    }
    if roots >= TRUSTED {
        return;
    }
    // Of a bundle of authorities that nobody renewed, one finding says it all.
    let shown = if expired.len() > 3 { 1 } else { expired.len() };
    let more = match expired.len() - shown {
        0 => String::new(),
        n => format!(", and {n} more of this file have expired"),
    };
    for (span, message) in expired.into_iter().take(shown) {
        let key = message.split(" expired").next().unwrap_or_default().to_owned();
        out.finding(Place { span, node: None }, format!("{message}{more}")).key(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_line_belongs_to_the_last_opening_one() {
        let block = format!("{BEGIN}\nAAEC\n{END}\n");
        let places = |text: &str| -> Vec<u32> { blocks(text).iter().map(|(span, _)| span.start).collect() };
        assert_eq!(blocks(&block).first().map(|(_, der)| der.as_slice()), Some([0, 1, 2].as_slice()));
        assert_eq!(places(&format!("{block}{block}")), [0, block.len() as u32]);
        assert_eq!(places(&format!("{BEGIN}\nAAEC\n{block}")), [BEGIN.len() as u32 + 6]);
        assert_eq!(places(&format!("{END}\n{block}{BEGIN}\nAAEC\n")), [END.len() as u32 + 1]);
        assert!(places(&BEGIN.repeat(1000)).is_empty());
        let long = format!("{BEGIN}\n{}\n{END}\n", "A".repeat(LONGEST));
        assert_eq!(places(&format!("{long}{block}")), [long.len() as u32]);
    }
}
