//! What kustomizations make of the objects that they name.
//!
//! Source: the documentation of kustomize on `kustomization.yaml`, `Component`, and the order in which it works.

mod labels;
mod merge;
mod tree;

use labels::Pairs;
use stockade_model::{Document, NodeId, NodeKind};
use tree::Tree;

/// What a kustomization says about objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kustomization {
    /// Files and folders that it takes objects from, as it names them.
    pub resources: Vec<String>,
    /// Folders of components, whose patches are applied to the same objects.
    pub components: Vec<String>,
    /// In the order in which they are applied.
    pub patches: Vec<Patch>,
    pairs: Vec<Pairs>,
    images: Vec<Image>,
    /// The number by the name of the object.
    replicas: Vec<(String, String)>,
}

/// A patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where its text stands.
    pub body: PatchBody,
    target: Option<Target>,
}

/// Where the text of a patch stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchBody {
    /// In a file, as the kustomization names it.
    File(String),
    /// In the kustomization.
    Text(String),
}

/// What a patch is for; what is not named may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    kind: Option<String>,
    name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Image {
    name: String,
    new_name: Option<String>,
    new_tag: Option<String>,
    digest: Option<String>,
}

impl Kustomization {
    /// Reads one. What it says of things that are not listed here is left out.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let mut this = Self::default();
        let Some(root) = document.children(0).next() else { return this };
        let list = |key: &str| {
            let list = document.get(root, key).filter(|list| document.kind(*list) == NodeKind::Sequence);
            list.into_iter().flat_map(|list| document.children(list)).collect::<Vec<_>>()
        };
        let text = |node: NodeId, key: &str| {
            document
                .get(node, key)
                .map(|node| document.value(node).to_owned())
                .filter(|text| !text.is_empty())
        };
        let names = |key: &str| list(key).into_iter().map(|item| document.value(item).to_owned());
        this.resources = names("resources").chain(names("bases")).collect();
        this.components = names("components").collect();
        // Files of the older key may as well be texts.
        let body =
            |text: String| if text.contains('\n') { PatchBody::Text(text) } else { PatchBody::File(text) };
        this.patches
            .extend(names("patchesStrategicMerge").map(|text| Patch { body: body(text), target: None }));
        for item in list("patches").into_iter().chain(list("patchesJson6902")) {
            let target = document
                .get(item, "target")
                .map(|target| Target { kind: text(target, "kind"), name: text(target, "name") });
            let body =
                text(item, "patch").map(PatchBody::Text).or_else(|| text(item, "path").map(PatchBody::File));
            this.patches.extend(body.map(|body| Patch { body, target }));
        }
        this.pairs = Pairs::read(document, root);
        for item in list("images") {
            this.images.extend(text(item, "name").map(|name| Image {
                name,
                new_name: text(item, "newName"),
                new_tag: text(item, "newTag"),
                digest: text(item, "digest"),
            }));
        }
        for item in list("replicas") {
            this.replicas.extend(text(item, "name").zip(text(item, "count")));
        }
        this
    }
}

/// The objects of a file, to be changed by kustomizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects(Vec<Tree>);

impl Objects {
    /// Those of a file. `None` where there are none, or something of them is unknown.
    #[must_use]
    pub fn of(document: &Document) -> Option<Self> {
        let objects: Option<Vec<Tree>> =
            document.children(0).map(|object| Tree::of(document, object)).collect();
        objects.filter(|objects| !objects.is_empty()).map(Self)
    }

    /// Applies one patch of a kustomization, given its parsed text.
    pub fn patch(&mut self, patch: &Patch, text: &Document) {
        for part in text.children(0).filter_map(|part| Tree::of(text, part)) {
            for object in &mut self.0 {
                if !is_for(object, patch.target.as_ref(), &part) {
                    continue;
                }
                match &part {
                    Tree::List(operations) => {
                        let mut changed = object.clone();
                        if merge::operate(&mut changed, operations).is_some() {
                            *object = changed;
                        }
                    }
                    Tree::Map(_) => {
                        // Whose name it is the target says.
                        let names = ["apiVersion", "kind", "metadata"].map(|key| object.get(key).cloned());
                        let is_named = patch.target.is_some();
                        merge::merge(object, &part);
                        if is_named {
                            restore(object, names);
                        }
                    }
                    Tree::Scalar { .. } => {}
                }
            }
            // `$patch: delete` of a whole object.
            if part.get("$patch").and_then(Tree::text) == Some("delete") {
                self.0.retain(|object| !is_for(object, patch.target.as_ref(), &part));
            }
        }
    }

