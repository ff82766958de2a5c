//! What a chart's `values.yaml` says, and that of a chart that it is a part of, filled into its templates. Each values file
//! is read once, when the first template asks.

use crate::load::load;
use crate::rendered::{HelperFile, RenderedFile, Values};
use crate::walk::Found;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use stockade_model::{Document, NodeId, RawFinding, RawLabel, Span};
use stockade_syntax::{
    Definitions, FileKind, HelperBlocks, Helpers, Sources, Substitution, SwitchedOff, ValueLayer, parse_at,
    part_switched_off, render, substitute_layers, switched_off,
};

/// Most files with values for one environment (`values-prod.yaml`) with which a chart's templates are judged. Each costs as much as
/// the chart's own values.
const MAX_ENVIRONMENTS: usize = 4;

/// Most charts around a chart whose values are looked at. Each costs a lookup for every expression of a template.
pub(crate) const MAX_OUTER: usize = 4;

/// The values files of a scan, by the folder of their chart: with its last `/`, or empty.
pub(crate) struct Charts<'a> {
    values: HashMap<&'a str, Source<'a>>,
    /// The files with values for one environment each, by the folder of their chart, in the order in which they count.
    environments: HashMap<&'a str, Vec<Source<'a>>>,
    /// `Chart.yaml`, which says by what name a part gets its values, and what leaves it out.
    charts: HashMap<&'a str, Source<'a>>,
    /// `requirements.yaml`, where charts of Helm 2 say so.
    requirements: HashMap<&'a str, Source<'a>>,
    /// The files of helpers, in the order of the walk.
    helpers: Vec<Helper<'a>>,
}

/// The values files that count for a template; the one that counts most first.
struct Layers<'s> {
    layers: Vec<ValueLayer<'s>>,
    /// Of each: its file, its document, and what is said of a value in it.
    sources: Vec<(&'s Source<'s>, &'s Document, &'static str)>,
}

const OWN: &str = "the chart's default";
const OUTER: &str = "set by the chart around it";
const ENVIRONMENT: &str = "set by these values";

/// What a label says, with what comes before and behind, of a value without which there would be something to find.
pub(crate) const LEAVES_OUT: &str = ", which leaves ";

/// A file that is read when first asked for.
pub(crate) struct Source<'a> {
    found: &'a Found,
    kind: FileKind,
    /// Read once, so that what was hashed is what is parsed.
    text: OnceLock<Option<Arc<str>>>,
    document: OnceLock<Option<Document>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(found: &'a Found, kind: FileKind) -> Self {
        Self { found, kind, text: OnceLock::new(), document: OnceLock::new() }
    }

    pub(crate) fn path(&self) -> &str {
        &self.found.path
    }

    /// `limit` is that of the size of a file, in bytes; `None` where it cannot be read.
    pub(crate) fn text(&self, limit: u64) -> Option<&Arc<str>> {
        let read = || Some(Arc::from(load(&self.found.origin, limit).ok()?.decoded.text));
        self.text.get_or_init(read).as_ref()
    }

    pub(crate) fn document(&self, limit: u64) -> Option<&Document> {
        let parse = || Some(parse_at(self.kind, &self.found.path, self.text(limit)?.to_string()));
        self.document.get_or_init(parse).as_ref()
    }

    /// The files of this name, by their folders.
    fn all(
        files: impl Iterator<Item = &'a Found>,
        name: &str,
        kind: FileKind,
    ) -> impl Iterator<Item = (&'a str, Self)> {
        files.filter_map(move |found| {
            let stem = found.path.strip_suffix(".yaml").or(found.path.strip_suffix(".yml"))?;
            let folder = stem.strip_suffix(name)?;
            let is_whole_name = folder.is_empty() || folder.ends_with('/');
            is_whole_name.then(|| (folder, Self::new(found, kind)))
        })
    }
}

/// A file of helpers.
struct Helper<'a> {
    source: Source<'a>,
    definitions: OnceLock<Definitions>,
}

impl<'a> Helper<'a> {
    fn new(found: &'a Found) -> Self {
        Self { source: Source::new(found, FileKind::HelmHelpers), definitions: OnceLock::new() }
    }
}

/// What a document has from other files: a template from the values of its chart, a Compose file from the `.env` beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filled {
    scalars: Vec<FilledScalar>,
    /// The parts that the values leave out, in order.
    off: Vec<(Span, RawLabel)>,
    /// What leaves all of it out.
    all_off: Option<RawLabel>,
}

/// A scalar that has its value from another file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FilledScalar {
    node: NodeId,
    at: Span,
    label: RawLabel,
}

impl Filled {
    /// Of scalars and where their values stand.
    pub(crate) fn new(document: &Document, scalars: impl Iterator<Item = (NodeId, RawLabel)>) -> Self {
        let scalar = |(node, label)| FilledScalar { node, at: document.span(node), label };
        Self { scalars: scalars.map(scalar).collect(), ..Self::default() }
    }

