//! Limits that `data_formats.rs` does not reach: each ends in a problem that says so, soon.

use stockade_model::{Document, flag};
use stockade_syntax::{
    FileKind, MAX_EMBEDDED, MAX_REFERENCES, MAX_ROWS, add_views, embedded, limits, parse, references,
    substitute_values,
};

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

#[test]
fn the_rows_of_the_tables_are_bounded() {
    for (kind, name, words) in
        [(FileKind::Properties, "a", "200000 settings"), (FileKind::Dotenv, "A", "200000 variables")]
    {
        let lines: String = (0..MAX_ROWS + 10).map(|n| format!("{name}{n}=b\n")).collect();
        let mut document = parse(kind, lines);
        add_views(kind, &mut document, &["settings", "environment"]);
        assert_limit(&document, words);
        for table in &document.tables {
            assert!(table.cells.len() / table.stride as usize <= MAX_ROWS + 10, "{}", table.name);
        }
    }
}

#[test]
fn files_inside_files_are_bounded() {
    let data: String =
        (0..MAX_EMBEDDED + 10).map(|n| format!("  a{n}.ini: |\n    a = 1\n    b = 2\n")).collect();
    let mut document = parse(FileKind::Kubernetes, format!("apiVersion: v1\nkind: ConfigMap\ndata:\n{data}"));
    assert_eq!(embedded(FileKind::Kubernetes, &mut document).len(), MAX_EMBEDDED);
    assert_limit(&document, "files may stand in this one");
}

#[test]
fn files_that_a_file_names_are_bounded() {
    let text = format!("services:\n  a:\n    env_file:\n{}", "    - a.vars\n".repeat(MAX_REFERENCES + 10));
    let mut document = parse(FileKind::Compose, text);
    assert_eq!(references(FileKind::Compose, "compose.yaml", &mut document).len(), MAX_REFERENCES);
    assert_limit(&document, "files are named here");
}

#[test]
fn what_shells_nest_is_bounded() {
    let deep = 100;
    for text in ["$(".repeat(deep), "{ ".repeat(deep), format!("echo {}", "\"$(echo ".repeat(deep))] {
        assert_limit(&parse(FileKind::Shell, text), "36 levels");
    }
}

#[test]
fn what_variables_of_a_dockerfile_add_is_bounded() {
    let doubling: String = (1..40).map(|n| format!("ARG A{n}=$A{0}$A{0}\n", n - 1)).collect();
    for (what, text) in [
        ("a variable that doubles", format!("FROM a\nARG A0=0123456789\n{doubling}LABEL a=$A39\n")),
        ("defaults in defaults", format!("FROM a\nLABEL a={}x{}\n", "${a:-".repeat(40), "}".repeat(40))),
        ("many long values", format!("FROM a\nARG A={}\n{}", "x".repeat(60_000), "LABEL a=$A\n".repeat(100))),
    ] {
        let document = parse(FileKind::Dockerfile, text);
        assert!(
            document.problems.iter().any(|problem| problem.code == "limit"),
            "{what}: {:?}",
            document.problems
        );
        assert!(document.data.len() < 16 << 20, "{what}");
    }
}
