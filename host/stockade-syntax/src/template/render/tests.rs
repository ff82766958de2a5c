//! Templates and what they become. What is expected is what Helm 4.1 renders.

use super::{Definitions, HelperBlocks, Helpers, Rendered, Sources, render};
use crate::{FileKind, ValueLayer, parse};
use stockade_model::Span;

const VALUES: &str = "\
replicas: 2
on: true
off: false
empty: {}
none: []
quoted: \"8080\"
name: shop
image: {repository: nginx, tag: ''}
securityContext:
  runAsUser: 0
  capabilities:
    add: [NET_ADMIN, 'yes']
  note: 'a: b # c'
labels:
  team: web
hosts:
  - host: a.example
    paths: [/, /b]
  - host: b.example
    paths: []
ports:
  http: 80
  https: 443
template: '{{ .Values.name }}-{{ .Release.Name }}'
";

const HELPERS: &str = r#"
{{- define "shop.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{/* Of a release. */}}
{{- define "shop.fullname" -}}
{{- printf "%s-%s" .Release.Name (include "shop.name" .) }}
{{- end }}
{{- define "shop.labels" -}}
app: {{ include "shop.name" . }}
{{- if .Chart.AppVersion }}
version: {{ .Chart.AppVersion | quote }}
{{- end }}
release: {{ .Release.Name }}
{{- end }}
{{- define "shop.unsure" -}}
{{- if .Release.IsUpgrade }}a{{ else }}b{{ end }}
{{- end }}
{{- define "shop.pod" -}}
name: {{ include "shop.name" . }}
{{- if .Release.IsUpgrade }}
image: {{ .Values.name }}
{{- end }}
{{- range .Capabilities.Nodes }}
- {{ . }}
{{- else }}
none: true
{{- end }}
{{- end }}
{{- define "shop.loop" }}{{ include "shop.loop" . }}{{ end }}
"#;

fn rendered_with(template: &str, blocks: HelperBlocks) -> Option<Rendered> {
    let values = parse(FileKind::HelmValues, VALUES.to_owned());
    let chart = parse(FileKind::HelmChart, "name: base\nversion: 1.2.3\nappVersion: '1.16'\n".to_owned());
    let mut helpers = Helpers::default();
    let own = Definitions::read(HELPERS);
    helpers.add(HELPERS, &own);
    let layers = [ValueLayer::own(&values)];
    render(template, Sources { values: &layers, chart: Some(&chart) }, &helpers, blocks)
}

fn rendered(template: &str) -> Option<Rendered> {
    rendered_with(template, HelperBlocks::Put)
}

#[track_caller]
fn becomes(template: &str, wanted: &str) {
    assert_eq!(rendered(template).unwrap().text(), wanted, "{template}");
}

/// Nothing of it is known.
#[track_caller]
fn stays(template: &str) {
    assert!(rendered(template).is_none_or(|rendered| rendered.text() == template), "{template}");
}

#[test]
fn values_and_functions() {
    becomes("a: {{ .Values.replicas }}", "a: 2");
    becomes("a: {{ .Values.gone }}", "a: ");
    becomes("a: {{ .Values.quoted | int }} {{ .Values.name | upper | quote }}", "a: 8080 \"SHOP\"");
    becomes(
        "i: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"",
        "i: \"nginx:1.16\"",
    );
    becomes("a: {{ default \"x\" .Values.gone }}{{ ternary 1 2 .Values.on }}", "a: x1");
    becomes("a: {{ printf \"%s-%d%%\" .Values.name .Values.replicas }}", "a: shop-2%");
    becomes("a: {{ index .Values.ports \"http\" }} {{ (index .Values.hosts 1).host }}", "a: 80 b.example");
    becomes("a: {{ $.Values.name | replace \"s\" \"p\" | trimPrefix \"ph\" }}", "a: op");
    becomes("{{ $x := .Values.name }}a: {{ $x }}", "a: shop");
    becomes("a: {{ coalesce .Values.gone .Values.image.tag .Values.name }}", "a: shop");
    becomes("a: {{ tpl .Values.template . }}", "a: shop-{{ .Release.Name }}");
    becomes("a: {{ .Values.name }} {{ .Release.Name }}", "a: shop {{ .Release.Name }}");
    becomes("a: {{ .Values.name | b64enc }}", "a: c2hvcA==");
    becomes(
        "a: {{ add1 .Values.replicas }} {{ mul 2 3 | add 1 4 }} {{ div 7 2 }} {{ max 1 3 2 }}",
        "a: 3 11 3 3",
    );
    becomes("a: {{ list \"x\" .Values.name | join \", \" }}", "a: x, shop");
    becomes("a: {{ if has .Values.name (list \"x\" \"shop\") }}1{{ end }}{{ list 1 2 | last }}", "a: 12");
    becomes("a: {{ include \"common.capabilities.cronjob.apiVersion\" . }}", "a: batch/v1");
    for unknown in [
        "a: {{ .Release.Name }}",
        "a: {{ .Values.gone.deeper }}",
        "a: {{ required \"say it\" .Values.gone }}",
        "a: {{ lookup \"v1\" \"Secret\" \"a\" \"b\" }}",
        "a: {{ .Values.securityContext }}",
        "a: {{ randAlphaNum 8 }}",
        "a: {{ add .Values.name 1 }}",
        "a: {{ div 1 0 }}",
        "a: {{ add 9223372036854775807 1 }}",
        "a: {{ printf \"%d\" .Values.name }}",
        "a: {{ include \"gone\" . }}",
    ] {
        stays(unknown);
    }
}

#[test]
fn what_is_changed_in_place_is_followed() {
    becomes(
        "{{ $d := dict \"a\" 1 }}{{ $_ := set $d \"b\" .Values.name }}{{ $_ := set $d \"a\" 2 }}d:\n{{ toYaml $d | indent 2 }}",
        "d:\n  a: 2\n  b: shop",
    );
    becomes("{{ $d := dict \"a\" 1 \"b\" 2 }}{{ $_ := unset $d \"a\" }}d: {{ len $d }}{{ $d.b }}", "d: 12");
    becomes(
        "{{ $d := dict \"a\" (dict \"b\" 1 \"c\" 2) }}{{ $_ := mergeOverwrite $d (dict \"a\" (dict \"b\" 3)) }}d: {{ $d.a.b }}{{ $d.a.c }}",
        "d: 32",
    );
    becomes("d: {{ (merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3) .Values.ports).a }}", "d: 1");
    becomes("d: {{ (merge (deepCopy .Values.ports) (dict \"x\" 3)).x }}", "d: 3");
    becomes("d: {{ concat (list 1) (list 2 3) | join \"-\" }} {{ append (list 1) 2 | last }}", "d: 1-2-3 2");
    // What nobody can follow is not known any more.
    becomes(
        "{{ $_ := set .Values \"name\" 5 }}a: {{ .Values.name }}\nb: {{ .Values.replicas }}",
        "a: {{ .Values.name }}\nb: 2",
    );
    becomes(
        "{{ $d := dict \"a\" 1 }}{{ if .Release.IsUpgrade }}{{ $_ := set $d \"a\" 2 }}{{ end }}a: {{ $d.a }} {{ .Values.name }}",
        "{{ if .Release.IsUpgrade }}{{ end }}a: {{ $d.a }} shop",
    );
    becomes(
        "{{ $d := dict \"a\" 1 }}{{ $_ := set $d .Release.Name 2 }}a: {{ $d.a }} {{ .Values.name }}",
        "a: {{ $d.a }} shop",
    );
    becomes(
        "{{ $d := dict \"a\" \"\" }}{{ $_ := mergeOverwrite $d (dict \"a\" false) }}a: {{ $d.a }} {{ .Values.name }}",
        "a: {{ $d.a }} shop",
    );
}

#[test]
fn blocks_of_helpers_are_put_where_these_have_lines() {
    let template = "a:\n  {{- include \"shop.pod\" . | nindent 2 }}\nb: {{ .Values.name }}";
    let rendered = rendered(template).unwrap();
    let tag = "{{- if .Release.IsUpgrade }}\n  image: ";
    let text = rendered.text();
    assert!(text.starts_with(&format!("a:\n  name: base\n  {tag}")), "{text}");
    assert!(text.ends_with("\n  {{- end }}\n  {{- range .Capabilities.Nodes }}\n  - {{ . }}\n  {{- else }}\n  none: true\n  {{- end }}\nb: shop"), "{text}");
    // All of it comes from the expression, and the value from its own place.
    let at = text.find(tag).unwrap() + tag.len();
    let span = Span::new(at as u32, at as u32 + 1);
    assert!(rendered.source(span).slice(template).unwrap().starts_with("{{- include"));
    assert_eq!(rendered.values(span).count(), 1);

    let without = rendered_with(template, HelperBlocks::Unknown).unwrap();
    assert_eq!(without.text(), "a:\n  {{- include \"shop.pod\" . | nindent 2 }}\nb: shop");
    // What puts a part of a line stays whole.
    stays("a: {{ include \"shop.unsure\" . }}");
}

#[test]
fn collections_become_yaml() {
    becomes(
        "s:\n  {{- toYaml .Values.securityContext | nindent 2 }}\nz: 1\n",
        "s:\n  capabilities:\n    add:\n      - NET_ADMIN\n      - \"yes\"\n  note: \"a: b # c\"\n  runAsUser: 0\nz: 1\n",
    );
    becomes("s: {{ .Values.empty | toYaml }}{{ .Values.none | toYaml }}", "s: {}[]");
    becomes(
        "s:\n{{ omit .Values.securityContext \"capabilities\" \"note\" | toYaml | indent 2 }}",
        "s:\n  runAsUser: 0",
    );
    becomes("s:\n{{ pick .Values.ports \"https\" | toYaml | indent 2 }}", "s:\n  https: 443");
    becomes("a: {{ toYaml (dict \"b\" (list 1 \"c\")) | nindent 2 }}", "a: \n  b:\n    - 1\n    - c");
    // The library that Bitnami's charts have in common.
    becomes(
        "s: {{- include \"common.tplvalues.render\" (dict \"value\" .Values.ports \"context\" $) | nindent 2 }}",
        "s:\n  http: 80\n  https: 443",
    );
    becomes(
        "i: {{ include \"common.images.image\" (dict \"imageRoot\" .Values.image \"global\" .Values.global) }}",
        "i: nginx:",
    );
}

#[test]
fn blocks_that_are_decided() {
    becomes("a:\n  {{- with .Values.labels }}\n  b: {{ .team }}\n  {{- end }}\nc: 1", "a:\n  b: web\nc: 1");
    becomes(
        "{{- if .Values.off }}\na: 1\n{{- else if .Values.on }}\nb: 1\n{{- else }}\nc: 1\n{{- end }}\n",
        "\nb: 1\n",
    );
    becomes("{{ if and .Values.on (not .Values.empty) (gt .Values.replicas 1.0) }}a{{ end }}", "a");
    becomes("{{ if or .Release.IsInstall .Values.on }}a{{ end }}", "a");
    becomes(
        "{{ if eq .Values.name \"a\" \"shop\" }}a{{ end }}{{ if hasKey .Values \"gone\" }}b{{ end }}",
        "a",
    );
    becomes("{{ with .Values.gone }}a{{ else }}b{{ end }}", "b");
    becomes("{{ if $x := .Values.name }}{{ $x }}{{ end }}", "shop");
    becomes("{{ $x := 1 }}{{ if .Values.on }}{{ $x = 2 }}{{ end }}{{ $x }}", "2");
    becomes("{{ if semverCompare \">=1.19-0\" .Capabilities.KubeVersion.Version }}new{{ end }}", "new");
    becomes("{{ if .Capabilities.APIVersions.Has \"policy/v1beta1\" }}old{{ else }}new{{ end }}", "new");
    becomes("a{{ define \"x\" }}{{ .b }}{{ end }}{{ .Values.name }}", "ashop");
}

#[test]
fn blocks_that_are_not_decided_stay() {
    let unknown = "{{- if .Release.IsUpgrade }}\na: 1\n{{- else }}\nb: 2\n{{- end }}\n";
    stays(unknown);
    becomes(
        "{{ if .Values.off }}a{{ else if .Release.IsUpgrade }}{{ .Values.name }}{{ else if .Values.on }}c{{ else }}d{{ end }}",
        "{{ if .Release.IsUpgrade }}shop{{ else }}c{{ end }}",
    );
    becomes(
        "{{ $x := 1 }}{{ if .Release.IsUpgrade }}{{ $x = 2 }}{{ end }}{{ $x }}{{ .Values.name }}",
        "{{ if .Release.IsUpgrade }}{{ end }}{{ $x }}shop",
    );
    becomes(
        "{{ range .Files.Lines }}{{ . }}{{ $.Values.name }}{{ end }}",
        "{{ range .Files.Lines }}{{ . }}shop{{ end }}",
    );
}

#[test]
fn loops() {
    becomes(
        "{{- range $nth, $host := .Values.hosts }}\n- {{ $nth }} {{ .host }}\n{{- range .paths }} {{ . }}{{ else }} -{{ end }}\n{{- end }}",
        "\n- 0 a.example / /b\n- 1 b.example -",
    );
    becomes(
        "{{ range $name, $port := .Values.ports }}{{ $name }}={{ $port }} {{ end }}",
        "http=80 https=443 ",
    );
    becomes("{{ range .Values.none }}a{{ else }}b{{ end }}", "b");
    becomes("{{ $x := 0 }}{{ range .Values.hosts }}{{ $x = .host }}{{ end }}{{ $x }}", "b.example");
}

#[test]
fn helpers_of_the_chart() {
    becomes(
        "labels:\n  {{- include \"shop.labels\" . | nindent 2 }}\n",
        "labels:\n  app: base\n  version: \"1.16\"\n  release: {{ .Release.Name }}\n",
    );
    becomes("n: {{ template \"shop.name\" . }}", "n: base");
    // Within a line there is room for an expression, and none for a block.
    stays("n: {{ include \"shop.fullname\" . }}\n");
    stays("n: {{ include \"shop.unsure\" . }}\n");
    stays("n: {{ include \"shop.loop\" . }}\n");
}

#[test]
fn every_byte_has_a_source() {
    let template =
        "s:\n  {{- toYaml .Values.securityContext | nindent 2 }}\nname: x{{ .Values.name }}y\nlast: 1\n";
    let rendered = rendered(template).unwrap();
    let span = |text: &str| {
        let at = rendered.text().find(text).unwrap() as u32;
        Span::new(at, at + text.len() as u32)
    };
    let source = |text| rendered.source(span(text)).slice(template).unwrap();
    assert_eq!(source("last: 1"), "last: 1");
    assert_eq!(source("runAsUser: 0"), "{{- toYaml .Values.securityContext | nindent 2 }}");
    assert_eq!(source("xshopy"), "x{{ .Values.name }}y");
    assert_eq!(source("shop"), "{{ .Values.name }}");
    let values = parse(FileKind::HelmValues, VALUES.to_owned());
    let value = |text| rendered.values(span(text)).next().map(|(_, node)| values.value(node));
    assert_eq!(value("NET_ADMIN"), Some("NET_ADMIN"));
    assert_eq!(value("0\n"), Some("0"));
    assert_eq!(value("xshopy"), Some("shop"));
    assert_eq!(value("last"), None);
    let end = rendered.text().len() as u32;
    assert_eq!(rendered.source(Span::new(end, end + 9)).start as usize, template.len());
}

#[test]
fn what_is_empty_is_remembered() {
    let rendered = rendered("a:\n  {{- with .Values.empty }}\n  resources:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n  b: 1\n").unwrap();
    assert_eq!(rendered.text(), "a:\n  b: 1\n");
    let keys: Vec<&str> = rendered.left_out(Span::new(2, 9)).map(|(key, _)| key).collect();
    assert_eq!(keys, ["resources"]);
    assert_eq!(rendered.left_out(Span::new(4, 9)).count(), 0);
}

#[test]
fn what_a_template_may_cost_is_bounded() {
    // Each round makes the variable twice as large.
    let doubling = "{{ $x := .Values.hosts }}".to_owned()
        + &"{{ $x = dict \"a\" $x \"b\" $x }}".repeat(64)
        + "{{ toYaml $x }}";
    let text =
        "{{ $x := \"0123456789\" }}".to_owned() + &"{{ $x = printf \"%s%s\" $x $x }}".repeat(64) + "{{ $x }}";
    let loops = "{{ range .Values.hosts }}".repeat(30) + "a" + &"{{ end }}".repeat(30);
    let inner = "{{/* */}}".repeat(20_000);
    let wide = format!("{0}{1}{2}", "{{ range .Values.hosts }}".repeat(12), inner, "{{ end }}".repeat(12));
    let deep = "{{ if .Values.on }}".repeat(10_000) + &"{{ end }}".repeat(10_000);
    let many: String = (0..5_000).map(|nth| format!("{{{{ $v{nth} := .Values }}}}")).collect();
    for template in [doubling, text, loops, wide, deep, many] {
        assert!(rendered(&template).is_none_or(|rendered| rendered.text().len() < 3 << 20));
    }
    for broken in [
        "{{ end }}",
        "{{ if .Values.on }}",
        "{{ else }}",
        "{{ if .Values.on }}{{ break }}{{ end }}",
        "<% x %>{{ .Values.name }}",
    ] {
        assert!(rendered(broken).is_none(), "{broken}");
    }
}

#[test]
fn lists_paths_and_texts_that_are_read() {
    becomes("{{ index (splitList \".\" \"8.5.1\") 0 | int }}", "8");
    becomes("{{ (split \":\" \"a:b\")._1 }}", "b");
    becomes("{{ range untilStep 0 5 2 }}{{ . }},{{ end }}{{ range until 2 }}{{ . }}{{ end }}", "0,2,4,01");
    becomes("{{ join \",\" (list \"b\" \"a\" \"b\" | uniq | sortAlpha | reverse) }}", "b,a");
    becomes("{{ list \"a\" \"\" \"b\" | compact | toJson }}", "[\"a\",\"b\"]");
    becomes("{{ dir \"/a/b.sock\" }} {{ base \"/a/b/\" }} {{ clean \"/host//a/../b\" }}", "/a b /host/b");
    becomes("{{ dir \"a\" }} {{ base \"\" }} {{ base \"//\" }} {{ clean \"../../a/.\" }}", ". . / ../../a");
    becomes("{{ toJson .Values.image }}", "{\"repository\":\"nginx\",\"tag\":\"\"}");
    becomes("{{ dict \"a\" (dict \"<\" 1) | toJson }}", "{\"a\":{\"\\u003c\":1}}");
    becomes("{{ dig \"a\" \"b\" \"x\" (dict \"a\" (dict \"c\" 1)) }}{{ dig \"a\" 1 (dict \"a\" 2) }}", "x2");
    becomes("{{ (\"a: {b: [1, yes]}\" | fromYaml).a.b | toJson }}", "[1,true]");
    becomes("{{ range (\"- a\\n- b\" | fromYamlArray) }}{{ . }}{{ end }}", "ab");
    becomes("{{ print \"a\" 1 2 \"b\" }}{{ default \"c\" | upper }}{{ (.Values.gone).deeper }}", "a1 2bC");
    becomes("{{ printf \"%T\" .Values.image }}", "map[string]interface {}");
    // A value keeps its place on its way through a text.
    let rendered = rendered("a: {{ (toYaml .Values.image | fromYaml).repository }}").unwrap();
    assert_eq!(rendered.text(), "a: nginx");
    assert_eq!(rendered.values(Span::new(3, 8)).count(), 1);
    stays("{{ keys .Values.image }}");
    stays("{{ until 100000 }}");
    stays("{{ toJson .Release }}");
    stays("{{ untilStep 0 5 0 }}");
}

#[test]
fn what_is_set_below_the_root() {
    let mode = "{{- define \"mode\" }}{{- if .Values.on }}{{- $_ := set . \"mode\" \"dev\" }}{{- else }}{{- $_ := set . \"mode\" \"ha\" }}{{- end }}{{- end }}{{ template \"mode\" . }}";
    becomes(&format!("{mode}{{{{ if ne .mode \"ha\" }}}}a: {{{{ $.mode }}}}{{{{ end }}}}"), "a: dev");
    becomes("{{- $_ := set . \"is\" (or (eq (.Values.name | toString) \"shop\") false) }}{{ .is }}", "true");
    // Where nobody knows whether it is set, and what, it stays open.
    let open = "{{- $_ := set $ \"x\" \"1\" }}{{- if .Values.name | regexMatch \"a\" }}{{- $_ := set . \"x\" \"2\" }}{{- end }}";
    let text = rendered(&format!("{open}{{{{ .x }}}}{{{{ .Values.name }}}}")).unwrap();
    assert!(text.text().ends_with("{{ .x }}shop"), "{}", text.text());
    stays("{{- $_ := set . (.Release.Name) 1 }}{{ .anything }}");
    stays("{{ .mode }}");
}

#[test]
fn a_copy_of_everything_is_a_context() {
    becomes(
        "{{- $data := dict \"more\" \"x\" | mustMergeOverwrite (deepCopy .) }}{{ with $data }}{{ .more }} {{ .Values.name }} {{ .Chart.Name }}{{ end }}",
        "x shop base",
    );
    // What is set in a copy is set there alone.
    becomes(
        "{{- $copy := deepCopy .Values.image }}{{ $_ := set $copy \"tag\" \"v9\" }}{{ $copy.tag }} {{ .Values.image.tag | default \"none\" }}",
        "v9 none",
    );
    // What is changed in the values is so below a copy of everything, too.
    stays("{{- $_ := set .Values \"name\" \"x\" }}{{ (dict \"a\" 1 | merge (deepCopy .)).Values.name }}");
}
