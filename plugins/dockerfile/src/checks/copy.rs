//! `COPY` and `ADD`: what is brought in, and where to.

use crate::glob;
use crate::in_force::InForce;
use crate::pair::pairs;
use crate::view::{Instruction, Stage, View};
use std::collections::HashMap;
use stockade_sdk::shell::Command;
use stockade_sdk::{Edit, Kind, Node, Out, Params};

/// All `COPY` and `ADD` with their stage, sources and destination.
fn copies<'v, 'a>(
    view: &'v View<'a>,
) -> impl Iterator<Item = (usize, &'v Instruction<'a>, Vec<Node<'a>>, Node<'a>)> {
    view.instructions().filter(|(_, i)| matches!(i.keyword, "COPY" | "ADD")).filter_map(|(stage, i)| {
        let (sources, destination) = i.copied()?;
        Some((stage, i, sources, destination))
    })
}

fn is_url(source: &str) -> bool {
    source.contains("://")
}

/// A repository that `ADD` clones: `git@host:path`, or a URL that ends in `.git`, with a reference behind `#`.
fn is_git(source: &str) -> bool {
    let path = source.split(['#', '?']).next().unwrap_or(source);
    source.starts_with("git@") || source.starts_with("git://") || path.ends_with(".git")
}

const ARCHIVES: [&str; 16] = [
    ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".zst", ".tzst", ".lzma", ".tlz", ".z",
    ".tz", ".lz", ".tar.*",
];

fn is_archive(source: &str) -> bool {
    let lower = source.to_ascii_lowercase();
    ARCHIVES.iter().any(|end| lower.ends_with(end))
}

/// `add-instead-of-copy`: `ADD` of local files that it does not unpack.
pub fn add(view: &View<'_>, _: &Params, out: &mut Out) {
    for (_, add, sources, _) in copies(view).filter(|(_, i, ..)| i.keyword == "ADD") {
        let special = |source: &Node<'_>| {
            let text = source.text();
            // A wildcard may stand for an archive, a variable for anything.
            source.kind() == Kind::Element
                || !source.is_known()
                || is_url(text)
                || is_git(text)
                || is_archive(text)
                || text.ends_with('*')
        };
        let Some(plain) = sources.iter().find(|source| !special(source)) else { continue };
        let flags = add.flags().into_iter().flat_map(Node::children);
        let only_add = flags.into_iter().any(|f| matches!(f.name(), "checksum" | "keep-git-dir" | "unpack"));
        let finding =
            out.finding(plain.place(), format!("ADD of {} does nothing that COPY does not do", plain.text()));
        if let Some(keyword) = add.node.key_span()
            && !only_add
            && sources.iter().all(|source| !special(source))
        {
            finding.safe_fix("Use COPY", vec![Edit::replace(keyword, "COPY")]);
        } else {
            finding.help("Give the plain files a COPY of their own; keep ADD for the archive or URL.");
        }
    }
}

/// `copy-many`: several sources and a destination that is no folder.
pub fn many_sources(view: &View<'_>, _: &Params, out: &mut Out) {
    for (_, copy, sources, destination) in copies(view) {
        let text = destination.text();
        let folder = text.ends_with(['/', '\\']) || matches!(text, "." | "..") || text.ends_with("/.");
        if sources.len() < 2 || folder || !destination.is_known() || text.is_empty() {
            continue;
        }
        let message = format!(
            "{} of {} sources to {text}, which does not end with a slash",
            copy.keyword,
            sources.len()
        );
        let span = destination.span();
        // In front of a closing quote.
        let quoted = view.source.slice(span).ends_with(['"', '\'']);
        let end = span.end - u32::from(quoted);
        out.finding(destination.place(), message)
            .safe_fix("End the destination with a slash", vec![Edit::insert(end, "/")]);
    }
}

