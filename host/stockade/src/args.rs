//! Every flag, defined once.

mod cache;
mod daily;
pub(crate) mod hints;
pub(crate) mod integration;
mod named;
pub(crate) mod plugin;

pub(crate) use cache::{CacheArguments, CacheCommand};
pub(crate) use daily::{
    ConfigArguments, ConfigCommand, LedgerFormat, NodesArguments, SuppressionsArguments, SuppressionsCommand,
};

use crate::limits::Change;
use crate::prepare::{Input, Outside};
use clap::{Args, Parser, Subcommand, ValueEnum};
use named::Named;
use std::path::PathBuf;
use stockade_engine::Tool;
use stockade_model::Severity;
use stockade_pack::config::Date;
use stockade_report::Format;

/// Checks a repository against hardening rules.
///
/// Exit codes: 0 nothing found, 1 findings at or above the fail level, 2 something could not be looked at or
/// the command could not start.
#[derive(Debug, Parser)]
#[command(name = "stockade", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check files and folders (the current folder if none is named).
    Scan(Box<ScanArguments>),
    /// List the rules.
    Rules(RulesArguments),
    /// Show a rule's page: why it matters, examples, how to fix it.
    Explain(ExplainArguments),
    /// Accept the findings that are there, so that only new ones are reported.
    Baseline(Box<BaselineArguments>),
    /// List the packs: the built-in ones, guides among them, and the repository's own.
    Packs(PacksArguments),
    /// Hold the repository against a guide, and print the guide as a checklist.
    Report(Box<ReportArguments>),
    /// Run the examples of the rules' pages as tests.
    Test(TestArguments),
    /// Make, look at and manage plugins.
    Plugin(plugin::PluginArguments),
    /// Show a file's nodes, with the paths by which rules without code name them.
    Nodes(NodesArguments),
    /// Work with suppressions.
    Suppressions(SuppressionsArguments),
    /// Write a commented `stockade.kdl` that fits what the current folder holds.
    Init,
    /// Work with the configuration.
    Config(ConfigArguments),
    /// Look at and remove the results that are kept between runs.
    Cache(CacheArguments),
    /// Work with SARIF files of any tool.
    Sarif(SarifArguments),
    /// Turn another tool's configuration into a `stockade.kdl`, on standard output.
    Import(integration::ImportArguments),
    /// Print the completions for a shell.
    Completions(integration::CompletionsArguments),
    /// Print the manual page, or write those of all commands.
    Man(integration::ManArguments),
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, or where CLICOLOR_FORCE is set; not where NO_COLOR is.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Under what the help lists the flags of commands that scan: of nearly forty in a row nobody finds the one that is wanted.
mod heading {
    pub(super) const RULES: &str = "Which rules";
    pub(super) const FILES: &str = "Which files";
    pub(super) const KNOWN: &str = "Findings that are known";
    pub(super) const SUPPRESSIONS: &str = "Suppressions";
    pub(super) const REPORT: &str = "Report";
    pub(super) const FIXES: &str = "Fixes";
    pub(super) const CONFIGURATION: &str = "Configuration";
    pub(super) const PLUGINS: &str = "Plugins";
    pub(super) const RUN: &str = "Threads and cache";
}

/// Which rules are meant.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// The profile to start from: `baseline`, `default`, `strict` or `all`.
    #[arg(long, value_name = "NAME", help_heading = heading::RULES)]
    pub(crate) profile: Option<String>,
    /// Only the rules of this pack, or those that enforce the guide of this name; `stockade packs` lists them.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["profile", "select"], help_heading = heading::RULES)]
    pub(crate) pack: Vec<String>,
    /// Only these rules: ids, globs (`dockerfile/*`), `tag:NAME`, `severity:LEVEL`, or other tools' ids (`DL3007`).
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = heading::RULES)]
    pub(crate) select: Vec<String>,
    /// These rules as well.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = heading::RULES)]
    pub(crate) extend_select: Vec<String>,
    /// Not these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = heading::RULES)]
    pub(crate) ignore: Vec<String>,
}

