use super::admit;
use kdl::KdlDocument;
use proptest::prelude::*;

/// Texts that KDL allows and our files may hold.
const GOOD: &[&str] = &[
    "",
    "\u{feff}a",
    "a",
    "a;b ; c",
    "a 1 -2.5e10 0xff +7 1_000 0b01 0o17",
    "a \"b\" c=\"d\" e=#true #null #-inf #nan",
    "a { b; c }\nd { }\n",
    "a {\n  b 1\n  c {\n  }\n}",
    "// comment\na // more\n/* block /* nested */ */ b",
    "a \\\n  1 \\ // joined\n  2",
    "/- a 1 { b }\nc /- 2 3 /- k=4",
    "a #\"raw \\ \"text\" here\"# ##\"\"#\"##",
    "a \"\\n\\t\\\"\\\\ \\u{1F600} \\s\"",
    "a \"\"\"\n    text\n      more\n    \"\"\"",
    "a \"\"\"\r\n  text\r\n  \"\"\"\r\nb",
    "a #\"\"\"\n  raw \\ text\n  \"\"\"#",
    "\"quoted name\" 1\n- 1\n+a 2\n.b 3\n",
    "rule \"x\" {\n    check \"d:x\" {\n        forbid \"latest\" \"{{{{{\" \"}}\"\n    }\n}\n",
    "a{b}",
    "a;",
];

/// Texts that must be refused, with a part of the reason.
const BAD: &[(&str, &str)] = &[
    ("}", "closes nothing"),
    ("a {", "never closed"),
    ("a } b", "closes nothing"),
    ("a { } b", "behind the `}`"),
    ("a { } { }", "behind the `}`"),
    ("a \"b", "never closed"),
    ("a \"b\nc\"", "not closed on its line"),
    ("a \"b\"\"c\"", "expected a space"),
    ("a \"b\"c", "expected a space"),
    ("a 1b", "neither a number nor a name"),
    ("a .5", "neither a number nor a name"),
    ("a 0xg", "neither a number nor a name"),
    ("a true", "without `#`"),
    ("a #yes", "no such keyword"),
    ("a (u8)1", "type annotations"),
    ("(t)a", "type annotations"),
    ("a b=", "expected a value"),
    ("a =1", "expected an argument"),
    ("a \"\\q\"", "no such escape"),
    ("a \"\\u{110000}\"", "names no character"),
    ("a \"\\u{zz}\"", "names no character"),
    ("a \"\"\"x\"\"\"", "behind the opening"),
    ("a \"\"\"\n  b\n c\n  \"\"\"", "left of the closing"),
    ("a \"\"\"\n  b \"\"\"", "before the closing"),
    ("/* a", "never closed"),
    ("a \\ b", "behind a `\\`"),
    ("/- /- a", "inside `/-`"),
    ("/- a { /- b { /- c } }", "inside `/-`"),
    ("/- a;", "behind a node"),
    ("/- a { b; };", "behind a node"),
    ("a /-{ }", "block without its node"),
    ("a \u{202e}", "expected an argument"),
    ("// \u{202e}", "U+202E"),
    ("a \"\u{7}\"", "U+0007"),
    ("1", "name of a node"),
    ("a [", "expected an argument"),
    ("# a", "`#` begins no comment"),
    ("a \"b\" # c", "`#` begins no comment"),
    ("a b/c", "expected a space"),
    ("a b/* c\nd */ e", "begins a comment"),
    ("{\"a\": 1}", "name of a node"),
    ("a 1111111111111111111111111111111111111111", "more than 32"),
];

#[test]
fn well_formed_texts_pass_here_and_in_the_parser() {
    for text in GOOD {
        assert_eq!(admit(text), Ok(()), "{text:?}");
        assert!(KdlDocument::parse_v2(text).is_ok(), "{text:?}");
    }
}

#[test]
fn malformed_texts_are_refused_with_a_reason_and_a_place() {
    for (text, reason) in BAD {
        let violation = admit(text).expect_err(text);
        assert!(violation.problem.contains(reason), "{text:?}: {}", violation.problem);
        assert!(
            violation.span.slice(text).is_some_and(|part| !part.is_empty())
                || violation.span.end as usize == text.len()
        );
    }
}

#[test]
fn what_overflows_or_stalls_the_parser_does_not_reach_it() {
    for (unit, count) in [
        ("}", 100_000),
        ("{", 100_000),
        ("a {", 50_000),
        ("/*", 100_000),
        ("/- ", 50_000),
        ("a /-{", 50_000),
        ("a =", 50_000),
    ] {
        assert!(admit(&unit.repeat(count)).is_err(), "{unit}");
    }
    let deep = |depth: usize| format!("{}{}", "a {".repeat(depth), "}".repeat(depth));
    assert_eq!(admit(&deep(super::MAX_DEPTH)), Ok(()));
    assert!(admit(&deep(super::MAX_DEPTH + 1)).is_err());
    assert!(KdlDocument::parse_v2(&deep(super::MAX_DEPTH)).is_ok());
}

/// Pieces that, strung together, make texts near the edge of the grammar.
fn soup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "b-c",
        " ",
        "  ",
        "\n",
        "\r\n",
        ";",
        "{",
        "}",
        "=",
        "\"x\"",
        "\"",
        "\"\"\"",
        "#\"r\"#",
        "#true",
        "#null",
        "#",
        "1",
        "-1.5",
        "0x1F",
        "1e5",
        "1_0",
        "+",
        "-",
        ".",
        "/-",
        "//",
        "/*",
        "*/",
        "\\",
        "\\n",
        "(",
        ")",
        "é",
        "\u{a0}",
        "\u{85}",
        "\"\\u{41}\"",
        "\"\"\"\n \"\"\"",
        "\"\"\"\n  t\n  \"\"\"",
        "k=1",
        "k=\"v\"",
        "a { b }\n",
        "a 1;",
        "\u{feff}",
        "#inf",
        "nan",
        "?",
        "[",
        "\u{b}",
        "\t",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300000))]

    /// INVARIANT: what passes the gate is valid for the parser, so that the parser's recovery never runs.
    #[test]
    fn the_parser_accepts_whatever_passes(text in soup()) {
        if admit(&text).is_ok() {
            let parsed = KdlDocument::parse_v2(&text);
            prop_assert!(parsed.is_ok(), "{:?}: {:?}", text, parsed.err().map(|e| e.diagnostics));
        }
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC*") {
        let _ = admit(&text);
    }

    #[test]
    fn violations_lie_in_the_text(text in soup()) {
        if let Err(violation) = admit(&text) {
            prop_assert!(violation.span.slice(&text).is_some());
        }
    }
}
