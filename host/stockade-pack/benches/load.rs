//! What every start pays for rules and configuration: six hundred rules, as many as the product has.
#![expect(clippy::expect_used, reason = "a bench may stop at whatever it did not expect")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use stockade_pack::config::{Config, Settings, Surroundings};
use stockade_pack::{
    Choice, Compiled, PackSource, PageStore, PluginSource, RuleStore, Source, Vocabulary, compile, table,
};

const RULES: usize = 600;
const VOCABULARY: Vocabulary<'static> = Vocabulary { kinds: &["dockerfile", "kubernetes"], interface: "0.1" };

const PLUGIN: &str = "plugin \"p\" {\n    version \"0.1.0\"\n    requires \"0.1\"\n    needs \"nodes\"\n    check \"c\" {\n\
    kinds \"dockerfile\" \"kubernetes\"\n    any-literal \"from\"\n    param \"forbid\" type=\"strings\" doc=\"what is refused\"\n  }\n}\n";

/// Words in an order that never repeats, so that compression has to work as on real prose: a linear congruence
/// (Knuth, MMIX) picks from some four thousand words made of syllables.
fn prose(number: usize) -> String {
    let syllables = [
        "im", "age", "tag", "re", "gis", "try", "di", "gest", "clu", "ster", "se", "cret", "mo", "unt", "ba",
        "se",
    ];
    let mut state = number as u64 + 1;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((state >> 33) % below).unwrap_or(0)
    };
    let mut word = || (0..3).map(|_| syllables[next(16)]).collect::<String>();
    (0..100).map(|_| word()).collect::<Vec<_>>().join(" ")
}

fn sources() -> (Vec<PackSource>, Vec<PluginSource>) {
    let mut files = vec![Source::new(
        "rules/p/pack.kdl",
        "pack \"p\" {\n    version \"0.1.0\"\n    title \"Pack\"\n    requires \"0.1\"\n}\n",
    )];
    for number in 0..RULES {
        let (name, title) = (format!("rule-{number}"), format!("Image number {number} is tagged latest"));
        files.push(Source::new(
            format!("rules/p/{name}.kdl"),
            format!(
                "rule \"{name}\" {{\n    title \"{title}\"\n    severity \"medium\"\n    precision \"very-high\"\n    \
                 since \"0.1.0\"\n    profiles \"default\" \"strict\"\n    cwe \"CWE-1104\"\n    \
                 aliases \"hadolint:DL{number}\" \"trivy:DS-{number}\"\n    tags \"supply-chain\" \"image\"\n    \
                 refs \"CIS-Docker-4.7\"\n    check \"p:c\" {{\n        forbid \"latest\" \"edge\"\n    }}\n    \
                 help \"Pin the image to a version tag or a digest.\"\n}}\n"
            ),
        ));
        let text = prose(number);
        files.push(Source::new(
            format!("rules/p/{name}.md"),
            format!(
                "# {title}\n\n{}.\n\n{text}.\n\n## Bad\n\n```dockerfile\nFROM debian:latest\nRUN {text}\n```\n\n\
                 ```text\n1:6 base image debian is tagged latest\n```\n\n## Good\n\n```dockerfile\nFROM debian:{number}\n```\n",
                text.get(..200).unwrap_or_default()
            ),
        ));
    }
    let plugin =
        PluginSource { folder: "p".to_owned(), file: Some(Source::new("plugins/p/plugin.kdl", PLUGIN)) };
    (vec![PackSource { folder: "p".to_owned(), files }], vec![plugin])
}

fn compiled() -> Compiled {
    let (packs, plugins) = sources();
    compile(&packs, &plugins, &VOCABULARY).expect("the bench's pack has no errors")
}

fn load(c: &mut Criterion) {
    let compiled = compiled();
    let [rules, pages, _] = RuleStore::pack(&compiled).expect("packs");
    let plain: usize = compiled.pages.iter().map(String::len).sum();
    c.bench_function(&format!("open the table of {RULES} rules ({} bytes)", rules.len()), |b| {
        b.iter_with_large_drop(|| RuleStore::open(black_box(&rules)));
    });
    c.bench_function(&format!("show one page of {plain} bytes in {}", pages.len()), |b| {
        b.iter(|| PageStore::open(black_box(&pages)).map(|store| store.get(300)));
    });
    c.bench_function("select without a file", |b| {
        b.iter_batched(
            || table(compiled.rules.clone()),
            |table| Settings::without_files(table, &Choice::default()),
            criterion::BatchSize::SmallInput,
        );
    });
}

fn configure(c: &mut Criterion) {
    let compiled = compiled();
    let text = "profile \"strict\"\nignore \"DL17\" \"tag:image\"\npath \"tests/**\" \"*.test.yaml\" {\n    \
                ignore \"p/*\"\n    kind \"kubernetes\"\n}\nexclude \"vendor\" reason=\"not ours\"\n\
                rule \"p/rule-3\" {\n    forbid \"beta\"\n}\nsuppressions {\n    require-reason #true\n}\n";
    let source = Source::new("stockade.kdl", text);
    c.bench_function(&format!("read a configuration of {} bytes", text.len()), |b| {
        b.iter(|| Config::read(black_box(&source), "", None));
    });
    let config = Config::read(&source, "", None).expect("the bench's configuration has no errors");
    let surroundings = Surroundings { plugins: &compiled.plugins, vocabulary: &VOCABULARY, today: None };
    let settings = Settings::new(compiled.table(), config, Vec::new(), &Choice::default(), &surroundings);
    let settings = settings.expect("the bench's configuration fits");
    c.bench_function("ask for the selection of a path", |b| {
        b.iter(|| settings.selection(black_box("services/web/deploy/app.yaml")));
    });
}

fn build(c: &mut Criterion) {
    let (packs, plugins) = sources();
    let mut group = c.benchmark_group("build");
    group.sample_size(10);
    group.bench_function(format!("compile {RULES} rules"), |b| {
        b.iter(|| compile(&packs, &plugins, &VOCABULARY));
    });
    group.finish();
}

criterion_group!(benches, load, configure, build);
criterion_main!(benches);
