//! Rules as the packs declare them, and severities.

use crate::Later;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the five usual names")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All severities, mildest first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name used in files, flags and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// SARIF level, as `note`, `warning` or `error`.
    #[must_use]
    pub const fn sarif_level(self) -> &'static str {
        match self {
            Self::Info | Self::Low => "note",
            Self::Medium => "warning",
            Self::High | Self::Critical => "error",
        }
    }

    /// The middle of this severity's band of GitHub's `security-severity` (0.1-3.9 low, 4.0-6.9 medium,
    /// 7.0-8.9 high, 9.0 and above critical), used where a rule states no number.
    #[must_use]
    pub const fn security_severity(self) -> &'static str {
        match self {
            Self::Info => "1.0",
            Self::Low => "3.0",
            Self::Medium => "5.5",
            Self::High => "8.0",
            Self::Critical => "9.5",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSeverity(pub String);

impl fmt::Display for UnknownSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no severity (info, low, medium, high, critical)", self.0)
    }
}

impl std::error::Error for UnknownSeverity {}

impl FromStr for Severity {
    type Err = UnknownSeverity;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|v| v.as_str() == s).ok_or_else(|| UnknownSeverity(s.to_owned()))
    }
}

/// How often a rule is right, as SARIF's `precision`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "SARIF's names")]
pub enum Precision {
    VeryHigh,
    #[default]
    High,
    Medium,
    Low,
}

impl Precision {
    /// SARIF's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VeryHigh => "very-high",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Literals of which one must occur in a file, beside those of [`Rule::any_literal`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlsoLiterals {
    /// ASCII, in small letters: compared without case.
    pub literals: Vec<String>,
    /// The kinds of file that this holds for; empty: all.
    pub kinds: Vec<String>,
}

/// One KDL node of a check's parameters. A parameter tree crosses the boundary as these nodes in pre-order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Param {
    /// 0 for a child of `check`, 1 for a child of that, and so on.
    pub depth: u32,
    /// The node's name.
    pub name: String,
    /// Its arguments as text: strings as they are, numbers in decimal, `true`, `false`, `null`.
    pub args: Vec<String>,
    /// Its properties, sorted by name.
    pub props: Vec<(String, String)>,
}

/// A rule: which check of which plugin, with which parameters, and all that people are told about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// `pack/kebab-name`.
    pub id: String,
    /// Severity before any configuration.
    pub severity: Severity,
    /// Other severities that its check may give a finding; sorted, without [`Rule::severity`].
    pub also_severity: Vec<Severity>,
    /// How often it is right.
    pub precision: Precision,
    /// Plugin that holds the check.
    pub plugin: String,
    /// Name of the check inside the plugin.
    pub check: String,
    /// Parameters of the check.
    pub params: Later<Vec<Param>>,
    /// File kinds it applies to, as the classifier names them; never empty. Shared, as the literals are: most rules have
    /// the list of their check.
    pub kinds: Arc<[String]>,
    /// Literals (ASCII) of which one must occur in the file for a finding to be possible: with a capital letter in it as
    /// it is, else compared without case. Empty: no prefilter.
    pub any_literal: Arc<[String]>,
    /// Further such lists: one literal of each must occur as well.
    pub also_literals: Vec<AlsoLiterals>,
    /// The parameter whose texts, each up to its first `=`, are one more such list.
    pub literal_param: Option<String>,
    /// Whether it is reported from the facts of all files together.
    pub project: bool,
    /// Whether it runs only where the whole repository is scanned, told of all files in it.
    pub repository: bool,
    /// Ids of rules whose finding says all that one of this rule at the same place would: there it has none.
    pub yields_to: Vec<String>,
    /// With `project`: what it says is right even where only some of the files are looked at.
    pub single_files: bool,
    /// Profiles that switch it on (`default`, `strict`, ...); `all` has every rule.
    pub profiles: Vec<String>,
    /// `safe`, `unsafe` or `no`.
    pub fixable: String,
    /// Whether what it finds is secret: no report shows the text under its findings.
    pub sensitive: bool,
    /// If deprecated: why, and what replaces it.
    pub deprecated: Option<String>,
    /// What people are told about it, and the names by which they ask for it.
    pub about: Later<About>,
    /// Index of the whole page (Markdown) in the pack's page store.
    pub page: u32,
}

