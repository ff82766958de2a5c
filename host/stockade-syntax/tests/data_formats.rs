//! Properties and limits of the readers of YAML, JSON and their templates.

#![expect(clippy::unwrap_used, reason = "what is not there must fail the test")]

#[path = "support/sound.rs"]
mod sound;

use proptest::prelude::*;
use sound::assert_sound;
use std::time::{Duration, Instant};
use stockade_model::{Document, NodeId, NodeKind, ProblemLevel, Style, column, flag};
use stockade_syntax::{FileKind, decode, limits, parse, substitute_values};

/// Pieces that files are made of, and some that they are broken by.
const PIECES: &[&str] = &[
    "a",
    "b",
    "key",
    "12",
    "0x1",
    "true",
    "~",
    "é",
    "\u{1f600}",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    ", ",
    ",",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\r",
    "\t",
    " ",
    "#",
    " # c",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "\\u00e9",
    "\\ud83d",
    "|",
    ">",
    "|-\n  ",
    ">+2\n   ",
    "&a ",
    "*a",
    "<<: *a",
    "!t ",
    "!!str ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\u{feff}",
    "@",
    "`",
    "\u{7}",
    "{{",
    "}}",
    "{{ .Values.a }}",
    "{{- if .b }}",
    "{{ else }}",
    "{{- end }}",
    "{{ toYaml . | nindent 4 }}",
    "\n  {{- if .Values.c }}\n",
    "\n  {{- end }}\n",
    "${{ a }}",
    "{% if a %}",
    "{% endif %}",
    "<%= x %>",
    "{#",
    "#}",
    "ZZZZ",
    "//",
    "/*",
    "*/",
    "null",
    "1e5",
    "'x'",
    "\"x\"",
];

fn pieces() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..50).prop_map(|pieces| pieces.concat())
}

const KINDS: [FileKind; 5] =
    [FileKind::Kubernetes, FileKind::GithubWorkflow, FileKind::Json, FileKind::JsonLines, FileKind::Yaml];

/// What must hold for every document of these kinds, beyond being sound.
fn check(document: &Document) {
    assert_sound(document);
    let begin = |node: NodeId| document.key_span(node).map_or(document.span(node).start, |key| key.start);
    for node in 2..document.len() as NodeId {
        assert!(begin(node) >= begin(node - 1), "node {node} begins before the one above it");
    }
    for node in 0..document.len() as NodeId {
        for child in document.children(node) {
            let (outer, inner) = (document.span(node), document.span(child));
            assert!(inner.end <= outer.end.max(inner.start), "node {child} ends behind its parent {node}");
        }
        if let Some(target) = document.target(node) {
            assert!(target < node || document.parent(target) == Some(node), "node {node} points forward");
        }
    }
    for problem in &document.problems {
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'), "{}", problem.message);
    }
    assert!(document.problems.len() <= limits::MAX_PROBLEMS + 1);
}

/// Cuts every known scalar out of the text and reads it alone.
fn check_round_trip(kind: FileKind, document: &Document) {
    for node in 0..document.len() as NodeId {
        let flags = document.flags(node);
        let known = flags & (flag::UNKNOWN | flag::PARTIAL | flag::IMPLICIT | flag::DEFAULTED) == 0;
        let source = document.span(node).slice(document.text()).unwrap();
        // Alone at the start of a line these would be something else.
        if ["---", "...", "\u{feff}"].iter().any(|marker| source.starts_with(marker)) {
            continue;
        }
        let is_block = [Style::Literal as u8, Style::Folded as u8].contains(&document.style(node));
        let explicit = source.bytes().take(3).any(|byte| byte.is_ascii_digit());
        if document.kind(node) != NodeKind::Scalar
            || !known
            || source.starts_with('*')
            || is_block && explicit
            // A comment of Jinja only where the file has its statements, which may stand elsewhere.
            || source.contains("{#")
        {
            continue;
        }
        let text = if is_block { format!("--- {source}\n") } else { source.to_owned() };
        let again = parse(kind, text);
        let alone = again.children(0).next().unwrap_or_else(|| panic!("{source:?} gives nothing"));
        assert_eq!(again.value(alone), document.value(node), "{source:?}");
        assert_eq!(again.style(alone), document.style(node), "{source:?}");
    }
}

