//! Containers that are in no workload: those of custom resources, and those that a patch changes.

use stockade_plugin_kubernetes::view::{Answer, Manifests};

/// Of each container its name, and of each pod what it says about the host's network.
fn seen(kind: &str, text: &str) -> (Vec<String>, Vec<Option<String>>) {
    let source = stockade_testkit::source(kind, "a.yaml", text);
    let view = Manifests::new(&source);
    let containers = view.containers().map(|(_, container)| container.name().to_owned()).collect();
    let said = |answer: Answer<'_>| answer.node().map(|node| node.text().to_owned());
    let pods = view.pods().map(|(_, pod)| said(pod.ask("hostNetwork"))).collect();
    (containers, pods)
}

fn names(text: &str) -> Vec<String> {
    seen("kubernetes", text).0
}

#[test]
fn templates_of_a_workflow_are_containers() {
    let text = "\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: build-}
spec:
  entrypoint: main
  hostNetwork: true
  templates:
  - name: main
    steps:
    - - {name: one, template: image}
  - name: image
    container: {image: builder, command: [build]}
    sidecars:
    - {name: engine, image: engine}
  - name: report
    script: {image: python, source: print()}
  - name: set
    containerSet:
      containers: [{name: a, image: a}, {name: b, image: b}]
";
    let (containers, pods) = seen("kubernetes", text);
    assert_eq!(containers, ["engine", "image", "report", "a", "b"]);
    assert_eq!(pods.iter().flatten().collect::<Vec<_>>(), ["true"]);
}

#[test]
fn steps_of_a_pipeline_are_containers() {
    let text = "\
apiVersion: triggers.tekton.dev/v1beta1
kind: TriggerTemplate
metadata: {name: ci}
spec:
  resourcetemplates:
  - apiVersion: tekton.dev/v1
    kind: PipelineRun
    spec:
      pipelineSpec:
        tasks:
        - name: build
          taskSpec:
            steps: [{name: compile, image: builder, script: make}]
            sidecars: [{name: db, image: db}]
      taskRunTemplate:
        podTemplate: {hostNetwork: true}
";
    let (containers, pods) = seen("kubernetes", text);
    assert_eq!(containers, ["compile", "db"]);
    assert_eq!(pods.iter().flatten().collect::<Vec<_>>(), ["true"]);
}

#[test]
fn templates_of_operators_are_found_wherever_they_are() {
    for (api, kind, spec, expected) in [
        (
            "ray.io/v1",
            "RayCluster",
            "{workerGroupSpecs: [{template: {spec: {containers: [{name: w, image: i}]}}}]}",
            &["w"][..],
        ),
        (
            "sparkoperator.k8s.io/v1beta2",
            "SparkApplication",
            "{image: i, imagePullPolicy: Always, driver: {securityContext: {privileged: true}}}",
            &["x", "driver"],
        ),
        ("monitoring.coreos.com/v1", "Prometheus", "{image: prometheus, hostNetwork: true}", &[]),
        (
            "actions.summerwind.dev/v1alpha1",
            "RunnerDeployment",
            "{template: {spec: {image: i, env: [{name: A, value: b}]}}}",
            &["x"],
        ),
        ("cluster.x-k8s.io/v1beta1", "Machine", "{image: ubuntu, name: big}", &[]),
        (
            "kyverno.io/v1",
            "ClusterPolicy",
            "{rules: [{validate: {pattern: {spec: {containers: [{name: '*', image: i}]}}}}]}",
            &[],
        ),
        ("v1", "Service", "{containers: [{name: a, image: b}]}", &[]),
    ] {
        let text = format!("{{apiVersion: {api}, kind: {kind}, metadata: {{name: x}}, spec: {spec}}}\n");
        assert_eq!(names(&text), expected, "{kind}");
    }
}

#[test]
fn of_what_others_add_to_nothing_is_missing() {
    let text = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values:
    controllers:
      web:
        containers:
          app:
            env: [{name: PASSWORD, value: b}]
            securityContext: {privileged: true, capabilities: {}}
";
    let source = stockade_testkit::source("kubernetes", "a.yaml", text);
    let view = Manifests::new(&source);
    let (pod, container) = view.containers().next().expect("the container of the chart");
    assert_eq!(container.name(), "app");
    assert!(container.is_privileged());
    // The values are read as a file of their own, which has the variable.
    for path in ["securityContext.capabilities.drop", "resources", "env"] {
        assert_eq!(container.ask(path), Answer::Unknown, "{path}");
    }
    assert_eq!((pod.ask("hostPID"), pod.labels()), (Answer::Unknown, Answer::Unknown));
}

#[test]
fn operations_in_a_kustomization_of_flux_are_pieces_of_pods() {
    let text = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1beta1
kind: Kustomization
metadata: {name: apps}
spec:
  patchesStrategicMerge:
  - {kind: Deployment, spec: {template: {spec: {containers: [{name: a, env: [{name: B, value: c}]}]}}}}
  patchesJson6902:
  - target: {kind: Deployment, name: a}
    patch:
    - {op: add, path: /spec/template/spec/hostNetwork, value: true}
    - {op: add, path: /spec/template/spec/containers/-, value: {name: b, image: b, command: [c]}}
    - {op: remove, path: /spec/template/spec/hostPID}
";
    let (containers, pods) = seen("kubernetes", text);
    assert_eq!(containers, ["a", "b"]);
    assert_eq!(pods.iter().flatten().collect::<Vec<_>>(), ["true"]);
}

#[test]
fn operations_of_a_patch_are_pieces_of_pods() {
    let text = "\
- {op: add, path: /spec/template/spec/hostNetwork, value: true}
- {op: replace, path: /spec/template/spec/containers/0/securityContext/privileged, value: true}
- {op: add, path: /spec/jobTemplate/spec/template/spec/initContainers/-, value: {name: init, image: i}}
- {op: add, path: /spec/template/spec/containers/1/env/-, value: {name: TOKEN, value: t}}
- {op: add, path: /spec/template/spec, value: {hostNetwork: false, containers: [{name: whole}]}}
- {op: remove, path: /spec/template/spec/hostNetwork}
- {op: replace, path: /metadata/name, value: web}
- just text
";
    let (containers, pods) = seen("kustomize-patch", text);
    assert_eq!(containers, ["0", "init", "1", "whole"]);
    assert_eq!(pods.iter().flatten().collect::<Vec<_>>(), ["true", "false"]);
    let source = stockade_testkit::source("kustomize-patch", "a.yaml", text);
    let view = Manifests::new(&source);
    let all: Vec<_> = view.containers().map(|(_, container)| container).collect();
    assert!(all[0].is_privileged() && !all[1].is_privileged());
    assert_eq!(all[0].ask("securityContext.runAsUser"), Answer::Unknown);
    assert_eq!(all[0].set(&["securityContext", "privileged"], "false").map(|edits| edits.len()), Some(1));
    assert_eq!(all[2].list("env").count(), 1);
    assert_eq!(seen("kubernetes", text).0, [""; 0]);
}
