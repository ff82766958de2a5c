//! Secrets that a program does not start without.

use stockade_sdk::secrecy::flat;
use stockade_sdk::{Kind, Node, Out, Params, Source};

/// The repository of an image, without registry port, tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((front, tag)) if !tag.contains('/') => front,
        _ => image,
    }
}

/// The variables that a rule asks for: a parameter `image=NAME|OTHER`, whose image is the end of the repository.
fn wanted<'p>(image: &str, params: &'p Params) -> Option<Vec<&'p str>> {
    let repository = repository(image);
    params.strings("images").find_map(|entry| {
        let (end, names) = entry.split_once('=')?;
        let front = repository.strip_suffix(end)?;
        (front.is_empty() || front.ends_with('/')).then(|| names.split('|').collect())
    })
}

/// Keys of a container or service that may bring variables or configuration from elsewhere.
const ELSEWHERE: [&str; 9] =
    ["envFrom", "env_file", "volumes", "volumeMounts", "configs", "secrets", "extends", "<<", "lifecycle"];

/// `required`: a container runs an image of the list, and nothing gives it its secret.
pub(crate) fn required(view: &&Source, params: &Params, out: &mut Out) {
    let source = *view;
    if source.is_empty() || source.is_marked("test") {
        return;
    }
    let compose = source.kind() == "compose";
    for image in source.root().descendants().filter(|n| n.name() == "image" && n.is_scalar() && n.is_known())
    {
        let Some(container) = image.parent().filter(|p| p.kind() == Kind::Mapping) else { continue };
        let above = container.parent().map_or("", Node::name);
        let place = if compose { "services" } else { "containers" };
        let Some(names) = wanted(image.text(), params).filter(|_| above == place) else { continue };
        let brought = container.may_have_more() || ELSEWHERE.iter().any(|key| container.get(key).is_some());
        let environment = container.get(if compose { "environment" } else { "env" });
        let open = environment.is_some_and(Node::may_have_more);
        let is_wanted = |name: &str| {
            let name = flat(name);
            names.iter().any(|wanted| {
                let wanted = wanted.to_ascii_lowercase();
                name.strip_suffix(wanted.as_str())
                    .is_some_and(|front| front.is_empty() || front.ends_with('_'))
                    || name == format!("{wanted}_file")
            })
        };
        let given = environment.is_some_and(|environment| {
            environment.children().any(|entry| {
                let name = match entry.get("name") {
                    Some(name) => name.text(),
                    None if environment.kind() == Kind::Sequence => {
                        entry.text().split('=').next().unwrap_or_default()
                    }
                    None => entry.name(),
                };
                is_wanted(name)
            })
        });
        // Arguments may name a file or the value itself.
        let argued =
            ["command", "args", "entrypoint"].iter().filter_map(|key| container.get(key)).any(|node| {
                let mut texts = std::iter::once(node).chain(node.descendants()).map(Node::text);
                texts.any(|text| {
                    text.contains("config")
                        || text.starts_with("-c")
                        || is_wanted(text.split('=').next().unwrap_or(text))
                })
            });
        if brought || open || given || argued {
            continue;
        }
        let name = if compose { container.name() } else { container.get("name").map_or("", |n| n.text()) };
        let first = names.first().copied().unwrap_or_default();
        let message = format!("{name} runs {} without {first}", repository(image.text()));
        out.finding(image.place(), message).key(format!("container={name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn tags_and_digests_are_no_part_of_the_repository() {
        assert_eq!(repository("localhost:5000/oryd/talos:v1@sha256:ab"), "localhost:5000/oryd/talos");
        assert_eq!(repository("localhost:5000/oryd/talos"), "localhost:5000/oryd/talos");
        assert_eq!(repository("talos:1"), "talos");
    }
}
