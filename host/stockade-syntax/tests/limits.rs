//! Limits that `data_formats.rs` does not reach: each ends in a problem that says so, soon.

use stockade_model::{Document, flag};
use stockade_syntax::{FileKind, limits, parse, substitute_values};

fn assert_limit(document: &Document, words: &str) {
    let said = |problem: &stockade_model::Problem| problem.code == "limit" && problem.message.contains(words);
    assert!(document.problems.iter().any(said), "{:?}", document.problems);
}

#[test]
fn comparing_repeated_keys_is_bounded() {
    // In two branches of one block: pairs across them are no problem by themselves.
    let keys = "a: 1\n".repeat(limits::MAX_REPEATS / 2);
    let text = format!("{{{{ if .Values.x }}}}\n{keys}{{{{ else }}}}\n{keys}{{{{ end }}}}\n");
    let document = parse(FileKind::Kubernetes, text);
    assert_limit(&document, "repeated keys");
}

#[test]
fn what_values_add_to_a_template_is_bounded() {
    let long = "x".repeat(1 << 20);
    let values = parse(FileKind::HelmValues, format!("long: {long}\n"));
    let lines = limits::MAX_FILLED_BYTES / long.len() + 3;
    let text: String = (0..lines).map(|n| format!("k{n}: {{{{ .Values.long }}}}\n")).collect();
    let mut document = parse(FileKind::Kubernetes, text);
    let filled = substitute_values(&mut document, &values);
    assert_eq!(filled.len(), lines - 2);
    assert_limit(&document, "4 MiB");
    // A single value cannot go beyond either.
    let text = format!("k: {}\n", "{{ .Values.long }}".repeat(lines));
    let mut document = parse(FileKind::Kubernetes, text);
    assert_eq!(substitute_values(&mut document, &values).len(), 1);
    let root = document.children(0).next().unwrap();
    let node = document.get(root, "k").unwrap();
    assert!(document.flags(node) & flag::PARTIAL != 0);
    assert!(document.value(node).len() < limits::MAX_FILLED_BYTES + 100);
}

#[test]
fn the_number_of_tag_directives_is_bounded() {
    let lines: String = (0..=limits::MAX_YAML_HANDLES).map(|n| format!("%TAG !t{n}! x\n")).collect();
    let document = parse(FileKind::Yaml, format!("{lines}---\n- !t0!x a\n"));
    assert_limit(&document, "`%TAG`");
}
