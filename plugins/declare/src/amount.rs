//! Times, sizes and versions, as files write them.

/// What a number with a unit says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A time, in milliseconds.
    Time(f64),
    /// A size in bytes; in Kubernetes any quantity, in its own unit (a processor, a byte).
    Size(f64),
}

/// Milliseconds of a unit of time.
fn milliseconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 0.000_001,
        "us" | "µs" => 0.001,
        "ms" | "msec" | "millis" | "milliseconds" => 1.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1000.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
        "h" | "hour" | "hours" => 3_600_000.0,
        "d" | "day" | "days" => 86_400_000.0,
        "w" | "week" | "weeks" => 604_800_000.0,
        _ => return None,
    })
}

/// A number at the start of a text, and what stands behind it.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let number = digits.parse().ok()?;
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some((number, rest))
}

/// Milliseconds of a time with units: `90s`, `1h30m`, `15 minutes`. None where a unit is missing or unknown, but for 0.
#[must_use]
pub fn time(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(0.0);
    }
    let mut total = None;
    while !rest.is_empty() {
        let (amount, behind) = number(rest)?;
        let behind = behind.trim_start();
        let end = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let (unit, after) = behind.split_at_checked(end)?;
        total = Some(total.unwrap_or(0.0) + amount * milliseconds(unit)?);
        rest = after.trim_start();
    }
    total
}

/// Bytes of a size: `10MB`, `512Mi`, `64k`, a number alone. In Kubernetes `k`, `M` and `G` are powers of 1,000 and `m` is a
/// thousandth; elsewhere all are powers of 1,024, as Docker, nginx and Java read them. None for what is no size.
#[must_use]
pub fn size(text: &str, kubernetes: bool) -> Option<f64> {
    let text = text.trim();
    // Kubernetes writes large numbers as `1e9`, too.
    if let Some(plain) = text.parse::<f64>().ok().filter(|n| n.is_finite()) {
        return Some(plain);
    }
    let (amount, unit) = number(text)?;
    let unit = unit.trim_start();
    if kubernetes && unit == "m" {
        return Some(amount / 1000.0);
    }
    let binary = unit.strip_suffix(['B', 'b']).unwrap_or(unit);
    let letter = binary.strip_suffix('i').unwrap_or(binary);
    let power = match letter {
        "" if binary.is_empty() => 0,
        "k" | "K" => 1,
        "M" | "m" => 2,
        "G" | "g" => 3,
        "T" | "t" => 4,
        "P" => 5,
        _ => return None,
    };
    let base: f64 = if kubernetes && letter.len() == unit.len() { 1000.0 } else { 1024.0 };
    Some(amount * base.powi(power))
}

/// What may stand in front of a version that is the one or the first of those allowed. Behind `<`, `>` and `!=` stands one that
/// is not.
const OPERATORS: [&str; 8] = ["===", "==", "~=", ">=", "~>", "=", "~", "^"];

/// The numbers of a version at the start of a text: of `v3.11.2-slim` and `>=3.11.2` 3, 11 and 2. None where none is there.
fn version(text: &str) -> Option<Vec<u64>> {
    let text = text.trim();
    let text = OPERATORS.iter().find_map(|operator| text.strip_prefix(operator)).unwrap_or(text).trim_start();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.get(..end)?.trim_end_matches('.').split('.').map(|n| n.parse().ok()).collect()
}

/// Whether a text begins with a version.
#[must_use]
pub fn starts_with_version(text: &str) -> bool {
    version(text).is_some()
}

/// How the version in `text` stands to `limit`. None where either is none, or where `text` leaves open what matters: `3` may
/// be before and behind `3.11`.
#[must_use]
pub fn compare(text: &str, limit: &str) -> Option<std::cmp::Ordering> {
    let (ours, mut theirs) = (version(text)?, version(limit)?);
    if let Some(order) = ours.iter().zip(&theirs).map(|(a, b)| a.cmp(b)).find(|order| order.is_ne()) {
        return Some(order);
    }
    if ours.len() < theirs.len() {
        return None;
    }
    // What the limit does not say is 0: 3.11.2 is behind 3.11.
    theirs.resize(ours.len(), 0);
    Some(ours.cmp(&theirs))
}

/// Whether a rule may write this time: numbers, each with one of the short units.
#[must_use]
pub fn is_time(text: &str) -> bool {
    let units = ["ms", "s", "m", "h", "d", "w"];
    let letters = text.split(|c: char| c.is_ascii_digit() || c == '.').filter(|unit| !unit.is_empty());
    !text.contains(char::is_whitespace)
        && text != "0"
        && time(text).is_some()
        && letters.into_iter().all(|unit| units.contains(&unit))
}

/// Whether a rule may write this size: a number, and a unit if there is one.
#[must_use]
pub fn is_size(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_digit());
    starts
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, 'e' | 'E'))
        && size(text, false).is_some()
}

/// Whether a rule may write this version: numbers with dots between them.
#[must_use]
pub fn is_version(text: &str) -> bool {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits && !text.ends_with('.') && version(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn times_have_units() {
        for (text, expected) in [
            ("90s", Some(90_000.0)),
            ("1h30m", Some(5_400_000.0)),
            ("1.5h", Some(5_400_000.0)),
            ("15 minutes", Some(900_000.0)),
            ("2min 5s", Some(125_000.0)),
            ("0", Some(0.0)),
            ("90", None),
            ("never", None),
            ("", None),
            ("5m3", None),
            ("1..5h", None),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_their_program_does() {
        for (text, kubernetes, expected) in [
            ("1024", false, Some(1024.0)),
            ("1k", false, Some(1024.0)),
            ("1k", true, Some(1000.0)),
            ("1Ki", true, Some(1024.0)),
            ("2KB", false, Some(2048.0)),
            ("2 MiB", false, Some(2_097_152.0)),
            ("500m", true, Some(0.5)),
            ("1m", false, Some(1_048_576.0)),
            ("1e3", true, Some(1000.0)),
            ("10b", false, Some(10.0)),
            ("many", false, None),
            ("1Xi", true, None),
            ("1i", true, None),
            ("", false, None),
        ] {
            assert_eq!(size(text, kubernetes), expected, "{text}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (text, limit, expected) in [
            ("3.9", "3.11", Some(Less)),
            ("v3.11.2-slim", "3.11", Some(Greater)),
            ("3.11", "3.11.0", None),
            ("3.11.0", "3.11", Some(Equal)),
            ("3", "3.11", None),
            ("4", "3.11", Some(Greater)),
            ("==3.9", "3.11", Some(Less)),
            (">= 3.12, <4", "3.11", Some(Greater)),
            ("^v3.9", "3.11", Some(Less)),
            ("<3.9", "3.11", None),
            ("!=3.9", "3.11", None),
            ("latest", "3.11", None),
            ("", "3.11", None),
        ] {
            assert_eq!(compare(text, limit), expected, "{text}");
        }
    }
}
