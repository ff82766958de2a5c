//! What follows from all files together, where pages would need too many of them to say it.
#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{Fact, FileFacts, Param, Rule, Runner};

/// Messages of a project check over these files.
fn messages(check: &str, files: &[(&str, &str)]) -> Vec<String> {
    messages_with(check, &[], files)
}

/// The same with declared objects: kind, and properties.
fn messages_with(check: &str, external: &[(&str, &[(&str, &str)])], files: &[(&str, &str)]) -> Vec<String> {
    let mut runner = Runner::<Kubernetes>::new();
    let params = external.iter().map(|(kind, props)| Param {
        depth: 0,
        name: "external".to_owned(),
        args: vec![(*kind).to_owned()],
        props: props.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    });
    let rule = Rule { index: 0, id: check.to_owned(), check: check.to_owned(), params: params.collect() };
    runner.configure(vec![rule]).unwrap();
    let facts = files.iter().map(|(path, text)| {
        let kind = if path.ends_with("kustomization.yaml") { "kustomization" } else { "kubernetes" };
        let report = runner.check(stockade_testkit::source(kind, path, text), &[0]).unwrap();
        FileFacts { path: (*path).to_owned(), kind: kind.to_owned(), facts: report.facts }
    });
    let facts: Vec<FileFacts> = facts.collect();
    runner.check_project(&facts, &[0]).unwrap().into_iter().map(|finding| finding.message).collect()
}

fn workload(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}{namespace}}}\nspec:\n  template:\n    \
         metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: web, image: web}}]}}\n---\n"
    )
}

fn service(app: &str, namespace: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {app}{namespace}}}\nspec: {{selector: {{app: {app}}}}}\n---\n"
    )
}

#[test]
fn namespaces_count_only_where_both_sides_name_one() {
    let dangling = |service_in: &str, workload_in: &str| {
        let (service, workload) = (service("web", service_in), workload("web", workload_in));
        messages("service-dangling", &[("a.yaml", &service), ("b.yaml", &workload)]).len()
    };
    assert_eq!(dangling("", ""), 0);
    assert_eq!(dangling(", namespace: a", ""), 0);
    assert_eq!(dangling("", ", namespace: b"), 0);
    assert_eq!(dangling(", namespace: a", ", namespace: b"), 1);
}

