//! Patterns that say whose pages may ask: of `$http_origin`, and of `$http_referer`.

use crate::view::{View, args, inside};
use stockade_sdk::host_pattern::{LooseDot, loose_dot};
use stockade_sdk::{Node, Out, Params, Place};

/// What a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    /// Scheme, host and port, and nothing else.
    Origin,
    /// A whole address, with a path that its sender chooses.
    Referer,
}

/// `origin-pattern`: a pattern of origins or referrers is met by hosts of other people, or a map gives every origin back.
pub fn permissive(view: &View<'_>, _: &Params, out: &mut Out) {
    for entry in returned(view) {
        let message = format!("{} gives back any origin that asks", entry.name());
        out.finding(entry.place(), message).key(format!("map {}", entry.name()));
    }
    for (pattern, compared, place) in conditions(view).into_iter().chain(maps(view)) {
        if let Some(why) = alternatives(pattern).into_iter().find_map(|one| flaw(one, compared)) {
            out.finding(place, format!("the pattern {pattern} {why}")).key(pattern.to_owned());
        }
    }
}

/// The patterns in `if ($http_origin ~ ...)`. A list of those who are turned away may be as wide as it likes.
fn conditions<'a>(view: &View<'a>) -> Vec<(&'a str, Compared, Place)> {
    let mut found = Vec::new();
    for block in view.named(&["if"]) {
        let words: Vec<Node<'a>> = args(block).filter(|word| word.text() != ")").collect();
        let [variable, operator, .., last] = words.as_slice() else { continue };
        let compared = match variable.text().trim_start_matches('(') {
            "$http_origin" => Compared::Origin,
            "$http_referer" => Compared::Referer,
            _ => continue,
        };
        let pattern = last.text().strip_suffix(')').unwrap_or(last.text()).trim_matches(['"', '\'']);
        let is_pattern = match operator.text() {
            "~" | "~*" => compared == Compared::Origin && !turns_away(block),
            "!~" | "!~*" => {
                compared == Compared::Origin || pattern.contains("//") || pattern.contains("\\/\\/")
            }
            _ => false,
        };
        if is_pattern {
            found.push((pattern, compared, last.place()));
        }
    }
    found
}

fn turns_away(block: Node<'_>) -> bool {
    inside(block)
        .any(|d| d.is("deny") || d.is("return") && args(d).next().is_some_and(|c| c.text().starts_with('4')))
}

/// The patterns in `map $http_origin $allowed { ... }` that lead to a value.
fn maps<'a>(view: &View<'a>) -> Vec<(&'a str, Compared, Place)> {
    let mut found = Vec::new();
    for map in view.named(&["map"]) {
        if args(map).next().is_none_or(|from| from.text() != "$http_origin") {
            continue;
        }
        for entry in inside(map) {
            let refused =
                args(entry).next().is_none_or(|value| matches!(value.text(), "" | "0" | "off" | "no"));
            let pattern = entry.name().strip_prefix("~*").or_else(|| entry.name().strip_prefix('~'));
            if let Some(pattern) = pattern.filter(|_| !refused) {
                found.push((pattern, Compared::Origin, entry.key_place()));
            }
        }
    }
    found
}

/// The entries of `map $http_origin $allowed { ... }` that fit every origin and lead to the origin itself.
fn returned<'a>(view: &View<'a>) -> Vec<Node<'a>> {
    let mut found = Vec::new();
    for map in view.named(&["map"]) {
        let names: Vec<&str> = args(map).map(Node::text).collect();
        // One that is only written into a log has another name.
        let ["$http_origin", target] = names.as_slice() else { continue };
        if !["cors", "allow", "origin"].iter().any(|word| target.contains(word)) || target.contains("log") {
            continue;
        }
        for entry in inside(map) {
            let pattern =
                entry.name().trim_start_matches(['~', '*']).trim_start_matches('^').trim_end_matches('$');
            let fits_all = entry.name() == "default"
                || matches!(pattern, "." | ".*" | ".+" | "https?://.*" | "https?://.+");
            if fits_all && args(entry).next().is_some_and(|value| value.text() == "$http_origin") {
                found.push(entry);
            }
        }
    }
    found
}

/// The alternatives of a pattern outside of its groups and classes.
fn alternatives(pattern: &str) -> Vec<&str> {
    let (mut depth, mut class, mut escaped, mut start) = (0_usize, false, false, 0);
    let mut found = Vec::new();
    for (at, byte) in pattern.bytes().enumerate() {
        match byte {
            _ if escaped => {}
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => depth += 1,
            b')' if !class => depth = depth.saturating_sub(1),
            b'|' if !class && depth == 0 => {
                found.push(pattern.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    found.push(pattern.get(start..).unwrap_or_default());
    found
}

/// What other hosts fit one alternative through.
fn flaw(alternative: &str, compared: Compared) -> Option<&'static str> {
    let text = alternative.replace("\\/", "/");
    let open = text.trim_start_matches('^').trim_end_matches('$');
    // What fits everything says so, and is another rule's business.
    if matches!(open, "" | "." | ".*" | ".+" | "https?://.*" | "https?://.+") {
        return None;
    }
    // A scheme stands at the start of an origin and nowhere else; a dot before the domain keeps other names out.
    let of_origin = ["\\.", "://", "https?://", "http://", "https://"];
    let begins = text.starts_with('^')
        || compared == Compared::Origin && of_origin.iter().any(|start| text.starts_with(start));
    if !begins {
        return Some("is not anchored at its start");
    }
    let behind_scheme = text.split_once("//").map_or(text.as_str(), |(_, rest)| rest);
    let has_path = compared == Compared::Referer && behind_scheme.replace("[^/]", "").contains('/');
    let ends = text.ends_with('$') && !text.ends_with("\\$") || text.ends_with("$)") || has_path;
    if !ends {
        return Some("is not anchored at its end");
    }
    loose_dot(&text).map(|dot| match dot {
        LooseDot::AnyCharacter => "has a dot that stands for any character",
        LooseDot::OtherNames => "lets other names end in the domain's",
    })
}

#[cfg(test)]
mod tests {
    use super::{Compared, alternatives, flaw};

    #[test]
    fn origins_that_others_fit() {
        for (pattern, says) in [
            (r"^https://shop\.io", "end"),
            (r"shop\.io$", "start"),
            (r"^https?://(www\.)?shop.io$", "dot"),
            (r"^https://.*shop\.io$", "end in"),
            ("(localhost|shop)", "start"),
        ] {
            assert!(flaw(pattern, Compared::Origin).is_some_and(|why| why.contains(says)), "{pattern}");
        }
        for pattern in [
            r"^https?://([a-z0-9-]+\.)*shop\.io(:[0-9]+)?$",
            r"https?://(www\.)?shop\.io$",
            r"\.shop\.io$",
            r"^https:\/\/shop\.io$",
            ".*",
            "^$",
        ] {
            assert_eq!(flaw(pattern, Compared::Origin), None, "{pattern}");
        }
    }

    #[test]
    fn a_referrer_ends_its_host_with_a_slash() {
        assert_eq!(flaw(r"^https?://([^/]+\.)?shop\.io/", Compared::Referer), None);
        assert!(flaw(r"^https?://shop\.io", Compared::Referer).is_some());
        assert!(flaw(r"https?://shop\.io/", Compared::Referer).is_some());
    }

    #[test]
    fn alternatives_stand_outside_of_groups() {
        assert_eq!(alternatives(r"^(a|b)/|[|]c\|d"), ["^(a|b)/", r"[|]c\|d"]);
    }
}
