//! Files inside files: a manifest or a server's configuration in a ConfigMap, the script of a pipeline's step, a patch
//! written into its kustomization.
//!
//! Only what is surely one of these is named here, by its key or by what it begins with; a long text alone is a text.

mod delivery;

use crate::table::push_problem;
use crate::{FileKind, PathClass, classify, classify_path};
use std::collections::HashMap;
use stockade_model::{Document, NodeId, NodeKind, Problem, ProblemLevel, Style};

/// Shortest text that is taken for a file of its own, in bytes: `a: b` says nothing.
const SHORTEST: usize = 8;

/// Longest text inside another file that is read as one, in bytes. Configuration written into a manifest stays below 64
/// KB, for an object may have 1 MiB in all; what is longer is data: dashboards, certificates, test results.
pub const MAX_EMBEDDED_BYTES: usize = 256 * 1024;

/// Most files inside one file. Real ones have a hundred at most; each costs a call of the plugins.
pub const MAX_EMBEDDED: usize = 1_000;

/// A scalar whose value is a file, or a mapping that some tool makes one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The scalar or mapping.
    pub node: NodeId,
    /// What its value is.
    pub kind: FileKind,
    /// Whether its name says so. Otherwise it is taken for that by its content, and faults of syntax say nothing.
    pub is_named: bool,
}

/// The files inside a document, in its order; at most [`MAX_EMBEDDED`], and a problem says so where there are more. Costs one
/// search of the text where there can be none.
#[must_use]
pub fn embedded(kind: FileKind, document: &mut Document) -> Vec<Embedded> {
    let list = find(kind, document);
    if let Some(last) = list.get(MAX_EMBEDDED.saturating_sub(1)) {
        let message =
            format!("more than {MAX_EMBEDDED} files may stand in this one: those behind here are not read");
        let span = document.span(last.node);
        push_problem(
            &mut document.problems,
            Problem { code: "limit", level: ProblemLevel::Warning, span, message },
        );
    }
    list
}

fn find(kind: FileKind, document: &Document) -> Vec<Embedded> {
    let mut found = Found { document, list: Vec::new() };
    let has = |word: &str| memchr::memmem::find(document.text().as_bytes(), word.as_bytes()).is_some();
    match kind {
        FileKind::Kubernetes
            if [
                "ConfigMap",
                "stringData",
                "-snippet",
                "HelmRelease",
                "HelmChart",
                "Application",
                "patches",
            ]
            .iter()
            .any(|w| has(w)) =>
        {
            for object in document.children(0) {
                found.object(object);
                // Those of a list, and those of a Template of OpenShift.
                for items in ["items", "objects"].iter().filter_map(|name| document.get(object, name)) {
                    document.children(items).for_each(|item| found.object(item));
                }
            }
        }
        FileKind::Kustomization if has("patch") => {
            document.children(0).for_each(|object| found.kustomization(object));
        }
        FileKind::Compose if has("content:") => {
            document.children(0).for_each(|file| found.configs(file));
        }
        FileKind::HelmValues if has(": |") => {
            for node in 0..document.len() as NodeId {
                if found.list.len() >= MAX_EMBEDDED {
                    break;
                }
                if document.style(node) == Style::Literal as u8 && document.kind(node) == NodeKind::Scalar {
                    found.value(node);
                }
            }
        }
        FileKind::GithubWorkflow if has("run:") => {
            for node in 0..document.len() as NodeId {
                if found.list.len() >= MAX_EMBEDDED {
                    break;
                }
                // The shell is looked for among all of a step's entries: last, and not for every word.
                if document.name(node) == "run" && found.is_script(node) && found.is_posix(node) {
                    found.add(node, FileKind::Shell, false);
                }
            }
        }
        FileKind::GitlabCi if has("script:") => {
            for node in 0..document.len() as NodeId {
                if matches!(document.name(node), "script" | "before_script" | "after_script") {
                    found.script(node);
                    document.children(node).for_each(|line| found.script(line));
                }
            }
        }
        _ => {}
    }
    found.list
}

