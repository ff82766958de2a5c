//! The source under every node, cut out and read alone, gives the same tree. Over generated input, over the fixtures, and
//! over the folder that `STOCKADE_CORPUS` names, if it names one.

#![expect(clippy::unwrap_used, reason = "what cannot be read must fail the test")]

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use stockade_model::{Document, NodeId, NodeKind, Style, flag};
use stockade_syntax::{FileKind, SourceMap, classify, decode, parse, parse_at};

/// Flags that say that a value is not all in the source under its span.
const NOT_ALONE: u8 = flag::UNKNOWN | flag::PARTIAL | flag::IMPLICIT | flag::DEFAULTED;

/// Largest source that is cut out: every node of a file is read again at each of its levels.
const LONGEST: usize = 5_000;

/// What must be the same. Keys, values, types, styles, anchors and what aliases name; duplicates are seen from further out.
fn assert_same(a: &Document, node: NodeId, b: &Document, other: NodeId, source: &str) {
    let what = |document: &Document, node| {
        (
            document.kind(node),
            document.scalar_type(node),
            document.style(node),
            document.value(node).to_owned(),
        )
    };
    assert_eq!(what(a, node), what(b, other), "in {source:?}");
    let anchored = |document: &Document, node| document.flags(node) & flag::ANCHOR;
    assert_eq!(anchored(a, node), anchored(b, other), "in {source:?}");
    // How far away: the rows of a subtree follow one another.
    let target = |document: &Document, node: NodeId| {
        document.target(node).map(|target| i64::from(target) - i64::from(node))
    };
    assert_eq!(target(a, node), target(b, other), "in {source:?}");
    let (children, others): (Vec<_>, Vec<_>) = (a.children(node).collect(), b.children(other).collect());
    assert_eq!(children.len(), others.len(), "in {source:?}");
    for (child, other) in children.into_iter().zip(others) {
        assert_eq!(a.name(child), b.name(other), "in {source:?}");
        assert_same(a, child, b, other, source);
    }
}

/// Whether a node's source says all of it: no alias as a key (which names what stands elsewhere) and nothing templated in it.
fn stands_alone(document: &Document, node: NodeId) -> bool {
    let key = document.key_span(node).and_then(|span| span.slice(document.text())).unwrap_or_default();
    document.flags(node) & NOT_ALONE & !flag::IMPLICIT == 0
        && document.kind(node) != NodeKind::Error
        && !key.starts_with(['*', '!', '&'])
        && (document.kind(node) != NodeKind::Scalar
            || !document.span(node).slice(document.text()).unwrap().starts_with('*'))
        && document.children(node).all(|child| stands_alone(document, child))
}

/// How the source of a node is put so that it can stand alone, or `None` where it cannot.
fn alone(document: &Document, node: NodeId) -> Option<String> {
    let span = document.span(node);
    let source = span.slice(document.text()).unwrap();
    let before = document.text().get(..span.start as usize).unwrap();
    let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap();
    if ["---", "...", "\u{feff}", "%"].iter().any(|marker| source.starts_with(marker)) {
        return None;
    }
    let (properties, on_own_line) = properties(document, node)?;
    if [Style::Literal as u8, Style::Folded as u8].contains(&document.style(node)) {
        // With its indentation written out it belongs to what is around it.
        let explicit = source.bytes().take(3).any(|byte| byte.is_ascii_digit());
        return (!explicit).then(|| format!("--- {properties}{source}\n"));
    }
    // A block collection keeps its column, so that its first line fits the others.
    let is_block = document.kind(node) != NodeKind::Scalar && document.style(node) != Style::Flow as u8;
    // On the line of its first key they would belong to that key.
    if is_block && !properties.is_empty() && !on_own_line {
        return None;
    }
    Some(if is_block {
        let head = if properties.is_empty() { String::new() } else { format!("--- {properties}\n") };
        format!("{head}{}{source}\n", " ".repeat(line.trim_start_matches('\u{feff}').chars().count()))
    } else {
        format!("{properties}{source}")
    })
}

