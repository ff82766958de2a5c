//! The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views.

use std::collections::HashMap;
use stockade_sdk::{
    Check, Edit, Family, FileFacts, Node, Out, Params, ProjectOut, Source, ValueKind, row_flag,
};

/// The checks.
#[derive(Debug)]
pub struct Example;

impl Family for Example {
    type View<'a> = &'a Source;
    type Project<'a> = &'a [FileFacts];

    const CHECKS: &'static [Check<Self>] = &[
        Check::<Self>::file("base-image-untagged", base_image_untagged),
        Check::<Self>::file("pull-policy", pull_policy),
        Check::<Self>::project("service-twice", service_twice),
        Check::<Self>::file("timeout-long", timeout_long),
        Check::<Self>::file("variable-set", variable_set),
    ];

    fn view(source: &Source) -> &Source {
        source
    }

    /// Records the Services that a manifest declares, as `namespace/name`.
    fn facts(source: &&Source, out: &mut Out) {
        for object in source.root().children() {
            let Some(name) = object.find("metadata.name").filter(|name| name.is_known()) else { continue };
            let namespace = object.find("metadata.namespace");
            if object.get("kind").is_none_or(|kind| kind.text() != "Service")
                || namespace.is_some_and(|namespace| !namespace.is_known())
            {
                continue;
            }
            let namespace = namespace.map_or("default", Node::text);
            out.fact("service", format!("{namespace}/{}", name.text()), Some(name.span()));
        }
    }

    fn project(files: &[FileFacts]) -> &[FileFacts] {
        files
    }
}

stockade_sdk::export!(Example);

/// A base image has neither tag nor digest. `allow`: images that need none.
fn base_image_untagged(source: &&Source, params: &Params, out: &mut Out) {
    for stage in source.root().children().filter(|node| node.name() == "stage") {
        let Some(image) = stage.get("FROM").and_then(|from| from.get("image")) else { continue };
        let from = image.parent();
        let part = |name| from.is_some_and(|from| from.get(name).is_some());
        // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        if part("parent") || part("tag") || part("digest") || !image.is_known() {
            continue;
        }
        if params.strings("allow").all(|allowed| allowed != image.text()) {
            let name = image.text();
            out.finding(image.place(), format!("base image {name} has neither tag nor digest"))
                .key(format!("image={name}"))
                .data("image", name);
        }
    }
}

/// Where pods keep their containers, in all kinds of objects.
const CONTAINERS: [&str; 6] = [
    "spec.initContainers[*]",
    "spec.containers[*]",
    "spec.template.spec.initContainers[*]",
    "spec.template.spec.containers[*]",
    "spec.jobTemplate.spec.template.spec.initContainers[*]",
    "spec.jobTemplate.spec.template.spec.containers[*]",
];

/// A container has another pull policy than `policy`, which is what the fix writes.
fn pull_policy(source: &&Source, params: &Params, out: &mut Out) {
    let wanted = params.string("policy").unwrap_or_default();
    for container in
        source.root().children().flat_map(|object| CONTAINERS.map(|path| object.at(path))).flatten()
    {
        let Some(policy) = container.get("imagePullPolicy") else { continue };
        if !policy.is_scalar() || policy.is_null() || !policy.is_known() || policy.text() == wanted {
            continue;
        }
        let name = container.get("name").map_or("without name", Node::text);
        let message = format!("container {name} has the pull policy {}, not {wanted}", policy.text());
        let mut finding = out
            .finding(policy.place(), message)
            .key(format!("container={name}"))
            .data("policy", policy.text())
            .safe_fix(format!("pull with the policy {wanted}"), vec![Edit::replace_value(policy, wanted)]);
        if let Some(image) = container.get("image") {
            finding = finding.label(image.place(), "this image");
        }
        let _ = finding;
    }
}

/// Two manifests declare the same Service.
fn service_twice(files: &&[FileFacts], _: &Params, out: &mut ProjectOut) {
    let mut first = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        for fact in file.facts.iter().filter(|fact| fact.key == "service") {
            let Some((path, span)) = first.get(&fact.value) else {
                first.insert(&fact.value, (&file.path, fact.span));
                continue;
            };
            let service = &fact.value;
            let mut finding = out
                .finding(index, fact.span, format!("service {service} is declared in {path} as well"))
                .key(format!("service={service}"))
                .data("service", service)
                .data("first", *path);
            if let Some(span) = span {
                finding = finding.label_in(*path, *span, "declared here first");
            }
            let _ = finding;
        }
    }
}

/// A time among `setting` is longer than `most` milliseconds, however it is written.
fn timeout_long(source: &&Source, params: &Params, out: &mut Out) {
    let most: i64 = params.string("most").and_then(|most| most.parse().ok()).unwrap_or(i64::MAX);
    for setting in source.settings().filter(|setting| setting.kind() == ValueKind::Duration) {
        let name = setting.name();
        if setting.is_value() && setting.number() > most && params.strings("setting").any(|n| n == name) {
            let message = format!("{} waits {} ms, more than {most}", setting.written(), setting.number());
            out.finding(setting.place(), message)
                .key(format!("setting={name}"))
                .data("value", setting.value());
        }
    }
}

/// One of `variable` is set to a value.
fn variable_set(source: &&Source, params: &Params, out: &mut Out) {
    for variable in source.variables() {
        let name = variable.name();
        let elsewhere = variable.has(row_flag::INHERITED | row_flag::SECRET_REFERENCE);
        if !elsewhere && !variable.value().is_empty() && params.strings("variable").any(|n| n == name) {
            out.finding(variable.place(), format!("variable {name} is set to {}", variable.value()))
                .key(format!("variable={name}"))
                .data("origin", variable.origin().to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Example, base_image_untagged};
    use stockade_sdk::{Family as _, Out, Param, Params};

    /// A check is a function: it is tested without WebAssembly.
    #[test]
    fn base_images_without_tag_are_found() {
        let source =
            stockade_testkit::source("dockerfile", "Dockerfile", "FROM a\nFROM b:1\nFROM c@sha256:0\n");
        let (mut all, mut some) = (Out::new(), Out::new());
        base_image_untagged(&Example::view(&source), &Params::default(), &mut all);
        let allow = Param { depth: 0, name: "allow".into(), args: vec!["a".into()], props: vec![] };
        base_image_untagged(&Example::view(&source), &Params::new(vec![allow]), &mut some);
        let messages: Vec<&str> = all.findings().iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["base image a has neither tag nor digest"]);
        assert!(some.findings().is_empty());
    }
}
