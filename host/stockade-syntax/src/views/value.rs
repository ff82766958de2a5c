//! What a value is: switch, number, time, size, address, reference. Decided by its text and, for units and
//! ambiguous letters, by its name.

use super::row_flag;

/// What kind of value a setting has. The numbers are part of the table's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum ValueKind {
    /// Any text.
    String = 0,
    /// true, false, yes, no, on, off, enabled, disabled.
    Bool = 1,
    /// A number without a unit.
    Number = 2,
    /// A time; its number is in milliseconds.
    Duration = 3,
    /// A size; its number is in bytes.
    Size = 4,
    /// A sequence (its number is the count of elements), or a text of elements separated by commas.
    List = 5,
    /// `scheme://…`.
    Url = 6,
    /// A URL or text of keys and values that tells how to reach a database, cache or queue.
    Dsn = 7,
    /// A name of something kept elsewhere (`vault:…`, `secretKeyRef`).
    Reference = 8,
    /// Nothing but a template expression or variable without default.
    Template = 9,
    /// A text that says "put the value here".
    Placeholder = 10,
    /// No text at all, null, or an empty collection.
    Empty = 11,
}

/// A value's kind, its number if it has one, and the flags that go with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) kind: ValueKind,
    pub(super) number: i64,
    pub(super) flags: u32,
}

impl Typed {
    pub(super) const fn of(kind: ValueKind) -> Self {
        Self { kind, number: 0, flags: 0 }
    }

    const fn number(kind: ValueKind, number: i64, flags: u32) -> Self {
        Self { kind, number, flags }
    }
}

/// Types the decoded value `text` of the setting with the folded name `name`.
pub(super) fn typed(name: &str, text: &str) -> Typed {
    let text = text.trim();
    let bare = unquoted(text);
    if bare.is_empty() {
        return Typed::of(ValueKind::Empty);
    }
    let switch = switch(bare);
    let word = bare.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if switch != 0 && word {
        let number = i64::from(switch == row_flag::ON);
        let kind = if bare.eq_ignore_ascii_case("none") { ValueKind::String } else { ValueKind::Bool };
        return Typed::number(kind, number, switch);
    }
    if let Some((number, inexact)) = plain_number(bare) {
        let mut typed = with_unit_of_name(name, number);
        typed.flags |= switch | if inexact { row_flag::INEXACT } else { 0 };
        return typed;
    }
    if let Some(typed) = measured(name, bare) {
        return typed;
    }
    if is_reference(bare) {
        return Typed::number(ValueKind::Reference, 0, row_flag::SECRET_REFERENCE);
    }
    if let Some(kind) = super::dsn::kind(bare) {
        return Typed::of(kind);
    }
    if is_placeholder(bare) {
        return Typed::of(ValueKind::Placeholder);
    }
    if is_comma_list(bare) {
        let count = bare.split(',').filter(|part| !part.trim().is_empty()).count();
        return Typed::number(ValueKind::List, i64::try_from(count).unwrap_or(i64::MAX), 0);
    }
    Typed::of(ValueKind::String)
}

/// A value of a format that keeps quotes (systemd, `redis.conf`), without them.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return inner;
        }
    }
    text
}

fn switch(text: &str) -> u32 {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "on", "1", "enabled"]) {
        row_flag::ON
    } else if is(&["false", "no", "off", "0", "disabled", "none"]) {
        row_flag::OFF
    } else {
        0
    }
}

/// A number without unit, and whether something of it was cut off.
fn plain_number(text: &str) -> Option<(i64, bool)> {
    // Most values are words, and some are whole files.
    let fits = |b: u8| b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.bytes().all(fits) {
        return None;
    }
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    if let Ok(number) = digits.parse::<i64>() {
        return Some((number, false));
    }
    let starts = digits.bytes().find(|b| !matches!(b, b'-' | b'+')).is_some_and(|b| b.is_ascii_digit());
    // Casts from floating point saturate, which is what a number too large should do.
    starts.then(|| digits.parse::<f64>().ok()).flatten().map(|number| (number as i64, true))
}

