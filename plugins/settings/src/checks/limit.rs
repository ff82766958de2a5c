//! Numbers, times and sizes that are out of range.

use super::missing::absent;
use super::{has_number, is_one_of, shown, weighed};
use crate::edit;
use crate::index::{Role, row_for};
use crate::view::{View, section, written};
use std::collections::HashMap;
use stockade_sdk::{Node, Out, Params, Setting, ValueKind, row_flag};

/// What one of a unit is in the host's numbers: milliseconds, bytes or ones.
fn unit(name: &str) -> i64 {
    match name {
        "seconds" => 1_000,
        "minutes" => 60_000,
        "hours" => 3_600_000,
        "days" => 86_400_000,
        "kilobytes" => 1 << 10,
        "megabytes" => 1 << 20,
        _ => 1,
    }
}

/// The setting's number in the host's base unit; a bare number counts in the unit `bare`.
fn amount(setting: Setting<'_>, params: &Params) -> Option<i64> {
    let value = setting.value().trim().trim_matches(['"', '\'']);
    if params.bool_or("per-minute", false) {
        return per_minute(setting.name(), value);
    }
    if params.string("unit").is_none_or(|unit| unit == "ones") {
        // A count, whatever unit its name speaks of: `requests_per_minute`.
        return value.replace('_', "").parse().ok();
    }
    if !has_number(setting) {
        return None;
    }
    let bare = setting.kind() == ValueKind::Number || setting.kind() == ValueKind::Bool;
    Some(if bare {
        setting.number().saturating_mul(unit(params.string("bare").unwrap_or("ones")))
    } else {
        setting.number()
    })
}

/// Requests in a minute: `100/second`, `50 per hour`, `10r/s`, or a number under a name that says of which time.
fn per_minute(name: &str, value: &str) -> Option<i64> {
    let digits = value.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(value.len());
    let (number, rest) = value.split_at_checked(digits)?;
    let number: i64 = number.replace('_', "").parse().ok()?;
    let time = match rest.trim().strip_prefix(['r', 'R']).unwrap_or(rest.trim()) {
        "" => {
            let last = name.rsplit('_').next().unwrap_or_default();
            match last {
                "rps" => "second",
                "second" | "hour" | "day" => last,
                _ => "minute",
            }
        }
        rest => rest.trim_start_matches('/').trim().trim_start_matches("per").trim(),
    };
    Some(match time.trim_start_matches('1').trim() {
        "s" | "sec" | "second" | "seconds" => number.saturating_mul(60),
        "m" | "min" | "minute" | "minutes" => number,
        "h" | "hour" | "hours" => number / 60,
        "d" | "day" | "days" => number / 1_440,
        _ => return None,
    })
}

/// Which bounds count for a setting, by the role its name has.
#[derive(Clone, Copy)]
struct Judged<'a> {
    setting: Setting<'a>,
    low: bool,
    high: bool,
}

/// All that a rule judges, in the order of the file.
fn judged<'a>(view: &View<'a>, rule: u32) -> Vec<Judged<'a>> {
    let mut all: Vec<Judged<'a>> = Vec::new();
    for (role, low, high) in [
        (Role::Key, true, true),
        (Role::Low, true, false),
        (Role::High, false, true),
        (Role::Word, false, false),
    ] {
        all.extend(view.of(rule, role).map(|setting| Judged { setting, low, high }));
    }
    let measured = view.of(rule, Role::Measured).filter(|setting| {
        matches!(setting.kind(), ValueKind::Duration | ValueKind::Size)
            && !setting.has(row_flag::UNIT_ASSUMED | row_flag::UNIT_FROM_NAME)
    });
    all.extend(measured.map(|setting| Judged { setting, low: true, high: true }));
    all.sort_by_key(|judged| judged.setting.node().id());
    all
}

/// What is wrong with a number.
struct Excess {
    /// What follows the value in the message.
    why: String,
    /// The number that the fix writes, in the rule's unit.
    limit: Option<i64>,
}

/// Holds one setting against the bounds of its class.
fn excess(judged: Judged<'_>, params: &Params, relaxed: bool) -> Option<Excess> {
    let setting = judged.setting;
    let unit_name = params.string("unit").unwrap_or_default();
    let scale = unit(unit_name);
    let shown_unit = if unit_name == "ones" { "" } else { unit_name };
    let bound = |name: &str| params.string(name).and_then(|text| text.parse::<i64>().ok());
    // The class that the name belongs to has a bound of its own.
    let class = row_for(params, "class", setting.name()).and_then(|row| row.parse::<i64>().ok());
    let own = |name: &str| bound(name).map(|bound| class.unwrap_or(bound));
    let below =
        own("below").map(|below| if relaxed { bound("relaxed-below").unwrap_or(below) } else { below });
    let (below, above) = (below.filter(|_| judged.low), own("above").filter(|_| judged.high));
    if is_one_of(setting, false, params.strings("bad")) {
        return Some(Excess { why: String::new(), limit: own("above").or(own("below")) });
    }
    let amount = amount(setting, params)?;
    if let Some(below) = below.filter(|below| amount < below.saturating_mul(scale)) {
        return Some(Excess { why: format!(", below {below} {shown_unit}"), limit: Some(below) });
    }
    let above = above.filter(|above| amount > above.saturating_mul(scale))?;
    Some(Excess { why: format!(", above {above} {shown_unit}"), limit: Some(above) })
}

