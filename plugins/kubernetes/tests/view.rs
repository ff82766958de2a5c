//! What is seen of a manifest: objects in lists, pods of all kinds of workloads, answers that nobody can know.

use stockade_plugin_kubernetes::view::{Answer, Labels, Life, Manifests, Role, ask, is_complete};

fn seen<T>(kind: &str, text: &str, look: impl FnOnce(&Manifests<'_>) -> T) -> T {
    let source = stockade_testkit::source(kind, "a.yaml", text);
    look(&Manifests::new(&source))
}

fn names(text: &str) -> Vec<String> {
    seen("kubernetes", text, |view| view.objects.iter().map(|o| o.title().to_owned()).collect())
}

#[test]
fn objects_are_found_in_documents_and_in_nested_lists() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMapList
  items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: inner}}
- {apiVersion: v1, kind: Pod, metadata: {name: outer}}
---
just: data
---
{apiVersion: v1, kind: Secret, metadata: {name: last}}
";
    assert_eq!(names(text), ["inner", "outer", "last"]);
}

#[test]
fn lists_in_lists_are_followed_only_so_far() {
    let mut text = String::from("{apiVersion: v1, kind: Pod, metadata: {name: deep}}");
    for _ in 0..40 {
        text = format!("{{apiVersion: v1, kind: List, items: [{text}]}}");
    }
    assert!(names(&text).is_empty());
}

fn template(api: &str, kind: &str, path: &[&str]) -> String {
    let mut text = format!("apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: x\n");
    for (depth, key) in path.iter().enumerate() {
        text.push_str(&format!("{}{key}:\n", "  ".repeat(depth)));
    }
    let indent = "  ".repeat(path.len());
    text.push_str(&format!("{indent}containers:\n{indent}- name: web\n"));
    text
}

#[test]
fn the_pod_of_every_kind_of_workload_is_found() {
    let long: &[&str] = &["spec", "template", "spec"];
    for (api, kind, path, life) in [
        ("v1", "Pod", &["spec"][..], Life::Long),
        ("apps/v1", "Deployment", long, Life::Long),
        ("apps/v1", "StatefulSet", long, Life::Long),
        ("apps/v1", "DaemonSet", long, Life::Long),
        ("v1", "ReplicationController", long, Life::Long),
        ("apps.openshift.io/v1", "DeploymentConfig", long, Life::Long),
        ("argoproj.io/v1alpha1", "Rollout", long, Life::Long),
        ("serving.knative.dev/v1", "Service", long, Life::Long),
        ("batch/v1", "Job", long, Life::Once),
        ("batch/v1", "CronJob", &["spec", "jobTemplate", "spec", "template", "spec"], Life::Once),
        ("example.com/v1", "Whatever", long, Life::Unknown),
    ] {
        seen("kubernetes", &template(api, kind, path), |view| {
            let (_, pod) = view.pods().next().unwrap_or_else(|| panic!("{kind} has no pod"));
            assert_eq!(pod.life, life, "{kind}");
            assert_eq!(pod.containers[0].name(), "web", "{kind}");
        });
    }
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: {app: x}}\n";
    seen("kubernetes", service, |view| assert!(view.pods().next().is_none()));
}

#[test]
fn containers_know_what_they_are_for() {
    let text = "\
apiVersion: v1
kind: Pod
spec:
  initContainers:
  - {name: migrate}
  - {name: proxy, restartPolicy: Always}
  containers: [{name: web}]
  ephemeralContainers: [{name: shell}]
";
    seen("kubernetes", text, |view| {
        let mut found: Vec<(&str, Role)> = view.containers().map(|(_, c)| (c.name(), c.role)).collect();
        found.sort_by_key(|(name, _)| *name);
        let expected = [
            ("migrate", Role::Init),
            ("proxy", Role::Sidecar),
            ("shell", Role::Ephemeral),
            ("web", Role::Main),
        ];
        assert_eq!(found, expected);
    });
}

