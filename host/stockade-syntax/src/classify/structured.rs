//! YAML and JSON told apart by their top-level keys, without parsing: one look at each line (YAML) or byte
//! (JSON). Templated text passes through the same eyes, for a template action never hides a top-level key.

use super::{contains, flow};
use crate::FileKind::{self, *};

type Found = Option<(FileKind, &'static str)>;

/// What one YAML document shows at the left margin, and a few lines below.
#[derive(Default)]
struct Outline<'a> {
    api_version: Option<&'a str>,
    kind: Option<&'a str>,
    /// Top-level `services:` whose services have `image:` or `build:`.
    services: bool,
    service_source: bool,
    /// Whether the services are a list, as pipelines have them: what the first line says.
    listed_services: Option<bool>,
    on: bool,
    jobs: bool,
    runs_on: bool,
    runs: bool,
    groups: bool,
    rules: bool,
    alert: bool,
    /// The document is a list of JSON patch operations.
    operations: bool,
    /// The document begins with a brace.
    flow: bool,
    template: bool,
}

/// The kind that the content of a YAML file shows; `None` where it shows none.
pub(super) fn yaml(path: &str, text: &str, fallback: Option<FileKind>) -> Found {
    if text.trim_start().starts_with('{')
        && !text.trim_start().starts_with("{{")
        && let Some(found) = json(text)
    {
        return Some(found);
    }
    let mut outline = Outline::default();
    let mut section = "";
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len()));
    for end in ends {
        let from = start;
        let line = text.get(from..end).unwrap_or_default();
        start = end + 1;
        let Some(first) = line.bytes().next() else { continue };
        // Most lines are nested, and most sections are of no interest.
        if matches!(first, b' ' | b'\t') && !is_telling(section) {
            continue;
        }
        let line = line.trim_end_matches('\r');
        match first {
            b' ' | b'\t' => outline.nested(section, line),
            b'\r' => {}
            b'#' => {}
            b'-' if line.starts_with("---") => {
                if let Some(found) = outline.verdict(path, text) {
                    return Some(found);
                }
                outline = Outline { template: outline.template, ..Outline::default() };
                section = "";
            }
            b'-' => {
                if section == "services" {
                    outline.listed_services.get_or_insert(true);
                }
                let item = line.trim_start_matches(['-', ' ']);
                outline.operations |= item.starts_with("op:") || item.starts_with("\"op\":");
            }
            b'{' if line.starts_with("{{") => outline.template = true,
            b'{' if !outline.flow => {
                outline.flow = true;
                (outline.api_version, outline.kind) =
                    flow::api_and_kind(text.get(from..).unwrap_or_default());
                if outline.is_object() {
                    break;
                }
            }
            b'{' => {}
            _ => {
                let Some((key, value)) = line.split_once(':') else { continue };
                section = key.trim().trim_matches(['"', '\'']);
                outline.top_level(section, plain(value));
                // Nothing that follows makes another kind of an object.
                if outline.is_object() {
                    break;
                }
            }
        }
    }
    let found = outline.verdict(path, text);
    if found.is_some() || !outline.template && !contains(text, "{{") {
        return found;
    }
    // `{{ include "common.deployment" . }}` alone, or everything indented below a range.
    if in_templates(path)
        && (contains(text, "{{-") || contains(text, "{{ include") || contains(text, ".Values"))
    {
        return Some((Kubernetes, "a template of a Helm chart"));
    }
    fallback.map(|kind| (kind, "a template of YAML, without the marks of a more special kind"))
}

/// Whether the lines below this top-level key say what the file is; see [`Outline::nested`].
fn is_telling(section: &str) -> bool {
    matches!(section, "services" | "jobs" | "groups" | "runs")
}

/// The value behind a key on its line, without quotes and comment.
fn plain(value: &str) -> &str {
    let value = value.trim();
    let value = value.split_once(" #").map_or(value, |(before, _)| before.trim_end());
    value.trim_matches(['"', '\''])
}

pub(super) fn in_templates(path: &str) -> bool {
    path.contains("templates/")
}

impl<'a> Outline<'a> {
    fn top_level(&mut self, key: &'a str, value: &'a str) {
        match key {
            "apiVersion" => self.api_version = Some(value),
            "kind" => self.kind = Some(value),
            "services" => self.services = value.is_empty(),
            "on" | "true" => self.on = true,
            "jobs" => self.jobs = true,
            "runs" => self.runs = true,
            "groups" => self.groups = true,
            _ => {}
        }
    }

    /// A line below the top-level key `section`. Only a few sections matter.
    fn nested(&mut self, section: &str, line: &str) {
        let line = line.trim_start();
        match section {
            "services" => {
                if !line.is_empty() && !line.starts_with('#') {
                    self.listed_services.get_or_insert(line.starts_with("- "));
                }
                self.service_source |= line.starts_with("image:") || line.starts_with("build:");
            }
            "jobs" => self.runs_on |= line.starts_with("runs-on:") || line.starts_with("uses:"),
            "groups" => {
                let line = line.trim_start_matches(['-', ' ']);
                self.rules |= line.starts_with("rules:");
                self.alert |= line.starts_with("alert:") || line.starts_with("record:");
            }
            "runs" => self.runs_on |= line.starts_with("using:"),
            _ => {}
        }
    }

    fn is_object(&self) -> bool {
        let is_named = |word: Option<&str>| word.is_some_and(|word| !word.is_empty());
        is_named(self.api_version) && is_named(self.kind)
    }

