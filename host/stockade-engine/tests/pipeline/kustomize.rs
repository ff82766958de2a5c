//! Bases, which are judged as the kustomizations on top of them have them.

use crate::fake::{lines, scan_as, tree};
use stockade_model::{Document, NodeKind, RawFinding};

/// Finds mappings without `limits`.
fn unlimited(document: &Document) -> Vec<RawFinding> {
    let is_container = |node: &u32| {
        document.kind(*node) == NodeKind::Mapping
            && document.get(*node, "image").is_some()
            && document.get(*node, "limits").is_none()
    };
    let name = |node: u32| document.get(node, "name").map_or("", |name| document.value(name));
    let finding = |node: u32| RawFinding {
        rule: 0,
        node: Some(node),
        message: format!("{} has no limits", name(node)),
        ..RawFinding::default()
    };
    (0..document.len() as u32).filter(is_container).map(finding).collect()
}

const POD: &[u8] = b"apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: one, image: a}
  - {name: two, image: b}
";

#[test]
fn what_every_kustomization_puts_there_is_missing_nowhere() {
    let limits = b"kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: one, limits: 1}\n";
    let files: [(&str, &[u8]); 7] = [
        ("base/pod.yaml", POD),
        ("base/alone.yaml", POD),
        ("base/kustomization.yaml", b"resources: [pod.yaml]\n"),
        ("dev/kustomization.yaml", b"resources: [../base]\npatches: [{path: ../limits/one.yaml}]\n"),
        ("prod/kustomization.yaml", b"resources: [../base]\ncomponents: [../limits]\n"),
        ("limits/kustomization.yaml", b"kind: Component\npatches: [{path: one.yaml}]\n"),
        ("limits/one.yaml", limits),
    ];
    let found = |files: &[(&str, &[u8])]| {
        let report = scan_as(tree(files).path(), "kubernetes", false, unlimited);
        assert_eq!(report.faults, []);
        lines(&report)
            .into_iter()
            .filter(|line| line.contains("base/pod.yaml") && line.contains("a/word"))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&files), ["base/pod.yaml:7:5 a/word two has no limits"]);
    // Where one takes the base as it is, all is missing there.
    let mut more = files.to_vec();
    more.push(("test/kustomization.yaml", b"resources: [../base]\n"));
    let all = ["base/pod.yaml:6:5 a/word one has no limits", "base/pod.yaml:7:5 a/word two has no limits"];
    assert_eq!(found(&more), all);
    // A patch that leaves the container as it is changes nothing.
    more.pop();
    more[6].1 = b"kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: one, command: [a]}\n";
    assert_eq!(found(&more), all);
    assert_eq!(found(&files[..3]), all);
}

#[test]
fn rules_across_files_see_what_kustomizations_make_of_a_base() {
    let objects = b"apiVersion: v1
kind: Pod
metadata: {name: everywhere}
unit: gone
---
apiVersion: v1
kind: Pod
metadata: {name: once}
unit: half
---
apiVersion: v1
kind: Pod
metadata: {name: other}
spec:
  unit: before
---
apiVersion: v1
kind: Pod
metadata: {name: same}
unit: kept
";
    let dev = b"resources: [../base, own.yaml]
patches:
- patch: '{kind: Pod, metadata: {name: everywhere}, unit: null}'
- patch: '{kind: Pod, metadata: {name: other}, spec: {unit: after}}'
";
    let prod = b"resources: [../base]
patches:
- patch: '{kind: Pod, metadata: {name: everywhere}, $patch: delete}'
- patch: '{kind: Pod, metadata: {name: once}, unit: null}'
";
    let files: [(&str, &[u8]); 5] = [
        ("base/kustomization.yaml", b"resources: [pods.yaml]\n"),
        ("base/pods.yaml", objects),
        ("dev/kustomization.yaml", dev),
        ("dev/own.yaml", b"apiVersion: v1\nkind: Pod\nunit: own\n"),
        ("prod/kustomization.yaml", prod),
    ];
    let found = |files: &[(&str, &[u8])]| -> Vec<String> {
        let report = scan_as(tree(files).path(), "kubernetes", false, unlimited);
        assert_eq!(report.faults, []);
        lines(&report).into_iter().filter(|line| line.contains("b/project unit")).collect()
    };
    let kept = [
        "base/pods.yaml:9:7 b/project unit half",
        "base/pods.yaml:15:9 b/project unit before",
        "base/pods.yaml:20:7 b/project unit kept",
        "dev/own.yaml:3:7 b/project unit own",
    ];
    assert_eq!(found(&files), kept);
    let gone = "base/pods.yaml:4:7 b/project unit gone";
    assert_eq!(found(&files[..2]), [&[gone][..], &kept[..3]].concat());
}
