//! A chart's template as it becomes with the chart's own values: judged beside the template itself, with what is found put where
//! it comes from.
//!
//! The template says what is wrong in every case, and in the parts that the values leave out; what it becomes says what is wrong by
//! default. Facts are those of what it becomes and, of the parts that the values leave out, the template's: what a chart offers
//! and has off by default is not missing. Directives are the template's own.

use crate::dispatch::Calls;
use crate::project::Recorded;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use stockade_model::{Document, Fact, NodeId, NodeKind, RawFinding, RawLabel, RuleTable, Span};
use stockade_syntax::{FileKind, Rendered};

/// Keys of manifests that charts leave to their values as a whole, with the tag of the rules that ask what is below.
const KEYS: &[(&str, &str)] = &[("resources", "resources"), ("securityContext", "pod-security")];

/// The tag of rules about how something is written.
const STYLE: &str = "style";

/// The fact that tells a plugin that the others of a file are about parts which values leave out.
const OFF: &str = "stockade:off-by-default";

/// That fact.
pub(crate) fn off() -> Fact {
    Fact { key: OFF.to_owned(), value: String::new(), span: None }
}

/// A template with what its chart puts into it, parsed.
pub(crate) struct RenderedFile {
    rendered: Rendered,
    pub(crate) document: Document,
    pub(crate) kind: FileKind,
    /// Where what comes from the file begins: what is found before is found in nothing.
    pub(crate) head: u32,
    /// The plugins to ask about it.
    pub(crate) calls: Calls,
    /// Of the values files, by their layers: the path, where each node stands, and what is said of a value of it.
    pub(crate) values: Vec<Values>,
    /// The files of helpers that it may include, in the order in which they were added.
    pub(crate) helpers: Vec<HelperFile>,
    /// What leaves all of the template out.
    pub(crate) left_out: Option<RawLabel>,
    /// The values of an environment with which it becomes so.
    pub(crate) environment: Option<RawLabel>,
}

/// A values file.
pub(crate) struct Values {
    pub(crate) path: String,
    pub(crate) spans: Vec<Span>,
    pub(crate) message: &'static str,
}

/// A file of helpers.
pub(crate) struct HelperFile {
    pub(crate) path: Arc<str>,
    pub(crate) text: Arc<str>,
}

impl RenderedFile {
    /// Parses a rendered template. `None` where it can't be read as well as the template itself.
    pub(crate) fn new(rendered: Rendered, path: &str, kind: FileKind, template: &Document) -> Option<Self> {
        let mut document = stockade_syntax::parse_at(kind, path, rendered.text().to_owned());
        let problems = |document: &Document| document.problems.iter().filter(|p| p.code == "invalid").count();
        if problems(&document) > problems(template) {
            return None;
        }
        document.marks.clone_from(&template.marks);
        document.problems.clear();
        Some(Self {
            rendered,
            document,
            kind,
            head: 0,
            calls: Calls::new(),
            values: Vec::new(),
            helpers: Vec::new(),
            left_out: None,
            environment: None,
        })
    }

    /// The place in the template.
    pub(crate) fn place(&self, span: Span) -> Span {
        self.rendered.source(span)
    }

    /// Findings about what the template becomes, as ones about the template; without those that are `told` of it already: the
    /// first `own` of the template itself, the others of what else it becomes.
    pub(crate) fn lift(
        &self,
        findings: Vec<(usize, RawFinding)>,
        told: &[(usize, RawFinding)],
        own: usize,
        template: &Document,
        rules: &RuleTable,
    ) -> Vec<(usize, RawFinding)> {
        if findings.is_empty() {
            return findings;
        }
        let place = |finding: &RawFinding| {
            let node = finding.node.filter(|node| (*node as usize) < template.len());
            let span = finding.span.or_else(|| node.map(|node| template.span(node)))?;
            Some((finding.rule, span.start))
        };
        // What an environment has in common with the default may be put by other lines.
        let said: HashSet<(u32, &str)> = match self.environment {
            Some(_) => told.iter().map(|(_, finding)| (finding.rule, finding.message.as_str())).collect(),
            None => HashSet::new(),
        };
        let (own, lifted) = told.split_at(own.min(told.len()));
        let told: HashSet<(u32, u32)> = own.iter().filter_map(|(_, finding)| place(finding)).collect();
        // One expression may put several things, which are told apart by their path.
        let lifted: HashSet<_> =
            lifted.iter().filter_map(|(_, f)| Some((place(f)?, f.key.clone()?))).collect();
        let scalars = nodes(&self.document);
        let nodes = nodes(template);
        let lift = |(plugin, mut finding): (usize, RawFinding)| {
            let rule = rules.rules.get(finding.rule as usize)?;
            // How something is written is a question about the template.
            if rule.about.tags.iter().any(|tag| tag == STYLE) {
                return None;
            }
            let document = &self.document;
            let node = finding.node.filter(|node| (*node as usize) < document.len());
            let span = finding.span.or_else(|| node.map(|node| document.span(node))).unwrap_or_default();
            if span.start < self.head {
                return None;
            }
            let place = self.place(span);
            if told.contains(&(finding.rule, place.start))
                || said.contains(&(finding.rule, finding.message.as_str()))
            {
                return None;
            }
            finding.span = Some(place);
            finding.key = finding.key.or_else(|| node.map(|node| document.path(node)));
            if let Some(key) = &finding.key
                && lifted.contains(&((finding.rule, place.start), key.clone()))
            {
                return None;
            }
            finding.node = node.and_then(|node| {
                let start = self.place(document.span(node)).start;
                nodes.get(&(start, document.kind(node) as u8)).copied()
            });
            for label in finding.labels.iter_mut().filter(|label| label.path.is_none()) {
                label.span = self.place(label.span);
            }
            let label = self.empty_value(node, &rule.about.tags).or_else(|| self.label(node, span));
            finding.labels.extend(label);
            // What a name or an image is made of says less than where its key stands.
            let scalar = || scalars.get(&(span.start, NodeKind::Scalar as u8)).copied();
            let key = node.or_else(scalar).and_then(|node| document.key_span(node));
            let key = key.filter(|key| key.start < span.start).map_or(span.start, |key| key.start);
            finding.labels.extend(self.in_helper(key, template));
            finding.labels.extend(self.left_out.clone());
            // That it is so in this environment is said, though the value itself stands elsewhere.
            let environment = self.environment.as_ref();
            let is_told = |environment: &RawLabel| finding.labels.iter().any(|l| l.path == environment.path);
            let environment = environment.filter(|environment| !is_told(environment)).cloned();
            finding.labels.extend(environment);
            // What a fix would write may stand there already, in a part that is left out by default.
            finding.fixes.clear();
            Some((plugin, finding))
        };
        findings.into_iter().filter_map(lift).collect()
    }

