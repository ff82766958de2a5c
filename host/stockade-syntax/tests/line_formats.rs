//! Any text gives a document whose spans can be trusted, for every kind; hostile texts end in a problem, soon.

#[path = "support/sound.rs"]
mod sound;

use proptest::prelude::*;
use std::time::{Duration, Instant};
use stockade_model::NodeId;
use stockade_syntax::{Document, FileKind, add_views, limits, parse};

/// The kinds whose parsers this file is about.
const KINDS: [FileKind; 13] = [
    FileKind::Toml,
    FileKind::Pyproject,
    FileKind::Pipfile,
    FileKind::Dotenv,
    FileKind::Ini,
    FileKind::SetupCfg,
    FileKind::Systemd,
    FileKind::Properties,
    FileKind::Nginx,
    FileKind::Apache,
    FileKind::Sshd,
    FileKind::Requirements,
    FileKind::Dockerignore,
];

/// A document is sound, its children lie in their parents, and its problems are sentences.
fn check(kind: FileKind, document: &Document) {
    sound::assert_sound(document);
    for node in 1..document.len() as NodeId {
        let Some(parent) = document.parent(node) else { continue };
        let (outer, inner) = (document.span(parent), document.span(node));
        let within = outer.start <= inner.start && inner.end <= outer.end;
        assert!(
            within,
            "{}: node {node} {inner:?} is not in {outer:?} of {:?}",
            kind.as_str(),
            document.text()
        );
    }
    for problem in &document.problems {
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'), "{}", problem.message);
    }
    assert!(document.problems.len() <= limits::MAX_PROBLEMS + 1);
}

/// Every name and value of a row can be read, and stands at a place of the text.
fn check_tables(kind: FileKind, document: &Document) {
    let (text, data) = (document.text(), &document.data);
    for table in &document.tables {
        let (sliced, placed): (&[usize], &[usize]) =
            if table.name == "settings" { (&[1, 7], &[9, 11]) } else { (&[1, 3], &[7, 9]) };
        for row in table.cells.chunks_exact(table.stride as usize) {
            let readable = |within: &str, at: usize| {
                let range = row.get(at).copied().unwrap_or_default() as usize
                    ..row.get(at + 1).copied().unwrap_or_default() as usize;
                assert!(within.get(range).is_some(), "{} {}: {row:?} of {text:?}", kind.as_str(), table.name);
            };
            sliced.iter().for_each(|at| readable(data, *at));
            placed.iter().for_each(|at| readable(text, *at));
            assert!((row.first().copied().unwrap_or_default() as usize) < document.len());
        }
    }
}

/// Pieces that mean something to one of the formats, so that random texts get past the first character.
const PIECES: [&str; 72] = [
    "a",
    "key",
    "=",
    " = ",
    ": ",
    ":",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "  ",
    "\"",
    "'",
    "`",
    "\\",
    "\\\n",
    "#",
    " # c",
    ";",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "]]",
    "{{ x }}",
    "{{",
    "}}",
    "{% if %}",
    "<% x %>",
    "${X}",
    "${X:-y}",
    "$",
    "$X",
    "<A b>",
    "</A>",
    "<",
    ">",
    "export ",
    "--hash=sha256:a",
    "-r x",
    "==1.0",
    ">=",
    ",",
    "@",
    "\"\"\"",
    "'''",
    "\\u00e9",
    "ü",
    "😀",
    "\u{feff}",
    "[a]",
    "[a.b]",
    "[[a]]",
    "a.b",
    "1",
    "true",
    "2020-01-01",
    "_by_lua_block",
    "--[[",
    "Match ",
    "!",
    "\0",
    "env:\n",
    "- name: A\n",
    "environment: ",
    "ENV A=b",
    "export A=",
    "postgres://u:p@h/d?x=y",
    "- ",
    "Environment=\"A=b\"",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(PIECES.as_slice()), 0..60)
            .prop_map(|pieces| pieces.concat()),
        proptest::collection::vec(any::<u8>(), 0..200)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_document_with_spans_inside(text in any_text()) {
        for kind in KINDS {
            check(kind, &parse(kind, text.clone()));
        }
    }

    #[test]
    fn any_text_gives_tables_with_places_inside(text in any_text()) {
        for kind in FileKind::ALL {
            let mut document = parse(*kind, text.clone());
            add_views(*kind, &mut document, &["settings", "environment"]);
            check_tables(*kind, &document);
        }
    }

    #[test]
    fn a_value_cut_out_and_parsed_again_is_the_same(lines in proptest::collection::vec(entry(), 1..8)) {
        // For formats of one entry a line, the place of a value is all it takes to read it again.
        for kind in [FileKind::Dotenv, FileKind::Toml, FileKind::Ini] {
            let numbered = lines.iter().enumerate().map(|(number, value)| format!("k{number}={value}\n"));
            let document = parse(kind, numbered.collect());
            prop_assert!(document.problems.is_empty(), "{:?}", document.problems);
            for node in 2..document.len() as NodeId {
                let cut = document.span(node).slice(document.text()).unwrap_or_default();
                let again = parse(kind, format!("k={cut}\n"));
                let value = again.children(0).next().and_then(|root| again.get(root, "k")).map(|node| again.value(node));
                prop_assert_eq!(value, Some(document.value(node)), "{} {:?}", kind.as_str(), cut);
            }
        }
    }
}

