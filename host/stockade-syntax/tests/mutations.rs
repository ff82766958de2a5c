//! A short run of what the fuzz targets do, the same on every run: each fixture of each format, cut, doubled, spliced and
//! with bytes exchanged, through the same entry points.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read must fail the test")]

#[path = "support/sound.rs"]
mod sound;

use sound::assert_sound;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use stockade_model::{Document, Span};
use stockade_syntax::{
    Definitions, FileKind, HelperBlocks, Helpers, SourceMap, Sources, ValueLayer, add_views, classify,
    classify_path, decode, embedded, marks, parse_at, references, render, substitute_values, switched_off,
};

/// Mutants of each fixture.
const MUTANTS: usize = 200;

/// What mutations insert: bytes that mean something in one format or another.
const TOKENS: [&[u8]; 32] = [
    b"\n",
    b"\r\n",
    b"\t",
    b"  ",
    b": ",
    b"- ",
    b"? ",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"\"",
    b"'",
    b"\\",
    b"#",
    b"&a ",
    b"*a",
    b"!t ",
    b"|\n",
    b">-\n",
    b"---\n",
    b"<<: ",
    b"{{ x }}",
    b"{{- if .Values.a }}",
    b"{{ end }}",
    b"${A:-b}",
    b"<<EOF\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"=",
    b";",
];

/// Numbers that look random and are the same on every run (Knuth's 64-bit linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

fn mutate(bytes: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(out.len() + 1);
        let end = (at + numbers.below(30)).min(out.len());
        match numbers.below(6) {
            0 => out.truncate(at),
            1 => drop(out.drain(at..end)),
            2 => {
                let doubled = out[at..end].to_vec();
                out.splice(at..at, doubled);
            }
            3 => {
                let from = numbers.below(other.len() + 1);
                let piece = &other[from..(from + numbers.below(60)).min(other.len())];
                out.splice(at..end, piece.iter().copied());
            }
            4 => {
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << numbers.below(7);
                }
            }
            _ => drop(out.splice(at..at, TOKENS[numbers.below(TOKENS.len())].iter().copied())),
        }
    }
    out
}

fn fixtures() -> Vec<(FileKind, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let kind = FileKind::from_name(if name == "helm" { "kubernetes" } else { &name }).unwrap();
        for half in ["ok", "broken"] {
            for entry in std::fs::read_dir(folder.join(half)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "tree") {
                    found.push((kind, path));
                }
            }
        }
    }
    found.sort();
    found
}

/// What a template becomes is sound as well, and each node of it has a place in the template.
fn becomes(name: &str, template: &str, values: &Document) {
    let mut helpers = Helpers::default();
    let own = Definitions::read(template);
    helpers.add(template, &own);
    let layers = [ValueLayer::own(values)];
    let sources = Sources { values: &layers, chart: Some(values) };
    let Some(rendered) = render(template, sources, &helpers, HelperBlocks::Put) else {
        return;
    };
    let document = parse_at(FileKind::Kubernetes, name, rendered.text().to_owned());
    assert_sound(&document);
    for node in 0..document.len() as u32 {
        let source = rendered.source(document.span(node));
        assert!(source.slice(template).is_some(), "{source:?}");
        for (layer, node) in rendered.values(document.span(node)) {
            assert!(layer == 0 && (node as usize) < values.len());
        }
    }
}

/// Everything that is done to a file on its way to the rules.
fn read(kind: FileKind, name: &str, bytes: Vec<u8>) {
    let length = bytes.len();
    let Ok(decoded) = decode(bytes) else { return };
    assert!(decoded.text.len() <= length * 3);
    let _ = (classify_path(name), classify(name, &decoded.text), marks(kind, name, &decoded.text));
    let mut document = parse_at(kind, name, decoded.text.clone());
    assert_sound(&document);
    if kind == FileKind::Kubernetes {
        let values = parse_at(FileKind::HelmValues, "values.yaml", decoded.text.clone());
        becomes(name, &decoded.text, &values);
        substitute_values(&mut document, &values);
        assert_sound(&document);
        let off = switched_off(&document, &[ValueLayer::own(&values)]);
        assert!(off.iter().all(|part| part.span.slice(document.text()).is_some()), "{off:?}");
        assert!(off.is_sorted_by(|a, b| a.span.end <= b.span.start), "{off:?}");
    }
    for embedded in embedded(kind, &mut document) {
        drop(parse_at(embedded.kind, document.name(embedded.node), document.value(embedded.node).to_owned()));
    }
    for reference in references(kind, "a/b/c", &mut document) {
        assert!(!reference.path.split('/').any(|part| matches!(part, "" | "." | "..")), "{reference:?}");
    }
    for node in 0..document.len() as u32 {
        let Some(map) = SourceMap::new(&document, node) else { continue };
        let value = document.value(node);
        for (at, character) in value.char_indices() {
            let span = Span::new(at as u32, (at + character.len_utf8()) as u32);
            let source = map.source(span).and_then(|span| span.slice(document.text()));
            assert!(source.is_some(), "{character:?} at {at} of {value:?}");
        }
    }
    add_views(kind, &mut document, &["settings", "environment"]);
    for table in &document.tables {
        let (sliced, placed) = if table.name == "settings" { ([1, 7], [9, 11]) } else { ([1, 3], [7, 9]) };
        for row in table.cells.chunks_exact(table.stride as usize) {
            let range = |at: usize| row[at] as usize..row[at + 1] as usize;
            assert!(sliced.iter().all(|at| document.data.get(range(*at)).is_some()), "{row:?}");
            assert!(placed.iter().all(|at| document.text().get(range(*at)).is_some()), "{row:?}");
        }
    }
}

#[test]
fn mutants_of_every_fixture_give_sound_documents() {
    let fixtures = fixtures();
    let texts: Vec<Vec<u8>> = fixtures.iter().map(|(_, path)| std::fs::read(path).unwrap()).collect();
    let mut numbers = Numbers(1);
    for ((kind, path), text) in fixtures.iter().zip(&texts) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for _ in 0..MUTANTS {
            let mutant = mutate(text, &texts[numbers.below(texts.len())], &mut numbers);
            let shown = String::from_utf8_lossy(&mutant).into_owned();
            let started = Instant::now();
            let kind = *kind;
            let name = name.clone();
            let done = std::panic::catch_unwind(move || read(kind, &name, mutant));
            assert!(done.is_ok(), "as {}: {shown:?}", kind.as_str());
            // Unoptimised and beside other tests; what is not linear takes much longer on a few kilobytes.
            assert!(started.elapsed() < Duration::from_secs(5), "slow as {}: {shown:?}", kind.as_str());
        }
    }
}