/// Milliseconds of the units that a name may end with.
const TIME_WORDS: [(&str, i64); 24] = [
    ("ms", 1),
    ("msec", 1),
    ("msecs", 1),
    ("millis", 1),
    ("milliseconds", 1),
    ("s", 1000),
    ("sec", 1000),
    ("secs", 1000),
    ("second", 1000),
    ("seconds", 1000),
    ("m", 60_000),
    ("min", 60_000),
    ("mins", 60_000),
    ("minute", 60_000),
    ("minutes", 60_000),
    ("h", 3_600_000),
    ("hour", 3_600_000),
    ("hours", 3_600_000),
    ("d", DAY),
    ("day", DAY),
    ("days", DAY),
    ("weeks", 7 * DAY),
    ("months", 30 * DAY),
    ("years", 365 * DAY),
];

const DAY: i64 = 86_400_000;

/// Bytes of the units that a name may end with.
const SIZE_WORDS: [(&str, i64); 8] = [
    ("bytes", 1),
    ("kb", 1 << 10),
    ("kib", 1 << 10),
    ("mb", 1 << 20),
    ("mib", 1 << 20),
    ("gb", 1 << 30),
    ("gib", 1 << 30),
    ("tb", 1 << 40),
];

/// Words at the end of a name that speak of a time, whose bare number counts seconds.
const TIME_NAMES: [&str; 16] = [
    "ttl",
    "lifetime",
    "timeout",
    "max_age",
    "maxage",
    "expiry",
    "expiration",
    "expires",
    "expires_in",
    "duration",
    "interval",
    "leeway",
    "skew",
    "time_out",
    "expire",
    "max_idle_time",
];

/// Gives a bare number the unit that the name says, or seconds where the name speaks of a time.
fn with_unit_of_name(name: &str, number: i64) -> Typed {
    let last = name.rsplit('_').next().unwrap_or_default();
    let several = name.contains('_');
    // `m`, `s` and the like are units only behind another word: a setting named `d` is none.
    if several && let Some((_, unit)) = TIME_WORDS.iter().find(|(word, _)| *word == last) {
        return Typed::number(ValueKind::Duration, number.saturating_mul(*unit), row_flag::UNIT_FROM_NAME);
    }
    if several && let Some((_, unit)) = SIZE_WORDS.iter().find(|(word, _)| *word == last) {
        return Typed::number(ValueKind::Size, number.saturating_mul(*unit), row_flag::UNIT_FROM_NAME);
    }
    let ends =
        |word: &str| name.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    if TIME_NAMES.iter().any(|word| ends(word)) {
        return Typed::number(ValueKind::Duration, number.saturating_mul(1000), row_flag::UNIT_ASSUMED);
    }
    Typed::number(ValueKind::Number, number, 0)
}

/// Words in a name that make `10m` ten megabytes instead of ten minutes.
const SIZE_NAMES: [&str; 9] =
    ["size", "memory", "mem", "buffer", "buffers", "body", "heap", "storage", "bytes"];

/// A number with its unit: `90d`, `1h30m`, `15 minutes`, `10MB`, `512Mi`, `PT15M`.
fn measured(name: &str, text: &str) -> Option<Typed> {
    if let Some(iso) = text
        .strip_prefix('P')
        .filter(|rest| rest.starts_with('T') || rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return iso_duration(iso).map(|number| Typed::number(ValueKind::Duration, number, 0));
    }
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) || text.len() > 40 {
        return None;
    }
    let (mut total, mut parts, mut rest) = (0_i64, 0, text);
    let mut kind = None;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let amount: f64 = rest.get(..digits)?.parse().ok()?;
        let behind = rest.get(digits..)?.trim_start();
        let letters = behind.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(behind.len());
        let (unit_kind, unit) = unit(name, behind.get(..letters)?)?;
        if kind.is_some_and(|kind| kind != unit_kind) {
            return None;
        }
        kind = Some(unit_kind);
        total = total.saturating_add((amount * unit) as i64);
        parts += 1;
        rest = behind.get(letters..)?.trim_start();
        // Several parts only make sense for times: `1h30m`.
        if parts > 6 || unit_kind == ValueKind::Size && !rest.is_empty() {
            return None;
        }
    }
    kind.map(|kind| Typed::number(kind, total, 0))
}

