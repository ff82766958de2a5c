//! As `round_trip.rs`, for TOML and the formats of lines and directives: an entry, directive, instruction or command, cut out
//! and read alone, gives the same tree.

#![expect(clippy::unwrap_used, reason = "what cannot be read must fail the test")]

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use stockade_model::{Document, NodeId, NodeKind, Style, flag};
use stockade_syntax::{FileKind, classify, decode, parse, parse_at};

/// Largest source that is cut out.
const LONGEST: u32 = 5_000;

/// What of a subtree must be the same: kinds, types, styles, names and values, in order and with their depth. Flags are left
/// out, for they tell what stands elsewhere too.
fn shape(document: &Document, node: NodeId) -> Vec<(usize, NodeKind, u8, u8, String, String)> {
    let mut rows = Vec::new();
    let mut open = vec![(0, node)];
    while let Some((depth, node)) = open.pop() {
        rows.push((
            depth,
            document.kind(node),
            document.scalar_type(node),
            document.style(node),
            document.name(node).to_owned(),
            document.value(node).to_owned(),
        ));
        let children: Vec<_> = document.children(node).map(|child| (depth + 1, child)).collect();
        open.extend(children.into_iter().rev());
    }
    rows
}

fn all(document: &Document, node: NodeId, test: &dyn Fn(NodeId) -> bool) -> bool {
    test(node) && document.children(node).all(|child| all(document, child, test))
}

/// Whether a node stands in backticks, in which backslashes mean something else.
fn in_backticks(document: &Document, node: NodeId) -> bool {
    let above = std::iter::successors(document.parent(node), |node| document.parent(*node));
    above
        .filter(|node| document.kind(*node) == NodeKind::Scalar)
        .any(|node| document.value(node).contains('`'))
}

/// The text to read alone for a node; `None` for nodes that are nothing by themselves.
fn alone(kind: FileKind, document: &Document, node: NodeId) -> Option<String> {
    use FileKind as K;
    let text = document.text();
    let span = document.span(node);
    let source = span.slice(text).unwrap();
    let parent = document.parent(node)?;
    let implicit = document.flags(node) & flag::IMPLICIT != 0;
    match kind {
        // The value of an entry, under a key of its own.
        K::Toml | K::Pyproject | K::Pipfile => {
            let is_value =
                document.kind(node) == NodeKind::Scalar || document.style(node) == Style::Flow as u8;
            // An entry of an inline table written with dots (`a.b = 1`) has no braces.
            let braced = source.starts_with(['{', '[']) || document.kind(node) == NodeKind::Scalar;
            (is_value && braced && !implicit).then(|| format!("k = {source}\n"))
        }
        // A whole entry. `section` says how it must begin.
        K::Dotenv | K::Properties => {
            let key = document.key_span(node)?;
            (document.kind(node) == NodeKind::Scalar).then(|| {
                format!("{}\n", text.get(key.start as usize..span.end.max(key.end) as usize).unwrap())
            })
        }
        K::Ini | K::SetupCfg | K::Systemd => {
            let key = document.key_span(node)?;
            let section = document.name(parent);
            let head = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
            (document.kind(node) == NodeKind::Scalar && !implicit).then(|| {
                format!("{head}{}\n", text.get(key.start as usize..span.end.max(key.end) as usize).unwrap())
            })
        }
        K::Nginx | K::Apache | K::Sshd | K::Requirements | K::Dockerignore => {
            (document.kind(node) == NodeKind::Element).then(|| format!("{source}\n"))
        }
        K::Dockerfile => {
            let stage = document.name(parent) == "stage" && document.kind(node) == NodeKind::Element;
            // What is unknown here may be known there, and the other way round.
            let plain =
                all(document, node, &|n| document.flags(n) & !flag::ANCHOR == 0) && !source.contains('$');
            (stage && plain && !matches!(document.name(node), "FROM" | "COPY" | "ADD"))
                .then(|| format!("FROM x\n{source}\n"))
        }
        K::Shell => {
            let whole = matches!(
                document.name(node),
                "command" | "pipeline" | "if" | "for" | "while" | "case" | "subshell" | "group"
            );
            // The body of a heredoc stands behind the command.
            let inside = |n| {
                let inner = document.span(n);
                span.start <= inner.start && inner.end <= span.end
            };
            (document.kind(node) == NodeKind::Element
                && whole
                && !source.contains("\\`")
                && !in_backticks(document, node)
                && all(document, node, &inside))
            .then(|| format!("{source}\n"))
        }
        _ => None,
    }
}

