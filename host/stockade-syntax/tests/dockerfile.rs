//! Properties of the Dockerfile and shell parsers: any text gives a sound document, in time that grows with the
//! text's length.

#[path = "support/sound.rs"]
mod sound;

use proptest::prelude::*;
use sound::assert_sound;
use std::time::{Duration, Instant};
use stockade_model::{Document, NodeKind};
use stockade_syntax::{FileKind, limits, parse};

/// Pieces that Dockerfiles and scripts are made of, and some that they are broken by.
const PIECES: &[&str] = &[
    "FROM",
    "RUN",
    "{{ é }}",
    "sh -c ",
    "{% if a %}",
    "{% else %}",
    "{% endif %}",
    "COPY",
    "ENV",
    "ARG",
    "ONBUILD",
    "HEALTHCHECK",
    "CMD",
    "SHELL",
    "EXPOSE",
    "LABEL",
    "XYZ",
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "\n",
    "\\\n",
    "`\n",
    "\r\n",
    "\t",
    "# escape=`\n",
    "# note\n",
    "#",
    "\u{feff}",
    "--from=a",
    "--mount=type=x",
    "--link",
    "--",
    "AS",
    "as a",
    "a",
    "b=c",
    "=",
    "é",
    "\u{2603}",
    "\u{a0}",
    "\"",
    "'",
    "\\",
    "$",
    "$a",
    "${a",
    "${a:-b}",
    "${a#*x}",
    "${a/b/c}",
    "}",
    "{",
    "[",
    "]",
    "[\"a\"]",
    "[\"a\", 1]",
    "[\"sh\", \"-c\", \"a \\\"\\u00e9\\\" | $(b)\\n\"]",
    "<<EOF",
    "<<-'X'",
    "\nEOF\n",
    "\n\tX\n",
    "<<<",
    "<",
    ">",
    "2>&1",
    "&",
    "&&",
    "|",
    "||",
    ";",
    ";;",
    "(",
    ")",
    "((",
    "))",
    "$(",
    "$((",
    "`",
    "if",
    "then",
    "fi",
    "for",
    "in",
    "do",
    "done",
    "case",
    "esac",
    "while",
    "function",
    "!",
    "time",
    "[[",
    "]]",
    "=~",
    "x()",
    "a=(",
    "$'",
    "\\x41",
    "NONE",
    "NULL\0",
    "{fd}>",
    "a@sha256:b",
    "localhost:5000/a:b",
];