/// Values that env files, TOML and INI files share.
fn entry() -> impl Strategy<Value = String> {
    prop_oneof![
        "\"[a-zA-Z0-9 #;:ü😀${}]{0,12}\"( # [a-z]{0,5})?",
        "'[a-zA-Z0-9 #;:=ü]{0,12}'",
        "[1-9][0-9]{0,9}",
        "(true|false)  # c",
    ]
}

/// A hostile text must be read in time linear in its length; the bound is generous for a busy machine.
fn reads_soon(kind: FileKind, text: String) -> Document {
    let (started, len) = (Instant::now(), text.len());
    let document = parse(kind, text);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(10), "{} took {took:?} for {len} bytes", kind.as_str());
    document
}

fn has_limit(document: &Document) -> bool {
    document.problems.iter().any(|problem| problem.code == "limit")
}

#[test]
fn deep_nesting_ends_in_a_problem() {
    let deep = limits::MAX_DEPTH + 50;
    for (kind, text) in [
        (FileKind::Nginx, "a {\n".repeat(deep)),
        (FileKind::Apache, "<A>\n".repeat(deep)),
        (FileKind::Toml, format!("a = {}", "[".repeat(deep))),
        (FileKind::Toml, format!("a = {}", "{ a = ".repeat(deep))),
        (FileKind::Toml, format!("[{}a]\n", "a.".repeat(deep))),
        (FileKind::Toml, format!("{}a = 1\n", "a.".repeat(deep))),
    ] {
        let document = reads_soon(kind, text);
        assert!(
            document.problems.iter().any(|p| p.code == "limit" || p.message.contains("recurse")),
            "{}",
            kind.as_str()
        );
        check(kind, &document);
    }
}

#[test]
fn many_nodes_end_in_a_problem() {
    let many = limits::MAX_NODES + 10;
    for (kind, line) in [(FileKind::Ini, "a=1\n"), (FileKind::Nginx, "a;\n"), (FileKind::Requirements, "a\n")]
    {
        let document = parse(kind, line.repeat(many));
        assert!(has_limit(&document), "{}: {:?}", kind.as_str(), document.problems.first());
        assert!(document.len() <= limits::MAX_NODES + 10);
    }
    let document = parse(FileKind::Toml, format!("a = 1\n#{}\n", "x".repeat(5 << 20)));
    assert!(has_limit(&document));
}

#[test]
fn openings_without_ends_cost_linear_time() {
    for piece in [
        "\"",
        "'",
        "`",
        "a=\"\n",
        "a='\n",
        "a \"",
        "{",
        "{{",
        "${",
        "<%",
        "[",
        "[[",
        "<A",
        "\\",
        "\\\n",
        "a_by_lua_block{[[",
        "=\"\"\"",
        "a=[\n",
        "a={\n",
        "${${",
        "a \\\n",
        "#",
        "a;{#",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        for kind in KINDS {
            check(kind, &reads_soon(kind, text.clone()));
        }
    }
}

#[test]
fn more_problems_than_the_limit_are_not_kept() {
    for (kind, line) in [
        (FileKind::Dotenv, "one two\n"),
        (FileKind::Systemd, "words\n"),
        (FileKind::Nginx, "}\n"),
        (FileKind::Apache, "</a>\n"),
        (FileKind::Requirements, "??\n"),
        (FileKind::Toml, "= 1\n"),
    ] {
        let document = reads_soon(kind, line.repeat(limits::MAX_PROBLEMS * 3));
        assert!(has_limit(&document), "{}", kind.as_str());
        assert!(document.problems.len() <= limits::MAX_PROBLEMS + 1);
    }
}
