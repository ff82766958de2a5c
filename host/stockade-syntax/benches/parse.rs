//! Throughput of the readers of YAML and JSON, on texts made here and, if `STOCKADE_BENCH_FOLDER` names a folder, on
//! the files in it that a scan would read: `cargo bench -p stockade-syntax`. The YAML that is no template is also read
//! by the other readers in Rust that keep positions, events only, without building anything from them.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use stockade_syntax::{FileKind, classify, decode, parse_at};

/// Deployments as people write them: comments, quotes, lists, a block scalar.
fn manifests() -> String {
    let one = "---\n# A deployment of the shop.\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n  labels:\n    \
               app.kubernetes.io/name: shop\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n        - name: web\n          \
               image: \"registry.example.com/shop/web:1.2.3\"\n          command: [\"serve\", \"--port\", \"8080\"]\n          resources:\n            \
               limits: {cpu: 500m, memory: 256Mi} # tight\n          env:\n            - name: MODE\n              value: 'production'\n        - \
               name: init\n          image: busybox\n          args:\n            - |\n              set -e\n              echo \"ready\"\n              \
               sleep 1\n";
    one.repeat(400)
}

fn chart() -> String {
    let one = "metadata:\n  name: {{ include \"shop.fullname\" . }}\n  labels:\n    {{- include \"shop.labels\" . | nindent 4 }}\nspec:\n  \
               {{- if not .Values.autoscaling }}\n  replicas: {{ .Values.replicas }}\n  {{- end }}\n  containers:\n    - name: {{ .Chart.Name }}\n      \
               image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"\n      resources:\n        {{- toYaml .Values.resources | nindent 8 }}\n---\n";
    one.repeat(400)
}

fn json() -> String {
    let one = "  {\"name\": \"shop\", \"version\": \"1.2.3\", \"port\": 8080, \"tags\": [\"a\", \"b\\n\", null], \"nested\": {\"x\": 1.5, \"y\": true}}";
    format!("[\n{}\n]\n", vec![one; 2000].join(",\n"))
}

/// The texts of a folder by kind.
fn texts(folder: &Path) -> BTreeMap<FileKind, Vec<(String, String)>> {
    let mut texts: BTreeMap<FileKind, Vec<(String, String)>> = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path: PathBuf = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Some(text) = std::fs::read(&path).ok().and_then(|bytes| decode(bytes).ok()) else { continue };
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if let Some(kind) = classify(&name, &text.text).kind {
                texts.entry(kind).or_default().push((name, text.text));
            }
        }
    }
    texts
}

fn measure(criterion: &mut Criterion, name: &str, kind: FileKind, texts: &[(String, String)]) {
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(20);
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || texts.to_vec(),
            |texts| {
                for (path, text) in texts {
                    black_box(parse_at(kind, &path, text));
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// The other readers on the same texts.
fn measure_others(criterion: &mut Criterion, name: &str, texts: &[(String, String)]) {
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let mut group = criterion.benchmark_group("others");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(20);
    group.bench_function(format!("granit, {name}"), |bencher| {
        bencher.iter(|| {
            for (_, text) in texts {
                let events = granit_parser::Parser::new_from_str(text);
                black_box(events.take_while(Result::is_ok).count());
            }
        });
    });
    group.bench_function(format!("saphyr, {name}"), |bencher| {
        bencher.iter(|| {
            for (_, text) in texts {
                let events = saphyr_parser::Parser::new_from_str(text);
                black_box(events.take_while(Result::is_ok).count());
            }
        });
    });
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    let made_up = [(String::new(), manifests())];
    measure_others(criterion, "made up", &made_up);
    for (name, kind, text) in [
        ("yaml, made up", FileKind::Kubernetes, manifests()),
        ("helm, made up", FileKind::Kubernetes, chart()),
        ("json, made up", FileKind::Json, json()),
    ] {
        measure(criterion, name, kind, &[(String::new(), text)]);
    }
    if let Some(folder) = std::env::var_os("STOCKADE_BENCH_FOLDER") {
        for (kind, texts) in texts(Path::new(&folder)) {
            let mut plain = texts.clone();
            plain.retain(|(_, text)| !text.contains("{{") && !text.trim_start().starts_with('{'));
            if matches!(kind, FileKind::Kubernetes | FileKind::KubernetesCrd | FileKind::Yaml) {
                let name = format!("{} without templates", kind.as_str());
                measure(criterion, &name, kind, &plain);
                measure_others(criterion, &name, &plain);
            }
            measure(criterion, &format!("{}, {} files", kind.as_str(), texts.len()), kind, &texts);
        }
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
