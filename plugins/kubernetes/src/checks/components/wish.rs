//! What a rule wants of a flag or of a setting, and what is wrong with what it finds.

use crate::view::CommandLine;
use std::net::Ipv4Addr;
use stockade_sdk::Params;

/// A rule's parameters.
#[derive(Debug)]
pub(super) struct Wish<'p> {
    /// Names of the flag: any of them sets it.
    pub(super) names: Vec<&'p str>,
    /// Further flags, or fields, that have to be there as well.
    pub(super) also: Vec<&'p str>,
    /// Whether a missing one is reported.
    pub(super) missing: bool,
    /// Whether it may not be set at all.
    pub(super) set: bool,
    forbid: Vec<&'p str>,
    require: Vec<&'p str>,
    pub(super) list_has: Vec<&'p str>,
    pub(super) list_lacks: Vec<&'p str>,
    pub(super) list_only: Vec<&'p str>,
    at_least: Option<i64>,
    duration: Option<&'p str>,
    /// Where one of these holds, a missing one is not reported.
    pub(super) unless: Vec<&'p str>,
    /// Where one of these holds, nothing is.
    pub(super) overruled_by: Vec<&'p str>,
    loopback: Vec<&'p str>,
    before: Option<(u32, u32)>,
    /// The value that a fix sets, or gives to a list that is missing or left empty.
    pub(super) fix: Option<&'p str>,
    /// Whether the fix takes the flag, or the refused elements of its list, away.
    pub(super) remove: bool,
}

/// What a file says.
pub(super) enum Said<'a> {
    /// The values of a flag's repetitions; `None` for one that is not known.
    Flag(&'a [Option<&'a str>]),
    /// The value of a field, or the elements of its list.
    List(Vec<Option<String>>),
}

/// What is wrong.
pub(super) struct Fault<'p> {
    /// The rest of the sentence behind who does it.
    pub(super) text: String,
    /// The element of a list that it is about.
    pub(super) element: Option<&'p str>,
}

impl<'p> Wish<'p> {
    /// The parameters that are about flags.
    pub(super) fn new(params: &'p Params) -> Self {
        let all = |name| params.strings(name).collect();
        let list_lacks: Vec<&str> = all("list-lacks");
        Self {
            names: all("flag"),
            also: all("also"),
            missing: params.bool_or("missing", false),
            set: params.bool_or("set", false),
            forbid: all("forbid"),
            require: all("require"),
            // A project that wants what the rule refuses says so by asking for it.
            list_has: params.strings("list-has").filter(|e| !list_lacks.contains(e)).collect(),
            list_lacks,
            list_only: all("list-only"),
            at_least: params.string("at-least").and_then(|n| n.parse().ok()),
            duration: params.string("duration"),
            unless: all("unless"),
            overruled_by: all("overruled-by"),
            loopback: all("loopback"),
            before: params.string("before").and_then(version),
            fix: params.string("fix"),
            remove: params.bool_or("remove", false),
        }
    }

    /// The same about the field of a file.
    pub(super) fn of_field(params: &'p Params) -> Self {
        Self {
            names: params.strings("field").collect(),
            also: params.strings("field-also").collect(),
            missing: params.bool_or("field-missing", false),
            unless: params.strings("field-unless").collect(),
            ..Self::new(params)
        }
    }

    /// Whether the rule is about the release that an image's tag names. A rule for old releases says nothing where no
    /// release is named.
    pub(super) fn is_for_version(&self, image: Option<&str>) -> bool {
        let Some(before) = self.before else { return true };
        let tag = image.and_then(|image| image.split('@').next()?.rsplit_once(':'));
        tag.and_then(|(_, tag)| version(tag.trim_start_matches('v'))).is_some_and(|version| version < before)
    }

    /// Whether the server listens where nobody else on the network can reach it.
    pub(super) fn is_loopback(&self, line: &CommandLine<'_>) -> bool {
        let urls = self.loopback.iter().flat_map(|name| line.flag(name)).filter_map(|flag| flag.value);
        let mut urls = urls.flat_map(|value| value.split(',')).peekable();
        urls.peek().is_some() && urls.all(|url| is_local(url.trim()))
    }

    /// What to say where these are missing.
    pub(super) fn missing_text(&self, named: &[String]) -> String {
        match (named, self.list_lacks.as_slice(), self.require.as_slice()) {
            ([one], [], [value, ..]) => format!("does not set {one} to {value}"),
            ([one], elements, _) if !elements.is_empty() => {
                format!("does not list {} in {one}", elements.join(" or "))
            }
            ([one, other], ..) => format!("sets neither {one} nor {other}"),
            _ => format!("does not set {}", named.join(", ")),
        }
    }

