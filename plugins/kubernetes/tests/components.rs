//! How containers run the programs of the control plane, and what is known of their flags.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{Param, Rule, Runner};

/// Messages and the texts they point at.
fn found(check: &str, params: &[(&str, &[&str])], kind: &str, text: &str) -> Vec<(String, String)> {
    let params = params.iter().map(|(name, args)| Param {
        depth: 0,
        name: (*name).to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        props: Vec::new(),
    });
    let check = check.to_owned();
    let rule = Rule { index: 0, id: "kubernetes/x".to_owned(), check, params: params.collect() };
    let mut runner = Runner::<Kubernetes>::new();
    runner.configure(vec![rule]).unwrap();
    let report = runner.check(stockade_testkit::source(kind, "a.yaml", text), &[0]).unwrap();
    let shown = |finding: &stockade_sdk::Finding| {
        let span = finding.span.unwrap();
        (finding.message.clone(), text[span.start as usize..span.end as usize].to_owned())
    };
    report.findings.iter().map(shown).collect()
}

const PROFILING: &[(&str, &[&str])] =
    &[("flag", &["profiling"]), ("require", &["false"]), ("missing", &["true"]), ("fix", &["false"])];

fn pod(lines: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: c\n{lines}")
}

#[track_caller]
fn messages(check: &str, params: &[(&str, &[&str])], lines: &str, expected: &[&str]) {
    let found = found(check, params, "kubernetes", &pod(lines));
    let messages: Vec<&str> = found.iter().map(|(message, _)| message.as_str()).collect();
    assert_eq!(messages, expected, "{lines}");
}

const TRUE: &[&str] = &["container c sets --profiling to true"];
const MISSING: &[&str] = &["container c does not set --profiling to false"];
const NONE: &[&str] = &[];

#[test]
fn the_program_is_found_however_it_is_called() {
    for (line, expected) in [
        ("command: [/usr/local/bin/kube-apiserver, --profiling=true]", TRUE),
        ("args: [kube-apiserver, --profiling]", TRUE),
        ("command: [hyperkube, apiserver, --profiling, 'true']", TRUE),
        ("command: [/hyperkube, kube-apiserver]", MISSING),
        ("command: [go-runner, --log-file=/var/log/a, kube-apiserver]", MISSING),
        ("command: ['kube-apiserver --profiling=true']", TRUE),
        ("command: ['kube-apiserver --secure-port=1', --profiling=false]", NONE),
        (
            "command: [/bin/sh, -c, 'set -e; exec /usr/bin/kube-apiserver --profiling=true 2>&1 | tee /log']",
            TRUE,
        ),
        ("command: [/bin/sh, -c, 'kube-apiserver --secure-port=1 >>/log 2>&1']", MISSING),
        ("command: [/bin/sh, -c, 'exec kube-apiserver --profiling=\"false\"']", NONE),
        ("command: [apiserver, --profiling=true]", NONE),
        ("command: [echo, kube-apiserver]", NONE),
        ("command: [/bin/sh, -c, 'pgrep kube-apiserver']", NONE),
        ("command: [kube-apiserver-proxy, --profiling=true]", NONE),
        ("command: [kube-apiserver, --version]", NONE),
        ("args: [--server=kube-system/kube-apiserver, --a]", NONE),
        ("command: [env, A=x/kube-apiserver, other]", NONE),
        ("command: [/bin/sh, -c, 'A=x/kube-apiserver other']", NONE),
        ("command: kube-apiserver", NONE),
        ("command: []", NONE),
    ] {
        messages("apiserver-flag", PROFILING, &format!("    {line}\n"), expected);
    }
}

#[test]
fn folders_with_the_name_of_a_program_are_none() {
    let params: &[(&str, &[&str])] = &[("flag", &["cert-file"]), ("missing", &["true"])];
    for line in ["command: [sudo, chown, /var/lib/etcd]", "command: [ls, etcd]", "command: [etcdctl, get]"] {
        messages("etcd-flag", params, &format!("    {line}\n"), NONE);
    }
    messages("etcd-flag", params, "    command: [etcd]\n", &["container c does not set --cert-file"]);
}

#[test]
fn a_flag_that_may_come_from_elsewhere_is_not_missing() {
    for line in [
        "command: [kube-apiserver, $(ARGS)]",
        "command: [kube-apiserver, PLACEHOLDER]",
        "command: [kube-apiserver, --openshift-config=/etc/a.yaml]",
        "command: [/bin/sh, -c, 'exec kube-apiserver $ARGS']",
        "command: [/bin/sh, -c, 'exec kube-apiserver `cat /args`']",
        "command: [/bin/sh, -c, 'exec kube-apiserver $(cat /args | tr a b) --a']",
        "command: [kube-apiserver, '{{ .Values.args }}']",
        "command: [kube-apiserver, '--{{ .Values.name }}=x']",
        "command: [kube-apiserver, --a, '{{ .Values.args }}']",
        "command:\n    - kube-apiserver\n    {{- range .Values.args }}\n    - {{ . }}\n    {{- end }}",
        "command: [kube-apiserver]\n    args: {{ .Values.args }}",
    ] {
        messages("apiserver-flag", PROFILING, &format!("    {line}\n"), NONE);
    }
    let text = pod("    command: [kube-apiserver]\n");
    assert!(found("apiserver-flag", PROFILING, "kustomize-patch", &text).is_empty());
    let text = pod("    command: [kube-apiserver, --profiling=true]\n");
    assert_eq!(found("apiserver-flag", PROFILING, "kustomize-patch", &text).len(), 1);
}

