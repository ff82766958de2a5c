//! What the lexer leaves open about scalars: ranges of dates and times, integers that fit 64 bits.

/// What is wrong with a date, time or both (RFC 3339 with TOML's freedoms), or `None`.
pub(super) fn datetime_fault(text: &str) -> Option<&'static str> {
    let mut rest = text;
    let mut dated = false;
    if text.as_bytes().get(4) == Some(&b'-') {
        let (Some(year), Some(month), Some(day)) =
            (number(text, 0, 4), number(text, 5, 2), number(text, 8, 2))
        else {
            return Some("date is not of the form YYYY-MM-DD");
        };
        if text.as_bytes().get(7) != Some(&b'-') {
            return Some("date is not of the form YYYY-MM-DD");
        }
        if !(1..=12).contains(&month) || !(1..=days(year, month)).contains(&day) {
            return Some("there is no such day");
        }
        rest = text.get(10..).unwrap_or_default();
        if rest.is_empty() {
            return None;
        }
        rest = match rest.strip_prefix(['T', 't', ' ']) {
            Some(time) => time,
            None => return Some("date and time are not separated by `T` or a space"),
        };
        dated = true;
    }
    time_fault(rest, dated)
}

fn time_fault(text: &str, dated: bool) -> Option<&'static str> {
    const FORM: Option<&str> = Some("time is not of the form HH:MM:SS");
    let (Some(hour), Some(minute)) = (number(text, 0, 2), number(text, 3, 2)) else { return FORM };
    if text.as_bytes().get(2) != Some(&b':') {
        return FORM;
    }
    let mut rest = text.get(5..).unwrap_or_default();
    let mut second = 0;
    // TOML 1.1: seconds may be left out.
    if rest.starts_with(':') {
        let Some(found) = number(rest, 1, 2) else { return FORM };
        second = found;
        rest = rest.get(3..).unwrap_or_default();
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return Some("fraction of a second has no digits");
            }
            rest = fraction.get(digits..).unwrap_or_default();
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return Some("there is no such time of day");
    }
    match rest {
        "" => None,
        _ if !dated => Some("only a time with a date may have an offset"),
        "Z" | "z" => None,
        _ => offset_fault(rest),
    }
}

fn offset_fault(text: &str) -> Option<&'static str> {
    let form = text.starts_with(['+', '-']) && text.len() == 6 && text.as_bytes().get(3) == Some(&b':');
    match (number(text, 1, 2), number(text, 4, 2)) {
        (Some(hour), Some(minute)) if form => (hour > 23 || minute > 59).then_some("there is no such offset"),
        _ => Some("offset is not of the form +HH:MM"),
    }
}

fn number(text: &str, at: usize, len: usize) -> Option<u32> {
    let digits = text.get(at..at + len)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether an integer (its digits without prefix and underscores, with sign) fits into 64 bits with sign.
pub(super) fn fits(digits: &str, radix: u32) -> bool {
    i64::from_str_radix(digits, radix).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_exist() {
        for fine in [
            "1979-05-27",
            "2000-02-29",
            "07:32:00",
            "07:32",
            "00:32:00.999999",
            "1979-05-27T07:32:00Z",
            "1979-05-27 07:32:00-07:00",
            "1979-05-27t07:32z",
            "1990-12-31T23:59:60Z",
        ] {
            assert_eq!(datetime_fault(fine), None, "{fine}");
        }
        for wrong in [
            "1979-13-27",
            "2001-02-29",
            "1900-02-29",
            "1979-5-27",
            "24:00:00",
            "12:60",
            "12:00:61",
            "12:0",
            "12:00Z",
            "1979-05-27X07:32:00",
            "1979-05-27T07:32:00+25:00",
            "1979-05-27T07:32:00+07",
            "12:00:00.",
            "1979-05-27T",
            "1979-05-27Tü",
        ] {
            assert!(datetime_fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn integers_have_64_bits() {
        assert!(fits("-9223372036854775808", 10));
        assert!(!fits("9223372036854775808", 10));
        assert!(fits("7fffffffffffffff", 16));
    }
}
