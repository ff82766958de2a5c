//! An answer depends on the file alone: not on the instance, on earlier calls, or on other threads.

use crate::common::{
    CHECK, RULE, check, component_of, document, low_limits, number, sandbox_of, setups, well_behaved,
};
use std::time::{Duration, Instant};
use stockade_model::{Checker, FaultKind};
use stockade_sandbox::{Limits, Reuse, Sandbox};

fn sandbox_with(wasm: &[u8], reuse: Reuse, limits: Limits) -> Sandbox {
    let mut builder = Sandbox::builder(limits).unwrap().reuse(reuse);
    let plugin = builder.add_component("test", "1.0.0", &["nodes"], wasm, None).unwrap();
    builder.rules([(plugin, setups())]).unwrap();
    builder.build()
}

/// Tells how often its instance was called.
fn counting() -> Vec<u8> {
    component_of(&format!(
        "(global $calls (mut i32) (i32.const 0))
{CHECK}
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (i32.store (i32.const 1028) (global.get $calls))
  (i32.const 128))"
    ))
}

#[test]
fn instances_are_kept_or_not_as_asked() {
    let kept = sandbox_with(&counting(), Reuse::Kept, Limits::default());
    assert_eq!([number(&kept), number(&kept), number(&kept)], [1, 2, 3]);
    assert_eq!(kept.usage(0).instances, 1);
    let fresh = sandbox_with(&counting(), Reuse::Never, Limits::default());
    assert_eq!([number(&fresh), number(&fresh), number(&fresh)], [1, 1, 1]);
    assert_eq!(fresh.usage(0).instances, 3);
}

#[test]
fn what_fails_on_a_used_instance_is_tried_on_a_new_one() {
    // Each call takes 4 MiB more and never gives it back: the fourth on one instance would be too much.
    let leaking = component_of(&format!(
        "{CHECK}
  (if (i32.eq (memory.grow (i32.const 64)) (i32.const -1)) (then (unreachable)))
  (i32.const 128))"
    ));
    let sandbox = sandbox_of(&leaking, low_limits());
    for call in 0..20 {
        assert!(check(&sandbox, 0).is_ok(), "call {call}");
    }
    assert!((2..20).contains(&sandbox.usage(0).instances), "{:?}", sandbox.usage(0));
}

#[test]
fn an_instance_that_grew_large_is_not_kept() {
    let growing = component_of(&format!("{CHECK} (drop (memory.grow (i32.const 64))) (i32.const 128))"));
    let limits = Limits { kept_memory_bytes: 1 << 20, ..low_limits() };
    let sandbox = sandbox_of(&growing, limits);
    for _ in 0..3 {
        check(&sandbox, 0).unwrap();
    }
    assert_eq!(sandbox.usage(0).instances, 3);
}

#[test]
fn an_instance_that_failed_is_not_used_again() {
    // Traps for ever once it has trapped; a new instance would trap on its first call as well.
    let trapping = component_of(&format!("{CHECK} (unreachable))"));
    let sandbox = sandbox_of(&trapping, low_limits());
    let fault = check(&sandbox, 0).unwrap_err();
    assert_eq!(fault.path.as_deref(), Some("a/Dockerfile"));
    assert_eq!(check(&sandbox, 0), Err(fault));
    assert_eq!(sandbox.usage(0).instances, 2);
}

#[test]
fn a_refusal_keeps_the_instance() {
    let refusing = component_of("(data (i32.const 128) (i32 1) (i32 2048 6))");
    let sandbox = sandbox_of(&refusing, low_limits());
    assert_eq!(check(&sandbox, 0).unwrap_err().kind, FaultKind::Refused);
    assert_eq!(sandbox.usage(0).instances, 1);
}

#[test]
fn a_plugin_that_cannot_start_is_asked_once() {
    let failing = component_of("(func $fail (unreachable))\n(start $fail)");
    let sandbox = sandbox_of(&failing, low_limits());
    let fault = check(&sandbox, 0).unwrap_err();
    assert_eq!((fault.kind, fault.path.as_deref()), (FaultKind::Trap, None));
    for _ in 0..10 {
        assert_eq!(check(&sandbox, 0), Err(fault.clone()));
    }
    assert_eq!(sandbox.usage(0).instances, 1);
}

#[test]
fn threads_get_the_same_answers() {
    let sandbox = sandbox_of(&well_behaved(), low_limits());
    let expected = check(&sandbox, 0).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(check(&sandbox, 0).unwrap(), expected);
                }
            });
        }
    });
    let usage = sandbox.usage(0);
    assert_eq!(usage.calls, 401);
    assert!(usage.instances <= 8, "{usage:?}");
}

#[test]
fn fuel_is_the_same_on_each_run() {
    let fuel = |calls: u32| {
        let sandbox = sandbox_of(&well_behaved(), Limits::default());
        for _ in 0..calls {
            check(&sandbox, 0).unwrap();
        }
        sandbox.usage(0).fuel
    };
    assert_eq!(fuel(1), fuel(1));
    assert_eq!(fuel(3), fuel(3));
}

#[test]
fn the_budget_grows_with_the_input() {
    // Needs about four instructions for each byte of the text.
    let reading = component_of(&format!(
        "{CHECK}
  (loop $next
    (local.set 7 (i32.sub (local.get 7) (i32.const 1)))
    (br_if $next (local.get 7)))
  (i32.const 128))"
    ));
    let limits = Limits { call_fuel: 1_000, fuel_per_byte: 10, ..Limits::default() };
    let sandbox = sandbox_with(&reading, Reuse::Kept, limits);
    let long = stockade_model::Document::of_text("x".repeat(100_000));
    assert!(sandbox.check(0, "long", "text", &long, &[RULE]).is_ok());
    let tight = Limits { call_fuel: 1_000, fuel_per_byte: 1, ..Limits::default() };
    let sandbox = sandbox_with(&reading, Reuse::Kept, tight);
    let fault = sandbox.check(0, "long", "text", &long, &[RULE]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Budget);
    assert_eq!(fault.message, "used up its budget of 101000 instructions");
    assert!(sandbox.check(0, "short", "dockerfile", &document(), &[RULE]).is_ok());
}

#[test]
fn the_wall_clock_stops_what_fuel_does_not() {
    let looping = component_of(&format!("{CHECK} (loop $again (br $again)) (unreachable))"));
    let limits = Limits { call_fuel: u64::MAX, deadline: Duration::from_millis(200), ..Limits::default() };
    let sandbox = sandbox_of(&looping, limits);
    let started = Instant::now();
    let fault = check(&sandbox, 0).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Deadline);
    assert_eq!(fault.message, "did not finish within 0.2 seconds");
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert!(started.elapsed() < Duration::from_secs(30));
}