fn pieces() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// Instructions one after the other, most of them well formed.
fn dockerfile() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "a",
        "b:c",
        "\"d e\"",
        "$X",
        "${X:-y}",
        "'q'",
        "x\\\n  y",
        "x \\\n# inside\n  y",
        "&& b",
        "| c",
        "> d",
        "é",
        "$(e f)",
        "; g",
        "<<EOF",
        "k=v",
    ]);
    let keyword = proptest::sample::select(vec![
        "FROM",
        "RUN",
        "COPY",
        "ADD",
        "ENV",
        "ARG",
        "LABEL",
        "CMD",
        "USER",
        "EXPOSE",
        "WORKDIR",
        "ONBUILD RUN",
        "run",
    ]);
    let end = proptest::sample::select(vec!["\n", "\n", "\r\n", "\n\n# note\n", "\nbody $X\nEOF\n"]);
    let line = (keyword, proptest::collection::vec(word, 0..6), end)
        .prop_map(|(keyword, words, end)| format!("{keyword} {}{end}", words.join(" ")));
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_dockerfile(text in any::<String>()) {
        assert_sound(&parse(FileKind::Dockerfile, text));
    }

    #[test]
    fn any_text_is_a_script(text in any::<String>()) {
        assert_sound(&parse(FileKind::Shell, text));
    }

    #[test]
    fn pieces_in_any_order(text in pieces()) {
        assert_sound(&parse(FileKind::Dockerfile, text.clone()));
        assert_sound(&parse(FileKind::Dockerfile, format!("RUN {text}")));
        assert_sound(&parse(FileKind::Shell, text));
    }

    #[test]
    fn instructions_keep_their_places(text in dockerfile()) {
        let document = parse(FileKind::Dockerfile, text);
        assert_sound(&document);
        for node in 0..document.len() as u32 {
            let Some(key) = document.key_span(node) else { continue };
            if document.kind(node) != NodeKind::Element || document.parent(node) == Some(0) {
                continue;
            }
            // An instruction's name stands where its key span says, whatever was joined before it.
            let name = key.slice(document.text()).unwrap_or_default();
            let is_written = name.eq_ignore_ascii_case(document.name(node)) || name.starts_with("<<");
            prop_assert!(is_written, "{name:?} is named {:?}", document.name(node));
        }
    }

    /// Words without quotes, escapes or line breaks (and that are no flag and no reserved word) have the same text in the file and in the tree.
    #[test]
    fn plain_words_are_where_their_spans_say(words in proptest::collection::vec("x[a-z0-9/.:_-]{0,8}", 1..8), breaks in any::<u8>()) {
        let mut text = String::from("FROM scratch\nRUN ");
        for (i, word) in words.iter().enumerate() {
            text.push_str(word);
            text.push_str(if breaks >> (i % 8) & 1 == 1 { " \\\n # note\n\t" } else { " " });
        }
        let document = parse(FileKind::Dockerfile, text);
        let command = (0..document.len() as u32).find(|node| document.name(*node) == "command");
        let found: Vec<_> = document
            .children(command.unwrap())
            .map(|word| (document.value(word).to_owned(), document.span(word).slice(document.text()).unwrap().to_owned()))
            .collect();
        let expected: Vec<_> = words.iter().map(|word| (word.clone(), word.clone())).collect();
        prop_assert_eq!(found, expected);
    }
}

fn seconds(kind: FileKind, text: String) -> (Duration, Document) {
    let start = Instant::now();
    let document = parse(kind, text);
    (start.elapsed(), document)
}

