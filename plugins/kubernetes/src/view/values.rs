//! Images that values for a chart name, mostly in parts: `image: {repository: team/web, tag: latest}`.
//!
//! Where a part is missing, the chart has a default for it, of which nothing is known.

use super::answer::{ask, known_text, truth};
use super::pod::list;
use stockade_sdk::{Kind, Node};

/// Most levels of values that are gone down.
const MAX_DEPTH: u8 = 16;

/// Most nodes of one object's values that are looked at.
const MAX_NODES: usize = 50_000;

/// Where objects have values for charts: of Flux, of what stands for a file of values, of Argo CD.
const PLACES: [&str; 5] = [
    "spec.values",
    "spec.source.helm.valuesObject",
    "spec.template.spec.source.helm.valuesObject",
    "spec.sources",
    "spec.template.spec.sources",
];

/// What a chart calls a part that fixes an image for good.
const DIGESTS: [&str; 4] = ["digest", "sha", "sha256", "imageDigest"];

/// An image, as far as values say what it is.
pub struct ValueImage<'a> {
    /// Registry, where that is known, repository and tag, as they are written in one.
    pub text: String,
    /// The name or its first part: what says where the image comes from.
    pub name: Node<'a>,
    /// The tag where it stands alone, else the name.
    pub tag: Node<'a>,
}

/// The images that the values of an object name, but those of parts that are off.
pub fn value_images<'a>(object: Node<'a>) -> Vec<ValueImage<'a>> {
    let places = PLACES.iter().filter_map(|path| ask(object, path).node());
    let mut walk = Walk { images: Vec::new(), left: MAX_NODES };
    for place in places {
        match place.resolve().kind() {
            Kind::Sequence => {
                let sources = place.resolve().children();
                sources
                    .filter_map(|source| ask(source, "helm.valuesObject").node())
                    .for_each(|values| walk.map(values, MAX_DEPTH));
            }
            _ => walk.map(place, MAX_DEPTH),
        }
    }
    walk.images
}

/// The images that the values of a kustomization's charts name.
pub fn inflated_images<'a>(kustomization: Node<'a>) -> Vec<ValueImage<'a>> {
    let mut walk = Walk { images: Vec::new(), left: MAX_NODES };
    let charts = list(kustomization, "helmCharts").filter_map(|chart| chart.get("valuesInline"));
    charts.for_each(|values| walk.map(values, MAX_DEPTH));
    walk.images
}

struct Walk<'a> {
    images: Vec<ValueImage<'a>>,
    left: usize,
}

impl<'a> Walk<'a> {
    fn map(&mut self, map: Node<'a>, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if map.get("enabled").and_then(truth) == Some(false) {
            return;
        }
        self.images.extend(image(map));
        for child in map.children() {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return;
            }
            if matches!(child.kind(), Kind::Mapping | Kind::Sequence) {
                self.map(child, depth);
            }
        }
    }
}

/// The image that a mapping names.
fn image(map: Node<'_>) -> Option<ValueImage<'_>> {
    let text = |key: &str| {
        let node = map.get(key).filter(|node| node.is_scalar())?;
        Some((node, known_text(node).map(str::trim).filter(|text| is_part(text))?))
    };
    let is_given = |node: Node<'_>| node.is_unknown() || !(node.is_null() || node.text().is_empty());
    if DIGESTS.iter().any(|key| map.get(key).is_some_and(is_given)) {
        return None;
    }
    let (name, repository) = text("repository").or_else(|| text("image"))?;
    let tag = text("tag").or_else(|| text("imageTag"));
    let (first, registry) = text("registry").map_or((name, None), |(node, text)| (node, Some(text)));
    let mut whole =
        registry.map(|registry| format!("{}/", registry.trim_end_matches('/'))).unwrap_or_default();
    whole.push_str(repository);
    if let Some((_, tag)) = tag {
        whole.push(':');
        whole.push_str(tag);
    }
    Some(ValueImage { text: whole, name: first, tag: tag.map_or(name, |(node, _)| node) })
}

/// Whether something may be part of an image's name, which no address and no expression is.
fn is_part(text: &str) -> bool {
    let is_sign = |b: u8| b.is_ascii_alphanumeric() || b".-_/:@".contains(&b);
    !text.is_empty() && text.len() <= 512 && !text.contains("://") && text.bytes().all(is_sign)
}
