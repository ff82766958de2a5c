//! What masking makes of lines.

use super::*;
use crate::template::scan;

fn masked(text: &str) -> String {
    let mask = Mask::new(text, &scan(text), Branches::All);
    assert_eq!(mask.text.len(), text.len());
    mask.text
}

#[test]
fn values_become_letters() {
    assert_eq!(masked("a: {{ .b }}\n"), "a: ZZZZZZZZ\n");
    assert_eq!(masked("a: \"x{{ \"q\" }}\"\n"), "a: \"xZZZZZZZZZ\"\n");
    assert_eq!(masked("a: {{ if b }}{c: d}{{ else }}[]{{ end }}\n"), format!("a: {}\n", "Z".repeat(37)));
    assert_eq!(masked("ZZZZ: {{ .b }}\n"), "ZZZZ: QQQQQQQQ\n");
}

#[test]
fn lines_of_blocks_become_blank() {
    assert_eq!(
        masked("a:\n  {{- if b }}\n  c: d\n  {{- end }}\n").split_whitespace().collect::<Vec<_>>(),
        ["a:", "c:", "d"]
    );
    assert_eq!(masked("  {{ if b }}c: d{{ end }}\n"), "  \n\n\n\n\n\n\n\n  c: d         \n");
}

#[test]
fn an_expression_that_breaks_its_line_says_the_column() {
    assert_eq!(masked("    {{- .k | nindent 2 }}: {{ .v }}\n"), "\n\n  ZZZZZZZZZZZZZZZZZZZZZ: ZZZZZZZZ\n");
    assert_eq!(masked("    {{- .k | nindent 6 }}: 1\n"), "      ZZZZZZZZZZZZZZZZZZZ: 1\n");
    assert_eq!(masked("{{.k|nindent 30 }}: 1\n"), "ZZZZZZZZZZZZZZZZZZ: 1\n");
    // Not into the middle of a character.
    assert_eq!(masked("{{\"ü\"|nindent 4 }}: 1\n"), "ZZZZZZZZZZZZZZZZZZZ: 1\n");
    assert_eq!(masked("    {{ .k | indent 2 }}: 1\n"), "    ZZZZZZZZZZZZZZZZZZZ: 1\n");
}

#[test]
fn definitions_are_found_whole() {
    let text =
        "{{ define \"a\" }}1{{ if b }}2{{ end }}{{ end }}3{{- define \"c\" -}}4{{ end }}{{ if d }}5{{ end }}";
    let found = definitions(text, &scan(text));
    let found: Vec<&str> = found.iter().map(|span| span.slice(text).unwrap()).collect();
    assert_eq!(found, ["1{{ if b }}2{{ end }}", "4"]);
}

#[test]
fn expressions_in_block_scalars_are_text() {
    let text = "a: |\n  {{- if b }}\n  x\n  {{- end }}\n{{- end }}\nb: {{ c }}\n";
    let wanted = "a: |\n  ZZZZZZZZZZ\n  x\n  ZZZZZZZZZZ\n\n\n\n\n\n\n\n\n\n\n\nb: ZZZZZZZ\n";
    // The line `{{- if b }}` has eleven bytes.
    assert_eq!(
        masked(text).replace('\n', ""),
        wanted.replace("ZZZZZZZZZZ\n  x", "ZZZZZZZZZZZ\n  x").replace('\n', "")
    );
}

#[test]
fn headers_of_block_scalars() {
    assert_eq!(header(b"  a: |"), Some(2));
    assert_eq!(header(b"- - a: >-2 # c"), Some(4));
    assert_eq!(header(b"  - |+\r"), Some(2));
    assert_eq!(header(b"a: &x !y |"), Some(0));
    assert_eq!(header(b"--- |"), Some(-1));
    for line in ["a: b|", "a:|", "a: \"x |\"", "a: b |", "|x", "a: |abc", "a: | b", ""] {
        assert_eq!(header(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn regions_of_branches() {
    let text = "{{if a}}1{{else}}2{{end}}3{{range b}}4{{if c}}5{{end}}{{end}}";
    let mask = Mask::new(text, &scan(text), Branches::All);
    let at = |c: char| text.find(c).unwrap() as u32;
    assert!(mask.apart(at('1'), at('2')));
    assert!(!mask.apart(at('1'), at('3')));
    assert!(!mask.apart(at('4'), at('5')));
    assert!(mask.apart(at('2'), at('5')));
}