/// `limit`: a setting named by `key` is `below` or `above` a number of `unit`s, or one of the values `bad`.
pub fn limit(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let scale = unit(params.string("unit").unwrap_or_default());
    let relaxed = view.hits(out.rule(), Role::Relax).iter().any(|setting| setting.is_on());
    let mut found = Vec::new();
    for judged in judged(view, out.rule()) {
        let setting = judged.setting;
        let Some(Excess { why, limit }) = excess(judged, params, relaxed) else { continue };
        found.push(setting.node().id());
        let name = written(setting);
        let message = format!("{name} is {}{}", shown(setting, params), why.trim_end());
        let worse = params.int_or("worse-above", i64::MAX);
        let is_worse = amount(setting, params).is_some_and(|amount| amount > worse.saturating_mul(scale));
        let finding = weighed(out.finding(setting.place(), message).key(name), params, is_worse);
        let by_name = row_for(params, "fix-for", setting.name()).map(str::to_owned);
        let spelled = || limit.filter(|_| params.has("fix")).and_then(|l| spelled(setting, params, l, scale));
        if let Some(new) = by_name.or_else(spelled) {
            edit::replace(finding, setting, params, &new);
        }
    }
    compare(view, params, &found, out);
    absent(view, params, out);
}

/// Numbers above that of a setting named by `than-key` in the same section, `than-times` it.
fn compare(view: &View<'_>, params: &Params, found: &[u32], out: &mut Out) {
    if !params.has("than-key") {
        return;
    }
    let rule = out.rule();
    let times = params.int_or("than-times", 1);
    let mut swap = params.strings("than-swap");
    let swap = swap.next().zip(swap.next());
    let role = if params.has("compared-key") { Role::Compared } else { Role::Key };
    let mut bounds: HashMap<Option<u32>, Vec<Setting<'_>>> = HashMap::new();
    for other in view.of(rule, Role::Than) {
        bounds.entry(section(other).map(Node::id)).or_default().push(other);
    }
    for setting in view.of(rule, role).filter(|setting| !found.contains(&setting.node().id())) {
        let beside = bounds.get(&section(setting).map(Node::id));
        let fits = |other: &Setting<'_>| {
            other.node() != setting.node()
                && swap.is_none_or(|(from, to)| setting.name().replacen(from, to, 1) == other.name())
        };
        let Some(other) = beside.into_iter().flatten().copied().find(fits) else { continue };
        let (Some(own), Some(bound)) = (amount(setting, params), amount(other, params)) else { continue };
        // A bound of 0 or less is none, and another finding.
        if bound <= 0 || own <= bound.saturating_mul(times) {
            continue;
        }
        let name = written(setting);
        let factor = if times == 1 { String::new() } else { format!("{times} times ") };
        let message = format!(
            "{name} is {}, above {factor}{} ({})",
            shown(setting, params),
            written(other),
            shown(other, params)
        );
        let finding =
            out.finding(setting.place(), message).key(name).label(other.place(), "compared with this");
        if times == 1 && params.has("fix") && setting.kind() == other.kind() {
            edit::replace(finding, setting, params, other.value().trim());
        }
    }
}

/// The limit in the spelling of the value: `24h` becomes `12h`, `86400` becomes `3600`.
fn spelled(setting: Setting<'_>, params: &Params, limit: i64, scale: i64) -> Option<String> {
    let value = setting.value().trim();
    let digits =
        value.len() - value.trim_start_matches('-').trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, suffix) = value.split_at_checked(digits)?;
    let number: i64 = number.parse().ok()?;
    let limit = limit.checked_mul(scale)?;
    if number == 0 || amount(setting, params)? % number != 0 {
        // Nothing tells the unit of a zero but the rule.
        let unit = unit(params.string("bare").unwrap_or("ones"));
        return (suffix.is_empty() && limit % unit == 0).then(|| (limit / unit).to_string());
    }
    let one = amount(setting, params)? / number;
    if one != 0 && limit % one == 0 {
        return Some(format!("{}{suffix}", limit / one));
    }
    // The limit is no whole number of the value's unit: the next smaller one that fits, in the same style.
    match setting.kind() {
        ValueKind::Duration if matches!(suffix, "w" | "d" | "h" | "m") => {
            let (unit, letter) = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")]
                .into_iter()
                .find(|(unit, _)| limit % unit == 0)?;
            Some(format!("{}{letter}", limit / unit))
        }
        ValueKind::Size if suffix.starts_with(['g', 'G']) => {
            let megabyte = one / 1024;
            let first = if suffix.starts_with('g') { 'm' } else { 'M' };
            (megabyte != 0)
                .then(|| format!("{}{first}{}", limit / megabyte, suffix.get(1..).unwrap_or_default()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::per_minute;

    #[test]
    fn rates_count_for_a_minute() {
        for (name, value, expected) in [
            ("rate_limit_default", "100/minute", Some(100)),
            ("rate_limit_default", "10 per second", Some(600)),
            ("rate_limit_default", "5r/s", Some(300)),
            ("rate_limit_default", "7200/hour", Some(120)),
            ("rate_limit_requests_per_second", "20", Some(1_200)),
            ("rate_limit_requests_per_hour", "6_000", Some(100)),
            ("rate_limit_rps", "3", Some(180)),
            ("rate_limit", "50", Some(50)),
            ("rate_limit", "10/fortnight", None),
            ("rate_limit", "unlimited", None),
            ("rate_limit", "", None),
        ] {
            assert_eq!(per_minute(name, value), expected, "{name} {value}");
        }
    }
}