/// Which findings are known already.
#[derive(Debug, Default, Args)]
pub(crate) struct KnownArguments {
    /// The baseline: known findings that are not reported again; `stockade-baseline.json` at the root if it exists.
    #[arg(long, value_name = "FILE", help_heading = heading::KNOWN)]
    pub(crate) baseline: Option<PathBuf>,
    /// Use no baseline.
    #[arg(long, conflicts_with = "baseline", help_heading = heading::KNOWN)]
    pub(crate) no_baseline: bool,
    /// Report only what is new since the current commit and this one went apart, such as `origin/main`. Rules across
    /// files still see the whole repository.
    #[arg(long, value_name = "COMMIT", help_heading = heading::KNOWN)]
    pub(crate) since: Option<String>,
}

/// What every command that scans takes.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Start from this configuration file, wherever it lies, as if the repository's own `stockade.kdl` extended it; with
    /// `--no-config` from it alone.
    #[arg(long, value_name = "FILE", help_heading = heading::CONFIGURATION)]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file of the repository.
    #[arg(long, help_heading = heading::CONFIGURATION)]
    pub(crate) no_config: bool,
    /// Look also at what `.gitignore`, `.ignore` and `.stockadeignore` leave out.
    #[arg(long, help_heading = heading::FILES)]
    pub(crate) no_ignore: bool,
    /// Run this plugin as well: a `.wasm` file made by `stockade plugin pack`. May be given several times.
    #[arg(long, value_name = "FILE", help_heading = heading::PLUGINS)]
    pub(crate) plugin: Vec<PathBuf>,
    /// Fail unless `stockade.lock` pins just the plugins that the configuration names.
    #[arg(long, conflicts_with = "plugin", help_heading = heading::PLUGINS)]
    pub(crate) locked: bool,
    /// Give plugins another limit than the usual one, such as `memory_bytes=536870912`; may be repeated.
    #[arg(long, value_name = "NAME=NUMBER", help_heading = heading::PLUGINS)]
    pub(crate) limit: Vec<Change>,
    /// Worker threads; 0 for one per processor.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = parse_threads, allow_negative_numbers = true, help_heading = heading::RUN)]
    pub(crate) threads: usize,
    /// Look at every file anew, and keep no results for the next run.
    #[arg(long, help_heading = heading::RUN)]
    pub(crate) no_cache: bool,
    /// Keep results between runs in this folder, with their key, instead of the user's cache folder; also
    /// `STOCKADE_CACHE_DIR`.
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_cache", help_heading = heading::RUN)]
    pub(crate) cache_dir: Option<PathBuf>,
}

impl RunArguments {
    /// What is said about plugins from outside.
    pub(crate) fn outside(&self) -> Outside<'_> {
        let policy = self.config.as_deref();
        Outside { plugins: &self.plugin, locked: self.locked, limits: &self.limit, policy }
    }

    /// What is to be looked at of these paths.
    pub(crate) fn input<'a>(&self, paths: &'a [PathBuf]) -> Input<'a> {
        if self.no_ignore { Input::Everything(paths) } else { Input::Paths(paths) }
    }
}

/// The arguments of `baseline`.
#[derive(Debug, Args)]
pub(crate) struct BaselineArguments {
    /// What to do.
    #[arg(value_enum, value_name = "ACTION")]
    pub(crate) action: BaselineAction,
    /// Files and folders to check; entries of other files stay as they are.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Which rules.
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// The baseline; `stockade-baseline.json` at the root if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// How to run.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// What to do with a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BaselineAction {
    /// Write one with all findings that are there now.
    Write,
    /// Write it anew: accept what is new, drop what is gone.
    Update,
    /// Drop what is gone, accept nothing.
    Prune,
}