/// A value and how to write it.
#[derive(Clone, Debug)]
enum Value {
    Plain(String),
    Double(String),
    Single(String),
    Block(Vec<String>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-zé0-9][a-z0-9:/.é-]{0,8}[a-z]".prop_map(Value::Plain),
        "[a-z \"\\\\\n\té\u{1f600}]{0,10}".prop_map(Value::Double),
        "[a-z '#:é]{0,10}".prop_map(Value::Single),
        proptest::collection::vec("[a-z][a-z #:'\"]{0,8}", 1..4).prop_map(Value::Block),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..5).prop_map(Value::List),
            proptest::collection::vec(("[a-z]{1,6}", inner), 1..5).prop_map(|entries| {
                let numbered = entries.into_iter().enumerate();
                Value::Map(numbered.map(|(i, (key, value))| (format!("{key}{i}"), value)).collect())
            }),
        ]
    })
}

fn write(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Plain(text) => out.push_str(&format!(" {text}\n")),
        Value::Double(text) => out.push_str(&format!(" {}\n", serde_json::to_string(text).unwrap())),
        Value::Single(text) => out.push_str(&format!(" '{}' # note\n", text.replace('\'', "''"))),
        Value::Block(lines) => {
            out.push_str(" |\n");
            lines.iter().for_each(|line| out.push_str(&format!("{pad}  {line}\n")));
        }
        Value::List(items) => {
            out.push('\n');
            for item in items {
                out.push_str(&format!("{pad}-"));
                write(item, indent + 2, out);
            }
        }
        Value::Map(entries) => {
            out.push('\n');
            for (key, value) in entries {
                out.push_str(&format!("{pad}{key}:"));
                write(value, indent + 2, out);
            }
        }
    }
}

/// Whether the tree under `node` is `value`.
fn assert_is(document: &Document, node: NodeId, value: &Value) {
    match value {
        Value::Plain(text) | Value::Double(text) | Value::Single(text) => {
            assert_eq!(document.value(node), text);
        }
        Value::Block(lines) => assert_eq!(document.value(node), lines.join("\n") + "\n"),
        Value::List(items) => {
            let children: Vec<NodeId> = document.children(node).collect();
            assert_eq!(children.len(), items.len());
            items.iter().zip(children).for_each(|(item, child)| assert_is(document, child, item));
        }
        Value::Map(entries) => {
            let children: Vec<NodeId> = document.children(node).collect();
            assert_eq!(children.len(), entries.len());
            for ((key, value), child) in entries.iter().zip(children) {
                assert_eq!(document.name(child), key);
                assert_eq!(document.key_span(child).unwrap().slice(document.text()), Some(key.as_str()));
                assert_is(document, child, value);
            }
        }
    }
}