#[test]
fn values_are_read_as_the_programs_read_them() {
    for (args, expected) in [
        ("--profiling=true, --profiling=false", NONE),
        ("--profiling=false, --profiling=true", TRUE),
        ("--profiling=F", NONE),
        ("--profiling=$(X)", NONE),
        ("'--profiling={{ .Values.x }}'", NONE),
        ("--profiling=", &["container c sets --profiling to nothing"]),
        ("-profiling=false", NONE),
    ] {
        messages("apiserver-flag", PROFILING, &format!("    command: [kube-apiserver, {args}]\n"), expected);
    }
    let gates: &[(&str, &[&str])] = &[("flag", &["feature-gates"]), ("list-has", &["A=false"])];
    let line = "    command: [kube-controller-manager, '--feature_gates=B=true', '--feature_gates=C=true,A=false']\n";
    let text = pod(line);
    let expected = (
        "container c lists A=false in --feature-gates".to_owned(),
        "'--feature_gates=C=true,A=false'".to_owned(),
    );
    assert_eq!(found("controller-manager-flag", gates, "kubernetes", &text), [expected]);
}

#[test]
fn etcd_reads_variables_and_flags_with_one_dash() {
    let params: &[(&str, &[&str])] =
        &[("flag", &["auto-tls"]), ("require", &["false"]), ("missing", &["true"])];
    for (lines, expected) in [
        ("command: [etcd, -auto-tls=true]", &["container c sets --auto-tls to true"][..]),
        (
            "command: [etcd]\n    env: [{name: ETCD_AUTO_TLS, value: 'true'}]",
            &["container c sets ETCD_AUTO_TLS to true"],
        ),
        ("command: [etcd, --auto-tls=false]\n    env: [{name: ETCD_AUTO_TLS, value: 'true'}]", NONE),
        ("command: [etcd]\n    envFrom: [{configMapRef: {name: x}}]", NONE),
        ("command: [etcd]\n    env: [{name: ETCD_CONFIG_FILE, value: /a}]", NONE),
        (
            "command: [etcd]\n    env: [{name: ETCD_AUTO_TLS, valueFrom: {configMapKeyRef: {name: a, key: b}}}]",
            NONE,
        ),
        (
            "command: [etcd]\n    env: [{name: OTHER, value: x}]",
            &["container c does not set --auto-tls to false"],
        ),
        (
            "image: quay.io/coreos/etcd:v3\n    args: [--auto-tls=true]",
            &["container c sets --auto-tls to true"],
        ),
        ("image: quay.io/coreos/etcd:v3\n    args: [--name=a]", NONE),
        (
            "image: bitnami/etcd\n    env: [{name: ETCD_AUTO_TLS, value: 'true'}]",
            &["container c sets ETCD_AUTO_TLS to true"],
        ),
        ("image: example.com/other\n    args: [--auto-tls=true]", NONE),
    ] {
        messages("etcd-flag", params, &format!("    {lines}\n"), expected);
    }
}

#[test]
fn kubeadm_passes_flags_on_in_both_notations() {
    let head = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n";
    for entries in ["    profiling: 'true'\n", "  - {name: profiling, value: 'true'}\n"] {
        let text = format!("{head}{entries}");
        let found = found("apiserver-flag", PROFILING, "kubernetes", &text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].0, "ClusterConfiguration sets --profiling to true");
    }
    // kubeadm sets some itself, so nothing is known to be missing.
    let text = format!("{head}    secure-port: '6443'\n");
    assert!(found("apiserver-flag", PROFILING, "kubernetes", &text).is_empty());
}

#[test]
fn a_file_of_the_kubelet_is_asked_only_where_nothing_is_laid_over_it() {
    let params: &[(&str, &[&str])] = &[
        ("flag", &["protect-kernel-defaults"]),
        ("field", &["protectKernelDefaults"]),
        ("field-missing", &["true"]),
        ("require", &["true"]),
        ("missing", &["true"]),
    ];
    let file = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthorization: {mode: Webhook}\n";
    let one = |text: &str| found("kubelet-setting", params, "kubernetes", text).len();
    assert_eq!(one(file), 1);
    assert_eq!(one(&file.replace("authorization: {mode: Webhook}", "cgroupDriver: systemd")), 0);
    assert_eq!(one(&format!("{file}protectKernelDefaults: true\n")), 0);
    assert_eq!(one(&format!("{file}protectKernelDefaults: {{{{ .x }}}}\n")), 0);
    assert_eq!(one(&format!("{file}---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n")), 0);
    let flags = |args: &str| pod(&format!("    command: [kubelet{args}]\n"));
    assert_eq!(one(&flags("")), 1);
    assert_eq!(one(&flags(", --config=/a")), 0);
    assert_eq!(one(&flags(", --config=/a, --protect-kernel-defaults=false")), 1);
}

#[test]
fn a_rule_for_old_releases_goes_by_the_tag() {
    let params: &[(&str, &[&str])] = &[("flag", &["a"]), ("missing", &["true"]), ("before", &["1.25"])];
    for (image, count) in [
        ("r.io/kube-apiserver:v1.24.17", 1),
        ("a:1.9.0-alpha@sha256:0", 1),
        ("a:v1.25.0", 0),
        ("a", 0),
        ("r:5000/a", 0),
    ] {
        let text = pod(&format!("    image: {image}\n    command: [kube-apiserver]\n"));
        assert_eq!(found("apiserver-flag", params, "kubernetes", &text).len(), count, "{image}");
    }
}
