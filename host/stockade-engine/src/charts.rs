//! What a chart's `values.yaml` says, filled into the templates beside it. Each values file is read once, when the first
//! template asks.

use crate::load::load;
use crate::walk::Found;
use std::collections::HashMap;
use std::sync::OnceLock;
use stockade_model::{Document, NodeId, RawFinding, RawLabel, Span};
use stockade_syntax::{FileKind, parse_at, substitute_values};

/// The values files of a scan, by the folder of their chart: with its last `/`, or empty.
pub(crate) struct Charts<'a> {
    by_folder: HashMap<&'a str, Chart<'a>>,
}

struct Chart<'a> {
    found: &'a Found,
    values: OnceLock<Option<Document>>,
}

/// A scalar of a template that has its value from a values file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    node: NodeId,
    at: Span,
    label: RawLabel,
}

impl<'a> Charts<'a> {
    pub(crate) fn new(files: &'a [Found]) -> Self {
        let by_folder = files.iter().filter_map(|found| {
            let folder = found.path.strip_suffix("values.yaml").or(found.path.strip_suffix("values.yml"))?;
            let is_whole_name = folder.is_empty() || folder.ends_with('/');
            is_whole_name.then(|| (folder, Chart { found, values: OnceLock::new() }))
        });
        Self { by_folder: by_folder.collect() }
    }

    /// Fills the defaults of its chart into a template of Helm; any other document stays as it is. `limit` is that
    /// of the size of a file, in bytes.
    pub(crate) fn fill(&self, path: &str, document: &mut Document, limit: u64) -> Vec<Filled> {
        if !document.marks.contains(&"helm-template") {
            return Vec::new();
        }
        // A chart may stand in a folder that is itself called `templates`: the innermost counts.
        let folder = path.rfind("templates/").and_then(|at| path.get(..at)).unwrap_or_default();
        let Some(chart) = self.by_folder.get(folder) else { return Vec::new() };
        let read = || {
            let text = load(&chart.found.origin, limit).ok()?.decoded.text;
            Some(parse_at(FileKind::HelmValues, &chart.found.path, text))
        };
        let Some(values) = chart.values.get_or_init(read) else { return Vec::new() };
        let filled = substitute_values(document, values);
        let label = |source: NodeId| RawLabel {
            path: Some(chart.found.path.clone()),
            span: values.span(source),
            message: "the chart's default".to_owned(),
        };
        filled
            .into_iter()
            .filter_map(|filled| {
                let at = document.span(filled.node);
                Some(Filled { node: filled.node, at, label: label(filled.source?) })
            })
            .collect()
    }
}

/// Relates findings about filled values to where the values stand.
pub(crate) fn relate<'f>(findings: impl Iterator<Item = &'f mut RawFinding>, filled: &[Filled]) {
    if filled.is_empty() {
        return;
    }
    for finding in findings {
        let about = |filled: &&Filled| {
            finding.node == Some(filled.node)
                || finding.span.is_some_and(|span| filled.at.start <= span.start && span.end <= filled.at.end)
        };
        if let Some(filled) = filled.iter().find(about) {
            finding.labels.push(filled.label.clone());
        }
    }
}
