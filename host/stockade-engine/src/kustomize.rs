//! Kustomizations: what the patches of those that take objects from a file make of them.
//!
//! Something that a base leaves out, and every kustomization on top of it puts there, is missing nowhere. So the objects of a
//! base are judged as each of the outermost kustomizations has them, and what none of these judgements repeats is not reported.
//! What patches themselves do wrong is found in them.

use crate::charts::Source;
use crate::dispatch::Calls;
use crate::project::each;
use crate::walk::Found;
use std::collections::{HashMap, HashSet};
use stockade_model::{Document, Fact, RawFinding, RuleTable};
use stockade_syntax::{FileKind, Kustomization, Objects, PatchBody};

/// Most ways from a file to an outermost kustomization. Where there are more, nobody asks all of them.
const MAX_CHAINS: usize = 8;
/// Most kustomizations on top of each other, and components that name components.
const MAX_DEPTH: usize = 8;

/// The names of kustomizations.
pub(crate) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The kustomizations of a scan.
#[derive(Default)]
pub(crate) struct Kustomizations<'a> {
    all: Vec<Node<'a>>,
    by_folder: HashMap<&'a str, usize>,
    /// By the path of a file: the kustomizations that name it among their resources.
    naming: HashMap<String, Vec<usize>>,
    /// The files with patches, by their paths.
    patches: HashMap<&'a str, Source<'a>>,
}

struct Node<'a> {
    /// With its last `/`, or empty.
    folder: &'a str,
    source: Source<'a>,
    says: Kustomization,
    /// The kustomizations that take this one in.
    above: Vec<usize>,
}

/// The facts that each plugin recorded.
pub(crate) type FactsByPlugin = Vec<(usize, Vec<Fact>)>;

/// The objects of a file as kustomizations have them, to be judged.
pub(crate) struct Kustomized {
    /// As the file has them, and then as each outermost kustomization does, with the plugins to ask.
    pub(crate) versions: Vec<(Document, Calls)>,
}

impl Kustomized {
    /// Leaves out what is found in the objects of the file, and in no kustomization's. `found` are the findings in each
    /// version.
    pub(crate) fn refute(
        &self,
        raw: &mut Vec<(usize, RawFinding)>,
        found: &[Vec<RawFinding>],
        rules: &RuleTable,
    ) {
        let said = |finding: &RawFinding| (finding.rule, finding.message.clone());
        let place = |document: &Document, finding: &RawFinding| {
            let node = finding.node.filter(|node| (*node as usize) < document.len())?;
            Some((finding.rule, document.path(node)))
        };
        // A patch may change what a message says, or where its place is among others; who finds both gone finds nothing.
        let mut repeated = HashSet::new();
        let mut places = HashSet::new();
        for ((document, _), found) in self.versions.iter().zip(found).skip(1) {
            repeated.extend(found.iter().map(said));
            places.extend(found.iter().filter_map(|finding| place(document, finding)));
        }
        let Some(((document, _), own)) = self.versions.first().zip(found.first()) else { return };
        let is_gone = |finding: &&RawFinding| {
            !repeated.contains(&said(finding))
                && place(document, finding).is_none_or(|place| !places.contains(&place))
        };
        let refuted: HashSet<(u32, String)> = own.iter().filter(is_gone).map(said).collect();
        raw.retain(|(_, finding)| {
            let is_sensitive = rules.rules.get(finding.rule as usize).is_none_or(|rule| rule.sensitive);
            is_sensitive || !refuted.contains(&said(finding))
        });
    }
}

impl Kustomized {
    /// The facts of each version but the file's own, by plugin, where one says something else than the file's own does. `known`
    /// are those that plugins recorded of each.
    pub(crate) fn facts(&self, known: Vec<FactsByPlugin>) -> Vec<(usize, Vec<Vec<Fact>>)> {
        let mut known = known.into_iter();
        let Some(own) = known.next() else { return Vec::new() };
        let mut versions: Vec<HashMap<usize, Vec<Fact>>> =
            known.map(|known| known.into_iter().collect()).collect();
        let versions_of = |(plugin, own): (usize, Vec<Fact>)| {
            // A plugin that is not even asked about a version knows nothing of it.
            let take = |facts: &mut HashMap<usize, Vec<Fact>>| facts.remove(&plugin).unwrap_or_default();
            let facts: Vec<Vec<Fact>> = versions.iter_mut().map(take).collect();
            facts.iter().any(|facts| *facts != own).then_some((plugin, facts))
        };
        own.into_iter().filter_map(versions_of).collect()
    }
}