/// The arguments of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// Files and folders to check.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Which rules.
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Check what is staged, as it is staged, instead of the files on disk.
    #[arg(long, conflicts_with_all = ["stdin_path", "fix", "since", "no_ignore"], help_heading = heading::FILES)]
    pub(crate) staged: bool,
    /// Check standard input as if it were the file of this path, which need not exist.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["paths", "fix", "since", "no_ignore"], help_heading = heading::FILES)]
    pub(crate) stdin_path: Option<PathBuf>,
    /// What is known already.
    #[command(flatten)]
    pub(crate) known: KnownArguments,
    /// How to report: pretty, concise, json, sarif, github, gitlab (Code Climate), junit, markdown, checkstyle or html;
    /// `pretty` if nothing is said.
    #[arg(long, short, value_name = "FORMAT", value_parser = FORMAT, hide_possible_values = true, help_heading = heading::REPORT)]
    pub(crate) format: Option<Format>,
    /// Write the report to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", help_heading = heading::REPORT)]
    pub(crate) output: Option<PathBuf>,
    /// Report like this as well, or instead where neither `--format` nor `--output` is given: `sarif=out.sarif`,
    /// `markdown=-` (standard output). May be repeated.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = str::parse::<integration::ReportTarget>, help_heading = heading::REPORT)]
    pub(crate) report: Vec<integration::ReportTarget>,
    /// The mildest severity that makes the exit code 1: info, low, medium, high, critical, or never;
    /// `low` unless configured.
    #[arg(long, value_name = "LEVEL", value_parser = FAIL_ON, hide_possible_values = true, help_heading = heading::REPORT)]
    pub(crate) fail_on: Option<FailOn>,
    /// How to run.
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// Apply the fixes that do not change what a working deployment does; the report shows what is left.
    #[arg(long, group = "applying", help_heading = heading::FIXES)]
    pub(crate) fix: bool,
    /// Show what `--fix` would change, as a unified diff instead of a report, and change nothing. The exit code is 1
    /// if it would change something.
    #[arg(long, group = "applying", conflicts_with_all = ["format", "output", "report"], help_heading = heading::FIXES)]
    pub(crate) diff: bool,
    /// With `--fix` or `--diff`, also apply the fixes that may change it.
    #[arg(long, requires = "applying", help_heading = heading::FIXES)]
    pub(crate) unsafe_fixes: bool,
    /// List what each file was taken for, and why, instead of a report. The exit code is 2 if something could not be
    /// looked at, whatever is found.
    #[arg(long, conflicts_with_all = ["format", "output", "report", "fix", "diff"], help_heading = heading::REPORT)]
    pub(crate) explain_files: bool,
    /// Also list findings that are suppressed or in the baseline.
    #[arg(long, help_heading = heading::SUPPRESSIONS)]
    pub(crate) show_suppressed: bool,
    /// Let the directives of these tools count, too: buildkit, checkov, hadolint, kics, kube-linter, kube-score, polaris, semgrep, trivy.
    #[arg(long, value_name = "TOOL", value_delimiter = ',', value_parser = TOOL, hide_possible_values = true, help_heading = heading::SUPPRESSIONS)]
    pub(crate) peers: Vec<Tool>,
    /// Let all findings count, whatever comments and the configuration suppress.
    #[arg(long, help_heading = heading::SUPPRESSIONS)]
    pub(crate) no_suppressions: bool,
    /// The day that suppressions are held against, as `2026-11-21`, for runs that can be repeated; the clock's unless
    /// given here or in `STOCKADE_TODAY`.
    #[arg(long, value_name = "DAY", value_parser = parse_day, help_heading = heading::SUPPRESSIONS)]
    pub(crate) today: Option<Date>,
    /// What a SARIF report holds.
    #[arg(long, value_enum, value_name = "PROFILE", default_value_t = SarifProfile::Open, help_heading = heading::REPORT)]
    pub(crate) sarif_profile: SarifProfile,
    /// Category of the SARIF upload, where several reports of one commit must be told apart.
    #[arg(long, value_name = "NAME", help_heading = heading::REPORT)]
    pub(crate) category: Option<String>,
    /// Stop each file after this stage; for measurements only.
    #[arg(long, value_enum, hide = true)]
    pub(crate) stop_after: Option<StopAfter>,
    /// Say on standard error where the time went, by stage, plugin and rule. Every file is looked at anew, and every rule
    /// once more by itself, so the scan takes several times as long.
    #[arg(long)]
    pub(crate) profile_time: bool,
    /// Say on standard error how the scan went: time, memory, what is known from earlier runs, what plugins wrote.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// A stage to stop after, for measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StopAfter {
    Walk,
    Read,
    Parse,
}

/// For whom a SARIF report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SarifProfile {
    /// All open findings.
    Open,
    /// What GitHub code scanning keeps: open findings, the 5,000 most severe.
    Github,
    /// Everything, suppressed and baselined findings included.
    Full,
}

/// The mildest severity that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailOn(pub(crate) Option<Severity>);

