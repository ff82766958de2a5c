//! Images of containers.

use crate::view::{Answer, Container, Manifests, ValueImage, ask, known_text, value_images};
use stockade_sdk::{Node, Out, Params};

/// The parts of an image's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Image<'a> {
    /// Host and port, `docker.io` where none is written.
    pub(crate) registry: &'a str,
    /// The path without registry.
    pub(crate) repository: &'a str,
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
}

/// Takes an image's name apart, as container runtimes do.
pub(crate) fn parse(image: &str) -> Image<'_> {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (name, tag) = match rest.rsplit_once(':') {
        // A colon in front of a slash belongs to the registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let (registry, repository) = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        _ => ("docker.io", name),
    };
    Image { registry, repository, tag, digest }
}

/// The container's image where it is completely known and no tool is going to replace it.
pub(crate) fn of<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'a str, Image<'a>)> {
    if container.image_from_stream { None } else { known(container.ask("image").node()?) }
}

/// An image's name where it is completely known and no tool is going to replace it.
fn known(node: Node<'_>) -> Option<(Node<'_>, &str, Image<'_>)> {
    let text = known_text(node).map(str::trim).filter(|text| !text.is_empty())?;
    // ko and Skaffold write the real name at build time; a lone $ or {} is a placeholder of some other tool. The first
    // versions of ko took the path of a Go package alone, and no registry has that of a forge.
    let placeholder =
        text.contains("://") || text.contains(['$', '{', '<', '(', '%']) || text.starts_with("github.com/");
    (!placeholder).then(|| (node, text, parse(text)))
}

/// The images that pods mount as volumes.
pub(crate) fn mounted<'a, 'v>(
    view: &'v Manifests<'a>,
) -> impl Iterator<Item = (Node<'a>, &'a str, Image<'a>)> + use<'a, 'v> {
    let volumes = view.pods().flat_map(|(_, pod)| pod.volumes());
    volumes.filter_map(|volume| known(ask(volume, "image.reference").node()?))
}

/// The images of a file, those of containers first.
fn all<'a, 'v>(
    view: &'v Manifests<'a>,
) -> impl Iterator<Item = (Node<'a>, &'a str, Image<'a>)> + use<'a, 'v> {
    view.containers().filter_map(|(_, container)| of(container)).chain(mounted(view))
}

/// The image's tag, also where a variable stands for its registry or folder: `${REGISTRY}/web:latest`.
pub(crate) fn tagged<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'a str, Image<'a>)> {
    of(container).or_else(|| {
        let node = container.ask("image").node().filter(|_| !container.image_from_stream)?;
        let text = known_text(node).map(str::trim)?;
        let (folder, name) = text.rsplit_once('/')?;
        let variable = folder.starts_with(['$', '<']) && !folder.contains("://");
        let known = name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty());
        (variable && known && !name.contains(['$', '{', '<', '(', '%'])).then(|| (node, text, parse(name)))
    })
}

/// The last part of the image's name, which is the program's, where no template makes all of it.
pub(crate) fn program<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'a str)> {
    let node = container.ask("image").node().filter(|n| n.is_scalar() && !n.is_unknown())?;
    let path = parse(node.text()).repository;
    Some((node, path.rsplit('/').next().unwrap_or_default()))
}

/// `image-digest-missing`: an image is not pinned.
pub(crate) fn image_digest(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (node, text, image) in all(view) {
        if image.digest.is_none() {
            out.finding(node.place(), format!("image {text} has no digest"));
        }
    }
}

