//! The schedule of a CronJob, as the library reads it that its controller uses.

/// What a field is called, its bounds, and the names that stand for its first values.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of the month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Says why a schedule is refused; `None` where it is good.
pub(super) fn fault(schedule: &str) -> Option<String> {
    let schedule = schedule.trim();
    let rest = ["TZ=", "CRON_TZ="].iter().find_map(|zone| schedule.strip_prefix(zone));
    let schedule = rest.map_or(schedule, |rest| rest.split_once(' ').map_or("", |(_, s)| s.trim()));
    if let Some(word) = schedule.strip_prefix('@') {
        let every = word.strip_prefix("every ").is_some_and(|d| d.starts_with(|c: char| c.is_ascii_digit()));
        let known =
            matches!(word, "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly");
        return (!every && !known).then(|| format!("has no schedule @{word}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().take(FIELDS.len() + 2).collect();
    if fields.len() != FIELDS.len() {
        let count = fields.len();
        let count = if count > FIELDS.len() + 1 { "more than 6".to_owned() } else { count.to_string() };
        return Some(format!("has {count} fields in its schedule, where 5 are asked for"));
    }
    fields.iter().zip(FIELDS).find_map(|(field, (what, low, high, names))| {
        let bad = field.split(',').any(|part| !is_range(part, low, high, names));
        bad.then(|| format!("has {field} for the {what}, which is {low} to {high}"))
    })
}

/// Whether a part of a field is a star, a value or a range, with a step or without.
fn is_range(part: &str, low: u32, high: u32, names: &[&str]) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|n| n > 0)) {
        return false;
    }
    let value = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let number = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + low);
        number.or_else(|| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit())))
    };
    let (from, to) = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => return true,
        Some((from, to)) => (value(from), value(to)),
        None => (value(range), value(range)),
    };
    matches!((from, to), (Some(from), Some(to)) if low <= from && from <= to && to <= high)
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn schedules_are_read_as_the_controller_reads_them() {
        for good in [
            "* * * * *",
            "*/15 0-6,22 1 JAN-mar Sun",
            "5/10 ? * * ?",
            "@hourly",
            "@every 1h30m",
            "TZ=Europe/Berlin 0 3 * * 1-5",
            "  0  3 * * 0 ",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, why) in [
            ("60 * * * *", "has 60 for the minute, which is 0 to 59"),
            ("0 3 * * 7", "has 7 for the day of the week, which is 0 to 6"),
            ("0 3 0 * *", "has 0 for the day of the month, which is 1 to 31"),
            ("0 3 L * *", "has L for the day of the month, which is 1 to 31"),
            ("*/0 * * * *", "has */0 for the minute, which is 0 to 59"),
            ("5-1 * * * *", "has 5-1 for the minute, which is 0 to 59"),
            ("* * * *", "has 4 fields in its schedule, where 5 are asked for"),
            ("0 * * * * *", "has 6 fields in its schedule, where 5 are asked for"),
            ("", "has 0 fields in its schedule, where 5 are asked for"),
            ("@reboot", "has no schedule @reboot"),
            ("1- * * * *", "has 1- for the minute, which is 0 to 59"),
        ] {
            assert_eq!(fault(bad).as_deref(), Some(why), "{bad}");
        }
    }
}