    /// Sets the labels, annotations, images and numbers of replicas that a kustomization names, which it does behind its
    /// patches.
    pub fn set(&mut self, kustomization: &Kustomization) {
        for object in &mut self.0 {
            kustomization.pairs.iter().for_each(|pairs| pairs.put(object));
            let name = object.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Tree::text);
            let count =
                kustomization.replicas.iter().find(|(wanted, _)| name == Some(wanted)).map(|(_, n)| n);
            if let (Some(count), Some(Tree::Map(spec))) = (count, object.get_mut("spec")) {
                spec.retain(|(key, _)| key != "replicas");
                spec.push(("replicas".to_owned(), Tree::Scalar { text: count.clone(), is_string: false }));
            }
            if !kustomization.images.is_empty() {
                set_images(object, &kustomization.images, 32);
            }
        }
    }

    /// The objects as YAML.
    #[must_use]
    pub fn yaml(&self) -> String {
        let mut out = String::new();
        for object in &self.0 {
            out.push_str("---\n");
            object.write(0, &mut out);
        }
        out
    }
}

/// Gives an object its names back, and keeps what else a patch says of its metadata.
fn restore(object: &mut Tree, [version, kind, metadata]: [Option<Tree>; 3]) {
    let mut put = |key: &str, value: Option<Tree>| {
        if let (Some(known), Some(value)) = (object.get_mut(key), value) {
            *known = value;
        }
    };
    put("apiVersion", version);
    put("kind", kind);
    let name = metadata.as_ref().and_then(|metadata| metadata.get("name")).cloned();
    let known = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("name"));
    if let (Some(known), Some(name)) = (known, name) {
        *known = name;
    }
}

/// Whether a patch is for an object. Names in targets are regular expressions; what is no plain name may match.
fn is_for(object: &Tree, target: Option<&Target>, patch: &Tree) -> bool {
    let name_of = |tree: &Tree| tree.get("metadata")?.get("name")?.text().map(str::to_owned);
    let kind_of = |tree: &Tree| tree.get("kind")?.text().map(str::to_owned);
    match target {
        None => name_of(object) == name_of(patch) && kind_of(object) == kind_of(patch),
        Some(target) => {
            let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let matches = |wanted: &Option<String>, is: Option<String>| {
                wanted.as_deref().is_none_or(|wanted| !is_plain(wanted) || is.as_deref() == Some(wanted))
            };
            matches(&target.kind, kind_of(object)) && matches(&target.name, name_of(object))
        }
    }
}

/// Sets the images of all containers below.
fn set_images(tree: &mut Tree, images: &[Image], depth: u8) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match tree {
        Tree::List(items) => items.iter_mut().for_each(|item| set_images(item, images, depth)),
        Tree::Map(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("containers" | "initContainers" | "ephemeralContainers", Tree::List(items)) => {
                        for image in items.iter_mut().filter_map(|item| item.get_mut("image")) {
                            if let Some(changed) = image.text().and_then(|image| changed_image(image, images))
                            {
                                *image = Tree::string(changed);
                            }
                        }
                    }
                    (_, value) => set_images(value, images, depth),
                }
            }
        }
        Tree::Scalar { .. } => {}
    }
}

/// An image's reference as one of the entries changes it.
fn changed_image(image: &str, images: &[Image]) -> Option<String> {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let change = images.iter().find(|image| image.name == name)?;
    let name = change.new_name.as_deref().unwrap_or(name);
    Some(match (&change.digest, &change.new_tag) {
        (Some(digest), _) => format!("{name}@{digest}"),
        (None, Some(tag)) => format!("{name}:{tag}"),
        (None, None) => match (digest, tag) {
            (Some(digest), _) => format!("{name}@{digest}"),
            (None, Some(tag)) => format!("{name}:{tag}"),
            (None, None) => name.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests;
