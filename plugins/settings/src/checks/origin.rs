//! Patterns of the origins that may read answers.

use crate::view::{View, written};
use stockade_sdk::host_pattern::{LooseDot, loose_dot};
use stockade_sdk::{Out, Params, ValueKind};

/// `origin-pattern`: a pattern named by `key` is met by hosts of other people: not anchored, with a dot that stands for any
/// character, or with anything allowed right before the domain.
pub fn origin_pattern(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    for (setting, _) in view.judged(out.rule()) {
        if !setting.node().resolve().is_scalar() || setting.kind() == ValueKind::Empty {
            continue;
        }
        for pattern in setting.value().split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
            let Some(why) = flaw(pattern.trim_matches(['"', '\''])) else { continue };
            let name = written(setting);
            out.finding(setting.place(), format!("{name} has the pattern {pattern}, {why}"))
                .key(format!("{name}={pattern}"));
        }
    }
}

/// What other origins fit a pattern through.
fn flaw(pattern: &str) -> Option<&'static str> {
    let text = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(pattern);
    let open = text.trim_start_matches('^').trim_end_matches('$');
    // What fits everything is another rule's business.
    if matches!(open, ".*" | ".+" | "*" | "https?://.*" | "https?://.+") {
        return None;
    }
    if is_glob(text) {
        let (_, host) = text.split_once("://").unwrap_or(("", text));
        let host = host.trim_start_matches('[');
        let bare =
            host.strip_prefix('*').is_some_and(|rest| !rest.starts_with(['.', ':', '/']) && !rest.is_empty());
        return bare.then_some("which lets other names end in the domain's");
    }
    if !text.starts_with('^') {
        return Some("which is not anchored at its start");
    }
    if !text.ends_with('$') || text.ends_with("\\$") {
        return Some("which is not anchored at its end");
    }
    loose_dot(text).map(|dot| match dot {
        LooseDot::AnyCharacter => "whose dot stands for any character",
        LooseDot::OtherNames => "which lets other names end in the domain's",
    })
}

/// Whether a text is a pattern of the shell's kind: its only sign is a star behind which nothing is repeated.
fn is_glob(text: &str) -> bool {
    let signs = ['^', '$', '\\', '(', '+', '?', '|'];
    text.contains('*') && !text.contains(signs) && !text.contains(".*") && !text.contains("]*")
}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn patterns_that_others_fit() {
        for (pattern, says) in [
            (r"https://shop\.io", "start"),
            (r"^https://shop\.io", "end"),
            (r"^https://(www\.)?shop.io$", "dot"),
            (r"^https://.*shop\.io$", "end in"),
            ("https://*shop.io", "end in"),
        ] {
            assert!(flaw(pattern).is_some_and(|why| why.contains(says)), "{pattern}: {:?}", flaw(pattern));
        }
        for pattern in [
            r"^https://([a-z0-9-]+\.)?shop\.io$",
            r"^https://.*\.shop\.io$",
            r"/^https:\/\/[a-z.]+\.shop\.io$/",
            "https://*.shop.io",
            ".*",
            r"^https://shop\.io(:\d+)?$",
        ] {
            assert_eq!(flaw(pattern), None, "{pattern}");
        }
    }
}
