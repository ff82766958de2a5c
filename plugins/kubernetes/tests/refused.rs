//! What is refused, where pages would need too many examples: names, profiles, what somebody else may still add.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{Rule, Runner};

fn messages(kind: &str, text: &str) -> Vec<String> {
    let check = "refused-value".to_owned();
    let rule = Rule { index: 0, id: "kubernetes/x".to_owned(), check, params: Vec::new() };
    let mut runner = Runner::<Kubernetes>::new();
    runner.configure(vec![rule]).unwrap();
    let report = runner.check(stockade_testkit::source(kind, "a.yaml", text), &[0]).unwrap();
    report.findings.into_iter().map(|finding| finding.message).collect()
}

fn pod(metadata: &str, container: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a{metadata}}}\nspec:\n  containers: [{{name: c, image: i{container}}}]\n{spec}"
    )
}

#[test]
fn names_are_small_letters_digits_and_what_stands_between() {
    for (api, kind, name, good) in [
        ("v1", "ConfigMap", "a.b-c.0", true),
        ("v1", "ConfigMap", "a_b", false),
        ("v1", "ConfigMap", "Web", false),
        ("v1", "ConfigMap", "a-.b", false),
        ("v1", "ConfigMap", "a..b", false),
        ("v1", "ConfigMap", "-a", false),
        ("v1", "Service", "a.b", false),
        ("v1", "Namespace", "a-b", true),
        // Roles have other names, blanks are for somebody to fill in, and of custom resources nothing is known.
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "system:Web_1", true),
        ("v1", "ConfigMap", "RELEASE-NAME-web", true),
        ("v1", "ConfigMap", "YOUR_NAME", true),
        ("v1", "ConfigMap", "${NAME}", true),
        ("v1", "Config", "My_Config", true),
        ("example.com/v1", "Shop", "My_Shop", true),
    ] {
        let text = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: \"{name}\"}}\n");
        assert_eq!(messages("kubernetes", &text).is_empty(), good, "{kind} {name}");
    }
}

#[test]
fn profiles_have_names_and_files() {
    let annotation = |name: &str, value: &str| {
        format!(", annotations: {{container.apparmor.security.beta.kubernetes.io/{name}: {value}}}")
    };
    for (name, value, count) in [
        ("c", "runtime/default", 0),
        ("c", "localhost/x", 0),
        ("c", "default", 1),
        ("injected", "runtime/default", 0),
    ] {
        let found = messages("kubernetes", &pod(&annotation(name, value), "", ""));
        assert_eq!(found.len(), count, "{name} {value} {found:?}");
    }
    let seccomp = |profile: &str| pod("", &format!(", securityContext: {{seccompProfile: {profile}}}"), "");
    assert!(messages("kubernetes", &seccomp("{type: Localhost, localhostProfile: a.json}")).is_empty());
    assert_eq!(messages("kubernetes", &seccomp("{type: Localhost}")).len(), 1);
}

#[test]
fn what_somebody_may_still_add_is_not_missed() {
    let mount = ", volumeMounts: [{name: v, mountPath: /v}]";
    for (kind, spec, count) in [
        ("kubernetes", "", 1),
        ("kubernetes", "  volumes: [{name: w, emptyDir: {}}]\n", 1),
        ("kubernetes", "  volumes: [{name: v, emptyDir: {}}]\n", 0),
        ("kubernetes", "  volumes: [{name: v}]\n", 0),
        ("kubernetes", "  volumes: [{name: '{{ .x }}', emptyDir: {}}]\n", 0),
        ("kubernetes", "  volumes:\n    {{- toYaml .x | nindent 4 }}\n", 0),
        ("kubernetes", "  {{- toYaml .x | nindent 2 }}\n", 0),
        ("kustomize-patch", "", 0),
    ] {
        let found = messages(kind, &pod("", mount, spec));
        assert_eq!(found.len(), count, "{spec} {found:?}");
    }
}

#[test]
fn amounts_are_held_against_each_other_by_what_they_stand_for() {
    for (request, limit, good) in [
        ("memory: 1024Mi", "memory: 1Gi", true),
        ("memory: 1025Mi", "memory: 1Gi", false),
        ("cpu: 1", "cpu: 1000m", true),
        ("cpu: 0.5", "cpu: 400m", false),
        ("cpu: 2", "memory: 1", true),
        ("memory: 1e9", "memory: 1G", true),
        ("memory: 128m", "memory: 1G", false),
        ("memory: '{{ .x }}'", "memory: 1", true),
        ("memory: 1 Gi", "memory: 2Gi", false),
    ] {
        let resources = format!(", resources: {{requests: {{{request}}}, limits: {{{limit}}}}}");
        let found = messages("kubernetes", &pod("", &resources, ""));
        assert_eq!(found.is_empty(), good, "{request} {limit} {found:?}");
    }
}

#[test]
fn amounts_of_storage_and_of_whole_namespaces_are_read() {
    for (kind, spec) in [
        ("PersistentVolumeClaim", "resources: {requests: {storage: 10GB}}"),
        ("PersistentVolume", "capacity: {storage: 10 Gi}"),
        ("ResourceQuota", "hard: {pods: '10', limits.memory: 8GB}"),
        ("LimitRange", "limits: [{type: Container, default: {memory: 512MB, cpu: 1}}]"),
    ] {
        let text = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{{spec}}}\n");
        assert_eq!(messages("kubernetes", &text).len(), 1, "{kind}");
        let good = text.replace("GB", "Gi").replace("MB", "Mi").replace("10 Gi", "10Gi");
        assert!(messages("kubernetes", &good).is_empty(), "{kind}");
    }
    let volume = "  volumes: [{name: v, emptyDir: {sizeLimit: 1GB}}]\n";
    assert_eq!(messages("kubernetes", &pod("", "", volume)), ["the sizeLimit 1GB is no amount"]);
}
