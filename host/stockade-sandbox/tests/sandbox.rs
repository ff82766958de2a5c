//! What plugins get and what becomes of their answers: built in, from outside, from the cache.

use crate::common::{
    CHECK, RULE, TEXT, check, component_of, document, low_limits, sandbox_of, setups, well_behaved,
    well_behaved_built_in,
};
use stockade_model::{
    Applicability, Checker, Document, Fact, FaultKind, FileFacts, Later, Param, RawReport, RuleSetup, Span,
    Table,
};
use stockade_sandbox::{CodeCache, Limits, OpenError, Sandbox, inspect, precompile};

/// Native code as the build embeds it. Leaked, as `'static` data of the program is never freed either.
fn embedded(wasm: &[u8]) -> &'static [u8] {
    Vec::leak(precompile(wasm, None).unwrap())
}

fn assert_one_finding(report: &RawReport) {
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert_eq!((finding.rule, finding.span, finding.node), (RULE, Some(Span::new(0, 4)), Some(0)));
    assert_eq!(finding.message, "a word");
}

#[test]
fn a_component_from_outside_answers() {
    let sandbox = sandbox_of(&well_behaved(), Limits::default());
    assert_one_finding(&check(&sandbox, 0).unwrap());
}

#[test]
fn a_built_in_plugin_answers_and_an_unused_one_is_never_started() {
    let code = embedded(&well_behaved_built_in());
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    let used = builder.add_builtin("used", "1.0.0", &["nodes"], code);
    let unused = builder.add_builtin("unused", "1.0.0", &["nodes"], code);
    builder.rules([(used, setups())]).unwrap();
    let sandbox = builder.build();
    assert_one_finding(&check(&sandbox, used).unwrap());
    let usage = sandbox.usage(used);
    assert_eq!((usage.calls, usage.instances), (1, 1));
    assert_eq!(sandbox.usage(unused), stockade_sandbox::Usage::default());
    let names: Vec<&str> = sandbox.plugins().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["used", "unused"]);
}

#[test]
fn ahead_of_time_code_takes_a_target() {
    let wasm = well_behaved_built_in();
    let code = precompile(&wasm, Some(stockade_sandbox::TARGET)).unwrap();
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    let plugin = builder.add_builtin("test", "1.0.0", &[], Vec::leak(code));
    assert_one_finding(&check(&builder.build(), plugin).unwrap());
    let error = precompile(&wasm, Some("no-such-machine")).unwrap_err();
    assert!(matches!(error, OpenError::Engine { .. }), "{error}");
    assert!(matches!(precompile(b"\0asm", None), Err(OpenError::NoComponent { .. })));
    let error = precompile(&well_behaved(), None).unwrap_err();
    assert!(error.to_string().contains("does not count what it does"), "{error}");
}

#[test]
fn embedded_code_that_does_not_fit_is_a_fault_told_once_and_the_same() {
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    // Refused by its first bytes, before anything could be run.
    let plugin = builder.add_builtin("odd", "1.0.0", &[], b"no compiled code");
    let sandbox = builder.build();
    let fault = check(&sandbox, plugin).unwrap_err();
    assert_eq!((fault.kind, fault.path.as_deref()), (FaultKind::Open, None));
    assert_eq!(check(&sandbox, plugin), Err(fault));
}

#[test]
fn files_that_are_no_component_are_named_for_what_they_are() {
    let limits = low_limits();
    let module = wat::parse_str("(module)").unwrap();
    for (bytes, found) in [
        (&module[..], "a core WebAssembly module"),
        (b"\0asm\x63\0\0\0", "a WebAssembly file of an unknown version"),
        (b"\x7fELF\x02\x01\x01\0", "native code"),
        (b"", "empty"),
        (b"#!/bin/sh\n", "a file of another kind"),
    ] {
        assert_eq!(inspect(bytes, &limits), Err(OpenError::NoComponent { found }));
    }
    let large = vec![0; limits.component_bytes + 1];
    assert!(matches!(inspect(&large, &limits), Err(OpenError::TooLarge { .. })));
    let mut cut = well_behaved();
    cut.truncate(cut.len() / 2);
    assert!(matches!(inspect(&cut, &limits), Err(OpenError::Invalid { .. })));
}