impl<'a> Kustomizations<'a> {
    /// Reads all kustomizations among these files, those of a scan and those beside it, each sorted by path. `limit` is that of
    /// the size of a file, in bytes.
    pub(crate) fn new(files: &'a [Found], beside: &'a [Found], limit: u64) -> Self {
        let is_one = |found: &&Found| found.path.rsplit('/').next().is_some_and(|name| NAMES.contains(&name));
        let found: Vec<&Found> = files.iter().chain(beside).filter(is_one).collect();
        if found.is_empty() {
            return Self::default();
        }
        let read = |found: &'a Found| {
            let source = Source::new(found, FileKind::Kustomization);
            let says = source.document(limit).map(Kustomization::read).unwrap_or_default();
            let folder = found.path.get(..found.path.rfind('/').map_or(0, |at| at + 1)).unwrap_or_default();
            Node { folder, source, says, above: Vec::new() }
        };
        let mut all = each(found, read);
        let by_folder: HashMap<&str, usize> =
            all.iter().enumerate().map(|(nth, node)| (node.folder, nth)).collect();
        let mut naming: HashMap<String, Vec<usize>> = HashMap::new();
        let mut above = Vec::new();
        let mut patches = HashMap::new();
        for (nth, node) in all.iter().enumerate() {
            for named in node.says.resources.iter().chain(&node.says.components) {
                let Some(path) = joined(node.folder, named) else { continue };
                match by_folder.get(as_folder(&path).as_str()) {
                    Some(inner) => above.push((*inner, nth)),
                    None => naming.entry(path).or_default().push(nth),
                }
            }
            for patch in &node.says.patches {
                let PatchBody::File(name) = &patch.body else { continue };
                let find = |files: &'a [Found], path: &str| {
                    let at = files.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
                    files.get(at)
                };
                let found = joined(node.folder, name)
                    .and_then(|path| find(files, &path).or_else(|| find(beside, &path)));
                if let Some(found) = found {
                    patches.insert(&*found.path, Source::new(found, FileKind::KustomizePatch));
                }
            }
        }
        for (inner, outer) in above {
            if let Some(node) = all.get_mut(inner) {
                node.above.push(outer);
            }
        }
        Self { all, by_folder, naming, patches }
    }

    /// The objects of the file at `path` as each outermost kustomization has them. `None` where there is none, or one has them
    /// as they are.
    pub(crate) fn kustomized(&self, path: &str, document: &Document, limit: u64) -> Option<Vec<String>> {
        let chains = self.chains(path)?;
        let own = Objects::of(document)?;
        let mut versions = vec![own.yaml()];
        for chain in chains {
            let mut objects = own.clone();
            for node in chain {
                self.apply(node, &mut objects, limit, MAX_DEPTH);
            }
            if objects == own {
                return None;
            }
            let version = objects.yaml();
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        Some(versions)
    }

    /// A hash over all files that [`Kustomizations::kustomized`] looks at for a file of this path; `None` where it looks at
    /// none.
    pub(crate) fn digest(&self, path: &str, limit: u64) -> Option<[u8; blake3::OUT_LEN]> {
        let chains = self.chains(path)?;
        let mut hasher = blake3::Hasher::new();
        let mut seen = HashSet::new();
        let mut left: Vec<usize> = chains.concat();
        while let Some(nth) = left.pop() {
            let Some(node) = self.all.get(nth).filter(|_| seen.insert(nth)) else { continue };
            let patches = node.says.patches.iter().filter_map(|patch| self.patch_file(node, &patch.body));
            for source in std::iter::once(&node.source).chain(patches) {
                let text = source.text(limit).map_or("", |text| text);
                for part in [source.path(), text] {
                    hasher.update(&(part.len() as u64).to_le_bytes());
                    hasher.update(part.as_bytes());
                }
            }
            left.extend(self.components(node));
        }
        Some(*hasher.finalize().as_bytes())
    }

    fn components<'s>(&'s self, node: &'s Node<'a>) -> impl Iterator<Item = usize> + 's {
        let folders = node.says.components.iter().filter_map(|name| joined(node.folder, name));
        folders.filter_map(|folder| self.by_folder.get(as_folder(&folder).as_str()).copied())
    }

    fn patch_file(&self, node: &Node<'a>, body: &PatchBody) -> Option<&Source<'a>> {
        match body {
            PatchBody::File(name) => self.patches.get(joined(node.folder, name)?.as_str()),
            PatchBody::Text(_) => None,
        }
    }

    /// The ways from a file to the outermost kustomizations, each from the inside. `None` where there is none, or too many.
    fn chains(&self, path: &str) -> Option<Vec<Vec<usize>>> {
        let mut open: Vec<Vec<usize>> = self.naming.get(path)?.iter().map(|nth| vec![*nth]).collect();
        let mut chains = Vec::new();
        while let Some(chain) = open.pop() {
            let node = self.all.get(*chain.last()?)?;
            if node.above.is_empty() {
                chains.push(chain);
            } else if chain.len() >= MAX_DEPTH {
                return None;
            } else {
                open.extend(node.above.iter().map(|above| [chain.as_slice(), &[*above]].concat()));
            }
            if chains.len() + open.len() > MAX_CHAINS {
                return None;
            }
        }
        Some(chains)
    }

    /// Applies what one kustomization says: its components first, as kustomize does.
    fn apply(&self, nth: usize, objects: &mut Objects, limit: u64, depth: usize) {
        let (Some(node), Some(depth)) = (self.all.get(nth), depth.checked_sub(1)) else { return };
        self.components(node).for_each(|component| self.apply(component, objects, limit, depth));
        for patch in &node.says.patches {
            match &patch.body {
                PatchBody::Text(text) => {
                    let text =
                        stockade_syntax::parse_at(FileKind::KustomizePatch, "patch.yaml", text.clone());
                    objects.patch(patch, &text);
                }
                body => {
                    let text = self.patch_file(node, body).and_then(|source| source.document(limit));
                    text.into_iter().for_each(|text| objects.patch(patch, text));
                }
            }
        }
        objects.set(&node.says);
    }
}