    fn verdict(&self, path: &str, text: &str) -> Found {
        if self.operations && names_a_patch(path) {
            return Some((KustomizePatch, "a list of patch operations, named as a patch"));
        }
        if let (Some(api), Some(kind)) = (self.api_version, self.kind)
            && !kind.is_empty()
            && !api.is_empty()
        {
            return Some(object(path, api, kind, text));
        }
        if self.services && self.service_source && self.listed_services != Some(true) {
            return Some((Compose, "services with image or build at top level"));
        }
        if self.on && self.jobs && self.runs_on {
            return Some((GithubWorkflow, "jobs that run on an event"));
        }
        if self.runs && self.runs_on && (path.ends_with("action.yml") || path.ends_with("action.yaml")) {
            return Some((GithubWorkflow, "an action: runs with using"));
        }
        (self.groups && self.rules && self.alert)
            .then_some((PrometheusRules, "groups of alerting or recording rules"))
    }
}

/// Whether every object of the stream, by its top-level `kind`, defines custom resources.
fn all_definitions(text: &str) -> bool {
    const DEFINITION: &str = "CustomResourceDefinition";
    let at_margin = memchr::memmem::find_iter(text.as_bytes(), b"\nkind:").map(|at| at + 1);
    let in_flow = memchr::memmem::find_iter(text.as_bytes(), b"---\n{").map(|at| at + "---\n".len());
    at_margin.chain(text.starts_with("kind:").then_some(0)).all(|at| {
        let line = text.get(at + "kind:".len()..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        plain(line) == DEFINITION
    }) && in_flow
        .map(|at| flow::api_and_kind(text.get(at..).unwrap_or_default()))
        .all(|(_, kind)| kind == Some(DEFINITION))
}

fn object(path: &str, api: &str, kind: &str, text: &str) -> (FileKind, &'static str) {
    if api.starts_with("kustomize.config.k8s.io/") {
        return (Kustomization, "an object of kustomize");
    }
    // Those of an older version stay with the objects: there is a rule about that.
    if kind == "CustomResourceDefinition" && api == "apiextensions.k8s.io/v1" && all_definitions(text) {
        return (KubernetesCrd, "definitions of custom resources");
    }
    if contains(text, "$patch:") {
        return (KustomizePatch, "a patch directive");
    }
    let workload = matches!(
        kind,
        "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "Job"
            | "CronJob"
            | "Pod"
            | "ReplicationController"
    );
    // What the API server would refuse for lack of a required field can only be a part of an object.
    let needs_selector = matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet");
    let partial = workload && (!contains(text, "image:") || needs_selector && !contains(text, "selector:"));
    if names_a_patch(path) && (partial || !workload) {
        return (KustomizePatch, "an object named as a patch");
    }
    if partial && in_folder(path, &["overlays", "overlay", "components", "environments", "envs"]) {
        return (KustomizePatch, "a partial object in an overlay");
    }
    // Alerts and dashboards hold `{{ }}` of their own; only a chart's mean a template.
    if contains(text, "{{") && (in_templates(path) || contains(text, ".Values.")) {
        return (Kubernetes, "apiVersion and kind at top level, templated");
    }
    (Kubernetes, "apiVersion and kind at top level")
}

fn names_a_patch(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.to_ascii_lowercase().contains("patch") || in_folder(path, &["patches", "patch"])
}

fn in_folder(path: &str, folders: &[&str]) -> bool {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    parent.split('/').any(|part| folders.iter().any(|folder| part.eq_ignore_ascii_case(folder)))
}

/// The kind that the content of a JSON file shows; `None` where it is any JSON.
pub(super) fn json(text: &str) -> Found {
    let mut keys = TopKeys::default();
    // Most JSON is none of these, which is sooner known than what stands at which depth.
    if ["\"apiVersion\"", "\"services\"", "\"groups\""].iter().any(|name| contains(text, name)) {
        keys.scan(text.as_bytes());
    }
    if keys.api_version && keys.kind {
        return Some((Kubernetes, "\"apiVersion\" and \"kind\" at top level"));
    }
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    if keys.services && (contains(text, "\"image\"") || contains(text, "\"build\"")) {
        return Some((Compose, "services with image or build at top level"));
    }
    let rules = contains(text, "\"alert\"") || contains(text, "\"record\"");
    if keys.groups && rules && contains(text, "\"rules\"") {
        return Some((PrometheusRules, "groups of alerting or recording rules"));
    }
    // Two or more whole objects, one a line.
    let whole = |line: &str| line.starts_with('{') && line.trim_end().ends_with('}');
    (lines().take(2).count() == 2 && lines().take(50).all(whole))
        .then_some((JsonLines, "one JSON object a line"))
}

#[derive(Default)]
struct TopKeys {
    api_version: bool,
    kind: bool,
    services: bool,
    groups: bool,
}

impl TopKeys {
    /// One pass over the bytes: depth by brackets, strings skipped, a string at depth 1 before a colon is a key.
    fn scan(&mut self, bytes: &[u8]) {
        let (mut at, mut depth) = (0_usize, 0_usize);
        while let Some(byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    let start = at;
                    while let Some(byte) = bytes.get(at) {
                        match byte {
                            b'\\' => at += 2,
                            b'"' | b'\n' => break,
                            _ => at += 1,
                        }
                    }
                    let key = bytes.get(start..at).unwrap_or_default();
                    at += 1;
                    if depth == 1 && next_is_colon(bytes, at) {
                        match key {
                            b"apiVersion" => self.api_version = true,
                            b"kind" => self.kind = true,
                            b"services" => self.services = true,
                            b"groups" => self.groups = true,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn next_is_colon(bytes: &[u8], from: usize) -> bool {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}