#[test]
fn inspection_tells_interface_imports_and_sections_without_running() {
    let wasm = component_of(
        r#"
;; host:
(import "wasi:cli/exit@0.2.3" (instance))
(import "stockade:plugin/types@0.1.0" (instance))
(@custom "stockade:pack" "name")
(core instance $host)
;; module:
(func $spin (loop $again (br $again)))
(start $spin)"#,
    );
    let inspection = inspect(&wasm, &Limits::default()).unwrap();
    assert_eq!(inspection.interface, "0.1.0");
    assert_eq!(inspection.imports, ["wasi:cli/exit@0.2.3"]);
    assert!(inspection.sections.contains(&("stockade:pack", b"name")), "{:?}", inspection.sections);
}

/// Answers with one fact whose value is `ADDRESS` and `LENGTH`, both WAT expressions.
fn telling(address: &str, length: &str) -> Vec<u8> {
    component_of(&format!(
        "{CHECK}
  (i32.store (i32.const 1208) {address})
  (i32.store (i32.const 1212) {length})
  (i32.const 128))
(data (i32.const 132) (i32 1024 0) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0 0) (i32 0 0 0))"
    ))
}

fn told(wasm: &[u8], needs: &[&str], document: &Document) -> String {
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    let plugin = builder.add_component("test", "1.0.0", needs, wasm, None).unwrap();
    builder.rules([(plugin, setups())]).unwrap();
    let report = builder.build().check(plugin, "a/Dockerfile", "dockerfile", document, &[RULE]).unwrap();
    report.facts[0].value.clone()
}

#[test]
fn a_check_gets_path_kind_and_text() {
    for (address, length, expected) in
        [(0, 1, "a/Dockerfile"), (2, 3, "dockerfile"), (6, 7, TEXT), (6, 8, TEXT)]
    {
        let wasm = telling(&format!("(local.get {address})"), &format!("(local.get {length})"));
        assert_eq!(told(&wasm, &["nodes"], &document()), expected);
    }
}

#[test]
fn only_the_tables_that_are_needed_are_sent() {
    let tables =
        component_of(&format!("{CHECK} (i32.store (i32.const 1028) (local.get 10)) (i32.const 128))"));
    let mut document = document();
    document.tables.push(Table { name: "settings", stride: 2, cells: vec![65, 66] });
    for (needs, count) in [
        (&[][..], 0),
        (&["nodes"], 1),
        (&["nodes", "comments"], 2),
        (&["settings"], 1),
        (&["environment"], 0),
        (&["nodes", "comments", "settings"], 3),
    ] {
        let mut builder = Sandbox::builder(Limits::default()).unwrap();
        let plugin = builder.add_component("test", "1.0.0", needs, &tables, None).unwrap();
        let report = builder.build().check(plugin, "a", "yaml", &document, &[RULE]).unwrap();
        assert_eq!(report.findings[0].file, count, "{needs:?}");
    }
}

/// A cell of the only table that is sent: a table is name 0, stride 8, cells 12 (address, length).
fn cell(document: &Document, need: &str, index: u32) -> u32 {
    let at = index * 4;
    let wasm = component_of(&format!(
        "{CHECK}
  (i32.store (i32.const 1028) (i32.load offset={at} (i32.load offset=12 (local.get 9))))
  (i32.const 128))"
    ));
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    let plugin = builder.add_component("test", "1.0.0", &[need], &wasm, None).unwrap();
    builder.build().check(plugin, "a", "yaml", document, &[RULE]).unwrap().findings[0].file
}

