//! Files that a document names and thereby says what they are: env files of Compose, patches of a kustomization.
//!
//! Only the names are found here; whether there is such a file, the caller knows.

use crate::FileKind;
use crate::table::push_problem;
use stockade_model::{Document, NodeId, NodeKind, Problem, ProblemLevel, flag};

/// Most references that are followed from one file. Real ones name a dozen files; each costs a look at a list.
pub const MAX_REFERENCES: usize = 10_000;

/// Most names a path may go through. What is deeper is no path of a repository.
const MAX_FOLDERS: usize = 64;

/// A file that another one names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Its path, relative to the repository like that of the file that names it.
    pub path: String,
    /// What the naming makes it.
    pub kind: FileKind,
    /// The key that names it: `env_file`.
    pub key: &'static str,
}

impl Reference {
    /// Whether a file that was taken for `found` by its own path and content may be taken for what this says. A file
    /// that is something else beyond doubt stays what it is, however it is named elsewhere.
    #[must_use]
    pub fn overrides(&self, found: Option<FileKind>) -> bool {
        use FileKind as K;
        match self.kind {
            K::KustomizePatch => matches!(found, None | Some(K::Yaml | K::Json | K::Kubernetes)),
            K::HelmValues => matches!(found, None | Some(K::Yaml)),
            _ => matches!(found, None | Some(K::Ini | K::Properties | K::Shell)),
        }
    }
}

/// The files that a document at `path` names; none for kinds that name none. Paths that hold a variable or lead out of
/// the repository are left out. In the order of the document; at most [`MAX_REFERENCES`], and a problem says so where there
/// are more.
#[must_use]
pub fn references(kind: FileKind, path: &str, document: &mut Document) -> Vec<Reference> {
    let list = find(kind, path, document);
    if list.len() >= MAX_REFERENCES {
        let message =
            format!("more than {MAX_REFERENCES} files are named here: the others are not looked for");
        let span = document.span(0);
        push_problem(
            &mut document.problems,
            Problem { code: "limit", level: ProblemLevel::Warning, span, message },
        );
    }
    list
}

fn find(kind: FileKind, path: &str, document: &Document) -> Vec<Reference> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Found { document, folder, list: Vec::new() };
    match kind {
        FileKind::Compose => {
            for node in 0..document.len() as NodeId {
                if document.name(node) == "env_file" {
                    found.paths(node, FileKind::Dotenv, "env_file");
                }
            }
        }
        FileKind::Kustomization => {
            for root in document.children(0) {
                found.kustomization(root);
            }
        }
        _ => {}
    }
    found.list
}

struct Found<'d> {
    document: &'d Document,
    folder: &'d str,
    list: Vec<Reference>,
}

