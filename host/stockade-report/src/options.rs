//! What the caller decides: the format, and how it should look.

use std::borrow::Cow;
use std::{fmt, str::FromStr};
use stockade_model::{Guide, Rule};

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal: snippets, labels, help, a summary.
    Pretty,
    /// One line for each finding.
    Concise,
    /// Our own format for programs; versioned, `testdata/schemas/stockade-report.schema.json`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands by which GitHub Actions annotates a change.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// A summary for a pull request or a job.
    Markdown,
    /// Checkstyle XML.
    Checkstyle,
    /// One page that needs no other file.
    Html,
}

impl Format {
    /// All formats, in the order in which they are documented.
    pub const ALL: [Self; 10] = [
        Self::Pretty,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Markdown,
        Self::Checkstyle,
        Self::Html,
    ];

    /// The name used in flags and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Checkstyle => "checkstyle",
            Self::Html => "html",
        }
    }

    /// Whether reports of this format tell the hash of a finding's line ([`stockade_model::Finding::line_hash`]).
    #[must_use]
    pub const fn tells_line_hashes(self) -> bool {
        matches!(self, Self::Json | Self::Sarif | Self::Gitlab)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no format's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Format::ALL.map(Format::as_str).join(", ");
        write!(f, "`{}` is no output format ({names})", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.as_str() == s).ok_or_else(|| UnknownFormat(s.to_owned()))
    }
}

/// For whom a SARIF file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SarifProfile {
    /// Everything the report knows, suppressed and baselined findings included, marked as such; URIs say what they are
    /// relative to.
    Full,
    /// The open findings, all of them.
    #[default]
    Open,
    /// What GitHub code scanning uses: open findings only, because it would open an alert for every other,
    /// and no more of them and in them than it keeps.
    Github,
}

impl SarifProfile {
    /// The name used in flags and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Open => "open",
            Self::Github => "github",
        }
    }
}

/// How a report should look. The defaults suit a pipe: no colours, no links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether `pretty` and `concise` may use ANSI colours.
    pub color: bool,
    /// Whether they may use OSC 8 hyperlinks.
    pub hyperlinks: bool,
    /// Columns of the terminal; `pretty` wraps and clips to it.
    pub width: u16,
    /// Where the rules' pages are on the web: the page of `pack/name` is `{base}/pack/name.html`. `None`: no links.
    pub docs_base_url: Option<String>,
    /// For whom `sarif` is.
    pub sarif_profile: SarifProfile,
    /// Category of a SARIF upload. `None` leaves it to the upload step, whose own setting a category in
    /// the file would override.
    pub category: Option<String>,
    /// Whether formats for people also list findings that are suppressed or in the baseline.
    /// `json` and SARIF's full profile always have them.
    pub show_suppressed: bool,
    /// Guides whose checklists `html` has, too. The report must come from a run that counted what rules looked at.
    pub guides: Vec<Guide>,
    /// How many annotations of each level (error, warning, notice) `github` writes. GitHub shows 10 of each
    /// for one step and drops the rest without a word.
    pub max_annotations: usize,
    /// Bytes after which `markdown` stops listing findings. GitHub refuses comments over 65,536 characters.
    pub max_markdown: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            hyperlinks: false,
            width: 100,
            docs_base_url: None,
            sarif_profile: SarifProfile::default(),
            category: None,
            show_suppressed: false,
            guides: Vec::new(),
            max_annotations: 10,
            max_markdown: 60_000,
        }
    }
}

/// Gives the rules' pages.
pub trait Pages {
    /// The whole page of `rule` in Markdown, or `None` where it has none.
    fn page(&self, rule: &Rule) -> Option<Cow<'_, str>>;
}

/// No rule has a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPages;

impl Pages for NoPages {
    fn page(&self, _: &Rule) -> Option<Cow<'_, str>> {
        None
    }
}
