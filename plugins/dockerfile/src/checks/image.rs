//! Base images: tags, digests, registries, age.

use super::copied_image::{copied_from, copied_tag, stage_names};
use crate::glob;
use crate::view::{Stage, View};
use stockade_sdk::{Node, Out, Params};

/// `image-tag`: tags that are refused (`forbid`), and images without tag and digest (`forbid-missing`).
pub fn tag(view: &View<'_>, params: &Params, out: &mut Out) {
    let names = stage_names(view);
    for (at, stage) in view.stages.iter().enumerate() {
        for from in copied_from(&names, at, stage) {
            copied_tag(from, params, out);
        }
        let (Some(from), Some(image)) = (stage.from, stage.external_image()) else { continue };
        if from.get("digest").is_some() {
            continue;
        }
        match from.get("tag") {
            Some(tag) if tag.is_known() => {
                if params.strings("forbid").any(|forbidden| forbidden == tag.text()) {
                    let message = format!("base image {} is tagged {}", name(stage, image), tag.text());
                    out.finding(tag.place(), message).data("image", image.text()).data("tag", tag.text());
                }
            }
            Some(_) => {}
            None => {
                if params.bool_or("forbid-missing", false) && lacks_tag(image) {
                    let message = format!("base image {} has neither tag nor digest", written(image));
                    out.finding(image.place(), message).data("image", written(image));
                }
            }
        }
    }
}

/// Whether the last part of the name is written out and has neither tag nor digest: in `${REGISTRY}/app` it is. A template's
/// expression, `<%= base %>`, may bring the tag along.
fn lacks_tag(image: Node<'_>) -> bool {
    let text = image.text();
    let last = text.rsplit('/').next().unwrap_or_default();
    !last.is_empty() && !last.contains(['$', '{', '}', '<', '>', ':', '@'])
}

/// The image with known variables filled in; unknown ones stand as they are written.
pub(super) fn written(image: Node<'_>) -> &str {
    image.text()
}

/// The image as people call it: 64 digits say nothing to them.
pub(super) fn without_digest(image: Node<'_>) -> &str {
    let text = image.text();
    text.split('@').next().unwrap_or(text)
}

/// The image without tag and digest.
fn name<'a>(stage: &Stage<'a>, image: Node<'a>) -> &'a str {
    match stage.from.and_then(|from| from.get("repository")) {
        Some(repository) if stage.image_part("registry").is_none() && repository.is_known() => {
            repository.text()
        }
        _ => {
            let text = written(image);
            let text = text.split('@').next().unwrap_or(text);
            let after_slash = text.rfind('/').map_or(0, |at| at + 1);
            match text.get(after_slash..).and_then(|last| last.find(':')) {
                Some(colon) => text.get(..after_slash + colon).unwrap_or(text),
                None => text,
            }
        }
    }
}

/// `image-digest`: external images of `FROM` and `COPY --from` without a digest.
pub fn digest(view: &View<'_>, _: &Params, out: &mut Out) {
    let names = stage_names(view);
    for (at, stage) in view.stages.iter().enumerate() {
        if let (Some(from), Some(image)) = (stage.from, stage.external_image())
            && from.get("digest").is_none()
            && (image.is_known() || has_literal_end(image))
        {
            let message = format!("base image {} is not pinned by digest", written(image));
            out.finding(image.place(), message).data("image", written(image));
        }
        for from in copied_from(&names, at, stage) {
            let message = format!("image {} is not pinned by digest", from.text());
            out.finding(from.place(), message).data("image", from.text());
        }
    }
}

/// Whether a variable hides only the front of the image: what could carry the digest is written out.
fn has_literal_end(image: Node<'_>) -> bool {
    let text = written(image);
    !image.is_unknown()
        && !text.contains('@')
        && text.rsplit('/').next().is_some_and(|last| !last.contains(['$', '{', '<']))
}

