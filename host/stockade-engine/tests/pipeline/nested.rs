//! Files inside files.

use crate::fake::{latest, lines, scan_as, tree};
use stockade_model::{Applicability, Document, Edit, Fix, NodeKind, RawFinding, Span};

const CONFIG_MAP: &[u8] = b"apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  nginx.conf: |
    # The front.
    server {
      listen latest;
    }
  quoted.conf: \"server {\\n  listen latest;\\n}\\n\"
  broken.yaml: |
    a: 1
    a: 2
";

/// As [`latest`], with a fix of two edits.
fn latest_with_fix(document: &Document) -> Vec<RawFinding> {
    let mut findings = latest(document);
    for finding in &mut findings {
        let span = document.span(finding.node.unwrap());
        let edits = vec![
            Edit { span, replacement: "80".to_owned() },
            Edit { span: Span::new(span.end + 1, span.end + 1), replacement: "\n  root /;".to_owned() },
        ];
        finding.fixes.push(Fix {
            title: "listen on 80".to_owned(),
            applicability: Applicability::Safe,
            edits,
        });
    }
    findings
}

#[test]
fn files_in_a_config_map_are_judged_where_they_stand() {
    let dir = tree(&[("map.yaml", CONFIG_MAP)]);
    let report = scan_as(dir.path(), "nginx", false, latest_with_fix);
    assert_eq!(report.faults, []);
    let own: Vec<String> = lines(&report).into_iter().filter(|line| !line.contains("b/project")).collect();
    assert_eq!(
        own,
        [
            "map.yaml:9:14 a/word found latest",
            "map.yaml:11:36 a/word found latest",
            "map.yaml:14:5 syntax/duplicate-key key `a` is already defined on line 13",
        ]
    );
    let [first, second, ..] =
        report.findings.iter().filter(|f| f.message == "found latest").collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    assert_eq!(first.node_path, "0/data/nginx.conf");
    assert_ne!(first.fingerprint, second.fingerprint);
    // In a literal block lines can be added; in quotes a replacement would need escapes.
    assert_eq!(second.fixes, []);
    let mut text = String::from_utf8(CONFIG_MAP.to_vec()).unwrap();
    for edit in first.fixes[0].edits.iter().rev() {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    }
    assert!(text.contains("    server {\n      listen 80;\n      root /;\n    }\n"), "{text}");
}

#[test]
fn what_is_secret_in_a_file_in_a_config_map_is_the_inner_value() {
    let dir = tree(&[("map.yaml", CONFIG_MAP)]);
    let report = scan_as(dir.path(), "nginx", true, latest);
    let text = std::str::from_utf8(CONFIG_MAP).unwrap();
    let secrets: Vec<_> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.secret)
        .map(|span| span.slice(text).unwrap())
        .collect();
    assert_eq!(secrets, ["latest", "latest"]);
}

#[test]
fn scripts_of_pipelines_are_judged_by_rules_that_do_not_know_pipelines() {
    let workflow = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: |\n        docker pull\n        chmod latest\n";
    let dir = tree(&[(".github/workflows/ci.yaml", workflow)]);
    let report = scan_as(dir.path(), "shell", false, latest);
    let own: Vec<String> = lines(&report).into_iter().filter(|line| !line.contains("b/project")).collect();
    assert_eq!(own, [".github/workflows/ci.yaml:8:15 a/word found latest"]);
    // A rule for both has looked at the whole file: no second time at its parts.
    let both = scan_as(dir.path(), "shell github-workflow", false, words_of_scalars);
    let own: Vec<String> = lines(&both).into_iter().filter(|line| !line.contains("b/project")).collect();
    assert_eq!(own, [".github/workflows/ci.yaml:6:12 a/word saw a script"]);
}

/// Finds whatever holds a script: the outer scalar, or each word of the inner command.
fn words_of_scalars(document: &Document) -> Vec<RawFinding> {
    (0..document.len() as u32)
        .filter(|node| document.kind(*node) == NodeKind::Scalar && document.value(*node).contains("chmod"))
        .map(|node| RawFinding {
            rule: 0,
            node: Some(node),
            message: "saw a script".to_owned(),
            ..RawFinding::default()
        })
        .collect()
}