    /// Puts the facts of what the template becomes in the place of its own; `known` has none for a plugin that failed. Of the
    /// template's own those are kept that stand in parts which are left out, with one that says so.
    pub(crate) fn replace(&self, facts: &mut Vec<(usize, Recorded)>, known: Vec<(usize, Option<Recorded>)>) {
        // Values are there whatever asks for them.
        if self.head > 0 {
            facts.extend(known.into_iter().filter_map(|(plugin, recorded)| Some((plugin, recorded?))));
            facts.retain(|(_, recorded)| !recorded.facts.facts.is_empty());
            return;
        }
        let failed = |plugin: usize| known.iter().any(|(of, recorded)| *of == plugin && recorded.is_none());
        let kept = self.rendered.kept();
        let is_off = self.rendered.text().trim().is_empty();
        let is_left_out = |fact: &Fact| {
            fact.span.map_or(is_off, |span| {
                let next = kept.partition_point(|part| part.end <= span.start);
                kept.get(next).is_none_or(|part| span.start < part.start)
            })
        };
        for (_, own) in facts.iter_mut().filter(|(plugin, _)| !failed(*plugin)) {
            let facts = &mut own.facts.facts;
            facts.retain(is_left_out);
            if !facts.is_empty() {
                facts.push(off());
            }
        }
        // What is there by default comes first.
        let known = known.into_iter().filter_map(|(plugin, recorded)| Some((plugin, recorded?)));
        facts.splice(..0, known.collect::<Vec<_>>());
        facts.retain(|(_, recorded)| !recorded.facts.facts.is_empty());
    }

    /// The value that a part of the text comes from. A scalar may be put together from several, of which the last says most: an
    /// image's tag.
    fn label(&self, node: Option<NodeId>, span: Span) -> Option<RawLabel> {
        let is_scalar = node.is_some_and(|node| self.document.kind(node) == NodeKind::Scalar);
        let mut values = self.rendered.values(span);
        let (layer, node) = if is_scalar { values.last() } else { values.next() }?;
        self.label_of(layer, node, "")
    }

    /// The line of a helper that a place of the text comes from.
    fn in_helper(&self, at: u32, template: &Document) -> Option<RawLabel> {
        let (file, at) = self.rendered.helper(at)?;
        let (path, text) = match self.helpers.get(file) {
            Some(helper) => (Some(helper.path.to_string()), &*helper.text),
            // Behind the others comes the template itself.
            None => (None, template.text()),
        };
        let at = at as usize;
        let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        let line = text.get(start..)?.lines().next()?;
        let start = start + (line.len() - line.trim_start().len());
        let end = start + line.trim().len();
        (start < end).then(|| RawLabel {
            path,
            span: Span::new(start as u32, end as u32),
            message: "this line of the helper".to_owned(),
        })
    }

    fn label_of(&self, layer: usize, node: NodeId, behind: &str) -> Option<RawLabel> {
        let values = self.values.get(layer)?;
        let span = *values.spans.get(node as usize)?;
        Some(RawLabel {
            path: Some(values.path.clone()),
            span,
            message: format!("{}{behind}", values.message),
        })
    }

    /// Where something is missing in the mapping around a node: the empty value that the template has a place for it with.
    fn empty_value(&self, node: Option<NodeId>, tags: &[String]) -> Option<RawLabel> {
        let document = &self.document;
        let mut mapping = node?;
        while document.kind(mapping) != NodeKind::Mapping {
            mapping = document.parent(mapping)?;
        }
        let is_about =
            |key: &str| KEYS.iter().any(|(known, tag)| *known == key && tags.iter().any(|t| t == tag));
        let is_empty = |child: &NodeId| {
            document.kind(*child) == NodeKind::Mapping && document.children(*child).next().is_none()
        };
        let mut empty = std::iter::once(mapping)
            .chain(document.children(mapping))
            .filter(is_empty)
            .filter(|child| is_about(document.name(*child)));
        let stands = empty.find_map(|child| self.rendered.values(document.span(child)).next());
        let mut left_out = self.rendered.left_out(document.span(mapping));
        let (layer, node) =
            stands.or_else(|| left_out.find(|(key, _)| is_about(key)).map(|(_, value)| value))?;
        self.label_of(layer, node, ", which is empty")
    }
}

/// The nodes of a document by where they begin and what they are; of several, the outermost.
fn nodes(document: &Document) -> HashMap<(u32, u8), NodeId> {
    let mut nodes = HashMap::new();
    for node in 1..document.len() as NodeId {
        if document.kind(node) != NodeKind::Error {
            nodes.entry((document.span(node).start, document.kind(node) as u8)).or_insert(node);
        }
    }
    nodes
}