#[test]
fn what_a_chart_leaves_open_concerns_the_chart_alone() {
    let open = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    metadata:\n      \
                labels:\n        {{- include \"labels\" . | nindent 8 }}\n    spec: {containers: [{name: web}]}\n";
    let dangling = |path: &str, service_path: &str| {
        messages("service-dangling", &[(path, open), (service_path, &service("web", ""))]).len()
    };
    assert_eq!(dangling("chart/templates/a.yaml", "chart/templates/b.yaml"), 0);
    assert_eq!(dangling("chart/templates/a.yaml", "other/templates/b.yaml"), 1);
    assert_eq!(dangling("chart/templates/a.yaml", "deploy/b.yaml"), 1);
    assert_eq!(dangling("a.yaml", "deploy/b.yaml"), 0);
}

#[test]
fn nothing_is_missing_once_a_file_had_too_much_to_record() {
    let many: String = (0..11_000).map(|i| workload(&format!("web{i}"), "")).collect();
    let lonely = service("lonely", "");
    assert_eq!(messages("service-dangling", &[("a.yaml", &lonely)]).len(), 1);
    assert!(messages("service-dangling", &[("a.yaml", &lonely), ("many.yaml", &many)]).is_empty());

    let report = {
        let mut runner = Runner::<Kubernetes>::new();
        let check = "service-dangling".to_owned();
        runner.configure(vec![Rule { index: 0, id: check.clone(), check, params: Vec::new() }]).unwrap();
        runner.check(stockade_testkit::source("kubernetes", "many.yaml", &many), &[0]).unwrap()
    };
    let bytes: usize = report.facts.iter().map(|fact| fact.key.len() + fact.value.len()).sum();
    assert!(
        report.facts.len() <= 10_000 && bytes <= 512 * 1024,
        "{} facts, {bytes} bytes",
        report.facts.len()
    );
    let left_out = report.facts.iter().find(|fact| fact.key == "stockade:left-out");
    assert!(left_out.is_some_and(|fact| fact.value.parse::<usize>().is_ok_and(|facts| facts > 1_000)));
}

#[test]
fn a_kustomization_reaches_the_folders_below_it() {
    let object = service("web", "");
    let count = |path: &str| {
        messages("namespace-default", &[("base/kustomization.yaml", "{}\n"), (path, &object)]).len()
    };
    assert_eq!(count("base/deep/a.yaml"), 0);
    assert_eq!(count("other/a.yaml"), 1);
    assert_eq!(count("chart/templates/a.yaml"), 0);
}

/// What is declared is there, in its namespace and of its kind; nothing else follows.
#[test]
fn declared_objects_are_not_missing() {
    let pod = "containers: [{name: web, image: web, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: a}}}]}]";
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: other, namespace: prod}\n---\n";
    let text = format!(
        "{account}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: prod}}\nspec:\n  replicas: 2\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{serviceAccountName: runner, {pod}}}\n"
    );
    let service = service("db", ", namespace: prod");
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: prod}\nspec: \
                  {scaleTargetRef: {kind: StatefulSet, name: db}}\n";
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: prod}\nspec: \
                   {defaultBackend: {service: {name: shop, port: {number: 80}}}}\n";
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m, namespace: prod}\nspec: \
                   {selector: {matchLabels: {app: shop}}}\n";
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: prod}\nspec: \
                  {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: \
                  {app: db}}}]}]}\n";
    for (check, kind, name, text) in [
        ("env-reference", "Secret", "db", text.as_str()),
        ("account-not-found", "ServiceAccount", "runner", &text),
        ("network-policy-missing", "NetworkPolicy", "base", &text),
        ("default-deny-missing", "NetworkPolicy", "base", &text),
        ("pdb-missing", "PodDisruptionBudget", "base", &text),
        ("service-dangling", "StatefulSet", "db", &service),
        ("hpa-dangling", "StatefulSet", "db", scaler),
        ("ingress-dangling", "Service", "shop", ingress),
        ("service-monitor-dangling", "Service", "shop", monitor),
        ("network-policy-dangling", "Pod", "db", policy),
        ("network-policy-peer-dangling", "Pod", "db", policy),
    ] {
        let files = [("a.yaml", text)];
        let count = |kind: &str, props: &[(&str, &str)]| messages_with(check, &[(kind, props)], &files).len();
        assert_eq!(messages(check, &files).len(), 1, "{check}");
        assert_eq!(count(kind, &[("name", name)]), 0, "{check}");
        assert_eq!(count(kind, &[("name", name), ("namespace", "prod")]), 0, "{check}");
        assert_eq!(count(kind, &[("name", name), ("namespace", "test")]), 1, "{check}");
        assert_eq!(count("Namespace", &[("name", name)]), 1, "{check}");
    }
    for (labels, left) in [("app=db,tier=x", 0), ("app=other", 1), ("tier=x", 1)] {
        let declared: &[_] = &[("Pod", &[("name", "db"), ("labels", labels)] as &[_])];
        assert_eq!(
            messages_with("service-dangling", declared, &[("a.yaml", &service)]).len(),
            left,
            "{labels}"
        );
    }
}

/// A StatefulSet that names a Service, and that Service, each with what stands in its metadata and spec.
#[test]
fn stateful_sets_need_a_headless_service_in_their_namespace() {
    let set = |namespace: &str, spec: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db{namespace}}}\nspec:\n  {spec}\n  template:\n    \
             spec: {{containers: [{{name: db, image: db}}]}}\n"
        )
    };
    let service = |name: &str, namespace: &str, spec: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{namespace}}}\nspec: {{{spec}ports: []}}\n"
        )
    };
    let count = |set: &str, service: &str| {
        messages("stateful-service", &[("a/db.yaml", set), ("chart/templates/s.yaml", service)]).len()
    };
    let named = set("", "serviceName: db");
    assert_eq!(count(&named, &service("db", "", "clusterIP: None, ")), 0);
    assert_eq!(count(&named, &service("db", "", "clusterIP: 10.0.0.1, ")), 1);
    assert_eq!(count(&named, &service("db", "", "clusterIP: '{{ .x }}', ")), 0);
    assert_eq!(count(&named, &service("db", "", "")), 1);
    assert_eq!(count(&named, &service("other", "", "clusterIP: None, ")), 1);
    let here = set(", namespace: a", "serviceName: db");
    assert_eq!(count(&here, &service("db", ", namespace: b", "clusterIP: None, ")), 1);
    // A Service whose name a chart makes may be meant in that chart only.
    let open = service("'{{ .x }}'", "", "clusterIP: None, ");
    assert_eq!(count(&named, &open), 1);
    let chart = [("chart/templates/db.yaml", named.as_str()), ("chart/templates/s.yaml", open.as_str())];
    assert!(messages("stateful-service", &chart).is_empty());
    assert_eq!(count(&set("", "replicas: 1"), &open), 1);
    assert_eq!(count(&set("", "serviceName: ''"), &open), 1);
    assert_eq!(count(&set("", "serviceName: {{ .x }}"), &open), 0);
    let declared: &[_] = &[("Service", &[("name", "db")] as &[_])];
    assert!(messages_with("stateful-service", declared, &[("a.yaml", &named)]).is_empty());
}