struct Found<'d> {
    document: &'d Document,
    list: Vec<Embedded>,
}

impl Found<'_> {
    fn add(&mut self, node: NodeId, kind: FileKind, is_named: bool) {
        if self.list.len() < MAX_EMBEDDED {
            self.list.push(Embedded { node, kind, is_named });
        }
    }

    /// The data of a ConfigMap or Secret, and what an object of Flux or Argo CD gives to charts and kustomizations.
    fn object(&mut self, object: NodeId) {
        let document = self.document;
        let holder = match document.get(object, "kind").map(|kind| document.value(kind)) {
            Some("ConfigMap") => "data",
            Some("Secret") => "stringData",
            Some("Ingress") => return self.snippets(object),
            Some(kind) => return self.delivery(object, kind),
            None => return,
        };
        let Some(data) = document.get(object, holder) else { return };
        for entry in document.children(data) {
            if document.kind(entry) != NodeKind::Scalar {
                continue;
            }
            if let Some((kind, is_named)) = file(document.name(entry), document.value(entry)) {
                self.add(entry, kind, is_named);
            }
        }
    }

    /// The configurations that a Compose file spells out: each is what the path says to which a service mounts it, or what its
    /// own name says.
    fn configs(&mut self, whole: NodeId) {
        let document = self.document;
        let Some(configs) = document.get(whole, "configs") else { return };
        let services = document.get(whole, "services").into_iter().flat_map(|all| document.children(all));
        let mounts = services
            .filter_map(|service| document.get(service, "configs"))
            .flat_map(|list| document.children(list));
        let targets: HashMap<&str, &str> = mounts
            .filter_map(|mount| Some((document.get(mount, "source")?, document.get(mount, "target")?)))
            .map(|(source, target)| (document.value(source), document.value(target)))
            .collect();
        for config in document.children(configs) {
            let name = document.name(config);
            let Some(content) = document.get(config, "content") else { continue };
            if document.kind(content) != NodeKind::Scalar {
                continue;
            }
            let path = targets.get(name).map_or(name, |target| target.trim_start_matches('/'));
            let text = document.value(content);
            if let Some((kind, is_named)) = file(path, text).or_else(|| file(name, text)) {
                self.add(content, kind, is_named);
            }
        }
    }

    /// A value of a chart that a template makes a file of, if its name is that of one: `nginx.conf`, `redis_conf`.
    fn value(&mut self, node: NodeId) {
        let document = self.document;
        let name = document.name(node);
        let is_server =
            |kind| matches!(kind, FileKind::Nginx | FileKind::Apache | FileKind::Properties | FileKind::Ini);
        if let Some((kind, _)) = file(name, document.value(node)).filter(|(kind, is_named)| {
            is_server(*kind) || *is_named && matches!(kind, FileKind::Toml | FileKind::Json | FileKind::Yaml)
        }) {
            // The template that takes it in may have expressions in it evaluated.
            self.add(node, kind, false);
        }
    }

    /// What an Ingress writes into the configuration of the nginx that serves it.
    fn snippets(&mut self, ingress: NodeId) {
        let document = self.document;
        let annotations =
            document.get(ingress, "metadata").and_then(|metadata| document.get(metadata, "annotations"));
        for annotation in annotations.into_iter().flat_map(|all| document.children(all)) {
            let name = document.name(annotation);
            let is_snippet = name.starts_with("nginx.") && name.ends_with("-snippet");
            let length = document.value(annotation).len();
            if is_snippet
                && document.kind(annotation) == NodeKind::Scalar
                && (SHORTEST..=MAX_EMBEDDED_BYTES).contains(&length)
            {
                self.add(annotation, FileKind::Nginx, false);
            }
        }
    }

    /// Patches that are written into the file.
    fn kustomization(&mut self, object: NodeId) {
        let document = self.document;
        for (list, key) in [("patches", "patch"), ("patchesJson6902", "patch"), ("patchesStrategicMerge", "")]
        {
            let Some(list) = document.get(object, list) else { continue };
            for item in document.children(list) {
                let patch = if key.is_empty() { Some(item) } else { document.get(item, key) };
                patch.into_iter().for_each(|patch| self.patch(patch));
            }
        }
    }

    /// A patch, if it is written out and no file's name.
    fn patch(&mut self, node: NodeId) {
        if self.document.kind(node) == NodeKind::Scalar && self.document.value(node).contains('\n') {
            self.add(node, FileKind::KustomizePatch, true);
        }
    }

    /// Whether this may be a command or several.
    fn is_script(&self, node: NodeId) -> bool {
        let text = self.document.value(node);
        self.document.kind(node) == NodeKind::Scalar && (SHORTEST..=MAX_EMBEDDED_BYTES).contains(&text.len())
    }

    fn script(&mut self, node: NodeId) {
        if self.is_script(node) {
            self.add(node, FileKind::Shell, false);
        }
    }

    /// Whether a step's `run` is for sh or bash: its own `shell` says, else the defaults of its job or file.
    fn is_posix(&self, run: NodeId) -> bool {
        let document = self.document;
        let Some(step) = document.parent(run) else { return false };
        let own = document.get(step, "shell");
        // step, steps, job, jobs, file
        let above = || {
            let job = document.parent(document.parent(step)?)?;
            let file = document.parent(document.parent(job)?)?;
            let default = |node| {
                let run = document.get(document.get(node, "defaults")?, "run")?;
                document.get(run, "shell")
            };
            if let Some(shell) = default(job).or_else(|| default(file)) {
                return Some(document.value(shell));
            }
            let runner = document.get(job, "runs-on").map(|runner| document.value(runner))?;
            runner.starts_with("windows").then_some("pwsh")
        };
        let shell = own.map(|shell| document.value(shell)).or_else(above).unwrap_or("bash");
        matches!(shell.split(' ').next(), Some("bash" | "sh"))
    }
}