impl Found<'_> {
    fn kustomization(&mut self, root: NodeId) {
        let document = self.document;
        for entry in document.children(root) {
            match document.name(entry) {
                "patches" => self.paths(entry, FileKind::KustomizePatch, "patches"),
                "patchesStrategicMerge" => {
                    self.paths(entry, FileKind::KustomizePatch, "patchesStrategicMerge");
                }
                "patchesJson6902" => self.paths(entry, FileKind::KustomizePatch, "patchesJson6902"),
                "configMapGenerator" => self.generators(entry, "configMapGenerator"),
                "secretGenerator" => self.generators(entry, "secretGenerator"),
                "helmCharts" => {
                    for chart in document.children(entry) {
                        for name in ["valuesFile", "additionalValuesFiles"] {
                            if let Some(values) = document.get(chart, name) {
                                self.paths(values, FileKind::HelmValues, "helmCharts");
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The lists of `NAME=value` lines that make an object's data.
    fn generators(&mut self, list: NodeId, key: &'static str) {
        let document = self.document;
        for generator in document.children(list) {
            for name in ["env", "envs"] {
                if let Some(files) = document.get(generator, name) {
                    self.paths(files, FileKind::Dotenv, key);
                }
            }
        }
    }

    /// A path, a mapping with a `path`, or a list of these.
    fn paths(&mut self, node: NodeId, kind: FileKind, key: &'static str) {
        let document = self.document;
        match document.kind(node) {
            NodeKind::Scalar => self.add(node, kind, key),
            NodeKind::Mapping => {
                if let Some(path) = document.get(node, "path") {
                    self.add(path, kind, key);
                }
            }
            NodeKind::Sequence => {
                for child in document.children(node) {
                    // One level: a list in a list is nothing that these tools read.
                    if document.kind(child) != NodeKind::Sequence {
                        self.paths(child, kind, key);
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, node: NodeId, kind: FileKind, key: &'static str) {
        let document = self.document;
        let known = document.flags(node) & (flag::UNKNOWN | flag::PARTIAL) == 0;
        if document.kind(node) != NodeKind::Scalar || !known || self.list.len() >= MAX_REFERENCES {
            return;
        }
        if let Some(path) = join(self.folder, document.value(node)) {
            self.list.push(Reference { path, kind, key });
        }
    }
}

/// `name` as seen from `folder`, without `.` and `..`; none for what is no path inside the repository.
fn join(folder: &str, name: &str) -> Option<String> {
    let is_path = !name.is_empty()
        && !name.starts_with(['/', '~'])
        && !name.contains(['\n', '$', '\\', '{'])
        && !name.contains("://");
    if !is_path {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part if parts.len() < MAX_FOLDERS => parts.push(part),
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: FileKind, path: &str, text: &str) -> Vec<(String, FileKind, &'static str)> {
        let mut document = crate::parse_at(kind, path, text.to_owned());
        references(kind, path, &mut document).into_iter().map(|r| (r.path, r.kind, r.key)).collect()
    }

    #[test]
    fn compose_names_env_files_in_every_form() {
        let text = "\
services:
  a:
    env_file: config/a.vars
  b:
    env_file: [./b.vars, ../shared/c.vars, /etc/d.vars, '${HOME}/e', ../../f.vars]
  c:
    env_file:
      - path: ./g.vars
        required: false
include:
  - path: other.yaml
    env_file: [h.vars]
";
        let env = |path: &str| (path.to_owned(), FileKind::Dotenv, "env_file");
        let expected =
            ["deploy/config/a.vars", "deploy/b.vars", "shared/c.vars", "deploy/g.vars", "deploy/h.vars"];
        assert_eq!(named(FileKind::Compose, "deploy/compose.yaml", text), expected.map(env));
    }

    #[test]
    fn kustomizations_name_patches_lists_of_variables_and_values() {
        let text = "\
patches:
  - path: memory.yaml
    target: {kind: Deployment}
  - patch: |-
      - op: remove
        path: /spec/replicas
patchesStrategicMerge:
  - ../shared/replicas.yaml
  - |-
    apiVersion: v1
    kind: Service
patchesJson6902:
  - target: {}
    path: ops.json
configMapGenerator:
  - name: a
    envs: [app.vars]
    files: [nginx.conf]
secretGenerator:
  - env: secret.vars
helmCharts:
  - name: x
    valuesFile: x-chart.yaml
resources: [base.yaml]
";
        use FileKind::{Dotenv, HelmValues, KustomizePatch};
        let expected = [
            ("o/prod/memory.yaml", KustomizePatch, "patches"),
            ("o/shared/replicas.yaml", KustomizePatch, "patchesStrategicMerge"),
            ("o/prod/ops.json", KustomizePatch, "patchesJson6902"),
            ("o/prod/app.vars", Dotenv, "configMapGenerator"),
            ("o/prod/secret.vars", Dotenv, "secretGenerator"),
            ("o/prod/x-chart.yaml", HelmValues, "helmCharts"),
        ];
        let expected = expected.map(|(path, kind, key)| (path.to_owned(), kind, key));
        assert_eq!(named(FileKind::Kustomization, "o/prod/kustomization.yaml", text), expected);
    }

    #[test]
    fn what_a_file_surely_is_stays() {
        let reference = |kind| Reference { path: String::new(), kind, key: "" };
        assert!(reference(FileKind::Dotenv).overrides(None));
        assert!(!reference(FileKind::Dotenv).overrides(Some(FileKind::Dockerfile)));
        assert!(reference(FileKind::KustomizePatch).overrides(Some(FileKind::Kubernetes)));
        assert!(!reference(FileKind::KustomizePatch).overrides(Some(FileKind::Compose)));
    }
}