/// The node that was cut out, in the document of what was cut out.
fn find(kind: FileKind, document: &Document) -> Option<NodeId> {
    use FileKind as K;
    let first = |node| document.children(node).next();
    match kind {
        K::Toml | K::Pyproject | K::Pipfile | K::Dotenv | K::Properties => first(first(0)?),
        K::Ini | K::SetupCfg | K::Systemd => {
            let entry = first(first(0)?)?;
            if document.kind(entry) == NodeKind::Mapping { first(entry) } else { Some(entry) }
        }
        K::Dockerfile => document.children(first(0)?).nth(1),
        K::Shell => first(first(0)?),
        _ => first(0),
    }
}

/// Checks every node of a document that can be read alone. How many there were.
fn check(kind: FileKind, path: &str, document: &Document) -> usize {
    let mut checked = 0;
    for node in 1..document.len() as NodeId {
        let broken = !all(document, node, &|node| document.kind(node) != NodeKind::Error);
        if broken || document.span(node).len() > LONGEST {
            continue;
        }
        let Some(text) = alone(kind, document, node) else { continue };
        let again = parse_at(kind, path, text.clone());
        let other = find(kind, &again).unwrap_or_else(|| panic!("{path}: {text:?} gives nothing"));
        let (mut here, there) = (shape(document, node), shape(&again, other));
        if matches!(kind, FileKind::Toml | FileKind::Pyproject | FileKind::Pipfile) {
            "k".clone_into(&mut here[0].4);
        }
        assert_eq!(here, there, "{path}: {text:?}");
        checked += 1;
    }
    checked
}

fn is_of_lines(kind: FileKind) -> bool {
    use FileKind as K;
    matches!(
        kind,
        K::Toml
            | K::Pyproject
            | K::Pipfile
            | K::Dotenv
            | K::Properties
            | K::Ini
            | K::SetupCfg
            | K::Systemd
            | K::Nginx
            | K::Apache
            | K::Sshd
            | K::Requirements
            | K::Dockerignore
            | K::Dockerfile
            | K::Shell
    )
}

fn check_file(path: &Path, name: &str, kind: Option<FileKind>) -> usize {
    let Ok(decoded) = decode(std::fs::read(path).unwrap()) else { return 0 };
    let Some(kind) = kind.or_else(|| classify(name, &decoded.text).kind).filter(|kind| is_of_lines(*kind))
    else {
        return 0;
    };
    // What one line says about the others: another escape character, another shell.
    let context = ["# escape=", "#escape=", "SHELL "].iter().any(|words| decoded.text.contains(words));
    if kind == FileKind::Dockerfile && context {
        return 0;
    }
    let document = parse_at(kind, name, decoded.text);
    if document.problems.iter().any(|problem| problem.code != "duplicate-key") {
        return 0;
    }
    check(kind, name, &document)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn entries_of_the_fixtures_can_be_read_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats");
    for kind in FileKind::ALL.iter().filter(|kind| is_of_lines(**kind)) {
        let mut checked = 0;
        for path in files(&folder.join(kind.as_str()).join("ok")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".tree") {
                checked += check_file(&path, &name, Some(*kind));
            }
        }
        assert!(checked >= 10, "only {checked} nodes of {}", kind.as_str());
    }
}

#[test]
fn entries_of_a_corpus_can_be_read_alone() {
    let Some(folder) = std::env::var_os("STOCKADE_CORPUS") else { return };
    let folder = Path::new(&folder);
    let checked: usize = files(folder)
        .iter()
        .map(|path| check_file(path, &path.strip_prefix(folder).unwrap().to_string_lossy(), None))
        .sum();
    assert!(checked > 1000, "only {checked} nodes");
}

/// A word, bare or in quotes, as most of these formats have it.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-zA-Z0-9./_-]{0,8}", "\"[a-z ]{1,8}\"", "'[a-z ]{1,8}'", "[1-9][0-9]{0,3}[km]?"]
}

/// Lines of one kind, made of a few words each.
fn lines(line: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::collection::vec(line, 1..8).prop_map(|lines| lines.join("\n") + "\n")
}

