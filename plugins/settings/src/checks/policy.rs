//! The values of Strict-Transport-Security and Content-Security-Policy.

use super::header::Flaw;

/// Seconds of a year.
const YEAR: i64 = 31_536_000;

/// Judges `max-age=…; includeSubDomains` (RFC 6797, section 6.1). `None` also for what is no such value.
pub(crate) fn transport(value: &str) -> Option<Flaw> {
    let mut age = None;
    let mut subdomains = false;
    let mut rest: Vec<&str> = Vec::new();
    for part in value.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
        let (name, argument) = part.split_once('=').unwrap_or((part, ""));
        if name.trim().eq_ignore_ascii_case("max-age") {
            age = Some(argument.trim().trim_matches(['"', '\'']).parse::<i64>().ok()?);
        } else if name.eq_ignore_ascii_case("includesubdomains") {
            subdomains = true;
        } else {
            rest.push(part);
        }
    }
    let age = age?;
    let whole = || {
        let mut text = format!("max-age={}; includeSubDomains", age.max(YEAR));
        rest.iter().for_each(|part| {
            text.push_str("; ");
            text.push_str(part);
        });
        Some(text)
    };
    if age < YEAR {
        return Some(Flaw { why: format!("has max-age {age}, below {YEAR}"), fix: whole() });
    }
    (!subdomains).then(|| Flaw { why: "lacks includeSubDomains".to_owned(), fix: whole() })
}

/// Directives that say where scripts or plugins may come from; the last is what they fall back to.
const ACTIVE: [&str; 5] = ["script-src", "script-src-elem", "script-src-attr", "object-src", "default-src"];

/// Judges a policy, or the sources of one directive where the setting's folded name ends in one (`csp_script_src`).
pub(crate) fn content(name: &str, value: &str) -> Option<Flaw> {
    let flaw = |why: String| Some(Flaw { why, fix: None });
    let lower = value.to_ascii_lowercase();
    let of_name = name.rsplit_once("csp_").map(|(_, end)| end.replace('_', "-"));
    let of_name = of_name.filter(|end| end.ends_with("-src"));
    let directives: Vec<(&str, &str)> = match &of_name {
        Some(directive) => vec![(directive.as_str(), lower.as_str())],
        None => lower
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once(char::is_whitespace).unwrap_or((part, "")))
            .collect(),
    };
    let is_policy = |(directive, _): &(&str, &str)| {
        directive.ends_with("-src")
            || matches!(
                *directive,
                "frame-ancestors"
                    | "upgrade-insecure-requests"
                    | "block-all-mixed-content"
                    | "base-uri"
                    | "form-action"
                    | "sandbox"
                    | "report-uri"
                    | "report-to"
            )
    };
    if !directives.iter().any(is_policy) {
        return None;
    }
    for (directive, sources) in &directives {
        let words: Vec<&str> =
            sources.split([' ', ',', '\t']).map(|word| word.trim_matches(['\'', '"', '[', ']'])).collect();
        let marked = words.iter().any(|word| {
            ["nonce-", "sha256-", "sha384-", "sha512-"].iter().any(|start| word.starts_with(start))
                || *word == "strict-dynamic"
        });
        let unsafe_word = words.iter().find(|word| matches!(**word, "unsafe-inline" | "unsafe-eval"));
        if let Some(word) = unsafe_word.filter(|_| !marked) {
            return flaw(format!("has {word} in {directive}"));
        }
        let open = words.iter().find(|word| matches!(**word, "*" | "http:" | "http://*"));
        if let Some(word) = open.filter(|_| ACTIVE.contains(directive) && !marked) {
            return flaw(format!("has {word} in {directive}"));
        }
    }
    let limits = directives.iter().any(|(name, _)| matches!(*name, "default-src" | "script-src"));
    if of_name.is_none() && !limits {
        flaw("has neither default-src nor script-src".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{content, transport};

    #[test]
    fn transport_security_is_read() {
        let why = |value| transport(value).map(|flaw| flaw.why);
        assert_eq!(why("max-age=31536000; includeSubDomains; preload"), None);
        assert_eq!(why("includeSubDomains;max-age=\"63072000\""), None);
        assert_eq!(why("max-age=0; includeSubDomains").as_deref(), Some("has max-age 0, below 31536000"));
        assert_eq!(why("max-age=31536000").as_deref(), Some("lacks includeSubDomains"));
        assert_eq!(why("true"), None);
        let fix = transport("max-age=300; preload").and_then(|flaw| flaw.fix);
        assert_eq!(fix.as_deref(), Some("max-age=31536000; includeSubDomains; preload"));
    }

    #[test]
    fn policies_are_read() {
        let why = |value| content("headers_content_security_policy", value).map(|flaw| flaw.why);
        assert_eq!(why("default-src 'self'"), None);
        assert_eq!(why("default-src 'self'; img-src *"), None);
        assert_eq!(why("script-src 'nonce-abc' 'unsafe-inline'"), None);
        assert_eq!(why("true"), None);
        assert_eq!(
            why("default-src 'self'; style-src 'unsafe-inline'").as_deref(),
            Some("has unsafe-inline in style-src")
        );
        assert_eq!(why("default-src *").as_deref(), Some("has * in default-src"));
        assert_eq!(why("frame-ancestors 'none'").as_deref(), Some("has neither default-src nor script-src"));
        let one = content("csp_script_src", "'self' http:").map(|flaw| flaw.why);
        assert_eq!(one.as_deref(), Some("has http: in script-src"));
    }
}