    /// Whether the whole file is left out by default.
    pub(crate) fn is_off(&self) -> bool {
        self.all_off.is_some()
    }
}

impl<'a> Charts<'a> {
    pub(crate) fn new(files: impl Iterator<Item = &'a Found> + Clone) -> Self {
        let mut environments: HashMap<&str, Vec<Source<'a>>> = HashMap::new();
        for found in files.clone() {
            let (folder, name) =
                found.path.rfind('/').map_or(("", &*found.path), |at| found.path.split_at(at + 1));
            if is_environment(name) {
                environments.entry(folder).or_default().push(Source::new(found, FileKind::HelmValues));
            }
        }
        for files in environments.values_mut() {
            // What is in production matters most.
            files.sort_by_key(|source| !source.path().contains("prod"));
            files.truncate(MAX_ENVIRONMENTS);
        }
        Self {
            environments,
            values: Source::all(files.clone(), "values", FileKind::HelmValues).collect(),
            charts: Source::all(files.clone(), "Chart", FileKind::HelmChart).collect(),
            requirements: Source::all(files.clone(), "requirements", FileKind::HelmChart).collect(),
            helpers: files.filter(|found| is_helper(&found.path)).map(Helper::new).collect(),
        }
    }

    /// Fills the defaults of its chart into a template of Helm. Where the chart lies in
    /// another one's `charts/`, what that one sets for it counts more. `limit` is that of the size of a file, in bytes.
    pub(crate) fn fill(&self, path: &str, document: &mut Document, limit: u64) -> Filled {
        let Some(Layers { layers, sources }) = self.layers(path, None, limit) else {
            return Filled::default();
        };
        let label = |layer: usize, node: NodeId, behind: &str| {
            let (source, values, who) = sources.get(layer)?;
            Some(RawLabel {
                path: Some(source.found.path.to_string()),
                span: values.span(node),
                message: format!("{who}{behind}"),
            })
        };
        let filled = substitute_layers(document, &layers);
        let scalar = |Substitution { node, source, layer }: Substitution| {
            let label = label(layer, source?, "")?;
            Some(FilledScalar { node, at: document.span(node), label })
        };
        let part = |SwitchedOff { span, source, layer }: SwitchedOff| {
            Some((span, label(layer, source, &format!("{LEAVES_OUT}that part of the template out"))?))
        };
        Filled {
            scalars: filled.into_iter().filter_map(scalar).collect(),
            off: switched_off(document, &layers).into_iter().filter_map(part).collect(),
            all_off: self.left_out(path, limit),
        }
    }

    /// Whether no chart lies around a file.
    pub(crate) fn is_lone(&self, path: &str) -> bool {
        !above(path).any(|folder| self.charts.contains_key(folder))
    }

    /// The value by which a chart around the one of this template leaves that one out.
    fn left_out(&self, path: &str, limit: u64) -> Option<RawLabel> {
        let mut folder = own_chart(path);
        for _ in 0..MAX_OUTER {
            let (outer, part) = outer_chart(folder)?;
            if let Some(label) = self.part_left_out(outer, part, limit) {
                return Some(label);
            }
            folder = outer;
        }
        None
    }

    fn part_left_out(&self, outer: &str, part: &str, limit: u64) -> Option<RawLabel> {
        let (chart, entry) = self.dependency(outer, part, limit)?.ok()?;
        let condition = chart.value(chart.get(entry, "condition")?);
        let templates = format!("{outer}templates/");
        let Layers { layers, sources } = self.layers(&templates, None, limit)?;
        let (layer, node) = part_switched_off(condition, &layers)?;
        let (source, values, who) = sources.get(layer)?;
        Some(RawLabel {
            path: Some(source.found.path.to_string()),
            span: values.span(node),
            message: format!("{who}{LEAVES_OUT}the chart {part} out"),
        })
    }

    /// What the chart in `outer` says of the part in the folder `part`. `None` where it says nothing, an error where it has
    /// that part several times.
    fn dependency(&self, outer: &str, part: &str, limit: u64) -> Option<Result<(&Document, NodeId), ()>> {
        let files = [self.charts.get(outer), self.requirements.get(outer)];
        let mut lists = files.into_iter().flatten().filter_map(|source| {
            let document = source.document(limit)?;
            Some((document, document.get(document.children(0).next()?, "dependencies")?))
        });
        let (document, list) = lists.next()?;
        let is_part =
            |node: &NodeId| document.get(*node, "name").is_some_and(|name| document.value(name) == part);
        let mut entries = document.children(list).filter(is_part);
        let first = entries.next()?;
        Some(if entries.next().is_some() { Err(()) } else { Ok((document, first)) })
    }

