//! The limits of plugins that the person who runs stockade may change. Nothing in a scanned repository can.

use std::time::Duration;
use stockade_sandbox::Limits;

type Set = fn(&mut Limits, u64);

fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Names as the book's page of limits has them, and what they set. Those that are not here bound what reports and the
/// compiler can take, and are no matter of taste.
const LIMITS: [(&str, Set); 8] = [
    ("memory_bytes", |limits, value| limits.memory_bytes = size(value)),
    ("call_fuel", |limits, value| limits.call_fuel = value),
    ("start_fuel", |limits, value| limits.start_fuel = value),
    ("fuel_per_byte", |limits, value| limits.fuel_per_byte = value),
    ("findings", |limits, value| limits.findings = size(value)),
    ("deadline", |limits, value| limits.deadline = Duration::from_secs(value)),
    ("plugin_time", |limits, value| limits.plugin_time = Duration::from_secs(value)),
    ("compile_time", |limits, value| limits.compile_time = Duration::from_secs(value)),
];

/// One change, `NAME=NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    name: &'static str,
    value: u64,
}

impl std::str::FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || LIMITS.map(|(name, _)| name).join(", ");
        let (name, value) = text.split_once('=').ok_or("write it as `memory_bytes=536870912`")?;
        let (name, _) = LIMITS
            .into_iter()
            .find(|(other, _)| *other == name)
            .ok_or_else(|| format!("there is no limit `{name}` to set (there are {})", known()))?;
        let value = value.parse().map_err(|_| format!("`{value}` is no whole number"))?;
        Ok(Self { name, value })
    }
}

/// The limits with these changes.
pub(crate) fn with(changes: &[Change]) -> Limits {
    let mut limits = Limits::default();
    for change in changes {
        if let Some((_, set)) = LIMITS.into_iter().find(|(name, _)| *name == change.name) {
            set(&mut limits, change.value);
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_lowered_and_raised_by_name() {
        let changes = ["memory_bytes=1024", "deadline=5", "call_fuel=7"].map(|text| text.parse().unwrap());
        let limits = with(&changes);
        assert_eq!((limits.memory_bytes, limits.call_fuel), (1024, 7));
        assert_eq!(limits.deadline, Duration::from_secs(5));
        assert_eq!(with(&[]), Limits::default());
        for bad in ["memory_bytes", "memory_bytes=", "memory_bytes=-1", "log_bytes=1", "x=1"] {
            assert!(bad.parse::<Change>().is_err(), "{bad}");
        }
    }
}