fn files_of_kinds() -> impl Strategy<Value = (FileKind, String)> {
    let words = || proptest::collection::vec(word(), 1..4).prop_map(|words| words.join(" "));
    let directive = ("[a-z_]{1,8}", words()).prop_map(|(name, words)| format!("x{name} {words};")).boxed();
    let block = proptest::collection::vec(directive.clone(), 1..4)
        .prop_map(|inner| format!("server {{\n  {}\n}}", inner.join(" # c\n  ")));
    let section = proptest::collection::vec(("[A-Z][a-z]{1,8}", words()), 1..4).prop_map(|inner| {
        let inner: Vec<_> = inner.into_iter().map(|(name, words)| format!("  X{name} {words}")).collect();
        format!("<IfModule a>\n{}\n</IfModule>", inner.join("\n"))
    });
    let value = prop_oneof![
        "[1-9][0-9]{0,4}",
        "\"[a-zé ]{0,8}\"",
        Just("'''a\nb'''".to_owned()),
        Just("\"\"\"\\\n  a\\u00e9\"\"\"".to_owned()),
        Just("[1, [2, 'x'], {a = 1, b.c = true}] # c".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        Just("-1_0.5e3".to_owned()),
    ];
    let keyed = |prefix: &'static str, sign: &'static str| {
        proptest::collection::vec(words(), 1..8).prop_map(move |values| {
            let lines = values.iter().enumerate().map(|(nth, value)| format!("{prefix}{nth}{sign}{value}\n"));
            lines.collect::<String>()
        })
    };
    // A shell takes some words at the beginning of a command for its own: `fi` ends what never began.
    let called = || words().prop_map(|words| format!("run-{words}"));
    let command = prop_oneof![
        called(),
        (called(), called()).prop_map(|(a, b)| format!("{a} | {b} > out 2>&1")),
        (called(), called()).prop_map(|(a, b)| format!("if {a}; then {b}; fi")),
        called().prop_map(|a| format!("A=1 {a} \"$(echo b)\" ${{X:-y}}")),
        called().prop_map(|a| format!("for i in 1 2; do {a}; done")),
    ]
    .boxed();
    let requirement = prop_oneof![
        "[a-z]{1,6}(==[0-9]\\.[0-9])?",
        "[a-z]{1,6}\\[[a-z]{1,3}\\]>=[0-9],<[0-9]; python_version < '3\\.[0-9]'",
        Just("-r other.txt".to_owned()),
        Just("--index-url https://a.example/simple".to_owned()),
        Just("a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11".to_owned()),
    ];
    let instruction = prop_oneof![
        command.clone().prop_map(|command| format!("RUN {command}")),
        words().prop_map(|words| format!("LABEL a=b c=\"{}\"", words.replace(['"', '\''], ""))),
        Just("CMD [\"a\", \"b\"]".to_owned()),
        Just("EXPOSE 80 443/tcp".to_owned()),
        Just("RUN --mount=type=secret,id=x <<EOF\necho a\nEOF".to_owned()),
        Just("HEALTHCHECK --interval=5s CMD curl -f a".to_owned()),
    ];
    let toml = proptest::collection::vec(value, 1..6).prop_map(|values| {
        let lines = values.iter().enumerate().map(|(nth, value)| format!("k{nth} = {value}\n"));
        format!("[t]\n{}", lines.collect::<String>())
    });
    prop_oneof![
        toml.prop_map(|text| (FileKind::Toml, text)),
        keyed("K", "=").prop_map(|text| (FileKind::Properties, text)),
        keyed("k", " = ").prop_map(|text| (FileKind::Ini, format!("[s]\n{text}"))),
        keyed("K", "=").prop_map(|text| (FileKind::Systemd, format!("[Service]\n{text}"))),
        proptest::collection::vec(word(), 1..6).prop_map(|words| {
            let lines = words.iter().enumerate().map(|(nth, word)| format!("K{nth}={word}\n"));
            (FileKind::Dotenv, lines.collect())
        }),
        lines(prop_oneof![directive, block]).prop_map(|text| (FileKind::Nginx, text)),
        lines(section).prop_map(|text| (FileKind::Apache, text)),
        lines(words().prop_map(|words| format!("AllowUsers {words}")))
            .prop_map(|text| (FileKind::Sshd, text)),
        lines(requirement).prop_map(|text| (FileKind::Requirements, text)),
        lines("!?[a-z*/]{1,8}").prop_map(|text| (FileKind::Dockerignore, text)),
        lines(command).prop_map(|text| (FileKind::Shell, text)),
        // Instructions with variables are not compared: one without them is always there.
        lines(instruction).prop_map(|text| (FileKind::Dockerfile, format!("FROM x\nEXPOSE 80\n{text}"))),
    ]
}

proptest! {
    // Failures are kept as fixtures and named tests, not as seeds.
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entries_of_generated_files_can_be_read_alone((kind, text) in files_of_kinds()) {
        let document = parse(kind, text.clone());
        prop_assert!(document.problems.is_empty(), "{text}\n{:?}", document.problems);
        let checked = check(kind, "generated", &document);
        prop_assert!(checked > 0, "nothing of {} in {text}", kind.as_str());
    }
}
