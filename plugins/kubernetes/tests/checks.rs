//! Checks of one file, where pages would need too many examples: the resolver, nodes, Tiller, PodSecurityPolicies.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{Param, Rule, Runner};

fn messages(check: &str, params: &[(&str, &str)], kind: &str, text: &str) -> Vec<String> {
    let params = params.iter().map(|(name, value)| {
        let args = vec![(*value).to_owned()];
        Param { depth: 0, name: (*name).to_owned(), args, props: Vec::new() }
    });
    let check = check.to_owned();
    let rule = Rule { index: 0, id: "kubernetes/x".to_owned(), check, params: params.collect() };
    let mut runner = Runner::<Kubernetes>::new();
    runner.configure(vec![rule]).unwrap();
    let report = runner.check(stockade_testkit::source(kind, "a.yaml", text), &[0]).unwrap();
    report.findings.into_iter().map(|finding| finding.message).collect()
}

fn pod(lines: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{{name: c, image: i}}]\n{lines}"
    )
}

const NDOTS: &[(&str, &str)] = &[("option", "ndots"), ("value", "2")];

#[test]
fn the_option_is_asked_of_pods_that_ask_the_cluster() {
    const UNSET: &[&str] = &["Pod a does not set ndots to 2"];
    const NONE: &[&str] = &[];
    for (lines, expected) in [
        ("", UNSET),
        ("  dnsConfig: {options: []}\n", UNSET),
        ("  dnsConfig: {options: [{name: timeout, value: '2'}]}\n", UNSET),
        ("  dnsConfig: {options: [{name: ndots, value: 2}]}\n", NONE),
        ("  dnsConfig: {options: [{name: ndots, value: '5'}, {name: ndots, value: '2'}]}\n", NONE),
        ("  dnsConfig: {options: [{name: ndots, value: '1'}]}\n", &["Pod a sets ndots to 1, not to 2"]),
        ("  dnsConfig: {options: [{name: ndots}]}\n", &["Pod a sets ndots to no value, not to 2"]),
        ("  dnsConfig: {options: [{name: ndots, value: '{{ .x }}'}]}\n", NONE),
        ("  dnsConfig: {options: [{name: '{{ .x }}', value: '2'}]}\n", NONE),
        ("  dnsConfig:\n    options:\n      {{- toYaml .x | nindent 6 }}\n", NONE),
        ("  dnsConfig:\n    {{- toYaml .x | nindent 4 }}\n", NONE),
        ("  dnsPolicy: Default\n", NONE),
        ("  dnsPolicy: '{{ .x }}'\n", NONE),
        ("  dnsPolicy: ClusterFirst\n", UNSET),
        ("  hostNetwork: true\n", NONE),
        ("  hostNetwork: {{ .x }}\n", NONE),
        ("  hostNetwork: false\n", UNSET),
        ("  hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet\n", UNSET),
    ] {
        assert_eq!(messages("dns-option", NDOTS, "kubernetes", &pod(lines)), expected, "{lines}");
    }
    assert!(messages("dns-option", NDOTS, "kustomize-patch", &pod("")).is_empty());
}

#[test]
fn a_word_about_nodes_may_be_said_in_several_ways() {
    for (lines, count) in [
        ("", 1),
        ("  affinity: {podAffinity: {}}\n", 1),
        ("  affinity: {nodeAffinity: {}}\n", 0),
        ("  affinity:\n    {{- toYaml .x | nindent 4 }}\n", 0),
        ("  nodeSelector: {a: b}\n", 0),
        ("  nodeName: a\n", 0),
        ("  {{- with .x }}\n  nodeSelector: {{ . }}\n  {{- end }}\n", 0),
    ] {
        assert_eq!(messages("node-affinity-missing", &[], "kubernetes", &pod(lines)).len(), count, "{lines}");
    }
    assert!(messages("node-affinity-missing", &[], "kustomize-patch", &pod("")).is_empty());
}

#[test]
fn tiller_is_known_by_image_or_by_labels() {
    let labelled = |labels: &str, container: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {{{labels}}}}}\nspec: {{containers: [{container}]}}\n"
        )
    };
    for (text, count) in [
        (labelled("", "{name: a, image: gcr.io/x/tiller}"), 1),
        (labelled("app: helm, name: tiller", "{name: tiller, image: mirror/helm2}"), 1),
        (labelled("app: helm, name: tiller", "{name: proxy, image: mirror/envoy}"), 0),
        (labelled("app: tiller", "{name: tiller-proxy, image: tiller-proxy}"), 0),
        (labelled("", "{name: a, image: '{{ .x }}'}"), 0),
    ] {
        assert_eq!(messages("tiller-listener", &[], "kubernetes", &text).len(), count, "{text}");
    }
}