/// The tag and anchor of a node, which stand before its span, and whether a line ends behind them. `None` where they can't be
/// told for sure.
fn properties(document: &Document, node: NodeId) -> Option<(String, bool)> {
    let text = document.text();
    let span = document.span(node);
    let parent = document.parent(node)?;
    let before = document.children(parent).take_while(|child| *child != node).last();
    let start = match (document.key_span(node), before) {
        (Some(key), _) => key.end,
        (None, Some(before)) => document.span(before).end,
        (None, None) => document.span(parent).start,
    };
    let between = text.get(start as usize..span.start as usize)?;
    let Some(at) = between.find(['!', '&']) else { return Some((String::new(), false)) };
    // A key without a span of its own, a comment or a document's head may hold the same characters.
    let sure = between.get(..at)?.chars().all(|c| c.is_whitespace() || "-:?,[{".contains(c))
        && !between.contains(['#', '%'])
        && !text.contains("%TAG ")
        && !between.contains("---");
    let found = between.get(at..)?;
    sure.then(|| {
        (format!("{} ", found.split_whitespace().collect::<Vec<_>>().join(" ")), found.contains('\n'))
    })
}

/// Whether every alias below a node names a node below it too.
fn closed(document: &Document, node: NodeId) -> bool {
    let end = (node + 1..document.len() as NodeId)
        .find(|other| {
            let mut above = document.parent(*other);
            while let Some(parent) = above.filter(|parent| *parent > node) {
                above = document.parent(parent);
            }
            above != Some(node)
        })
        .unwrap_or(document.len() as NodeId);
    (node..end).all(|inner| document.target(inner).is_none_or(|target| (node..end).contains(&target)))
}

/// Checks every node of a document of YAML or JSON. How many there were.
fn check(kind: FileKind, path: &str, document: &Document) -> usize {
    let mut checked = 0;
    for node in 1..document.len() as NodeId {
        let implicit = document.flags(node) & flag::IMPLICIT != 0;
        if document.kind(node) == NodeKind::Merge {
            continue;
        }
        let is_long = document.span(node).len() as usize > LONGEST;
        if implicit || is_long || !stands_alone(document, node) || !closed(document, node) {
            continue;
        }
        // The mapping of a single pair has no brackets of its own; its source is that of a block.
        let source = document.span(node).slice(document.text()).unwrap();
        let lone_pair = document.kind(node) == NodeKind::Mapping
            && document.style(node) == Style::Flow as u8
            && !source.starts_with('{');
        if lone_pair {
            continue;
        }
        let Some(text) = alone(document, node) else { continue };
        let again = parse_at(kind, path, text.clone());
        let first = again.children(0).next();
        let first = first.unwrap_or_else(|| panic!("{path}: {text:?} gives nothing"));
        assert_same(document, node, &again, first, &text);
        checked += 1;
    }
    checked
}

/// Whether the nodes of a kind can be read alone by the same reader.
fn is_data(kind: FileKind) -> bool {
    use FileKind as K;
    matches!(
        kind,
        K::Yaml
            | K::Kubernetes
            | K::KubernetesCrd
            | K::Kustomization
            | K::HelmValues
            | K::HelmChart
            | K::Compose
            | K::GithubWorkflow
            | K::GitlabCi
            | K::PrometheusRules
            | K::Json
            | K::PackageJson
    )
}

fn check_file(path: &Path, name: &str) -> usize {
    let Ok(decoded) = decode(std::fs::read(path).unwrap()) else { return 0 };
    let Some(kind) = classify(name, &decoded.text).kind.filter(|kind| is_data(*kind)) else { return 0 };
    let document = parse_at(kind, name, decoded.text);
    let template = document.marks.iter().any(|mark| mark.contains("template"));
    if template || document.problems.iter().any(|problem| problem.code != "duplicate-key") {
        return 0;
    }
    for node in 1..document.len() as NodeId {
        // An alias as a key has its target's text.
        let spelt = document.kind(node) == NodeKind::Scalar
            && !document.span(node).slice(document.text()).unwrap().starts_with('*');
        let map = spelt.then(|| SourceMap::new(&document, node));
        assert!(map.is_none_or(|map| map.is_some()), "{name}: no map of {:?}", document.value(node));
    }
    check(kind, name, &document)
}

