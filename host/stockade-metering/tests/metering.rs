//! What metered modules do inside the sandbox that runs the built-in plugins.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use stockade_model::{
    Builder, Checker, Document, Fault, FaultKind, Later, NodeKind, RawReport, RuleSetup, Span,
};
use stockade_sandbox::{Limits, Sandbox, Usage, precompile};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// A core module of the plugin world whose `check` runs `body` and then finds nothing.
fn module(fields: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 4096))
            (table 4 funcref)
            (type $plain (func (param i32) (result i32)))
            {fields}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                (global.set $next (i32.add (local.get $at) (local.get 3)))
                (local.get $at))
            (func (export "stockade:plugin/rules@0.1.0#configure") (param i32 i32) (result i32) (i32.const 1024))
            (func (export "stockade:plugin/rules@0.1.0#check")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                (local $n i32)
                {body}
                (i32.const 1024))
            (func (export "stockade:plugin/rules@0.1.0#check-project") (param i32 i32 i32 i32) (result i32)
                (i32.const 1024)))"#
    );
    let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/v0.1.0");
    let (package, _) = resolve.push_path(wit).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

fn sandbox(module: &[u8], limits: Limits) -> Sandbox {
    let metered = stockade_metering::meter(module).unwrap();
    let mut encoder = ComponentEncoder::default();
    let component = encoder.module(&metered).unwrap().validate(true).encode().unwrap();
    let code = precompile(&component, None).unwrap();
    let mut builder = Sandbox::builder(limits).unwrap();
    let plugin = builder.add_builtin("test", "1.0.0", &["nodes"], Vec::leak(code));
    let rule =
        |rule| RuleSetup { rule, id: "a/b".to_owned(), check: "b".to_owned(), params: Later::default() };
    builder.rules([(plugin, (1..=16).map(rule).collect())]).unwrap();
    builder.build()
}

fn document() -> Document {
    let mut builder = Builder::new("a: b\n".to_owned());
    builder.leaf(NodeKind::Scalar, Span::new(0, 1));
    builder.finish()
}

fn check(sandbox: &Sandbox) -> Result<RawReport, Fault> {
    sandbox.check(0, "a.yaml", "yaml", &document(), &[1])
}

fn low() -> Limits {
    Limits { call_fuel: 1_000_000, built_in_fuel_per_byte: 0, start_fuel: 1_000_000, ..Limits::default() }
}

/// The usage of one call that must succeed.
fn usage(fields: &str, body: &str) -> Usage {
    let sandbox = sandbox(&module(fields, body), low());
    assert_eq!(check(&sandbox), Ok(RawReport::default()));
    sandbox.usage(0)
}

fn assert_budget(fields: &str, body: &str) {
    let sandbox = sandbox(&module(fields, body), low());
    for _ in 0..2 {
        let fault = check(&sandbox).expect_err(body);
        assert_eq!(fault.kind, FaultKind::Budget, "{body}: {}", fault.message);
        assert_eq!(fault.message, "used up its budget of 1000000 instructions");
    }
}

/// A loop of this many turns.
fn turns(count: &str) -> String {
    format!(
        "(loop $again
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $n) {count})))"
    )
}

#[test]
fn what_ends_is_counted_and_the_same_each_time() {
    let turns = |count: u32| usage("", &turns(&format!("(i32.const {count})"))).fuel;
    assert_eq!(turns(1_000), turns(1_000));
    let (few, many) = (turns(1_000), turns(11_000));
    // Between five and twenty instructions a turn.
    assert!((50_000..200_000).contains(&(many - few)), "{few} {many}");
}

