//! Rules over all files, once more: with what kustomizations make of the objects that they take in the place of what the files
//! have.
//!
//! A base whose replicas, whose service account or whose labels every kustomization on top of it sets is not what anybody runs. So
//! what rules over all files find is held against what they find where each file with such objects has the facts of what it
//! becomes, and what is not found again is not reported.

use crate::analyse::Context;
use crate::project::{Of, Recorded, Source};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use stockade_model::{Document, FileFacts, NodeId, RawFinding, Span};

/// The facts of what files become, apart from the others.
pub(crate) struct Versions {
    /// By path, in the order of the kustomizations' versions.
    facts: HashMap<Arc<str>, Vec<FileFacts>>,
}

/// All files' facts, with those of what they become.
pub(crate) struct Replaced {
    files: Vec<FileFacts>,
    /// For each of the files: its number among the others, and which version of it this is.
    origins: Vec<(usize, Option<usize>)>,
}

impl Versions {
    /// Takes them out of what a plugin recorded; `None` where there are none.
    pub(crate) fn take(recorded: &mut Vec<Recorded>) -> Option<Self> {
        if !recorded.iter().any(|recorded| recorded.of == Of::Version) {
            return None;
        }
        let (versions, others) = recorded.drain(..).partition(|recorded| recorded.of == Of::Version);
        *recorded = others;
        let mut facts: HashMap<Arc<str>, Vec<FileFacts>> = HashMap::new();
        for version in versions {
            let version: Recorded = version;
            facts.entry(Arc::clone(&version.facts.path)).or_default().push(version.facts);
        }
        Some(Self { facts })
    }

    /// The facts to ask about once more, given those that were asked about.
    pub(crate) fn replace(mut self, own: &[FileFacts]) -> Replaced {
        let mut replaced = Replaced { files: Vec::with_capacity(own.len()), origins: Vec::new() };
        for (number, facts) in own.iter().enumerate() {
            match self.facts.remove(&facts.path) {
                Some(versions) => {
                    replaced.origins.extend((0..versions.len()).map(|nth| (number, Some(nth))));
                    replaced.files.extend(versions);
                }
                None => {
                    replaced.origins.push((number, None));
                    replaced.files.push(facts.clone());
                }
            }
        }
        replaced
    }
}

impl Replaced {
    pub(crate) fn files(&self) -> &[FileFacts] {
        &self.files
    }

    /// Leaves out of what was `found` what is not found `again`. `own` and `sources` are of the files that the findings are about.
    pub(crate) fn refute(
        &self,
        context: &Context<'_>,
        (own, sources): (&[FileFacts], &[Source]),
        found: &mut Vec<RawFinding>,
        again: &[RawFinding],
    ) {
        let mut said = HashSet::new();
        let mut spans = HashSet::new();
        let mut changed: HashMap<usize, Vec<(usize, &RawFinding)>> = HashMap::new();
        for finding in again {
            let Some((number, version)) = self.origins.get(finding.file as usize) else { continue };
            said.insert((finding.rule, *number, finding.message.as_str()));
            match version {
                Some(version) => changed.entry(*number).or_default().push((*version, finding)),
                None => _ = spans.insert((finding.rule, *number, finding.span)),
            }
        }
        // One whose message is not repeated may stand at the same place of an object with another one.
        let mut places: HashMap<usize, Option<Places>> = HashMap::new();
        let mut is_at_place = |number: usize, finding: &RawFinding| {
            let Some(found) = changed.get(&number) else { return false };
            let new = || {
                let (facts, source) = own.get(number).zip(sources.get(number))?;
                Places::new(context, &facts.path, source, found)
            };
            // Of a file that can't be read any more nothing is refuted: that is told when the finding is held against it.
            places.entry(number).or_insert_with(new).as_ref().is_none_or(|places| places.have(finding))
        };
        found.retain(|finding| {
            let number = finding.file as usize;
            let rule = context.rules.rules.get(finding.rule as usize);
            rule.is_none_or(|rule| rule.sensitive)
                || said.contains(&(finding.rule, number, finding.message.as_str()))
                || spans.contains(&(finding.rule, number, finding.span))
                || is_at_place(number, finding)
        });
    }
}

/// Where in the objects of a file something is found that kustomizations have changed.
struct Places {
    document: Document,
    nodes: HashMap<u32, NodeId>,
    /// The rules, and the paths to what they are about.
    again: HashSet<(u32, String)>,
}

impl Places {
    /// `None` where the file can't be read any more. `found` are the findings in it, each with the version that it is about.
    fn new(
        context: &Context<'_>,
        path: &str,
        source: &Source,
        found: &[(usize, &RawFinding)],
    ) -> Option<Self> {
        let document = source.document(context, path)?;
        let mut again = HashSet::new();
        for (version, text) in source.versions(context, path, &document).iter().enumerate() {
            let nodes = nodes(text);
            let of_version = found.iter().filter(|(of, _)| *of == version).map(|(_, finding)| finding);
            again.extend(of_version.filter_map(|f| Some((f.rule, place(text, &nodes, f.span)?))));
        }
        let nodes = nodes(&document);
        Some(Self { document, nodes, again })
    }

    fn have(&self, finding: &RawFinding) -> bool {
        place(&self.document, &self.nodes, finding.span)
            .is_some_and(|place| self.again.contains(&(finding.rule, place)))
    }
}

/// The nodes of a document by where they, or their keys, begin; of several, the outermost.
fn nodes(document: &Document) -> HashMap<u32, NodeId> {
    let mut nodes = HashMap::new();
    for node in 1..document.len() as NodeId {
        let starts = [Some(document.span(node)), document.key_span(node)];
        for span in starts.into_iter().flatten() {
            nodes.entry(span.start).or_insert(node);
        }
    }
    nodes
}

fn place(document: &Document, nodes: &HashMap<u32, NodeId>, span: Option<Span>) -> Option<String> {
    Some(document.path(*nodes.get(&span?.start)?))
}
