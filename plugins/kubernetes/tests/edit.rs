//! Every layout that manifests are written in, before and after.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use stockade_sdk::tree_edit::{push_front, remove, set};
use stockade_sdk::{Edit, Node};

/// Applies what `make` gives for the node at `path` of the first document.
fn edited(
    text: &str,
    path: &str,
    make: impl FnOnce(Node<'_>, Node<'_>) -> Option<Vec<Edit>>,
) -> Option<String> {
    let source = stockade_testkit::source("kubernetes", "a.yaml", text);
    let root = source.root().children().next().unwrap();
    let node = *root.at(path).first().unwrap();
    let mut edits = make(node, root)?;
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    }
    Some(text)
}

#[track_caller]
fn sets(text: &str, path: &str, keys: &[&str], expected: &str) {
    let result = edited(text, path, |node, _| set(node, keys, "true"));
    assert_eq!(result.as_deref(), Some(expected));
}

#[track_caller]
fn removes(text: &str, path: &str, expected: Option<&str>) {
    assert_eq!(edited(text, path, remove).as_deref(), expected);
}

const DEEP: [&str; 2] = ["context", "safe"];

#[test]
fn a_value_is_replaced_and_its_comment_kept() {
    sets("a:\n  safe: false # why\n", "a", &["safe"], "a:\n  safe: true # why\n");
    sets("a: {safe: false}\n", "a", &["safe"], "a: {safe: true}\n");
    sets("a:\n  safe:\n  b: 1\n", "a", &["safe"], "a:\n  safe: true\n  b: 1\n");
}

#[test]
fn missing_mappings_are_made_in_the_layout_around() {
    sets(
        "a:\n- name: x # web\n  b:\n  - 1\n",
        "a[*]",
        &DEEP,
        "a:\n- name: x # web\n  context:\n    safe: true\n  b:\n  - 1\n",
    );
    sets("a:\n  context:\n    uid: 1\n", "a", &DEEP, "a:\n  context:\n    uid: 1\n    safe: true\n");
    sets("a:\n  context: {}\n", "a", &DEEP, "a:\n  context: {safe: true}\n");
    sets("a:\n  context:\n  b: 1\n", "a", &DEEP, "a:\n  context:\n    safe: true\n  b: 1\n");
    sets("a:\n  context: null # none\n", "a", &DEEP, "a:\n  context:\n    safe: true # none\n");
    sets("a: {b: 1}\n", "a", &DEEP, "a: {context: {safe: true}, b: 1}\n");
    sets("{\"a\": {\"b\": 1}}\n", "a", &DEEP, "{\"a\": {\"context\": {\"safe\": true}, \"b\": 1}}\n");
    sets("a:\n  b: |\n    text\n", "a", &DEEP, "a:\n  context:\n    safe: true\n  b: |\n    text\n");
    sets("a:\n- b:\n  - 1\n", "a[*]", &["safe"], "a:\n- safe: true\n  b:\n  - 1\n");
    sets("a:\r\n  b: 1\r\n", "a", &["safe"], "a:\r\n  b: 1\r\n  safe: true\r\n");
}

#[test]
fn what_is_shared_or_templated_stays_as_it_is() {
    for text in [
        "x: &x {b: 1}\na: *x\n",
        "a: &x\n  b: 1\nc: *x\n",
        "a:\n  b: 1\n  {{- toYaml .Values.x | nindent 2 }}\n",
    ] {
        assert_eq!(edited(text, "a", |node, _| set(node, &["safe"], "true")), None, "{text}");
    }
}

#[test]
fn an_entry_goes_with_the_mappings_it_leaves_empty() {
    removes("a:\n  b:\n    c: 1\n  d: 2\n", "a.b.c", Some("a:\n  d: 2\n"));
    removes("a:\n  b: 1 # why\n  d: 2\n", "a.b", Some("a:\n  d: 2\n"));
    removes("a: {b: 1, d: 2}\n", "a.b", Some("a: {d: 2}\n"));
    removes("a: {b: 1, d: 2}\n", "a.d", Some("a: {b: 1}\n"));
    removes("a:\n- b: 1\n  d: 2\n- e: 3\n", "a[*].b", Some("a:\n- d: 2\n- e: 3\n"));
    removes("a:\n  b:\n  - x\nc: 1\n", "a.b[*]", Some("c: 1\n"));
    removes("a:\n- x\n- y\n", "a[*]", Some("a:\n- y\n"));
    removes("a: [x, y]\n", "a[*]", Some("a: [y]\n"));
    removes("x: &x {b: 1}\na: 2\n", "x.b", None);
}

#[test]
fn an_item_is_added_in_the_quotes_of_the_list() {
    let added = |text: &str| edited(text, "a", |node, _| push_front(node, "ALL"));
    assert_eq!(added("a: []\n").as_deref(), Some("a: [ALL]\n"));
    assert_eq!(added("a: ['X']\n").as_deref(), Some("a: ['ALL', 'X']\n"));
    assert_eq!(added("a:\n  - X\n").as_deref(), Some("a:\n  - ALL\n  - X\n"));
    assert_eq!(added("{\"a\": [\"X\"]}\n").as_deref(), Some("{\"a\": [\"ALL\", \"X\"]}\n"));
    assert_eq!(added("a: 1\n"), None);
}
