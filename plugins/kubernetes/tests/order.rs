//! What the fix of `sorted-keys` moves, and what it leaves alone.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_plugin_kubernetes::Kubernetes;
use stockade_sdk::{Finding, Rule, Runner};

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn findings(kind: &str, text: &str) -> Vec<Finding> {
    let check = "sorted-keys".to_owned();
    let rule = Rule { index: 0, id: "kubernetes/x".to_owned(), check, params: Vec::new() };
    let mut runner = Runner::<Kubernetes>::new();
    runner.configure(vec![rule]).unwrap();
    runner.check(stockade_testkit::source(kind, "a.yaml", text), &[0]).unwrap().findings
}

/// The text behind the head after the only finding's fix; `None` where it has none.
fn fixed(rest: &str) -> Option<String> {
    let mut text = format!("{HEAD}{rest}");
    let found = findings("kubernetes", &text);
    assert_eq!(found.len(), 1, "{rest}");
    let fix = found[0].fixes.first()?;
    let edit = &fix.edits[0];
    text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    assert!(findings("kubernetes", &text).is_empty(), "{text}");
    Some(text.strip_prefix(HEAD).unwrap().to_owned())
}

#[track_caller]
fn sorts(rest: &str, expected: &str) {
    assert_eq!(fixed(rest).as_deref(), Some(expected), "{rest}");
}

#[test]
fn whole_lines_are_moved() {
    sorts("x:\n  b: 1 # one\n  a: 2\n", "x:\n  a: 2\n  b: 1 # one\n");
    sorts("x:\n- b: 1\n  a:\n  - 2\ny: 1\n", "x:\n- a:\n  - 2\n  b: 1\ny: 1\n");
    sorts("x:\n  - - b: 1\n      a: 2\n", "x:\n  - - a: 2\n      b: 1\n");
    sorts("x:\n  b:\n    # of b\n    c: 1\n  a:\ny: 1\n", "x:\n  a:\n  b:\n    # of b\n    c: 1\ny: 1\n");
    sorts(
        "x:\n  b: |\n    # text\n\n  a: >-\n    text\n\n    more\n",
        "x:\n  a: >-\n    text\n\n    more\n\n  b: |\n    # text\n",
    );
    sorts("x:\n  'b': \"1\n\n    2\"\n  \"a\": 2\n", "x:\n  \"a\": 2\n  'b': \"1\n\n    2\"\n");
    sorts("x:\r\n  b: 1\r\n  a: 2\r\n", "x:\r\n  a: 2\r\n  b: 1\r\n");
    sorts("x: &top\n  b: {c: 1}\n  a: 2\n", "x: &top\n  a: 2\n  b: {c: 1}\n");
    sorts("x:\n  b: 1\n  a: 2\n# of y\ny: 1\n", "x:\n  a: 2\n  b: 1\n# of y\ny: 1\n");
}

#[test]
fn what_could_change_more_than_the_order_is_left() {
    for rest in [
        "x:\n  b: 1\n  # whose?\n  a: 2\n",
        "x:\n  # of b\n  b: 1\n  a: 2\n",
        "x:\n  b: 1\n  a: 2\n  # of a\ny: 1\n",
        "x:\n  b: &b 1\n  a: *b\n",
        "x:\n  b: &b {c: 1}\n  a:\n    <<: *b\n",
        "x: {b: 1, a: 2}\n",
        "x:\n  b: 1\n  a: 2",
        "x:\n  b: |+\n    text\n\n  a: 2\n",
        "x:\n  b: 1\n  a: 2\n  a: 3\n",
        "x:\n  ? b\n  : 1\n  ? a\n  : 2\n",
        "x:\n  b: 1\n  !!str a: 2\n",
        "x:\n  b: 1\n  &k a: 2\n",
    ] {
        assert_eq!(fixed(rest), None, "{rest}");
    }
}

#[test]
fn templates_and_merge_keys_say_nothing_about_the_order() {
    for rest in [
        "x:\n  b: 1\n  {{- if .a }}\n  a: 2\n  {{- end }}\n",
        "x:\n  b: 1\n  {{ .key }}: 2\n",
        "x: &x {a: 1}\ny:\n  b: 1\n  <<: *x\n",
        "x: {}\ny: []\n",
    ] {
        let text = format!("{HEAD}{rest}");
        assert!(findings("kubernetes", &text).is_empty(), "{rest}");
    }
    let patch = format!("{HEAD}x:\n  b: 1\n  a: 2\n");
    assert_eq!(findings("kustomize-patch", &patch).len(), 1);
}

#[test]
fn fixes_have_an_end() {
    let deep: String = (0..400).map(|n| format!("{0}b{n}: 1\n{0}a{n}:\n", " ".repeat(n))).collect();
    let text = format!("{HEAD}x:\n{}", deep.lines().map(|line| format!(" {line}\n")).collect::<String>());
    let found = findings("kubernetes", &text);
    let written: usize = found.iter().flat_map(|f| &f.fixes).map(|f| f.edits[0].replacement.len()).sum();
    assert!(written <= 256 * 1024, "{written}");
}