#[test]
fn a_chart_names_its_own_objects_with_equal_expressions() {
    let name = "{{ include \"shop.name\" . }}";
    let deployment = |account: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n  template:\n    \
             metadata:\n      labels:\n        app: web\n        release: {{{{ .Release.Name }}}}\n    spec:\n      \
             serviceAccountName: {account}\n      containers:\n      - name: web\n        env:\n        - name: A\n          \
             valueFrom:\n            secretKeyRef:\n              name: {name}-db\n              key: gone\n"
        )
    };
    let account = |automount: &str| {
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{{{include \"shop.name\" $}}}}\n{automount}"
        )
    };
    let (own, other) = (deployment(name), deployment("{{ include \"shop.other\" . }}"));
    let told = |check: &str, other_file: &str, deployment: &str, path: &str| {
        messages(check, &[("shop/templates/a.yaml", deployment), (path, other_file)]).len()
    };
    let (here, elsewhere) = ("shop/templates/b.yaml", "more/templates/b.yaml");
    // Only the account of that name can keep the token away.
    let (loud, quiet) = (account(""), account("automountServiceAccountToken: false\n"));
    assert_eq!(told("token-automount", &loud, &own, here), 1);
    assert_eq!(told("token-automount", &quiet, &own, here), 0);
    assert_eq!(told("token-automount", &loud, &own, elsewhere), 0);
    assert_eq!(told("token-automount", &loud, &other, here), 0);

    let secret =
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}-db\nstringData: {{password: x}}\n");
    assert_eq!(told("env-reference", &secret, &own, here), 1);
    assert_eq!(told("env-reference", &secret.replace("password", "gone"), &own, here), 0);
    assert_eq!(told("env-reference", &secret, &own, elsewhere), 0);

    let scaler = format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\nspec:\n  scaleTargetRef:\n    \
         kind: Deployment\n    name: {name}\n"
    );
    assert_eq!(told("hpa-fixed-replicas", &scaler, &own, here), 1);
    assert_eq!(told("hpa-fixed-replicas", &scaler, &own, elsewhere), 0);

    let budget = |release: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: a}}\nspec:\n  minAvailable: 2\n  \
             selector:\n    matchLabels:\n      app: web\n      release: {release}\n"
        )
    };
    assert_eq!(told("pdb-blocks-eviction", &budget("{{ $.Release.Name }}"), &own, here), 1);
    assert_eq!(told("pdb-blocks-eviction", &budget("{{ .Release.Namespace }}"), &own, here), 0);
    assert_eq!(told("pdb-blocks-eviction", &budget("{{ $.Release.Name }}"), &own, elsewhere), 0);
}

#[test]
fn what_is_off_by_default_is_offered_and_need_not_go_with_the_rest() {
    let mut runner = Runner::<Kubernetes>::new();
    let checks = ["hpa-fixed-replicas", "minimum-replicas"];
    let rule = |(index, check): (usize, &&str)| Rule {
        index: index as u32,
        id: (*check).to_owned(),
        check: (*check).to_owned(),
        params: Vec::new(),
    };
    runner.configure(checks.iter().enumerate().map(rule).collect()).unwrap();
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  \
                  scaleTargetRef: {kind: Deployment, name: web}\n";
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    \
                      spec: {containers: [{name: web}]}\n";
    let facts = |path: &str, text: &str| {
        let report = runner.check(stockade_testkit::source("kubernetes", path, text), &[0, 1]).unwrap();
        FileFacts { path: path.to_owned(), kind: "kubernetes".to_owned(), facts: report.facts }
    };
    let count = |is_off: bool, check: u32| {
        let mut scaler = facts("shop/templates/b.yaml", scaler);
        let off = Fact { key: "stockade:off-by-default".to_owned(), value: String::new(), span: None };
        scaler.facts.extend(is_off.then_some(off));
        runner.check_project(&[facts("shop/templates/a.yaml", deployment), scaler], &[check]).unwrap().len()
    };
    assert_eq!((count(false, 0), count(false, 1)), (1, 0));
    assert_eq!((count(true, 0), count(true, 1)), (0, 0));
}
