use super::*;
use crate::{FileKind, parse};
use proptest::prelude::*;

/// The map of the first scalar with this key, and the document.
fn map(text: &str, key: &str) -> (Document, NodeId, Option<SourceMap>) {
    let document = parse(FileKind::Yaml, text.to_owned());
    let node = (0..document.len() as NodeId).find(|node| document.name(*node) == key).unwrap();
    let map = SourceMap::new(&document, node);
    (document, node, map)
}

/// The source of the first `word` in the decoded value of `a`.
fn source_of<'t>(text: &'t str, word: &str) -> &'t str {
    let (document, node, map) = map(text, "a");
    let at = document.value(node).find(word).unwrap() as u32;
    let span = map.unwrap().source(Span::new(at, at + word.len() as u32)).unwrap();
    span.slice(text).unwrap()
}

#[test]
fn words_of_block_scalars_are_found() {
    for header in ["|", ">", "|-", ">+", "|+", ">-", "|  # comment", "|2", ">2-"] {
        let text =
            format!("x: 1\na: {header}\n  one two\n  three é four\n\n\n    more indented\n  last\n\nb: 2\n");
        for word in ["one", "two", "é", "four", "more indented", "  more", "last"] {
            if word == "  more" {
                assert_eq!(source_of(&text, word), word, "{header}");
            }
            assert_eq!(source_of(&text, word), word, "{header}");
        }
    }
}

#[test]
fn a_stretch_over_lines_takes_the_indentation_with_it() {
    assert_eq!(source_of("a: |\n  one\n  two\n", "one\ntwo"), "one\n  two");
    assert_eq!(source_of("a: >\n  one\n  two\n", "one two"), "one\n  two");
    assert_eq!(source_of("a: |\r\n  one\r\n  two\r\n", "one\ntwo"), "one\r\n  two");
    assert_eq!(source_of("a: |\n  one\n  two\n", "one\n"), "one\n");
}

#[test]
fn spaces_that_belong_to_the_text_do() {
    let text = "a: |2\n    four\n   \n  two\nb: 1\n";
    let (document, node, map) = map(text, "a");
    assert_eq!(document.value(node), "  four\n \ntwo\n");
    let map = map.unwrap();
    assert_eq!(map.source(Span::new(0, 6)).unwrap().slice(text), Some("  four"));
    assert_eq!(map.source(Span::new(7, 8)).unwrap().slice(text), Some(" "));
    assert_eq!(map.source(Span::new(9, 12)).unwrap().slice(text), Some("two"));
    // A first line of nothing but spaces that are text.
    let text = "a: |1\n   \n x\n";
    let (document, node, map) = self::map(text, "a");
    assert_eq!(document.value(node), "  \nx\n");
    assert_eq!(map.unwrap().source(Span::new(0, 3)).unwrap().slice(text), Some("  \n"));
}

#[test]
fn escapes_are_taken_as_a_whole() {
    let text = r#"a: "tab\there \x41\u00e9\U0001F600 \"q\" \ud83d\ude00!""#;
    assert_eq!(source_of(text, "here"), "here");
    assert_eq!(source_of(text, "A"), r"\x41");
    assert_eq!(source_of(text, "é"), r"\u00e9");
    assert_eq!(source_of(text, "q"), "q");
    assert_eq!(source_of(text, "\t"), r"\t");
    assert_eq!(source_of("a: 'it''s'", "it's"), "it''s");
    assert_eq!(source_of("{\"a\": \"x\\nyé\\/z\"}", "yé/z"), "yé\\/z");
}

#[test]
fn folded_lines_of_plain_and_quoted_scalars() {
    assert_eq!(source_of("a: one\n  two\n\n  three\n", "two\nthree"), "two\n\n  three");
    assert_eq!(source_of("a: one\n  two\n", "one two"), "one\n  two");
    assert_eq!(source_of("a: 'one  \n  two'\n", "one two"), "one  \n  two");
    assert_eq!(source_of("a: \"one \\\n  two\"\n", "two"), "two");
}

#[test]
fn only_text_as_it_stands_may_be_replaced() {
    let text = "a: |\n  one two\n  three\n";
    let (_, _, map) = map(text, "a");
    let map = map.unwrap();
    assert_eq!(map.verbatim(Span::new(4, 7)).unwrap().slice(text), Some("two"));
    assert_eq!(map.verbatim(Span::new(4, 9)), None);
    assert_eq!(map.verbatim(Span::new(7, 7)), Some(Span::new(14, 14)));
}

#[test]
fn what_the_source_does_not_spell_out_has_no_map() {
    let mut document = parse(FileKind::Kubernetes, "a: \"{{ .Values.x }}\"\n".to_owned());
    let values = parse(FileKind::HelmValues, "x: other\n".to_owned());
    crate::substitute_values(&mut document, &values);
    assert_eq!(document.value(2), "other");
    assert_eq!(SourceMap::new(&document, 2), None);
    assert_eq!(SourceMap::new(&document, 1), None, "no scalar");
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("( {0,3}[a-zé#:\"'|]{0,6}[ \t]{0,2})?", 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the reader reads as a scalar has a map, and each character of it that is no white space stands where the map says.
    #[test]
    fn every_character_of_a_block_scalar_is_where_the_map_says(
        lines in lines(), folded in any::<bool>(), chomp in 0..3_usize, explicit in any::<bool>(), crlf in any::<bool>(),
    ) {
        let header = format!("{}{}{}", if folded { '>' } else { '|' }, if explicit { "2" } else { "" }, ["", "-", "+"][chomp]);
        let newline = if crlf { "\r\n" } else { "\n" };
        let body: String = lines.iter().map(|line| format!("  {line}{newline}")).collect();
        every_character(&format!("k: v{newline}a: {header}{newline}{body}b: 1{newline}"))?;
    }

    #[test]
    fn every_character_of_a_quoted_scalar_is_where_the_map_says(
        parts in proptest::collection::vec(prop_oneof![
            "[a-zé ]{1,4}", Just("\\n".to_owned()), Just("\\\"".to_owned()), Just("\\u00e9".to_owned()),
            Just("\n  ".to_owned()), Just(" \n\n  ".to_owned()), Just("\\\n   ".to_owned()), Just("\\\\".to_owned()),
        ], 1..8),
    ) {
        every_character(&format!("a: \"x{}y\"\n", parts.concat()))?;
    }
}

fn every_character(text: &str) -> Result<(), TestCaseError> {
    let document = parse(FileKind::Yaml, text.to_owned());
    if !document.problems.is_empty() {
        return Ok(());
    }
    let node = (0..document.len() as NodeId).find(|node| document.name(*node) == "a").unwrap();
    let value = document.value(node).to_owned();
    let map = SourceMap::new(&document, node);
    prop_assert!(map.is_some(), "no map of {:?} in {:?}", value, text);
    let map = map.unwrap();
    let mut last = 0;
    for (at, character) in value.char_indices() {
        let span = map.source(Span::new(at as u32, (at + character.len_utf8()) as u32)).unwrap();
        prop_assert!(span.start >= last, "{:?} in {:?}", character, text);
        last = span.end;
        let source = span.slice(text).unwrap();
        if !character.is_whitespace() && !source.starts_with('\\') {
            prop_assert_eq!(source, character.to_string(), "in {:?}", text);
        }
    }
    Ok(())
}