/// `copy-relative`: a relative destination where no `WORKDIR` was set.
pub fn relative(view: &View<'_>, _: &Params, out: &mut Out) {
    let folders = InForce::new(view, |i| (i.keyword == "WORKDIR").then_some(()));
    // A trigger runs in another build, behind the triggers before it: the first of each stage that sets the folder.
    let first_trigger = |stage: &Stage<'_>| {
        let first = stage.instructions.iter().find(|i| i.onbuild && i.keyword == "WORKDIR");
        first.map_or(u32::MAX, |i| i.node.id())
    };
    let triggers: Vec<u32> = view.stages.iter().map(first_trigger).collect();
    for (stage, copy, _, destination) in copies(view) {
        let text = destination.text();
        let absolute = text.starts_with(['/', '\\', '$']) || is_drive(text);
        if absolute || destination.is_unknown() || text.is_empty() {
            continue;
        }
        let triggered = copy.onbuild
            && view.lineage(stage).any(|(at, _)| triggers.get(at).is_some_and(|id| *id < copy.node.id()));
        if !triggered && folders.before(view, stage, copy).is_none() {
            out.finding(destination.place(), format!("{text} is relative and no WORKDIR is set"))
                .data("destination", text);
        }
    }
}

/// Whether a path starts with a Windows drive.
pub(super) fn is_drive(path: &str) -> bool {
    let mut chars = path.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':')
}

/// `copy-root`: a whole file system copied over another. Stages that start from nothing hold only what was collected
/// there; so do images that fit one of `tools` (globs over the image, and over its repository).
pub fn root(view: &View<'_>, params: &Params, out: &mut Out) {
    let names = super::copied_image::stage_names(view);
    let is_tool = |name: &str| params.strings("tools").any(|pattern| glob::fits(pattern, name));
    for (_, copy, sources, destination) in copies(view).filter(|(_, i, ..)| i.keyword == "COPY") {
        let Some(from) = copy.flag("from") else { continue };
        let is_root = |n: &Node<'_>| matches!(n.text(), "/" | "/." | "/*" | "/./");
        let (Some(source), true) =
            (sources.iter().find(|s| is_root(s)), matches!(destination.text(), "/" | "/."))
        else {
            continue;
        };
        let number = from.text().parse().ok();
        let stage = names.get(&from.text().to_ascii_lowercase()).copied().or(number);
        let base = stage.and_then(|stage: usize| view.lineage(stage).last()).map(|(_, base)| base);
        let collected = match base {
            Some(base) => {
                base.image.is_some_and(|image| image.text() == "scratch")
                    || base.image_part("repository").is_some_and(is_tool)
            }
            None => is_tool(from.text().split([':', '@']).next().unwrap_or_default()),
        };
        if !collected {
            let message = format!("the whole filesystem of {} is copied", from.text());
            out.finding(crate::view::join(*source, destination), message).data("from", from.text());
        }
    }
}

/// `copy-secret`: sources whose file name fits one of `files` and none of `except`. Those of `settings` count only where the
/// stage gives away that there is a secret in them: it removes the file, or is given a token.
pub fn secret(view: &View<'_>, params: &Params, out: &mut Out) {
    for (stage, copy, sources, _) in copies(view) {
        if copy.flag("from").is_some() {
            continue;
        }
        for source in sources.iter().filter(|s| s.kind() == Kind::Scalar && s.is_known()) {
            let text = source.text();
            let name = text.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
            let lower = name.to_ascii_lowercase();
            let fits = |list: &str| params.strings(list).any(|pattern| glob::fits(pattern, &lower));
            let has_secret = || view.stages.get(stage).is_some_and(|stage| uses_token(stage, &lower));
            if !is_url(text) && (fits("files") && !fits("except") || fits("settings") && has_secret()) {
                out.finding(source.place(), format!("{text} looks like a file of secrets"))
                    .data("file", text);
            }
        }
    }
}