#[test]
fn a_container_answers_before_its_pod() {
    let text = "\
apiVersion: v1
kind: Pod
spec:
  securityContext: {runAsUser: 1, runAsGroup: 2}
  containers:
  - {name: own, securityContext: {runAsUser: 3}}
  - {name: null-says-nothing, securityContext: {runAsUser: null}}
";
    seen("kubernetes", text, |view| {
        let pod = view.pods().next().unwrap().1;
        let user = |at: usize| pod.effective(&pod.containers[at], "runAsUser").node().unwrap().text();
        assert_eq!((user(0), user(1)), ("3", "1"));
        assert_eq!(pod.effective(&pod.containers[0], "runAsNonRoot"), Answer::Missing);
    });
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let text = "\
x-common: &common {image: web, securityContext: &safe {privileged: false}}
apiVersion: v1
kind: Pod
spec:
  containers:
  - {<<: *common, name: merged}
  - {name: alias, securityContext: *safe}
";
    seen("kubernetes", text, |view| {
        for (_, container) in view.containers() {
            let node = container.ask("securityContext.privileged").node();
            assert_eq!(node.and_then(|n| n.as_bool()), Some(false), "{}", container.name());
        }
    });
}

#[test]
fn windows_is_known_by_field_selector_and_host_process() {
    for line in [
        "os: {name: windows}",
        "nodeSelector: {kubernetes.io/os: windows}",
        "securityContext: {windowsOptions: {hostProcess: true}}",
    ] {
        let text = format!("apiVersion: v1\nkind: Pod\nspec:\n  {line}\n  containers: [{{name: a}}]\n");
        seen("kubernetes", &text, |view| assert!(view.pods().next().unwrap().1.windows, "{line}"));
    }
    seen("kubernetes", "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: a}]\n", |view| {
        assert!(!view.pods().next().unwrap().1.windows);
    });
}

#[test]
fn nothing_is_missing_where_a_template_or_a_base_may_have_it() {
    let text = "\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: web
    securityContext:
      {{- toYaml .Values.context | nindent 6 }}
  - name: {{ .Values.name }}
    image: web
";
    seen("kubernetes", text, |view| {
        let all: Vec<_> = view.containers().map(|(_, c)| c).collect();
        assert_eq!(all[0].ask("securityContext.privileged"), Answer::Unknown);
        assert_eq!(all[1].ask("name"), Answer::Unknown);
        assert_eq!(all[1].ask("securityContext"), Answer::Missing);
    });
    let patch = "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: true\n";
    seen("kustomize-patch", patch, |view| {
        let spec = view.objects[0].node.get("spec").unwrap();
        assert!(ask(spec, "hostPID").node().is_some());
        assert_eq!(ask(spec, "hostIPC"), Answer::Unknown);
        assert!(!is_complete(spec));
        assert!(!Labels::of(view.pods().next().unwrap().1.labels()).complete);
    });
}

#[test]
fn objects_in_templates_of_openshift_are_found() {
    let text = "\
apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: outer}
objects:
- {apiVersion: v1, kind: Service, metadata: {name: '${NAME}'}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: '${{REPLICAS}}'}}
";
    assert_eq!(names(text), ["${NAME}", "web"]);
    let other = "{apiVersion: shop.example.com/v1, kind: Template, metadata: {name: own}, objects: []}";
    assert_eq!(names(other), ["own"]);
}

#[test]
fn images_from_streams_are_known_by_their_triggers() {
    let text = "\
apiVersion: apps.openshift.io/v1
kind: DeploymentConfig
metadata: {name: web}
spec:
  triggers:
  - type: ConfigChange
  - imageChangeParams: {containerNames: [web]}
  template: {spec: {containers: [{name: web, image: ' '}, {name: proxy, image: proxy}]}}
";
    let from_stream = seen("kubernetes", text, |view| {
        view.containers().map(|(_, container)| container.image_from_stream).collect::<Vec<_>>()
    });
    assert_eq!(from_stream, [true, false]);
}

#[test]
fn a_container_without_a_known_name_is_called_by_the_expression_for_it() {
    let text = "\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: {{ .Chart.Name }}
    image: a
  - image: b
";
    let called = seen("kubernetes", text, |view| {
        view.containers().map(|(_, container)| container.name().to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(called, ["{{ .Chart.Name }}", "without a known name"]);
}

#[test]
fn labels_in_branches_of_a_template_are_alternatives() {
    let text = "\
kind: Pod
apiVersion: v1
metadata:
  labels:
    app: web
    {{- if .Values.a }}
    track: new
    {{- else }}
    track: old
    {{- end }}
";
    let labels = seen("kubernetes", text, |view| Labels::of(ask(view.objects[0].node, "metadata.labels")));
    assert_eq!(labels.pairs, [("app".to_owned(), "web".to_owned())]);
    assert!(!labels.complete);
}
