//! What other files fill into a document before it is judged: a chart's values into its templates, the `.env` beside a Compose
//! file into its variables.

use crate::charts::{Charts, Filled, Source, is_helper};
use crate::kustomize::Kustomizations;
use crate::lone;
use crate::rendered::RenderedFile;
use crate::walk::Found;
use std::collections::HashMap;
use stockade_model::{Document, RawLabel};
use stockade_syntax::{FileKind, substitute_variables};

/// The name of the file that Compose takes variables from without being told.
pub(crate) const ENVIRONMENT: &str = ".env";
/// The mark of a document that a chart's values are filled into.
const TEMPLATE: &str = "helm-template";

/// Whether a file of this kind and path may be filled into others.
pub(crate) fn fills_others(kind: FileKind, path: &str) -> bool {
    kind == FileKind::HelmValues
        || is_helper(path)
        || kind == FileKind::Dotenv && path.rsplit('/').next() == Some(ENVIRONMENT)
}

/// The files of a scan that may be filled into others.
pub(crate) struct Outside<'a> {
    charts: Charts<'a>,
    /// By folder: with its last `/`, or empty.
    environments: HashMap<&'a str, Source<'a>>,
    kustomizations: Kustomizations<'a>,
}

impl<'a> Outside<'a> {
    /// Of the files of a scan, and those beside it. `limit` is that of the size of a file, in bytes.
    pub(crate) fn new(files: &'a [Found], beside: &'a [Found], limit: u64) -> Self {
        let kustomizations = Kustomizations::new(files, beside, limit);
        let files = files.iter().chain(beside);
        let environments = files.clone().filter_map(|found| {
            let folder = found.path.strip_suffix(ENVIRONMENT)?;
            let is_whole_name = folder.is_empty() || folder.ends_with('/');
            is_whole_name.then(|| (folder, Source::new(found, FileKind::Dotenv)))
        });
        Self { charts: Charts::new(files), environments: environments.collect(), kustomizations }
    }

    /// Fills in what other files say; most documents stay as they are. `limit` is that of the size of a file, in bytes.
    pub(crate) fn fill(
        &self,
        path: &str,
        kind: Option<FileKind>,
        document: &mut Document,
        limit: u64,
    ) -> Filled {
        if document.marks.contains(&TEMPLATE) {
            return self.charts.fill(path, document, limit);
        }
        if kind != Some(FileKind::Compose) {
            return Filled::default();
        }
        let Some(source) = self.environment(path) else { return Filled::default() };
        let Some(environment) = source.document(limit) else { return Filled::default() };
        let filled = substitute_variables(document, environment);
        let scalars = filled.into_iter().filter_map(|filled| {
            let message = "sets the variable, unless the shell does".to_owned();
            let span = environment.span(filled.source?);
            Some((filled.node, RawLabel { path: Some(source.path().to_owned()), span, message }))
        });
        Filled::new(document, scalars)
    }

    /// What a template becomes with what other files say, and values for a chart that lies elsewhere in an object that asks for
    /// it; `None` for most documents.
    pub(crate) fn render(
        &self,
        path: &str,
        kind: FileKind,
        document: &Document,
        limit: u64,
    ) -> Option<RenderedFile> {
        if kind == FileKind::HelmValues {
            return self.charts.is_lone(path).then(|| lone::in_object(path, document))?;
        }
        let is_template = kind == FileKind::Kubernetes && document.marks.contains(&TEMPLATE);
        is_template.then(|| self.charts.render(path, kind, document, limit))?
    }

    /// What a template becomes in each environment, where that is something else than `own`.
    pub(crate) fn render_environments(
        &self,
        path: &str,
        kind: FileKind,
        document: &Document,
        own: Option<&RenderedFile>,
        limit: u64,
    ) -> Vec<RenderedFile> {
        let is_template = kind == FileKind::Kubernetes && document.marks.contains(&TEMPLATE);
        if !is_template {
            return Vec::new();
        }
        self.charts.render_environments(path, kind, document, own, limit)
    }

    /// The objects of a file as it has them, and then as kustomizations do; `None` for most files.
    pub(crate) fn kustomized(
        &self,
        path: &str,
        kind: FileKind,
        document: &Document,
        limit: u64,
    ) -> Option<Vec<String>> {
        let is_plain = kind == FileKind::Kubernetes && !document.marks.contains(&TEMPLATE);
        is_plain.then(|| self.kustomizations.kustomized(path, document, limit))?
    }

    /// A hash over all files that [`Outside::fill`] and [`Outside::render`] may look at for a file of this path, and over which of them there are; `None`
    /// where it looks at none.
    pub(crate) fn digest(
        &self,
        path: &str,
        kind: FileKind,
        marks: &[&str],
        limit: u64,
    ) -> Option<[u8; blake3::OUT_LEN]> {
        if marks.contains(&TEMPLATE) {
            return Some(self.charts.digest(path, limit));
        }
        if kind == FileKind::Kubernetes {
            return self.kustomizations.digest(path, limit);
        }
        if kind == FileKind::HelmValues {
            return Some(*blake3::hash(&[u8::from(self.charts.is_lone(path))]).as_bytes());
        }
        (kind == FileKind::Compose).then(|| {
            let text = self.environment(path).and_then(|source| source.text(limit));
            let mut hasher = blake3::Hasher::new();
            hasher.update(&[u8::from(text.is_some())]);
            hasher.update(text.map_or("", |text| text).as_bytes());
            *hasher.finalize().as_bytes()
        })
    }

    /// The file that sets variables for the Compose file of this path.
    fn environment(&self, path: &str) -> Option<&Source<'a>> {
        let folder = path.rfind('/').map_or(0, |slash| slash + 1);
        self.environments.get(path.get(..folder)?)
    }
}