fn unit(name: &str, unit: &str) -> Option<(ValueKind, f64)> {
    let size_name = name.split('_').any(|word| SIZE_NAMES.contains(&word));
    let time = |milliseconds: f64| Some((ValueKind::Duration, milliseconds));
    let size = |power: i32| Some((ValueKind::Size, 1024_f64.powi(power)));
    match unit {
        "ms" => time(1.0),
        "us" | "µs" => time(0.001),
        "ns" => time(0.000_001),
        "k" | "K" => size(1),
        "M" => size(2),
        "m" | "g" if size_name => size(if unit == "m" { 2 } else { 3 }),
        "G" | "g" => size(3),
        "T" => size(4),
        "B" | "b" => size(0),
        _ => {
            let lower = unit.to_ascii_lowercase();
            let lower = lower.as_str();
            if let Some((_, milliseconds)) = TIME_WORDS.iter().find(|(word, _)| *word == lower) {
                return time(*milliseconds as f64);
            }
            match lower {
                "hr" | "hrs" => time(3_600_000.0),
                "w" | "wk" | "week" => time(7.0 * DAY as f64),
                "mo" | "month" => time(30.0 * DAY as f64),
                "y" | "yr" | "year" => time(365.0 * DAY as f64),
                "kb" | "ki" | "kib" => size(1),
                "mb" | "mi" | "mib" => size(2),
                "gb" | "gi" | "gib" => size(3),
                "tb" | "ti" | "tib" => size(4),
                _ => None,
            }
        }
    }
}

/// ISO 8601, behind the `P`: `1DT2H`, `T15M`.
fn iso_duration(text: &str) -> Option<i64> {
    let (mut total, mut rest, mut timed) = (0_i64, text, false);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            (rest, timed) = (time, true);
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let amount: i64 = rest.get(..digits)?.parse().ok()?;
        let unit = match (rest.get(digits..digits + 1)?, timed) {
            ("Y", false) => 365 * DAY,
            ("M", false) => 30 * DAY,
            ("W", false) => 7 * DAY,
            ("D", false) => DAY,
            ("H", true) => 3_600_000,
            ("M", true) => 60_000,
            ("S", true) => 1000,
            _ => return None,
        };
        total = total.saturating_add(amount.saturating_mul(unit));
        rest = rest.get(digits + 1..)?;
    }
    Some(total)
}

/// Ways to name a secret that is kept elsewhere, and encrypted blobs.
const REFERENCES: [&str; 22] = [
    "vault:",
    "vault://",
    "op://",
    "ref+",
    "enc[",
    "ssm:",
    "ssm://",
    "awssm://",
    "aws-sm://",
    "gcp-sm://",
    "gsm://",
    "azurekv://",
    "keyvault:",
    "arn:aws:secretsmanager:",
    "arn:aws:ssm:",
    "secretsmanager:",
    "os.environ/",
    "sops:",
    "/run/secrets/",
    "{{resolve:",
    "${{ secrets.",
    "${{secrets.",
];

pub(super) fn is_reference(text: &str) -> bool {
    REFERENCES.iter().any(|prefix| begins(text, prefix))
}

/// Whether the text begins so, in any case. A value may be a whole file: it is not copied to find out.
fn begins(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn ends(text: &str, suffix: &str) -> bool {
    let start = text.len().checked_sub(suffix.len());
    start
        .and_then(|at| text.as_bytes().get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix.as_bytes()))
}

const PLACEHOLDERS: [&str; 12] = [
    "changeme",
    "change_me",
    "change-me",
    "replaceme",
    "replace_me",
    "replace-me",
    "placeholder",
    "todo",
    "tbd",
    "fixme",
    "redacted",
    "...",
];

const PLACEHOLDER_STARTS: [&str; 9] = [
    "your_",
    "your-",
    "<your",
    "replace_with",
    "replace-with",
    "insert_",
    "insert-",
    "put_your",
    "enter_your",
];

fn is_placeholder(text: &str) -> bool {
    let marked = text.starts_with('<') && text.ends_with('>') && text.len() > 2;
    let only = |byte: u8| text.len() > 2 && text.bytes().all(|other| other.eq_ignore_ascii_case(&byte));
    marked
        || only(b'x')
        || only(b'*')
        || PLACEHOLDERS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || PLACEHOLDER_STARTS.iter().any(|start| begins(text, start))
        || ends(text, "_here")
        || ends(text, "-here")
}

/// `a,b` and `a, b`, but no sentence.
fn is_comma_list(text: &str) -> bool {
    text.contains(',')
        && text.len() < 4096
        && text.split(',').all(|part| !part.trim().contains([' ', '\t', '\n']))
}
