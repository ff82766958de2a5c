//! How people name rules: by id, pattern, another tool's id, tag, severity, weakness or standard.

use crate::error::{Error, ErrorKind};
use crate::nearest::nearest;
use crate::selection::{ALL, profiles};
use crate::source::{Placed, Source};
use stockade_model::{RESERVED_PACKS, Rule, RuleTable, Span};

/// Words before a colon that are no tools. `pack/name` is an id, everything else with a colon an alias.
pub(crate) const PREFIXES: [&str; 6] = ["tag", "severity", "cwe", "ref", "profile", "pack"];

/// A value from the command line as a text with a place, so that its errors point into it. `flag` is what
/// errors show as the text's name, such as `--ignore`.
#[must_use]
pub fn argument(flag: &str, value: &str) -> Placed<String> {
    let source = Source::new(flag, value);
    let place = source.place(Span::new(0, u32::try_from(value.len()).unwrap_or(u32::MAX)));
    Placed::new(value.to_owned(), place)
}

/// What a selector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// Indices into the table; never empty.
    pub(crate) rules: Vec<usize>,
    /// Whether it names its rules one by one, and does not describe a set.
    pub(crate) exact: bool,
}

/// The rules that a selector means.
///
/// # Errors
/// [`ErrorKind::UnknownRule`] where it means none, with the nearest name that would.
pub(crate) fn resolve(selector: &Placed<String>, table: &RuleTable) -> Result<Matched, Error> {
    let text = selector.value.trim();
    let (rules, exact) = find(text, table);
    if rules.is_empty() {
        let near = suggestion(text, table);
        return Err(selector.place.error(ErrorKind::UnknownRule { shown: text.to_owned(), near }));
    }
    Ok(Matched { rules, exact })
}

/// The rules that a suppression names by id, pattern or another tool's id: their indices into the table, never empty,
/// and whether they are named one by one. Sets such as `tag:NAME` are for configuration: they grow without anybody
/// looking at the place where they suppress something.
///
/// # Errors
/// The nearest name, if there is one, where the text means no rule.
pub fn rules_named(text: &str, table: &RuleTable) -> Result<(Vec<usize>, bool), Option<String>> {
    if text.split_once(':').is_some_and(|(prefix, _)| PREFIXES.contains(&prefix)) {
        return Err(None);
    }
    let (rules, exact) = find(text, table);
    if rules.is_empty() { Err(suggestion(text, table)) } else { Ok((rules, exact)) }
}

/// What a selector of any form means, as indices into the table. A [`Selection`](crate::Selection) has the host's own rules
/// besides, which no list of what was asked for should show.
#[must_use]
pub fn rules_meant(text: &str, table: &RuleTable) -> Vec<usize> {
    find(text, table).0
}

fn find(text: &str, table: &RuleTable) -> (Vec<usize>, bool) {
    let all = |fits: &dyn Fn(&Rule) -> bool| -> Vec<usize> {
        table.rules.iter().enumerate().filter(|(_, rule)| fits(rule)).map(|(index, _)| index).collect()
    };
    let same = |list: &[String], value: &str| list.iter().any(|item| item.eq_ignore_ascii_case(value));
    match text.split_once(':') {
        Some(("tag", tag)) => (all(&|rule| same(&rule.about.tags, tag)), false),
        Some(("severity", level)) => (all(&|rule| rule.severity.as_str() == level), false),
        Some(("cwe", cwe)) => {
            let cwe = cwe.trim_start_matches("CWE-");
            (all(&|rule| rule.about.cwe.iter().any(|own| own.strip_prefix("CWE-") == Some(cwe))), false)
        }
        Some(("ref", reference)) => {
            (all(&|rule| rule.about.refs.iter().any(|own| wildcard(reference, own))), false)
        }
        Some(("pack", pack)) => (all(&|rule| rule.pack() == pack || same(&rule.about.guides, pack)), false),
        Some(("profile", profile)) => (all(&|rule| same(&rule.profiles, profile)), false),
        _ if text.contains(['*', '?']) => (all(&|rule| wildcard(text, &rule.id)), false),
        _ => (table.lookup(text), true),
    }
}