    /// What is wrong with a value that is there.
    pub(super) fn fault(&self, shown: &str, said: &Said<'_>) -> Option<Fault<'p>> {
        let values: Vec<Option<&str>> = match said {
            Said::Flag(values) => values.to_vec(),
            Said::List(values) => values.iter().map(Option::as_deref).collect(),
        };
        let plain = |text: String| Some(Fault { text, element: None });
        if self.set {
            let known = values.last().copied().flatten().filter(|v| !v.is_empty());
            return plain(known.map_or_else(|| format!("sets {shown}"), |v| format!("sets {shown} to {v}")));
        }
        if !(self.list_has.is_empty() && self.list_lacks.is_empty() && self.list_only.is_empty()) {
            return self.list_fault(shown, &values);
        }
        let value = values.last().copied().flatten()?.trim();
        if value.is_empty() {
            return if self.missing { plain(format!("sets {shown} to nothing")) } else { None };
        }
        let is =
            |wanted: &&str| *wanted == value || go_bool(value).is_some_and(|v| go_bool(wanted) == Some(v));
        let refused = self.forbid.iter().any(&is);
        if refused || !self.require.is_empty() && !self.require.iter().any(is) {
            return plain(format!("sets {shown} to {value}"));
        }
        if let Some(least) = self.at_least
            && value.parse::<i64>().is_ok_and(|n| n < least)
        {
            return plain(format!("sets {shown} to {value}, which is below {least}"));
        }
        match (self.duration?, is_duration(value)) {
            ("valid", None) => plain(format!("sets {shown} to {value}, which is no duration")),
            ("not-zero", Some(0.0)) => plain(format!("sets {shown} to {value}")),
            _ => None,
        }
    }

    fn list_fault(&self, shown: &str, values: &[Option<&str>]) -> Option<Fault<'p>> {
        let elements =
            || values.iter().flatten().flat_map(|v| v.split(',')).map(str::trim).filter(|e| !e.is_empty());
        if let Some(element) = self.list_has.iter().copied().find(|e| elements().any(|given| given == *e)) {
            return Some(Fault { text: format!("lists {element} in {shown}"), element: Some(element) });
        }
        let plain = |text: String| Some(Fault { text, element: None });
        if !self.list_only.is_empty() {
            let other = elements().find(|e| !self.list_only.contains(e))?;
            return plain(format!("lists {other} in {shown}"));
        }
        let lacks = !self.list_lacks.is_empty()
            && values.iter().all(Option::is_some)
            && !elements().any(|given| self.list_lacks.contains(&given));
        if lacks { plain(self.missing_text(&[shown.to_owned()])) } else { None }
    }
}

/// A boolean as Go's flags take it.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The seconds of a duration as Go writes it: numbers with units, `1h30m`, or a bare 0.
fn is_duration(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = None;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let length = rest.bytes().take_while(|b| !b.is_ascii_digit() && *b != b'.').count();
        let unit = match rest.get(..length)? {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds = Some(seconds.unwrap_or(0.0) + number * unit);
        rest = rest.get(length..)?;
    }
    seconds
}

/// `1.24.3-build` as major and minor.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-', '+', '_']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether a URL is that of a socket or of the host itself.
fn is_local(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    scheme.starts_with("unix")
        || host.starts_with("[::1]")
        || name == "localhost"
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{go_bool, is_duration, is_local, version};

    #[test]
    fn durations_are_read_as_go_does() {
        for (text, seconds) in
            [("0", 0.0), ("0h0m0s", 0.0), ("2m3s", 123.0), ("1s9m3h", 11341.0), ("1.5h", 5400.0)]
        {
            assert_eq!(is_duration(text), Some(seconds), "{text}");
        }
        for text in ["", "60", "1x", "s", "1m 2s", "-", "1..2s"] {
            assert_eq!(is_duration(text), None, "{text}");
        }
    }

    #[test]
    fn versions_booleans_and_urls() {
        assert!(version("1.9.11") < version("1.25.0-rc.1") && version("latest").is_none());
        assert_eq!((go_bool("T"), go_bool("False"), go_bool("yes")), (Some(true), Some(false), None));
        assert!(
            is_local("http://127.0.0.1:2379") && is_local("https://localhost:2379") && is_local("unix:///a")
        );
        assert!(!is_local("http://127.0.0.1.example.com:1") && !is_local("http://0.0.0.0:1"));
    }
}
