//! From what the engine reports to what a plugin did wrong.

use crate::Limits;
use crate::error::reason;
use crate::meter::{Meter, Refused};
use crate::wasi::Ended;
use stockade_model::FaultKind;
use wasmtime::Trap;

/// What a plugin did wrong, before it is known on which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) kind: FaultKind,
    /// Cleaned: one sentence, lower case, no final period.
    pub(crate) message: String,
    /// Whether it was too much: asked for less at once it may yet answer.
    pub(crate) too_much: Option<TooMuch>,
}

/// What a call had too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// To say, for one answer.
    Answer,
    /// To do, for one budget.
    Work,
}

impl Wrong {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), too_much: None }
    }
}

/// Longest text of a plugin's own inside a fault's message. Bytes.
const OWN_WORDS: usize = 500;

/// A plugin's own words for a fault's message.
pub(crate) fn own_words(text: &str) -> String {
    let text = crate::clean(text, OWN_WORDS);
    if text.is_empty() { "(no reason given)".to_owned() } else { text.into_owned() }
}

/// Of what a plugin wrote before it failed the line that says why: that of its panic, or the last one. `None` where it
/// wrote nothing.
pub(crate) fn telling(text: &str) -> Option<String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    // Behind it there may be a stack trace, or that there is none.
    match lines.clone().position(|line| line.contains("panic")) {
        Some(at) => {
            let mut lines = lines.skip(at);
            let line = lines.next()?;
            // Rust says where it panicked, and on the next line why.
            let why = lines.next().filter(|_| line.contains("panicked at")).unwrap_or_default();
            Some(format!("{line} {why}").trim_end().to_owned())
        }
        None => lines.next_back().map(str::to_owned),
    }
}

/// What the plugin was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Being instantiated.
    Start,
    /// Running `configure`.
    Configure,
    /// Running a check on an input that got this much fuel, with an answer of at most this many bytes.
    Check { fuel: u64, answer_bytes: usize },
}

/// Sorts an error of the engine. A plugin that `counts` by itself divides by zero when its budget is used up.
pub(crate) fn sort(
    error: &wasmtime::Error,
    doing: Doing,
    meter: &Meter,
    limits: &Limits,
    counts: bool,
) -> Wrong {
    let suffix = match doing {
        Doing::Start => " while starting",
        Doing::Configure => " while reading its rules",
        Doing::Check { .. } => "",
    };
    let trap = error.downcast_ref::<Trap>().copied().map(|trap| match trap {
        Trap::IntegerDivisionByZero if counts => Trap::OutOfFuel,
        other => other,
    });
    if let Some(ended) = error.downcast_ref::<Ended>() {
        return Wrong::new(FaultKind::Trap, format!("trapped{suffix}: {ended}"));
    }
    let (kind, message) = match (trap, meter.refused()) {
        (Some(Trap::OutOfFuel), _) => {
            let fuel = match doing {
                Doing::Check { fuel, .. } => fuel,
                Doing::Start | Doing::Configure => limits.start_fuel,
            };
            let message = format!("used up its budget of {fuel} instructions{suffix}");
            let too_much = matches!(doing, Doing::Check { .. }).then_some(TooMuch::Work);
            return Wrong { too_much, ..Wrong::new(FaultKind::Budget, message) };
        }
        (Some(Trap::Interrupt), _) => {
            let seconds = limits.deadline.as_secs_f64();
            (FaultKind::Deadline, format!("did not finish within {seconds} seconds{suffix}"))
        }
        (Some(Trap::StackOverflow), _) => {
            let kib = limits.stack_bytes >> 10;
            (FaultKind::Stack, format!("used up its stack of {kib} KiB{suffix}"))
        }
        (Some(trap), _) if is_answer(trap) => {
            (FaultKind::Answer, format!("answered with something that cannot be read: {}", name(trap)))
        }
        (_, Some(Refused::Memory)) => {
            let mib = limits.memory_bytes >> 20;
            (FaultKind::Memory, format!("asked for more memory than its {mib} MiB{suffix}"))
        }
        (_, Some(Refused::Table)) => {
            let elements = limits.table_elements;
            (FaultKind::Memory, format!("asked for more table elements than its {elements}{suffix}"))
        }
        (Some(trap), None) => (FaultKind::Trap, format!("trapped{suffix}: {}", name(trap))),
        (None, None) if doing == Doing::Start => {
            (FaultKind::Open, format!("cannot be started: {}", reason(error)))
        }
        (None, None) => {
            let why = reason(error);
            let (kind, message) = untyped(&why, doing, limits);
            let too_much = is_too_long(&why).then_some(TooMuch::Answer);
            return Wrong { too_much, ..Wrong::new(kind, message) };
        }
    };
    Wrong::new(kind, message)
}

/// Traps that the engine raises for what a plugin handed over, rather than for what it did.
fn is_answer(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer
    )
}

/// An error that the engine raised while it read an answer, or what a guest handed to a function of the host. Such
/// errors have no type of their own outside the engine, so the text decides; hostile plugins keep it up to date.
fn untyped(why: &str, doing: Doing, limits: &Limits) -> (FaultKind, String) {
    if is_too_long(why) {
        let bytes = match doing {
            Doing::Check { answer_bytes, .. } => answer_bytes,
            Doing::Start | Doing::Configure => limits.answer_bytes,
        };
        (FaultKind::Answer, format!("answered with more than {bytes} bytes"))
    } else if why.contains("handle limit exceeded") {
        (FaultKind::Memory, format!("holds more than {} handles", limits.handles))
    } else if why.contains("handle") {
        // No answer has handles in it, only the virtual WASI gives them out.
        (FaultKind::Trap, format!("trapped: {why}"))
    } else {
        (FaultKind::Answer, format!("answered with something that cannot be read: {why}"))
    }
}

fn is_too_long(why: &str) -> bool {
    why.contains("fuel allocated for hostcalls")
}

fn name(trap: Trap) -> String {
    if trap == Trap::UnreachableCodeReached {
        return "it gave up, as a panic or an abort does (`unreachable` was executed)".to_owned();
    }
    let text = trap.to_string();
    text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn a_panic_is_found_among_what_was_written() {
        let told = |text| telling(text);
        assert_eq!(told("seen\npanic: stages\nCannot print stack trace\n").as_deref(), Some("panic: stages"));
        let rust = "thread 'main' panicked at src/lib.rs:3:5:\nno stage\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(told(rust).as_deref(), Some("thread 'main' panicked at src/lib.rs:3:5: no stage"));
        assert_eq!(told("one\ntwo\n\n").as_deref(), Some("two"));
        assert_eq!(told("\n"), None);
    }
}
