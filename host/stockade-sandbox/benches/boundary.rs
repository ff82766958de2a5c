//! What crossing the boundary costs: `cargo bench -p stockade-sandbox`.
//!
//! The plugin does nothing with what it gets, so each figure is lending the document, calling, reading
//! one finding back and checking it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark")]

#[path = "../tests/common.rs"]
#[expect(dead_code, reason = "tests use the rest")]
mod common;

use common::{RULE, check, component_of, sandbox_of, setups, well_behaved, well_behaved_built_in};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use stockade_model::{Builder as DocumentBuilder, Checker, Document, NodeKind, ScalarType, Span, Style};
use stockade_sandbox::{Limits, Reuse, Sandbox, precompile};

/// A document of this many nodes, with about 49 bytes of text for each, as in real manifests.
fn document_of(nodes: usize) -> Document {
    let line = "someKeyOfAMapping: some value of ordinary length\n";
    let mut builder = DocumentBuilder::new(line.repeat(nodes));
    builder.open(NodeKind::Mapping, Span::new(0, (line.len() * nodes) as u32));
    for index in 0..nodes - 2 {
        let at = (index * line.len()) as u32;
        let (key, value) = (Span::new(at, at + 17), Span::new(at + 19, at + 48));
        let key = Some((key, "someKeyOfAMapping"));
        builder.scalar(key, value, "some value of ordinary length", ScalarType::String, Style::Plain);
    }
    builder.close();
    builder.finish()
}

fn calls(c: &mut Criterion) {
    let sandbox = sandbox_of(&well_behaved(), Limits::default());
    let silent = sandbox_of(&component_of("(data (i32.const 132) (i32 1024 0))"), Limits::default());
    let empty = Document::of_text(String::new());
    let mut group = c.benchmark_group("check");
    group.bench_function("nothing", |b| {
        b.iter(|| silent.check(0, "a", "text", black_box(&empty), &[RULE]).unwrap());
    });
    group.bench_function("a finding", |b| b.iter(|| check(&sandbox, 0).unwrap()));
    for nodes in [75, 2_000] {
        let document = document_of(nodes);
        group.bench_function(format!("{nodes} nodes"), |b| {
            b.iter(|| sandbox.check(0, "a/b.yaml", "kubernetes", black_box(&document), &[RULE]).unwrap());
        });
    }
    group.finish();
}

fn instances(c: &mut Criterion) {
    let code: &'static [u8] = Vec::leak(precompile(&well_behaved_built_in(), None).unwrap());
    let with = |reuse: Reuse| {
        let mut builder = Sandbox::builder(Limits::default()).unwrap().reuse(reuse);
        let plugin = builder.add_builtin("test", "1.0.0", &["nodes"], code);
        builder.rules([(plugin, setups())]).unwrap();
        builder.build()
    };
    let mut group = c.benchmark_group("instance");
    let fresh = with(Reuse::Never);
    group.bench_function("new for each call", |b| b.iter(|| check(&fresh, 0).unwrap()));
    group.bench_function("sandbox with ten unused plugins", |b| {
        b.iter(|| {
            let mut builder = Sandbox::builder(Limits::default()).unwrap();
            for _ in 0..10 {
                builder.add_builtin("test", "1.0.0", &["nodes"], code);
            }
            black_box(builder.build())
        });
    });
    group.bench_function("sandbox and first call", |b| {
        b.iter(|| {
            let sandbox = with(Reuse::Kept);
            black_box(check(&sandbox, 0).unwrap());
        });
    });
    group.finish();
}

criterion_group!(benches, calls, instances);
criterion_main!(benches);
