//! The `stockade.kdl` in the making.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use stockade_model::{Rule, RuleTable};
use stockade_pack::Source;
use stockade_pack::config::Config;

/// Severities, the mildest first.
pub(super) const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

/// Lines of a configuration file. Each line that is added has been read as one, so that the whole loads.
pub(super) struct Output<'a> {
    tool: &'static str,
    table: &'a RuleTable,
    text: String,
}

impl<'a> Output<'a> {
    pub(super) fn new(tool: &'static str, file: &Path, table: &'a RuleTable) -> Self {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut output = Self { tool, table, text: String::new() };
        output.note(&format!("Made from {tool}'s {name} by `stockade import`."));
        output.note(&format!("Behind each setting stands what it was for {tool}."));
        output
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// A comment line.
    pub(super) fn note(&mut self, text: &str) {
        let _ = writeln!(self.text, "// {}", one_line(text));
    }

    /// An empty line and a comment: the start of what comes from one setting.
    pub(super) fn section(&mut self, text: &str) {
        self.text.push('\n');
        self.note(text);
    }

    /// One setting with what it comes from. What does not read as a setting becomes a comment.
    pub(super) fn setting(&mut self, line: &str, origin: &str) {
        match Config::read(&Source::new("stockade.kdl", format!("{line}\n")), "", None) {
            Ok(_) if origin.is_empty() => {
                let _ = writeln!(self.text, "{line}");
            }
            Ok(_) => {
                let _ = writeln!(self.text, "{line} // {}", one_line(origin));
            }
            Err(errors) => {
                let why = errors.first().map(ToString::to_string).unwrap_or_default();
                self.note(&format!("{origin}: not taken over, {why}"));
            }
        }
    }

    /// `ignore`, `extend-select` or `select` with the rules of each of these ids.
    pub(super) fn selectors(&mut self, node: &str, ids: &[String]) {
        for id in ids {
            if let Some((rules, origin)) = self.resolve(id) {
                self.setting(&format!("{node} {rules}"), &origin);
            }
        }
    }

    /// Gives the rules of this id another severity.
    pub(super) fn severity(&mut self, id: &str, to: &str) {
        if let Some((rules, origin)) = self.resolve(id) {
            self.setting(&format!("severity {rules} to={}", quote(to)), &origin);
        }
    }

    /// Sets a parameter of the rules of this id to these texts, and switches the rules on.
    pub(super) fn parameter(&mut self, id: &str, name: &str, values: &[String]) {
        let (found, _) = self.find(id);
        for rule in found {
            self.setting(&format!("extend-select {}", quote(&rule)), id);
            self.setting(&format!("rule {} {{ {name} {} }}", quote(&rule), list(values)), id);
        }
    }

    /// The rules of an id, quoted, with a remark on where they come from; or a comment why there are none.
    pub(super) fn resolve(&mut self, id: &str) -> Option<(String, String)> {
        let (rules, others) = self.find(id);
        if rules.is_empty() {
            self.note(&format!("{id}: {}", self.reason(id)));
            return None;
        }
        let mut origin = id.to_owned();
        if !others.is_empty() {
            let some: Vec<&str> = others.iter().map(String::as_str).take(4).collect();
            let more = if others.len() > some.len() { " and more" } else { "" };
            let _ = write!(origin, "; also covers {}{more}", some.join(", "));
        }
        Some((list(&rules), origin))
    }

    /// The rules that have this id, or one that a pattern with `*` stands for, as an alias, and which other ids of the
    /// tool they cover.
    fn find(&self, id: &str) -> (Vec<String>, BTreeSet<String>) {
        let mut rules = Vec::new();
        let mut others = BTreeSet::new();
        for rule in self.table.rules.iter() {
            let own = self.ids(rule);
            if own.iter().any(|own| matches(id, own)) {
                others.extend(own.iter().filter(|own| !matches(id, own)).map(|own| (*own).to_owned()));
                rules.push(rule.id.clone());
            }
        }
        (rules, others)
    }

    fn ids(&self, rule: &'a Rule) -> Vec<&'a str> {
        let aliases = rule.about.aliases.iter().filter_map(|alias| alias.split_once(':'));
        aliases.filter(|(tool, _)| *tool == self.tool).map(|(_, id)| id).collect()
    }

    /// All ids of the tool that a rule has as an alias.
    pub(super) fn all_ids(&self) -> Vec<String> {
        let ids: BTreeSet<&str> = self.table.rules.iter().flat_map(|rule| self.ids(rule)).collect();
        ids.into_iter().map(str::to_owned).collect()
    }

    /// Why no rule has this id.
    fn reason(&self, id: &str) -> String {
        let digits = |prefix: &str| {
            let rest = id.strip_prefix(prefix);
            rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        if digits("SC") {
            "a rule of ShellCheck; stockade does not run ShellCheck".to_owned()
        } else if id.starts_with("CVE-") || id.starts_with("GHSA-") {
            "a known flaw in a package; stockade does not look for those".to_owned()
        } else {
            format!("no rule here stands for this one of {}", self.tool)
        }
    }
}

/// Whether a pattern, in which `*` stands for anything, matches a name, without regard to case.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// Texts in quotes, with spaces between them.
pub(super) fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    quoted.join(" ")
}

/// A text as KDL has it in quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if is_odd(c) => {
                let _ = write!(quoted, "\\u{{{:x}}}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text for a comment: one line, without characters that a terminal or an editor would act on.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_odd(c) { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}

/// Control characters, line ends, and marks that change the direction of what follows: KDL forbids most of them.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_ids_matches_what_it_says() {
        for (pattern, name, expected) in [
            ("CKV_K8S_8", "ckv_k8s_8", true),
            ("CKV_K8S_8", "CKV_K8S_80", false),
            ("CKV_K8S_*", "CKV_K8S_80", true),
            ("CKV*8S*0", "CKV_K8S_80", true),
            ("CKV*8S*1", "CKV_K8S_80", false),
            ("*", "x", true),
            ("", "x", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn what_a_foreign_file_says_stays_inside_its_quotes_or_its_comment() {
        let table = RuleTable::default();
        let mut output = Output::new("hadolint", Path::new("x\ny.yaml"), &table);
        output.note("first\nselect \"x\"");
        output.section("\u{202e}odd\rselect \"x\"");
        output.setting(&format!("exclude {}", quote("a\"\n\\u{1}\u{202e}")), "from\nhere");
        output.setting(&format!("exclude {}", quote("vendor")), "from\nhere");
        output.setting("exclude \"../x\"", "skip");
        let text = output.finish();
        let config =
            Config::read(&Source::new("t", text.clone()), "", None).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(config.excludes.len(), 1, "{text}");
        assert!(config.layers.iter().all(|layer| layer.choice.select.is_empty()), "{text}");
        assert!(text.contains("// skip: not taken over, "), "{text}");
    }
}