#[test]
fn tables_arrive_cell_by_cell() {
    let mut document = document();
    document.tables.push(Table { name: "settings", stride: 2, cells: vec![65, u32::MAX] });
    for index in [0, 4, 5, 13, 18, 25] {
        assert_eq!(cell(&document, "nodes", index), document.nodes[index as usize], "cell {index}");
    }
    let comments: Vec<u32> = (0..3).map(|index| cell(&document, "comments", index)).collect();
    assert_eq!(comments, [9, 12, 1]);
    assert_eq!(cell(&document, "settings", 1), u32::MAX);
}

#[test]
fn rules_arrive_with_their_parameters() {
    // `configure` keeps the address of the rules, and memory is never handed out twice.
    let keeping = |address: &str, length: &str| {
        component_of(&format!(
            r#"(global $rules (mut i32) (i32.const 0))
(func $at (param i32) (result i32) (i32.load (i32.add (global.get $rules) (local.get 0))))
(func $params (param i32) (result i32) (i32.load (i32.add (call $at (i32.const 20)) (local.get 0))))
(func (export "configure") (param i32 i32) (result i32)
  (global.set $rules (local.get 0))
  (i32.const 64))
(func (export "post-configure") (param i32))
(func (export "post-check") (param i32))
{CHECK}
  (i32.store (i32.const 1208) {address})
  (i32.store (i32.const 1212) {length})
  (i32.const 128))
(data (i32.const 132) (i32 1024 0) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0 0) (i32 0 0 0))"#
        ))
    };
    let params = Later::from(vec![Param {
        depth: 0,
        name: "forbid".to_owned(),
        args: vec!["latest".to_owned(), "edge".to_owned()],
        props: vec![("because".to_owned(), "it moves".to_owned())],
    }]);
    let rules =
        vec![RuleSetup { rule: RULE, id: "test/rule".to_owned(), check: "image-tag".to_owned(), params }];
    let told = |address: &str, length: &str| {
        let mut builder = Sandbox::builder(Limits::default()).unwrap();
        let plugin = builder.add_component("test", "1", &[], &keeping(address, length), None).unwrap();
        builder.rules([(plugin, rules.clone())]).unwrap();
        check(&builder.build(), plugin).unwrap().facts[0].value.clone()
    };
    let rule = |at: u32| format!("(call $at (i32.const {at}))");
    // A parameter is depth 0, name 4, args 12, props 20; the second argument is the second pair.
    let param = |at: u32| format!("(call $params (i32.const {at}))");
    assert_eq!(told(&rule(4), &rule(8)), "test/rule");
    assert_eq!(told(&rule(12), &rule(16)), "image-tag");
    assert_eq!(told(&param(4), &param(8)), "forbid");
    let inside = |list: u32, at: u32| format!("(i32.load offset={at} {})", param(list));
    assert_eq!(told(&inside(12, 8), &inside(12, 12)), "edge");
    assert_eq!(told(&inside(20, 0), &inside(20, 4)), "because");
    assert_eq!(told(&inside(20, 8), &inside(20, 12)), "it moves");
}

#[test]
fn a_project_check_gets_the_facts_of_all_files() {
    let sandbox = sandbox_of(&well_behaved(), Limits::default());
    let fact = Fact { key: "image".to_owned(), value: "debian".to_owned(), span: None };
    let files = [FileFacts { path: "a.yaml".into(), kind: "yaml", facts: vec![fact.clone()] }];
    let report = sandbox.check_project(0, &[RULE], &files).unwrap();
    assert_one_finding(&report);
    assert_eq!(report.findings[0].file, 0);

    let few = Limits { project_facts_bytes: 10, ..Limits::default() };
    let fault = sandbox_of(&well_behaved(), few).check_project(0, &[RULE], &files).unwrap_err();
    assert_eq!((fault.kind, fault.path), (FaultKind::Answer, None));
    assert_eq!(fault.message, "recorded 11 bytes of facts, more than 10");
}

