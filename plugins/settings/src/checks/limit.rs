//! Numbers, times and sizes that are out of range.

use super::{has_number, is_one_of, shown};
use crate::edit;
use crate::view::{View, written};
use stockade_sdk::{Out, Params, Setting, ValueKind};

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
    if params.string("unit").is_none_or(|unit| unit == "ones") {
        // A count, whatever unit its name speaks of: `requests_per_minute`.
        return setting.value().trim().trim_matches(['"', '\'']).replace('_', "").parse().ok();
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

/// `limit`: a setting named by `key` is `below` or `above` a number of `unit`s, or one of the values `bad`.
pub fn limit(view: &View<'_>, params: &Params, out: &mut Out) {
    if view.is_silent(out.rule(), params) {
        return;
    }
    let name_of_unit = params.string("unit").unwrap_or_default();
    let scale = unit(name_of_unit);
    let shown_unit = if name_of_unit == "ones" { "" } else { name_of_unit };
    let bound = |name: &str| params.string(name).and_then(|text| text.parse::<i64>().ok());
    let (below, above) = (bound("below"), bound("above"));
    for (setting, _) in view.judged(out.rule()) {
        let amount = amount(setting, params);
        let low = amount.zip(below).filter(|(amount, below)| *amount < below.saturating_mul(scale));
        let high = amount.zip(above).filter(|(amount, above)| *amount > above.saturating_mul(scale));
        let is_bad = is_one_of(setting, false, params.strings("bad"));
        let (why, limit) = if is_bad {
            (String::new(), above.or(below))
        } else if let Some((_, below)) = low {
            (format!(", below {below} {shown_unit}"), Some(below))
        } else if let Some((_, above)) = high {
            (format!(", above {above} {shown_unit}"), Some(above))
        } else {
            continue;
        };
        let name = written(setting);
        let message = format!("{name} is {}{}", shown(setting, params), why.trim_end());
        let finding = out.finding(setting.place(), message).key(name.clone());
        let new =
            limit.filter(|_| params.has("fix")).and_then(|limit| spelled(setting, params, limit, scale));
        if let Some(new) = new {
            edit::replace(finding, setting, params, &new);
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
