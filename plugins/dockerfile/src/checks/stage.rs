//! Names of stages, and how stages are put together.

use super::copied_image;
use crate::view::View;
use std::collections::{HashMap, HashSet};
use stockade_sdk::{Edit, Node, Out, Params, Span};

/// `stage-name-duplicate`: two stages of one name, compared without case.
pub fn duplicate_name(view: &View<'_>, _: &Params, out: &mut Out) {
    let mut seen: HashMap<String, Node<'_>> = HashMap::new();
    for (_, from) in view.froms() {
        let Some(alias) = from.get("alias").filter(|a| a.is_known()) else { continue };
        let name = alias.text().to_ascii_lowercase();
        if let Some(first) = seen.get(&name) {
            out.finding(alias.place(), format!("stage name {} is taken by an earlier stage", alias.text()))
                .label(first.place(), "first used here");
        } else {
            seen.insert(name, alias);
        }
    }
}

/// `stage-name`: reserved names (`reserved`), and capitals (`lower-case`).
pub fn name(view: &View<'_>, params: &Params, out: &mut Out) {
    let uses = uses(view);
    let mut named = HashSet::new();
    for (_, from) in view.froms() {
        let Some(alias) = from.get("alias").filter(|a| a.is_known()) else { continue };
        let text = alias.text();
        if params.strings("reserved").any(|reserved| text.eq_ignore_ascii_case(reserved)) {
            out.finding(alias.place(), format!("stage name {text} is reserved"));
        }
        if params.bool_or("lower-case", false) && text.bytes().any(|b| b.is_ascii_uppercase()) {
            let finding = out.finding(alias.place(), format!("stage name {text} has capital letters"));
            // A name that is taken has its uses changed once.
            if named.insert(text) {
                finding.safe_fix("Write the name and its uses in lower case", lower_case(alias, &uses));
            }
        }
    }
}

/// Everything that uses a stage's name as it is written: the nodes, and places inside values of `--mount`.
type Uses<'a> = HashMap<&'a str, Vec<Span>>;

fn uses<'a>(view: &View<'a>) -> Uses<'a> {
    let mut uses: Uses<'a> = HashMap::new();
    let source = view.source;
    let parents =
        view.froms().filter(|(_, from)| from.get("parent").is_some()).filter_map(|(stage, _)| stage.image);
    let copied = view.instructions().filter_map(|(_, instruction)| instruction.flag("from"));
    for node in parents.chain(copied) {
        uses.entry(source.slice(node.span())).or_default().push(node.span());
    }
    for mount in view.instructions().flat_map(|(_, i)| i.mounts()) {
        let Some(name) = mount.get("from") else { continue };
        let span = mount.node.span();
        if let Some(at) = source.slice(span).find(&format!("from={name}")) {
            let start = span.start + at as u32 + 5;
            uses.entry(name).or_default().push(Span { start, end: start + name.len() as u32 });
        }
    }
    uses
}

/// Edits that spell a stage's name in lower case, where it is declared and wherever it is used.
fn lower_case(alias: Node<'_>, uses: &Uses<'_>) -> Vec<Edit> {
    let lower = alias.text().to_ascii_lowercase();
    let used = uses.get(alias.text()).into_iter().flatten().copied();
    std::iter::once(alias.span()).chain(used).map(|span| Edit::replace(span, &lower)).collect()
}

/// `from-as-casing`: `FROM` and its `AS` in different case.
pub fn as_casing(view: &View<'_>, _: &Params, out: &mut Out) {
    for (_, from) in view.froms() {
        let (Some(alias), Some(keyword)) = (from.get("alias"), from.key_span()) else { continue };
        let Some(span) = alias.key_span() else { continue };
        let (from_word, word) = (view.source.slice(keyword), view.source.slice(span));
        let (wanted, fits) =
            if is_upper(from_word) { ("AS", is_upper(word)) } else { ("as", is_lower(word)) };
        if fits || !(is_upper(from_word) || is_lower(from_word)) {
            continue;
        }
        let place = stockade_sdk::Place { span, node: Some(from.id()) };
        out.finding(place, format!("{word} is written in another case than {from_word}"))
            .safe_fix(format!("Write {wanted}"), vec![Edit::replace(span, wanted)]);
    }
}

pub(super) fn is_upper(word: &str) -> bool {
    !word.bytes().any(|b| b.is_ascii_lowercase())
}

pub(super) fn is_lower(word: &str) -> bool {
    !word.bytes().any(|b| b.is_ascii_uppercase())
}

/// `copy-from-unknown`: `COPY --from` a stage that is not there (yet).
pub fn copy_from_unknown(view: &View<'_>, params: &Params, out: &mut Out) {
    let names = copied_image::stage_names(view);
    for (at, stage) in view.stages.iter().enumerate() {
        for copy in stage.instructions.iter().filter(|i| i.keyword == "COPY") {
            let Some(from) = copy.flag("from").filter(|from| from.is_known()) else { continue };
            let name = from.text();
            let known = match name.parse::<usize>() {
                // Its own number is the business of `copy-from-own`.
                Ok(number) => number <= at && view.stages.get(number).is_some_and(|s| s.from.is_some()),
                Err(_) => {
                    copied_image::is_image(&names, at, name)
                        || params.strings("contexts").any(|context| context == name)
                        || names.get(&name.to_ascii_lowercase()).is_some_and(|first| *first <= at)
                }
            };
            if !known {
                out.finding(from.entry_place(), format!("{name} is no earlier stage")).data("stage", name);
            }
        }
    }
}

/// `copy-from-own`: `COPY --from` the stage that it stands in.
pub fn copy_from_own(view: &View<'_>, _: &Params, out: &mut Out) {
    let names = copied_image::stage_names(view);
    for (at, stage) in view.stages.iter().enumerate().filter(|(_, s)| s.from.is_some()) {
        for copy in stage.instructions.iter().filter(|i| i.keyword == "COPY" && !i.onbuild) {
            let Some(from) = copy.flag("from").filter(|from| from.is_known()) else { continue };
            let name = from.text();
            // An earlier stage of the same name would be meant instead.
            let own = stage.alias().is_some_and(|alias| alias.text().eq_ignore_ascii_case(name));
            let first = names.get(&name.to_ascii_lowercase()).is_some_and(|first| *first == at);
            if name.parse() == Ok(at) || (own && first) {
                out.finding(from.entry_place(), format!("{name} is the stage that this COPY stands in"));
            }
        }
    }
}