proptest! {
    // Failures are kept as fixtures and named tests, not as seeds.
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_pieces_give_a_sound_document(text in pieces()) {
        for kind in KINDS {
            let document = parse(kind, text.clone());
            check(&document);
            prop_assert_eq!(document.text(), &text);
        }
    }

    #[test]
    fn any_bytes_give_a_sound_document(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(decoded) = decode(bytes) {
            for kind in KINDS {
                check(&parse(kind, decoded.text.clone()));
            }
        }
    }

    #[test]
    fn a_scalar_read_alone_has_the_same_value(text in pieces()) {
        let document = parse(FileKind::Yaml, text);
        if document.problems.is_empty() && document.marks.is_empty() {
            check_round_trip(FileKind::Yaml, &document);
        }
    }

    #[test]
    fn written_yaml_is_read_back(value in value()) {
        let mut text = String::from("---");
        write(&value, 0, &mut text);
        let document = parse(FileKind::Yaml, text.clone());
        prop_assert!(document.problems.is_empty(), "{}\n{:?}", text, document.problems);
        check(&document);
        let root = document.children(0).next().unwrap();
        assert_is(&document, root, &value);
        check_round_trip(FileKind::Yaml, &document);
    }

    #[test]
    fn json_has_the_same_values_as_another_reader_finds(text in pieces()) {
        let document = parse(FileKind::Json, text.clone());
        let other = serde_json::from_str::<serde_json::Value>(&text);
        let errors = document.problems.iter().any(|problem| problem.code != "duplicate-key");
        // A template is read as one; the other reader knows neither that nor the byte order mark.
        if text.starts_with('\u{feff}') || !document.marks.is_empty() {
            return Ok(());
        }
        match other {
            Ok(other) => {
                prop_assert!(!errors, "{:?}", document.problems);
                if let serde_json::Value::String(value) = other {
                    prop_assert_eq!(document.value(1), value);
                }
            }
            // Numbers beyond 64-bit floats are the one thing that grammar allows and the other reader refuses.
            Err(error) => prop_assert!(errors || error.to_string().contains("out of range"), "{error}"),
        }
    }
}

#[test]
fn fixtures_can_be_cut_apart_and_read_again() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats");
    let mut seen = 0;
    for (name, kind) in [("yaml", FileKind::Yaml), ("helm", FileKind::Kubernetes), ("json", FileKind::Json)] {
        for entry in std::fs::read_dir(folder.join(name).join("ok")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "tree" || extension == "json5") {
                continue;
            }
            let document = parse(kind, decode(std::fs::read(&path).unwrap()).unwrap().text);
            check(&document);
            check_round_trip(kind, &document);
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} fixtures");
}

/// Parses a hostile text: must be quick, sound and end with a problem of this code.
fn assert_refused(kind: FileKind, text: String, code: &str) -> Document {
    let start = Instant::now();
    let document = parse(kind, text);
    // Unoptimised and beside other tests; what is not linear takes minutes.
    assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
    assert_sound(&document);
    let found = document.problems.iter().any(|problem| problem.code == code);
    assert!(found, "no problem `{code}` among {:?}", document.problems);
    document
}

#[test]
fn nesting_is_bounded() {
    for open in ["[", "{a: ", "- "] {
        let text = open.repeat(limits::MAX_DEPTH * 3);
        assert_refused(FileKind::Yaml, text, "limit");
    }
    let lines: String =
        (0..limits::MAX_DEPTH * 2).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_refused(FileKind::Yaml, lines.clone(), "limit");
    let document = assert_refused(FileKind::Yaml, format!("{lines}---\nfine: 1\n"), "limit");
    let last = document.children(0).last().unwrap();
    assert_eq!(document.get(last, "fine").map(|node| document.value(node)), Some("1"));
    assert_refused(FileKind::Json, "[".repeat(100_000), "limit");
    assert_refused(FileKind::Json, "{\"a\":".repeat(100_000), "limit");
    // At the bound everything is read.
    let deep = format!("{}{}", "[".repeat(limits::MAX_DEPTH), "]".repeat(limits::MAX_DEPTH));
    assert_eq!(parse(FileKind::Yaml, deep.clone()).problems, []);
    assert_eq!(parse(FileKind::Json, deep).problems, []);
}

#[test]
fn the_number_of_nodes_is_bounded() {
    let text = format!("[{}0]", "0,".repeat(limits::MAX_NODES));
    let document = assert_refused(FileKind::Json, text.clone(), "limit");
    assert!(document.len() <= limits::MAX_NODES + 1);
    let document = assert_refused(FileKind::Yaml, format!("x: {text}"), "limit");
    assert!(document.len() <= limits::MAX_NODES + 1);
}

#[test]
fn the_length_of_a_text_is_bounded() {
    let document = assert_refused(FileKind::Yaml, " ".repeat(limits::MAX_TEXT_BYTES + 1), "limit");
    assert_eq!(document.len(), 1);
}