/// A file for which one budget is too little is asked about in parts, as long as not too many of them are too much as well.
#[test]
fn what_is_too_much_at_once_is_asked_in_parts() {
    let fuel = |count: u32| usage("", &turns(&format!("(i32.const {count})"))).fuel;
    // So many that two rules fit into a budget.
    let count = 400_000 * 10_000 / (fuel(11_000) - fuel(1_000));
    // The last parameter is the number of rules.
    let body = turns(&format!("(i32.mul (local.get 12) (i32.const {count}))"));
    let sandbox = sandbox(&module("", &body), low());
    let ask = |rules: u32| sandbox.check(0, "a.yaml", "yaml", &document(), &(1..=rules).collect::<Vec<_>>());
    for rules in [2, 4, 6] {
        assert_eq!(ask(rules), Ok(RawReport::default()), "{rules}");
    }
    assert_eq!(ask(16).expect_err("too much").kind, FaultKind::Budget);
}

#[test]
fn no_loop_goes_on_for_ever() {
    assert_budget("", "(loop $again (br $again))");
    assert_budget("", "(loop $again (br_if $again (i32.const 1)))");
    assert_budget("", "(loop $again (br_table $again $again (local.get $n)))");
    assert_budget("", "(loop $out (loop $in (br_if $in (i32.const 0)) (br $out)))");
    // One that takes and gives a value.
    assert_budget("", "(i32.const 3) (loop $again (param i32) (result i32) (br $again)) (drop)");
}

#[test]
fn no_function_calls_itself_for_ever() {
    // As deep as the stack is wide, but again and again.
    let twice = "(func $twice (param i32)
        (if (i32.eqz (local.get 0)) (then (return)))
        (call $twice (i32.sub (local.get 0) (i32.const 1)))
        (call $twice (i32.sub (local.get 0) (i32.const 1))))";
    assert_budget(twice, "(call $twice (i32.const 60))");
    let in_turn = "(func $ping (param i32) (call $pong (local.get 0)) (call $pong (local.get 0)))
        (func $pong (param i32)
            (if (local.get 0) (then (call $ping (i32.sub (local.get 0) (i32.const 1))))))";
    assert_budget(in_turn, "(call $ping (i32.const 60))");
    let by_table = "(elem (i32.const 0) $through)
        (func $through (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (drop (call_indirect (type $plain) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
            (call_indirect (type $plain) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))";
    assert_budget(by_table, "(drop (call $through (i32.const 60)))");
}

#[test]
fn what_works_on_memory_is_counted_by_its_length() {
    let fill = |bytes: u32| {
        usage("", &format!("(memory.fill (i32.const 0) (i32.const 0) (i32.const {bytes}))")).fuel
    };
    assert_eq!(fill(1_000) - fill(0), 1_000);
    assert_budget(
        "",
        "(loop $again (memory.copy (i32.const 0) (i32.const 8) (i32.const 60000)) (br $again))",
    );
}

#[test]
fn values_and_memory_are_what_they_were() {
    // The sum of 1 to 100, by a loop inside a function with locals of its own, through a table.
    let sum = "(elem (i32.const 2) $sum)
        (func $sum (param $n i32) (result i32) (local i64 f32) (local $sum i32)
            (loop $again
                (local.set $sum (i32.add (local.get $sum) (local.get $n)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $again (local.get $n)))
            (local.get $sum))";
    let body = "(if (i32.ne (call_indirect (type $plain) (i32.const 100) (i32.const 2)) (i32.const 5050))
        (then (unreachable)))";
    usage(sum, body);
    // Traps of its own are its own.
    let sandbox = sandbox(&module("", "(unreachable)"), low());
    assert_eq!(check(&sandbox).unwrap_err().kind, FaultKind::Trap);
}

#[test]
fn a_budget_is_for_one_call() {
    let body = "(loop $again
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 50000))))";
    let sandbox = sandbox(&module("", body), low());
    for _ in 0..20 {
        assert_eq!(check(&sandbox), Ok(RawReport::default()));
    }
    assert_eq!((sandbox.usage(0).calls, sandbox.usage(0).instances), (20, 1));
}

#[test]
fn what_is_not_known_is_refused() {
    let tail = "(func $tail (param i32) (result i32) (return_call $tail (local.get 0)))";
    let error = stockade_metering::meter(&module(tail, "")).unwrap_err();
    assert!(format!("{error:#}").contains("which is not known here"), "{error:#}");
    assert!(stockade_metering::meter(b"\0asm").is_err());
}
