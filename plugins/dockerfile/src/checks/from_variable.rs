//! Variables of `FROM`: in the name of its image, and as its platform.

use super::image::written;
use crate::pair::pairs;
use crate::view::{Stage, View, remove_flag};
use std::collections::HashMap;
use stockade_sdk::{Node, Out, Params, flag};

/// `platform`: constants (`forbid-constant`) and named variables (`forbid`) as value of `FROM --platform`.
pub fn platform(view: &View<'_>, params: &Params, out: &mut Out) {
    for (stage, from) in view.froms() {
        let Some(platform) = from.get("flags").and_then(|flags| flags.get("platform")) else { continue };
        let written = from.source().slice(platform.span()).trim_matches(['"', '\'']);
        if let Some(variable) = variable(written) {
            if params.strings("forbid").any(|forbidden| forbidden == variable) {
                let place = platform.entry_place();
                let message = format!("platform of {} is {variable}, which is the default", base(stage));
                out.finding(place, message).safe_fix("Remove the flag", vec![remove_flag(platform)]);
            }
        } else if params.bool_or("forbid-constant", false) && !written.contains('$') && !written.is_empty() {
            // `FROM --platform=linux/arm64 … AS build-arm64` is chosen by its name.
            let name = stage.alias().map_or("", Node::text).to_ascii_lowercase();
            if written.split('/').any(|part| !part.is_empty() && name.contains(&part.to_ascii_lowercase())) {
                continue;
            }
            let message = format!("platform of {} is fixed to {written}", base(stage));
            out.finding(platform.entry_place(), message).data("platform", written);
        }
    }
}

fn base<'a>(stage: &Stage<'a>) -> &'a str {
    stage.image.map_or("the image", written)
}

/// The variable that a word is nothing but: `$X`, `${X}`, `${X:-}`.
fn variable(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?;
    let name = name.strip_prefix('{').map_or(Some(name), |n| n.strip_suffix('}'))?;
    let name = name.split(':').next().unwrap_or(name);
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (plain && !name.is_empty()).then_some(name)
}

/// `image-argument`: variables in `FROM` that nothing declares (`undeclared`), or whose defaults leave no image
/// (`empty-default`).
pub fn argument(view: &View<'_>, params: &Params, out: &mut Out) {
    // The last declaration of a name counts.
    let globals: HashMap<&str, Node<'_>> =
        view.globals.iter().flat_map(|arg| pairs(*arg)).map(|pair| (pair.name(), pair.node)).collect();
    for (stage, from) in view.froms() {
        let platform = from.get("flags").and_then(|flags| flags.get("platform"));
        if let Some(platform) = platform.filter(|_| params.bool_or("undeclared", false)) {
            let text = from.source().slice(platform.span());
            let given = |name: &str| PLATFORM_ARGUMENTS.contains(&name) || globals.contains_key(name);
            for Expansion { name, .. } in expansions(text).iter().filter(|e| !e.has_default && !given(e.name))
            {
                let message = format!("FROM uses {name}, which no ARG before the first FROM declares");
                out.finding(platform.entry_place(), message).data("variable", *name);
            }
        }
        let Some(image) = stage.image else { continue };
        let text = image.source().slice(image.place().span);
        let mut incomplete = false;
        for Expansion { name, has_default, .. } in expansions(text) {
            if PLATFORM_ARGUMENTS.contains(&name) {
                incomplete = true;
                continue;
            }
            let declared = globals.get(name);
            if params.bool_or("undeclared", false) && declared.is_none() && !has_default {
                let message = format!("FROM uses {name}, which no ARG before the first FROM declares");
                out.finding(image.place(), message).data("variable", name);
            }
            incomplete |= declared.is_none();
        }
        if params.bool_or("empty-default", false)
            && !incomplete
            && text.contains('$')
            && let Some(name) = unusable(&globals, text)
        {
            let message = format!("image {text} has no usable name while {name} keeps its default");
            out.finding(image.place(), message).data("variable", name);
        }
    }
}

const PLATFORM_ARGUMENTS: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// A variable in a word or line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expansion<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where the name begins. Bytes of the text.
    pub(super) at: usize,
    /// Whether `:-`, `-`, `:+` or `+` gives it a value of its own.
    pub(super) has_default: bool,
}

/// The variables of a text.
pub(super) fn expansions(text: &str) -> Vec<Expansion<'_>> {
    let mut found = Vec::new();
    for (dollar, _) in text.match_indices('$') {
        let escaped = text.get(..dollar).is_some_and(|before| before.ends_with('\\'));
        let rest = text.get(dollar + 1..).unwrap_or_default();
        let (body, braced) = rest.strip_prefix('{').map_or((rest, false), |body| (body, true));
        let length = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let name = body.get(..length).unwrap_or_default();
        let modifier = body.get(length..).unwrap_or_default();
        let has_default = braced && [":-", "-", ":+", "+"].iter().any(|m| modifier.starts_with(m));
        if !escaped && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) {
            found.push(Expansion { name, at: dollar + 1 + usize::from(braced), has_default });
        }
    }
    found
}

/// The first variable without a value, else the first of all, where the word with the defaults filled in is no image name.
fn unusable<'a>(globals: &HashMap<&str, Node<'_>>, word: &'a str) -> Option<&'a str> {
    let mut filled = String::new();
    let (mut first, mut empty) = (None, None);
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        filled.push_str(rest.get(..at)?);
        rest = rest.get(at + 1..)?;
        let braced = rest.starts_with('{');
        let body = rest.strip_prefix('{').unwrap_or(rest);
        let length = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let name = body.get(..length)?;
        let mut tail = body.get(length..)?;
        if braced {
            // Defaults and patterns inside the word: BuildKit fills them in, so the name may be complete.
            tail = tail.strip_prefix('}')?;
        }
        first = first.or(Some(name));
        match globals.get(name).filter(|v| !v.is_null() && !v.text().is_empty()) {
            Some(value) if value.has(flag::UNKNOWN | flag::PARTIAL) => return None,
            Some(value) => filled.push_str(value.text()),
            None => empty = empty.or(Some(name)),
        }
        rest = tail;
    }
    filled.push_str(rest);
    let bad = |part: &str| part.is_empty() || part.starts_with([':', '@']);
    let malformed =
        filled.split('/').any(bad) || filled.ends_with([':', '@', '-', '.', '_']) || filled.contains("::");
    malformed.then_some(empty.or(first)).flatten()
}