/// What people are told about a rule, and the names by which they ask for it. A scan needs that of the rules that found
/// something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// One line for a list or a heading, no final period.
    pub title: String,
    /// Number from 0.1 to 10.0 as text, where the rule states one; else the middle of the band.
    pub security_severity: Option<String>,
    /// Weaknesses: `CWE-250`.
    pub cwe: Vec<String>,
    /// Ids of peers' rules for the same: `hadolint:DL3007`.
    pub aliases: Vec<String>,
    /// Topics: `supply-chain`.
    pub tags: Vec<String>,
    /// Standards: `CIS-Docker-4.1`.
    pub refs: Vec<String>,
    /// Guides that name it: packs that have a checklist, sorted.
    pub guides: Vec<String>,
    /// One sentence that says what to do.
    pub help: String,
    /// First version of the pack that has it.
    pub since: String,
    /// First paragraph of the page, plain text: why it matters. At most 1,000 characters.
    pub description: String,
}

impl Rule {
    /// The pack's name: the part of the id before the slash.
    #[must_use]
    pub fn pack(&self) -> &str {
        self.id.split_once('/').map_or("", |(pack, _)| pack)
    }

    /// All severities that its findings may have before configuration: its own, then the others.
    pub fn severities(&self) -> impl Iterator<Item = Severity> + '_ {
        std::iter::once(self.severity).chain(self.also_severity.iter().copied())
    }

    /// `security-severity` for SARIF, as text.
    #[must_use]
    pub fn security_severity(&self) -> &str {
        self.about.security_severity.as_deref().unwrap_or_else(|| self.severity.security_severity())
    }
}

/// All rules known to a run, in a fixed order; findings name a rule by its index here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleTable {
    /// The rules, sorted by id. Shared: a table is thousands of texts, and catalogue, settings and report each have one.
    pub rules: Arc<Vec<Rule>>,
}

impl RuleTable {
    /// A table of these rules, sorted by id.
    #[must_use]
    pub fn new(mut rules: Vec<Rule>) -> Self {
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        Self { rules: Arc::new(rules) }
    }

    /// The rule with this id, with its index.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<(usize, &Rule)> {
        let at = self.rules.binary_search_by(|r| r.id.as_str().cmp(id)).ok()?;
        self.rules.get(at).map(|rule| (at, rule))
    }

    /// Rules that a user may mean by `name`: a rule id, `tool:ID`, or a bare peer id such as `DL3007`
    /// (case does not count for peers' ids).
    #[must_use]
    pub fn lookup(&self, name: &str) -> Vec<usize> {
        if let Some((at, _)) = self.find(name) {
            return vec![at];
        }
        let matches = |alias: &str| {
            alias.eq_ignore_ascii_case(name)
                || alias.split_once(':').is_some_and(|(_, id)| id.eq_ignore_ascii_case(name))
        };
        let named = |matches: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..self.rules.len())
                .filter(|i| self.rules[*i].about.aliases.iter().any(|a| matches(a)))
                .collect()
        };
        let found = named(&matches);
        let Some(wanted) = found.is_empty().then(|| trivy_number(name)).flatten() else { return found };
        named(&|alias| alias.strip_prefix(TRIVY).and_then(trivy_number) == Some(wanted.clone()))
    }
}

/// How aliases begin that are ids of Trivy.
const TRIVY: &str = "trivy:";

/// The letters and the number of one of Trivy's ids, with or without the tool's name. `KSV001`, `KSV-0001` and
/// `AVD-KSV-0001` have been the ids of one check, and people write all of them.
#[must_use]
pub fn trivy_number(id: &str) -> Option<(String, u32)> {
    let upper = id.strip_prefix(TRIVY).unwrap_or(id).to_ascii_uppercase();
    let short = upper.strip_prefix("AVD-").unwrap_or(&upper);
    let word: String = short.chars().take_while(char::is_ascii_alphabetic).collect();
    let rest = short.get(word.len()..)?;
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    let plain = !word.is_empty() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(|number| (word, number))
}