#[test]
fn what_aliases_stand_for_is_bounded() {
    let mut text = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let item = format!("*l{}", level - 1);
        text.push_str(&format!("l{level}: &l{level} [{}]\n", vec![item; 10].join(", ")));
    }
    let document = assert_refused(FileKind::Yaml, text, "limit");
    // Following what is linked visits no more than the bound.
    let mut weights = vec![1_u64; document.len()];
    for node in (0..document.len()).rev() {
        let children: u64 = document.children(node as NodeId).map(|child| weights[child as usize]).sum();
        weights[node] += children;
    }
    // Targets stand before their aliases, so a second pass in order knows them.
    let mut expanded = vec![0_u64; document.len()];
    for node in 0..document.len() as NodeId {
        let size = document.target(node).map_or(0, |target| subtree(&document, target, &expanded));
        expanded[node as usize] = size;
    }
    assert!(subtree(&document, 0, &expanded) <= limits::MAX_EXPANDED_NODES * 2);
}

/// Nodes under `node` with every alias followed; `expanded` holds the sizes of what aliases point at.
fn subtree(document: &Document, node: NodeId, expanded: &[u64]) -> u64 {
    let children: u64 = document.children(node).map(|child| subtree(document, child, expanded)).sum();
    1 + expanded[node as usize] + children
}

#[test]
fn problems_are_bounded() {
    let document = assert_refused(FileKind::Json, "[@ ".repeat(20_000), "limit");
    assert!(document.problems.len() <= limits::MAX_PROBLEMS + 1);
    let document = assert_refused(FileKind::Yaml, "a: @\n---\n".repeat(20_000), "limit");
    assert!(document.problems.len() <= limits::MAX_PROBLEMS + 1);
    let keys = format!("{{{}}}", "a: 1, ".repeat(100_000));
    assert_refused(FileKind::Yaml, keys, "limit");
}

#[test]
fn keys_have_a_length_limit_in_yaml() {
    let key = "k".repeat(limits::MAX_YAML_KEY_CHARS + 1);
    assert_refused(FileKind::Yaml, format!("a: 1\n{key}: 2\n"), "limit");
    let template = format!("a: 1\n{}{{{{ .Values.b }}}}: 2\n", "k".repeat(limits::MAX_YAML_KEY_CHARS));
    assert_eq!(parse(FileKind::Yaml, template).problems, []);
    let template = format!("a: 1\n{}{{{{ .Values.b }}}}: 2\n", "k".repeat(limits::MAX_TEMPLATE_KEY_CHARS));
    assert_refused(FileKind::Yaml, template, "limit");
}

#[test]
fn templates_are_bounded() {
    let nested = format!(
        "{}a: 1\n{}",
        "{{ if .Values.a }}\n".repeat(limits::MAX_TEMPLATE_DEPTH * 10),
        "{{ end }}\n".repeat(limits::MAX_TEMPLATE_DEPTH * 10)
    );
    let document = parse(FileKind::Kubernetes, nested);
    assert_eq!(document.problems, []);
    assert_ne!(document.flags(0) & flag::PARTIAL, 0);
    // Each of these was once slow: open delimiters, quotes and comments without end, many expressions on a line.
    for text in [
        "{{ ".repeat(100_000),
        "{{ \" }} ".repeat(50_000),
        "{{/* }} ".repeat(50_000),
        "{{ if a }}".repeat(50_000),
        "{{ a }}".repeat(50_000),
        format!("a: {}", "{{ if a }}x{{ end }}".repeat(20_000)),
        "a: |\n{{ b }}\n".repeat(20_000),
        "a: 1\n{{ if b }}\n".repeat(20_000),
        "{{ a | nindent 2 }}\n".repeat(20_000),
        format!("{}{}", "a: |\n".repeat(20_000), "\n".repeat(20_000)),
        limits::MAX_TEMPLATE_ACTIONS.to_string() + &"{{a}}\n".repeat(limits::MAX_TEMPLATE_ACTIONS + 10),
    ] {
        let start = Instant::now();
        assert_sound(&parse(FileKind::Kubernetes, text.clone()));
        assert_sound(&parse(FileKind::Json, text.clone()));
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}: {:?}", &text[..20], start.elapsed());
    }
}