    /// What a template of Helm becomes with its chart's own values. `None` where nothing is known of that.
    pub(crate) fn render(
        &self,
        path: &str,
        kind: FileKind,
        template: &Document,
        limit: u64,
    ) -> Option<RenderedFile> {
        self.render_with(path, kind, template, None, limit)
    }

    /// What it becomes with the values of each environment besides, where that is something else than `own`.
    pub(crate) fn render_environments(
        &self,
        path: &str,
        kind: FileKind,
        template: &Document,
        own: Option<&RenderedFile>,
        limit: u64,
    ) -> Vec<RenderedFile> {
        let mut found: Vec<RenderedFile> = Vec::new();
        for environment in self.environments.get(outermost_chart(path)).into_iter().flatten() {
            let rendered = self.render_with(path, kind, template, Some(environment), limit);
            let is_new = |rendered: &RenderedFile| {
                !own.into_iter().chain(&found).any(|other| other.document.text() == rendered.document.text())
            };
            found.extend(rendered.filter(is_new));
        }
        found
    }

    fn render_with(
        &self,
        path: &str,
        kind: FileKind,
        template: &Document,
        environment: Option<&Source<'_>>,
        limit: u64,
    ) -> Option<RenderedFile> {
        let Layers { layers, sources } = self.layers(path, environment, limit)?;
        if layers.is_empty() {
            return None;
        }
        let chart = self.charts.get(own_chart(path)).and_then(|chart| chart.document(limit));
        let mut helpers = Helpers::default();
        let mut helper_files = Vec::new();
        for helper in self.helpers_of(path) {
            let Some(text) = helper.source.text(limit) else { continue };
            helpers.add(text, helper.definitions.get_or_init(|| Definitions::read(text)));
            helper_files
                .push(HelperFile { path: Arc::clone(&helper.source.found.path), text: Arc::clone(text) });
        }
        let rendered = |blocks: HelperBlocks| {
            let rendered = render(template.text(), Sources { values: &layers, chart }, &helpers, blocks)?;
            RenderedFile::new(rendered, path, kind, template)
        };
        // Blocks that do not fit where their helper is included cost what else is known otherwise.
        let mut file = rendered(HelperBlocks::Put).or_else(|| rendered(HelperBlocks::Unknown))?;
        let values = sources.into_iter().map(|(source, values, message)| Values {
            path: source.found.path.to_string(),
            spans: (0..values.len() as NodeId).map(|node| values.span(node)).collect(),
            message,
        });
        file.values = values.collect();
        file.helpers = helper_files;
        file.left_out = self.left_out(path, limit);
        file.environment = environment.and_then(|source| {
            let values = source.document(limit)?;
            let first = values.children(values.children(0).next()?).next()?;
            let span = values.key_span(first)?;
            Some(RawLabel {
                path: Some(source.path().to_owned()),
                span,
                message: "with these values".to_owned(),
            })
        });
        Some(file)
    }

