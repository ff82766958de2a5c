//! Files inside files, the files that a file names, and the map from decoded text to source; the first byte chooses the kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stockade_model::Span;
use stockade_syntax::{FileKind, SourceMap, embedded, parse, references};

const KINDS: [FileKind; 7] = [
    FileKind::Kubernetes,
    FileKind::Yaml,
    FileKind::Json,
    FileKind::Compose,
    FileKind::Kustomization,
    FileKind::GithubWorkflow,
    FileKind::GitlabCi,
];

fuzz_target!(|input: (u8, &str)| {
    let Some(kind) = KINDS.get(usize::from(input.0) % KINDS.len()) else { return };
    let mut document = parse(*kind, input.1.to_owned());
    for found in embedded(*kind, &mut document) {
        drop(parse(found.kind, document.value(found.node).to_owned()));
    }
    drop(references(*kind, "a/b/c", &mut document));
    for node in 0..document.len() as u32 {
        let Some(map) = SourceMap::new(&document, node) else { continue };
        let value = document.value(node);
        let mut last = 0;
        for (at, character) in value.char_indices() {
            let end = at + character.len_utf8();
            let span = map.source(Span::new(at as u32, end as u32)).expect("every character has a source");
            let source = span.slice(document.text()).expect("the source lies inside the text");
            assert!(span.start >= last, "{value:?}");
            last = span.end;
            assert!(
                source.starts_with(['\\', '\'', '\r', '\n', character]) || source.is_empty(),
                "{source:?} for {character:?}"
            );
        }
    }
});
