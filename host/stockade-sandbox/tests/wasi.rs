//! The virtual WASI: the same for each run, empty, and heard.

use crate::common::{CHECK, check, component_of, folder, low_limits, number, sandbox_of};
use stockade_model::FaultKind;
use stockade_sandbox::{Limits, Sandbox};

/// A plugin that imports `function` of `interface`, a function without parameters, and answers with the low half of
/// its 64-bit result.
fn asking(interface: &str, function: &str) -> Vec<u8> {
    component_of(&format!(
        r#"
;; host:
(import "{interface}" (instance $i (export "{function}" (func (result u64)))))
(core func $f (canon lower (func $i "{function}")))
(core instance $host (export "f" (func $f)))
;; module:
(import "host" "f" (func $f (result i64)))
{CHECK}
  (i64.store32 (i32.const 1028) (call $f))
  (i32.const 128))"#
    ))
}

fn numbers(wasm: &[u8]) -> Vec<u32> {
    let sandbox = sandbox_of(wasm, Limits::default());
    (0..3).map(|_| number(&sandbox)).collect()
}

#[test]
fn the_monotonic_clock_moves_by_readings_alone() {
    for version in ["0.2.0", "0.2.6", "0.2.99"] {
        let wasm = asking(&format!("wasi:clocks/monotonic-clock@{version}"), "now");
        assert_eq!(numbers(&wasm), [1_001_000_000, 1_002_000_000, 1_003_000_000]);
    }
}

#[test]
fn random_numbers_are_the_same_in_each_call() {
    for (interface, function) in [
        ("wasi:random/random@0.2.0", "get-random-u64"),
        ("wasi:random/insecure@0.2.0", "get-insecure-random-u64"),
    ] {
        let numbers = numbers(&asking(interface, function));
        assert!(numbers.iter().all(|n| *n == numbers[0] && *n != 0), "{numbers:?}");
    }
}

#[test]
fn there_are_no_arguments_no_environment_and_no_files() {
    for (interface, function, result) in [
        ("wasi:cli/environment@0.2.0", "get-arguments", "(list string)"),
        ("wasi:cli/environment@0.2.0", "get-environment", "(list (tuple string string))"),
    ] {
        let wasm = component_of(&format!(
            r#"
;; host:
(core module $memory (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
(core instance $memory (instantiate $memory))
(import "{interface}" (instance $i (export "{function}" (func (result {result})))))
(core func $f (canon lower (func $i "{function}")
  (memory (core memory $memory "memory")) (realloc (core func $memory "cabi_realloc"))))
(core instance $host (export "memory" (memory $memory "memory")) (export "f" (func $f)))
;; module:
(import "host" "memory" (memory 2))
(import "host" "f" (func $f (param i32)))
(export "memory" (memory 0))
{CHECK}
  (i32.store (i32.const 516) (i32.const 99))
  (call $f (i32.const 512))
  (i32.store (i32.const 1028) (i32.load (i32.const 516)))
  (i32.const 128))"#
        ));
        assert_eq!(number(&sandbox_of(&wasm, Limits::default())), 0, "{function}");
    }
}

/// The plugin that floods its output, changed to write `text` once and then to end like `end`.
fn writing(text: &str, end: &str) -> Sandbox {
    let source = std::fs::read_to_string(folder().join("floods-output.wat")).unwrap();
    let length = text.len();
    let source = source
        .replace("(memory.fill (i32.const 4096) (i32.const 97) (i32.const 60000))", "")
        .replace("(i32.const 60000)", &format!("(i32.const {length})"))
        .replace("(br $again))\n  (unreachable))", &format!(") {end})"));
    let escaped: String = text.bytes().map(|b| format!("\\{b:02x}")).collect();
    sandbox_of(&component_of(&format!("{source}\n(data (i32.const 4096) \"{escaped}\")")), Limits::default())
}

#[test]
fn output_goes_to_a_clean_log() {
    let sandbox = writing("checking\u{1b}[2J\n\tone\n", "(i32.const 128)");
    check(&sandbox, 0).unwrap();
    check(&sandbox, 0).unwrap();
    assert_eq!(sandbox.log(0), "checking\\u{1b}[2J\n one\n".repeat(2));
}

#[test]
fn a_trap_is_told_with_the_last_words_before_it() {
    let sandbox = writing("panicked at check.rs:7\nindex out of bounds\n\n", "(unreachable)");
    let fault = check(&sandbox, 0).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Trap);
    assert!(fault.message.ends_with("; it wrote: panicked at check.rs:7 index out of bounds"), "{fault}");
    assert_eq!(sandbox.log(0), "panicked at check.rs:7\nindex out of bounds\n\n");
}

#[test]
fn a_log_has_an_end() {
    let source = std::fs::read_to_string(folder().join("floods-output.wat")).unwrap();
    let sandbox = sandbox_of(&component_of(&source), low_limits());
    for _ in 0..3 {
        check(&sandbox, 0).unwrap_err();
    }
    let length = sandbox.log(0).len();
    assert!((10_000..=low_limits().log_bytes + 1).contains(&length), "{length}");
}
