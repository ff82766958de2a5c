//! `LABEL`: keys, and values that a schema gives a type.

use crate::pair::{Pair, pairs};
use crate::view::View;
use stockade_sdk::{Kind, Node, Out, Params};

/// All labels. Those of `ONBUILD` belong to another image.
fn labels<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = Pair<'a>> + 'v {
    view.all("LABEL").filter(|i| !i.onbuild).flat_map(|i| pairs(i.node))
}

/// `label-key`: keys that break Docker's rules or stand in a name space of its own (`reserved`).
pub fn key(view: &View<'_>, params: &Params, out: &mut Out) {
    for Pair { node: label, .. } in labels(view) {
        let key = label.name();
        if key.contains('$') {
            continue;
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let starts = key.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        let problem = if let Some(space) = params.strings("reserved").find(|space| key.starts_with(*space)) {
            format!("label {key} stands in the reserved name space {}", space.trim_end_matches('.'))
        } else if !key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '/'))
        {
            format!("label {key} has characters other than a-z 0-9 . - _ /")
        } else if !starts || !edge(key.chars().next_back()) {
            format!("label {key} does not start with a letter and end with a letter or digit")
        } else if key.contains("..") || key.contains("--") {
            format!("label {key} has two separators in a row")
        } else {
            continue;
        };
        out.finding(label.key_place(), problem).data("label", key);
    }
}

/// `label-required`: labels of `labels` that no stage of the final image sets.
pub fn required(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(last) = view.final_stage() else { return };
    let set: Vec<&str> = view
        .lineage(last)
        .flat_map(|(_, s)| &s.instructions)
        .filter(|i| i.keyword == "LABEL" && !i.onbuild)
        .flat_map(|i| i.node.children().filter(|c| c.kind() == Kind::Scalar))
        .map(Node::name)
        .collect();
    if set.iter().any(|name| name.contains('$')) {
        return;
    }
    let Some(stage) = view.stages.get(last) else { return };
    let Some(place) = stage.image.map(Node::place) else { return };
    for label in params.strings("labels").filter(|label| !set.contains(label)) {
        out.finding(place, format!("final stage has no label {label}"))
            .data("label", label)
            .key(format!("label={label}"));
    }
}

/// `label-unlisted`: labels outside `labels`; silent while that list is empty.
pub fn unlisted(view: &View<'_>, params: &Params, out: &mut Out) {
    if !params.has("labels") {
        return;
    }
    for pair in labels(view) {
        let (label, key) = (pair.node, pair.name());
        if key.contains('$') || params.strings("labels").any(|listed| listed == key) {
            continue;
        }
        out.finding(label.key_place(), format!("label {key} is not in the schema"))
            .data("label", key)
            .unsafe_fix("Remove the label", vec![pair.removal()]);
    }
}

/// `label-value`: values of `labels` that are not of the type `type`.
pub fn value(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some((fits, what)) = params.string("type").and_then(type_named) else { return };
    for Pair { node: label, .. } in labels(view) {
        if !label.is_known() || !params.strings("labels").any(|typed| typed == label.name()) {
            continue;
        }
        let text = label.text();
        // An empty value is the business of the rule on empty ones.
        let empty = params.string("type") == Some("filled");
        if (empty || !text.is_empty()) && !fits(text) {
            let message = if empty {
                format!("label {} is empty", label.name())
            } else {
                format!("label {} is {text}, which is no {what}", label.name())
            };
            out.finding(label.entry_place(), message).data("label", label.name()).data("value", text);
        }
    }
}

type Test = fn(&str) -> bool;

/// The test of a type, and what it is called.
fn type_named(name: &str) -> Option<(Test, &'static str)> {
    Some(match name {
        "filled" => (|text| !text.trim().is_empty(), "value"),
        "url" => (is_url, "absolute URL"),
        "rfc3339" => (is_timestamp, "RFC 3339 time"),
        "spdx" => (is_licence, "SPDX licence expression"),
        "hash" => (is_hash, "git hash"),
        "semver" => (is_version, "semantic version"),
        "email" => (is_email, "e-mail address"),
        _ => return None,
    })
}

/// RFC 3986, section 4.3, with a host where there are slashes.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let chars_fit = rest.bytes().all(|b| {
        b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    });
    let host_fits = match rest.strip_prefix("//") {
        Some(host) => !host.is_empty() && (scheme == "file" || !host.starts_with(['/', ':', '?', '#'])),
        None => !matches!(scheme, "http" | "https" | "ftp") && !rest.is_empty(),
    };
    scheme_fits && chars_fit && host_fits
}

/// RFC 3339, section 5.6, with the days that each month has.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        text.get(from..to).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse::<u32>().ok()
    };
    let at = |index: usize, any: &[u8]| bytes.get(index).is_some_and(|b| any.contains(b));
    let separators = at(4, b"-") && at(7, b"-") && at(10, b"Tt ") && at(13, b":") && at(16, b":");
    let fields = (number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16), number(17, 19));
    let (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = fields else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return false,
    };
    let mut rest = text.get(19..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return false;
        }
        rest = fraction.get(digits..).unwrap_or_default();
    }
    let zone = matches!(rest, "Z" | "z")
        || (rest.len() == 6 && rest.starts_with(['+', '-']) && {
            let part = |from, to| {
                rest.get(from..to)
                    .filter(|t| t.bytes().all(|b| b.is_ascii_digit()))
                    .and_then(|t| t.parse::<u32>().ok())
            };
            rest.as_bytes().get(3) == Some(&b':')
                && part(1, 3).is_some_and(|h| h < 24)
                && part(4, 6).is_some_and(|m| m < 60)
        });
    separators && (1..=days).contains(&day) && hour < 24 && minute < 60 && second <= 60 && zone
}