/// Texts that take quadratic time, endless memory or a deep stack where a bound is missing.
#[test]
fn hostile_texts_are_read_in_time() {
    let times = |piece: &str, count: usize| piece.repeat(count);
    let docker: Vec<(&str, String)> = vec![
        ("heredocs without end", (0..20_000).map(|i| format!("RUN <<A{i}\n")).collect()),
        ("one heredoc without end", times("RUN <<A\nx\n", 30_000)),
        ("heredocs on one line", format!("COPY {} /x\n{}", times("<<a ", 30_000), times("a\n", 30_000))),
        (
            "heredoc commands on one line",
            format!("RUN {}\n{}", times("x <<a; ", 20_000), times("a\n", 20_000)),
        ),
        (
            "stages on stages",
            (1..20_000).map(|i| format!("FROM s{} AS s{i}\nENV A{i}=$A1\n", i - 1)).collect(),
        ),
        ("doubling", format!("FROM a\nENV a=aa\n{}", times("ENV a=$a$a\n", 2_000))),
        ("many long values", format!("FROM a\nENV a={}\n{}", times("x", 60_000), times("ENV b=$a\n", 5_000))),
        ("patterns", format!("FROM a\nENV a={}\n{}", times("x", 900), times("ENV b=${a/*y/z}\n", 2_000))),
        ("nested variables", format!("FROM a\nUSER {}", times("${a:-", 100_000))),
        ("nested JSON", format!("CMD {}", times("[", 300_000))),
        ("directives", times("# syntax=a\n", 50_000)),
        ("continuations", format!("RUN a {}", times("\\\n# c\n", 100_000))),
        ("words", format!("EXPOSE {}", times("1 ", 300_000))),
        ("flags", format!("RUN {}", times("--a ", 200_000))),
        ("onbuild", times("ONBUILD ", 100_000)),
        ("parentheses", format!("RUN <<EOF {}", times("((", 200_000))),
    ];
    let shell: Vec<(&str, String)> = vec![
        ("subshells", times("(", 300_000)),
        ("substitutions", times("$(", 200_000)),
        ("quoted substitutions", times("\"$(", 100_000)),
        ("arithmetic", times("$((", 100_000)),
        ("closed arithmetic", format!("{}{}", times("$((", 60_000), times("))", 60_000))),
        ("half closed arithmetic", times("((a) ", 60_000)),
        ("backticks", times("`", 200_001)),
        ("escaped backticks", format!("`{}`", times("\\`", 100_000))),
        ("braces", times("${a:-", 100_000)),
        ("quotes", times("'a\n", 100_001)),
        ("groups", times("{ ", 150_000)),
        ("conditions", times("if ", 100_000)),
        ("operators", times(";;", 150_000)),
        ("pipes", times("|", 300_000)),
        ("functions", times("f() ", 60_000)),
        ("heredocs", format!("{}\n", times("<<a ", 60_000))),
        ("errors behind heredocs", format!("{}\n", times("x <<a; ) ; ", 20_000))),
        ("patterns", times("@(", 150_000)),
        ("tests", times("[[ ", 100_000)),
        ("arrays", times("a=( ", 100_000)),
        ("commands", times("a;", 200_000)),
    ];
    let all = docker
        .iter()
        .map(|case| (FileKind::Dockerfile, case))
        .chain(shell.iter().map(|case| (FileKind::Shell, case)));
    for (kind, (name, text)) in all {
        // Linear time is far below this even without optimisation on a busy machine; quadratic time is far above.
        let (time, document) = seconds(kind, text.clone());
        assert!(time < Duration::from_secs(10), "{name}: {time:?} for {} bytes", text.len());
        assert!(document.data.len() < (64 << 20), "{name}: {} bytes of data", document.data.len());
        assert!(document.problems.len() <= limits::MAX_PROBLEMS + 1, "{name}");
        let mut deepest = 0;
        let mut depth = vec![0_usize; document.len()];
        for node in 1..document.len() as u32 {
            depth[node as usize] = depth[document.parent(node).unwrap() as usize] + 1;
            deepest = deepest.max(depth[node as usize]);
        }
        assert!(deepest <= limits::MAX_DEPTH, "{name}: {deepest} levels");
        assert_sound(&document);
    }
}

/// Deep nesting that is closed again, in each construct that recurses, fits into the stack of a thread.
#[test]
fn the_deepest_scripts_fit_on_the_stack() {
    let nested = |open: &str, close: &str| format!("{}x{}", open.repeat(300), close.repeat(300));
    for text in [
        nested("( ", " )"),
        nested("{ ", "; }"),
        nested("echo $(", ")"),
        nested("echo \"$(", ")\""),
        nested("if ", "; then y; fi"),
        nested("while ", "; do y; done"),
        nested("case a in b) ", ";; esac"),
        nested("a | b > <(", ")"),
        nested("echo ${a:-$(", ")}"),
        nested("f() { ", "; }"),
        nested("a=( $(", ") )"),
        nested("echo $(( $(", ") ))"),
        nested("! a | time { ", "; }"),
    ] {
        let document = parse(FileKind::Shell, text.clone());
        assert_sound(&document);
        assert!(document.problems.iter().any(|problem| problem.code == "limit"), "{text}");
        assert_sound(&parse(FileKind::Dockerfile, format!("ONBUILD RUN {text}")));
    }
}

/// A document stops growing at the bound on nodes, and says so.
#[test]
fn too_many_nodes_are_not_read() {
    for text in [
        format!("FROM a\nEXPOSE {}\nRUN x\n", "1 ".repeat(limits::MAX_NODES + 10)),
        format!("FROM a\nRUN {}\nRUN x\n", "a ".repeat(limits::MAX_NODES + 10)),
    ] {
        let document = parse(FileKind::Dockerfile, text);
        assert!(document.len() <= limits::MAX_NODES + 10);
        assert!(document.problems.iter().any(|problem| problem.code == "limit"));
    }
}
