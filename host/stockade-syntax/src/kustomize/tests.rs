//! What is expected is what kustomize 5 makes of the same files.

use super::{Kustomization, Objects, PatchBody};
use crate::{FileKind, parse};

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: nginx:latest
          env: [{name: A, value: \"1\"}]
        - name: log
          image: registry:5000/log
---
kind: Service
metadata: {name: web}
";

/// The objects with a kustomization applied.
fn kustomized(kustomization: &str) -> String {
    let kustomization = Kustomization::read(&parse(FileKind::Kustomization, kustomization.to_owned()));
    let mut objects = Objects::of(&parse(FileKind::Kubernetes, BASE.to_owned())).unwrap();
    for patch in &kustomization.patches {
        let PatchBody::Text(text) = &patch.body else { panic!("no text") };
        objects.patch(patch, &parse(FileKind::KustomizePatch, text.clone()));
    }
    objects.set(&kustomization);
    objects.yaml()
}

#[test]
fn objects_stay_what_they_are() {
    assert_eq!(
        kustomized("resources: [a.yaml]\n"),
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  template:\n    spec:\n      \
         containers:\n        - name: web\n          image: \"nginx:latest\"\n          env:\n            - name: A\n              \
         value: \"1\"\n        - name: log\n          image: \"registry:5000/log\"\n---\nkind: Service\nmetadata:\n  name: web\n"
    );
}

#[test]
fn merges_images_and_replicas() {
    let out = kustomized(
        "patches:
- patch: |
    kind: Deployment
    metadata: {name: web, labels: {a: b}}
    spec:
      replicas: null
      template:
        spec:
          containers:
          - name: web
            resources: {limits: {memory: 1Gi}}
            env: [{name: B, value: '2'}, {name: A, $patch: delete}]
          - {name: log, $patch: delete}
          - {name: new, image: new}
images:
- {name: nginx, newName: mirror/nginx, newTag: '1.25'}
- {name: 'registry:5000/log', digest: 'sha256:1'}
",
    );
    for wanted in [
        "memory: \"1Gi\"",
        "image: \"mirror/nginx:1.25\"",
        "name: B",
        "a: b",
        "- name: new\n          image: new",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    for gone in ["replicas", "name: A", "registry:5000", "$patch"] {
        assert!(!out.contains(gone), "{gone}: {out}");
    }
    assert!(kustomized("replicas: [{name: web, count: 3}]\n").contains("replicas: 3\n"));
    assert!(
        kustomized("images: [{name: 'registry:5000/log', newTag: v1}]\n")
            .contains("\"registry:5000/log:v1\"")
    );
}

#[test]
fn operations_and_targets() {
    let out = kustomized(
        "patches:
- target: {kind: Deployment}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/command, value: [a]}
    - {op: remove, path: /spec/template/spec/containers/1}
    - {op: replace, path: /metadata/name, value: other}
    - {op: add, path: /metadata/annotations, value: {}}
    - {op: add, path: /metadata/annotations/a~1b, value: c}
- target: {kind: Deployment, name: 'o.*'}
  patch: '[{op: add, path: /spec/gone/deeper, value: 1}]'
- target: {kind: Service}
  patch: |
    kind: Any
    metadata: {name: any}
    spec: {type: NodePort}
",
    );
    for wanted in
        ["name: other", "a/b: c", "- a\n", "kind: Service\nmetadata:\n  name: web\nspec:\n  type: NodePort"]
    {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    assert!(!out.contains("log") && !out.contains("gone"), "{out}");
    let delete = "patches:\n- patch: |\n    $patch: delete\n    kind: Service\n    metadata: {name: web}\n";
    assert!(!kustomized(delete).contains("kind: Service"));
}

#[test]
fn labels_and_annotations() {
    let out = kustomized(
        "commonAnnotations: {team: a}
labels:
- pairs: {owner: b}
- pairs: {tier: c}
  includeTemplates: true
commonLabels: {app: d}
",
    );
    let deployment = "metadata:
  name: web
  labels:
    app: d
    owner: b
    tier: c
  annotations:
    team: a
spec:
  replicas: 1
  template:
    spec:
";
    assert!(out.contains(deployment), "{out}");
    let template = "    metadata:
      labels:
        app: d
        tier: c
      annotations:
        team: a
  selector:
    matchLabels:
      app: d
";
    assert!(out.contains(template), "{out}");
    assert!(out.contains("    team: a\nspec:\n  selector:\n    app: d\n"), "{out}");
}

#[test]
fn labels_in_selectors() {
    let kustomization = "labels: [{pairs: {app: d}, includeSelectors: true}]\n";
    let kustomization = Kustomization::read(&parse(FileKind::Kustomization, kustomization.to_owned()));
    let policy = "kind: NetworkPolicy
spec:
  podSelector: {matchLabels: {a: b}}
  ingress:
    - from:
        - {podSelector: {matchLabels: {c: d}}, namespaceSelector: {matchLabels: {e: f}}}
        - podSelector: {}
";
    let mut objects = Objects::of(&parse(FileKind::Kubernetes, policy.to_owned())).unwrap();
    objects.set(&kustomization);
    let out = objects.yaml();
    assert!(out.contains("a: b\n      app: d\n") && out.contains("c: d\n              app: d\n"), "{out}");
    assert_eq!(out.matches("app: d").count(), 3, "{out}");
}

#[test]
fn what_is_unknown_is_not_patched() {
    let objects = |text: &str| Objects::of(&parse(FileKind::Kubernetes, text.to_owned()));
    assert!(objects("a: {{ .Values.x }}\n").is_none());
    assert!(objects("").is_none());
    assert!(objects("a: &a {<<: *a}\n").is_none());
    let bomb = (1..20).fold("a0: &a0 [x, x]\n".to_owned(), |text, nth| {
        text + &format!("a{nth}: &a{nth} [*a{0}, *a{0}, *a{0}]\n", nth - 1)
    });
    assert!(objects(&bomb).is_none());
}