#[test]
fn everything_a_finding_may_have_comes_through_clean() {
    let wasm = component_of(
        r#"
(data (i32.const 1052) (i32 2100 9))                                   ;; message
(data (i32.const 1060) (i32 1 2048 6))                                 ;; help
(data (i32.const 1072) (i32 1200 2))                                   ;; labels
(data (i32.const 1080) (i32 1300 1))                                   ;; fixes
(data (i32.const 1088) (i32 1 2048 6))                                 ;; key
(data (i32.const 1100) (i32 1400 1))                                   ;; data
(data (i32.const 1200) (i32 0 0 0) (i32 9 15) (i32 2048 6))
(data (i32.const 1228) (i32 1 2120 6) (i32 900 901) (i32 2048 6))      ;; in another file
(data (i32.const 1300) (i32 2048 6) (i32 1) (i32 1340 2))
(data (i32.const 1340) (i32 9 15) (i32 2048 6) (i32 0 0) (i32 2130 3))
(data (i32.const 1400) (i32 2048 6) (i32 2100 9))
(data (i32.const 2100) " a\1b[1m\0a\0ab") (data (i32.const 2120) "b.yaml") (data (i32.const 2130) "x\0ay")"#,
    );
    let report = check(&sandbox_of(&wasm, Limits::default()), 0).unwrap();
    let finding = &report.findings[0];
    assert_eq!(finding.message, "a\\u{1b}[1m b");
    assert_eq!(finding.help.as_deref(), Some("a word"));
    assert_eq!(finding.key.as_deref(), Some("a word"));
    assert_eq!(finding.data, [("a word".to_owned(), "a\\u{1b}[1m b".to_owned())]);
    let labels: Vec<_> = finding.labels.iter().map(|l| (l.path.as_deref(), l.span)).collect();
    assert_eq!(labels, [(None, Span::new(9, 15)), (Some("b.yaml"), Span::new(900, 901))]);
    let fix = &finding.fixes[0];
    assert_eq!((fix.applicability, fix.title.as_str()), (Applicability::Unsafe, "a word"));
    let edits: Vec<_> = fix.edits.iter().map(|e| (e.span, e.replacement.as_str())).collect();
    assert_eq!(edits, [(Span::new(9, 15), "a word"), (Span::new(0, 0), "x\ny")]);
}

#[test]
fn rules_for_a_plugin_that_does_not_exist_are_an_error() {
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    assert_eq!(builder.rules([(3, setups())]).err(), Some(OpenError::NoPlugin { index: 3, count: 0 }));
    let sandbox = builder.build();
    assert_eq!(check(&sandbox, 0).unwrap_err().kind, FaultKind::Open);
}

#[test]
fn compiled_code_is_kept_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::new(folder.path().join("code"), folder.path().join("state/key"));
    let wasm = well_behaved();
    let run = || {
        let mut builder = Sandbox::builder(Limits::default()).unwrap();
        let plugin = builder.add_component("test", "1.0.0", &[], &wasm, Some(&cache)).unwrap();
        let sandbox = builder.build();
        assert_one_finding(&check(&sandbox, plugin).unwrap());
        assert_eq!(sandbox.remarks(), [""; 0]);
        let entry = std::fs::read_dir(folder.path().join("code")).unwrap().next().unwrap().unwrap();
        (entry.path(), entry.metadata().unwrap().modified().unwrap())
    };
    let first = run();
    assert_eq!(run(), first, "the second run did not write");
    // A damaged entry is compiled and written anew.
    let mut bytes = std::fs::read(&first.0).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&first.0, &bytes).unwrap();
    run();
    assert_ne!(std::fs::read(&first.0).unwrap(), bytes);
}

#[test]
fn a_cache_that_cannot_be_used_costs_a_remark_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cache = CodeCache::new(file.join("code"), folder.path().join("state/key"));
    let mut builder = Sandbox::builder(Limits::default()).unwrap();
    let plugin = builder.add_component("test", "1.0.0", &[], &well_behaved(), Some(&cache)).unwrap();
    let sandbox = builder.build();
    assert_one_finding(&check(&sandbox, plugin).unwrap());
    assert_eq!(sandbox.remarks().len(), 1);
    assert!(sandbox.remarks()[0].contains("`test` cannot be kept"), "{:?}", sandbox.remarks());
}
