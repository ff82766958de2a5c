//! Images without a fixed tag, unless what delivers the manifests fixes it: a kustomization, Flux, Argo CD or Skaffold.
//!
//! Which tags are none only the rules know, so they are kept as they are configured, and a file records what it has of
//! them.

use super::facts::Sink;
use super::model::At;
use super::record::{Fields, Line};
use crate::checks::image;
use crate::view::{
    Manifests, Object, ValueImage, ask, inflated_images, known_text, list, text_at, value_images,
};
use std::cell::RefCell;
use std::collections::HashSet;
use stockade_sdk::{Node, Params, ProjectOut};

/// The check's name.
const CHECK: &str = "image-tag";

/// What a rule refuses.
struct Refused {
    rule: u32,
    tags: Vec<String>,
}

impl Refused {
    fn has(&self, tag: Option<&str>) -> bool {
        tag.is_none_or(|tag| self.tags.iter().any(|refused| refused == tag))
    }
}

thread_local! {
    static REFUSED: RefCell<Vec<Refused>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what the rules that are switched on refuse.
pub(super) fn configure(rules: &[(u32, &'static str, &Params)]) {
    let rules = rules.iter().filter(|(_, check, _)| *check == CHECK);
    let tags = |params: &Params| params.strings("forbid").map(str::to_owned).collect();
    REFUSED.set(rules.map(|(rule, _, params)| Refused { rule: *rule, tags: tags(params) }).collect());
}

/// An image in a manifest whose tag a rule refuses.
pub(crate) struct Loose<'a> {
    at: At<'a>,
    rule: u32,
    name: String,
    message: String,
}

/// An image that gets a tag, which a rule does not refuse, at delivery.
pub(crate) struct Fixed {
    rule: u32,
    name: String,
}

impl<'a> Loose<'a> {
    pub(super) fn read(at: At<'a>, mut f: Fields<'_>) -> Self {
        let rule = f.word().parse().unwrap_or(u32::MAX);
        Self { at, rule, name: f.text(), message: f.text() }
    }
}

impl Fixed {
    pub(super) fn read(mut f: Fields<'_>) -> Self {
        let rule = f.word().parse().unwrap_or(u32::MAX);
        Self { rule, name: f.text() }
    }
}

/// Records the images of a file that the rules refuse, and the tags that the file gives to images of others.
pub(super) fn record(view: &Manifests<'_>, sink: &mut Sink<'_>) {
    REFUSED.with_borrow(|all| {
        if all.is_empty() {
            return;
        }
        if view.source.kind() == "kustomization" {
            for root in view.source.root().children() {
                kustomize(root, "images", all, sink);
                inflated_images(root).iter().for_each(|image| value(image, all, sink));
            }
            return;
        }
        let run = view.containers().filter_map(|(_, container)| image::tagged(container));
        for (node, text, image) in run.chain(image::mounted(view)) {
            for refused in all.iter().filter(|r| image.digest.is_none() && r.has(image.tag)) {
                let message = match image.tag {
                    None => format!("image {text} has no tag"),
                    Some(tag) => format!("image {text} is tagged {tag}"),
                };
                let line = Line::default().word(&refused.rule.to_string()).text(written_name(text));
                sink.add("image", line.text(&message), Some(node.place().span));
            }
        }
        for object in &view.objects {
            delivery(object, all, sink);
            value_images(object.node).iter().for_each(|image| value(image, all, sink));
        }
    });
}

/// An image that values for a chart name. Where they say no tag, the chart does.
fn value(named: &ValueImage<'_>, all: &[Refused], sink: &mut Sink<'_>) {
    let image = image::parse(&named.text);
    let Some(tag) = image.tag.filter(|_| image.digest.is_none()) else { return };
    for refused in all.iter().filter(|refused| refused.has(Some(tag))) {
        let line = Line::default().word(&refused.rule.to_string()).text(written_name(&named.text));
        let message = format!("image {} is tagged {tag}", named.text);
        sink.add("image", line.text(&message), Some(named.tag.place().span));
    }
}

/// The name as it is written, without tag and digest.
fn written_name(text: &str) -> &str {
    let name = text.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        // A colon in front of a slash belongs to the registry's port.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

fn fix(name: &str, tag: Option<&str>, all: &[Refused], sink: &mut Sink<'_>) {
    for refused in all.iter().filter(|refused| tag.is_none_or(|tag| !refused.has(Some(tag)))) {
        let line = Line::default().word(&refused.rule.to_string()).text(name);
        sink.add("image-fixed", line, None);
    }
}

/// The list `images` of a kustomization, which Flux has as well.
fn kustomize(map: Node<'_>, path: &str, all: &[Refused], sink: &mut Sink<'_>) {
    for entry in list(map, path) {
        let Some(name) = text_at(entry, "name") else { continue };
        // A tag that nobody can read is one that a pipeline writes.
        if !ask(entry, "digest").is_missing() || !ask(entry, "newTag").is_missing() {
            fix(name, text_at(entry, "newTag"), all, sink);
        }
        if let Some(tag) = entry.get("newTag").filter(|_| ask(entry, "digest").is_missing())
            && let Some(text) = known_text(tag)
        {
            for refused in all.iter().filter(|refused| refused.has(Some(text))) {
                let line = Line::default().word(&refused.rule.to_string()).text(name);
                let message = format!("image {name} gets the tag {text}");
                sink.add("image-loosened", line.text(&message), Some(tag.place().span));
            }
        }
    }
}

fn delivery(object: &Object<'_>, all: &[Refused], sink: &mut Sink<'_>) {
    match (object.group(), object.kind) {
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => kustomize(object.node, "spec.images", all, sink),
        ("argoproj.io", "Application") => {
            for text in list(object.node, "spec.source.kustomize.images").filter_map(known_text) {
                // `name=new:tag`, or `name:tag`.
                let (name, new) = text.split_once('=').unwrap_or((written_name(text), text));
                let parsed = image::parse(new);
                if parsed.digest.is_some() || parsed.tag.is_some() {
                    fix(name, parsed.tag.filter(|_| parsed.digest.is_none()), all, sink);
                }
            }
        }
        ("skaffold", "Config") => {
            for artifact in list(object.node, "build.artifacts") {
                if let Some(name) = text_at(artifact, "image") {
                    fix(name, None, all, sink);
                }
            }
        }
        _ => {}
    }
}

/// `image-tag`: an image has no digest and no tag, or one of the tags in `forbid`, and nothing that delivers it gives it
/// another; or a kustomization gives it one of those.
pub(crate) fn image_tag(project: &super::Project<'_>, _: &Params, out: &mut ProjectOut) {
    let rule = out.rule();
    let fixed = project.fixed_images.iter().filter(|fixed| fixed.rule == rule);
    let fixed: HashSet<&str> = fixed.map(|fixed| fixed.name.as_str()).collect();
    let mut told = HashSet::new();
    for loose in project.loose_images.iter().filter(|loose| loose.rule == rule) {
        if !fixed.contains(loose.name.as_str()) {
            told.insert(loose.name.as_str());
            out.finding(loose.at.file, loose.at.span, loose.message.clone());
        }
    }
    // A kustomization that writes down what is there adds nothing; one that takes the tag away does, whatever others fix.
    for loose in project.loosened_images.iter().filter(|loose| loose.rule == rule) {
        if !told.contains(loose.name.as_str()) {
            out.finding(loose.at.file, loose.at.span, loose.message.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::written_name;

    #[test]
    fn names_keep_what_is_written() {
        for (text, name) in [
            ("web", "web"),
            ("team/web:1", "team/web"),
            ("localhost:5000/web", "localhost:5000/web"),
            ("quay.io/a/b:1@sha256:0", "quay.io/a/b"),
        ] {
            assert_eq!(written_name(text), name);
        }
    }
}
