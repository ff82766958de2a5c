//! Images that run as root because nothing says otherwise.

use super::image::without_digest;
use super::user::{UNPRIVILEGED, last_user};
use crate::glob;
use crate::view::{Stage, View};
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Node, Out, Params, flag};

/// Nodes of a `CMD` or `ENTRYPOINT` that are looked at: the program that leaves root stands at its beginning.
const MAX_START_WORDS: usize = 64;

/// `user-missing`: no `USER` in the final stage and those it is built from, and a base image that is none of
/// `unprivileged`, `servers` and `systems` (globs over `repository` or `repository:tag`). Servers leave root by their own entry
/// point; systems are images that whole machines start from, and those of Windows, which has no root.
pub fn missing(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(last) = view.final_stage() else { return };
    if last_user(view).is_some()
        || view.lineage(last).any(|(_, s)| s.instructions.iter().any(|i| i.keyword == "USER" && !i.onbuild))
    {
        return;
    }
    let (Some(stage), Some((_, base))) = (view.stages.get(last), view.lineage(last).last()) else { return };
    let (Some(from), Some(image)) = (stage.from, base.image) else { return };
    // A stage from nothing that starts nothing is there to be exported: nobody runs it.
    let starts = |s: &Stage<'_>| s.instructions.iter().any(|i| matches!(i.keyword, "CMD" | "ENTRYPOINT"));
    let exported = image.text() == "scratch" && !view.lineage(last).any(|(_, s)| starts(s));
    if exported
        || is_for_windows(view, base)
        || base.is_from_placeholder()
        || !is_known_base(base, image)
        || fits(base, image, params, "unprivileged")
        || fits(base, image, params, "systems")
        || (fits(base, image, params, "servers") && starts_server(view, last, base))
        || has_way_down(view, last)
        || view.lineage(last).any(|(_, stage)| makes_system(stage) || stage.node.has(flag::PARTIAL))
    {
        return;
    }
    let place = stage.image.map_or(from.key_place(), |image| image.place());
    let message = format!("final stage on {} never leaves root", without_digest(image));
    let edit = insert_user(view, stage, from);
    out.finding(place, message).unsafe_fix(format!("Run as {UNPRIVILEGED}"), vec![edit]);
}

/// Whether enough of the base image is known to look it up.
fn is_known_base(base: &Stage<'_>, image: Node<'_>) -> bool {
    image.is_known() || base.from.and_then(|from| from.get("repository")).is_some_and(|r| r.is_known())
}

/// Whether the file says that it builds for Windows: nobody escapes with a backtick elsewhere.
pub(super) fn is_for_windows(view: &View<'_>, base: &Stage<'_>) -> bool {
    let platform = base
        .from
        .and_then(|from| from.get("flags"))
        .and_then(|flags| flags.get("platform"))
        .map_or("", Node::text);
    view.escape == '`' || platform.starts_with("windows")
}

/// Whether an image is one of those that a parameter lists.
fn fits(base: &Stage<'_>, image: Node<'_>, params: &Params, list: &str) -> bool {
    let text = image.text();
    let text = text.split('@').next().unwrap_or(text);
    let named = match (base.image_part("repository"), base.from.and_then(|from| from.get("tag"))) {
        (Some(repository), Some(tag)) => format!("{repository}:{}", tag.text()),
        (Some(repository), None) => repository.to_owned(),
        _ => text.to_owned(),
    };
    let without_tag = named.split(':').next().unwrap_or(&named);
    let bare = text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(text, |(name, _)| name);
    let mut names = vec![text, bare, named.as_str(), without_tag];
    // Nearly always two of the four, and the lists are long.
    names.sort_unstable();
    names.dedup();
    params.strings(list).any(|pattern| names.iter().any(|name| glob::fits(pattern, name)))
}

/// Whether the final image starts by the entry point of its base image, and that image's own program.
fn starts_server(view: &View<'_>, last: usize, base: &Stage<'_>) -> bool {
    let program = base.image_part("repository").and_then(|r| r.rsplit('/').next()).unwrap_or_default();
    // `redis-server` of `redis`, `mongod` of `mongo`, `postgres` of `postgis`.
    let front = program.get(..program.len().min(5)).unwrap_or_default();
    let starts = view.lineage(last).flat_map(|(_, s)| s.instructions.iter().rev()).filter(|i| !i.onbuild);
    let mut starts = starts.filter(|i| matches!(i.keyword, "ENTRYPOINT" | "CMD"));
    starts.all(|i| {
        let first = i.words().next().map_or("", Node::text);
        i.keyword == "CMD" && (first.starts_with('-') || first.starts_with(front))
    })
}

/// Programs whose one purpose is to go on as another account.
const WAYS_DOWN: [&str; 4] = ["gosu", "su-exec", "setpriv", "s6-setuidgid"];

/// Whether the image brings a program by which its own entry point leaves root, or starts by one.
fn has_way_down(view: &View<'_>, last: usize) -> bool {
    let is_way = |word: &str| {
        let file = word.rsplit('/').next().unwrap_or_default();
        WAYS_DOWN
            .iter()
            .any(|way| file.strip_prefix(way).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
    };
    let (mut brings, mut has_entry) = (false, false);
    for instruction in view.lineage(last).flat_map(|(_, s)| &s.instructions).filter(|i| !i.onbuild) {
        match instruction.keyword {
            "RUN" => {
                brings |= instruction.commands.iter().flat_map(Command::args).any(|word| is_way(word.text()))
            }
            "COPY" | "ADD" => brings |= instruction.words().any(|word| is_way(word.text())),
            "ENTRYPOINT" | "CMD" => {
                has_entry |= instruction.keyword == "ENTRYPOINT";
                // In shell form the words are those of its script.
                let text = instruction.node.descendants().take(MAX_START_WORDS);
                if text.filter(|node| node.is_scalar()).any(|word| is_way(word.text())) {
                    return true;
                }
            }
            _ => {}
        }
    }
    brings && has_entry
}

/// Whether a stage makes the image of an operating system that machines boot: root is who starts those.
fn makes_system(stage: &Stage<'_>) -> bool {
    stage.instructions.iter().flat_map(|i| &i.commands).any(|command| match command.name() {
        "bootc" | "ostree" => command.operands().next().is_some_and(|word| word.text() == "container"),
        name => name == "rpm-ostree",
    })
}

/// A `USER` in front of the `ENTRYPOINT` and `CMD` that end the stage, or at its end.
fn insert_user(view: &View<'_>, stage: &Stage<'_>, from: Node<'_>) -> Edit {
    let tail = stage
        .instructions
        .iter()
        .rev()
        .take_while(|i| !i.onbuild && matches!(i.keyword, "CMD" | "ENTRYPOINT"))
        .last();
    match tail.and_then(|i| i.node.key_span()) {
        Some(keyword) => Edit::insert(keyword.start, format!("USER {UNPRIVILEGED}{}", view.line_break)),
        None => {
            let last = stage.instructions.last().map_or(from, |i| i.node);
            let end = view.source.line_at(last.span().end.max(from.span().end)).end;
            Edit::insert(end, format!("{}USER {UNPRIVILEGED}", view.line_break))
        }
    }
}
