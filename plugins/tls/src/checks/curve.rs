//! Curves and groups for the exchange of keys that are too small.

use crate::view::{View, is_named};
use crate::words::{WordList, gather};
use crate::x509::{base64, dh_bits};
use stockade_sdk::{Edit, Kind, Out, Params, Place, Setting, Span, find, tree_edit};

/// Last words of the names of lists of curves.
const CURVES: [&str; 8] = [
    "ssl_ecdh_curve",
    "ecdh_curve",
    "ecdh_curves",
    "curves",
    "curve_preferences",
    "tls_groups",
    "ssl_groups",
    "named_groups",
];

/// Last words of the names of settings that are bits of a group for Diffie-Hellman.
const SIZES: [&str; 6] = [
    "dh_param_size",
    "dh_params_size",
    "dhparam_size",
    "dhparams_size",
    "tune_ssl_default_dh_param",
    "ephemeral_dh_key_size",
];

/// Fewest bits of a curve, and of a group over the integers (Mozilla, server side TLS, version 5).
const CURVE_BITS: u32 = 224;
const GROUP_BITS: i64 = 2048;

const BEGIN: &str = "-----BEGIN DH PARAMETERS-----";
const END: &str = "-----END DH PARAMETERS-----";

/// Bits of a curve whose name says them: `secp192r1`, `prime192v1`, `sect163k1`, `brainpoolP160r1`, `P-192`.
fn curve_bits(word: &str) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    let rest = ["secp", "sect", "prime", "brainpoolp", "p-", "wap-wsg-idm-ecid-wtls"]
        .iter()
        .find_map(|start| lower.strip_prefix(start))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    // The last family counts its curves, all of which are small.
    if lower.starts_with("wap") {
        return Some(112);
    }
    digits.parse().ok().filter(|bits| (100..=640).contains(bits))
}

/// `curve`: a list names a curve below 224 bits, or parameters for Diffie-Hellman have fewer than 2048.
pub fn curve(view: &View<'_>, _: &Params, out: &mut Out) {
    if view.exempt {
        return;
    }
    if view.source.kind() == "pem" {
        return parameters(view, out);
    }
    let hits: Vec<Setting<'_>> =
        view.source.settings().filter(|s| is_named(s.name(), CURVES.into_iter())).collect();
    for list in gather(view.source, &hits) {
        if list.words.iter().any(|word| curve_bits(word.text).is_some()) {
            view.judges(out);
            weak(&list, out);
        }
    }
    for setting in view.source.settings().filter(|s| is_named(s.name(), SIZES.into_iter())) {
        view.judges(out);
        let bits = setting.number();
        if setting.is_value() && (256..GROUP_BITS).contains(&bits) {
            let written = setting.written();
            let message = format!("{written} is {bits}, below {GROUP_BITS} bits");
            let finding = out.finding(setting.place(), message).key(written);
            let (place, exact) = crate::place::part_of(setting, setting.value().trim());
            if exact {
                let edit = Edit::replace(place.span, GROUP_BITS.to_string());
                finding.unsafe_fix(format!("Set it to {GROUP_BITS}"), vec![edit]);
            }
        }
    }
}

/// The small curves of a list.
fn weak(list: &WordList<'_>, out: &mut Out) {
    let small: Vec<bool> =
        list.words.iter().map(|word| curve_bits(word.text).is_some_and(|bits| bits < CURVE_BITS)).collect();
    let left = small.contains(&false);
    for (word, _) in list.words.iter().zip(&small).filter(|(_, small)| **small) {
        let bits = curve_bits(word.text).unwrap_or_default();
        let message = format!("{} has {}, a curve of {bits} bits", list.name, word.text);
        let finding = out.finding(word.place, message).key(format!("{}={}", list.name, word.text));
        let sequence = word.element.and_then(|e| e.parent()).filter(|p| p.kind() == Kind::Sequence);
        let edits = if !list.exact || !list.own {
            None
        } else if let (Some(element), Some(parent), true) = (word.element, sequence, left) {
            tree_edit::remove(element, parent)
        } else {
            // The curve that every client of today has.
            Some(vec![Edit::replace(word.place.span, "P-256")]).filter(|_| list.words.len() == 1)
        };
        if let Some(edits) = edits {
            finding.unsafe_fix("Leave it out", edits);
        }
    }
}

/// Parameters in a file of their own.
fn parameters(view: &View<'_>, out: &mut Out) {
    let text = view.source.text();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| find(rest, BEGIN)).map(|n| at + n) {
        let from = start + BEGIN.len();
        at = from;
        let Some(length) = text.get(from..).and_then(|rest| find(rest, END)) else { break };
        let body = text.get(from..from + length).unwrap_or_default();
        view.judges(out);
        let bits = base64(body.trim()).and_then(|der| dh_bits(&der));
        if let Some(bits) = bits.filter(|bits| (*bits as i64) < GROUP_BITS) {
            let place = Place { span: Span { start: start as u32, end: from as u32 }, node: None };
            out.finding(place, format!("the parameters have {bits} bits, fewer than {GROUP_BITS}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::curve_bits;

    #[test]
    fn names_of_curves_say_their_size() {
        for (word, bits) in [
            ("secp192r1", 192),
            ("prime256v1", 256),
            ("sect163k1", 163),
            ("P-384", 384),
            ("brainpoolP160r1", 160),
        ] {
            assert_eq!(curve_bits(word), Some(bits), "{word}");
        }
        for word in ["X25519", "auto", "P-256:P-384", "p-1", "bezier", "secp"] {
            assert_eq!(curve_bits(word).filter(|bits| *bits < 224), None, "{word}");
        }
    }
}
