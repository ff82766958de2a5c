//! Images that `COPY --from` takes files from.

use crate::view::{Stage, View};
use std::collections::HashMap;
use stockade_sdk::{Node, Out, Params};

/// The names that stages have, in lower case, with the first stage of each.
pub(super) fn stage_names(view: &View<'_>) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (at, alias) in view.stages.iter().enumerate().filter_map(|(at, s)| Some((at, s.alias()?))) {
        names.entry(alias.text().to_ascii_lowercase()).or_insert(at);
    }
    names
}

/// Whether a value of `--from` in this stage names an image rather than a stage. A word without tag and path may as well
/// be a named context of the build, so it is none.
pub(super) fn is_image(names: &HashMap<String, usize>, stage: usize, from: &str) -> bool {
    let is_stage = from.parse::<usize>().is_ok()
        || names.get(&from.to_ascii_lowercase()).is_some_and(|first| *first <= stage);
    !is_stage && from != "scratch" && from.contains(['/', ':', '@'])
}

/// The images without a digest that a stage copies from, as the values of `--from`.
pub(super) fn copied_from<'v, 'a>(
    names: &'v HashMap<String, usize>,
    at: usize,
    stage: &'v Stage<'a>,
) -> impl Iterator<Item = Node<'a>> {
    let values =
        stage.instructions.iter().filter(|i| i.keyword == "COPY").filter_map(|copy| copy.flag("from"));
    values.filter(move |from| {
        from.is_known() && is_image(names, at, from.text()) && !from.text().contains("@sha256:")
    })
}

/// Says that such an image has a tag that is forbidden, or none where that is.
pub(super) fn copied_tag(from: Node<'_>, params: &Params, out: &mut Out) {
    let text = from.text();
    let last = text.rfind('/').map_or(0, |slash| slash + 1);
    let tag = text.get(last..).and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    let message = match tag {
        Some(tag) if params.strings("forbid").any(|forbidden| forbidden == tag) => {
            let name = text.strip_suffix(tag).and_then(|name| name.strip_suffix(':')).unwrap_or(text);
            format!("image {name} is tagged {tag}")
        }
        None if params.bool_or("forbid-missing", false) => format!("image {text} has neither tag nor digest"),
        _ => return,
    };
    out.finding(from.place(), message).data("image", text).data("tag", tag.unwrap_or_default());
}