#[test]
fn a_file_in_a_config_map_stays_the_template_that_it_is() {
    let values = parse(FileKind::HelmValues, "name: shop.io\n".to_owned());
    let text = "kind: ConfigMap\ndata:\n  nginx.conf: |\n    server_name {{ .Values.name }};\n  host: {{ .Values.name }}\n";
    let mut document = parse(FileKind::Kubernetes, text.to_owned());
    substitute_values(&mut document, &values);
    let root = document.children(0).next().unwrap();
    let data = document.get(root, "data").unwrap();
    let value = |name: &str| document.value(document.get(data, name).unwrap());
    assert_eq!(value("nginx.conf"), "server_name {{ .Values.name }};\n");
    assert_eq!(value("host"), "shop.io");
}

#[test]
fn values_of_a_chart_fill_its_templates() {
    let values = parse(
        FileKind::HelmValues,
        "image: &i {repository: shop, tag: ''}\nport: 8080\nflag: yes\nother: *i\nnone:\nlist: [1]\n"
            .to_owned(),
    );
    let mut document = parse(
        FileKind::Kubernetes,
        "port: {{ .Values.port }}\n\
         quoted: {{ .Values.port | quote }}\n\
         image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n\
         tag: {{ .Values.image.tag | default \"latest\" }}\n\
         alias: {{ $.Values.other.repository }}\n\
         none: {{ .Values.none }}\n\
         list: {{ .Values.list }}\n\
         missing: {{ default 3 .Values.missing }}\n\
         unknown: {{ tpl .Values.port . }}\n\
         fixed: 1\n"
            .to_owned(),
    );
    let changed = substitute_values(&mut document, &values);
    let root = document.children(0).next().unwrap();
    let show = |name: &str| {
        let node = document.get(root, name).unwrap();
        (document.value(node), document.flags(node), document.scalar_type(node))
    };
    assert_eq!(show("port"), ("8080", flag::DEFAULTED, 3));
    assert_eq!(show("quoted"), ("8080", flag::DEFAULTED, 0));
    let image =
        ("shop:{{ .Values.image.tag | default .Chart.AppVersion }}", flag::DEFAULTED | flag::PARTIAL, 0);
    assert_eq!(show("image"), image);
    assert_eq!(show("tag"), ("latest", flag::DEFAULTED, 0));
    assert_eq!(show("alias"), ("shop", flag::DEFAULTED, 0));
    assert_eq!(show("none"), ("{{ .Values.none }}", flag::UNKNOWN, 0));
    assert_eq!(show("list"), ("{{ .Values.list }}", flag::UNKNOWN, 0));
    assert_eq!(show("missing"), ("3", flag::DEFAULTED, 3));
    assert_eq!(show("unknown").1, flag::UNKNOWN);
    assert_eq!(show("fixed"), ("1", 0, 3));
    assert_eq!(changed.len(), 6);
    let port = values.get(values.children(0).next().unwrap(), "port");
    assert_eq!(changed[0].source, port);
    assert_eq!(changed.last().unwrap().source, None);
    assert_sound(&document);
    assert_eq!(
        document.span(document.get(root, "port").unwrap()).slice(document.text()),
        Some("{{ .Values.port }}")
    );
}

#[test]
fn a_broken_template_is_no_error_of_its_author() {
    let document = parse(FileKind::Kubernetes, "a: [{{ .Values.b }}\nc: d\n".to_owned());
    assert_eq!(document.problems.first().map(|problem| problem.level), Some(ProblemLevel::Warning));
    let document = parse(FileKind::Kubernetes, "{{ if .Values.a }}\nb: 1\n".to_owned());
    assert_eq!(document.problems.first().map(|problem| problem.level), Some(ProblemLevel::Error));
    assert_eq!(document.cell(0, column::START), 0);
}