/// The form of SPDX expressions (SPDX 2.3, annex D): identifiers joined by `AND`, `OR` and `WITH`, in parentheses. Whether an
/// identifier is on the list of licences is looked at for the common slips only: the list changes every few months.
fn is_licence(text: &str) -> bool {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let (mut depth, mut wants_name, mut after_with) = (0_u32, true, false);
    for word in spaced.split_ascii_whitespace() {
        match word {
            "(" if wants_name && !after_with => depth += 1,
            ")" if !wants_name && depth > 0 => depth -= 1,
            "AND" | "OR" | "and" | "or" if !wants_name => wants_name = true,
            "WITH" | "with" if !wants_name => (wants_name, after_with) = (true, true),
            _ if wants_name && is_licence_name(word) => (wants_name, after_with) = (false, false),
            _ => return false,
        }
    }
    !wants_name && depth == 0
}

/// Families of identifiers on the SPDX list whose members all have a number: `GPL` alone says too little.
const NUMBERED: [&str; 12] =
    ["gpl", "lgpl", "agpl", "apache", "mpl", "epl", "bsd", "cc-by", "eupl", "cddl", "ofl", "artistic"];

fn is_licence_name(word: &str) -> bool {
    let name = word.strip_suffix('+').unwrap_or(word);
    let reference = name.strip_prefix("LicenseRef-").or_else(|| name.strip_prefix("DocumentRef-"));
    let chars = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':'))
    };
    let lower = name.to_ascii_lowercase();
    let slip = NUMBERED.contains(&lower.as_str())
        || (lower.len() < 7 && ["gplv", "lgplv"].iter().any(|f| lower.starts_with(f)))
        || matches!(
            lower.as_str(),
            "license" | "licence" | "proprietary" | "commercial" | "unknown" | "unlicensed" | "public"
        );
    match reference {
        Some(reference) => chars(reference),
        None => chars(name) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !slip,
    }
}

fn is_hash(text: &str) -> bool {
    ((7..=40).contains(&text.len()) || text.len() == 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Semantic Versioning 2.0.0, sections 2, 9 and 10.
fn is_version(text: &str) -> bool {
    let identifiers = |text: &str, numbers_canonical: bool| {
        text.split('.').all(|part| {
            let number = part.bytes().all(|b| b.is_ascii_digit());
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !(numbers_canonical && number && part.len() > 1 && part.starts_with('0'))
        })
    };
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3
        && numbers.iter().all(|n| n.bytes().all(|b| b.is_ascii_digit()))
        && identifiers(core, true)
        && pre.is_none_or(|pre| identifiers(pre, true))
        && build.is_none_or(|build| identifiers(build, false))
}

/// An `addr-spec` of RFC 5322, section 3.4.1, without comments and domain literals; a name with it in angle brackets counts.
fn is_email(text: &str) -> bool {
    let address = match text.split_once('<') {
        Some((_, rest)) => match rest.strip_suffix('>') {
            Some(address) => address,
            None => return false,
        },
        None => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let atom = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let label = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (quoted || local.split('.').all(atom)) && domain.split('.').all(label) && !domain.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(test: Test, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(test(text), "{text} should fit");
        }
        for text in bad {
            assert!(!test(text), "{text} should not fit");
        }
    }

    #[test]
    fn values() {
        all(
            is_url,
            &["https://example.org/x", "http://a", "git://a/b", "mailto:a@b"],
            &["example.org", "https://", "http:/x", "https://a b", "://x", "1http://x"],
        );
        all(
            is_timestamp,
            &["2024-02-29T00:00:00Z", "2023-12-31t23:59:60+02:00", "2023-01-01T00:00:00.123-00:00"],
            &[
                "2023-02-29T00:00:00Z",
                "2023-13-01T00:00:00Z",
                "2023-01-01",
                "2023-01-01T00:00:00",
                "2023-01-01T24:00:00Z",
                "2023-01-01T00:00:00.Z",
                "2023-01-01T00:00:00+0200",
            ],
        );
        all(
            is_licence,
            &[
                "MIT",
                "Apache-2.0 OR MIT",
                "GPL-2.0-or-later WITH Classpath-exception-2.0",
                "(MIT AND ISC)",
                "LicenseRef-own",
                "GPL-2.0+",
            ],
            &["Apache 2.0", "GPL", "MIT,ISC", "(MIT", "MIT OR", "", "GPLv3", "OR MIT"],
        );
        all(
            is_hash,
            &["0123abc", "DEADBEEFDEADBEEFDEADBEEFDEADBEEFDEADBEEF"],
            &["012345", "xyz1234", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef0"],
        );
        all(
            is_version,
            &["1.2.3", "1.0.0-rc.1+build.01", "0.0.0"],
            &["1.2", "v1.2.3", "01.2.3", "1.2.3-01", "1.2.3-", "1.2.3.4"],
        );
        all(
            is_email,
            &["a@example.org", "A B <a.b@example.org>", "\"a b\"@c"],
            &["a", "a@", "@b", "a b@c", "a@-b.c", "a..b@c", "x <a@b"],
        );
    }
}