    /// The files of helpers that a template may include: those of its chart, of its parts, and of the charts around it.
    fn helpers_of(&self, path: &str) -> impl Iterator<Item = &Helper<'a>> {
        let folder = outermost_chart(path);
        self.helpers.iter().filter(move |helper| helper.source.found.path.starts_with(folder))
    }

    /// The values that count for a template, those of an `environment` before all others. `None` where they can't be told.
    fn layers<'s>(
        &'s self,
        path: &'s str,
        environment: Option<&'s Source<'_>>,
        limit: u64,
    ) -> Option<Layers<'s>> {
        let names = self.names(own_chart(path), limit)?;
        let mut layers = Vec::new();
        let mut sources = Vec::new();
        if let Some((source, values)) = environment.and_then(|source| Some((source, source.document(limit)?)))
        {
            let inwards: Vec<&str> = names.iter().rev().skip(1).map(|(_, name)| name.as_str()).collect();
            layers.push(ValueLayer::outer(values, &inwards));
            sources.push((source, values, ENVIRONMENT));
        }
        // The outermost chart first: it has the last word.
        for (nth, (folder, _)) in names.iter().enumerate().rev() {
            let Some(source) = self.values.get(folder) else { continue };
            let Some(values) = source.document(limit) else { continue };
            let inwards: Vec<&str> = names.iter().take(nth).rev().map(|(_, name)| name.as_str()).collect();
            layers.push(ValueLayer::outer(values, &inwards));
            sources.push((source, values, if nth == 0 { OWN } else { OUTER }));
        }
        Some(Layers { layers, sources })
    }

    /// A hash over all files that [`Charts::fill`] and [`Charts::render`] may look at for a file of this path, and over which of them there are.
    pub(crate) fn digest(&self, path: &str, limit: u64) -> [u8; blake3::OUT_LEN] {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        let mut folder = Some(own_chart(path));
        for _ in 0..=MAX_OUTER {
            let Some(at) = folder else { break };
            for source in [self.values.get(at), self.charts.get(at), self.requirements.get(at)] {
                part(source.map_or("", |source| &*source.found.path).as_bytes());
                let text = source.and_then(|source| source.text(limit));
                part(&[u8::from(text.is_some())]);
                part(text.map_or("", |text| text).as_bytes());
            }
            folder = outer_chart(at).map(|(outer, _)| outer);
        }
        let environments = self.environments.get(outermost_chart(path)).into_iter().flatten();
        for source in self.helpers_of(path).map(|helper| &helper.source).chain(environments) {
            part(source.found.path.as_bytes());
            part(source.text(limit).map_or("", |text| text).as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// The folder of a chart and of those around it, from the inside, each with the name that its part's values have in the
    /// next one; the last name means nothing. `None` where a chart is a part twice, with other values each time.
    fn names<'p>(&self, own: &'p str, limit: u64) -> Option<Vec<(&'p str, String)>> {
        let mut names = vec![(own, String::new())];
        let mut folder = own;
        while names.len() <= MAX_OUTER
            && let Some((outer, part)) = outer_chart(folder)
        {
            let name = self.part_name(outer, part, limit)?;
            if let Some((_, inner)) = names.last_mut() {
                *inner = name;
            }
            names.push((outer, String::new()));
            folder = outer;
        }
        Some(names)
    }

    /// What the chart in `outer` calls the part in the folder `part`: its alias, where it has one and no more.
    fn part_name(&self, outer: &str, part: &str, limit: u64) -> Option<String> {
        let (chart, entry) = match self.dependency(outer, part, limit) {
            None => return Some(part.to_owned()),
            Some(entry) => entry.ok()?,
        };
        let alias = chart.get(entry, "alias").map(|alias| chart.value(alias));
        Some(alias.filter(|alias| !alias.is_empty()).unwrap_or(part).to_owned())
    }
}

/// The folders around a file, each with its last `/`, and the one that has no name.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..=at)).chain([""])
}

/// Whether a file defines what templates include.
pub(crate) fn is_helper(path: &str) -> bool {
    let is_template = path.starts_with("templates/") || path.contains("/templates/");
    is_template
        && (path.ends_with(".tpl") || path.rsplit('/').next().is_some_and(|name| name.starts_with('_')))
}

/// The folder of the chart that a template is of, with its last `/`. A chart may stand in a folder that is itself called
/// `templates`: the innermost counts.
pub(crate) fn own_chart(path: &str) -> &str {
    path.rfind("templates/").and_then(|at| path.get(..at)).unwrap_or_default()
}

/// Whether a file of this name has values for one environment.
pub(crate) fn is_environment(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or(name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        ["values-", "values.", "values_"].iter().any(|start| stem.starts_with(start))
            || ["-values", ".values", "_values"].iter().any(|end| stem.ends_with(end))
    })
}

/// The folder of the outermost chart around a template, with its last `/`.
pub(crate) fn outermost_chart(path: &str) -> &str {
    let mut folder = own_chart(path);
    for _ in 0..MAX_OUTER {
        let Some((outer, _)) = outer_chart(folder) else { break };
        folder = outer;
    }
    folder
}

/// The folder of the chart around the one in `folder`, and the folder's own name in that one's `charts/`.
pub(crate) fn outer_chart(folder: &str) -> Option<(&str, &str)> {
    let (outer, part) = folder.strip_suffix('/')?.rsplit_once("charts/")?;
    (!part.contains('/') && (outer.is_empty() || outer.ends_with('/'))).then_some((outer, part))
}

/// Relates findings about filled values to where the values stand, and those in parts that the values leave out to the value
/// that does so.
pub(crate) fn relate<'f>(
    findings: impl Iterator<Item = &'f mut RawFinding>,
    document: &Document,
    filled: &Filled,
) {
    if filled.scalars.is_empty() && filled.off.is_empty() && filled.all_off.is_none() {
        return;
    }
    for finding in findings {
        let about = |filled: &&FilledScalar| {
            finding.node == Some(filled.node)
                || finding.span.is_some_and(|span| filled.at.start <= span.start && span.end <= filled.at.end)
        };
        let scalar = filled.scalars.iter().find(about).map(|filled| &filled.label);
        let at = finding.span.or_else(|| finding.node.map(|node| document.span(node))).map(|span| span.start);
        let next = at.map(|at| filled.off.partition_point(|(part, _)| part.end <= at));
        let off = next.and_then(|next| filled.off.get(next)).filter(|(part, _)| Some(part.start) <= at);
        let off = off.map(|(_, label)| label).or(filled.all_off.as_ref());
        let labels: Vec<_> = scalar.into_iter().chain(off).cloned().collect();
        finding.labels.extend(labels);
    }
}