/// A path that a kustomization in `folder` names, from the root; `None` for what lies outside or elsewhere.
pub(crate) fn joined(folder: &str, name: &str) -> Option<String> {
    if name.contains("://") || name.contains('?') || name.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn as_folder(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}/") }
}

#[cfg(test)]
mod tests {
    use super::Kustomizations;
    use crate::walk::{Found, Origin};
    use stockade_syntax::{FileKind, parse};

    #[test]
    fn ways_to_the_outermost() {
        let found = |(path, text): (&str, &str)| Found {
            path: path.into(),
            origin: Origin::Text(text.into()),
            kind: None,
        };
        let mut files = [
            (
                "base/kustomization.yaml",
                "resources: [a.yaml, ./b.yaml, ../outside.yaml, https://example.com/x.yaml]\n",
            ),
            ("base/a.yaml", ""),
            ("dev/kustomization.yml", "bases: [../base/]\nreplicas: [{name: a, count: 2}]\n"),
            (
                "prod/Kustomization",
                "resources: [../base]\ncomponents: [../more]\npatches: [{path: p.yaml}]\n",
            ),
            ("prod/p.yaml", "kind: A\nmetadata: {name: a}\nspec: {b: 1}\n"),
            ("more/kustomization.yaml", "kind: Component\npatches: [{path: ../prod/p.yaml}]\n"),
            ("round/kustomization.yaml", "resources: [../round, c.yaml]\n"),
        ]
        .map(found);
        files.sort();
        let all = Kustomizations::new(&files, &[], 1 << 20);
        let ways = |path: &str| all.chains(path).map(|chains| chains.len());
        assert_eq!(ways("base/a.yaml"), Some(2));
        assert_eq!(ways("base/b.yaml"), Some(2));
        assert_eq!(ways("outside.yaml"), Some(2));
        assert_eq!((ways("a.yaml"), ways("round/c.yaml")), (None, None));
        let object = |text: &str| parse(FileKind::Kubernetes, text.to_owned());
        let a = object("kind: A\nmetadata: {name: a}\nspec: {c: 1}\n");
        let versions = all.kustomized("base/a.yaml", &a, 1 << 20).unwrap();
        assert_eq!(versions.len(), 3, "{versions:?}");
        assert!(versions.iter().any(|text| text.contains("b: 1")), "{versions:?}");
        // One of them has it as it is.
        assert_eq!(all.kustomized("base/a.yaml", &object("kind: B\nmetadata: {name: a}\n"), 1 << 20), None);
        assert!(all.digest("base/a.yaml", 1 << 20).is_some() && all.digest("prod/p.yaml", 1 << 20).is_none());
    }
}