#[test]
fn tiller_listens_where_its_last_flag_says() {
    const ALL: &[&str] = &["container tiller listens on all addresses"];
    const NONE: &[&str] = &[];
    for (lines, expected) in [
        ("", ALL),
        ("args: [--listen, ':44134']", ALL),
        ("args: ['--listen=10.0.0.1:1']", &["container tiller listens on 10.0.0.1:1"]),
        ("args: ['--listen=localhost:1', '-l', '[::]:1']", &["container tiller listens on [::]:1"]),
        ("args: ['-listen=[::1]:1']", NONE),
        ("command: [sh, -c, 'exec /tiller --listen \"127.0.0.1:1\"']", NONE),
        ("command: [sh, -c, 'exec /tiller $ARGS']", NONE),
        ("args: ['--listen=$(ADDRESS)']", NONE),
        ("args: ['{{ .x }}']", NONE),
        ("args: [--tls-verify]", NONE),
        ("args: [--tls-verify=false]", ALL),
        ("env: [{name: TILLER_TLS_VERIFY, value: '1'}]", NONE),
        ("env: [{name: TILLER_TLS_VERIFY, value: ''}]", ALL),
    ] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: tiller\n    image: x/tiller\n    {lines}\n"
        );
        assert_eq!(messages("tiller-listener", &[], "kubernetes", &text), expected, "{lines}");
    }
}

#[test]
fn a_security_policy_says_what_it_admits() {
    let restricted = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\nspec:\n  allowPrivilegeEscalation: false\n  requiredDropCapabilities: [NET_RAW]\n";
    for (lines, expected) in [
        ("", None),
        ("  allowedCapabilities: [NET_BIND_SERVICE]\n", None),
        ("  allowedCapabilities: [NET_BIND_SERVICE, SYS_TIME]\n", Some("containers with added capabilities")),
        ("  defaultAddCapabilities: [SYS_TIME]\n", Some("containers with added capabilities")),
        ("  allowedCapabilities:\n    {{- toYaml .x | nindent 4 }}\n", None),
        ("  privileged: {{ .x }}\n", None),
        ("  hostIPC: true\n", Some("pods in the IPC namespace of the node")),
        ("  runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 2}]}\n", None),
        (
            "  runAsUser: {rule: MustRunAs, ranges: [{min: 1, max: 2}, {min: 0, max: 0}]}\n",
            Some("containers that run as root"),
        ),
    ] {
        let found =
            messages("security-policy-permissive", &[], "kubernetes", &format!("{restricted}{lines}"));
        let expected: Vec<String> =
            expected.iter().map(|what| format!("PodSecurityPolicy p admits {what}")).collect();
        assert_eq!(found, expected, "{lines}");
    }
}

#[test]
fn fields_are_held_against_the_schema() {
    let of = |lines: &str| messages("schema", &[], "kubernetes", &pod(lines));
    for fits in [
        "  priority: 1.0\n",
        "  priority: ${PRIORITY}\n",
        "  priority: PRIORITY\n",
        "  priority: 1_000\n",
        "  hostNetwork: on\n",
        "  hostNetwork: '{{ .x }}'\n",
        "  hostNetwork:\n",
        "  nodeSelector: {{ toYaml .x }}\n",
        "  nodeSelector:\n    {{- toYaml .x | nindent 4 }}\n",
        "  {{ .x }}: 1\n",
        "  volumes: [{name: a, emptyDir: {sizeLimit: 1}}, {name: b, emptyDir: {sizeLimit: 1Gi}}]\n",
        "status: {anything: goes}\n",
    ] {
        assert_eq!(of(fits), Vec::<String>::new(), "{fits}");
    }
    for (flawed, expected) in [
        ("  priority: 1.5\n", "`priority` is a number, where an integer is asked for"),
        ("  hostNetwork: 'true'\n", "`hostNetwork` is text, where a boolean is asked for"),
        ("  hostname: no\n", "`hostname` is a boolean, where text is asked for"),
        ("  nodeSelector: [a]\n", "`nodeSelector` is a list, where a map is asked for"),
        ("  securityContext: []\n", "`securityContext` is a list, where an object is asked for"),
        (
            "  overhead: {cpu: true}\n",
            "a value in `overhead` is a boolean, where a number or text is asked for",
        ),
        ("  volumes: [{emptyDir: {}}]\n", "an entry of `volumes` of Pod a has no `name`"),
        ("  hostnetwork: true\n", "`spec` of Pod a has no field `hostnetwork`"),
        ("  &x hostNetwork: true\n  <<: {hostPid: true}\n", "`spec` of Pod a has no field `hostPid`"),
        ("spce: {}\n", "Pod a has no field `spce`"),
    ] {
        assert_eq!(of(flawed), [expected], "{flawed}");
    }
    let many = "  x: 1\n".to_owned() + &(0..500).map(|n| format!("  y{n}: 1\n")).collect::<String>();
    assert_eq!(of(&many).len(), 100);
}