/// The arguments of `rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArguments {
    /// Only these: ids, globs, `tag:NAME`, `severity:LEVEL`, other tools' ids.
    #[arg(value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Only the rules of this profile.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How to list.
    #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    /// With the packs and plugins of this configuration file, as `scan --config` has them.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// How to print a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table.
    Text,
    /// An array of objects.
    Json,
}

/// The arguments of `packs`.
#[derive(Debug, Args)]
pub(crate) struct PacksArguments {
    /// How to list.
    #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    /// With the packs and plugins of this configuration file, as `scan --config` has them.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The arguments of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Files and folders to check.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The guide, as `stockade packs` lists it; may be repeated.
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) pack: Vec<String>,
    /// How to write the checklist.
    #[arg(long, short, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Write it to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The mildest severity that makes the exit code 1: info, low, medium, high, critical, or never;
    /// `low` unless configured.
    #[arg(long, value_name = "LEVEL", value_parser = FAIL_ON, hide_possible_values = true)]
    pub(crate) fail_on: Option<FailOn>,
    /// How to run.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// How to write a checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For a terminal.
    Text,
    /// For a pull request or a wiki.
    Markdown,
    /// For programs.
    Json,
    /// One page to open in a browser or keep.
    Html,
}

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A rule's id, with or without its pack, or another tool's id for it, such as `DL3007` or `CKV_K8S_16`.
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// With the packs and plugins of this configuration file, as `scan --config` has them.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// Only these rules.
    #[arg(value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Write what really comes out into the pages below this folder (`rules`), to be read by a person.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) bless: Option<PathBuf>,
    /// How to print the results.
    #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    /// With the packs and plugins of this configuration file, as `scan --config` has them.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The arguments of `sarif`.
#[derive(Debug, Args)]
pub(crate) struct SarifArguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: SarifCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SarifCommand {
    /// Say what GitHub code scanning would reject or ignore in these files.
    Check {
        /// SARIF files.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

const FORMAT: Named<Format> =
    Named { names: || Format::ALL.iter().map(|format| format.as_str()).collect(), read: parse_format };
const TOOL: Named<Tool> = Named { names: || Tool::ALL.map(Tool::as_str).to_vec(), read: parse_tool };
const FAIL_ON: Named<FailOn> = Named {
    names: || Severity::ALL.iter().map(|level| level.as_str()).chain(["never"]).collect(),
    read: parse_fail_on,
};

fn parse_format(text: &str) -> Result<Format, String> {
    text.parse::<Format>().map_err(|error| match text {
        "codeclimate" | "gitlab_codeclimate" | "code-climate" => {
            "Code Climate's format is called `gitlab`".to_owned()
        }
        "text" | "tty" | "table" | "default" => {
            format!("{error}; `pretty` is for terminals, `concise` one line each")
        }
        _ => match stockade_pack::nearest(text, Format::ALL.map(Format::as_str)) {
            Some(near) => format!("{error}; did you mean `{near}`?"),
            None => error.to_string(),
        },
    })
}

/// More threads than the largest machines have processors only wait for each other, some thousands of them for minutes.
const MAX_THREADS: usize = 256;

fn parse_threads(text: &str) -> Result<usize, String> {
    let threads = text.parse().map_err(|_| format!("`{text}` is no number of threads"))?;
    if threads > MAX_THREADS {
        return Err(format!("at most {MAX_THREADS} are started; 0 stands for one per processor"));
    }
    Ok(threads)
}

fn parse_tool(text: &str) -> Result<Tool, String> {
    Tool::from_name(text).ok_or_else(|| {
        let known = Tool::ALL.map(Tool::as_str);
        let near = stockade_pack::nearest(text, known).map(|near| format!("; did you mean `{near}`?"));
        let near = near.unwrap_or_else(|| format!(" ({})", known.join(", ")));
        format!("no directives of `{text}` are known{near}")
    })
}

fn parse_day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no day of the form 2026-11-21"))
}

fn parse_fail_on(text: &str) -> Result<FailOn, String> {
    if text == "never" {
        return Ok(FailOn(None));
    }
    let known = || format!("`{text}` is no severity (info, low, medium, high, critical) and not `never`");
    text.parse().map(|level| FailOn(Some(level))).map_err(|_| known())
}