/// Whether a stage removes a file of this name, or has an argument or variable for a token.
fn uses_token(stage: &Stage<'_>, file: &str) -> bool {
    stage.instructions.iter().any(|instruction| match instruction.keyword {
        "ARG" | "ENV" => {
            pairs(instruction.node).any(|pair| super::environment::flat(pair.name()).ends_with("token"))
        }
        _ => instruction
            .commands
            .iter()
            .filter(|c| matches!(c.name(), "rm" | "unlink" | "shred"))
            .any(|c| c.operands().any(|word| file_name(word.text()).eq_ignore_ascii_case(file))),
    })
}

/// `add-remote`: `ADD` from a URL without `--checksum`.
pub fn remote(view: &View<'_>, _: &Params, out: &mut Out) {
    for (_, add, sources, _) in copies(view).filter(|(_, i, ..)| i.keyword == "ADD") {
        if add.flag("checksum").is_some() {
            continue;
        }
        for source in sources.iter().filter(|s| s.kind() == Kind::Scalar) {
            let text = source.text();
            let scheme = text.split("://").next().unwrap_or_default().to_ascii_lowercase();
            if is_url(text) && matches!(scheme.as_str(), "http" | "https" | "ftp") && !is_git(text) {
                out.finding(source.place(), format!("{text} is added without a checksum")).data("url", text);
            }
        }
    }
}

/// `copy-then-extract`: a local archive that comes by `COPY` and is unpacked by a later `RUN`.
pub fn archive(view: &View<'_>, _: &Params, out: &mut Out) {
    for stage in &view.stages {
        // The last instruction that unpacks each name.
        let mut unpacked: HashMap<&str, u32> = HashMap::new();
        for (instruction, command) in
            stage.instructions.iter().flat_map(|i| i.commands.iter().map(move |c| (i, c)))
        {
            if unpacks(command) {
                let names = command.args().iter().map(|word| file_name(word.text()));
                unpacked.extend(names.map(|name| (name, instruction.node.id())));
            }
        }
        for copy in stage.instructions.iter().filter(|i| i.keyword == "COPY" && i.flag("from").is_none()) {
            let Some((sources, destination)) = copy.copied() else { continue };
            for source in sources.iter().filter(|s| s.kind() == Kind::Scalar && is_archive(s.text())) {
                let target = last_part(destination);
                let arrives = if is_archive(target) { target } else { last_part(*source) };
                if unpacked.get(arrives).is_some_and(|later| *later > copy.node.id()) {
                    let message = format!("{} is copied and unpacked by hand", source.text());
                    out.finding(source.place(), message).data("archive", source.text());
                }
            }
        }
    }
}

/// Whether a command unpacks an archive.
fn unpacks(command: &Command<'_>) -> bool {
    match command.name() {
        "tar" | "bsdtar" => tar_unpacks(command),
        "unzip" | "gunzip" | "bunzip2" | "unxz" | "unlzma" | "uncompress" | "zcat" | "bzcat" | "xzcat"
        | "zgz" => true,
        "gzip" | "bzip2" | "xz" | "zstd" => command.has_option(&["-d", "--decompress"]),
        _ => false,
    }
}

/// Whether a `tar` unpacks: `-x`, `--extract`, `xzf`.
fn tar_unpacks(tar: &Command<'_>) -> bool {
    tar.has_option(&["-x", "--extract", "--get"])
        || tar.args().first().is_some_and(|first| {
            let text = first.text();
            text.contains('x') && text.bytes().all(|b| b.is_ascii_alphabetic())
        })
}

/// The file name of a source or destination. Where the builder took the backslashes of a Windows path for escapes, the
/// name is in the source text only.
fn last_part(path: Node<'_>) -> &str {
    let written = path.source().slice(path.span()).trim_matches(['"', '\'']);
    let lost = written.contains('\\') && !path.text().contains(['/', '\\']);
    file_name(if lost { written } else { path.text() }.trim_matches(['"', '\'']))
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
