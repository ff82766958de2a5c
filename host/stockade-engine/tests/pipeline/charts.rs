//! Charts: templates, their values, and what stands in a manifest instead.

use crate::fake::{latest, lines, scan_as, tree};

#[test]
fn templates_are_judged_with_the_values_of_their_chart() {
    let template =
        b"apiVersion: v1\nkind: Pod\nspec:\n  tag: {{ .Values.image.tag }}\n  other: {{ .Values.gone }}\n";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"# Defaults.\nimage:\n  tag: latest\n"),
        ("shop/templates/pod.yaml", template),
        ("elsewhere/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    let found: Vec<String> = lines(&report).into_iter().filter(|line| line.contains("a/word")).collect();
    assert_eq!(found, ["shop/templates/pod.yaml:4:8 a/word found latest"]);
    let finding = report.findings.iter().find(|finding| finding.message == "found latest").unwrap();
    let labels: Vec<_> =
        finding.labels.iter().map(|label| (&*label.path, label.region.line, &*label.message)).collect();
    assert_eq!(labels, [("shop/values.yaml", 3, "the chart's default")]);
}

#[test]
fn what_a_chart_puts_into_its_templates_is_judged() {
    let template: &[u8] = b"apiVersion: v1
kind: Pod
{{- with .Values.context }}
context:
  {{- toYaml . | nindent 2 }}
{{- end }}
name: {{ include \"shop.tag\" . }}
list:
{{- range .Values.list }}
- {{ . }}
{{- end }}
own: latest
";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"context:\n  one: {two: latest}\nlist: [one, latest]\n"),
        ("shop/templates/_helpers.tpl", b"{{- define \"shop.tag\" -}}\nlatest\n{{- end }}\n"),
        ("shop/templates/pod.yaml", template),
        ("elsewhere/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    assert_eq!(report.faults, []);
    let found = report.findings.iter().filter(|finding| finding.message == "found latest");
    let found: Vec<_> = found
        .map(|finding| {
            let labels = finding.labels.iter().map(|label| (&*label.path, label.region.line));
            (&*finding.path, finding.region.line, finding.span.len(), labels.collect::<Vec<_>>())
        })
        .collect();
    // What the template says itself is told once.
    assert_eq!(
        found,
        [
            ("elsewhere/templates/pod.yaml", 12, 6, vec![]),
            ("shop/templates/pod.yaml", 5, 27, vec![("shop/values.yaml", 2)]),
            ("shop/templates/pod.yaml", 7, 26, vec![]),
            ("shop/templates/pod.yaml", 10, 7, vec![("shop/values.yaml", 3)]),
            ("shop/templates/pod.yaml", 12, 6, vec![]),
        ]
    );
}

#[test]
fn what_a_helper_puts_is_told_with_its_line() {
    let helpers: &[u8] = b"{{- define \"shop.pod\" -}}
first: one
image: {{ include \"shop.tag\" . }}
{{- range .Values.list }}
- {{ . }}
{{- end }}
{{- end }}
";
    let template: &[u8] = b"apiVersion: v1
kind: Pod
spec:
  {{- include \"shop.pod\" . | nindent 2 }}
other: {{ include \"shop.tag\" . }}
more:
  {{- include \"own\" . | trim | nindent 2 }}
{{- define \"own\" }}

one: 1
  # For two.
two: {{ default \"latest\" .Values.gone }}
{{- end }}
";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"list: []\n"),
        ("shop/templates/_a.tpl", b"{{- define \"shop.tag\" -}}\nlatest\n{{- end }}\n"),
        ("shop/templates/_b.tpl", helpers),
        ("shop/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    assert_eq!(report.faults, []);
    let found =
        report.findings.iter().filter(|f| f.message == "found latest" && f.path.ends_with("pod.yaml"));
    let found: Vec<_> = found
        .map(|finding| {
            let labels =
                finding.labels.iter().map(|l| (&*l.path, l.region.line, l.region.column, &*l.message));
            (finding.region.line, labels.collect::<Vec<_>>())
        })
        .collect();
    let message = "this line of the helper";
    assert_eq!(
        found,
        [
            (4, vec![("shop/templates/_b.tpl", 3, 1, message)]),
            (5, vec![]),
            (7, vec![("shop/templates/pod.yaml", 12, 1, message)]),
            // That line itself.
            (12, vec![]),
        ]
    );
}

#[test]
fn a_chart_is_judged_with_the_values_of_each_environment() {
    let tag = b"apiVersion: v1\nkind: Pod\ntag: {{ .Values.tag }}\nunit: x{{ .Values.tag }}\n";
    let more = b"apiVersion: v1\nkind: Pod\nmore:\n  {{- toYaml .Values.more | nindent 2 }}\n";
    let word = b"apiVersion: v1\nkind: Pod\n{{- if eq .Values.mode \"fast\" }}\nword: {{ lower \"LATEST\" }}\n{{- end }}\n";
    let part = b"apiVersion: v1\nkind: Pod\ntag: {{ .Values.kind }}\n";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"tag: v1\nmode: slow\nmore: {a: latest}\n"),
        ("shop/values-prod.yaml", b"# Production.\nmode: fast\ntag: latest\n"),
        ("shop/values-dev.yaml", b"more: {b: latest}\ntag: latest\n"),
        ("shop/values-same.yaml", b"tag: v1\n"),
        ("shop/ci/test-values.yaml", b"more: {c: latest}\n"),
        ("shop/templates/more.yaml", more),
        ("shop/templates/tag.yaml", tag),
        ("shop/templates/word.yaml", word),
        ("shop/charts/db/templates/pod.yaml", part),
        ("shop/db-values.yaml", b"db: {kind: latest}\n"),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    assert_eq!(report.faults, []);
    let found = report.findings.iter().filter(|f| !f.message.starts_with("file"));
    let found: Vec<_> = found
        .map(|finding| {
            let labels = finding.labels.iter().filter(|label| &*label.message != "the first");
            let labels = labels.map(|label| (&*label.path, label.region.line, &*label.message));
            (&*finding.path, finding.region.line, &*finding.message, labels.collect::<Vec<_>>())
        })
        .collect();
    let (default, set, with) = ("the chart's default", "set by these values", "with these values");
    // Production comes first; what is told of the default, or of one environment, is not told of the others.
    assert_eq!(
        found,
        [
            ("shop/charts/db/templates/pod.yaml", 3, "found latest", vec![("shop/db-values.yaml", 1, set)]),
            ("shop/templates/more.yaml", 4, "found latest", vec![("shop/values.yaml", 3, default)]),
            ("shop/templates/tag.yaml", 3, "found latest", vec![("shop/values-prod.yaml", 3, set)]),
            ("shop/templates/tag.yaml", 4, "unit xv1", vec![("shop/values.yaml", 1, default)]),
            ("shop/templates/word.yaml", 4, "found latest", vec![("shop/values-prod.yaml", 2, with)]),
        ]
    );
}

#[test]
fn rules_across_files_see_what_a_chart_becomes() {
    let shown: &[u8] = b"apiVersion: v1
kind: Pod
{{- if .Values.on }}
unit: {{ include \"shop.name\" . }}
{{- else }}
unit: other
{{- end }}
{{- range .Values.list }}
unit: {{ . }}-{{ $.Release.Name }}
{{- end }}
";
    let off: &[u8] =
        b"{{- if .Values.off }}\napiVersion: v1\nkind: Pod\nunit: {{ include \"shop.name\" . }}\n{{- end }}\n";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"on: true\noff: false\nlist: [a, b]\n"),
        ("shop/templates/_helpers.tpl", b"{{- define \"shop.name\" -}}\nshop\n{{- end }}\n"),
        ("shop/templates/a.yaml", shown),
        ("shop/templates/b.yaml", off),
        ("z.yaml", b"apiVersion: v1\nkind: Pod\nunit: plain\n"),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    assert_eq!(report.faults, []);
    let found = report.findings.iter().filter(|finding| finding.message.starts_with("unit"));
    let found: Vec<_> = found
        .map(|finding| {
            let label = finding.labels.iter().find(|label| &*label.message == "the first").unwrap();
            let values = finding.labels.iter().filter(|label| &*label.path == "shop/values.yaml");
            let values: Vec<_> = values.map(|label| label.region.line).collect();
            (
                &*finding.path,
                finding.region.line,
                &*finding.message,
                (&*label.path, label.region.line),
                values,
            )
        })
        .collect();
    let first = ("shop/templates/a.yaml", 4);
    let (a, b) = ("shop/templates/a.yaml", "shop/templates/b.yaml");
    assert_eq!(
        found,
        [
            (a, 4, "unit shop", first, vec![]),
            (a, 6, "unit other, off", first, vec![1]),
            (a, 9, "unit a-{{ $.Release.Name }}", first, vec![3]),
            (a, 9, "unit b-{{ $.Release.Name }}", first, vec![3]),
            (b, 4, "unit {{ include \"shop.name\" . }}, off", first, vec![2]),
            ("z.yaml", 3, "unit plain", first, vec![]),
        ]
    );
}

#[test]
fn secrets_are_hidden_in_the_values_that_they_come_from() {
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"word: latest\nmore: {deep: latest}\n"),
        ("shop/templates/a.yaml", b"apiVersion: v1\nkind: Pod\na: {{ .Values.word }}\n"),
        (
            "shop/templates/b.yaml",
            b"apiVersion: v1\nkind: Pod\na:\n  {{- toYaml .Values.more | nindent 2 }}\n",
        ),
    ]);
    for sensitive in [true, false] {
        let report = scan_as(dir.path(), "kubernetes", sensitive, latest);
        assert_eq!(report.findings.iter().filter(|finding| finding.message == "found latest").count(), 2);
        let values = report.files.iter().find(|file| &*file.path == "shop/values.yaml").unwrap();
        let hidden = values.hidden.iter().map(|span| (span.start, span.end)).collect::<Vec<_>>();
        assert_eq!(hidden, if sensitive { vec![(6, 12), (26, 32)] } else { vec![] });
    }
}

#[test]
fn parts_that_a_chart_leaves_out_are_told_with_what_does_so() {
    let template = b"apiVersion: v1\nkind: Pod\n{{- if .Values.debug.enabled }}\ntag: latest\n{{- end }}\nother: latest\n";
    let dir = tree(&[
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", b"debug:\n  enabled: false\n"),
        ("shop/templates/pod.yaml", template),
        ("open/Chart.yaml", b"apiVersion: v2\nname: open\nversion: 1.0.0\n"),
        ("open/values.yaml", b"debug:\n  enabled: true\n"),
        ("open/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    let found = report.findings.iter().filter(|finding| finding.message == "found latest");
    let labels: Vec<_> = found
        .map(|finding| {
            let label = finding.labels.first();
            (&*finding.path, finding.region.line, label.map(|label| (&*label.path, label.region.line)))
        })
        .collect();
    assert_eq!(
        labels,
        [
            ("open/templates/pod.yaml", 4, None),
            ("open/templates/pod.yaml", 6, None),
            ("shop/templates/pod.yaml", 4, Some(("shop/values.yaml", 2))),
            ("shop/templates/pod.yaml", 6, None),
        ]
    );
}

#[test]
fn a_chart_that_the_one_around_it_leaves_out_is_told_with_what_does_so() {
    let template = b"apiVersion: v1\nkind: Pod\ntag: latest\nother: {{ include \"tag\" . }}\nunit: a\n";
    let chart = |name: &str, more: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}");
    let condition = "- name: db\n  alias: store\n  condition: store.there, store.enabled\n- name: web\n";
    for (file, before) in [
        ("shop/Chart.yaml", chart("shop", "dependencies:\n")),
        ("shop/requirements.yaml", "dependencies:\n".to_owned()),
    ] {
        let (outer, inner) = (chart("shop", ""), chart("db", ""));
        let mut files: Vec<(&str, &[u8])> = vec![("shop/Chart.yaml", outer.as_bytes())];
        let dependencies = format!("{before}{condition}");
        files.extend([
            (file, dependencies.as_bytes()),
            ("shop/values.yaml", b"store:\n  enabled: false\n  there: yes please\n"),
            ("shop/charts/db/Chart.yaml", inner.as_bytes()),
            ("shop/charts/db/values.yaml", b"enabled: true\n"),
            ("shop/charts/db/templates/_t.tpl", b"{{ define \"tag\" }}latest{{ end }}"),
            ("shop/charts/db/templates/pod.yaml", template),
            ("shop/charts/web/templates/pod.yaml", template),
        ]);
        let report = scan_as(tree(&files).path(), "kubernetes", false, latest);
        let told = |path: &str| -> Vec<_> {
            let here = report.findings.iter().filter(|f| &*f.path == path && !f.message.starts_with("file"));
            here.map(|finding| {
                let labels = finding.labels.iter().map(|label| (label.region.line, &*label.message));
                (
                    finding.region.line,
                    &*finding.message,
                    labels.filter(|(_, m)| m.contains("out")).collect::<Vec<_>>(),
                )
            })
            .collect()
        };
        let out = vec![(2, "the chart's default, which leaves the chart db out")];
        assert_eq!(
            told("shop/charts/db/templates/pod.yaml"),
            [(3, "found latest", out.clone()), (4, "found latest", out.clone()), (5, "unit a, off", out)],
            "{file}"
        );
        // Charts share their helpers.
        assert_eq!(
            told("shop/charts/web/templates/pod.yaml"),
            [(3, "found latest", vec![]), (4, "found latest", vec![]), (5, "unit a", vec![])]
        );
    }
}

#[test]
fn a_chart_is_judged_with_what_the_chart_around_it_sets() {
    let template = b"apiVersion: v1\nkind: Pod\nspec:\n  tag: {{ .Values.image.tag }}\n  own: {{ .Values.own }}\n  all: {{ .Values.global.tag }}\n";
    let dir = tree(&[
        (
            "shop/Chart.yaml",
            b"name: shop\ndependencies:\n- name: db\n  alias: store\n- name: two\n  alias: a\n- name: two\n",
        ),
        ("shop/values.yaml", b"global:\n  tag: latest\nstore:\n  image:\n    tag: latest\n"),
        ("shop/charts/db/values.yaml", b"image:\n  tag: '1'\nown: latest\nglobal:\n  tag: '1'\n"),
        ("shop/charts/db/templates/pod.yaml", template),
        ("shop/charts/two/values.yaml", b"image:\n  tag: latest\n"),
        ("shop/charts/two/templates/pod.yaml", template),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    let found: Vec<(u32, &str, u32, &str)> = report
        .findings
        .iter()
        .filter(|finding| finding.message == "found latest")
        .map(|f| (f.region.line, &*f.labels[0].path, f.labels[0].region.line, &*f.labels[0].message))
        .collect();
    // A part that is there twice has two sets of values, and is left unknown.
    assert_eq!(
        found,
        [
            (4, "shop/values.yaml", 5, "set by the chart around it"),
            (5, "shop/charts/db/values.yaml", 3, "the chart's default"),
            (6, "shop/values.yaml", 2, "set by the chart around it"),
        ]
    );
}

#[test]
fn values_in_a_manifest_are_judged_as_those_of_a_chart() {
    let release = b"apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values:
    # The program.
    image:
      tag: latest
    mode: other
";
    let dir = tree(&[("release.yaml", release)]);
    for kinds in ["helm-values", "helm-values kubernetes"] {
        // A rule for both finds it in the manifest, and not once more in the values.
        let report = scan_as(dir.path(), kinds, true, latest);
        assert_eq!(report.faults, []);
        let own: Vec<String> =
            lines(&report).into_iter().filter(|line| !line.contains("b/project")).collect();
        assert_eq!(own, ["release.yaml:8:12 a/word found latest"], "{kinds}");
        let text = std::str::from_utf8(release).unwrap();
        let secret = report.findings.iter().flat_map(|finding| &finding.secret).map(|span| span.slice(text));
        assert_eq!(secret.collect::<Vec<_>>(), [Some("latest")], "{kinds}");
    }
}

#[test]
fn a_compose_file_is_judged_with_the_variables_beside_it() {
    let compose =
        b"services:\n  a:\n    image: ${TAG}\n    environment: {B: \"${TAG}\"}\n    user: ${SET:-latest}\n";
    let dir = tree(&[
        ("shop/compose.yaml", compose),
        ("shop/.env", b"# Versions.\nTAG=latest\nSET=1\n"),
        ("elsewhere/compose.yaml", compose),
        ("shop/not.env", b"TAG=1\n"),
    ]);
    let report = scan_as(dir.path(), "compose", false, latest);
    assert_eq!(report.faults, []);
    let finding = report.findings.iter().find(|finding| finding.message == "found latest").unwrap();
    let labels = finding.labels.iter().map(|label| (&*label.path, label.region.line));
    assert_eq!((&*finding.path, finding.region.line), ("shop/compose.yaml", 3));
    assert_eq!(labels.collect::<Vec<_>>(), [("shop/.env", 2)]);
    assert_eq!(report.findings.iter().filter(|finding| finding.message == "found latest").count(), 1);
}

#[test]
fn values_for_a_chart_elsewhere_are_judged_as_those_in_a_manifest() {
    let values: &[u8] = b"# For all.\nimage:\n  tag: latest\nlist:\n  - |\n    some text\n  - latest\n";
    let dir = tree(&[
        ("prod/web-values.yaml", values),
        ("two/values.yaml", b"a: latest\n---\nb: latest\n"),
        ("shop/Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", values),
        ("shop/ci/test-values.yaml", values),
    ]);
    let report = scan_as(dir.path(), "kubernetes", false, latest);
    assert_eq!(report.faults, []);
    let found: Vec<_> = lines(&report).into_iter().filter(|line| line.contains("a/word")).collect();
    let expected =
        ["prod/web-values.yaml:3:8 a/word found latest", "prod/web-values.yaml:7:5 a/word found latest"];
    assert_eq!(found, expected);
    // Rules that judge values as they are do so once.
    let both = scan_as(dir.path(), "kubernetes helm-values", false, latest);
    let lines = lines(&both);
    assert_eq!(lines.iter().filter(|l| l.starts_with("prod/") && l.contains("a/word")).count(), 2);
}