/// What a value under a key of a ConfigMap is, and whether the key says so.
fn file(key: &str, text: &str) -> Option<(FileKind, bool)> {
    let is_text = text.contains('\n') || text.starts_with('{');
    if !is_text || !(SHORTEST..=MAX_EMBEDDED_BYTES).contains(&text.len()) {
        return None;
    }
    let by_name = classify(key, text).kind;
    // `nginx-conf` and `app_yaml` are `nginx.conf` and `app.yaml` to whoever mounts them.
    let dashed = || {
        let at = key.rfind(['-', '_'])?;
        let (stem, ending) = (key.get(..at)?, key.get(at + 1..)?);
        matches!(ending, "conf" | "yaml" | "yml" | "json" | "toml" | "properties" | "ini" | "sh")
            .then(|| classify(&format!("{stem}.{ending}"), text).kind)
            .flatten()
    };
    let by_content = || {
        let kind = classify("x.yaml", text).kind;
        (kind != Some(FileKind::Yaml)).then_some(kind).flatten()
    };
    let (kind, is_named) = match by_name.or_else(dashed) {
        Some(kind) => (kind, true),
        None => (by_content()?, false),
    };
    // What a key's name calls a file of a repository (`compose.yaml`, `values.yaml`) is here some program's own.
    let kind = match kind {
        FileKind::HelmValues | FileKind::HelmChart | FileKind::PackageJson => FileKind::Yaml,
        kind => kind,
    };
    let is_known = {
        use FileKind as K;
        matches!(
            kind,
            K::Kubernetes
                | K::PrometheusRules
                | K::Compose
                | K::Nginx
                | K::Apache
                | K::Sshd
                | K::Yaml
                | K::Json
                | K::Toml
                | K::Ini
                | K::Systemd
                | K::Properties
                | K::Dotenv
                | K::Shell
                | K::Dockerfile
        )
    };
    // Dashboards have thousands of names and not one setting.
    let is_dashboard = kind == FileKind::Json && text.contains("\"panels\"");
    let is_surely = is_named && !matches!(classify_path(key), PathClass::Content { fallback: None, .. });
    (is_known && !is_dashboard).then_some((kind, is_surely))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(kind: FileKind, text: &str) -> Vec<(String, FileKind)> {
        let mut document = crate::parse(kind, text.to_owned());
        let found = embedded(kind, &mut document);
        found.into_iter().map(|found| (document.path(found.node), found.kind)).collect()
    }

    #[test]
    fn objects_of_lists_and_templates_hold_files() {
        for (kind, list) in [("List", "items"), ("Template", "objects")] {
            let text = format!(
                "apiVersion: v1\nkind: {kind}\n{list}:\n- apiVersion: v1\n  kind: ConfigMap\n  data:\n    nginx.conf: |\n      events {{}}\n      http {{}}\n"
            );
            let found = kinds(FileKind::Kubernetes, &text);
            assert_eq!(found.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), [FileKind::Nginx], "{kind}");
        }
    }

    #[test]
    fn data_of_config_maps_is_known_by_its_key_or_its_content() {
        let text = "\
apiVersion: v1
kind: ConfigMap
data:
  nginx.conf: |
    server { listen 80; }
    # more
  site-conf: |
    server {
      listen 80;
    }
  application.properties: |
    server.port=80
    a=b
  pod: |
    apiVersion: v1
    kind: Pod
  note: |
    some words
    and others
  run.sh: |
    #!/bin/sh
    echo
  config.json: '{\"debug\": true}'
  board.json: |
    {\"panels\": []}
  mode: production
  level.yaml: 'a: b'
---
apiVersion: v1
kind: List
items:
- kind: Secret
  stringData:
    app.toml: |
      a = 1
      b = 2
- kind: Pod
  data:
    app.toml: |
      a = 1
      b = 2
";
        use FileKind::*;
        let expected = [
            ("0/data/nginx.conf", Nginx),
            ("0/data/site-conf", Nginx),
            ("0/data/application.properties", Properties),
            ("0/data/pod", Kubernetes),
            ("0/data/run.sh", Shell),
            ("0/data/config.json", Json),
            ("1/items/0/stringData/app.toml", Toml),
        ];
        let expected = expected.map(|(path, kind)| (path.to_owned(), kind));
        assert_eq!(kinds(Kubernetes, text), expected);
    }

    #[test]
    fn what_compose_files_and_values_spell_out_is_known_by_its_name() {
        let text = "\
services:
  web:
    configs: [{source: web, target: /etc/nginx/nginx.conf}, other]
configs:
  web:
    content: |
      events {}
      http {}
  nginx_conf:
    content: |
      events {}
      http {}
  words:
    content: |
      some words
      and others
  far: {file: ./nginx.conf}
";
        use FileKind::{Compose, HelmValues, Nginx, Toml};
        let expected = ["0/configs/web/content", "0/configs/nginx_conf/content"];
        assert_eq!(kinds(Compose, text), expected.map(|path| (path.to_owned(), Nginx)));
        let text = "\
nginx.conf: |
  events {}
  http {}
app.toml: |
  [a]
  b = 1
notes: |
  some words
  and others
initScript: |
  a: b
  c: d
";
        let expected = [("0/nginx.conf", Nginx), ("0/app.toml", Toml)];
        assert_eq!(kinds(HelmValues, text), expected.map(|(path, kind)| (path.to_owned(), kind)));
    }

    #[test]
    fn snippets_of_an_ingress_are_nginx() {
        let text = "\
kind: Ingress
metadata:
  annotations:
    nginx.ingress.kubernetes.io/server-snippet: |
      ssl_protocols TLSv1.3;
    nginx.ingress.kubernetes.io/enable-cors: \"true\"
    traefik.io/server-snippet: |
      ssl_protocols TLSv1.3;
";
        let found = kinds(FileKind::Kubernetes, text);
        assert_eq!(found.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), [FileKind::Nginx]);
        assert!(found.iter().all(|(found, _)| found.ends_with("server-snippet")), "{found:?}");
    }

    #[test]
    fn scripts_of_pipelines_are_known_by_their_shell() {
        let text = "\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
    - run: echo hello
    - run: |
        a
    - run: Write-Output hello
      shell: pwsh
  b:
    runs-on: windows-latest
    steps:
    - run: Write-Output hello
    - run: echo hello
      shell: bash -e {0}
  c:
    runs-on: ubuntu-latest
    defaults: {run: {shell: python}}
    steps:
    - run: print('hello')
";
        let paths: Vec<String> =
            kinds(FileKind::GithubWorkflow, text).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["0/jobs/a/steps/0/run", "0/jobs/b/steps/1/run"]);
        let text = "a:\n  before_script:\n  - apk add curl\n  script: make all\n";
        let paths: Vec<String> = kinds(FileKind::GitlabCi, text).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["0/a/before_script/0", "0/a/script"]);
    }

    #[test]
    fn patches_in_a_kustomization_are_patches() {
        let text = "\
patches:
- patch: |-
    - op: remove
      path: /spec/replicas
- path: other.yaml
patchesStrategicMerge:
- other.yaml
- |-
  apiVersion: v1
  kind: Service
";
        use FileKind::KustomizePatch;
        let expected = [
            ("0/patches/0/patch".to_owned(), KustomizePatch),
            ("0/patchesStrategicMerge/1".to_owned(), KustomizePatch),
        ];
        assert_eq!(kinds(FileKind::Kustomization, text), expected);
    }

    #[test]
    fn values_and_patches_are_what_flux_and_argo_cd_take_for_them() {
        let text = "\
kind: HelmRelease
spec:
  values:
    image: {tag: v1}
  postRenderers:
  - kustomize:
      patches:
      - patch: |
          - op: remove
            path: /spec
---
kind: Application
spec:
  source:
    helm:
      values: |
        a: 1
        b: 2
  sources:
  - helm:
      valuesObject:
        a: 1
        b: 2
  - helm:
      valuesObject: {a: 1, b: 2}
---
kind: Kustomization
spec:
  patches:
  - patch: |
      kind: Pod
      spec: {}
---
kind: HelmChartConfig
spec:
  valuesContent: |-
    a: 1
    b: 2
---
kind: Other
spec:
  values:
    image: {tag: v1}
";
        use FileKind::{HelmValues, KustomizePatch};
        let expected = [
            ("0/spec/values", HelmValues),
            ("0/spec/postRenderers/0/kustomize/patches/0/patch", KustomizePatch),
            ("1/spec/sources/0/helm/valuesObject", HelmValues),
            ("1/spec/source/helm/values", HelmValues),
            ("2/spec/patches/0/patch", KustomizePatch),
            ("3/spec/valuesContent", HelmValues),
        ];
        let expected = expected.map(|(path, kind)| (path.to_owned(), kind));
        assert_eq!(kinds(FileKind::Kubernetes, text), expected);
    }

    #[test]
    fn there_is_a_limit_to_their_length_and_number() {
        let map = |data: &str| format!("kind: ConfigMap\ndata:\n{data}");
        let long = format!("  a.conf: |\n    server {{\n{}    }}\n", "    listen 80;\n".repeat(30_000));
        assert_eq!(kinds(FileKind::Kubernetes, &map(&long)), []);
        let many: String =
            (0..2 * MAX_EMBEDDED).map(|n| format!("  a{n}.ini: |\n    a = {n}\n    b = 2\n")).collect();
        assert_eq!(kinds(FileKind::Kubernetes, &map(&many)).len(), MAX_EMBEDDED);
    }
}
