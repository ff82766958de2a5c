//! Which workloads lack what a rule asks for, and what kustomizations, patches and delivery tools add.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{FileFacts, Param, Rule, Runner};

fn param(name: &str, args: &[&str]) -> Param {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Param { depth: 0, name: name.to_owned(), args, props: Vec::new() }
}

/// Messages of a rule for `names` in `field`, over files with their kinds.
fn messages(field: &str, names: &[&str], values: &[&str], files: &[(&str, &str, &str)]) -> Vec<String> {
    let params = vec![param("field", &[field]), param("names", names), param("values", values)];
    let rule =
        Rule { index: 3, id: "kubernetes/x".to_owned(), check: "required-metadata".to_owned(), params };
    let mut runner = Runner::<Kubernetes>::new();
    runner.configure(vec![rule]).unwrap();
    let facts = files.iter().map(|(kind, path, text)| {
        let report = runner.check(stockade_testkit::source(kind, path, text), &[3]).unwrap();
        FileFacts { path: (*path).to_owned(), kind: (*kind).to_owned(), facts: report.facts }
    });
    let facts: Vec<FileFacts> = facts.collect();
    runner.check_project(&facts, &[3]).unwrap().into_iter().map(|finding| finding.message).collect()
}

const WEB: (&str, &str, &str) =
    ("kubernetes", "base/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n");
const HERE: (&str, &str, &str) = ("kustomization", "base/kustomization.yaml", "resources: [web.yaml]\n");
const LACKS: &str = "Deployment web has no label owner";

#[test]
fn every_name_is_asked_for_and_every_value_judged() {
    let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, labels: {owner: 'team-b', tier: x}}\n";
    let files = [("kubernetes", "a.yaml", text)];
    let judged = |names: &[&str], values: &[&str]| messages("labels", names, values, &files);
    assert!(judged(&["owner", "tier"], &[]).is_empty());
    assert_eq!(judged(&["owner", "cost"], &[]), ["Job a has no label cost"]);
    assert!(judged(&["owner"], &["team-?", "x"]).is_empty());
    assert_eq!(
        judged(&["owner"], &["team-?x", "x"]),
        ["Job a has the label owner, but its value does not fit team-?x or x"]
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: b}}\n";
    assert!(messages("labels", &["owner"], &[], &[("kubernetes", "a.yaml", service)]).is_empty());
}

#[test]
fn what_a_template_may_add_is_not_missing() {
    for metadata in [
        "  labels:\n    {{- include \"x\" . | nindent 4 }}\n",
        "  labels: {{ .Values.labels }}\n",
        "  {{- with .Values.labels }}\n  labels:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n",
        "  labels:\n    owner: {{ .Values.owner }}\n",
    ] {
        let text = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n{metadata}");
        let files = [("kubernetes", "chart/templates/web.yaml", text.as_str())];
        assert!(messages("labels", &["owner"], &["x"], &files).is_empty(), "{metadata}");
    }
}

#[test]
fn kustomizations_and_patches_add_to_what_they_reach() {
    let kustomization = |text| ("kustomization", "overlay/kustomization.yaml", text);
    let patch = |text| ("kustomize-patch", "overlay/patch.yaml", text);
    for (file, left) in [
        (kustomization("commonLabels: {owner: a}\n"), 0),
        (kustomization("labels: [{pairs: {owner: a}}]\n"), 0),
        (kustomization("labels: [{pairs: {team: a}}]\ncommonAnnotations: {owner: a}\n"), 1),
        (kustomization("patches: [{patch: 'metadata: {labels: {owner: a}}'}]\n"), 0),
        (kustomization("patchesStrategicMerge: ['metadata: {labels: {owner: a}}']\n"), 0),
        (patch("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {owner: a}}\n"), 0),
        (patch("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other, labels: {owner: a}}\n"), 1),
        (patch("- {op: add, path: /metadata/labels/owner, value: a}\n"), 0),
        (
            (
                "kubernetes",
                "f.yaml",
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: f}\nspec: {commonMetadata: {labels: {owner: a}}}\n",
            ),
            0,
        ),
        (
            (
                "kubernetes",
                "f.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: f}\nspec: {source: {kustomize: {commonLabels: {owner: a}}}}\n",
            ),
            0,
        ),
    ] {
        let found = messages("labels", &["owner"], &[], &[WEB, HERE, file]);
        assert_eq!(found, vec![LACKS; left], "{}", file.2);
    }
    // What no kustomization reaches stays as it is.
    let elsewhere = kustomization("commonLabels: {owner: a}\n");
    assert_eq!(messages("labels", &["owner"], &[], &[WEB, elsewhere]), [LACKS]);
}