/// `image-registry`: base images from registries that are not among `allow`. Silent while that list is empty.
pub fn registry(view: &View<'_>, params: &Params, out: &mut Out) {
    if !params.has("allow") {
        return;
    }
    for stage in &view.stages {
        let (Some(from), Some(image)) = (stage.from, stage.external_image()) else { continue };
        let named = from.get("registry");
        // Which registry an image comes from is unknown where a variable stands in front.
        if image.is_unknown()
            || named.is_some_and(|r| !r.is_known())
            || (named.is_none() && !image.is_known() && written(image).starts_with('$'))
        {
            continue;
        }
        let registry = match named.map_or("docker.io", Node::text) {
            "hub.docker.com" | "index.docker.io" | "registry-1.docker.io" => "docker.io",
            registry => registry,
        };
        if !params.strings("allow").any(|allowed| glob::fits(allowed, registry)) {
            let message =
                format!("base image {} comes from {registry}, which is not on the list", written(image));
            out.finding(image.place(), message).data("registry", registry);
        }
    }
}

/// `image-not-minimal`: the final image starts from one of `images` under a tag without a word of `variants`.
pub fn not_minimal(view: &View<'_>, params: &Params, out: &mut Out) {
    let Some(last) = view.final_stage() else { return };
    let Some((_, stage)) = view.lineage(last).last() else { return };
    let (Some(image), Some(repository)) = (stage.external_image(), stage.image_part("repository")) else {
        return;
    };
    if !matches!(stage.image_part("registry"), None | Some("docker.io")) {
        return;
    }
    let repository = repository.strip_prefix("library/").unwrap_or(repository);
    if !params.strings("images").any(|full| full == repository) {
        return;
    }
    let tag = match stage.from.and_then(|from| from.get("tag")) {
        Some(tag) if !tag.is_known() => return,
        Some(tag) => tag.text(),
        None => "",
    };
    if params.strings("variants").any(|variant| tag.contains(variant)) {
        return;
    }
    out.finding(image.place(), format!("final image starts from the full image {}", image.text()))
        .data("image", image.text());
}

/// `image-end-of-life`: tags of release lines that have ended. Each `ended` is `image:line date`; a tag is of a line
/// if it is the line, or goes on behind it with `-` or `.`, or has the line as one of its words (`3.9-buster`).
pub fn end_of_life(view: &View<'_>, params: &Params, out: &mut Out) {
    for stage in &view.stages {
        let Some(image) = stage.external_image() else { continue };
        let (Some(repository), Some(tag)) = (stage.image_part("repository"), stage.image_part("tag")) else {
            continue;
        };
        let repository = repository.strip_prefix("library/").unwrap_or(repository);
        let on_hub = matches!(stage.image_part("registry"), None | Some("docker.io"));
        // A release line of the distribution below: `python:3.12-buster` ends with Debian 10.
        let lines = params.strings("ended").filter_map(|line| {
            // The list has hundreds of entries, nearly all of other images.
            let name = line.strip_prefix(repository).or_else(|| line.strip_prefix('*'));
            if !name.is_some_and(|rest| rest.starts_with(':')) {
                return None;
            }
            let (line, date) = line.split_once(' ')?;
            let (name, line) = line.split_once(':')?;
            Some((name, line, date))
        });
        let ended = lines.filter_map(|(name, line, date)| {
            let of_image = on_hub && name == repository && starts_with_line(tag, line);
            let is_below = on_hub && name == "*" && tag.split('-').any(|word| word == line);
            (of_image || is_below).then_some((date, is_below, line))
        });
        // A tag may be of several lines: what counts is since when nobody mends it any more.
        let Some((date, is_below, line)) = ended.min() else { continue };
        let shown = without_digest(image);
        let message = match is_below {
            true => format!("base image {shown} is built on {line}, which reached its end of life on {date}"),
            false => format!("base image {shown} reached its end of life on {date}"),
        };
        let finding = out.finding(image.place(), message).data("line", line).data("ended", date);
        if is_below {
            finding.help("Move to a tag that is built on a supported release of the distribution.");
        }
    }
}

fn starts_with_line(tag: &str, line: &str) -> bool {
    tag.strip_prefix(line).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '_']))
}