fn check_folder(folder: &Path) -> usize {
    let (mut checked, mut folders) = (0, vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                checked += check_file(&path, &name);
            }
        }
    }
    checked
}

#[test]
fn nodes_of_the_fixtures_can_be_read_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats");
    for (kind, least) in [("yaml", 100), ("json", 15)] {
        let checked = check_folder(&folder.join(kind).join("ok"));
        assert!(checked > least, "only {checked} nodes of {kind}");
    }
}

#[test]
fn nodes_of_a_corpus_can_be_read_alone() {
    let Some(folder) = std::env::var_os("STOCKADE_CORPUS") else { return };
    let checked = check_folder(Path::new(&folder));
    assert!(checked > 1000, "only {checked} nodes");
}

/// A tree and the YAML that is written for it, block and flow mixed.
fn tree() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "[a-zé][a-zé0-9:/.#-]{0,8}[a-z]",
        "[0-9]{1,4}",
        Just("true".to_owned()),
        Just("~".to_owned()),
        "[a-z '#:é]{0,10}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        "[a-z \"\\\\\n\té\u{1f600}]{0,10}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        // Folded over two lines.
        ("[a-z]{1,5}", "[a-z]{1,5}").prop_map(|(a, b)| format!("{a}\n  {b}")),
        proptest::collection::vec("[a-z][a-z #:'\"]{0,8}", 1..4)
            .prop_map(|lines| format!("|\n  {}", lines.join("\n  "))),
        proptest::collection::vec("[a-z][a-z #:'\"]{0,8}", 1..4)
            .prop_map(|lines| format!(">-\n  {}", lines.join("\n\n  "))),
        "[a-z]{1,4}".prop_map(|text| format!("[{text}, {{{text}: 1, '': [~, '']}}]")),
    ];
    let properties =
        proptest::sample::select(["", "", "", "&a ", "!!str ", "!t &b ", "&c !<x:y> ", "!!int "].as_slice());
    let scalar = prop_oneof![
        4 => (properties, scalar).prop_map(|(properties, scalar)| format!("{properties}{scalar}")),
        1 => "[a-z]{1,4}".prop_map(|text| format!("[&z {text}, *z, !!str {{k: *z}}, &y {{{text}: *z}}, *y]")),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        // Each line of what is inside moves two columns to the right.
        let deeper = |text: &str| text.replace('\n', "\n  ");
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..5).prop_map(move |items| {
                items.iter().map(|item| format!("- {}", deeper(item))).collect::<Vec<_>>().join("\n")
            }),
            proptest::collection::vec(("[a-z]{1,6}", inner), 1..5).prop_map(move |entries| {
                let written = entries.iter().enumerate().map(|(i, (key, value))| {
                    // A block collection starts on a line of its own.
                    let is_block = value.starts_with("- ") || value.starts_with("k0");
                    let gap = if is_block { "\n  " } else { " " };
                    format!("k{i}{key}:{gap}{}", deeper(value))
                });
                written.collect::<Vec<_>>().join("\n")
            }),
        ]
    })
}

proptest! {
    // Failures are kept as fixtures and named tests, not as seeds.
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nodes_of_generated_yaml_can_be_read_alone(text in tree()) {
        let document = parse(FileKind::Yaml, text.clone() + "\n");
        prop_assert!(document.problems.is_empty(), "{text}\n{:?}", document.problems);
        check(FileKind::Yaml, "generated.yaml", &document);
    }
}

/// Found by the properties above: without a key or `---` before it, the header was not seen as one.
#[test]
fn expressions_in_a_lone_block_scalar_are_part_of_its_text() {
    let document = parse(FileKind::Yaml, "|-\n  #{#{% if a %}#}".to_owned());
    assert_eq!(document.value(1), "#{#{% if a %}#}");
}