/// What somebody probably meant by a selector that matches nothing.
fn suggestion(text: &str, table: &RuleTable) -> Option<String> {
    let among = |prefix: &str, value: &str, names: &mut dyn Iterator<Item = &str>| {
        nearest(value, names).map(|name| format!("{prefix}:{name}"))
    };
    let rules = &table.rules;
    match text.split_once(':') {
        Some(("tag", tag)) => {
            among("tag", tag, &mut rules.iter().flat_map(|r| &r.about.tags).map(String::as_str))
        }
        Some(("severity", level)) => among("severity", level, &mut crate::rule::SEVERITIES.into_iter()),
        Some(("ref", of)) => {
            among("ref", of, &mut rules.iter().flat_map(|r| &r.about.refs).map(String::as_str))
        }
        Some(("pack", pack)) => {
            let guides = rules.iter().flat_map(|r| &r.about.guides).map(String::as_str);
            among("pack", pack, &mut rules.iter().map(Rule::pack).chain(guides))
        }
        Some(("profile", profile)) => among("profile", profile, &mut profiles(table).into_iter()),
        Some(("cwe", _)) => None,
        _ if text.contains(['*', '?']) => {
            let (pack, rest) = text.split_once('/')?;
            let packs = rules.iter().map(Rule::pack);
            let begins = |known: &&str| pack.len() >= 4 && known.starts_with(pack);
            let near = nearest(pack, packs.clone()).or_else(|| packs.clone().find(begins))?;
            let guess = format!("{near}/{rest}");
            (!find(&guess, table).0.is_empty()).then_some(guess)
        }
        Some(_) => {
            nearest(text, rules.iter().flat_map(|r| &r.about.aliases).map(String::as_str)).map(str::to_owned)
        }
        None => {
            if let Some(set) = set(text, table) {
                return Some(set);
            }
            // The pack is often left out, and sometimes another one.
            let (pack, name) = text.rsplit_once('/').unwrap_or(("", text));
            // Packs have rules of one name: the misspelt pack tells which is meant.
            let named =
                rules.iter().map(|rule| rule.id.as_str()).filter(|id| id.rsplit('/').next() == Some(name));
            let of_name = nearest(text, named.clone()).or_else(|| named.clone().next());
            // Where the pack is right, what is alike in it does not make the names alike.
            let own = rules.iter().filter(|rule| rule.pack() == pack);
            let in_pack = nearest(name, own.clone().filter_map(|rule| rule.id.rsplit('/').next()));
            if let Some(near) = in_pack {
                return Some(format!("{pack}/{near}"));
            }
            if own.count() > 0 && of_name.is_none() {
                return None;
            }
            let near = || nearest(text, rules.iter().map(|rule| rule.id.as_str()));
            let alias_ids = || {
                rules
                    .iter()
                    .flat_map(|r| &r.about.aliases)
                    .filter_map(|a| a.split_once(':'))
                    .map(|(_, id)| id)
            };
            let near_name = || {
                let found = nearest(name, rules.iter().filter_map(|rule| rule.id.rsplit('/').next()))?;
                rules.iter().map(|rule| rule.id.as_str()).find(|id| id.ends_with(found))
            };
            let id = of_name.or_else(near).or_else(near_name);
            id.or_else(|| nearest(text, alias_ids())).map(str::to_owned)
        }
    }
}

/// The set that a word without its prefix stands for in other tools: all rules, those of a pack, a severity, a weakness or
/// a tag.
fn set(text: &str, table: &RuleTable) -> Option<String> {
    let word = text.trim_end_matches('/').to_ascii_lowercase();
    let rules = &table.rules;
    if word == ALL {
        return Some("*".to_owned());
    }
    let packs = || rules.iter().map(Rule::pack).filter(|pack| !RESERVED_PACKS.contains(pack));
    // `docker` for `dockerfile`, `kube` for `kubernetes`.
    let begins = |pack: &&str| word.len() >= 4 && pack.starts_with(word.as_str());
    if let Some(pack) = packs().find(|pack| *pack == word).or_else(|| packs().find(begins)) {
        return Some(format!("{pack}/*"));
    }
    if crate::rule::SEVERITIES.contains(&word.as_str()) {
        return Some(format!("severity:{word}"));
    }
    if word.starts_with("cwe-") {
        let known = rules.iter().flat_map(|rule| &rule.about.cwe).any(|own| own.eq_ignore_ascii_case(&word));
        return known.then(|| format!("cwe:{}", word.to_ascii_uppercase()));
    }
    if profiles(table).contains(&word.as_str()) {
        return Some(format!("profile:{word}"));
    }
    let tagged = rules.iter().flat_map(|rule| &rule.about.tags).any(|tag| tag.eq_ignore_ascii_case(&word));
    tagged.then(|| format!("tag:{word}"))
}

/// Whether `text` is of the form `pattern`, in which `*` stands for any characters and `?` for one.
/// Goes back only to the last `*`, so the time is at most the product of the lengths.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                retry = Some((p, t));
                p += 1;
            }
            (Some(b'?'), _) => (p, t) = (p + 1, t + 1),
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("dockerfile/*", "dockerfile/user-root", true),
            ("*/user-*", "dockerfile/user-root", true),
            ("*", "a/b", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("dockerfile/*", "compose/user-root", false),
            ("**a", "bba", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(wildcard(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!wildcard(&"*a".repeat(200), &"a".repeat(150)));
    }
}