/// Whether one of several registries, or a path in one, is where an image lies.
fn is_from<'p>(image: &Image<'_>, mut places: impl Iterator<Item = &'p str>) -> bool {
    let whole = format!("{}/{}", image.registry, image.repository);
    places.any(|place| {
        let rest = whole.strip_prefix(place.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// `image-registry`: an image comes from a registry (or from a path in one) that `allow` does not name.
pub(crate) fn image_registry(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    if params.strings("allow").next().is_none() {
        return;
    }
    for (node, text, image) in all(view) {
        if !is_from(&image, params.strings("allow")) {
            out.finding(node.place(), format!("image {text} comes from {}", image.registry));
        }
    }
    for (ValueImage { text, name, .. }, registry) in of_values(view) {
        if !is_from(&parse(&text), params.strings("allow")) {
            out.finding(name.place(), format!("image {text} comes from {registry}"));
        }
    }
}

/// `image-registry-frozen`: an image comes from a registry (or from a path in one) that `deny` names, for the reason `why`.
pub(crate) fn image_registry_frozen(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    let why = params.string("why").map(|why| format!(", {why}")).unwrap_or_default();
    for (node, text, image) in all(view) {
        if is_from(&image, params.strings("deny")) {
            out.finding(node.place(), format!("image {text} comes from {}{why}", image.registry));
        }
    }
    for (ValueImage { text, name, .. }, registry) in of_values(view) {
        if is_from(&parse(&text), params.strings("deny")) {
            out.finding(name.place(), format!("image {text} comes from {registry}{why}"));
        }
    }
}

/// The images that values for charts name with their registry. Without one it is the chart's, whichever that is.
fn of_values<'a>(view: &Manifests<'a>) -> impl Iterator<Item = (ValueImage<'a>, String)> {
    let images = view.objects.iter().flat_map(|object| value_images(object.node));
    images.filter_map(|image| {
        let Image { registry, .. } = parse(&image.text);
        let is_written = image.text.starts_with(registry);
        let registry = registry.to_owned();
        is_written.then_some((image, registry))
    })
}

/// `image-pull-policy`: a mutable tag is not pulled anew at each start.
pub(crate) fn image_pull_policy(view: &Manifests<'_>, _: &Params, out: &mut Out) {
    for (_, container) in view.containers() {
        let Some((node, text, image)) = of(container) else { continue };
        if image.digest.is_some() {
            continue;
        }
        let name = container.name();
        let (place, message) = match container.ask("imagePullPolicy") {
            Answer::Unknown => continue,
            // The API server fills in Always for latest and for no tag.
            Answer::Missing if matches!(image.tag, None | Some("latest")) => continue,
            Answer::Missing => (node.place(), format!("container {name} does not pull {text} at each start")),
            Answer::Is(policy) => match known_text(policy) {
                // What is no policy at all is a matter of the schema.
                Some(value @ ("IfNotPresent" | "Never")) => {
                    (policy.entry_place(), format!("container {name} pulls {text} {value}"))
                }
                _ => continue,
            },
        };
        let finding = out.finding(place, message);
        if let Some(edits) = container.set(&["imagePullPolicy"], &crate::edit::word(node, "Always")) {
            finding.unsafe_fix("pull at each start", edits);
        }
    }
}

/// `known-image`: a container's image or a label of its pod is that of a program in `images` or `labels`
/// (`key=value`).
pub(crate) fn known_image(view: &Manifests<'_>, params: &Params, out: &mut Out) {
    for (object, pod) in view.workloads() {
        let what = params.string("what").unwrap_or("the program");
        let mut found = false;
        for container in &pod.containers {
            let Some((node, program)) = program(container) else { continue };
            if params.strings("images").any(|name| name == program) {
                out.finding(node.place(), format!("container {} is {what}", container.name()));
                found = true;
            }
        }
        let own = ask(object.node, "metadata.labels").node();
        let labels = pod.labels().node().into_iter().chain(own).flat_map(Node::children);
        for label in labels.filter(|_| !found) {
            let Some(value) = known_text(label) else { continue };
            let fits =
                |pair: &str| pair.split_once('=').is_some_and(|(k, v)| k == label.name() && v == value);
            if params.strings("labels").any(fits) {
                out.finding(
                    label.entry_place(),
                    format!("{} is labelled as {what}", super::describe(object)),
                );
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Image, parse};

    #[test]
    fn names_come_apart_as_in_runtimes() {
        let image = |registry, repository, tag, digest| Image { registry, repository, tag, digest };
        assert_eq!(parse("nginx"), image("docker.io", "nginx", None, None));
        assert_eq!(parse("localhost:5000/a/b"), image("localhost:5000", "a/b", None, None));
        assert_eq!(parse("quay.io/a/b:1.0@sha256:0"), image("quay.io", "a/b", Some("1.0"), Some("sha256:0")));
        assert_eq!(parse("team/app:1"), image("docker.io", "team/app", Some("1"), None));
    }
}
